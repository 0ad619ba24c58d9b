//! The adapters, which drive a connection over a stream.

#[cfg(any())]
mod asynchronous;
mod blocking;
#[cfg(any())]
mod conversations;
#[cfg(any())]
mod properties;
#[cfg(any())]
mod slow_reader;
#[cfg(any())]
mod tls;
#[cfg(any())]
mod upgraded;
