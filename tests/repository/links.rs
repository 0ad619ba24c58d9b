//! No link of a page is dead: files and anchors exist.
//!
//! Links into the web are not followed: this test runs without a network. Rustdoc checks those of the documentation.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Component, Path, PathBuf};

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    collect(root, &mut pages);
    let (mut dead, mut count) = (Vec::new(), 0);
    for page in &pages {
        for link in links(&without_code(&fs::read_to_string(page).unwrap())) {
            count += 1;
            if !is_alive(page, &link) {
                dead.push(format!("{}: {link}", page.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
    assert!(pages.len() > 10 && count > 100, "{count} links in {} pages", pages.len());
}

/// The page of the registry is shown away from the repository.
#[test]
fn the_page_of_the_registry_has_no_relative_link() {
    let links = links(&without_code(include_str!("../../docs/registry.md")));
    assert!(!links.is_empty());
    assert!(links.iter().all(|link| link.starts_with("https://")), "{links:?}");
}

#[test]
fn a_dead_link_is_found() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = "[a](no-such-file.md) `[b](c)` ![d](Cargo.toml)\n```\n[e](f)\n```\n<img src=\"g\"> <a href=\"#h\">";
    let links = links(&without_code(text));
    assert_eq!(links, ["no-such-file.md", "Cargo.toml", "g", "#h"]);
    let alive: Vec<_> = links.iter().map(|link| is_alive(&page, link)).collect();
    assert_eq!(alive, [false, true, false, false]);
    for (link, alive) in [("#try-it", true), ("#try", false), ("tests/README.md#it-is-right", true)]
    {
        assert_eq!(is_alive(&page, link), alive, "{link}");
    }
}

/// All pages in Markdown that are part of the repository.
fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_built = ["target", "node_modules", ".git"].contains(&name);
        if path.is_dir() && !is_built {
            collect(&path, pages);
        } else if name.ends_with(".md") {
            pages.push(path);
        }
    }
}

/// The text without blocks and spans of code.
fn without_code(text: &str) -> String {
    let blocks = text.split("```").step_by(2).collect::<Vec<_>>().join("\n");
    blocks.split('`').step_by(2).collect::<Vec<_>>().join("code")
}

/// The targets of `[..](target)`, `src="target"` and `href="target"`.
fn links(text: &str) -> Vec<String> {
    let starts = [("](", ')'), ("src=\"", '"'), ("href=\"", '"')];
    let mut links = Vec::new();
    for (start, end) in starts {
        let rests = text.split(start).skip(1);
        links.extend(rests.filter_map(|rest| Some(rest.split_once(end)?.0.to_owned())));
    }
    links
}

fn is_alive(page: &Path, link: &str) -> bool {
    if link.starts_with("https://") || link.starts_with("http://127.0.0.1") {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let file = match path {
        "" => page.to_owned(),
        path => normalize(&page.parent().unwrap().join(path)),
    };
    if anchor.is_empty() || !file.exists() {
        return file.exists();
    }
    let text = fs::read_to_string(&file).unwrap();
    text.contains(&format!("id=\"{anchor}\""))
        || text.lines().any(|line| line.starts_with('#') && slug(line) == anchor)
}

fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = normal.pop(),
            component => normal.push(component),
        }
    }
    normal
}

/// The anchor that a heading gets: small letters, digits, and a hyphen for each space.
fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
