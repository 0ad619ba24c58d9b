//! Pages and docs spell the terms of the field in one way.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// What is written, and each way in which it is not.
const TERMS: &[(&str, &[&str])] = &[
    ("WebSocket", &["Websocket", "web socket", "Web socket", "WEBSOCKET"]),
    ("subprotocol", &["sub-protocol", "sub protocol", "Sub-protocol", "SubProtocol"]),
    ("close code", &["close-code", "closecode", "closing code"]),
    ("close frame", &["close-frame", "closing frame"]),
    ("handshake", &["hand shake", "hand-shake"]),
    ("keepalive", &["keep alive", "keep-alive"]),
    ("backpressure", &["back pressure", "back-pressure"]),
    ("timeout", &["time-out", "time out "]),
    ("permessage-deflate", &["per-message-deflate", "per-message deflate", "permessage deflate"]),
    ("round-trip time", &["round trip time", "roundtrip"]),
    ("UTF-8", &["UTF8", "utf8 ", "utf-8 ", "Utf-8"]),
    ("RFC 6455", &["RFC6455", "rfc 6455", "RFC7692", "RFC8441"]),
    ("opcode", &["op code", "op-code"]),
    ("close reason", &["closing reason"]),
    ("payload", &["pay load", "pay-load"]),
    ("cross-site", &["crosssite", "cross site"]),
    ("tokio", &["Tokio "]),
    ("GitHub", &["Github"]),
];

#[test]
fn terms_of_the_field_are_spelled_in_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(root, &mut files);
    assert!(files.len() > 100, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root).unwrap().display();
        for (number, line) in (1..).zip(prose(&file, &text)) {
            let found =
                TERMS.iter().filter(|(_, others)| others.iter().any(|other| line.contains(other)));
            wrong.extend(found.map(|(term, _)| format!("{name}:{number}: not {term}: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_misspelled_term_is_found() {
    let lines = prose(
        Path::new("a.rs"),
        "/// A Websocket, `Websocket`.\nlet Websocket = 1; // back pressure\n\"Websocket\"",
    );
    assert_eq!(lines, ["/// A Websocket, .", "// back pressure", ""]);
    let lines = prose(Path::new("a.md"), "A Websocket.\n```\nWebsocket\n```\n[a](Websocket.md)");
    assert_eq!(lines, ["A Websocket.", "", "", "", "[a"]);
}

/// All pages, and all of `src` and the examples.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["target", "node_modules", ".git", "corpus", "artifacts"].contains(&name) {
                collect(&path, files);
            }
        } else if name.ends_with(".md")
            || name.ends_with(".rs") && !path.ends_with("repository/spelling.rs")
        {
            files.push(path);
        }
    }
}

/// The lines without code: of a page without blocks, of a program the comments. Spans of code and targets of links are
/// left out.
fn prose(file: &Path, text: &str) -> Vec<String> {
    let is_program = file.extension().is_some_and(|extension| extension == "rs");
    let mut is_block = false;
    let lines = text.lines().map(|line| {
        let line =
            if is_program { line.find("//").map_or("", |start| &line[start..]) } else { line };
        let is_fence = line.trim_start_matches(['/', '!', ' ']).starts_with("```");
        is_block ^= is_fence;
        if is_block || is_fence || line.contains("://") && is_program && !line.starts_with("//") {
            return String::new();
        }
        let words = line.split('`').step_by(2).collect::<String>();
        words
            .split("](")
            .enumerate()
            .map(
                |(at, part)| {
                    if at == 0 { part } else { part.split_once(')').map_or("", |(_, rest)| rest) }
                },
            )
            .collect()
    });
    lines.collect()
}
