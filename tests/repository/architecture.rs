//! `ARCHITECTURE.md` and the guide name only files that exist.

use std::fs;
use std::path::{Path, PathBuf};

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

#[test]
fn every_file_of_the_guide_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for page in pages(&root.join("src/guide")) {
        let text = fs::read_to_string(&page).unwrap();
        for line in text.lines() {
            for name in line.split('`').skip(1).step_by(2).filter(|name| is_of_repository(name)) {
                assert!(root.join(name).exists(), "{}: {name} does not exist", page.display());
                count += 1;
            }
        }
    }
    assert!(count > 8, "the names are found");
}

fn is_of_repository(name: &str) -> bool {
    ["benches/", "docs/", "examples/", "fuzz/", "src/", "tests/"]
        .iter()
        .any(|folder| name.starts_with(folder))
}

/// Returns all files in a folder and in those below it.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { pages(&path) } else { vec![path] }).collect()
}
