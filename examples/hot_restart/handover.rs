//! Messages that carry a socket, over a pair of Unix sockets.
//!
//! ```text
//! length of the body: 8 bytes, with the descriptor │ body
//! ```

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use rustix::cmsg_space;
use rustix::io::{FdFlags, fcntl_setfd, retry_on_intr};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// One end of the pair. It blocks, but for the start of a message.
pub(crate) struct Handover(UnixStream);

/// What has arrived.
pub(crate) enum Arrival {
    /// A socket, and what belongs to it.
    Socket(OwnedFd, Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// The other process has handed over everything, or is gone.
    End,
}

impl Handover {
    /// Creates a pair: our end, and the standard input of the new process.
    pub(crate) fn new() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Self(ours), OwnedFd::from(theirs).into()))
    }

    /// Returns the end that the old process has made our standard input.
    pub(crate) fn inherited() -> io::Result<Self> {
        Ok(Self(io::stdin().as_fd().try_clone_to_owned()?.into()))
    }

    /// Sends a socket. The caller then drops its own descriptor.
    pub(crate) fn send(&self, socket: &impl AsFd, body: &[u8]) -> io::Result<()> {
        let length = (body.len() as u64).to_le_bytes();
        let sockets = [socket.as_fd()];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&sockets));
        let slices = [IoSlice::new(&length)];
        let sent = retry_on_intr(|| sendmsg(&self.0, &slices, &mut control, SendFlags::empty()))?;
        (&self.0).write_all(&length[sent..])?;
        (&self.0).write_all(body)
    }

    /// Receives a socket, if one has come.
    pub(crate) fn receive(&self) -> io::Result<Arrival> {
        let mut length = [0; 8];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(&mut length)];
        let received =
            retry_on_intr(|| recvmsg(&self.0, &mut slices, &mut control, RecvFlags::DONTWAIT));
        let count = match received.map_err(io::Error::from) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Arrival::Nothing),
            Err(error) => return Err(error),
            Ok(received) if received.bytes == 0 => return Ok(Arrival::End),
            Ok(received) => received.bytes,
        };
        let mut sockets = control.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut sockets) => sockets.next(),
            _ => None,
        });
        let socket = sockets.next().ok_or(ErrorKind::InvalidData)?;
        // The process that replaces us gets it by the same way, and by no other.
        fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
        (&self.0).read_exact(&mut length[count..])?;
        let mut body = Vec::new();
        (&self.0).take(u64::from_le_bytes(length)).read_to_end(&mut body)?;
        Ok(Arrival::Socket(socket, body))
    }

    /// Tells the old process that this one is ready.
    pub(crate) fn send_ready(&self) -> io::Result<()> {
        (&self.0).write_all(b"!")
    }

    /// Returns whether the new process is ready. If not, it is gone.
    pub(crate) fn receive_ready(&self) -> bool {
        (&self.0).read_exact(&mut [0]).is_ok()
    }
}

impl AsRawFd for Handover {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
