//! Operations by io_uring.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::mem::ManuallyDrop;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;
use std::time::Duration;

use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, opcode, squeue};

use super::{Backend, Completion, Operation, Token};

pub(crate) struct Uring {
    ring: IoUring,
    /// What the kernel works on, by number. When the loop fails, it may do so for a while after the ring is
    /// gone: so this is never freed.
    running: ManuallyDrop<HashMap<u64, (Token, Operation)>>,
    last: u64,
}

impl Uring {
    /// # Errors
    ///
    /// When the kernel is too old, or does not let us.
    pub(crate) fn new() -> io::Result<Self> {
        let ring = IoUring::new(ENTRIES)?;
        if !ring.params().is_feature_ext_arg() {
            return Err(io::Error::new(ErrorKind::Unsupported, "Linux before 5.11"));
        }
        Ok(Self { ring, running: ManuallyDrop::default(), last: 0 })
    }
}

impl Backend for Uring {
    #[expect(unsafe_code, reason = "the kernel is given addresses")]
    fn submit(&mut self, token: Token, mut operation: Operation) -> io::Result<()> {
        self.last += 1;
        let entry = operation.entry().user_data(self.last);
        self.running.insert(self.last, (token, operation));
        // SAFETY: the addresses lead into memory on the heap, which `running` keeps where it is, untouched,
        // until the kernel says that it is done. So does it keep the stream, and with it the descriptor.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            self.ring.submit()?;
        }
        Ok(())
    }

    fn wait(
        &mut self,
        timeout: Option<Duration>,
    ) -> io::Result<Vec<(Token, io::Result<Completion>)>> {
        let timeout = timeout.map(Timespec::from);
        let args = match &timeout {
            Some(timeout) => SubmitArgs::new().timespec(timeout),
            None => SubmitArgs::new(),
        };
        match self.ring.submitter().submit_with_args(1, &args) {
            // Time is up; a signal; too much is done that we have not looked at.
            Err(error)
                if [Some(libc::ETIME), Some(libc::EINTR), Some(libc::EBUSY)]
                    .contains(&error.raw_os_error()) => {}
            outcome => drop(outcome?),
        }
        let running = &mut self.running;
        let complete = |entry: io_uring::cqueue::Entry| {
            let (token, operation) = running.remove(&entry.user_data())?;
            Some((token, operation.complete(entry.result())))
        };
        Ok(self.ring.completion().filter_map(complete).collect())
    }
}

impl Operation {
    fn entry(&mut self) -> squeue::Entry {
        // None of these is longer than a 32-bit number tells, or else the rest is done later.
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        match self {
            Self::Accept(listener) => {
                let listener = Fd(listener.as_raw_fd());
                opcode::Accept::new(listener, ptr::null_mut(), ptr::null_mut())
                    .flags(libc::SOCK_CLOEXEC)
                    .build()
            }
            Self::Read(stream, buffer) => {
                let (start, room) = (buffer.as_mut_ptr(), length(buffer.capacity()));
                opcode::Recv::new(Fd(stream.as_raw_fd()), start, room).build()
            }
            Self::Write(stream, bytes) => {
                opcode::Send::new(Fd(stream.as_raw_fd()), bytes.as_ptr(), length(bytes.len()))
                    .flags(libc::MSG_NOSIGNAL)
                    .build()
            }
        }
    }

    #[expect(unsafe_code, reason = "the kernel tells what it has done")]
    fn complete(self, result: i32) -> io::Result<Completion> {
        let count = usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result))?;
        Ok(match self {
            // SAFETY: this is a descriptor of a stream, new and nobody else's.
            Self::Accept(_) => Completion::Accepted(unsafe { TcpStream::from_raw_fd(result) }),
            Self::Read(_, mut buffer) => {
                // SAFETY: the kernel has written so many bytes, no more than the capacity.
                unsafe { buffer.set_len(count) };
                Completion::Read(buffer)
            }
            Self::Write(..) => Completion::Written(count),
        })
    }
}

/// How many operations are handed over at once.
const ENTRIES: u32 = 256;
