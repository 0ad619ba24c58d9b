//! Every public type has an example, and no example stands twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A line of code, and the docs above it.
struct Documented<'t> {
    code: &'t str,
    docs: Vec<&'t str>,
}

/// Types that are `pub` are exported, as the lint `unreachable_pub` demands.
#[test]
fn every_public_type_has_an_example() {
    let mut left = BTreeSet::new();
    for (path, text) in sources() {
        for item in documented(&text) {
            if let Some(name) = type_name(item.code)
                && examples(&item.docs).is_empty()
            {
                left.insert(format!("{path}: {name}"));
            }
        }
    }
    assert!(left.is_empty(), "{} public types have no example: {left:#?}", left.len());
}

/// `tests/api/public.txt` has all types that are exported.
#[test]
fn every_exported_type_is_found_in_the_source() {
    let sources: Vec<_> = sources().into_values().collect();
    let found: BTreeSet<_> =
        sources.iter().flat_map(|text| text.lines()).filter_map(type_name).collect();
    for line in include_str!("../api/public.txt").lines() {
        let Some((kind, path)) = line.split_once(' ') else { continue };
        let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
        // What belongs to a trait has no docs of its own page.
        let is_of_trait =
            module.rsplit("::").next().is_some_and(|it| it.starts_with(char::is_uppercase));
        if KINDS.contains(&kind) && !is_of_trait {
            assert!(found.contains(name), "{line} is not found");
        }
    }
}

#[test]
fn no_example_stands_twice() {
    let mut known = BTreeMap::new();
    for (path, text) in sources() {
        for item in documented(&text) {
            for example in examples(&item.docs) {
                let code = format!("{path}: {}", item.code.trim());
                if let Some(other) = known.insert(example, code.clone()) {
                    panic!("{code} has the example of {other}");
                }
            }
        }
    }
}

#[test]
fn examples_are_found_above_attributes_and_in_macros() {
    let text = "/// A.\n///\n/// ```\n/// one();\n/// # two();\n/// ```\n#[derive(\n    Debug,\n)]\n\
        pub struct A;\n\n/// ```text\n/// no code\n/// ```\npub enum B {\n    /// ```no_run\n    /// three();\n    \
        /// ```\n    pub type C = A;\n}\npub struct D;\n";
    let found: Vec<_> = documented(text)
        .into_iter()
        .filter_map(|item| Some((type_name(item.code)?, examples(&item.docs))))
        .collect();
    let code = |code: &str| vec![code.to_owned()];
    let expected = [("A", code("one();")), ("B", vec![]), ("C", code("three();")), ("D", vec![])];
    assert_eq!(found, expected);
}

/// Returns the files of `src` by their paths.
fn sources() -> BTreeMap<String, String> {
    let (mut files, mut folders) = (BTreeMap::new(), vec!["src".to_owned()]);
    while let Some(folder) = folders.pop() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(root.join(&folder)).expect("the folder is there") {
            let entry = entry.expect("the folder is readable");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.ends_with(".rs") {
                let text = fs::read_to_string(entry.path()).expect("the file is text");
                files.insert(path, text);
            }
        }
    }
    files
}

/// Returns each line of code that declares something public, with the docs above it.
fn documented(text: &str) -> Vec<Documented<'_>> {
    let (mut items, mut docs, mut is_attribute) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        let code = line.trim_start();
        if let Some(doc) = code.strip_prefix("///") {
            docs.push(doc.strip_prefix(' ').unwrap_or(doc));
        } else if is_attribute || code.starts_with("#[") {
            is_attribute = !code.trim_end().ends_with(']');
        } else {
            let docs = std::mem::take(&mut docs);
            if code.starts_with("pub ") {
                items.push(Documented { code, docs });
            }
        }
    }
    items
}

/// Returns the code of each example in some docs, without its hidden lines.
fn examples(docs: &[&str]) -> Vec<String> {
    let (mut examples, mut example): (Vec<String>, Option<Vec<&str>>) = (Vec::new(), None);
    let mut is_code = false;
    for line in docs {
        match (line.strip_prefix("```"), &mut example) {
            (Some(kind), None) => {
                is_code = ["", "no_run", "rust", "rust,no_run"].contains(&kind);
                example = Some(Vec::new());
            }
            (Some(_), Some(lines)) => {
                examples.extend(is_code.then(|| lines.join("\n")));
                example = None;
            }
            (None, Some(lines)) if !line.starts_with('#') => lines.push(line),
            (None, _) => {}
        }
    }
    examples
}

/// Returns the name of the type that a line declares.
fn type_name(code: &str) -> Option<&str> {
    let (kind, rest) = code.trim_start().strip_prefix("pub ")?.split_once(' ')?;
    let end = rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len());
    KINDS.contains(&kind).then_some(&rest[..end])
}

const KINDS: [&str; 5] = ["enum", "struct", "trait", "type", "union"];
