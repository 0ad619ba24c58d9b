//! The examples do what they are examples of.

mod echo;
mod inspect;
#[cfg(all(feature = "http", feature = "tokio-rustls"))]
mod libraries;
mod loops;
