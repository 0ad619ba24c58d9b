//! What went wrong in other implementations, by the advisories that tell of it, and why not here.

use crate::cited;

enum Answer {
    /// These tests fail if it goes wrong here.
    Tests(&'static [&'static str]),
    /// It cannot go wrong in this crate, for this reason.
    Never(&'static str),
}
use Answer::{Never, Tests};

/// Each advisory, what went wrong, and the answer.
#[rustfmt::skip]
const ADVISORIES: &[(&str, &str, Answer)] = &[
    ("CVE-2018-1000518 websockets, CVE-2026-1526 undici, CVE-2026-39804 bandit, CVE-2026-27571 nats-server, \
      CVE-2026-5680 undertow, CVE-2026-15709 libsoup, CVE-2026-83599 netdata, CVE-2026-107227 AsyncHttpClient, \
      CVE-2026-116579 autobahn-python, GHSA-hxp9-w8x3-p566 autobahn-python",
        "a small message that becomes a large one is not limited, or only afterwards", Tests(&[
            "compression_memory::a_bomb_ends_at_the_limit_and_takes_no_more_memory_than_is_said",
            "compression::limits::the_limit_holds_for_what_is_inflated_to_the_byte",
        ])),
    ("CVE-2026-2229 undici", "window bits out of range crash", Tests(&[
        "compression::negotiation::a_client_checks_answers_as_the_catalogue_says",
        "compression::negotiation::a_server_answers_offers_as_the_catalogue_says",
    ])),
    ("websockets#1715", "a message just over the limit is cut short in silence",
        Tests(&["limits::a_message_of_just_the_limit_is_delivered", "properties::a_message_is_delivered_only_within_limits"])),
    ("CVE-2026-59881 aiohttp", "a reserved bit is taken although no extension was agreed on",
        Tests(&[HEADERS, "framing::every_two_first_bytes_are_checked_as_the_rfc_says"])),
    ("CVE-2026-102560 libsoup", "the length of a huge message is cut off as it is sent",
        Tests(&["framing::lengths_are_written_in_the_shortest_form"])),
    ("CVE-2014-0193 netty, CVE-2026-62389 ws, CVE-2026-12151 undici", "fragments are not counted, or empty ones are not",
        Tests(&["fragmentation::the_fragments_of_a_message_are_counted", "fragmentation::a_million_empty_fragments_are_too_many"])),
    ("CVE-2026-48779 ws, CVE-2026-123817 aiohttp", "each tiny fragment or read is kept as an object of its own",
        Tests(&["bounds::bytes_are_moved_a_fixed_number_of_times_however_small_the_reads_and_fragments_are"])),
    ("CVE-2026-9675 undici, CVE-2026-42786 bandit, CVE-2026-73493 http4s-blaze, CVE-2026-33219 nats-server",
        "the sum of all fragments is not limited",
        Tests(&["fragmentation::the_limit_on_a_message_holds_for_the_sum_of_its_frames", "memory::a_connection_holds_no_more_than_its_limits_say"])),
    ("CVE-2026-11586 curl, CVE-2026-109932 undici, ws 8.23.0", "pongs pile up for one who pings and does not read",
        Tests(&["attacks::connection::a_flood_of_pings_is_answered_by_few_pongs_of_which_one_is_for_the_newest",
            "memory::a_flood_of_pings_that_nobody_answers_is_bounded", "slow_reader::an_echo_server_stops_reading_from_a_peer_that_does_not_read"])),
    ("CVE-2025-5399 curl, CVE-2024-52532 libsoup", "a loop over the input does not end",
        Tests(&["bounds::each_look_at_the_input_takes_something_from_it"])),
    ("CVE-2021-3690 undertow, CVE-2016-10518 ws", "the memory of a pong or a ping is not freed, or is not its own",
        Tests(&["memory::a_flood_of_pings_that_nobody_answers_is_bounded", "memory::an_idle_server_owns_no_heap_whatever_has_passed"])),
    ("CVE-2026-15711 libsoup", "a control frame of more than 125 bytes is taken", Tests(&[HEADERS])),
    ("CVE-2026-45736 ws", "a close reason shows memory that is not its own",
        Tests(&["closing::a_close_frame_that_cannot_be_sent_is_rejected"])),
    ("CVE-2020-27813 gorilla, CVE-2020-13935 Tomcat, CVE-2026-27889 nats-server, CVE-2026-1528 undici, CVE-2026-50161 libre, \
      CVE-2017-18922 libvncserver, CVE-2017-2921 Mongoose, CVE-2026-0716 libsoup, OSV-2021-1727 uWebSockets",
        "the arithmetic of lengths overflows", Tests(&["attacks::connection::every_odd_length_is_treated_alike_however_it_is_cut", HEADERS])),
    ("CVE-2026-54463, CVE-2026-54466 websocket-driver", "a length of an old draft has no end", Never("drafts older than RFC 6455 are not spoken")),
    ("CVE-2022-35922 rust-websocket, CVE-2015-1779 QEMU", "memory is allocated because a length was declared",
        Tests(&["memory::nothing_is_allocated_from_a_declared_length", "memory::the_longest_length_is_counted_without_memory"])),
    ("CVE-2018-21035 Qt, CVE-2025-32049 libsoup, CVE-2016-10542 ws, CVE-2016-10544 uWebSockets", "there is no limit unless one is set",
        Tests(&["limits::the_limits_are_as_documented"])),
    ("CVE-2023-43669 tungstenite, CVE-2026-54465 websocket-driver", "a head is read again from its start with each byte, or has no limit",
        Tests(&["server_handshake::a_head_may_be_longer_than_the_input", "client_handshake::a_head_may_be_longer_than_the_input", "bounds::a_head_without_end_takes_no_more_than_its_limits"])),
    ("CVE-2024-37890 ws", "many headers crash", Tests(&["server_handshake::a_head_is_bounded"])),
    ("CVE-2021-32640 ws, CVE-2020-7662, CVE-2020-7663 websocket-extensions, CVE-2023-26103 deno", "a list takes quadratic time",
        Tests(&["server_handshake::subprotocols_are_distinct_tokens_in_order", "server_handshake::extensions_keep_to_their_grammar"])),
    ("CVE-2026-55517 deno", "bytes of a head that are not ASCII panic",
        Tests(&["attacks::opening::a_byte_beyond_ascii_is_rejected_except_in_the_values_of_other_headers"])),
    ("CVE-2018-12541 vert.x", "the body of an upgrade is kept whole", Tests(&["server_handshake::a_request_has_no_body"])),
    ("CVE-2026-1527 undici, CVE-2020-35678 autobahn-python", "what an application adds becomes a header of its own",
        Tests(&["properties_handshake::no_header_line_can_be_injected", "server_handshake::headers_can_be_added_to_the_switch_but_not_replaced"])),
    ("CVE-2026-107284 AsyncHttpClient, CVE-2026-59898 netty", "a header of the handshake is not looked at",
        Tests(&["attacks::opening::each_line_of_a_handshake_is_required_once", "client_handshake::each_header_of_the_101_is_checked"])),
    ("CVE-2026-69243 aiohttp, CVE-2019-17567 httpd", "what is no upgrade is tunnelled, so that requests are smuggled",
        Tests(&["server_handshake::a_request_has_no_body", "server_handshake::bytes_after_a_rejected_request_are_discarded"])),
    ("CVE-2024-36387 httpd", "WebSocket over HTTP/2 follows a null pointer", Never("frames of HTTP/2 are left to the `h2` crate, and no pointer is followed")),
    ("CVE-2025-11677 libwebsockets, CVE-2025-11234 QEMU, CVE-2026-77358 cpp-httplib", "memory is used after it was freed",
        Never("the crate forbids `unsafe`, and the one line of `sansocket-text` frees nothing")),
    ("CVE-2025-10148 curl, GO-2026-6278 gorilla", "masks are the same for all frames, or can be predicted",
        Tests(&["masking::a_client_masks_every_frame_with_a_new_key", "masking::keys_depend_on_the_seed_alone"])),
    ("CVE-2018-8034 Tomcat, CVE-2020-11050 Java-WebSocket, CVE-2020-15133 faye-websocket", "a certificate is good for any host",
        Tests(&["tls::a_certificate_for_another_host_is_rejected", "tls::a_certificate_of_an_unknown_authority_is_rejected"])),
    ("CVE-2022-42975 Phoenix, CVE-2018-14732 webpack-dev-server", "any page may connect, or one whose name looks like a good one",
        Tests(&["server_handshake::the_policy_accepts_or_rejects_the_origin"])),
    ("CVE-2021-33880 websockets", "a password is compared in a time that tells of it", Never("passwords are the application's")),
    ("CVE-2022-25762, CVE-2024-23672 Tomcat", "a connection that is closed from two sides is mixed up, or is never given up",
        Tests(&["asynchronous::a_writer_that_closes_starts_the_deadline_of_the_reader", "asynchronous::a_close_frame_is_answered_within_10_seconds"])),
    ("CVE-2020-35896 ws-rs", "what waits to be written has no limit",
        Tests(&["slow_reader::an_echo_server_stops_reading_from_a_peer_that_does_not_read", "asynchronous::a_peer_that_sends_and_never_reads_takes_no_memory"])),
];

const HEADERS: &str = "framing::a_header_is_rejected_at_the_first_byte_that_breaks_a_rule";

#[test]
fn every_advisory_has_an_answer_and_the_tests_that_are_named_exist() {
    let tests = cited::tests();
    for (advisory, fault, answer) in ADVISORIES {
        match answer {
            Tests(names) => {
                assert!(!names.is_empty(), "{advisory}");
                for name in *names {
                    assert!(tests.contains_key(*name), "{advisory}, {fault}: no test {name}");
                }
            }
            Never(reason) => assert!(!reason.is_empty(), "{advisory}, {fault}"),
        }
    }
}
