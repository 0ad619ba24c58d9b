//! The properties of the way to a connection, on generated input.

use harness::dial;
use proptest::prelude::*;

/// Whole replies. A byte of 255 ends what one transport has to read.
const REPLIES: [&[u8]; 12] = [
    b"\xff",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 302 x\r\nLocation: //evil/\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 307 x\r\nLocation: wss://evil:81/a\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 308 x\r\nLocation: https://home/x\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 301 x\r\nLocation: http://home:81/x\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 303 x\r\nLocation: ../x?y\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=a, qop=auth, nonce=b\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n\xff",
    b"HTTP/1.1 503 x\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n\xff",
    b"\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
];

/// A stream of decisions, and of responses in which the words of heads are frequent.
fn replies() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 302 x\r\n",
        "HTTP/1.1 307 x\r\n",
        "HTTP/1.1 401 x\r\n",
        "HTTP/1.1 407 x\r\n",
        "HTTP/1.1 503 x\r\n",
        "HTTP/1.1 103 x\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n",
        "Location: ",
        "ws://",
        "wss://",
        "//",
        "home",
        "evil",
        "/../",
        "?",
        ":81",
        "@",
        "WWW-Authenticate: ",
        "Proxy-Authenticate: ",
        "Basic realm=\"a\"",
        "Digest realm=\"a\", qop=\"auth\", nonce=\"b\"",
        ", stale=true",
        "Retry-After: 1",
        "Content-Length: 0\r\n\r\n",
        "\r\n",
        "\r\n\r\n",
        "\x05\x00",
        "\x05\x02",
        "\x01\x00",
        "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
        "\0",
        "a",
    ]);
    let word = prop_oneof![
        8 => prop::sample::select(&REPLIES[..]).prop_map(<[u8]>::to_vec),
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    let stream = prop::collection::vec(word, 0..40).prop_map(|words| words.concat());
    (prop::collection::vec(any::<u8>(), 5), stream)
        .prop_map(|(decisions, stream)| [decisions, stream].concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(600)
    })]

    /// P-15, I-01, A-34, A-60
    #[test]
    fn the_way_does_not_depend_on_the_cuts_and_secrets_stay_on_their_origin(data in replies()) {
        dial(&data);
    }
}
