//! sansocket opens connections.

use std::hint::black_box;

use sansocket::{Connection, Event, Input, Limits, Role, Seed, Url, client, server};

use crate::receive::connect;
use crate::sink;
use crate::wire::{REQUEST, push_frame};

/// Accepts connections, each with an input of its own over storage that serves all of them.
pub fn accept() -> impl FnMut(usize) {
    let mut storage = vec![0; STORAGE];
    move |count| {
        for _ in 0..count {
            let mut input = Input::new(storage.as_mut_slice());
            let mut out = Vec::new();
            input.spare()[..REQUEST.len()].copy_from_slice(black_box(REQUEST));
            input.fill(REQUEST.len());
            let policy = server::Policy::default();
            let progress = server::Handshake::new().receive(&mut input, &policy);
            let Ok(server::Progress::Request(request)) = progress else {
                panic!("the request is good: {progress:?}");
            };
            let connection = request.accept(Limits::default(), &mut out);
            sink::write(&out);
            black_box(&connection);
        }
    }
}

/// Opens connections, each with an input of its own over storage that serves all of them. `answer` takes a
/// request, and writes its response.
pub fn open(
    mut seed: impl FnMut() -> Seed,
    mut answer: impl FnMut(&[u8], &mut [u8]) -> usize,
) -> impl FnMut(usize) {
    let mut storage = vec![0; STORAGE];
    move |count| {
        for _ in 0..count {
            let mut input = Input::new(storage.as_mut_slice());
            let mut out = Vec::new();
            let url = Url::parse(black_box(URL)).expect("the URL is good");
            let request = client::Request::new(url);
            let handshake = client::Handshake::start(request, Limits::default(), seed(), &mut out);
            let count = answer(&out, input.spare());
            input.fill(count);
            let progress = handshake.receive(&mut input);
            let Ok(client::Progress::Open(connection, response)) = progress else {
                panic!("the response is good: {progress:?}");
            };
            black_box((&connection, &response));
        }
    }
}

/// A server's connection that has echoed one message, and waits: the input belongs to the loop.
pub fn idle(input: &mut Input<Vec<u8>>, out: &mut Vec<u8>) -> Connection {
    let mut connection = connect(Role::Server);
    let mut wire = Vec::new();
    push_frame(0x82, Some([1, 2, 3, 4]), &[7; 16], &mut wire);
    input.spare()[..wire.len()].copy_from_slice(&wire);
    input.fill(wire.len());
    let Connection { receiver, sender } = &mut connection;
    while let Some(event) = receiver.next_event(input, sender).expect("no rule is broken") {
        if let Event::Binary(bytes) = event {
            sender.send(bytes, out).expect("the connection is open");
        }
    }
    sink::write(out);
    out.clear();
    connection
}

/// Where clients connect to.
pub const URL: &str = "ws://server.example.com:8080/chat";

/// What the documentation reads into.
const STORAGE: usize = 16 << 10;
