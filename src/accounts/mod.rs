//! Accounts: who a candidate is and how they prove it.

mod candidate_id;

pub use candidate_id::CandidateId;
