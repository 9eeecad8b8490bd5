//! Credentials: what a pass awards, its certificate and badge, and the public verification of it.
