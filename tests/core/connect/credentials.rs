//! Credentials of a client: rules P-18, P-20, P-30, P-31, P-33 and P-34.

use std::error::Error;

use harness::START;
use sansocket::HeaderError;
use sansocket::auth::{Authorization, Credentials, CredentialsError};
use sansocket::connect::{Plan, PlanError, Proxy, Redirects};

use super::support::{Caller, Reply, dial, exchange, plan, play, play_with, response, result};

/// RFC 7617, section 2 and 2.1, and the example of the section on HTTP proxies.
const BASIC: [(&str, &str, &str); 4] = [
    ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ("test", "123£", "dGVzdDoxMjPCow=="),
    ("hello", "world", "aGVsbG86d29ybGQ="),
    ("", "", "Og=="),
];

fn secure(credentials: Credentials) -> Plan {
    let mut plan = plan("wss://h/");
    plan.set_credentials(credentials).expect("they can be sent");
    plan
}

fn basic() -> Credentials {
    Credentials::basic("Aladdin", "open sesame").expect("they can be sent")
}

fn password() -> Credentials {
    Credentials::password("Aladdin", "open sesame").expect("they can be sent")
}

const BASIC_LINE: &str = "> Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

#[test]
fn basic_credentials_are_sent_and_read_as_the_rfc_says() {
    // P-30
    for (user, password, expected) in BASIC {
        let log = play(&secure(Credentials::basic(user, password).unwrap()), &[Reply::Open("")]);
        let value = format!("Basic {expected}");
        assert!(log.contains(&format!("> Authorization: {value}")), "{log:?}");
        let login = Authorization::parse(value.as_bytes()).unwrap().basic().expect("a login");
        assert_eq!((login.user(), login.password()), (user, password));
        assert!(login.is(user, password));
        assert!(!login.is("other", password) && !login.is(user, "other") && !login.is(user, "x"));
    }
}

#[test]
fn credentials_that_cannot_be_sent_are_rejected() {
    // P-31
    let of_basic = [
        ("a:b", "c", CredentialsError::BadUser),
        ("a\n", "c", CredentialsError::BadUser),
        ("a\0", "c", CredentialsError::BadUser),
        ("a\u{85}", "c", CredentialsError::BadUser),
        ("a", "c\r", CredentialsError::BadPassword),
        ("a", "\u{7f}", CredentialsError::BadPassword),
    ];
    for (user, password, error) in of_basic {
        assert_eq!(Credentials::basic(user, password).err(), Some(error), "{user:?} {password:?}");
        assert_eq!(Credentials::password(user, password).err(), Some(error));
        #[cfg(feature = "digest")]
        assert_eq!(Credentials::digest(user, password).err(), Some(error));
    }
    for token in ["", "a b", "a\r\n", "é", "=", "a=b"] {
        assert_eq!(Credentials::bearer(token).err(), Some(CredentialsError::BadToken), "{token:?}");
    }
    for value in ["a\r\nb", " a", "a ", "\0"] {
        assert_eq!(Credentials::value(value).err(), Some(CredentialsError::BadValue), "{value:?}");
    }
}

#[test]
fn credentials_that_need_no_challenge_are_sent_at_once() {
    let bearer = secure(Credentials::bearer("a.b-c/+~_==").unwrap());
    assert!(
        play(&bearer, &[Reply::Open("")]).contains(&"> Authorization: Bearer a.b-c/+~_==".into())
    );
    let value = secure(Credentials::value("AWS4-HMAC-SHA256 Credential=x").unwrap());
    let expected = "> Authorization: AWS4-HMAC-SHA256 Credential=x";
    assert!(play(&value, &[Reply::Open("")]).contains(&expected.into()));
}

#[test]
fn a_challenge_is_answered_once_over_a_new_transport() {
    // P-18, P-19
    let challenge = response(401, &["WWW-Authenticate: Negotiate, Basic realm=\"a\""]);
    let log = play(&secure(password()), &[challenge.clone(), Reply::Open("x")]);
    let start = ["connect h 443", "tls h, the server", "> GET / HTTP/1.1", "> Host: h"];
    let mut expected = start.to_vec();
    expected.push("401 of the server, answered");
    expected.extend(start);
    expected.extend([BASIC_LINE, "open wss://h/, then \"x\""]);
    assert_eq!(log, expected);

    let log = play(&secure(password()), &[challenge.clone(), challenge]);
    assert_eq!(log[log.len() - 2], "401 of the server, unanswered");
    assert_eq!(log[log.len() - 1], "wss://h/: server answered with status 401, 401 \"\"");
}

#[test]
fn rejected_credentials_are_not_sent_again() {
    // P-18
    let challenge = response(401, &["WWW-Authenticate: Basic realm=\"a\""]);
    let log = play(&secure(basic()), &[challenge]);
    assert_eq!(log.iter().filter(|line| *line == BASIC_LINE).count(), 1);
    assert_eq!(log.last().unwrap(), "wss://h/: server answered with status 401, 401 \"\"");
}

#[test]
fn a_response_without_a_challenge_is_no_invitation() {
    // P-18, P-20
    let rejected = "wss://h/: server answered with status";
    for (reply, expected) in [
        (response(401, &[]), "401, 401 \"\""),
        (response(401, &["Proxy-Authenticate: Basic realm=\"a\""]), "401, 401 \"\""),
        (response(401, &["WWW-Authenticate: \"Basic\""]), "401, 401 \"\""),
        (response(403, &["WWW-Authenticate: Basic realm=\"a\""]), "403, 403 \"\""),
        (response(407, &["Proxy-Authenticate: Basic realm=\"a\""]), "407, 407 \"\""),
        (response(407, &["WWW-Authenticate: Basic realm=\"a\""]), "407, 407 \"\""),
    ] {
        let log = play(&secure(password()), &[reply]);
        assert!(!log.iter().any(|line| line.ends_with("answered")), "{log:?}");
        assert_eq!(log.last().unwrap(), &format!("{rejected} {expected}"));
    }
}

#[test]
fn the_application_can_answer_any_scheme() {
    let challenge = response(401, &["WWW-Authenticate: Negotiate"]);
    let caller = Caller { answer: Some("Negotiate YIIJvwYG"), ..Caller::default() };
    let log = play_with(&plan("ws://h/"), &[challenge.clone(), Reply::Open("")], caller);
    assert!(log.contains(&"401 of the server, unanswered".into()));
    assert!(log.contains(&"> Authorization: Negotiate YIIJvwYG".into()));
    assert_eq!(log.last().unwrap(), "open ws://h/");

    // It need not.
    let log = play(&plan("ws://h/"), &[challenge.clone(), Reply::Open("")]);
    assert_eq!(log.last().unwrap(), "ws://h/: server answered with status 401, 401 \"\"");

    // A server that asks for ever is left at some time.
    let log = play_with(&plan("ws://h/"), &vec![challenge; 100], caller);
    assert_eq!(log.iter().filter(|line| line.starts_with("connect")).count(), 9);
    assert_eq!(log.last().unwrap(), "ws://h/: server answered with status 401, 401 \"\"");
}

#[test]
fn an_answer_of_the_application_cannot_inject_headers() {
    let mut dial = dial(&plan("ws://h/"));
    for answer in ["a\r\nb: c", "a\n", " a", "a\0"] {
        assert_eq!(dial.answer(answer), Err(HeaderError::BadValue), "{answer:?}");
    }
}

#[test]
fn secrets_are_sent_over_tls_unless_the_caller_says_otherwise() {
    let mut open = plan("ws://h/");
    assert_eq!(open.set_credentials(basic()), Err(PlanError::NeedsTls));
    assert_eq!(open.set_credentials(Credentials::bearer("a").unwrap()), Err(PlanError::NeedsTls));
    assert_eq!(open.add_credentials("ws://b/", basic()), Err(PlanError::NeedsTls));
    assert_eq!(open.set_credentials(basic().allow_plaintext()), Ok(()));
    assert!(play(&open, &[Reply::Open("")]).contains(&BASIC_LINE.into()));

    // A challenge does not change that.
    let challenge = response(401, &["WWW-Authenticate: Basic realm=\"a\""]);
    let mut open = plan("ws://h/");
    assert_eq!(open.set_credentials(password()), Ok(()));
    let log = play(&open, &[challenge.clone(), Reply::Open("")]);
    assert_eq!(log.last().unwrap(), "ws://h/: server answered with status 401, 401 \"\"");
    assert_eq!(open.set_credentials(password().allow_plaintext()), Ok(()));
    let log = play(&open, &[challenge, Reply::Open("")]);
    assert!(log.contains(&BASIC_LINE.into()), "{log:?}");
}

#[test]
fn userinfo_becomes_credentials_only_when_asked() {
    // P-04
    assert!(Plan::new("ws://Aladdin:open%20sesame@h/").is_err());
    let challenge = response(401, &["WWW-Authenticate: Basic realm=\"a\""]);
    for url in ["ws://Aladdin:open%20sesame@h/a?b", "wss://Aladdin:open%20sesame@h:80/a?b"] {
        let plan = Plan::with_userinfo(url).expect("a plan");
        let log = play(&plan, &[challenge.clone(), Reply::Open("")]);
        assert_eq!(log.iter().filter(|line| *line == BASIC_LINE).count(), 1, "{log:?}");
        assert!(!log.iter().any(|line| line.contains('@')), "{log:?}");
    }
    let none = Plan::with_userinfo("ws://h/a@b?c@d").expect("a plan");
    assert_eq!(none.url().path(), "/a@b");
    assert_eq!(Plan::with_userinfo("ws://a%0ab@h/").err(), Some(CredentialsError::BadUser.into()));
    assert_eq!(Plan::with_userinfo("ws://a%3ab@h/").err(), Some(CredentialsError::BadUser.into()));
    assert_eq!(Plan::with_userinfo("ws://a%4@h/").err(), Some(CredentialsError::BadUser.into()));
}

#[test]
fn a_proxy_is_answered_once() {
    // P-33
    let mut plan = plan("ws://h/");
    plan.set_proxy(Proxy::parse("http://Aladdin:open%20sesame@p").unwrap());
    let challenge = response(407, &["Proxy-Authenticate: Basic realm=\"a\""]);
    let tunnel = response(200, &[]);
    let log = play(&plan, &[challenge.clone(), tunnel, Reply::Open("")]);
    let expected = [
        "connect p 80",
        "> CONNECT h:80 HTTP/1.1",
        "> Host: h:80",
        "407 of the proxy, answered",
        "connect p 80",
        "> CONNECT h:80 HTTP/1.1",
        "> Host: h:80",
        "> Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "> GET / HTTP/1.1",
        "> Host: h",
        "open ws://h/",
    ];
    assert_eq!(log, expected);
    let rejected = "ws://h/: proxy answered with status 407, 407 \"\"";
    assert_eq!(result(&plan, &[challenge.clone(), challenge]), rejected);
}

#[test]
fn a_proxy_can_get_credentials_without_a_challenge() {
    // P-34
    let mut plan = plan("ws://h/");
    plan.set_proxy(Proxy::parse("http://p").unwrap().credentials(basic()));
    let log = play(&plan, &[response(200, &[]), Reply::Open("")]);
    assert_eq!(log[3], "> Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(log.last().unwrap(), "open ws://h/");
}

/// L-23: it may hold a token.
#[test]
fn nothing_shows_the_query_of_a_url() {
    let mut plan = plan("ws://h/?sesame");
    plan.set_redirects(Redirects::anywhere(1));
    for status in ["101", "302", "403"] {
        let mut dial = dial(&plan);
        dial.handle_connected(START);
        let head =
            format!("HTTP/1.1 {status} x\r\nLocation: /new?sesame\r\nContent-Length: 0\r\n\r\n");
        exchange(&mut dial, head.as_bytes());
        let shown = format!("{dial:?}");
        assert!(!shown.contains("sesame"), "{shown}");
        let stage = ["stage: Open(..)", "stage: Decide(..)", "stage: Failed("];
        assert!(stage.iter().any(|stage| shown.contains(stage)), "{shown}");
        if let Some(response) = dial.finish().err().and_then(|error| error.response) {
            let shown = format!("{response:?}");
            assert!(shown.contains("url: Some(ws://h/)") && !shown.contains("sesame"), "{shown}");
        }
    }
    let mut dial = dial(&plan);
    dial.handle_failure(START);
    let error = dial.finish().expect_err("a failure");
    assert_eq!(&*error.url, "ws://h/?sesame");
    assert_eq!(error.source().map(ToString::to_string), Some(error.failure.to_string()));
    let shown = format!("{error:?} {error}");
    assert!(!shown.contains("sesame"), "{shown}");
}

/// L-23
#[test]
fn nothing_shows_credentials() {
    let mut plan = secure(basic());
    plan.add_header("X-Key", "open sesame").unwrap();
    plan.set_proxy(Proxy::parse("http://Aladdin:open%20sesame@p").unwrap());
    let proxy = Proxy::parse("socks5://Aladdin:open%20sesame@p").unwrap();
    let login =
        Authorization::parse(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap().basic().unwrap();
    let shown = format!("{plan:?} {proxy:?} {login:?} {:?} {:?}", dial(&plan), basic());
    for name in ["Plan { authority: ", "X-Key", "Dial { plan: "] {
        assert!(shown.contains(name), "{shown}");
    }
    for secret in ["open", "sesame", "QWxh", "Aladdin"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
