//! `tests/README.md` names only what there is.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../README.md");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The texts between these, wherever they stand.
fn between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

/// What stands between backticks.
fn commands() -> impl Iterator<Item = Vec<&'static str>> {
    PAGE.split('`').skip(1).step_by(2).map(|code| code.split_whitespace().collect())
}

/// Returns the names of the modules and the functions of a program of tests.
fn names(program: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(program).unwrap_or_else(|error| panic!("{program:?}: {error}")) {
        let path = entry.unwrap().path();
        names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        if path.is_dir() {
            names.extend(self::names(&path));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            names.extend(between(&text, "fn ", "(").into_iter().map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_command_names_tests_that_exist() {
    let mut count = 0;
    for words in commands().filter(|words| words.starts_with(&["cargo", "test"])) {
        let mut named = Vec::new();
        let mut words = words.into_iter().skip(2);
        while let Some(word) = words.next() {
            match word {
                // A package of tests has the name of its folder.
                "--test" | "-p" => {
                    let folder = match words.next().unwrap() {
                        "sansocket-text" => Path::new("text/tests").to_owned(),
                        test => Path::new("tests").join(test),
                    };
                    named.extend(names(&root().join(folder)));
                    count += 1;
                }
                "--manifest-path" => assert!(root().join(words.next().unwrap()).is_file()),
                "--features" => assert!(words.next().is_some()),
                "--lib" | "--all-features" | "--" | "--ignored" => {}
                name => {
                    let name = name.trim_end_matches("::");
                    assert!(named.iter().any(|named| named == name), "there is no {name}");
                }
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
