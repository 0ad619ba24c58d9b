use crate::wire::ProtocolError;

/// What came of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// How many bytes of the input were taken.
    pub(crate) used: usize,
    /// How many bytes of the message were made, also before an error.
    pub(crate) made: usize,
    pub(crate) outcome: Result<Progress, ProtocolError>,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "nothing is inflated"))]
pub(crate) enum Progress {
    /// There may be more in the stretch.
    Stretch,
    /// The stretch is done with.
    Message,
    /// So is the message.
    Done,
}

/// How far what was deflated can be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Some may wait for more.
    None,
    /// To its end, behind which there is an empty block.
    Block,
}
