//! The opening handshake over HTTP/2 and HTTP/3: fields in, fields out (RFC 8441 and RFC 9220).

use harness::START;
use proptest::collection::vec;
use proptest::prelude::*;
use sansocket::client::{self, Answer, ResponseError};
use sansocket::server::{self, Hosts, Origins, Policy, RequestError, RequestError::*};
use sansocket::{
    Cause, CloseCode, Config, Connection, Event, Fields, HandshakeLimits, HeadError, Input,
    Negotiated, Seed, Step, TimedOut, Timestamp, Url,
};

type Field = (&'static str, &'static str);

/// A valid request.
const GOOD: [Field; 7] = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":authority", "server.example.com"),
    (":path", "/chat?room=1"),
    ("sec-websocket-version", "13"),
    ("origin", "https://server.example.com"),
];

fn with(name: &str, value: &'static str) -> Vec<Field> {
    let change = |(other, old)| (other, if other == name { value } else { old });
    GOOD.map(change).to_vec()
}

fn without(name: &str) -> Vec<Field> {
    GOOD.into_iter().filter(|&(other, _)| other != name).collect()
}

fn and(fields: &[Field]) -> Vec<Field> {
    [&GOOD, fields].concat()
}

fn receive(fields: &[Field]) -> Result<server::Request, RequestError> {
    server::Request::from_fields(fields.iter().copied(), &Policy::new())
}

fn texts(fields: &Fields) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    fields.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

/// E-15, E-18, E-33, V-43.
#[test]
fn a_good_request_is_answered_with_200_and_no_key() {
    let request = receive(&GOOD).unwrap();
    assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
    assert_eq!(request.authority().host(), "server.example.com");
    assert_eq!(request.origin(), Some("https://server.example.com"));
    let (fields, _) = request.accept_fields();
    assert_eq!(texts(&fields), [(":status".into(), "200".into())]);
}

/// E-05 to E-07, E-18.
#[test]
fn what_was_selected_is_in_the_answer_with_names_in_lower_case() {
    let mut request = receive(&and(&[("sec-websocket-protocol", "v1, v2")])).unwrap();
    request.select_protocol("v2").unwrap();
    request.add_header("X-Served-By", "Us").unwrap();
    let (fields, _) = request.accept_fields();
    let expected = [(":status", "200"), ("sec-websocket-protocol", "v2"), ("x-served-by", "Us")];
    assert_eq!(texts(&fields), expected.map(|(name, value)| (name.into(), value.into())));
}

#[test]
fn each_bad_request_has_its_reason_and_status() {
    let head = Head;
    let table: Vec<(&str, Vec<Field>, RequestError, u16)> = vec![
        // E-14: no `:protocol` asks for a tunnel; and a `GET` is for the HTTP server.
        ("E-14", without(":protocol"), NotExtendedConnect, 405),
        ("E-14", with(":method", "GET"), NotExtendedConnect, 405),
        ("E-14", without(":method"), NotExtendedConnect, 405),
        ("E-14", vec![], NotExtendedConnect, 405),
        ("E-11", without(":scheme"), BadTarget, 400),
        ("E-11", with(":scheme", "ftp"), BadTarget, 400),
        ("E-11", without(":path"), BadTarget, 400),
        ("E-11", with(":path", ""), BadTarget, 400),
        ("E-11", with(":path", "*"), BadTarget, 400),
        ("E-11", with(":path", "/a b"), BadTarget, 400),
        ("E-11", with(":path", "/\r\nx: y"), BadTarget, 400),
        ("E-11", with(":path", "/#a"), BadTarget, 400),
        ("E-12", with(":protocol", "webtransport"), UnsupportedProtocol, 501),
        ("E-13", with(":protocol", "connect-udp"), UnsupportedProtocol, 501),
        ("E-13", with(":protocol", ""), UnsupportedProtocol, 501),
        ("E-15", without(":authority"), MissingHost, 400),
        ("E-15", with(":authority", ""), BadHost, 400),
        ("E-15", with(":authority", "a b"), BadHost, 400),
        ("E-15", with(":authority", "user@a"), BadHost, 400),
        ("E-15", with(":authority", "a\r\nx: y"), BadHost, 400),
        ("E-16", and(&[("host", "other.example.com")]), BadHost, 400),
        (
            "E-16",
            and(&[("host", "server.example.com"), ("host", "server.example.com")]),
            BadHost,
            400,
        ),
        ("E-17", without("sec-websocket-version"), MissingVersion, 400),
        ("E-17", with("sec-websocket-version", "8"), BadVersion, 400),
        ("E-17", with("sec-websocket-version", "13, 8"), BadVersion, 400),
        ("E-26", and(&[("content-length", "1")]), HasBody, 400),
        ("E-26", and(&[("content-length", "x")]), BadContentLength, 400),
        ("E-09", and(&[("connection", "upgrade")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("upgrade", "websocket")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("transfer-encoding", "chunked")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("keep-alive", "1")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("proxy-connection", "close")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("te", "gzip")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("Upper", "case")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("", "no name")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("a b", "")]), head(HeadError::BadField), 400),
        ("E-09", and(&[("x", "a\r\nhost: b")]), head(HeadError::ControlCharacter), 400),
        ("E-09", and(&[("x", "a\0b")]), head(HeadError::ControlCharacter), 400),
        ("E-09", and(&[(":path", "/late")]), head(HeadError::BadField), 400),
        ("E-09", [&[("x", "y")], &GOOD[..]].concat(), head(HeadError::BadField), 400),
        ("E-09", [&[("cookie", "a=1")], &GOOD[..]].concat(), head(HeadError::BadField), 400),
        ("E-09", [&[("host", "a")], &GOOD[..]].concat(), head(HeadError::BadField), 400),
        ("E-09", [&[(":path", "/twice")], &GOOD[..]].concat(), head(HeadError::BadField), 400),
        ("E-09", [&[(":status", "200")], &GOOD[..]].concat(), head(HeadError::BadField), 400),
        ("E-09", [&[(":unknown", "1")], &GOOD[..]].concat(), head(HeadError::BadField), 400),
        ("E-31", and(&[("sec-websocket-extensions", "a;;")]), BadExtension, 400),
        ("H-S-29", with("origin", "https://evil.example"), ForbiddenOrigin, 403),
        ("H-S-34", and(&[("sec-websocket-protocol", "a, a")]), BadProtocol, 400),
    ];
    for (rule, fields, error, status) in table {
        let seen = receive(&fields).map(|_| ()).unwrap_err();
        assert_eq!((seen, seen.status()), (error, Some(status)), "{rule}: {fields:?}");
        let fields = seen.to_fields().unwrap();
        assert_eq!(texts(&fields)[0], (":status".to_owned(), status.to_string()));
        // RFC 9113, section 8.2.2.
        assert!(fields.iter().all(|(name, _)| !matches!(name, "upgrade" | "connection")));
    }
    let fields = texts(&BadVersion.to_fields().unwrap());
    assert!(fields.contains(&("sec-websocket-version".into(), "13".into())), "E-17: {fields:?}");
}

#[test]
fn what_means_nothing_is_accepted() {
    let table: Vec<(&str, Vec<Field>)> = vec![
        ("E-10", and(&[("sec-websocket-key", "no key"), ("sec-websocket-accept", "none")])),
        ("E-13", with(":protocol", "WebSocket")),
        ("E-16", and(&[("host", "Server.example.com")])),
        ("E-26", and(&[("content-length", "0")])),
        ("E-09", and(&[("te", "trailers")])),
        ("E-06", with(":scheme", "http")),
        ("H-S-28", without("origin")),
    ];
    for (rule, fields) in table {
        assert!(receive(&fields).is_ok(), "{rule}: {fields:?}");
    }
    let mut fields = without(":authority");
    fields.push(("host", "server.example.com"));
    assert_eq!(receive(&fields).unwrap().authority().host(), "server.example.com");
}

/// E-27.
#[test]
fn cookies_that_arrive_apart_are_one_header() {
    let request = receive(&and(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")])).unwrap();
    assert_eq!(request.headers().text("Cookie"), Some("a=1; b=2"));
    assert_eq!(request.headers().values("Cookie").count(), 1);
}

/// L-01, L-02, E-15.
#[test]
fn the_policy_and_its_limits_hold() {
    let check = |policy: &Policy| server::Request::from_fields(GOOD, policy).map(|_| ()).err();
    let limits = |limits| check(&Policy::new().limits(limits));
    let new = HandshakeLimits::new;
    assert_eq!(limits(new().bytes(100)), Some(Head(HeadError::TooLong)));
    assert_eq!(limits(new().fields(2)), Some(Head(HeadError::TooManyFields)));
    assert_eq!(limits(new().target(5)), Some(TargetTooLong));
    let hosts = Hosts::list(["other.example.com"]).unwrap();
    assert_eq!(check(&Policy::new().hosts(hosts)), Some(ForeignHost));
    let origins = Origins::list(["https://app.example.com"]).unwrap();
    assert_eq!(check(&Policy::new().origins(origins)), Some(ForbiddenOrigin));
}

fn request(url: &str) -> client::Request<'_> {
    client::Request::new(Url::parse(url).unwrap())
}

/// E-05 to E-08.
#[test]
fn a_client_asks_with_an_extended_connect() {
    let mut request = request("ws://Example.com:8080/a/b?c=d");
    request.set_origin("http://example.com").unwrap();
    request.add_protocol("v2").unwrap();
    request.add_header("Authorization", "Bearer Secret").unwrap();
    let (fields, _) = request.into_fields();
    let expected = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":authority", "Example.com:8080"),
        (":path", "/a/b?c=d"),
        ("sec-websocket-version", "13"),
        ("origin", "http://example.com"),
        ("sec-websocket-protocol", "v2"),
        ("authorization", "Bearer Secret"),
    ];
    assert_eq!(texts(&fields), expected.map(|(name, value)| (name.into(), value.into())));
    assert!(!format!("{fields:?}").contains("Secret"));
}

/// E-19, E-20.
#[test]
fn each_answer_has_its_meaning() {
    let take = |fields: &[Field]| {
        let mut request = request("wss://a");
        request.add_protocol("v2").unwrap();
        let (_, pending) = request.into_fields();
        pending.receive_fields(fields.iter().copied())
    };
    let meaning = |fields: &[Field]| match take(fields) {
        Ok(Answer::Interim(_)) => Ok("interim"),
        Ok(Answer::Open(..)) => Ok("open"),
        Ok(Answer::Rejected(_)) => Ok("rejected"),
        Err(error) => Err(error),
    };
    let bad = |error| Err(ResponseError::Head(error));
    type Meaning = Result<&'static str, ResponseError>;
    let table: &[(&str, &[Field], Meaning)] = &[
        ("E-18", &[(":status", "200")], Ok("open")),
        ("E-19", &[(":status", "204")], Ok("open")),
        ("E-19", &[(":status", "101")], bad(HeadError::UnsupportedHttp)),
        ("H-C-12", &[(":status", "100")], Ok("interim")),
        ("H-C-12", &[(":status", "103"), ("link", "</a>")], Ok("interim")),
        ("E-20", &[(":status", "301"), ("location", "/")], Ok("rejected")),
        ("E-20", &[(":status", "401")], Ok("rejected")),
        ("E-20", &[(":status", "501")], Ok("rejected")),
        ("E-10", &[(":status", "200"), ("sec-websocket-accept", "x")], Ok("open")),
        ("E-18", &[(":status", "200"), ("sec-websocket-protocol", "v2")], Ok("open")),
        ("E-09", &[], bad(HeadError::BadStartLine)),
        ("E-09", &[(":status", "20")], bad(HeadError::BadStartLine)),
        ("E-09", &[(":status", "2 0")], bad(HeadError::BadStartLine)),
        ("E-09", &[(":status", "2000")], bad(HeadError::BadStartLine)),
        ("E-09", &[(":status", "200 OK")], bad(HeadError::BadStartLine)),
        ("E-09", &[(":status", "200"), (":status", "200")], bad(HeadError::BadField)),
        ("E-09", &[(":status", "200"), ("connection", "x")], bad(HeadError::BadField)),
        ("E-09", &[(":path", "/")], bad(HeadError::BadField)),
        (
            "H-C-19",
            &[(":status", "200"), ("sec-websocket-protocol", "v3")],
            Err(ResponseError::ProtocolNotOffered),
        ),
        (
            "H-C-22",
            &[(":status", "200"), ("sec-websocket-extensions", "foo")],
            Err(ResponseError::ExtensionNotOffered),
        ),
    ];
    for (rule, fields, expected) in table {
        assert_eq!(&meaning(fields), expected, "{rule}: {fields:?}");
    }
    let Ok(Answer::Open(_, response)) =
        take(&[(":status", "200"), ("sec-websocket-protocol", "v2")])
    else {
        panic!("it is open")
    };
    assert_eq!((response.status(), response.protocol()), (200, Some("v2")));
    let Ok(Answer::Rejected(response)) = take(&[(":status", "403"), ("x", "y")]) else {
        panic!("it is rejected")
    };
    let response = response.with_body(b"no".to_vec(), false);
    assert_eq!((response.status(), response.protocol()), (403, None));
    assert_eq!((response.body(), response.is_truncated()), (&b"no"[..], false));
}

/// L-19.
#[test]
fn interim_responses_are_bounded() {
    let (_, mut pending) = request("wss://a").into_fields();
    for _ in 0..8 {
        let Ok(Answer::Interim(next)) = pending.receive_fields([(":status", "103")]) else {
            panic!("it goes on")
        };
        pending = next;
    }
    let error = pending.receive_fields([(":status", "103")]).unwrap_err();
    assert_eq!(error, ResponseError::TooManyInterim);
}

fn negotiate() -> (Negotiated, Negotiated) {
    let (fields, pending) = request("wss://a/").into_fields();
    let request = server::Request::from_fields(fields.iter(), &Policy::new()).unwrap();
    let (fields, server) = request.accept_fields();
    match pending.receive_fields(fields.iter()).unwrap() {
        Answer::Open(client, _) => (client, server),
        answer => panic!("{answer:?}"),
    }
}

fn open() -> (Connection, Connection) {
    let (client, server) = negotiate();
    let config = Config::new().shared();
    let seed = Seed::new([7; 32]);
    (
        Connection::open_client(client, config.clone(), seed, START),
        Connection::open_server(server, config, START),
    )
}

/// Passes all that `from` has to write to `to`.
fn pass(from: &mut Connection, to: &mut Connection, input: &mut Input<Vec<u8>>) -> Vec<String> {
    let bytes = from.transmit().to_vec();
    from.transmitted(bytes.len(), START);
    if !bytes.is_empty() {
        to.receive(input, bytes, START);
    }
    let mut events = Vec::new();
    while let Some(event) = to.next_event(input) {
        events.push(format!("{event:?}"));
    }
    events
}

/// E-23, section 5 of RFC 8441: neither end waits for the other to end its direction first.
#[test]
fn on_a_stream_both_ends_finish_their_side_once_both_close_frames_passed() {
    for client_begins in [true, false] {
        let (mut client, mut server) = open();
        let mut input = Input::new(Vec::new());
        let (first, second) = match client_begins {
            true => (&mut client, &mut server),
            false => (&mut server, &mut client),
        };
        first.close(CloseCode::NORMAL, "").unwrap();
        pass(first, second, &mut input);
        assert_eq!(second.next_step(), Step::Io { read: true, write: true }, "its close frame");
        pass(second, first, &mut input);
        for end in [&mut *first, &mut *second] {
            assert_eq!(end.next_step(), Step::Shutdown);
            end.handle_shutdown();
            assert_eq!(end.next_step(), Step::Io { read: true, write: false }, "for its end");
        }
        for end in [first, second] {
            end.handle_eof(START);
            assert!(end.next_event(&mut input).is_none());
            let Step::Done(ended) = end.next_step() else { panic!("it is done") };
            assert!(ended.is_clean(), "{ended}");
        }
    }
}

/// C-22: a peer that does not finish its side is not waited for without end.
#[test]
fn the_end_of_the_peers_side_has_a_deadline() {
    let (mut client, mut server) = open();
    let mut input = Input::new(Vec::new());
    client.close(CloseCode::NORMAL, "").unwrap();
    pass(&mut client, &mut server, &mut input);
    pass(&mut server, &mut client, &mut input);
    client.handle_shutdown();
    assert_eq!(client.next_step(), Step::Io { read: true, write: false });
    let at = client.poll_timeout().unwrap();
    client.handle_timeout(at);
    let Step::Done(ended) = client.next_step() else { panic!("it is done") };
    assert!(ended.is_clean(), "{ended}");
}

/// E-24.
#[test]
fn a_reset_is_told_apart_from_an_end() {
    let last_words = b"\x81\x02hi";
    for is_reset in [true, false] {
        let (mut client, _) = open();
        let mut input = Input::new(Vec::new());
        client.send("never read").unwrap();
        client.receive(&mut input, last_words.to_vec(), START);
        match is_reset {
            true => client.handle_reset(START),
            false => client.handle_eof(START),
        }
        assert_eq!(client.next_event(&mut input), Some(Event::Text("hi")), "it came before");
        assert!(client.next_event(&mut input).is_none());
        let (cause, waiting) = match is_reset {
            true => (Cause::TransportReset, 0),
            false => (Cause::TransportEnded, 16),
        };
        assert_eq!(client.queued(), waiting, "nobody reads after a reset");
        if !is_reset {
            assert_eq!(client.next_step(), Step::Io { read: false, write: true });
            client.transmitted(waiting, START);
            assert_eq!(client.next_step(), Step::Shutdown);
            client.handle_shutdown();
        }
        let Step::Done(ended) = client.next_step() else { panic!("it is done") };
        assert_eq!((ended.cause, ended.code()), (cause, 1006));
        assert!(!ended.is_clean());
    }
}

#[test]
fn a_reset_in_every_state_ends_the_connection_with_one_account() {
    type Act = fn(&mut Connection, &mut Input<Vec<u8>>);
    let acts: [(&str, Act, Cause); 6] = [
        ("open", |_, _| {}, Cause::TransportReset),
        ("sending", |it, _| it.send("x").unwrap(), Cause::TransportReset),
        ("closing", |it, _| it.close(CloseCode::NORMAL, "").unwrap(), Cause::TransportReset),
        (
            "closed by both",
            |it, input| {
                it.close(CloseCode::NORMAL, "").unwrap();
                let count = it.transmit().len();
                it.transmitted(count, START);
                it.receive(input, vec![0x88, 0], START);
                assert!(it.next_event(input).is_some());
            },
            Cause::ClosingHandshake,
        ),
        ("ended", |it, _| it.handle_eof(START), Cause::TransportReset),
        (
            "timed out",
            |it, _| {
                it.handle_timeout(Timestamp::new(std::time::Duration::from_secs(30)));
                it.handle_timeout(Timestamp::new(std::time::Duration::from_secs(60)));
            },
            Cause::TimedOut(TimedOut::Silence),
        ),
    ];
    for (state, act, cause) in acts {
        let (mut client, _) = open();
        let mut input = Input::new(Vec::new());
        act(&mut client, &mut input);
        client.handle_reset(START);
        assert!(client.next_event(&mut input).is_none(), "{state}");
        let Step::Done(ended) = client.next_step() else { panic!("{state}: not done") };
        assert_eq!(ended.cause, cause, "{state}");
        client.handle_reset(START);
        client.handle_eof(START);
        assert!(client.next_event(&mut input).is_none(), "{state}");
        assert_eq!(client.next_step(), Step::Done(ended), "{state}");
    }
}

/// A server that waits for the application's decision is told of a reset at once; there is nobody to answer.
#[test]
fn a_reset_before_the_decision_leaves_nobody_to_answer() {
    let mut server = Connection::server(Config::new().shared(), START);
    let mut input = Input::new(Vec::new());
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    server.receive(&mut input, head.to_vec(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    server.handle_reset(START);
    assert!(server.next_event(&mut input).is_none());
    server.accept();
    assert!(!server.is_open());
    let Step::Done(ended) = server.next_step() else { panic!("it is done") };
    assert_eq!(ended.cause, Cause::TransportReset);
}

/// E-21, E-22: frames are those of RFC 6455, and where DATA frames end means nothing.
#[test]
fn frames_are_masked_and_may_be_cut_anywhere() {
    let (mut client, mut server) = open();
    client.send("hello").unwrap();
    let bytes = client.transmit().to_vec();
    assert_eq!(bytes[..2], [0x81, 0x85], "a client masks");
    let mut input = Input::new(Vec::new());
    for byte in &bytes[..bytes.len() - 1] {
        server.receive(&mut input, vec![*byte], START);
        assert!(server.next_event(&mut input).is_none());
    }
    server.receive(&mut input, vec![bytes[bytes.len() - 1]], START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("hello")));
}

/// E-31.
#[cfg(feature = "deflate")]
#[test]
fn messages_are_compressed_as_over_http_1() {
    use sansocket::deflate::Compression;

    let compression = Compression::shared();
    let mut request = request("wss://a/");
    request.compress(&compression);
    let (fields, pending) = request.into_fields();
    let mut request = server::Request::from_fields(fields.iter(), &Policy::new()).unwrap();
    assert!(request.compress(&compression).is_some());
    let (fields, server) = request.accept_fields();
    let Ok(Answer::Open(client, _)) = pending.receive_fields(fields.iter()) else {
        panic!("it is open")
    };
    let config = Config::new().compression(compression).shared();
    let mut client = Connection::open_client(client, config.clone(), Seed::new([7; 32]), START);
    let mut server = Connection::open_server(server, config, START);
    client.send("word ".repeat(1000)).unwrap();
    assert!(client.queued() < 200, "{} bytes", client.queued());
    let events = pass(&mut client, &mut server, &mut Input::new(Vec::new()));
    assert_eq!(events, [format!("{:?}", Event::Text(&"word ".repeat(1000)))]);
}

proptest! {
    /// A field can be anything: the answer is an error, or a request whose parts are those of the fields.
    #[test]
    fn no_field_becomes_another_one(
        name in "[a-z:\\r\\n ]{0,6}", value in "[ -~\\r\\n\\t\u{e9}]{0,12}", at in 0..8_usize,
    ) {
        let mut fields: Vec<(&str, &str)> = GOOD.to_vec();
        fields.insert(at.min(fields.len()), (&name, &value));
        if let Ok(request) = server::Request::from_fields(fields, &Policy::new()) {
            prop_assert!(!name.contains(['\r', '\n', ' ', ':']), "{name:?}");
            prop_assert_eq!(request.target(), "/chat?room=1");
            // Those of `GOOD`, the host, and this one, unless it equals the host.
            let count = request.headers().len();
            prop_assert_eq!(count, if name == "host" { 3 } else { 4 });
            prop_assert!(!value.contains(['\r', '\n']));
        }
    }

    #[test]
    fn any_fields_are_harmless(fields in vec((vec(any::<u8>(), 0..9), vec(any::<u8>(), 0..9)), 0..9)) {
        let _ = server::Request::from_fields(fields.iter().map(|(n, v)| (n, v)), &Policy::new());
        let (_, pending) = request("wss://a").into_fields();
        let _ = pending.receive_fields(fields);
    }
}
