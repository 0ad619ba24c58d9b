//! Each misuse is one clear error before any I/O.

use sansocket::auth::Credentials;
use sansocket::connect::{Plan, PlanError, Proxy, ProxyError, ProxyScheme};
use sansocket::{HeaderError, UrlError};

use super::support::{Reply, plan, result};

#[test]
fn a_plan_has_a_url_of_a_web_socket() {
    for (url, error) in [
        ("", UrlError::BadScheme),
        ("h", UrlError::BadScheme),
        ("http://h", UrlError::BadScheme),
        ("ftp://h", UrlError::BadScheme),
        ("ws://", UrlError::BadHost),
        ("ws://h:0", UrlError::BadPort),
        ("ws://h/\r\nX: y", UrlError::BadCharacter),
        ("ws://h/#a", UrlError::HasFragment),
        ("ws://u@h", UrlError::HasUserinfo),
    ] {
        assert_eq!(Plan::new(url).err(), Some(error), "{url}");
    }
    for (url, error) in [
        ("", UrlError::BadScheme),
        ("http://u:p@h", UrlError::BadScheme),
        ("ws://u:p@", UrlError::BadHost),
        ("ws://h?@b#", UrlError::HasFragment),
    ] {
        assert_eq!(Plan::with_userinfo(url).err(), Some(PlanError::Url(error)), "{url}");
    }
    assert_eq!(
        plan("ws://h").add_credentials("h", Credentials::bearer("a").unwrap()),
        Err(PlanError::Url(UrlError::BadScheme))
    );
}

#[test]
fn headers_are_validated_when_they_are_added() {
    //
    for (name, value, error) in [
        ("X", "a\r\nY: b", HeaderError::BadValue),
        ("X", "a\nb", HeaderError::BadValue),
        ("X", " a", HeaderError::BadValue),
        ("X\r\nY", "a", HeaderError::BadName),
        ("", "a", HeaderError::BadName),
        ("Host", "a", HeaderError::Reserved),
        ("Upgrade", "a", HeaderError::Reserved),
        ("Content-Length", "1", HeaderError::Reserved),
        ("Sec-WebSocket-Key", "a", HeaderError::Reserved),
        ("proxy-authorization", "a", HeaderError::Reserved),
    ] {
        let mut plan = plan("ws://h");
        assert_eq!(plan.add_header(name, value), Err(error), "{name:?}: {value:?}");
        if name != "proxy-authorization" {
            assert_eq!(plan.add_portable_header(name, value), Err(error), "{name:?}: {value:?}");
        }
    }
    let mut plan = plan("ws://h");
    assert_eq!(plan.add_header("Cookie", "a"), Ok(()));
    assert_eq!(plan.add_header("cookie", "b"), Err(HeaderError::Repeated));
    assert_eq!(plan.add_protocol("a b"), Err(HeaderError::BadProtocol));
    assert_eq!(plan.add_protocol("a"), Ok(()));
    assert_eq!(plan.add_portable_protocol("a"), Err(HeaderError::Repeated));
    assert_eq!(plan.set_origin("page.example"), Err(HeaderError::BadOrigin));
}

#[test]
fn credentials_and_a_header_contradict_each_other() {
    let bearer = || Credentials::bearer("a").unwrap();
    let mut one = plan("wss://h");
    assert_eq!(one.add_header("authorization", "Bearer b"), Ok(()));
    assert_eq!(one.set_credentials(bearer()), Err(PlanError::Header(HeaderError::Repeated)));
    let mut other = plan("wss://h");
    assert_eq!(other.set_credentials(bearer()), Ok(()));
    assert_eq!(other.add_header("authorization", "Bearer b"), Err(HeaderError::Repeated));
}

#[test]
fn a_proxy_has_a_scheme_a_host_and_a_port() {
    for (url, scheme, host, port) in [
        ("p", ProxyScheme::Http, "p", 80),
        ("p:3128", ProxyScheme::Http, "p", 3128),
        ("http://p", ProxyScheme::Http, "p", 80),
        ("HTTPS://p/", ProxyScheme::Https, "p", 443),
        ("socks5://[::1]", ProxyScheme::Socks5, "::1", 1080),
        ("socks5h://u:p@127.0.0.1:9050", ProxyScheme::Socks5h, "127.0.0.1", 9050),
        ("http://u@p", ProxyScheme::Http, "p", 80),
        ("http://u%40v:p@q@p", ProxyScheme::Http, "p", 80),
    ] {
        let proxy = Proxy::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!((proxy.scheme(), proxy.host(), proxy.port()), (scheme, host, port), "{url}");
    }
    let long = format!("socks5://{}:p@p", "u".repeat(256));
    for (url, error) in [
        ("", ProxyError::BadHost),
        ("http://", ProxyError::BadHost),
        ("http://:80", ProxyError::BadHost),
        ("http://u:p@", ProxyError::BadHost),
        ("http://p:0", ProxyError::BadHost),
        ("http://p:65536", ProxyError::BadHost),
        ("http://[::1", ProxyError::BadHost),
        ("socks4://p", ProxyError::BadScheme),
        ("ws://p", ProxyError::BadScheme),
        ("://p", ProxyError::BadScheme),
        ("http://p/path", ProxyError::HasPath),
        ("http://p?q", ProxyError::HasPath),
        ("http://p#f", ProxyError::HasPath),
        ("http://p\r\nX: y", ProxyError::BadCharacter),
        ("http://pé", ProxyError::BadCharacter),
        ("http://%:p@p", ProxyError::BadCredentials),
        ("http://u:%0a@p", ProxyError::BadCredentials),
        ("http://u%3av:p@p", ProxyError::BadCredentials),
        ("http://%ff:p@p", ProxyError::BadCredentials),
        ("socks5://u@p", ProxyError::BadCredentials),
        ("socks5://:p@p", ProxyError::BadCredentials),
        (&long, ProxyError::BadCredentials),
    ] {
        assert_eq!(Proxy::parse(url).err(), Some(error), "{url}");
    }
}

#[test]
fn a_plan_can_require_a_subprotocol() {
    let mut plan = plan("ws://h/");
    plan.add_protocol("chat").unwrap();
    assert_eq!(result(&plan, &[Reply::Open("")]), "open ws://h/");
    plan.require_protocol();
    assert_eq!(
        result(&plan, &[Reply::Open("")]),
        "ws://h/: opening handshake failed: server selected none of the subprotocols"
    );
}

#[test]
fn errors_of_a_plan_say_what_is_wrong() {
    let url = Plan::new("http://h").err().map(PlanError::from);
    let credentials = Credentials::basic("a:b", "c").err().map(PlanError::from);
    let header = Some(PlanError::Header(HeaderError::Repeated));
    for error in [url, credentials, header, Some(PlanError::NeedsTls)] {
        let message = error.unwrap().to_string();
        assert!(message.len() > 10 && !message.ends_with('.'), "{message}");
    }
}
