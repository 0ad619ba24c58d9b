//! sansocket opens connections.

use std::hint::black_box;
use std::sync::Arc;

use sansocket::{Config, Connection, Event, Input, Role, Seed, Url, client};

use crate::calls;
use crate::receive::{NOW, connect, write};
use crate::wire::push_frame;

/// Accepts connections by this request. One input serves all of them.
pub fn accept(request: &'static [u8]) -> impl FnMut(usize) {
    let config = Arc::<Config>::default();
    let mut input = Input::new(vec![0; STORAGE]);
    move |count| {
        for _ in 0..count {
            let mut connection = Connection::server(Arc::clone(&config), NOW);
            give(&mut connection, &mut input, black_box(request));
            let event = connection.next_event(&mut input);
            assert_eq!(event, Some(Event::Request), "the request is good");
            connection.accept();
            write(&mut connection);
            black_box(&connection);
        }
    }
}

/// Opens connections. One input serves all of them. `answer` takes a request, and writes its response.
pub fn open(
    mut seed: impl FnMut() -> Seed,
    mut answer: impl FnMut(&[u8], &mut [u8]) -> usize,
) -> impl FnMut(usize) {
    let config = Arc::<Config>::default();
    let mut input = Input::new(vec![0; STORAGE]);
    let mut response = vec![0; STORAGE];
    move |count| {
        for _ in 0..count {
            let url = Url::parse(black_box(URL)).expect("the URL is good");
            let request = client::Request::new(url);
            let mut connection = Connection::client(request, Arc::clone(&config), seed(), NOW);
            let count = answer(connection.transmit(), &mut response);
            let len = connection.queued();
            connection.transmitted(len, NOW);
            calls::note_write();
            give(&mut connection, &mut input, &response[..count]);
            let event = connection.next_event(&mut input);
            assert_eq!(event, Some(Event::Open), "the response is good");
            black_box((&connection, connection.response()));
        }
    }
}

/// Returns a server's end that has echoed one message, and waits. The input belongs to the loop.
pub fn idle(input: &mut Input<Vec<u8>>) -> Connection {
    let mut connection = connect(Role::Server);
    let mut wire = Vec::new();
    push_frame(0x82, Some([1, 2, 3, 4]), &[7; 16], &mut wire);
    give(&mut connection, input, &wire);
    while let Some(event) = connection.next_event(input) {
        if let Event::Binary(bytes) = event {
            connection.send(bytes).expect("the connection is open");
        }
    }
    write(&mut connection);
    connection.free_memory();
    connection
}

/// Has a connection read `bytes`, which have room in its input.
fn give(connection: &mut Connection, input: &mut Input<Vec<u8>>, bytes: &[u8]) {
    calls::note_read();
    let mut spare = connection.spare(input);
    spare.buffer()[..bytes.len()].copy_from_slice(bytes);
    spare.filled(bytes.len(), NOW);
}

/// Where clients connect to.
pub const URL: &str = "ws://server.example.com:8080/chat";

/// What the documentation reads into.
const STORAGE: usize = 16 << 10;
