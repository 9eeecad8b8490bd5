//! Somebody has lost every second factor (security.md line 23): they ask, staff check the identity, everybody concerned is told on
//! every channel, three days pass in which a sign-in or a link stops it, and then the factors are removed.

pub mod jobs;
mod rules;
mod service;
mod store;

pub use rules::{TEXT_LIMIT, parse_text};
pub use service::{Case, approve, case, link_state, open_request, queue, refuse, request, stop, stopped_by, undecided};
pub use store::{Line, Recovery, State};
