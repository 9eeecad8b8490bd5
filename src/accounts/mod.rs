//! Accounts: registration, sign-in, second factor, profile, and the dashboard that says what to do next.
