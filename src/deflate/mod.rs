//! Compressed messages: permessage-deflate, RFC 7692.
//!
//! DEFLATE itself is the work of a library. Without the feature `deflate`, types that have no values
//! stand in for those here: nothing is left of them in the code that is compiled.

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
mod pool;

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
#[cfg(feature = "deflate")]
pub(crate) use inflation::{Inflation, Workspace};
#[cfg(feature = "deflate")]
pub use pool::Pool;
pub(crate) use step::{Flush, Progress, Step};
