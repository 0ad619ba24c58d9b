//! HAR files, in which browsers save the messages of their connections.
//!
//! Chromium adds the field `_webSocketMessages` to an entry: a list of objects with `type` (`send` or
//! `receive`), `time` (in seconds), `opcode` and `data` (text as it is, everything else in base64).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sansocket::Role;
use sansocket::wire::{Frame, Header, OpCode};

use super::json::Value;
use super::recording::{Piece, Recording};

/// Reads the WebSocket connections of a file.
///
/// # Errors
///
/// Returns an error if it is not such a file, or has no such connection.
pub(crate) fn read(text: &str) -> Result<Vec<Recording>, String> {
    let file = Value::parse(text)?;
    let entries = file.get("log").map(|log| log.list("entries")).unwrap_or_default();
    let entries: Vec<_> = entries.iter().filter(|entry| is_websocket(entry)).collect();
    if entries.is_empty() {
        return Err("there is no WebSocket connection in this file".to_owned());
    }
    entries.into_iter().map(read_entry).collect()
}

fn is_websocket(entry: &Value) -> bool {
    let url = entry.get("request").and_then(|request| request.text("url")).unwrap_or_default();
    entry.get(MESSAGES).is_some()
        || entry.text("_resourceType") == Some("websocket")
        || ["ws:", "wss:"].iter().any(|scheme| url.starts_with(scheme))
}

fn read_entry(entry: &Value) -> Result<Recording, String> {
    let request = entry.get("request").ok_or("an entry has no request")?;
    let url = request.text("url").unwrap_or_default();
    let mut recording =
        Recording { title: Some(url.to_owned()), is_rebuilt: true, ..Recording::default() };
    match entry.get("response").and_then(|response| rebuild_heads(request, url, response)) {
        Some([request, response]) => {
            recording.pieces.push(Piece::new(Role::Client, request));
            recording.pieces.push(Piece::new(Role::Server, response));
        }
        None => recording.remarks.push("the opening handshake was not recorded".to_owned()),
    }
    for (number, message) in entry.list(MESSAGES).iter().enumerate() {
        let sender = match message.text("type") {
            Some("send") => Role::Client,
            Some("receive") => Role::Server,
            _ => {
                let text = message.text("data").unwrap_or_default();
                recording.remarks.push(format!("the browser reports: {text:?}"));
                continue;
            }
        };
        let bytes = rebuild_frame(sender, message)
            .ok_or_else(|| format!("{url}: message {} cannot be read", number + 1))?;
        recording.pieces.push(Piece { sender, bytes, time: message.number("time") });
    }
    Ok(recording)
}

/// Returns the heads of an opening handshake in HTTP/1.1, if all of their headers are there.
fn rebuild_heads(request: &Value, url: &str, response: &Value) -> Option<[Vec<u8>; 2]> {
    let has_key = |header: &Value| {
        header.text("name").is_some_and(|name| name.eq_ignore_ascii_case("Sec-WebSocket-Key"))
    };
    let is_whole = request.list("headers").iter().any(has_key);
    let status = response.number("status").filter(|status| is_whole && *status >= 100.)?;
    let target = url.split_once("://")?.1;
    let target = target.find(['/', '?']).map_or("/", |at| &target[at..]);
    let target = target.split('#').next().unwrap_or_default();
    let slash = if target.starts_with('/') { "" } else { "/" };
    let method = request.text("method").unwrap_or("GET");
    let phrase = response.text("statusText").unwrap_or_default();
    Some([
        rebuild_head(&format!("{method} {slash}{target} HTTP/1.1"), request),
        rebuild_head(&format!("HTTP/1.1 {status} {phrase}"), response),
    ])
}

fn rebuild_head(first: &str, message: &Value) -> Vec<u8> {
    let mut head = format!("{first}\r\n");
    for header in message.list("headers") {
        let name = header.text("name").unwrap_or_default();
        // Chromium joins the lines of one name in this way.
        for value in header.text("value").unwrap_or_default().split('\n') {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Returns the frame that a message would be in, with a mask that changes nothing.
fn rebuild_frame(sender: Role, message: &Value) -> Option<Vec<u8>> {
    let opcode = message.number("opcode")?;
    let opcode = (0..16).find(|&number| f64::from(number) == opcode)?;
    let data = message.text("data")?;
    let payload = match OpCode::new(opcode) {
        Some(OpCode::Text) => data.as_bytes().to_vec(),
        _ => BASE64_STANDARD.decode(data).ok()?,
    };
    let mask = (sender == Role::Client).then_some([0; 4]);
    let len = payload.len() as u64;
    let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask, len };
    let mut bytes = Frame::new(&header, &payload).slices().concat();
    bytes[0] = 0x80 | opcode;
    Some(bytes)
}

const MESSAGES: &str = "_webSocketMessages";
