//! Every dependency, of tests and examples too, has a licence that `deny.toml` allows, comes from the registry, and takes no
//! newer Rust than the crate says.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

/// How a package begins in the output of `cargo metadata`.
const START: &str = "{\"name\":\"";

/// A package as `cargo metadata` describes it.
struct Package {
    name: String,
    licence: String,
    source: String,
    rust_version: String,
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let allowed = allowed();
    let packages = packages();
    for Package { name, licence, .. } in &packages {
        assert!(is_allowed(licence, &allowed), "{name}: {licence:?} is not in deny.toml");
    }
    assert!(packages.len() > 50, "{}", packages.len());
}

#[test]
fn every_dependency_comes_from_the_registry() {
    for Package { name, source, .. } in packages() {
        let is_registry = source.starts_with("registry+") || source.starts_with("sparse+");
        assert!(is_registry, "{name} comes from {source:?}");
    }
}

/// Of all dependencies, those of tests and examples included: the resolver of edition 2024 chooses versions for it.
#[test]
fn no_dependency_takes_a_newer_rust_than_the_crate_says() {
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    for Package { name, rust_version, .. } in packages() {
        assert!(version(&rust_version) <= ours, "{name} takes Rust {rust_version}");
    }
}

#[test]
fn expressions_of_licences_are_understood() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned()];
    for (licence, outcome) in [
        ("MIT", true),
        ("MIT OR GPL-3.0", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 / MIT", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("MIT AND ISC", true),
        ("(MIT OR GPL-3.0) AND ISC", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR ISC) AND GPL-3.0", false),
        ("GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(licence, &allowed), outcome, "{licence}");
    }
}

/// The list `allow` of `deny.toml`.
fn allowed() -> Vec<String> {
    let text = include_str!("../../deny.toml");
    let list = text.split_once("\nallow = [").unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Each term of a conjunction must have an alternative that is allowed.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    licence.split(" AND ").all(|term| {
        let term = term.trim_matches(['(', ')']).replace('/', " OR ");
        term.split(" OR ").any(|name| allowed.iter().any(|allowed| allowed == name.trim()))
    })
}

/// `1.89` and `1.89.0` are the same. No version is the oldest.
fn version(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = text.split('.').filter_map(|number| number.parse().ok()).collect();
    numbers.resize(3, 0);
    numbers
}

/// The dependencies, without the packages of this repository.
fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--all-features"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let list = text.split("\"workspace_members\":").next().unwrap();
    // A package begins with its name and its version. Dependencies and targets begin with a name, too.
    let starts = list.match_indices(START).map(|(start, _)| start + START.len());
    let is_package = |&start: &usize| list[start..].split('"').nth(2) == Some("version");
    let starts: Vec<_> = starts.filter(is_package).chain([list.len()]).collect();
    let packages = starts.windows(2).map(|range| &list[range[0]..range[1]]);
    let packages = packages.map(|part| Package {
        name: part.split('"').next().unwrap().to_owned(),
        licence: field(part, "license"),
        source: field(part, "source"),
        rust_version: field(part, "rust_version"),
    });
    packages.filter(|package| !package.source.is_empty()).collect()
}

/// The value of a field that is a text. Empty if it is `null`.
fn field(package: &str, name: &str) -> String {
    let value = package.split_once(&format!("\"{name}\":")).map_or("", |(_, value)| value);
    value.strip_prefix('"').and_then(|text| text.split('"').next()).unwrap_or("").to_owned()
}
