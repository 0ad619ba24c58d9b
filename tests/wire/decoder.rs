//! The wire layer by itself, which is there without an allocator.

use sansocket::wire::{Content, Decoder, Frame, Header, OpCode, Piece};
use sansocket::{Kind, Limits, ProtocolError, Role};

#[test]
fn frames_can_be_taken_apart_without_a_connection() {
    let mut stream =
        *b"\x01\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80\0\0\0\0\x80\x80\0\0\0\0";
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    let mut at = 0;
    let mut pieces = [const { None }; 3];
    for piece in &mut pieces {
        let (used, found) = decoder.decode(&mut stream[at..]).unwrap();
        *piece =
            found.map(|piece| (piece.content, piece.is_first, piece.is_last, piece.range.len()));
        at += used;
    }
    let expected = [
        (Content::Data(Kind::Text), true, false, 5),
        (Content::Ping, true, true, 0),
        (Content::Data(Kind::Text), false, true, 0),
    ];
    assert_eq!(pieces, expected.map(Some));
    assert_eq!(&stream[6..11], b"Hello");
    assert_eq!(decoder.decode(&mut stream[at..]), Ok((0, None)));
}

#[test]
fn a_piece_is_given_for_every_read() {
    // F-01: one byte at a time.
    let mut decoder = Decoder::new(Role::Client, Limits::default());
    let found = b"\x82\x02ab".map(|byte| decoder.decode(&mut [byte]).unwrap());
    let piece = |is_first, is_last| {
        Some(Piece {
            content: Content::Data(Kind::Binary),
            is_compressed: false,
            range: 0..1,
            is_first,
            is_last,
        })
    };
    assert_eq!(found, [(1, None), (1, None), (1, piece(true, false)), (1, piece(false, true))]);
}

#[test]
fn the_shortcut_takes_only_what_is_whole_and_right() {
    for (stream, expected) in [
        (&b"\x81\x01a"[..], Some((Kind::Text, 2..3))),
        (b"\x82\x00\x81", Some((Kind::Binary, 2..2))),
        (b"\x81\x02a", None),
        (b"\x81", None),
        (b"\x01\x01a", None),
        (b"\x89\x00", None),
        (b"\x81\x81\0\0\0\0a", None),
        (b"\x82\x7e\x00\x01a", None),
        (b"\x83\x00", None),
    ] {
        let mut bytes = [0; 16];
        bytes[..stream.len()].copy_from_slice(stream);
        let bytes = &mut bytes[..stream.len()];
        let mut decoder = Decoder::new(Role::Client, Limits::default());
        assert_eq!(decoder.decode_whole(bytes), expected, "{stream:x?}");
        assert_eq!(bytes, stream);
    }
    let mut decoder = Decoder::new(Role::Client, Limits::default());
    decoder.reject_kind(Kind::Text);
    assert_eq!(decoder.decode_whole(&mut b"\x81\x01a".clone()), None);
    let result = decoder.decode(&mut b"\x81\x01a".clone());
    assert_eq!(result, Err(ProtocolError::UnsupportedKind));
}

#[test]
fn a_frame_can_be_written_without_a_connection() {
    let key = [0x37, 0xfa, 0x21, 0x3d];
    let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask: Some(key), len: 5 };
    let mut payload = *b"Hello";
    let frame = Frame::masking(&header, &mut payload);
    let [head, body] = frame.slices();
    assert_eq!((head, body), (&b"\x81\x85\x37\xfa\x21\x3d"[..], &b"\x7f\x9f\x4d\x51\x58"[..]));
}

#[test]
#[should_panic = "header and payload differ in length"]
fn a_frame_has_the_length_that_its_header_tells() {
    let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask: None, len: 5 };
    let _ = Frame::new(&header, b"four");
}

#[test]
fn what_passes_is_not_shown_for_debugging() {
    let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask: None, len: 6 };
    assert_eq!(format!("{:?}", Frame::new(&header, b"secret")), "Frame { len: 8, .. }");
}
