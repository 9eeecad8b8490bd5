//! What every capability stands on. Knows no capability.
