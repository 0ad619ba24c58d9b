//! What the tests share: two ends, and bytes that pass between them.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use sansocket::{Config, Connection, Event, Input, Seed, Step, Timestamp, Url, client};

pub fn at(milliseconds: u64) -> Timestamp {
    Timestamp::new(Duration::from_millis(milliseconds))
}

pub const START: Timestamp = Timestamp::new(Duration::ZERO);

pub fn input() -> Input<Vec<u8>> {
    Input::new(vec![0; 64 << 10])
}

pub fn config(change: impl FnOnce(&mut Config)) -> Arc<Config> {
    let mut config = Config::default();
    change(&mut config);
    Arc::new(config)
}

pub fn server(config: &Arc<Config>) -> Connection {
    Connection::server(Arc::clone(config), START)
}

pub fn client(config: &Arc<Config>) -> Connection {
    let request = client::Request::new(Url::parse("ws://localhost/").unwrap());
    Connection::client(request, Arc::clone(config), Seed::new([7; 32]), START)
}

/// Gives `bytes` to a connection, in as many reads as it takes, and tells each event.
pub fn give(
    connection: &mut Connection,
    input: &mut Input<Vec<u8>>,
    mut bytes: &[u8],
    now: Timestamp,
    mut on_event: impl FnMut(Event<'_>, &mut Connection),
) {
    while !bytes.is_empty() {
        let mut spare = connection.spare(input);
        let buffer = spare.buffer();
        let count = buffer.len().min(bytes.len());
        assert!(count > 0, "there is always something to read to");
        buffer[..count].copy_from_slice(&bytes[..count]);
        spare.filled(count, now);
        bytes = &bytes[count..];
        while let Some(event) = connection.next_event(input) {
            on_event(event, connection);
        }
        assert!(input.is_empty(), "without an event, the input is used up");
    }
}

/// Takes all that a connection has to write.
pub fn take(connection: &mut Connection, now: Timestamp) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let bytes = connection.transmit();
        if bytes.is_empty() {
            return all;
        }
        all.extend_from_slice(bytes);
        let count = bytes.len();
        connection.transmitted(count, now);
    }
}

/// An application that accepts, and sends back every message.
pub fn echo(event: Event<'_>, connection: &mut Connection) {
    match event {
        Event::Request => connection.accept(),
        Event::Text(text) => connection.send(text).unwrap(),
        Event::Binary(bytes) => connection.send(bytes).unwrap(),
        _ => {}
    }
}

/// An application that only looks on.
pub fn ignore(_: Event<'_>, _: &mut Connection) {}

/// An end, and its application.
type End<'e> = (&'e mut Connection, &'e mut dyn FnMut(Event<'_>, &mut Connection));

/// Has the bytes of both ends pass until nobody has any more to say.
pub fn pass(one: End<'_>, other: End<'_>, input: &mut Input<Vec<u8>>, now: Timestamp) {
    loop {
        let (from_one, from_other) = (take(one.0, now), take(other.0, now));
        // Of what was held back while too much waited.
        while let Some(event) = one.0.next_event(input) {
            one.1(event, one.0);
        }
        while let Some(event) = other.0.next_event(input) {
            other.1(event, other.0);
        }
        if from_one.is_empty() && from_other.is_empty() {
            return;
        }
        give(other.0, input, &from_one, now, &mut *other.1);
        give(one.0, input, &from_other, now, &mut *one.1);
    }
}

/// Two ends of an open connection: a client's, and a server's.
pub fn open(config: &Arc<Config>) -> (Connection, Connection) {
    let (mut client, mut server) = (client(config), server(config));
    let mut is_open = false;
    let mut on_client =
        |event: Event<'_>, _: &mut Connection| is_open |= matches!(event, Event::Open);
    pass((&mut client, &mut on_client), (&mut server, &mut echo), &mut input(), START);
    assert!(is_open && client.is_open() && server.is_open());
    (client, server)
}

/// Whether the loop waits for nothing but the peer.
pub fn only_reads(connection: &mut Connection) -> bool {
    connection.next_step() == Step::Io { read: true, write: false }
}
