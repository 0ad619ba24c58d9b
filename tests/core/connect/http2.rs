//! HTTP/2 on the way to a connection: which version is spoken, and the same rules over both (rule E-02).

use std::time::Duration;

use harness::START;
use sansocket::auth::Credentials;
use sansocket::client::ResponseError;
use sansocket::connect::{Action, Dial, Failure, Plan, Proxy, Redirects, Retry, Versions};
use sansocket::{Config, HandshakeLimits, HeadError, Seed, Timeouts, Timestamp};

use super::support::{Caller, Log, Reply, dial, exchange, plan, play_with, response, write};

fn speaking(url: &str, versions: Versions) -> Plan {
    let mut plan = plan(url);
    plan.set_versions(versions);
    plan
}

/// Plays the script with servers that speak HTTP/2.
fn play(plan: &Plan, replies: &[Reply]) -> Log {
    play_with(plan, replies, Caller { has_http2: true, ..Caller::default() })
}

fn result(plan: &Plan, replies: &[Reply]) -> String {
    play(plan, replies).pop().expect("a result")
}

/// A dial whose request waits to be sent over HTTP/2.
fn asking(plan: &Plan) -> Dial {
    let mut dial = dial(plan);
    dial.handle_connected(START);
    dial.handle_secured_http2(START);
    assert!(matches!(dial.next_action(), Action::Request(_)));
    dial
}

const REQUEST: [&str; 6] = [
    "> :method: CONNECT",
    "> :protocol: websocket",
    "> :scheme: https",
    "> :authority: h",
    "> :path: /a?b",
    "> sec-websocket-version: 13",
];

#[test]
fn alpn_decides_between_the_versions_that_are_offered() {
    for (versions, offered, has_http2) in [
        (Versions::Auto, ": h2, http/1.1", true),
        (Versions::Auto, ": h2, http/1.1", false),
        (Versions::Http2, ": h2", true),
        (Versions::Http1, "", true),
    ] {
        let caller = Caller { has_http2, ..Caller::default() };
        let log = play_with(&speaking("wss://h/a?b", versions), &[Reply::Open("x")], caller);
        let tls = format!("tls h, the server{offered}");
        let start = ["connect h 443", &tls];
        let end = ["open wss://h/a?b, then \"x\""];
        let expected = match has_http2 && versions != Versions::Http1 {
            true => [&start[..], &REQUEST, &end].concat(),
            false => [&start[..], &["> GET /a?b HTTP/1.1", "> Host: h"], &end].concat(),
        };
        assert_eq!(log, expected, "{versions:?}");
    }
}

#[test]
fn a_server_without_the_setting_is_asked_by_http_1_on_a_new_connection() {
    // E-02
    let log =
        play(&speaking("wss://h/a?b", Versions::Auto), &[Reply::Unsupported, Reply::Open("")]);
    let first = ["connect h 443", "tls h, the server: h2, http/1.1"];
    let second = ["connect h 443", "tls h, the server", "> GET /a?b HTTP/1.1", "> Host: h"];
    let end = ["open wss://h/a?b"];
    assert_eq!(log, [&first[..], &REQUEST, &second, &end].concat());
}

#[test]
fn a_client_that_has_fallen_back_stays_with_http_1() {
    let mut plan = speaking("wss://h/", Versions::Auto);
    plan.set_redirects(Redirects::anywhere(1));
    plan.set_retry(Retry::times(1));
    let redirect = response(307, &["Location: wss://b/"]);
    let log = play(&plan, &[Reply::Unsupported, redirect, response(503, &[]), Reply::Open("")]);
    let offers: Vec<_> = log.iter().filter(|line| line.starts_with("tls")).collect();
    let http_1 = ["tls h, the server", "tls b, the server", "tls h, the server"];
    assert_eq!(offers, [&["tls h, the server: h2, http/1.1"][..], &http_1].concat());
}

#[test]
fn a_client_of_http_2_alone_says_what_the_server_does_not_have() {
    let plan = speaking("wss://h/", Versions::Http2);
    let expected = "wss://h/: server does not offer WebSockets over HTTP/2";
    assert_eq!(result(&plan, &[Reply::Unsupported, Reply::Open("")]), expected);
    let log = play_with(&plan, &[Reply::Open("")], Caller::default());
    assert_eq!(log.last().unwrap(), "wss://h/: server does not speak HTTP/2");
    for failure in [Failure::NotHttp2, Failure::NoExtendedConnect] {
        assert!(!failure.is_temporary(), "another attempt would fail alike");
    }
}

#[test]
fn without_tls_only_a_client_of_http_2_alone_speaks_it() {
    let log = play(&speaking("ws://h/", Versions::Http2), &[Reply::Open("")]);
    assert_eq!(log[..3], ["connect h 80", "> :method: CONNECT", "> :protocol: websocket"]);
    assert!(log.contains(&"> :scheme: http".to_owned()), "{log:?}");
    let log = play(&speaking("ws://h/", Versions::Auto), &[Reply::Open("")]);
    assert_eq!(log[..2], ["connect h 80", "> GET / HTTP/1.1"]);
}

#[test]
fn a_protocol_that_was_not_offered_is_a_failure_of_tls() {
    let mut direct = dial(&plan("wss://h/"));
    direct.handle_connected(START);
    direct.handle_secured_http2(START);
    assert_eq!(direct.finish().unwrap_err().failure.to_string(), "TLS with the server failed");

    let mut through = speaking("wss://h/", Versions::Http2);
    through.set_proxy(Proxy::parse("https://p").unwrap());
    let mut proxied = dial(&through);
    proxied.handle_connected(START);
    let Action::Tls { alpn: ["http/1.1"], .. } = proxied.next_action() else { panic!("a proxy") };
    proxied.handle_secured_http2(START);
    assert_eq!(proxied.finish().unwrap_err().failure.to_string(), "TLS with the proxy failed");
}

#[test]
fn proxies_lead_to_servers_of_http_2() {
    for (proxy, reply) in [
        ("http://p", "HTTP/1.1 200 OK\r\n\r\n"),
        ("socks5h://p", "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
    ] {
        for url in ["wss://h/", "ws://h/"] {
            let mut through = speaking(url, Versions::Http2);
            through.set_proxy(Proxy::parse(proxy).unwrap());
            let mut dial = dial(&through);
            dial.handle_connected(START);
            // A server of HTTP/2 may speak first.
            let early = if url == "ws://h/" { "settings" } else { "" };
            exchange(&mut dial, [reply, early].concat().as_bytes());
            if url == "wss://h/" {
                assert!(matches!(dial.next_action(), Action::Tls { alpn: ["h2"], .. }));
                dial.handle_secured_http2(START);
            }
            assert!(matches!(dial.next_action(), Action::Request(_)), "{proxy}, {url}");
            assert_eq!(dial.take_unread(), early.as_bytes());
            dial.receive_fields([(":status", "200")], START);
            assert!(dial.finish().is_ok());
        }
    }
}

#[test]
fn bytes_that_a_proxy_sends_before_tls_are_not_read_as_http_2() {
    // I-08
    let mut through = speaking("wss://h/", Versions::Auto);
    through.set_proxy(Proxy::parse("http://p").unwrap());
    let mut dial = dial(&through);
    dial.handle_connected(START);
    exchange(&mut dial, b"HTTP/1.1 200 OK\r\n\r\n\0");
    dial.handle_secured_http2(START);
    let error = dial.finish().unwrap_err();
    assert_eq!(error.failure.to_string(), "proxy sent bytes before TLS was started");
}

#[test]
fn redirects_lead_from_one_version_to_the_other_and_carry_no_secrets() {
    let mut plan = speaking("wss://h/a?b", Versions::Auto);
    plan.set_redirects(Redirects::anywhere(3));
    plan.add_header("X-Key", "secret").unwrap();
    plan.add_portable_header("X-Lang", "de").unwrap();
    let log = play(&plan, &[response(307, &["Location: //b/c"]), Reply::Open("")]);
    let at = log.iter().position(|line| line == "307 to wss://b/c").expect("a redirect");
    assert!(log[..at].contains(&"> x-key: secret".to_owned()), "{log:?}");
    let second = log[at..].join("\n");
    assert!(second.contains("> :authority: b\n> :path: /c\n"), "{second}");
    assert!(second.contains("> x-lang: de\n") && !second.contains("secret"), "{second}");
    assert_eq!(log.last().unwrap(), "open wss://b/c");
}

#[test]
fn a_401_over_http_2_is_answered_with_credentials() {
    let mut plan = speaking("wss://h/", Versions::Http2);
    plan.set_credentials(Credentials::password("Aladdin", "open sesame").unwrap()).unwrap();
    let challenge = response(401, &["WWW-Authenticate: Basic realm=\"r\""]);
    let log = play(&plan, &[challenge, Reply::Open("")]);
    let at = log.iter().position(|line| line == "401 of the server, answered").expect("a 401");
    let basic = "> authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned();
    assert!(!log[..at].contains(&basic) && log[at..].contains(&basic), "{log:?}");
    assert_eq!(log.last().unwrap(), "open wss://h/");
}

/// The method is the one that is sent (RFC 7616, section 3.4.3).
#[cfg(feature = "digest")]
#[test]
fn digest_proves_the_method_of_http_2() {
    use sansocket::auth::{Algorithm, Authorization, Demand};

    let mut plan = speaking("wss://h/a?b", Versions::Http2);
    plan.set_credentials(Credentials::password("ada", "secret").unwrap()).unwrap();
    let demand = Demand::digest("chat", Algorithm::SHA256, "nonce").unwrap().to_string();
    let challenge = response(401, &[&format!("WWW-Authenticate: {demand}")]);
    let log = play(&plan, &[challenge, Reply::Open("")]);
    let value = log.iter().find_map(|line| line.strip_prefix("> authorization: ")).unwrap();
    let value = value.replace("\\\"", "\"");
    let login = Authorization::parse(value.as_bytes()).unwrap().digest().unwrap();
    assert!(login.proves("ada", "secret", "chat", "CONNECT", "/a?b"), "{value}");
}

#[test]
fn a_rejection_over_http_2_has_its_body_within_the_limits() {
    let mut plan = speaking("wss://h/", Versions::Http2);
    plan.set_limits(HandshakeLimits::new().body(4));
    for (reply, body) in [
        (Reply::Text("HTTP/2 403 \r\nContent-Length: 2\r\n\r\nno"), "no"),
        (Reply::Eof("HTTP/2 403 \r\n\r\nno"), "no"),
        (Reply::Eof("HTTP/2 403 \r\n\r\nno way"), "no w"),
        (Reply::Text("HTTP/2 403 \r\nContent-Length: 0\r\n\r\n"), ""),
        // The deadline passes.
        (Reply::Text("HTTP/2 403 \r\n\r\nno"), "no"),
    ] {
        let expected = format!("wss://h/: server answered with status 403, 403 {body:?}");
        assert_eq!(result(&plan, &[reply]), expected);
    }
}

#[test]
fn the_body_of_a_rejection_has_a_deadline_of_its_own() {
    let timeouts = Timeouts::new().opening(Duration::from_secs(9)).body(Duration::from_secs(2));
    let config = Config::new().timeouts(timeouts).shared();
    let plan = speaking("wss://h/", Versions::Http2);
    let mut dial = Dial::new(plan, config, Seed::new([7; 32]), START);
    dial.handle_connected(START);
    dial.handle_secured_http2(START);
    assert_eq!(dial.poll_timeout(), Some(START + Duration::from_secs(9)));
    let late = START + Duration::from_secs(8);
    dial.receive_fields([(":status", "403")], late);
    dial.receive(b"no", late);
    let due = late + Duration::from_secs(2);
    assert_eq!(dial.poll_timeout(), Some(due));
    dial.handle_timeout(due);
    let response = dial.finish().unwrap_err().response.unwrap();
    assert!(response.body() == b"no" && response.is_truncated());
}

#[test]
fn a_request_over_http_2_has_the_deadline_of_the_attempt() {
    let plan = speaking("wss://h/", Versions::Auto);
    assert_eq!(result(&plan, &[Reply::Silence]), "wss://h/: opening took too long");
}

#[test]
fn a_stream_that_ends_before_the_response_is_worth_another_attempt() {
    let mut plan = speaking("wss://h/", Versions::Auto);
    plan.set_retry(Retry::times(1));
    let log = play(&plan, &[Reply::Eof(""), Reply::Open("")]);
    assert!(log.contains(&"again, since transport ended before the response".to_owned()));
    assert_eq!(log.last().unwrap(), "open wss://h/");
}

#[test]
fn an_interim_response_is_followed_by_another() {
    let mut dial = asking(&speaking("wss://h/", Versions::Http2));
    dial.receive_fields([(":status", "103")], START);
    assert!(matches!(dial.next_action(), Action::Request(_)));
    dial.receive_fields([(":status", "200")], START);
    assert!(matches!(dial.next_action(), Action::Done) && dial.finish().is_ok());
}

#[test]
fn a_response_that_breaks_a_rule_fails_and_is_not_repeated() {
    let mut plan = speaking("wss://h/", Versions::Auto);
    plan.set_retry(Retry::times(9));
    for (fields, error) in [
        (
            &[(":status", "200"), ("sec-websocket-protocol", "a")][..],
            ResponseError::ProtocolNotOffered,
        ),
        (
            &[(":status", "200"), ("sec-websocket-extensions", "a")],
            ResponseError::ExtensionNotOffered,
        ),
        (&[(":status", "101")], ResponseError::Head(HeadError::UnsupportedHttp)),
        (&[("a", "b")], ResponseError::Head(HeadError::BadStartLine)),
    ] {
        let mut dial = asking(&plan);
        dial.receive_fields(fields.iter().copied(), START);
        assert_eq!(dial.finish().unwrap_err().failure, Failure::Handshake(error));
    }
}

/// I-04: calls at the wrong time are harmless.
#[test]
fn calls_of_http_2_at_the_wrong_time_change_nothing() {
    let mut dial = dial(&speaking("wss://h/", Versions::Http2));
    dial.receive_fields([(":status", "200")], START);
    dial.handle_unsupported(START);
    assert!(matches!(dial.next_action(), Action::Connect { .. }));
    dial.handle_connected(START);
    dial.handle_secured_http2(START);
    dial.handle_secured(START);
    dial.receive(b"what belongs to the library", START);
    assert!(write(&mut dial).is_empty() && dial.take_unread().is_empty());
    dial.handle_timeout(Timestamp::default());
    assert!(matches!(dial.next_action(), Action::Request(_)));
}
