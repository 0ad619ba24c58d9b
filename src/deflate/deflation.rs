//! The compression of a connection's outgoing messages.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::compression::{Compression, Context};
use super::deflater::{Deflater, Shape};
use super::pool::Pool;
use super::step::Flush;

/// Compresses the messages of a connection (RFC 7692, section 7.2.1).
#[derive(Debug)]
pub(crate) struct Deflation {
    /// `Some` while a message is sent. If the context is taken over, from the first message on.
    deflater: Option<Box<Deflater>>,
    pool: Option<Arc<Pool>>,
    /// Minimum size of a message that is compressed, in bytes. [`NEVER`] disables compression.
    threshold: u32,
    shape: Shape,
    is_taken_over: bool,
}

impl Deflation {
    /// Compresses within the limits of both `agreed` and `compression`.
    pub(crate) fn new(agreed: Context, compression: &Compression, pool: Option<Arc<Pool>>) -> Self {
        let wanted = compression.outgoing.bounded();
        let window_bits = agreed.bounded().window_bits.min(wanted.window_bits);
        Self {
            deflater: None,
            pool,
            threshold: to_threshold(compression.threshold),
            shape: Shape {
                window_bits,
                level: compression.level,
                memory: compression.bounded_memory(),
            },
            is_taken_over: agreed.is_taken_over && wanted.is_taken_over,
        }
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

    fn deflater(&mut self) -> &mut Deflater {
        let Self { deflater, pool, shape, .. } = self;
        let from_pool = || pool.as_ref().and_then(|pool| pool.take(*shape));
        let make = || Box::new(Deflater::new(*shape));
        deflater.get_or_insert_with(|| from_pool().unwrap_or_else(make))
    }

    /// Returns the compressor to the pool (RFC 7692, section 7.1.1: without context takeover, a message
    /// starts with an empty window).
    fn release(&mut self) {
        if self.is_taken_over {
            return;
        }
        if let (Some(mut deflater), Some(pool)) = (self.deflater.take(), &self.pool) {
            deflater.reset();
            pool.put(deflater);
        }
    }
}

/// Removes the end of a message, which both ends know.
fn cut_tail(at: usize, out: &mut Vec<u8>) {
    if out[at..].ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    } else {
        // RFC 7692, section 7.2.3.6: nothing was left to compress, so there is no block. This starts one.
        out.push(0);
    }
}

fn to_threshold(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(NEVER)
}

const NEVER: u32 = u32::MAX;

/// The end of each message, which is not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
