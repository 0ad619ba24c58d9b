//! The types that take the place of `Inflation` and `Deflation` without the feature `deflate`.
//!
//! They have no values, so the compiler removes all code that uses them.

use alloc::vec::Vec;

use super::encoded::Encoded;
use super::frames::Frames;
use super::step::{Flush, Step};
use crate::wire::Kind;
use crate::wire::snapshot::{Loader, Saver, SnapshotError};

/// A decompressor that cannot exist.
#[derive(Debug)]
pub(crate) enum Inflation {}

impl Inflation {
    pub(crate) fn has_stretch(&self) -> bool {
        match *self {}
    }

    pub(crate) fn start(&mut self, _: Kind, _: &mut Workspace) {
        match *self {}
    }

    pub(crate) fn feed(&mut self, _: &[u8], _: bool) {
        match *self {}
    }

    pub(crate) fn step(&mut self, _: &[u8], _: &mut [u8], _: u64) -> Step {
        match *self {}
    }

    pub(crate) fn finish(&mut self, _: &mut Workspace) {
        match *self {}
    }

    pub(crate) fn kind(&mut self) -> Kind {
        match *self {}
    }

    pub(crate) fn save(&self, _: &mut Saver<'_>) {
        match *self {}
    }

    pub(crate) const fn load(_: &mut Loader<'_>) -> Result<Self, SnapshotError> {
        Err(SnapshotError::Compressed)
    }
}

/// A compressor that cannot exist.
#[derive(Debug)]
pub(crate) enum Deflation {}

impl Deflation {
    pub(crate) fn is_for(&self, _: Option<usize>) -> bool {
        match *self {}
    }

    pub(crate) fn save(&self, _: &mut Saver<'_>) {
        match *self {}
    }

    pub(crate) fn can_be_undone(&self) -> bool {
        match *self {}
    }

    pub(crate) fn share<'f>(&mut self, _: &'f Frames) -> &'f Encoded {
        match *self {}
    }

    pub(crate) fn deflate(&mut self, _: &[u8], _: Flush, _: &mut Vec<u8>) {
        match *self {}
    }

    pub(crate) fn finish(&mut self, _: usize, _: &mut Vec<u8>) {
        match *self {}
    }
}

/// A workspace without memory.
#[derive(Debug, Default)]
pub(crate) struct Workspace;

impl Workspace {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn scratch(&mut self) -> &mut [u8] {
        &mut []
    }

    pub(crate) fn lend(&mut self) {}

    pub(crate) const fn is_lent(&self) -> bool {
        false
    }

    pub(crate) fn take(&mut self) -> &mut [u8] {
        &mut []
    }
}
