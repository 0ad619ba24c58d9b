//! The bodies of the fuzz targets, with what they start from: see fuzz/README.md.

use std::fs;
use std::path::Path;

/// What a target does with some bytes.
type Body = fn(&[u8]);

const TARGETS: &[(&str, Body)] = &[
    ("calls", harness::calls),
    #[cfg(feature = "deflate")]
    ("deflate_pair", harness::deflate_pair),
    #[cfg(feature = "deflate")]
    ("deflate_receive", harness::deflate_receive),
    ("dial", harness::dial),
    ("handshake_client", harness::handshake_client),
    ("handshake_server", harness::handshake_server),
    #[cfg(feature = "legacy")]
    ("legacy_frames", harness::legacy_frames),
    #[cfg(feature = "legacy")]
    ("legacy_opening", harness::legacy_opening),
    ("limits", harness::limits),
    ("mask", harness::mask),
    ("pair", harness::pair),
    ("receive", harness::receive),
    ("receive_frames", harness::receive_frames),
    ("send", harness::send),
    ("snapshot", harness::snapshot),
    ("text", harness::text),
    ("utf8", harness::utf8),
];

#[test]
fn every_target_holds_for_what_it_starts_from() {
    for (name, target) in TARGETS {
        let folder = Path::new(harness::REPOSITORY).join("fuzz/corpus").join(name);
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
