//! Events received from the peer.

use crate::wire::{Close, Kind, ProtocolError};

/// An event received from the peer.
///
/// An event borrows its payload from the [`Input`](crate::Input) and nothing else. The connection is
/// free meanwhile: a reply can be queued, a request accepted, the connection closed.
///
/// ```
/// use sansocket::{Connection, Event, Input, SendError};
///
/// /// Echoes every message that has been read.
/// fn echo(connection: &mut Connection, input: &mut Input<Vec<u8>>) -> Result<(), SendError> {
///     while let Some(event) = connection.next_event(input) {
///         match event {
///             Event::Request => connection.accept(),
///             Event::Text(text) => connection.send(text)?,
///             Event::Binary(bytes) => connection.send(bytes)?,
///             _ => {}
///         }
///     }
///     Ok(())
/// }
/// # use sansocket::{Config, Negotiated, Timestamp};
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// # let server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// # let mut server = server.with_read_ahead(b"\x81\x82\0\0\0\0Hi\x82\x81\0\0\0\0\x07");
/// # echo(&mut server, &mut input)?;
/// # assert_eq!(server.transmit(), b"\x81\x02Hi\x82\x01\x07");
/// # Ok::<(), SendError>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'i> {
    /// A client asks for a WebSocket. The request waits for a decision: see
    /// [`Connection::request`](crate::Connection::request).
    Request,
    /// A client sent an HTTP request that asks for no upgrade. It waits for a decision, too: see
    /// [`Connection::head`](crate::Connection::head).
    NotUpgrade,
    /// The server accepted our request. The connection is open: see
    /// [`Connection::response`](crate::Connection::response).
    Open,
    /// The server answered with another [status](crate::Connection::response) than 101, such as a
    /// redirect or a demand for credentials. No event follows.
    Rejected,
    /// A text message.
    Text(&'i str),
    /// A binary message. It may be changed in place.
    Binary(&'i mut [u8]),
    /// A part of a message: see [`Connection::set_streaming`](crate::Connection::set_streaming).
    Part {
        /// The kind of the message. A part of a text may begin and end within a character.
        kind: Kind,
        /// The bytes of this part. They follow those of the part before.
        bytes: &'i mut [u8],
        /// Whether this part ends the message. The last part may be empty.
        last: bool,
    },
    /// A ping. The pong is queued already.
    Ping(&'i [u8]),
    /// A pong, whether a ping asked for it or not.
    Pong(&'i [u8]),
    /// A close frame. The reply is queued already. No event follows.
    Close(Close<'i>),
    /// The peer broke the protocol or a limit. The close frame that says so is queued already. No
    /// event follows. The same error is the cause in the final account.
    Violation(ProtocolError),
}
