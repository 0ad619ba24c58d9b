//! What a compressed message may take, and how it ends.

use harness::{Drive, Setup};
use sansocket::client::ResponseError;
use sansocket::deflate::{Agreement, Compression};
use sansocket::{CloseCode, Connection, Limits, ProtocolError, Role};

use super::peer::{Frame, Got, frames, noise, open, open_with, other, take, take_anyhow, words};
use crate::support::{ROLES, bytes, frame_to, hex, limits, masked, transmit};

/// What a server sends of a message, in frames of about `size`. Binary, until its first byte is changed.
fn compressed(message: &[u8], size: usize) -> Vec<u8> {
    let mut server = open(Role::Server, "");
    let mut out = Vec::new();
    match message.len() <= size {
        true => server.send_to(message, &mut out).unwrap(),
        false => {
            for chunk in message.chunks(size) {
                server.send_part_to(chunk, &mut out).unwrap();
            }
            server.send_last_to(b"", &mut out).unwrap();
        }
    }
    out
}

fn as_text(mut stream: Vec<u8>) -> Vec<u8> {
    stream[0] ^= 3;
    stream
}

/// An end that discards what comes after its close frame.
fn discarding(role: Role, limits: Limits) -> Connection {
    let compression = Some((Agreement::parse("").unwrap(), Compression::default()));
    Setup { limits, compression, discards: true, ..Setup::new(role) }.connect()
}

fn client(limits: Limits) -> Connection {
    open_with(Role::Client, "", &Compression::default(), limits)
}

/// D-27, D-42.
#[test]
fn the_limit_holds_for_what_is_inflated_to_the_byte() {
    for limit in [0, 1, 100, 16_383, 16_384, 16_385, 32_768, 65_537, 100_000] {
        for size in [usize::MAX, 30_000, 1000] {
            let of = |len: usize| {
                // On the wire, it is within the limit.
                let message = "0123456789".repeat(15_000).as_bytes()[..len].to_vec();
                let stream = compressed(&message, size.max(limit / 20));
                let most = limits(|limits| limits.message = limit as u64);
                (message, take_anyhow(|| client(most), &stream))
            };
            let (message, got) = of(limit);
            assert!(got.error.is_none() && got.messages == [message], "{limit}");
            for more in [1, 2, 300, 40_000] {
                let (message, got) = of(limit + more);
                assert_eq!(got.error, Some(ProtocolError::MessageTooBig), "{limit} and {more}");
                assert!(got.messages.is_empty() && got.part == message[..limit]);
            }
        }
    }
}

#[test]
fn errors_say_what_is_wrong_with_what_is_compressed() {
    let texts = [
        (ProtocolError::InvalidDeflate.to_string(), "compressed message cannot be inflated"),
        (ProtocolError::TooManyBlocks.to_string(), "compressed message has too many last blocks"),
        (
            ResponseError::BadCompression.to_string(),
            "permessage-deflate was accepted with other parameters than offered",
        ),
    ];
    for (text, expected) in texts {
        assert_eq!(text, expected);
    }
}

#[test]
fn a_message_too_big_closes_with_1009() {
    let mut connection = client(limits(|limits| limits.message = 1000));
    let mut got = Got::default();
    got.take(&mut connection, &compressed(&[0; 1001], 2000));
    assert_eq!(got.error.map(ProtocolError::close_code), Some(CloseCode::MESSAGE_TOO_BIG));
    let mut out = Vec::new();
    connection.transmit_to(&mut out);
    assert_eq!(out[0], 0x88);
}

/// D-27: the next message counts anew.
#[test]
fn the_limit_is_that_of_each_message() {
    let mut server = open(Role::Server, "");
    let mut out = Vec::new();
    for _ in 0..5 {
        server.send_to(words(1, 1000), &mut out).unwrap();
        server.compress_from(0);
    }
    let got = take_anyhow(|| client(limits(|limits| limits.message = 1000)), &out);
    assert_eq!((got.messages.len(), got.error), (5, None));
}

/// D-28, L-08: a quarter, 1 KiB, and 16 bytes per frame more than the message may have.
///
#[test]
fn the_limit_holds_for_the_compressed_bytes() {
    for (limit, most) in [(0, 1024), (1000, 2274), (4000, 6024)] {
        let connect = || client(limits(|limits| limits.message = limit));
        for cuts in [&[][..], &[500, 1000]] {
            let most = most + 16 * (cuts.len() + 1);
            let largest = in_frames(&empty_blocks(most), cuts);
            assert_eq!(take_anyhow(connect, &largest).error, None, "{limit}: {most}");
            let larger = in_frames(&empty_blocks(most + 5), cuts);
            let too_big = Some(ProtocolError::MessageTooBig);
            assert_eq!(take_anyhow(connect, &larger).error, too_big, "{limit}: {most}");
        }
        // As it is, it would be too big by far.
        let plain = take_anyhow(connect, &frame_to(Role::Client, 0x82, &empty_blocks(most)));
        assert!(plain.error.is_some());
    }
}

/// Returns empty blocks of DEFLATE: at most `most` bytes, of which the last is the header of a block.
fn empty_blocks(most: usize) -> Vec<u8> {
    let mut payload = [0, 0, 0, 0xff, 0xff].repeat((most - 1) / 5);
    payload.push(0);
    payload
}

/// Returns a compressed message, cut into frames at these places.
fn in_frames(payload: &[u8], cuts: &[usize]) -> Vec<u8> {
    let starts = [&[0], cuts].concat();
    let ends = [cuts, &[payload.len()]].concat();
    let mut stream = Vec::new();
    for (&start, &end) in starts.iter().zip(&ends) {
        let opcode = if start == 0 { 0x42 } else { 0 };
        let fin = if end == payload.len() { 0x80 } else { 0 };
        stream.extend(frame_to(Role::Client, fin | opcode, &payload[start..end]));
    }
    stream
}

/// L-08: 60,000 bytes in flushed parts of 4 bytes.
#[test]
fn a_receiver_accepts_what_a_sender_flushes_in_small_parts_at_the_same_limit() {
    for role in ROLES {
        let limits = limits(|limits| limits.message = 100_000);
        let mut from = open_with(other(role), "", &Compression::default(), limits);
        from.compress_from(0);
        let message = noise(1, 60_000);
        let mut out = Vec::new();
        for part in message.chunks(4) {
            from.send_part_to(part, &mut out).unwrap();
        }
        from.send_last_to(b"", &mut out).unwrap();
        let mut got = Got::default();
        got.take(&mut open_with(role, "", &Compression::default(), limits), &out);
        assert_eq!((got.messages.len(), got.error), (1, None), "{role:?}");
        assert!(got.messages[0] == message);
    }
}

///
#[test]
fn pings_between_the_fragments_of_a_bomb_are_answered_until_it_is_too_big() {
    for role in ROLES {
        let mut connection =
            open_with(role, "", &Compression::default(), limits(|limits| limits.message = 1 << 20));
        let mut from = open(other(role), "");
        let zeros = vec![0; 100_000];
        let mut out = Vec::new();
        let mut got = Got::default();
        let mut count = 0;
        while got.error.is_none() {
            count += 1;
            out.clear();
            from.send_part_to(&zeros, &mut out).unwrap();
            from.ping(b"?").unwrap();
            from.transmit_to(&mut out);
            got.take(&mut connection, &out);
        }
        assert_eq!((count, got.controls), (11, 10), "the eleventh part is over 1 MiB");
        assert_eq!(got.error, Some(ProtocolError::MessageTooBig));
        let sent: Vec<u8> = frames(&transmit(&mut connection)).iter().map(Frame::opcode).collect();
        assert_eq!(sent, [&[0xa; 10][..], &[8]].concat());
    }
}

/// Whatever a sender sends in one frame is let through.
#[test]
fn what_does_not_compress_is_within_the_limit() {
    for len in [0, 1, 100, 1000, 20_000] {
        let stream = compressed(&noise(1, len), usize::MAX);
        let got = take_anyhow(|| client(limits(|limits| limits.message = len as u64)), &stream);
        assert_eq!((got.messages.len(), got.error), (1, None), "{len}");
    }
}

#[test]
fn blocks_that_are_marked_as_the_last_are_counted() {
    for (count, error) in [(128, None), (129, Some(ProtocolError::TooManyBlocks))] {
        let stream = frame_to(Role::Client, 0xc2, &[3, 0].repeat(count));
        let stream = [stream, bytes("c205 f200110000")].concat();
        let got = take(client(Limits::default()), &stream, usize::MAX, false);
        let invalid = Some(ProtocolError::InvalidDeflate);
        assert_eq!(got.error, error.or(invalid), "nothing has been said that can be referred to");
        let got = take(client(Limits::default()), &stream, 1, true);
        assert_eq!(got.error, error.or(invalid));
    }
}

/// D-30: as soon as it comes, not at the end of the message; and what came before it, before.
#[test]
fn text_is_checked_as_it_is_inflated() {
    let long = words(1, 50_000);
    for (good, bad) in [
        (&b"good"[..], &b"\xff"[..]),
        (b"", b"\x80"),
        (b"\xc3\xa9", b"\xed\xa0\x80"),
        (long.as_bytes(), b"\xf4\x90"),
        (long.as_bytes(), b"\xc3("),
    ] {
        let mut server = open(Role::Server, "");
        let mut out = Vec::new();
        let message = [good, bad, b" and more"].concat();
        server.send_part_to(&message, &mut out).unwrap();
        let stream = as_text(out);
        let got = take_anyhow(|| client(Limits::default()), &stream);
        assert_eq!(got.error, Some(ProtocolError::InvalidUtf8), "the message has not ended");
        let most = message.len() - " and more".len();
        assert!(message[..most].starts_with(&got.part) && got.part.len() >= good.len());
    }
    // Text that is too big is so only behind the limit.
    let message = [words(1, 1000).as_bytes(), b"\xff", &[b'a'; 1000]].concat();
    for (limit, error) in [(1000, ProtocolError::MessageTooBig), (1001, ProtocolError::InvalidUtf8)]
    {
        let stream = as_text(compressed(&message, usize::MAX));
        let got = take_anyhow(|| client(limits(|limits| limits.message = limit)), &stream);
        assert_eq!(got.error, Some(error));
        assert_eq!(got.part, &message[..1000]);
    }
}

/// D-30, U-21: characters that are cut by blocks, frames and steps.
#[test]
fn text_is_whole_wherever_it_is_cut() {
    let text = "é€😀".repeat(5000);
    for size in [1, 2, 3, 5, 1000] {
        let text = &text[..text.floor_char_boundary(30 * size)];
        let got =
            take_anyhow(|| client(Limits::default()), &as_text(compressed(text.as_bytes(), size)));
        assert!(got.messages == [text.as_bytes()] && got.error.is_none());
        let cut = &text.as_bytes()[..text.len() - 1];
        let got = take_anyhow(|| client(Limits::default()), &as_text(compressed(cut, size)));
        assert_eq!(got.error, Some(ProtocolError::InvalidUtf8), "text ends with a whole character");
    }
}

/// What is wrong first counts, whatever is wrong behind it.
#[test]
fn the_first_fault_counts() {
    let rows = [
        // A stored block of text that is none, then a block that is none.
        ("InvalidUtf8", "c1 08 00 0100feff ff 07 00"),
        ("InvalidDeflate", "c1 08 00 0100feff 61 07 00"),
        ("InvalidDeflate", "c1 08 00 0100feff c3 07 00"),
        ("InvalidUtf8", "c1 07 00 0100feff c3 00"),
        ("InvalidUtf8", "41 07 00 0100feff ff 00 c1 00"),
        ("UnexpectedStart", "41 07 00 0100feff 61 00 c1 00"),
        // Half a character, and the end of the message behind blocks of nothing.
        ("InvalidUtf8", "c1 08 00 0100feff c3 03 00"),
        ("InvalidUtf8", "c1 07 01 0100feff c3 00"),
        ("InvalidUtf8", "c1 06 01 0100feff c3"),
    ];
    for (error, stream) in rows {
        let got = take_anyhow(|| client(Limits::default()), &bytes(stream));
        assert_eq!(format!("{:?}", got.error.unwrap()), error, "{stream}");
    }
}

/// D-44, X-08.
#[test]
fn a_close_frame_ends_a_compressed_message_that_is_open() {
    for (stream, part) in [
        ("4103 f248cd 8800", "He"),
        ("410b f248cdc9c907000000ffff 8800", "Hello"),
        ("410b f248cdc9c907000000ffff 8000 8800", ""),
        ("4100 8800 ", ""),
    ] {
        let connection = || open(Role::Client, "");
        let (stream, _) = hex(stream);
        let got = take(connection(), &stream, 1, true);
        if stream[..stream.len() - 2].ends_with(&[0x80, 0]) {
            // What has been cut off is cut off only at the end of the message.
            assert_eq!(got.error, Some(ProtocolError::InvalidDeflate));
            continue;
        }
        assert_eq!((got.controls, got.error, got.messages.len()), (1, None, 0));
        assert!(got.part.starts_with(part.as_bytes()) || part.as_bytes().starts_with(&got.part));
        let got = take_anyhow(connection, &[&stream[..], b"\xc1\x01\x07"].concat());
        assert_eq!((got.controls, got.error), (1, None), "what follows is discarded");
    }
}

/// C-14: what comes after our close frame is judged, but not delivered.
#[test]
fn a_closing_connection_discards_messages_but_checks_them() {
    let rows = [
        ("c107 f248cdc9c90700 c105 f200110000 8800", None),
        ("4103 f248cd 8900 8004 c9c90700 8800", None),
        ("c107 f248cdc9c90700 c101 07", Some(ProtocolError::InvalidDeflate)),
        ("c104 f248cdc9", Some(ProtocolError::InvalidDeflate)),
        ("c107 000100feff ff00", Some(ProtocolError::InvalidUtf8)),
        ("4107 000100feff ff00", Some(ProtocolError::InvalidUtf8)),
        ("c107 000100feff c300", Some(ProtocolError::InvalidUtf8)),
    ];
    for role in ROLES {
        for (stream, error) in rows {
            let (mut stream, _) = hex(stream);
            if role == Role::Server {
                stream = masked(&stream, None, [1, 2, 3, 4]).0;
            }
            for size in [usize::MAX, 1] {
                for is_streaming in [false, true] {
                    let mut connection = discarding(role, Limits::default());
                    connection.close(None, "").unwrap();
                    let got = take(connection, &stream, size, is_streaming);
                    assert_eq!(got.error, error, "{stream:x?}");
                    assert_eq!((got.messages.len(), got.part.len()), (0, 0));
                    assert_eq!(got.controls, usize::from(error.is_none()), "the close frame");
                }
            }
        }
    }
    let mut connection = discarding(Role::Client, limits(|limits| limits.message = 1000));
    connection.close(None, "").unwrap();
    let got = take(connection, &compressed(&[0; 1001], 2000), usize::MAX, false);
    assert_eq!(got.error, Some(ProtocolError::MessageTooBig));
}

/// C-14: also of a message that had begun before.
#[test]
fn closing_within_a_compressed_message_discards_the_rest() {
    for is_streaming in [false, true] {
        for at in 1..20 {
            let text = words(1, 60_000);
            let mut server = open(Role::Server, "");
            let mut out = Vec::new();
            server.send_to(&text, &mut out).unwrap();
            server.send_to(&text, &mut out).unwrap();
            out.extend([0x88, 0]);
            let mut connection = discarding(Role::Client, Limits::default());
            connection.set_streaming(is_streaming);
            let mut got = Got::default();
            let (head, tail) = out.split_at(at * out.len() / 50);
            got.take(&mut connection, head);
            connection.close(None, "").unwrap();
            let before = got.part.len();
            got.take(&mut connection, tail);
            assert_eq!((got.messages.len(), got.controls, got.error), (0, 1, None));
            assert_eq!(got.part.len(), before);
        }
    }
}
