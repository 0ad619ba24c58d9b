//! The decompression of a connection's incoming messages.
//!
//! A message goes through `start`, then `feed` and `step` for each range of its payload, then `finish`.
//! While it is passing, the connection owns a [`Passing`] with the decompressor; between messages it keeps
//! at most the history ([`Carried`]). The [`Workspace`] of an input keeps a `Passing` and an output buffer
//! for the next message, of any connection.
//!
//! The end of a message is special: RFC 7692 has senders leave out four bytes, and they may mark blocks as
//! the last. [`TAIL`], `tail` and `is_after_final` deal with that.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::compression::Context;
use super::distances::Distances;
use super::history::History;
use super::inflater::{Inflated, Inflater, Verdict};
use super::step::{Progress, Step};
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};
use crate::wire::{Kind, ProtocolError};

/// Decompresses the messages of a connection (RFC 7692, section 7.2.2).
#[derive(Debug)]
pub(crate) enum Inflation {
    /// Between messages, without a history.
    Empty(Context),
    /// Between messages, with the history of a context that is taken over.
    Waiting(Context, Box<Carried>),
    /// Within a message.
    Passing(Context, Box<Passing>),
}

/// The history that one message leaves to the next.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    history: History,
    /// The inflater that wrote it. It still knows the history if it has done nothing else since.
    ticket: Option<Ticket>,
}

/// An inflater, and how often it had been used.
#[derive(Clone, Debug)]
struct Ticket {
    /// An allocation of the inflater's own. Its address stays taken while any ticket is left, so it is the same
    /// in two tickets only if the inflater is, whatever thread either is on.
    inflater: Arc<()>,
    use_count: u64,
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inflater, &other.inflater) && self.use_count == other.use_count
    }
}

/// A message that is being decompressed.
#[derive(Debug)]
pub(crate) struct Passing {
    inflater: Inflater,
    /// Identifies `inflater` and its current use.
    ticket: Ticket,
    carried: Option<Box<Carried>>,
    /// The memory for messages without takeover, while `carried` belongs to a connection with it.
    idle: Option<Box<Carried>>,
    /// Checks how far back the message refers, since the inflater always has the largest window.
    distances: Option<Box<Distances>>,
    /// Whether the message refers too far back after the `left` bytes.
    is_too_far: bool,
    kind: Kind,
    /// The number of compressed bytes of the message at the front of the input.
    left: usize,
    /// Whether payload of the message is in the input, even an empty one.
    has_stretch: bool,
    is_last: bool,
    /// Whether any payload of the message has arrived.
    has_begun: bool,
    /// Whether nothing has arrived since a block that was marked as the last.
    is_after_final: bool,
    /// How many bytes of [`TAIL`] are decompressed.
    tail: usize,
    /// The decompressed size so far, in bytes.
    made: u64,
    /// The number of blocks that were marked as the last.
    finals: u32,
}

impl Inflation {
    pub(crate) const fn new(context: Context) -> Self {
        Self::Empty(context.bounded())
    }

    /// Returns whether there is payload to decompress at the front of the input.
    pub(crate) const fn has_stretch(&self) -> bool {
        match self {
            Self::Passing(_, passing) => passing.has_stretch,
            Self::Empty(_) | Self::Waiting(..) => false,
        }
    }

    /// Starts a message.
    pub(crate) fn start(&mut self, kind: Kind, workspace: &mut Workspace) {
        let (context, carried) = match core::mem::replace(self, Self::Empty(Context::FULL)) {
            Self::Waiting(context, carried) => (context, Some(carried)),
            Self::Empty(context) | Self::Passing(context, _) => (context, None),
        };
        let mut passing = workspace.bench().idle.take().unwrap_or_else(Passing::new);
        passing.start(kind, carried, context);
        passing.check_distances(context);
        *self = Self::Passing(context, passing);
    }

    /// Adds payload of the message, which is at the front of the input.
    pub(crate) fn feed(&mut self, stretch: &[u8], is_last: bool) {
        let (context, passing) = self.passing();
        passing.left = match &mut passing.distances {
            Some(distances) if context.window_bits < 15 => distances.accept(stretch),
            Some(_) | None => stretch.len(),
        };
        passing.is_too_far = passing.left < stretch.len();
        passing.is_last = is_last;
        passing.has_stretch = true;
        passing.has_begun |= !stretch.is_empty();
    }

    /// Decompresses as much of the payload as fits into `out`, up to a message of `limit` bytes.
    pub(crate) fn step(&mut self, input: &[u8], out: &mut [u8], limit: u64) -> Step {
        let (context, passing) = self.passing();
        passing.step(input, out, limit, 1 << context.window_bits)
    }

    /// Ends the message. The workspace keeps its memory for the next one, of any connection.
    pub(crate) fn finish(&mut self, workspace: &mut Workspace) {
        let (context, _) = self.passing();
        let Self::Passing(_, mut passing) = core::mem::replace(self, Self::Empty(context)) else {
            return;
        };
        if context.is_taken_over
            && let Some(carried) = passing.finish()
        {
            *self = Self::Waiting(context, carried);
        }
        workspace.bench().idle = Some(passing);
    }

    /// Returns the kind of the current message.
    pub(crate) fn kind(&mut self) -> Kind {
        self.passing().1.kind
    }

    /// Saves a decompressor between messages: the context and its history.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        let (context, history) = match self {
            Self::Empty(context) | Self::Passing(context, _) => (context, [&[][..]; 2]),
            Self::Waiting(context, carried) => (context, carried.history.as_slices()),
        };
        context.save(out);
        out.bytes(history);
    }

    pub(crate) fn load(from: &mut Loader<'_>) -> Result<Self, SnapshotError> {
        let context = Context::load(from)?;
        let (window, bytes) = (1 << context.window_bits, from.bytes()?);
        check(bytes.is_empty() || (context.is_taken_over && bytes.len() <= window))?;
        if bytes.is_empty() {
            return Ok(Self::Empty(context));
        }
        let mut carried = Box::<Carried>::default();
        carried.history.push(bytes, window);
        Ok(Self::Waiting(context, carried))
    }

    fn passing(&mut self) -> (Context, &mut Passing) {
        match self {
            Self::Passing(context, passing) => (*context, passing),
            Self::Empty(_) | Self::Waiting(..) => {
                unreachable!("a message that passes was started")
            }
        }
    }
}

impl Passing {
    fn new() -> Box<Self> {
        Box::new(Self {
            inflater: Inflater::new(),
            ticket: Ticket { inflater: Arc::new(()), use_count: 0 },
            carried: None,
            idle: None,
            distances: None,
            is_too_far: false,
            kind: Kind::Binary,
            left: 0,
            has_stretch: false,
            is_last: false,
            has_begun: false,
            is_after_final: false,
            tail: 0,
            made: 0,
            finals: 0,
        })
    }

    fn start(&mut self, kind: Kind, carried: Option<Box<Carried>>, context: Context) {
        let is_first = carried.is_none();
        if context.is_taken_over {
            // The memory of messages without takeover has the size of other windows, so it is set aside.
            let own = self.carried.replace(carried.unwrap_or_default());
            self.idle = own.or(self.idle.take());
        }
        let carried = self.carried.get_or_insert_default();
        if is_first {
            carried.history.clear();
        }
        if carried.ticket.as_ref() != Some(&self.ticket) || is_first {
            self.inflater.restart(&carried.history);
        }
        self.ticket.use_count += 1;
        (self.kind, self.has_stretch) = (kind, false);
        (self.has_begun, self.is_after_final) = (false, false);
        (self.tail, self.made, self.finals) = (0, 0, 0);
    }

    fn check_distances(&mut self, context: Context) {
        let Context { window_bits, is_taken_over } = context;
        if window_bits < 15 {
            let reach = if is_taken_over { self.history().len() } else { 0 };
            let distances = self.distances.get_or_insert_with(|| Box::new(Distances::new(15)));
            distances.restart(window_bits, reach);
        }
    }

    fn finish(&mut self) -> Option<Box<Carried>> {
        let mut carried = core::mem::replace(&mut self.carried, self.idle.take())?;
        carried.ticket = Some(self.ticket.clone());
        Some(carried)
    }

    fn step(&mut self, input: &[u8], out: &mut [u8], limit: u64, window: usize) -> Step {
        let room = usize::try_from(limit - self.made).map_or(out.len(), |left| {
            // One byte more shows that the message exceeds the limit.
            left.saturating_add(1).min(out.len())
        });
        let out = &mut out[..room];
        let Inflated { mut used, mut made, verdict } = match (self.left, self.tail) {
            (0, ..CUT) => self.inflater.inflate_block(self.rest_of_tail(), out),
            (0, _) => self.inflater.inflate(self.rest_of_tail(), out),
            (left, _) => self.inflater.inflate(&input[..left], out),
        };
        self.is_after_final &= used == 0;
        let tail = self.tail;
        match self.left {
            0 => self.tail += core::mem::take(&mut used),
            _ => self.left -= used,
        }
        let is_filled = made == room;
        let is_too_big = made as u64 > limit - self.made;
        made -= usize::from(is_too_big);
        self.made += made as u64;
        self.history().push(&out[..made], window);
        let outcome = match verdict {
            // Section 10.4 of RFC 6455.
            _ if is_too_big => Err(ProtocolError::MessageTooBig),
            Verdict::Invalid => Err(ProtocolError::InvalidDeflate),
            _ if !self.is_tail_behind_a_block(tail, verdict) => Err(ProtocolError::InvalidDeflate),
            Verdict::Final => self.restart(),
            Verdict::Valid => self.progress(is_filled),
        };
        Step { used, made, outcome }
    }

    /// Goes on after a block that is marked as the last (RFC 7692, section 7.2.3.4: others may follow).
    fn restart(&mut self) -> Result<Progress, ProtocolError> {
        self.is_after_final = true;
        self.finals += 1;
        if self.finals > MAX_FINALS {
            return Err(ProtocolError::TooManyBlocks);
        }
        let Self { inflater, carried, .. } = self;
        inflater.restart(&carried.get_or_insert_default().history);
        self.progress(false)
    }

    fn progress(&mut self, is_filled: bool) -> Result<Progress, ProtocolError> {
        if is_filled || self.left > 0 {
            return Ok(Progress::Stretch);
        }
        if self.is_too_far {
            return Err(ProtocolError::InvalidDeflate);
        }
        if !self.is_last {
            self.has_stretch = false;
            return Ok(Progress::Message);
        }
        match self.tail {
            // An empty message has no tail, and neither has one that ends with a block marked as the last.
            0 if !self.has_begun || self.is_after_final => {}
            0 | CUT => return Ok(Progress::Stretch),
            END => {}
            _ => return Err(ProtocolError::InvalidDeflate),
        }
        self.has_stretch = false;
        Ok(Progress::Done)
    }

    /// Returns whether the message ends where a block and a byte end (RFC 7692, section 7.2.1).
    ///
    /// If it ends within a byte, the remaining bits of that byte are ones, which start a block that is
    /// marked as the last or that is invalid.
    fn is_tail_behind_a_block(&self, before: usize, verdict: Verdict) -> bool {
        match (before, self.tail) {
            (..CUT, ..=CUT) => true,
            // The block was marked as the last, which the library reports only now.
            (CUT, CUT) => verdict == Verdict::Final,
            (CUT, END) => verdict == Verdict::Valid,
            _ => false,
        }
    }

    /// Returns the rest of the tail to decompress after the last bytes of a message.
    fn rest_of_tail(&self) -> &'static [u8] {
        let is_whole = self.tail == 0 && (self.is_after_final || !self.has_begun);
        match self.tail {
            _ if !self.is_last || self.is_too_far || is_whole => &[],
            ..CUT => &TAIL[self.tail..=CUT],
            _ => &TAIL[self.tail..],
        }
    }

    fn history(&mut self) -> &mut History {
        &mut self.carried.get_or_insert_default().history
    }
}

/// The memory that decompression needs only during a message. An input keeps it for the next message, of any
/// connection.
#[derive(Default)]
pub(crate) struct Workspace(Option<Box<Bench>>);

struct Bench {
    scratch: [u8; SCRATCH],
    /// Whether `scratch` holds an event that has not been taken.
    is_lent: bool,
    idle: Option<Box<Passing>>,
}

impl Workspace {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Returns the output buffer.
    pub(crate) fn scratch(&mut self) -> &mut [u8] {
        let bench = self.bench();
        assert!(!bench.is_lent, "inflated over an event that has not been taken");
        &mut bench.scratch
    }

    /// Marks the output buffer as holding an event that has not been taken.
    pub(crate) fn lend(&mut self) {
        self.bench().is_lent = true;
    }

    /// Returns whether there is such an event.
    pub(crate) const fn is_lent(&self) -> bool {
        match &self.0 {
            Some(bench) => bench.is_lent,
            None => false,
        }
    }

    /// Takes that event.
    pub(crate) fn take(&mut self) -> &mut [u8] {
        let bench = self.bench();
        bench.is_lent = false;
        &mut bench.scratch
    }

    fn bench(&mut self) -> &mut Bench {
        self.0.get_or_insert_with(|| {
            Box::new(Bench { scratch: [0; SCRATCH], is_lent: false, idle: None })
        })
    }
}

/// The bytes to decompress after each message: the four that the sender left out (RFC 7692, section 7.2.1),
/// and an empty block.
///
/// The four bytes end a block, so the inflater stops after them and consumes the empty block in another step.
const TAIL: [u8; END] = [0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff];
const CUT: usize = 4;
const END: usize = 9;

/// How much to decompress at a time, in bytes. With less, the library would copy its window more often.
const SCRATCH: usize = 32 << 10;

/// Maximum number of blocks in one message that are marked as the last. Real messages have at most one, and
/// each takes time.
const MAX_FINALS: u32 = 128;
