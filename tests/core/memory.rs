//! What a connection holds in memory: law 5, `L-12`, `L-13`, and the hostile inputs of section A.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use counting_allocator::{Usage, measure};
use harness::{Drive, START, Setup};
use sansocket::{Config, Connection, Event, Input, Limits, Role, Seed, Step, Url, client};

use crate::support::handshake::{offer, open_to_all};
use crate::support::*;

/// The most that a connection takes, without what it owns on the heap.
const MOST: usize = if cfg!(feature = "deflate") { 360 } else { 320 };

#[test]
fn a_connection_takes_at_most_320_bytes_and_360_with_deflate() {
    assert!(size_of::<Connection>() <= MOST, "{} bytes", size_of::<Connection>());
}

/// A connection under these limits. Its configuration is not measured, since all connections share it.
fn opener(role: Role, limits: Limits) -> impl Fn() -> Connection {
    let setup = Setup { limits, ..Setup::new(role) };
    let config = setup.config();
    move || setup.connect_with(config.clone())
}

#[test]
fn a_new_server_owns_no_heap_and_a_client_its_generator() {
    let (server, usage) = measure(opener(Role::Server, Limits::default()));
    assert_eq!(usage, Usage::default());
    drop(server);
    let (client, usage) = measure(opener(Role::Client, Limits::default()));
    assert_eq!(usage.allocations, 1);
    assert!(usage.held < 512, "{usage:?}");
    drop(client);
}

/// Streams of all kinds, none of which ends the connection.
fn streams(role: Role) -> Vec<Vec<u8>> {
    let long = vec![b'x'; 100_000];
    let accents = "é".repeat(50_000);
    let mut streams = vec![
        frame_to(role, 0x81, b"small"),
        frame_to(role, 0x82, b"small"),
        frame_to(role, 0x81, accents.as_bytes()),
        frame_to(role, 0x82, &long),
        frame_to(role, 0x89, &[b'p'; 125]),
        frame_to(role, 0x8a, &[b'p'; 125]),
        frame_to(role, 0x81, b""),
    ];
    let mut fragments = frame_to(role, 0x01, b"");
    fragments.extend(frame_to(role, 0x00, &accents.as_bytes()[..501]));
    fragments.extend(frame_to(role, 0x89, b"between"));
    fragments.extend(frame_to(role, 0x80, &accents.as_bytes()[501..1000]));
    streams.push(fragments);
    streams
}

/// Gives `stream` to `connection` in reads of `size`, echoes every message, and throws the output away.
fn echo(
    connection: &mut Connection,
    input: &mut Input<Vec<u8>>,
    out: &mut Vec<u8>,
    stream: &[u8],
    size: usize,
) {
    for chunk in stream.chunks(size) {
        connection.feed(input, chunk);
        loop {
            let event = connection.next(input).unwrap();
            match event {
                None => break,
                Some(Event::Text(text)) => connection.send(text).unwrap(),
                Some(Event::Binary(bytes)) => connection.send(bytes).unwrap(),
                Some(_) => {}
            }
        }
        connection.transmit_to(out);
        out.clear();
    }
}

/// Gives `stream` to `connection` in reads of `size`, and returns what that took.
fn usage_of(
    connection: &mut Connection,
    input: &mut Input<Vec<u8>>,
    stream: &[u8],
    size: usize,
) -> Usage {
    let pass = || {
        for chunk in stream.chunks(size) {
            connection.feed(input, chunk);
            connection.drain(input).unwrap();
        }
    };
    measure(pass).1
}

#[test]
fn an_idle_server_owns_no_heap_whatever_has_passed() {
    for role in ROLES {
        for is_streaming in [false, true] {
            for size in [1 << 20, 4096, 997, 7] {
                let mut input = Input::new(vec![0; 1 << 20]);
                let mut out = Vec::with_capacity(1 << 20);
                let streams = streams(role);
                let open = opener(role, Limits::default());
                let (connection, usage) = measure(|| {
                    let mut connection = open();
                    connection.set_streaming(is_streaming);
                    for stream in &streams {
                        echo(&mut connection, &mut input, &mut out, stream, size);
                    }
                    input.free_memory();
                    connection.free_memory();
                    connection
                });
                match role {
                    Role::Server => assert_eq!(usage.held, 0, "reads of {size}"),
                    Role::Client => assert!(usage.held < 512, "{usage:?}, reads of {size}"),
                }
                drop(connection);
            }
        }
    }
}

#[test]
fn a_connection_that_is_over_owns_no_message() {
    // In the middle of a message: closed by the peer, and failed.
    // What is left is the peer's close frame, for the final account.
    let account = isize::try_from(size_of::<&str>()).unwrap() + 8;
    for (end, account) in [("8800", account), ("83", 0)] {
        let mut connection = client();
        let mut input = Input::new(vec![0; 1 << 16]);
        let stream = [frame_to(Role::Client, 0x02, &[0; 50_000]), bytes(end)].concat();
        connection.feed(&mut input, &stream);
        let (_, usage) = measure(|| {
            for _ in 0..3 {
                let _ = connection.next(&mut input);
            }
            transmit(&mut connection);
            connection.free_memory();
            input.free_memory();
        });
        assert_eq!(usage.held, account, "{end}");
    }
    // The transport ends.
    let mut connection = client();
    let mut input = Input::new(vec![0; 1 << 16]);
    let stream = frame_to(Role::Client, 0x02, &[0; 50_000]);
    let (_, usage) = measure(|| {
        connection.feed(&mut input, &stream);
        assert_eq!(connection.next(&mut input), Ok(None));
        connection.end();
        input.free_memory();
    });
    assert_eq!(usage.held, 0);
}

#[test]
fn messages_allocate_nothing_once_memory_is_there() {
    for role in ROLES {
        for is_streaming in [false, true] {
            let mut one = connect(role, Limits::default());
            let mut two = connect(role, Limits::default());
            let mut input = Input::new(vec![0; 4096]);
            let mut out = Vec::with_capacity(1 << 18);
            for connection in [&mut one, &mut two] {
                connection.set_streaming(is_streaming);
            }
            let messages: Vec<_> =
                [frame_to(role, 0x81, b"whole"), frame_to(role, 0x82, &[0; 20_000]), {
                    let mut stream = frame_to(role, 0x01, &[b'a'; 500]);
                    stream.extend(frame_to(role, 0x80, &[b'a'; 500]));
                    stream
                }]
                .into();
            for _ in 0..2 {
                for message in &messages {
                    echo(&mut one, &mut input, &mut out, message, 4096);
                    echo(&mut two, &mut input, &mut out, message, 4096);
                }
            }
            let ((), usage) = measure(|| {
                for _ in 0..10 {
                    for message in &messages {
                        for connection in [&mut one, &mut two] {
                            for size in [4096, 1000, 13] {
                                echo(connection, &mut input, &mut out, message, size);
                            }
                        }
                    }
                }
            });
            assert_eq!(usage, Usage::default(), "{role:?}, streaming: {is_streaming}");
        }
    }
}

#[test]
fn nothing_is_allocated_from_a_declared_length() {
    // L-12, A-02, A-07: a header of 16 MiB, and the first byte of payload.
    for role in ROLES {
        for is_streaming in [false, true] {
            let mut connection = connect(role, Limits::default());
            connection.set_streaming(is_streaming);
            let mut stream = bytes("827f0000000001000000");
            if role == Role::Server {
                stream = masked(&stream, None, [1; 4]).0;
            }
            stream.push(0);
            let mut input = given(&mut connection, &stream);
            let (_, usage) = measure(|| {
                let _ = connection.next(&mut input);
                let _ = connection.next(&mut input);
            });
            assert!(usage.peak < 1024, "{usage:?}");
            let left = connection.frame_remaining();
            assert_eq!(left, (16 << 20) - 1, "the length is known before the payload");
        }
    }
}

/// What a peer can send to make a connection hold memory, up to `limits`.
fn attacks(role: Role, limits: &Limits) -> Vec<(&'static str, Vec<u8>)> {
    let most = usize::try_from(limits.message).unwrap();
    let fragments = |opcode: u8, len: usize, payload: &[u8]| {
        let mut stream = frame_to(role, opcode, b"");
        for chunk in payload.chunks(len) {
            stream.extend(frame_to(role, 0x00, chunk));
        }
        stream.extend(frame_to(role, 0x80, b""));
        stream
    };
    let accents = "é".repeat(most / 2);
    let pings: Vec<u8> =
        (0..300).flat_map(|i| frame_to(role, 0x89, &vec![b'p'; i % 126])).collect();
    let mut mixed = frame_to(role, 0x02, &vec![0; most]);
    mixed.pop();
    mixed.splice(0..0, pings.iter().copied());
    vec![
        ("a binary message in one frame", frame_to(role, 0x82, &vec![0; most])),
        ("a text message in one frame", frame_to(role, 0x81, accents.as_bytes())),
        ("a binary message in small frames", fragments(0x02, 50, &vec![0; most])),
        ("a text message in small frames", fragments(0x01, 51, accents.as_bytes())),
        ("pings of all sizes", pings),
        ("longest pings", frame_to(role, 0x89, &[0; 125]).repeat(300)),
        ("empty pings", frame_to(role, 0x89, &[]).repeat(300)),
        ("a ping that needs a little more than the one before", {
            let mut stream = frame_to(role, 0x89, &[0; 124]);
            stream.extend(frame_to(role, 0x89, &[0; 125]));
            stream
        }),
        ("longest pongs", frame_to(role, 0x8a, &[0; 125]).repeat(10)),
        ("pings and most of a message", mixed),
        ("a message that is not ended, and a close frame", {
            let mut stream = frame_to(role, 0x89, &[0; 125]).repeat(20);
            stream.extend(frame_to(role, 0x02, &vec![0; most]));
            stream.extend(frame_to(role, 0x89, &[0; 125]).repeat(20));
            stream.extend(frame_to(role, 0x88, &[&[0x03, 0xe8], &[b'x'; 123][..]].concat()));
            stream
        }),
    ]
}

/// The most that a connection holds while it is given `stream` in reads of `size`, and nobody takes
/// what it owes, though the application pings and closes.
fn peak(role: Role, limits: Limits, stream: &[u8], size: usize) -> u64 {
    let mut input = Input::new(vec![0; size]);
    let open = opener(role, limits);
    let (connection, usage) = measure(|| {
        let mut connection = open();
        connection.ping(&[0; 125]).unwrap();
        for chunk in stream.chunks(size) {
            connection.feed(&mut input, chunk);
            let _ = connection.drain(&mut input);
        }
        let _ = connection.close(None, "");
        connection
    });
    let heap = u64::try_from(usage.peak).unwrap();
    drop(connection);
    heap + size_of::<Connection>() as u64
}

#[test]
fn a_connection_holds_no_more_than_its_limits_say() {
    // Law 5, A-07, A-42, L-10, L-13. At 1-byte reads, too.
    let all_limits = [
        Limits::default(),
        limits(|limits| limits.message = 0),
        limits(|limits| (limits.message, limits.pongs, limits.pong_bytes) = (0, 0, 0)),
        limits(|limits| limits.message = 10),
        limits(|limits| (limits.message, limits.pongs, limits.pong_bytes) = (100, 0, 0)),
        limits(|limits| (limits.message, limits.pongs, limits.pong_bytes) = (1000, 1000, 100)),
        limits(|limits| (limits.message, limits.pongs, limits.pong_bytes) = (65_537, 4, 1 << 20)),
        limits(|limits| (limits.message, limits.pong_bytes) = (100_003, 10_000)),
    ];
    let mut overhead = 0;
    for mut limits in all_limits {
        let documented = limits.max_memory();
        assert_eq!(
            documented,
            2 * limits.message + 3 * u64::from(limits.pong_bytes) + Limits::OVERHEAD
        );
        // The default message would take long, and is no different.
        let is_default = limits.message > 1 << 20;
        if is_default {
            limits.message = 300_000;
        }
        for role in ROLES {
            for (attack, stream) in attacks(role, &limits) {
                for size in [1, 9, 1000, 1 << 20] {
                    let peak = peak(role, limits, &stream, size);
                    let allowed = limits.max_memory();
                    assert!(peak <= allowed, "{attack}: {peak} of {allowed}, reads of {size}");
                    overhead = overhead.max(
                        peak.saturating_sub(2 * limits.message + 3 * u64::from(limits.pong_bytes)),
                    );
                }
            }
        }
    }
    assert!(overhead > Limits::OVERHEAD * 3 / 4, "the overhead is {overhead}, which is lavish");
}

#[test]
fn a_flood_of_pings_that_nobody_answers_is_bounded() {
    // K-15, A-42, L-10: a million of them. A-43: pongs cost nothing.
    for role in ROLES {
        let mut connection = connect(role, Limits::default());
        let pings = frame_to(role, 0x89, &[b'p'; 125]).repeat(100);
        let pongs = frame_to(role, 0x8a, &[b'p'; 125]).repeat(100);
        let mut input = Input::new(vec![0; pings.len()]);
        let mut flood = |stream: &[u8], count: usize| {
            measure(|| {
                for _ in 0..count {
                    connection.feed(&mut input, stream);
                    let _ = connection.drain(&mut input);
                }
            })
            .1
        };
        assert_eq!(flood(&pongs, 100), Usage::default());
        let usage = flood(&pings, 10_000);
        assert!(usage.peak < 8192, "{usage:?}");
        assert_eq!(read(role, &transmit(&mut connection)).len(), 16);
    }
}

#[test]
fn a_million_empty_fragments_take_no_memory() {
    // with no limit on their number.
    let mut connection = connect(Role::Client, limits(|limits| limits.fragments = u64::MAX));
    receive(&mut connection, &bytes("0100")).unwrap();
    let mut input = Input::new(vec![0; 2000]);
    let ((), usage) = measure(|| {
        for _ in 0..1000 {
            connection.feed(&mut input, &[0; 2000]);
            assert_eq!(connection.next(&mut input), Ok(None));
        }
    });
    assert_eq!(usage, Usage::default());
    assert_eq!(receive(&mut connection, &bytes("8000")), Ok(1));
}

#[test]
fn what_is_discarded_after_our_close_frame_takes_no_memory() {
    // C-14, A-41: nor what comes after that of the peer.
    for role in ROLES {
        let mut connection = Setup { discards: true, ..Setup::new(role) }.connect();
        connection.close(None, "").unwrap();
        transmit(&mut connection);
        let mut input = Input::new(vec![0; 4096]);
        let stream = streams(role).concat();
        let mut flood = |connection: &mut Connection| {
            measure(|| {
                for chunk in stream.chunks(4096) {
                    connection.feed(&mut input, chunk);
                    let event = connection.next(&mut input);
                    assert_eq!(event, Ok(None));
                }
            })
            .1
        };
        let usage = flood(&mut connection);
        // A control frame that is cut by the end of a read.
        assert!(usage.held == 0 && usage.peak <= 256, "{usage:?}");
        let (ping, mut input) = (frame_to(role, 0x89, &[b'p'; 125]), Input::new(vec![0; 100]));
        let ((), usage) = measure(|| {
            for part in ping.chunks(100) {
                connection.feed(&mut input, part);
                assert_eq!(connection.next(&mut input), Ok(None));
            }
        });
        assert_eq!(usage.held, 0, "nor is one kept until the next read");
        receive(&mut connection, &frame_to(role, 0x88, b"")).unwrap();
        assert_eq!(flood(&mut connection), Usage::default());
    }
}

#[test]
fn memory_of_messages_is_kept_by_the_input_as_is_said() {
    let mut connection = client();
    let mut input = Input::new(vec![0; 1024]);
    let mut held = |connection: &mut Connection, len: usize| {
        let stream = frame_to(Role::Client, 0x82, &vec![0; len]);
        let usage = usage_of(connection, &mut input, &stream, 1024);
        (usage.held, usage.allocations)
    };
    // What one message needed is there for the next, if that is not larger, up to 64 KiB.
    let (some, _) = held(&mut connection, 60_000);
    assert!((60_000..1 << 17).contains(&some), "{some}");
    for len in [60_000, 2000, 50_000] {
        assert_eq!(held(&mut connection, len), (0, 0));
    }
    // It is not lent to a connection whose limit is less, which makes its own, and frees it.
    let mut small = connect(Role::Client, limits(|limits| limits.message = 2000));
    let (kept, allocations) = held(&mut small, 2000);
    assert!(kept == 0 && allocations > 0);
}

#[test]
fn memory_of_just_64_kib_is_never_given_up() {
    let mut connection = connect(Role::Client, limits(|limits| limits.message = 1 << 16));
    let mut input = Input::new(vec![0; 1024]);
    for (len, held) in [(1 << 16, 1 << 16), (1025, 0), (1 << 16, 0)] {
        let stream = frame_to(Role::Client, 0x82, &vec![0; len]);
        let usage = usage_of(&mut connection, &mut input, &stream, 1024);
        assert_eq!(usage.held, held, "{len}");
    }
}

#[test]
fn memory_of_a_message_is_given_up_after_one_that_fills_less_than_a_quarter_of_it() {
    for opcode in [0x81, 0x82] {
        let mut connection = client();
        let mut input = Input::new(vec![0; 1024]);
        let mut held = |len: usize| {
            let stream = frame_to(Role::Client, opcode, &vec![0; len]);
            let usage = usage_of(&mut connection, &mut input, &stream, 1024);
            (usage.held, usage.allocations)
        };
        let (kept, _) = held(1 << 20);
        let quarter = usize::try_from(kept).unwrap() / 4;
        assert_eq!(held(quarter), (0, 0));
        assert_eq!(held(quarter - 1), (-kept, 0));
    }
}

#[test]
fn the_longest_length_is_counted_without_memory() {
    // F-08, F-09: the limit lets it come, the counters hold, and nothing is reserved ahead.
    let mut connection = connect(Role::Client, limits(|limits| limits.message = u64::MAX));
    let stream = bytes("827f7fffffffffffffff 00");
    let (result, usage) = measure(|| receive(&mut connection, &stream));
    assert_eq!(result, Ok(0));
    assert!(usage.peak < 1024);
}

#[test]
fn memory_grows_by_doubling() {
    // I-07: so bytes are not moved time and again.
    let stream = frame_to(Role::Client, 0x82, &vec![0; 1 << 20]);
    let mut connection = client();
    let mut input = Input::new(vec![0; 1024]);
    let usage = usage_of(&mut connection, &mut input, &stream, 1024);
    assert!(usage.allocations <= 12, "{usage:?}");
}

#[test]
fn our_close_frame_frees_the_message_that_is_being_assembled_if_it_is_discarded() {
    // C-14: with the next byte of it.
    let mut connection = Setup { discards: true, ..Setup::new(Role::Client) }.connect();
    let mut input = Input::new(vec![0; 4096]);
    let stream = frame_to(Role::Client, 0x82, &[0; 2000]);
    let ((), usage) = measure(|| {
        connection.feed(&mut input, &stream[..1000]);
        assert_eq!(connection.next(&mut input), Ok(None));
        connection.close(None, "").unwrap();
        transmit(&mut connection);
        connection.feed(&mut input, &stream[1000..1001]);
        assert_eq!(connection.next(&mut input), Ok(None));
        input.free_memory();
        connection.free_memory();
    });
    assert_eq!(usage.held, 0);
}

#[test]
fn an_opening_is_allocated_a_few_times_and_owns_nothing_once_it_is_done() {
    let config = Config::new().policy(open_to_all()).shared();
    let long = "x".repeat(300);
    let mut request = offer();
    for name in ["X-One", "X-Two"] {
        request.add_header(name, &long).unwrap();
    }
    let seed = Seed::new([7; 32]);
    let (mut client, usage) = measure(|| Connection::client(request, config.clone(), seed, START));
    let len = client.queued();
    assert!(usage.allocations <= 3, "{usage:?}");
    assert!(usage.bytes < len + 2048, "{usage:?} for {len}");

    let mut input = Input::new(vec![0; 4096]);
    let mut request = Vec::with_capacity(4096);
    client.transmit_to(&mut request);
    let (mut server, usage) = measure(|| {
        let mut server = Connection::server(config.clone(), START);
        server.feed(&mut input, &request);
        assert_eq!(server.next(&mut input), Ok(Some(Event::Request)));
        server
    });
    assert!(usage.allocations <= 2, "{usage:?}");
    assert!(usage.bytes < 2 * len + 2048, "{usage:?} for {len}");

    let mut response = Vec::with_capacity(4096);
    server.request().unwrap().add_header("X-Three", &long).unwrap();
    let ((), accepting) = measure(|| server.accept());
    assert!(accepting.allocations <= 1 && accepting.bytes < 1024, "{accepting:?}");
    let ((), before) = measure(|| {
        server.transmit_to(&mut response);
        assert_eq!(server.next(&mut input), Ok(None));
        server.free_memory();
        client.feed(&mut input, &response);
        assert_eq!(client.next(&mut input), Ok(Some(Event::Open)));
        assert_eq!(client.next(&mut input), Ok(None));
        client.free_memory();
    });
    assert!(before.held < 0, "both handshakes are freed");
    let ((), server_held) = measure(|| drop(server));
    let ((), client_held) = measure(|| drop(client));
    assert_eq!(server_held.held, 0);
    assert!(client_held.held > -512, "only its generator: {client_held:?}");
}

#[test]
fn an_opening_is_allocated_as_often_as_is_said() {
    // A server: the headers, whose memory serves the response, and the opening. A client: the request, the headers of
    // the response, the opening, and the generator of masks.
    let cookie = |len: usize| (len > 0).then(|| ("Cookie", "c".repeat(len)));
    for (protocol, cookie, expected) in [
        (None, cookie(0), (2, 4)),
        (None, cookie(300), (2, 4)),
        // The server might keep so much memory for long, so the response gets its own.
        (None, cookie(1000), (3, 4)),
        // The name of a subprotocol lies in the headers while the response is written.
        (Some("chat"), cookie(0), (3, 4)),
    ] {
        let config = Config::new().policy(open_to_all()).shared();
        let mut request = client::Request::new(Url::parse("ws://example.com/chat").unwrap());
        protocol.iter().for_each(|name| request.add_protocol(name).unwrap());
        cookie.iter().for_each(|(name, value)| request.add_header(name, value).unwrap());
        let seed = Seed::new([7; 32]);
        let (mut client, started) =
            measure(|| Connection::client(request, config.clone(), seed, START));
        let (mut head, mut input) = (Vec::new(), Input::new(vec![0; 4096]));
        client.transmit_to(&mut head);
        let (mut server, accepted) = measure(|| {
            let mut server = Connection::server(config, START);
            server.feed(&mut input, &head);
            assert_eq!(server.next(&mut input), Ok(Some(Event::Request)));
            if let Some(name) = protocol {
                server.request().unwrap().select_protocol(name).unwrap();
            }
            server.accept();
            server
        });
        let mut response = Vec::new();
        server.transmit_to(&mut response);
        let ((), opened) = measure(|| {
            client.feed(&mut input, &response);
            assert_eq!(client.next(&mut input), Ok(Some(Event::Open)));
        });
        assert_eq!(client.response().and_then(|response| response.protocol()), protocol);
        let counts = (accepted.allocations, started.allocations + opened.allocations);
        assert_eq!(counts, expected, "{protocol:?} {cookie:?}");
        // The next message is written to the memory of the response.
        let ((), sent) = measure(|| server.send("Hello").unwrap());
        assert_eq!(sent.allocations, 0);
        assert!(response.starts_with(b"HTTP/1.1 101 ") && response.ends_with(b"\r\n\r\n"));
        assert_eq!(transmit(&mut server), b"\x81\x05Hello");
    }
}

#[test]
fn a_long_request_is_allocated_as_few_times() {
    let url = format!("ws://example.com/{}?{}", "p".repeat(2000), "q".repeat(2000));
    let config = Config::new().shared();
    let start = || {
        let request = client::Request::new(Url::parse(&url).unwrap());
        Connection::client(request, config, Seed::new([7; 32]), START)
    };
    let (client, usage) = measure(start);
    assert!(client.queued() > 4000 && usage.allocations <= 3, "{usage:?}");
    assert!(usage.bytes < client.queued() + 2048, "{usage:?}");
}

#[test]
fn a_queue_that_is_never_empty_takes_little_more_than_what_waits_in_it() {
    // L-12
    let (mut server, text) = (server(), "x".repeat(998));
    server.send("x").unwrap();
    let ((), usage) = measure(|| {
        for _ in 0..1000 {
            server.send(&text[..]).unwrap();
            server.transmitted(1002, START);
        }
    });
    assert_eq!(server.queued(), 3);
    assert!(usage.peak < 8 << 10, "{usage:?}");
}

#[test]
fn a_queue_that_was_long_frees_its_memory_once_it_is_empty() {
    // L-12
    // Up to 128 KiB are kept, with the longest header.
    let most = (128 << 10) - 14;
    for (len, is_kept) in [(100_000, true), (most, true), (most + 1, false), (300_000, false)] {
        for writes in [1, 2] {
            let (mut server, text) = (server(), "x".repeat(len));
            let ((), usage) = measure(|| {
                server.send(&text[..]).unwrap();
                for left in (1..=writes).rev() {
                    let count = server.transmit().len() / left;
                    server.transmitted(count, START);
                }
            });
            assert_eq!(server.queued(), 0);
            assert_eq!(usage.held > 0, is_kept, "{len} in {writes}: {usage:?}");
        }
    }
}

#[test]
fn a_long_queue_takes_little_more_than_what_waits_in_it() {
    // L-12
    let (mut server, text) = (server(), "x".repeat(100_000));
    let ((), usage) = measure(|| (0..10).for_each(|_| server.send(&text[..]).unwrap()));
    assert_eq!(server.queued(), 10 * 100_010);
    assert!(usage.held <= 1_001_000 && usage.peak <= 1_001_000, "{usage:?}");
}

#[test]
fn a_peer_that_reads_nothing_costs_no_more_than_the_limits_say() {
    // Law 5, L-13: pings and messages are answered, and it takes none of the answers.
    let most_queued = 1000;
    for role in ROLES {
        let pings = frame_to(role, 0x89, &[b'p'; 125]).repeat(16);
        let message = frame_to(role, 0x82, b"m");
        for stream in [[pings.clone(), message.clone()].concat(), message.repeat(100), pings] {
            let setup = Setup { max_queued: most_queued, ..Setup::new(role) };
            let config = setup.config();
            let mut input = Input::new(vec![0; stream.len()]);
            let (connection, usage) = measure(|| {
                let mut connection = setup.connect_with(config);
                let mut reads = 0;
                while reads < 1000 {
                    while let Some(event) = connection.next_event(&mut input) {
                        if let Event::Binary(bytes) = event {
                            connection.send(bytes).unwrap();
                        }
                    }
                    if !matches!(connection.next_step(), Step::Io { read: true, .. }) {
                        return connection;
                    }
                    connection.feed(&mut input, &stream);
                    reads += 1;
                }
                connection
            });
            // What was read last is kept, and the queue doubles as it grows.
            let queue = 2 * 3 * (2 * most_queued + 16 * 131 + 15);
            let most = Limits::new().message(0).max_memory() + (3 * stream.len() + queue) as u64;
            let peak = u64::try_from(usage.peak).unwrap();
            assert!(peak <= most, "{peak} of {most}");
            drop(connection);
        }
    }
}
