//! Challenges of RFC 9110, section 11: rules P-18 and P-32.

use sansocket::auth::{Authorization, Challenge};

/// Writes challenges as `Scheme{token68}` or `Scheme[name=value;…]`.
fn shown(value: &[u8]) -> String {
    let challenges = Challenge::parse_all(value).map(|challenge| match challenge.token68() {
        Some(token68) => format!("{}{{{token68}}}", challenge.scheme()),
        None => {
            let parameters = challenge.parameters().map(|(name, value)| format!("{name}={value}"));
            format!("{}[{}]", challenge.scheme(), parameters.collect::<Vec<_>>().join(";"))
        }
    });
    challenges.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_line_may_hold_several_challenges() {
    // P-18
    for (value, expected) in [
        ("", ""),
        (" , ,", ""),
        ("Basic", "Basic[]"),
        ("Negotiate, NTLM", "Negotiate[] NTLM[]"),
        ("Negotiate oRQwEqADCgEBoQs=, Basic realm=x", "Negotiate{oRQwEqADCgEBoQs=} Basic[realm=x]"),
        ("Basic realm=\"a, b\"", "Basic[realm=a, b]"),
        ("Basic realm = \"x\" , charset=UTF-8", "Basic[realm=x;charset=UTF-8]"),
        ("Basic realm=\"\"", "Basic[realm=]"),
        (r#"Basic realm="a \"b\\c\" d""#, r#"Basic[realm=a "b\c" d]"#),
        ("Basic realm=\"x\",,Digest nonce=\"y\"", "Basic[realm=x] Digest[nonce=y]"),
        // RFC 9110, section 11.6.1.
        (
            "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
            "Basic[realm=simple] Newauth[realm=apps;type=1;title=Login to \"apps\"]",
        ),
        ("Scheme a=b, Other", "Scheme[a=b] Other[]"),
        ("Basic realm=", "Basic{realm=}"),
        ("Scheme abc", "Scheme{abc}"),
        ("Scheme abc==", "Scheme{abc==}"),
        ("Scheme a=b", "Scheme[a=b]"),
        ("Scheme  a=b", "Scheme[a=b]"),
        ("Scheme a/b, Basic realm=c", "Scheme{a/b} Basic[realm=c]"),
        ("Basic realm=\"é\"", "Basic[realm=é]"),
    ] {
        assert_eq!(shown(value.as_bytes()), expected, "{value}");
    }
}

#[test]
fn nothing_is_read_behind_a_malformed_challenge() {
    // P-18
    let many = |count: usize| {
        let parameters = (0..count).map(|at| format!("a{at}=b"));
        format!("Scheme {}", parameters.collect::<Vec<_>>().join(", "))
    };
    assert_eq!(Challenge::parse_all(many(32).as_bytes()).count(), 1);
    for (value, expected) in [
        ("Basic realm=\"a", ""),
        ("Basic realm=\"a\\", ""),
        ("Basic realm=\"a\" b", ""),
        ("Basic realm=a realm=b", ""),
        ("Basic realm=a, REALM=b", ""),
        ("Basic\trealm=a", ""),
        ("Basic =a", ""),
        ("=, Basic", ""),
        ("\"Basic\"", ""),
        ("Negotiate, Basic realm=a b, Digest", "Negotiate[]"),
        ("NTLM Basic realm=a", ""),
        (&many(33), ""),
    ] {
        assert_eq!(shown(value.as_bytes()), expected, "{value}");
    }
    for value in [&b"Basic realm=\"\xff\""[..], b"Basic realm=\"a\0\"", b"Basic\r\nrealm=\"a\""] {
        assert_eq!(shown(value), "", "{}", value.escape_ascii());
    }
}

#[test]
fn schemes_and_names_are_compared_without_regard_to_case() {
    // P-32
    let challenge = Challenge::parse_all(b"bAsIc ReAlM=\"X\"").next().expect("a challenge");
    assert!(challenge.is("Basic") && challenge.is("BASIC") && !challenge.is("Digest"));
    assert_eq!(challenge.scheme(), "bAsIc");
    assert_eq!(challenge.realm().as_deref(), Some("X"));
    assert_eq!(challenge.parameter("other"), None);
    let basic = Authorization::parse(b"bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==").expect("credentials");
    assert_eq!(basic.basic().expect("a login").user(), "Aladdin");
}

/// L-23
#[test]
fn challenges_and_credentials_show_no_values() {
    let challenge = Challenge::parse_all(b"Digest nonce=\"secret\"").next().expect("a challenge");
    assert_eq!(format!("{challenge:?}"), r#"Digest["nonce"]"#);
    let authorization = Authorization::parse(b"Bearer secret").expect("credentials");
    assert_eq!(format!("{authorization:?}"), r#"Authorization("Bearer")"#);
}

/// A-17: the time is linear in the length, since names are counted before they are compared.
#[test]
fn a_huge_challenge_is_no_challenge() {
    let value = format!("Scheme {}", "a=b,".repeat(1 << 20));
    assert_eq!(shown(value.as_bytes()), "");
    let value = format!("Scheme a=\"{}\"", "\\\"".repeat(1 << 20));
    let challenge = Challenge::parse_all(value.as_bytes()).next().expect("a challenge");
    assert_eq!(challenge.parameter("a").expect("it is there").len(), 1 << 20);
    assert_eq!(Challenge::parse_all("A,".repeat(1 << 20).as_bytes()).count(), 1 << 20);
}
