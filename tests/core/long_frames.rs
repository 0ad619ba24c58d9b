//! The rest of a long frame is read straight into its message.

use counting_allocator::measure;
use harness::{Cut, Drive, START, Seen, Setup, run};
use proptest::prelude::*;
use sansocket::{Connection, Event, Input, Limits, ProtocolError, Role};

use crate::support::*;

/// From how many bytes on what is left of a frame is read by itself.
const LONG: usize = 32 << 10;

/// How many bytes are read first after a long message, to see whether another follows.
const FIRST: usize = 512;

/// How much an end reads at once, which is more than that.
const STORAGE: usize = 40_000;

/// No events, and no error.
const NOTHING: (Vec<Seen>, Option<ProtocolError>) = (Vec::new(), None);

/// An end that reads from a stream, at most so many bytes at once.
struct End<'s> {
    connection: Connection,
    input: Input<Vec<u8>>,
    stream: &'s [u8],
    most: usize,
}

impl<'s> End<'s> {
    fn new(connection: Connection, storage: usize, stream: &'s [u8]) -> Self {
        Self { connection, input: Input::new(vec![0; storage]), stream, most: usize::MAX }
    }

    /// How many bytes the next read may give.
    fn spare(&mut self) -> usize {
        self.connection.room(&mut self.input)
    }

    /// Reads once, and tells how many bytes there was room for.
    fn read(&mut self) -> usize {
        let room = self.connection.room(&mut self.input);
        let most = self.most.min(self.stream.len());
        let count = self.connection.read(&mut self.input, &self.stream[..most]);
        self.stream = &self.stream[count..];
        room
    }

    /// The events of what has been read, and the error, if there is one.
    fn events(&mut self) -> (Vec<Seen>, Option<ProtocolError>) {
        let mut seen = Vec::new();
        loop {
            let event = match self.connection.next(&mut self.input) {
                Ok(Some(event)) => event,
                Ok(None) => return (seen, None),
                Err(error) => return (seen, Some(error)),
            };
            seen.push(match event {
                Event::Text(text) => Seen::Text(text.into()),
                Event::Binary(bytes) => Seen::Binary(bytes.to_vec()),
                Event::Part { bytes, .. } => Seen::Binary(bytes.to_vec()),
                Event::Ping(payload) => ping(payload),
                Event::Pong(payload) => pong(payload),
                Event::Close(frame) => close(frame.code.map(|code| code.get())),
                _ => unreachable!("there are no other events"),
            });
        }
    }

    /// Reads the whole stream, and tells which events came of it, and which error.
    fn read_all(&mut self) -> (Vec<Seen>, Option<ProtocolError>) {
        let mut seen = Vec::new();
        loop {
            let (events, error) = self.events();
            seen.extend(events);
            if error.is_some() || self.stream.is_empty() {
                return (seen, error);
            }
            assert!(self.read() > 0, "there is room");
        }
    }
}

/// An end that discards what comes after its close frame.
fn discarding(role: Role) -> Connection {
    Setup { discards: true, ..Setup::new(role) }.connect()
}

/// So many bytes, which cannot be compressed.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    core::iter::repeat_with(next).take(len).collect()
}

/// Asserts that what is read where the receiver says is seen as what lies whole in an input.
fn assert_seen_as_whole(limits: Limits, parts: &[(u8, Vec<u8>)]) {
    for role in ROLES {
        let stream: Vec<u8> =
            parts.iter().flat_map(|(first, payload)| frame_to(role, *first, payload)).collect();
        let mut setup = Setup::new(role);
        setup.limits = limits;
        let whole = run(&setup, &stream, Cut::Whole).0;
        for (storage, most) in [
            (1 << 20, usize::MAX),
            (1 << 20, 20_000),
            (16 << 10, usize::MAX),
            (1000, usize::MAX),
            (300, 77),
        ] {
            let mut end = End::new(connect(role, limits), storage, &stream);
            end.most = most;
            let (seen, error) = end.read_all();
            assert_eq!(error, whole.error, "{role:?} {storage} {most}");
            assert!(seen == whole.seen, "{role:?} {storage} {most}");
        }
    }
}

#[test]
fn whatever_is_read_where_there_is_room_is_seen_as_it_came() {
    for len in [LONG - 1, LONG, LONG + 1, 3 * LONG + 7] {
        let text = "a€b".repeat(len / 5);
        assert_seen_as_whole(
            Limits::default(),
            &[
                (0x82, noise(len)),
                (0x89, b"ping".to_vec()),
                (0x02, noise(len)),
                (0x8a, b"pong".to_vec()),
                (0x00, noise(len + 1)),
                (0x00, Vec::new()),
                (0x80, noise(len)),
                (0x81, text.clone().into_bytes()),
                (0x01, text.into_bytes()),
                (0x80, Vec::new()),
                (0x82, noise(1)),
                (0x88, vec![0x03, 0xe8]),
            ],
        );
    }
}

#[test]
fn a_long_text_is_seen_as_it_came_wherever_it_ceases_to_be_ascii() {
    let ascii = |len| b"a".repeat(len);
    let long = 3 * LONG + 7;
    for at in [0, 300, 20_000, 2 * LONG + 1, long] {
        let text = [ascii(at), "€".into(), ascii(long - at)].concat();
        for cut in [at + 1, long] {
            let (one, two) = text.split_at(cut.min(text.len()));
            assert_seen_as_whole(
                Limits::default(),
                &[
                    (0x81, ascii(long)),
                    (0x82, noise(long)),
                    (0x81, ascii(2 * long)),
                    (0x01, one.to_vec()),
                    (0x80, two.to_vec()),
                    (0x81, ascii(long)),
                    (0x81, text.clone()),
                ],
            );
        }
    }
}

#[test]
fn what_is_wrong_with_a_long_frame_is_found_wherever_it_was_read_to() {
    let bad_text = [&b"a".repeat(2 * LONG)[..], b"\xff", &b"a".repeat(LONG)].concat();
    let cut_text = [&b"a".repeat(3 * LONG)[..], b"\xe2\x82"].concat();
    let long = limits(|limits| limits.message = 2 * LONG as u64);
    for (limits, parts) in [
        (Limits::default(), vec![(0x82, noise(2 * LONG)), (0x83, Vec::new())]),
        (Limits::default(), vec![(0x02, noise(2 * LONG)), (0x82, Vec::new())]),
        (Limits::default(), vec![(0x81, bad_text)]),
        // Bytes that are not ASCII only as a whole, or only each by itself.
        (Limits::default(), vec![(0x81, [vec![0; 3 * LONG], vec![0x80; 2]].concat())]),
        (Limits::default(), vec![(0x81, [vec![0; 3 * LONG], vec![0x80]].concat())]),
        (
            Limits::default(),
            vec![(0x81, [vec![0; LONG], vec![0x80; 2], vec![0; 3 * LONG]].concat())],
        ),
        (
            Limits::default(),
            vec![(0x81, [vec![0; 2 * LONG], vec![0x80], vec![0; 2 * LONG]].concat())],
        ),
        (Limits::default(), vec![(0x81, cut_text.clone())]),
        (Limits::default(), vec![(0x81, b"a".repeat(3 * LONG)), (0x81, cut_text)]),
        (long, vec![(0x81, b"a".repeat(2 * LONG)), (0x81, b"a".repeat(2 * LONG + 1))]),
        (long, vec![(0x82, noise(2 * LONG)), (0x82, noise(2 * LONG + 1))]),
        (long, vec![(0x02, noise(2 * LONG - 1)), (0x80, noise(2))]),
    ] {
        assert_seen_as_whole(limits, &parts);
    }
}

#[test]
fn what_is_left_of_a_long_frame_is_read_into_memory_that_grows_with_what_has_come() {
    for role in ROLES {
        let stream = frame_to(role, 0x82, &noise(400_000));
        let head = stream.len() - 400_000;
        let mut end = End::new(connect(role, Limits::default()), STORAGE, &stream);
        assert_eq!(end.read(), STORAGE);
        assert_eq!(end.events(), NOTHING);
        let come = STORAGE - head;
        assert_eq!(end.spare(), come, "as much as has come");
        assert_eq!(end.read(), come);
        assert_eq!(end.events(), NOTHING);
        assert_eq!(end.read(), 2 * come);
        assert_eq!(end.events(), NOTHING);
        assert_eq!(end.read(), 4 * come);
        assert_eq!(end.events(), NOTHING);
        assert_eq!(end.connection.frame_remaining(), 400_000 - 8 * come as u64);
        assert_eq!(end.read(), 400_000 - 8 * come + FIRST, "as much as is left, and a header");
        assert_eq!(end.events(), (vec![binary(&noise(400_000))], None));
    }
}

#[test]
fn little_is_read_first_behind_little_that_is_left() {
    for (left, room) in [(FIRST - 1, 2 * FIRST - 1), (FIRST, STORAGE)] {
        let payload = noise(STORAGE - 10 + LONG + left);
        let stream = frame_to(Role::Client, 0x82, &payload);
        let mut end = End::new(client(), STORAGE, &stream);
        end.read();
        assert_eq!(end.events(), NOTHING);
        end.most = LONG;
        assert_eq!(end.read(), LONG + left + FIRST);
        assert_eq!(end.events(), NOTHING);
        assert_eq!(end.spare(), room, "{left}");
        assert_eq!(end.read_all(), (vec![binary(&payload)], None));
    }
}

#[test]
fn what_is_left_of_a_frame_is_read_with_what_follows_if_it_is_little() {
    for (left, room) in [(LONG, LONG + FIRST), (LONG - 1, 2 * LONG)] {
        let stream =
            [frame_to(Role::Client, 0x82, &noise(2 * LONG + left)), vec![0x8a, 0]].concat();
        let mut end = End::new(client(), 2 * LONG, &stream);
        end.most = 2 * LONG - 1;
        end.read();
        assert_eq!(end.events(), NOTHING);
        end.most = end.stream.len() - 2 - left;
        assert!(end.spare() >= LONG);
        end.read();
        assert_eq!(end.events(), NOTHING);
        assert_eq!(end.connection.frame_remaining(), left as u64);
        assert_eq!(end.spare(), room, "{left}");
    }
}

#[test]
fn the_next_header_is_read_along_with_the_rest_of_a_long_frame() {
    for role in ROLES {
        // What comes along may be a short message, the start of a long one, or a violation.
        for (first, next) in [(0x82, noise(7)), (0x82, noise(8 * LONG)), (0x83, Vec::new())] {
            let parts = [(0x82, noise(8 * LONG)), (first, next), (0x81, b"a".repeat(8 * LONG))];
            assert_seen_as_whole(Limits::default(), &parts);
        }
        let stream = frame_to(role, 0x82, &noise(8 * LONG)).repeat(20);
        let mut end = End::new(connect(role, Limits::default()), STORAGE, &stream);
        let mut reads = 0;
        while !end.stream.is_empty() {
            end.read();
            end.events();
            reads += 1;
        }
        // The first one grows with what has come. Each other one takes a single read.
        assert!(reads < 19 + 16, "{reads}");
    }
}

#[test]
fn no_more_comes_along_than_the_input_has_room_for() {
    let stream = frame_to(Role::Client, 0x82, &noise(8 * LONG)).repeat(2);
    let mut end = End::new(client(), 100, &stream);
    let mut most = 0;
    while !end.stream.is_empty() {
        end.read();
        end.events();
        let left = usize::try_from(end.connection.frame_remaining()).unwrap();
        most = most.max(end.spare().saturating_sub(left));
    }
    assert_eq!(most, 100);
}

#[test]
fn behind_a_header_alone_there_is_no_memory_to_read_into() {
    let stream = frame_to(Role::Client, 0x82, &noise(2 * LONG));
    let mut end = End::new(client(), STORAGE, &stream);
    end.most = 10;
    end.read();
    assert_eq!(end.events(), NOTHING);
    assert_eq!(end.connection.frame_remaining(), 2 * LONG as u64);
    assert_eq!(end.spare(), STORAGE);
}

#[test]
fn what_is_read_before_the_events_are_taken_is_seen_in_order() {
    let long = noise(2 * LONG + 12);
    let stream =
        [frame_to(Role::Client, 0x82, &long), frame_to(Role::Client, 0x81, b"next")].concat();
    let mut end = End::new(client(), LONG + 16, &stream);
    end.read();
    assert_eq!(end.events(), NOTHING);
    assert_eq!(end.read(), LONG + 6, "all that is left of the frame");
    assert_eq!(end.read(), LONG + 16);
    let seen = end.events();
    assert!(seen == (vec![binary(&long), text("next")], None));
}

#[test]
fn a_long_text_takes_memory_as_it_arrives_and_is_not_copied() {
    let text = [&b"a".repeat(STORAGE + LONG)[..], "é".as_bytes(), &b"a".repeat(LONG)].concat();
    let stream = frame_to(Role::Client, 0x81, &text);
    let mut end = End::new(client(), STORAGE, &stream);
    let (seen, usage) = measure(|| end.read_all());
    assert_eq!(seen, (vec![Seen::Text(String::from_utf8(text).unwrap())], None));
    // The message, in memory that doubles, and the copy that the test keeps.
    assert!(usage.peak < 3 * isize::try_from(stream.len()).unwrap(), "{usage:?}");
}

#[test]
fn what_is_read_before_the_events_are_taken_may_be_wrong() {
    let text = [&b"a".repeat(STORAGE)[..], b"\xff", &b"a".repeat(4 * LONG)].concat();
    let stream = frame_to(Role::Client, 0x81, &text);
    let mut end = End::new(client(), STORAGE, &stream);
    end.read();
    assert_eq!(end.events(), NOTHING);
    assert_eq!(end.read(), STORAGE - 10, "as much as has come");
    assert_eq!(end.read(), STORAGE, "nobody has looked at what has come");
    assert_eq!(end.events(), (Vec::new(), Some(ProtocolError::InvalidUtf8)));
    assert_eq!(end.spare(), STORAGE, "nothing follows");
}

#[test]
fn what_is_read_behind_bytes_that_wait_follows_them() {
    let stream = frame_to(Role::Client, 0x82, &noise(4 * LONG));
    let mut end = End::new(client(), STORAGE, &stream);
    end.read();
    assert_eq!(end.events(), NOTHING);
    let (filled, rest) = end.stream.split_at(1000);
    end.connection.receive(&mut end.input, filled.to_vec(), START);
    assert_eq!(end.spare(), 0, "a buffer that the caller has filled has no room");
    assert_eq!(end.events(), NOTHING);
    assert_eq!(end.connection.frame_remaining(), rest.len() as u64);
}

#[test]
fn little_is_read_first_after_a_long_message() {
    for (storage, room) in [(LONG, FIRST), (FIRST, FIRST), (FIRST - 1, FIRST - 1)] {
        let stream = frame_to(Role::Client, 0x82, &noise(LONG + 1));
        let mut end = End::new(client(), storage, &stream);
        assert_eq!(end.read_all(), (vec![binary(&noise(LONG + 1))], None));
        end.stream = &[0x8a];
        assert_eq!(end.read(), room);
        assert_eq!(end.events(), NOTHING);
        assert_eq!(end.spare(), storage, "then as much as ever");
    }
    let stream = frame_to(Role::Client, 0x82, &noise(LONG));
    let mut end = End::new(client(), LONG, &stream);
    assert_eq!(end.read_all(), (vec![binary(&noise(LONG))], None));
    assert_eq!(end.read(), LONG, "it was not long");
}

#[test]
fn only_what_is_left_of_a_message_that_is_put_together_is_read_apart() {
    let binary = frame_to(Role::Client, 0x82, &noise(4 * LONG));
    let ascii = frame_to(Role::Client, 0x81, &b"a".repeat(4 * LONG));
    let text = frame_to(Role::Client, 0x81, &"é".repeat(2 * LONG).into_bytes());
    // What goes wrong, and what an end does before and after it has read once.
    type Do = fn(&mut Connection);
    let nothing: Do = |_| {};
    let rows: [(&str, &[u8], Do, Do, usize); 7] = [
        ("a message", &binary, nothing, nothing, STORAGE - 10),
        ("ASCII", &ascii, nothing, nothing, STORAGE - 10),
        ("text", &text, nothing, nothing, STORAGE - 10),
        ("parts", &binary, |end| end.set_streaming(true), nothing, STORAGE),
        ("parts from the next on", &binary, nothing, |end| end.set_streaming(true), STORAGE - 10),
        ("closing", &binary, |end| end.close(None, "").unwrap(), nothing, STORAGE - 10),
        ("end", &binary, nothing, |end| end.end(), STORAGE),
    ];
    for (what, stream, before, after, room) in rows {
        let mut end = End::new(client(), STORAGE, stream);
        before(&mut end.connection);
        end.read();
        assert_eq!(end.events().1, None);
        after(&mut end.connection);
        assert_eq!(end.spare(), room, "{what}");
    }
    let mut end = End::new(discarding(Role::Client), STORAGE, &binary);
    end.connection.close(None, "").unwrap();
    end.read();
    assert_eq!(end.events(), NOTHING);
    assert_eq!(end.spare(), STORAGE, "what is discarded");
}

#[test]
#[cfg(feature = "deflate")]
fn what_is_left_of_a_compressed_frame_is_read_as_ever() {
    use sansocket::deflate::{Agreement, Compression};

    let compression = Compression::dedicated();
    let agreement = Agreement::parse("permessage-deflate").unwrap();
    let [mut peer, client] = [Role::Server, Role::Client].map(|role| {
        Setup { compression: Some((agreement, compression)), ..Setup::new(role) }.connect()
    });
    let mut stream = Vec::new();
    peer.send_part_to(noise(8 * LONG), &mut stream).unwrap();
    peer.send_last_to(&[], &mut stream).unwrap();
    let mut end = End::new(client, STORAGE, &stream);
    end.read();
    assert_eq!(end.events(), NOTHING);
    assert!(end.connection.frame_remaining() > 3 * LONG as u64);
    assert_eq!(end.spare(), STORAGE);
    let seen = end.read_all();
    assert!(seen == (vec![binary(&noise(8 * LONG))], None));
}

#[test]
fn what_was_read_into_a_message_is_discarded_if_we_close_meanwhile() {
    for role in ROLES {
        let stream = [
            frame_to(role, 0x02, &noise(4 * LONG)),
            frame_to(role, 0x80, &noise(1)),
            frame_to(role, 0x88, &[0x03, 0xe8]),
        ]
        .concat();
        let mut end = End::new(discarding(role), STORAGE, &stream);
        end.read();
        assert_eq!(end.events(), NOTHING);
        assert!(end.read() < STORAGE);
        end.connection.close(None, "").unwrap();
        assert_eq!(end.read_all(), (vec![close(1000)], None));
    }
}

#[test]
#[should_panic = "more bytes were filled than were spare"]
fn no_more_than_was_spare_can_be_filled() {
    let stream = frame_to(Role::Client, 0x82, &noise(4 * LONG));
    let mut end = End::new(client(), STORAGE, &stream);
    end.read();
    assert_eq!(end.events(), NOTHING);
    let mut spare = end.connection.spare(&mut end.input);
    let count = spare.buffer().len() + 1;
    spare.filled(count, START);
}

/// A frame of any kind: its first byte, and how long it is.
fn frames() -> impl Strategy<Value = Vec<(u8, usize)>> {
    let long = prop_oneof![0..200usize, 30_000..40_000usize, 60_000..140_000usize];
    let data = prop::sample::select(vec![0x81, 0x82, 0x82, 0x01, 0x02, 0x00, 0x00, 0x80]);
    let control = prop::sample::select(vec![0x89, 0x8a]);
    let frame = prop_oneof![4 => (data, long), 1 => (control, 0..100usize)];
    prop::collection::vec(frame, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Frames out of sequence are among them, and text that is none.
    #[test]
    fn what_is_read_into_place_is_seen_as_if_it_were_not(
        frames in frames(), byte in any::<u8>(), most in 1000..200_000usize, closes in 0..8usize
    ) {
        for role in ROLES {
            let payload = |len| (0..127).map(|at| byte ^ at).cycle().take(len).collect::<Vec<u8>>();
            let frames = frames.iter().map(|(first, len)| frame_to(role, *first, &payload(*len)));
            let stream = frames.collect::<Vec<_>>().concat();
            for discards in [false, true] {
                let setup = Setup { closes_after: Some(closes), discards, ..Setup::new(role) };
                let (expected, _) = run(&setup, &stream, Cut::Whole);
                prop_assert_eq!(run(&setup, &stream, Cut::Spare(most)).0, expected);
            }
        }
    }
}
