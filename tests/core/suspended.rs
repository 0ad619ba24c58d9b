//! Open connections as bytes, and open connections again.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use counting_allocator::measure;
use harness::{Cut, Drive, START, Setup, Way};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use sansocket::{
    Busy, CloseCode, Config, Connection, Event, Input, Kind, Limits, Negotiated, Prepared, Role,
    Seed, SnapshotError, Step, Timeouts, Timestamp,
};

use crate::support::*;

const SEED: Seed = Seed::new([9; 32]);

fn suspend(connection: Connection) -> Vec<u8> {
    connection.suspend(&mut Input::new([0; 64])).expect("it is not busy")
}

fn restore(snapshot: &[u8]) -> Connection {
    Connection::restore(snapshot, Config::new().shared(), SEED, START).unwrap()
}

/// Suspends a connection and restores it.
fn again(connection: Connection) -> Connection {
    restore(&suspend(connection))
}

fn error(snapshot: &[u8], limits: Limits) -> Option<SnapshotError> {
    Connection::restore(snapshot, Config::new().limits(limits).shared(), SEED, START).err()
}

/// Connections in many states, each of which can be suspended.
fn states() -> Vec<Connection> {
    let streams = [
        "",
        "81",
        "81fe 00",
        "8185 00000000 48656c",
        "8285 00000000 48656c",
        "0183 00000000 48c3a9 00",
        "0182 00000000 48c3",
        "0182 00000000 48c3 8984 00000000 61",
        "8882 00000000 03",
        "8980 00000000 8981 00000000 78",
    ];
    let acts: [fn(&mut Connection); 8] = [
        |_| {},
        |it| it.send("waits").unwrap(),
        |it| it.send_part("part").unwrap(),
        |it| it.ping(b"ping").unwrap(),
        |it| it.probe().unwrap(),
        |it| it.close(CloseCode::NORMAL, "reason").unwrap(),
        |it| it.close(None, "").unwrap(),
        |it| {
            it.set_streaming(true);
            it.set_auto_pong(false);
            it.reject_kind(Kind::Binary);
            it.pong(b"pong").unwrap();
        },
    ];
    let mut states = Vec::new();
    for stream in streams {
        for act in acts {
            for is_written in [false, true] {
                let mut connection = server();
                let mut input = Input::new([0; 64]);
                connection.feed(&mut input, &bytes(stream));
                while connection.next_event(&mut input).is_some() {}
                act(&mut connection);
                if is_written {
                    transmit(&mut connection);
                }
                states.push(connection);
            }
        }
    }
    states
}

#[test]
fn the_rest_of_a_message_arrives_after_the_restart() {
    // I-11
    for role in ROLES {
        for opcode in [0x81, 0x82, 0x89] {
            let frame = frame_to(role, opcode, "grüße".as_bytes());
            let mut whole = connect(role, Limits::default());
            let mut input = Input::new(vec![0; 64]);
            whole.feed(&mut input, &frame);
            let expected = format!("{:?}", whole.next_event(&mut input).unwrap());
            for cut in 0..frame.len() {
                let mut connection = connect(role, Limits::default());
                connection.feed(&mut input, &frame[..cut]);
                assert_eq!(connection.next_event(&mut input), None);
                let mut connection = again(connection);
                connection.feed(&mut input, &frame[cut..]);
                let event = connection.next_event(&mut input).unwrap();
                assert_eq!(format!("{event:?}"), expected, "{role:?}, cut at {cut}");
            }
        }
    }
}

/// What an end of this role is told: messages of all kinds, whole and in parts, pings in between, and the end.
fn conversation(role: Role) -> Vec<u8> {
    let frames: [(u8, &[u8]); 12] = [
        (0x81, "grüße".as_bytes()),
        (0x89, b"ping"),
        (0x01, b"in \xc3"),
        (0x89, b""),
        (0x00, b"\xa9 "),
        (0x8a, b"unasked"),
        (0x80, b"parts"),
        (0x82, &[7; 200]),
        (0x02, &[1, 2, 3]),
        (0x80, b""),
        (0x81, b""),
        (0x88, b"\x03\xe8goodbye"),
    ];
    frames.map(|(first, payload)| frame_to(role, first, payload)).concat()
}

#[test]
fn to_suspend_at_any_cut_changes_no_event_no_byte_and_no_account() {
    // I-11: the application echoes, or closes in the middle.
    for role in ROLES {
        let stream = conversation(role);
        for (is_prompt, closes_after) in [(true, None), (false, None), (true, Some(3))] {
            for is_streaming in [false, true] {
                let is_echoing = !is_streaming;
                let setup =
                    Setup { is_echoing, is_prompt, closes_after, is_streaming, ..Setup::new(role) };
                let (whole, _) = harness::run(&setup, &stream, Cut::Whole);
                let whole = whole.unmasked();
                for cut in 1..=stream.len() {
                    let way = Way { is_suspending: true, ..Cut::Every(cut).into() };
                    let (suspended, _) = harness::run_by(&setup, &stream, way);
                    assert_eq!(suspended.unmasked(), whole, "{setup:?}, after each {cut} bytes");
                }
            }
        }
    }
}

#[test]
fn what_waits_is_written_after_the_restart() {
    // I-05
    let mut server = server();
    server.send("one").unwrap();
    server.send(vec![7; 20_000]).unwrap();
    server.transmitted(2, START);
    server.send("three").unwrap();
    server.pong(b"!").unwrap();
    let expected = [
        &b"one"[..],
        &frame_to(Role::Client, 0x82, &[7; 20_000]),
        &bytes("8105 7468726565 8a01 21"),
    ];
    let mut server = again(server);
    assert_eq!(transmit(&mut server), expected.concat());
}

#[test]
fn pongs_wait_after_the_restart_even_if_the_newest_is_beyond_the_limit() {
    // I-05, K-15: a pong that is beyond the limit replaces the newest, which may be shorter.
    let limits = Limits::new().pong_bytes(16);
    for (pongs, expected) in [
        (&["12345678", "abc", "0123456789"][..], &["12345678", "0123456789"][..]),
        (&["12345678", "", "0123456789abcdef"], &["12345678", "0123456789abcdef"]),
        (&["0123456789abcdef"], &["0123456789abcdef"]),
    ] {
        let config = Config::new().limits(limits).shared();
        let mut server = Connection::open_server(Negotiated::new(), Arc::clone(&config), START);
        pongs.iter().for_each(|pong| server.pong(pong.as_bytes()).unwrap());
        let snapshot = suspend(server);
        let mut server = Connection::restore(&snapshot, config, SEED, START).unwrap();
        let frames = expected.iter().map(|pong| frame_to(Role::Client, 0x8a, pong.as_bytes()));
        assert_eq!(transmit(&mut server), frames.collect::<Vec<_>>().concat(), "{pongs:?}");
    }
}

#[test]
fn pongs_that_wait_are_within_the_limits_after_the_restart() {
    // I-05, K-15: the limits are those of the new process, which may be less.
    let mut server = server();
    for pong in ["12345678", "abcdefgh", "ABCDEFGH"] {
        server.pong(pong.as_bytes()).unwrap();
    }
    let snapshot = suspend(server);
    for (limits, kept) in [
        (Limits::new().pong_bytes(10), ["abcdefgh", "ABCDEFGH"]),
        (Limits::new().pongs(2), ["12345678", "ABCDEFGH"]),
    ] {
        let config = Config::new().limits(limits).shared();
        let mut server = Connection::restore(&snapshot, config, SEED, START).unwrap();
        let kept = kept.map(|pong| frame_to(Role::Client, 0x8a, pong.as_bytes()));
        assert_eq!(transmit(&mut server), kept.concat(), "{limits:?}");
    }
}

#[test]
fn a_message_in_parts_goes_on_after_the_restart() {
    //
    let mut server = server();
    server.send_part("Hel").unwrap();
    let mut server = again(server);
    assert!(server.send("another").is_err());
    server.send_last("lo").unwrap();
    assert_eq!(transmit(&mut server), bytes("0103 48656c 8002 6c6f"));
}

#[test]
fn a_close_frame_is_sent_once() {
    // C-09, C-10
    for is_written in [false, true] {
        let mut server = server();
        server.close(CloseCode::GOING_AWAY, "restart").unwrap();
        let before = if is_written { transmit(&mut server) } else { Vec::new() };
        let mut server = again(server);
        server.close(CloseCode::NORMAL, "").unwrap();
        let out = [before, transmit(&mut server)].concat();
        assert_eq!(out, bytes("8809 03e9 72657374617274"));
        let mut input = Input::new(vec![0; 64]);
        server.feed(&mut input, &frame_to(Role::Server, 0x88, b"\x03\xe9"));
        assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
        server.handle_shutdown();
        server.handle_eof(START);
        assert_eq!(server.next_event(&mut input), None);
        let Step::Done(ended) = server.next_step() else { panic!("both close frames passed") };
        assert!(ended.is_clean());
        assert_eq!(ended.sent.code(), Some(CloseCode::GOING_AWAY));
    }
}

#[test]
fn settings_of_the_connection_are_kept() {
    let mut server = server();
    server.set_streaming(true);
    server.set_auto_pong(false);
    server.reject_kind(Kind::Binary);
    let mut server = again(server);
    let mut input = Input::new(vec![0; 64]);
    server.feed(&mut input, &bytes("8980 00000000 8181 00000000 61 82"));
    assert_eq!(server.next_event(&mut input), Some(Event::Ping(b"")));
    let part = Event::Part { kind: Kind::Text, bytes: &mut [b'a'], last: true };
    assert_eq!(server.next_event(&mut input), Some(part));
    assert!(matches!(server.next_event(&mut input), Some(Event::Violation(_))));
    assert_eq!(transmit(&mut server), bytes("8802 03eb"));
}

#[test]
fn deadlines_go_on_by_another_clock() {
    let timeouts = Timeouts::new().idle(Duration::from_secs(60)).pong(Duration::from_secs(20));
    let config = Config::new().timeouts(timeouts).shared();
    let at = |seconds| Timestamp::new(Duration::from_secs(seconds));
    let mut server = Connection::open_server(Negotiated::new(), Arc::clone(&config), at(1000));
    assert!(!server.handle_timeout(at(1045)));
    let restored = |connection, now| {
        Connection::restore(&suspend(connection), Arc::clone(&config), SEED, now).unwrap()
    };
    let mut server = restored(server, at(100));
    assert_eq!(server.poll_timeout(), Some(at(115)));
    // The ping is under way when the connection moves again.
    server.handle_timeout(at(115));
    let mut pong = transmit(&mut server);
    let mut server = restored(server, at(500));
    assert_eq!(server.poll_timeout(), Some(at(520)));
    pong.splice(..2, [0x8a, 0x88, 0, 0, 0, 0]);
    let mut input = Input::new(Vec::new());
    server.receive(&mut input, pong, at(503));
    assert!(matches!(server.next_event(&mut input), Some(Event::Pong(_))));
    assert_eq!(server.next_event(&mut input), None);
    assert_eq!(server.round_trip().map(|it| it.last), Some(Duration::from_secs(3)));
    assert_eq!(server.poll_timeout(), Some(at(563)));
    // The next clock started after the last sign of life: the peer gets that much more time.
    assert!(!server.handle_timeout(at(520)));
    let server = restored(server, at(5));
    assert_eq!(server.round_trip().map(|it| it.last), Some(Duration::from_secs(3)));
    assert_eq!(server.poll_timeout(), Some(at(60)));
}

#[test]
fn a_client_masks_with_keys_of_another_seed() {
    // I-11, M-02: what the old process could still send has other keys.
    let mut old = client();
    let snapshot = suspend(client());
    let mut new = restore(&snapshot);
    old.send("masked").unwrap();
    new.send("masked").unwrap();
    let (old, new) = (transmit(&mut old), transmit(&mut new));
    assert_eq!(old[..2], new[..2]);
    assert_ne!(old[2..6], new[2..6]);
    assert!(!snapshot.windows(4).any(|window| *window == old[2..6]), "the next key");
    assert!(!snapshot.windows(4).any(|window| window == [7; 4]), "the seed of the tests");
}

#[test]
fn a_busy_connection_goes_on() {
    let mut input = Input::new(vec![0; 64]);
    let mut server = server();
    server.feed(&mut input, &frame_to(Role::Server, 0x81, b"event"));
    let error = server.suspend(&mut input).unwrap_err();
    assert_eq!(error.busy, Busy::Event);
    assert_eq!(error.busy.to_string(), "an event waits to be taken");
    assert!(error.to_string().ends_with(&error.busy.to_string()), "{error}");
    let mut server = error.connection;
    assert_eq!(server.next_event(&mut input), Some(Event::Text("event")));

    server.send("in flight").unwrap();
    let chunk = server.take_transmit().unwrap();
    let error = server.suspend(&mut input).unwrap_err();
    assert_eq!(error.busy, Busy::Writing);
    let mut server = error.connection;
    server.transmitted(chunk.len(), START);

    server.feed(&mut input, &frame_to(Role::Server, 0x88, b""));
    assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
    assert_eq!(server.suspend(&mut input).unwrap_err().busy, Busy::NotOpen);
    let opening = Connection::server(Config::new().shared(), START);
    assert_eq!(opening.suspend(&mut input).unwrap_err().busy, Busy::NotOpen);
}

#[test]
fn replies_that_hold_back_events_are_written_first() {
    let mut server = Setup { max_queued: 4, ..Setup::new(Role::Server) }.connect();
    let mut input = Input::new(vec![0; 640]);
    server.feed(&mut input, &frame_to(Role::Server, 0x89, b"0123456789").repeat(3));
    while server.next_event(&mut input).is_some() {
        server.transmit();
    }
    let error = server.suspend(&mut input).unwrap_err();
    assert_eq!(error.busy, Busy::Replies);
    let mut server = error.connection;
    let mut pings = 0;
    while {
        transmit(&mut server);
        server.next_event(&mut input).is_some()
    } {
        pings += 1;
    }
    assert!(pings > 0);
    assert!(server.suspend(&mut input).is_ok());
}

#[test]
fn each_snapshot_is_rejected_when_cut_or_longer() {
    // I-11
    for connection in states() {
        let snapshot = suspend(connection);
        for len in 0..snapshot.len() {
            let cut = error(&snapshot[..len], Limits::default());
            assert_eq!(cut, Some(SnapshotError::Malformed), "{len} of {snapshot:x?}");
        }
        let longer = [&snapshot[..], &[0]].concat();
        assert_eq!(error(&longer, Limits::default()), Some(SnapshotError::Malformed));
        assert_eq!(suspend(restore(&snapshot)), snapshot);
    }
}

#[test]
fn a_snapshot_of_another_version_is_rejected() {
    let mut snapshot = suspend(server());
    snapshot[8] += 1;
    assert_eq!(error(&snapshot, Limits::default()), Some(SnapshotError::UnknownVersion));
    assert_eq!(error(b"HTTP/1.1 101", Limits::default()), Some(SnapshotError::Malformed));
}

#[test]
fn a_snapshot_is_rejected_if_it_exceeds_the_limits() {
    // the limits of the next process are those that count.
    let mut server = server();
    let mut input = Input::new(vec![0; 64]);
    server.feed(&mut input, &bytes("0283 00000000 616263 0083 00000000 64"));
    assert_eq!(server.next_event(&mut input), None);
    let snapshot = suspend(server);
    assert_eq!(error(&snapshot, Limits::new().message(6).fragments(2)), None);
    let too_big = Some(SnapshotError::TooBig);
    assert_eq!(error(&snapshot, Limits::new().message(5)), too_big);
    assert_eq!(error(&snapshot, Limits::new().fragments(1)), too_big);
    assert_eq!(error(&snapshot, Limits::new().frame(1)), too_big);
}

/// The snapshot of a server that has got a part of a message.
fn suspended_within(stream: &str) -> Vec<u8> {
    let (mut server, mut input) = (server(), Input::new(vec![0; 64]));
    server.feed(&mut input, &bytes(stream));
    assert_eq!(server.next_event(&mut input), None);
    suspend(server)
}

#[test]
fn a_frame_in_progress_has_bytes_left_and_begins_before_they_come() {
    // I-11
    let [none, some] = ["8285 00000000", "8285 00000000 61"].map(suspended_within);
    let differences: Vec<_> = (0..none.len()).filter(|&at| none[at] != some[at]).collect();
    let [left, is_first, ..] = differences[..] else { panic!("{none:x?} {some:x?}") };
    assert_eq!([none[left], some[left], none[is_first], some[is_first]], [5, 4, 1, 0]);
    for (mut snapshot, at, value) in [(some, is_first, 1), (none, left, 0)] {
        snapshot[at] = value;
        assert_eq!(error(&snapshot, Limits::default()), Some(SnapshotError::Malformed));
    }
}

#[test]
fn a_frame_in_progress_fits_its_message_and_the_limits() {
    // I-11. In a snapshot, the kind of the frame stands before its key. How many bytes are left stands behind it, and
    // then whether none has come, and whether it is the last one.
    const KEY: [u8; 4] = [0xa1, 0xb2, 0xc3, 0xd4];
    let [kind, left, is_first, is_last] = [0, 5, 13, 14];
    let whole = "828a a1b2c3d4 01020304";
    // `aaaa`, which could be of a text, too.
    let first = "028a a1b2c3d4 c0d3a2b5";
    let second = "0281 00000000 00 008a a1b2c3d4 01020304";
    let behind_nothing = "0280 00000000 008a a1b2c3d4";
    let ping = "898a a1b2c3d4 01020304";
    let ping_of_nothing = "898a a1b2c3d4";
    let nothing = "028a a1b2c3d4";
    let all = Limits::new();
    let (malformed, too_big) = (Some(SnapshotError::Malformed), Some(SnapshotError::TooBig));
    for (stream, edit, limits, expected) in [
        (whole, None, all, None),
        (first, None, all, None),
        (second, None, all, None),
        (behind_nothing, None, all, None),
        (ping, None, all, None),
        (nothing, None, all, None),
        (whole, Some((is_last, 0)), all, malformed),
        (first, Some((kind, 0)), all, malformed),
        (first, Some((is_last, 1)), all, malformed),
        (first, Some((left, 11)), all, malformed),
        (second, Some((is_first, 1)), all, malformed),
        (behind_nothing, Some((is_first, 1)), all, malformed),
        (ping, Some((is_last, 0)), all, malformed),
        (ping, Some((left, 121)), all, None),
        (ping, Some((left, 122)), all, malformed),
        (ping_of_nothing, Some((left, 125)), all, None),
        (ping_of_nothing, Some((left, 126)), all, malformed),
        (whole, None, all.frame(6), None),
        (whole, None, all.frame(5), too_big),
        (whole, None, all.message(10), None),
        (whole, None, all.message(9), malformed),
        (whole, None, all.message(5), too_big),
    ] {
        let mut snapshot = suspended_within(stream);
        let key = snapshot.windows(4).position(|window| window == KEY).unwrap();
        if let Some((at, value)) = edit {
            snapshot[key - 1 + at] = value;
        }
        assert_eq!(error(&snapshot, limits), expected, "{stream}, {edit:?}");
    }
}

#[test]
fn replies_that_wait_are_within_what_waits() {
    // I-11
    let (mut server, mut input) = (server(), Input::new(vec![0; 64]));
    server.feed(&mut input, &bytes("8981 00000000 61"));
    assert!(server.next_event(&mut input).is_some());
    assert_eq!((server.next_event(&mut input), server.transmit()), (None, &b"\x8a\x01a"[..]));
    let snapshot = suspend(server);
    // Behind the bytes are how many of them are replies, and where the last reply ends.
    let replies = 3 + snapshot.windows(3).position(|window| window == b"\x8a\x01a").unwrap();
    let end = replies + 4;
    assert_eq!((snapshot[replies], snapshot[end]), (3, 3));
    let malformed = Some(SnapshotError::Malformed);
    for (at, value, expected) in
        [(replies, 2, None), (replies, 4, malformed), (end, 2, malformed), (end, 4, malformed)]
    {
        let mut snapshot = snapshot.clone();
        snapshot[at] = value;
        assert_eq!(error(&snapshot, Limits::default()), expected, "{value} at {at}");
    }
}

#[test]
fn a_message_in_progress_has_a_fragment() {
    // I-11
    let streams = ["0283 00000000 616263", "0283 00000000 616263 0080 00000000"];
    let [one, two] = streams.map(suspended_within);
    // They differ in the number of fragments.
    let at = one.iter().zip(&two).position(|(one, two)| one != two).unwrap();
    assert_eq!((one[at], two[at], &one[at + 1..]), (1, 2, &two[at + 1..]));
    let none = [&one[..at], &[0], &one[at + 1..]].concat();
    assert_eq!(error(&none, Limits::default()), Some(SnapshotError::Malformed));
}

#[test]
fn a_declared_length_allocates_nothing() {
    // I-03
    let snapshot = suspend(server());
    for at in 9..snapshot.len() - 7 {
        let mut changed = snapshot.clone();
        changed[at..at + 7].fill(0x7f);
        let config = Config::new().shared();
        let (_, usage) = measure(|| Connection::restore(&changed, config, SEED, START).is_ok());
        assert!(usage.peak < 2048, "{usage:?}");
    }
}

#[test]
fn a_close_frame_that_waits_is_no_longer_than_one_can_be() {
    // I-11, F-15
    let mut server = server();
    server.close(CloseCode::NORMAL, "reason").unwrap();
    let snapshot = suspend(server);
    let at = snapshot.windows(6).position(|window| window == b"reason").unwrap();
    // Before it are its code and the length of both.
    for (len, expected) in [(123, None), (124, Some(SnapshotError::Malformed))] {
        let mut changed = snapshot.clone();
        changed.splice(at..at + 6, vec![b'x'; len]);
        changed[at - 10] = u8::try_from(2 + len).unwrap();
        assert_eq!(error(&changed, Limits::default()), expected);
    }
}

/// Snapshots of connections in many states.
static SNAPSHOTS: LazyLock<Vec<(Role, Vec<u8>)>> = LazyLock::new(|| {
    let mut states = states();
    for role in ROLES {
        // Within a message, and within one that later limits do not allow.
        for stream in [frame_to(role, 0x01, &[b'x'; 2500]), frame_to(role, 0x82, &[0; 300_000])] {
            let mut connection = connect(role, Limits::default());
            let mut input = Input::new(vec![0; 4096]);
            connection.feed(&mut input, &stream[..2500]);
            assert_eq!(connection.next_event(&mut input), None);
            states.push(connection);
        }
        #[cfg(feature = "deflate")]
        states.push(compressed::open_with_history(role));
    }
    states.into_iter().map(|it| (it.role(), suspend(it))).collect()
});

/// What decompressing takes at most: see `Compression::memory_receiving`.
const DECOMPRESSING: u64 = if cfg!(feature = "deflate") { (1 << 15) + (96 << 10) } else { 0 };

/// A change of a snapshot: where, what, and with which byte.
fn change() -> impl Strategy<Value = (Index, u8, u8)> {
    (any::<Index>(), 0..6_u8, any::<u8>())
}

/// Snapshots of which some bytes are changed, with the state that they are of.
fn changed(snapshot: &[u8], changes: &[(Index, u8, u8)]) -> Vec<u8> {
    let mut changed = snapshot.to_vec();
    for (index, how, byte) in changes {
        let at = index.index(changed.len());
        match how {
            0 => changed[at] = *byte,
            1 => changed[at] ^= 1 << (byte % 8),
            2 => changed[at] = changed[at].wrapping_add(1),
            3 => changed.insert(at, *byte),
            4 => changed.truncate(at.max(1)),
            // Declares a length of some millions.
            _ => changed
                .splice(at..(at + 8).min(changed.len()), [0, 0, *byte, 0, 0, 0, 0, 0])
                .for_each(drop),
        }
    }
    changed
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn a_changed_snapshot_takes_no_more_memory_than_the_limits_say(
        state in any::<Index>(),
        changes in vec(change(), 0..4),
        is_long in any::<bool>(),
        rest in vec(any::<u8>(), 0..200),
    ) {
        // I-11, L-12: what is restored is bounded as if all of it had come from the peer.
        let limits = Limits::new().message(3000).fragments(100).pongs(4).pong_bytes(300);
        let (role, original) = state.get(&SNAPSHOTS);
        let (role, snapshot) = (*role, changed(original, &changes));
        let config = Config::new().limits(limits).shared();
        // More of the frame in progress, then other frames. Or of a frame that is far too long.
        let long = if is_long { 400_000 } else { 200 };
        let stream = [&vec![0; long], &harness::build_frames(role, &rest)[..]].concat();
        let (mut input, mut out) = (Input::new(vec![0; 4096]), Vec::with_capacity(1 << 20));
        let (_, usage) = measure(|| {
            let mut connection = Connection::restore(&snapshot, config, SEED, START).ok()?;
            for bytes in stream.chunks(if is_long { 4096 } else { 61 }) {
                connection.feed(&mut input, bytes);
                while connection.next_event(&mut input).is_some() {}
                connection.transmit_to(&mut out);
            }
            Some(connection)
        });
        let peak = u64::try_from(usage.peak).unwrap();
        // Outgoing messages in the snapshot are not those of the peer.
        let most = limits.max_memory() + 2 * snapshot.len() as u64 + DECOMPRESSING;
        prop_assert!(peak <= most, "{} of {}", peak, most);
    }
}

#[test]
fn a_connection_at_rest_is_small() {
    assert!(suspend(server()).len() < 100, "{}", suspend(server()).len());
    assert!(suspend(client()).len() < 100);
}

#[test]
fn prepared_messages_and_snapshots_do_not_disturb_each_other() {
    let prepared = Prepared::new("to everybody");
    let mut server = server();
    server.send(&prepared).unwrap();
    let mut server = again(server);
    server.send(&prepared).unwrap();
    let frame = frame_to(Role::Client, 0x81, b"to everybody");
    assert_eq!(transmit(&mut server), frame.repeat(2));
}

#[cfg(feature = "deflate")]
mod compressed {
    use sansocket::deflate::{Agreement, Compression};

    use super::*;

    fn open(role: Role) -> Connection {
        let mut compression = Compression::dedicated();
        compression.threshold = 0;
        let compression = Some((Agreement::parse("").unwrap(), compression));
        Setup { compression, ..Setup::new(role) }.connect()
    }

    /// A connection that has received and sent compressed messages, and has a history.
    pub(super) fn open_with_history(role: Role) -> Connection {
        let [mut one, mut other] = [Role::Client, Role::Server].map(open);
        for text in ["a text", "a text that goes on"] {
            pass(text, &mut one, &mut other);
            pass(text, &mut other, &mut one);
        }
        if role == Role::Client { one } else { other }
    }

    /// Sends a text, and returns what the other end makes of it.
    fn pass(text: &str, from: &mut Connection, to: &mut Connection) -> String {
        from.send(text).unwrap();
        let stream = transmit(from);
        let mut input = Input::new(vec![0; stream.len()]);
        to.feed(&mut input, &stream);
        let received = match to.next_event(&mut input) {
            Some(Event::Text(text)) => text.to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(to.next_event(&mut input), None);
        received
    }

    #[test]
    fn compression_goes_on_after_the_restart_of_either_end() {
        // D-12: the histories of both directions are kept, where they are needed.
        let (mut client, mut server) = (open(Role::Client), open(Role::Server));
        let texts = ["a text", "a text that goes on", "a text that goes on and on"];
        for text in texts.repeat(2) {
            assert_eq!(pass(text, &mut client, &mut server), text);
            assert_eq!(pass(text, &mut server, &mut client), text);
            server = again(server);
            assert_eq!(pass(text, &mut client, &mut server), text);
            client = again(client);
            assert_eq!(pass(text, &mut server, &mut client), text);
        }
    }

    #[test]
    fn a_compressed_message_in_progress_is_waited_for() {
        let (mut client, mut server) = (open(Role::Client), open(Role::Server));
        client.send_part("a message ").unwrap();
        let error = client.suspend(&mut Input::new([0; 64])).unwrap_err();
        assert_eq!(error.busy, Busy::Sending);
        let mut client = error.connection;
        client.send_last("in parts").unwrap();
        let stream = transmit(&mut client);
        let mut input = Input::new(vec![0; 640]);
        let mut received = None;
        for (at, byte) in stream.iter().enumerate() {
            server.feed(&mut input, &[*byte]);
            if let Some(Event::Text(text)) = server.next_event(&mut input) {
                received = Some(text.to_owned());
            }
            server = match server.suspend(&mut input) {
                Ok(snapshot) => restore(&snapshot),
                Err(error) => {
                    assert_eq!(error.busy, Busy::Receiving, "after byte {at}");
                    error.connection
                }
            };
        }
        assert_eq!(received.as_deref(), Some("a message in parts"));
        assert!(server.suspend(&mut input).is_ok());
    }

    #[test]
    fn a_history_is_of_a_context_that_is_taken_over() {
        // I-11
        let mut snapshot = suspend(open_with_history(Role::Server));
        // Whether there is a decompressor, its window, and whether its context is taken over.
        let at = snapshot.windows(3).position(|window| window == [1, 15, 1]).unwrap();
        assert_eq!(error(&snapshot, Limits::default()), None);
        snapshot[at + 2] = 0;
        assert_eq!(error(&snapshot, Limits::default()), Some(SnapshotError::Malformed));
    }

    #[test]
    fn settings_of_compression_are_those_that_can_be_chosen() {
        // I-11
        let snapshot = suspend(open(Role::Server));
        let Compression { level, memory, .. } = Compression::dedicated();
        let shape = [15, level, memory];
        let at = snapshot.windows(3).position(|window| window == shape).unwrap();
        for (place, bad) in [(0, 7), (0, 16), (1, 10), (2, 0), (2, 10)] {
            let mut changed = snapshot.clone();
            changed[at + place] = bad;
            let malformed = Some(SnapshotError::Malformed);
            assert_eq!(error(&changed, Limits::default()), malformed, "{bad} at {place}");
        }
    }

    #[test]
    fn settings_of_compression_are_kept() {
        let mut server = open(Role::Server);
        server.compress_from(usize::MAX);
        server.set_flushing(false);
        let mut server = again(server);
        server.send(&[0; 100]).unwrap();
        assert_eq!(server.queued(), 102);
        server.compress_from(0);
        server.send_part(&[0; 10]).unwrap();
        assert_eq!(server.queued(), 102);
    }
}

#[cfg(not(feature = "deflate"))]
#[test]
fn a_snapshot_with_compression_needs_the_feature() {
    let mut snapshot = suspend(server());
    assert_eq!(snapshot[12], 0, "whether there is a decompressor");
    snapshot[12] = 1;
    assert_eq!(error(&snapshot, Limits::default()), Some(SnapshotError::Compressed));
}

#[test]
fn a_character_in_progress_is_not_complete() {
    // I-11
    let (mut server, mut input) = (server(), Input::new(vec![0; 64]));
    server.set_streaming(true);
    server.feed(&mut input, &bytes("0182 00000000 48c3"));
    assert!(matches!(server.next_event(&mut input), Some(Event::Part { .. })));
    assert_eq!(server.next_event(&mut input), None);
    let mut snapshot = suspend(server);
    let at = snapshot.iter().position(|&byte| byte == 0xc3).unwrap();
    for (byte, expected) in [(0xc4, None), (b'a', Some(SnapshotError::Malformed))] {
        snapshot[at] = byte;
        assert_eq!(error(&snapshot, Limits::default()), expected, "{byte:x}");
    }
}

#[test]
fn a_header_in_progress_is_not_complete() {
    // I-11
    let snapshot = suspended_within("8185 000000");
    let at = snapshot.windows(2).position(|window| window == b"\x81\x85").unwrap();
    // Before it is its length.
    for (more, expected) in [(&[][..], None), (&[0], Some(SnapshotError::Malformed))] {
        let mut snapshot = snapshot.clone();
        snapshot.splice(at + 5..at + 5, more.iter().copied());
        snapshot[at - 8] += u8::try_from(more.len()).unwrap();
        assert_eq!(error(&snapshot, Limits::default()), expected);
    }
}

#[test]
fn a_control_frame_that_is_discarded_leaves_nothing() {
    // C-08, I-11
    let config = Config::new().discard_after_close(true).shared();
    let mut server = Connection::open_server(Negotiated::new(), Arc::clone(&config), START);
    let mut input = Input::new(vec![0; 64]);
    server.close(None, "").unwrap();
    transmit(&mut server);
    for part in ["8982 00000000 61", "62"] {
        server.feed(&mut input, &bytes(part));
        assert_eq!(server.next_event(&mut input), None);
    }
    let mut server = again(server);
    server.feed(&mut input, &frame_to(Role::Server, 0x88, b""));
    assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
}

#[test]
fn a_peer_that_takes_bytes_again_after_the_restart_is_alive() {
    // K-11
    let at = |seconds| Timestamp::new(Duration::from_secs(seconds));
    for is_restarted in [false, true] {
        let mut server = server();
        server.send("waits").unwrap();
        server.transmitted(3, START);
        if is_restarted {
            server = again(server);
        }
        server.transmitted(4, at(20));
        assert_eq!(server.poll_timeout(), Some(at(50)), "{is_restarted}");
    }
}

/// The client of a stream of HTTP/2 need not wait for the server to end the transport.
#[test]
fn a_stream_of_http_2_stays_one() {
    for is_restarted in [false, true] {
        let config = Config::new().shared();
        let negotiated = Negotiated::new().over_stream();
        let mut client = Connection::open_client(negotiated, config, SEED, START);
        if is_restarted {
            let config = Config::new().shared();
            client = Connection::restore(&suspend(client), config, SEED, START).unwrap();
        }
        let mut input = given(&mut client, &frame_to(Role::Client, 0x88, b""));
        assert!(matches!(client.next_event(&mut input), Some(Event::Close(_))));
        assert_eq!(client.next_event(&mut input), None);
        transmit(&mut client);
        assert_eq!(client.next_step(), Step::Shutdown, "{is_restarted}");
    }
}

#[test]
fn errors_of_a_snapshot_say_what_is_wrong() {
    use SnapshotError::*;
    let mut texts =
        [Malformed, UnknownVersion, Compressed, TooBig].map(|it| it.to_string()).to_vec();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 4, "L-24");
    assert!(texts.iter().all(|text| text.contains("snapshot")), "{texts:?}");
}
