//! The timeouts of the opening handshake: of the request, the decision, the answer and its body.

use std::sync::Arc;
use std::time::Duration;

use sansocket::server::Response;
use sansocket::{Cause, Config, Connection, Input, Seed, Step, TimedOut, Timeouts, Timestamp};

use crate::support::handshake::*;

fn at(millis: u64) -> Timestamp {
    Timestamp::new(Duration::from_millis(millis))
}

fn config(timeouts: Timeouts) -> Arc<Config> {
    Config::new().policy(open_to_all()).timeouts(timeouts).shared()
}

/// An end that was given the stream at this time.
fn read_at(mut connection: Connection, stream: &[u8], millis: u64) -> Connection {
    connection.handle_timeout(at(millis));
    let mut input = Input::new(Vec::new());
    connection.receive(&mut input, stream.to_vec(), at(millis));
    let opened = next(&mut connection, &mut input);
    assert!(matches!(opened, None | Some(Opened::Request)), "{opened:?}");
    connection
}

/// The time of the next timeout. It has an effect at this time and not before.
fn time_out(connection: &mut Connection) -> Duration {
    let due = connection.poll_timeout().expect("a timeout");
    let due = due.since(Timestamp::new(Duration::ZERO));
    let before = due - Duration::from_nanos(1);
    assert!(!connection.handle_timeout(Timestamp::new(before)));
    assert!(connection.handle_timeout(Timestamp::new(due)));
    due
}

#[test]
fn the_decision_of_the_application_does_not_count_as_time_of_the_peer() {
    let timeouts = Timeouts::new().opening(Duration::from_millis(300));
    type Decision = fn(&mut Connection);
    let decisions: [(Decision, &str); 3] = [
        (|server| server.accept(), "HTTP/1.1 101 "),
        (|server| server.reject(Response::new(404, &[], b"no").unwrap()), "HTTP/1.1 404 "),
        (|server| server.require_upgrade(), "HTTP/1.1 426 "),
    ];
    for (decide, answer) in decisions {
        let stream = match answer {
            "HTTP/1.1 426 " => b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            _ => request(&[]),
        };
        let mut input = Input::new(Vec::new());
        let mut server = Connection::server(config(timeouts), at(0));
        server.receive(&mut input, stream, at(200));
        assert!(next(&mut server, &mut input).is_some());
        // 0.4 s later: L-05 counts the request only.
        assert!(!server.handle_timeout(at(600)), "{answer}");
        decide(&mut server);
        assert!(!server.handle_timeout(at(700)), "{answer}");
        assert!(written(&mut server).starts_with(answer), "{answer}");
    }
}

#[test]
fn a_request_that_is_not_decided_in_time_gets_a_503() {
    let timeouts = Timeouts::new().decision(Duration::from_secs(2));
    let server = Connection::server(config(timeouts), at(0));
    let mut server = read_at(server, &request(&[]), 500);
    assert!(server.request().is_some());
    assert_eq!(time_out(&mut server), Duration::from_millis(2500), "from the request on");
    assert!(server.request().is_none() && server.head().is_none(), "it is too late");
    server.accept();
    server.reject(Response::new(404, &[], b"").unwrap());
    let answer = written(&mut server);
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert_eq!(value(&answer, "Connection"), Some("close"));
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "one answer: {answer}");
    assert!(!server.is_open());
    assert_eq!(end(server).cause, Cause::TimedOut(TimedOut::Decision));
}

#[test]
fn a_decision_without_a_timeout_waits_for_ever() {
    let server = Connection::server(config(Timeouts::new().decision(None)), at(0));
    let mut server = read_at(server, &request(&[]), 500);
    assert_eq!(server.poll_timeout(), None);
    assert!(!server.handle_timeout(at(u64::MAX)));
    assert!(accepted(&mut server).starts_with("HTTP/1.1 101 "));
}

/// H-S-48, L-05, A-22.
#[test]
fn a_request_that_does_not_arrive_in_time_gets_a_408() {
    let stream = request(&[]);
    let server = Connection::server(config(Timeouts::new()), at(0));
    // Bytes that arrive slowly extend no timeout.
    let mut server = read_at(server, &stream[..20], 9000);
    assert_eq!(time_out(&mut server), Duration::from_secs(10), "L-05");
    assert!(written(&mut server).starts_with("HTTP/1.1 408 Request Timeout\r\n"), "H-S-48");
    assert_eq!(end(server).cause, Cause::TimedOut(TimedOut::Opening), "A-22");
}

#[test]
fn the_timeout_of_an_answer_starts_again_when_the_peer_takes_some_of_it() {
    let server = Connection::server(config(Timeouts::new()), at(0));
    let mut server = read_at(server, &request(&[]), 0);
    server.reject(Response::new(404, &[], &[b'x'; 1000]).unwrap());
    for second in (4..40).step_by(4) {
        assert!(!server.handle_timeout(at(second * 1000)), "{second}");
        server.transmitted(1, at(second * 1000));
    }
    assert_eq!(time_out(&mut server), Duration::from_secs(36 + 5));
    assert!(matches!(server.next_step(), Step::Done(ended) if ended.cause == Cause::Rejected));
}

fn client(timeouts: Timeouts) -> Connection {
    let mut client = Connection::client(offer(), config(timeouts), Seed::new(SEED), at(0));
    written(&mut client);
    client
}

/// A head and a beginning of a body that does not end.
const UNENDED: [(&str, u16, &str); 5] = [
    ("403 Forbidden\r\n\r\nbecause", 403, "because"),
    ("403 Forbidden\r\n\r\n", 403, ""),
    ("401 Who?\r\nWWW-Authenticate: Basic\r\nContent-Length: 99\r\n\r\nwho", 401, "who"),
    ("200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", 200, "data: 1\n\n"),
    ("502 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 502, "abc"),
];

#[test]
fn a_rejection_whose_body_does_not_end_is_reported_after_the_timeout_of_the_body() {
    for (text, status, body) in UNENDED {
        let stream = format!("HTTP/1.1 {text}");
        let mut client = read_at(client(Timeouts::new()), stream.as_bytes(), 3000);
        assert_eq!(time_out(&mut client), Duration::from_secs(4), "H-C-15: {text}");
        assert_rejected(client, status, body);
    }
}

#[test]
fn the_timeout_of_a_body_passes_once_although_nobody_looks_for_the_rejection() {
    for is_late in [false, true] {
        let mut client = read_at(client(Timeouts::new()), b"HTTP/1.1 403 x\r\n\r\nno", 3000);
        assert!(client.handle_timeout(at(4000)));
        assert!(!client.handle_timeout(at(4000)), "H-C-15: it has passed");
        assert_eq!(client.poll_timeout(), Some(at(9000)));
        if is_late {
            assert!(client.handle_timeout(at(9000)));
            assert_eq!(client.ended().unwrap().cause, Cause::TransportEnded);
        } else {
            assert_rejected(client, 403, "no");
        }
    }
}

#[test]
fn the_timeout_of_a_body_counts_from_the_head_and_can_be_set() {
    let timeouts = Timeouts::new().body(Duration::from_millis(200));
    let mut client = read_at(client(timeouts), b"HTTP/1.1 403 x\r\n\r\n", 3000);
    // A stream of events that never ends.
    for (part, millis) in (3010..3200).step_by(10).enumerate() {
        client = read_at(client, &[b'a' + u8::try_from(part).unwrap()], millis);
    }
    assert_eq!(time_out(&mut client), Duration::from_millis(3200), "H-C-15");
    assert_rejected(client, 403, "abcdefghijklmnopqrs");
}

#[test]
fn a_rejection_whose_body_is_reset_is_reported() {
    for (text, status, body) in UNENDED {
        let stream = format!("HTTP/1.1 {text}");
        let mut client = read_at(client(Timeouts::new()), stream.as_bytes(), 3000);
        client.handle_eof(at(3100));
        let opened = next(&mut client, &mut Input::new(Vec::new()));
        assert_eq!(opened, Some(Opened::Rejected), "H-C-15: {text}");
        let response = client.take_response().unwrap();
        assert_eq!((response.status(), response.body()), (status, body.as_bytes()), "H-C-15");
        // Without a length, the end of the transport is the end of the body (RFC 9112, section 6.3).
        let is_delimited = text.contains("Content-Length") || text.contains("chunked");
        assert_eq!(response.is_truncated(), is_delimited, "H-C-15: {text}");
        assert_eq!(end(client).cause, Cause::Rejected);
    }
}

/// Asserts that a client reports this rejection, with a body that is truncated.
fn assert_rejected(mut client: Connection, status: u16, body: &str) {
    let opened = next(&mut client, &mut Input::new(Vec::new()));
    assert_eq!(opened, Some(Opened::Rejected), "H-C-15: {status}");
    let response = client.take_response().unwrap();
    assert_eq!((response.status(), response.body()), (status, body.as_bytes()), "H-C-15");
    assert!(response.is_truncated(), "H-C-15: {status} {body}");
    let challenge = (status == 401).then_some("Basic");
    assert_eq!(response.headers().text("WWW-Authenticate"), challenge, "H-C-15");
    assert_eq!(end(client).cause, Cause::Rejected, "H-C-15");
}
