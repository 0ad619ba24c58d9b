//! The UDP socket.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// A UDP socket, with room for a datagram in each direction.
pub struct Datagrams {
    socket: UdpSocket,
    local: SocketAddr,
    incoming: Vec<u8>,
    outgoing: [u8; Self::MOST_BYTES],
}

impl Datagrams {
    /// How long a datagram may be, in bytes.
    pub const MOST_BYTES: usize = 1350;

    /// Opens a socket.
    ///
    /// # Errors
    ///
    /// Returns an error of the operating system.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        let local = socket.local_addr()?;
        Ok(Self { socket, local, incoming: vec![0; 65535], outgoing: [0; Self::MOST_BYTES] })
    }

    /// Returns the address of this end.
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Waits for a datagram. Returns `None` if the time is over.
    ///
    /// # Errors
    ///
    /// Returns an error of the operating system.
    pub fn receive(
        &mut self,
        timeout: Option<Duration>,
    ) -> io::Result<Option<(&mut [u8], quiche::RecvInfo)>> {
        // `set_read_timeout` rejects a timeout of 0.
        let timeout = timeout.map(|timeout| timeout.max(Duration::from_millis(1)));
        self.socket.set_read_timeout(timeout)?;
        match self.socket.recv_from(&mut self.incoming) {
            Ok((len, from)) => {
                let info = quiche::RecvInfo { from, to: self.local };
                Ok(Some((&mut self.incoming[..len], info)))
            }
            Err(error) => match error.kind() {
                // A peer that has gone refuses what was sent to it.
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionRefused => {
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }

    /// Sends all that a connection has to send.
    ///
    /// # Errors
    ///
    /// Returns an error of the operating system.
    pub fn flush(&mut self, quic: &mut quiche::Connection) -> io::Result<()> {
        loop {
            match quic.send(&mut self.outgoing) {
                Ok((len, info)) => _ = self.socket.send_to(&self.outgoing[..len], info.to)?,
                Err(quiche::Error::Done) => return Ok(()),
                Err(_) => _ = quic.close(false, 1, b"").ok(),
            }
        }
    }
}
