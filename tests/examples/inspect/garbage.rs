//! Garbage: whatever is read, the program ends with lines or an error.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::inputs::{HAR, follow, tcpdump};
use super::run;

fn options() -> impl Strategy<Value = Vec<&'static str>> {
    let options: [&[&str]; 10] = [
        &["--explain"],
        &["--opening"],
        &["--role", "client"],
        &["--from", "har"],
        &["--from", "hex"],
        &["--key", "dGhlIHNhbXBsZSBub25jZQ=="],
        &["--chunk", "1"],
        &["--max-message", "10"],
        &["--streaming"],
        if cfg!(feature = "deflate") { &["--deflate", ""] } else { &["--json"] },
    ];
    vec(select(options.to_vec()), 0..5).prop_map(|options| options.concat())
}

/// Changes some bytes of a text.
fn damaged(text: String) -> impl Strategy<Value = Vec<u8>> {
    let bytes = text.into_bytes();
    vec((0..bytes.len(), any::<u8>()), 0..4).prop_map(move |changes| {
        let mut bytes = bytes.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_are_described(options in options(), bytes in vec(any::<u8>(), 0..200)) {
        let _ = run(&options, &bytes);
    }

    #[test]
    fn a_damaged_file_is_described(
        format in select(vec!["har", "hex"]),
        output in select(vec!["--explain", "--json"]),
        bytes in prop_oneof![damaged(HAR.into()), damaged(follow()), damaged(tcpdump())],
    ) {
        let _ = run(&[output, "--from", format], &bytes);
    }

    /// I-01: the lines depend on the bytes, not on how they were cut.
    #[test]
    fn lines_do_not_depend_on_the_cuts(
        role in select(vec!["client", "server"]),
        chunk in 1..20_usize,
        start in select(vec!["", "GET / HTTP/1.1\r\n", "HTTP/1.1 101 X\r\n\r\n"]),
        bytes in vec(prop_oneof![any::<u8>(), select(vec![0, 1, 2, 0x80, 0x81, 0x82, 0x88])], 0..80),
    ) {
        let bytes = [start.as_bytes(), &bytes].concat();
        let options = ["--explain", "--role", role];
        let whole = run(&options, &bytes);
        let cut = run(&[&options[..], &["--chunk", &chunk.to_string()]].concat(), &bytes);
        prop_assert_eq!(whole, cut);
    }
}
