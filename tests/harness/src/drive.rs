use sansocket::{Connection, Ended, Event, Input, ProtocolError, TimedOut};

/// Drives a connection. Tests join its halves nowhere else.
pub trait Drive {
    /// Puts `bytes`, which came from the peer, into the input.
    fn feed<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]);

    /// Returns how many bytes the next read may give.
    fn room<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> usize;

    /// Reads from the front of `bytes` to where the connection wants it, and returns how many bytes that was.
    fn read<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]) -> usize;

    /// Takes the next event.
    fn next<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
    ) -> Result<Option<Event<'e>>, ProtocolError>;

    /// Finds the next event without taking it.
    fn find<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> Result<bool, ProtocolError>;

    /// Takes all events, and returns how many there were.
    fn drain<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> Result<usize, ProtocolError> {
        let mut count = 0;
        while self.next(input)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// Moves what waits to be sent to `out`, and returns how many bytes that was.
    fn transmit_to(&mut self, out: &mut Vec<u8>) -> usize;

    /// Ends the transport.
    fn end(&mut self);

    /// Ends the transport since a deadline passed.
    fn end_late(&mut self, timed_out: TimedOut);

    /// Returns whether the transport should be closed.
    fn is_over(&self) -> bool;

    /// Returns how the connection ended.
    fn account(&self) -> Option<Ended>;
}

impl Drive for Connection {
    fn feed<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]) {
        input.spare()[..bytes.len()].copy_from_slice(bytes);
        input.fill(bytes.len());
    }

    fn room<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> usize {
        self.receiver.spare(input).len()
    }

    fn read<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, bytes: &[u8]) -> usize {
        let spare = self.receiver.spare(input);
        let count = spare.len().min(bytes.len());
        spare[..count].copy_from_slice(&bytes[..count]);
        self.receiver.fill(input, count);
        count
    }

    fn next<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
    ) -> Result<Option<Event<'e>>, ProtocolError> {
        self.receiver.next_event(input, &mut self.sender)
    }

    fn find<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> Result<bool, ProtocolError> {
        self.receiver.advance(input, &mut self.sender)
    }

    fn transmit_to(&mut self, out: &mut Vec<u8>) -> usize {
        self.sender.poll_transmit(out)
    }

    fn end(&mut self) {
        self.receiver.receive_eof(&mut self.sender);
    }

    fn end_late(&mut self, timed_out: TimedOut) {
        self.receiver.give_up(timed_out, &mut self.sender);
    }

    fn is_over(&self) -> bool {
        self.receiver.wants_close(&self.sender)
    }

    fn account(&self) -> Option<Ended> {
        self.receiver.ended(&self.sender)
    }
}
