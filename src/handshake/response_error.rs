//! [`ResponseError`]: why a client gives up on a response.

use core::fmt;

use super::head_error::HeadError;

/// The reason why a response cannot complete an opening handshake.
///
/// A valid response with another status than 101 is not an error: see
/// [`Event::Rejected`](crate::Event::Rejected).
///
/// ```
/// use sansocket::HeadError;
/// use sansocket::client::ResponseError;
///
/// let error = ResponseError::from(HeadError::Incomplete);
/// assert_eq!(error.to_string(), "transport ended before the end of the head");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseError {
    /// `Sec-WebSocket-Accept` does not answer our key (section 4.1).
    BadAccept,
    /// The 16 bytes behind the head do not answer our two keys (draft 76).
    #[cfg(feature = "legacy")]
    BadAnswer,
    /// `permessage-deflate` was accepted with parameters that we did not offer (RFC 7692, section 7.1).
    BadCompression,
    /// `Connection` does not list `upgrade` (section 4.1).
    BadConnection,
    /// `Sec-WebSocket-Extensions` is malformed (section 9.1).
    BadExtension,
    /// The key passed to [`Connection::resume`](crate::Connection::resume) is not 16 bytes in base64.
    BadKey,
    /// `Sec-WebSocket-Protocol` is not one token (section 4.1).
    BadProtocol,
    /// `Sec-WebSocket-Extensions` names an extension that we did not offer (section 4.1).
    ExtensionNotOffered,
    /// `WebSocket-Location` or `Sec-WebSocket-Location` is not the URL that we asked for (drafts 75 and 76).
    #[cfg(feature = "legacy")]
    ForeignLocation,
    /// `WebSocket-Origin` or `Sec-WebSocket-Origin` is not the origin that we named (drafts 75 and 76).
    #[cfg(feature = "legacy")]
    ForeignOrigin,
    /// The head is malformed or exceeds a limit.
    Head(HeadError),
    /// The server selected no subprotocol, and
    /// [`Request::require_protocol`](crate::client::Request::require_protocol) was called.
    MissingProtocol,
    /// `Upgrade` is missing (section 4.1).
    MissingUpgrade,
    /// The first three lines are not those of the draft: their bytes count (draft 75), or `Upgrade` is not
    /// `WebSocket` (draft 76).
    #[cfg(feature = "legacy")]
    OtherFirstLines,
    /// `Upgrade` is not `websocket` alone (section 4.1).
    OtherUpgrade,
    /// `Sec-WebSocket-Protocol` names a subprotocol that we did not offer (section 4.1).
    ProtocolNotOffered,
    /// The server sent more interim responses than
    /// [`HandshakeLimits::interim`](crate::HandshakeLimits::interim) allows.
    TooManyInterim,
}

impl From<HeadError> for ResponseError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadAccept => "Sec-WebSocket-Accept does not answer our key",
            #[cfg(feature = "legacy")]
            Self::BadAnswer => "the bytes behind the head do not answer our keys",
            Self::BadCompression => {
                "permessage-deflate was accepted with other parameters than offered"
            }
            Self::BadConnection => "Connection of the response does not list upgrade",
            Self::BadExtension => "Sec-WebSocket-Extensions of the response is malformed",
            Self::BadKey => "key of the request is not 16 bytes in base64",
            Self::BadProtocol => "Sec-WebSocket-Protocol of the response is not one token",
            Self::ExtensionNotOffered => "server accepted an extension that was not offered",
            #[cfg(feature = "legacy")]
            Self::ForeignLocation => "location of the response is not the URL that was asked for",
            #[cfg(feature = "legacy")]
            Self::ForeignOrigin => "origin of the response is not the one that was named",
            Self::Head(error) => return error.fmt(f),
            Self::MissingProtocol => "server selected none of the subprotocols",
            Self::MissingUpgrade => "Upgrade of the response is missing",
            #[cfg(feature = "legacy")]
            Self::OtherFirstLines => "first lines of the response are not those of the draft",
            Self::OtherUpgrade => "Upgrade of the response is not websocket",
            Self::ProtocolNotOffered => "server selected a subprotocol that was not offered",
            Self::TooManyInterim => "server sent too many interim responses",
        })
    }
}

impl core::error::Error for ResponseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Head(error) = self { Some(error) } else { None }
    }
}
