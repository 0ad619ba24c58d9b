//! [`Receiver::spare`](sansocket::Receiver::spare): what is still to come of a long frame is read straight
//! into the message.
#![cfg(feature = "alloc")]

mod support;

use proptest::prelude::*;
use sansocket::fuzzing::{Cut, Setup, run};
use sansocket::{Connection, Input, Role};
use support::*;

const LONG: usize = 1 << 20;
const STORAGE: usize = 16 << 10;

/// A connection and an input which have read the first `len` bytes of a long message to `role`.
fn within_a_message(role: Role, first: u8, len: usize) -> (Connection, Input<Vec<u8>>) {
    let mut connection = connect(role, limits(|_| {}));
    let mut input = Input::new(vec![0; STORAGE]);
    for chunk in frame_to(role, first, &vec![7; LONG])[..len].chunks(STORAGE) {
        input.spare()[..chunk.len()].copy_from_slice(chunk);
        input.fill(chunk.len());
        assert!(!connection.receiver.advance(&mut input, &mut connection.sender).unwrap());
    }
    (connection, input)
}

#[test]
fn a_long_message_is_read_into_memory_that_grows_with_what_has_come() {
    for role in ROLES {
        for came in [100, 40_000, 300_000] {
            let (mut connection, mut input) = within_a_message(role, 0x82, came);
            let spare = connection.receiver.spare(&mut input).len();
            let bounds = if came < 32 << 10 { STORAGE..=STORAGE } else { came / 2..=3 * came };
            assert!(bounds.contains(&spare), "{spare} bytes after {came}");
        }
    }
}

#[test]
fn no_more_is_read_into_a_message_than_its_frame_has_left() {
    for role in ROLES {
        let (mut connection, mut input) = within_a_message(role, 0x82, LONG - 100_000);
        let left = usize::try_from(connection.receiver.frame_remaining()).unwrap();
        assert_eq!(connection.receiver.spare(&mut input).len(), left);
    }
}

#[test]
fn what_is_judged_or_kept_by_nobody_is_read_into_the_input() {
    for role in ROLES {
        // Text, the end of a frame, and what comes after our close frame.
        let (mut text, mut input) = within_a_message(role, 0x81, 300_000);
        assert_eq!(text.receiver.spare(&mut input).len(), STORAGE);
        let (mut end, mut input) = within_a_message(role, 0x82, LONG - 1000);
        assert_eq!(end.receiver.spare(&mut input).len(), STORAGE);
        let (mut closing, mut input) = within_a_message(role, 0x82, 300_000);
        closing.sender.close(None, "").unwrap();
        let frame = frame_to(role, 0x82, &vec![7; LONG]);
        input.spare()[..1000].copy_from_slice(&frame[300_000..301_000]);
        input.fill(1000);
        assert_eq!(closing.receiver.next_event(&mut input, &mut closing.sender), Ok(None));
        assert_eq!(closing.receiver.spare(&mut input).len(), STORAGE);
    }
}

/// What comes with the header of the next would be copied.
#[test]
fn after_a_long_message_little_is_read_before_it_is_known_what_follows() {
    for role in ROLES {
        let (mut connection, mut input) = within_a_message(role, 0x82, LONG - 1000);
        let frame = frame_to(role, 0x82, &vec![7; LONG]);
        let mut read = |bytes: &[u8]| {
            let Connection { receiver, sender } = &mut connection;
            receiver.spare(&mut input)[..bytes.len()].copy_from_slice(bytes);
            receiver.fill(&mut input, bytes.len());
            let is_event = receiver.next_event(&mut input, sender).unwrap().is_some();
            (is_event, receiver.spare(&mut input).len())
        };
        let (is_event, spare) = read(&frame[LONG - 1000..]);
        assert!(is_event && (14..STORAGE / 4).contains(&spare), "{spare}");
        assert_eq!(read(&frame_to(role, 0x82, b"short")), (true, STORAGE));
    }
}

#[test]
#[should_panic = "filled more than was spare"]
fn more_than_is_left_of_the_frame_cannot_be_filled() {
    let (mut connection, mut input) = within_a_message(Role::Client, 0x82, LONG - 100_000);
    let spare = connection.receiver.spare(&mut input).len();
    connection.receiver.fill(&mut input, spare + 1);
}

/// A frame of any kind: its first byte, and how long it is.
fn frames() -> impl Strategy<Value = Vec<(u8, usize)>> {
    let long = prop_oneof![0..200usize, 30_000..40_000usize, 60_000..140_000usize];
    let data = prop::sample::select(vec![0x81, 0x82, 0x82, 0x01, 0x02, 0x00, 0x00, 0x80]);
    let control = prop::sample::select(vec![0x89, 0x8a]);
    let frame = prop_oneof![4 => (data, long), 1 => (control, 0..100usize)];
    prop::collection::vec(frame, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Frames out of sequence are among them, and text that is none.
    #[test]
    fn what_is_read_into_place_is_seen_as_if_it_were_not(
        frames in frames(), byte in any::<u8>(), most in 1000..200_000usize, closes in 0..8usize
    ) {
        for role in ROLES {
            let payload = |len| (0..127).map(|at| byte ^ at).cycle().take(len).collect::<Vec<u8>>();
            let frames = frames.iter().map(|(first, len)| frame_to(role, *first, &payload(*len)));
            let stream = frames.collect::<Vec<_>>().concat();
            let setup = Setup { closes_after: Some(closes), ..Setup::new(role) };
            let (expected, _) = run(&setup, &stream, Cut::Whole);
            prop_assert_eq!(run(&setup, &stream, Cut::Spare(most)).0, expected);
        }
    }
}
