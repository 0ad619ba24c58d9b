//! Hostile inputs: ids `A` of the catalogue, and what went wrong in other implementations.
//!
//! `catalogue` and `advisories` tell for each attack which test withstands it, in whichever file that is.
#![cfg(feature = "alloc")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/handshake.rs"]
mod handshake;

mod advisories;
mod catalogue;
mod cited;
mod connection;
mod opening;
