//! What is measured in memory.

use sansocket::Role;

use crate::mix;
use crate::payload::Content;
use crate::wire::{Incoming, Outgoing, Way};

/// A row of a table: one kind of work.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// What is done.
    pub work: Work,
}

/// Work that is counted in messages, or in openings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// To receive messages.
    Receive(Incoming),
    /// To send messages.
    Send(Outgoing),
    /// To open connections: the end, and how many headers come to it.
    Open(Role, usize),
    /// To compress and send messages of so many bytes, as a server.
    Compress(usize),
    /// To receive and inflate messages of so many bytes, as a client.
    Inflate(usize),
    /// To receive messages by the trait `Stream`.
    Stream(Incoming),
    /// To send messages by the trait `Sink`.
    Sink(Outgoing),
    /// To receive messages by one half of a connection, and send each back by the other.
    Split(Incoming),
}

/// All rows, in the order in which they are shown.
pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |name: String, work| rows.push(Row { name, work });
    for role in ROLES {
        for (content, size, frames) in INCOMING {
            let name =
                format!("receive.{}.{}", role_name(role), incoming_name(content, size, frames));
            push(name, Work::Receive(Incoming { role, content, size, frames }));
        }
    }
    for role in ROLES {
        for (batch, suffix, sizes) in [(1, "", &SENT[..]), (32, ".by32", &BATCHED[..])] {
            for &size in sizes {
                let name = format!("send.{}.{}{suffix}", role_name(role), size_name(size));
                let way = if batch == 1 { way(size) } else { Way::Any };
                push(name, Work::Send(Outgoing { role, size, batch, way }));
                if way == Way::Copied {
                    let name = format!("send.{}.{}.borrowed", role_name(role), size_name(size));
                    push(name, Work::Send(Outgoing { role, size, batch, way: Way::Borrowed }));
                }
            }
        }
    }
    for (role, headers) in OPENINGS {
        push(format!("open.{}{}", role_name(role), headers.1), Work::Open(role, headers.0));
    }
    for size in [1 << 10, 64 << 10] {
        push(format!("compress.{}", size_name(size)), Work::Compress(size));
        push(format!("inflate.{}", size_name(size)), Work::Inflate(size));
    }
    for size in [128, 1 << 10, 16 << 10] {
        let (role, name) = (Role::Server, size_name(size));
        let incoming = Incoming { role, content: Content::Binary, size, frames: 1 };
        let outgoing = Outgoing { role, size, batch: 1, way: Way::Any };
        push(format!("stream.server.{name}"), Work::Stream(incoming));
        push(format!("sink.server.{name}"), Work::Sink(outgoing));
        push(format!("split.server.{name}"), Work::Split(incoming));
    }
    rows
}

const ROLES: [Role; 2] = [Role::Server, Role::Client];

/// Content, bytes and frames of each message.
const INCOMING: [(Content, usize, usize); 18] = [
    (Content::Binary, 8, 1),
    (Content::Binary, 128, 1),
    (Content::Binary, 300, 1),
    (Content::Binary, 1 << 10, 1),
    (Content::Binary, 4 << 10, 1),
    (Content::Binary, 16 << 10, 1),
    (Content::Binary, 64 << 10, 1),
    (Content::Binary, 256 << 10, 1),
    (Content::Binary, 1 << 20, 1),
    (Content::Json, 300, 1),
    (Content::Json, 1 << 10, 1),
    (Content::Json, 4 << 10, 1),
    (Content::Json, 16 << 10, 1),
    (Content::Mix, mix::MOST, 1),
    (Content::Ascii, 128, 1),
    (Content::Ascii, 64 << 10, 1),
    (Content::Multibyte, 64 << 10, 1),
    (Content::Ascii, 64 << 10, 16),
];

/// The sizes of messages that are a write of their own.
const SENT: [usize; 8] = [8, 128, 300, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10];

/// The sizes of messages of which 32 are written at once.
const BATCHED: [usize; 6] = [8, 128, 300, 1 << 10, 4 << 10, 64 << 10];

/// The headers of a request, those of a browser first, and of a response, the shortest first.
const OPENINGS: [(Role, (usize, &str)); 6] = [
    (Role::Server, (12, "")),
    (Role::Server, (6, ".6")),
    (Role::Server, (30, ".30")),
    (Role::Client, (3, "")),
    (Role::Client, (12, ".12")),
    (Role::Client, (30, ".30")),
];

/// How a message is written that is not joined with others. sansocket lends one of 16 KiB or more.
fn way(size: usize) -> Way {
    if size >= 16 << 10 { Way::Copied } else { Way::Any }
}

/// What a role is called in the name of a row.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Server => "server",
        Role::Client => "client",
    }
}

/// What a size is called in the name of a row, such as `64K`.
pub fn size_name(size: usize) -> String {
    match size {
        0..1024 => size.to_string(),
        1024..1_048_576 => format!("{}K", size >> 10),
        _ => format!("{}M", size >> 20),
    }
}

fn incoming_name(content: Content, size: usize, frames: usize) -> String {
    match (content, frames) {
        (Content::Mix, _) => String::from("mix"),
        (_, 2..) => format!("fragments.{frames}x{}", size_name(size / frames)),
        (Content::Binary, _) => format!("binary.{}", size_name(size)),
        (Content::Ascii, _) => format!("ascii.{}", size_name(size)),
        (Content::Multibyte, _) => format!("multibyte.{}", size_name(size)),
        (Content::Json, _) => format!("json.{}", size_name(size)),
    }
}
