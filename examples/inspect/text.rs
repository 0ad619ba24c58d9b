//! Bytes and texts as they are printed.

/// Returns lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a JSON string.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..' ' | '\x7f' => quoted.push_str(&format!("\\u{:04x}", character as u32)),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns the start of a text, in quotes and without control characters.
pub(crate) fn preview_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let start: String = text.chars().take(SHOWN).collect();
    let rest = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{rest}")
}

/// Returns the start of a line of a head, without control characters.
pub(crate) fn printable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let start = text.chars().take(4 * SHOWN);
    start.map(|it| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it }).collect()
}

/// Returns the start of some bytes, in hex.
pub(crate) fn preview_bytes(bytes: &[u8]) -> String {
    let rest = if bytes.len() > SHOWN / 2 { "…" } else { "" };
    format!("{}{rest}", hex(&bytes[..bytes.len().min(SHOWN / 2)]))
}

/// Returns a number of bytes, with the unit.
pub(crate) fn count(bytes: usize) -> String {
    format!("{bytes} byte{}", if bytes == 1 { "" } else { "s" })
}

/// The most characters of a payload that are shown.
const SHOWN: usize = 64;
