//! Redirects: rules P-10, P-11, P-13 to P-16 and P-21.

use sansocket::HeaderError;
use sansocket::auth::Credentials;
use sansocket::connect::{Plan, Redirects};

use super::support::{Caller, Reply, plan, play, play_with, response, result, write};

fn to(location: &str) -> Reply {
    response(307, &[&format!("Location: {location}")])
}

fn following(url: &str, redirects: Redirects) -> Plan {
    let mut plan = plan(url);
    plan.set_redirects(redirects);
    plan
}

fn anywhere(url: &str) -> Plan {
    following(url, Redirects::anywhere(3))
}

#[test]
fn redirects_are_off_by_default() {
    // P-10
    let expected = "ws://h/: server answered with status 307, 307 \"\"";
    assert_eq!(result(&plan("ws://h/"), &[to("/b")]), expected);
    assert_eq!(result(&following("ws://h/", Redirects::anywhere(0)), &[to("/b")]), expected);
}

#[test]
fn only_some_statuses_are_redirects() {
    // P-11, P-21
    for status in 200..600 {
        let headers = ["Location: ws://b/", "Upgrade: h2c"];
        let last = result(&anywhere("ws://h/"), &[response(status, &headers), Reply::Open("")]);
        match status {
            301 | 302 | 303 | 307 | 308 => assert_eq!(last, "open ws://b/"),
            // What follows the head of a 204 or a 304 is no body.
            _ => assert!(last.starts_with("ws://h/: server answered with status"), "{last}"),
        }
    }
}

#[test]
fn a_redirect_has_one_location() {
    // P-12
    for headers in [&[][..], &["Location: /a", "Location: /b"], &["Location: /a", "location: /a"]] {
        let last = result(&anywhere("ws://h/"), &[response(302, headers), Reply::Open("")]);
        assert_eq!(last, "ws://h/: server answered with status 302, 302 \"\"");
    }
}

#[test]
fn no_redirect_leads_from_wss_to_ws() {
    // P-13
    for location in ["ws://h/", "http://h/", "ws://b/", "http://h:443/"] {
        let last = result(&anywhere("wss://h/"), &[to(location), Reply::Open("")]);
        assert_eq!(last, "wss://h/: redirect leads from wss to ws, 307 \"\"", "{location}");
    }
    assert_eq!(result(&anywhere("ws://h/"), &[to("https://h/"), Reply::Open("")]), "open wss://h/");
    let last = result(&anywhere("ws://h/"), &[to("https://h/"), to("http://h/b"), Reply::Open("")]);
    assert_eq!(last, "wss://h/: redirect leads from wss to ws, 307 \"\"");
}

#[test]
fn the_number_of_redirects_is_limited() {
    // P-14
    let chain = [to("/1"), to("/2"), to("/3"), to("/4"), Reply::Open("")];
    let last = result(&anywhere("ws://h/"), &chain);
    assert_eq!(last, "ws://h/3: too many redirects, 307 \"\"");
    assert_eq!(result(&following("ws://h/", Redirects::anywhere(4)), &chain), "open ws://h/4");
}

#[test]
fn loops_are_found() {
    // P-14, A-35
    for (chain, url) in [
        (&[to("/")][..], "ws://h/"),
        (&[to("http://H:80")], "ws://h/"),
        (&[to("#fragment")], "ws://h/"),
        (&[to("/b"), to("./")], "ws://h/b"),
        (&[to("//b"), to("//h")], "ws://b/"),
    ] {
        let expected = format!("{url}: redirects lead in a circle, 307 \"\"");
        assert_eq!(result(&anywhere("ws://h/"), chain), expected);
    }
    assert_eq!(
        result(&anywhere("ws://h/"), &[to("?"), Reply::Open("")]),
        "ws://h/: redirects lead in a circle, 307 \"\""
    );
    assert_eq!(result(&anywhere("ws://h/"), &[to("?a"), Reply::Open("")]), "open ws://h/?a");
}

#[test]
fn redirects_can_be_kept_within_the_origin() {
    let plan = following("ws://h:81/", Redirects::same_origin(3));
    for location in ["/b", "ws://h:81/b", "http://H:81/b"] {
        assert!(result(&plan, &[to(location), Reply::Open("")]).starts_with("open ws://"));
    }
    for location in ["ws://h/", "wss://h:81/", "ws://b:81/", "//h:82/"] {
        let expected = "ws://h:81/: redirect leads to another origin, 307 \"\"";
        assert_eq!(result(&plan, &[to(location)]), expected, "{location}");
    }
}

#[test]
fn the_caller_can_refuse_a_redirect() {
    let caller = Caller { refuses: true, ..Caller::default() };
    let log = play_with(&anywhere("ws://h/"), &[to("//b"), Reply::Open("")], caller);
    let expected = [
        "connect h 80",
        "> GET / HTTP/1.1",
        "> Host: h",
        "307 to ws://b/",
        "ws://h/: server answered with status 307, 307 \"\"",
    ];
    assert_eq!(log, expected);
}

#[test]
fn another_origin_gets_only_what_is_portable() {
    // P-15, P-16, A-34
    let mut plan = anywhere("wss://h/chat?token=secret");
    plan.add_header("X-Api-Key", "secret").unwrap();
    plan.add_header("Cookie", "secret=1").unwrap();
    plan.add_portable_header("User-Agent", "chat/1").unwrap();
    plan.add_protocol("secret.bearer").unwrap();
    plan.add_portable_protocol("v2").unwrap();
    plan.set_origin("https://page.example").unwrap();
    plan.set_credentials(Credentials::bearer("secret").unwrap()).unwrap();
    plan.add_credentials("wss://c/other", Credentials::bearer("for-c").unwrap()).unwrap();
    let log = play(&plan, &[to("wss://b/x"), to("wss://c/y"), to("wss://h/z"), Reply::Open("")]);
    let own = [
        "> Host: h",
        "> Origin: https://page.example",
        "> Sec-WebSocket-Protocol: secret.bearer, v2",
        "> X-Api-Key: secret",
        "> Cookie: secret=1",
        "> User-Agent: chat/1",
        "> Authorization: Bearer secret",
    ];
    let mut expected =
        vec!["connect h 443", "tls h, the server", "> GET /chat?token=secret HTTP/1.1"];
    expected.extend(own);
    expected.extend([
        "307 to wss://b/x",
        "connect b 443",
        "tls b, the server",
        "> GET /x HTTP/1.1",
        "> Host: b",
        "> Origin: https://page.example",
        "> Sec-WebSocket-Protocol: v2",
        "> User-Agent: chat/1",
        "307 to wss://c/y",
        "connect c 443",
        "tls c, the server",
        "> GET /y HTTP/1.1",
        "> Host: c",
        "> Origin: https://page.example",
        "> Sec-WebSocket-Protocol: v2",
        "> User-Agent: chat/1",
        "> Authorization: Bearer for-c",
        "307 to wss://h/z",
        "connect h 443",
        "tls h, the server",
        "> GET /z HTTP/1.1",
    ]);
    expected.extend(own);
    expected.push("open wss://h/z");
    assert_eq!(log, expected);
}

#[test]
fn some_headers_cannot_be_portable() {
    // P-15
    let mut plan = plan("ws://h/");
    for name in ["Authorization", "cookie", "PROXY-Authorization"] {
        assert_eq!(plan.add_portable_header(name, "a"), Err(HeaderError::NotPortable), "{name}");
    }
    assert_eq!(plan.add_header("Proxy-Authorization", "a"), Err(HeaderError::Reserved));
    assert_eq!(
        play(&plan, &[Reply::Open("")]),
        ["connect h 80", "> GET / HTTP/1.1", "> Host: h", "open ws://h/"]
    );
}

#[test]
fn each_attempt_has_a_new_key() {
    // P-15: the 101 that the first request would get does not open the second connection.
    let plan = anywhere("ws://h/");
    let mut keys = Vec::new();
    let mut dial = super::support::dial(&plan);
    for _ in 0..2 {
        dial.handle_connected(harness::START);
        let request = String::from_utf8(write(&mut dial)).unwrap();
        let key = request.lines().find(|line| line.starts_with("Sec-WebSocket-Key")).unwrap();
        keys.push(key.to_owned());
        let response =
            format!("HTTP/1.1 307 x\r\nLocation: /{}\r\nContent-Length: 0\r\n\r\n", keys.len());
        dial.receive(response.as_bytes(), harness::START);
        dial.proceed(harness::START);
    }
    assert_ne!(keys[0], keys[1]);
}
