//! Operations by threads, one each: slow, but complete wherever there are threads.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::{Backend, Completion, Operation, Token};

type Done = (Token, io::Result<Completion>);

pub(crate) struct Threads {
    sender: Sender<Done>,
    done: Receiver<Done>,
}

impl Threads {
    pub(crate) fn new() -> Self {
        let (sender, done) = mpsc::channel();
        Self { sender, done }
    }
}

impl Backend for Threads {
    fn submit(&mut self, token: Token, operation: Operation) -> io::Result<()> {
        let sender = self.sender.clone();
        let run = move || {
            // Nobody waits for it once the loop is over.
            let _ = sender.send((token, operation.run()));
        };
        thread::Builder::new().spawn(run)?;
        Ok(())
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Vec<Done>> {
        let first = self.done.recv_timeout(timeout.unwrap_or(Duration::MAX));
        match first {
            Ok(first) => Ok([first].into_iter().chain(self.done.try_iter()).collect()),
            Err(RecvTimeoutError::Timeout) => Ok(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => unreachable!("we have a sender, too"),
        }
    }
}

impl Operation {
    fn run(self) -> io::Result<Completion> {
        match self {
            Self::Accept(listener) => Ok(Completion::Accepted(listener.accept()?.0)),
            Self::Read(stream, mut buffer) => {
                buffer.resize(buffer.capacity(), 0);
                let count = (&*stream).read(&mut buffer)?;
                buffer.truncate(count);
                Ok(Completion::Read(buffer))
            }
            Self::Write(stream, bytes) => Ok(Completion::Written((&*stream).write(&bytes)?)),
        }
    }
}
