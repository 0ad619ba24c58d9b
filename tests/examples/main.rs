//! The examples do what they are examples of.

#[cfg(feature = "tokio-rustls")]
mod certificate;
mod echo;
#[cfg(unix)]
mod hot_restart;
mod inspect;
#[cfg(feature = "legacy")]
mod legacy;
#[cfg(all(feature = "axum", feature = "h2", feature = "hyper"))]
mod libraries;
mod loops;
mod program;
#[cfg(feature = "redis")]
mod rooms;
mod servers;
#[cfg(all(feature = "legacy", feature = "tokio-rustls"))]
mod tcp_connection;
#[cfg(feature = "tokio-rustls")]
mod tls;
#[cfg(all(feature = "deflate", feature = "tokio-rustls"))]
mod wscat;
