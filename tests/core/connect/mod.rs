//! The way from a URL to an open connection: `sansocket::connect` and `sansocket::auth`, without I/O.

mod attacks;
mod challenges;
mod credentials;
#[cfg(feature = "digest")]
mod digest;
mod environment;
mod http2;
mod location;
mod misuse;
mod properties;
mod proxies;
mod redirects;
mod retries;
mod servers;
mod shown;
mod support;
