use alloc::sync::Arc;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::io;
use std::net::{Shutdown, TcpStream};

use rustls::{ClientConfig, ClientConnection, ConnectionCommon, SideData, StreamOwned};

use super::WebSocket;
use super::stream::Stream;
use super::tcp::open_tcp;
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::adapters::tls;
use crate::handshake::client;

impl WebSocket<StreamOwned<ClientConnection, TcpStream>> {
    /// Opens a connection to a `wss://` URL over TLS over TCP.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused). A certificate
    /// that is not good is an [`Io`](Error::Io) error, in which there is one of rustls.
    pub fn connect_tls(
        url: &str,
        tls: Arc<ClientConfig>,
        mut config: Config,
    ) -> Result<Self, Error> {
        let (url, name) = tls::parse(url)?;
        let connection = ClientConnection::new(tls::for_websocket(tls), name);
        let connection = connection.map_err(io::Error::other)?;
        let stream = open_tcp(&url, &mut config)?;
        let stream = StreamOwned::new(connection, stream);
        let (socket, _) = Self::connect_over(stream, client::Request::new(url), config)?;
        Ok(socket)
    }
}

/// The stream below is bounded in time, and ended once the peer has been told of it.
impl<C, S, D> Stream for StreamOwned<C, S>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    S: Stream,
    D: SideData,
{
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.sock.set_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        if how == Shutdown::Write {
            self.conn.send_close_notify();
            // Not `flush`, which would read while TLS is still being agreed on.
            while self.conn.wants_write() {
                self.conn.write_tls(&mut self.sock)?;
            }
            self.sock.flush()?;
        }
        self.sock.shutdown(how)
    }
}
