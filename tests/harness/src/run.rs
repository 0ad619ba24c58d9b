use sansocket::{
    Busy, CloseCode, Connection, Ended, Event, Input, Negotiated, ProtocolError, Seed, SendError,
    Sender, Step,
};

use crate::machine::Machine;
use crate::seen::Seen;
use crate::setup::{START, Setup};
use crate::way::{Cut, Way};

/// All that an end showed of itself. It does not depend on the way that it was driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The events.
    pub seen: Vec<Seen>,
    /// The parts of a message whose end did not come.
    pub parts: Vec<u8>,
    /// The violation that ended the connection.
    pub error: Option<ProtocolError>,
    /// The output.
    pub out: Vec<u8>,
    /// Whether the end wanted to end the transport first.
    pub is_over: bool,
    /// The final account.
    pub ended: Ended,
}

impl Outcome {
    /// Removes the masks, which differ if a connection was suspended.
    #[must_use]
    pub fn unmasked(mut self) -> Self {
        let mut rest = &mut self.out[..];
        while let [_, second, behind @ ..] = rest
            && *second & 0x80 != 0
        {
            let len = match *second & 0x7f {
                126 => 2,
                127 => 8,
                _ => 0,
            };
            let Some((extended, behind)) = behind.split_at_mut_checked(len) else { break };
            let long = extended.iter().fold(0, |long, &byte| long << 8 | usize::from(byte));
            let len = if len == 0 { usize::from(*second & 0x7f) } else { long };
            let Some((key, behind)) = behind.split_first_chunk_mut::<4>() else { break };
            let (payload, behind) = behind.split_at_mut(len.min(behind.len()));
            sansocket::wire::apply_mask(*key, 0, payload);
            *key = [0; 4];
            rest = behind;
        }
        self
    }
}

/// Gives `stream` to an end, cut into reads, then ends the transport. Returns also how many bytes were given
/// when the connection failed.
pub fn run(setup: &Setup, stream: &[u8], cut: Cut) -> (Outcome, usize) {
    run_by(setup, stream, cut.into())
}

/// Gives `stream` to an end in this way, then ends the transport. Returns also how many bytes were given when
/// the connection failed.
pub fn run_by(setup: &Setup, stream: &[u8], mut way: Way) -> (Outcome, usize) {
    let mut given = way.ahead.min(stream.len());
    let mut connection = setup.connect();
    if given > 0 {
        connection = connection.with_read_ahead(&stream[..given]);
    }
    let mut end = End::start(setup, Machine::new(connection, way.is_split));
    end.is_fidgeting = way.is_fidgeting;
    let mut neighbour = way.is_sharing.then(Neighbour::new);
    let mut input = Input::new(vec![0; way.cut.storage(stream.len())]);
    end.receive(&mut input);
    while given < stream.len() && end.error.is_none() {
        given += end.read(&mut input, &mut way, &stream[given..]);
        end.receive(&mut input);
        assert!(input.is_empty(), "without an event, the input is used up");
        if way.is_suspending {
            end.suspend(&mut input);
        }
        if let Some(neighbour) = &mut neighbour {
            neighbour.act(&mut input);
        }
    }
    (end.finish(&mut input), given)
}

/// One end while it runs.
pub(crate) struct End {
    setup: Setup,
    machine: Machine,
    is_fidgeting: bool,
    pub(crate) seen: Vec<Seen>,
    pub(crate) parts: Vec<u8>,
    pub(crate) error: Option<ProtocolError>,
    pub(crate) out: Vec<u8>,
}

impl End {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self::start(setup, Machine::new(setup.connect(), false))
    }

    fn start(setup: &Setup, machine: Machine) -> Self {
        let mut end = Self {
            setup: *setup,
            machine,
            is_fidgeting: false,
            seen: Vec::new(),
            parts: Vec::new(),
            error: None,
            out: Vec::new(),
        };
        end.act();
        end
    }

    pub(crate) fn sender(&mut self) -> &mut Sender {
        self.machine.sender()
    }

    /// Suspends the connection and restores it, if it can be suspended. All events must have been taken.
    pub(crate) fn suspend(&mut self, input: &mut Input<Vec<u8>>) {
        let machine = Machine::new(self.setup.connect(), false);
        let connection = std::mem::replace(&mut self.machine, machine).into_connection();
        let was_open = connection.is_open();
        let connection = match connection.suspend(input) {
            Ok(snapshot) => {
                let seed = Seed::new([7; 32]);
                Connection::restore(&snapshot, self.setup.config(), seed, START)
                    .expect("what was saved is loaded")
            }
            Err(error) => {
                assert!(self.can_be_busy(error.busy, was_open), "{:?}", error.busy);
                error.connection
            }
        };
        self.machine = Machine::new(connection, false);
    }

    /// Whether this can be why a connection whose events were taken is not suspended.
    fn can_be_busy(&self, busy: Busy, was_open: bool) -> bool {
        match busy {
            Busy::NotOpen => !was_open,
            Busy::Replies => self.setup.max_queued < usize::MAX,
            #[cfg(feature = "deflate")]
            Busy::Receiving | Busy::Sending => self.setup.compression.is_some(),
            _ => false,
        }
    }

    /// Reads from the front of `rest`, and returns how much.
    fn read(&mut self, input: &mut Input<Vec<u8>>, way: &mut Way, rest: &[u8]) -> usize {
        let len = way.cut.next_len(rest.len());
        if way.is_borrowing {
            return self.machine.read(input, rest, len);
        }
        self.machine.receive(input, &rest[..len]);
        len
    }

    /// Gives `bytes` to the end, and takes all events that come of them.
    pub(crate) fn give(&mut self, input: &mut Input<Vec<u8>>, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.machine.receive(input, bytes);
            self.receive(input);
        }
    }

    /// Takes all events. Output is written when no more events are given out without it.
    fn receive(&mut self, input: &mut Input<Vec<u8>>) {
        while self.receive_one(input) {}
        while self.is_flooded() {
            self.write();
            while self.receive_one(input) {}
        }
    }

    /// Whether no more events are given out until something is written.
    fn is_flooded(&mut self) -> bool {
        // To ask for the next step queues the control frames that wait, which few setups do now.
        let has_limit = self.setup.max_queued < usize::MAX;
        has_limit && self.sender().next_step() == Step::Io { read: false, write: true }
    }

    fn receive_one(&mut self, input: &mut Input<Vec<u8>>) -> bool {
        if self.is_fidgeting {
            self.fidget(input);
        }
        let is_advancing = self.setup.is_advancing;
        let is_there = is_advancing && self.machine.has_event(input);
        let Some(event) = self.machine.next_event(input) else {
            assert!(!is_there, "what was found can be taken");
            return false;
        };
        assert!(is_there || !is_advancing, "there is an event only if one was found");
        let is_close = matches!(event, Event::Close(_));
        if let Event::Violation(error) = event {
            self.fail(error, input);
            return true;
        }
        let seen = Seen::new(event, &mut self.parts);
        assert!(!is_close || input.is_empty(), "what follows a close frame is discarded");
        if let Some(seen) = seen {
            self.reply(&seen);
            self.seen.push(seen);
            self.act();
        }
        true
    }

    /// Makes calls that change nothing.
    fn fidget(&mut self, input: &mut Input<Vec<u8>>) {
        let _ = self.machine.spare(input).buffer();
        let is_there = self.machine.has_event(input);
        input.free_memory();
        assert!(!format!("{:?} {input:?}", self.machine).is_empty());
        let sender = self.machine.sender();
        sender.free_memory();
        sender.transmitted(0, START);
        sender.handle_timeout(START);
        let _ = (sender.is_full(), sender.is_urgent(), sender.poll_timeout(), sender.round_trip());
        assert_eq!(self.machine.has_event(input), is_there, "an event that was found stays");
    }

    /// Takes a violation. Nothing comes after it, and nothing is sent but the close frame.
    fn fail(&mut self, error: ProtocolError, input: &mut Input<Vec<u8>>) {
        assert!(input.is_empty(), "after a violation, the input is used up");
        assert_eq!(self.error, None, "a violation is reported once");
        self.error = Some(error);
        self.check_deaf();
    }

    /// Checks that whatever comes is ignored, and nothing can be sent.
    fn check_deaf(&mut self) {
        for bytes in [b"\x81\x01a", &b"GET / HTTP/1.1\r\n\r\n"[..]] {
            let mut input = Input::default();
            self.machine.receive(&mut input, bytes);
            assert!(!self.machine.has_event(&mut input), "no event follows the end");
            assert_eq!(self.machine.next_event(&mut input), None, "no event follows the end");
            assert!(input.is_empty(), "a connection that is over ignores its input");
        }
        self.check_silent();
    }

    /// Checks that nothing can be sent any more.
    fn check_silent(&mut self) {
        let sender = self.sender();
        assert!(!sender.is_open());
        let queued = sender.queued();
        let closing = Err(SendError::Closing);
        assert_eq!(sender.send("text"), closing);
        assert_eq!(sender.send(vec![0; 20_000]), closing);
        assert_eq!(sender.send_with("text", |_| panic!("nothing is written")), closing);
        let write = |_: &[&[u8]; 3]| panic!("nothing is written");
        assert_eq!(sender.send_in_place(&mut [0; 20_000], write), closing);
        assert_eq!(sender.send_part("text"), closing);
        assert_eq!(sender.send_last("text"), closing);
        assert_eq!(sender.ping(b""), closing);
        assert_eq!(sender.probe(), closing);
        assert_eq!(sender.pong(b""), closing);
        assert_eq!(sender.queued(), queued, "after the close frame, nothing is sent");
    }

    /// Does what the application has set out to do after an event.
    fn act(&mut self) {
        if self.setup.closes_after == Some(self.seen.len()) {
            assert_eq!(self.sender().close(CloseCode::NORMAL, ""), Ok(()));
        }
        if self.setup.is_prompt {
            self.write();
        }
    }

    fn reply(&mut self, seen: &Seen) {
        let sender = self.machine.sender();
        let before = sender.queued();
        let sent = match seen {
            _ if !self.setup.is_echoing => return,
            Seen::Text(text) => sender.send(text),
            Seen::Binary(bytes) => sender.send(bytes),
            Seen::Ping(_) | Seen::Pong(_) | Seen::Close(..) => return,
        };
        if sent.is_err() {
            assert_eq!(sender.queued(), before, "without success, nothing is sent");
        }
    }

    /// Writes all that waits.
    pub(crate) fn write(&mut self) {
        while self.write_some(usize::MAX) > 0 {}
    }

    /// Writes up to `len` bytes of what waits, and returns how many.
    pub(crate) fn write_some(&mut self, len: usize) -> usize {
        let sender = self.machine.sender();
        let bytes = sender.transmit();
        let count = bytes.len().min(len);
        self.out.extend_from_slice(&bytes[..count]);
        sender.transmitted(count, START);
        count
    }

    /// Whether this end wants to end the transport, once all is written.
    pub(crate) fn is_over(&mut self) -> bool {
        self.write();
        self.sender().next_step() == Step::Shutdown
    }

    fn finish(mut self, input: &mut Input<Vec<u8>>) -> Outcome {
        let is_over = self.is_over();
        if is_over {
            self.sender().handle_shutdown();
        }
        let ended = self.end(input);
        Outcome { is_over, ..self.outcome(ended) }
    }

    /// Returns all that the end showed, if it did not want to end the transport first.
    pub(crate) fn outcome(self, ended: Ended) -> Outcome {
        let Self { seen, parts, error, out, .. } = self;
        Outcome { seen, parts, error, out, is_over: false, ended }
    }

    /// Ends the transport.
    pub(crate) fn end(&mut self, input: &mut Input<Vec<u8>>) -> Ended {
        self.machine.handle_eof();
        let before = self.seen.len();
        self.receive(input);
        assert_eq!(self.seen.len(), before, "all events were taken");
        if self.is_over() {
            self.sender().handle_shutdown();
        }
        let Step::Done(ended) = self.sender().next_step() else { panic!("every end is explained") };
        self.check_deaf();
        self.machine.handle_eof();
        let sender = self.machine.sender();
        sender.handle_shutdown();
        sender.handle_write_error(START);
        sender.handle_timeout(START);
        assert_eq!(sender.next_step(), Step::Done(ended.clone()), "the account is final");
        assert_eq!(self.sender().poll_timeout(), None, "nothing is waited for");
        ended
    }
}

/// A connection that uses the same input as another. It gets one message again and again, cut in the middle.
struct Neighbour {
    connection: Connection,
    given: usize,
}

impl Neighbour {
    const FRAME: &[u8] = b"\x81\x88\0\0\0\0neighbor";

    fn new() -> Self {
        let connection =
            Connection::open_server(Negotiated::new(), std::sync::Arc::default(), START);
        Self { connection, given: 0 }
    }

    fn act(&mut self, input: &mut Input<Vec<u8>>) {
        let rest = &Self::FRAME[self.given..];
        let mut spare = self.connection.spare(input);
        let len = rest.len().min(7).min(spare.buffer().len());
        spare.buffer()[..len].copy_from_slice(&rest[..len]);
        spare.filled(len, START);
        self.given += len;
        let event = self.connection.next_event(input);
        if self.given < Self::FRAME.len() {
            return assert_eq!(event, None);
        }
        assert_eq!(event, Some(Event::Text("neighbor")));
        assert_eq!(self.connection.next_event(input), None);
        self.given = 0;
    }
}
