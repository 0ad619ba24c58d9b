//! The messages, cut from a JSON text of 1 MiB, and the client that encodes them.

use bytes::Bytes;
use sansocket::{Connection, Seed, Timestamp};
use workload::payload::Content;

use crate::mode::Mode;
use crate::setup::Setup;

/// Messages, and the frames of a client that sends them.
pub(crate) struct Load {
    pub(crate) messages: Vec<Text>,
    /// The bytes of each message, the first time that they are sent.
    pub(crate) first: Vec<Vec<u8>>,
    /// The bytes of each message, every other time that they are sent.
    pub(crate) again: Vec<Vec<u8>>,
}

/// A text in the two types that the libraries send.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

impl Load {
    /// Creates messages of `size` bytes.
    pub(crate) fn new(mode: Mode, size: usize) -> Self {
        let text = Content::Json.make(1 << 20);
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        let messages: Vec<_> = (0..text.len() / size)
            .map(|at| text[at * size..][..size].to_owned())
            .map(|text| Text { bytes: Bytes::from(text.clone()), text })
            .collect();
        let mut client = client(mode);
        let mut round = || {
            let frame = |message: &Text| {
                client.send(message.text.as_str()).expect("open");
                take_queued(&mut client)
            };
            messages.iter().map(frame).collect::<Vec<_>>()
        };
        let (first, again) = (round(), round());
        Self { messages, first, again }
    }
}

/// Creates the client's end of a connection.
pub(crate) fn client(mode: Mode) -> Connection {
    let setup = Setup::new(mode, true);
    let seed = Seed::random().expect("the system has entropy");
    Connection::open_client(setup.negotiated(), setup.config, seed, Timestamp::default())
}

/// Takes all bytes that wait to be written.
pub(crate) fn take_queued(connection: &mut Connection) -> Vec<u8> {
    let mut taken = Vec::new();
    while let chunk @ [_, ..] = connection.transmit() {
        let count = chunk.len();
        taken.extend_from_slice(chunk);
        connection.transmitted(count, Timestamp::default());
    }
    taken
}
