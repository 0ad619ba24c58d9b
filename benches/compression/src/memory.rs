//! Measures the heap memory of a connection, over a stream in memory.

use crate::allocator;
use crate::library::{Library, Socket};
use crate::load::{Load, client, take_queued};
use crate::mode::Mode;
use crate::setup::Setup;
use crate::tape::Tape;

/// The state of a connection whose memory is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Sending,
    Receiving,
}

impl State {
    pub(crate) const ALL: [Self; 3] = [Self::Waiting, Self::Sending, Self::Receiving];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "idle",
            Self::Sending => "within an outgoing message",
            Self::Receiving => "within an incoming message",
        }
    }
}

/// Returns the heap bytes of a connection that has echoed messages and is now in `state`.
pub(crate) async fn heap(library: Library, mode: Mode, state: State) -> usize {
    // A pool serves no connection while all of them are within a message.
    let setup = Setup::new(mode, state == State::Waiting);
    let load = Load::new(mode, SIZE);
    let tape = tape(mode, state, &load);
    // The first connections make the allocations that all connections share.
    let _first = [
        open(library, &setup, state, &tape, &load).await,
        open(library, &setup, state, &tape, &load).await,
    ];
    let before = allocator::held();
    let mut sockets = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        sockets.push(open(library, &setup, state, &tape, &load).await);
    }
    // Neither the tapes nor the vector belong to the connections.
    let overhead = COUNT * tape.len() + COUNT * size_of::<Socket>();
    (allocator::held() - before - overhead) / COUNT
}

/// Returns the bytes that a client sends to a connection.
fn tape(mode: Mode, state: State, load: &Load) -> Vec<u8> {
    if state != State::Receiving {
        return load.first[..MESSAGES].concat();
    }
    // The part continues the context of the messages before it, so one client must send all of them.
    let mut client = client(mode);
    for message in &load.messages[..MESSAGES] {
        client.send(message.text.as_str()).expect("open");
    }
    client.send_part(load.messages[MESSAGES].text.as_str()).expect("open");
    take_queued(&mut client)
}

/// Opens a connection, echoes messages, and brings it into `state`.
async fn open(library: Library, setup: &Setup, state: State, tape: &[u8], load: &Load) -> Socket {
    let mut socket = library.open(setup, Tape::once(tape.to_vec()));
    for message in &load.messages[..MESSAGES] {
        socket.receive().await;
        socket.send(message).await;
    }
    socket.wait().await;
    if state == State::Sending {
        socket.send_part(&load.messages[MESSAGES]).await;
        socket.wait().await;
    }
    socket
}

/// The size of a message, in bytes.
const SIZE: usize = 1 << 10;

/// The number of messages that a connection echoes first.
const MESSAGES: usize = 64;

/// The number of connections whose memory is averaged.
const COUNT: usize = 32;
