//! Prepared messages, compressed: once for all connections, between messages of each connection.

use std::sync::Arc;

use counting_allocator::measure;
use harness::{Drive, Setup};
use sansocket::deflate::{Agreement, Compression, Pool};
use sansocket::{Config, Connection, Input, Limits, Prepared, Role};

use super::peer::{Frame, Random, frames, noise, open, open_with, other, take, words};
use crate::support::transmit;

/// A peer of an independent implementation: the last bytes of what it decompressed, and all messages.
struct Peer {
    window: usize,
    is_taken_over: bool,
    history: Vec<u8>,
}

impl Peer {
    fn new(window_bits: u8, is_taken_over: bool) -> Self {
        Self { window: 1 << window_bits, is_taken_over, history: Vec::new() }
    }

    /// Decompresses the message of a frame.
    fn take(&mut self, frame: &Frame) -> Vec<u8> {
        if !frame.is_compressed() {
            return frame.payload.clone();
        }
        let stream = [&frame.payload[..], &[0, 0, 0xff, 0xff]].concat();
        let history = if self.is_taken_over { &self.history[..] } else { &[] };
        let inflated = harness::inflate_within(self.window, history, &stream, 1 << 24);
        assert_eq!(inflated.end, harness::End::Border, "window {}", self.window);
        self.history.extend_from_slice(&inflated.bytes);
        let beyond = self.history.len().saturating_sub(1 << 15);
        self.history.drain(..beyond);
        inflated.bytes
    }
}

fn agreed(window_bits: u8, is_taken_over: bool) -> String {
    let takeover = if is_taken_over { "" } else { "server_no_context_takeover; " };
    format!("{takeover}server_max_window_bits={window_bits}")
}

/// A message: long or short, of the same few texts or noise.
fn choose(random: &mut Random) -> Vec<u8> {
    let len = match random.below(8) {
        0 => random.below(4),
        1 => random.below(70_000),
        _ => random.below(3000),
    };
    match random.below(10) {
        0 => noise(random.next(), len),
        _ => words(random.next() % 4, len).into_bytes(),
    }
}

/// Sends prepared messages and a connection's own in a random order to an independent peer.
fn alternate(compression: &Compression, window_bits: u8, is_taken_over: bool, count: usize) {
    let agreed = agreed(window_bits, is_taken_over);
    let mut server = open_with(Role::Server, &agreed, compression, Limits::default());
    let mut peer = Peer::new(window_bits, is_taken_over);
    let mut random = Random(u64::from(window_bits) << 8 | u64::from(compression.level));
    let mut said: Vec<Prepared> = Vec::new();
    for _ in 0..count {
        let message = choose(&mut random);
        match random.below(8) {
            0 => {
                server.send_part(&message[..message.len() / 2]).unwrap();
                server.send_last(&message[message.len() / 2..]).unwrap();
            }
            1..4 => server.send(&message).unwrap(),
            4 if !said.is_empty() => server.send(&said[random.below(said.len())]).unwrap(),
            _ => {
                said.push(Prepared::new(&message));
                server.send(said.last().unwrap()).unwrap();
            }
        }
        let out = transmit(&mut server);
        let mut sent = frames(&out);
        let mut frame = sent.remove(0);
        frame.payload.extend(sent.into_iter().flat_map(|frame| frame.payload));
        let got = peer.take(&frame);
        let is_known = got == message || said.iter().any(|said| said.as_bytes() == got);
        assert!(is_known, "{compression:?}, {agreed}");
    }
}

fn compression(level: u8, memory: u8) -> Compression {
    let mut compression = Compression::dedicated();
    (compression.level, compression.memory, compression.threshold) = (level, memory, 0);
    compression
}

#[test]
fn own_and_prepared_messages_alternate_in_all_windows_with_and_without_takeover() {
    // D-45, D-46, D-47
    for window_bits in 8..=15 {
        for is_taken_over in [false, true] {
            alternate(&compression(6, 8), window_bits, is_taken_over, 60);
        }
    }
}

#[test]
fn own_and_prepared_messages_alternate_at_all_levels() {
    // D-46
    for level in 0..=9 {
        for (window_bits, memory) in [(8, 1), (9, 9), (15, 5)] {
            alternate(&compression(level, memory), window_bits, true, 25);
        }
    }
}

/// A connection with an independent peer.
struct Member {
    server: Connection,
    peer: Peer,
    name: String,
}

impl Member {
    fn new(window_bits: u8, is_taken_over: bool, number: usize) -> Self {
        let agreed = agreed(window_bits, is_taken_over);
        let server = open_with(Role::Server, &agreed, &compression(6, 8), Limits::default());
        let name = format!("member {number}, {agreed}");
        Self { server, peer: Peer::new(window_bits, is_taken_over), name }
    }

    fn expect(&mut self, message: &[u8]) {
        let frame = frames(&transmit(&mut self.server)).remove(0);
        assert!(self.peer.take(&frame) == message, "{}", self.name);
    }

    fn send_prepared(&mut self, message: &Prepared) {
        self.server.send(message).unwrap();
        self.expect(message.as_bytes());
    }

    fn send_own(&mut self, message: &[u8]) {
        self.server.send(message).unwrap();
        self.expect(message);
    }
}

fn members() -> Vec<Member> {
    let windows = [15, 15, 15, 15, 12, 9, 8, 15];
    let numbered = windows.into_iter().enumerate();
    numbered.map(|(number, bits)| Member::new(bits, number < 7, number)).collect()
}

/// Sends `count` messages, each to the members for whom `is_for` says so. Now and then a member sends one of its
/// own, a new one joins, and an older message is sent again.
fn publish(count: usize, seed: u64, is_for: impl Fn(&mut Random, usize) -> bool) {
    let (mut members, mut random) = (members(), Random(seed));
    let mut said: Vec<Prepared> = Vec::new();
    for _ in 0..count {
        let (text, len) = (random.next() % 6, random.below(400) + 20);
        let message = match random.below(20) {
            0 if !said.is_empty() => said[random.below(said.len())].clone(),
            1 => Prepared::new(choose(&mut random)),
            _ => Prepared::new(words(text, len)),
        };
        for (number, member) in members.iter_mut().enumerate() {
            if is_for(&mut random, number) {
                member.send_prepared(&message);
            }
            if random.below(40) == 0 {
                member.send_own(words(random.next() % 6, 300).as_bytes());
            }
        }
        if random.below(50) == 0 {
            let number = random.below(members.len());
            members[number] = Member::new(15, true, number);
        }
        said.push(message);
    }
    for member in &mut members {
        member.send_own(words(1, 3000).as_bytes());
    }
}

#[test]
fn members_who_get_the_same_prepared_messages_each_have_their_own_context() {
    // D-45, D-46
    publish(400, 1, |_, _| true);
}

#[test]
fn members_who_get_different_prepared_messages_each_have_their_own_context() {
    // D-45, D-46
    publish(400, 2, |random, number| number < 2 || random.below(2) == 0);
    publish(400, 3, |random, number| random.below(4) == number % 4);
    publish(400, 4, |random, _| random.below(12) != 0);
}

#[test]
fn members_on_many_threads_each_have_their_own_context() {
    // D-46: the threads put the same messages into lists that they share, at the same time.
    let messages: Vec<_> =
        (0..300).map(|at: usize| Prepared::new(words(at as u64 % 9, 50 + 3 * at))).collect();
    let run = |thread: usize| {
        let mut random = Random(thread as u64);
        let mut members: Vec<_> = (0..3).map(|number| Member::new(15, true, number)).collect();
        for message in &messages {
            for member in &mut members {
                if random.below(10) != 0 {
                    member.send_prepared(message);
                }
                if random.below(60) == 0 {
                    member.send_own(words(3, 400).as_bytes());
                }
            }
        }
        members.iter_mut().for_each(|member| member.send_own(words(4, 2000).as_bytes()));
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|thread| drop(scope.spawn(move || run(thread))));
    });
}

#[test]
fn a_prepared_message_that_all_have_sent_takes_nothing_of_a_connection() {
    // The compressor of none of them is allocated, and what they learn is in a list that they share.
    let mut servers: Vec<_> = (0..20).map(|_| open_without_pool()).collect();
    let (first, rest) = servers.split_first_mut().unwrap();
    for seed in 0..40 {
        let text = Prepared::new(words(seed, 150));
        first.send(&text).unwrap();
        transmit(first);
        for server in &mut *rest {
            let (_, usage) = measure(|| {
                server.send(&text).unwrap();
                transmit_all(server);
            });
            // At first the queue, and then at most one list of lists.
            assert!(seed == 0 || usage.bytes <= 512, "{seed}: {usage:?}");
        }
    }
}

#[test]
fn prepared_messages_are_freed_once_all_have_sent_others() {
    let mut idle = open_without_pool();
    let mut busy = open_without_pool();
    let send = |number: usize, servers: &mut [&mut Connection]| {
        let text = Prepared::new(words(number as u64, 1000));
        for server in servers {
            server.send(&text).unwrap();
            transmit_all(server);
        }
    };
    (0..300).for_each(|number| send(number, &mut [&mut idle, &mut busy]));
    let ((), usage) = measure(|| (300..1300).for_each(|number| send(number, &mut [&mut busy])));
    // A window of messages for each, as they are and compressed. What the idle one has yet to learn does not grow.
    assert!(usage.held < 100 << 10, "{usage:?}");
    let ((), usage) = measure(|| drop(idle));
    assert!((-200 << 10..-30 << 10).contains(&usage.held), "{usage:?}");
}

#[test]
fn our_own_other_end_takes_what_alternates() {
    // D-12, D-45
    for role in [Role::Client, Role::Server] {
        let mut connection = open(role, "");
        let mut stream = Vec::new();
        let mut random = Random(3);
        let mut messages = Vec::new();
        for _ in 0..40 {
            let message = words(random.next() % 4, random.below(5000)).into_bytes();
            match random.below(2) {
                0 => connection.send(&message).unwrap(),
                _ => connection.send(&Prepared::new(&message)).unwrap(),
            }
            connection.transmit_to(&mut stream);
            messages.push(message);
        }
        for size in [1000, 7] {
            let got = take(open(other(role), ""), &stream, size, false);
            assert_eq!(got.error, None);
            assert!(got.messages == messages);
        }
    }
}

#[test]
fn the_context_of_a_peer_is_used_after_a_prepared_message() {
    // D-46: the second message refers to the first, which the compressor has only learned.
    let text = words(1, 2000);
    let mut server = open(Role::Server, "");
    server.send(&Prepared::new(&text)).unwrap();
    transmit(&mut server);
    server.send(&text).unwrap();
    assert!(server.queued() < 60, "{} bytes", server.queued());
}

#[test]
fn the_context_from_before_a_prepared_message_is_used_after_it() {
    // D-46: neither is lost.
    let text = words(1, 2000);
    let prepared: Vec<_> = (2..6).map(|seed| Prepared::new(words(seed, 500))).collect();
    // The second connection finds the messages where the first one has put them, since that one has not learned them
    // yet.
    let mut servers = [open(Role::Server, ""), open(Role::Server, "")];
    for server in &mut servers {
        server.send(&text).unwrap();
        prepared.iter().for_each(|message| server.send(message).unwrap());
        transmit(server);
    }
    for server in &mut servers {
        server.send(&text).unwrap();
        assert!(server.queued() < 60, "{} bytes", server.queued());
    }
}

#[test]
fn a_message_within_the_window_is_compressed_once_for_all_windows() {
    // D-45: the second connection finds what the first has made.
    let text = words(1, 900);
    let prepared = Prepared::new(&text);
    let mut outputs = Vec::new();
    for window_bits in [10, 15, 12] {
        let mut server = open(Role::Server, &agreed(window_bits, true));
        let (_, usage) = measure(|| server.send(&prepared).unwrap());
        let most = if outputs.is_empty() { 1 << 20 } else { 4096 };
        assert!(usage.bytes < most, "{window_bits}: {usage:?}");
        outputs.push(transmit(&mut server));
    }
    assert!(outputs[0][0] & 0x40 != 0 && outputs[0].len() < 600);
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
}

#[test]
fn a_message_beyond_the_window_has_a_form_for_that_window() {
    // D-47: the text repeats after 3,000 bytes.
    let text = noise(1, 3000).repeat(2);
    let prepared = Prepared::new(&text);
    let lens = [8, 10, 15].map(|window_bits| {
        let mut server = open(Role::Server, &agreed(window_bits, true));
        server.send(&prepared).unwrap();
        let frame = frames(&transmit(&mut server)).remove(0);
        assert_eq!(Peer::new(window_bits, true).take(&frame), text);
        frame.payload.len()
    });
    assert!(lens[0] > 5000 && lens[1] > 5000 && lens[2] < 3200, "{lens:?}");
}

#[test]
fn a_connection_that_sends_prepared_messages_only_owns_no_compressor() {
    // D-39
    let mut server = open_without_pool();
    let texts: Vec<_> = (0..500).map(|seed| Prepared::new(words(seed, 300))).collect();
    let mut made = open_without_pool();
    for text in &texts {
        made.send(text).unwrap();
    }
    let ((), usage) = measure(|| {
        for text in &texts {
            server.send(text).unwrap();
            let count = server.transmit().len();
            server.transmitted(count, harness::START);
        }
        server.free_memory();
    });
    // A list of runs, the places of a window of messages, and the queue while it was used: 4,532 bytes at the most.
    assert!(usage.held < 1024 && usage.peak < 4608, "{usage:?}");
}

#[test]
fn a_window_of_prepared_messages_frees_the_compressor() {
    // D-46: nothing of the old context can be reached then.
    let mut server = open_without_pool();
    let text = Prepared::new(noise(1, 5000).repeat(2));
    open_without_pool().send(&text).unwrap();
    let ((), usage) = measure(|| {
        server.send("own").unwrap();
        for _ in 0..3 {
            server.send(&text).unwrap();
        }
    });
    assert!(usage.held > 200 << 10, "{usage:?}");
    let ((), usage) = measure(|| server.send(&text).unwrap());
    assert!(usage.held < -(200 << 10), "{usage:?}");
}

#[test]
fn many_short_prepared_messages_take_bounded_memory() {
    // D-46: the oldest are forgotten, and all that came before them.
    let mut server = open_without_pool();
    let mut peer = Peer::new(15, true);
    let short = Prepared::new("aaaaaaaaaaaaaaaa");
    for round in 0..200 {
        server.send(&short).unwrap();
        if round % 90 == 0 {
            server.send(words(1, 200).as_str()).unwrap();
        }
    }
    server.send(words(1, 200).as_str()).unwrap();
    let texts: Vec<_> = frames(&transmit(&mut server)).iter().map(|it| peer.take(it)).collect();
    let own = words(1, 200).into_bytes();
    assert_eq!(texts.iter().filter(|text| **text == own).count(), 4);
    assert!(texts.iter().all(|text| *text == own || text == short.as_bytes()));
}

#[test]
fn prepared_messages_keep_bounded_text_of_others() {
    // D-46: the oldest message may be almost beyond the window, and a short one keeps the list that it is in.
    let send = |server: &mut Connection, text: &Prepared| {
        server.send(text).unwrap();
        transmit_all(server);
    };
    let long = |len| Prepared::new("a".repeat(len));
    let mut server = open_without_pool();
    let ((), usage) = measure(|| {
        send(&mut server, &long((32 << 10) - 1));
        send(&mut server, &long((32 << 10) - 15 * 16));
        for _ in 0..14 {
            let (short, rest) = (long(16), long((4 << 10) - 16));
            let mut other = open_without_pool();
            send(&mut other, &short);
            send(&mut other, &rest);
            send(&mut server, &short);
        }
        server.free_memory();
    });
    // Beside the text, there are the forms of 30 messages.
    assert!((116 << 10..120 << 10).contains(&(usage.held - 30 * 300)), "{usage:?}");
}

#[test]
fn a_message_that_does_not_become_shorter_is_sent_as_it_is() {
    // D-36, D-05: it leaves the context as it is.
    let noise = noise(1, 500);
    let mut server = open(Role::Server, "");
    server.send(&Prepared::new(&noise)).unwrap();
    assert_eq!(transmit(&mut server)[4..], noise);
    server.send("after").unwrap();
    let frame = frames(&transmit(&mut server)).remove(0);
    assert_eq!(Peer::new(15, true).take(&frame), b"after");
    // Some of these are as long when compressed.
    for len in 0..60 {
        let text = Prepared::new(&b"abcabcdabcde".repeat(5)[..len]);
        server.send(&text).unwrap();
        let frame = frames(&transmit(&mut server)).remove(0);
        assert_eq!(frame.is_compressed(), frame.payload.len() < len, "{len}");
    }
}

#[test]
fn the_application_chooses_for_each_connection_whether_prepared_messages_are_compressed() {
    // D-35
    let prepared = Prepared::new(words(1, 500));
    let mut server = open(Role::Server, "");
    server.compress_from(usize::MAX);
    server.send(&prepared).unwrap();
    assert_eq!(transmit(&mut server).len(), 4 + prepared.len());
    server.compress_from(0);
    server.send(&prepared).unwrap();
    assert!(transmit(&mut server).len() < prepared.len());
}

#[test]
fn a_message_can_be_compressed_before_it_is_sent() {
    let compression = Compression::dedicated();
    let config = Config::new().compression(compression).pool(Arc::new(Pool::new(1)));
    let prepared = Prepared::new(words(1, 500));
    let ((), first) = measure(|| prepared.compress(&config));
    let ((), second) = measure(|| prepared.compress(&config));
    assert!(first.allocations > 0 && second.allocations == 0, "{first:?}, {second:?}");
    let mut server = open_with(Role::Server, "", &compression, Limits::default());
    let ((), usage) = measure(|| server.send(&prepared).unwrap());
    assert!(usage.bytes < 4096, "{usage:?}");
    // Below the threshold, and without compression, nothing is made.
    for (config, len) in [(Config::new(), 500), (config, 10)] {
        let prepared = Prepared::new(words(1, len));
        assert_eq!(measure(|| prepared.compress(&config)).1.allocations, 0);
    }
}

#[test]
fn threads_that_need_one_form_at_once_send_the_same_bytes() {
    let prepared = Prepared::new(words(1, 50_000));
    let send = |bits: u8| {
        let mut server = open(Role::Server, &agreed(bits, true));
        server.send(&prepared).unwrap();
        let frame = frames(&transmit(&mut server)).remove(0);
        assert_eq!(Peer::new(bits, true).take(&frame), prepared.as_bytes());
        frame.payload
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = [9, 9, 15, 15, 12]
            .into_iter()
            .map(|bits| scope.spawn(move || (bits, send(bits))))
            .collect();
        for thread in threads {
            let (bits, sent) = thread.join().unwrap();
            assert!(sent == send(bits), "window of {bits} bits");
        }
    });
}

#[test]
fn the_compressor_is_freed_when_the_peer_has_ended_the_transport() {
    let (mut server, mut input) = (open_without_pool(), Input::new([0; 16]));
    server.send("own").unwrap();
    transmit_all(&mut server);
    let (event, usage) = measure(|| {
        server.handle_eof(harness::START);
        server.next_event(&mut input).is_none()
    });
    assert!(event && usage.held < -(200 << 10), "{usage:?}");
}

/// Writes what is queued, without a copy.
fn transmit_all(connection: &mut Connection) {
    let count = connection.transmit().len();
    connection.transmitted(count, harness::START);
}

/// A connection that takes contexts over, and returns no memory to others.
fn open_without_pool() -> Connection {
    let compression = Some((Agreement::parse("").unwrap(), compression(6, 8)));
    let setup = Setup { compression, ..Setup::new(Role::Server) };
    let config = Arc::unwrap_or_clone(setup.config()).pool(None);
    setup.connect_with(config.shared())
}
