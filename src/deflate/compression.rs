//! The settings of compression, and what they cost.

use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};

/// How to compress messages if the peer agrees (RFC 7692).
///
/// A message can refer to earlier messages if both ends keep a *context*: memory that outlives messages.
/// [`shared`](Self::shared), the default, keeps none, so that idle connections need no memory for
/// compression. [`dedicated`](Self::dedicated) keeps one for each direction of each connection, as browsers
/// do.
///
/// Do not compress secrets together with data that an attacker can choose: the compressed length reveals
/// whether they match (RFC 7692, section 8). See [`Sender::compress_from`](crate::Sender::compress_from).
///
/// ```
/// use sansocket::deflate::Compression;
///
/// let mut compression = Compression::dedicated();
/// compression.level = 1;
/// assert_eq!(Compression::shared().memory_waiting(), 0);
/// assert!(compression.memory_waiting() > 32 << 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compression {
    /// The largest context with which we compress.
    pub outgoing: Context,
    /// The largest context with which the peer should compress. We keep the same context to decompress.
    ///
    /// Some peers do not support a smaller context than they want.
    pub incoming: Context,
    /// Whether to do without compression if the peer does not accept `incoming`. Default: `false`.
    pub is_incoming_required: bool,
    /// The compression level, from 0 (fastest, no compression) to 9 (smallest). Default: 6.
    pub level: u8,
    /// The memory level of the compressor, from 1 (least memory) to 9 (smallest messages). Default: 8.
    pub memory: u8,
    /// Minimum size of a message that is compressed, in bytes. Default: 64.
    ///
    /// [`Sender::compress_from`](crate::Sender::compress_from) changes it between messages.
    pub threshold: usize,
}

/// The memory of earlier messages that both ends keep for one direction (RFC 7692, section 7.1).
///
/// ```
/// use sansocket::deflate::{Compression, Context};
///
/// let mut compression = Compression::shared();
/// compression.incoming = Context { window_bits: 10, is_taken_over: true };
/// assert!(compression.memory_waiting() < 2 << 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// How far back a message may refer: 2^`window_bits` bytes. From 8 to 15; other values are clamped.
    pub window_bits: u8,
    /// Whether a message may refer to earlier messages.
    pub is_taken_over: bool,
}

impl Compression {
    /// Compresses each message by itself. Idle connections need no memory for it.
    pub const fn shared() -> Self {
        let context = Context { window_bits: 15, is_taken_over: false };
        Self {
            outgoing: context,
            incoming: context,
            is_incoming_required: false,
            level: 6,
            memory: 8,
            threshold: 64,
        }
    }

    /// Compresses each message with references to earlier ones.
    ///
    /// Small messages become much smaller. Each connection needs [`memory_sending`](Self::memory_sending)
    /// plus [`memory_receiving`](Self::memory_receiving).
    pub const fn dedicated() -> Self {
        let context = Context { window_bits: 15, is_taken_over: true };
        Self { outgoing: context, incoming: context, ..Self::shared() }
    }

    /// Returns the most memory that one connection uses to compress, in bytes.
    ///
    /// It is used while a message is sent. If the context is taken over, it stays allocated from the first
    /// message on. It is 4 × 2^`window_bits` + 7 × 2^(`memory` + 6) bytes + 132 KiB.
    pub const fn memory_sending(&self) -> usize {
        let window = self.outgoing.bounded().window_bits;
        let window = if window == 8 { 9 } else { window };
        4 * (1 << window) + 7 * (1 << (self.bounded_memory() + 6)) + DEFLATE_OVERHEAD
    }

    /// Returns the most memory that one connection uses to decompress, in bytes: 2^`window_bits` + 96 KiB.
    ///
    /// It is used while a message is received. Between messages the connection keeps
    /// [`memory_waiting`](Self::memory_waiting); the [`Input`](crate::Input) keeps the rest for all
    /// connections that it serves.
    pub const fn memory_receiving(&self) -> usize {
        (1 << self.incoming.bounded().window_bits) + INFLATE_OVERHEAD
    }

    /// Returns the most memory that an idle connection keeps to decompress, in bytes.
    ///
    /// It is about 2^`window_bits` if the context is taken over, else 0. If the peer does not accept
    /// `incoming`, it is about 32 KiB.
    ///
    /// ```
    /// use sansocket::deflate::Compression;
    ///
    /// let mut compression = Compression::dedicated();
    /// compression.incoming.window_bits = 10;
    /// assert_eq!(compression.memory_waiting(), 1024 + 64);
    /// assert_eq!(compression.memory_receiving(), 1024 + (96 << 10));
    /// ```
    pub const fn memory_waiting(&self) -> usize {
        match self.incoming.is_taken_over {
            true => (1 << self.incoming.bounded().window_bits) + HISTORY_OVERHEAD,
            false => 0,
        }
    }

    pub(crate) const fn bounded_memory(&self) -> u8 {
        match self.memory {
            0 => 1,
            10.. => 9,
            memory => memory,
        }
    }
}

impl Default for Compression {
    fn default() -> Self {
        Self::shared()
    }
}

impl Context {
    /// The context of RFC 7692 without parameters: a window of 32 KiB that is taken over.
    pub const FULL: Self = Self { window_bits: 15, is_taken_over: true };

    pub(crate) fn save(self, out: &mut Saver<'_>) {
        out.byte(self.window_bits);
        out.flag(self.is_taken_over);
    }

    pub(crate) fn load(from: &mut Loader<'_>) -> Result<Self, SnapshotError> {
        let context = Self { window_bits: from.byte()?, is_taken_over: from.flag()? };
        check(context == context.bounded())?;
        Ok(context)
    }

    /// Returns the context with `window_bits` clamped to 8 to 15.
    pub(crate) const fn bounded(self) -> Self {
        let window_bits = match self.window_bits {
            ..8 => 8,
            16.. => 15,
            bits => bits,
        };
        Self { window_bits, ..self }
    }
}

/// The memory of a compressor that does not depend on its settings, in bytes.
const DEFLATE_OVERHEAD: usize = 132 << 10;

/// The memory of a decompressor beside the history, in bytes: a window of 32 KiB whatever was negotiated, an
/// output buffer of 32 KiB, and 32 KiB for a history that is copied when it grows.
const INFLATE_OVERHEAD: usize = 96 << 10;

/// The memory of a history beside its bytes.
const HISTORY_OVERHEAD: usize = 64;
