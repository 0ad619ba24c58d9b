//! What both ends agree on: sections 10.1 and 10.2 of the catalogue.

use harness::{Drive, inflate};
use sansocket::client::ResponseError::{self, BadCompression, BadExtension, ExtensionNotOffered};
use sansocket::deflate::{Agreement, Compression, Context};
use sansocket::server::RequestError;
use sansocket::{Cause, Connection, Ended, HandshakeError, Limits, ProtocolError, Role, Step};

use super::peer::{Got, frames, noise, open, open_with, other, payload, words};
use crate::support::handshake::{
    Opened, Served, accepted, next, offer, received, request, response, serve, start, value,
};
use crate::support::{bytes, given};

/// Contexts such as `15+`, taken over, and `10-`, not so. Behind `!`, ours to demand.
fn compression(outgoing: &str, incoming: &str) -> Compression {
    let mut compression = Compression::dedicated();
    compression.outgoing = context(outgoing);
    compression.incoming = context(incoming.trim_start_matches('!'));
    compression.is_incoming_required = incoming.starts_with('!');
    (compression.threshold, compression.level) = (0, 1);
    compression
}

fn context(text: &str) -> Context {
    let (bits, takeover) = text.split_at(text.len() - 1);
    Context { window_bits: bits.parse().unwrap(), is_taken_over: takeover == "+" }
}

/// What a server answers to this offer. `Err` if it answers with 400.
fn answer(compression: &Compression, offer: &str) -> Result<Option<String>, ()> {
    let stream = request(&[&format!("+Sec-WebSocket-Extensions: {offer}")]);
    match serve(&stream) {
        Served::Rejected(error) => {
            assert_eq!((error, error.status()), (RequestError::BadExtension, Some(400)));
            return Err(());
        }
        Served::Accepted(out, _) => {
            assert_eq!(value(&out, "Sec-WebSocket-Extensions"), None, "not unless called");
        }
        served => panic!("{served:?}"),
    }
    let mut connection = received(&stream);
    let request = connection.request().unwrap();
    let agreement = request.compress(compression);
    assert_eq!(request.agreement(), agreement);
    let out = accepted(&mut connection);
    let lines = out.lines().filter(|line| line.starts_with("Sec-WebSocket-Extensions: "));
    assert_eq!(lines.count(), usize::from(agreement.is_some()), "D-N-23: {out}");
    assert!(out.starts_with("HTTP/1.1 101 "));
    let answer = value(&out, "Sec-WebSocket-Extensions").map(str::to_owned);
    assert_eq!(answer.as_deref().map(|answer| Agreement::parse(answer).unwrap()), agreement);
    match agreement {
        Some(agreement) => {
            let mut peer =
                open_with(Role::Client, &agreement.to_string(), compression, Limits::default());
            exchange(&mut connection, &mut peer);
        }
        None => assert_compresses_nothing(&mut connection),
    }
    Ok(answer)
}

/// Sends messages each way, compressed.
fn exchange(one: &mut Connection, two: &mut Connection) {
    for _ in 0..3 {
        let text = words(1, 700);
        let mut out = Vec::new();
        one.send_to(&text, &mut out).unwrap();
        assert!(frames(&out)[0].is_compressed());
        let mut got = Got::default();
        got.take(two, &out);
        out.clear();
        two.send_to(&text, &mut out).unwrap();
        assert!(frames(&out)[0].is_compressed());
        got.take(one, &out);
        assert!(got.error.is_none() && got.messages == [text.as_bytes(), text.as_bytes()]);
    }
}

fn assert_compresses_nothing(connection: &mut Connection) {
    let mut out = Vec::new();
    connection.send_to("a".repeat(1000), &mut out).unwrap();
    assert!(!frames(&out)[0].is_compressed());
    let hello = match connection.role() {
        Role::Client => "c107 f248cdc9c90700",
        Role::Server => "c187 00000000 f248cdc9c90700",
    };
    let mut got = Got::default();
    got.take(connection, &bytes(hello));
    assert_eq!(got.error, Some(ProtocolError::ReservedBit), "D-R-01");
}

/// The id, what the server wishes to send and to receive, the offer, and the parameters of the answer.
type Offered = (&'static str, [&'static str; 2], &'static str, Option<&'static str>);

const FULL: [&str; 2] = ["15+", "15+"];

#[test]
fn a_server_answers_offers_as_the_catalogue_says() {
    let rows: &[Offered] = &[
        ("D-N-01", FULL, "~", Some("~")),
        ("D-N-01", ["15+", "15+"], "~;client_max_window_bits=15", Some("~")),
        ("D-N-02", FULL, "~; client_max_window_bits", Some("~")),
        (
            "D-N-02",
            ["15+", "12+"],
            "~; client_max_window_bits",
            Some("~; client_max_window_bits=12"),
        ),
        ("D-N-02", ["15+", "8+"], "~; client_max_window_bits", Some("~; client_max_window_bits=8")),
        ("D-N-03", FULL, "~; client_max_window_bits=10", Some("~; client_max_window_bits=10")),
        (
            "D-N-03",
            ["15+", "9+"],
            "~; client_max_window_bits=10",
            Some("~; client_max_window_bits=9"),
        ),
        (
            "D-N-03",
            ["15+", "12+"],
            "~; client_max_window_bits=10",
            Some("~; client_max_window_bits=10"),
        ),
        ("D-N-04", FULL, "~; client_max_window_bits=\"10\"", Some("~; client_max_window_bits=10")),
        (
            "D-N-04",
            FULL,
            "~; client_max_window_bits=\"\\1\\0\"",
            Some("~; client_max_window_bits=10"),
        ),
        ("D-N-05", FULL, "~; client_max_window_bits=7", None),
        ("D-N-05", FULL, "~; client_max_window_bits=16", None),
        ("D-N-05", FULL, "~; client_max_window_bits=0", None),
        ("D-N-05", FULL, "~; client_max_window_bits=08", None),
        ("D-N-05", FULL, "~; client_max_window_bits=015", None),
        ("D-N-05", FULL, "~; client_max_window_bits=1e1", None),
        ("D-N-05", FULL, "~; client_max_window_bits=+9", None),
        ("D-N-05", FULL, "~; client_max_window_bits=-9", None),
        ("D-N-05", FULL, "~; client_max_window_bits=999999999999", None),
        ("D-N-07", FULL, "~; server_max_window_bits=10", Some("~; server_max_window_bits=10")),
        (
            "D-N-07",
            ["9+", "15+"],
            "~; server_max_window_bits=10",
            Some("~; server_max_window_bits=9"),
        ),
        (
            "D-N-07",
            ["12+", "15+"],
            "~; server_max_window_bits=10",
            Some("~; server_max_window_bits=10"),
        ),
        ("D-N-08", FULL, "~; server_max_window_bits", None),
        ("D-N-08", FULL, "~; server_max_window_bits=7", None),
        ("D-N-09", FULL, "~; server_max_window_bits=8", Some("~; server_max_window_bits=8")),
        ("D-N-10", FULL, "~; server_max_window_bits=15", Some("~; server_max_window_bits=15")),
        ("D-N-11", FULL, "~; server_no_context_takeover", Some("~; server_no_context_takeover")),
        ("D-N-12", FULL, "~; server_no_context_takeover=1", None),
        ("D-N-12", FULL, "~; server_no_context_takeover=true", None),
        ("D-N-13", FULL, "~; client_no_context_takeover", Some("~; client_no_context_takeover")),
        ("D-N-14", FULL, "~; client_no_context_takeover=x", None),
        ("D-N-15", FULL, "~; client_max_window_bits=10; client_max_window_bits=10", None),
        ("D-N-15", FULL, "~; client_max_window_bits; client_max_window_bits", None),
        ("D-N-15", FULL, "~; client_max_window_bits; client_max_window_bits=10", None),
        ("D-N-15", FULL, "~; server_max_window_bits=10; server_max_window_bits=11", None),
        ("D-N-15", FULL, "~; server_no_context_takeover; server_no_context_takeover", None),
        ("D-N-15", FULL, "~; client_no_context_takeover; CLIENT_no_context_takeover", None),
        ("D-N-16", FULL, "~; foo", None),
        ("D-N-16", FULL, "~; foo=1", None),
        ("D-N-16", FULL, "~; client_max_window_bits; foo", None),
        ("D-N-17", FULL, "~; server_max_window_bits=99, ~", Some("~")),
        ("D-N-18", FULL, "~; server_max_window_bits=10, ~", Some("~; server_max_window_bits=10")),
        ("D-N-18", FULL, "~, ~; server_max_window_bits=10", Some("~")),
        ("D-N-19", FULL, "~, ~", Some("~")),
        ("D-N-20", FULL, "permessage-bzip2, ~", Some("~")),
        ("D-N-20", FULL, "permessage-bzip2\r\nSec-WebSocket-Extensions: ~", Some("~")),
        ("D-N-21", FULL, "x-webkit-deflate-frame", None),
        ("D-N-22", FULL, "~, foo; rsv1", Some("~")),
        ("D-N-23", FULL, "foo, ~; foo, ~; server_max_window_bits", None),
        (
            "D-N-24",
            FULL,
            "Permessage-Deflate; Server_No_Context_Takeover",
            Some("~; server_no_context_takeover"),
        ),
        ("D-N-25", ["15+", "12+"], "~", Some("~")),
        ("D-N-25", ["15+", "!12+"], "~", None),
        (
            "D-N-25",
            ["15+", "!12+"],
            "~, ~; client_max_window_bits",
            Some("~; client_max_window_bits=12"),
        ),
        (
            "D-N-25",
            ["15+", "!12+"],
            "~; client_max_window_bits=9",
            Some("~; client_max_window_bits=9"),
        ),
        ("D-N-25", ["15+", "!15+"], "~", Some("~")),
        ("D-N-26", ["15+", "15-"], "~", Some("~; client_no_context_takeover")),
        ("D-N-26", ["15+", "!15-"], "~", Some("~; client_no_context_takeover")),
        ("D-N-27", ["15-", "15+"], "~", Some("~; server_no_context_takeover")),
        ("D-N-27", ["12+", "15+"], "~", Some("~; server_max_window_bits=12")),
        ("D-N-27", ["8+", "15+"], "~", Some("~; server_max_window_bits=8")),
        (
            "D-N-27",
            ["11-", "9-"],
            "~; client_max_window_bits",
            Some(
                "~; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=9",
            ),
        ),
        (
            "as Chrome",
            ["15-", "15-"],
            "~; client_max_window_bits",
            Some("~; server_no_context_takeover; client_no_context_takeover"),
        ),
        ("bounds", ["3+", "99+"], "~; client_max_window_bits", Some("~; server_max_window_bits=8")),
    ];
    let long = |text: &str| text.replace('~', "permessage-deflate");
    for (id, [outgoing, incoming], offer, wanted) in rows {
        let answered = answer(&compression(outgoing, incoming), &long(offer));
        assert_eq!(answered, Ok(wanted.map(long)), "{id}: {offer}");
    }
    for (id, offer) in [
        ("D-N-06", "~; client_max_window_bits="),
        ("D-N-06", "~; client_max_window_bits=\"\""),
        ("D-N-14", "~; client_no_context_takeover=\"\""),
        ("D-N-14", "~, ~; client_no_context_takeover="),
    ] {
        assert_eq!(answer(&compression("15+", "15+"), &long(offer)), Err(()), "{id}: {offer}");
    }
}

/// D-N-28.
#[test]
fn a_server_looks_at_sixteen_offers() {
    let compression = compression("15+", "15+");
    let offers = |count: usize| format!("{}permessage-deflate", "foo, ".repeat(count - 1));
    assert_eq!(answer(&compression, &offers(16)), Ok(Some("permessage-deflate".into())));
    assert_eq!(answer(&compression, &offers(17)), Err(()));
    assert_eq!(answer(&compression, &offers(1000)), Err(()));
}

#[test]
fn the_last_call_of_a_server_counts() {
    let stream = request(&["+Sec-WebSocket-Extensions: permessage-deflate"]);
    let mut connection = received(&stream);
    let request = connection.request().unwrap();
    assert!(request.compress(&compression("15+", "15+")).is_some());
    assert!(request.compress(&compression("15+", "!12+")).is_none());
    assert!(!accepted(&mut connection).contains("Extensions"));
    assert_compresses_nothing(&mut connection);
}

/// What a client writes that wishes to send and to receive so.
fn offered(compression: &Compression) -> String {
    let mut request = offer();
    request.compress(compression);
    value(&start(request).1, "Sec-WebSocket-Extensions").unwrap().to_owned()
}

/// What a client makes of an answer, with any number of lines.
fn judged(compression: Option<&Compression>, answer: &str) -> Result<Connection, ResponseError> {
    let mut request = offer();
    if let Some(compression) = compression {
        request.compress(compression);
    }
    let line = format!("+Sec-WebSocket-Extensions: {answer}");
    let edits = if answer.is_empty() { vec![] } else { vec![line.as_str()] };
    let mut connection = start(request).0;
    let mut input = given(&mut connection, &response(&edits));
    match (next(&mut connection, &mut input), connection.next_step()) {
        (Some(Opened::Open), _) => Ok(connection),
        (None, Step::Done(Ended { cause: Cause::Handshake(error), .. })) => match error {
            HandshakeError::Response(error) => Err(error),
            error => panic!("{error:?}"),
        },
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_client_offers_what_it_likes_best_and_what_it_can_do_with() {
    let rows = [
        (["15+", "15+"], "~; client_max_window_bits"),
        (["10+", "15+"], "~; client_max_window_bits=10"),
        (["15-", "15+"], "~; client_no_context_takeover; client_max_window_bits"),
        (["15+", "!15+"], "~; client_max_window_bits"),
        (
            ["15+", "10+"],
            "~; server_max_window_bits=10; client_max_window_bits, ~; client_max_window_bits",
        ),
        (["15+", "!10+"], "~; server_max_window_bits=10; client_max_window_bits"),
        (
            ["15+", "15-"],
            "~; server_no_context_takeover; client_max_window_bits, ~; client_max_window_bits",
        ),
        (["15+", "!15-"], "~; server_no_context_takeover; client_max_window_bits"),
        (
            ["9-", "8-"],
            "~; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=9, \
             ~; client_no_context_takeover; client_max_window_bits=9",
        ),
        (["0+", "99+"], "~; client_max_window_bits=8"),
    ];
    for ([outgoing, incoming], wanted) in rows {
        let wanted = wanted.replace('~', "permessage-deflate");
        assert_eq!(offered(&compression(outgoing, incoming)), wanted, "{outgoing} {incoming}");
    }
    let shared = "~; server_no_context_takeover; client_no_context_takeover; client_max_window_bits, \
        ~; client_no_context_takeover; client_max_window_bits";
    assert_eq!(offered(&Compression::default()), shared.replace('~', "permessage-deflate"));
    assert_eq!(value(&start(offer()).1, "Sec-WebSocket-Extensions"), None);
}

/// The id, what the client wishes to send and to receive, the answer, and the contexts with which it is
/// to send and receive then.
type Judged = (
    &'static str,
    [&'static str; 2],
    &'static str,
    Result<Option<[&'static str; 2]>, ResponseError>,
);

/// H-C-25, H-C-26. Our clients always offer `client_max_window_bits`, so that D-R-05 cannot be.
#[test]
fn a_client_checks_answers_as_the_catalogue_says() {
    let bad = Err(BadCompression);
    let rows: &[Judged] = &[
        ("D-R-01", FULL, "", Ok(None)),
        ("D-R-02", FULL, "~", Ok(Some(["15+", "15+"]))),
        ("D-R-03", FULL, "~; client_max_window_bits=12", Ok(Some(["12+", "15+"]))),
        ("D-R-04", FULL, "~; client_max_window_bits", bad),
        ("D-R-06", FULL, "~; server_max_window_bits=10", Ok(Some(["15+", "10+"]))),
        ("D-R-07", ["15+", "10+"], "~; server_max_window_bits=11", Ok(Some(["15+", "11+"]))),
        ("D-R-07", ["15+", "!10+"], "~; server_max_window_bits=11", bad),
        ("D-R-08", ["15+", "10+"], "~", Ok(Some(["15+", "15+"]))),
        ("D-R-08", ["15+", "!10+"], "~", bad),
        ("D-R-09", ["15+", "!10+"], "~; server_max_window_bits=9", Ok(Some(["15+", "9+"]))),
        ("D-R-09", ["15+", "!10+"], "~; server_max_window_bits=10", Ok(Some(["15+", "10+"]))),
        ("D-R-10", ["15+", "15-"], "~", Ok(Some(["15+", "15+"]))),
        ("D-R-10", ["15+", "!15-"], "~", bad),
        ("D-R-10", ["15+", "!15-"], "~; server_no_context_takeover", Ok(Some(["15+", "15-"]))),
        ("D-R-10", ["15+", "!9-"], "~; server_no_context_takeover", bad),
        (
            "D-R-11",
            FULL,
            "~; server_no_context_takeover; client_no_context_takeover",
            Ok(Some(["15-", "15-"])),
        ),
        ("D-R-12", FULL, "~; client_no_context_takeover=1", bad),
        ("D-R-13", FULL, "~; server_max_window_bits", bad),
        ("D-R-13", FULL, "~; server_max_window_bits=7", bad),
        ("D-R-13", FULL, "~; server_max_window_bits=16", bad),
        ("D-R-13", FULL, "~; server_max_window_bits=010", bad),
        ("D-R-13", FULL, "~; server_max_window_bits=\"x\"", bad),
        ("D-R-13", FULL, "~; client_max_window_bits=7", bad),
        ("D-R-13", FULL, "~; client_max_window_bits=16", bad),
        ("D-R-14", FULL, "~; server_max_window_bits=10; server_max_window_bits=10", bad),
        ("D-R-14", FULL, "~; server_no_context_takeover; server_no_context_takeover", bad),
        ("D-R-15", FULL, "~; foo", bad),
        ("D-R-15", FULL, "~; foo=1", bad),
        ("D-R-16", FULL, "~, ~", bad),
        ("D-R-16", FULL, "~\r\nSec-WebSocket-Extensions: ~; server_max_window_bits=10", bad),
        ("D-R-18", FULL, "~, foo", Err(ExtensionNotOffered)),
        ("D-R-18", FULL, "foo, ~", Err(ExtensionNotOffered)),
        ("D-R-18", FULL, "x-webkit-deflate-frame", Err(ExtensionNotOffered)),
        ("G-34", FULL, "~; server_max_window_bits=\"\"", Err(BadExtension)),
        ("D-R-19", ["10+", "15+"], "~; client_max_window_bits=12", Ok(Some(["10+", "15+"]))),
        ("D-R-19", ["10+", "15+"], "~", Ok(Some(["10+", "15+"]))),
        ("D-R-19", ["10-", "15+"], "~; client_max_window_bits=9", Ok(Some(["9-", "15+"]))),
        ("D-R-20, A-16", FULL, "~; client_max_window_bits=8", Ok(Some(["8+", "15+"]))),
        ("D-R-21", FULL, "~; client_max_window_bits=\"12\"", Ok(Some(["12+", "15+"]))),
        ("D-N-24", FULL, "Permessage-Deflate; SERVER_MAX_WINDOW_BITS=9", Ok(Some(["15+", "9+"]))),
        ("D-R-22", ["15+", "!8-"], "~; server_no_context_takeover; server_max_window_bits=9", bad),
    ];
    for (id, [outgoing, incoming], answer, wanted) in rows {
        let compression = compression(outgoing, incoming);
        let answer = answer.replace('~', "permessage-deflate");
        let connection = judged(Some(&compression), &answer);
        match (connection, wanted) {
            (Ok(mut connection), Ok(Some([outgoing, incoming]))) => {
                let mut wanted = context(outgoing);
                wanted.window_bits = wanted.window_bits.max(9);
                assert_eq!(sending_context(&mut connection), wanted, "{id}: {answer}");
                let received = receiving_context(|| judged(Some(&compression), &answer).unwrap());
                assert_eq!(received, context(incoming), "{id}: {answer}");
            }
            (Ok(mut connection), Ok(None)) => assert_compresses_nothing(&mut connection),
            (connection, wanted) => {
                assert_eq!(connection.err(), wanted.err(), "{id}: {answer}");
            }
        }
    }
    for answer in ["permessage-deflate", "permessage-deflate; server_max_window_bits=7"] {
        assert_eq!(judged(None, answer).err(), Some(ExtensionNotOffered), "D-R-17");
    }
}

/// With which context an end sends, as its messages show. A window of 8 bits is used like one of 9.
fn sending_context(connection: &mut Connection) -> Context {
    let mut history = Vec::new();
    let mut send = |message: Vec<u8>| {
        let mut out = Vec::new();
        connection.send_to(&message, &mut out).unwrap();
        if !frames(&out)[0].is_compressed() {
            return (message.len(), 0);
        }
        let payload = [&payload(&frames(&out))[..], &[0, 0, 0xff, 0xff]].concat();
        let inflated = inflate(&history, &payload, usize::MAX);
        assert!(inflated.bytes == message);
        history.extend(message);
        (payload.len(), inflated.farthest)
    };
    let is_taken_over = send(noise(1, 200)).0 >= 200 && send(noise(1, 200)).0 < 100;
    // Less than the windows by what the compressor looks ahead.
    let distances = [200, 700, 1700, 3700, 7800, 16_000, 32_000];
    let is_found = |distance: &usize| {
        let bytes = noise(*distance as u64, *distance);
        // At its end it compresses well, so that it is sent compressed anyway.
        send([&bytes[..], &bytes[..100], &[b'a'; 9000]].concat()).1 >= *distance
    };
    let window_bits =
        8 + u8::try_from(distances.iter().copied().take_while(is_found).count()).unwrap();
    Context { window_bits, is_taken_over }
}

/// With which context an end receives.
fn receiving_context(connect: impl Fn() -> Connection) -> Context {
    let repeats = |distance: usize| {
        let bytes = noise(1, distance);
        let mut out = Vec::new();
        let mut server = open(Role::Server, "");
        server.send_to([&bytes[..], &bytes[..100]].concat(), &mut out).unwrap();
        let mut got = Got::default();
        got.take(&mut connect(), &out);
        got.error.is_none()
    };
    let bits = (8..15).take_while(|bits| !repeats(1 << bits) || repeats((1 << bits) + 1));
    let window_bits = 8 + u8::try_from(bits.count()).unwrap();
    let mut got = Got::default();
    got.take(&mut connect(), &bytes("c107 f248cdc9c90700 c105 f200110000"));
    Context { window_bits, is_taken_over: got.error.is_none() }
}

fn assert_agree(client: &Compression, server: &Compression) {
    let mut asked = offer();
    asked.compress(client);
    let (mut client_end, head) = start(asked);
    let mut server_end = received(head.as_bytes());
    let agreement = server_end.request().unwrap().compress(server);
    let out = accepted(&mut server_end);
    let mut input = given(&mut client_end, out.as_bytes());
    assert_eq!(next(&mut client_end, &mut input), Some(Opened::Open), "{client:?} {server:?}");
    let Some(agreement) = agreement else {
        // Only what is demanded and cannot be had; our clients offer all that can be asked of them.
        panic!("{client:?} {server:?}");
    };
    assert!(agreement.server.window_bits <= server.outgoing.window_bits);
    assert!(agreement.client.window_bits <= server.incoming.window_bits, "a client offers that");
    assert!(server.incoming.is_taken_over || !agreement.client.is_taken_over);
    assert!(agreement.client.window_bits <= client.outgoing.window_bits, "as is hinted");
    // The best offer is the first that can be served.
    assert!(agreement.server.window_bits <= client.incoming.window_bits);
    assert!(client.incoming.is_taken_over || !agreement.server.is_taken_over);
    assert_eq!(Agreement::parse(&agreement.to_string()), Some(agreement));
    exchange(&mut client_end, &mut server_end);
}

#[test]
fn any_client_and_any_server_agree_and_understand_each_other() {
    let contexts = ["8+", "8-", "12+", "12-", "15+", "15-"];
    let sides = contexts.iter().flat_map(|outgoing| {
        ["8+", "!9-", "12-", "!15+", "15-", "!13+"].map(|incoming| compression(outgoing, incoming))
    });
    let sides: Vec<_> = sides.collect();
    for client in &sides {
        for server in &sides {
            assert_agree(client, server);
        }
    }
}

#[test]
fn an_agreement_can_be_written_and_read() {
    let contexts = (8..=15).flat_map(|window_bits| {
        [true, false].map(|is_taken_over| Context { window_bits, is_taken_over })
    });
    for client in contexts.clone() {
        for server in contexts.clone() {
            let agreement = Agreement { client, server };
            let text = agreement.to_string();
            assert_eq!(Agreement::parse(&text), Some(agreement), "{text}");
            let parameters = text.strip_prefix("permessage-deflate").unwrap();
            assert_eq!(Agreement::parse(parameters.trim_start_matches("; ")), Some(agreement));
            assert_eq!(agreement.outgoing(Role::Client), client);
            assert_eq!(agreement.incoming(Role::Client), server);
            assert_eq!(agreement.outgoing(Role::Server), server);
            assert_eq!(agreement.incoming(Role::Server), client);
        }
    }
    let full = Some(Agreement { client: Context::FULL, server: Context::FULL });
    for text in ["", " ", "permessage-deflate", "PERMESSAGE-deflate ", "server_max_window_bits=15"]
    {
        assert_eq!(Agreement::parse(text), full, "{text:?}");
    }
    for text in [
        "foo",
        ";",
        "permessage-deflate;",
        "client_max_window_bits",
        "server_max_window_bits=7",
        "x-webkit-deflate-frame",
        "server_max_window_bits=\"9",
        "permessage-deflate, permessage-deflate",
        "permessage-deflated",
        "server_no_context_takeover, x",
    ] {
        assert_eq!(Agreement::parse(text), None, "{text:?}");
    }
}

/// What an opening handshake elsewhere has agreed on, [`Negotiated`](sansocket::Negotiated) says.
#[test]
fn a_connection_of_another_handshake_compresses_as_it_is_told() {
    for role in [Role::Client, Role::Server] {
        let compression = compression("13+", "15+");
        let connection = |agreed: &str| open_with(role, agreed, &compression, Limits::default());
        let plain = sending_context(&mut connection(""));
        assert_eq!(plain, context("13+"), "no more than wished");
        let name = if role == Role::Client { "client" } else { "server" };
        let mut less =
            connection(&format!("{name}_max_window_bits=11; {name}_no_context_takeover"));
        assert_eq!(sending_context(&mut less), context("11-"), "no more than agreed");
        exchange(&mut less, &mut open_with(other(role), "", &compression, Limits::default()));
    }
}

#[cfg(feature = "http")]
#[test]
fn a_request_that_an_http_library_has_parsed_is_agreed_to_as_well() {
    let rows: &[Offered] = &[
        ("D-N-01", FULL, "permessage-deflate", Some("permessage-deflate")),
        (
            "D-N-26",
            ["15+", "15-"],
            "permessage-deflate",
            Some("permessage-deflate; client_no_context_takeover"),
        ),
        ("D-N-08", FULL, "permessage-deflate; server_max_window_bits", None),
        ("D-N-21", FULL, "x-webkit-deflate-frame", None),
    ];
    for (id, [outgoing, incoming], offer, wanted) in rows {
        let http = http::Request::get("/chat")
            .header("Host", "server.example.com")
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Extensions", "foo")
            .header("Sec-WebSocket-Extensions", *offer)
            .body(())
            .unwrap();
        let compression = compression(outgoing, incoming);
        let policy = sansocket::server::Policy::default();
        let mut request = sansocket::server::Request::from_http(&http, &policy).unwrap();
        let agreement = request.compress(&compression);
        let (response, negotiated) = request.accept_http();
        let mut connection =
            Connection::open_server(negotiated, std::sync::Arc::default(), harness::START);
        let answers = response.headers().get_all("Sec-WebSocket-Extensions");
        let answers: Vec<_> = answers.iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(answers, Vec::from_iter(*wanted), "{id}");
        match agreement {
            Some(agreement) => {
                let agreed = agreement.to_string();
                let mut peer = open_with(Role::Client, &agreed, &compression, Limits::default());
                exchange(&mut connection, &mut peer);
            }
            None => assert_compresses_nothing(&mut connection),
        }
    }
}
