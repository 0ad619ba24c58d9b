//! The whole life of a connection, from its first byte to its last.

mod support;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, mpsc};

use bytes::Bytes;
use counting_allocator::{Usage, measure};
use sansocket::client::ResponseError;
use sansocket::{
    Cause, CloseCode, Connection, Event, HeadError, Input, Kind, Negotiated, OwnedMessage,
    ProtocolError, Seed, SendError, Step, TimedOut, server as http,
};
use support::*;

const _: () = assert!(size_of::<Connection>() <= 320 || cfg!(feature = "deflate"));

#[test]
fn a_reply_is_sent_while_the_text_is_held() {
    let (mut client, mut server) = open(&config(|_| {}));
    client.send("grüße").unwrap();
    let (bytes, mut input) = (take(&mut client, START), input());
    let mut spare = server.spare(&mut input);
    spare.buffer()[..bytes.len()].copy_from_slice(&bytes);
    spare.filled(bytes.len(), START);
    let Some(Event::Text(text)) = server.next_event(&mut input) else { panic!("a text") };
    server.send(text).unwrap();
    server.send(text.to_owned()).unwrap();
    server.close(CloseCode::NORMAL, text).unwrap();
    assert_eq!(text, "grüße");
    let mut seen = Vec::new();
    give(&mut client, &mut input, &take(&mut server, START), START, |event, _| {
        seen.push(match event {
            Event::Text(text) => text.to_owned(),
            Event::Close(close) => close.reason.to_owned(),
            event => panic!("{event:?}"),
        });
    });
    assert_eq!(seen, ["grüße"; 3]);
}

#[test]
fn a_request_is_decided_on_later_while_others_use_the_same_input() {
    let config = config(|_| {});
    let (mut slow, mut quick) = (server(&config), server(&config));
    let mut input = input();
    // A client that does not wait for the answer: its message comes with the request, cut in the middle.
    let mut early = client(&config);
    let request = take(&mut early, START);
    let message = b"\x81\x85\0\0\0\0early";
    let first = [&request[..], &message[..4]].concat();

    let mut is_asked = false;
    give(&mut slow, &mut input, &first, START, |event, connection| {
        is_asked = matches!(event, Event::Request);
        assert_eq!(connection.request().unwrap().path(), "/");
    });
    assert!(is_asked);
    assert_eq!(slow.next_step(), Step::Io { read: false, write: false }, "it takes a decision");
    assert_eq!(slow.send("too early"), Err(SendError::NotOpen));

    // Meanwhile, another connection opens and talks, by the same input.
    let mut other = client(&config);
    pass((&mut other, &mut ignore), (&mut quick, &mut echo), &mut input, START);
    other.send("hello").unwrap();
    let mut echoes = 0;
    let mut count = |event: Event<'_>, _: &mut Connection| {
        echoes += usize::from(matches!(event, Event::Text("hello")));
    };
    pass((&mut other, &mut count), (&mut quick, &mut echo), &mut input, START);
    assert_eq!(echoes, 1);

    // More comes all the same, though it was not to be read.
    give(&mut slow, &mut input, &message[4..9], START, |event, _| panic!("{event:?}"));
    slow.accept();
    slow.send("welcome").unwrap();
    let mut seen = Vec::new();
    let see = |event: Event<'_>, seen: &mut Vec<String>| match event {
        Event::Text(text) => seen.push(text.to_owned()),
        event => panic!("{event:?}"),
    };
    while let Some(event) = slow.next_event(&mut input) {
        see(event, &mut seen);
    }
    give(&mut slow, &mut input, &message[9..], START, |event, _| see(event, &mut seen));
    assert_eq!(seen, ["early"]);
    let mut seen = Vec::new();
    give(&mut early, &mut input, &take(&mut slow, START), START, |event, connection| match event {
        Event::Open => assert_eq!(connection.response().unwrap().status(), 101),
        event => see(event, &mut seen),
    });
    assert_eq!(seen, ["welcome"]);
}

#[test]
fn a_decision_that_takes_too_long_becomes_a_503_and_has_no_effect() {
    let config = config(|_| {});
    let (mut client, mut server, mut input) = (client(&config), server(&config), input());
    give(&mut server, &mut input, &take(&mut client, START), START, ignore);
    assert!(!server.handle_timeout(at(59_999)), "the time of a decision is not that of the peer");
    assert!(server.handle_timeout(at(60_000)));
    assert!(server.request().is_none());
    server.accept();
    assert!(server.next_event(&mut input).is_none());
    assert_eq!(server.next_step(), Step::Io { read: true, write: true });
    assert!(take(&mut server, at(60_000)).starts_with(b"HTTP/1.1 503 "));
    assert_eq!(server.next_step(), Step::Shutdown);
    server.handle_shutdown();
    assert!(only_reads(&mut server));
    server.handle_eof(at(60_001));
    assert!(server.next_event(&mut input).is_none());
    let Step::Done(ended) = server.next_step() else { panic!("it is done") };
    assert_eq!(ended.cause, Cause::TimedOut(TimedOut::Decision));
}

#[test]
fn a_client_that_floods_before_the_decision_is_rejected_and_leaves_the_input_empty() {
    let config = config(|_| {});
    let (mut client, mut server, mut input) = (client(&config), server(&config), input());
    give(&mut server, &mut input, &take(&mut client, START), START, ignore);
    for _ in 0..40 {
        give(&mut server, &mut input, &[0; 1000], START, |event, _| panic!("{event:?}"));
        assert!(input.is_empty(), "other connections use the input");
    }
    assert!(take(&mut server, START).starts_with(b"HTTP/1.1 400 "));
    server.accept();
    assert!(!server.is_open(), "it is too late");
}

#[test]
fn bytes_that_were_read_ahead_may_be_a_part_of_the_request() {
    let config = config(|_| {});
    let request = take(&mut client(&config), START);
    for ahead in [1, 20, request.len()] {
        let (mut connection, mut input) =
            (server(&config).with_read_ahead(&request[..ahead]), input());
        let mut is_asked = connection.next_event(&mut input).is_some();
        assert_eq!(is_asked, ahead == request.len());
        give(&mut connection, &mut input, &request[ahead..], START, |event, _| {
            is_asked = event == Event::Request;
        });
        assert!(is_asked);
    }
}

#[test]
fn requests_may_arrive_byte_by_byte_in_turns() {
    let config = config(|_| {});
    let mut input = input();
    let mut pairs: Vec<_> = (0..10).map(|_| (client(&config), server(&config))).collect();
    let requests: Vec<_> = pairs.iter_mut().map(|(client, _)| take(client, START)).collect();
    for position in 0..requests[0].len() {
        for ((_, server), request) in pairs.iter_mut().zip(&requests) {
            give(server, &mut input, &request[position..][..1], START, echo);
        }
    }
    for (client, server) in &mut pairs {
        let mut is_open = false;
        give(client, &mut input, &take(server, START), START, |event, _| {
            is_open = matches!(event, Event::Open);
        });
        assert!(is_open);
    }
}

#[test]
fn a_request_without_an_upgrade_is_returned_untouched() {
    let request = b"POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\na=";
    for size in [1, 7, 1000] {
        let (mut connection, mut input) = (server(&config(|_| {})), input());
        let mut is_asked = false;
        for chunk in request.chunks(size) {
            give(&mut connection, &mut input, chunk, START, |event, connection| {
                is_asked = matches!(event, Event::NotUpgrade);
                assert_eq!(connection.head().unwrap().target(), "/form");
            });
        }
        assert!(is_asked);
        assert_eq!(connection.into_unread(), request);
    }
    // Or it is answered here.
    let (mut connection, mut input) = (server(&config(|_| {})), input());
    give(&mut connection, &mut input, request, START, |_, connection| {
        connection.reject(http::Response::new(404, &[], b"no").unwrap());
        connection.reject(http::Response::new(200, &[], b"once is enough").unwrap());
    });
    let answer = String::from_utf8(take(&mut connection, START)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.ends_with("\r\n\r\nno"), "{answer}");
    assert_eq!(connection.next_step(), Step::Shutdown);
}

#[test]
fn an_idle_connection_owns_no_heap() {
    let config = config(|_| {});
    let mut input = input();
    let (mut client, mut server) = open(&config);
    let long = vec![7; 100_000];
    server.free_memory();
    client.free_memory();
    let ((), usage) = measure(|| {
        for message in [&b"short"[..], &long] {
            client.send(message).unwrap();
            client.send_part(message).unwrap();
            client.send_last(b"").unwrap();
            client.ping(b"").unwrap();
        }
        pass((&mut client, &mut ignore), (&mut server, &mut echo), &mut input, START);
        input.free_memory();
        server.free_memory();
        client.free_memory();
    });
    assert_eq!(usage.held, 0);
    let (server, usage) = measure(move || {
        drop(client);
        server
    });
    // The client had the generator of its masking keys.
    assert!((-512..=0).contains(&usage.held), "{usage:?}");
    let (connection, usage) = measure(|| Connection::open_server(Negotiated::new(), config, START));
    assert_eq!((usage, size_of_val(&connection)), (Usage::default(), size_of_val(&server)));
    println!("a connection takes {} bytes", size_of::<Connection>());
}

#[test]
fn one_thread_reads_and_another_writes_and_neither_holds_the_lock_meanwhile() {
    let (mut client, server) = open(&config(|_| {}));
    let (mut receiver, sender) = server.split();
    let (sender, is_done) = (Mutex::new(sender), AtomicBool::new(false));
    let (wire, written) = mpsc::channel::<Bytes>();
    std::thread::scope(|scope| {
        let (sender, is_done) = (&sender, &is_done);
        scope.spawn(move || {
            loop {
                let (was_done, bytes) =
                    (is_done.load(SeqCst), sender.lock().unwrap().take_transmit());
                match bytes {
                    None if was_done => return,
                    None => std::thread::yield_now(),
                    Some(bytes) => {
                        let count = bytes.len();
                        wire.send(bytes).unwrap();
                        sender.lock().unwrap().transmitted(count, START);
                    }
                }
            }
        });
        let mut input = input();
        for number in 0..100 {
            client.send(format!("message {number}")).unwrap();
            let bytes = take(&mut client, START);
            let mut spare = receiver.spare(&mut input);
            spare.buffer()[..bytes.len()].copy_from_slice(&bytes);
            spare.filled(bytes.len(), START);
            loop {
                let event = receiver.next_event(&mut input, &mut sender.lock().unwrap());
                let Some(Event::Text(text)) = event else { break };
                sender.lock().unwrap().send(text).unwrap();
            }
        }
        is_done.store(true, SeqCst);
    });
    let (mut input, mut count) = (input(), 0);
    for bytes in written {
        give(&mut client, &mut input, &bytes, START, |event, _| {
            assert_eq!(event, Event::Text(&format!("message {count}")));
            count += 1;
        });
    }
    assert_eq!(count, 100);
}

#[test]
fn large_messages_are_sent_without_a_copy_and_in_order() {
    let config = config(|_| {});
    let (mut client, mut server) = open(&config);
    let mut input = input();
    // Shared: a thousand sessions could do the same.
    let shared = Bytes::from(vec![1; 1 << 20]);
    let ((), usage) = measure(|| {
        server.send("before").unwrap();
        server.send(shared.clone()).unwrap();
        server.send("between").unwrap();
        server.send(shared.clone()).unwrap();
        server.send("after").unwrap();
    });
    assert!(usage.bytes < 1000, "{usage:?}");
    let slices: Vec<_> = server.transmit_vectored().map(<[u8]>::as_ptr).collect();
    assert!(slices.len() == 5 && slices[1] == shared.as_ptr() && slices[3] == shared.as_ptr());

    let mut seen = Vec::new();
    let mut see = |event: Event<'_>| match event {
        Event::Text(text) => seen.push(text.len()),
        Event::Binary(bytes) => seen.push(bytes.len()),
        event => panic!("{event:?}"),
    };
    // By writes of all sizes.
    let mut size = 1;
    loop {
        let bytes = server.transmit();
        let count = bytes.len().min(size);
        if count == 0 {
            break;
        }
        let bytes = bytes[..count].to_vec();
        server.transmitted(count, START);
        give(&mut client, &mut input, &bytes, START, |event, _| see(event));
        size = size * 3 % 100_003;
    }
    assert_eq!(seen, [6, 1 << 20, 7, 1 << 20, 5]);

    // A client masks what it owns where it lies.
    let owned = vec![2; 1 << 20];
    let place = owned.as_ptr();
    client.send(owned).unwrap();
    assert_eq!(client.transmit_vectored().nth(1).unwrap().as_ptr(), place);
    client.send(shared.clone()).unwrap();
    let mut sum = 0;
    give(&mut server, &mut input, &take(&mut client, START), START, |event, _| {
        let Event::Binary(bytes) = event else { panic!("{event:?}") };
        sum += bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>();
    });
    assert_eq!(sum, 3 << 20);
    assert_eq!(shared, vec![1; 1 << 20], "what is shared stays as it is");
}

#[test]
fn a_borrowed_message_is_written_from_where_it_is_as_far_as_the_stream_takes_it() {
    let (mut client, mut server) = open(&config(|_| {}));
    let mut input = input();
    let payload = vec![3; 1 << 20];
    for most in [0, 1, 5, 10, 100, 50_000, 1 << 19, usize::MAX] {
        let mut wire = Vec::new();
        server.send("before").unwrap();
        let mut room = most;
        server
            .send_with(&payload, |slices| {
                assert_eq!(slices[2].as_ptr_range().end, payload.as_ptr_range().end);
                let mut count = 0;
                for slice in slices {
                    // A stream takes what it likes.
                    let some = slice.len().min(room).min(70_001);
                    wire.extend_from_slice(&slice[..some]);
                    (room, count) = (room - some, count + some);
                    if some < slice.len() {
                        break;
                    }
                }
                count
            })
            .unwrap();
        server.send("after").unwrap();
        wire.extend(take(&mut server, START));
        let mut seen = Vec::new();
        give(&mut client, &mut input, &wire, START, |event, _| match event {
            Event::Text(text) => seen.push(text.len()),
            Event::Binary(bytes) => seen.push(bytes.len()),
            event => panic!("{event:?}"),
        });
        assert_eq!(seen, [6, 1 << 20, 5], "{most}");
    }
}

#[test]
fn parts_are_received_and_sent_as_a_stream() {
    let (mut client, mut server) = open(&config(|_| {}));
    let mut input = input();
    server.set_streaming(true);
    let ((), usage) = measure(|| {
        for number in 0..1000 {
            client.send_part(vec![7; 5000]).unwrap();
            client.probe().unwrap();
            if number == 999 {
                client.send_last(b"").unwrap();
            }
            // The server passes on what comes, under the way.
            let bytes = take(&mut client, START);
            give(&mut server, &mut input, &bytes, START, |event, connection| match event {
                Event::Part { kind: Kind::Binary, bytes, last: false } => {
                    connection.send_part(bytes).unwrap();
                }
                Event::Part { kind: Kind::Binary, bytes, last: true } => {
                    connection.send_last(bytes).unwrap();
                }
                Event::Ping(_) => {}
                event => panic!("{event:?}"),
            });
            let bytes = take(&mut server, START);
            client.set_streaming(true);
            give(&mut client, &mut input, &bytes, START, |event, _| match event {
                Event::Part { .. } => {}
                Event::Pong(_) => {}
                event => panic!("{event:?}"),
            });
        }
    });
    assert!(usage.peak < 50_000, "in constant memory: {usage:?}");
    assert!(client.round_trip().is_some());
}

#[test]
fn buffers_are_given_away_and_returned() {
    let config = config(|_| {});
    let (mut client, mut server) = (client(&config), server(&config));
    let mut input = Input::default();
    let mut place = None;
    let mut buffer = Vec::with_capacity(64 << 10);
    // The kernel owns what it writes, and what it reads to.
    for _ in 0..10 {
        while let Some(chunk) = client.take_transmit() {
            assert!(
                client.transmit().is_empty() && client.take_transmit().is_none(),
                "one at a time"
            );
            assert!(client.queued() >= chunk.len(), "what is in flight waits");
            buffer.clear();
            buffer.extend_from_slice(&chunk);
            client.transmitted(chunk.len() / 2, START);
            let rest = client.take_transmit().unwrap();
            assert_eq!(rest, chunk[chunk.len() / 2..], "what was not written is given out again");
            client.transmitted(rest.len(), START);
            buffer = server.receive(&mut input, buffer, START);
            while let Some(event) = server.next_event(&mut input) {
                echo(event, &mut server);
            }
        }
        while let Some(chunk) = server.take_transmit() {
            server.transmitted(chunk.len(), START);
            buffer.clear();
            buffer.extend_from_slice(&chunk);
            place = place.or(Some(buffer.as_ptr()));
            buffer = client.receive(&mut input, buffer, START);
            while client.next_event(&mut input).is_some() {}
        }
        client.send("over and over").unwrap();
    }
    buffer = client.receive(&mut input, buffer, START);
    let last = client.receive(&mut input, Vec::new(), START);
    let places = [buffer.as_ptr(), last.as_ptr()];
    assert!(place.is_some_and(|place| places.contains(&place)), "nothing is copied");
    // An empty one is the end.
    server.receive(&mut input, Vec::new(), START);
    assert!(server.next_event(&mut input).is_none());
    assert_eq!(server.next_step(), Step::Shutdown);
}

#[test]
fn nothing_is_read_from_a_peer_that_takes_no_replies() {
    let config = config(|config| config.max_queued = 10_000);
    let (mut client, mut server) = open(&config);
    let mut input = input();
    for _ in 0..1000 {
        client.send(&[7; 50]).unwrap();
    }
    let bytes = take(&mut client, START);
    let mut count = 0;
    let mut reply = |event: Event<'_>, connection: &mut Connection| {
        let Event::Binary(_) = event else { panic!("{event:?}") };
        count += 1;
        // More is replied than comes.
        connection.send(&[8; 3000]).unwrap();
    };
    give(&mut server, &mut input, &bytes, START, &mut reply);
    assert_eq!(server.next_step(), Step::Io { read: false, write: true });
    assert!(server.is_full() && server.queued() < 20_000 + 3010, "{}", server.queued());
    // As the peer takes them, it goes on, and nothing is lost.
    let mut taken = 0;
    while let Step::Io { write: true, .. } = server.next_step() {
        let some = server.transmit().len().min(777);
        taken += some;
        server.transmitted(some, START);
        while let Some(event) = server.next_event(&mut input) {
            reply(event, &mut server);
        }
        assert!(server.queued() < 20_000 + 3010, "{}", server.queued());
    }
    assert_eq!((count, taken), (1000, 1000 * 3004));
    assert!(only_reads(&mut server));
}

#[test]
fn replies_to_one_read_may_be_twice_as_long_as_the_limit() {
    let (mut client, mut server) = open(&config(|_| {}));
    let mut input = input();
    let mut sent = 0;
    while client.queued() + 10 < 64 << 10 {
        client.send(&[7; 2]).unwrap();
        sent += 1;
    }
    let bytes = take(&mut client, START);
    let mut count = 0;
    give(&mut server, &mut input, &bytes, START, |event, server| {
        count += 1;
        assert!(matches!(event, Event::Binary(_)));
        server.send(&[8; 12]).unwrap();
    });
    // No event had to wait, but nothing is read before some replies are written.
    assert!(server.queued() > 64 << 10 && count == sent);
    assert_eq!(server.next_step(), Step::Io { read: false, write: true });
    let half = server.queued() / 2;
    server.transmitted(half, START);
    assert_eq!(server.next_step(), Step::Io { read: true, write: true });
}

#[test]
fn an_event_that_was_found_is_taken_whatever_is_sent_before() {
    let (mut client, mut server) = open(&config(|config| config.max_queued = 1000));
    let mut input = input();
    for text in ["one", "two", "three"] {
        client.send(text).unwrap();
    }
    let bytes = take(&mut client, START);
    let mut spare = server.spare(&mut input);
    spare.buffer()[..bytes.len()].copy_from_slice(&bytes);
    spare.filled(bytes.len(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("one")));
    assert!(server.has_event(&mut input));
    server.send(&[7; 5000]).unwrap();
    assert_eq!(server.next_event(&mut input), Some(Event::Text("two")));
    // What was not looked at waits for the peer.
    assert_eq!(server.next_event(&mut input), None);
    assert!(input.is_empty());
    take(&mut server, START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("three")));
    assert_eq!(server.next_event(&mut input), None);
}

#[test]
fn parts_of_a_text_that_is_not_utf_8_are_the_same_whole_and_cut() {
    let streams: [&[u8]; 4] = [
        b"\x81\x80\0\0\0\0\x81\x84\0\0\0\0ab\xc3\xbc",
        b"\x81\x84\0\0\0\0ab\xffc\x81\x80\0\0\0\0",
        b"\x81\x84\0\0\0\0abc\xc3\x81\x80\0\0\0\0",
        b"\x81\x82\0\0\0\0\xff\xff\x81\x80\0\0\0\0",
    ];
    for stream in streams {
        let seen = |size: usize| {
            let (_, mut server) = open(&config(|_| {}));
            server.set_streaming(true);
            let (mut text, mut violation) = (Vec::new(), None);
            for bytes in stream.chunks(size) {
                give(&mut server, &mut input(), bytes, START, |event, _| match event {
                    Event::Part { bytes, last, .. } => {
                        text.extend_from_slice(bytes);
                        text.extend(last.then_some(b'|'));
                    }
                    Event::Violation(error) => violation = Some(error),
                    event => panic!("{event:?}"),
                });
            }
            (text, violation)
        };
        assert_eq!(seen(stream.len()), seen(1), "{stream:?}");
    }
}

#[test]
fn two_ends_that_send_much_at_once_do_not_wait_for_each_other() {
    let (mut client, mut server) = open(&config(|config| config.max_queued = 1000));
    let mut input = input();
    for connection in [&mut client, &mut server] {
        connection.send(vec![7; 1 << 20].as_slice()).unwrap();
        assert!(connection.is_full());
        assert_eq!(connection.next_step(), Step::Io { read: true, write: true });
    }
    let received = RefCell::new(0);
    let mut count = |event: Event<'_>, _: &mut Connection| {
        *received.borrow_mut() += usize::from(matches!(event, Event::Binary(_)));
    };
    // Each takes little at a time.
    while server.queued() + client.queued() > 0 {
        for is_server in [false, true] {
            let (one, other) =
                if is_server { (&mut server, &mut client) } else { (&mut client, &mut server) };
            let some = one.transmit().len().min(10_000);
            let bytes = one.transmit()[..some].to_vec();
            one.transmitted(some, START);
            give(other, &mut input, &bytes, START, &mut count);
        }
    }
    assert_eq!(*received.borrow(), 2);
}

#[test]
fn bytes_that_a_connection_left_in_the_input_are_not_given_to_another() {
    let config = config(|_| {});
    let (mut one, mut sloppy) = open(&config);
    let (mut other, mut careful) = open(&config);
    let mut input = input();
    one.send("mine").unwrap();
    one.send("mine, too").unwrap();
    let bytes = take(&mut one, START);
    let mut spare = sloppy.spare(&mut input);
    spare.buffer()[..bytes.len()].copy_from_slice(&bytes);
    spare.filled(bytes.len(), START);
    // An error leads out of the loop after the first event.
    assert!(matches!(sloppy.next_event(&mut input), Some(Event::Text("mine"))));
    // The next connection of the thread sees nothing of it.
    assert!(careful.next_event(&mut input).is_none());
    other.send("yours").unwrap();
    let mut seen = Vec::new();
    give(&mut careful, &mut input, &take(&mut other, START), START, |event, _| {
        let Event::Text(text) = event else { panic!("{event:?}") };
        seen.push(text.to_owned());
    });
    assert_eq!(seen, ["yours"]);
    // And the first knows that it has lost something.
    assert!(sloppy.next_event(&mut input).is_none());
    assert_eq!(sloppy.next_step(), Step::Shutdown);
    sloppy.handle_shutdown();
    let Step::Done(ended) = sloppy.next_step() else { panic!("it is done") };
    assert_eq!(ended.cause, Cause::TransportEnded);

    // Nor are they given to one whose own bytes were dropped before.
    let (mut one, mut first) = open(&config);
    let (mut other, mut second) = open(&config);
    let feed = |from: &mut Connection, to: &mut Connection, input: &mut Input<Vec<u8>>, text| {
        from.send(text).unwrap();
        let bytes = take(from, START);
        let mut spare = to.spare(input);
        spare.buffer()[..bytes.len()].copy_from_slice(&bytes);
        spare.filled(bytes.len(), START);
    };
    feed(&mut one, &mut first, &mut input, "lost");
    feed(&mut other, &mut second, &mut input, "yours");
    feed(&mut one, &mut first, &mut input, "mine");
    assert_eq!(first.next_event(&mut input), Some(Event::Text("mine")));
}

#[test]
fn calls_at_the_wrong_time_are_harmless() {
    let config = config(|_| {});
    let (mut client, mut server) = (client(&config), server(&config));
    let mut input = input();
    for connection in [&mut client, &mut server] {
        connection.accept();
        connection.reject(http::Response::new(404, &[], b"").unwrap());
        assert!(connection.request().is_none() && connection.head().is_none());
        assert_eq!(connection.send("too early"), Err(SendError::NotOpen));
        assert_eq!(connection.send(vec![0; 1 << 20]), Err(SendError::NotOpen));
        assert_eq!(
            connection.send_with(vec![0; 1 << 20], |_| panic!("not that")),
            Err(SendError::NotOpen)
        );
        assert_eq!(connection.ping(b""), Err(SendError::NotOpen));
        assert_eq!(connection.close(None, ""), Err(SendError::NotOpen));
        connection.spare(&mut input).filled(0, START);
        assert!(connection.next_event(&mut input).is_none());
    }
    // That was the end of both.
    assert!(
        matches!(client.next_step(), Step::Done(ended) if ended.cause == Cause::Handshake(ResponseError::from(HeadError::Incomplete).into()))
    );
    assert_eq!(server.next_step(), Step::Shutdown);
    let _ = OwnedMessage::from("x");
}

#[test]
fn the_close_frame_is_written_before_the_transport_ends() {
    let (_, mut server) = open(&config(|_| {}));
    let mut input = input();
    let mut seen = 0;
    // A good message, then a violation, then whatever.
    let bytes = [&b"\x82\x81\0\0\0\0a\x83\x80\0\0\0\0"[..], &[0; 5000]].concat();
    give(&mut server, &mut input, &bytes, START, |event, connection| {
        seen += 1;
        match seen {
            1 => assert_eq!(event, Event::Binary(&mut [b'a'])),
            _ => assert_eq!(event, Event::Violation(ProtocolError::ReservedOpcode)),
        }
        echo(event, connection);
    });
    assert_eq!(seen, 2);
    assert_eq!(server.next_step(), Step::Io { read: true, write: true });
    assert_eq!(take(&mut server, START), b"\x82\x01a\x88\x02\x03\xea");
    assert_eq!(server.next_step(), Step::Shutdown);
    server.handle_shutdown();
    // What is still under way is thrown away, until the peer ends it, or is too slow.
    give(&mut server, &mut input, &bytes, at(1), |event, _| panic!("{event:?}"));
    assert!(only_reads(&mut server));
    assert_eq!(server.poll_timeout(), Some(at(5000)));
    server.handle_timeout(at(5000));
    let Step::Done(ended) = server.next_step() else { panic!("it is done") };
    assert_eq!(ended.cause, Cause::Violation(ProtocolError::ReservedOpcode));
    assert_eq!(ended.sent.code(), Some(CloseCode::PROTOCOL_ERROR));
    assert_eq!(server.poll_timeout(), None);
}

#[test]
fn both_ends_close_in_order() {
    for client_begins in [false, true] {
        let (mut client, mut server) = open(&config(|_| {}));
        let mut input = input();
        if client_begins {
            client.close(CloseCode::NORMAL, "bye").unwrap();
        } else {
            server.close(CloseCode::NORMAL, "bye").unwrap();
        }
        pass((&mut client, &mut ignore), (&mut server, &mut ignore), &mut input, START);
        // Section 7.1.1: the server ends the transport.
        assert!(only_reads(&mut client));
        assert_eq!(server.next_step(), Step::Shutdown);
        server.handle_shutdown();
        client.handle_eof(START);
        assert!(client.next_event(&mut input).is_none());
        assert_eq!(client.next_step(), Step::Shutdown);
        client.handle_shutdown();
        server.handle_eof(START);
        assert!(server.next_event(&mut input).is_none());
        for connection in [&mut client, &mut server] {
            let Step::Done(ended) = connection.next_step() else { panic!("it is done") };
            assert!(ended.is_clean() && ended.code() == 1000, "{ended:?}");
        }
    }
}

#[test]
fn a_write_error_does_not_stop_reading() {
    let (mut client, mut server) = open(&config(|_| {}));
    let mut input = input();
    client.send("last words").unwrap();
    client.close(CloseCode::GOING_AWAY, "").unwrap();
    server.send("never read").unwrap();
    server.handle_write_error(START);
    let mut seen = 0;
    give(&mut server, &mut input, &take(&mut client, START), START, |event, connection| {
        if let Event::Text(text) = event {
            connection.send(text).unwrap();
        }
        seen += 1;
    });
    assert_eq!(seen, 2);
    let Step::Done(ended) = server.next_step() else { panic!("it is done") };
    assert_eq!((ended.code(), ended.cause), (1001, Cause::TransportEnded));
}

#[test]
fn time_passes_by_argument() {
    let config = config(|_| {});
    let (mut client, mut server) = open(&config);
    let mut input = input();
    assert_eq!(server.poll_timeout(), Some(at(30_000)));
    server.handle_timeout(at(30_000));
    client.handle_timeout(at(29_999));
    let ping = take(&mut server, at(30_000));
    assert_eq!(server.poll_timeout(), Some(at(50_000)));
    give(&mut client, &mut input, &ping, at(30_020), |event, _| {
        assert!(matches!(event, Event::Ping(_)));
    });
    let pong = take(&mut client, at(30_020));
    give(&mut server, &mut input, &pong, at(30_040), |event, _| {
        assert!(matches!(event, Event::Pong(_)));
    });
    assert_eq!(server.round_trip().unwrap().last.as_millis(), 40);
    assert_eq!(server.round_trip().unwrap().smoothed.as_millis(), 40);
    assert_eq!(server.poll_timeout(), Some(at(60_040)));
    // From now on the client is silent.
    server.handle_timeout(at(60_040));
    server.handle_timeout(at(80_040));
    assert!(server.next_event(&mut input).is_none());
    let Step::Done(ended) = server.next_step() else { panic!("it is done") };
    assert_eq!(ended.cause, Cause::TimedOut(TimedOut::Silence));
    assert_eq!(server.queued(), 0);
}

#[test]
fn a_stream_of_http_2_begins_with_frames() {
    // RFC 8441: the extended CONNECT was answered with 200 by whoever speaks HTTP/2; DATA is what remains.
    let config = config(|_| {});
    let mut server = Connection::open_server(Negotiated::new(), config.clone(), START);
    let mut client =
        Connection::open_client(Negotiated::new(), config.clone(), Seed::new([7; 32]), START);
    let mut input = input();
    client.send("over a stream").unwrap();
    let mut seen = 0;
    let mut see = |event: Event<'_>, _: &mut Connection| {
        seen += usize::from(matches!(event, Event::Text("over a stream")));
    };
    pass((&mut client, &mut see), (&mut server, &mut echo), &mut input, START);
    assert_eq!(seen, 1);
    // What was read ahead comes first.
    client.send("first").unwrap();
    let ahead = take(&mut client, START);
    let mut late =
        Connection::open_server(Negotiated::new(), config, START).with_read_ahead(&ahead);
    assert!(matches!(late.next_event(&mut input), Some(Event::Text("first"))));
    assert!(late.next_event(&mut input).is_none());
}

/// A writer that waits in the operating system reports what was written after the connection was given up.
#[test]
fn bytes_in_flight_may_be_reported_after_a_deadline_has_passed() {
    let config = config(|_| {});
    let (_, mut server) = open(&config);
    server.send(vec![7; 100]).unwrap();
    let chunk = server.take_transmit().unwrap();
    assert!(server.handle_timeout(at(30_000)), "a ping is queued");
    assert!(server.handle_timeout(at(50_000)), "and not answered");
    server.transmitted(chunk.len(), at(50_001));
    let Step::Done(ended) = server.next_step() else { panic!("it is done") };
    assert_eq!(ended.cause, Cause::TimedOut(TimedOut::Blocked));
}

#[test]
fn what_is_sent_after_a_write_error_is_dropped() {
    let config = config(|_| {});
    let (mut client, mut server) = open(&config);
    server.handle_write_error(START);
    server.send("nobody gets this").unwrap();
    assert_eq!(server.next_step(), Step::Io { read: true, write: false });
    assert_eq!((server.queued(), server.transmit()), (0, &[][..]));
    // Nor is a borrowed message written behind a frame that was cut off.
    server.send_with(&[7; 100_000], |_| panic!("nothing is written")).unwrap();
    assert_eq!(server.transmit(), b"");
    // What the peer has sent is still received.
    client.send("last words").unwrap();
    let mut seen = 0;
    give(&mut server, &mut input(), &take(&mut client, START), START, |event, _| {
        assert_eq!(event, Event::Text("last words"));
        seen += 1;
    });
    assert_eq!(seen, 1);
}

/// Two ends that send without reading wait for each other: that is another error than silence.
#[test]
fn a_peer_that_takes_no_ping_is_blocked_not_silent() {
    let config = config(|_| {});
    for is_written in [true, false] {
        let (_, mut server) = open(&config);
        server.send(vec![7; 100]).unwrap();
        if is_written {
            take(&mut server, START);
        }
        assert!(server.handle_timeout(at(30_000)), "a ping is due");
        if is_written {
            take(&mut server, at(30_000));
        }
        assert!(server.handle_timeout(at(50_000)), "and not answered");
        let Step::Done(ended) = server.next_step() else { panic!("it is done") };
        let expected = if is_written { TimedOut::Silence } else { TimedOut::Blocked };
        assert_eq!(ended.cause, Cause::TimedOut(expected));
    }
}

/// Another thread may send between the two calls.
#[test]
fn an_event_that_was_found_is_returned_though_replies_flood_the_queue_meanwhile() {
    let config = config(|config| config.max_queued = 10);
    // Bytes that are stashed, and those in the input; a message, and a violation.
    for is_ahead in [true, false] {
        for second in [&b"\x81\x83\0\0\0\0two"[..], b"\x83\x80\0\0\0\0"] {
            let bytes = &[b"\x81\x83\0\0\0\0one", second].concat()[..];
            let (_, mut server) = open(&config);
            let mut input = input();
            match is_ahead {
                true => server = server.with_read_ahead(bytes),
                false => {
                    let mut spare = server.spare(&mut input);
                    spare.buffer()[..bytes.len()].copy_from_slice(bytes);
                    spare.filled(bytes.len(), START);
                }
            }
            assert_eq!(server.next_event(&mut input), Some(Event::Text("one")));
            assert!(server.has_event(&mut input));
            server.send(vec![7; 100]).unwrap();
            assert!(server.next_event(&mut input).is_some(), "ahead: {is_ahead}, {second:?}");
        }
    }
}

/// Else two ends that close while both have replies to write would wait for each other.
#[test]
fn whoever_has_queued_a_close_frame_reads_on_though_replies_wait() {
    let config = config(|config| config.max_queued = 10);
    let (mut client, mut server) = open(&config);
    client.send("a question").unwrap();
    let answer = |event: Event<'_>, server: &mut Connection| {
        assert_eq!(event, Event::Text("a question"));
        server.send(vec![7; 100]).unwrap();
    };
    give(&mut server, &mut input(), &take(&mut client, START), START, answer);
    assert_eq!(server.next_step(), Step::Io { read: false, write: true });
    server.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(server.next_step(), Step::Io { read: true, write: true });
}

/// The application acts without telling the time, perhaps long after it was last told.
#[test]
fn a_phase_that_the_application_starts_begins_at_the_next_time_that_is_told() {
    let (_, mut server) = open(&config(|_| {}));
    // Nothing was told for 25 seconds.
    server.close(CloseCode::NORMAL, "").unwrap();
    let frame = take(&mut server, at(25_000));
    assert!(!frame.is_empty());
    assert_eq!(server.poll_timeout(), Some(at(35_000)));
    assert!(!server.handle_timeout(at(34_999)));
    assert!(server.handle_timeout(at(35_000)));

    let config = config(|_| {});
    let (mut client, mut server, mut input) = (client(&config), self::server(&config), input());
    give(&mut server, &mut input, &take(&mut client, START), START, ignore);
    // The decision took 40 seconds.
    server.accept();
    assert!(take(&mut server, at(40_000)).starts_with(b"HTTP/1.1 101 "));
    assert_eq!(server.poll_timeout(), Some(at(70_000)));
}

/// Bytes behind the head of an opening are copied into the input, even if they are more than it holds.
#[test]
fn events_of_bytes_that_were_read_ahead_do_not_depend_on_the_size_of_the_input() {
    let stream = b"\x81\x8a\0\0\0\0a longtext\x82\x84\0\0\0\0\x01\x02\x03\x04\x89\x82\0\0\0\0hi\
        \x8a\x82\0\0\0\0ho\x01\x82\0\0\0\0He\x80\x83\0\0\0\0llo\x88\x85\0\0\0\0\x03\xe8bye";
    for is_streaming in [false, true] {
        let seen = |size: usize, looks: bool| {
            let (_, server) = open(&config(|_| {}));
            let mut server = server.with_read_ahead(stream);
            server.set_streaming(is_streaming);
            let (mut input, mut seen) = (Input::new(vec![0; size]), Vec::new());
            while !looks || server.has_event(&mut input) {
                let Some(event) = server.next_event(&mut input) else { break };
                seen.push(format!("{event:?}"));
            }
            assert_eq!(server.next_event(&mut input), None);
            seen
        };
        let whole = seen(1000, false);
        assert!(whole.len() >= 6 && whole.last().unwrap().contains("bye"), "{whole:?}");
        for (size, looks) in [(0, false), (0, true), (8, false), (8, true), (1000, true)] {
            assert_eq!(seen(size, looks), whole, "{size}, {looks}");
        }
    }
}

#[test]
fn an_event_that_was_found_in_bytes_that_were_read_ahead_is_taken_with_any_input() {
    let (_, server) = open(&config(|_| {}));
    // A mask shows whether a frame is decoded twice.
    let mut server = server.with_read_ahead(b"\x81\x81\x01\0\0\0`\x81\x81\x01\0\0\0c");
    assert!(server.has_event(&mut Input::new([0; 1])));
    let mut input = input();
    assert_eq!(server.next_event(&mut input), Some(Event::Text("a")));
    assert_eq!(server.next_event(&mut input), Some(Event::Text("b")));
    assert_eq!(server.next_event(&mut input), None);
}

#[test]
fn bytes_that_were_read_ahead_come_before_those_that_are_read() {
    let (_, server) = open(&config(|_| {}));
    let mut server = server.with_read_ahead(b"\x81\x81\0\0\0\0a");
    let (mut input, next) = (input(), b"\x81\x81\0\0\0\0b");
    let mut spare = server.spare(&mut input);
    spare.buffer()[..next.len()].copy_from_slice(next);
    spare.filled(next.len(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("a")));
    assert_eq!(server.next_event(&mut input), Some(Event::Text("b")));
    assert_eq!(server.next_event(&mut input), None);
}

#[test]
fn events_of_bytes_that_were_read_ahead_are_not_copied_if_the_input_has_room() {
    let (_, server) = open(&config(|_| {}));
    let mut server = server.with_read_ahead(b"\x81\x81\0\0\0\0a");
    let mut input = Input::new([0; 7]);
    let (event, usage) = measure(|| server.next_event(&mut input) == Some(Event::Text("a")));
    assert!(event && usage.allocations == 0, "{usage:?}");
}

/// A connection that waits for its peer leaves alone what others have read.
#[test]
fn a_connection_that_is_held_back_takes_no_bytes_of_another() {
    let config = config(|config| config.max_queued = 1000);
    let (mut client, mut flooded) = open(&config);
    let (mut other, mut server) = open(&config);
    for text in ["one", "two", "three"] {
        client.send(text).unwrap();
    }
    let (mut input, mut count) = (input(), 0);
    give(&mut flooded, &mut input, &take(&mut client, START), START, |_, flooded| {
        flooded.send(&[7; 5000]).unwrap();
        count += 1;
    });
    assert_eq!(count, 1);
    other.send("mine").unwrap();
    let bytes = take(&mut other, START);
    let mut spare = server.spare(&mut input);
    spare.buffer()[..bytes.len()].copy_from_slice(&bytes);
    spare.filled(bytes.len(), START);
    assert_eq!(flooded.next_event(&mut input), None);
    assert_eq!(server.next_event(&mut input), Some(Event::Text("mine")));
    take(&mut flooded, START);
    assert_eq!(flooded.next_event(&mut input), Some(Event::Text("two")));
}

/// Somebody whose request waits for a decision may have ended its direction, and still read.
#[test]
fn a_request_is_answered_although_its_client_has_ended_its_direction() {
    for is_accepted in [false, true] {
        let config = config(|_| {});
        let (mut client, mut server, mut input) = (client(&config), server(&config), input());
        give(&mut server, &mut input, &take(&mut client, START), START, ignore);
        server.spare(&mut input).filled(0, START);
        assert_eq!(server.next_event(&mut input), None);
        assert!(server.request().is_some() && server.ended().is_none());
        let head: &[u8] = match is_accepted {
            true => {
                server.accept();
                b"HTTP/1.1 101 "
            }
            false => {
                server.reject(http::Response::not_found(""));
                b"HTTP/1.1 404 "
            }
        };
        assert!(take(&mut server, START).starts_with(head));
        assert_eq!(server.next_event(&mut input), None);
        assert_eq!(server.next_step(), Step::Shutdown);
    }
}

#[test]
fn a_borrowed_message_waits_behind_those_that_were_given_away() {
    let (_, mut server) = open(&config(|_| {}));
    server.send("one").unwrap();
    server.send(vec![2; 20_000]).unwrap();
    server.send_with(&[3; 20_000], |_| panic!("others come first")).unwrap();
    let out = take(&mut server, START);
    assert_eq!(out.len(), 5 + 2 * 20_004);
    assert_eq!((out[9], out[5 + 20_004 + 4]), (2, 3));
}

#[test]
fn a_full_queue_takes_a_close_frame_and_no_ping() {
    let (_, mut server) = open(&config(|config| config.max_queued = 5));
    server.send("long enough").unwrap();
    server.ping(b"1").unwrap();
    server.transmit();
    assert_eq!(server.queued(), 13);
    server.close(None, "").unwrap();
    server.transmit();
    assert_eq!(server.queued(), 13 + 3 + 2);
}
