//! Ways through proxies: rules P-23 to P-29, P-35 and P-38.

use std::time::Duration;

use harness::START;
use sansocket::connect::{Action, Dial, Next, Peer, Plan, Proxy};
use sansocket::{Config, Seed, Timeouts, Timestamp};

use super::support::{Caller, Reply, dial, exchange, plan, play, play_with, response, result};

fn through(proxy: &str, url: &str) -> Plan {
    let mut plan = plan(url);
    plan.set_proxy(Proxy::parse(proxy).unwrap_or_else(|error| panic!("{proxy}: {error}")));
    plan
}

fn text(text: &'static str) -> Reply {
    Reply::Text(text)
}

const TUNNEL: Reply = Reply::Text("HTTP/1.1 200 Connection established\r\n\r\n");

#[test]
fn an_http_proxy_opens_a_tunnel_for_both_schemes() {
    // P-23, P-24: RFC 6455, section 4.1, item 3, shows these lines.
    let log = play(&through("http://p:8080", "ws://example.com/chat"), &[TUNNEL, Reply::Open("x")]);
    let expected = [
        "connect p 8080",
        "> CONNECT example.com:80 HTTP/1.1",
        "> Host: example.com:80",
        "> GET /chat HTTP/1.1",
        "> Host: example.com",
        "open ws://example.com/chat, then \"x\"",
    ];
    assert_eq!(log, expected);
    // P-35
    let log = play(&through("p", "wss://[2001:db8::7]:444/"), &[TUNNEL, Reply::Open("")]);
    let expected = [
        "connect p 80",
        "> CONNECT [2001:db8::7]:444 HTTP/1.1",
        "> Host: [2001:db8::7]:444",
        "tls 2001:db8::7, the server",
        "> GET / HTTP/1.1",
        "> Host: [2001:db8::7]:444",
        "open wss://[2001:db8::7]:444/",
    ];
    assert_eq!(log, expected);
}

#[test]
fn an_https_proxy_has_tls_of_its_own() {
    // P-35
    let log = play(&through("https://p", "wss://h/"), &[TUNNEL, Reply::Open("")]);
    let expected = [
        "connect p 443",
        "tls p, the proxy",
        "> CONNECT h:443 HTTP/1.1",
        "> Host: h:443",
        "tls h, the server",
        "> GET / HTTP/1.1",
        "> Host: h",
        "open wss://h/",
    ];
    assert_eq!(log, expected);
    let log = play(&through("https://p", "ws://h/"), &[TUNNEL, Reply::Open("")]);
    assert_eq!(log.iter().filter(|line| line.starts_with("tls")).count(), 1);
}

#[test]
fn any_2xx_opens_the_tunnel_whatever_its_headers_say() {
    // P-25, P-38
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 299 \r\n\r\n",
        "HTTP/1.0 200 Connection established\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        let last = result(&through("p", "ws://h/"), &[text(head), Reply::Open("x")]);
        assert_eq!(last, "open ws://h/, then \"x\"", "{head}");
    }
}

#[test]
fn a_rejection_by_a_proxy_is_told_apart() {
    // P-26: a proxy redirects nobody.
    let mut plan = through("p", "ws://h/");
    plan.set_redirects(sansocket::connect::Redirects::anywhere(3));
    for status in [101, 301, 307, 400, 401, 403, 404, 407, 500, 502, 503] {
        let reply = response(status, &["Location: ws://evil/", "WWW-Authenticate: Basic"]);
        let expected = match status {
            // It is no final response.
            101 => "ws://h/: opening took too long".to_owned(),
            _ => format!("ws://h/: proxy answered with status {status}, {status} \"\""),
        };
        let replies = if status == 101 { [reply, Reply::Silence] } else { [reply, Reply::Eof("")] };
        assert_eq!(result(&plan, &replies), expected);
    }
    let body = Reply::Text("HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnono, and more");
    assert_eq!(result(&plan, &[body]), "ws://h/: proxy answered with status 403, 403 \"nono\"");
    let body = Reply::Eof("HTTP/1.1 502 No\r\n\r\nuntil the end");
    let expected = "ws://h/: proxy answered with status 502, 502 \"until the end\"";
    assert_eq!(result(&plan, &[body]), expected);
}

#[test]
fn bytes_after_the_reply_belong_to_the_tunnel() {
    // P-27, I-08: without TLS they are read as the response of the server.
    let mut dial = dial(&through("p", "ws://h/"));
    dial.handle_connected(START);
    let early = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    exchange(&mut dial, early.as_bytes());
    assert!(matches!(dial.next_action(), Action::Done));
    let error = dial.finish().expect_err("a rejection");
    assert_eq!(error.to_string(), "ws://h/: server answered with status 403");

    // With TLS they are given to it.
    let mut dial = self::dial(&through("p", "wss://h/"));
    dial.handle_connected(START);
    exchange(&mut dial, b"HTTP/1.1 200 OK\r\n\r\n\x15\x03");
    assert!(matches!(dial.next_action(), Action::Tls { .. }));
    dial.receive(b"\x03", START);
    assert_eq!(dial.take_unread(), b"\x15\x03\x03");
    dial.handle_secured(START);
    assert!(matches!(dial.next_action(), Action::Write));
}

#[test]
fn the_response_of_a_proxy_has_limits_and_a_deadline() {
    // P-28
    let plan = through("p", "ws://h/");
    let filler: &'static str = "a".repeat(17 << 10).leak();
    let last = result(&plan, &[text("HTTP/1.1 200 "), text(filler)]);
    assert_eq!(last, "ws://h/: opening took too long", "a script has one reply to each flight");
    let long = Reply::Bytes(format!("HTTP/1.1 200 OK\r\nX: {filler}").into_bytes());
    let expected = "ws://h/: response of the proxy: head exceeds the limit in bytes";
    assert_eq!(result(&plan, &[long]), expected);
    assert_eq!(result(&plan, &[Reply::Silence]), "ws://h/: opening took too long");
    let last = result(&plan, &[Reply::Text("HTTP/1.1 403 No\r\n\r\na body without end")]);
    let expected = "ws://h/: proxy answered with status 403, 403 \"a body without end\"";
    assert_eq!(last, expected);
    assert_eq!(
        result(&plan, &[Reply::Eof("HTTP/1.1 200")]),
        "ws://h/: transport ended before the response"
    );
}

#[test]
fn credentials_of_a_proxy_reach_the_proxy_alone() {
    // P-29: neither the server nor another proxy gets them.
    let mut plan = plan("wss://h/");
    let credentials = sansocket::auth::Credentials::basic("u", "p").unwrap();
    plan.set_proxy(Proxy::parse("http://p").unwrap().credentials(credentials));
    plan.set_credentials(sansocket::auth::Credentials::bearer("server").unwrap()).unwrap();
    let log = play(&plan, &[TUNNEL, Reply::Open("")]);
    let expected = [
        "connect p 80",
        "> CONNECT h:443 HTTP/1.1",
        "> Host: h:443",
        "> Proxy-Authorization: Basic dTpw",
        "tls h, the server",
        "> GET / HTTP/1.1",
        "> Host: h",
        "> Authorization: Bearer server",
        "open wss://h/",
    ];
    assert_eq!(log, expected);
}

#[test]
fn socks5_names_the_target_as_rfc_1928_says() {
    let reply = |bytes: &[u8]| Reply::Bytes(bytes.to_vec());
    let none = reply(&[5, 0]);
    let ok = reply(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
    let log = play(
        &through("socks5h://p", "wss://example.com"),
        &[none.clone(), ok.clone(), Reply::Open("x")],
    );
    let expected = [
        "connect p 1080",
        "> 050100",
        "> 050100030b6578616d706c652e636f6d01bb",
        "tls example.com, the server",
        "> GET / HTTP/1.1",
        "> Host: example.com",
        "open wss://example.com/, then \"x\"",
    ];
    assert_eq!(log, expected);
    // The client resolves.
    let log = play(
        &through("socks5://p", "ws://example.com"),
        &[none.clone(), ok.clone(), Reply::Open("x")],
    );
    let expected = [
        "resolve example.com",
        "connect p 1080",
        "> 050100",
        "> 05010001c00002070050",
        "> GET / HTTP/1.1",
        "> Host: example.com",
        "open ws://example.com/, then \"x\"",
    ];
    assert_eq!(log, expected);
    // Addresses need not be resolved.
    for (url, request) in [
        ("ws://192.0.2.1:81", "> 05010001c00002010051"),
        ("ws://[2001:db8::7]", "> 0501000420010db80000000000000000000000070050"),
    ] {
        for proxy in ["socks5://p", "socks5h://p"] {
            let log = play(&through(proxy, url), &[none.clone(), ok.clone(), Reply::Open("")]);
            assert_eq!(log[2], request);
            assert!(log.last().unwrap().starts_with("open"));
        }
    }
    // The reply may name its address in each way.
    for tail in [&[1, 1, 2, 3, 4, 0, 1][..], &[4; 19], &[3, 2, b'a', b'b', 0, 1], &[3, 0, 0, 1]] {
        let ok = Reply::Bytes([&[5, 0, 0], tail].concat());
        let last = result(&through("socks5h://p", "ws://h"), &[none.clone(), ok, Reply::Open("x")]);
        assert_eq!(last, "open ws://h/, then \"x\"", "{tail:?}");
    }
}

#[test]
fn socks5_logs_in_as_rfc_1929_says() {
    let reply = |bytes: &[u8]| Reply::Bytes(bytes.to_vec());
    let plan = through("socks5h://us:p%3a%20w@p", "ws://h");
    let ok = reply(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
    let log = play(&plan, &[reply(&[5, 2]), reply(&[1, 0]), ok.clone(), Reply::Open("")]);
    let expected = [
        "connect p 1080",
        "> 05020002",
        "> 0102757304703a2077",
        "> 0501000301680050",
        "> GET / HTTP/1.1",
        "> Host: h",
        "open ws://h/",
    ];
    assert_eq!(log, expected);
    // The proxy need not ask.
    assert_eq!(result(&plan, &[reply(&[5, 0]), ok, Reply::Open("")]), "open ws://h/");
    let last = result(&plan, &[reply(&[5, 2]), reply(&[1, 1])]);
    assert_eq!(last, "ws://h/: SOCKS proxy rejected the user or the password");
}

#[test]
fn other_replies_of_socks5_are_failures() {
    let plan = through("socks5h://p", "ws://h");
    let malformed = "proxy does not speak SOCKS5";
    for (replies, expected) in [
        (&[&[5, 255][..]][..], "SOCKS proxy wants another way to log in"),
        (&[&[5, 2]], malformed),
        (&[&[5, 1]], malformed),
        (&[&[4]], malformed),
        (&[b"HTTP/1.1 400 No\r\n\r\n"], malformed),
        (&[&[5, 0], &[4]], malformed),
        (&[&[5, 0], &[5, 0, 1]], malformed),
        (&[&[5, 0], &[5, 0, 0, 2]], malformed),
        (&[&[5, 0], &[5, 1]], "SOCKS proxy: general failure"),
        (&[&[5, 0], &[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]], "SOCKS proxy: connection not allowed"),
        (&[&[5, 0], &[5, 3]], "SOCKS proxy: network unreachable"),
        (&[&[5, 0], &[5, 4]], "SOCKS proxy: host unreachable"),
        (&[&[5, 0], &[5, 5]], "SOCKS proxy: connection refused"),
        (&[&[5, 0], &[5, 6]], "SOCKS proxy: TTL expired"),
        (&[&[5, 0], &[5, 7]], "SOCKS proxy: command not supported"),
        (&[&[5, 0], &[5, 8]], "SOCKS proxy: address type not supported"),
        (&[&[5, 0], &[5, 9]], "SOCKS proxy: unknown failure"),
        (&[], "transport ended before the response"),
    ] {
        let replies: Vec<_> = replies.iter().map(|bytes| Reply::Bytes(bytes.to_vec())).collect();
        assert_eq!(result(&plan, &replies), format!("ws://h/: {expected}"), "{replies:?}");
    }
    let incomplete = [Reply::Bytes(vec![5, 0]), Reply::Bytes(vec![5, 0, 0, 1, 0, 0, 0, 0, 0])];
    assert_eq!(result(&plan, &incomplete), "ws://h/: opening took too long");
    let name = format!("ws://{}", "a".repeat(256));
    let expected = format!("{name}/: name of the target is too long for SOCKS5");
    assert_eq!(result(&through("socks5h://p", &name), &[]), expected);
}

/// A body that stalls must not use up the time of the answer to its challenge.
#[test]
fn the_body_of_a_refused_tunnel_has_a_deadline_of_its_own() {
    let timeouts = Timeouts::new().opening(Duration::from_secs(9)).body(Duration::from_secs(2));
    let plan = through("http://user:pass@p", "ws://h");
    let config = Config::new().timeouts(timeouts).shared();
    let mut dial = Dial::new(plan, config, Seed::new([7; 32]), START);
    dial.handle_connected(START);
    assert_eq!(dial.poll_timeout(), Some(START + Duration::from_secs(9)));
    let head = "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 9\r\n\r\nbody";
    exchange(&mut dial, head.as_bytes());
    let due = START + Duration::from_secs(2);
    assert_eq!(dial.poll_timeout(), Some(due));
    dial.handle_timeout(due);
    let Action::Next(Next::Authenticate { response, peer: Peer::Proxy }) = dial.next_action()
    else {
        panic!("{dial:?}")
    };
    assert!(response.body() == b"body" && response.is_truncated());
}

#[test]
fn each_step_may_fail() {
    let caller = Caller { refused_connects: 1, ..Caller::default() };
    let log = play_with(&through("https://p", "wss://h"), &[], caller);
    assert_eq!(
        log,
        ["connect p 443", "wss://h/: connection to the proxy could not be established"]
    );
    let fail = |count: usize, end: fn(&mut Dial, Timestamp)| {
        let mut dial = dial(&through("https://p", "wss://h"));
        if count > 0 {
            dial.handle_connected(START);
        }
        if count > 1 {
            dial.handle_secured(START);
            exchange(&mut dial, b"HTTP/1.1 200 OK\r\n\r\n");
        }
        end(&mut dial, START);
        dial.finish().expect_err("a failure").to_string()
    };
    let refused = "wss://h/: connection to the proxy could not be established";
    assert_eq!(fail(0, Dial::handle_failure), refused);
    assert_eq!(fail(0, Dial::handle_eof), refused);
    assert_eq!(fail(1, Dial::handle_failure), "wss://h/: TLS with the proxy failed");
    assert_eq!(fail(2, Dial::handle_failure), "wss://h/: TLS with the server failed");
    for count in [1, 2] {
        let ended = "wss://h/: transport ended before the response";
        assert_eq!(fail(count, Dial::handle_eof), ended);
    }
    let mut dial = dial(&through("socks5://p", "wss://h"));
    dial.handle_failure(START);
    assert_eq!(
        dial.finish().expect_err("a failure").to_string(),
        "wss://h/: name was not resolved"
    );
    let dial = self::dial(&plan("ws://h"));
    let error = dial.finish().expect_err("nothing was done");
    assert_eq!(error.to_string(), "ws://h/: attempt was abandoned");
}
