//! The staff's start page: what waits for the viewer.

mod pages;
mod service;
mod store;

pub use pages::StaffHomePage;
