//! Messages for a slow consumer: what waits, what is dropped, and that the counts add up.

use std::collections::VecDeque;

use counting_allocator::measure;
use harness::{Drive, START, Setup};
use proptest::collection::vec;
use proptest::prelude::*;
use sansocket::{
    Backlog, Close, CloseCode, Connection, Counts, Event, Input, Overflow, Prepared, Pushed, Role,
    SendError,
};

use crate::support::{bytes, transmit};

const LATER: Overflow = Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER);

fn server(max_queued: usize) -> Connection {
    Setup { max_queued, ..Setup::new(Role::Server) }.connect()
}

/// A message that says which one it is, in so many bytes.
fn numbered(number: usize, len: usize) -> Prepared {
    Prepared::new(format!("{number:len$}"))
}

fn sum(counts: Counts, waiting: usize) -> u64 {
    counts.sent + counts.replaced + counts.dropped + waiting as u64
}

/// A backlog as its documentation says, without any cleverness.
struct Model {
    overflow: Overflow,
    max_bytes: usize,
    max_messages: usize,
    queue: VecDeque<(Option<u64>, Vec<u8>)>,
    counts: Counts,
    is_over: bool,
}

impl Model {
    fn bytes(&self) -> usize {
        self.queue.iter().map(|(_, message)| message.len()).sum()
    }

    fn has_room(&self, len: usize) -> bool {
        let has_room = self.queue.len() < self.max_messages && self.bytes() + len <= self.max_bytes;
        self.queue.is_empty() || has_room
    }

    fn push(&mut self, key: Option<u64>, message: Vec<u8>) -> Pushed {
        let mut before = self.queue.clone();
        let pushed = self.try_push(key, &message);
        if pushed == Pushed::Full {
            assert_eq!(self.queue, before);
            return pushed;
        }
        self.counts.taken += 1;
        before.push_back((key, message));
        // Each message of before and the new one waits, was replaced, or was dropped.
        self.counts.replaced += u64::from(pushed == Pushed::Replaced);
        let gone = before.len() - self.queue.len() - usize::from(pushed == Pushed::Replaced);
        self.counts.dropped += gone as u64;
        pushed
    }

    fn try_push(&mut self, key: Option<u64>, message: &[u8]) -> Pushed {
        if self.is_over {
            return Pushed::Disconnected(CloseCode::TRY_AGAIN_LATER);
        }
        loop {
            let mut after = self.queue.clone();
            let place = after.iter().position(|(other, _)| key.is_some() && *other == key);
            let pushed = match place {
                Some(place) => {
                    after[place].1 = message.to_vec();
                    Pushed::Replaced
                }
                None => {
                    after.push_back((key, message.to_vec()));
                    Pushed::Queued
                }
            };
            let len: usize = after.iter().map(|(_, message)| message.len()).sum();
            if after.len() == 1 || (len <= self.max_bytes && after.len() <= self.max_messages) {
                self.queue = after;
                return pushed;
            }
            match self.overflow {
                Overflow::Wait => return Pushed::Full,
                Overflow::DropNewest => return Pushed::Dropped,
                Overflow::DropOldest => drop(self.queue.pop_front()),
                Overflow::Disconnect(code) => {
                    self.queue.clear();
                    self.is_over = true;
                    return Pushed::Disconnected(code);
                }
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Push(Option<u64>, usize),
    /// Writes so many bytes, and lets the backlog go on.
    Write(usize),
    Ping,
    Clear,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (proptest::option::of(0..5_u64), prop_oneof![9 => 3..40_usize, 1 => 40..300_usize])
            .prop_map(|(key, len)| Act::Push(key, len)),
        2 => (0..120_usize).prop_map(Act::Write),
        1 => Just(Act::Ping),
        1 => prop::bool::weighted(0.2).prop_map(|clears| if clears { Act::Clear } else { Act::Ping }),
    ]
}

fn overflow() -> impl Strategy<Value = Overflow> {
    prop_oneof![
        Just(Overflow::Wait),
        Just(Overflow::DropNewest),
        Just(Overflow::DropOldest),
        Just(LATER),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn a_backlog_does_what_its_model_does(
        overflow in overflow(),
        max_bytes in 0..150_usize,
        max_messages in 0..9_usize,
        max_queued in 1..60_usize,
        acts in vec(act(), 0..80),
    ) {
        let mut backlog = Backlog::new(overflow).max_bytes(max_bytes).max_messages(max_messages);
        let mut model = Model {
            overflow,
            max_bytes,
            max_messages,
            queue: VecDeque::new(),
            counts: backlog.counts(),
            is_over: false,
        };
        let mut server = server(max_queued);
        let (mut expected, mut written) = (Vec::new(), Vec::new());
        for (number, act) in acts.into_iter().enumerate() {
            match act {
                Act::Push(key, len) => {
                    prop_assert_eq!(backlog.has_room(len), model.has_room(len));
                    let message = numbered(number, len);
                    let pushed = match key {
                        Some(key) => backlog.push_latest(key, &message),
                        None => backlog.push(&message),
                    };
                    prop_assert_eq!(pushed, model.push(key, message.as_bytes().to_vec()));
                }
                Act::Write(count) => {
                    let waiting = server.transmit().to_vec();
                    let count = count.min(waiting.len());
                    written.extend_from_slice(&waiting[..count]);
                    server.transmitted(count, START);
                    // A ping may wait, which the first message takes along.
                    let ping = if server.is_urgent() { 2 } else { 0 };
                    let sent = backlog.send_to(&mut server).unwrap();
                    let mut last = 0;
                    for (_, message) in model.queue.drain(..sent) {
                        last = message.len() + if message.len() < 126 { 2 } else { 4 };
                        expected.push(message);
                    }
                    model.counts.sent += sent as u64;
                    // As much as there is room for, and no more.
                    prop_assert!(server.is_full() || model.queue.is_empty());
                    prop_assert!(sent == 0 || server.queued() - last < max_queued + ping);
                    prop_assert_eq!(server.is_open(), !model.is_over);
                }
                Act::Ping => {
                    let _ = server.ping(b"");
                    // It leaves with the next bytes, whatever waits in the backlog.
                    prop_assert!(server.is_urgent() || !server.is_open());
                }
                Act::Clear => {
                    backlog.clear();
                    model.counts.dropped += model.queue.drain(..).count() as u64;
                }
            }
            let waiting: VecDeque<_> =
                backlog.messages().map(|(key, it)| (key, it.as_bytes().to_vec())).collect();
            prop_assert_eq!(&waiting, &model.queue);
            prop_assert_eq!(backlog.len(), waiting.len());
            prop_assert_eq!(backlog.bytes(), model.bytes());
            prop_assert!(backlog.bytes() <= max_bytes || backlog.len() == 1);
            prop_assert!(backlog.len() <= max_messages.max(1));
            prop_assert_eq!(backlog.counts(), model.counts);
            prop_assert_eq!(sum(backlog.counts(), backlog.len()), backlog.counts().taken);
        }
        written.extend(transmit(&mut server));
        prop_assert_eq!(received(&written), expected);
    }
}

/// The messages that a client receives.
fn received(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut client = Setup::new(Role::Client).connect();
    let mut input = Input::new(vec![0; stream.len().max(1)]);
    client.feed(&mut input, stream);
    let mut messages = Vec::new();
    while let Some(event) = client.next_event(&mut input) {
        if let Event::Text(text) = event {
            messages.push(text.as_bytes().to_vec());
        }
    }
    messages
}

#[test]
fn messages_leave_while_the_sender_is_not_full() {
    let (mut server, mut backlog) = (server(4), Backlog::new(Overflow::Wait));
    for number in 1..=3 {
        assert_eq!(backlog.push(&numbered(number, 2)), Pushed::Queued);
    }
    assert_eq!((backlog.len(), backlog.bytes()), (3, 6));
    assert_eq!(backlog.send_to(&mut server), Ok(1));
    assert_eq!(backlog.send_to(&mut server), Ok(0));
    assert_eq!(transmit(&mut server), bytes("8102 2031"));
    assert_eq!(backlog.send_to(&mut server), Ok(1));
    transmit(&mut server);
    assert_eq!(backlog.send_to(&mut server), Ok(1));
    assert!(backlog.is_empty());
    assert_eq!((backlog.counts().taken, backlog.counts().sent), (3, 3));
}

#[test]
fn control_and_close_frames_do_not_wait_behind_a_backlog() {
    // C-08
    let (mut server, mut backlog) = (server(1), Backlog::new(Overflow::Wait));
    for number in 0..10 {
        assert_eq!(backlog.push(&numbered(number, 3)), Pushed::Queued);
    }
    server.ping(b"!").unwrap();
    server.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(transmit(&mut server), bytes("8901 21 8802 03e8"));
    // Nothing follows a close frame, so nothing waits for it.
    assert_eq!(backlog.send_to(&mut server), Err(SendError::Closing));
    assert_eq!((backlog.len(), backlog.bytes(), backlog.counts().dropped), (0, 0, 10));
}

#[test]
fn a_slow_consumer_is_disconnected_once() {
    for (code, hex) in [(CloseCode::TRY_AGAIN_LATER, "03f5"), (CloseCode::POLICY_VIOLATION, "03f0")]
    {
        let (mut server, message) = (server(1), Prepared::new("x"));
        let mut backlog = Backlog::new(Overflow::Disconnect(code)).max_messages(2);
        assert_eq!([0; 2].map(|_| backlog.push(&message)), [Pushed::Queued; 2]);
        assert_eq!([0; 2].map(|_| backlog.push(&message)), [Pushed::Disconnected(code); 2]);
        assert_eq!((backlog.len(), backlog.counts().dropped), (0, 4));
        assert_eq!([0; 2].map(|_| backlog.send_to(&mut server)), [Ok(0); 2]);
        let close = bytes(&format!("880a {hex} 746f6f20736c6f77"));
        assert_eq!(transmit(&mut server), close);
    }
}

#[test]
fn who_may_not_send_the_code_closes_with_1008() {
    // C-26
    let extension = CloseCode::new(1010).unwrap();
    for (role, code, sent) in [
        (Role::Client, CloseCode::TRY_AGAIN_LATER, CloseCode::POLICY_VIOLATION),
        (Role::Client, CloseCode::SERVICE_RESTART, CloseCode::POLICY_VIOLATION),
        (Role::Client, extension, extension),
        (Role::Server, extension, CloseCode::POLICY_VIOLATION),
        (Role::Server, CloseCode::TRY_AGAIN_LATER, CloseCode::TRY_AGAIN_LATER),
    ] {
        let mut sender = Setup::new(role).connect();
        let mut backlog = Backlog::new(Overflow::Disconnect(code)).max_messages(0);
        assert_eq!(backlog.push(&Prepared::new("x")), Pushed::Queued);
        assert_eq!(backlog.push(&Prepared::new("x")), Pushed::Disconnected(code));
        assert_eq!(backlog.send_to(&mut sender), Ok(0));
        let peer = if role == Role::Client { Role::Server } else { Role::Client };
        let (mut peer, mut input) = (Setup::new(peer).connect(), Input::new(vec![0; 64]));
        peer.feed(&mut input, &transmit(&mut sender));
        let close = Close { code: Some(sent), reason: "too slow" };
        assert_eq!(peer.next_event(&mut input), Some(Event::Close(close)), "{role:?}, {code:?}");
    }
}

#[test]
fn messages_wait_while_another_is_sent_in_parts() {
    //
    let (mut server, mut backlog) = (server(100), Backlog::new(Overflow::Wait));
    server.send_part("a").unwrap();
    assert_eq!(backlog.push(&Prepared::new("next")), Pushed::Queued);
    assert_eq!(backlog.send_to(&mut server), Err(SendError::MessageInProgress));
    assert_eq!(backlog.len(), 1);
    server.send_last("b").unwrap();
    assert_eq!(backlog.send_to(&mut server), Ok(1));
}

#[test]
fn the_newest_value_takes_the_place_of_the_older() {
    let (mut server, mut backlog) = (server(1000), Backlog::new(Overflow::Wait));
    for (key, text) in [(1, "a1"), (2, "b1"), (1, "a2"), (3, "c1"), (1, "a3")] {
        let _ = backlog.push_latest(key, &Prepared::new(text));
    }
    assert_eq!(backlog.push(&Prepared::new("no key")), Pushed::Queued);
    assert_eq!(backlog.counts().replaced, 2);
    backlog.send_to(&mut server).unwrap();
    assert_eq!(received(&transmit(&mut server)), [&b"a3"[..], b"b1", b"c1", b"no key"]);
    // What has left is not replaced.
    assert_eq!(backlog.push_latest(1, &Prepared::new("a4")), Pushed::Queued);
}

#[test]
fn a_long_message_can_wait_alone() {
    let mut backlog = Backlog::new(Overflow::DropOldest).max_bytes(10);
    for len in [5, 5, 30] {
        assert!(backlog.has_room(5) || backlog.len() == 2);
        assert_eq!(backlog.push(&numbered(1, len)), Pushed::Queued);
    }
    assert_eq!((backlog.len(), backlog.bytes(), backlog.counts().dropped), (1, 30, 2));
    assert!(!backlog.has_room(0));
}

#[test]
fn a_backlog_shares_the_memory_of_messages_and_frees_its_own() {
    let message = Prepared::new(vec![7; 50_000]);
    let ((), usage) = measure(|| {
        let mut backlog = Backlog::new(Overflow::Wait).max_bytes(usize::MAX);
        for _ in 0..100 {
            assert_eq!(backlog.push(&message), Pushed::Queued);
        }
        backlog.clear();
        assert_eq!(backlog.counts().dropped, 100);
        std::mem::forget(backlog);
    });
    assert!(usage.peak < 8 << 10 && usage.held == 0, "{usage:?}");
    // An empty one keeps room for 16 messages, so that as many allocate nothing.
    let mut backlog = Backlog::new(Overflow::Wait).max_bytes(usize::MAX);
    let mut fill = || {
        (0..16).for_each(|_| assert_eq!(backlog.push(&message), Pushed::Queued));
        backlog.clear();
    };
    fill();
    assert_eq!(measure(fill).1.allocations, 0);
}
