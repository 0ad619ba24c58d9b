//! `ARCHITECTURE.md` names only files that exist.

use std::path::Path;

#[test]
fn every_file_of_the_architecture_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../../ARCHITECTURE.md");
    let names = page.split('`').skip(1).step_by(2).filter(|name| name.contains('/'));
    let names: Vec<_> = names.collect();
    assert!(names.len() > 20, "the table is found");
    for name in names {
        assert!(root.join(name).exists(), "{name} does not exist");
    }
}
