//! What each public type can be sent and shared between threads for, and what it costs to have one.

use core::fmt::Debug;

use sansocket::wire::{Checked, Content, Decoder, Frame, Header, OpCode, Piece, Utf8, Utf8Error};
use sansocket::{Close, CloseCode, Kind, Limits, ProtocolError, Role};

/// Nothing here holds a lock or a pointer to itself: whoever has one can hand it to another thread, share
/// it, and move it.
const fn is_free<T: Send + Sync + Unpin + Debug>() {}

/// What is copied rather than moved.
const fn is_copied<T: Copy + Send + Sync + Unpin + Debug>() {}

const _: () = {
    is_copied::<Close<'_>>();
    is_copied::<CloseCode>();
    is_copied::<Kind>();
    is_copied::<Limits>();
    is_copied::<ProtocolError>();
    is_copied::<Role>();
    is_copied::<Checked<'_>>();
    is_copied::<Content>();
    is_copied::<Header>();
    is_copied::<OpCode>();
    is_copied::<Utf8Error>();
    is_free::<Decoder>();
    is_free::<Frame<'_>>();
    is_free::<Piece>();
    is_free::<Utf8>();
};

#[cfg(feature = "alloc")]
const _: () = {
    use sansocket::{
        Authority, Cause, CloseFrame, Connection, Deadlines, Ended, Event, Extension,
        HandshakeError, HandshakeLimits, HeadError, HeaderError, Headers, Initiator, Input,
        Instant, Liveness, Message, Receiver, RoundTrip, Seed, SendError, Sender, TimedOut,
        Timeouts, Url, UrlError, UrlPolicy, client, server,
    };

    is_copied::<Authority<'_>>();
    is_copied::<Cause>();
    is_copied::<CloseFrame>();
    is_copied::<Ended>();
    is_copied::<Initiator>();
    is_copied::<SendError>();
    is_copied::<TimedOut>();
    is_copied::<Extension<'_>>();
    is_copied::<HandshakeError>();
    is_copied::<HandshakeLimits>();
    is_copied::<HeadError>();
    is_copied::<HeaderError>();
    is_copied::<Instant>();
    is_copied::<Liveness>();
    is_copied::<Message<'_>>();
    is_copied::<RoundTrip>();
    is_copied::<Timeouts>();
    is_copied::<Url<'_>>();
    is_copied::<UrlError>();
    is_copied::<UrlPolicy>();
    is_copied::<client::ResponseError>();
    is_copied::<server::HostError>();
    is_copied::<server::OriginError>();
    is_copied::<server::RequestError>();
    is_free::<Connection>();
    is_free::<Deadlines>();
    is_free::<Event<'_>>();
    is_free::<Headers>();
    is_free::<server::Hosts>();
    is_free::<server::Origins>();
    is_free::<server::Policy>();
    is_free::<Input<&mut [u8]>>();
    is_free::<Input<[u8; 4]>>();
    is_free::<Input<Vec<u8>>>();
    is_free::<Receiver>();
    is_free::<Seed>();
    is_free::<Sender>();
    is_free::<client::Handshake>();
    is_free::<client::Progress>();
    is_free::<client::Request<'_>>();
    is_free::<client::Response>();
    is_free::<server::Handshake>();
    is_free::<server::Head>();
    is_free::<server::Progress>();
    is_free::<server::Request>();
    is_free::<server::Response<'_>>();
};

#[cfg(feature = "deflate")]
const _: () = {
    use sansocket::deflate::{Agreement, Compression, Context, Pool};

    is_copied::<Agreement>();
    is_free::<Compression>();
    is_copied::<Context>();
    is_free::<Pool>();
};

#[cfg(all(feature = "smol", feature = "tokio"))]
const _: () = {
    use sansocket::adapters::asynchronous::Async;
    use sansocket::adapters::{Config, Error, Outbox, OwnedMessage, Parts};
    use sansocket::blocking::{self, Blocking, Untimed};
    use sansocket::smol::{self, Smol};
    use sansocket::tokio::{self, Tokio};

    type Std = std::net::TcpStream;
    type OfSmol = ::smol::net::TcpStream;
    type OfTokio = ::tokio::net::TcpStream;

    is_copied::<Config>();
    is_free::<Error>();
    is_free::<Outbox<'_>>();
    is_free::<OwnedMessage>();
    is_free::<Parts<Std>>();
    is_free::<Untimed<Std>>();
    is_free::<Blocking<Std>>();
    is_free::<blocking::HttpRequest<Std>>();
    is_free::<blocking::Incoming<Std>>();
    is_free::<blocking::Opening<Std>>();
    is_free::<blocking::WebSocket<Std>>();
    is_free::<Async<Smol<OfSmol>>>();
    is_free::<smol::HttpRequest<OfSmol>>();
    is_free::<smol::Incoming<OfSmol>>();
    is_free::<smol::Opening<OfSmol>>();
    is_free::<smol::Reader<OfSmol>>();
    is_free::<smol::WebSocket<OfSmol>>();
    is_free::<smol::Writer<OfSmol>>();
    is_free::<Async<Tokio<OfTokio>>>();
    is_free::<tokio::HttpRequest<OfTokio>>();
    is_free::<tokio::Incoming<OfTokio>>();
    is_free::<tokio::Opening<OfTokio>>();
    is_free::<tokio::Reader<OfTokio>>();
    is_free::<tokio::WebSocket<OfTokio>>();
    is_free::<tokio::Writer<OfTokio>>();
};

#[test]
fn what_is_returned_is_small() {
    const WORD: usize = size_of::<usize>();
    assert_eq!(size_of::<ProtocolError>(), 1);
    assert_eq!(size_of::<Result<CloseCode, ProtocolError>>(), 4);
    assert!(size_of::<Result<(usize, Option<Piece>), ProtocolError>>() <= 4 * WORD);
    #[cfg(feature = "alloc")]
    {
        use sansocket::{Event, HandshakeError, HeaderError, Message, SendError, UrlError};
        assert_eq!(size_of::<SendError>(), 1);
        let errors = [size_of::<HandshakeError>(), size_of::<HeaderError>(), size_of::<UrlError>()];
        assert_eq!(errors, [2, 1, 1]);
        assert_eq!(size_of::<Message<'_>>(), 3 * WORD);
        // To look for an event costs no more than to have one.
        assert_eq!(size_of::<Event<'_>>(), 4 * WORD);
        assert_eq!(size_of::<Result<Option<Event<'_>>, ProtocolError>>(), 4 * WORD);
    }
}

#[cfg(all(feature = "alloc", target_pointer_width = "64"))]
#[test]
fn a_connection_takes_as_many_bytes_as_the_readme_says() {
    let size = size_of::<sansocket::Connection>();
    let claim = match cfg!(feature = "deflate") {
        false => format!("A connection takes {size} bytes on a 64-bit machine"),
        true => format!("bytes on a 64-bit machine ({size} with `deflate`)"),
    };
    assert!(include_str!("../../README.md").contains(&claim), "{claim}");
}

/// `tests/api/public.txt` has all types that are exported.
#[test]
fn no_public_type_is_left_out() {
    let here = include_str!("types.rs");
    for line in include_str!("../api/public.txt").lines() {
        let Some(("struct" | "enum", path)) = line.split_once(' ') else { continue };
        let name = path.rsplit("::").next().expect("a path has an end");
        let is_named = |function: &str| {
            here.lines().any(|line| {
                let whom =
                    line.trim().strip_prefix(function).and_then(|rest| rest.strip_prefix("::<"));
                let parts =
                    whom.into_iter().flat_map(|whom| whom.split(|c: char| !c.is_alphanumeric()));
                parts.into_iter().any(|part| part == name)
            })
        };
        assert!(is_named("is_free") || is_named("is_copied"), "{path} is not here");
    }
}
