//! The examples do what they are examples of.

mod echo;
mod inspect;
#[cfg(all(feature = "http", feature = "tokio"))]
mod libraries;
mod loops;
mod program;
mod servers;
#[cfg(feature = "tokio-rustls")]
mod tls;
