//! The server's half: reading credentials, demanding them, redirecting.

use sansocket::HeaderError;
use sansocket::auth::{Authorization, Demand};
use sansocket::server::Response;

use crate::support::handshake::{received, request, written};

/// What a server reads from these lines of a request.
fn basic(lines: &[&str]) -> Option<(String, String)> {
    let mut server = received(&request(lines));
    let request = server.request().expect("a request");
    let login = Authorization::of(request.headers())?.basic()?;
    Some((login.user().to_owned(), login.password().to_owned()))
}

#[test]
fn a_server_reads_the_only_authorization() {
    let line = "+Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    let expected = Some(("Aladdin".to_owned(), "open sesame".to_owned()));
    assert_eq!(basic(&[line]), expected);
    for lines in [
        &[][..],
        &[line, line],
        &["+Authorization: "],
        &["+Authorization: Basic"],
        &["+Authorization: Basic !"],
        &["+Authorization: Basic QWxhZGRpbg=="],
        &["+Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ"],
        &["+Authorization: Basic /zo="],
        &["+Authorization: Basic realm=\"a\""],
        &["+Authorization: Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
        &["+Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==, Basic YTpi"],
        &["+Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
    ] {
        assert_eq!(basic(lines), None, "{lines:?}");
    }
    assert_eq!(basic(&["+Authorization: Basic YTpiOmM="]), Some(("a".into(), "b:c".into())));
}

#[test]
fn bearer_tokens_are_compared_whole() {
    let authorization = Authorization::parse(b"bearer mF_9.B5f-4.1JqM").expect("credentials");
    assert_eq!(authorization.bearer(), Some("mF_9.B5f-4.1JqM"));
    assert!(authorization.is_bearer("mF_9.B5f-4.1JqM"));
    for other in ["", "mF_9.B5f-4.1JqN", "mF_9.B5f-4.1Jq", "mF_9.B5f-4.1JqMM", "MF_9.B5f-4.1JqM"] {
        assert!(!authorization.is_bearer(other), "{other}");
    }
    assert!(Authorization::parse(b"Basic YTpi").expect("credentials").bearer().is_none());
    let other = Authorization::parse(b"Scheme a=b, c=\"d\"").expect("credentials");
    assert_eq!((other.scheme(), other.token68()), ("Scheme", None));
    assert_eq!(other.parameter("C").as_deref(), Some("d"));
    let negotiate = Authorization::parse(b"Negotiate YIIJvwYG").expect("credentials");
    assert_eq!((negotiate.scheme(), negotiate.token68()), ("Negotiate", Some("YIIJvwYG")));
}

#[test]
fn a_challenge_is_the_answer_to_a_request() {
    let demand = Demand::basic("a \"b\" \\").expect("a realm").to_string();
    assert_eq!(demand, r#"Basic realm="a \"b\" \\", charset="UTF-8""#);
    let mut server = received(&request(&[]));
    server.reject(Response::unauthorized(&demand).expect("a response"));
    let expected = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Basic realm=\"a \\\"b\\\" \
                    \\\\\", charset=\"UTF-8\"\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(written(&mut server), expected);
    assert_eq!(Demand::bearer("r").expect("a realm").to_string(), "Bearer realm=\"r\"");
    for realm in ["a\r\nX: y", "\0"] {
        assert_eq!(Demand::basic(realm).err(), Some(HeaderError::BadValue));
        assert_eq!(Demand::bearer(realm).err(), Some(HeaderError::BadValue));
        assert_eq!(Response::unauthorized(realm).err(), Some(HeaderError::BadValue));
    }
}

#[test]
fn a_redirect_names_a_status_and_a_url() {
    let mut server = received(&request(&[]));
    server.reject(Response::redirect(307, "wss://example.com/?a").expect("a response"));
    let expected = "HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nLocation: \
                    wss://example.com/?a\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(written(&mut server), expected);
    for status in 200..600 {
        let is_redirect = [301, 302, 303, 307, 308].contains(&status);
        assert_eq!(Response::redirect(status, "/a").is_ok(), is_redirect, "{status}");
    }
    for location in ["/a b", "/a\r\nX: y", "/é", "/\t"] {
        assert_eq!(Response::redirect(302, location).err(), Some(HeaderError::BadValue));
    }
}
