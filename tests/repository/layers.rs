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
    "wire/snapshot",
    "wire/decoder/",
    "wire/decoder",
    "wire/entropy",
    "wire/seeds",
    "wire",
    "deflate/encoded",
    "deflate/step",
    "deflate/compression",
    "deflate/shape",
    "deflate/variants",
    "deflate/log",
    "deflate/deflater",
    "deflate/distances/",
    "deflate/distances",
    "deflate/history",
    "deflate/inflater",
    "deflate/pool",
    "deflate/frames",
    "deflate/absent",
    "deflate/missed",
    "deflate/agreement",
    "deflate/inflation",
    "deflate/deflation",
    "deflate",
    "handshake/head_error",
    "handshake/request_error",
    "handshake/response_error",
    "handshake/error",
    "handshake/text",
    "handshake/token",
    "handshake/percent",
    "handshake/accept",
    "handshake/host",
    "handshake/limits",
    "handshake/line",
    "handshake/list",
    "handshake/name",
    "handshake/origin",
    "handshake/url",
    "handshake/url_buf",
    "handshake/version",
    "handshake/versions",
    "handshake/extension",
    "handshake/headers",
    "handshake/hosts",
    "handshake/lines",
    "handshake/origins",
    "handshake/target",
    "handshake/fields",
    "handshake/content_length",
    "handshake/head",
    "handshake/policy",
    "handshake/request_line",
    "handshake/response",
    "handshake/status_line",
    "handshake/body",
    "handshake/compression",
    "handshake/negotiated",
    "handshake/client",
    "handshake/server",
    "handshake/http",
    "handshake",
    "auth/compare",
    "auth/error",
    "auth/value",
    "auth/challenge",
    "auth/digest",
    "auth/demand",
    "auth/basic",
    "auth/authorization",
    "auth/credentials",
    "auth/login",
    "auth",
    "connection/control",
    "connection/timestamp",
    "connection/timeouts",
    "connection/error",
    "connection/config",
    "connection/prepared",
    "connection/message",
    "connection/ended",
    "connection/event",
    "connection/found",
    "connection/input",
    "connection/assembly",
    "connection/pending",
    "connection/framer",
    "connection/output",
    "connection/closing",
    "connection/deadlines",
    "connection/sender",
    "connection/backlog",
    "connection/step",
    "connection/parser/",
    "connection/parser",
    "connection/opening",
    "connection/receiver",
    "connection/spare",
    "connection/connection",
    "connection/suspended",
    "connection/std_io",
    "connection",
    "connect/backoff",
    "connect/location",
    "connect/origin",
    "connect/peer",
    "connect/proxy",
    "connect/proxy_fault",
    "connect/redirects",
    "connect/retry_after",
    "connect/retry",
    "connect/attempts",
    "connect/rules",
    "connect/socks",
    "connect/tunnel",
    "connect/versions",
    "connect/failure",
    "connect/logins",
    "connect/plan",
    "connect/action",
    "connect/stage",
    "connect/dial",
    "connect",
    "adapters/addresses",
    "adapters/gather",
    "adapters/error",
    "adapters/storage",
    "adapters/tls",
    "adapters/trust",
    "adapters/trace",
    "adapters/dialing",
    "adapters/connect",
    "adapters/begin",
    "adapters/report",
    "adapters/part",
    "adapters/h2/stream",
    "adapters/h2/ask",
    "adapters/blocking/",
    "adapters/blocking",
    "adapters/polled/",
    "adapters/polled",
    "adapters/tokio/",
    "adapters/tokio",
    "adapters/h2/server",
    "adapters/h2/client",
    "adapters/h2",
    "adapters/hyper/",
    "adapters/hyper",
    "adapters/axum",
    "adapters/smol/",
    "adapters/smol",
    "adapters/tests",
    "adapters",
    "legacy/draft",
    "legacy/location",
    "legacy/keys",
    "legacy/request",
    "legacy/offer",
    "legacy/decoder",
    "legacy/incoming",
    "legacy/sender",
    "legacy/opening",
    "legacy/connection",
    "legacy/spare",
    "legacy/std_io",
    "legacy/driver",
    "legacy/blocking",
    "legacy/tokio",
    "legacy/upgrade/",
    "legacy",
    "guide/",
    "lib",
];

#[test]
fn a_file_uses_only_files_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = HashMap::new();
    collect(&src, &src, &mut files);
    let re_exports = re_exports(&files);
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
        use crate::handshake::{HandshakeError, url::{Url, UrlPolicy}};
        //! [`Seed`](crate::Seed) in docs is no use.
        let x = crate::mask::apply(key, 0, bytes); // crate::time in a comment neither
        pub(crate) fn f() {}
    ";
    let mut paths: Vec<_> = crate_paths(text).iter().map(|path| path.join("::")).collect();
    paths.sort();
    let expected = [
        "Limits",
        "close::Close",
        "close::CloseCode",
        "error::ProtocolError",
        "frame",
        "handshake::HandshakeError",
        "handshake::url::Url",
        "handshake::url::UrlPolicy",
        "mask::apply",
    ];
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

/// Returns the longest beginning of a path that is a file, and its layer. An item that a module exports again
/// counts as one of the file that it comes from.
fn resolve(
    path: &[String],
    re_exports: &HashMap<String, Vec<String>>,
) -> Option<(&'static str, usize)> {
    let source = (1..=path.len()).find_map(|len| re_exports.get(&path[..len].join("/")));
    if let Some(source) = source {
        return resolve(source, re_exports);
    }
    (1..=path.len()).rev().find_map(|len| {
        let layer = layer(&path[..len].join("/"))?;
        Some((LAYERS[layer].trim_end_matches('/'), layer))
    })
}

/// Returns the items that the crate and its modules export again, such as `wire/Close`, each with its source.
fn re_exports(files: &HashMap<String, String>) -> HashMap<String, Vec<String>> {
    let mut items = HashMap::new();
    for (name, text) in files {
        let module: Vec<_> = name.split('/').filter(|part| *part != "lib").collect();
        for (at, start) in text.match_indices("use ") {
            let is_export = text[..at].ends_with("\npub ") || text[..at].ends_with("\npub(crate) ");
            let line = &text[at + start.len()..];
            let (source, names) =
                line[..line.find(';').unwrap_or(0)].rsplit_once("::").unwrap_or_default();
            if !is_export || source.starts_with("crate") || source.starts_with("super") {
                continue;
            }
            let place = |parts: &[&str]| [&module, parts].concat().join("/");
            for name in names.trim_matches(['{', '}']).split(',').map(str::trim) {
                let source: Vec<_> =
                    source.split("::").filter(|part| *part != "self").chain([name]).collect();
                let path = place(&source).split('/').map(str::to_owned).collect();
                items.insert(place(&[name]), path);
            }
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

/// Returns the paths that a text begins with: one, or those of a group.
fn branches(text: &str) -> Vec<Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = text.find(|c: char| !is_path(c)).unwrap_or(text.len());
    let path: Vec<_> =
        text[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let Some(group) =
        text[end..].strip_prefix('{').filter(|_| end == 0 || text[..end].ends_with("::"))
    else {
        return vec![path];
    };
    let rests = items(group).into_iter().flat_map(branches);
    rests.map(|rest| path.iter().cloned().chain(rest).collect()).collect()
}

/// Returns the items of a group, whose first brace is not part of `group`.
fn items(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => {
                items.push(group[start..at].trim());
                break;
            }
            ',' if depth == 0 => {
                items.push(group[start..at].trim());
                start = at + 1;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    items.retain(|item| !item.is_empty());
    items
}
