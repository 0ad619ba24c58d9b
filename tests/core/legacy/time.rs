//! The deadlines of drafts 75 and 76, and the ends of their transport.

use std::sync::Arc;
use std::time::Duration;

use harness::{START, old_client, old_response};
use sansocket::legacy::{Connection, Draft};
use sansocket::server::Response;
use sansocket::{Cause, Config, Event, Initiator, Input, Step, TimedOut};

use super::support::*;

fn seconds(count: u64) -> sansocket::Timestamp {
    START + Duration::from_secs(count)
}

/// A server that was given a stream, and has accepted the request if there was one.
fn accepting(stream: &[u8]) -> (Connection, Input<Vec<u8>>) {
    accepting_with(stream, open_to_all())
}

fn accepting_with(stream: &[u8], config: Arc<Config>) -> (Connection, Input<Vec<u8>>) {
    let mut server = Connection::server(config, START).with_read_ahead(stream);
    let mut input = Input::new(Vec::new());
    while let Some(event) = server.next_event(&mut input) {
        if event == Event::Request {
            server.accept();
        }
    }
    (server, input)
}

fn cause(server: &mut Connection, input: &mut Input<Vec<u8>>) -> Cause {
    if server.next_step() == Step::Shutdown {
        server.handle_shutdown();
        server.handle_eof(START);
        assert_eq!(server.next_event(input), None);
    }
    server.ended().expect("it is over").cause
}

#[test]
fn a_request_that_does_not_come_is_answered_with_408() {
    let (mut server, mut input) = accepting(&request_75(&[])[..20]);
    assert_eq!(server.poll_timeout(), Some(seconds(10)));
    assert!(!server.handle_timeout(seconds(9)) && server.handle_timeout(seconds(10)));
    assert!(server.transmit().starts_with(b"HTTP/1.1 408 "));
    written(&mut server, seconds(10));
    assert_eq!(cause(&mut server, &mut input), Cause::TimedOut(TimedOut::Opening));
}

/// Z-22: behind the head of our response, no other can follow.
#[test]
fn eight_bytes_that_do_not_come_end_the_transport() {
    let (mut server, mut input) = accepting(&request_76(&[]));
    let head = server.queued();
    server.transmitted(head, seconds(5));
    assert_eq!(server.poll_timeout(), Some(seconds(15)));
    assert!(server.handle_timeout(seconds(15)));
    assert_eq!((server.queued(), server.next_event(&mut input)), (0, None));
    assert_eq!(cause(&mut server, &mut input), Cause::TimedOut(TimedOut::Opening));
}

#[test]
fn a_decision_that_does_not_come_is_answered_with_503() {
    let mut server = Connection::server(open_to_all(), START).with_read_ahead(&request_75(&[]));
    let mut input = Input::new(Vec::new());
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    assert!(server.handle_timeout(seconds(60)));
    assert!(server.transmit().starts_with(b"HTTP/1.1 503 "));
    server.accept();
    server.reject(Response::not_found(""));
    assert!(server.request().is_none() && server.draft().is_none(), "it is too late");
    written(&mut server, seconds(60));
    assert_eq!(cause(&mut server, &mut input), Cause::TimedOut(TimedOut::Decision));
}

#[test]
fn an_open_connection_has_no_deadline_while_nothing_waits() {
    let (mut server, mut input) = accepting(&request_75(&[]));
    written(&mut server, START);
    assert_eq!(server.poll_timeout(), None);
    assert!(!server.handle_timeout(seconds(1_000_000)));

    // From the message on, the client has some time to take it.
    server.send("Hello").expect("it is open");
    server.transmitted(0, seconds(1_000_000));
    assert_eq!(server.poll_timeout(), Some(seconds(1_000_030)));
    server.transmitted(2, seconds(1_000_001));
    assert_eq!(server.poll_timeout(), Some(seconds(1_000_031)));
    // Neither a write of nothing nor another message gives it more.
    server.transmitted(0, seconds(1_000_002));
    server.send("more").expect("it is open");
    server.transmitted(0, seconds(1_000_003));
    assert_eq!(server.poll_timeout(), Some(seconds(1_000_031)));
    server.transmitted(2, seconds(1_000_020));
    assert!(
        !server.handle_timeout(seconds(1_000_049)) && server.handle_timeout(seconds(1_000_050))
    );
    assert_eq!(cause(&mut server, &mut input), Cause::TimedOut(TimedOut::Blocked));
}

/// Z-29: our close frame, theirs, and the end of the transport.
#[test]
fn draft_76_closes_with_a_handshake() {
    let (mut server, mut input) = accepting(&[&request_76(&[])[..], KEY].concat());
    written(&mut server, START);
    server.close().expect("it is open");
    assert_eq!(server.transmit(), b"\xff\0");
    server.transmitted(2, START);
    assert_eq!(server.poll_timeout(), Some(seconds(10)));
    // A message that was on its way.
    server.receive(&mut input, b"\x00late\xff\xff\x00".to_vec(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("late")));
    assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
    assert_eq!((server.next_event(&mut input), server.queued()), (None, 0));
    assert_eq!(server.next_step(), Step::Shutdown, "the server ends the transport");
    assert_eq!(cause(&mut server, &mut input), Cause::ClosingHandshake);
    assert_eq!(server.ended().and_then(|ended| ended.initiator), Some(Initiator::Us));

    let (mut server, mut input) = accepting(&[&request_76(&[])[..], KEY].concat());
    server.close().expect("it is open");
    written(&mut server, START);
    assert!(server.handle_timeout(seconds(10)));
    assert_eq!(cause(&mut server, &mut input), Cause::TimedOut(TimedOut::Close));
    assert!(server.ended().is_some_and(|ended| ended.sent.is_present()), "it was written");
}

#[test]
fn texts_after_our_close_frame_are_discarded_if_the_configuration_says_so() {
    const CLOSE: &str = "Close(Close { code: None, reason: \"\" })";
    for (discards, expected) in [(false, &["Text(\"late\")", CLOSE][..]), (true, &[CLOSE])] {
        let config = Arc::unwrap_or_clone(open_to_all()).discard_after_close(discards);
        let stream = [&request_76(&[])[..], KEY].concat();
        let (mut server, mut input) = accepting_with(&stream, config.shared());
        server.close().expect("it is open");
        server.receive(&mut input, b"\x00late\xff\xff\x00".to_vec(), START);
        let mut seen = Vec::new();
        while let Some(event) = server.next_event(&mut input) {
            seen.push(format!("{event:?}"));
        }
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_sender_is_full_when_as_many_bytes_wait_as_the_configuration_says() {
    let config = Arc::unwrap_or_clone(open_to_all()).max_queued(10);
    let (mut server, _) = accepting_with(&request_75(&[]), config.shared());
    written(&mut server, START);
    for (text, is_full) in [("1234567", false), ("12345678", true)] {
        server.send(text).expect("it is open");
        assert_eq!((server.queued(), server.is_full()), (text.len() + 2, is_full));
        written(&mut server, START);
    }
}

#[test]
fn a_read_of_nothing_is_the_end_unless_there_was_no_room() {
    let (mut server, mut without_room) = accepting(&request_75(&[]));
    written(&mut server, START);
    server.spare(&mut without_room).filled(0, START);
    assert_eq!(server.next_event(&mut without_room), None);
    assert_eq!(server.next_step(), Step::Io { read: true, write: false });
    let mut input = Input::new(vec![0; 16]);
    server.spare(&mut input).filled(0, START);
    assert_eq!(server.next_event(&mut input), None);
    assert_eq!(server.next_step(), Step::Shutdown);
    assert_eq!(cause(&mut server, &mut input), Cause::TransportEnded);

    let (mut server, mut input) = accepting(&request_75(&[]));
    written(&mut server, START);
    server.receive(&mut input, Vec::new(), START);
    assert_eq!((server.next_event(&mut input), server.next_step()), (None, Step::Shutdown));
}

/// Section 7.1.1 of RFC 6455, as draft 76 has it: the client waits for the server to end the transport.
#[test]
fn a_client_waits_for_the_server_to_end_the_transport() {
    let response = old_response(Draft::Hixie76);
    let mut client = old_client(Draft::Hixie76, &open_to_all()).with_read_ahead(&response);
    let mut input = Input::new(Vec::new());
    assert_eq!(client.next_event(&mut input), Some(Event::Open));
    client.receive(&mut input, b"\xff\0".to_vec(), START);
    assert!(matches!(client.next_event(&mut input), Some(Event::Close(_))));
    written(&mut client, START);
    assert_eq!(client.next_step(), Step::Io { read: true, write: false });
    client.handle_eof(START);
    assert_eq!((client.next_event(&mut input), client.next_step()), (None, Step::Shutdown));
}

/// Z-12
#[test]
fn draft_75_closes_by_the_end_of_the_transport() {
    let (mut server, mut input) = accepting(&request_75(&[]));
    server.send("bye").expect("it is open");
    server.close().expect("it is open");
    assert!(matches!(server.next_step(), Step::Io { write: true, .. }), "the message leaves first");
    written(&mut server, START);
    assert_eq!(server.next_step(), Step::Shutdown);
    server.handle_shutdown();
    server.receive(&mut input, b"\x00late\xff".to_vec(), START);
    assert_eq!(server.next_event(&mut input), None);
    server.handle_eof(START);
    assert_eq!(server.next_event(&mut input), None);
    let ended = server.ended().expect("it is over");
    let expected = (Cause::TransportEnded, Some(Initiator::Us), false);
    assert_eq!((ended.cause, ended.transport, ended.is_clean()), expected);
}

#[test]
fn a_write_error_drops_what_waits_and_reads_on() {
    let (mut server, mut input) = accepting(&[&request_76(&[])[..], KEY].concat());
    server.send("lost").expect("it is open");
    server.handle_write_error(START);
    assert_eq!((server.queued(), server.send("lost, too")), (0, Ok(())));
    assert_eq!(server.queued(), 0);
    server.receive(&mut input, b"\x00said\xff\xff\x00".to_vec(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("said")));
    assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
    assert!(
        matches!(server.next_step(), Step::Done(ended) if !ended.sent.is_present()),
        "no reply left"
    );
}

/// Whoever has given bytes to a stream may learn of their fate late.
#[test]
fn bytes_in_flight_may_be_reported_after_they_were_dropped() {
    let ends: [fn(&mut Connection); 2] = [
        |server| server.handle_write_error(START),
        |server| assert!(server.handle_timeout(seconds(1000))),
    ];
    for end in ends {
        let (mut server, _) = accepting(&request_75(&[]));
        written(&mut server, START);
        server.send("lost").expect("it is open");
        server.transmitted(1, START);
        let count = server.transmit().len();
        end(&mut server);
        server.transmitted(count, seconds(1000));
        assert_eq!(server.queued(), 0);
    }
}

#[test]
fn bytes_of_another_connection_are_left_alone() {
    for is_open in [false, true] {
        let stream = if is_open { request_75(&[]) } else { Vec::new() };
        let (mut idle, _) = accepting(&stream);
        let (mut server, _) = accepting(&request_75(&[]));
        let mut input = Input::new(vec![0; 64]);
        feed(&mut server, &mut input, b"\x00mine\xff");
        assert_eq!(idle.next_event(&mut input), None);
        assert_eq!(server.next_event(&mut input), Some(Event::Text("mine")), "{is_open}");
    }
}

#[test]
fn a_write_error_before_the_decision_is_not_forgotten() {
    let stream = [&request_76(&[])[..], KEY, b"\xff\0"].concat();
    let mut server = Connection::server(open_to_all(), START).with_read_ahead(&stream);
    let mut input = Input::new(Vec::new());
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    server.handle_write_error(START);
    server.accept();
    assert_eq!(server.next_event(&mut input), Some(Event::Open));
    assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
    assert!(matches!(server.next_step(), Step::Done(ended) if !ended.sent.is_present()));
}

#[test]
fn bytes_that_another_connection_has_dropped_are_the_end() {
    let (mut server, mut input) = accepting(&request_75(&[]));
    server.receive(&mut input, b"\x00a\xff".to_vec(), START);
    let mut other = Connection::server(open_to_all(), START);
    other.receive(&mut input, b"GET".to_vec(), START);
    assert_eq!(server.next_event(&mut input), None);
    assert_eq!(server.next_step(), Step::Io { read: false, write: true });
}
