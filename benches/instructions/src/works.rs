use std::hint::black_box;

use sansocket::{Config, Connection, Event, Input, Role, Seed, Timestamp};
use workload::payload::{Content, keep};
use workload::rows::{self, Row};
use workload::source::READ;
use workload::wire::{Way, fields, request};
use workload::{Run, opening, receive, send};

/// What is counted in a row.
pub(crate) struct Work {
    pub(crate) row: String,
    run: Run,
    /// How many messages: so many that what happens once in a read counts as it should.
    pub(crate) messages: usize,
}

impl Work {
    /// Runs it twice, and counts the second run: memory that is kept is there, and need not be looked for. How long that
    /// takes depends on all that was freed before, and on the machine.
    pub(crate) fn run(mut self) {
        (self.run)(self.messages);
        counted(&mut self.run, self.messages);
    }
}

/// The function inside which instructions are counted, by its name.
#[inline(never)]
#[unsafe(no_mangle)]
fn counted(run: &mut Run, messages: usize) {
    run(messages);
    black_box(messages);
}

/// All that is counted, in the order in which it runs.
pub(crate) fn all() -> Vec<Work> {
    rows::all().into_iter().flat_map(works).collect()
}

/// The ways in which sansocket can do the work of a row.
fn works(row: Row) -> Vec<Work> {
    let Row { name, work } = row;
    let mut works = Vec::new();
    let mut push = |suffix: &str, messages: usize, run: Run| {
        works.push(Work { row: format!("{name}{suffix}"), run, messages });
    };
    match work {
        rows::Work::Receive(incoming) => {
            let wire = keep(incoming.wire());
            let messages = messages(incoming.size);
            push("", messages, Box::new(receive::messages(&incoming, wire)));
            push(".parts", messages, Box::new(receive::parts(&incoming, wire)));
            if incoming.frames == 1 && incoming.size <= READ {
                push(".echo", messages, Box::new(receive::echo(&incoming, wire)));
            }
        }
        rows::Work::Send(outgoing) => {
            let payload = keep(Content::Binary.make(outgoing.size));
            let messages = messages(outgoing.size).next_multiple_of(4 * outgoing.batch);
            match outgoing.way {
                Way::Borrowed => push("", messages, send::borrowed(outgoing.role, payload)),
                Way::Copied => {
                    push("", messages, send::messages(&outgoing, payload));
                    if outgoing.role == Role::Server {
                        push(".shared", messages, Box::new(send::shared_payload(payload)));
                    }
                }
                Way::Any => push("", messages, send::messages(&outgoing, payload)),
            }
        }
        rows::Work::Open(Role::Server, headers) => {
            push("", 40, Box::new(opening::accept(keep(request(headers)))));
        }
        rows::Work::Open(Role::Client, headers) => push("", 40, Box::new(open(headers))),
        // Compression is mostly instructions of zlib-rs, which change with its version. The other rows measure
        // adapters.
        rows::Work::Compress(_)
        | rows::Work::Inflate(_)
        | rows::Work::Stream(_)
        | rows::Work::Sink(_)
        | rows::Work::Split(_) => {}
    }
    works
}

/// So many messages that there are some reads of 64 KiB, and not too many instructions.
fn messages(size: usize) -> usize {
    ((4 << 20) / (size + 100)).max(8).next_multiple_of(4)
}

/// A client whose key is always the same, and so is the response, of so many headers.
fn open(headers: usize) -> impl FnMut(usize) {
    let mut response = Vec::new();
    let seed = || Seed::new([7; 32]);
    opening::open(seed, move |request, buffer| {
        if response.is_empty() {
            response = answer(request);
            response.truncate(response.len() - 2);
            response.extend(fields(headers - NEEDED).bytes().chain(*b"\r\n"));
        }
        buffer[..response.len()].copy_from_slice(&response);
        response.len()
    })
}

fn answer(request: &[u8]) -> Vec<u8> {
    let now = Timestamp::default();
    let mut connection = Connection::server(Config::new().shared(), now);
    let mut input = Input::new(vec![0; READ]);
    let mut spare = connection.spare(&mut input);
    spare.buffer()[..request.len()].copy_from_slice(request);
    spare.filled(request.len(), now);
    match connection.next_event(&mut input) {
        Some(Event::Request) => connection.accept(),
        event => panic!("the request is good: {event:?}"),
    }
    connection.transmit().to_vec()
}

/// How many headers a response needs.
const NEEDED: usize = 3;
