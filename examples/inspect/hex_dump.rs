//! Hex dumps: an offset, bytes in hex, and perhaps the same bytes as text.

use sansocket::Role;

use super::recording::{Piece, Recording, peer};
use super::tcp;

/// A line of a dump.
#[derive(Debug, PartialEq)]
struct Row {
    /// How far the line is indented.
    indent: usize,
    offset: usize,
    bytes: Vec<u8>,
}

/// A run of lines whose offsets follow each other.
#[derive(Debug, PartialEq)]
struct Block {
    indent: usize,
    bytes: Vec<u8>,
}

/// Reads a dump of the bytes that `sender` has sent, of both directions of one connection, or of packets.
///
/// # Errors
///
/// Returns an error if there are no bytes, or some of them are missing.
pub(crate) fn read(text: &str, sender: Role) -> Result<Vec<Recording>, String> {
    let blocks = blocks(text)?;
    let packets: Vec<_> = blocks.iter().map(|block| &block.bytes[..]).collect();
    match tcp::read(&packets)? {
        Some(recordings) => Ok(recordings),
        None => Ok(vec![assemble(blocks, sender)]),
    }
}

/// Splits the dump where its offsets start again, and where the direction changes.
fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    // How far each direction has come, which is known by its indentation.
    let mut positions: Vec<(usize, usize)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(Row { indent, offset, bytes }) = Row::parse(line) else { continue };
        let known = positions.iter().position(|(other, _)| *other == indent);
        let known = known.unwrap_or_else(|| {
            positions.push((indent, 0));
            positions.len() - 1
        });
        let position = &mut positions[known].1;
        if offset != 0 && offset != *position {
            return Err(format!(
                "line {}: bytes before offset {offset:#x} are missing",
                number + 1
            ));
        }
        *position = offset + bytes.len();
        match blocks.last_mut() {
            Some(block) if block.indent == indent && offset != 0 => block.bytes.extend(bytes),
            _ => blocks.push(Block { indent, bytes }),
        }
    }
    if blocks.is_empty() { Err("there is no line of a hex dump".to_owned()) } else { Ok(blocks) }
}

/// Puts the blocks of one connection together. Those of the server are indented, if both ends have some.
fn assemble(blocks: Vec<Block>, sender: Role) -> Recording {
    let least = blocks.iter().map(|block| block.indent).min().unwrap_or_default();
    let are_two = blocks.iter().any(|block| block.indent != least);
    let pieces = blocks.into_iter().map(|block| {
        let sender = match (are_two, block.indent > least) {
            (false, _) => sender,
            (true, false) => Role::Client,
            (true, true) => peer(Role::Client),
        };
        Piece::new(sender, block.bytes)
    });
    Recording { pieces: pieces.collect(), ..Recording::default() }
}

impl Row {
    /// Parses a line. Returns `None` if it is not one of a dump.
    fn parse(line: &str) -> Option<Self> {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let text = text.strip_prefix("0x").unwrap_or(text);
        let end = text.find(|it: char| !it.is_ascii_hexdigit())?;
        let (offset, rest) = text.split_at(end);
        let offset = (4..=16).contains(&offset.len()).then_some(offset)?;
        let offset = usize::from_str_radix(offset, 16).ok()?;
        let bytes = match rest.strip_prefix(':') {
            Some(rest) => parse_columns(rest, None),
            None => parse_columns(rest, Some(8)),
        };
        (!bytes.is_empty()).then_some(Self { indent, offset, bytes })
    }
}

/// Parses the columns of bytes, up to the gap before the text. A gap may stand after `half` bytes, too.
fn parse_columns(mut rest: &str, half: Option<usize>) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let column = rest.trim_start_matches([' ', '\t']);
        let is_end = match rest.len() - column.len() {
            0 => true,
            1 => false,
            2 => !bytes.is_empty() && half != Some(bytes.len()),
            _ => !bytes.is_empty(),
        };
        let (digits, behind) = column.split_at(column.find(' ').unwrap_or(column.len()));
        match unhex(digits) {
            Some(more) if !is_end => bytes.extend(more),
            _ => return bytes,
        }
        rest = behind;
    }
}

/// Decodes pairs of hex digits. Returns `None` if the text is empty, has an odd length, or has another character.
fn unhex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    if digits.is_empty() || !rest.is_empty() { None } else { pairs.iter().map(byte).collect() }
}
