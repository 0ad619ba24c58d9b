//! The bodies of the fuzz targets, on generated input.

use harness::{legacy_frames, legacy_opening};
use proptest::prelude::*;

/// Frames, whole and cut, and bytes that are none.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let text = "[ -~é€😀]{0,12}".prop_map(|text| [b"\0", text.as_bytes(), b"\xff"].concat());
    let skipped =
        (0x80_u8.., prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, bytes)| {
            let len = u8::try_from(bytes.len()).expect("it is small");
            [&[kind, len][..], &bytes].concat()
        });
    let piece = prop_oneof![
        4 => text,
        2 => skipped,
        1 => Just(b"\xff\0".to_vec()),
        1 => prop::collection::vec(prop_oneof![Just(0), Just(0x80), Just(0xff), any::<u8>()], 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// What may stand in an opening.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "\r\n",
        "\r\n\r\n",
        "GET / HTTP/1.1\r\n",
        "Upgrade: WebSocket\r\n",
        "Connection: Upgrade\r\n",
        "Host: a\r\n",
        "Origin: http://a\r\n",
        "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n",
        "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n",
        "^n:ds[4U",
        "WebSocket-Protocol: a\r\n",
        "\0text",
    ]);
    let word = prop_oneof![
        6 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(word, 0..16).prop_map(|words| words.concat())
}

proptest! {
    /// I-01, I-03, I-06, Z-07, Z-08
    #[test]
    fn frames_come_to_what_the_oracle_says(choice: u8, frames in frames()) {
        legacy_frames(&[&[choice][..], &frames].concat());
    }

    /// I-01, I-03
    #[test]
    fn openings_do_not_depend_on_cuts(choice: u8, opening in pieces()) {
        legacy_opening(&[&[choice][..], &opening].concat());
    }
}
