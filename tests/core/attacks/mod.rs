//! Hostile inputs: ids `A` of the catalogue, and what went wrong in other implementations.
//!
//! `tests/repository` names for each attack the test that withstands it, in whichever file that is.

mod connection;
mod opening;
