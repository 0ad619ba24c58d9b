//! The hostile inputs of the catalogue, and where each is withstood.

use crate::cited;

/// Each attack, and the tests that cite it.
#[rustfmt::skip]
const ATTACKS: &[(&str, &str, &[&str])] = &[
    ("A-01", "a length with its highest bit set", &[TABLE, HEADERS]),
    ("A-02", "a length of 2^63 - 1", &[TABLE, HEADERS, DECLARED]),
    ("A-03", "a length to which nothing can be added", &[TABLE, HEADERS]),
    ("A-04", "a length of more than 32 bits", &[TABLE, HEADERS]),
    ("A-05", "frames whose sum is over the limit", &[
        TABLE,
        "fragmentation::the_limit_on_a_message_holds_for_the_sum_of_its_frames",
        "fragmentation::a_sum_that_cannot_be_counted_is_too_big",
    ]),
    ("A-06", "millions of empty continuations", &[
        TABLE,
        "fragmentation::a_million_empty_fragments_are_too_many",
        "memory::a_million_empty_fragments_take_no_memory",
        "bounds::ten_million_empty_fragments_take_no_memory_in_either_mode",
    ]),
    ("A-07", "a length of a gibibyte, of which little comes", &[TABLE, DECLARED]),
    ("A-08", "a thousandfold bomb", &[
        "compression_memory::a_bomb_ends_at_the_limit_and_takes_no_more_memory_than_is_said",
    ]),
    ("A-09", "a bomb in fragments with pings between them", &[
        "compression::limits::pings_between_the_fragments_of_a_bomb_are_answered_until_it_is_too_big",
    ]),
    ("A-10", "empty blocks without end", &[
        "compression::limits::the_limit_holds_for_the_compressed_bytes",
    ]),
    ("A-11", "a reference to before the first byte", &[COMPRESSED]),
    ("A-12", "a bit that flips while the context is taken over", &[
        "compression::messages::a_flipped_bit_is_read_as_it_stands_and_an_error_ends_the_connection",
    ]),
    ("A-13", "a million messages whose block is the last", &[
        "compression_memory::a_million_messages_that_end_with_the_last_block_take_constant_memory",
    ]),
    ("A-14", "an empty compressed payload, and then a message", &[COMPRESSED]),
    ("A-15", "window bits that zlib does not know", &[EXTENSIONS]),
    ("A-16", "an answer that asks for the smallest window", &[
        "compression::negotiation::a_client_checks_answers_as_the_catalogue_says",
    ]),
    ("A-17", "escapes without end in an extension", &[EXTENSIONS]),
    ("A-18", "thousands of spaces in a list", &[
        "server_handshake::subprotocols_are_distinct_tokens_in_order",
    ]),
    ("A-19", "ten thousand header lines", &[
        "server_handshake::a_head_is_bounded",
        "server_handshake::a_head_without_end_is_rejected_at_the_limit",
    ]),
    ("A-20", "a header without end, byte by byte", &[
        "server_handshake::a_head_without_end_is_rejected_at_the_limit",
    ]),
    ("A-21", "a response without end", &["client_handshake::a_head_is_bounded"]),
    ("A-22", "a request that trickles", &[
        "server_handshake::each_rejection_has_the_headers_that_its_status_demands",
    ]),
    ("A-23", "lengths that contradict one another", &[
        "server_handshake::header_lines_keep_to_the_grammar",
        "server_handshake::a_request_has_no_body",
    ]),
    ("A-24", "a second request behind one that is rejected", &[AFTER_REFUSAL]),
    ("A-25", "a version that is not ours, and HTTP behind it", &[
        "server_handshake::a_rejection_of_an_unknown_version_lists_the_known_ones",
    ]),
    ("A-26", "a 101 that answers no key", &["client_handshake::each_header_of_the_101_is_checked"]),
    ("A-27", "frames before the 101 that look like a request", &[
        "server_handshake::bytes_after_the_request_are_frames",
    ]),
    ("A-28", "a page of somebody else's", &["server_handshake::the_policy_accepts_or_rejects_the_origin"]),
    ("A-29", "an origin that looks like a good one", &[
        "server_handshake::the_policy_accepts_or_rejects_the_origin",
    ]),
    ("A-30", "a host that is not served here", &["server_handshake::hosts_can_be_listed"]),
    ("A-31", "a form that is posted to the port", &[
        "server_handshake::a_request_without_an_upgrade_can_be_handed_to_an_http_server",
    ]),
    ("A-32", "a 101 that is the same for everybody", &[
        "client_handshake::each_header_of_the_101_is_checked",
        "client_handshake::the_accept_value_answers_one_key_only",
    ]),
    ("A-33", "a 101 from a cache", &["client_handshake::the_accept_value_answers_one_key_only"]),
    ("A-34", "a redirect to somebody else", &[REDIRECTS]),
    ("A-35", "redirects in a circle, or to a file", &[REDIRECTS]),
    ("A-36", "what comes after a failure", &[
        TABLE,
        AFTER_REFUSAL,
        "invariants::a_failed_connection_stays_so",
        "closing::what_follows_a_close_frame_is_ignored",
    ]),
    ("A-37", "line ends in what an application adds", &[
        "client_handshake::headers_can_be_added_but_not_those_of_the_handshake",
        "client_handshake::subprotocols_are_distinct_tokens",
        "server_handshake::one_of_the_offered_subprotocols_can_be_selected",
        "server_handshake::headers_can_be_added_to_the_switch_but_not_replaced",
        "server_handshake::a_rejection_is_a_valid_response",
    ]),
    ("A-38", "names that mean something to other languages", &[
        "server_handshake::subprotocols_are_distinct_tokens_in_order",
    ]),
    ("A-39", "a close reason that is no text, or commands a terminal", &[
        TABLE,
        "closing::a_close_frame_is_answered_with_its_code_and_no_reason",
        "text::the_reason_of_a_close_frame_is_text",
    ]),
    ("A-40", "close codes that must not be sent", &[
        TABLE,
        "closing::every_close_code_is_accepted_or_rejected_as_the_table_says",
    ]),
    ("A-41", "a flood behind a close frame", &[
        TABLE,
        "closing::what_follows_a_close_frame_is_ignored",
        "memory::what_is_discarded_after_our_close_frame_takes_no_memory",
    ]),
    ("A-42", "pings from one who does not read", &[
        TABLE,
        "attacks::connection::a_flood_of_pings_is_answered_by_few_pongs_of_which_one_is_for_the_newest",
        "memory::a_flood_of_pings_that_nobody_answers_is_bounded",
        "asynchronous::a_flood_of_pings_takes_no_memory",
        "slow_reader::an_echo_server_stops_reading_from_a_peer_that_does_not_read",
    ]),
    ("A-43", "pongs that nobody asked for", &[
        TABLE,
        "keepalive::a_pong_that_nobody_asked_for_is_no_error",
        "memory::a_flood_of_pings_that_nobody_answers_is_bounded",
    ]),
    ("A-44", "the longest pings between all frames", &[
        TABLE,
        "limits::every_control_frame_between_fragments_is_handled",
    ]),
    ("A-45", "frames of a client that are not masked", &[TABLE, MASKS]),
    ("A-46", "frames of a server that are masked", &[TABLE, MASKS]),
    ("A-47", "payloads that look like HTTP to a proxy", &[
        "masking::a_client_masks_every_frame_with_a_new_key",
    ]),
    ("A-48", "all first two bytes", &["framing::every_two_first_bytes_are_checked_as_the_rfc_says"]),
    ("A-49", "half a character at the end", &[
        TABLE,
        "text::text_fails_at_the_same_byte_wherever_it_is_cut_into_frames",
        "text::the_vectors_of_fragmented_text_fail_where_they_should",
    ]),
    ("A-50", "overlong forms and surrogates", &[
        TABLE,
        "text::text_fails_at_the_first_byte_that_continues_no_character",
    ]),
    ("A-51", "a text within a message that is empty so far", &[TABLE, SEQUENCES]),
    ("A-52", "a reserved bit within such a message", &[TABLE, SEQUENCES]),
    ("A-53", "two ends that close at once", &[TABLE, "closing::both_ends_may_close_at_once"]),
    ("A-54", "an end within a frame or a head", &[
        TABLE,
        "framing::an_end_within_a_frame_is_not_clean",
        "client_handshake::a_transport_that_ends_within_the_head_is_an_error",
    ]),
    ("A-55", "a peer that never reads", &[
        "keepalive::any_byte_is_life_unless_only_a_pong_shall_be",
        "blocking::a_write_that_nobody_reads_times_out",
        "asynchronous::a_peer_that_goes_on_sending_is_waited_for_no_longer",
        "asynchronous::a_peer_that_sends_and_never_reads_takes_no_memory",
    ]),
    ("A-56", "a server that says to come later", &[
        "attacks::connection::a_client_that_is_told_to_come_later_does_nothing_by_itself",
    ]),
    ("A-57", "a key of draft 76 without spaces or digits", &[
        "legacy::serving::keys_that_are_no_numbers_are_rejected",
        "legacy::bounds::heads_without_an_end_are_given_up",
    ]),
    ("A-58", "a length of draft 76 without end, and a long one", &[
        "legacy::bounds::frames_without_an_end_are_given_up",
    ]),
    ("A-59", "an extended CONNECT without the setting", &[
        "h2::a_request_without_the_setting_reaches_nobody",
    ]),
    ("A-60", "challenges of proxies, and bodies without end", &[
        REDIRECTS,
        "client_handshake::the_body_of_a_rejection_is_bounded",
    ]),
    ("A-61", "a `Connection` with several options", &[
        "server_handshake::whitespace_case_and_order_do_not_matter",
    ]),
    ("A-62", "interim responses without end", &[
        "client_handshake::interim_responses_are_skipped_up_to_a_limit",
    ]),
    ("A-63", "secrets compressed together with what an attacker chose", &[
        "compression::sending::the_choice_between_messages_disturbs_none",
    ]),
    ("A-64", "a target with another host than `Host`", &[
        "server_handshake::the_target_is_a_path_or_an_absolute_url",
        "server_handshake::hosts_can_be_listed",
    ]),
];

const TABLE: &str =
    "attacks::connection::an_attack_takes_nothing_of_what_was_valid_before_it_and_is_explained";
const COMPRESSED: &str =
    "compression::messages::compressed_messages_are_checked_as_the_catalogue_says";
const HEADERS: &str = "framing::a_header_is_rejected_at_the_first_byte_that_breaks_a_rule";
const DECLARED: &str = "memory::nothing_is_allocated_from_a_declared_length";
const EXTENSIONS: &str = "server_handshake::extensions_keep_to_their_grammar";
const AFTER_REFUSAL: &str = "server_handshake::bytes_after_a_rejected_request_are_discarded";
const MASKS: &str = "framing::a_frame_is_masked_by_clients_and_by_them_alone";
const SEQUENCES: &str = "fragmentation::frames_out_of_sequence_are_rejected_at_their_first_byte";
const REDIRECTS: &str = "attacks::opening::a_redirect_or_a_challenge_is_reported_and_not_followed";

#[test]
fn every_attack_of_the_catalogue_is_withstood() {
    let ids: Vec<&str> = ATTACKS.iter().map(|(id, ..)| *id).collect();
    let all: Vec<String> = (1..=64).map(|number| format!("A-{number:02}")).collect();
    assert_eq!(ids, all);
}

#[test]
fn the_tests_that_are_named_exist_and_cite_the_attack() {
    let tests = cited::tests();
    for (id, _, names) in ATTACKS {
        assert!(!names.is_empty(), "{id}");
        for &name in *names {
            let text = tests.get(name).unwrap_or_else(|| panic!("{id}: there is no test {name}"));
            assert!(text.contains(id), "{name} does not cite {id}");
        }
    }
}
