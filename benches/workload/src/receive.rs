//! sansocket receives.

use sansocket::deflate::{Agreement, Compression};
use sansocket::{Connection, Event, Input, Limits, Role, Seed};

use crate::source::{READ, Source};
use crate::wire::Incoming;
use crate::{consume, sink};

/// Receives messages whole, by the loop of the documentation.
pub fn messages(incoming: &Incoming, wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    events(connect(incoming.role), wire)
}

/// Receives messages part by part.
pub fn parts(incoming: &Incoming, wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    let mut connection = connect(incoming.role);
    connection.receiver.set_streaming(true);
    events(connection, wire)
}

/// Receives messages whole that are compressed, each by itself, as a client.
pub fn compressed(wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    let mut connection = connect(Role::Client);
    connection.compress(shared(), &Compression::shared());
    events(connection, wire)
}

/// Neither end takes its context over.
pub(crate) fn shared() -> Agreement {
    let Compression { outgoing, incoming, .. } = Compression::shared();
    Agreement { client: incoming, server: outgoing }
}

fn events(connection: Connection, wire: &'static [u8]) -> impl FnMut(usize) {
    let Connection { mut receiver, mut sender } = connection;
    let mut source = Source::new(wire);
    let mut input = Input::new(vec![0; READ]);
    let mut out = Vec::new();
    move |count| {
        let mut left = count;
        while left > 0 {
            match receiver.next_event(&mut input, &mut sender).expect("no rule is broken") {
                Some(Event::Text(text)) => {
                    consume(text.as_bytes());
                    left -= 1;
                }
                Some(Event::Binary(bytes)) => {
                    consume(bytes);
                    left -= 1;
                }
                Some(Event::Part { bytes, last, .. }) => {
                    consume(bytes);
                    left -= usize::from(last);
                }
                Some(event) => panic!("nobody sent {event:?}"),
                None => {
                    if sender.poll_transmit(&mut out) > 0 {
                        sink::write(&out);
                        out.clear();
                    }
                    let count = source.read(receiver.spare(&mut input));
                    receiver.fill(&mut input, count);
                }
            }
        }
    }
}

/// A connection that is open.
pub fn connect(role: Role) -> Connection {
    match role {
        Role::Server => Connection::server(Limits::default()),
        Role::Client => Connection::client(Limits::default(), Seed::new([7; 32])),
    }
}
