//! Upgrades to any protocol, in both roles.

use sansocket::client::ResponseError;
use sansocket::legacy::upgrade::{Answer, Incoming, Offer, Pending};
use sansocket::server::{Hosts, Origins, Policy, RequestError, Response};
use sansocket::{HandshakeLimits, HeadError, HeaderError, Url, UrlPolicy};

use super::support::head;

/// The request of the TCPConnection proposal of 2008.
const REQUEST: [&str; 4] = [
    "OPTIONS /some/url HTTP/1.1",
    "Host: example.com",
    "Upgrade: TCPConnection/1.0",
    "Connection: Upgrade",
];

const RESPONSE: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Connection: Upgrade",
    "Upgrade: TCPConnection/1.0",
    "Access-Control: allow <example.com>",
];

fn url(text: &str) -> Url<'_> {
    Url::parse_with(text, UrlPolicy::new().allow_http(true)).expect("a URL")
}

fn offer() -> (Pending, String) {
    let mut out = Vec::new();
    let offer = Offer::new("OPTIONS", url("http://example.com/some/url"), "TCPConnection/1.0");
    let pending = offer.expect("it is valid").start(&mut out);
    (pending, String::from_utf8(out).expect("ASCII"))
}

/// What a server makes of a stream, in pieces of any size. Returns its answer, and the bytes behind the head.
#[track_caller]
fn serve(stream: &[u8], policy: &Policy) -> Result<(String, Vec<u8>), RequestError> {
    let run = |size: usize| {
        let mut incoming = Incoming::new(policy.clone());
        for end in (size..stream.len()).step_by(size).chain([stream.len()]) {
            if let Some((request, len)) = incoming.receive(&stream[..end])? {
                let mut out = Vec::new();
                let first = request.protocols().next().map(str::to_owned).expect("it offers one");
                let allow = [("Access-Control", "allow <example.com>")];
                request.accept(&first, &allow, &mut out).expect("it was offered");
                let out = String::from_utf8(out).expect("ASCII");
                return Ok((out, stream[len..].to_vec()));
            }
        }
        Err(RequestError::Head(HeadError::Incomplete))
    };
    let whole = run(stream.len().max(1));
    for size in 1..stream.len() {
        assert_eq!(run(size), whole, "in pieces of {size}");
    }
    whole
}

/// Z-54, I-08: the bytes of the proposal, and those behind them.
#[test]
fn the_request_of_2008_is_answered() {
    let stream = [&head(&REQUEST, &[])[..], b"\0\xffany bytes"].concat();
    let (answer, rest) = serve(&stream, &Policy::new()).expect("it is valid");
    assert_eq!(answer.as_bytes(), head(&RESPONSE, &[]));
    assert_eq!(rest, b"\0\xffany bytes");
}

#[test]
fn any_method_target_and_name_can_be_upgraded() {
    for edits in [
        &["=GET / HTTP/1.1"][..],
        &["=POST http://example.com/a?b HTTP/1.1"],
        &["=OPTIONS * HTTP/1.1"],
        &["=BREW /pot HTTP/1.1", "Upgrade: HTCPCP/1.0, x"],
        &["Upgrade: websocket"],
        &["Connection: keep-alive, upgrade"],
    ] {
        assert!(serve(&head(&REQUEST, edits), &Policy::new()).is_ok(), "{edits:?}");
    }
}

#[test]
fn a_request_that_breaks_a_rule_is_rejected() {
    use RequestError::*;
    let policy = Policy::new()
        .hosts(Hosts::list(["example.com"]).expect("hosts"))
        .limits(HandshakeLimits::new().bytes(1000));
    let long = format!("X: {}", "a".repeat(1000));
    for (edits, expected) in [
        (&["-Upgrade"][..], MissingUpgrade),
        (&["Upgrade: "], MissingUpgrade),
        (&["Upgrade: a b"], BadUpgrade),
        (&["Upgrade: a/b/c"], BadUpgrade),
        (&["Upgrade: /1.0"], BadUpgrade),
        (&["-Connection"], BadConnection),
        (&["Connection: close"], BadConnection),
        (&["Content-Length: 5"], HasBody),
        (&["=OPTIONS /some/url HTTP/1.0"], Head(HeadError::UnsupportedHttp)),
        (&["=OPTIONS some/url HTTP/1.1"], BadTarget),
        (&["-Host"], MissingHost),
        (&["Host: evil.example"], ForeignHost),
        (&["Origin: http://evil.example"], ForbiddenOrigin),
        (&["Expect: tea"], UnknownExpectation),
        (&[&long], Head(HeadError::TooLong)),
    ] {
        assert_eq!(serve(&head(&REQUEST, edits), &policy), Err(expected), "{edits:?}");
    }
    let policy = Policy::new().origins(Origins::any()).require_origin(true);
    assert_eq!(serve(&head(&REQUEST, &[]), &policy), Err(MissingOrigin));
}

#[test]
fn a_server_answers_only_what_was_offered() {
    let (request, _) = Incoming::new(Policy::new())
        .receive(&head(&REQUEST, &["Upgrade: a, b/2"]))
        .expect("it is valid")
        .expect("it is complete");
    assert_eq!((request.method(), request.target()), ("OPTIONS", "/some/url"));
    assert!(request.offers("B/2") && !request.offers("b"));
    let mut out = Vec::new();
    for (protocol, headers, expected) in [
        ("c", &[][..], HeaderError::NotOffered),
        ("b", &[], HeaderError::NotOffered),
        ("", &[], HeaderError::BadProtocol),
        ("a\r\nX: y", &[], HeaderError::BadProtocol),
        ("c, a", &[], HeaderError::NotOffered),
        ("a", &[("X", "y\r\nZ: z")], HeaderError::BadValue),
        ("a", &[("Upgrade", "b/2")], HeaderError::Reserved),
    ] {
        assert_eq!(request.accept(protocol, headers, &mut out), Err(expected), "{protocol}");
        assert_eq!(out, b"", "{protocol}");
    }
    request.reject(Response::forbidden("no"), &mut out);
    assert!(out.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
}

#[test]
fn a_client_asks_as_in_2008() {
    let (mut pending, request) = offer();
    assert_eq!(request.as_bytes(), head(&REQUEST, &[]));
    let stream = [&head(&RESPONSE, &[])[..], b"rest"].concat();
    // Byte by byte, and each call starts with what was not used.
    let (mut from, mut switched) = (0, None);
    for end in 0..=stream.len() {
        let (used, answer) = pending.receive(&stream[from..end]).expect("it is valid");
        from += used;
        if let Some(Answer::Switched(response)) = answer {
            switched = Some((response.status(), end));
            break;
        }
    }
    assert_eq!(switched, Some((101, stream.len() - 4)));
    assert_eq!(&stream[from..], b"rest");
}

#[test]
fn a_client_takes_only_what_it_offered() {
    for (edits, expected) in [
        (&["Upgrade: other"][..], Some(ResponseError::OtherUpgrade)),
        (&["Upgrade: other, TCPConnection/1.0"], Some(ResponseError::OtherUpgrade)),
        (&["Upgrade: TCPConnection/2.0"], Some(ResponseError::OtherUpgrade)),
        (&["-Upgrade"], Some(ResponseError::MissingUpgrade)),
        (&["-Connection"], Some(ResponseError::BadConnection)),
        (&["=HTTP/1.0 101 x"], Some(ResponseError::Head(HeadError::UnsupportedHttp))),
        (&["Upgrade: tcpconnection/1.0, HTTP/1.1"], None),
    ] {
        let (mut pending, _) = offer();
        let outcome = pending.receive(&head(&RESPONSE, edits));
        assert_eq!(outcome.err(), expected, "{edits:?}");
    }
    let (mut pending, _) = offer();
    let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno";
    let (used, answer) = pending.receive(stream).expect("it is valid");
    let Some(Answer::Rejected(response)) = answer else { panic!("{answer:?}") };
    assert_eq!((response.status(), response.body(), used), (404, &b"no"[..], stream.len()));

    let incomplete = ResponseError::Head(HeadError::Incomplete);
    assert_eq!(offer().0.receive_eof().err(), Some(incomplete));
}

#[test]
fn an_offer_is_validated() {
    let url = url("http://example.com");
    for (method, protocol, expected) in [
        ("", "x", HeaderError::BadMethod),
        ("GET /x HTTP/1.1\r\nX:", "x", HeaderError::BadMethod),
        ("CONNECT", "x", HeaderError::BadMethod),
        ("GET", "", HeaderError::BadProtocol),
        ("GET", "x\r\nX: y", HeaderError::BadProtocol),
        ("GET", "x,,y", HeaderError::BadProtocol),
    ] {
        assert_eq!(Offer::new(method, url, protocol).err(), Some(expected), "{method} {protocol}");
    }
    let mut offer = Offer::new("GET", url, "x, y/1").expect("it is valid");
    assert_eq!(offer.add_header("Upgrade", "z"), Err(HeaderError::Reserved));
    assert_eq!(offer.add_header("X", "a\r\nb"), Err(HeaderError::BadValue));
}

/// A tunnel is opened by any status of 200 to 299, whatever the head says of a body (RFC 9110, section 9.3.6).
#[test]
fn a_tunnel_is_asked_for_with_credentials() {
    for (response, is_open) in [
        (&b"HTTP/1.1 200 Connection established\r\n\r\nrest"[..], true),
        (b"HTTP/1.0 204 x\r\nContent-Length: 100\r\n\r\nrest", true),
        (b"HTTP/1.1 407 x\r\nContent-Length: 4\r\n\r\nrest", false),
    ] {
        let mut offer = Offer::tunnel(url("https://[::1]/some/url"));
        offer.add_header("Proxy-authorization", "basic aGVsbG86d29ybGQ=").expect("a header");
        let mut out = Vec::new();
        let mut pending = offer.start(&mut out);
        let request = "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\
            Proxy-authorization: basic aGVsbG86d29ybGQ=\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&out), request);
        let (used, answer) = pending.receive(response).expect("it is valid");
        assert_eq!(matches!(answer, Some(Answer::Switched(_))), is_open, "{answer:?}");
        assert_eq!(&response[used..], if is_open { &b"rest"[..] } else { b"" });
    }
}

#[test]
fn the_limits_of_an_offer_hold_for_the_response() {
    let response = head(&RESPONSE, &[]);
    for (bytes, expected) in
        [(response.len(), None), (response.len() - 1, Some(HeadError::TooLong))]
    {
        let mut offer =
            Offer::new("GET", url("http://example.com"), "TCPConnection/1.0").expect("it is valid");
        offer.set_limits(HandshakeLimits::new().bytes(u32::try_from(bytes).expect("it is short")));
        let mut pending = offer.start(&mut Vec::new());
        let outcome = pending.receive(&response);
        assert_eq!(outcome.err(), expected.map(ResponseError::from), "{bytes}");
    }
}
