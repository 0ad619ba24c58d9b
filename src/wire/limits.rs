/// What the peer may make a connection hold in memory.
///
/// A value out of reach, such as [`u64::MAX`], lifts a limit. Whether a message is delivered whole or
/// part by part, the same limits apply: to receive endless messages, lift
/// [`message`](Self::message) and [`fragments`](Self::fragments) and
/// [stream](crate::Receiver::set_streaming).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of payload in one frame. No limit of its own unless set.
    pub frame: u64,
    /// The most frames in one message, empty ones too. 65,536 unless set.
    pub fragments: u64,
    /// The most bytes in one message. 16 MiB unless set.
    ///
    /// Of a compressed one those count which come out, but it may take no more than a quarter and
    /// 1 KiB beyond this on the wire, either.
    pub message: u64,
    /// The most pongs that wait to be written. 16 unless set; one is always kept, the newest.
    pub pongs: u16,
    /// The most bytes which those pongs may take but for the newest. 2 KiB unless set.
    pub pong_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frame: u64::MAX, fragments: 1 << 16, message: 16 << 20, pongs: 16, pong_bytes: 2048 }
    }
}

impl Limits {
    /// The most bytes that a connection under these limits takes, on the stack and the heap, whatever
    /// the peer sends.
    ///
    /// Twice [`message`](Self::message), since the memory of a message that is put together is
    /// moved as it grows (a receiver that streams keeps no message); three times
    /// [`pong_bytes`](Self::pong_bytes), for the same reason; and [`OVERHEAD`](Self::OVERHEAD).
    ///
    /// What the application sends is its own: it goes to `out`, which belongs to the caller, and so
    /// does the storage of [`Input`](crate::Input), which keeps the memory of at most one message.
    pub const fn max_memory(&self) -> u64 {
        let pongs = (self.pong_bytes as u64).saturating_mul(3);
        self.message.saturating_mul(2).saturating_add(pongs).saturating_add(Self::OVERHEAD)
    }

    /// The bytes of a connection that do not depend on limits: the connection itself, the generator of
    /// a client, one control frame that comes and three that wait to go.
    pub const OVERHEAD: u64 = 1536;
}
