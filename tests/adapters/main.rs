//! The adapters, which drive a connection over a stream.

#[cfg(feature = "tokio")]
mod asynchronous;
#[cfg(feature = "tokio")]
mod backlog;
mod blocking;
mod conversations;
#[cfg(all(feature = "digest", feature = "smol-rustls", feature = "tokio-rustls"))]
mod front_door;
#[cfg(all(feature = "digest", feature = "h2", feature = "smol-rustls", feature = "tokio-rustls"))]
mod front_door_http2;
#[cfg(feature = "h2")]
mod h2;
#[cfg(feature = "tokio")]
mod hub;
#[cfg(feature = "legacy")]
mod legacy;
#[cfg(feature = "tokio")]
mod lent;
#[cfg(all(feature = "smol", feature = "tokio"))]
mod message_streams;
#[cfg(feature = "smol")]
mod polls;
#[cfg(feature = "tokio")]
mod ported;
#[cfg(feature = "tokio")]
mod presence;
#[cfg(any(feature = "tokio", feature = "smol"))]
mod properties;
#[cfg(all(feature = "smol", feature = "tokio"))]
mod reconnect;
#[cfg(feature = "axum")]
mod servers;
#[cfg(all(feature = "digest", feature = "smol-rustls", feature = "tokio-rustls"))]
mod site;
#[cfg(feature = "tokio")]
mod slow_reader;
#[cfg(feature = "tokio")]
mod suspended;
#[cfg(all(feature = "smol-rustls", feature = "tokio-rustls"))]
mod tls;
#[cfg(all(feature = "tracing", feature = "tokio"))]
mod tracing;
mod types;
#[cfg(feature = "tokio")]
mod upgraded;
