//! The layers of the crate: a file uses only what stands above it in this list.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The files of `src`, each of which may `use` those above it. A file may be missing, but none may be
/// unlisted. A name that ends in `/` stands for a folder, whose files may use one another.
const LAYERS: &[&str] = &[
    "wire/close_code",
    "wire/error",
    "wire/close",
    "wire/limits",
    "wire/mask",
    "wire/utf8",
    "wire/frame",
    "wire/control",
    "wire/decoder",
    "wire/entropy",
    "wire",
    "deflate/step",
    "deflate/absent",
    "deflate/deflater",
    "deflate/distances/",
    "deflate/distances",
    "deflate/history",
    "deflate/inflater",
    "deflate/pool",
    "deflate/compression",
    "deflate/agreement",
    "deflate/inflation",
    "deflate/deflation",
    "deflate",
    "handshake/error",
    "connection/",
    "handshake/token",
    "handshake/scan",
    "handshake/accept",
    "handshake/host",
    "handshake/list",
    "handshake/name",
    "handshake/origin",
    "handshake/url",
    "handshake/version",
    "handshake/extension",
    "handshake/compression",
    "handshake/head",
    "handshake/lines",
    "handshake/content_length",
    "handshake/response",
    "handshake/body",
    "handshake/client",
    "handshake/server",
    "handshake/http",
    "handshake",
    "adapters/config",
    "adapters/error",
    "adapters/message",
    "adapters/driver",
    "adapters/outbox",
    "adapters/storage",
    "adapters/socket",
    "adapters/opening",
    "adapters/tls",
    "adapters/asynchronous/",
    "adapters/blocking/stream",
    "adapters/blocking/tcp",
    "adapters/blocking/socket",
    "adapters/blocking/opening",
    "adapters/blocking/tls",
    "adapters/blocking",
    "adapters/tokio",
    "adapters/smol",
    "adapters",
    "lib",
];

#[test]
fn a_file_uses_only_files_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = HashMap::new();
    collect(&src, &src, &mut files);
    let re_exports = re_exports(&files["lib"]);
    let mut complaints = Vec::new();
    for (name, text) in &files {
        let Some(layer) = layer(name) else {
            complaints.push(format!("{name} is not in the list"));
            continue;
        };
        if name == "lib" {
            continue;
        }
        for path in crate_paths(text).into_iter().chain(sibling_paths(name, text)) {
            let Some((module, used)) = resolve(&path, &re_exports) else {
                complaints.push(format!("{name} uses {}, which is no file", path.join("::")));
                continue;
            };
            let is_own = used == layer;
            if used > layer || is_own && !LAYERS[layer].ends_with('/') {
                complaints.push(format!("{name} uses {module}, which is not above it"));
            }
        }
    }
    complaints.sort();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn paths_are_found_in_code_alone() {
    let text = "
        use crate::close::{Close, CloseCode};
        use crate::{error::ProtocolError, frame, Limits};
        //! [`Seed`](crate::Seed) in docs is no use.
        let x = crate::mask::apply(key, 0, bytes); // crate::time in a comment neither
        pub(crate) fn f() {}
    ";
    let mut paths: Vec<_> = crate_paths(text).iter().map(|path| path.join("::")).collect();
    paths.sort();
    let expected = ["Limits", "close", "error::ProtocolError", "frame", "mask::apply"];
    assert_eq!(paths, expected);
}

fn collect(root: &Path, folder: &Path, files: &mut HashMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().with_extension("");
            let parts: Vec<_> = name.iter().map(|part| part.to_str().unwrap()).collect();
            let name = parts.join("/");
            let name = name.strip_suffix("/mod").unwrap_or(&name).to_owned();
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn layer(name: &str) -> Option<usize> {
    let folder =
        |layer: &str| layer.strip_suffix('/').is_some_and(|f| name.starts_with(layer) || name == f);
    LAYERS.iter().position(|layer| *layer == name || folder(layer))
}

/// The longest beginning of a path that is a file, and its layer. What `lib.rs` gives out again counts as
/// the file that it comes from.
fn resolve(
    path: &[String],
    re_exports: &HashMap<String, Vec<String>>,
) -> Option<(&'static str, usize)> {
    let path = path.first().and_then(|item| re_exports.get(item)).map_or(path, |path| path);
    (1..=path.len()).rev().find_map(|len| {
        let layer = layer(&path[..len].join("/"))?;
        Some((LAYERS[layer].trim_end_matches('/'), layer))
    })
}

/// What `lib.rs` gives out again, and from where.
fn re_exports(lib: &str) -> HashMap<String, Vec<String>> {
    let mut items = HashMap::new();
    for (at, start) in lib.match_indices("\npub use ") {
        let line = &lib[at + start.len()..];
        let line = &line[..line.find(';').unwrap()];
        let (module, names) = line.rsplit_once("::").unwrap();
        for name in names.trim_matches(['{', '}']).split(',').map(str::trim) {
            let path = module.split("::").chain([name]).map(str::to_owned);
            items.insert(name.to_owned(), path.collect());
        }
    }
    items
}

/// What follows `crate::` in code.
fn crate_paths(text: &str) -> Vec<Vec<String>> {
    // How far an item can be seen is no use of a file.
    paths_after("crate::", &text.replace("pub(in crate::", "pub("))
}

/// Files of the same folder, which are reached through `super::`.
fn sibling_paths(name: &str, text: &str) -> Vec<Vec<String>> {
    let Some((folder, _)) = name.split_once('/') else { return Vec::new() };
    let siblings = paths_after("super::", text).into_iter().map(|mut path| {
        path.insert(0, folder.to_owned());
        path
    });
    siblings.filter(|path| path.len() > 1 && layer(&path[..2].join("/")).is_some()).collect()
}

/// What follows `prefix` in code. Of groups, each branch.
fn paths_after(prefix: &str, text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n");
    code.match_indices(prefix).flat_map(|(at, _)| branches(&code[at + prefix.len()..])).collect()
}

fn branches(text: &str) -> Vec<Vec<String>> {
    if let Some(group) = text.strip_prefix('{') {
        let end = group.find("};").expect("a group ends");
        let mut depth = 0;
        let is_border = |c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        };
        let items: Vec<_> = group[..end].split(is_border).map(str::trim).collect();
        return items.into_iter().filter(|item| !item.is_empty()).flat_map(branches).collect();
    }
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let path = text[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned);
    vec![path.collect()]
}
