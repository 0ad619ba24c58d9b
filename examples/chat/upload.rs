//! A file on its way from a member. It goes to the disk as it arrives, so its size costs no memory.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The largest file, in bytes.
pub(crate) const MOST_BYTES: u64 = 64 << 20;

/// A file on its way from a member.
pub(crate) struct Upload {
    /// The name of the member.
    pub(crate) owner: String,
    /// The name that the member's page gave it.
    pub(crate) key: String,
    pub(crate) name: String,
    /// Its media type, as the member's page says.
    pub(crate) kind: String,
    pub(crate) size: u64,
    /// How much has arrived, in bytes.
    pub(crate) have: u64,
    pub(crate) parts: Parts,
}

/// The destination of the bytes.
pub(crate) struct Parts {
    file: Option<File>,
    /// `None` if the file has no name any more.
    path: Option<PathBuf>,
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if there are more than were announced, or if the disk is full.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.have += bytes.len() as u64;
        match &mut self.parts.file {
            Some(file) if self.have <= self.size => file.write_all(bytes),
            Some(_) | None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.have == self.size
    }

    /// Returns what the event says of this file.
    pub(crate) fn describe(&self) -> String {
        format!("{}\t{}\t{}\t{}\n{}", self.owner, self.key, self.size, self.kind, self.name)
    }

    /// Returns how far the file has come, as a message.
    pub(crate) fn progress(&self) -> String {
        let Self { owner, key, have, size, name, .. } = self;
        format!("sending\t{owner}\t{key}\t{have}\t{size}\n{name}")
    }

    pub(crate) fn is_compressible(&self) -> bool {
        Self::is_kind_compressible(&self.kind)
    }

    /// Returns whether files of a kind become shorter by compression. Pictures, sound, films and archives have it.
    pub(crate) fn is_kind_compressible(kind: &str) -> bool {
        let is_text = kind.starts_with("text/") || kind == "application/json";
        is_text || matches!(kind, "" | "application/octet-stream" | "image/svg+xml")
    }

    /// Returns the file, under another path if it has one.
    pub(crate) fn finish(mut self, path: Option<&Path>) -> io::Result<File> {
        if let (Some(from), Some(to)) = (&self.parts.path, path) {
            fs::rename(from, to)?;
        }
        self.parts.path = None;
        self.parts.file.take().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Parts {
    pub(crate) fn new(file: File, path: Option<PathBuf>) -> Self {
        Self { file: Some(file), path }
    }
}

/// Half a file is of no use.
impl Drop for Parts {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}
