//! What a peer can make us hold and do: `Limits::max_memory()` under floods, and a number of operations
//! that grows with the bytes which came, not faster.
//!
//! Operations are counted, not timed. Each look at the storage of an input is one, and shows at most all of
//! it: with a storage of one byte, that is a count of the bytes which were looked at. What is put together
//! elsewhere is moved only to memory that was allocated for it, which the allocator counts.

use std::cell::Cell;
use std::rc::Rc;

use counting_allocator::{Usage, measure};
use harness::{Drive, Setup};
use sansocket::{Connection, Input, Limits, Role};

use crate::support::*;

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
