//! The compression of a connection's outgoing messages.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::compression::{Compression, Context};
use super::deflater::{Deflater, cut_tail};
use super::encoded::Encoded;
use super::frames::Frames;
use super::missed::Missed;
use super::pool::{self, Pool};
use super::shape::Shape;
use super::step::Flush;
use crate::wire::snapshot::{Loader, Saver, SnapshotError};

/// Compresses the messages of a connection (RFC 7692, section 7.2.1).
#[derive(Debug)]
pub(crate) struct Deflation {
    /// `Some` while a message is sent. If the context is taken over, from the first message on.
    deflater: Option<Box<Deflater>>,
    /// What the deflater has to learn before it compresses. Allocated when a shared message is sent, if the
    /// context is taken over.
    missed: Option<Box<Missed>>,
    pool: Option<Arc<Pool>>,
    /// Minimum size of a message that is compressed, in bytes. [`NEVER`] disables compression.
    threshold: u32,
    shape: Shape,
    is_taken_over: bool,
}

impl Deflation {
    /// Compresses within the limits of both `agreed` and `compression`.
    pub(crate) fn new(agreed: Context, compression: &Compression, pool: Option<Arc<Pool>>) -> Self {
        Self {
            deflater: None,
            missed: None,
            pool,
            threshold: to_threshold(compression.threshold),
            shape: Shape::new(agreed.bounded().window_bits, compression),
            is_taken_over: agreed.is_taken_over && compression.outgoing.is_taken_over,
        }
    }

    /// Saves all but the context: the next message starts anew, which every peer can decompress.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        self.shape.save(out);
        out.flag(self.is_taken_over);
        out.word(self.threshold);
    }

    pub(crate) fn load(
        from: &mut Loader<'_>,
        pool: Option<Arc<Pool>>,
    ) -> Result<Self, SnapshotError> {
        let shape = Shape::load(from)?;
        let (is_taken_over, threshold) = (from.flag()?, from.word()?);
        Ok(Self { deflater: None, missed: None, pool, threshold, shape, is_taken_over })
    }

    pub(crate) fn set_threshold(&mut self, bytes: usize) {
        self.threshold = to_threshold(bytes);
    }

    /// Returns whether to compress a message. `None` is an unknown length.
    pub(crate) const fn is_for(&self, len: Option<usize>) -> bool {
        match (self.threshold, len) {
            (NEVER, _) => false,
            (_, None) => true,
            (threshold, Some(len)) => len as u64 >= threshold as u64,
        }
    }

    /// Returns whether a message can be sent uncompressed although it has been compressed.
    ///
    /// With context takeover it cannot: later messages would refer to one that the peer never decompressed.
    pub(crate) const fn can_be_undone(&self) -> bool {
        !self.is_taken_over
    }

    /// Compresses a part of a message and appends the result to `out`.
    pub(crate) fn deflate(&mut self, payload: &[u8], flush: Flush, out: &mut Vec<u8>) {
        self.deflater().deflate(payload, flush, out);
    }

    /// Ends a message. Its last part must have been flushed and lie in `out` from `at` on.
    pub(crate) fn finish(&mut self, at: usize, out: &mut Vec<u8>) {
        cut_tail(at, out);
        self.release();
    }

    /// Returns the frame to send of a message that other connections send, too.
    ///
    /// If it is compressed, the peer's window then holds its text. The compressor learns that before it is used
    /// again.
    pub(crate) fn share<'f>(&mut self, frames: &'f Arc<Frames>) -> &'f Encoded {
        let Some(compressed) = frames.compressed(self.shape, self.pool.as_deref()) else {
            return frames.plain();
        };
        if self.is_taken_over {
            let window = 1 << self.shape.window_bits;
            if self.missed.get_or_insert_default().push(frames, window) {
                self.free_deflater();
            }
        }
        compressed
    }

    fn deflater(&mut self) -> &mut Deflater {
        let Self { deflater, missed, pool, shape, .. } = self;
        let deflater = deflater.get_or_insert_with(|| pool::borrow(pool.as_deref(), *shape));
        if let Some(missed) = missed {
            missed.teach(deflater, 1 << shape.window_bits);
        }
        deflater
    }

    /// Frees the compressor after a message (RFC 7692, section 7.1.1: without context takeover, a message
    /// starts with an empty window).
    fn release(&mut self) {
        if !self.is_taken_over {
            self.free_deflater();
        }
    }

    fn free_deflater(&mut self) {
        if let Some(deflater) = self.deflater.take() {
            pool::give_back(self.pool.as_deref(), deflater);
        }
    }
}

fn to_threshold(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(NEVER)
}

const NEVER: u32 = u32::MAX;
