//! `tests/README.md` names only what there is.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("README.md");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The texts between these, wherever they stand.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

/// What stands between backticks.
fn commands() -> impl Iterator<Item = Vec<&'static str>> {
    PAGE.split('`').skip(1).step_by(2).map(|code| code.split(' ').collect())
}

fn text_of(test: &str) -> Option<String> {
    let folder = root().join("tests");
    let files = [folder.join(format!("{test}.rs")), folder.join(test).join("main.rs")];
    files.iter().find_map(|file| fs::read_to_string(file).ok())
}

#[test]
fn every_command_names_tests_that_exist() {
    let mut count = 0;
    for words in commands().filter(|words| words.starts_with(&["cargo", "test"])) {
        let mut named = String::new();
        let mut words = words.into_iter().skip(2);
        while let Some(word) = words.next() {
            match word {
                "--test" => {
                    let test = words.next().unwrap();
                    named += &text_of(test).unwrap_or_else(|| panic!("there is no test {test}"));
                    count += 1;
                }
                "--manifest-path" => assert!(root().join(words.next().unwrap()).is_file()),
                "--features" => assert!(words.next().is_some()),
                "--lib" | "--all-features" | "--" | "--ignored" => {}
                name => assert!(named.contains(&format!("fn {name}()")), "there is no {name}"),
            }
        }
    }
    assert!(count > 10, "{count} are named");
}

#[test]
fn every_program_and_every_file_that_is_named_exists() {
    let is_there = |path: &str| root().join(path).exists();
    let mut count = 0;
    for words in commands().filter(|words| words[0].ends_with("/run")) {
        assert!(is_there(words[0]), "{}", words[0]);
        count += 1;
    }
    let folder = Path::new("tests");
    for link in between(PAGE, "](", ")") {
        let path = folder.join(link.split('#').next().unwrap());
        assert!(root().join(&path).exists(), "{link}");
        count += 1;
    }
    assert!(count > 10, "{count} are named");
}
