use super::framer::Sender;
use super::parser::Receiver;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression, Deflation, Inflation};
use crate::wire::{Keys, Limits, Role, Seed};

/// An open WebSocket connection: two halves, which can be used apart.
///
/// The fields are public so that both halves can be borrowed at once. It comes from an
/// [opening handshake](crate::server), or is made after one that was done elsewhere, such as by an
/// HTTP server.
///
/// A connection takes at most 256 bytes. While it waits for the peer it owns nothing on the heap, but
/// for a client the generator of its masking keys.
#[derive(Debug)]
pub struct Connection {
    /// Turns bytes from the peer into events.
    pub receiver: Receiver,
    /// Turns messages into bytes for the peer.
    pub sender: Sender,
}

impl Connection {
    /// The server's end of a connection.
    pub fn server(limits: Limits) -> Self {
        Self { receiver: Receiver::new(Role::Server, limits), sender: Sender::new(&limits, None) }
    }

    /// The client's end of a connection.
    pub fn client(limits: Limits, seed: Seed) -> Self {
        Self::client_with(limits, Keys::new(seed))
    }

    /// Compresses messages from now on, as an opening handshake that was done elsewhere has agreed. Do
    /// this before anything is sent or received.
    ///
    /// [`server::Request::compress`](crate::server::Request::compress) and
    /// [`client::Request::compress`](crate::client::Request::compress) are for handshakes done here.
    #[cfg(feature = "deflate")]
    pub fn compress(&mut self, agreement: Agreement, compression: &Compression) {
        let role = self.sender.role();
        self.receiver.set_inflation(Inflation::new(agreement.incoming(role)));
        self.sender.set_deflation(Deflation::new(agreement.outgoing(role), compression));
    }

    pub(crate) fn client_with(limits: Limits, keys: Keys) -> Self {
        Self {
            receiver: Receiver::new(Role::Client, limits),
            sender: Sender::new(&limits, Some(keys)),
        }
    }
}
