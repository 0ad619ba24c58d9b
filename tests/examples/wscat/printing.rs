//! What is printed and sent, and which status is returned.

use std::fs;

use sansocket::CloseCode;

use super::{
    Ran, interrupt, notes, run, run_with_input, start, start_echo, start_sending, wait_for, wscat,
};

/// Returns the lines of messages, without the time.
fn messages(ran: &Ran) -> Vec<&str> {
    ran.out.lines().map(|line| line.split_once("Z ").map_or(line, |(_, rest)| rest)).collect()
}

#[test]
fn each_line_is_a_message() {
    let ran = run_with_input(&["--count", "3", &start_echo()], "one\r\n\nzwei ü\n".as_bytes());
    assert_eq!(messages(&ran), ["< text 3 B  one", "< text 0 B  ", "< text 7 B  zwei ü"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let closed = "* connected\n* closed: closing handshake, started by us, peer sent code 1000\n";
    assert_eq!(ran.err, closed);
}

#[test]
fn texts_and_files_are_sent_in_order() {
    let path = std::env::temp_dir().join(format!("wscat-{}", std::process::id()));
    fs::write(&path, [0, 1, 255]).unwrap();
    let arguments = ["-s", "first", "--file", path.to_str().unwrap(), "-s", "last", "--count", "3"];
    let ran = run(&[&arguments[..], &[&start_echo()]].concat());
    assert_eq!(messages(&ran), ["< text 5 B  first", "< binary 3 B  00 01 ff", "< text 4 B  last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    fs::remove_file(path).unwrap();
}

#[test]
fn all_of_standard_input_is_one_message() {
    let ran = run_with_input(&["--file", "-", "--text", "--count", "1", &start_echo()], b"a\nb\n");
    assert_eq!(messages(&ran), ["< text 4 B", "a", "b", ""]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn long_binary_messages_are_dumped() {
    let ran =
        run_with_input(&["--binary", "--count", "1", &start_echo()], b"0123456789abcdef\0\xff\n");
    let dump = [
        "< binary 18 B",
        "00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
        "00000010  00 ff                                            ..",
    ];
    assert_eq!(messages(&ran), dump);
}

#[test]
fn raw_payloads_are_not_changed() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut child = wscat(&["--raw", "--file", "-", "--count", "1", &start_echo()]);
    let mut child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &bytes).unwrap();
    assert!(child.wait_with_output().unwrap().stdout == bytes);
}

#[test]
fn json_is_indented_and_nothing_else() {
    let rows = [
        (
            r#"{"b":[1.50,{},[]],"a":"x: \"[\\"}"#,
            "{\n  \"b\": [\n    1.50,\n    {},\n    []\n  ],\n  \"a\": \"x: \\\"[\\\\\"\n}",
        ),
        ("[ 1 ,\n2 ]", "[\n  1,\n  2\n]"),
        ("[1, 2", "[1, 2"),
        ("12", "12"),
    ];
    for (text, expected) in rows {
        let ran = run(&["--json", "--send", text, "--count", "1", &start_echo()]);
        let (_, shown) = ran.out.split_once(" B").unwrap();
        assert_eq!(shown.trim(), expected);
    }
}

#[test]
fn a_terminal_gets_no_control_characters_of_the_peer() {
    let ran = run(&["-s", "\x1b[2Jgone\tü", "--count", "1", &start_echo()]);
    assert_eq!(messages(&ran), ["< text 11 B  \\u{1b}[2Jgone\tü"]);
}

#[test]
fn pings_show_the_round_trip_time() {
    let mut child = wscat(&["--ping", "0.02", "--no-input", &start_echo()]).spawn().unwrap();
    let mut err = notes(&mut child);
    for _ in 0..3 {
        let line = wait_for("pong after", &mut err);
        assert!(line.trim().ends_with(" ms"), "{line}");
    }
    interrupt(&child);
    wait_for("closed: closing handshake, started by us", &mut err);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn only_a_clean_end_is_a_success() {
    let drops =
        || start(|stream| drop(sansocket::blocking::WebSocket::accept(stream, Default::default())));
    let rows = [
        (start_sending(&["a"], CloseCode::NORMAL), 0, "peer sent code 1000: that is all"),
        (start_sending(&[], CloseCode::GOING_AWAY), 0, "peer sent code 1001: that is all"),
        (start_sending(&[], CloseCode::INTERNAL_ERROR), 1, "peer sent code 1011: that is all"),
        (drops(), 1, "transport ended before the closing handshake was done"),
        (start(drop), 1, "transport ended before the response"),
        ("ws://127.0.0.1:1/".to_owned(), 1, "refused"),
    ];
    for (url, status, account) in rows {
        let ran = run(&["--no-input", &url]);
        assert_eq!(ran.status, status, "{account}: {ran:?}");
        assert!(ran.err.contains(account), "{account}: {ran:?}");
    }
}

#[test]
fn wrong_arguments_are_one_line_before_any_io() {
    let rows: [&[&str]; 14] = [
        &[],
        &["-Q", "ws://x/"],
        &["--nothing", "ws://x/"],
        &["ws://x/", "ws://y/"],
        &["ws://x/", "--listen", "127.0.0.1:0"],
        &["ws://x/", "--send"],
        &["ws://x/", "--wait", "long"],
        &["ws://x/", "--wait", "-1"],
        &["ws://x/", "--user", "name"],
        &["ws://x/", "--header", "name"],
        &["ws://x/", "--proxy", "ftp://x"],
        &["ws://x/", "--file", "/nowhere"],
        &["ws://x/", "--cacert", "/nowhere"],
        &["http://x/"],
    ];
    for arguments in rows {
        let ran = run(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with("wscat: ") && ran.err.lines().count() == 1, "{ran:?}");
    }
}

#[test]
fn input_that_is_not_utf8_is_an_error_and_not_sent() {
    let ran = run_with_input(&["--wait", "0.1", &start_echo()], b"\xff\n");
    assert_eq!((ran.status, &*ran.out), (1, ""));
    assert!(
        ran.err.ends_with("wscat: standard input: not UTF-8; --binary sends it all the same\n"),
        "{ran:?}"
    );
}

#[test]
fn help_is_printed() {
    let ran = run(&["--help"]);
    assert!(ran.status == 0 && ran.out.starts_with("usage: wscat [OPTIONS] URL"), "{ran:?}");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 110));
}
