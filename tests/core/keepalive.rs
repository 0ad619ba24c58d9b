//! Pings, pongs and deadlines. Ids `K`.

use core::time::Duration;

use harness::{Drive, Seen, Setup};
use sansocket::{
    Cause, CloseCode, Config, Connection, Event, Initiator, Input, Limits, Liveness, Negotiated,
    Role, Seed, SendError, Step, TimedOut, Timeouts, Timestamp, Url, client as http,
};

use crate::support::*;

/// The point `millis` after the origin.
fn at(millis: u64) -> Timestamp {
    Timestamp::new(Duration::from_millis(millis))
}

fn seconds(count: u64) -> Option<Duration> {
    Some(Duration::from_secs(count))
}

/// A connection, and a clock that is moved by hand.
struct Clock {
    connection: Connection,
    input: Input<Vec<u8>>,
}

impl Clock {
    /// A connection that has been open since the origin.
    fn open(role: Role, timeouts: Timeouts) -> Self {
        let (negotiated, config) = (Negotiated::new(), Config::new().timeouts(timeouts).shared());
        Self::new(match role {
            Role::Client => Connection::open_client(negotiated, config, Seed::new([7; 32]), at(0)),
            Role::Server => Connection::open_server(negotiated, config, at(0)),
        })
    }

    fn new(connection: Connection) -> Self {
        Self { connection, input: Input::new(vec![0; 4096]) }
    }

    /// A server that has got a request at the origin.
    fn asked(timeouts: Timeouts) -> Self {
        let config = Config::new().timeouts(timeouts).shared();
        let request = http::Request::new(Url::parse("ws://localhost").unwrap());
        let seed = Seed::new([7; 32]);
        let mut client = Connection::client(request, config.clone(), seed, at(0));
        let mut clock = Self::new(Connection::server(config, at(0)));
        clock.connection.feed(&mut clock.input, &transmit(&mut client));
        assert_eq!(clock.connection.next(&mut clock.input), Ok(Some(Event::Request)));
        clock
    }

    /// When the next deadline is.
    fn due(&mut self) -> Option<Timestamp> {
        let _ = self.connection.next_step();
        self.connection.poll_timeout()
    }

    /// Lets it be `millis`, and returns what the peer then gets, or how the connection ended.
    fn handle(&mut self, millis: u64) -> Result<Vec<Seen>, Cause> {
        self.connection.handle_timeout(at(millis));
        match self.connection.next_step() {
            Step::Done(ended) => Err(ended.cause),
            _ => Ok(read(self.connection.role(), &transmit(&mut self.connection))),
        }
    }

    /// Receives a frame from the peer. Returns the round-trip time if it was measured now.
    fn receive(&mut self, millis: u64, first: u8, payload: &[u8]) -> Option<Duration> {
        let before = self.connection.round_trip();
        let frame = frame_to(self.connection.role(), first, payload);
        let mut spare = self.connection.spare(&mut self.input);
        spare.buffer()[..frame.len()].copy_from_slice(&frame);
        spare.filled(frame.len(), at(millis));
        self.connection.drain(&mut self.input).unwrap();
        let after = self.connection.round_trip();
        after.filter(|_| before != after).map(|round_trip| round_trip.last)
    }

    /// Sends a keepalive ping.
    fn probe(&mut self, millis: u64) -> Vec<u8> {
        self.connection.handle_timeout(at(millis));
        self.connection.probe().unwrap();
        ping_payload(&self.handle(millis).unwrap())
    }
}

/// The payload of the one ping among these.
fn ping_payload(seen: &[Seen]) -> Vec<u8> {
    match seen {
        [Seen::Ping(payload)] => payload.clone(),
        _ => panic!("{seen:?} is not one ping"),
    }
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    // K-01, K-16, K-18, B-03, Autobahn 2.1 to 2.4.
    assert_eq!(hex("8a05 48656c6c6f").0, {
        let mut server = server();
        receive(&mut server, &bytes("8985 37fa213d 7f9f4d5158")).unwrap();
        transmit(&mut server)
    });
    for role in ROLES {
        for payload in [&b""[..], b"Hello", &[0xff; 125], &[0, 0xff, 0xfe, 0xfd, 0xfc, 0x80]] {
            let stream = frame_to(role, 0x89, payload);
            let outcome = outcome(&Setup::new(role), &stream);
            assert_eq!(outcome.seen, [ping(payload)]);
            assert_eq!(read(role, &outcome.out), [pong(payload)]);
            assert!(outcome.out.len() <= 131);
        }
    }
}

#[test]
fn after_a_close_frame_no_ping_is_answered() {
    // K-02.
    for (role, stream, _) in for_both_roles("8800 8900") {
        let outcome = outcome(&Setup::new(role), &stream);
        assert_eq!(read(role, &outcome.out), [close(None)]);
    }
}

#[test]
fn ten_pings_get_ten_pongs() {
    // K-03, V-16, Autobahn 2.10.
    for role in ROLES {
        let stream: Vec<u8> = (0..10u8).flat_map(|i| frame_to(role, 0x89, &[i])).collect();
        let outcome = outcome(&Setup::new(role), &stream);
        let pongs: Vec<_> = (0..10u8).map(|i| pong(&[i])).collect();
        assert_eq!(read(role, &outcome.out), pongs);
    }
}

#[test]
fn of_too_many_pongs_the_newest_takes_the_place_of_the_one_before() {
    // K-03, K-15, L-10, V-16.
    let pending = |limits: Limits, pings: &[&[u8]]| {
        let mut server = connect(Role::Server, limits);
        for payload in pings {
            receive(&mut server, &frame_to(Role::Server, 0x89, payload)).unwrap();
        }
        read(Role::Server, &transmit(&mut server))
    };
    let few = |pongs, pong_bytes| {
        limits(|limits| (limits.pongs, limits.pong_bytes) = (pongs, pong_bytes))
    };
    for (limits, pings, expected) in [
        (few(3, 2048), &[&b"a"[..], b"b", b"c"][..], vec![pong(b"a"), pong(b"b"), pong(b"c")]),
        (few(3, 2048), &[b"a", b"b", b"c", b"d", b"e"], vec![pong(b"a"), pong(b"b"), pong(b"e")]),
        // One is always kept, however low the limits.
        (few(0, 0), &[b"a", b"b"], vec![pong(b"b")]),
        (few(1, 0), &[b"a", b"b"], vec![pong(b"b")]),
        (few(0, 2048), &[b"a", b"b"], vec![pong(b"b")]),
        // Bytes count as on the wire, with two of header.
        (few(9, 6), &[b"a", b"b"], vec![pong(b"a"), pong(b"b")]),
        (few(9, 5), &[b"a", b"b"], vec![pong(b"b")]),
        (few(9, 6), &[b"a", b"bb", b"c"], vec![pong(b"c")]),
        (few(9, 9), &[b"aaaa", b"bbbb", b"c"], vec![pong(b"bbbb"), pong(b"c")]),
        (few(9, 6), &[b"", b"", b"", b""], vec![pong(b""), pong(b""), pong(b"")]),
    ] {
        assert_eq!(pending(limits, pings), expected, "{limits:?}, {pings:?}");
    }
    let all: Vec<Vec<u8>> = (0..100u8).map(|i| vec![i]).collect();
    let pings: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    let kept = pending(Limits::default(), &pings);
    assert_eq!((kept.len(), kept.last()), (16, Some(&pong(&[99]))));
}

#[test]
fn a_pong_that_nobody_asked_for_is_no_error() {
    // K-04, A-43, Autobahn 2.7 to 2.9.
    for (stream, expected) in [
        ("8a00", vec![pong(b"")]),
        ("8a0161", vec![pong(b"a")]),
        ("8a0161 890162", vec![pong(b"a"), ping(b"b")]),
    ] {
        assert_eq!(seen(stream), expected);
    }
    let outcome = outcome(&Setup::new(Role::Client), &bytes("8a0161"));
    assert!(outcome.out.is_empty());
}

#[test]
fn a_pong_goes_ahead_of_the_data_that_is_sent_after_it() {
    // K-05.
    let mut server = server();
    let mut out = Vec::new();
    server.send_to("a", &mut out).unwrap();
    receive(&mut server, &frame_to(Role::Server, 0x89, b"p")).unwrap();
    server.send_to("b", &mut out).unwrap();
    assert_eq!(out, bytes("8101 61 8a01 70 8101 62"));
}

#[test]
fn a_ping_that_is_too_long_is_rejected() {
    // K-06, K-16.
    for mut connection in [client(), server()] {
        let sender = &mut connection;
        assert_eq!(sender.ping(&[0; 126]), Err(SendError::ControlTooLong));
        assert_eq!(sender.pong(&[0; 126]), Err(SendError::ControlTooLong));
        assert!(!sender.is_urgent());
        sender.ping(&[1; 125]).unwrap();
        sender.pong(&[2; 125]).unwrap();
        let sent = read(sender.role(), &transmit(&mut connection));
        assert_eq!(sent, [pong(&[2; 125]), ping(&[1; 125])]);
    }
}

#[test]
fn a_ping_waits_until_the_one_before_it_is_written() {
    // K-07: none replaces another, nor a keepalive ping. None is sent after our close frame.
    let mut server = server();
    server.ping(b"a").unwrap();
    assert_eq!(server.ping(b"b"), Err(SendError::PingPending));
    server.probe().unwrap();
    server.probe().unwrap();
    let [a, probe] = &read(Role::Server, &transmit(&mut server))[..] else { panic!("two pings") };
    assert_eq!(a, &ping(b"a"));
    assert!(matches!(probe, Seen::Ping(payload) if payload.len() == 8));
    server.ping(b"c").unwrap();
    server.close(None, "").unwrap();
    assert_eq!(server.ping(b"d"), Err(SendError::Closing));
    assert_eq!(server.probe(), Err(SendError::Closing));
    assert_eq!(transmit(&mut server), bytes("8901 63 8800"));
}

#[test]
fn the_application_can_answer_pings_itself() {
    // K-08: what it queues is bounded all the same.
    let mut server = server();
    server.set_auto_pong(false);
    receive(&mut server, &frame_to(Role::Server, 0x89, b"p")).unwrap();
    assert!(!server.is_urgent());
    for i in 0..100 {
        server.pong(&[i]).unwrap();
    }
    let sent = read(Role::Server, &transmit(&mut server));
    assert_eq!((sent.len(), sent.last()), (16, Some(&pong(&[99]))));
}

#[test]
fn a_silent_peer_is_pinged_and_then_given_up() {
    // K-11, K-12, L-16: at the exact millisecond.
    for role in ROLES {
        let mut clock = Clock::open(role, Timeouts::default());
        assert_eq!(clock.due(), Some(at(30_000)));
        assert_eq!(clock.handle(29_999), Ok(vec![]));
        let payload = ping_payload(&clock.handle(30_000).unwrap());
        assert_eq!(clock.due(), Some(at(50_000)));
        // K-13: early and often does no harm, and sends no second ping.
        for now in [30_000, 30_001, 49_999, 0] {
            assert_eq!(clock.handle(now), Ok(vec![]));
        }
        let silence = Cause::TimedOut(TimedOut::Silence);
        assert_eq!(clock.handle(50_000), Err(silence));
        assert_eq!(clock.handle(50_001), Err(silence));
        assert_eq!(clock.due(), None);
        let ended = clock.connection.account().unwrap();
        assert_eq!((ended.code(), ended.initiator), (1006, None));
        assert_eq!(ended.transport, Some(Initiator::Us));
        assert_eq!(clock.connection.ping(&payload), Err(SendError::Closing));
    }
}

#[test]
fn an_answer_in_time_starts_the_wait_anew() {
    // K-09, K-11.
    let mut clock = Clock::open(Role::Client, Timeouts::default());
    let payload = ping_payload(&clock.handle(31_000).unwrap());
    let round_trip = clock.receive(31_250, 0x8a, &payload);
    assert_eq!(round_trip, Some(Duration::from_millis(250)));
    assert_eq!(clock.due(), Some(at(61_250)));
    assert_eq!(clock.handle(61_249), Ok(vec![]));
    ping_payload(&clock.handle(61_250).unwrap());
}

#[test]
fn what_comes_in_the_instant_of_the_deadline_is_in_time() {
    // K-13: read first, it counts first.
    let mut clock = Clock::open(Role::Server, Timeouts::default());
    clock.receive(30_000, 0x81, b"");
    assert_eq!(clock.handle(30_000), Ok(vec![]));
    assert_eq!(clock.due(), Some(at(60_000)));
    ping_payload(&clock.handle(60_000).unwrap());
    clock.receive(80_000, 0x81, b"");
    assert_eq!(clock.handle(80_000), Ok(vec![]));
    // But once the time is up without it, it is up.
    ping_payload(&clock.handle(110_000).unwrap());
    assert_eq!(clock.handle(130_000), Err(Cause::TimedOut(TimedOut::Silence)));
}

#[test]
fn to_take_what_could_not_be_written_before_is_life() {
    let mut clock = Clock::open(Role::Server, Timeouts::default());
    clock.connection.send("Hello").unwrap();
    for (second, count) in [(1, 3), (20, 4)] {
        clock.connection.transmit();
        clock.connection.transmitted(count, at(1000 * second));
        assert_eq!(clock.due(), Some(at(1000 * (second + 30))));
        // To take nothing is not.
        clock.connection.transmitted(0, at(1000 * second + 5));
        assert_eq!(clock.due(), Some(at(1000 * (second + 30))));
    }
}

#[test]
fn any_byte_is_life_unless_only_a_pong_shall_be() {
    // K-11, K-10, A-55.
    for (liveness, is_life) in [(Liveness::Input, true), (Liveness::Pong, false)] {
        let mut clock = Clock::open(Role::Server, Timeouts::new().liveness(liveness));
        clock.receive(20_000, 0x81, b"text");
        let due = if is_life { 50_000 } else { 30_000 };
        assert_eq!(clock.due(), Some(at(due)));
        let payload = ping_payload(&clock.handle(due).unwrap());
        // Neither a message nor a pong that answers nothing will do.
        clock.receive(due + 1000, 0x82, b"");
        assert_eq!(clock.receive(due + 1000, 0x8a, b"else"), None);
        let due = if is_life { due + 31_000 } else { due + 20_000 };
        assert_eq!(clock.due(), Some(at(due)));
        assert!(clock.receive(due - 1, 0x8a, &payload).is_some());
        assert_eq!(clock.due(), Some(at(due - 1 + 30_000)));
    }
}

#[test]
fn the_answer_to_a_keepalive_ping_cannot_be_guessed() {
    // K-10: neither before it is written, nor from the ones before it, nor from another connection.
    let mut clock = Clock::open(Role::Client, Timeouts::new().liveness(Liveness::Pong));
    clock.connection.handle_timeout(at(30_000));
    for guess in [[0; 8], [0, 0, 0, 0, 0, 0, 0, 1]] {
        assert_eq!(clock.receive(30_001, 0x8a, &guess), None);
    }
    let payload = ping_payload(&clock.handle(30_002).unwrap());
    assert_eq!(clock.due(), Some(at(50_000)));
    let mut other = Clock::open(Role::Server, Timeouts::default());
    other.connection.seed_pings(&Seed::new([8; 32]));
    let mut others = vec![other.probe(0)];
    others.push(Clock::open(Role::Server, Timeouts::default()).probe(0));
    assert!(!others.contains(&payload) && others[0] != others[1]);
    // Each seed has its own.
    let of_client = |seed| {
        let (negotiated, config) = (Negotiated::new(), Config::new().shared());
        let client = Connection::open_client(negotiated, config, Seed::new([seed; 32]), at(0));
        Clock::new(client).probe(0)
    };
    let of_server = |seed| {
        let mut clock = Clock::open(Role::Server, Timeouts::default());
        clock.connection.seed_pings(&Seed::new([seed; 32]));
        clock.probe(0)
    };
    assert!(of_client(1) != of_client(2) && of_server(1) != of_server(2));
    assert_eq!((of_client(1), of_server(1)), (of_client(1), of_server(1)));
    for guess in others {
        assert_eq!(clock.receive(30_003, 0x8a, &guess), None);
    }
    // A pong with the right payload that came before its ping was written answered nothing.
    let mut early = Clock::open(Role::Server, Timeouts::default());
    early.connection.probe().unwrap();
    let mut same = Clock::open(Role::Server, Timeouts::default());
    assert_eq!(early.receive(1, 0x8a, &same.probe(1)), None);
}

#[test]
fn the_round_trip_time_is_measured() {
    // K-09: a pong answers the pings before it, too. K-10: an unknown one answers none.
    let mut clock = Clock::open(Role::Client, Timeouts::default());
    assert_eq!(clock.connection.round_trip(), None);
    let (a, b) = (clock.probe(0), clock.probe(100));
    assert_ne!(a, b);
    for unknown in [&b""[..], b"abcd", b"abcdefghi", &[0xff; 125], &[0, 0, 0, 2]] {
        assert_eq!(clock.receive(110, 0x8a, unknown), None);
    }
    assert_eq!(clock.receive(200, 0x8a, &b), Some(Duration::from_millis(100)));
    assert_eq!(clock.receive(210, 0x8a, &a), None, "it was answered with the one after it");
    assert_eq!(clock.receive(210, 0x8a, &b), None, "it was answered before");
    let c = clock.probe(300);
    assert_eq!(clock.receive(1200, 0x8a, &c), Some(Duration::from_millis(900)));
    let round_trip = clock.connection.round_trip().unwrap();
    assert_eq!(round_trip.last, Duration::from_millis(900));
    assert_eq!(round_trip.smoothed, Duration::from_millis((100 * 7 + 900) / 8));
    // Of many under way, the newest two are measured.
    let many: Vec<_> = (0..3).map(|i| clock.probe(2000 + i)).collect();
    assert_eq!(clock.receive(3000, 0x8a, &many[0]), None);
    assert_eq!(clock.receive(3000, 0x8a, &many[1]), Some(Duration::from_millis(999)));
    assert_eq!(clock.receive(3000, 0x8a, &many[2]), Some(Duration::from_millis(998)));
}

#[test]
fn a_round_trip_is_smoothed_to_the_microsecond() {
    // K-09
    let mut clock = Clock::open(Role::Client, Timeouts::default());
    for (second, micros, smoothed) in [(1, 7, 7), (2, 15, 8)] {
        let payload = clock.probe(1000 * second);
        let now = at(1000 * second) + Duration::from_micros(micros);
        let frame = frame_to(Role::Client, 0x8a, &payload);
        clock.connection.receive(&mut clock.input, frame, now);
        clock.connection.drain(&mut clock.input).unwrap();
        let round_trip = clock.connection.round_trip().expect("it was answered");
        assert_eq!(round_trip.last, Duration::from_micros(micros));
        assert_eq!(round_trip.smoothed, Duration::from_micros(smoothed));
    }
}

#[test]
fn every_timeout_can_be_set_and_lifted() {
    let new = Timeouts::new;
    let all = [
        // The opening handshake, and the decision of the application.
        (new().opening(seconds(3)), new().opening(None), "opening", 3000),
        (new().decision(seconds(3)), new().decision(None), "decision", 3000),
        // Silence before a ping, and after it.
        (new().idle(seconds(3)), new().idle(None), "idle", 3000),
        (new().pong(seconds(3)), new().pong(None), "pong", 33_000),
        // C-22, and C-21.
        (new().close(seconds(3)), new().close(None), "close", 4000),
        (new().end(seconds(3)), new().end(None), "end", 4000),
    ];
    for (set, lifted, what, due) in all {
        for (timeouts, due) in [(set, Some(at(due))), (lifted, None)] {
            let mut clock = Clock::open(Role::Client, timeouts);
            match what {
                "opening" => {
                    let config = Config::new().timeouts(timeouts).shared();
                    clock = Clock::new(Connection::server(config, at(0)));
                }
                "decision" => clock = Clock::asked(timeouts),
                "pong" => drop(clock.handle(30_000)),
                "close" => {
                    clock.connection.close(CloseCode::NORMAL, "").unwrap();
                    clock.handle(1000).unwrap();
                }
                "end" => {
                    clock.receive(1000, 0x88, b"");
                    clock.handle(1000).unwrap();
                }
                _ => {}
            }
            assert_eq!(clock.due(), due, "{what}");
            if due.is_none() {
                assert_eq!(clock.handle(u64::MAX), Ok(vec![]), "{what}");
            }
        }
    }
}

#[test]
fn the_opening_handshake_has_its_time() {
    // L-05.
    let config = Config::new().shared();
    let mut clock = Clock::new(Connection::server(config, at(500)));
    assert_eq!(clock.due(), Some(at(10_500)));
    clock.connection.feed(&mut clock.input, b"GET / HTTP/1.1");
    let mut spare = clock.connection.spare(&mut clock.input);
    spare.buffer()[0] = b'\r';
    spare.filled(1, at(10_000));
    assert_eq!(clock.connection.next(&mut clock.input), Ok(None));
    assert_eq!(clock.due(), Some(at(10_500)), "a byte now and then is not enough");
    assert!(!clock.connection.handle_timeout(at(10_499)));
    assert!(clock.connection.handle_timeout(at(10_500)));
    assert!(transmit(&mut clock.connection).starts_with(b"HTTP/1.1 408 "));
    let ended = clock.connection.account().unwrap();
    assert_eq!(ended.cause, Cause::TimedOut(TimedOut::Opening));
    // What is open has another time.
    let mut clock = Clock::asked(Timeouts::default());
    clock.connection.handle_timeout(at(10_400));
    clock.connection.accept();
    transmit(&mut clock.connection);
    assert_eq!(clock.due(), Some(at(40_400)));
}

#[test]
fn keepalive_stops_when_closing_begins() {
    // K-17, C-22: what still comes does not prolong the wait for the close frame.
    let mut clock = Clock::open(Role::Client, Timeouts::default());
    clock.connection.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(clock.handle(40_000), Ok(vec![close(1000)]));
    assert_eq!(clock.due(), Some(at(50_000)));
    clock.receive(45_000, 0x82, b"still here");
    assert_eq!(clock.handle(49_999), Ok(vec![]));
    assert_eq!(clock.handle(50_000), Err(Cause::TimedOut(TimedOut::Close)));
    // C-21: the peer's close frame begins another wait, for the end of the transport. That is no error.
    let mut clock = Clock::open(Role::Client, Timeouts::default());
    clock.connection.close(CloseCode::NORMAL, "").unwrap();
    clock.handle(1000).unwrap();
    clock.receive(9000, 0x88, b"");
    assert_eq!(clock.handle(9000), Ok(vec![]));
    assert_eq!(clock.due(), Some(at(14_000)));
    assert_eq!(clock.handle(14_000), Err(Cause::ClosingHandshake));
    let ended = clock.connection.account().unwrap();
    assert!(ended.is_clean() && ended.transport == Some(Initiator::Us));
}

#[test]
fn a_failed_connection_waits_only_for_its_end() {
    let mut clock = Clock::open(Role::Server, Timeouts::default());
    receive(&mut clock.connection, &[0x83]).unwrap_err();
    assert_eq!(clock.handle(1000), Ok(vec![close(1002)]));
    assert_eq!(clock.due(), Some(at(5000)));
    let violation = clock.handle(5000).unwrap_err();
    assert!(matches!(violation, Cause::Violation(_)), "{violation:?}");
}

#[test]
fn a_close_frame_that_was_not_written_in_time_was_not_sent() {
    // C-18: neither one that waits, nor the answer to that of the peer.
    for (first, is_answer) in [(0x81, false), (0x88, true)] {
        for is_queued in [false, true] {
            let mut clock = Clock::open(Role::Server, Timeouts::default());
            clock.connection.send("before").unwrap();
            clock.receive(0, first, b"");
            if !is_answer {
                clock.connection.close(None, "").unwrap();
                assert!(!clock.connection.handle_timeout(at(0)));
            }
            if is_queued {
                assert!(!clock.connection.transmit().is_empty());
                clock.connection.transmitted(3, at(0));
            }
            let due = clock.due().unwrap();
            assert!(clock.connection.handle_timeout(due));
            let Step::Done(ended) = clock.connection.next_step() else { panic!("it is over") };
            assert_eq!(ended.sent, sansocket::CloseFrame::Absent);
            assert!(!ended.is_clean());
        }
    }
}

#[test]
fn who_cannot_be_written_to_is_heard_no_longer_than_the_end_may_take() {
    // C-33.
    for is_closing in [false, true] {
        let mut clock = Clock::open(Role::Client, Timeouts::default());
        clock.connection.handle_write_error(at(1000));
        if is_closing {
            clock.connection.close(CloseCode::NORMAL, "").unwrap();
        }
        clock.handle(2000).unwrap();
        clock.connection.handle_write_error(at(3000));
        clock.receive(4000, 0x81, b"late");
        assert_eq!(clock.due(), Some(at(6000)));
        assert_eq!(clock.handle(5999), Ok(vec![]));
        assert_eq!(clock.handle(6000), Err(Cause::TransportEnded));
    }
}

#[test]
fn time_is_counted_without_overflow() {
    // K-13.
    let end = Timestamp::new(Duration::MAX);
    let mut clock = Clock::open(Role::Client, Timeouts::new().idle(Duration::MAX));
    clock.receive(1, 0x81, b"");
    assert_eq!(clock.due(), Some(end));
    clock.connection.handle_timeout(end);
    let payload = ping_payload(&read(Role::Client, &transmit(&mut clock.connection)));
    // A clock that goes backwards measures nothing, and breaks nothing.
    assert_eq!(clock.receive(0, 0x8a, &payload), Some(Duration::ZERO));
    assert_eq!(at(5).since(at(7)), Duration::ZERO);
    assert_eq!(at(5) + Duration::from_millis(2), at(7));
    assert_eq!(at(5) + Duration::MAX, end);
    assert_eq!(at(7).since(at(5)), Duration::from_millis(2));
}

#[test]
fn each_timeout_says_what_did_not_come() {
    for (timed_out, text) in [
        (TimedOut::Blocked, "peer takes nothing: it is gone, or both ends are blocked on writing"),
        (TimedOut::Close, "peer did not answer the close frame in time"),
        (TimedOut::Decision, "request was not decided in time"),
        (TimedOut::Opening, "opening handshake took too long"),
        (TimedOut::Silence, "peer did not answer a ping in time"),
    ] {
        assert_eq!(timed_out.to_string(), text);
    }
}
