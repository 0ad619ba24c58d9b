//! sansocket receives.

use std::sync::Arc;

use sansocket::deflate::{Agreement, Compression};
use sansocket::{Config, Connection, Event, Input, Negotiated, Role, Seed, Step, Timestamp};

use crate::source::{READ, Source};
use crate::wire::Incoming;
use crate::{consume, sink};

/// Receives whole messages, by the loop of the documentation.
pub fn messages(incoming: &Incoming, wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    events(connect(incoming.role), wire)
}

/// Receives messages in parts.
pub fn parts(incoming: &Incoming, wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    let mut connection = connect(incoming.role);
    connection.set_streaming(true);
    events(connection, wire)
}

/// Receives whole messages as a client. Each is compressed by itself.
pub fn compressed(wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    events(open(Role::Client, shared()), wire)
}

/// Returns that messages are compressed, and that neither end takes its context over.
pub fn shared() -> Negotiated {
    let compression = Compression::shared();
    let agreement = Agreement { client: compression.incoming, server: compression.outgoing };
    Negotiated::new().with_compression(agreement, compression)
}

fn events(mut connection: Connection, wire: &'static [u8]) -> impl FnMut(usize) {
    let mut source = Source::new(wire);
    let mut input = Input::new(vec![0; READ]);
    move |count| {
        let mut left = count;
        while left > 0 {
            match connection.next_event(&mut input) {
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
                None => read(&mut connection, &mut input, &mut source),
            }
        }
    }
}

/// Receives messages and sends them back, as many as one read brings in one write.
pub fn echo(incoming: &Incoming, wire: &'static [u8]) -> impl FnMut(usize) + use<> {
    let mut connection = connect(incoming.role);
    let mut source = Source::new(wire);
    let mut input = Input::new(vec![0; READ]);
    move |count| {
        let mut left = count;
        while left > 0 {
            let sent = match connection.next_event(&mut input) {
                Some(Event::Text(text)) => connection.send(text),
                Some(Event::Binary(bytes)) => connection.send(bytes),
                Some(event) => panic!("nobody sent {event:?}"),
                None => {
                    read(&mut connection, &mut input, &mut source);
                    continue;
                }
            };
            sent.expect("the connection is open");
            left -= 1;
        }
        write(&mut connection);
    }
}

/// Does what a connection without events asks for: writes, then reads.
#[inline]
fn read(connection: &mut Connection, input: &mut Input<Vec<u8>>, source: &mut Source) {
    loop {
        match connection.next_step() {
            Step::Io { write: true, .. } => write(connection),
            Step::Io { .. } => break,
            step => panic!("nobody has ended the connection: {step:?}"),
        }
    }
    let mut spare = connection.spare(input);
    let count = source.read(spare.buffer());
    spare.filled(count, NOW);
}

/// Writes the first chunk of what waits.
#[inline(always)]
pub(crate) fn write(connection: &mut Connection) {
    let bytes = connection.transmit();
    let count = bytes.len();
    sink::write(bytes);
    connection.transmitted(count, NOW);
}

/// Returns a connection that is open.
pub fn connect(role: Role) -> Connection {
    open(role, Negotiated::new())
}

/// Returns a connection that is open, as negotiated.
pub fn open(role: Role, negotiated: Negotiated) -> Connection {
    let config = Arc::<Config>::default();
    match role {
        Role::Server => Connection::open_server(negotiated, config, NOW),
        Role::Client => Connection::open_client(negotiated, config, Seed::new([7; 32]), NOW),
    }
}

/// The time, which stands still.
pub(crate) const NOW: Timestamp = Timestamp::new(std::time::Duration::ZERO);
