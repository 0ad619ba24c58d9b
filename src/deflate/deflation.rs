use alloc::boxed::Box;
use alloc::vec::Vec;

use super::compression::{Compression, Context};
use super::deflater::{Deflater, Shape};
use super::pool::Pool;
use super::step::Flush;

/// Deflates the messages of a connection (RFC 7692, section 7.2.1).
#[derive(Debug)]
pub(crate) struct Deflation {
    /// While a message is sent, and ever after if the context is taken over.
    deflater: Option<Box<Deflater>>,
    pool: Option<&'static Pool>,
    /// How many bytes a message has at least if it is compressed; [`NEVER`] for none.
    threshold: u32,
    shape: Shape,
    is_taken_over: bool,
}

impl Deflation {
    /// Deflates as both `agreed` and `compression` say.
    pub(crate) fn new(agreed: Context, compression: &Compression) -> Self {
        let wanted = compression.outgoing.bounded();
        let window_bits = agreed.bounded().window_bits.min(wanted.window_bits);
        Self {
            deflater: None,
            pool: compression.pool,
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

    /// Whether to compress a message, of a length which may be unknown.
    pub(crate) const fn is_for(&self, len: Option<usize>) -> bool {
        match (self.threshold, len) {
            (NEVER, _) => false,
            (_, None) => true,
            (threshold, Some(len)) => len as u64 >= threshold as u64,
        }
    }

    /// Whether a message can be sent as it is, although it has been deflated.
    pub(crate) const fn can_be_undone(&self) -> bool {
        !self.is_taken_over
    }

    /// Appends what becomes of a part of a message.
    pub(crate) fn deflate(&mut self, payload: &[u8], flush: Flush, out: &mut Vec<u8>) {
        self.deflater().deflate(payload, flush, out);
    }

    /// Ends a message, the last part of which was appended from `at` on, to the end of a block.
    pub(crate) fn finish(&mut self, at: usize, out: &mut Vec<u8>) {
        cut_tail(at, out);
        self.release();
    }

    fn deflater(&mut self) -> &mut Deflater {
        let Self { deflater, pool, shape, .. } = self;
        let from_pool = || pool.and_then(|pool| pool.take(*shape));
        let make = || Box::new(Deflater::new(*shape));
        deflater.get_or_insert_with(|| from_pool().unwrap_or_else(make))
    }

    /// Section 7.1.1: without context takeover, a message starts with an empty window.
    fn release(&mut self) {
        if self.is_taken_over {
            return;
        }
        if let (Some(mut deflater), Some(pool)) = (self.deflater.take(), self.pool) {
            deflater.reset();
            pool.put(deflater);
        }
        self.deflater = None;
    }
}

/// Cuts off the end of a message, which both ends know.
fn cut_tail(at: usize, out: &mut Vec<u8>) {
    if out[at..].ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    } else {
        // Section 7.2.3.6: nothing was left to deflate, so there is no block. This is the start of one.
        out.push(0);
    }
}

fn to_threshold(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(NEVER)
}

const NEVER: u32 = u32::MAX;

/// The end of each message, which is cut off (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
