//! What is measured in memory.

use sansocket::Role;

use crate::payload::Content;
use crate::wire::{Incoming, Outgoing};

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
    /// To open connections.
    Open(Role),
    /// To compress and send messages of so many bytes, as a server.
    Compress(usize),
    /// To receive and inflate messages of so many bytes, as a client.
    Inflate(usize),
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
        for (batch, suffix) in [(1, ""), (32, ".by32")] {
            for size in [8, 128, 1 << 10, 64 << 10] {
                let name = format!("send.{}.{}{suffix}", role_name(role), size_name(size));
                push(name, Work::Send(Outgoing { role, size, batch }));
            }
        }
    }
    for role in ROLES {
        push(format!("open.{}", role_name(role)), Work::Open(role));
    }
    for size in [1 << 10, 64 << 10] {
        push(format!("compress.{}", size_name(size)), Work::Compress(size));
        push(format!("inflate.{}", size_name(size)), Work::Inflate(size));
    }
    rows
}

const ROLES: [Role; 2] = [Role::Server, Role::Client];

const INCOMING: [(Content, usize, usize); 9] = [
    (Content::Binary, 8, 1),
    (Content::Binary, 128, 1),
    (Content::Binary, 1 << 10, 1),
    (Content::Binary, 64 << 10, 1),
    (Content::Binary, 1 << 20, 1),
    (Content::Ascii, 128, 1),
    (Content::Ascii, 64 << 10, 1),
    (Content::Multibyte, 64 << 10, 1),
    (Content::Ascii, 64 << 10, 16),
];

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
        (_, 2..) => format!("fragments.{frames}x{}", size_name(size / frames)),
        (Content::Binary, _) => format!("binary.{}", size_name(size)),
        (Content::Ascii, _) => format!("ascii.{}", size_name(size)),
        (Content::Multibyte, _) => format!("multibyte.{}", size_name(size)),
        (Content::Json, _) => format!("json.{}", size_name(size)),
    }
}
