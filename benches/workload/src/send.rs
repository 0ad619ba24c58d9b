//! sansocket sends.

use std::hint::black_box;

use sansocket::{Connection, Role, Sender};

use crate::receive::{NOW, connect, open, shared, write};
use crate::scratch::Scratch;
use crate::wire::Outgoing;
use crate::{Run, sink};

/// Sends borrowed messages: a number that fills batches.
pub fn messages(outgoing: &Outgoing, payload: &'static [u8]) -> Run {
    match outgoing.batch {
        1 => Box::new(batches(*outgoing, payload, |_| (), write)),
        _ => Box::new(batches(*outgoing, payload, write_if_full, write_all)),
    }
}

fn batches(
    outgoing: Outgoing,
    payload: &'static [u8],
    after_message: impl Fn(&mut Connection),
    after_batch: impl Fn(&mut Connection),
) -> impl FnMut(usize) {
    let mut connection = connect(outgoing.role);
    let batch = outgoing.batch;
    move |count| {
        for _ in 0..count / batch {
            for _ in 0..batch {
                connection.send(black_box(payload)).expect("the connection is open");
                after_message(&mut connection);
            }
            after_batch(&mut connection);
        }
    }
}

/// Makes room for the next message, as the documentation wants.
fn write_if_full(connection: &mut Connection) {
    if connection.is_full() {
        write_all(connection);
    }
}

/// Writes all that waits, chunk by chunk.
fn write_all(connection: &mut Connection) {
    while connection.queued() > 0 {
        write(connection);
    }
}

/// Sends texts as a server. Each is compressed by itself.
pub fn compressed(text: &'static [u8]) -> impl FnMut(usize) + use<> {
    let mut connection = open(Role::Server, shared());
    let text = str::from_utf8(text).expect("it is text");
    move |count| {
        for _ in 0..count {
            connection.send(black_box(text)).expect("the connection is open");
            write(&mut connection);
        }
    }
}

/// Sends borrowed messages without a copy. A client masks them where they lie.
pub fn borrowed(role: Role, payload: &'static [u8]) -> Run {
    match role {
        Role::Server => Box::new(as_they_are(payload)),
        Role::Client => Box::new(masked_in_place(payload)),
    }
}

fn as_they_are(payload: &'static [u8]) -> impl FnMut(usize) {
    let mut connection = connect(Role::Server);
    move |count| {
        for _ in 0..count {
            connection.send_with(black_box(payload), written).expect("the connection is open");
            if connection.queued() > 0 {
                write(&mut connection);
            }
        }
    }
}

fn masked_in_place(payload: &'static [u8]) -> impl FnMut(usize) {
    let mut connection = connect(Role::Client);
    let mut scratch = Scratch::new(payload);
    move |count| {
        for _ in 0..count {
            connection.send_in_place(scratch.fill(), written).expect("the connection is open");
            if connection.queued() > 0 {
                write(&mut connection);
            }
        }
    }
}

/// Takes all that there is to write.
fn written(slices: &[&[u8]; 3]) -> usize {
    sink::write_vectored(slices.iter().copied());
    slices.iter().map(|slice| slice.len()).sum()
}

/// Sends clones of a message that is shared, as a server.
pub fn shared_payload(payload: &'static [u8]) -> impl FnMut(usize) {
    let mut connection = connect(Role::Server);
    let payload = bytes::Bytes::copy_from_slice(payload);
    move |count| {
        for _ in 0..count {
            connection.send(black_box(payload.clone())).expect("the connection is open");
            write_vectored(&mut connection);
        }
    }
}

/// Writes all that waits, by one vectored write.
fn write_vectored(sender: &mut Sender) {
    let mut count = 0;
    for chunk in sender.transmit_vectored() {
        sink::write(chunk);
        count += chunk.len();
    }
    sender.transmitted(count, NOW);
}
