//! Attacks of servers and proxies on a client that follows redirects and answers challenges.

use harness::START;
use sansocket::auth::Credentials;
use sansocket::connect::{Action, Failure, Plan, Proxy, Redirects, Retry};

use super::support::{
    Caller, Reply, dial, exchange, plan, play, play_with, response, result, write,
};

/// A plan that allows all there is, with secrets for `wss://home`.
fn bold() -> Plan {
    let mut plan = plan("wss://home/secret?secret");
    plan.add_header("X-Api-Key", "secret").unwrap();
    plan.add_header("Cookie", "secret").unwrap();
    plan.add_protocol("secret").unwrap();
    plan.set_credentials(Credentials::password("secret", "secret").unwrap()).unwrap();
    plan.set_redirects(Redirects::anywhere(10));
    plan
}

/// A-34: a redirect to another origin, with or without a challenge there, gets no secret.
#[test]
fn a_redirect_cannot_steal_secrets() {
    let challenges = [
        "WWW-Authenticate: Basic realm=\"home\", Digest realm=\"home\", nonce=\"a\", qop=\"auth\"",
    ];
    for location in [
        "wss://evil/",
        "https://evil/",
        "//evil/",
        "//home.evil/",
        "wss://home:444/",
        "wss://home.:443/",
        "//evil\\@home/",
    ] {
        let redirect = response(302, &[&format!("Location: {location}")]);
        let log = play(&bold(), &[redirect, response(401, &challenges), Reply::Open("")]);
        let rest = log.iter().skip_while(|line| !line.starts_with("302"));
        assert!(
            !rest.into_iter().any(|line| line.contains("secret") && line.starts_with('>')),
            "{log:?}"
        );
    }
}

/// CVE-2020-35678: a `Location` cannot add headers to the next request.
#[test]
fn a_location_cannot_inject_headers() {
    for location in ["/%0d%0aX:%20y", "/a%0d%0a%0d%0aGET%20/", "/\u{2028}X: y", "/a X: y", "/\tX"] {
        let redirect = response(302, &[&format!("Location: {location}")]);
        let log = play(&bold(), &[redirect, Reply::Open("")]);
        assert!(!log.iter().any(|line| line.starts_with("> X: y")), "{log:?}");
    }
    let last = result(&bold(), &[response(302, &["Location: /%0d%0aX:%20y"]), Reply::Open("")]);
    assert_eq!(last, "open wss://home/%0d%0aX:%20y");
    // A line end ends the value, whatever is meant.
    let split = Reply::Text("HTTP/1.1 302 x\r\nLocation: /a\r\n b\r\nContent-Length: 0\r\n\r\n");
    let expected = "wss://home/secret: Location of the redirect: URL contains a space, a control \
                    character or a character beyond ASCII, 302 \"\"";
    assert_eq!(result(&bold(), &[split]), expected);
}

/// A challenge cannot add headers, and neither can its parameters break out of their quotes.
#[cfg(feature = "digest")]
#[test]
fn a_challenge_cannot_inject_headers_or_parameters() {
    let challenge = response(
        401,
        &[
            r#"WWW-Authenticate: Digest realm="a\", username=\"b", nonce="c\\", qop=auth, opaque="\"""#,
        ],
    );
    let log = play(&bold(), &[challenge, Reply::Open("")]);
    let line = log.iter().rfind(|line| line.starts_with("> Authorization")).expect("an answer");
    let value = line.strip_prefix("> Authorization: ").unwrap();
    let login = sansocket::auth::Authorization::parse(value.as_bytes()).expect("it is well-formed");
    assert_eq!(login.parameter("realm").as_deref(), Some("a\", username=\"b"));
    assert_eq!(login.parameter("nonce").as_deref(), Some("c\\"));
    assert_eq!(login.parameter("username").as_deref(), Some("secret"));
}

/// A-62: of a proxy as of a server.
#[test]
fn endless_interim_responses_are_cut() {
    let endless = Reply::Bytes(b"HTTP/1.1 103 x\r\n\r\n".repeat(100));
    let too_many = "server sent too many interim responses";
    let expected = format!("ws://h/: opening handshake failed: {too_many}");
    assert_eq!(result(&plan("ws://h/"), std::slice::from_ref(&endless)), expected);
    let mut through = plan("ws://h/");
    through.set_proxy(Proxy::parse("p").unwrap());
    let expected = format!("ws://h/: response of the proxy: {too_many}");
    assert_eq!(result(&through, &[endless]), expected);
}

/// A-60: neither the plan nor an application that always has an answer is asked for ever.
#[test]
fn endless_challenges_are_cut() {
    let mut plan = plan("ws://h/");
    plan.set_proxy(Proxy::parse("http://u:p@p").unwrap());
    let challenge = response(407, &["Proxy-Authenticate: Basic realm=\"a\", NTLM"]);
    let log = play(&plan, &vec![challenge.clone(); 100]);
    assert_eq!(log.iter().filter(|line| line.starts_with("connect")).count(), 2);
    let caller = Caller { answer: Some("NTLM TlRMTVNTUAABAAAA"), ..Caller::default() };
    let log = play_with(&plan, &vec![challenge; 100], caller);
    assert_eq!(log.iter().filter(|line| line.starts_with("connect")).count(), 9);
    // A nonce that is always stale.
    let stale = r#"WWW-Authenticate: Digest realm="a", nonce="b", qop="auth", stale=true"#;
    let log = play(&bold(), &vec![response(401, &[stale]); 100]);
    assert!(log.iter().filter(|line| line.starts_with("connect")).count() <= 3);
    // Redirects and challenges in turn.
    let turns = |at: usize| match at % 2 {
        0 => response(401, &["WWW-Authenticate: Basic realm=\"a\""]),
        _ => response(302, &[&format!("Location: /{at}")]),
    };
    let log = play(&bold(), &(0..100).map(turns).collect::<Vec<_>>());
    assert!(log.iter().filter(|line| line.starts_with("connect")).count() <= 12);
}

#[test]
fn huge_challenges_are_ignored() {
    for value in [
        format!("Digest {}", "a=b, ".repeat(3000)),
        format!("Digest realm=\"{}", "\\\"".repeat(7000)),
        "A, ".repeat(5000),
        ",".repeat(15_000),
    ] {
        let challenge = response(401, &[&format!("WWW-Authenticate: {value}")]);
        let last = result(&bold(), &[challenge]);
        assert_eq!(last, "wss://home/secret: server answered with status 401, 401 \"\"");
    }
}

#[test]
fn garbage_of_a_proxy_is_a_failure_of_the_proxy() {
    let mut through = plan("wss://h/");
    through.set_proxy(Proxy::parse("p").unwrap());
    through.set_retry(Retry::times(3));
    for garbage in
        ["\x15\x03\x01", "SSH-2.0-x\r\n", "\r\n", "HTTP/2 200\r\n\r\n", "H\nT", "HTTP/1.1 20\r\n"]
    {
        let last = result(&through, &[Reply::Text(garbage)]);
        assert!(last.starts_with("wss://h/: response of the proxy:"), "{garbage:?}: {last}");
    }
}

/// A server, or a proxy in its place, that speaks before it is asked: without TLS, its bytes are no answer to our key.
#[test]
fn a_server_that_speaks_first_is_not_believed() {
    let mut through = plan("ws://h/");
    through.set_proxy(Proxy::parse("p").unwrap());
    for (early, expected) in [
        ("220 mail.example ESMTP\r\n", "first line is not that of an HTTP/1.1 message"),
        (
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "Sec-WebSocket-Accept does not answer our key",
        ),
    ] {
        let reply = Reply::Bytes(["HTTP/1.1 200 OK\r\n\r\n", early].concat().into_bytes());
        let last = result(&through, &[reply, Reply::Text("")]);
        assert_eq!(last, format!("ws://h/: opening handshake failed: {expected}"));
    }
}

/// cf. CVE-2011-0411: bytes in clear before TLS do not pass for bytes within it.
#[test]
fn bytes_before_tls_are_not_read_within_it() {
    for proxy in ["http://p", "socks5h://p"] {
        let mut through = plan("wss://h/");
        through.set_proxy(Proxy::parse(proxy).unwrap());
        let mut dial = dial(&through);
        dial.handle_connected(START);
        let reply: &[u8] = match proxy {
            "http://p" => b"HTTP/1.1 200 OK\r\n\r\n",
            _ => b"\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
        };
        exchange(&mut dial, &[reply, b"HTTP/1.1 302 x\r\nLocation: //evil\r\n\r\n"].concat());
        assert!(matches!(dial.next_action(), Action::Tls { .. }));
        dial.handle_secured(START);
        let error = dial.finish().expect_err("a failure");
        assert_eq!(error.to_string(), "wss://h/: proxy sent bytes before TLS was started");
    }
}

/// A caller that must not reach some hosts refuses before there is a connection.
#[test]
fn any_step_can_be_refused() {
    let mut plan = plan("wss://h/");
    plan.set_retry(Retry::times(1));
    for steps in 0..4 {
        let mut dial = dial(&plan);
        for step in 0..steps {
            match step {
                0 => dial.handle_connected(START),
                1 => dial.handle_secured(START),
                _ => drop(write(&mut dial)),
            }
        }
        dial.refuse();
        assert!(matches!(dial.next_action(), Action::Done), "{steps}");
        let error = dial.finish().expect_err("a failure");
        assert_eq!(error.to_string(), "wss://h/: attempt was abandoned");
    }
    let mut dial = dial(&plan);
    dial.handle_failure(START);
    dial.proceed(START);
    assert!(matches!(dial.next_action(), Action::Wait));
    dial.refuse();
    assert_eq!(dial.finish().expect_err("a failure").failure, Failure::Abandoned);
}

/// I-04: calls at the wrong time are harmless.
#[test]
fn calls_at_the_wrong_time_change_nothing() {
    let mut dial = dial(&plan("ws://h/"));
    dial.receive(b"HTTP/1.1 101 x\r\n\r\n", START);
    dial.handle_secured(START);
    dial.handle_resolved([127, 0, 0, 1].into(), START);
    dial.proceed(START);
    dial.transmitted(0, START);
    dial.handle_timeout(START);
    assert!(dial.take_unread().is_empty() && dial.transmit().is_empty());
    assert!(matches!(dial.next_action(), Action::Connect { host: "h", port: 80 }));
    dial.handle_failure(START);
    assert!(matches!(dial.next_action(), Action::Done));
    dial.handle_connected(START);
    dial.handle_eof(START);
    dial.proceed(START);
    dial.refuse();
    dial.receive(b"x", START);
    assert!(matches!(dial.next_action(), Action::Done) && dial.poll_timeout().is_none());
    let error = dial.finish().expect_err("a failure");
    assert_eq!(error.to_string(), "ws://h/: connection could not be established");
}
