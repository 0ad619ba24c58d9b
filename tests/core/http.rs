//! The opening handshake in the types of an HTTP library, in both roles.

use std::sync::Arc;

use harness::START;
use http::{HeaderValue, Method, Request, Response, Version};
use sansocket::client::{self, Answer, ResponseError};
use sansocket::server::{self, Origins, Policy, RequestError};
use sansocket::{Connection, Event, HeadError, Input, Negotiated, Role, Seed, Url};

/// A valid request, as a library parses it.
fn good() -> Request<()> {
    Request::get("/chat?room=1")
        .header("Host", "server.example.com")
        .header("Upgrade", "websocket")
        .header("Connection", "keep-alive, Upgrade")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Version", "13")
        .body(())
        .unwrap()
}

fn with(name: &'static str, value: impl AsRef<[u8]>) -> Request<()> {
    let mut request = good();
    request.headers_mut().insert(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
    request
}

fn without(name: &str) -> Request<()> {
    let mut request = good();
    request.headers_mut().remove(name);
    request
}

fn receive(request: &Request<()>) -> Result<server::Request, RequestError> {
    server::Request::from_http(request, &Policy::default())
}

fn header<'r, B>(response: &'r Response<B>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// Section 1.3 has this key and its answer.
#[test]
fn a_good_request_is_answered_with_a_101() {
    let (response, negotiated) = receive(&good()).unwrap().accept_http();
    assert_eq!(response.status(), 101);
    assert_eq!(header(&response, "Upgrade"), Some("websocket"));
    assert_eq!(header(&response, "Connection"), Some("Upgrade"));
    let accept = header(&response, "Sec-WebSocket-Accept");
    assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(response.headers().len(), 3);
    assert_eq!(connection(negotiated).role(), Role::Server);
}

fn connection(negotiated: Negotiated) -> Connection {
    Connection::open_server(negotiated, Arc::default(), START)
}

#[test]
fn the_connection_is_open() {
    let (_, negotiated) = receive(&good()).unwrap().accept_http();
    let mut server = connection(negotiated);
    let seed = Seed::new([1; 32]);
    let mut client = Connection::open_client(Negotiated::new(), Arc::default(), seed, START);
    client.send("hello").unwrap();
    let mut input = Input::new(Vec::new());
    server.receive(&mut input, client.transmit().to_vec(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("hello")));
}

#[test]
fn the_request_has_the_parts_of_the_http_request() {
    let mut http = good();
    for value in ["one", "two"] {
        http.headers_mut().append("X-Many", HeaderValue::from_static(value));
    }
    http.headers_mut().insert("X-Raw", HeaderValue::from_bytes(b"gr\xfc\xdfe").unwrap());
    http.headers_mut().insert("X-Empty", HeaderValue::from_static(""));
    let request = receive(&http).unwrap();
    assert_eq!(request.target(), "/chat?room=1");
    assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
    assert_eq!(request.authority().to_string(), "server.example.com");
    assert_eq!(request.headers().values("x-many").collect::<Vec<_>>(), [b"one", b"two"]);
    assert_eq!(request.header("X-Raw"), Some(b"gr\xfc\xdfe".as_slice()));
    assert_eq!(request.header("X-Empty"), Some(b"".as_slice()));
    let names: Vec<_> = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
    let expected: Vec<_> = http.headers().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected, "in the order of the library");
}

#[test]
fn a_target_may_be_absolute() {
    let mut http = good();
    *http.uri_mut() = "http://server.example.com:8080/chat".parse().unwrap();
    let request = receive(&http).unwrap();
    assert_eq!(request.path(), "/chat");
    assert_eq!(request.authority().port(), Some(8080));
}

#[test]
fn a_subprotocol_and_headers_are_in_the_response() {
    let mut request = receive(&with("Sec-WebSocket-Protocol", "chat, superchat")).unwrap();
    request.select_protocol("superchat").unwrap();
    for cookie in ["a=1", "b=2"] {
        request.add_header("Set-Cookie", cookie).unwrap();
    }
    request.add_header("X-Name", "grüße").unwrap();
    let (response, _) = request.accept_http();
    assert_eq!(header(&response, "Sec-WebSocket-Protocol"), Some("superchat"));
    let cookies: Vec<_> = response.headers().get_all("Set-Cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(response.headers()["X-Name"].as_bytes(), "grüße".as_bytes());
}

/// A library has one response, so it sends the 100 itself.
#[test]
fn an_expectation_is_left_to_the_library() {
    let request = receive(&with("Expect", "100-continue")).unwrap();
    let (response, _) = request.accept_http();
    assert_eq!(response.status(), 101);
    assert_eq!(header(&response, "Upgrade"), Some("websocket"));
}

#[test]
fn a_bad_request_is_rejected_as_if_it_had_arrived_as_bytes() {
    let mut post = good();
    *post.method_mut() = Method::POST;
    let mut tunnel = good();
    *tunnel.method_mut() = Method::CONNECT;
    *tunnel.uri_mut() = "server.example.com:80".parse().unwrap();
    let mut asterisk = good();
    *asterisk.uri_mut() = "*".parse().unwrap();
    let mut long = good();
    *long.uri_mut() = format!("/{}", "a".repeat(9000)).parse().unwrap();
    let mut two_keys = good();
    let key = two_keys.headers()["Sec-WebSocket-Key"].clone();
    two_keys.headers_mut().append("Sec-WebSocket-Key", key);
    let mut many = good();
    for _ in 0..100 {
        many.headers_mut().append("X-Many", HeaderValue::from_static(""));
    }
    let cases = [
        (post, RequestError::NotGet, 405),
        (tunnel, RequestError::NotGet, 405),
        (asterisk, RequestError::BadTarget, 400),
        (long, RequestError::TargetTooLong, 414),
        (two_keys, RequestError::BadKey, 400),
        (many, RequestError::Head(HeadError::TooManyFields), 431),
        (without("Host"), RequestError::MissingHost, 400),
        (without("Upgrade"), RequestError::MissingUpgrade, 426),
        (without("Connection"), RequestError::BadConnection, 400),
        (without("Sec-WebSocket-Key"), RequestError::MissingKey, 400),
        (without("Sec-WebSocket-Version"), RequestError::MissingVersion, 400),
        (with("Content-Length", "5"), RequestError::HasBody, 400),
        (with("Expect", "miracles"), RequestError::UnknownExpectation, 417),
        (with("Host", "a b"), RequestError::BadHost, 400),
        (with("Origin", "http://elsewhere.example"), RequestError::ForbiddenOrigin, 403),
        (with("Origin", b"http://\xfc.example"), RequestError::BadOrigin, 400),
        (with("Sec-WebSocket-Version", "8"), RequestError::UnsupportedVersion, 426),
        (with("Transfer-Encoding", "gold"), RequestError::UnknownCoding, 501),
        (with("Upgrade", "h2c"), RequestError::OtherUpgrade, 426),
        (with("X-Long", "a".repeat(17_000)), RequestError::Head(HeadError::TooLong), 431),
    ];
    for (request, error, status) in cases {
        assert_eq!(receive(&request).err(), Some(error));
        let response = error.to_http();
        assert_eq!(response.status(), status, "{error}");
        assert_eq!(header(&response, "Connection").map(|it| it.ends_with("close")), Some(true));
        let length = response.body().len().to_string();
        assert_eq!(header(&response, "Content-Length"), Some(length.as_str()), "{error}");
        assert_eq!(lines(&response), written(error), "{error}");
    }
}

/// HTTP/2 and HTTP/3 open a WebSocket in another way.
#[test]
fn another_version_of_http_is_rejected() {
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        let mut request = good();
        *request.version_mut() = version;
        assert_eq!(receive(&request).err(), Some(HeadError::UnsupportedHttp.into()), "{version:?}");
    }
    assert_eq!(RequestError::from(HeadError::UnsupportedHttp).to_http().status(), 505);
}

#[test]
fn the_policy_applies() {
    let policy = Policy::new().origins(Origins::any());
    let request = with("Origin", "http://elsewhere.example");
    let request = server::Request::from_http(&request, &policy).unwrap();
    assert_eq!(request.origin(), Some("http://elsewhere.example"));
    let policy = policy.require_origin(true);
    let error = server::Request::from_http(&good(), &policy).err();
    assert_eq!(error, Some(RequestError::MissingOrigin));
}

#[test]
fn an_error_without_a_status_becomes_a_500() {
    let response = RequestError::from(HeadError::Incomplete).to_http();
    assert_eq!((response.status().as_u16(), *response.body()), (500, ""));
    assert!(response.headers().is_empty());
}

/// The lines of a response, sorted, since a library does not keep their order.
fn lines(response: &Response<&'static str>) -> Vec<String> {
    let headers = response.headers().iter();
    let lines = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    let mut lines: Vec<_> = lines.chain([(*response.body()).to_owned()]).collect();
    lines.sort();
    lines
}

/// The response as a server writes it.
fn written(error: RequestError) -> Vec<String> {
    let mut out = Vec::new();
    error.reject(&mut out);
    let text = String::from_utf8(out).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let lines = head.split("\r\n").skip(1).map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        format!("{}: {value}", name.to_lowercase())
    });
    let mut lines: Vec<_> = lines.chain([body.to_owned()]).collect();
    lines.sort();
    lines
}

/// An extended CONNECT, as a library parses it.
fn good_connect() -> Request<()> {
    let request = Request::connect("https://server.example.com/chat?room=1");
    let request = request.version(Version::HTTP_2).header("Sec-WebSocket-Version", "13");
    request.body(()).unwrap()
}

/// E-05, E-18.
#[test]
fn one_handler_takes_both_forms() {
    let receive = |request: &Request<()>, protocol| {
        server::Request::from_http_connect(request, protocol, &Policy::new())
    };
    for (request, status) in [(good(), 101), (good_connect(), 200)] {
        let request = receive(&request, Some("websocket")).unwrap();
        assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
        assert_eq!(request.authority().host(), "server.example.com");
        let (response, _) = request.accept_http();
        assert_eq!(response.status(), status);
        assert_eq!(header(&response, "Connection").is_some(), status == 101);
    }
    // E-14: without `:protocol`, it asks for a tunnel.
    let error = receive(&good_connect(), None).unwrap_err();
    assert_eq!(error, RequestError::NotExtendedConnect);
    let response = error.to_http_connect();
    assert_eq!((response.status().as_u16(), header(&response, "Allow")), (405, Some("CONNECT")));
    assert_eq!(header(&response, "Connection"), None);
    // E-13.
    let error = receive(&good_connect(), Some("connect-udp")).unwrap_err();
    assert_eq!(error.to_http_connect().status(), 501);
}

fn client_request() -> client::Request<'static> {
    let mut request = client::Request::new(Url::parse("wss://example.com:8443/a?b").unwrap());
    request.add_protocol("v2").unwrap();
    request.add_header("X-Some", "Thing").unwrap();
    request
}

#[test]
fn a_client_has_an_http_library_send_its_upgrade() {
    let (request, pending) = client_request().into_http(Seed::new([1; 32]));
    assert_eq!((request.method(), request.version()), (&Method::GET, Version::HTTP_11));
    assert_eq!(request.uri(), "/a?b");
    let expected = [
        ("host", "example.com:8443"),
        ("upgrade", "websocket"),
        ("sec-websocket-protocol", "v2"),
        ("x-some", "Thing"),
    ];
    for (name, value) in expected {
        assert_eq!(request.headers()[name], value);
    }
    let mut request = server::Request::from_http(&request, &Policy::new()).unwrap();
    request.select_protocol("v2").unwrap();
    let (response, _) = request.accept_http();
    let Ok(Answer::Open(_, response)) = pending.receive_http(&response) else { panic!("open") };
    assert_eq!((response.status(), response.protocol()), (101, Some("v2")));
}

/// H-C-18: only the server that read our key can answer it.
#[test]
fn an_answer_to_another_key_opens_nothing() {
    let (_, pending) = client_request().into_http(Seed::new([1; 32]));
    let (other, _) = client_request().into_http(Seed::new([2; 32]));
    let (response, _) = receive(&other).unwrap().accept_http();
    assert_eq!(pending.receive_http(&response).unwrap_err(), ResponseError::BadAccept);
}

/// E-05 to E-08, E-19.
#[test]
fn a_client_has_an_http_library_send_its_extended_connect() {
    let (request, pending) = client_request().into_http_connect();
    assert_eq!((request.method(), request.version()), (&Method::CONNECT, Version::HTTP_2));
    assert_eq!(request.uri(), "https://example.com:8443/a?b");
    assert!(!request.headers().contains_key("sec-websocket-key"));
    let request =
        server::Request::from_http_connect(&request, Some("websocket"), &Policy::new()).unwrap();
    let (response, _) = request.accept_http();
    assert!(matches!(pending.receive_http(&response), Ok(Answer::Open(..))));
    // E-20.
    let (_, pending) = client_request().into_http_connect();
    let response = Response::builder().status(503).header("Retry-After", "5").body(()).unwrap();
    let Ok(Answer::Rejected(response)) = pending.receive_http(&response) else { panic!("no") };
    assert_eq!(response.headers().text("Retry-After"), Some("5"));
}
