//! The names of the headers that the handshake reads.

/// The name of a header that the handshake reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownName {
    Accept,
    Connection,
    ContentLength,
    Expect,
    Extensions,
    Host,
    Key,
    Origin,
    Protocol,
    TransferEncoding,
    Upgrade,
    Version,
}

impl KnownName {
    /// Number of known names.
    pub(crate) const COUNT: usize = Self::Version as usize + 1;

    /// Returns the known name that equals `name`, a token, ignoring case.
    pub(crate) fn find(name: &[u8]) -> Option<Self> {
        match name.len() {
            4 if is(name, b"host") => Some(Self::Host),
            6 if is(name, b"origin") => Some(Self::Origin),
            6 if is(name, b"expect") => Some(Self::Expect),
            7 if is(name, b"upgrade") => Some(Self::Upgrade),
            10 if is(name, b"connection") => Some(Self::Connection),
            14 if is(name, b"content-length") => Some(Self::ContentLength),
            17 if is(name, b"sec-websocket-key") => Some(Self::Key),
            17 if is(name, b"transfer-encoding") => Some(Self::TransferEncoding),
            20 if is(name, b"sec-websocket-accept") => Some(Self::Accept),
            21 if is(name, b"sec-websocket-version") => Some(Self::Version),
            22 if is(name, b"sec-websocket-protocol") => Some(Self::Protocol),
            24 if is(name, b"sec-websocket-extensions") => Some(Self::Extensions),
            _ => None,
        }
    }
}

/// Returns whether a token equals `known`, which is in lower case, ignoring case.
fn is<const LENGTH: usize>(name: &[u8], known: &[u8; LENGTH]) -> bool {
    // Setting the bit of lower case turns no other token character into a letter or a hyphen. Without
    // a branch per byte, the compiler compares many bytes at once.
    let is_known = |name: &[u8; LENGTH]| {
        name.iter().zip(known).fold(true, |is, (byte, known)| is & (byte | 0x20 == *known))
    };
    name.try_into().is_ok_and(is_known)
}
