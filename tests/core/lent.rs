//! Messages that are written from where they lie: borrowed, given away, or masked in place.

use std::time::Duration;

use bytes::Bytes;
use counting_allocator::measure;
use harness::{Drive, START, Seen};
use proptest::collection::vec;
use proptest::prelude::*;
use sansocket::{Config, Connection, Negotiated, Prepared, Role, SendError, Timeouts};

use crate::support::*;

/// How a message is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Borrowed,
    Given,
    GivenText,
    InPlace,
}

const WAYS: [Way; 4] = [Way::Borrowed, Way::Given, Way::GivenText, Way::InPlace];

/// A stream that takes at most `most` bytes at once, and `room` in all.
struct Stream {
    most: usize,
    room: usize,
    calls: usize,
    out: Vec<u8>,
}

impl Stream {
    fn new(most: usize, room: usize) -> Self {
        Self { most, room, calls: 0, out: Vec::new() }
    }

    fn write(&mut self, slices: &[&[u8]; 3]) -> usize {
        let len = slices.iter().map(|slice| slice.len()).sum::<usize>();
        let count = len.min(self.most).min(self.room);
        self.out.extend(slices.iter().copied().flatten().take(count));
        self.room -= count;
        self.calls += 1;
        count
    }
}

/// A payload that is text as well, no two pieces of which are alike.
fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|at| b'a' + u8::try_from(at / 7 % 23).unwrap()).collect()
}

/// Sends a payload. Returns what is left in it, if the caller still has it.
fn send(
    connection: &mut Connection,
    way: Way,
    mut payload: Vec<u8>,
    stream: &mut Stream,
) -> Result<Option<Vec<u8>>, SendError> {
    let write = |slices: &[&[u8]; 3]| stream.write(slices);
    match way {
        Way::Borrowed => connection.send_with(&payload, write)?,
        Way::InPlace => connection.send_in_place(&mut payload, write)?,
        Way::Given => return connection.send_with(payload, write).map(|()| None),
        Way::GivenText => {
            let text = String::from_utf8(payload).unwrap();
            return connection.send_with(text, write).map(|()| None);
        }
    }
    Ok(Some(payload))
}

/// The message that the peer gets.
fn expected(way: Way, payload: &[u8]) -> Seen {
    match way {
        Way::GivenText => text(str::from_utf8(payload).unwrap()),
        Way::Borrowed | Way::Given | Way::InPlace => binary(payload),
    }
}

/// Whether a message is written from where it lies: it is long, and a client may mask it.
fn is_lent(role: Role, way: Way, len: usize) -> bool {
    len >= 16 << 10 && (role == Role::Server || way != Way::Borrowed)
}

/// Sends a message between others, and checks what the peer gets of it, and what is left in the payload.
fn check(role: Role, way: Way, len: usize, mut stream: Stream) {
    let context = format!("{role:?} {way:?} {len} by {}, {} in all", stream.most, stream.room);
    let mut connection = connect(role, limits(|limits| limits.message = 1 << 20));
    connection.send("before").unwrap();
    connection.ping(b"p").unwrap();
    let before = if role == Role::Client { 12 + 7 } else { 8 + 3 };
    let left = send(&mut connection, way, payload(len), &mut stream).unwrap();
    assert_eq!(stream.calls > 0, is_lent(role, way, len), "{context}");
    connection.send("after").unwrap();
    connection.transmit_to(&mut stream.out);
    let seen = [text("before"), ping(b"p"), expected(way, &payload(len)), text("after")];
    assert!(read(role, &stream.out) == seen, "{context}");
    let Some(left) = left else { return };
    if role == Role::Client && is_lent(role, way, len) {
        let head = before + if len < 1 << 16 { 8 } else { 14 };
        assert!(left == stream.out[head..head + len], "what was written is left: {context}");
    } else {
        assert!(left == payload(len), "the payload is unchanged: {context}");
    }
}

#[test]
fn a_message_arrives_whole_wherever_a_write_is_cut() {
    // M-03, M-04, M-06.
    for role in ROLES {
        for way in WAYS {
            for len in [0, 1, 125, 126, 16_383, 16_384, 16_385, 65_535, 65_536, 70_000] {
                for (most, room) in [
                    (usize::MAX, usize::MAX),
                    (1000, usize::MAX),
                    (usize::MAX, 0),
                    (usize::MAX, len / 2),
                    (777, len - len / 3),
                    // The rest has 16 KiB and one byte less.
                    (usize::MAX, len.saturating_sub(16_384) + 19),
                    (usize::MAX, len.saturating_sub(16_384) + 40),
                ] {
                    check(role, way, len, Stream::new(most, room));
                }
            }
            check(role, way, 16_384, Stream::new(1, usize::MAX));
            // Within what waits, within the header, and at the beginning of the payload.
            for room in 0..60 {
                check(role, way, 16_384, Stream::new(usize::MAX, room));
            }
            for room in (10..36).step_by(5) {
                check(role, way, 65_536, Stream::new(3, room));
            }
            // Around the end.
            for rest in 0..10 {
                check(role, way, 16_384, Stream::new(5000, 16_384 + 27 - rest));
            }
        }
    }
}

#[test]
fn a_payload_is_written_from_where_it_lies() {
    // M-03: a client masks it there.
    for (role, way) in
        [(Role::Server, Way::Borrowed), (Role::Server, Way::InPlace), (Role::Client, Way::InPlace)]
    {
        let (mut connection, mut payload) = (connect(role, limits(|_| {})), payload(20_000));
        let place = payload.as_ptr_range();
        let write = |slices: &[&[u8]; 3]| {
            assert_eq!(slices[2].as_ptr_range(), place);
            slices.concat().len()
        };
        match way {
            Way::InPlace => connection.send_in_place(&mut payload, write).unwrap(),
            _ => connection.send_with(&payload, write).unwrap(),
        }
        assert_eq!(connection.queued(), 0);
    }
}

#[test]
fn the_rest_of_a_message_that_was_given_away_is_queued_where_it_lies_if_it_is_long() {
    for role in ROLES {
        for (rest, is_copied) in [((16 << 10) - 1, true), (16 << 10, false)] {
            let (mut connection, payload) = (connect(role, limits(|_| {})), payload(50_000));
            let place = payload.as_ptr();
            let head = if role == Role::Client { 8 } else { 4 };
            let mut stream = Stream::new(usize::MAX, head + 50_000 - rest);
            connection.send_with(payload, |slices| stream.write(slices)).unwrap();
            assert_eq!(connection.queued(), rest);
            let waiting = connection.transmit_vectored().next().unwrap();
            assert_eq!(waiting.as_ptr() != place.wrapping_add(50_000 - rest), is_copied);
        }
    }
}

#[test]
fn the_rest_of_a_prepared_message_is_shared_if_it_is_long() {
    for (rest, is_copied) in [((16 << 10) - 1, true), (16 << 10, false)] {
        let (mut server, payload) = (server(), payload(50_000));
        let prepared = Prepared::new(&payload[..]);
        let mut stream = Stream::new(usize::MAX, 4 + 50_000 - rest);
        stream.out.reserve(60_000);
        let (outcome, usage) =
            measure(|| server.send_with(&prepared, |slices| stream.write(slices)));
        assert_eq!((outcome, server.queued()), (Ok(()), rest));
        assert_eq!(usage.bytes >= rest, is_copied, "{usage:?}");
        server.transmit_to(&mut stream.out);
        assert!(read(Role::Server, &stream.out) == [binary(&payload)]);
    }
}

#[test]
fn a_control_frame_behind_a_long_message_is_no_part_of_the_next_one() {
    // K-05: it waits until the next message is queued, which then is written in two parts.
    for role in ROLES {
        for (len, way) in
            WAYS.into_iter().flat_map(|way| [(60_000, way), (65_536, way), (70_000, way)])
        {
            let mut connection = connect(role, limits(|limits| limits.message = 1 << 20));
            let first = payload(len);
            connection.send(&first).unwrap();
            connection.ping(b"p").unwrap();
            let mut stream = Stream::new(usize::MAX, len + 100);
            send(&mut connection, way, payload(20_000), &mut stream).unwrap();
            connection.transmit_to(&mut stream.out);
            let seen = [binary(&first), ping(b"p"), expected(way, &payload(20_000))];
            assert!(read(role, &stream.out) == seen, "{role:?} {way:?} behind {len}");
        }
    }
}

#[test]
fn a_peer_that_takes_a_part_of_a_lent_message_is_alive() {
    // It has taken a part, so the next bytes that it takes count as well, even if they are the last.
    let mut server = server_with_idle(Duration::from_secs(10));
    assert!(!server.handle_timeout(START + Duration::from_secs(9)));
    let mut stream = Stream::new(usize::MAX, 10_000);
    let payload = payload(50_000);
    server.send_with(&payload, |slices| stream.write(slices)).unwrap();
    assert_eq!(server.poll_timeout(), Some(START + Duration::from_secs(19)));
    let left = server.queued();
    server.transmitted(left, START + Duration::from_secs(18));
    assert_eq!(server.poll_timeout(), Some(START + Duration::from_secs(28)));
}

#[test]
fn a_peer_that_takes_a_whole_message_after_it_took_a_part_of_another_is_alive() {
    let mut server = server_with_idle(Duration::from_secs(10));
    server.send(&payload(60_000)[..]).unwrap();
    server.transmitted(10, START + Duration::from_secs(1));
    assert_eq!(server.poll_timeout(), Some(START + Duration::from_secs(11)));
    assert!(!server.handle_timeout(START + Duration::from_secs(9)));
    let mut stream = Stream::new(usize::MAX, usize::MAX);
    server.send_with(&payload(50_000)[..], |slices| stream.write(slices)).unwrap();
    assert_eq!((server.queued(), stream.calls), (0, 1));
    assert_eq!(server.poll_timeout(), Some(START + Duration::from_secs(19)));
}

/// A server whose peer is pinged after so much silence.
fn server_with_idle(idle: Duration) -> Connection {
    let config = Config::new().timeouts(Timeouts::new().idle(idle)).shared();
    Connection::open_server(Negotiated::new(), config, START)
}

#[test]
fn a_long_message_that_the_stream_takes_allocates_nothing() {
    for role in ROLES {
        for way in [Way::Given, Way::GivenText, Way::InPlace] {
            let mut connection = connect(role, limits(|_| {}));
            let (payload, mut count) = (payload(100_000), 0);
            let mut text = String::from_utf8(payload.clone()).unwrap();
            text.shrink_to_fit();
            let mut own = payload.clone();
            let write = |slices: &[&[u8]; 3]| {
                let len = slices.iter().map(|slice| slice.len()).sum();
                count += len;
                len
            };
            let (outcome, usage) = measure(|| match way {
                Way::Given => connection.send_with(payload, write),
                Way::GivenText => connection.send_with(text, write),
                _ => connection.send_in_place(&mut own, write),
            });
            assert_eq!(outcome, Ok(()));
            assert_eq!(usage.allocations, 0, "{role:?} {way:?}");
            assert_eq!(count, 100_000 + if role == Role::Client { 14 } else { 10 });
        }
    }
}

#[test]
fn a_client_copies_what_others_share() {
    // M-03.
    let (mut client, shared) = (client(), Bytes::from(payload(20_000)));
    let write = |_: &[&[u8]; 3]| panic!("a masked copy is queued");
    client.send_with(shared.clone(), write).unwrap();
    client.send_with(Bytes::from_static(&[7; 20_000]), write).unwrap();
    assert_eq!(shared, payload(20_000));
    let seen = [binary(&payload(20_000)), binary(&[7; 20_000])];
    assert!(read(Role::Client, &transmit(&mut client)) == seen);
}

#[test]
fn behind_output_of_several_pieces_a_message_is_queued() {
    for role in ROLES {
        for way in WAYS {
            let mut connection = connect(role, limits(|_| {}));
            connection.send(vec![1; 20_000]).unwrap();
            let mut stream = Stream::new(usize::MAX, usize::MAX);
            let left = send(&mut connection, way, payload(20_000), &mut stream).unwrap();
            assert_eq!(stream.calls, 0, "{role:?} {way:?}");
            assert!(left.is_none_or(|left| left == payload(20_000)));
            let seen = [binary(&[1; 20_000]), expected(way, &payload(20_000))];
            assert!(read(role, &transmit(&mut connection)) == seen);
        }
    }
}

#[test]
fn a_message_that_cannot_be_sent_stays_as_it_is() {
    // X-13, C-08, I-04.
    type Prepare = fn(&mut Connection);
    let cases: [(Prepare, SendError); 3] = [
        (|connection| connection.send_part("a").unwrap(), SendError::MessageInProgress),
        (|connection| connection.close(None, "").unwrap(), SendError::Closing),
        (|connection| connection.handle_eof(START), SendError::Closing),
    ];
    for role in ROLES {
        for (prepare, error) in cases {
            for (way, len) in WAYS.into_iter().flat_map(|way| [(way, 10), (way, 20_000)]) {
                let mut connection = connect(role, limits(|_| {}));
                prepare(&mut connection);
                if error == SendError::Closing {
                    connection.next_event(&mut sansocket::Input::new([]));
                }
                let _ = connection.ping(b"waits");
                let (queued, is_urgent) = (connection.queued(), connection.is_urgent());
                let (mut own, mut stream) = (payload(len), Stream::new(usize::MAX, usize::MAX));
                let outcome = match way {
                    Way::InPlace => {
                        connection.send_in_place(&mut own, |slices| stream.write(slices))
                    }
                    _ => send(&mut connection, way, payload(len), &mut stream).map(|_| ()),
                };
                assert_eq!(outcome, Err(error), "{role:?} {way:?}");
                assert!(own == payload(len), "{role:?} {way:?}");
                assert_eq!((stream.calls, connection.queued()), (0, queued), "{role:?} {way:?}");
                assert_eq!(connection.is_urgent(), is_urgent);
            }
        }
    }
}

#[test]
fn after_a_write_error_nothing_is_masked() {
    for role in ROLES {
        let (mut connection, mut own) = (connect(role, limits(|_| {})), payload(20_000));
        connection.handle_write_error(START);
        let write = |_: &[&[u8]; 3]| panic!("nothing is written");
        connection.send_in_place(&mut own, write).unwrap();
        connection.send_with(payload(20_000), write).unwrap();
        assert_eq!(own, payload(20_000));
        assert_eq!(transmit(&mut connection), b"");
    }
}

#[cfg(feature = "deflate")]
#[test]
fn a_message_that_is_compressed_is_queued() {
    use harness::{Cut, Setup, run};
    use sansocket::deflate::{Agreement, Compression};

    let compression = Some((Agreement::parse("").unwrap(), Compression::dedicated()));
    for role in ROLES {
        for way in WAYS {
            for is_compressed in [true, false] {
                let mut connection = Setup { compression, ..Setup::new(role) }.connect();
                if !is_compressed {
                    connection.compress_from(usize::MAX);
                }
                let mut stream = Stream::new(usize::MAX, usize::MAX);
                let left = send(&mut connection, way, payload(20_000), &mut stream).unwrap();
                let is_lent = !is_compressed && is_lent(role, way, 20_000);
                assert_eq!(stream.calls > 0, is_lent, "{role:?} {way:?}");
                let is_masked = is_lent && role == Role::Client;
                assert!(left.is_none_or(|left| (left != payload(20_000)) == is_masked));
                connection.transmit_to(&mut stream.out);
                let other = if role == Role::Client { Role::Server } else { Role::Client };
                let peer = Setup { compression, ..Setup::new(other) };
                let (outcome, _) = run(&peer, &stream.out, Cut::Every(4096));
                assert!(outcome.seen == [expected(way, &payload(20_000))]);
                assert_eq!(stream.out.len() < 5000, is_compressed);
            }
        }
    }
}

/// How each of some messages is sent: the way, its length, and how its stream takes it.
fn messages() -> impl Strategy<Value = Vec<(Way, usize, usize, usize)>> {
    let len = prop_oneof![0..200_usize, 16_300..16_500_usize, 65_500..65_600_usize];
    let most = prop_oneof![1 => 1..50_usize, 2 => 1000..100_000_usize];
    let room = prop_oneof![Just(0), 1..60_usize, 0..70_000_usize, Just(usize::MAX)];
    vec((prop::sample::select(&WAYS[..]), len, most, room), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_messages_arrive_however_they_are_handed_over_and_written(
        role in prop::sample::select(&ROLES[..]),
        messages in messages(),
        is_written_between in any::<bool>(),
    ) {
        // M-03, M-04, M-06.
        let mut connection = connect(role, limits(|limits| limits.message = 1 << 20));
        let (mut out, mut wanted) = (Vec::new(), Vec::new());
        for (way, len, most, room) in messages {
            let mut stream = Stream::new(most, room);
            send(&mut connection, way, payload(len), &mut stream).unwrap();
            wanted.push(expected(way, &payload(len)));
            out.append(&mut stream.out);
            if is_written_between {
                connection.transmit_to(&mut out);
            }
        }
        connection.transmit_to(&mut out);
        prop_assert!(read(role, &out) == wanted);
    }
}
