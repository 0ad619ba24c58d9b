//! Compressed messages: permessage-deflate (RFC 7692).
//!
//! [`Compression`] says how we want to compress, [`Agreement`] how both ends do it after the opening
//! handshake. zlib-rs does the DEFLATE. It does not check how far back the peer refers, so `distances` does.
//!
//! Without the feature `deflate`, types without values take the place of `Inflation` and `Deflation`, and the
//! compiler removes all code that uses them.
//!
//! ```
//! # #[cfg(feature = "deflate")] {
//! use sansocket::deflate::{Compression, Context};
//!
//! let mut compression = Compression::dedicated();
//! compression.outgoing = Context { window_bits: 12, is_taken_over: true };
//! compression.threshold = 256;
//! assert!(compression.memory_sending() < 300 << 10);
//! # }
//! ```

mod encoded;
mod frames;
mod step;

#[cfg(feature = "deflate")]
mod deflater;
#[cfg(feature = "deflate")]
mod distances;
#[cfg(feature = "deflate")]
mod history;
#[cfg(feature = "deflate")]
mod inflater;
#[cfg(feature = "deflate")]
mod log;
#[cfg(feature = "deflate")]
mod missed;
#[cfg(feature = "deflate")]
mod pool;
#[cfg(feature = "deflate")]
mod shape;
#[cfg(feature = "deflate")]
mod variants;

#[cfg(feature = "deflate")]
mod agreement;
#[cfg(feature = "deflate")]
mod compression;
#[cfg(feature = "deflate")]
mod deflation;
#[cfg(feature = "deflate")]
mod inflation;

#[cfg(not(feature = "deflate"))]
mod absent;

#[cfg(not(feature = "deflate"))]
pub(crate) use absent::{Deflation, Inflation, Workspace};
#[cfg(feature = "deflate")]
pub use agreement::Agreement;
#[cfg(feature = "deflate")]
pub(crate) use agreement::Parameters;
#[cfg(feature = "deflate")]
pub use compression::{Compression, Context};
#[cfg(feature = "deflate")]
pub(crate) use deflation::Deflation;
pub(crate) use encoded::Encoded;
pub(crate) use frames::Frames;
#[cfg(feature = "deflate")]
pub(crate) use inflation::{Inflation, Workspace};
#[cfg(feature = "deflate")]
pub use pool::Pool;
#[cfg(feature = "deflate")]
pub(crate) use shape::Shape;
pub(crate) use step::{Flush, Progress, Step};
