//! The end that receives recorded bytes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use sansocket::{
    Config, Connection, Ended, Event, Input, Negotiated, Role, Seed, Step, Timestamp, Url, client,
};

use super::options::Options;

/// A connection whose transport is a recording.
pub(crate) struct Endpoint {
    pub(crate) connection: Connection,
    input: Input<Vec<u8>>,
    /// All that the connection would have sent.
    pub(crate) transmit: Vec<u8>,
}

impl Endpoint {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, input: Input::new(vec![0; 64 << 10]), transmit: Vec::new() }
    }

    /// Passes bytes to the connection, and its events to `handle`.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut handle: impl FnMut(&mut Connection, Event<'_>),
    ) {
        while !bytes.is_empty() {
            let mut spare = self.connection.spare(&mut self.input);
            let count = spare.buffer().len().min(bytes.len());
            spare.buffer()[..count].copy_from_slice(&bytes[..count]);
            spare.filled(count, NOW);
            bytes = &bytes[count..];
            self.take_events(&mut handle);
        }
    }

    /// Ends the transport, and goes on to the end of the connection.
    pub(crate) fn finish(&mut self, mut handle: impl FnMut(&mut Connection, Event<'_>)) -> Ended {
        self.connection.handle_eof(NOW);
        loop {
            self.take_events(&mut handle);
            match self.connection.next_step() {
                Step::Done(ended) => return ended,
                Step::Shutdown => self.connection.handle_shutdown(),
                Step::Io { .. } => {}
            }
        }
    }

    /// Returns whether the connection still reads.
    pub(crate) fn reads(&mut self) -> bool {
        matches!(self.connection.next_step(), Step::Io { read: true, .. })
    }

    fn take_events(&mut self, handle: &mut impl FnMut(&mut Connection, Event<'_>)) {
        while let Some(event) = self.connection.next_event(&mut self.input) {
            handle(&mut self.connection, event);
        }
        while !self.connection.transmit().is_empty() {
            let bytes = self.connection.transmit();
            self.transmit.extend_from_slice(bytes);
            let count = bytes.len();
            self.connection.transmitted(count, NOW);
        }
    }
}

/// Creates an end that expects frames.
///
/// # Errors
///
/// Returns an error if `deflate` is not what a server answers.
pub(crate) fn open(
    role: Role,
    options: &Options,
    deflate: Option<&str>,
) -> Result<Connection, Box<dyn Error>> {
    let (config, negotiated) = (options.config.clone().shared(), negotiate(deflate)?);
    Ok(match role {
        Role::Server => Connection::open_server(negotiated, config, NOW),
        Role::Client => Connection::open_client(negotiated, config, SEED, NOW),
    })
}

/// Creates a server that expects a request.
pub(crate) fn expect_request(config: Config) -> Connection {
    Connection::server(config.shared(), NOW)
}

/// Creates a client that has sent `key` and expects a response.
///
/// # Errors
///
/// Returns an error if the key is not 16 bytes in base64, or a subprotocol is not valid.
pub(crate) fn expect_response(
    config: Arc<Config>,
    key: &str,
    protocols: &[String],
) -> Result<Connection, Box<dyn Error>> {
    let mut request = client::Request::new(Url::parse("ws://localhost")?);
    for protocol in protocols {
        request.add_protocol(protocol)?;
    }
    Ok(Connection::resume(request, key, config, SEED, NOW)?)
}

/// Allows any compression that the peers agree on in the opening handshake.
#[cfg(feature = "deflate")]
pub(crate) fn compress(config: &mut Config) {
    config.compression = Some(sansocket::deflate::Compression::dedicated());
}

#[cfg(not(feature = "deflate"))]
pub(crate) fn compress(_: &mut Config) {}

/// Returns what both ends have agreed on.
///
/// # Errors
///
/// Returns an error if `parameters` are not what a server answers.
#[cfg(feature = "deflate")]
pub(crate) fn negotiate(parameters: Option<&str>) -> Result<Negotiated, Box<dyn Error>> {
    use sansocket::deflate::{Agreement, Compression};

    let Some(parameters) = parameters else { return Ok(Negotiated::new()) };
    let agreement =
        Agreement::parse(parameters).ok_or("parameters of permessage-deflate are not valid")?;
    Ok(Negotiated::new().with_compression(agreement, Compression::default()))
}

#[cfg(not(feature = "deflate"))]
pub(crate) fn negotiate(parameters: Option<&str>) -> Result<Negotiated, Box<dyn Error>> {
    match parameters {
        None => Ok(Negotiated::new()),
        Some(_) => Err(NEEDS_DEFLATE.into()),
    }
}

/// The same recording is described in the same way each time.
const SEED: Seed = Seed::new([0; 32]);

/// No time passes.
pub(crate) const NOW: Timestamp = Timestamp::new(Duration::ZERO);

/// The error of a program that cannot inflate.
pub(crate) const NEEDS_DEFLATE: &str = "compressed messages need the feature deflate";
