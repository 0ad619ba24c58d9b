//! What a connection takes of the heap, over a stream in memory.

use crate::allocator;
use crate::library::{Library, Socket};
use crate::load::{Load, Mode, client};
use crate::tape::Tape;

/// What a connection is doing.
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
            Self::Waiting => "which waits",
            Self::Sending => "within a message to send",
            Self::Receiving => "within a message to receive",
        }
    }
}

/// The bytes of a connection that has echoed messages, and does this now.
pub(crate) async fn heap(library: Library, mode: Mode, state: State) -> usize {
    // While all of them are within a message, no pool is of any use.
    let has_pool = state == State::Waiting;
    let load = Load::new(mode, SIZE);
    let mut tape = load.first[..MESSAGES].concat();
    if state == State::Receiving {
        let mut client = client(mode);
        let mut out = Vec::new();
        // In a context that is kept, the part must follow what was sent before.
        for message in &load.messages[..MESSAGES] {
            client.sender.send(message.text.as_str(), &mut out).expect("open");
        }
        tape = out.clone();
        client.sender.set_flushing(true);
        out.clear();
        client.sender.send_part(load.messages[MESSAGES].text.as_str(), &mut out).expect("open");
        tape.append(&mut out);
    }
    // Of what is shared, and made once.
    let mut first = vec![open(library, mode, state, &tape, &load, has_pool).await];
    first.push(open(library, mode, state, &tape, &load, has_pool).await);
    let before = allocator::held();
    let mut sockets = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        sockets.push(open(library, mode, state, &tape, &load, has_pool).await);
    }
    // The tapes are not theirs.
    let tapes = COUNT * tape.len() + COUNT * size_of::<Socket>();
    (allocator::held() - before - tapes) / COUNT
}

async fn open(
    library: Library,
    mode: Mode,
    state: State,
    tape: &[u8],
    load: &Load,
    has_pool: bool,
) -> Socket {
    let mut socket = library.open(mode, Tape::once(tape.to_vec()), has_pool);
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

/// How many bytes a message has.
const SIZE: usize = 1 << 10;

/// How many are echoed before.
const MESSAGES: usize = 64;

/// Of how many connections to take the mean.
const COUNT: usize = 32;
