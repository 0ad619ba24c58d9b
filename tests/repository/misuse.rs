//! What must not compile does not, for the reason that it says.
//!
//! Each program in `tests/misuse` has comments `//~ CODE`, where an error of this code is, or one in these
//! words. Only code and line are compared, as texts change with each compiler.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Errors by file and line.
type Errors = BTreeMap<(String, usize), Vec<String>>;

#[test]
fn misuse_is_an_error_of_the_code_that_each_program_names() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/misuse");
    let expected = expected(&package.join("src/bin"));
    let actual = actual(&package);
    for (place, errors) in &actual {
        assert!(expected.contains_key(place), "unexpected at {place:?}: {errors:?}");
    }
    for (place, codes) in &expected {
        let errors = actual.get(place).map_or(&[][..], Vec::as_slice);
        let is_right = errors.len() == codes.len()
            && errors.iter().zip(codes).all(|(error, code)| error.contains(code.as_str()));
        assert!(is_right, "{place:?} should be {codes:?}, but is {errors:?}");
    }
}

#[test]
fn every_program_but_the_right_one_is_wrong_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/misuse/src/bin");
    let expected = expected(&folder);
    for file in programs(&folder) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let count = expected.keys().filter(|(other, _)| other == name).count();
        assert_eq!(count, usize::from(name != "right.rs"), "{name}");
    }
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// What the comments say.
fn expected(folder: &Path) -> Errors {
    let mut errors = Errors::new();
    for file in programs(folder) {
        let name = file.file_name().unwrap().to_str().unwrap();
        for (number, line) in (1..).zip(fs::read_to_string(&file).unwrap().lines()) {
            if let Some((_, code)) = line.split_once("//~ ") {
                errors.entry((name.into(), number)).or_default().push(code.into());
            }
        }
    }
    errors
}

/// What the compiler says.
fn actual(package: &Path) -> Errors {
    // What was resolved for us will do, so that nothing has to be fetched again.
    fs::copy(package.join("../../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--bins", "--keep-going", "--message-format=short", "--color=never"])
        .args([Path::new("--target-dir"), &Path::new(env!("CARGO_TARGET_TMPDIR")).join("misuse")])
        .current_dir(package)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let mut errors = Errors::new();
    for line in text.lines() {
        // `src/bin/event.rs:8:5: error[E0499]: cannot borrow ..`
        let Some((place, error)) = line.split_once(": error") else { continue };
        let mut place = place.strip_prefix("src/bin/").expect(&text).split(':');
        let file = place.next().unwrap().to_owned();
        let line = place.next().unwrap().parse().unwrap();
        errors.entry((file, line)).or_default().push(error.into());
    }
    assert!(!errors.is_empty(), "the programs were not compiled: {text}");
    errors
}
