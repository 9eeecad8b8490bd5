//! The catalogue's pages: anybody's, indexable, without login.

mod certification;
mod home;
mod list;
mod words;

pub use certification::CertificationPage;
pub use home::HomePage;
pub use list::CertificationsPage;
