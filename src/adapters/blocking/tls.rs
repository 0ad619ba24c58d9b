//! WebSockets over TLS over blocking streams, by [`rustls`].

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut, Range};
use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustls::{ClientConfig, ClientConnection, ConnectionCommon, SideData, StreamOwned};

use super::stream::{Split, Stream};
use super::tcp;
use super::web_socket::WebSocket;
use crate::adapters::error::Error;
use crate::adapters::tls;
use crate::connection::Config;
use crate::handshake::client;

impl WebSocket<StreamOwned<ClientConnection, TcpStream>> {
    /// Connects to a `wss://` URL over TLS over TCP.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`connect`](WebSocket::connect). A certificate that is rejected is an
    /// [`Error::Io`], which has the error of rustls within.
    pub fn connect_tls(
        url: &str,
        tls: Arc<ClientConfig>,
        config: Arc<Config>,
    ) -> Result<Self, Error> {
        let ((url, name), start) = (tls::parse(url)?, Instant::now());
        let connection = ClientConnection::new(tls::for_websocket(tls), name);
        let connection = connection.map_err(io::Error::other)?;
        let stream = tcp::connect(&url, start, config.timeouts.opening)?;
        let stream = StreamOwned::new(connection, stream);
        Ok(Self::open_client(stream, client::Request::new(url), config, start)?.0)
    }
}

/// The timeouts are those of the stream below. A write that blocks may read, so its timeout bounds that, too.
impl<C, S, D> Stream for StreamOwned<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        self.sock.read_timeout()
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_read_timeout(timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        self.sock.write_timeout()
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_read_timeout(timeout)?;
        self.sock.set_write_timeout(timeout)
    }

    fn end(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        // Not `flush`, which would read while TLS is still being negotiated.
        while self.conn.wants_write() {
            self.conn.write_tls(&mut self.sock)?;
        }
        self.sock.flush()?;
        self.sock.end()
    }
}

impl<C, S, D> Split for StreamOwned<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Split,
    D: SideData,
{
    type Half = TlsHalf<C, S::Half>;

    fn split(self) -> io::Result<(Self::Half, Self::Half)> {
        let (conn, sock) = self.into_parts();
        let (reading, writing) = sock.split()?;
        let conn = Arc::new(Mutex::new(conn));
        Ok((TlsHalf::new(Arc::clone(&conn), reading), TlsHalf::new(conn, writing)))
    }
}

/// One of two halves of a TLS stream: one reads, the other writes.
///
/// The state of TLS is locked while bytes are encrypted or decrypted, not while a half waits for the stream.
pub struct TlsHalf<C, S> {
    conn: Arc<Mutex<C>>,
    sock: S,
    /// Records that were read and not decrypted, or encrypted and not written: these bytes of that buffer.
    unused: Range<usize>,
    records: Vec<u8>,
}

impl<C, S> TlsHalf<C, S> {
    const fn new(conn: Arc<Mutex<C>>, sock: S) -> Self {
        Self { conn, sock, unused: 0..0, records: Vec::new() }
    }

    /// Locks the state of TLS, which no holder leaves in the middle of a change.
    fn lock(&self) -> MutexGuard<'_, C> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C, S, D> TlsHalf<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    /// Decrypts what was read. No bytes are the end of the stream.
    fn decrypt(&mut self) -> io::Result<()> {
        let mut conn = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        self.unused.start += conn.read_tls(&mut &self.records[self.unused.clone()])?;
        let outcome = conn.process_new_packets();
        outcome.map(drop).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    /// Writes all records that wait.
    fn write_records(&mut self) -> io::Result<()> {
        loop {
            while !self.unused.is_empty() {
                match self.sock.write(&self.records[self.unused.clone()])? {
                    0 => return Err(ErrorKind::WriteZero.into()),
                    count => self.unused.start += count,
                }
            }
            let mut records = core::mem::take(&mut self.records);
            records.clear();
            self.lock().write_tls(&mut records)?;
            (self.unused, self.records) = (0..records.len(), records);
            if self.unused.is_empty() {
                return self.sock.flush();
            }
        }
    }
}

impl<C, S, D> Read for TlsHalf<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let outcome = self.lock().reader().read(buffer);
            match outcome {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            if self.unused.is_empty() {
                self.records.resize(RECORD, 0);
                self.unused = 0..self.sock.read(&mut self.records)?;
            }
            self.decrypt()?;
        }
    }
}

impl<C, S, D> Write for TlsHalf<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_records()?;
        let count = self.lock().writer().write(bytes)?;
        // The bytes have been taken. The next call meets the same error.
        let _ = self.write_records();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_records()
    }
}

impl<C, S, D> Stream for TlsHalf<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        self.sock.read_timeout()
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_read_timeout(timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        self.sock.write_timeout()
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_write_timeout(timeout)
    }

    fn end(&mut self) -> io::Result<()> {
        self.lock().send_close_notify();
        self.write_records()?;
        self.sock.end()
    }
}

/// Payloads and keys may be secret, so this prints neither.
impl<C, S: fmt::Debug> fmt::Debug for TlsHalf<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsHalf").field("sock", &self.sock).finish_non_exhaustive()
    }
}

/// How much is read at once: the longest record, about.
const RECORD: usize = 16 << 10;
