//! Staff: the start page of those who run the programme.
