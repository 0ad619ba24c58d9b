//! WebSockets over TLS over blocking streams, by [`rustls`].

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut, Range};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::{Connection, ConnectionCommon, SideData, StreamOwned};

use super::stream::{Socket, Split, Stream};

impl<C, S, D> Stream for StreamOwned<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn socket(&self) -> Option<&dyn Socket> {
        self.sock.socket()
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
    C: DerefMut + Deref<Target = ConnectionCommon<D>> + Into<Connection>,
    S: Split,
    D: SideData,
{
    type Half = TlsHalf<S::Half>;

    fn split(self) -> io::Result<(Self::Half, Self::Half)> {
        let (tls, stream) = self.into_parts();
        let (reading, writing) = stream.split()?;
        let tls = Arc::new(Mutex::new(tls.into()));
        Ok((TlsHalf::new(Arc::clone(&tls), reading), TlsHalf::new(tls, writing)))
    }
}

/// One of two halves of a TLS stream: one reads, the other writes.
///
/// The state of TLS is locked while bytes are encrypted or decrypted, not while a half waits for the stream.
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::blocking::{Split, TlsHalf};
/// use sansocket::tls::rustls::{ClientConnection, StreamOwned};
///
/// type Tls = StreamOwned<ClientConnection, TcpStream>;
///
/// fn split(stream: Tls) -> std::io::Result<(TlsHalf<TcpStream>, TlsHalf<TcpStream>)> {
///     stream.split()
/// }
/// ```
pub struct TlsHalf<S> {
    tls: Arc<Mutex<Connection>>,
    stream: S,
    records: Vec<u8>,
    /// The records that were read and not decrypted, or encrypted and not written.
    unused: Range<usize>,
}

impl<S: Stream> TlsHalf<S> {
    const fn new(tls: Arc<Mutex<Connection>>, stream: S) -> Self {
        Self { tls, stream, records: Vec::new(), unused: 0..0 }
    }

    /// Decrypts what was read. No bytes are the end of the stream.
    fn decrypt(&mut self) -> io::Result<()> {
        let mut tls = lock(&self.tls);
        self.unused.start += tls.read_tls(&mut &self.records[self.unused.clone()])?;
        let outcome = tls.process_new_packets();
        outcome.map(drop).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    /// Writes all records that wait.
    fn write_records(&mut self) -> io::Result<()> {
        loop {
            while !self.unused.is_empty() {
                match self.stream.write(&self.records[self.unused.clone()])? {
                    0 => return Err(ErrorKind::WriteZero.into()),
                    count => self.unused.start += count,
                }
            }
            self.records.clear();
            lock(&self.tls).write_tls(&mut self.records)?;
            self.unused = 0..self.records.len();
            if self.unused.is_empty() {
                return self.stream.flush();
            }
        }
    }
}

impl<S: Stream> Read for TlsHalf<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let outcome = lock(&self.tls).reader().read(buffer);
            match outcome {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            if self.unused.is_empty() {
                self.records.resize(RECORD, 0);
                self.unused = 0..self.stream.read(&mut self.records)?;
            }
            self.decrypt()?;
        }
    }
}

impl<S: Stream> Write for TlsHalf<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_records()?;
        let count = lock(&self.tls).writer().write(bytes)?;
        // The bytes have been taken. The next call meets the same error.
        let _ = self.write_records();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_records()
    }
}

impl<S: Stream> Stream for TlsHalf<S> {
    fn socket(&self) -> Option<&dyn Socket> {
        self.stream.socket()
    }

    fn end(&mut self) -> io::Result<()> {
        lock(&self.tls).send_close_notify();
        self.write_records()?;
        self.stream.end()
    }
}

/// Payloads and keys may be secret, so this prints neither.
impl<S: fmt::Debug> fmt::Debug for TlsHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsHalf").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// Locks the state of TLS, which no holder leaves in the middle of a change.
fn lock(tls: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    tls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much is read at once: the longest record, about.
const RECORD: usize = 16 << 10;
