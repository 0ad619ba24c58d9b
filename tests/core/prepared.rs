//! Messages that are prepared once and sent by many connections.

use bytes::Bytes;
use counting_allocator::measure;
use harness::Setup;
use sansocket::{
    CloseCode, Connection, Event, Kind, Limits, Message, OwnedMessage, Prepared, Role, SendError,
    Step, Timestamp,
};

use crate::support::*;

/// Lengths around those at which a header grows, and at which a frame is shared.
const LENGTHS: [usize; 9] = [0, 1, 125, 126, 16_370, 16_384, 65_535, 65_536, 70_000];

fn messages() -> impl Iterator<Item = OwnedMessage> {
    let of = |len| [OwnedMessage::from("x".repeat(len)), OwnedMessage::from(vec![7; len])];
    LENGTHS.into_iter().flat_map(of)
}

#[test]
fn a_prepared_message_is_the_frame_of_that_message() {
    for role in ROLES {
        let (mut one, mut other) =
            (connect(role, Limits::default()), connect(role, Limits::default()));
        for message in messages() {
            let prepared = Prepared::new(&message);
            // Both clients have one seed, so that their masks are the same.
            one.send(&message).unwrap();
            other.send(&prepared).unwrap();
            assert_eq!(transmit(&mut one), transmit(&mut other), "{role:?}, {}", message.len());
        }
    }
}

#[test]
fn a_client_masks_each_copy_with_another_key() {
    // M-02: the frame is shared, the key is not.
    let (mut client, prepared) = (client(), Prepared::new("masked"));
    client.send(&prepared).unwrap();
    client.send(&prepared).unwrap();
    let frames = transmit(&mut client);
    let (one, other) = frames.split_at(frames.len() / 2);
    assert_eq!(one[..2], other[..2]);
    assert_ne!(one[2..6], other[2..6]);
}

#[test]
fn a_prepared_message_follows_what_waits() {
    // I-05
    let (mut server, prepared) = (server(), Prepared::new("two"));
    server.send("one").unwrap();
    server.ping(b"!").unwrap();
    server.send(&prepared).unwrap();
    server.send("three").unwrap();
    assert_eq!(transmit(&mut server), bytes("8103 6f6e65 8901 21 8103 74776f 8105 7468726565"));
}

#[test]
fn servers_share_a_long_frame() {
    let prepared = Prepared::new(vec![7; 20_000]);
    let [one, other] = [server(), server()].map(|mut server| {
        server.send(&prepared).unwrap();
        server.transmit_vectored().next().unwrap().as_ptr()
    });
    assert_eq!(one, other);
    assert_eq!(one.wrapping_add(4), prepared.as_bytes().as_ptr());
}

#[test]
fn a_server_writes_a_long_frame_from_where_it_lies() {
    let (mut server, prepared) = (server(), Prepared::new(vec![7; 20_000]));
    let payload = prepared.as_bytes().as_ptr();
    server.send("before").unwrap();
    let mut written = Vec::new();
    let outcome = server.send_with(&prepared, |slices| {
        let [waiting, nothing, frame] = slices.map(<[u8]>::to_vec);
        assert!(nothing.is_empty());
        if !frame.is_empty() && waiting.len() == 8 {
            assert_eq!(slices[2][4..].as_ptr(), payload);
        }
        let all = [waiting, frame].concat();
        let count = all.len().min(10_000);
        written.extend_from_slice(&all[..count]);
        count
    });
    assert_eq!(outcome, Ok(()));
    let frame = frame_to(Role::Client, 0x82, &[7; 20_000]);
    assert_eq!(written, [bytes("8106 6265666f7265"), frame].concat());
    assert_eq!(server.queued(), 0);
    // A message of less than 16 KiB is copied.
    for (len, is_lent) in [((16 << 10) - 1, false), (16 << 10, true)] {
        let mut calls = 0;
        let write = |slices: &[&[u8]; 3]| {
            calls += 1;
            slices.iter().map(|slice| slice.len()).sum()
        };
        server.send_with(&Prepared::new(vec![7; len]), write).unwrap();
        assert_eq!(
            (calls, transmit(&mut server).is_empty()),
            (usize::from(is_lent), is_lent),
            "{len}"
        );
    }
}

#[test]
fn what_a_stream_does_not_take_of_a_long_frame_waits() {
    let (mut server, prepared) = (server(), Prepared::new(vec![7; 20_000]));
    let mut rounds = [3000, 0].into_iter();
    server.send_with(&prepared, |_| rounds.next().unwrap()).unwrap();
    let frame = frame_to(Role::Client, 0x82, &[7; 20_000]);
    assert_eq!(transmit(&mut server), frame[3000..]);
}

#[test]
fn a_prepared_message_may_be_a_part() {
    let mut server = server();
    server.send_part(&Prepared::new("Hel")).unwrap();
    server.send_last(&Prepared::new("lo")).unwrap();
    assert_eq!(transmit(&mut server), bytes("0103 48656c 8002 6c6f"));
}

#[test]
fn a_prepared_message_is_queued_when_any_message_is() {
    let prepared = Prepared::new("news");
    let mut opening = Connection::server(Default::default(), Timestamp::default());
    assert_eq!(opening.send(&prepared), Err(SendError::NotOpen));
    for role in ROLES {
        let mut connection = connect(role, Limits::default());
        //
        connection.send_part("a part").unwrap();
        let queued = connection.queued();
        assert_eq!(connection.send(&prepared), Err(SendError::MessageInProgress));
        assert_eq!(connection.queued(), queued);
        // C-08
        connection.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(connection.send(&prepared), Err(SendError::Closing));
    }
}

#[test]
fn each_reply_counts_with_all_its_bytes() {
    // I-05
    for (role, len, header) in [
        (Role::Client, 5, 6),
        (Role::Client, 200, 8),
        (Role::Client, 70_000, 14),
        (Role::Server, 5, 2),
        (Role::Server, 200, 4),
        (Role::Server, 70_000, 10),
    ] {
        let text = "x".repeat(len);
        let prepared = Prepared::new(&text[..]);
        let owned = Message::from(text.clone());
        let messages = [Message::from(&text[..]), Message::from(&prepared), owned];
        let limits = [(header + len, false), (header + len + 1, true)];
        // No reply: one only makes room, and one waits before the reply.
        let rows = messages.iter().flat_map(|it| [(it, 0), (it, 1), (it, 4)]);
        for (message, made) in rows {
            for (max_queued, read) in limits {
                let mut connection = Setup { max_queued, ..Setup::new(role) }.connect();
                (0..made).for_each(|_| connection.send(&text[..]).unwrap());
                transmit(&mut connection);
                connection.send("").unwrap();
                let mut input = given(&mut connection, &frame_to(role, 0x81, b"?"));
                assert_eq!(connection.next_event(&mut input), Some(Event::Text("?")));
                connection.send(message.clone()).unwrap();
                let expected = Step::Io { read, write: true };
                assert_eq!(connection.next_step(), expected, "{role:?}, {len}, {max_queued}");
            }
        }
    }
}

#[test]
fn each_pong_counts_with_all_its_bytes() {
    // I-05
    for (role, header) in [(Role::Client, 6), (Role::Server, 2)] {
        for (max_queued, read) in [(header + 20, false), (header + 21, true)] {
            let mut connection = Setup { max_queued, ..Setup::new(role) }.connect();
            connection.send("before").unwrap();
            let mut input = given(&mut connection, &frame_to(role, 0x89, &[b'p'; 20]));
            assert_eq!(connection.next_event(&mut input), Some(Event::Ping(&[b'p'; 20])));
            assert_eq!(
                connection.next_step(),
                Step::Io { read, write: true },
                "{role:?}, {max_queued}"
            );
        }
    }
}

#[test]
fn what_a_stream_does_not_take_of_a_reply_counts() {
    // I-05
    for (taken, left) in [(0, 20_004), (3, 20_001), (10_004, 10_000)] {
        for (max_queued, read) in [(left, false), (left + 1, true)] {
            let mut server = Setup { max_queued, ..Setup::new(Role::Server) }.connect();
            let mut input = given(&mut server, &frame_to(Role::Server, 0x81, b"?"));
            assert_eq!(server.next_event(&mut input), Some(Event::Text("?")));
            let mut rounds = [taken, 0].into_iter();
            server.send_with(&[7; 20_000], |_| rounds.next().unwrap_or(0)).unwrap();
            assert_eq!(server.next_step(), Step::Io { read, write: true }, "{taken}, {max_queued}");
        }
    }
}

#[test]
fn a_message_is_prepared_once_and_shared() {
    let prepared = Prepared::new("grüße");
    assert_eq!((prepared.kind(), prepared.len(), prepared.is_empty()), (Kind::Text, 7, false));
    assert!(Prepared::new("").is_empty());
    let again = Prepared::new(&prepared.clone());
    assert_eq!(again.as_bytes().as_ptr(), prepared.as_bytes().as_ptr());

    let OwnedMessage::Text(text) = OwnedMessage::from(Message::from(&prepared)) else {
        panic!("text stays text")
    };
    assert_eq!((&text[..], text.as_ptr()), ("grüße", prepared.as_bytes().as_ptr()));
    let binary = Prepared::new(text.as_bytes());
    assert_eq!(OwnedMessage::from(&binary), OwnedMessage::from(Bytes::from("grüße")));
    assert_ne!(binary, prepared);
    assert_eq!(again, prepared);
    assert_ne!(Prepared::new("grüßen"), prepared);
}

#[test]
fn sending_a_prepared_message_allocates_nothing() {
    let prepared = Prepared::new("x".repeat(1000));
    let mut servers: Vec<_> = (0..100).map(|_| server()).collect();
    for round in 0..3 {
        let (sent, usage) =
            measure(|| servers.iter_mut().all(|server| server.send(&prepared).is_ok()));
        assert!(sent);
        // The first round makes the queues.
        assert!(round == 0 || usage.allocations == 0, "{usage:?}");
        for server in &mut servers {
            let count = server.transmit().len();
            server.transmitted(count, Timestamp::default());
        }
    }
}

#[test]
fn threads_send_one_prepared_message() {
    let prepared = Prepared::new("to everybody");
    let frame = frame_to(Role::Client, 0x81, b"to everybody");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut server = server();
                server.send(&prepared).unwrap();
                assert_eq!(transmit(&mut server), frame);
            });
        }
    });
}
