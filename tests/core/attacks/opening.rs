//! Attacks on opening handshakes that no other file covers.

use sansocket::client::ResponseError;
use sansocket::{Input, Url, UrlError};

use crate::support::handshake::*;

#[test]
fn a_redirect_or_a_challenge_is_reported_and_not_followed() {
    // it is neither followed nor answered, so another host learns nothing, and there can be
    // no loop.
    for (id, status, header, value) in [
        ("A-34", 302, "Location", "ws://evil.example/"),
        ("A-34", 401, "WWW-Authenticate", "Basic"),
        ("A-35", 301, "Location", "ws://server.example.com/chat"),
        ("A-35", 307, "Location", "/chat"),
        ("A-35", 308, "Location", "file:///etc/passwd"),
        ("A-60", 407, "Proxy-Authenticate", "Basic"),
    ] {
        let stream = response(&[
            &format!("=HTTP/1.1 {status} x"),
            &format!("+{header}: {value}"),
            "+Content-Length: 0",
        ]);
        assert_eq!(ask(&stream), Asked::Rejected(status, Vec::new(), false), "{id}");
        let stream = [&stream[..], b"\x81\x01a"].concat();
        let mut client = take(start(offer()).0, &stream, Cuts::Whole).connection;
        let response = client.take_response().expect("a rejection");
        assert_eq!(response.headers().text(header), Some(value), "{id}");
        assert_eq!(written(&mut client), "", "{id}: nothing is sent");
        let frame = next(&mut client, &mut Input::new(Vec::new()));
        assert_eq!(frame, None, "{id}: no frame is read without a connection");
    }
    let local = Url::parse("file:///etc/passwd").map(|_| ());
    assert_eq!(local, Err(UrlError::BadScheme), "A-35: there is no such URL");
}

/// CVE-2026-55517: bytes that are not text cause no panic. Only the values of other headers may hold them.
#[test]
fn a_byte_beyond_ascii_is_rejected_except_in_the_values_of_other_headers() {
    let request = request(&[
        "+Origin: http://a",
        "+Sec-WebSocket-Protocol: chat",
        "+Sec-WebSocket-Extensions: x; y=1",
        "+Expect: 100-continue",
        "+Content-Length: 0",
        "+Cookie: a=b",
    ]);
    assert_eq!(serve(&request).status(), 101);
    let ours = |at: usize, head: &[u8]| {
        let free = head.windows(9).position(|name| name == b"\r\nCookie:").expect("a cookie") + 9;
        !(free..free + " a=b".len()).contains(&at)
    };
    for at in 0..request.len() {
        for byte in [0x80, 0xc3, 0xff] {
            // A head is validated once it is complete, and it has no end without its last byte.
            let mut stream = [&request[..], b"\r\n\r\n"].concat();
            stream[at] = byte;
            let served = serve(&stream);
            match ours(at, &request) {
                true => assert!((400..600).contains(&served.status()), "{at}: {served:?}"),
                false => {
                    assert_eq!(served.status(), 101, "{at}");
                    let mut server = received(&stream);
                    let request = server.request().expect("a request");
                    assert_eq!(request.headers().text("Cookie"), None, "{at}");
                    assert!(request.header("Cookie").is_some_and(|value| value.contains(&byte)));
                }
            }
        }
    }
    let response = response(&["+Sec-WebSocket-Protocol: chat", "+Cookie: a=b"]);
    let start = b"HTTP/1.1 101 Switching Protocols".len();
    for at in 0..response.len() {
        for byte in [0x80, 0xc3, 0xff] {
            let mut stream = [&response[..], b"\r\n\r\n"].concat();
            stream[at] = byte;
            let asked = ask(&stream);
            // RFC 9112, section 4: the reason may hold any bytes.
            let is_reason = ("HTTP/1.1 101 ".len()..start).contains(&at);
            match ours(at, &response) && !is_reason {
                true => assert!(matches!(asked, Asked::Failed(_)), "{at}: {asked:?}"),
                false => assert!(matches!(asked, Asked::Open(..)), "{at}: {asked:?}"),
            }
        }
    }
}

#[test]
fn each_line_of_a_handshake_is_required_once() {
    // CVE-2026-59898, CVE-2026-107284: no header of the handshake may be missing, and none that has one value
    // may be repeated.
    for line in &REQUEST[1..] {
        let (name, _) = line.split_once(':').expect("a header");
        let served = serve(&request(&[&format!("-{name}")]));
        assert!((400..500).contains(&served.status()), "without {name}: {served:?}");
        // These two are lists: RFC 9110, sections 7.6.1 and 7.8.
        if !["Upgrade", "Connection"].contains(&name) {
            let served = serve(&request(&[&format!("+{line}")]));
            assert_eq!(served.status(), 400, "twice {name}: {served:?}");
        }
    }
    for (name, error) in [
        ("Upgrade", ResponseError::MissingUpgrade),
        ("Connection", ResponseError::BadConnection),
        ("Sec-WebSocket-Accept", ResponseError::BadAccept),
    ] {
        assert_eq!(ask(&response(&[&format!("-{name}")])), Asked::Failed(error));
    }
}
