use sansocket::{Connection, Ended, Event, Input, Message, ProtocolError, SendError, Step};

use crate::setup::START;

/// Drives a connection in few words.
pub trait Drive {
    /// Reads all of `bytes`.
    fn feed<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]);

    /// Returns how many bytes the next read may give.
    fn room<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> usize;

    /// Reads from the front of `bytes`, as much as one read takes, and returns how much.
    fn read<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]) -> usize;

    /// Takes the next event. A violation is an error.
    fn next<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
    ) -> Result<Option<Event<'e>>, ProtocolError>;

    /// Takes all events, and returns how many there were.
    fn drain<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> Result<usize, ProtocolError> {
        let mut count = 0;
        while self.next(input)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// Moves the bytes that wait to be written to `out`, and returns how many.
    fn transmit_to(&mut self, out: &mut Vec<u8>) -> usize;

    /// Sends a message to `out`.
    fn send_to<'p>(
        &mut self,
        message: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError>;

    /// Sends a part of a message to `out`.
    fn send_part_to<'p>(
        &mut self,
        part: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError>;

    /// Sends the last part of a message to `out`.
    fn send_last_to<'p>(
        &mut self,
        part: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError>;

    /// Ends the transport. All events must have been taken.
    fn end(&mut self);

    /// Lets deadlines pass until there are no more.
    fn end_late(&mut self);

    /// Returns whether the transport should be ended.
    fn is_over(&mut self) -> bool;

    /// Returns how the connection ended, once it is over.
    fn account(&mut self) -> Option<Ended>;
}

impl Drive for Connection {
    fn feed<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let count = self.read(input, bytes);
            assert!(count > 0, "there is always something to read to");
            bytes = &bytes[count..];
        }
    }

    fn room<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> usize {
        self.spare(input).buffer().len()
    }

    fn read<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]) -> usize {
        let mut spare = self.spare(input);
        let buffer = spare.buffer();
        let count = buffer.len().min(bytes.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        spare.filled(count, START);
        count
    }

    fn next<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
    ) -> Result<Option<Event<'e>>, ProtocolError> {
        match self.next_event(input) {
            Some(Event::Violation(error)) => Err(error),
            event => Ok(event),
        }
    }

    fn transmit_to(&mut self, out: &mut Vec<u8>) -> usize {
        let before = out.len();
        out.extend(self.transmit_vectored().flatten());
        let count = out.len() - before;
        self.transmitted(count, START);
        count
    }

    fn send_to<'p>(
        &mut self,
        message: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.send(message)?;
        self.transmit_to(out);
        Ok(())
    }

    fn send_part_to<'p>(
        &mut self,
        part: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.send_part(part)?;
        self.transmit_to(out);
        Ok(())
    }

    fn send_last_to<'p>(
        &mut self,
        part: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.send_last(part)?;
        self.transmit_to(out);
        Ok(())
    }

    fn end(&mut self) {
        self.handle_eof(START);
        assert_eq!(self.next_event(&mut Input::new([])), None, "all events were taken");
    }

    fn end_late(&mut self) {
        loop {
            let step = self.next_step();
            let Some(due) = self.poll_timeout() else {
                return assert!(matches!(step, Step::Done(_)), "nothing is waited for");
            };
            assert!(self.handle_timeout(due), "a deadline has passed");
        }
    }

    fn is_over(&mut self) -> bool {
        matches!(self.next_step(), Step::Shutdown | Step::Done(_))
    }

    fn account(&mut self) -> Option<Ended> {
        if self.next_step() == Step::Shutdown {
            self.handle_shutdown();
            self.end();
        }
        match self.next_step() {
            Step::Done(ended) => Some(ended),
            Step::Io { .. } | Step::Shutdown => None,
        }
    }
}
