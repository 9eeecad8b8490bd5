//! What every capability stands on. Knows no capability.

pub mod drawing;
pub mod fonts;
pub mod pdf;
pub mod qr;
pub mod svg;
pub mod text;
