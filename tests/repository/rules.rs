//! The catalogue of rules in `docs/rules.md`, held against the tests that cite its ids.
//!
//! `docs/tests.md` lists the tests of each rule. `UPDATE_RULES=1 cargo test --test repository rules` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Files that name ids without being a proof: this one, and one that lists which tests prove an attack.
const NO_PROOF: [&str; 2] = ["catalogue.rs", "rules.rs"];

#[test]
fn every_rule_is_defined_once_with_an_anchor() {
    let rules = read("docs/rules.md");
    let mut seen = HashSet::new();
    for row in rules.lines().filter(|line| line.starts_with("| <a ")) {
        let id = ids_in(row).remove(0);
        let anchor = format!("| <a id=\"{id}\" href=\"tests.md#{id}\">{id}</a> | ");
        assert!(row.starts_with(&anchor), "{id}: the row must start with {anchor}");
        assert!(seen.insert(id.clone()), "{id} is defined twice");
    }
    assert!(!seen.is_empty());
}

#[test]
fn every_id_that_is_cited_is_defined() {
    let defined = Catalogue::read().defined;
    let mut complaints = Vec::new();
    for file in files() {
        let undefined = ids_in(&file.text).into_iter().filter(|id| !defined.contains(id));
        complaints.extend(undefined.map(|id| format!("{}: {id}", file.path)));
    }
    for id in ids_in(&read("docs/rules.md")) {
        if !defined.contains(&id) {
            complaints.push(format!("docs/rules.md: {id}"));
        }
    }
    assert!(complaints.is_empty(), "not defined in docs/rules.md:\n{}", complaints.join("\n"));
}

#[test]
fn every_rule_has_a_test_or_a_reason() {
    let catalogue = Catalogue::read();
    let proofs = proofs(&catalogue);
    let mut complaints = Vec::new();
    for id in &catalogue.defined {
        match (proofs.get(id), catalogue.exceptions.get(id)) {
            (None, None) => complaints.push(format!("{id} has no test and no reason")),
            (Some(_), Some(reason)) => {
                complaints.push(format!("{id} has a test, but is listed without one: {reason}"));
            }
            (None, Some(reason)) if reason.is_empty() => {
                complaints.push(format!("{id}: no reason"));
            }
            _ => {}
        }
    }
    for id in catalogue.exceptions.keys().filter(|id| !catalogue.defined.contains(*id)) {
        complaints.push(format!("{id} is listed without a test, but not defined"));
    }
    assert!(complaints.is_empty(), "see docs/rules.md:\n{}", complaints.join("\n"));
}

#[test]
fn the_list_of_tests_is_current() {
    let catalogue = Catalogue::read();
    let list = list(&catalogue, &proofs(&catalogue));
    if env::var_os("UPDATE_RULES").is_some() {
        fs::write(root().join("docs/tests.md"), &list).unwrap();
    }
    let is_current = read("docs/tests.md") == list;
    assert!(
        is_current,
        "docs/tests.md is old: run `UPDATE_RULES=1 cargo test --test repository rules`"
    );
}

struct Catalogue {
    defined: BTreeSet<String>,
    /// The rules without a test, each with the reason.
    exceptions: BTreeMap<String, String>,
}

impl Catalogue {
    fn read() -> Self {
        let text = read("docs/rules.md");
        let rows = text.lines().filter(|line| line.starts_with("| <a "));
        let defined: BTreeSet<String> = rows.map(|row| ids_in(row).remove(0)).collect();
        let section = text.split("\n## Rules without a test\n").nth(1).unwrap();
        let mut exceptions = BTreeMap::new();
        for row in section.lines().filter(|line| line.starts_with("| ")) {
            let (ids, reason) = row[2..].split_once(" | ").unwrap();
            for id in ids_and_ranges_in(ids, &defined) {
                exceptions.insert(id, reason.trim_end_matches(['|', ' ']).to_owned());
            }
        }
        Self { defined, exceptions }
    }
}

/// Where a rule is proved: in which file, and by which test in it. `None` stands for the file as a whole.
type Proof = (String, Option<String>);

/// The proofs of each rule.
fn proofs(catalogue: &Catalogue) -> BTreeMap<String, BTreeSet<Proof>> {
    let mut proofs: BTreeMap<String, BTreeSet<Proof>> = BTreeMap::new();
    for file in files() {
        if NO_PROOF.iter().any(|name| file.path.ends_with(name)) {
            continue;
        }
        let mut found = HashSet::new();
        for (test, text) in tests(&file.text) {
            for id in ids_and_ranges_in(&text, &catalogue.defined) {
                found.insert(id.clone());
                proofs.entry(id).or_default().insert((file.path.clone(), Some(test.to_owned())));
            }
        }
        // Code that is no test proves nothing.
        if file.path.starts_with("src/") {
            continue;
        }
        for id in ids_and_ranges_in(&file.text, &catalogue.defined) {
            if !found.contains(&id) {
                proofs.entry(id).or_default().insert((file.path.clone(), None));
            }
        }
    }
    proofs
}

fn list(catalogue: &Catalogue, proofs: &BTreeMap<String, BTreeSet<Proof>>) -> String {
    let mut list = "# The tests of each rule\n\n\
        Written by `UPDATE_RULES=1 cargo test --test repository rules`: do not edit. The rules are in [rules.md](rules.md).\n\n\
        | rule | tests |\n|---|---|\n"
        .to_owned();
    for id in &catalogue.defined {
        let tests = match proofs.get(id) {
            Some(proofs) => in_files(proofs),
            None => format!("none: {}", catalogue.exceptions.get(id).map_or("", String::as_str)),
        };
        writeln!(list, "| <a id=\"{id}\" href=\"rules.md#{id}\">{id}</a> | {tests} |").unwrap();
    }
    list
}

/// The proofs, joined by file.
fn in_files(proofs: &BTreeSet<Proof>) -> String {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, test) in proofs {
        files.entry(path).or_default().extend(test.iter().map(|test| format!("`{test}`")));
    }
    let files = files.iter().map(|(path, tests)| match tests.as_slice() {
        [] => format!("[{path}](../{path})"),
        tests => format!("[{path}](../{path}): {}", tests.join(", ")),
    });
    files.collect::<Vec<_>>().join("; ")
}

struct File {
    path: String,
    text: String,
}

/// All files of tests, and all of `src`, where some tests are.
fn files() -> Vec<File> {
    let mut paths = Vec::new();
    for folder in ["src", "tests"] {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    let file = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        File { path, text }
    };
    paths.into_iter().map(file).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_text =
            path.extension().is_some_and(|extension| extension == "rs" || extension == "txt");
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            collect(&path, paths);
        } else if path.is_file() && is_text {
            paths.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// The ids in a text, such as `F-01` and `H-S-12`.
fn ids_in(text: &str) -> Vec<String> {
    words(text).filter(|word| is_id(word)).map(str::to_owned).collect()
}

/// The ids in a text. `F-01 to F-03` stands for all rules from the one to the other.
fn ids_and_ranges_in(text: &str, defined: &BTreeSet<String>) -> Vec<String> {
    let words: Vec<&str> = words(text).collect();
    let mut ids = ids_in(text);
    for window in words.windows(3) {
        if let [first, "to", last] = *window
            && is_id(first)
            && is_id(last)
            && first.len() == last.len()
        {
            ids.extend(defined.range(first.to_owned()..last.to_owned()).cloned());
        }
    }
    ids
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_border = |c: char| !(c.is_alphanumeric() || c == '-' || c == '_');
    text.split(is_border).filter(|word| !word.is_empty())
}

fn is_id(word: &str) -> bool {
    let Some((family, number)) = word.rsplit_once('-') else { return false };
    let is_letter = |part: &str| matches!(part.as_bytes(), [b'A'..=b'Z']);
    let is_family = family.split('-').all(is_letter) && family.len() <= 3;
    is_family && number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The tests in a file. To each belong the comments above it, and the functions and tables of the same file that
/// it uses.
fn tests(text: &str) -> Vec<(&str, String)> {
    let items = items(text);
    let (tests, others): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.is_test);
    let others: HashMap<&str, &str> = others.iter().map(|item| (item.name, item.text)).collect();
    let with_used = |test: Item<'_>| {
        let mut whole = String::new();
        let mut seen = HashSet::new();
        let mut left = vec![test.text];
        while let Some(text) = left.pop() {
            whole.push_str(text);
            left.extend(
                words(text).filter(|&word| seen.insert(word)).filter_map(|name| others.get(name)),
            );
        }
        whole
    };
    tests.into_iter().map(|test| (test.name, with_used(test))).collect()
}

/// A function, a table or a macro, with the comments and attributes above it.
#[derive(Clone, Copy)]
struct Item<'t> {
    name: &'t str,
    is_test: bool,
    text: &'t str,
}

/// The items of a file that `rustfmt` has formatted, by indentation.
fn items(text: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut start = None; // of the comments and attributes above an item
    let mut open: Option<(&str, usize, usize)> = None; // an item: its name, indentation and start
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if open.is_none() {
            if let Some(name) = defined_name(trimmed) {
                open = Some((name, indent, start.unwrap_or(at)));
            } else if trimmed.is_empty() || trimmed.starts_with("//!") {
                start = None;
            } else if trimmed.starts_with("//") || trimmed.starts_with("#[") {
                start = start.or(Some(at));
            } else if trimmed.ends_with([';', '{', '}']) {
                start = None;
            }
        }
        at += line.len();
        if let Some((name, item_indent, item_start)) = open
            && indent == item_indent
            && (trimmed.starts_with('}') || trimmed.ends_with([';', '}']))
        {
            let text = &text[item_start..at];
            let is_test = text.contains("#[test]") || text.contains("#[tokio::test");
            items.push(Item { name, is_test, text });
            (open, start) = (None, None);
        }
    }
    items
}

/// The name that a line defines, if it begins a function, a table or a macro.
fn defined_name(line: &str) -> Option<&str> {
    let mut words = line.split([' ', '(', '<', ':', '{']).filter(|word| !word.is_empty());
    loop {
        match words.next()? {
            "pub" | "crate)" | "super)" | "async" | "unsafe" => {}
            "const" => return words.find(|&word| word != "fn"),
            "fn" | "static" | "macro_rules!" => return words.next(),
            _ => return None,
        }
    }
}

#[test]
fn ids_and_ranges_are_found() {
    let found = ids_in("// F-01, `H-S-12`: UTF-8, AVX-512, F-1, F-001, CVE-2020-01 (D-N-28).");
    assert_eq!(found, ["F-01", "H-S-12", "D-N-28"]);
    let defined = ["F-01", "F-02", "F-04", "F-05"].map(str::to_owned).into();
    let found: BTreeSet<_> =
        ids_and_ranges_in("rules F-01 to F-04", &defined).into_iter().collect();
    assert_eq!(found, ["F-01", "F-02", "F-04"].map(str::to_owned).into());
}

#[test]
fn a_test_cites_what_stands_above_it_in_it_and_in_the_tables_that_it_uses() {
    let text = "\
//! X-01

// X-02
const TABLE: &[&str] = &[
    \"X-03\",
];

/// X-04
#[test]
fn one() {
    let table = 1;

    help(); // X-05
}

fn help() -> usize {
    // X-06
    TABLE.len()
}

mod inner {
    /// X-07
    #[tokio::test]
    async fn two() {
        struct Inner {}
        // X-08
    }
}
";
    let tests = tests(text);
    let cited = |at: usize| {
        let mut ids = ids_in(&tests[at].1);
        ids.sort();
        ids
    };
    assert_eq!(tests.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(cited(0), ["X-02", "X-03", "X-04", "X-05", "X-06"]);
    assert_eq!(cited(1), ["X-07", "X-08"]);
}
