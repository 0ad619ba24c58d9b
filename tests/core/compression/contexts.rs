//! Contexts do not mix, whichever input serves which connection.

use harness::Drive;
use sansocket::{Connection, Event, Input, Role};

use super::peer::{Got, Random, open, words};
use crate::support::given;

/// One connection of several: what has come to it, of what is to come.
struct End {
    connection: Connection,
    got: Got,
    stream: Vec<u8>,
    fed: usize,
    messages: Vec<Vec<u8>>,
}

impl End {
    /// Some messages, the kind and parts of which depend on the seed.
    fn new(seed: u64, agreed: &str) -> Self {
        let mut server = open(Role::Server, agreed);
        let mut random = Random(seed);
        let mut stream = Vec::new();
        let mut messages = Vec::new();
        for _ in 0..30 {
            // Of the same few texts, so that a wrong context would show.
            let text = words(random.next() % 4, random.below(3000));
            server.compress_from(if random.below(6) == 0 { usize::MAX } else { 0 });
            match random.below(3) {
                0 => server.send_to(&text, &mut stream).unwrap(),
                _ => {
                    for part in text.as_bytes().chunks(700) {
                        server.set_flushing(random.below(2) == 0);
                        server.send_part_to(part, &mut stream).unwrap();
                    }
                    server.send_last_to(b"", &mut stream).unwrap();
                }
            }
            messages.push(text.into_bytes());
        }
        let mut connection = open(Role::Client, agreed);
        connection.set_streaming(seed.is_multiple_of(2));
        Self { connection, got: Got::default(), stream, fed: 0, messages }
    }

    /// Feeds up to `most` bytes, and tells whether that was all.
    fn feed(&mut self, input: &mut Input<Vec<u8>>, most: usize) -> bool {
        let rest = &self.stream[self.fed..];
        let bytes = &rest[..most.min(rest.len())];
        self.got.take_through(input, &mut self.connection, bytes);
        self.fed += bytes.len();
        self.fed == self.stream.len()
    }
}

const AGREED: [&str; 6] = [
    "",
    "server_max_window_bits=9",
    "server_no_context_takeover",
    "",
    "server_max_window_bits=8",
    "server_no_context_takeover; server_max_window_bits=10",
];

#[test]
fn connections_share_inputs_without_mixing_their_contexts() {
    for inputs in [1, 2, 5] {
        for seed in 0..12 {
            let mut random = Random(seed);
            let mut inputs: Vec<_> = (0..inputs).map(|_| Input::new(vec![0; 4096])).collect();
            let mut ends: Vec<_> =
                (0..).zip(AGREED).map(|(i, agreed)| End::new(i, agreed)).collect();
            let mut is_done = [false; AGREED.len()];
            while is_done != [true; AGREED.len()] {
                let which = random.below(ends.len());
                let input = random.below(inputs.len());
                let most = [6, 200, 4096][random.below(3)];
                let most = 1 + random.below(most);
                is_done[which] = ends[which].feed(&mut inputs[input], most);
                match random.below(30) {
                    0 => inputs[input].free_memory(),
                    1 => inputs[input] = Input::new(vec![0; 4096]),
                    _ => {}
                }
            }
            for end in ends {
                assert_eq!(end.got.error, None);
                assert!(end.got.messages == end.messages);
            }
        }
    }
}

#[test]
fn connections_and_inputs_move_between_threads_without_mixing_their_contexts() {
    let mut random = Random(7);
    let mut inputs = [0, 1].map(|_| Input::new(vec![0; 4096]));
    let mut ends = [0, 1, 2].map(|seed| End::new(seed, ""));
    let mut is_done = [false; 3];
    while is_done != [true; 3] {
        let (which, input) = (random.below(3), random.below(2));
        let most = 1 + random.below(4096);
        let (end, input) = (&mut ends[which], &mut inputs[input]);
        // A new input may lie where the old one was.
        if random.below(10) == 0 {
            *input = Input::new(vec![0; 4096]);
        }
        is_done[which] =
            std::thread::scope(|scope| scope.spawn(|| end.feed(input, most)).join()).unwrap();
    }
    for end in ends {
        assert_eq!(end.got.error, None);
        assert!(end.got.messages == end.messages);
    }
}

#[test]
fn a_message_may_come_through_as_many_inputs_as_it_has_bytes() {
    for agreed in AGREED {
        for seed in 0..2 {
            let mut end = End::new(seed, agreed);
            while !end.feed(&mut Input::new(vec![0; 13]), 13) {}
            assert!(end.got.messages == end.messages);
        }
    }
}

#[test]
fn a_connection_that_is_dropped_within_a_message_leaves_nothing_to_the_next() {
    let mut input = Input::new(vec![0; 1 << 20]);
    for most in 1..200 {
        let mut dropped = End::new(0, "");
        dropped.feed(&mut input, 37 * most);
        if most % 2 == 0 {
            // It fails.
            dropped.connection.end();
        }
        drop(dropped);
        if most % 20 == 0 {
            let mut next = End::new(1, "");
            while !next.feed(&mut input, 5000) {}
            assert!(next.got.messages == next.messages);
        }
    }
}

#[test]
fn a_message_that_another_connection_has_sent_cannot_be_referred_to() {
    // D-23: `f200110000` refers back to "Hello".
    let hello = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    let again = b"\xc1\x05\xf2\x00\x11\x00\x00";
    let mut input = Input::new(vec![0; 64]);
    for agreed in ["", "server_no_context_takeover"] {
        for before in ["", "server_no_context_takeover"] {
            let mut got = Got::default();
            got.take_through(&mut input, &mut open(Role::Client, before), hello);
            assert_eq!(got.error, None);
            got.take_through(&mut input, &mut open(Role::Client, agreed), again);
            assert!(got.error.is_some() && got.messages.len() == 1);
        }
    }
}

/// A connection which has found a part of a compressed message in the input, and not taken it.
fn with_an_event_found() -> (Connection, Input<Vec<u8>>) {
    let mut connection = open(Role::Client, "");
    connection.set_streaming(true);
    let hello = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let mut input = given(&mut connection, &hello);
    assert!(connection.has_event(&mut input));
    (connection, input)
}

/// An input which still holds an event is not for another connection, even if all bytes of it have been
/// consumed.
#[test]
fn an_event_that_was_found_stays_in_the_input_until_it_is_taken() {
    let (mut connection, mut input) = with_an_event_found();
    assert!(!input.is_empty());
    input.free_memory();
    match connection.next(&mut input).unwrap() {
        Some(Event::Part { bytes, .. }) => assert_eq!(bytes, b"Hello"),
        event => panic!("{event:?}"),
    }
    connection.drain(&mut input).unwrap();
    assert!(input.is_empty());
}

#[test]
fn an_event_that_was_found_is_dropped_if_another_connection_reads_into_the_input() {
    let (mut left, mut input) = with_an_event_found();
    let mut other = open(Role::Client, "");
    assert_eq!(other.room(&mut input), 9, "there is room for all");
    assert!(input.is_empty());
    let mut got = Got::default();
    got.take_through(&mut input, &mut other, b"\x81\x01a");
    assert_eq!(got.messages, [b"a"]);
    // Its bytes are lost, and it ends.
    assert_eq!(left.next(&mut input), Ok(None));
    assert!(!left.is_open());
}
