//! What a peer can make us hold and do: `Limits::max_memory()` under floods, and a number of operations
//! that grows with the bytes which came, not faster.
//!
//! Operations are counted, not timed. Each look at the storage of an input is one, and shows at most all of
//! it: with a storage of one byte, that is a count of the bytes which were looked at. What is put together
//! elsewhere is moved only to memory that was allocated for it, which the allocator counts.

use std::cell::Cell;
use std::rc::Rc;

use counting_allocator::{Usage, measure};
use harness::{Drive, START, Setup};
use sansocket::{Connection, HandshakeLimits, Input, Limits, Role, Step};

use crate::support::handshake::{Opened, next, offer, open_to_all, server, start};
use crate::support::{ROLES, client, connect, for_both_roles, frame_to, limits, receive, transmit};

/// What a connection under `limits` may hold that keeps no message.
fn without_message(limits: &Limits) -> u64 {
    let mut limits = *limits;
    limits.message = 0;
    limits.max_memory()
}

/// Gives the same stream again and again, and says how many events came of it.
fn repeat(connection: &mut Connection, stream: &[u8], count: usize) -> usize {
    let mut input = Input::new(vec![0; stream.len()]);
    let mut events = 0;
    for _ in 0..count {
        connection.feed(&mut input, stream);
        events += connection.drain(&mut input).expect("no rule is broken");
    }
    events
}

/// The most that the connection and its heap took.
fn total(usage: Usage) -> u64 {
    u64::try_from(usage.peak).expect("more is held than before") + size_of::<Connection>() as u64
}

#[test]
fn ten_million_empty_fragments_take_no_memory_in_either_mode() {
    // the limit on their number is lifted.
    let limits = limits(|limits| limits.fragments = u64::MAX);
    for role in ROLES {
        for is_streaming in [false, true] {
            let setup = Setup { limits, is_streaming, ..Setup::new(role) };
            let stream = frame_to(role, 0x00, b"").repeat(10_000);
            let config = setup.config();
            let (mut connection, usage) = measure(|| {
                let mut connection = setup.connect_with(config);
                assert_eq!(receive(&mut connection, &frame_to(role, 0x01, b"")), Ok(0));
                assert_eq!(repeat(&mut connection, &stream, 250), 0);
                connection
            });
            let input = stream.len() as u64;
            assert!(total(usage) - input <= without_message(&limits), "{role:?}: {usage:?}");
            assert_eq!(receive(&mut connection, &frame_to(role, 0x80, b"")), Ok(1), "{role:?}");
        }
    }
}

#[test]
fn a_receiver_that_streams_holds_no_message_however_long() {
    // L-12, L-13: while nobody takes what is owed.
    let limits = limits(|limits| (limits.message, limits.fragments) = (u64::MAX, u64::MAX));
    for role in ROLES {
        let ping = frame_to(role, 0x89, &[b'p'; 125]);
        for (kind, payload) in [(0x01, "é".repeat(5_000)), (0x02, "\0".repeat(10_000))] {
            let part = [&frame_to(role, 0x00, payload.as_bytes())[..], &ping].concat();
            for size in [1, 1000, part.len()] {
                let mut input = Input::new(vec![0; size]);
                let setup = Setup { limits, is_streaming: true, ..Setup::new(role) };
                let config = setup.config();
                let (connection, usage) = measure(|| {
                    let mut connection = setup.connect_with(config);
                    receive(&mut connection, &frame_to(role, kind, b"")).expect("a message starts");
                    for chunk in part.chunks(size).cycle().take(20 * part.len().div_ceil(size)) {
                        connection.feed(&mut input, chunk);
                        connection.drain(&mut input).expect("no fault");
                    }
                    connection
                });
                assert!(total(usage) <= without_message(&limits), "reads of {size}: {usage:?}");
                drop(connection);
            }
        }
    }
}

#[test]
fn the_default_limits_hold_for_the_longest_message() {
    // L-07, I-07: 16 MiB, in reads of 64 KiB, in frames of 60,000 bytes.
    let limits = Limits::default();
    let most = usize::try_from(limits.message).expect("it is 16 MiB");
    for (first, message) in [(0x02, vec![0; most]), (0x01, "é".repeat(most / 2).into_bytes())] {
        let mut stream = frame_to(Role::Client, first, b"");
        for payload in message.chunks(60_000) {
            stream.extend(frame_to(Role::Client, 0x00, payload));
        }
        stream.extend(frame_to(Role::Client, 0x80, b""));
        let mut input = Input::new(vec![0; 64 << 10]);
        let (connection, usage) = measure(|| {
            let mut connection = client();
            let mut events = 0;
            for chunk in stream.chunks(64 << 10) {
                connection.feed(&mut input, chunk);
                events += connection.drain(&mut input).expect("no fault");
            }
            assert_eq!(events, 1);
            connection
        });
        assert!(total(usage) <= limits.max_memory(), "{usage:?}");
        assert!(usage.bytes <= 3 * most, "{usage:?}");
        drop(connection);
    }
}

/// CVE-2026-48779, CVE-2026-123817: neither reads nor fragments are kept one by one, nor is what has come
/// before moved for each.
#[test]
fn bytes_are_moved_a_fixed_number_of_times_however_small_the_reads_and_fragments_are() {
    // I-07, L-12.
    let limits = limits(|limits| limits.fragments = u64::MAX);
    for role in ROLES {
        for len in [1000, 10_000, 100_000, 1 << 17, (1 << 17) + 1] {
            for kind in [0x01, 0x02] {
                let payload = vec![b'x'; len];
                let fragments = payload.iter().map(|byte| frame_to(role, 0x00, &[*byte]));
                let fragments = fragments.collect::<Vec<_>>().concat();
                let start = frame_to(role, kind, b"");
                let streams = [
                    frame_to(role, 0x80 | kind, &payload),
                    [start, fragments, frame_to(role, 0x80, b"")].concat(),
                ];
                for stream in streams {
                    let mut connection = connect(role, limits);
                    let mut input = Input::new([0]);
                    let mut events = 0;
                    let ((), usage) = measure(|| {
                        for byte in &stream {
                            connection.feed(&mut input, &[*byte]);
                            let event = connection.next(&mut input);
                            events += usize::from(event.expect("no fault").is_some());
                        }
                    });
                    assert_eq!(events, 1);
                    assert!(usage.bytes <= 4 * len, "{len} bytes: {usage:?}");
                    assert!(usage.allocations <= len.ilog2() as usize, "{len} bytes: {usage:?}");
                }
            }
        }
    }
}

/// A storage that counts how often it is looked at, and panics if that is too often.
struct Watched {
    bytes: Vec<u8>,
    looks: Rc<Cell<usize>>,
    most: usize,
}

impl AsMut<[u8]> for Watched {
    fn as_mut(&mut self) -> &mut [u8] {
        self.looks.set(self.looks.get() + 1);
        assert!(self.looks.get() <= self.most, "looked at {} times", self.looks.get());
        &mut self.bytes
    }
}

/// CVE-2025-5399, CVE-2024-52532: no loop goes round without taking a byte, or for more than it has taken.
#[test]
fn each_look_at_the_input_takes_something_from_it() {
    // I-07: for each read and for each frame there are a few, whatever they hold.
    let hostile = [
        "8900".repeat(300),
        "8a00".repeat(300),
        format!("0100 {}", "0000".repeat(300)),
        "8100".repeat(300),
        "810161 0101 62 8900 800163".repeat(50),
        format!("827e0400 {}", "00".repeat(1024)),
        format!("817e0400 {}", "c3a9".repeat(512)),
        format!("0103 e282ac {}", "0001e2 0001 82 0001 ac".repeat(50)),
        format!("83 {}", "00".repeat(300)),
        format!("8800 {}", "8900".repeat(300)),
        format!("8101ff {}", "ff".repeat(300)),
    ];
    for stream in hostile {
        for (role, stream, _) in for_both_roles(&stream) {
            for is_streaming in [false, true] {
                for size in [1, 2, 7, 100, stream.len()] {
                    let reads = stream.len().div_ceil(size);
                    let frames = stream.len() / if role == Role::Server { 6 } else { 2 };
                    let most = 8 * (reads + frames);
                    let looks =
                        looks(&Setup { is_streaming, ..Setup::new(role) }, &stream, size, most);
                    assert!(looks >= reads, "every read is looked at");
                }
            }
        }
    }
}

/// How often a connection looks at the storage, which is to be at most so often.
fn looks(setup: &Setup, stream: &[u8], size: usize, most: usize) -> usize {
    let mut connection = setup.connect();
    let looks = Rc::default();
    let mut input = Input::new(Watched { bytes: vec![0; size], looks: Rc::clone(&looks), most });
    for chunk in stream.chunks(size) {
        connection.feed(&mut input, chunk);
        let _ = connection.drain(&mut input);
        assert!(input.is_empty(), "nothing is left to be looked at again");
    }
    looks.get()
}

/// What a handshake may hold: the bytes that have come, which are moved as they grow, the head that it keeps,
/// where its lines are, and the body of a rejection, which is moved as it grows.
fn most_of_handshake(limits: &HandshakeLimits) -> usize {
    let [bytes, fields, body] = [limits.bytes, limits.fields, limits.body]
        .map(|most| usize::try_from(most).expect("small"));
    4 * bytes + 16 * fields + 3 * body + 4096
}

/// Heads and bodies that have no end: a beginning, and what is repeated.
const ENDLESS_REQUESTS: [(&str, &str); 6] = [
    ("GET /", "a"),
    ("", "a"),
    ("GET / HTTP/1.1\r\nX: ", "a"),
    ("GET / HTTP/1.1\r\n", "X: y\r\n"),
    ("GET / HTTP/1.1\r\n", "a"),
    ("GET / HTTP/1.1\r\nSec-WebSocket-Protocol: a", " "),
];

const ENDLESS_RESPONSES: [(&str, &str); 10] = [
    ("", "a"),
    ("HTTP/1.1 101 ", "a"),
    ("HTTP/1.1 101 x\r\nX: ", "a"),
    ("HTTP/1.1 101 x\r\n", "X: y\r\n"),
    ("HTTP/1.1 101 x\r\nX: y", "\r\n z"),
    ("", "HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n"),
    ("HTTP/1.1 404 x\r\n\r\n", "a"),
    ("HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n", "1;a=b\r\nx\r\n"),
    ("HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n1;", "a"),
    ("HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
];

/// Bytes without end, of which at most so many are to be taken.
fn endless(start: &'static str, again: &'static str, most: u32) -> impl Iterator<Item = u8> {
    let bytes = start.bytes().chain(again.bytes().cycle());
    bytes.zip(0..).map(move |(byte, taken)| {
        assert!(taken <= most, "more than {most} bytes are taken of {start:?} and {again:?}");
        byte
    })
}

/// CVE-2026-54465: and it is over after a fixed number of bytes.
#[test]
fn a_head_without_end_takes_no_more_than_its_limits() {
    // L-01 to L-04, L-13: byte by byte, and in large reads.
    for limits in [
        HandshakeLimits::new(),
        HandshakeLimits::new().bytes(1000).target(100).body(1000),
        HandshakeLimits::new().fields(10).body(0).interim(0),
    ] {
        // The heads, and a body in chunks of one byte, and the rest of a read.
        let most = limits.bytes * (limits.interim + 1) + limits.body * 12 + 2000;
        for size in [1, 1000] {
            for (start, again) in ENDLESS_REQUESTS {
                let ((), usage) = measure(|| serve(endless(start, again, most), size, limits));
                check_held(start, usage, &limits);
            }
            for (start, again) in ENDLESS_RESPONSES {
                let ((), usage) = measure(|| ask(endless(start, again, most), size, limits));
                check_held(start, usage, &limits);
            }
        }
    }
}

fn check_held(start: &str, usage: Usage, limits: &HandshakeLimits) {
    let most = most_of_handshake(limits);
    assert!(usage.peak <= most.cast_signed(), "{start:?}: {usage:?}, at most {most}");
}

/// Gives a stream to a server until it rejects it.
fn serve(stream: impl Iterator<Item = u8>, size: usize, limits: HandshakeLimits) {
    let mut connection = server(&open_to_all().limits(limits));
    let mut input = Input::new(vec![0; size]);
    exhaust(&mut connection, &mut input, stream);
    assert!(transmit(&mut connection).starts_with(b"HTTP/1.1 4"), "it is explained");
}

/// Gives a stream to a client until it gives up.
fn ask(stream: impl Iterator<Item = u8>, size: usize, limits: HandshakeLimits) {
    let mut request = offer();
    request.set_limits(limits);
    let mut connection = start(request).0;
    let mut input = Input::new(vec![0; size]);
    if exhaust(&mut connection, &mut input, stream) == Some(Opened::Rejected) {
        assert!(connection.response().unwrap().is_truncated(), "it has no end");
    }
}

/// Gives a stream to an end until it reads no more. Returns its last event.
fn exhaust(
    connection: &mut Connection,
    input: &mut Input<Vec<u8>>,
    mut stream: impl Iterator<Item = u8>,
) -> Option<Opened> {
    loop {
        let mut spare = connection.spare(input);
        let buffer = spare.buffer();
        let count = buffer.len();
        assert!(count > 0, "there is always something to read to");
        buffer.iter_mut().zip(&mut stream).for_each(|(place, byte)| *place = byte);
        spare.filled(count, START);
        let event = next(connection, input);
        assert!(matches!(event, None | Some(Opened::Rejected)), "it has no end: {event:?}");
        let only_reads = Step::Io { read: true, write: false };
        if event.is_some() || connection.next_step() != only_reads {
            return event;
        }
    }
}
