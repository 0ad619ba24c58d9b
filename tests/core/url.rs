//! The URL of a WebSocket: rules P-01 to P-09, H-C-03 and H-C-04.

use sansocket::{Url, UrlError, UrlPolicy};

#[test]
fn a_url_has_an_address_and_a_resource() {
    // Rule, text, secure, host, port, authority, path, query.
    let rows = [
        ("P-01", "ws://h", false, "h", 80, "h", "/", None),
        ("P-01", "WSS://h", true, "h", 443, "h", "/", None),
        ("P-01", "wS://H.Example/X", false, "H.Example", 80, "H.Example", "/X", None),
        ("H-C-03", "ws://h:80/", false, "h", 80, "h", "/", None),
        ("H-C-03", "ws://h:443/", false, "h", 443, "h:443", "/", None),
        ("H-C-03", "wss://h:443/", true, "h", 443, "h", "/", None),
        ("H-C-03", "wss://h:80/", true, "h", 80, "h:80", "/", None),
        ("H-C-03", "ws://h:", false, "h", 80, "h", "/", None),
        ("H-C-03", "ws://[::1]:8080/", false, "::1", 8080, "[::1]:8080", "/", None),
        ("H-C-03", "ws://[2001:db8::7]", false, "2001:db8::7", 80, "[2001:db8::7]", "/", None),
        (
            "H-C-03",
            "ws://xn--bcher-kva.example",
            false,
            "xn--bcher-kva.example",
            80,
            "xn--bcher-kva.example",
            "/",
            None,
        ),
        ("H-C-04", "ws://h/?", false, "h", 80, "h", "/", None),
        ("H-C-04", "ws://h?", false, "h", 80, "h", "/", None),
        ("H-C-04", "ws://h?a=1", false, "h", 80, "h", "/", Some("a=1")),
        ("H-C-04", "ws://h/a?b?c", false, "h", 80, "h", "/a", Some("b?c")),
        ("P-03", "ws://h/%23", false, "h", 80, "h", "/%23", None),
        ("P-05", "ws://h:1", false, "h", 1, "h:1", "/", None),
        ("P-05", "ws://h:65535", false, "h", 65535, "h:65535", "/", None),
        ("P-05", "ws://h:08080", false, "h", 8080, "h:8080", "/", None),
        ("P-06", "ws://127.0.0.1/", false, "127.0.0.1", 80, "127.0.0.1", "/", None),
        ("P-06", "ws://a_b.c-d~e", false, "a_b.c-d~e", 80, "a_b.c-d~e", "/", None),
        ("P-06", "ws://a%2fb", false, "a%2fb", 80, "a%2fb", "/", None),
        ("P-08", "ws://h/a/../b%2f", false, "h", 80, "h", "/a/../b%2f", None),
        ("P-08", "ws://h/a@b:c//d", false, "h", 80, "h", "/a@b:c//d", None),
        ("V-44", "ws://h/?q={x|y}", false, "h", 80, "h", "/", Some("q={x|y}")),
    ];
    for (rule, text, is_secure, host, port, authority, path, query) in rows {
        let url = Url::parse(text).unwrap_or_else(|error| panic!("{rule}: {text}: {error}"));
        assert_eq!(url.is_secure(), is_secure, "{rule}: {text}");
        assert_eq!((url.host(), url.port()), (host, port), "{rule}: {text}");
        assert_eq!(url.authority().to_string(), authority, "{rule}: {text}");
        assert_eq!((url.path(), url.query()), (path, query), "{rule}: {text}");
        assert_eq!(Url::parse(&url.to_string()), Ok(url), "{rule}: {text} shows as itself");
    }
}

#[test]
fn other_urls_are_rejected() {
    let rows = [
        ("P-01", "", UrlError::BadScheme),
        ("P-01", "h", UrlError::BadScheme),
        ("P-01", "ws:h", UrlError::BadScheme),
        ("P-01", "ws:/h", UrlError::BadScheme),
        ("P-01", "wsss://h", UrlError::BadScheme),
        ("P-01", "://h", UrlError::BadScheme),
        ("P-01", "file://h", UrlError::BadScheme),
        ("P-02", "http://h", UrlError::BadScheme),
        ("P-02", "https://h", UrlError::BadScheme),
        ("P-03", "ws://h/#", UrlError::HasFragment),
        ("P-03", "ws://h/a#b", UrlError::HasFragment),
        ("P-03", "ws://h#", UrlError::HasFragment),
        ("P-03", "ws://h?a#b", UrlError::HasFragment),
        ("P-04, V-38", "ws://u:p@h/", UrlError::HasUserinfo),
        ("P-04", "ws://u@h", UrlError::HasUserinfo),
        ("P-04", "ws://@h", UrlError::HasUserinfo),
        ("P-05", "ws://h:0", UrlError::BadPort),
        ("P-05", "ws://h:65536", UrlError::BadPort),
        ("P-05", "ws://h:99999999999999999999", UrlError::BadPort),
        ("P-05", "ws://h:+80", UrlError::BadPort),
        ("P-05", "ws://h:-1", UrlError::BadPort),
        ("P-05", "ws://h:8o", UrlError::BadPort),
        ("P-05", "ws://h:80:80", UrlError::BadPort),
        ("P-05", "ws://[::1]:x", UrlError::BadPort),
        ("P-06", "ws:///x", UrlError::BadHost),
        ("P-06", "ws://", UrlError::BadHost),
        ("P-06", "ws://?x", UrlError::BadHost),
        ("P-06", "ws://:80", UrlError::BadHost),
        ("P-06", "ws://[::1", UrlError::BadHost),
        ("P-06", "ws://[]", UrlError::BadHost),
        ("P-06", "ws://[", UrlError::BadHost),
        ("P-06", "ws://]", UrlError::BadHost),
        ("P-06", "ws://[::1]a", UrlError::BadHost),
        ("P-06", "ws://[::1%25eth0]", UrlError::BadHost),
        ("P-06", "ws://[fe80::1%eth0]", UrlError::BadHost),
        ("P-06", "ws://[1.2.3.4]", UrlError::BadHost),
        ("P-06", "ws://::1", UrlError::BadHost),
        ("P-06", "ws://a%2", UrlError::BadHost),
        ("P-06", "ws://a%zz", UrlError::BadHost),
        ("P-06", "ws://a,b", UrlError::BadHost),
        ("P-06", "ws://a\\b", UrlError::BadHost),
        ("P-06", "ws://a|b", UrlError::BadHost),
        ("P-07", "ws://h/a\r\nX: y", UrlError::BadCharacter),
        ("P-07", "ws://h/\n", UrlError::BadCharacter),
        ("P-07", "ws://h/a b", UrlError::BadCharacter),
        ("P-07", " ws://h", UrlError::BadCharacter),
        ("P-07", "ws://h\t", UrlError::BadCharacter),
        ("P-07", "ws://h/\0", UrlError::BadCharacter),
        ("P-07", "ws://h/\u{7f}", UrlError::BadCharacter),
        ("P-07", "ws://h/\u{e9}", UrlError::BadCharacter),
        ("P-07", "ws://b\u{fc}cher.example", UrlError::BadCharacter),
    ];
    for (rule, text, error) in rows {
        assert_eq!(Url::parse(text), Err(error), "{rule}: {text:?}");
        assert!(Url::parse_with(text, UrlPolicy::BROWSER).is_err() || rule == "P-02", "{rule}");
    }
}

#[test]
fn http_urls_are_mapped_if_the_policy_allows_them() {
    let policy = UrlPolicy::new().allow_http(true);
    // P-02, V-39.
    for (text, mapped) in [
        ("https://h/x", "wss://h/x"),
        ("HTTP://h:8080/?a", "ws://h:8080/?a"),
        ("https://h:443/", "wss://h/"),
        ("ws://h/", "ws://h/"),
    ] {
        assert_eq!(Url::parse_with(text, policy).unwrap().to_string(), mapped, "P-02");
    }
    assert_eq!(Url::parse_with("ftp://h/", policy), Err(UrlError::BadScheme), "P-02");
}

#[test]
fn ports_of_other_services_are_blocked_if_the_policy_blocks_them() {
    let policy = UrlPolicy::new().block_ports(true);
    let is_blocked = |port: u16| {
        let text = format!("ws://h:{port}");
        assert!(Url::parse(&text).is_ok(), "P-09: only a policy blocks it");
        Url::parse_with(&text, policy) == Err(UrlError::BlockedPort)
    };
    for port in [1, 25, 110, 143, 6000, 6667, 10080] {
        assert!(is_blocked(port), "P-09: {port}");
    }
    for port in [80, 443, 8080, 8443, 6001, 65535] {
        assert!(!is_blocked(port), "P-09: {port}");
    }
    assert_eq!((1..=u16::MAX).filter(|&port| is_blocked(port)).count(), 82, "P-09");
}

#[test]
fn each_error_of_a_url_has_its_own_text() {
    use UrlError::{
        BadCharacter, BadHost, BadPort, BadScheme, BlockedPort, HasFragment, HasUserinfo,
    };
    let errors = [BadCharacter, BadHost, BadPort, BadScheme, BlockedPort, HasFragment, HasUserinfo];
    let mut texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), errors.len(), "L-24");
}
