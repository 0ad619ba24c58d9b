//! The steps of compression and decompression.

use crate::wire::ProtocolError;

/// The result of a step of decompression.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The number of bytes of the input that were consumed.
    pub(crate) used: usize,
    /// The number of bytes that were written, also before an error.
    pub(crate) made: usize,
    pub(crate) outcome: Result<Progress, ProtocolError>,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "nothing is inflated"))]
pub(crate) enum Progress {
    /// The payload in the input is not consumed yet.
    Stretch,
    /// The payload in the input is consumed, but the message is not complete.
    Message,
    /// The message is complete.
    Done,
}

/// How much of the compressed data the peer can decompress at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// The compressor may hold back some data.
    None,
    /// All of it: an empty block follows.
    Block,
}
