//! Accounts: registration, sign-in, second factor, profile, and the dashboard that says what to do next.

mod candidate_id;

pub use candidate_id::CandidateId;
