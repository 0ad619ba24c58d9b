//! `Debug` names what a thing is, and prints nothing that may be secret.

use harness::START;
use sansocket::server::{Policy, Request, Response};
use sansocket::{Config, Connection, Input, Prepared, Role, Seed, Seeds, Url, client};

use crate::support::{frame_to, given, server};

#[test]
fn debug_names_what_a_thing_is_and_no_secret() {
    // L-23
    let url = Url::parse("ws://h/a?sesame").unwrap();
    let mut request = client::Request::new(url);
    request.add_header("X-Key", "sesame").unwrap();
    let (fields, _) = request.clone().into_fields();
    let received = Request::from_fields(fields.iter(), &Policy::new()).unwrap();
    let shown_request = format!("{request:?}");
    let client = Connection::client(request, Config::new().shared(), Seed::new([7; 32]), START);
    let mut server = server();
    let frame = frame_to(Role::Server, 0x81, b"sesame");
    let mut input = given(&mut server, &frame.repeat(2));
    assert!(server.next_event(&mut input).is_some());
    server.send("sesame").unwrap();
    for (shown, part) in [
        (format!("{url:?}"), "ws://h/a"),
        (shown_request, "lines: [\"X-Key\"]"),
        (format!("{client:?}"), "form: Upgrade(Key(..))"),
        (format!("{client:?}"), "keys: Some(Keys(..))"),
        (format!("{client:?}"), "probes: Probes { open: 0, .. }"),
        (format!("{fields:?}"), "[\":method\", "),
        (format!("{received:?}"), "\"x-key\"]"),
        (format!("{input:?}"), "Input { unread: 12, .. }"),
        (format!("{server:?}"), "Output { len: 8, .. }"),
        (
            format!("{:?}", server.spare(&mut Input::new([0; 8]))),
            "Spare { input: Input { unread: 0",
        ),
        (format!("{:?}", Prepared::new("sesame")), "Prepared(Frames { len: 6, .. })"),
        (format!("{:?}", Response::forbidden("sesame")), "Response { status: 403, .. }"),
        (format!("{:?}", Seed::new(*b"sesame, and 26 bytes more, or so")), "Seed(..)"),
        (format!("{:?}", Seeds::new(Seed::new(*b"sesame, and 26 bytes more, or so"))), "Seeds(..)"),
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
        assert!(!shown.contains("sesame") && !shown.contains("115, 101, 115"), "{shown}");
    }
}

#[cfg(feature = "deflate")]
#[test]
fn debug_of_compression_names_it_and_no_payload() {
    use sansocket::Negotiated;
    use sansocket::deflate::{Agreement, Compression, Context};

    let compression = Compression::dedicated();
    let agreement = Agreement { client: Context::FULL, server: Context::FULL };
    let negotiated = || Negotiated::new().with_compression(agreement, compression);
    let config = Config::new().compression(compression).shared();
    let seed = Seed::new([7; 32]);
    let mut client = Connection::open_client(negotiated(), config.clone(), seed, START);
    let mut server = Connection::open_server(negotiated(), config, START);
    client.send("sesame".repeat(100)).unwrap();
    let sent = client.transmit().to_vec();
    let (mut input, (first, rest)) = (Input::new(Vec::new()), sent.split_at(sent.len() / 2));
    server.receive(&mut input, first.to_vec(), START);
    assert_eq!(server.next_event(&mut input), None);
    let within = format!("{server:?}");
    server.receive(&mut input, rest.to_vec(), START);
    assert!(server.next_event(&mut input).is_some());
    let after = format!("{server:?}");
    for (shown, part) in [
        (format!("{client:?}"), "Deflater(Shape { "),
        (format!("{client:?}"), "Pool { most: 4, .. }"),
        (within, "Inflater(..)"),
        (after, "History { len: 600, .. }"),
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
        assert!(!shown.contains("sesame"), "{shown}");
    }
}

#[cfg(feature = "legacy")]
#[test]
fn debug_of_what_reads_for_older_drafts_names_it() {
    let mut server = sansocket::legacy::Connection::server(Config::new().shared(), START);
    let shown = format!("{:?}", server.spare(&mut Input::new([0; 8])));
    assert_eq!(shown, "Spare { input: Input { unread: 0, .. }, .. }");
}
