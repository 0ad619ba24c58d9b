//! sansocket sends.

use std::hint::black_box;

use sansocket::deflate::Compression;
use sansocket::{Connection, Kind, Role};

use crate::receive::{connect, shared};
use crate::wire::Outgoing;
use crate::{is_checking, sink};

/// Sends messages by a buffer of the caller's: a number that fills batches.
pub fn messages(outgoing: &Outgoing, payload: &'static [u8]) -> impl FnMut(usize) + use<> {
    let Connection { mut sender, .. } = connect(outgoing.role);
    let batch = outgoing.batch;
    let mut out = Vec::new();
    move |count| {
        for _ in 0..count / batch {
            for _ in 0..batch {
                sender.send(black_box(payload), &mut out).expect("the connection is open");
            }
            sink::write(&out);
            out.clear();
        }
    }
}

/// Sends texts that are compressed, each by itself, as a server.
pub fn compressed(text: &'static [u8]) -> impl FnMut(usize) + use<> {
    let mut connection = connect(Role::Server);
    connection.compress(shared(), &Compression::shared());
    let text = str::from_utf8(text).expect("it is text");
    let mut out = Vec::new();
    move |count| {
        for _ in 0..count {
            connection.sender.send(black_box(text), &mut out).expect("the connection is open");
            sink::write(&out);
            out.clear();
        }
    }
}

/// Sends messages that are lent for a vectored write. A client masks the payload where it lies.
pub fn frames(outgoing: &Outgoing, payload: &'static [u8]) -> Box<dyn FnMut(usize)> {
    let Connection { mut sender, .. } = connect(outgoing.role);
    match outgoing.role {
        Role::Server => Box::new(move |count| {
            for _ in 0..count {
                let frame =
                    sender.frame_unmasked(black_box(payload)).expect("the connection is open");
                sink::write_vectored(frame.slices());
            }
        }),
        Role::Client => {
            let mut scratch = payload.to_vec();
            Box::new(move |count| {
                for _ in 0..count {
                    if is_checking() {
                        scratch.copy_from_slice(payload);
                    }
                    let frame = sender.frame(Kind::Binary, black_box(&mut scratch));
                    sink::write_vectored(frame.expect("the connection is open").slices());
                }
            })
        }
    }
}
