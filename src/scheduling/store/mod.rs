//! The SQL of scheduling.

pub mod appointments;
pub mod booking;
pub mod centers;
pub mod exams;
pub mod places;
