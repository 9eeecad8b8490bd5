//! Results: the delivery partner's file, its release, and the score report.
