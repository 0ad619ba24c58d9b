//! Adapters: each moves bytes between a stream and a connection, and keeps the time.
//!
//! | | |
//! |---|---|
//! | [`blocking`] | streams that block |
//! | [`polled`] | what is polled, for any runtime |
//! | [`tokio`], [`smol`] | the traits of one runtime |
//! | [`h2`] | streams of HTTP/2, on tokio |
//! | [`hyper`], [`axum`] | servers of those libraries, on tokio |
//! | [`tls`] | what `wss://` URLs need |

mod addresses;
mod begin;
mod connect;
mod dialing;
mod error;
#[cfg(any(feature = "h2", feature = "hyper"))]
mod gather;
mod part;
mod report;
mod storage;
#[cfg(feature = "rustls")]
pub mod tls;
mod trace;
mod trust;

#[cfg(feature = "axum")]
pub mod axum;
pub mod blocking;
#[cfg(feature = "h2")]
pub mod h2;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "__asynchronous")]
pub mod polled;
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(feature = "tokio")]
pub mod tokio;

#[cfg(all(test, feature = "smol", feature = "tokio"))]
mod tests;

pub use connect::Connect;
pub use error::Error;
#[cfg(feature = "legacy")]
pub(crate) use report::Report;
