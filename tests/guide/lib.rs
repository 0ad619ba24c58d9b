//! The guide of sansocket, so that its examples are compiled and run with the libraries that they show.

#[cfg(feature = "all")]
#[path = "../../src/guide/mod.rs"]
pub mod guide;
