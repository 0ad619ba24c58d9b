//! Events for operators, by [`tracing`](https://docs.rs/tracing). Without that feature, these functions are
//! empty.
//!
//! | event | level |
//! |---|---|
//! | a connection is open | debug |
//! | a server rejected our request | info |
//! | an HTTP library did not upgrade a connection | debug |
//! | a connection has ended | debug; warn if the peer broke the protocol or let a deadline pass |
//! | the peer broke the protocol, and the application may leave before the end | warn |

#![cfg_attr(
    not(feature = "tracing"),
    expect(clippy::missing_const_for_fn, unused_variables, reason = "nothing is traced")
)]

#[cfg(feature = "hyper")]
use super::error::Error;
#[cfg(feature = "tracing")]
use crate::connection::Cause;
use crate::connection::Ended;
use crate::wire::{ProtocolError, Role};

/// A connection is open.
pub(super) fn opened(role: Role) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, ?role, "connection is open");
}

/// A server answered our request with another status than 101.
pub(super) fn rejected(status: u16) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: TARGET, status, "server rejected the connection");
}

/// An HTTP library did not upgrade a connection whose request was accepted.
#[cfg(feature = "hyper")]
pub(super) fn not_upgraded(error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, "connection was not upgraded: {error}");
}

/// A connection has ended.
pub(super) fn ended(ended: &Ended) {
    #[cfg(feature = "tracing")]
    if matches!(ended.cause, Cause::TimedOut(_) | Cause::Violation(_)) {
        tracing::warn!(target: TARGET, code = ended.code(), "connection has ended: {ended}");
    } else {
        tracing::debug!(target: TARGET, code = ended.code(), "connection has ended: {ended}");
    }
}

/// The peer broke the protocol.
pub(super) fn violated(error: ProtocolError) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, "peer broke the protocol: {error}");
}

#[cfg(feature = "tracing")]
const TARGET: &str = "sansocket";
