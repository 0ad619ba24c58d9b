//! What compression holds in memory, the library's included: D-29, D-32, D-39, `L-12`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use counting_allocator::{Usage, measure};
use harness::{Drive, Setup};
use sansocket::deflate::{Agreement, Compression, Pool};
use sansocket::{Connection, Event, Input, Limits, ProtocolError, Role};

use crate::support::*;

/// How a connection compresses, and where its compressors come from.
#[derive(Clone)]
struct How {
    compression: Compression,
    pool: Option<Arc<Pool>>,
}

impl Deref for How {
    type Target = Compression;

    fn deref(&self) -> &Compression {
        &self.compression
    }
}

impl DerefMut for How {
    fn deref_mut(&mut self) -> &mut Compression {
        &mut self.compression
    }
}

/// Takes no context over.
fn shared() -> How {
    How { compression: Compression::shared(), pool: Some(Arc::new(Pool::new(4))) }
}

/// Compresses everything, and returns no memory to others.
fn compression(change: impl FnOnce(&mut How)) -> How {
    let mut how = How { compression: Compression::dedicated(), pool: None };
    how.threshold = 0;
    change(&mut how);
    how
}

fn open(role: Role, agreed: &str, how: &How) -> Connection {
    open_under(role, agreed, how, Limits::default())
}

fn open_under(role: Role, agreed: &str, how: &How, limits: Limits) -> Connection {
    let compression = Some((Agreement::parse(agreed).unwrap(), how.compression));
    let setup = Setup { limits, compression, ..Setup::new(role) };
    let config = Arc::unwrap_or_clone(setup.config()).pool(how.pool.clone());
    setup.connect_with(config.shared())
}

/// Has the connection own memory for its output, which is then not measured.
fn warm(connection: &mut Connection) {
    connection.compress_from(usize::MAX);
    connection.send(&[0; 1 << 15]).unwrap();
    transmit(connection);
    connection.compress_from(0);
}

const ALONE: &str = "server_no_context_takeover; client_no_context_takeover";

/// Bytes that compress a little.
fn some(len: usize) -> Vec<u8> {
    let byte = |i: u32| i.wrapping_mul(2_654_435_761).to_be_bytes()[0] & 0x3f;
    (0..u32::try_from(len).unwrap()).map(byte).collect()
}

fn feed(connection: &mut Connection, input: &mut Input<Vec<u8>>, stream: &[u8]) {
    for chunk in stream.chunks(4096) {
        connection.feed(input, chunk);
        connection.drain(input).unwrap();
    }
}

fn to_len(bytes: isize) -> usize {
    usize::try_from(bytes).unwrap()
}

#[test]
fn the_memory_for_sending_is_what_is_said() {
    let message = some(5000);
    for bits in 8..=15 {
        for memory in 1..=9 {
            for level in 0..=9 {
                for agreed in ["", ALONE] {
                    let compression = compression(|compression| {
                        compression.outgoing.window_bits = bits;
                        (compression.memory, compression.level) = (memory, level);
                    });
                    let mut connection = open(Role::Server, agreed, &compression);
                    warm(&mut connection);
                    let mut out = Vec::with_capacity(1 << 15);
                    let usage = measure(|| connection.send_to(&message, &mut out).unwrap()).1;
                    let (said, peak) = (compression.memory_sending(), to_len(usage.peak));
                    assert!((peak..peak * 102 / 100).contains(&said), "{peak} of {said}");
                    let held = to_len(usage.held);
                    assert_eq!(held, if agreed.is_empty() { peak } else { 0 }, "{bits} {agreed}");
                }
            }
        }
    }
}

#[test]
fn the_memory_for_receiving_is_what_is_said() {
    for bits in 8..=15 {
        for is_taken_over in [true, false] {
            let compression = compression(|compression| {
                compression.incoming.window_bits = bits;
                compression.incoming.is_taken_over = is_taken_over;
            });
            let agreed = if is_taken_over { "" } else { "server_no_context_takeover; " };
            let agreed = format!("{agreed}server_max_window_bits={bits}");
            let mut stream = Vec::new();
            let mut server = open(Role::Server, &agreed, &compression);
            for len in [10, 100_000, 300] {
                server.send_to(some(len), &mut stream).unwrap();
            }
            let mut input = Input::new(vec![0; 4096]);
            let mut connection = open(Role::Client, &agreed, &compression);
            connection.set_streaming(true);
            let ((), usage) = measure(|| feed(&mut connection, &mut input, &stream));
            let (said, peak) = (compression.memory_receiving(), to_len(usage.peak));
            assert!((peak..peak * 125 / 100).contains(&said), "{peak} of {said}");
            let ((), released) = measure(|| input.free_memory());
            let waiting = to_len(usage.held + released.held);
            let said = compression.memory_waiting();
            assert!((waiting..=waiting + 16).contains(&said), "{waiting} of {said} wait");
        }
    }
}

/// D-32: the inflater itself has the largest window.
#[test]
fn the_check_of_distances_is_made_only_for_smaller_windows() {
    let held = |bits: u8| {
        let compression = compression(|compression| compression.incoming.window_bits = bits);
        let agreed = format!("server_max_window_bits={bits}");
        let mut stream = Vec::new();
        open(Role::Server, &agreed, &compression).send_to("message", &mut stream).unwrap();
        let mut input = Input::new(vec![0; 4096]);
        let mut connection = open(Role::Client, &agreed, &compression);
        measure(|| feed(&mut connection, &mut input, &stream)).1.held
    };
    assert!(held(15) + 2000 < held(14), "{} and {}", held(15), held(14));
    assert_eq!(held(8), held(14));
}

/// D-39.
#[test]
fn a_waiting_connection_without_takeover_owns_no_heap_whatever_has_passed() {
    let alone = shared();
    for role in ROLES {
        for is_streaming in [false, true] {
            let mut from =
                open(if role == Role::Client { Role::Server } else { Role::Client }, ALONE, &alone);
            let mut stream = Vec::new();
            from.send_to(some(100_000), &mut stream).unwrap();
            from.send_part_to(some(100), &mut stream).unwrap();
            from.send_last_to(b"", &mut stream).unwrap();
            let mut connection = open(role, ALONE, &alone);
            let mut input = Input::new(vec![0; 4096]);
            let mut out = Vec::with_capacity(1 << 20);
            // The pool has what this takes once this has been sent.
            connection.send_to(some(1000), &mut out).unwrap();
            connection.free_memory();
            let ((), usage) = measure(|| {
                connection.set_streaming(is_streaming);
                feed(&mut connection, &mut input, &stream);
                connection.send_to(some(100_000), &mut out).unwrap();
                connection.send_part_to(some(1000), &mut out).unwrap();
                connection.send_last_to(some(1000), &mut out).unwrap();
                // The memory of the event before is given back.
                feed(&mut connection, &mut input, &frame_to(role, 0x8a, b""));
                input.free_memory();
                connection.free_memory();
            });
            assert_eq!(usage.held, 0, "{role:?}");
        }
    }
}

/// D-32: not of windows that others have.
#[test]
fn the_history_of_a_connection_is_of_its_own_window() {
    let full = compression(|_| {});
    let small = compression(|compression| compression.incoming.window_bits = 9);
    let mut input = Input::new(vec![0; 4096]);
    for before in ["", "server_no_context_takeover"] {
        let mut stream = Vec::new();
        open(Role::Server, before, &full).send_to(some(50_000), &mut stream).unwrap();
        feed(&mut open(Role::Client, before, &full), &mut input, &stream);
        let mut stream = Vec::new();
        let agreed = "server_max_window_bits=9";
        open(Role::Server, agreed, &small).send_to(some(5000), &mut stream).unwrap();
        let mut connection = open(Role::Client, agreed, &small);
        feed(&mut connection, &mut input, &stream);
        feed(&mut connection, &mut input, b"\x8a\x00");
        let _config = connection.config().clone();
        let ((), usage) = measure(|| connection.end());
        let ((), ended) = measure(|| drop(connection));
        let keys = 320;
        let waited = to_len(-usage.held - ended.held);
        assert!(waited <= small.memory_waiting() + full.memory_sending() + keys, "{waited}");
        let history = waited - keys;
        assert!(history <= small.memory_waiting(), "{history}");
    }
}

#[test]
fn a_history_grows_with_what_has_come_and_never_beyond_its_window() {
    let small = compression(|compression| compression.incoming.window_bits = 10);
    let agreed = "server_max_window_bits=10";
    let mut input = Input::new(vec![0; 4096]);
    let mut receive = |connection: &mut Connection, from: &mut Connection, len| {
        let mut stream = Vec::new();
        from.send_to(some(len), &mut stream).unwrap();
        let usage = measure(|| feed(connection, &mut input, &stream)).1;
        (usage.held, usage.allocations)
    };
    let ends = || {
        let mut connection = open(Role::Client, agreed, &small);
        connection.set_streaming(true);
        (connection, open(Role::Server, agreed, &small))
    };
    // What every connection uses is there then.
    let (mut connection, mut from) = ends();
    receive(&mut connection, &mut from, 2000);
    let (mut connection, mut from) = ends();
    let carried = receive(&mut connection, &mut from, 200).0 - 200;
    assert!((1..64).contains(&carried), "{carried}");
    for (len, grown) in [(100, 200), (100, 0), (300, 400), (200, 224), (2000, 0)] {
        let usage = receive(&mut connection, &mut from, len);
        assert_eq!(usage, (grown, usize::from(grown > 0)), "{len}");
    }
}

#[test]
fn messages_allocate_nothing_once_memory_is_there() {
    let pool = Arc::new(Pool::new(2));
    let pooled = compression(|how| how.pool = Some(Arc::clone(&pool)));
    let mut smaller = pooled.clone();
    smaller.outgoing.window_bits = 10;
    for agreed in ["", ALONE, "server_max_window_bits=10; client_max_window_bits=9"] {
        for is_streaming in [false, true] {
            for role in ROLES {
                let peer = if role == Role::Client { Role::Server } else { Role::Client };
                let mut from = open(peer, agreed, &pooled);
                let mut ends = [&pooled, &pooled, &smaller].map(|how| open(role, agreed, how));
                for end in &mut ends {
                    end.set_streaming(is_streaming);
                }
                let mut input = Input::new(vec![0; 4096]);
                let mut out = Vec::with_capacity(1 << 20);
                let mut stream = Vec::with_capacity(1 << 20);
                let message = some(20_000);
                let mut round = || {
                    stream.clear();
                    from.send_to(&message, &mut stream).unwrap();
                    from.send_part_to(&message[..3000], &mut stream).unwrap();
                    from.send_last_to(&message[..300], &mut stream).unwrap();
                    for connection in &mut ends {
                        feed(connection, &mut input, &stream);
                        out.clear();
                        connection.send_to(&message, &mut out).unwrap();
                        connection.send_part_to(&message[..300], &mut out).unwrap();
                        connection.send_last_to(&message[..300], &mut out).unwrap();
                    }
                };
                (0..3).for_each(|_| round());
                let ((), usage) = measure(|| (0..5).for_each(|_| round()));
                assert_eq!(usage, Usage::default(), "{role:?} {agreed} {is_streaming}");
                pool.clear();
            }
        }
    }
}

/// Connections with and without takeover, one after the other.
#[test]
fn messages_of_different_contexts_allocate_nothing_either() {
    let full = compression(|_| {});
    let agreements = ["", "server_no_context_takeover", "server_max_window_bits=9"];
    let mut pairs =
        agreements.map(|agreed| [Role::Server, Role::Client].map(|role| open(role, agreed, &full)));
    let mut input = Input::new(vec![0; 4096]);
    let mut stream = Vec::with_capacity(1 << 20);
    let message = some(40_000);
    let mut round = || {
        let mut allocations = 0;
        for [from, to] in &mut pairs {
            stream.clear();
            from.send_to(&message, &mut stream).unwrap();
            allocations += measure(|| feed(to, &mut input, &stream)).1.allocations;
        }
        allocations
    };
    for _ in 0..3 {
        round();
    }
    assert_eq!((0..5).map(|_| round()).sum::<usize>(), 0);
}

#[test]
fn a_connection_that_is_over_owns_no_compressor() {
    let full = compression(|_| {});
    for role in ROLES {
        let (role_of_peer, agreed) =
            (if role == Role::Client { Role::Server } else { Role::Client }, "");
        let mut stream = Vec::new();
        let mut from = open(role_of_peer, agreed, &full);
        from.send_to(some(50_000), &mut stream).unwrap();
        from.send_part_to(some(50_000), &mut stream).unwrap();
        // What is left is the peer's close frame, for the final account.
        for (end, account) in [
            (frame_to(role, 0x88, b""), 24),
            (frame_to(role, 0x83, b""), 0),
            (frame_to(role, 0x80, b"\x07"), 0),
        ] {
            let mut connection = open(role, agreed, &full);
            let mut input = Input::new(vec![0; 4096]);
            let ((), usage) = measure(|| {
                connection.send(some(5000)).unwrap();
                feed(&mut connection, &mut input, &stream);
                connection.feed(&mut input, &end);
                for _ in 0..3 {
                    let _ = connection.next(&mut input);
                }
                transmit(&mut connection);
                connection.free_memory();
                input.free_memory();
            });
            assert_eq!(usage.held, account, "{role:?} {end:x?}");
        }
        // The transport ends.
        let mut connection = open(role, agreed, &full);
        let mut input = Input::new(vec![0; 4096]);
        let ((), usage) = measure(|| {
            feed(&mut connection, &mut input, &stream);
            connection.end();
            let _ = connection.next(&mut input);
            transmit(&mut connection);
            connection.free_memory();
            input.free_memory();
        });
        assert_eq!(usage.held, 0, "{role:?}");
    }
}

#[test]
fn a_pool_keeps_so_many_and_of_each_shape_what_was_used_last() {
    let pool = Arc::new(Pool::new(3));
    let of = |bits: u8| {
        let mut how = compression(|how| how.pool = Some(Arc::clone(&pool)));
        how.outgoing.window_bits = bits;
        how
    };
    let send = |compression: &How, count: usize| {
        let mut connections: Vec<_> =
            (0..count).map(|_| open(Role::Server, ALONE, compression)).collect();
        connections.iter_mut().for_each(warm);
        let mut out = Vec::with_capacity(1 << 20);
        let message = some(1000);
        measure(|| {
            // All of them at once.
            for connection in &mut connections {
                connection.send_part_to(&message, &mut out).unwrap();
            }
            for connection in &mut connections {
                connection.send_last_to(&message, &mut out).unwrap();
            }
        })
        .1
    };
    let list = 3 * size_of::<usize>() + 64;
    let (large, small) = (of(15), of(9));
    let held = to_len(send(&large, 10).held);
    assert!((1..=3 * large.memory_sending() + list).contains(&held), "{held}");
    assert!(held > 2 * large.memory_sending(), "three are kept");
    assert_eq!(send(&large, 3).allocations, 0);
    assert!(send(&large, 4).allocations > 0);
    let changed = send(&small, 1).held;
    assert!(changed < 0, "a large one made room for a small one");
    assert_eq!((send(&small, 1).allocations, send(&large, 2).allocations), (0, 0));
    let cleared = measure(|| pool.clear()).1.held;
    assert!(cleared < 0);
    let held = to_len(send(&of(12), 1).held);
    assert!(held <= of(12).memory_sending() + list);
    // Of none, nothing is kept.
    let mut none = of(12);
    none.pool = Some(Arc::new(Pool::new(0)));
    assert_eq!(send(&none, 5).held, 0);
    none.pool = None;
    assert_eq!(send(&none, 5).held, 0);
}

#[test]
fn what_comes_from_a_pool_has_forgotten_everything() {
    let pool = Arc::new(Pool::new(1));
    for level in 0..=9 {
        let fresh = compression(|compression| compression.level = level);
        let pooled = How { pool: Some(Arc::clone(&pool)), ..fresh.clone() };
        for len in [10, 1000, 70_000] {
            let mut wanted = Vec::new();
            open(Role::Server, ALONE, &fresh).send_to(some(len), &mut wanted).unwrap();
            for _ in 0..3 {
                let mut out = Vec::new();
                open(Role::Server, ALONE, &pooled).send_to(some(len), &mut out).unwrap();
                assert!(out == wanted, "level {level}, {len} bytes");
            }
        }
        // One that was left within a message is not taken.
        let mut left = open(Role::Server, ALONE, &pooled);
        left.send_part(some(1000)).unwrap();
        left.close(None, "").unwrap();
        drop(left);
    }
}

#[test]
fn threads_share_a_pool() {
    let compression = compression(|how| how.pool = Some(Arc::new(Pool::new(2))));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut from = open(Role::Server, ALONE, &compression);
                let mut to = open(Role::Client, ALONE, &compression);
                for len in 0..200 {
                    let mut out = Vec::new();
                    from.send_to(some(10 * len), &mut out).unwrap();
                    let mut input = given(&mut to, &out);
                    match to.next(&mut input).unwrap() {
                        Some(Event::Binary(bytes)) => assert!(bytes == some(10 * len)),
                        event => panic!("{event:?}"),
                    }
                }
            });
        }
    });
}

/// A frame of zeros, so many of them: a thousandth of it is on the wire.
fn bomb(len: usize) -> Vec<u8> {
    let mut server = open(Role::Server, "", &compression(|_| {}));
    server.set_flushing(false);
    let mut stream = Vec::new();
    let zeros = vec![0; 1 << 20];
    for _ in 0..len >> 20 {
        server.send_part_to(&zeros, &mut stream).unwrap();
    }
    server.send_last_to(b"", &mut stream).unwrap();
    stream
}

/// What came, how it ended, and the most that was held for it.
fn receive_bomb(
    stream: &[u8],
    limits: Limits,
    is_streaming: bool,
) -> (u64, Option<ProtocolError>, usize) {
    let mut connection = open_under(Role::Client, "", &shared(), limits);
    connection.set_streaming(is_streaming);
    let mut input = Input::new(vec![0; 4096]);
    let mut came = 0;
    let (error, usage) = measure(|| {
        for chunk in stream.chunks(4096) {
            connection.feed(&mut input, chunk);
            loop {
                match connection.next(&mut input) {
                    Ok(None) => break,
                    Ok(Some(Event::Binary(bytes) | Event::Part { bytes, .. })) => {
                        came += bytes.len() as u64;
                    }
                    Ok(Some(event)) => panic!("{event:?}"),
                    Err(error) => return Some(error),
                }
            }
        }
        None
    });
    (came, error, to_len(usage.peak))
}

/// A-08, D-27, D-29: from one thousandth of that.
#[test]
fn a_bomb_ends_at_the_limit_and_takes_no_more_memory_than_is_said() {
    let compression = compression(|_| {});
    for (len, limit) in
        [(1 << 20, (1 << 20) - 1), (16 << 20, 1 << 20), (64 << 20, 16 << 20), (64 << 20, 1000)]
    {
        let stream = bomb(len);
        assert!(stream.len() < len / 800, "{} on the wire", stream.len());
        let limits = limits(|limits| limits.message = limit);
        for is_streaming in [false, true] {
            let (came, error, peak) = receive_bomb(&stream, limits, is_streaming);
            assert_eq!(error, Some(ProtocolError::MessageTooBig));
            // What is on the wire may be too much before that is.
            let wanted = if stream.len() as u64 > limit + limit / 4 + 1024 { came } else { limit };
            assert_eq!(came, if is_streaming { wanted } else { 0 });
            let message = if is_streaming { 0 } else { limits.max_memory() };
            let most = compression.memory_receiving() + usize::try_from(message).unwrap();
            assert!(peak <= most + 2048, "{peak} of {most}");
        }
    }
}

/// D-42: a gibibyte, in constant memory.
#[test]
fn a_bomb_of_any_size_can_be_taken_in_parts() {
    let stream = bomb(1 << 30);
    let limits = limits(|limits| (limits.message, limits.fragments) = (u64::MAX, u64::MAX));
    let (came, error, peak) = receive_bomb(&stream, limits, true);
    assert_eq!((came, error), (1 << 30, None));
    let most = compression(|_| {}).memory_receiving();
    assert!(peak <= most, "{peak} of {most}");
    // With the usual limits, it ends.
    let usual = receive_bomb(&stream, Limits::default(), true);
    assert_eq!((usual.0, usual.1), (16 << 20, Some(ProtocolError::MessageTooBig)));
}

/// of each, the end is told and its memory used again.
#[test]
fn a_million_messages_that_end_with_the_last_block_take_constant_memory() {
    let message = bytes("c108 f348cdc9c9070000");
    let stream = message.repeat(4096 / message.len());
    for agreed in ["", ALONE] {
        for is_streaming in [false, true] {
            let mut connection = open(Role::Client, agreed, &compression(|_| {}));
            connection.set_streaming(is_streaming);
            let mut input = Input::new(vec![0; 4096]);
            // As many as fill the window.
            (0..20).for_each(|_| feed(&mut connection, &mut input, &stream));
            let mut left = 1_000_000 / (stream.len() / message.len());
            let ((), usage) = measure(|| {
                while left > 0 {
                    feed(&mut connection, &mut input, &stream);
                    left -= 1;
                }
            });
            assert_eq!(usage, Usage::default(), "{agreed} {is_streaming}");
        }
    }
}

/// D-28: time, but neither bytes nor memory.
#[test]
fn a_million_empty_blocks_end() {
    for (block, error) in [
        (&[0, 0, 0, 0xff, 0xff][..], None),
        // Four of ten bits.
        (&[0x02, 0x08, 0x20, 0x80, 0x00], None),
        (&[3, 0], Some(ProtocolError::TooManyBlocks)),
        (&[1, 0, 0, 0xff, 0xff], Some(ProtocolError::TooManyBlocks)),
    ] {
        let mut payload = block.repeat(1_000_000);
        payload.push(0);
        let stream = frame_to(Role::Client, 0xc2, &payload);
        for is_streaming in [false, true] {
            let (came, ended, peak) = receive_bomb(&stream, Limits::default(), is_streaming);
            assert_eq!((came, ended), (0, error), "{block:x?}");
            assert!(peak <= compression(|_| {}).memory_receiving(), "{peak}");
            let less = limits(|limits| limits.message = 1 << 20);
            let (_, ended, _) = receive_bomb(&stream, less, is_streaming);
            assert!(ended.is_some(), "{block:x?}");
        }
    }
}

#[test]
fn what_was_compressed_is_not_shown_for_debugging() {
    let compression = compression(|how| how.pool = Some(Arc::new(Pool::new(3))));
    let mut stream = Vec::new();
    let mut from = open(Role::Server, "", &compression);
    for secret in ["secret", "secrets"] {
        from.send_to(secret, &mut stream).unwrap();
    }
    let shown = format!("{from:?}");
    for part in ["Deflater(Shape {", "Pool { most: 3, .. }"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let mut input = Input::new(vec![0; 4096]);
    let mut connection = open(Role::Client, "", &compression);
    let (most, last) = stream.split_at(stream.len() - 1);
    feed(&mut connection, &mut input, most);
    let shown = format!("{connection:?}");
    for part in ["Inflater(..)", "History { len: 13, .. }"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    feed(&mut connection, &mut input, last);
}
