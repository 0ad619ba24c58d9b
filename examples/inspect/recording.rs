//! A recording: the bytes that the ends of a connection sent.

use std::error::Error;

use sansocket::Role;

use super::options::{Format, Options};
use super::{har, hex_dump};

/// The bytes of one connection, in the order in which they were recorded.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Recording {
    /// Tells connections apart, if there may be several.
    pub(crate) title: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    /// Notes that stand beside the bytes.
    pub(crate) remarks: Vec<String>,
    /// Whether the frames were made from recorded messages, so that their masks mean nothing.
    pub(crate) is_rebuilt: bool,
}

/// Bytes that one end has sent at a time.
#[derive(Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) sender: Role,
    pub(crate) bytes: Vec<u8>,
    /// Seconds from an origin that is the same for all pieces.
    pub(crate) time: Option<f64>,
}

impl Piece {
    pub(crate) fn new(sender: Role, bytes: Vec<u8>) -> Self {
        Self { sender, bytes, time: None }
    }
}

impl Recording {
    /// Returns all that one end has sent.
    pub(crate) fn stream(&self, sender: Role) -> Vec<u8> {
        let pieces = self.pieces.iter().filter(|piece| piece.sender == sender);
        pieces.flat_map(|piece| &piece.bytes).copied().collect()
    }

    /// Returns whether this end has sent anything.
    pub(crate) fn has(&self, sender: Role) -> bool {
        self.pieces.iter().any(|piece| piece.sender == sender && !piece.bytes.is_empty())
    }
}

/// Reads the connections in `bytes`.
///
/// # Errors
///
/// Returns an error if the bytes do not have the format of the options.
pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<Vec<Recording>, Box<dyn Error>> {
    let sender = peer(options.role);
    match options.format() {
        Format::Raw => {
            let pieces = vec![Piece::new(sender, bytes.to_vec())];
            Ok(vec![Recording { pieces, ..Recording::default() }])
        }
        Format::Hex => Ok(hex_dump::read(&String::from_utf8_lossy(bytes), sender)?),
        Format::Har => Ok(har::read(str::from_utf8(bytes)?)?),
    }
}

/// Returns the other end.
pub(crate) const fn peer(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}
