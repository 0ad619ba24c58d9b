//! How messages are compressed.

use harness::{Drive, End, inflate};
use sansocket::deflate::Compression;
use sansocket::{Limits, Role};

use super::peer::{Got, Random, frames, noise, open, open_with, other, payload, words};
use crate::support::ROLES;

/// What no sender sends, as the other end knows it.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

fn compression(change: impl FnOnce(&mut Compression)) -> Compression {
    let mut compression = Compression::dedicated();
    compression.threshold = 0;
    change(&mut compression);
    compression
}

/// D-08, D-11, D-12.
#[test]
fn with_takeover_a_message_continues_those_before() {
    let mut server = open(Role::Server, "");
    let mut out = Vec::new();
    for text in ["Hello", "Hello", "", ""] {
        server.send_to(text, &mut out).unwrap();
    }
    let sent = frames(&out);
    assert_eq!(sent[0].payload, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    assert!(sent[1].payload.len() < 7, "{sent:x?}");
    assert_eq!(sent[2].payload, [0], "D-11");
    assert_eq!(sent[3].payload, [0], "D-11");
    assert!(sent.iter().all(|frame| frame.first == 0xc1));
    let mut got = Got::default();
    got.take(&mut open(Role::Client, ""), &out);
    assert_eq!(got.messages, [&b"Hello"[..], b"Hello", b"", b""]);
}

/// D-13.
#[test]
fn without_takeover_each_message_stands_alone() {
    let text = words(1, 300);
    for role in ROLES {
        let mut connection = open(role, "server_no_context_takeover; client_no_context_takeover");
        let mut out = Vec::new();
        for _ in 0..3 {
            connection.send_to(&text, &mut out).unwrap();
        }
        let sent = frames(&out);
        assert!(sent.iter().all(|frame| frame == &sent[0] && frame.is_compressed()));
        let inflated = inflate(&[], &[&sent[2].payload[..], &TAIL].concat(), 1000);
        assert_eq!((inflated.bytes, inflated.end), (text.clone().into_bytes(), End::Border));
    }
}

/// D-43.
#[test]
fn a_client_masks_what_it_has_compressed() {
    let text = words(1, 300);
    let mut out = Vec::new();
    open(Role::Client, "").send_to(&text, &mut out).unwrap();
    let [frame] = &frames(&out)[..] else { panic!("one frame") };
    assert!(frame.is_compressed() && out[1] & 0x80 != 0);
    assert!(inflate(&[], &frame.payload, 1000).bytes == text.as_bytes());
    assert!(!out.windows(frame.payload.len()).any(|bytes| bytes == frame.payload));
}

/// D-35.
#[test]
fn messages_below_the_threshold_are_sent_as_they_are() {
    for (threshold, compressed_from) in [(64, Some(64)), (0, Some(0)), (usize::MAX, None)] {
        let compression = compression(|compression| compression.threshold = threshold);
        for len in [0, 1, 63, 64, 65, 1000] {
            let mut server = open_with(Role::Server, "", &compression, Limits::default());
            let mut out = Vec::new();
            server.send_to(words(1, len), &mut out).unwrap();
            server.send_last_to(words(1, len), &mut out).unwrap();
            let wanted = compressed_from.is_some_and(|least| len >= least);
            for frame in frames(&out) {
                assert_eq!(frame.is_compressed(), wanted, "{len} bytes, from {threshold}");
                assert_eq!(frame.payload == words(1, len).as_bytes(), !wanted);
            }
        }
    }
    // As is the default.
    let mut server = open_with(Role::Server, "", &Compression::default(), Limits::default());
    let mut out = Vec::new();
    for len in [63, 64] {
        server.send_to("a".repeat(len), &mut out).unwrap();
    }
    let compressed: Vec<_> = frames(&out).iter().map(|frame| frame.is_compressed()).collect();
    assert_eq!(compressed, [false, true]);
}

#[test]
fn a_message_of_unknown_length_is_compressed_unless_none_is() {
    for (threshold, wanted) in [(0, true), (1 << 20, true), (usize::MAX, false)] {
        let mut server = open(Role::Server, "");
        server.compress_from(threshold);
        let mut out = Vec::new();
        server.send_part_to("a", &mut out).unwrap();
        assert_eq!(frames(&out)[0].is_compressed(), wanted, "from {threshold}");
    }
}

/// D-36, D-38, A-63: what is sent as it is has not gone through the compressor.
#[test]
fn the_choice_between_messages_disturbs_none() {
    for role in ROLES {
        for agreed in ["", "server_no_context_takeover; client_no_context_takeover"] {
            let mut from = open(role, agreed);
            let mut to = open(other(role), agreed);
            let mut random = Random(1);
            let mut got = Got::default();
            let mut sent = Vec::new();
            let mut kinds = [0, 0];
            for round in 0..300 {
                let text = words(round, random.below(400));
                let threshold = [0, 100, usize::MAX][random.below(3)];
                from.compress_from(threshold);
                let mut out = Vec::new();
                match random.below(4) {
                    0 => {
                        let (head, tail) = text.split_at(text.ceil_char_boundary(text.len() / 2));
                        from.send_part_to(head, &mut out).unwrap();
                        // Of no effect before the next message.
                        from.compress_from([0, usize::MAX][random.below(2)]);
                        from.send_last_to(tail, &mut out).unwrap();
                    }
                    1 => {
                        // Given away, it is treated alike.
                        from.send_to(text.clone(), &mut out).unwrap();
                    }
                    _ => from.send_to(&text, &mut out).unwrap(),
                }
                kinds[usize::from(frames(&out)[0].is_compressed())] += 1;
                got.take(&mut to, &out);
                sent.push(text.into_bytes());
            }
            assert_eq!((got.messages, got.error), (sent, None));
            assert!(kinds[0] > 50 && kinds[1] > 50, "{kinds:?}");
        }
    }
}

#[test]
fn without_takeover_what_does_not_compress_is_sent_as_it_is() {
    let noise = noise(1, 1000);
    for role in ROLES {
        let alone = "server_no_context_takeover; client_no_context_takeover";
        let (mut from, mut to) = (open(role, alone), open(other(role), alone));
        let mut out = Vec::new();
        let text = words(1, 200);
        from.send_to(&noise, &mut out).unwrap();
        from.send_to(&text, &mut out).unwrap();
        from.send_to("", &mut out).unwrap();
        from.send_to(&noise, &mut out).unwrap();
        let sent = frames(&out);
        assert!(sent[0].payload == noise && sent[0].first == 0x82);
        assert!(sent[1].payload.len() < text.len() && sent[1].first == 0xc1);
        assert_eq!((sent[2].payload.len(), sent[2].first), (0, 0x81), "shorter than D-11");
        assert!(sent[3] == sent[0]);
        let mut got = Got::default();
        got.take(&mut to, &out);
        assert_eq!(got.messages, [&noise[..], text.as_bytes(), b"", &noise]);
        // Parts have left, so that they cannot be taken back.
        let mut out = Vec::new();
        from.send_part_to(&noise, &mut out).unwrap();
        from.send_last_to(b"", &mut out).unwrap();
        assert_eq!(frames(&out)[0].first, 0x42);
        // With takeover, the other end needs what the compressor has seen.
        let mut out = Vec::new();
        open(role, "").send_to(&noise, &mut out).unwrap();
        assert_eq!(frames(&out)[0].first, 0xc2);
    }
}

/// D-04, D-09, D-34.
#[test]
fn each_part_leaves_at_once_and_can_be_inflated_at_once() {
    for role in ROLES {
        let (mut from, mut to) = (open(role, ""), open(other(role), ""));
        to.set_streaming(true);
        let mut got = Got::default();
        for message in 0..3 {
            let mut all = Vec::new();
            let mut sent = String::new();
            for part in 0..10 {
                let text = words(part, 40 * usize::from(part != 3));
                let mut out = Vec::new();
                from.send_part_to(&text, &mut out).unwrap();
                sent.push_str(&text);
                got.take(&mut to, &out);
                assert_eq!(got.part, sent.as_bytes(), "all that was sent has come");
                all.extend(frames(&out));
            }
            let mut out = Vec::new();
            from.send_last_to("", &mut out).unwrap();
            got.take(&mut to, &out);
            all.extend(frames(&out));
            assert_eq!(got.messages[message], sent.as_bytes());
            let (last, others) = all.split_last().unwrap();
            assert!(others.iter().all(|frame| frame.payload.ends_with(&TAIL)), "D-09");
            assert_eq!((last.first, &last.payload[..]), (0x80, &[0][..]), "D-10");
            let firsts: Vec<_> = others.iter().map(|frame| frame.first).collect();
            assert!(firsts[0] == 0x41 && firsts[1..].iter().all(|first| *first == 0), "D-04");
        }
        assert_eq!(got.error, None);
    }
}

#[test]
fn parts_that_wait_come_with_the_last_at_the_latest() {
    for role in ROLES {
        for agreed in ["", "server_no_context_takeover; client_no_context_takeover"] {
            let (mut from, mut to) = (open(role, agreed), open(other(role), agreed));
            from.set_flushing(false);
            let mut got = Got::default();
            for (count, len) in [(10, 20), (1, 0), (0, 0), (100, 5000), (3, 7)] {
                let mut out = Vec::new();
                let mut sent = Vec::new();
                for part in 0..count {
                    let bytes = noise(part, len);
                    from.send_part_to(&bytes, &mut out).unwrap();
                    sent.extend(bytes);
                }
                if count * (len as u64) < 1000 {
                    assert!(out.is_empty(), "all of them wait");
                } else {
                    assert!(out.len() > 100_000, "there is enough for frames");
                }
                from.send_last_to(b"", &mut out).unwrap();
                let all = frames(&out);
                let has_bytes = !sent.is_empty();
                assert!(all[0].is_compressed() || !has_bytes && !agreed.is_empty());
                assert!(
                    all[1..]
                        .iter()
                        .all(|frame| frame.first & 0x7f == 0 && !frame.payload.is_empty())
                );
                assert!(all.last().unwrap().first & 0x80 != 0);
                got.take(&mut to, &out);
                assert!(got.messages.pop().unwrap() == sent, "{count} parts of {len}");
            }
            assert_eq!(got.error, None);
        }
    }
}

#[test]
fn whether_parts_wait_can_change_between_any_two() {
    let (mut from, mut to) = (open(Role::Server, ""), open(Role::Client, ""));
    let mut random = Random(3);
    let mut got = Got::default();
    for message in 0..100 {
        let mut out = Vec::new();
        let mut sent = String::new();
        for part in 0..random.below(6) {
            let text = words(message + part as u64, random.below(100));
            from.set_flushing(random.below(2) == 0);
            from.send_part_to(&text, &mut out).unwrap();
            sent.push_str(&text);
        }
        let text = words(message, random.below(100));
        from.send_last_to(&text, &mut out).unwrap();
        sent.push_str(&text);
        got.take(&mut to, &out);
        assert_eq!(got.messages.pop().unwrap(), sent.as_bytes());
    }
    assert_eq!(got.error, None);
}

/// D-03, D-06.
#[test]
fn control_frames_pass_between_the_parts_of_a_compressed_message() {
    for role in ROLES {
        let (mut from, mut to) = (open(role, ""), open(other(role), ""));
        let text = words(1, 200);
        let mut out = Vec::new();
        from.send_part_to(&text, &mut out).unwrap();
        from.ping(b"between").unwrap();
        from.transmit_to(&mut out);
        from.set_flushing(false);
        from.send_part_to(&text, &mut out).unwrap();
        from.pong(b"taken along").unwrap();
        from.send_last_to(&text, &mut out).unwrap();
        let sent = frames(&out);
        let firsts: Vec<_> = sent.iter().map(|frame| frame.first).collect();
        assert_eq!(firsts, [0x41, 0x89, 0x8a, 0x80]);
        let inflated = inflate(&[], &payload(&sent), 1000);
        assert_eq!(inflated.bytes, text.repeat(3).as_bytes());
        let mut got = Got::default();
        got.take(&mut to, &out);
        assert_eq!((got.messages, got.controls), (vec![text.repeat(3).into_bytes()], 2));
    }
}

/// D-33, D-40, D-41: and with what it may refer to, it does.
#[test]
fn nothing_refers_back_beyond_the_window() {
    for bits in 8..=15 {
        let window = 1 << bits;
        // Repeated at about the distance of the window, of the next smaller and of the next larger.
        let text: String = [window / 2 - 20, window - 400, window - 40, window + 40]
            .into_iter()
            .enumerate()
            .map(|(seed, len)| words(seed as u64, usize::try_from(len.max(40)).unwrap()).repeat(2))
            .collect();
        for level in 0..=9 {
            for memory in if bits < 13 { &[1, 8][..] } else { &[9] } {
                let compression = compression(|compression| {
                    (compression.level, compression.memory) = (level, *memory);
                });
                let agreed = format!("server_max_window_bits={bits}");
                let mut server = open_with(Role::Server, &agreed, &compression, Limits::default());
                let mut out = Vec::new();
                for chunk in text.as_bytes().chunks(700) {
                    server.send_to(chunk, &mut out).unwrap();
                }
                let stream: Vec<u8> = frames(&out)
                    .iter()
                    .flat_map(|frame| [&frame.payload[..], &TAIL].concat())
                    .collect();
                let inflated = inflate(&[], &stream, usize::MAX);
                assert!(inflated.bytes == text.as_bytes() && inflated.end == End::Border);
                let least = if level == 0 {
                    0
                } else if bits <= 9 {
                    100
                } else {
                    window / 2
                };
                let farthest = i32::try_from(inflated.farthest).unwrap();
                assert!(
                    (least..=window).contains(&farthest),
                    "{farthest} of {window}, level {level}"
                );
            }
        }
    }
}

/// Each end uses no more than both what was agreed to and what it was told to use.
#[test]
fn a_window_and_takeover_that_are_not_wanted_are_not_used() {
    let compression = compression(|compression| {
        compression.outgoing.window_bits = 10;
        compression.outgoing.is_taken_over = false;
    });
    for role in ROLES {
        let mut connection = open_with(role, "", &compression, Limits::default());
        let text = words(1, 2000).repeat(3);
        let mut out = Vec::new();
        for _ in 0..2 {
            connection.send_to(&text, &mut out).unwrap();
        }
        let sent = frames(&out);
        assert_eq!(sent[0], sent[1]);
        let inflated = inflate(&[], &sent[0].payload, usize::MAX);
        assert!(inflated.bytes == text.as_bytes() && inflated.farthest <= 1024);
    }
}

#[test]
fn all_levels_and_all_memory_make_the_round_trip() {
    let long = words(5, 6000);
    for level in (0..=9).chain([12]) {
        for memory in [0, 1, 5, 8, 9, 12] {
            for bits in [8, 9, 12, 15] {
                let compression = compression(|compression| {
                    (compression.level, compression.memory) = (level, memory);
                });
                let agreed = format!("client_max_window_bits={bits}");
                let mut from = open_with(Role::Client, &agreed, &compression, Limits::default());
                let mut out = Vec::new();
                for len in [6000, 0, 10, 3000] {
                    from.send_to(&long.as_bytes()[..len], &mut out).unwrap();
                }
                let mut got = Got::default();
                got.take(&mut open(Role::Server, &agreed), &out);
                assert_eq!(got.error, None);
                assert!(got.messages.iter().map(Vec::len).eq([6000, 0, 10, 3000]));
                assert!(got.messages.iter().all(|message| long.as_bytes().starts_with(message)));
            }
        }
    }
}

#[test]
fn what_fails_to_be_sent_leaves_the_compressor_as_it_was() {
    let (mut from, mut to) = (open(Role::Server, ""), open(Role::Client, ""));
    let text = words(1, 500);
    let mut out = Vec::new();
    from.send_part_to(&text, &mut out).unwrap();
    let before = out.len();
    assert!(from.send(words(2, 500)).is_err());
    assert!(from.send_part(b"of another kind").is_err());
    assert_eq!((out.len(), from.queued()), (before, 0));
    from.send_last_to(&text, &mut out).unwrap();
    from.send_to(&text, &mut out).unwrap();
    let mut got = Got::default();
    got.take(&mut to, &out);
    assert_eq!(got.messages, [text.repeat(2).as_bytes(), text.as_bytes()]);
    // a message that is open when we close is left unfinished, whatever waits of it.
    from.set_flushing(false);
    let mut out = Vec::new();
    from.send_part_to(&text, &mut out).unwrap();
    from.close(None, "").unwrap();
    assert!(from.send_last(&text).is_err());
    from.transmit_to(&mut out);
    assert_eq!(out, [0x88, 0]);
}
