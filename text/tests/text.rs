//! A buffer of text holds what was validated and nothing else, whatever is called.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::vec;
use proptest::prelude::*;
use sansocket_text::{TextBuffer, Utf8Error};

#[test]
fn a_character_may_be_cut_anywhere() {
    let mut text = TextBuffer::new(vec![0; 4]);
    for (byte, valid) in "😀".bytes().zip(["", "", "", "😀"]) {
        assert_eq!(text.push(&[byte]), Ok(()));
        assert_eq!(text.as_str(), valid);
        assert_eq!(text.is_complete(), !valid.is_empty());
    }
}

#[test]
fn bytes_that_are_not_text_change_nothing() {
    let mut text = TextBuffer::new(vec![0; 16]);
    text.push(b"ab\xe2\x82").unwrap();
    for (bytes, at) in [(&b"\x20"[..], 0), (b"\xac\xff", 1), (b"\xac \xed\xa0", 3)] {
        assert_eq!(text.push(bytes), Err(Utf8Error { at }), "{bytes:x?}");
        assert_eq!((text.as_str(), text.as_bytes()), ("ab", &b"ab\xe2\x82"[..]));
    }
    assert_eq!(text.push(b"\xac"), Ok(()));
    assert_eq!(text.as_str(), "ab€");
}

#[test]
fn what_is_written_to_the_spare_room_and_not_filled_is_not_text() {
    let mut text = TextBuffer::new(vec![0; 8]);
    text.push(b"ab\xc3").unwrap();
    text.spare(5).fill(0xff);
    assert_eq!((text.as_str(), text.as_bytes()), ("ab", &b"ab\xc3"[..]));
    // Whoever reads may panic in the middle of it.
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        text.spare(2).copy_from_slice(b"\xa9\xfe");
        panic!("a read fails");
    }));
    assert!(panicked.is_err());
    assert_eq!(text.as_str(), "ab");
    assert_eq!(text.fill(1), Ok(()));
    assert_eq!(text.as_str(), "abé");
    assert_eq!(text.fill(1), Err(Utf8Error { at: 0 }));
}

#[test]
fn more_than_was_spare_cannot_be_filled_and_changes_nothing() {
    let mut text = TextBuffer::new(vec![b'x'; 4]);
    text.push(b"abc").unwrap();
    text.reserve(100).unwrap();
    for count in [2, 5, 100, usize::MAX] {
        let panicked = catch_unwind(AssertUnwindSafe(|| text.fill(count)));
        assert!(panicked.is_err(), "{count} bytes, of which one was written to");
        assert_eq!((text.as_str(), text.as_bytes()), ("abc", &b"abc"[..]));
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| text.spare(usize::MAX).len()));
    assert!(panicked.is_err());
    assert_eq!(text.fill(1), Ok(()));
    assert_eq!(text.as_str(), "abcx");
}

#[test]
fn memory_that_cannot_be_allocated_is_an_error() {
    let mut text = TextBuffer::new(vec![0; 4]);
    text.push(b"abc").unwrap();
    for count in [usize::MAX, usize::MAX / 2] {
        assert!(text.reserve(count).is_err());
        assert_eq!((text.as_str(), text.room()), ("abc", 1));
    }
}

#[test]
fn room_grows_by_what_is_missing() {
    let mut text = TextBuffer::new(vec![7; 4]);
    text.push(b"abc").unwrap();
    for (count, room) in [(0, 1), (1, 1), (6, 6), (2, 6)] {
        text.reserve(count).unwrap();
        assert_eq!(text.room(), room);
    }
    assert_eq!(text.spare(6), [7, 0, 0, 0, 0, 0], "only what is new is cleared");
    assert_eq!(text.spare(0), []);
}

#[test]
fn without_room_a_push_makes_some() {
    let mut text = TextBuffer::new(vec![0; 4]);
    for part in ["abc", "déf", "", "ghi"] {
        text.push(part.as_bytes()).unwrap();
    }
    assert_eq!(text.as_str(), "abcdéfghi");
}

#[test]
fn memory_is_used_again_without_being_cleared() {
    let mut text = TextBuffer::default();
    text.reserve(6).unwrap();
    text.push("aé".as_bytes()).unwrap();
    let memory = text.into_memory();
    let start = memory.as_ptr();
    let mut text = TextBuffer::new(memory);
    assert_eq!((text.as_str(), text.room()), ("", 6));
    assert_eq!(text.spare(4), "aé\0".as_bytes());
    assert_eq!(text.spare(4).as_ptr(), start);
}

#[test]
fn threads_may_share_and_send_it() {
    const fn is_free<T: Send + Sync + Unpin>() {}
    const { is_free::<TextBuffer>() };
}

#[test]
fn debug_prints_no_text() {
    let mut text = TextBuffer::new(vec![0; 16]);
    text.push(b"sesame\xc3").unwrap();
    assert_eq!(format!("{text:?}"), "TextBuffer { len: 7, .. }");
}

/// `as_str` has it. The lint `unsafe_code` would reject another one.
#[test]
fn one_line_is_unsafe() {
    let source = include_str!("../src/lib.rs");
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let lines: Vec<_> = code.filter(|line| line.contains("unsafe ")).map(str::trim).collect();
    assert_eq!(lines, ["unsafe {"]);
    assert_eq!(source.matches("unsafe_code").count(), 1, "one exception");
    assert_eq!(source.matches("str::from_utf8_unchecked(text)").count(), 1);
    assert!(include_str!("../Cargo.toml").contains("\nunsafe_code = \"deny\"\n"));
    let is_file = |line: &str| line.contains("mod ") && line.ends_with(';');
    assert!(!source.lines().any(is_file), "there is no other file");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(miri) { 20 } else { 4000 })
    })]

    #[test]
    fn any_calls_in_any_order_have_the_result_of_a_copy(data in vec(any::<u8>(), 0..400)) {
        harness::text(&data);
    }
}
