//! The properties of the opening handshake, on generated input.

use harness::{handshake_client, handshake_server, headers_round_trip, no_header_can_be_injected};
use proptest::prelude::*;
use sansocket::server::Policy;

use crate::support::handshake::{Cuts, server, take};

/// A text in which the characters and words of heads are frequent.
fn http() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "\r\n",
        "\r\n\r\n",
        "\r",
        "\n",
        ": ",
        ":",
        " ",
        "\t",
        ",",
        ";",
        "=",
        "\"",
        "\\",
        "/",
        "\0",
        "GET / HTTP/1.1\r\n",
        "POST /a?b HTTP/1.0\r\n",
        "HTTP/1.1 101 \r\n",
        "HTTP/1.1 404 No\r\n",
        "HTTP/1.1 103 \r\n",
        "Host: a\r\n",
        "Upgrade: websocket\r\n",
        "Connection: upgrade\r\n",
        "Sec-WebSocket-Version: 13\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Sec-WebSocket-Protocol: chat",
        "Sec-WebSocket-Extensions: ",
        "Origin: http://a\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n",
        "a",
        "5\r\nabcde\r\n0\r\n",
        "\u{e9}",
    ]);
    let word = prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}

fn with_choice(stream: (u8, Vec<u8>)) -> Vec<u8> {
    [vec![stream.0], stream.1].concat()
}

/// A URL that is valid.
const URL: &str = "wss?://[a-z]{1,8}(:[1-9][0-9]{0,3})?(/[a-z%2F.]{0,9})?([?][a-z=&{}]{0,9})?";
const TOKEN: &str = "[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}";
const VALUE: &str = "([!-~é]([ -~é\t]{0,20}[!-~é])?)?";

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn the_result_of_a_server_does_not_depend_on_the_cuts(stream in (any::<u8>(), http())) {
        handshake_server(&with_choice(stream));
    }

    #[test]
    fn the_result_of_a_client_does_not_depend_on_the_cuts(stream in (any::<u8>(), http())) {
        handshake_client(&with_choice(stream));
    }

    #[test]
    fn no_header_line_can_be_injected(
        name in prop_oneof![TOKEN.boxed(), any::<String>().boxed()],
        value in prop_oneof![VALUE.boxed(), "[a\r\n :\0]{0,9}".boxed(), any::<String>().boxed()],
        protocol in prop_oneof![TOKEN.boxed(), "[a\r\n :,]{0,9}".boxed()],
        url in prop_oneof![URL.boxed(), "ws://a[a\r\n :/?#@]{0,9}".boxed()],
        origin in prop_oneof!["https?://[a-z]{1,5}".boxed(), "http://a[a\r\n :/]{0,9}".boxed()],
    ) {
        no_header_can_be_injected(&name, &value, &protocol, &url, &origin);
    }

    #[test]
    fn headers_arrive_as_they_were_sent(
        url in URL,
        protocols in prop::collection::vec(TOKEN, 0..8),
        headers in prop::collection::vec((TOKEN, VALUE), 0..12),
    ) {
        headers_round_trip(&url, &protocols, &headers);
    }

    /// `httparse` as the oracle: it reads the same headers from each head that we accept.
    #[test]
    fn httparse_reads_the_same_headers(stream in http()) {
        let stream = [b"GET / HTTP/1.1\r\nHost: a\r\n", stream.as_slice(), b"\r\n\r\n "].concat();
        let connection = take(server(&Policy::default()), &stream, Cuts::Whole).connection;
        if let Some(head) = connection.head() {
            let mut fields = [httparse::EMPTY_HEADER; 128];
            let mut request = httparse::Request::new(&mut fields);
            prop_assert!(request.parse(&stream).is_ok_and(|status| status.is_complete()));
            let others = request.headers.iter().map(|field| (field.name, field.value));
            prop_assert!(head.headers().iter().eq(others));
        }
    }
}
