//! Section 5.3: masks. Ids `M`.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use harness::{Drive, START, Setup};
use sansocket::wire::apply_mask;
use sansocket::{CloseCode, Connection, Negotiated, Role, Seed, Seeds};

use crate::support::*;

/// The keys of the frames in `out`, all of which have less than 126 bytes of payload.
fn keys(mut out: &[u8]) -> Vec<[u8; 4]> {
    let mut keys = Vec::new();
    while let [_, second, rest @ ..] = out {
        assert!(*second & 0x80 != 0, "M-01: a client masks every frame");
        let (key, rest) = rest.split_first_chunk().expect("a frame has a key");
        keys.push(*key);
        out = &rest[usize::from(second & 0x7f)..];
    }
    keys
}

#[test]
fn a_client_masks_every_frame_with_a_new_key() {
    // M-01, M-02, A-47.
    let mut sender = client();
    let mut out = Vec::new();
    for _ in 0..250 {
        sender.send_to("", &mut out).unwrap();
        sender.send_to(b"payload", &mut out).unwrap();
        sender.ping(b"ping").unwrap();
        sender.pong(b"").unwrap();
        sender.transmit_to(&mut out);
        sender.send_part_to("part", &mut out).unwrap();
        sender.send_last_to("", &mut out).unwrap();
        sender.send_to(b"given away".to_vec(), &mut out).unwrap();
    }
    sender.close(None, "").unwrap();
    sender.transmit_to(&mut out);
    let keys = keys(&out);
    assert_eq!(keys.len(), 250 * 7 + 1);
    let distinct: HashSet<_> = keys.iter().collect();
    assert!(distinct.len() >= keys.len() - 1, "keys repeat");
    for bit in 0..32 {
        let ones = keys.iter().filter(|key| u32::from_be_bytes(**key) >> bit & 1 != 0).count();
        assert!((700..1050).contains(&ones), "bit {bit} is set in {ones} keys of {}", keys.len());
    }
}

#[test]
fn keys_depend_on_the_seed_alone() {
    // M-02, I-02.
    let run = |seed| keys_of(Seed::new(seed));
    assert_eq!(run([1; 32]), run([1; 32]));
    assert!(run([1; 32]).iter().all(|key| !run([2; 32]).contains(key)));
}

#[test]
fn connections_that_draw_from_one_generator_of_seeds_share_no_key() {
    // M-02, I-02.
    let run = |seed| {
        let mut seeds = Seeds::new(Seed::new(seed));
        (0..20).flat_map(|_| keys_of(seeds.next_seed())).collect::<Vec<_>>()
    };
    let (drawn, again, other) = (run([1; 32]), run([1; 32]), run([2; 32]));
    assert_eq!(drawn, again);
    assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len(), "keys repeat");
    assert!(drawn.iter().all(|key| !other.contains(key)));
    // Nor does a connection that has the seed of the generator.
    assert!(keys_of(Seed::new([1; 32])).iter().all(|key| !drawn.contains(key)));
}

#[cfg(feature = "std")]
#[test]
fn generators_of_random_seeds_differ() {
    // M-02.
    let run = || keys_of(Seeds::random().unwrap().next_seed());
    assert_ne!(run(), run());
}

/// The first keys of a connection with this seed.
fn keys_of(seed: Seed) -> Vec<[u8; 4]> {
    let mut sender = Connection::open_client(Negotiated::new(), Arc::default(), seed, START);
    let mut out = Vec::new();
    for _ in 0..10 {
        sender.send_to("", &mut out).unwrap();
    }
    keys(&out)
}

#[test]
fn a_frame_of_a_client_cannot_be_changed_once_it_is_masked() {
    // M-03: what is given away is masked where it is only if nobody shares it, and is then ours alone.
    for is_shared in [false, true] {
        let mut client = client();
        let payload = Bytes::from(vec![7; 20_000]);
        let (place, other) = (payload.as_ptr(), is_shared.then(|| payload.clone()));
        client.send(payload).unwrap();
        let last = client.transmit_vectored().last().unwrap();
        assert_eq!(last.as_ptr() == place, !is_shared);
        assert_eq!(read(Role::Client, &transmit(&mut client)), [binary(&[7; 20_000])]);
        assert!(
            other.is_none_or(|other| other == [7; 20_000][..]),
            "what is shared stays as it is"
        );
    }
    // Nor can a client be brought to send what is not masked.
    let mut client = client();
    client.send_with(&[7; 20_000], |_| panic!("a masked copy is queued")).unwrap();
    assert_eq!(read(Role::Client, &transmit(&mut client)), [binary(&[7; 20_000])]);
}

#[test]
fn a_server_never_masks() {
    // M-06.
    let mut sender = server();
    let mut out = Vec::new();
    sender.send_to("a", &mut out).unwrap();
    sender.ping(b"b").unwrap();
    sender.pong(b"c").unwrap();
    sender.send_part_to(b"d", &mut out).unwrap();
    sender.send_last_to(b"", &mut out).unwrap();
    sender.send_to(vec![b'e'], &mut out).unwrap();
    sender.close(CloseCode::NORMAL, "g").unwrap();
    sender.transmit_to(&mut out);
    assert_eq!(out, bytes("8101 61 8a01 63 8901 62 0201 64 8000 8201 65 8803 03e8 67"));
    let mut sender = server();
    sender.send_to(vec![b'h'; 20_000], &mut out).unwrap();
    sender.send_with(&[b'i'; 20_000], |slices| write(slices, &mut out)).unwrap();
    let frames = [
        frame_to(Role::Client, 0x82, &[b'h'; 20_000]),
        frame_to(Role::Client, 0x82, &[b'i'; 20_000]),
    ];
    assert!(out.ends_with(&frames.concat()));
}

/// Takes all that there is to write.
fn write(slices: &[&[u8]; 3], out: &mut Vec<u8>) -> usize {
    out.extend(slices.concat());
    slices.concat().len()
}

#[test]
fn a_masked_frame_is_read_whatever_its_key() {
    // M-04, M-05, V-07, B-02: the phase begins anew with each frame, and carries across reads.
    for (stream, expected) in [
        ("8185 37fa213d 7f9f4d5158", vec![text("Hello")]),
        ("8185 00000000 48656c6c6f", vec![text("Hello")]),
        ("8183 37fa213d 7f9f4d 8183 37fa213d 7f9f4d", vec![text("Hel"), text("Hel")]),
        ("0183 37fa213d 7f9f4d 8082 37fa213d 5b95", vec![text("Hello")]),
    ] {
        let outcome = outcome(&Setup::new(Role::Server), &bytes(stream));
        assert_eq!(outcome.seen, expected, "{stream}");
    }
}

#[test]
fn masks_are_applied_byte_by_byte_whatever_the_alignment() {
    // M-04, M-07: every alignment, length and split.
    let data: Vec<u8> = (0..=255).cycle().take(4 + 9 + 64).collect();
    for len in 0..=data.len() {
        harness::mask(&data[..len]);
    }
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let mut long: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for len in [255, 256, 511, 512, 1023, 1024, 1025, 1027, 1086, 1087, 1088, 2047, 2050, 4099] {
        for (start, phase) in (0..80).zip((0..4).cycle()) {
            let bytes = &mut long[start..start + len];
            let wanted =
                bytes.iter().zip(key.iter().cycle().skip(phase)).map(|(byte, key)| byte ^ key);
            let wanted: Vec<u8> = wanted.collect();
            apply_mask(key, phase, bytes);
            assert_eq!(bytes, wanted, "{len} bytes from {start} on, {phase}");
        }
    }
    let mut bytes = *b"Hello";
    apply_mask([0x37, 0xfa, 0x21, 0x3d], 0, &mut bytes);
    assert_eq!(bytes, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
}

#[test]
fn a_message_is_masked_byte_by_byte_whatever_its_length_and_its_place() {
    // M-04: every length around the blocks, behind output of every alignment.
    let data: Vec<u8> = (0..=250).cycle().take(1500).collect();
    let lens = [
        0, 1, 3, 4, 7, 8, 31, 32, 63, 64, 65, 127, 128, 255, 256, 257, 511, 512, 513, 575, 576,
        577, 1400,
    ];
    let mut sender = client();
    let mut out = Vec::new();
    let mut wanted = Vec::new();
    for len in lens.into_iter().chain(500..840) {
        // A short message first, so that the next one starts at another address.
        for payload in [&data[..len % 61], &data[len % 7..][..len]] {
            sender.send(payload).unwrap();
            wanted.push(payload);
        }
        sender.transmit_to(&mut out);
    }
    let mut rest = out.as_slice();
    for payload in wanted {
        let head = if payload.len() < 126 { 2 } else { 4 };
        let (key, masked) = rest[head..].split_first_chunk::<4>().unwrap();
        let (masked, after) = masked.split_at(payload.len());
        let unmasked = masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        assert!(unmasked.eq(payload.iter().copied()), "{} bytes", payload.len());
        rest = after;
    }
    assert_eq!(rest, b"");
}

#[test]
fn a_seed_is_asked_for_before_anything_can_be_sent() {
    // M-08: when there is no seed, there is no client which could send.
    #[cfg(feature = "std")]
    assert!(Seed::random().is_ok());
    assert_eq!(format!("{:?}", Seed::new([7; 32])), "Seed(..)");
}

#[test]
fn any_number_of_bytes_may_precede_masked_ones() {
    // M-04
    for phase in [3, 4_000_000_003, usize::MAX] {
        let mut bytes = *b"abcde";
        apply_mask([1, 2, 3, 4], phase, &mut bytes);
        assert_eq!(bytes, [b'a' ^ 4, b'b' ^ 1, b'c' ^ 2, b'd' ^ 3, b'e' ^ 4], "{phase}");
    }
}
