//! The examples do what they are examples of.

mod echo;
mod inspect;
#[cfg(all(feature = "axum", feature = "h2", feature = "hyper"))]
mod libraries;
mod loops;
mod program;
mod servers;
#[cfg(feature = "tokio-rustls")]
mod tls;
#[cfg(all(feature = "deflate", feature = "tokio-rustls"))]
mod wscat;
