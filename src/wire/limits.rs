//! Limits on the memory that a peer can make a connection use.
//!
//! The decoder checks the sizes of frames and messages and counts fragments. The connection limits the pongs
//! that wait. [`Limits::max_memory`] is the resulting worst case.

/// Limits on the memory that a peer can make a connection use.
///
/// [`u64::MAX`] disables a limit. The limits apply in the same way whether messages are delivered whole or
/// in parts. To receive messages of unlimited size, raise [`message`](Self::message) and
/// [`fragments`](Self::fragments) and [receive them in parts](crate::Receiver::set_streaming).
///
/// ```
/// use sansocket::Limits;
///
/// let limits = Limits::new().message(1 << 20).fragments(64);
/// assert!(limits.max_memory() < 3 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum payload of one frame, in bytes. Default: unlimited.
    pub frame: u64,
    /// Maximum number of frames in one message. Empty frames count. Default: 65,536.
    pub fragments: u64,
    /// Maximum size of one message, in bytes. Default: 16 MiB.
    ///
    /// For a compressed message this is the decompressed size. Its compressed size may exceed the limit by
    /// at most 25 % plus 1 KiB plus 16 bytes per frame.
    pub message: u64,
    /// Maximum number of pongs that wait to be written. Default: 16.
    ///
    /// When the limit is reached, a new pong replaces the newest waiting one, so the latest ping is always
    /// answered.
    pub pongs: u16,
    /// Maximum size of these pongs, in bytes, without the newest. Default: 2 KiB.
    pub pong_bytes: u32,
}

impl Limits {
    /// Returns the defaults.
    pub const fn new() -> Self {
        Self { frame: u64::MAX, fragments: 1 << 16, message: 16 << 20, pongs: 16, pong_bytes: 2048 }
    }

    /// Sets [`frame`](Self::frame), in bytes.
    #[must_use]
    pub const fn frame(self, bytes: u64) -> Self {
        Self { frame: bytes, ..self }
    }

    /// Sets [`fragments`](Self::fragments).
    #[must_use]
    pub const fn fragments(self, count: u64) -> Self {
        Self { fragments: count, ..self }
    }

    /// Sets [`message`](Self::message), in bytes.
    #[must_use]
    pub const fn message(self, bytes: u64) -> Self {
        Self { message: bytes, ..self }
    }

    /// Sets [`pongs`](Self::pongs).
    #[must_use]
    pub const fn pongs(self, count: u16) -> Self {
        Self { pongs: count, ..self }
    }

    /// Sets [`pong_bytes`](Self::pong_bytes).
    #[must_use]
    pub const fn pong_bytes(self, bytes: u32) -> Self {
        Self { pong_bytes: bytes, ..self }
    }

    /// Returns the most memory that a connection with these limits uses, in bytes.
    ///
    /// The bound holds for any input, on the stack and the heap together. It is the sum of
    ///
    /// * twice [`message`](Self::message), because the buffer of a message is copied when it grows (messages
    ///   that are received in parts are not stored);
    /// * three times [`pong_bytes`](Self::pong_bytes), for the same reason;
    /// * [`OVERHEAD`](Self::OVERHEAD), which does not depend on the limits.
    ///
    /// Outgoing messages are not included. The read buffer belongs to the caller; it keeps the memory of at
    /// most one message.
    ///
    /// ```
    /// use sansocket::Limits;
    ///
    /// let limits = Limits::new().message(64 << 10).pong_bytes(1024);
    /// assert_eq!(limits.max_memory(), 2 * (64 << 10) + 3 * 1024 + Limits::OVERHEAD);
    /// ```
    pub const fn max_memory(&self) -> u64 {
        let pongs = (self.pong_bytes as u64).saturating_mul(3);
        self.message.saturating_mul(2).saturating_add(pongs).saturating_add(Self::OVERHEAD)
    }

    /// The memory that does not depend on the limits, in bytes.
    ///
    /// It covers the connection itself, a client's generator, one incoming control frame and three
    /// outgoing ones.
    pub const OVERHEAD: u64 = 1536;
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
