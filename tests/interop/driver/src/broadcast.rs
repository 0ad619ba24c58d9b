//! A server whose clients all get the same prepared messages, and in between each its own: `interop_driver broadcast
//! COUNT SEED`. The path of a client says how both ends compress: `PEER/SERVER,TAKEN,CLIENT,TAKEN`, where SERVER and CLIENT
//! are the binary logarithms of the windows, and TAKEN is 1 if the context of that end is taken over. A client begins with any
//! message. For each client that has gone, it prints what was sent and what came back.

use std::sync::OnceLock;

use futures_util::future;
use sansocket::deflate::{Compression, Context};
use sansocket::server::{Origins, Policy, Response};
use sansocket::tokio::{Incoming, Opening, Reader, WebSocket, Writer};
use sansocket::{Config, Kind, Message, Prepared};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;

use crate::case::Failure;
use crate::runtime::on_tokio::serve_with;

/// What is sent to each client.
static PLAN: OnceLock<Plan> = OnceLock::new();

pub(crate) fn serve(count: usize, seed: u64) -> Result<(), Failure> {
    PLAN.get_or_init(|| Plan::new(count, seed));
    serve_with(answer)
}

/// What happened on a connection. The peer prints the same but for `echoed`, which is what it sent back.
#[derive(Serialize)]
struct Told {
    path: String,
    agreed: String,
    sent: Tally,
    /// What should come back, and what came.
    echo: Tally,
    echoed: Tally,
    /// How many messages were prepared.
    prepared: usize,
    error: Option<String>,
}

/// Messages as they are compared: how many, and the hash of the kind, the length and the payload of each.
#[derive(Clone, Default)]
struct Tally {
    messages: usize,
    bytes: usize,
    hash: Sha256,
}

struct Plan {
    /// What everybody gets, or `None` where each client gets a message of its own.
    steps: Vec<Option<Prepared>>,
    source: Source,
}

/// A text from which messages are cut. Some of its words come often, so that messages refer to others.
struct Source {
    text: String,
    seed: u64,
}

async fn answer(stream: TcpStream) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let config = Config::new().policy(Policy::new().origins(Origins::any()));
    match WebSocket::receive_request(stream, config.shared()).await? {
        // The page from which a browser opens its connections.
        Incoming::Http(request) => {
            request.respond(Response::new(200, &[("Content-Type", "text/html")], b"")?).await?;
        }
        Incoming::Opening(opening) => {
            println!("{}", serde_json::to_string(&open(opening).await?)?);
        }
    }
    Ok(())
}

async fn open(mut opening: Opening<TcpStream>) -> Result<Told, Failure> {
    let path = opening.request().path().trim_start_matches('/').to_owned();
    let agreed = opening.request().compress(&compression(&path)?);
    let agreed = agreed.map_or_else(String::new, |agreed| agreed.to_string());
    let (mut reader, writer) = opening.accept().await?.split();
    // It has opened all of its connections.
    reader.receive().await?;
    let plan = PLAN.get().ok_or("no plan")?;
    let (mut sent, mut echo, mut echoed) = <(Tally, Tally, Tally)>::default();
    let sending = plan.send(&path, &writer, &mut sent, &mut echo);
    let (sending, receiving) = future::join(sending, receive(&mut reader, &mut echoed)).await;
    let error = sending.and(receiving).err().map(|error| error.to_string());
    let prepared = plan.steps.iter().flatten().count();
    Ok(Told { path, agreed, sent, echo, echoed, prepared, error })
}

fn compression(path: &str) -> Result<Compression, Failure> {
    let numbers = path.rsplit('/').next().unwrap_or_default().split(',');
    let numbers: Vec<u8> = numbers.map(str::parse).collect::<Result<_, _>>()?;
    let [server, server_taken, client, client_taken] = numbers[..] else {
        return Err(format!("no settings of compression: {path}").into());
    };
    let context = |window_bits, taken| Context { window_bits, is_taken_over: taken == 1 };
    let mut compression = Compression::dedicated();
    compression.outgoing = context(server, server_taken);
    compression.incoming = context(client, client_taken);
    compression.threshold = 16;
    Ok(compression)
}

async fn receive(reader: &mut Reader<TcpStream>, echoed: &mut Tally) -> Result<(), Failure> {
    while let Some(message) = reader.receive().await? {
        echoed.add(&Message::from(&message));
    }
    Ok(())
}

impl Plan {
    fn new(count: usize, seed: u64) -> Self {
        let source = Source::new(seed);
        let mut random = Random::new(seed);
        let everybody = |at: usize| source.prepare(&mut Random::new(seed ^ at as u64));
        let steps = (0..count).map(|at| (random.below(2) == 0).then(|| everybody(at))).collect();
        Self { steps, source }
    }

    /// Sends all messages, and the mark of the end.
    async fn send(
        &self,
        path: &str,
        writer: &Writer<TcpStream>,
        sent: &mut Tally,
        echo: &mut Tally,
    ) -> Result<(), Failure> {
        let mut random = Random::new(path.bytes().fold(self.source.seed, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(u64::from(byte))
        }));
        for (at, step) in self.steps.iter().enumerate() {
            let noise = self.source.noise(&mut random);
            let message = match step {
                Some(prepared) => Message::Prepared(prepared),
                None => self.source.message(&noise, &mut random),
            };
            sent.add(&message);
            if at.is_multiple_of(ECHO) {
                echo.add(&message);
            }
            writer.feed(message).await?;
        }
        Ok(writer.send(END).await?)
    }
}

impl Source {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut text = String::new();
        while text.len() < 1 << 18 {
            text.push_str(WORDS[random.below(WORDS.len()).min(random.below(WORDS.len()))]);
            if random.below(8) == 0 {
                text.push_str(&random.next().to_string());
            }
        }
        Self { text, seed }
    }

    /// A message to everybody.
    fn prepare(&self, random: &mut Random) -> Prepared {
        let noise = self.noise(random);
        Prepared::new(self.message(&noise, random))
    }

    /// Bytes that nothing compresses, in one message of eight. Else nothing.
    fn noise(&self, random: &mut Random) -> Vec<u8> {
        let len = if random.below(8) == 0 { random.len() } else { 0 };
        (0..len).map(|_| random.next().to_le_bytes()[0]).collect()
    }

    /// A text from the source, or bytes of it, or noise.
    fn message<'m>(&'m self, noise: &'m [u8], random: &mut Random) -> Message<'m> {
        if !noise.is_empty() {
            return Message::Binary(noise);
        }
        let len = random.len();
        // Most are from the beginning, so that they have much in common.
        let room = self.text.len() - len;
        let near = if random.below(4) > 0 { room.min(20_000) } else { room };
        let start = random.below(near);
        if random.below(2) == 0 {
            return Message::Binary(&self.text.as_bytes()[start..][..len]);
        }
        let end = self.text.floor_char_boundary(start + len);
        Message::Text(&self.text[self.text.ceil_char_boundary(start).min(end)..end])
    }
}

impl Tally {
    fn add(&mut self, message: &Message<'_>) {
        let (kind, bytes) = (u8::from(message.kind() == Kind::Binary), message.as_bytes());
        self.messages += 1;
        self.bytes += bytes.len();
        self.hash.update([kind]);
        self.hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.hash.update(bytes);
    }
}

impl Serialize for Tally {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hash = self.hash.clone().finalize();
        let hash: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        (self.messages, self.bytes, hash).serialize(serializer)
    }
}

/// Marsaglia's generator xorshift64.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % count
    }

    /// A length of 1 byte to 70 KB, mostly small.
    fn len(&mut self) -> usize {
        1 + match self.below(200) {
            0..150 => self.below(250),
            150..190 => self.below(2000),
            190..198 => self.below(8000),
            _ => self.below(70_000),
        }
    }
}

/// The peer sends back each so many messages.
const ECHO: usize = 16;

/// No message is this text.
const END: &str = "\0end";

const WORDS: [&str; 16] = [
    "{\"id\":",
    "},",
    "\"price\":",
    "null",
    "\"name\":",
    "price ",
    "grüße ",
    "κόσμε",
    "\"goals\":",
    "日本語 ",
    "the quick ",
    "brown fox ",
    "jumps ",
    "over ",
    "a lazy ",
    "dog. ",
];
