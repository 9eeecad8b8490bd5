//! certportal: the table of contents, in the order a candidate meets the rooms.

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` (the server) and `hydrate` (the browser) are two programs: enable one of them");

pub mod accounts;
pub mod base32;
pub mod credentials;
#[cfg(feature = "ssr")]
pub mod server;
