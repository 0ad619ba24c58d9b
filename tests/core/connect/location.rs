//! Where a redirect leads: rule P-12, with the examples of RFC 3986, section 5.4.

use sansocket::connect::Redirects;

use super::support::{Reply, plan, play, response};

/// The URL to which a client goes after a redirect with this `Location`.
fn resolve(base: &str, location: &str) -> String {
    let mut plan = plan(base);
    plan.set_redirects(Redirects::anywhere(1));
    let redirect = response(307, &[&format!("Location: {location}")]);
    let log = play(&plan, &[redirect, Reply::Open("")]);
    let last = log.last().expect("a result");
    last.strip_prefix("open ").unwrap_or(last).to_owned()
}

/// RFC 3986, sections 5.4.1 and 5.4.2, for the base `http://a/b/c/d;p?q`. The scheme is `ws` here, and fragments are
/// dropped.
const EXAMPLES: [(&str, &str); 35] = [
    ("g", "ws://a/b/c/g"),
    ("./g", "ws://a/b/c/g"),
    ("g/", "ws://a/b/c/g/"),
    ("/g", "ws://a/g"),
    ("//g", "ws://g/"),
    ("?y", "ws://a/b/c/d;p?y"),
    ("g?y", "ws://a/b/c/g?y"),
    ("g#s", "ws://a/b/c/g"),
    ("g?y#s", "ws://a/b/c/g?y"),
    (";x", "ws://a/b/c/;x"),
    ("g;x", "ws://a/b/c/g;x"),
    ("g;x?y#s", "ws://a/b/c/g;x?y"),
    (".", "ws://a/b/c/"),
    ("./", "ws://a/b/c/"),
    ("..", "ws://a/b/"),
    ("../", "ws://a/b/"),
    ("../g", "ws://a/b/g"),
    ("../..", "ws://a/"),
    ("../../", "ws://a/"),
    ("../../g", "ws://a/g"),
    ("../../../g", "ws://a/g"),
    ("../../../../g", "ws://a/g"),
    ("/./g", "ws://a/g"),
    ("/../g", "ws://a/g"),
    ("g.", "ws://a/b/c/g."),
    (".g", "ws://a/b/c/.g"),
    ("g..", "ws://a/b/c/g.."),
    ("..g", "ws://a/b/c/..g"),
    ("./../g", "ws://a/b/g"),
    ("./g/.", "ws://a/b/c/g/"),
    ("g/./h", "ws://a/b/c/g/h"),
    ("g/../h", "ws://a/b/c/h"),
    ("g;x=1/./y", "ws://a/b/c/g;x=1/y"),
    ("g;x=1/../y", "ws://a/b/c/y"),
    ("g?y/../x", "ws://a/b/c/g?y/../x"),
];

#[test]
fn references_are_resolved_as_rfc_3986_says() {
    // P-12
    for (location, expected) in EXAMPLES {
        assert_eq!(resolve("ws://a/b/c/d;p?q", location), expected, "{location}");
    }
}

#[test]
fn a_fragment_alone_leads_to_the_same_url() {
    // P-12. Errors show no query, but it is compared.
    let expected = "ws://a/b: redirects lead in a circle";
    assert_eq!(resolve("ws://a/b?q", "#s").split(',').next(), Some(expected));
}

#[test]
fn absolute_references_have_a_scheme_that_we_know() {
    // P-12
    for (location, expected) in [
        ("ws://b/x", "ws://b/x"),
        ("wss://b", "wss://b/"),
        ("http://b:8080/x?y", "ws://b:8080/x?y"),
        ("HTTPS://B/./x/../y", "wss://B/y"),
        ("https://b:443/", "wss://b/"),
        ("//[::1]:81/x", "ws://[::1]:81/x"),
        ("http://b?x", "ws://b/?x"),
        ("/.//evil/x", "ws://a:81//evil/x"),
        ("x:y", "Location of the redirect: scheme of the URL is not ws or wss"),
        ("http:x", "Location of the redirect: scheme of the URL is not ws or wss"),
        ("http:/x", "Location of the redirect: scheme of the URL is not ws or wss"),
        ("javascript:alert(1)", "Location of the redirect: scheme of the URL is not ws or wss"),
        ("file:///etc/passwd", "Location of the redirect: scheme of the URL is not ws or wss"),
        ("ws://", "Location of the redirect: host of the URL is missing or not valid"),
        ("ws:///x", "Location of the redirect: host of the URL is missing or not valid"),
        ("//", "Location of the redirect: host of the URL is missing or not valid"),
        ("ws://a\\b/", "Location of the redirect: host of the URL is missing or not valid"),
        ("ws://b:0/", "Location of the redirect: port of the URL is not from 1 to 65535"),
        (
            "ws://u:p@b/",
            "Location of the redirect: URL has a user or a password: send credentials in a header",
        ),
        (
            "//a:81@b/",
            "Location of the redirect: URL has a user or a password: send credentials in a header",
        ),
        (
            "/a b",
            "Location of the redirect: URL contains a space, a control character or a character \
             beyond ASCII",
        ),
        (
            "/a\tb",
            "Location of the redirect: URL contains a space, a control character or a character \
             beyond ASCII",
        ),
        (
            "/é",
            "Location of the redirect: URL contains a space, a control character or a character \
             beyond ASCII",
        ),
    ] {
        let failed = format!("ws://a:81/b: {expected}, 307 \"\"");
        let expected = if expected.starts_with("Location") { &failed } else { expected };
        assert_eq!(resolve("ws://a:81/b", location), expected, "{location}");
    }
}

#[test]
fn a_reference_without_a_scheme_keeps_that_of_the_url() {
    assert_eq!(resolve("wss://a/b", "c"), "wss://a/c");
    assert_eq!(resolve("wss://a/b", "//c"), "wss://c/");
    assert_eq!(resolve("ws://a?q", "g"), "ws://a/g");
}
