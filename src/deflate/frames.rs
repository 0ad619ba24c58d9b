//! The frame of a message that many connections send, as it is and compressed.
//!
//! ```text
//! Frames: plain ─ for connections without compression
//!         Variants: Shape ─▶ Option<Encoded>, Shape ─▶ …      each made by the first connection that needs it
//!         Home ─▶ Log                                         of connections that have yet to learn the text
//! ```

#[cfg(feature = "deflate")]
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "deflate")]
use super::deflater::cut_tail;
use super::encoded::Encoded;
#[cfg(feature = "deflate")]
use super::log::{Home, Logged};
#[cfg(feature = "deflate")]
use super::pool::{self, Pool};
#[cfg(feature = "deflate")]
use super::shape::Shape;
#[cfg(feature = "deflate")]
use super::step::Flush;
#[cfg(feature = "deflate")]
use super::variants::Variants;
use crate::wire::Kind;

/// The frames of one message, one for each way in which connections send it.
pub(crate) struct Frames {
    kind: Kind,
    plain: Encoded,
    #[cfg(feature = "deflate")]
    compressed: Variants,
    #[cfg(feature = "deflate")]
    home: Home<Self>,
}

impl Frames {
    pub(crate) fn new(kind: Kind, payload: &[u8]) -> Self {
        Self {
            kind,
            plain: Encoded::new(kind, false, payload),
            #[cfg(feature = "deflate")]
            compressed: Variants::default(),
            #[cfg(feature = "deflate")]
            home: Home::default(),
        }
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the frame that is not compressed.
    pub(crate) const fn plain(&self) -> &Encoded {
        &self.plain
    }

    /// Returns the payload before compression.
    pub(crate) fn payload(&self) -> &[u8] {
        self.plain.payload()
    }

    /// Returns the frame of the message compressed by a compressor of this shape, or `None` if compression does
    /// not make it shorter.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&self, shape: Shape, pool: Option<&Pool>) -> Option<&Encoded> {
        let shape = shape.for_message(self.payload().len());
        let found = self.compressed.find(shape);
        found.unwrap_or_else(|| self.make(shape, pool)).as_ref()
    }

    /// A function of its own, so that [`compressed`](Self::compressed) has the shape in a register.
    #[cfg(feature = "deflate")]
    #[inline(never)]
    fn make(&self, shape: Shape, pool: Option<&Pool>) -> &Option<Encoded> {
        self.compressed.get(shape, || self.compress(shape, pool))
    }

    /// Compresses the message with an empty context. It then refers to itself only, so that every peer can
    /// decompress it, whatever came before (RFC 7692, section 7.2.3.2).
    #[cfg(feature = "deflate")]
    fn compress(&self, shape: Shape, pool: Option<&Pool>) -> Option<Encoded> {
        let payload = self.payload();
        let mut compressed = Vec::new();
        let mut deflater = pool::borrow(pool, shape);
        deflater.deflate(payload, Flush::Block, &mut compressed);
        pool::give_back(pool, deflater);
        cut_tail(0, &mut compressed);
        let is_shorter = compressed.len() < payload.len();
        is_shorter.then(|| Encoded::new(self.kind, true, &compressed))
    }
}

#[cfg(feature = "deflate")]
impl Logged for Frames {
    fn len(&self) -> usize {
        self.payload().len()
    }

    fn home(&self) -> &Home<Self> {
        &self.home
    }
}

/// Payloads may be secret, so `Debug` prints the length only.
impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("len", &self.payload().len()).finish_non_exhaustive()
    }
}
