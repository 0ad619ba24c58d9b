use super::pool::Pool;

/// How to compress messages, if the peer agrees (RFC 7692).
///
/// What one message has in common with those before it can be left out of it, if both ends keep a
/// *context*: memory that outlives messages. [`shared`](Self::shared), the default, keeps none, so that
/// connections which wait take no memory for it; [`dedicated`](Self::dedicated) keeps one for each
/// direction of each connection, as browsers do.
///
/// Do not compress secrets together with what an attacker may choose: the length of the result tells
/// of both (RFC 7692, section 8). See [`Sender::compress_from`](crate::Sender::compress_from).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compression {
    /// The context with which we compress, at the most.
    pub outgoing: Context,
    /// The context with which the peer compresses, which it makes us keep as well: at the most, if it
    /// can be had. Some peers cannot do with less than they like.
    pub incoming: Context,
    /// Whether to do without compression if `incoming` cannot be had. Not unless set.
    pub is_incoming_required: bool,
    /// How much time to spend on small messages: from 0, none, to 9. 6 unless set.
    pub level: u8,
    /// How much memory to spend on small messages: from 1 to 9. 8 unless set.
    pub memory: u8,
    /// How many bytes a message has at least if it is compressed. 64 unless set.
    ///
    /// [`Sender::compress_from`](crate::Sender::compress_from) changes it between messages.
    pub threshold: usize,
    /// Where memory for compressing waits for the next message, if the context is not kept. One for all
    /// connections which are not given another, unless set; `None` frees it after each message.
    pub pool: Option<&'static Pool>,
}

/// What one end keeps of the messages it has sent, and the other of those it has received.
///
/// RFC 7692, section 7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// How far back a message may refer: the logarithm of a number of bytes, from 8 to 15. What is
    /// beyond is taken for the nearest.
    pub window_bits: u8,
    /// Whether a message may refer to those before it.
    pub is_taken_over: bool,
}

impl Compression {
    /// Compresses each message by itself, so that no memory is taken between messages.
    pub const fn shared() -> Self {
        let context = Context { window_bits: 15, is_taken_over: false };
        Self {
            outgoing: context,
            incoming: context,
            is_incoming_required: false,
            level: 6,
            memory: 8,
            threshold: 64,
            pool: Some(&POOL),
        }
    }

    /// Compresses each message with the help of those before it. That makes small messages much
    /// smaller, and takes [`memory_sending`](Self::memory_sending) and
    /// [`memory_receiving`](Self::memory_receiving) on each connection.
    pub const fn dedicated() -> Self {
        let context = Context { window_bits: 15, is_taken_over: true };
        Self { outgoing: context, incoming: context, ..Self::shared() }
    }

    /// The most bytes that one connection takes to compress what it sends: while a message is being
    /// sent, and ever after if the context is taken over.
    ///
    /// 4 × 2^`window_bits` + 7 × 2^(`memory` + 6) bytes, and 132 KiB.
    pub const fn memory_sending(&self) -> usize {
        let window = self.outgoing.bounded().window_bits;
        let window = if window == 8 { 9 } else { window };
        4 * (1 << window) + 7 * (1 << (self.bounded_memory() + 6)) + DEFLATE_OVERHEAD
    }

    /// The most bytes that one connection takes to inflate what it receives, while a message is being
    /// received: 2^`window_bits`, and 96 KiB.
    ///
    /// Between messages, what remains of that is [`memory_waiting`](Self::memory_waiting). The rest is
    /// kept by the [`Input`](crate::Input), for all connections that it serves.
    pub const fn memory_receiving(&self) -> usize {
        (1 << self.incoming.bounded().window_bits) + INFLATE_OVERHEAD
    }

    /// The most bytes that one connection takes for what it receives while it waits for a message:
    /// 2^`window_bits`, if the context is taken over, or none.
    ///
    /// This presumes that the peer agrees to `incoming`; otherwise it is 32 KiB.
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
    /// What there is unless anything is agreed: 32 KiB, taken over.
    pub const FULL: Self = Self { window_bits: 15, is_taken_over: true };

    /// The context with a window that there can be.
    pub(crate) const fn bounded(self) -> Self {
        let window_bits = match self.window_bits {
            ..8 => 8,
            16.. => 15,
            bits => bits,
        };
        Self { window_bits, ..self }
    }
}

/// The pool of all connections which are not given another.
static POOL: Pool = Pool::new(4);

/// What the compressor takes beside its window and the memory that can be set, in bytes.
const DEFLATE_OVERHEAD: usize = 132 << 10;

/// What the inflater takes, in bytes: a window of 32 KiB, whatever was agreed on, 32 KiB to inflate to,
/// and as much for a history that is moved as it grows.
const INFLATE_OVERHEAD: usize = 96 << 10;

/// What a history takes beside its window, in bytes.
const HISTORY_OVERHEAD: usize = 64;
