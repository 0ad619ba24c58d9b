//! The bodies of the fuzz targets, with what they start from: see fuzz/README.md.
#![cfg(feature = "alloc")]

use std::fs;
use std::path::Path;

use sansocket::fuzzing;

/// What a target does with some bytes.
type Body = fn(&[u8]);

const TARGETS: &[(&str, Body)] = &[
    #[cfg(any(feature = "tokio", feature = "smol"))]
    ("adapter", fuzzing::adapter),
    #[cfg(feature = "deflate")]
    ("deflate_pair", fuzzing::deflate_pair),
    #[cfg(feature = "deflate")]
    ("deflate_receive", fuzzing::deflate_receive),
    ("handshake_client", fuzzing::handshake_client),
    ("handshake_server", fuzzing::handshake_server),
    ("limits", fuzzing::limits),
    ("mask", fuzzing::mask),
    ("pair", fuzzing::pair),
    ("receive", fuzzing::receive),
    ("receive_frames", fuzzing::receive_frames),
    ("send", fuzzing::send),
    ("utf8", fuzzing::utf8),
];

#[test]
fn every_target_holds_for_what_it_starts_from() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut count = 0;
        for file in fs::read_dir(folder).expect(name) {
            let path = file.expect(name).path();
            println!("{}", path.display());
            target(&fs::read(path).expect(name));
            count += 1;
        }
        assert!(count > 2, "{name} has a corpus");
    }
}
