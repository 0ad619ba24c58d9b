//! Digest authentication: the vectors of RFC 2617 and RFC 7616, and what follows from them.

use sansocket::auth::{Algorithm, Authorization, Challenge, Credentials, Demand, Digest};
use sansocket::connect::{Plan, Proxy, Retry};

use super::support::{Reply, plan, play, response};

fn challenge(value: &str) -> Challenge<'_> {
    Challenge::parse_all(value.as_bytes()).next().expect("a challenge")
}

/// Algorithm, realm, nonce, cnonce, user, password, method, target, response.
type Vector = [&'static str; 9];

const VECTORS: [Vector; 8] = [
    // RFC 7616, section 3.9.1.
    [
        "MD5",
        "http-auth@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "Mufasa",
        "Circle of Life",
        "GET",
        "/dir/index.html",
        "8ca523f5e9506fed4657c9700eebdbec",
    ],
    [
        "SHA-256",
        "http-auth@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "Mufasa",
        "Circle of Life",
        "GET",
        "/dir/index.html",
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ],
    // RFC 2617, section 3.5.
    [
        "MD5",
        "testrealm@host.com",
        "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "0a4f113b",
        "Mufasa",
        "Circle Of Life",
        "GET",
        "/dir/index.html",
        "6629fae49393a05397450978507c4ef1",
    ],
    // Computed with the hashes of Python.
    SHA512_256,
    SESSIONS[0],
    SESSIONS[1],
    SESSIONS[2],
    CONNECT,
];

const SHA512_256: Vector = [
    "SHA-512-256",
    "api@example.org",
    "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    "Mufasa",
    "Circle of Life",
    "GET",
    "/doe.json",
    "b1914e70b6ea619831ae0e142ef98709c4869f2e0fb268ca953b8faa7368e9df",
];

const SESSIONS: [Vector; 3] = [
    [
        "MD5-sess",
        "api@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "Mufasa",
        "Circle of Life",
        "GET",
        "/doe.json",
        "0478b5c4a6f551ed69ac6d58748f76c3",
    ],
    [
        "SHA-256-sess",
        "api@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "Mufasa",
        "Circle of Life",
        "GET",
        "/doe.json",
        "3c946b39c04a5d77bc5581125303a596b4d2ad65b12f1b70eb418625c6911795",
    ],
    [
        "SHA-512-256-sess",
        "api@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "Mufasa",
        "Circle of Life",
        "GET",
        "/doe.json",
        "91f6d6a8b4b6cb45f4192bc5565ef09a6f3d5ffd7000463530edd88450239a10",
    ],
];

const CONNECT: Vector = [
    "SHA-256",
    "api@example.org",
    "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    "Mufasa",
    "Circle of Life",
    "CONNECT",
    "example.org:443",
    "ef59f58a95661796482cdb4085065789c6c6356d4ecccda80df4e664735f4603",
];

#[test]
fn the_answer_to_a_challenge_is_that_of_the_rfcs() {
    for [algorithm, realm, nonce, cnonce, user, password, method, target, expected] in VECTORS {
        let value = format!(
            "Digest realm=\"{realm}\", qop=\"auth,auth-int\", algorithm={algorithm}, nonce=\"{nonce}\""
        );
        let mut digest = Digest::new(&challenge(&value), cnonce).expect("it can be answered");
        assert_eq!(digest.algorithm().to_string(), algorithm);
        let answer = digest.answer(user, password, method, target);
        let login = Authorization::parse(answer.as_bytes()).expect("it is well-formed");
        assert_eq!(login.parameter("response").as_deref(), Some(expected), "{answer}");
        assert_eq!(login.parameter("nc").as_deref(), Some("00000001"));
        // These stand without quotes.
        for bare in [&format!("algorithm={algorithm}"), "qop=auth", "nc=00000001"] {
            assert!(answer.split(", ").any(|part| part == bare), "{bare} in {answer}");
        }
        let login = login.digest().expect("a proof");
        assert!(login.proves(user, password, realm, method, target));
        assert!(!login.proves(user, "guess", realm, method, target));
        assert!(!login.proves("other", password, realm, method, target));
        assert!(!login.proves(user, password, "other", method, target));
        assert!(!login.proves(user, password, realm, "POST", target));
        assert!(!login.proves(user, password, realm, method, "/other"));
    }
}

#[test]
fn the_user_can_be_hashed() {
    // RFC 7616, section 3.9.2.
    let value = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="a", userhash=true"#;
    let answer =
        Digest::new(&challenge(value), "b").unwrap().answer("J\u{e4}s\u{f8}n Doe", "p", "GET", "/");
    let hash = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b";
    assert!(answer.contains(&format!("username=\"{hash}\"")), "{answer}");
    assert!(answer.contains("userhash=true"), "{answer}");
    let login = Authorization::parse(answer.as_bytes()).unwrap().digest().unwrap();
    assert_eq!(login.user(), hash);
    assert!(login.is_user("J\u{e4}s\u{f8}n Doe") && !login.is_user(hash) && !login.is_user("x"));
    assert!(login.proves("J\u{e4}s\u{f8}n Doe", "p", "api@example.org", "GET", "/"));
}

#[test]
fn a_user_beyond_ascii_is_encoded() {
    // RFC 7616, section 3.4.
    let value = r#"Digest realm="r", qop="auth", nonce="a""#;
    let answer =
        Digest::new(&challenge(value), "b").unwrap().answer("J\u{e4}s\u{f8}n Doe", "p", "GET", "/");
    assert!(answer.contains("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe,"), "{answer}");
    let login = Authorization::parse(answer.as_bytes()).unwrap().digest().unwrap();
    assert_eq!(login.user(), "J\u{e4}s\u{f8}n Doe");
    assert!(login.proves("J\u{e4}s\u{f8}n Doe", "p", "r", "GET", "/"));
}

#[test]
fn some_challenges_cannot_be_answered() {
    for value in [
        r#"Basic realm="r", qop="auth", nonce="a""#,
        r#"Digest realm="r", nonce="a""#,
        r#"Digest realm="r", qop="auth-int", nonce="a""#,
        r#"Digest realm="r", qop="authx", nonce="a""#,
        r#"Digest realm="r", qop="auth""#,
        r#"Digest qop="auth", nonce="a""#,
        r#"Digest realm="r", qop="auth", nonce="a", algorithm=SHA-1"#,
        r#"Digest abc="#,
    ] {
        assert!(Digest::new(&challenge(value), "b").is_none(), "{value}");
    }
    for value in [
        r#"digest REALM="r", QOP="AUTH-INT , Auth", NONCE="a", ALGORITHM="md5""#,
        r#"Digest realm="", qop=auth, nonce="", algorithm=sha-256-SESS"#,
    ] {
        assert!(Digest::new(&challenge(value), "b").is_some(), "{value}");
    }
}

#[test]
fn malformed_proofs_are_none() {
    let value = r#"Digest realm="r", qop="auth", nonce="a", opaque="o""#;
    let answer = Digest::new(&challenge(value), "b").unwrap().answer("u", "p", "GET", "/");
    let read = |answer: &str| Authorization::parse(answer.as_bytes()).and_then(|it| it.digest());
    assert!(read(&answer).is_some(), "{answer}");
    for name in ["username", "realm", "uri", "nonce", "nc", "cnonce", "qop", "response"] {
        let without = answer.replace(&format!("{name}="), "x=");
        assert!(read(&without).is_none(), "without {name}: {without}");
    }
    for (from, to) in [
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000g"),
        ("nc=00000001", "nc=+0000001"),
        ("qop=auth", "qop=auth-int"),
        ("MD5", "MD6"),
        ("username=\"u\"", "username=\"u\", username*=UTF-8''u"),
        ("username=\"u\"", "username*=ISO-8859-1''u"),
        ("username=\"u\"", "username*=u"),
        // RFC 7616, section 3.4.4: the two exclude each other.
        ("username=\"u\"", "username*=UTF-8''u, userhash=true"),
        ("username=\"u\"", "username*=UTF-8''%f"),
        ("Digest ", "Basic "),
    ] {
        let changed = answer.replace(from, to);
        assert_ne!(changed, answer);
        if let Some(login) = read(&changed) {
            // A sign is read with the count, but is no part of what was hashed.
            assert_eq!(to, "nc=+0000001");
            assert!(!login.proves("u", "p", "r", "GET", "/"));
        }
    }
}

fn with_password(url: &str) -> Plan {
    let mut plan = plan(url);
    plan.set_credentials(Credentials::password("u", "p").unwrap()).unwrap();
    plan
}

/// The proofs that a client sent.
fn proofs(log: &[String]) -> Vec<sansocket::auth::DigestLogin> {
    let values = log.iter().filter_map(|line| line.split_once("uthorization: "));
    let values = values.filter_map(|(_, value)| Authorization::parse(value.as_bytes()));
    values.filter_map(|value| value.digest()).collect()
}

#[test]
fn the_strongest_challenge_is_answered() {
    let of = |algorithm: &str| {
        format!(
            "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"{algorithm}\", algorithm={algorithm}"
        )
    };
    let lines = ["MD5", "SHA-256-sess", "SHA-512-256", "SHA-1"].map(of);
    let basic = "WWW-Authenticate: Basic realm=\"r\"".to_owned();
    for (lines, expected) in [
        (&[basic.clone(), lines[0].clone(), lines[1].clone(), lines[2].clone()][..], "SHA-512-256"),
        (&[lines[3].clone(), lines[1].clone(), lines[0].clone()], "SHA-256-sess"),
        (&[lines[0].clone(), basic.clone()], "MD5"),
        // The first of those that are equally strong.
        (
            &[lines[2].clone(), lines[2].replace("nonce=\"SHA-512-256\"", "nonce=\"later\"")],
            "SHA-512-256",
        ),
    ] {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let log = play(&with_password("ws://h/a?b"), &[response(401, &lines), Reply::Open("")]);
        let [proof] = &proofs(&log)[..] else { panic!("{log:?}") };
        assert_eq!((proof.nonce(), proof.algorithm().to_string().as_str()), (expected, expected));
        assert!(proof.proves("u", "p", "r", "GET", "/a?b"));
        assert_eq!(log.last().unwrap(), "open ws://h/a?b");
    }
    // A password that must not be sent is not, although Basic is asked for.
    let mut plan = plan("wss://h/");
    plan.set_credentials(Credentials::digest("u", "p").unwrap()).unwrap();
    let log = play(&plan, &[response(401, &[&basic]), Reply::Open("")]);
    assert_eq!(log.last().unwrap(), "wss://h/: server answered with status 401, 401 \"\"");
}

fn demand(nonce: &str, rest: &str) -> Reply {
    response(
        401,
        &[&format!("WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"{nonce}\"{rest}")],
    )
}

#[test]
fn a_stale_nonce_is_replaced_once() {
    let log = play(
        &with_password("ws://h/"),
        &[demand("one", ""), demand("two", ", stale=TRUE"), Reply::Open("")],
    );
    let nonces: Vec<_> = proofs(&log).iter().map(|proof| proof.nonce().to_owned()).collect();
    assert_eq!(nonces, ["one", "two"]);
    assert_eq!(log.last().unwrap(), "open ws://h/");
    // RFC 7616, section 5.5: the client's nonce is new for each, and random.
    let value =
        |line: &'_ String| Some(line.split_once("cnonce=\"")?.1.split('"').next()?.to_owned());
    let cnonces: Vec<_> = log.iter().filter_map(value).collect();
    let [one, two] = &cnonces[..] else { panic!("{log:?}") };
    assert!(one != two, "{one}");
    for cnonce in [one, two] {
        assert!(
            cnonce.len() == 32 && cnonce.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{cnonce}"
        );
    }
    for second in [demand("two", ""), demand("two", ", stale=false")] {
        let log = play(&with_password("ws://h/"), &[demand("one", ""), second, Reply::Open("")]);
        assert_eq!(proofs(&log).len(), 1);
        assert_eq!(log.last().unwrap(), "ws://h/: server answered with status 401, 401 \"\"");
    }
}

#[test]
fn a_nonce_is_used_again_with_a_higher_count() {
    let mut plan = with_password("ws://h/");
    plan.set_retry(Retry::times(2));
    let log =
        play(&plan, &[demand("one", ""), response(503, &[]), response(503, &[]), Reply::Open("")]);
    let counts: Vec<_> = proofs(&log).iter().map(|proof| proof.count()).collect();
    assert_eq!(counts, [1, 2, 3]);
    assert!(proofs(&log).iter().all(|proof| proof.proves("u", "p", "r", "GET", "/")));
    // The server may have forgotten the nonce meanwhile.
    let log =
        play(&plan, &[demand("one", ""), response(503, &[]), demand("two", ""), Reply::Open("")]);
    let nonces: Vec<_> = proofs(&log).iter().map(|proof| proof.nonce().to_owned()).collect();
    assert_eq!(nonces, ["one", "one", "two"]);
    assert_eq!(log.last().unwrap(), "open ws://h/");
}

#[test]
fn a_proxy_is_proved_the_password_for_its_own_request() {
    let mut plan = plan("ws://h/");
    plan.set_proxy(Proxy::parse("http://u:p@p").unwrap());
    let demand =
        response(407, &["Proxy-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n\""]);
    let log = play(&plan, &[demand, response(200, &[]), Reply::Open("")]);
    let [proof] = &proofs(&log)[..] else { panic!("{log:?}") };
    assert!(proof.proves("u", "p", "r", "CONNECT", "h:80"));
    assert_eq!(log.last().unwrap(), "open ws://h/");
}

#[test]
fn a_server_demands_a_digest() {
    let demand = Demand::digest("a \"b\"", Algorithm::SHA512_256.session(), "n\\").unwrap();
    let expected = r#"Digest realm="a \"b\"", qop="auth", algorithm=SHA-512-256-sess, nonce="n\\", charset=UTF-8"#;
    assert_eq!(demand.to_string(), expected);
    assert_eq!(demand.stale().to_string(), format!("{expected}, stale=true"));
    assert!(Demand::digest("r", Algorithm::MD5, "a\r\nb").is_err());
    let read = challenge(expected);
    assert_eq!(read.realm().as_deref(), Some("a \"b\""));
    assert!(Digest::new(&read, "c").is_some());
}

/// L-23
#[test]
fn digests_show_no_secrets() {
    let value = r#"Digest realm="secret", qop="auth", nonce="secret""#;
    let mut digest = Digest::new(&challenge(value), "secret").unwrap();
    let answer = digest.answer("secret", "secret", "GET", "/secret");
    let login = Authorization::parse(answer.as_bytes()).unwrap().digest().unwrap();
    assert!(!format!("{digest:?} {login:?}").contains("secret"));
}
