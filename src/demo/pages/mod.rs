//! Pages that exist in demo mode only.

mod mailbox;
mod style_guide;

pub use mailbox::{MailPage, MailboxPage};
pub use style_guide::StyleGuidePage;
