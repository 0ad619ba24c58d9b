/// How a connection is driven. Nothing that it shows depends on this.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// How the stream is cut into reads.
    pub cut: Cut,
    /// Whether bytes are read into the buffer of the connection, rather than into one that is given to it.
    pub is_borrowing: bool,
    /// Whether the connection is split into its halves.
    pub is_split: bool,
    /// Whether another connection reads into the same input in between.
    pub is_sharing: bool,
    /// Whether calls that change nothing are made before each event and each read.
    pub is_fidgeting: bool,
    /// Whether the connection is suspended and restored after each read.
    pub is_suspending: bool,
    /// How many bytes are there before the first read.
    pub ahead: usize,
}

impl From<Cut> for Way {
    fn from(cut: Cut) -> Self {
        let is_borrowing = matches!(cut, Cut::Spare(_));
        let (is_split, is_sharing, is_fidgeting, is_suspending) = (false, false, false, false);
        Self { cut, is_borrowing, is_split, is_sharing, is_fidgeting, is_suspending, ahead: 0 }
    }
}

/// How a stream is cut into reads.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// Not at all.
    Whole,
    /// After each so many bytes.
    Every(usize),
    /// At random, from this seed.
    Random(u32),
    /// Where the [buffer](sansocket::Spare::buffer) of a storage of so many bytes ends.
    Spare(usize),
}

impl Cut {
    /// Returns how many bytes of storage to read a stream into.
    pub(crate) fn storage(self, len: usize) -> usize {
        if let Self::Spare(most) = self { most } else { len.max(1) }
    }

    /// Returns the length of the next read.
    pub(crate) fn next_len(&mut self, rest: usize) -> usize {
        let len = match self {
            Self::Whole => rest,
            Self::Every(len) | Self::Spare(len) => *len,
            Self::Random(state) => {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                match *state >> 24 {
                    byte @ 0..128 => byte as usize % 4,
                    byte => byte as usize,
                }
            }
        };
        len.clamp(1, rest)
    }
}
