//! Sends back every message, over HTTP/3: `cargo run --bin http3_echo -- 127.0.0.1:4433 CERTIFICATE KEY`.
//!
//! Clients that offer compression get it.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http3::{Datagrams, Sockets, headers, http_config, pairs, quic_config};
use quiche::h3::{self, Header};
use quiche::{ConnectionId, RecvInfo};
use sansocket::deflate::Compression;
use sansocket::server::{self, Origins, Policy};
use sansocket::{Config, Connection, Event};

/// RFC 9114, section 8.1: H3_FRAME_UNEXPECTED.
const FRAME_UNEXPECTED: u64 = 0x105;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, listen, certificate, key] = arguments.as_slice() else {
        return Err("usage: http3_echo ADDRESS:PORT CERTIFICATE KEY".into());
    };
    let mut quic = quic_config()?;
    quic.load_cert_chain_from_pem_file(certificate)?;
    quic.load_priv_key_from_pem_file(key)?;
    // Anyone may hear an echo. A server that knows its users by cookies must look at the origin.
    let config = Config::new().policy(Policy::new().origins(Origins::any()));
    let config = config.compression(Compression::dedicated()).shared();
    let mut datagrams = Datagrams::bind(listen.parse()?)?;
    println!("listening on https://{}", datagrams.local());
    let mut server = Server { quic, http: http_config()?, config, ..Server::new()? };
    loop {
        let timeout = server.timeout();
        if let Some((bytes, info)) = datagrams.receive(timeout)? {
            server.receive(bytes, info);
        }
        server.drive();
        server.flush(&mut datagrams);
        server.forget();
    }
}

struct Server {
    quic: quiche::Config,
    http: h3::Config,
    config: Arc<Config>,
    clients: Vec<Client>,
    /// The number of the next client.
    next: u64,
    /// The numbers of the clients, by the ids that their datagrams have.
    ids: HashMap<ConnectionId<'static>, u64>,
}

struct Client {
    number: u64,
    quic: quiche::Connection,
    /// `None` until the handshake of QUIC is done.
    http: Option<h3::Connection>,
    /// The streams that have sent a request and not ended yet.
    requests: HashSet<u64>,
    sockets: Sockets,
}

impl Server {
    fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            quic: quic_config()?,
            http: http_config()?,
            config: Arc::default(),
            clients: Vec::new(),
            next: 0,
            ids: HashMap::new(),
        })
    }

    fn timeout(&self) -> Option<Duration> {
        let dues = self.clients.iter().flat_map(|one| [one.quic.timeout(), one.sockets.timeout()]);
        dues.flatten().min()
    }

    /// Takes a datagram. Who sends nonsense gets no answer.
    fn receive(&mut self, bytes: &mut [u8], info: RecvInfo) {
        let Ok(header) = quiche::Header::from_slice(bytes, quiche::MAX_CONN_ID_LEN) else { return };
        let number = match self.ids.get(&header.dcid) {
            Some(number) => *number,
            None if header.ty == quiche::Type::Initial => match self.meet(&header.dcid, info) {
                Some(number) => number,
                None => return,
            },
            None => return,
        };
        let client = self.clients.iter_mut().find(|client| client.number == number);
        if let Some(client) = client
            && client.quic.recv(bytes, info).is_ok()
            && client.http.is_none()
            && client.quic.is_established()
        {
            client.http = h3::Connection::with_transport(&mut client.quic, &self.http).ok();
        }
    }

    /// Begins a connection. A server that many can reach asks for a token first (`quiche::retry`).
    fn meet(&mut self, theirs: &ConnectionId<'static>, info: RecvInfo) -> Option<u64> {
        let mut ours = vec![0; quiche::MAX_CONN_ID_LEN];
        getrandom::fill(&mut ours).ok()?;
        let ours = ConnectionId::from_vec(ours);
        let quic = quiche::accept(&ours, None, info.to, info.from, &mut self.quic).ok()?;
        self.next += 1;
        self.ids.insert(theirs.clone(), self.next);
        self.ids.insert(ours, self.next);
        self.clients.push(Client {
            number: self.next,
            quic,
            http: None,
            requests: HashSet::new(),
            sockets: Sockets::default(),
        });
        Some(self.next)
    }

    fn drive(&mut self) {
        for client in &mut self.clients {
            client.quic.on_timeout();
            client.drive(&self.config);
        }
    }

    /// Sends the outgoing datagrams. A failure counts as a lost datagram: QUIC sends it again, or times out.
    fn flush(&mut self, datagrams: &mut Datagrams) {
        for client in &mut self.clients {
            if let Err(error) = datagrams.flush(&mut client.quic) {
                println!("client {}: {error}", client.number);
            }
        }
    }

    /// Drops the clients that have gone.
    fn forget(&mut self) {
        self.clients.retain(|client| !client.quic.is_closed());
        let clients = &self.clients;
        self.ids.retain(|_, number| clients.iter().any(|client| client.number == *number));
    }
}

impl Client {
    fn drive(&mut self, config: &Arc<Config>) {
        // The library reports the end of a stream after its last bytes were read.
        while self.poll(config) {}
    }

    /// Takes the events of the library, and moves bytes. Returns whether there were events.
    fn poll(&mut self, config: &Arc<Config>) -> bool {
        let Some(http) = &mut self.http else { return false };
        let mut has_events = false;
        // An error of a connection closes it.
        while let Ok((stream, event)) = http.poll(&mut self.quic) {
            has_events = true;
            match event {
                h3::Event::Headers { list, .. } if self.requests.insert(stream) => {
                    if let Some(connection) =
                        answer(&list, stream, http, &mut self.quic, &self.sockets, config)
                    {
                        self.sockets.insert(stream, connection);
                    }
                }
                // Only data may follow a CONNECT (RFC 9114, section 4.4). Other requests may have trailers.
                h3::Event::Headers { .. } if self.sockets.contains(stream) => {
                    println!("client {}, stream {stream}: trailers", self.number);
                    _ = self.quic.close(true, FRAME_UNEXPECTED, b"").ok();
                }
                h3::Event::Headers { .. } => {}
                h3::Event::Finished => {
                    self.requests.remove(&stream);
                    self.sockets.handle_end(stream);
                }
                h3::Event::Reset(_) => {
                    self.requests.remove(&stream);
                    self.sockets.handle_reset(stream);
                }
                h3::Event::Data | h3::Event::PriorityUpdate | h3::Event::GoAway => {}
            }
        }
        for (stream, ended) in self.sockets.drive(http, &mut self.quic, echo) {
            println!("client {}, stream {stream}: {ended}", self.number);
        }
        has_events
    }
}

/// Accepts or rejects a request.
fn answer(
    list: &[Header],
    stream: u64,
    http: &mut h3::Connection,
    quic: &mut quiche::Connection,
    sockets: &Sockets,
    config: &Arc<Config>,
) -> Option<Connection> {
    match server::Request::from_fields(pairs(list), &config.policy) {
        Ok(mut request) => {
            if let Some(compression) = &config.compression {
                request.compress(compression);
            }
            let (fields, negotiated) = request.accept_fields();
            http.send_response(quic, stream, &headers(&fields), false).ok()?;
            Some(Connection::open_server(negotiated, Arc::clone(config), sockets.now()))
        }
        Err(error) => {
            println!("stream {stream}: {error}");
            let fields = error.to_fields()?;
            http.send_response(quic, stream, &headers(&fields), true).ok()?;
            None
        }
    }
}

fn echo(_stream: u64, event: Event<'_>, connection: &mut Connection) {
    // An error means that the connection is closing.
    let _ = match event {
        Event::Text(text) => connection.send(text),
        Event::Binary(bytes) => connection.send(&*bytes),
        _ => Ok(()),
    };
}
