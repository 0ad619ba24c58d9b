//! Reads and writes for the traits of `std`: each outcome of a stream has its meaning.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

use harness::START;
use sansocket::{Event, Input, Prepared, Role, Step};

use crate::support::*;

/// A stream that does what a script says: so many bytes, or an error, for each call.
struct Script {
    outcomes: VecDeque<Result<usize, ErrorKind>>,
    /// The bytes that come, or those that were written.
    bytes: Vec<u8>,
}

impl Script {
    fn new(outcomes: &[Result<usize, ErrorKind>], bytes: &[u8]) -> Self {
        Self { outcomes: outcomes.iter().copied().collect(), bytes: bytes.to_vec() }
    }

    fn next(&mut self) -> io::Result<usize> {
        Ok(self.outcomes.pop_front().expect("no other call follows")?)
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.next()?;
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        Ok(count)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.next()?;
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(&slices.iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_outcome_of_a_write_has_its_meaning() {
    use ErrorKind::*;
    for (outcomes, expected, left) in [
        (&[Ok(7)][..], Ok(true), 0),
        (&[Ok(3)], Ok(true), 4),
        (&[Err(Interrupted), Ok(7)], Ok(true), 0),
        (&[Err(WouldBlock)], Ok(false), 7),
        (&[Err(TimedOut)], Ok(false), 7),
        // What waits is dropped.
        (&[Ok(0)], Err(WriteZero), 0),
        (&[Err(BrokenPipe)], Err(BrokenPipe), 0),
    ] {
        let (mut server, mut stream) = (server(), Script::new(outcomes, b""));
        server.send("Hello").unwrap();
        let written = server.write_to(&mut stream, || START).map_err(|error| error.kind());
        assert_eq!((written, server.queued()), (expected, left), "{outcomes:?}");
        assert_eq!(stream.outcomes, [], "{outcomes:?}");
        assert!(bytes("8105 48656c6c6f").starts_with(&stream.bytes), "{outcomes:?}");
        // After an error, nothing is written any more.
        server.send("Hello").unwrap();
        let _ = server.next_step();
        assert_eq!(!server.transmit().is_empty(), expected.is_ok(), "{outcomes:?}");
    }
}

#[test]
fn all_that_waits_is_written_at_once() {
    let mut server = server();
    let idle = server.write_to(&mut Script::new(&[Ok(0)], b""), || START);
    assert!(idle.unwrap(), "nothing waits, which is no error");
    server.send("Hello").unwrap();
    server.send(&Prepared::new(vec![7; 20_000])).unwrap();
    server.send("Hello").unwrap();
    let mut stream = Script::new(&[Ok(20_018)], b"");
    assert!(server.write_to(&mut stream, || START).unwrap());
    let hello = bytes("8105 48656c6c6f");
    let long = frame_to(Role::Client, 0x82, &[7; 20_000]);
    assert_eq!(stream.bytes, [&hello[..], &long, &hello].concat());
}

#[test]
fn each_outcome_of_a_read_has_its_meaning() {
    use ErrorKind::*;
    let frame = frame_to(Role::Server, 0x81, b"Hello");
    for (outcomes, expected, event, reads_on) in [
        (&[Ok(11)][..], Ok(true), Some(Event::Text("Hello")), true),
        (&[Err(Interrupted), Ok(11)], Ok(true), Some(Event::Text("Hello")), true),
        (&[Ok(10)], Ok(true), None, true),
        (&[Err(WouldBlock)], Ok(false), None, true),
        (&[Err(TimedOut)], Ok(false), None, true),
        (&[Ok(0)], Ok(true), None, false),
        (&[Err(ConnectionReset)], Err(ConnectionReset), None, false),
    ] {
        let (mut server, mut input) = (server(), Input::new([0; 16]));
        let mut stream = Script::new(outcomes, &frame);
        let read = server.read_from(&mut stream, &mut input, || START);
        assert_eq!(read.map_err(|error| error.kind()), expected, "{outcomes:?}");
        assert_eq!(stream.outcomes, [], "{outcomes:?}");
        assert_eq!(server.next_event(&mut input), event, "{outcomes:?}");
        assert_eq!(server.next_event(&mut input), None, "{outcomes:?}");
        let is_reading = matches!(server.next_step(), Step::Io { read: true, .. });
        assert_eq!(is_reading, reads_on, "{outcomes:?}");
    }
}

#[cfg(feature = "legacy")]
#[test]
fn each_outcome_has_the_same_meaning_for_older_drafts() {
    use ErrorKind::*;
    use harness::open_to_old;
    use sansocket::legacy::Connection;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\
        Connection: Upgrade\r\nOrigin: http://a\r\n\r\n";
    let open = || {
        let config = open_to_old(sansocket::Limits::new());
        let (mut server, mut input) = (Connection::server(config, START), Input::new([0; 16]));
        server = server.with_read_ahead(REQUEST);
        assert_eq!(server.next_event(&mut input), Some(Event::Request));
        server.accept();
        assert_eq!(server.next_event(&mut input), Some(Event::Open));
        let head = server.transmit().len();
        server.transmitted(head, START);
        server
    };
    let idle = open().write_to(&mut Script::new(&[Ok(0)], b""), || START);
    assert!(idle.unwrap(), "nothing waits, which is no error");
    for (outcomes, expected, left) in [
        (&[Ok(7)][..], Ok(true), 0),
        (&[Ok(3)], Ok(true), 4),
        (&[Err(Interrupted), Ok(7)], Ok(true), 0),
        (&[Err(WouldBlock)], Ok(false), 7),
        (&[Ok(0)], Err(WriteZero), 0),
        (&[Err(BrokenPipe)], Err(BrokenPipe), 0),
    ] {
        let (mut server, mut stream) = (open(), Script::new(outcomes, b""));
        server.send("Hello").unwrap();
        let written = server.write_to(&mut stream, || START).map_err(|error| error.kind());
        assert_eq!((written, server.queued()), (expected, left), "{outcomes:?}");
        assert!(b"\0Hello\xff".starts_with(&stream.bytes), "{outcomes:?}");
    }
    for (outcomes, expected, event, reads_on) in [
        (&[Ok(7)][..], Ok(true), Some(Event::Text("Hello")), true),
        (&[Err(Interrupted), Ok(7)], Ok(true), Some(Event::Text("Hello")), true),
        (&[Err(WouldBlock)], Ok(false), None, true),
        (&[Ok(0)], Ok(true), None, false),
        (&[Err(ConnectionReset)], Err(ConnectionReset), None, false),
    ] {
        let (mut server, mut input) = (open(), Input::new([0; 16]));
        let mut stream = Script::new(outcomes, b"\0Hello\xff");
        let read = server.read_from(&mut stream, &mut input, || START);
        assert_eq!(read.map_err(|error| error.kind()), expected, "{outcomes:?}");
        assert_eq!(server.next_event(&mut input), event, "{outcomes:?}");
        assert_eq!(server.next_event(&mut input), None, "{outcomes:?}");
        let is_reading = matches!(server.next_step(), Step::Io { read: true, .. });
        assert_eq!(is_reading, reads_on, "{outcomes:?}");
    }
}
