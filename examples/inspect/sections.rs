//! The section that each error breaks. Unless another RFC is named, it is one of RFC 6455.

use sansocket::client::ResponseError;
use sansocket::server::RequestError;
use sansocket::{HandshakeError, HeadError, ProtocolError};

/// Returns the section that a frame or a message breaks.
pub(crate) const fn of_violation(error: ProtocolError) -> &'static str {
    match error {
        ProtocolError::MaskedFrame | ProtocolError::UnmaskedFrame => "section 5.1",
        ProtocolError::LengthOverflow
        | ProtocolError::NonMinimalLength
        | ProtocolError::ReservedBit
        | ProtocolError::ReservedOpcode => "section 5.2",
        ProtocolError::UnexpectedContinuation | ProtocolError::UnexpectedStart => "section 5.4",
        ProtocolError::ControlTooLong | ProtocolError::FragmentedControl => "section 5.5",
        ProtocolError::BadCloseFrame => "section 5.5.1",
        ProtocolError::BadCloseCode => "section 7.4",
        ProtocolError::UnsupportedKind => "section 7.4.1",
        ProtocolError::InvalidUtf8 => "section 8.1",
        ProtocolError::FrameTooBig
        | ProtocolError::MessageTooBig
        | ProtocolError::TooManyBlocks
        | ProtocolError::TooManyFragments => "section 10.4",
        ProtocolError::InvalidDeflate => "RFC 7692, section 7.2.2",
        _ => "RFC 6455",
    }
}

/// Returns the section that a request or a response breaks.
pub(crate) const fn of_handshake(error: HandshakeError) -> &'static str {
    match error {
        HandshakeError::Request(error) => of_request(error),
        HandshakeError::Response(error) => of_response(error),
        _ => "section 4",
    }
}

const fn of_request(error: RequestError) -> &'static str {
    match error {
        RequestError::BadProtocol => "section 4.1",
        RequestError::BadConnection
        | RequestError::BadKey
        | RequestError::MissingKey
        | RequestError::MissingUpgrade
        | RequestError::MissingVersion
        | RequestError::NotGet
        | RequestError::OtherUpgrade => "section 4.2.1",
        RequestError::UnsupportedVersion => "section 4.2.2",
        RequestError::BadVersion => "section 4.3",
        RequestError::BadExtension => "section 9.1",
        RequestError::ForbiddenOrigin | RequestError::MissingOrigin => "section 10.2",
        RequestError::BadOrigin => "RFC 6454, section 7",
        RequestError::NotExtendedConnect => "RFC 8441, section 4",
        RequestError::EndOfStream => "RFC 8441, section 5",
        RequestError::BadUpgrade => "RFC 9110, section 7.8",
        RequestError::UnknownExpectation => "RFC 9110, section 10.1.1",
        RequestError::TimedOut => "RFC 9110, section 15.5.9",
        RequestError::TargetTooLong => "RFC 9110, section 15.5.15",
        RequestError::ForeignHost => "RFC 9110, section 15.5.20",
        RequestError::BadHost | RequestError::BadTarget | RequestError::MissingHost => {
            "RFC 9112, section 3.2"
        }
        RequestError::UnknownCoding => "RFC 9112, section 6.1",
        RequestError::BadContentLength | RequestError::HasBody => "RFC 9112, section 6.3",
        RequestError::UnsupportedProtocol => "RFC 9220, section 3",
        RequestError::Head(error) => of_head(error),
        _ => "section 4.2",
    }
}

const fn of_response(error: ResponseError) -> &'static str {
    match error {
        ResponseError::BadAccept
        | ResponseError::BadConnection
        | ResponseError::BadKey
        | ResponseError::BadProtocol
        | ResponseError::ExtensionNotOffered
        | ResponseError::MissingProtocol
        | ResponseError::MissingUpgrade
        | ResponseError::OtherUpgrade
        | ResponseError::ProtocolNotOffered => "section 4.1",
        ResponseError::BadExtension => "section 9.1",
        ResponseError::BadCompression => "RFC 7692, section 7.1",
        ResponseError::TooManyInterim => "RFC 9110, section 15.2",
        ResponseError::Head(error) => of_head(error),
        _ => "section 4",
    }
}

const fn of_head(error: HeadError) -> &'static str {
    match error {
        HeadError::UnsupportedHttp => "section 4.2.1",
        HeadError::TooLong | HeadError::TooManyFields => "RFC 6585, section 5",
        HeadError::ControlCharacter => "RFC 9110, section 5.5",
        HeadError::BadLineEnd => "RFC 9112, section 2.2",
        HeadError::BadStartLine => "RFC 9112, sections 3 and 4",
        HeadError::BadField => "RFC 9112, section 5",
        HeadError::Incomplete => "RFC 9112, section 8",
        _ => "RFC 9112",
    }
}
