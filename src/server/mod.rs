//! What every capability stands on. Knows no capability.

pub mod embedded_postgres;
