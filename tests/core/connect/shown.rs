//! What is printed: what a thing is, and no secret.

use sansocket::auth::{Authorization, Credentials, CredentialsError};
use sansocket::connect::{Proxy, ProxyError};

use super::support::{dial, plan};

const SECRET: &str = "sesame";

#[test]
fn debug_names_the_type_and_no_secret() {
    let credentials = Credentials::password("Aladdin", SECRET).unwrap();
    let proxy = Proxy::parse("http://Aladdin:sesame@p").unwrap();
    let basic = Authorization::parse(b"Basic QWxhZGRpbjpzZXNhbWU=").unwrap();
    let mut dial = dial(&plan("ws://h/?sesame"));
    dial.handle_failure(harness::START);
    let failed = dial.finish().expect_err("a failure");
    for (shown, name) in [
        (format!("{credentials:?}"), "Credentials"),
        (format!("{proxy:?}"), "Proxy"),
        (format!("{basic:?}"), "Authorization"),
        (format!("{:?}", basic.basic()), "BasicLogin"),
        (format!("{failed:?}"), "ConnectError"),
    ] {
        assert!(shown.contains(name), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[cfg(feature = "digest")]
#[test]
fn debug_of_digest_names_the_type_and_no_secret() {
    use sansocket::auth::{Challenge, Digest};

    let challenge = br#"Digest realm="r", qop="auth", nonce="n""#;
    let challenge = Challenge::parse_all(challenge).next().expect("a challenge");
    let mut digest = Digest::new(&challenge, "c").expect("it can be answered");
    let answer = digest.answer("Aladdin", SECRET, "GET", "/");
    let login = Authorization::parse(answer.as_bytes()).unwrap().digest().expect("a proof");
    let response = Authorization::parse(answer.as_bytes()).unwrap();
    let response = response.parameter("response").expect("a proof").into_owned();
    for (shown, name) in [(format!("{digest:?}"), "Digest"), (format!("{login:?}"), "DigestLogin")]
    {
        assert!(shown.contains(name), "{shown}");
        assert!(!shown.contains(SECRET) && !shown.contains(&response), "{shown}");
    }
}

#[test]
fn errors_say_what_is_wrong() {
    for (error, part) in [
        (CredentialsError::BadPassword, "password"),
        (CredentialsError::BadToken, "token"),
        (CredentialsError::BadUser, "user name"),
        (CredentialsError::BadValue, "whitespace"),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    for (error, part) in [
        (ProxyError::BadCharacter, "beyond ASCII"),
        (ProxyError::BadCredentials, "user or password"),
        (ProxyError::BadHost, "host or port"),
        (ProxyError::BadScheme, "socks5h"),
        (ProxyError::HasPath, "has a path"),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}
