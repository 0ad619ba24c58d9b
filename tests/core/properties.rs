//! The bodies of the fuzz targets, with data that proptest makes up.

use harness::{Cut, Seen, Setup};
use proptest::collection::vec;
use proptest::prelude::*;
use sansocket::Role;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_bytes_are_seen_as_the_rfc_says_however_they_are_cut(data in vec(any::<u8>(), 0..200)) {
        harness::receive(&data);
    }

    #[test]
    fn frames_are_seen_as_the_rfc_says_however_they_are_cut(data in vec(any::<u8>(), 0..400)) {
        harness::receive_frames(&data);
    }

    #[test]
    fn what_one_end_sends_the_other_receives_also_if_both_are_suspended(data in vec(any::<u8>(), 0..400)) {
        harness::pair(&data);
    }

    #[test]
    fn whatever_a_sender_is_asked_to_do_it_breaks_no_rule(data in vec(any::<u8>(), 0..200)) {
        harness::send(&data);
    }

    #[test]
    fn any_calls_in_any_order_are_harmless(data in vec(any::<u8>(), 0..600)) {
        harness::calls(&data);
    }

    #[test]
    fn a_changed_snapshot_is_rejected_or_harmless(data in vec(any::<u8>(), 0..200)) {
        harness::snapshot(&data);
    }

    #[test]
    fn text_is_checked_as_by_the_standard_library(data in text_with_faults()) {
        harness::utf8(&data);
    }

    #[test]
    fn masks_are_applied_as_section_5_3_says(data in vec(any::<u8>(), 0..200)) {
        harness::mask(&data);
    }

    #[test]
    fn a_message_is_delivered_only_within_limits(data in vec(any::<u8>(), 0..24)) {
        harness::limits(&data);
    }
}

fn text_with_faults() -> impl Strategy<Value = Vec<u8>> {
    (any::<String>(), vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3)).prop_map(
        |(text, faults)| {
            let mut bytes = text.into_bytes();
            for (index, fault) in faults {
                if !bytes.is_empty() {
                    let at = index.index(bytes.len());
                    bytes[at] = fault;
                }
            }
            bytes
        },
    )
}

/// A message, and after how many bytes its parts are cut.
fn messages() -> impl Strategy<Value = Vec<(bool, String, usize)>> {
    vec((any::<bool>(), "\\PC{0,40}", 1..20usize), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn any_messages_make_the_round_trip_through_both_roles(messages in messages(), size in 1..64usize) {
        // From the client to the server, which sends back what it sees, to the client.
        let mut sender = Setup::new(Role::Client).connect();
        let mut expected = Vec::new();
        for (is_parted, text, cut) in &messages {
            if *is_parted {
                for part in text.as_bytes().chunks(*cut) {
                    sender.send_part(part).unwrap();
                }
                sender.send_last(b"").unwrap();
                expected.push(Seen::Binary(text.clone().into_bytes()));
            } else {
                sender.send(text).unwrap();
                expected.push(Seen::Text(text.clone()));
            }
        }
        let server = Setup { is_echoing: true, ..Setup::new(Role::Server) };
        let (there, _) = harness::run(&server, sender.transmit(), Cut::Every(size));
        prop_assert_eq!(&there.seen, &expected);
        let (back, _) = harness::run(&Setup::new(Role::Client), &there.out, Cut::Every(size));
        prop_assert_eq!(&back.seen, &expected);
    }
}
