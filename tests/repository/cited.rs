//! Whether the tests that are named exist.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Returns the text of each test of the crate by its name within its program, such as
/// `framing::every_two_first_bytes_are_checked`, or `attacks::connection::..` in a folder. Comments above it belong to it, and what stands before all
/// tests of a file, such as tables, to each of them.
pub(crate) fn tests() -> HashMap<String, String> {
    let mut tests = HashMap::new();
    for program in ["adapters", "core", "examples", "wire"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(program);
        collect(&folder, "", &mut tests);
    }
    tests
}

fn collect(folder: &Path, prefix: &str, tests: &mut HashMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{stem}::"), tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("the file is text");
            for (name, text) in functions(&text) {
                tests.insert(format!("{prefix}{stem}::{name}"), text);
            }
        }
    }
}

/// The functions that are tests, each with the text that belongs to it.
fn functions(text: &str) -> Vec<(&str, String)> {
    let blocks = text.split_inclusive("\n\n").scan(0, |at, block| {
        let start = *at;
        *at += block.len();
        Some((start, block))
    });
    let is_test = |block: &str| block.contains("#[test]") || block.contains("::test");
    let starts: Vec<usize> =
        blocks.filter(|(_, block)| is_test(block)).map(|(start, _)| start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let shared = starts.first().map_or(text, |&first| &text[..first]);
    let named = starts.iter().zip(ends).filter_map(|(&start, end)| {
        let own = &text[start..end];
        let test = &own[own.find("#[test]").or_else(|| own.find("::test"))?..];
        let name = test[test.find("fn ")? + 3..].split('(').next()?;
        Some((name, format!("{shared}{own}")))
    });
    named.collect()
}

#[test]
fn tests_are_found_with_the_comments_above_them() {
    let text = "mod a; // X-03\n\n/// X-01\n#[test]\nfn one() {\n    a();\n\n    b();\n}\n\nfn help() {}\n\n\
        #[tokio::test]\nasync fn two() {\n    // X-02\n}\n";
    let found = functions(text);
    assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["one", "two"]);
    assert!(found[0].1.contains("X-01") && !found[0].1.contains("X-02"));
    assert!(found[1].1.contains("X-02") && !found[1].1.contains("X-01"));
    assert!(found.iter().all(|(_, text)| text.contains("X-03")));
}
