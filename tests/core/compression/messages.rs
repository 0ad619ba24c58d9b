//! What comes of compressed messages, byte for byte.

use harness::{Drive, End, inflate};
use sansocket::{Limits, ProtocolError, Role};

use super::peer::{noise, open, take_anyhow};
use crate::support::{bytes, connect, frame_to, masked};

/// The id, the frames, the messages that come of them, and the error.
type Row = (&'static str, &'static str, &'static [&'static str], Option<ProtocolError>);

const ROWS: &[Row] = &[
    ("D-01", "c107 f248cdc9c90700", &["Hello"], None),
    ("D-02", "4103 f248cd c004 c9c90700", &[], Some(ProtocolError::ReservedBit)),
    ("D-03", "c900", &[], Some(ProtocolError::ReservedBit)),
    ("D-03", "c800", &[], Some(ProtocolError::ReservedBit)),
    ("D-03", "ca00", &[], Some(ProtocolError::ReservedBit)),
    ("D-04", "4103 f248cd 8004 c9c90700", &["Hello"], None),
    ("D-05", "c107 f248cdc9c90700 8101 61 c105 f200110000", &["Hello", "a", "Hello"], None),
    ("D-06", "4103 f248cd 8900 8004 c9c90700", &["Hello"], None),
    ("D-09", "410b f248cdc9c907000000ffff 8001 00", &["Hello"], None),
    (
        "D-10",
        "410b f248cdc9c907000000ffff 8001 00 410b 0acf2fca4901000000ffff 8001 00",
        &["Hello", "World"],
        None,
    ),
    ("D-11", "c101 00", &[""], None),
    ("D-11", "c102 0200", &[""], None),
    ("D-12", "c107 f248cdc9c90700 c105 f200110000", &["Hello", "Hello"], None),
    ("D-13", "c107 f248cdc9c90700 c107 f248cdc9c90700", &["Hello", "Hello"], None),
    ("D-16", "c10b 000500faff48656c6c6f00", &["Hello"], None),
    ("D-17", "c10d f24805000000ffffcac9c90700", &["Hello"], None),
    ("D-18", "c108 f348cdc9c9070000", &["Hello"], None),
    ("D-19", "c109 f3480500cac9c90700", &["Hello"], None),
    ("D-20", "c108 f348cdc9c9070000 c105 f200110000", &["Hello", "Hello"], None),
    ("D-21", "c107 f348cdc9c90700", &["Hello"], None),
    ("D-21", "c107 f348cdc9c90700 c105 f200110000", &["Hello", "Hello"], None),
    ("D-21", "4107 f348cdc9c90700 8000 c105 f200110000", &["Hello", "Hello"], None),
    ("D-21", "c10c f248cdc9c907000000ffff01 c105 f200110000", &["Hello", "Hello"], None),
    ("D-21", "c10c f248cdc9c907000000ffffc9 c105 f200110000", &["Hello", "Hello"], None),
    ("D-22", "c10b f348cdc9c9070047415242", &[], Some(ProtocolError::InvalidDeflate)),
    ("D-23", "c101 07", &[], Some(ProtocolError::InvalidDeflate)),
    ("D-23", "c10b 000500ffff48656c6c6f00", &[], Some(ProtocolError::InvalidDeflate)),
    ("D-23, A-11", "c105 f200110000", &[], Some(ProtocolError::InvalidDeflate)),
    ("D-24", "c109 789cf248cdc9c90700", &[], Some(ProtocolError::InvalidDeflate)),
    ("D-25", "c104 f248cdc9", &[], Some(ProtocolError::InvalidDeflate)),
    ("D-26, A-14", "c100 c107 f248cdc9c90700", &["", "Hello"], None),
    ("D-26", "4100 0000 8000 c107 f248cdc9c90700", &["", "Hello"], None),
];

/// D-07.
#[test]
fn compressed_messages_are_checked_as_the_catalogue_says() {
    for (id, wire, messages, error) in ROWS {
        let got = take_anyhow(|| open(Role::Client, ""), &bytes(wire));
        let wanted: Vec<_> = messages.iter().map(|text| text.as_bytes().to_vec()).collect();
        assert_eq!((got.messages, got.error), (wanted, *error), "{id}: {wire}");
    }
}

///
#[test]
fn a_flipped_bit_is_read_as_it_stands_and_an_error_ends_the_connection() {
    const FIRST: &[u8] = b"Hello, Hello, World";
    let mut server = open(Role::Server, "");
    let mut stream = Vec::new();
    server.send_to(FIRST, &mut stream).unwrap();
    let first = stream.len();
    server.send_to("Hello, Hello, World and all", &mut stream).unwrap();
    let end = stream.len();
    server.send_to("Hello", &mut stream).unwrap();
    let mut refused = 0;
    for bit in 8 * (first + 2)..8 * end {
        let mut stream = stream.clone();
        stream[bit / 8] ^= 1 << (bit % 8);
        let got = take_anyhow(|| open(Role::Client, ""), &stream);
        assert_eq!(got.messages[0], FIRST);
        // Another inflater tells what comes of it: it may be another message.
        let payload = [&stream[first + 2..end], &[0, 0, 0xff, 0xff]].concat();
        let inflated = inflate(FIRST, &payload, 1000);
        if let Some(second) = got.messages.get(1) {
            assert_eq!(*second, inflated.bytes);
        } else {
            assert_eq!(got.error.map(|error| error.close_code().get()), Some(1007));
            refused += 1;
        }
        assert!(inflated.end != End::Invalid || got.messages.len() == 1);
    }
    assert!(refused > 10, "{refused} of {} bits", 8 * (end - first - 2));
}

#[test]
fn without_takeover_no_message_refers_to_one_before() {
    let rows: &[Row] = &[
        ("D-13", "c107 f248cdc9c90700 c107 f248cdc9c90700", &["Hello", "Hello"], None),
        (
            "D-14",
            "c107 f248cdc9c90700 c105 f200110000",
            &["Hello"],
            Some(ProtocolError::InvalidDeflate),
        ),
        (
            "D-14, D-20",
            "c108 f348cdc9c9070000 c105 f200110000",
            &["Hello"],
            Some(ProtocolError::InvalidDeflate),
        ),
        ("D-18", "c10c f348cdc9c90700 f200110000", &["HelloHello"], None),
        (
            "D-05, D-14",
            "c107 f248cdc9c90700 8101 61 c105 f200110000",
            &["Hello", "a"],
            Some(ProtocolError::InvalidDeflate),
        ),
    ];
    for (id, wire, messages, error) in rows {
        let got = take_anyhow(|| open(Role::Client, "server_no_context_takeover"), &bytes(wire));
        let wanted: Vec<_> = messages.iter().map(|text| text.as_bytes().to_vec()).collect();
        assert_eq!((got.messages, got.error), (wanted, *error), "{id}: {wire}");
    }
}

/// D-15: what the peer's peer does is another thing.
#[test]
fn takeover_is_agreed_to_for_each_direction() {
    let stream = bytes("c107 f248cdc9c90700 c105 f200110000");
    let client = take_anyhow(|| open(Role::Client, "client_no_context_takeover"), &stream);
    assert_eq!((client.messages.len(), client.error), (2, None));
    let stream = masked(&stream, None, [1, 2, 3, 4]).0;
    let server = |agreed| take_anyhow(|| open(Role::Server, agreed), &stream);
    assert_eq!(server("server_no_context_takeover").error, None, "D-15");
    assert_eq!(server("").error, None);
    let error = server("client_no_context_takeover").error;
    assert_eq!(error, Some(ProtocolError::InvalidDeflate));
}

/// D-25: the last block ends within the last byte of what the peer has cut off, so that it has not.
#[test]
fn a_message_that_ends_within_a_byte_is_rejected() {
    for len in 8..=15 {
        let payload = ending_within_a_byte(len);
        let inflated = inflate(&[], &[&payload[..], &[0, 0, 0xff, 0xff]].concat(), 1000);
        assert!(inflated.bytes.len() >= 16 && inflated.bytes.iter().all(|&byte| byte == 0));
        assert_ne!(inflated.end, End::Border);
        let got = take_anyhow(|| open(Role::Client, ""), &frame_to(Role::Client, 0xc2, &payload));
        assert_eq!(
            (got.messages.len(), got.error),
            (0, Some(ProtocolError::InvalidDeflate)),
            "{len}"
        );
    }
}

/// A dynamic block, in which a 0 is a byte, and so many ones are the end. What has been cut off has 16 of
/// both.
fn ending_within_a_byte(end_len: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.push(0b100, 3);
    bits.push(0, 5 + 5); // 257 codes for literals and lengths, 1 for distances.
    bits.push(19 - 4, 4); // All codes for lengths.
    let lens: Vec<u32> = (1..=end_len).chain([18]).collect();
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
        bits.push(code_of(&lens, symbol).map_or(0, |(_, len)| len), 3);
    }
    let mut push = |symbol| bits.code(code_of(&lens, symbol).unwrap());
    // Bytes have the codes 0, 10, 110 and so on, the last of them as long as that of the end.
    (1..=end_len).for_each(&mut push);
    push(18);
    bits.push(138 - 11, 7);
    bits.code(code_of(&lens, 18).unwrap());
    bits.push(256 - end_len - 138 - 11, 7);
    bits.code(code_of(&lens, end_len).unwrap());
    bits.code(code_of(&lens, 1).unwrap());
    while !bits.count.is_multiple_of(8) {
        bits.push(0, 1);
    }
    bits.bytes
}

/// The canonical code of a symbol (RFC 1951, section 3.2.2), and its length: 3 bits for the first few,
/// and 4 for the others.
fn code_of(symbols: &[u32], wanted: u32) -> Option<(u32, u32)> {
    let at = u32::try_from(symbols.iter().position(|&symbol| symbol == wanted)?).unwrap();
    let short = 16 - u32::try_from(symbols.len()).unwrap();
    Some(if at < short { (at, 3) } else { (short + at, 4) })
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// A number, from its lowest bit.
    fn push(&mut self, number: u32, count: u32) {
        for place in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::from(number >> place & 1 == 1);
            *self.bytes.last_mut().unwrap() |= bit << (self.count % 8);
            self.count += 1;
        }
    }

    /// A code, from its highest bit.
    fn code(&mut self, (code, len): (u32, u32)) {
        for place in (0..len).rev() {
            self.push(code >> place & 1, 1);
        }
    }
}

/// D-N-23, D-R-01.
#[test]
fn nothing_compressed_is_taken_unless_it_was_agreed_to() {
    for first in ["c1", "c2", "41", "42"] {
        let stream = bytes(&format!("{first}07 f248cdc9c90700"));
        let got = take_anyhow(|| connect(Role::Client, Limits::default()), &stream);
        assert_eq!(got.error, Some(ProtocolError::ReservedBit));
    }
}

/// D-31: a peer may have a larger window than it agreed to, but must not use it.
#[test]
fn a_reference_beyond_the_agreed_window_is_rejected() {
    // Bytes without repetition, and some of them again.
    let message = [&noise(1, 700)[..], &noise(1, 200)[100..]].concat();
    for size in [usize::MAX, 700, 50, 7] {
        let mut server = open(Role::Server, "");
        let mut stream = Vec::new();
        for part in message.chunks(size) {
            server.send_part_to(part, &mut stream).unwrap();
        }
        server.send_last_to(b"", &mut stream).unwrap();
        let got = |bits: u32| {
            take_anyhow(|| open(Role::Client, &format!("server_max_window_bits={bits}")), &stream)
        };
        assert!(got(10).messages == [&message[..]]);
        for bits in [8, 9] {
            let got = got(bits);
            assert_eq!(got.error, Some(ProtocolError::InvalidDeflate));
            assert!(got.part == message[..700], "{} of 700", got.part.len());
        }
    }
}

/// D-31: what is cut off the end of a message does not complete what has been refused.
#[test]
fn nothing_comes_of_a_reference_that_is_rejected() {
    let said = noise(1, 600);
    let mut bits = Bits::default();
    bits.push(0b010, 3); // A block with the fixed codes.
    bits.code((1, 7)); // 3 bytes
    bits.code((18, 5)); // from 513 bytes back or more: 600.
    bits.push(600 - 513, 8);
    assert_eq!(bits.bytes.len(), 3, "it ends with the last byte");
    let stored = [&[0, 0x58, 0x02, 0xa7, 0xfd], &said[..]].concat();
    let stream = frame_to(Role::Client, 0xc2, &[&stored[..], &bits.bytes].concat());
    let got = take_anyhow(|| open(Role::Client, "server_max_window_bits=9"), &stream);
    assert_eq!(got.error, Some(ProtocolError::InvalidDeflate));
    assert!(got.part == said);
}
