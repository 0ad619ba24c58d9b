//! The client's side of the opening handshake of drafts 75 and 76.

use std::collections::{BTreeSet, HashSet};

use harness::{START, old_client, old_response};
use md5::{Digest, Md5};
use sansocket::client::{Request, ResponseError};
use sansocket::legacy::{Connection, Draft};
use sansocket::{Cause, Event, HandshakeError, HeadError, HeaderError, Input, Seed, Step, Url};

use super::support::*;

const DRAFTS: [Draft; 2] = [Draft::Hixie75, Draft::Hixie76];

/// A client for a URL, and its request.
fn start(draft: Draft, url: &str, seed: u8) -> (Connection, String) {
    let request = Request::new(Url::parse(url).expect("a URL"));
    let seed = Seed::new([seed; 32]);
    let client = Connection::client(draft, &request, open_to_all(), seed, START);
    let mut client = client.expect("no subprotocol");
    let request = String::from_utf8_lossy(client.transmit()).into_owned();
    (client, request)
}

/// Z-02, Z-06
#[test]
fn draft_75_asks_in_a_fixed_order() {
    let mut request = Request::new(Url::parse("wss://Example.com:444/demo?a=b").expect("a URL"));
    request.add_protocol("sample").expect("a token");
    request.set_origin("https://page.example").expect("an origin");
    request.add_header("Cookie", "a=b").expect("a header");
    let seed = Seed::new([1; 32]);
    let client = Connection::client(Draft::Hixie75, &request, open_to_all(), seed, START);
    assert_eq!(
        String::from_utf8_lossy(client.expect("one subprotocol").transmit()),
        "GET /demo?a=b HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
         Host: example.com:444\r\nOrigin: https://page.example\r\nWebSocket-Protocol: sample\r\n\
         Cookie: a=b\r\n\r\n"
    );
}

/// Z-20, Z-21: the keys of a client are what the draft asks for, whatever the seed.
#[test]
fn draft_76_hides_two_numbers_among_lines_in_random_order() {
    let (mut orders, mut noise_at) = (HashSet::new(), [false; 2]);
    let (mut noise, mut last, mut tails) = (BTreeSet::new(), HashSet::new(), HashSet::new());
    for seed in 0..=255 {
        let (_, request) = start(Draft::Hixie76, "ws://example.com/", seed);
        let (head, tail) = request.split_once("\r\n\r\n").expect("a blank line");
        for name in ["Sec-WebSocket-Key1: ", "Sec-WebSocket-Key2: "] {
            let line = head.lines().find_map(|line| line.strip_prefix(name)).expect("a key");
            let count = |is: fn(char) -> bool| line.chars().filter(|it| is(*it)).count();
            let [spaces, digits] = [count(|it| it == ' '), count(|it| it.is_ascii_digit())];
            assert!((1..=12).contains(&spaces) && (1..=10).contains(&digits), "{line}");
            assert!((1..=12).contains(&(line.len() - spaces - digits)), "{line}");
            assert_eq!(line.trim(), line, "no space at either end");
            noise_at[0] |= !line.starts_with(|it: char| it.is_ascii_digit());
            noise_at[1] |= !line.ends_with(|it: char| it.is_ascii_digit());
            noise.extend(line.chars().filter(|it| *it != ' ' && !it.is_ascii_digit()));
        }
        let order: Vec<_> = head.lines().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!((order[0], order.len()), ("GET / HTTP/1.1", 7));
        orders.insert(format!("{order:?}"));
        last.insert(order[6].to_owned());
        tails.insert(tail.to_owned());
    }
    assert_eq!(noise, ('!'..='/').chain(':'..='~').collect(), "every other character");
    assert_eq!(
        (last.len(), tails.len()),
        (6, 256),
        "every line may be the last, and each key is new"
    );
    assert!(orders.len() > 100, "{} orders", orders.len());
    assert_eq!(noise_at, [true; 2], "other characters at the start and at the end of a key");
}

#[test]
fn one_subprotocol_can_be_asked_for() {
    let mut request = Request::new(Url::parse("ws://example.com").expect("a URL"));
    request.add_protocol("a").expect("a token");
    request.add_protocol("b").expect("a token");
    let seed = Seed::new([1; 32]);
    let client = Connection::client(Draft::Hixie76, &request, open_to_all(), seed, START);
    assert_eq!(client.err(), Some(HeaderError::BadProtocol));
}

/// Z-05, Z-31: our own server's response, as it is and with one fault.
#[test]
fn every_part_of_the_response_is_compared() {
    use ResponseError::*;
    for draft in DRAFTS {
        let text = old_response(draft);
        let (head, answer) = text.split_at(text.len() - behind_head(&text).len());
        let head = String::from_utf8_lossy(head).into_owned();
        assert_eq!(ask(draft, &text).seen, ["Open"], "{draft:?}");
        let otherwise = |old, other| if draft == Draft::Hixie75 { old } else { other };
        for (from, to, expected) in [
            ("Upgrade: WebSocket", "Upgrade: websocket", OtherFirstLines),
            ("Upgrade: WebSocket\r\n", "", OtherFirstLines),
            ("Connection: Upgrade", "Connection: close", otherwise(OtherFirstLines, BadConnection)),
            ("Origin: http://example.com", "Origin: http://example.org", ForeignOrigin),
            ("Origin: http://example.com", "Origin: http://example.com/", ForeignOrigin),
            ("Location: ws://", "Location: wss://", ForeignLocation),
            ("/demo\r\n", "/demo/\r\n", ForeignLocation),
            ("Protocol: sample", "Protocol: other", MissingProtocol),
            (
                "Protocol: sample\r\n",
                "Protocol: sample\r\nWebSocket-Protocol: sample\r\n\
                Sec-WebSocket-Protocol: sample\r\n",
                MissingProtocol,
            ),
        ] {
            assert!(head.contains(from), "{from}");
            let response = [head.replace(from, to).as_bytes(), answer].concat();
            let found = error(&ask(draft, &response));
            assert_eq!(found, HandshakeError::Response(expected), "{draft:?}: {to}");
        }
    }
}

/// Z-03: the first lines of draft 75 are bytes, in which even the reason phrase counts.
#[test]
fn draft_75_takes_no_other_first_lines() {
    let text = String::from_utf8(old_response(Draft::Hixie75)).expect("ASCII");
    for (from, to) in
        [("Web Socket", "WebSocket"), ("HTTP/1.1", "HTTP/1.2"), ("Upgrade: ", "upgrade: ")]
    {
        let found = error(&ask(Draft::Hixie75, text.replacen(from, to, 1).as_bytes()));
        assert_eq!(found, HandshakeError::Response(ResponseError::OtherFirstLines), "{to}");
    }
}

/// Z-31
#[test]
fn a_wrong_answer_to_the_keys_is_refused() {
    let response = old_response(Draft::Hixie76);
    for at in 1..=16 {
        let mut wrong = response.clone();
        let place = wrong.len() - at;
        wrong[place] ^= 1;
        let found = error(&ask(Draft::Hixie76, &wrong));
        assert_eq!(found, HandshakeError::Response(ResponseError::BadAnswer), "{at} from the end");
    }
    for len in 0..response.len() {
        let found = error(&ask(Draft::Hixie76, &response[..len]));
        let expected = HandshakeError::Response(ResponseError::Head(HeadError::Incomplete));
        assert_eq!(found, expected, "after {len} bytes");
    }
}

/// Z-23, Z-31: lighttpd 1.4.69 hashes the two numbers in the order of bytes of the machine.
#[test]
fn numbers_that_were_hashed_little_endian_are_refused() {
    let head = "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Origin: http://example.com\r\n\
        Sec-WebSocket-Location: ws://example.com/demo\r\nSec-WebSocket-Protocol: sample\r\n\r\n";
    let request = old_client(Draft::Hixie76, &open_to_all()).transmit().to_vec();
    let key: [u8; 8] = request[request.len() - 8..].try_into().expect("eight bytes");
    let request = String::from_utf8_lossy(&request).into_owned();
    let number = |name| {
        let key = request.lines().find_map(|line| line.strip_prefix(name)).expect("a key");
        let digits: String = key.chars().filter(char::is_ascii_digit).collect();
        let spaces = key.trim().chars().filter(|it| *it == ' ').count() as u64;
        u32::try_from(digits.parse::<u64>().expect("digits") / spaces).expect("32 bits")
    };
    let numbers = [number("Sec-WebSocket-Key1: "), number("Sec-WebSocket-Key2: ")];
    let answer = |order: fn(u32) -> [u8; 4]| {
        let mut hash = Md5::new();
        numbers.map(order).iter().for_each(|number| hash.update(number));
        hash.update(key);
        [head.as_bytes(), &hash.finalize()].concat()
    };
    assert_eq!(ask(Draft::Hixie76, &answer(u32::to_be_bytes)).seen, ["Open"]);
    let found = error(&ask(Draft::Hixie76, &answer(u32::to_le_bytes)));
    assert_eq!(found, HandshakeError::Response(ResponseError::BadAnswer));
}

/// Z-14: a final response is delivered, though the drafts have none.
#[test]
fn a_final_response_is_delivered_with_its_body() {
    let response = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nNo TV";
    for draft in DRAFTS {
        let talk = ask(draft, response);
        assert_eq!((&talk.seen[..], talk.ended.cause), (&["Rejected".into()][..], Cause::Rejected));
        let mut client = old_client(draft, &open_to_all()).with_read_ahead(response);
        assert_eq!(client.next_event(&mut Input::new([0; 16])), Some(Event::Rejected));
        assert_eq!(client.response().map(|it| it.status()), Some(403));
        let response = client.take_response().expect("it is there");
        assert!(client.response().is_none(), "it was taken");
        assert_eq!((response.status(), response.body()), (403, &b"No TV"[..]));
        assert!(matches!(client.next_step(), Step::Done(_)));
    }
}

/// Z-06
#[test]
fn a_subprotocol_that_was_not_asked_for_is_ignored() {
    let (client, request) = start(Draft::Hixie75, "ws://example.com/demo", 1);
    let response = harness::serve_old(request.as_bytes(), 1000, &open_to_all()).out;
    let response = String::from_utf8(response).expect("ASCII");
    let response = response.replace("\r\n\r\n", "\r\nWebSocket-Protocol: other\r\n\r\n");
    let mut client = client.with_read_ahead(response.as_bytes());
    assert_eq!(client.next_event(&mut Input::new([0; 16])), Some(Event::Open));
}

/// Z-13
#[test]
fn any_text_can_be_sent_and_nothing_after_the_end() {
    for draft in DRAFTS {
        let mut client = old_client(draft, &open_to_all()).with_read_ahead(&old_response(draft));
        assert_eq!(client.send("early"), Err(sansocket::SendError::NotOpen));
        assert_eq!(client.close(), Err(sansocket::SendError::NotOpen));
        written(&mut client, START);
        assert_eq!(client.next_event(&mut Input::new([0; 16])), Some(Event::Open));
        assert_eq!(client.send("é\0\u{10ffff}"), Ok(()));
        assert_eq!(client.transmit(), b"\x00\xc3\xa9\x00\xf4\x8f\xbf\xbf\xff");
        written(&mut client, START);
        assert_eq!((client.close(), client.close()), (Ok(()), Ok(())));
        assert_eq!(client.transmit(), if draft.has_close() { &b"\xff\0"[..] } else { b"" });
        assert_eq!(client.send("late"), Err(sansocket::SendError::Closing));
    }
}
