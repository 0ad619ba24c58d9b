//! Porting from another crate.
