//! Opens some WebSockets over one connection of HTTP/3, and sends messages that should come back:
//! `cargo run --bin http3_client -- wss://localhost:4433/ AUTHORITY.pem 8 [--deflate]`.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http3::{Datagrams, Sockets, headers, http_config, pairs, quic_config};
use quiche::ConnectionId;
use quiche::h3::{self, Header};
use sansocket::client::{self, Answer, Pending};
use sansocket::deflate::Compression;
use sansocket::{CloseCode, Config, Connection, Event, OwnedMessage, Seed, Url};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ([url, authority, count], is_compressing) = match words.as_slice() {
        [url, authority, count] => ([*url, *authority, *count], false),
        [url, authority, count, "--deflate"] => ([*url, *authority, *count], true),
        _ => return Err("usage: http3_client URL AUTHORITY.pem COUNT [--deflate]".into()),
    };
    let count: usize = count.parse()?;
    let url = Url::parse(url)?;
    let mut config = Config::new();
    config.compression = is_compressing.then(Compression::dedicated);
    let mut client = Client::connect(&url, authority, count, config.shared())?;
    let start = Instant::now();
    while !client.is_done() {
        if start.elapsed() > PATIENCE || client.quic.is_closed() {
            return Err("the connection ended, or it took too long".into());
        }
        client.turn(&url)?;
    }
    client.quic.close(true, h3_no_error(), b"")?;
    client.datagrams.flush(&mut client.quic)?;
    println!("{count} WebSockets, {} messages each: {}", client.messages.len(), client.summary());
    Ok(())
}

struct Client {
    datagrams: Datagrams,
    quic: quiche::Connection,
    /// `None` until the handshake of QUIC is done.
    http: Option<h3::Connection>,
    config: Arc<Config>,
    /// How many WebSockets are opened.
    count: usize,
    pending: BTreeMap<u64, Pending>,
    sockets: Sockets,
    /// How many messages came back, by stream.
    echoes: BTreeMap<u64, usize>,
    /// The messages to send. The server should echo them.
    messages: Vec<OwnedMessage>,
    agreed: Vec<String>,
    closed: usize,
}

impl Client {
    fn connect(
        url: &Url<'_>,
        authority: &str,
        count: usize,
        config: Arc<Config>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut quic = quic_config()?;
        quic.load_verify_locations_from_file(authority)?;
        quic.verify_peer(true);
        let mut addresses = (url.host(), url.port()).to_socket_addrs()?;
        let remote = addresses.find(|address| address.is_ipv4()).ok_or("no such host")?;
        let datagrams = Datagrams::bind(([127, 0, 0, 1], 0).into())?;
        let mut id = vec![0; quiche::MAX_CONN_ID_LEN];
        getrandom::fill(&mut id)?;
        let id = ConnectionId::from_vec(id);
        let quic = quiche::connect(Some(url.host()), &id, datagrams.local(), remote, &mut quic)?;
        Ok(Self {
            datagrams,
            quic,
            http: None,
            config,
            count,
            pending: BTreeMap::new(),
            sockets: Sockets::default(),
            echoes: BTreeMap::new(),
            messages: messages(),
            agreed: Vec::new(),
            closed: 0,
        })
    }

    /// Sends and receives once.
    fn turn(&mut self, url: &Url<'_>) -> Result<(), Box<dyn Error>> {
        self.datagrams.flush(&mut self.quic)?;
        let timeout = [self.quic.timeout(), self.sockets.timeout()].into_iter().flatten().min();
        match self.datagrams.receive(timeout)? {
            Some((bytes, info)) => _ = self.quic.recv(bytes, info)?,
            None => self.quic.on_timeout(),
        }
        if self.http.is_none() && self.quic.is_established() {
            self.http = Some(h3::Connection::with_transport(&mut self.quic, &http_config()?)?);
        }
        // The library reports the end of a stream after its last bytes were read.
        loop {
            let has_events = self.poll()?;
            self.open_all(url)?;
            self.drive()?;
            if !has_events {
                return Ok(());
            }
        }
    }

    /// Opens all WebSockets, once the server's settings say that it is possible (RFC 9220, section 3).
    fn open_all(&mut self, url: &Url<'_>) -> Result<(), Box<dyn Error>> {
        let Some(http) = &mut self.http else { return Ok(()) };
        let is_first = self.echoes.is_empty() && self.pending.is_empty();
        if !is_first || !http.extended_connect_enabled_by_peer() {
            return Ok(());
        }
        for _ in 0..self.count {
            let mut request = client::Request::new(*url);
            if let Some(compression) = &self.config.compression {
                request.compress(compression);
            }
            let (fields, pending) = request.into_fields();
            let stream = http.send_request(&mut self.quic, &headers(&fields), false)?;
            self.pending.insert(stream, pending);
        }
        Ok(())
    }

    /// Takes the events of the library. Returns whether there were any.
    fn poll(&mut self) -> Result<bool, Box<dyn Error>> {
        let mut has_events = false;
        loop {
            let Some(http) = &mut self.http else { return Ok(has_events) };
            match http.poll(&mut self.quic) {
                Ok((stream, h3::Event::Headers { list, .. })) => self.receive(stream, &list)?,
                Ok((stream, h3::Event::Finished)) => self.sockets.handle_end(stream),
                Ok((stream, h3::Event::Reset(_))) => self.sockets.handle_reset(stream),
                Ok(_) => {}
                Err(h3::Error::Done) => return Ok(has_events),
                Err(error) => return Err(error.into()),
            }
            has_events = true;
        }
    }

    /// Takes the head of a response.
    fn receive(&mut self, stream: u64, list: &[Header]) -> Result<(), Box<dyn Error>> {
        let pending = self.pending.remove(&stream).ok_or("a second response")?;
        match pending.receive_fields(pairs(list))? {
            Answer::Interim(pending) => _ = self.pending.insert(stream, pending),
            Answer::Rejected(response) => return Err(format!("{}", response.status()).into()),
            Answer::Open(negotiated, response) => {
                let agreed = response.header("sec-websocket-extensions").unwrap_or_default();
                self.agreed.push(String::from_utf8_lossy(agreed).into_owned());
                let (seed, now) = (Seed::random()?, self.sockets.now());
                let config = Arc::clone(&self.config);
                let mut connection = Connection::open_client(negotiated, config, seed, now);
                for message in &self.messages {
                    connection.send(message)?;
                }
                self.sockets.insert(stream, connection);
                self.echoes.insert(stream, 0);
            }
        }
        Ok(())
    }

    fn drive(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(http) = &mut self.http else { return Ok(()) };
        let (expected, echoes) = (&self.messages, &mut self.echoes);
        let mut wrong = None;
        let done = self.sockets.drive(http, &mut self.quic, |stream, event, connection| {
            let count = echoes.entry(stream).or_default();
            let message = match event {
                Event::Text(text) => OwnedMessage::from(text.to_owned()),
                Event::Binary(bytes) => OwnedMessage::from(bytes.to_vec()),
                _ => return,
            };
            if expected.get(*count) != Some(&message) {
                wrong = Some(format!("stream {stream}: message {count} is another"));
            }
            *count += 1;
            if *count == expected.len() {
                // An error means that the connection is closing.
                let _ = connection.close(CloseCode::NORMAL, "");
            }
        });
        for (stream, ended) in done {
            if !ended.is_clean() {
                return Err(format!("stream {stream}: {ended}").into());
            }
            self.closed += 1;
        }
        wrong.map_or(Ok(()), |wrong| Err(wrong.into()))
    }

    fn is_done(&self) -> bool {
        self.closed == self.count
    }

    fn summary(&self) -> String {
        let first = self.agreed.first().filter(|agreed| !agreed.is_empty());
        let agreed = first.map_or("not compressed", String::as_str);
        format!("all came back, all closed cleanly ({agreed})")
    }
}

/// Returns what is sent: short and long messages, up to more than a stream's window.
fn messages() -> Vec<OwnedMessage> {
    let texts = ["", "hello", "κόσμε 𝄞"].map(|text| OwnedMessage::from(text.to_owned()));
    let bytes = |len: u32| (0..len).flat_map(u32::to_be_bytes).collect::<Vec<_>>();
    let binaries = [0, 1, 16, 1000, 20_000].map(|len| OwnedMessage::from(bytes(len)));
    let long = OwnedMessage::from("word ".repeat(60_000));
    texts.into_iter().chain(binaries).chain([long]).collect()
}

/// RFC 9114, section 8.1: H3_NO_ERROR.
const fn h3_no_error() -> u64 {
    0x100
}
