//! [`HandshakeLimits`]: the memory that a peer can make an opening handshake use.

/// Limits on the memory that a peer can make an opening handshake use.
///
/// ```
/// use sansocket::HandshakeLimits;
///
/// let limits = HandshakeLimits::new().bytes(64 << 10).fields(50);
/// assert_eq!((limits.bytes, limits.target), (64 << 10, 8 << 10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandshakeLimits {
    /// Maximum number of bytes that a client keeps of the body of a rejection. Default: 64 KiB.
    pub body: u32,
    /// Maximum size of a head in bytes, including its blank line. Default: 16 KiB.
    ///
    /// The storage of the [`Input`](crate::Input) limits the head as well.
    pub bytes: u32,
    /// Maximum number of header lines in a head. Default: 100. Values above 128 count as 128.
    pub fields: u32,
    /// Maximum number of interim responses that a client skips. Default: 8.
    pub interim: u32,
    /// Maximum size of a request target in bytes. Default: 8 KiB.
    pub target: u32,
}

impl HandshakeLimits {
    /// Creates the default limits.
    pub const fn new() -> Self {
        Self { body: 64 << 10, bytes: 16 << 10, fields: 100, interim: 8, target: 8 << 10 }
    }

    /// Sets the [maximum size of a rejection's body](Self::body).
    #[must_use]
    pub const fn body(mut self, bytes: u32) -> Self {
        self.body = bytes;
        self
    }

    /// Sets the [maximum size of a head](Self::bytes).
    #[must_use]
    pub const fn bytes(mut self, bytes: u32) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets the [maximum number of header lines](Self::fields).
    #[must_use]
    pub const fn fields(mut self, count: u32) -> Self {
        self.fields = count;
        self
    }

    /// Sets the [maximum number of interim responses](Self::interim).
    #[must_use]
    pub const fn interim(mut self, count: u32) -> Self {
        self.interim = count;
        self
    }

    /// Sets the [maximum size of a request target](Self::target).
    #[must_use]
    pub const fn target(mut self, bytes: u32) -> Self {
        self.target = bytes;
        self
    }
}

impl Default for HandshakeLimits {
    fn default() -> Self {
        Self::new()
    }
}
