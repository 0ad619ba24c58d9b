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
    pub message: u64,
    /// The most pongs that wait to be written. 16 unless set; one is always kept, the newest.
    pub pongs: u32,
    /// The most bytes of frames which those pongs may take. 2 KiB unless set.
    pub pong_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frame: u64::MAX, fragments: 1 << 16, message: 16 << 20, pongs: 16, pong_bytes: 2048 }
    }
}
