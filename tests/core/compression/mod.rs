//! Compressed messages: RFC 7692, and section 10 of the catalogue.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod contexts;
mod limits;
mod messages;
mod negotiation;
mod peer;
mod prepared;
mod sending;
