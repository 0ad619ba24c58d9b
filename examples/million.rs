//! Holds a million connections in one process, with both ends: `cargo run --release --example million`.
//!
//! There is no socket: bytes go from one end to the other. Each pair has shaken hands and passed a message
//! in both directions. Then half a minute passes in no time, as time is an argument, and the server pings
//! each of its peers. Another number may be given, after `--`.

use std::collections::VecDeque;
use std::error::Error;
use std::mem;
use std::time::{Duration, Instant as Clock};

use counting_allocator::measure;
use sansocket::{
    Connection, Deadlines, Event, Input, Instant, Limits, Seed, Timeouts, Url, client, server,
};

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let (before, start) = (resident()?, Clock::now());
    let mut world = World::open(count)?;
    println!("opened {count} in {:.2?}", start.elapsed());

    let start = Clock::now();
    let answers = world.ping_all(Instant::new(Duration::from_secs(30)))?;
    println!("pinged {answers} in {:.2?}", start.elapsed());

    // Each end is what is freed with it: of the server's its place in the tables, too.
    let both = resident()?;
    let World { servers, timers, clients, .. } = world;
    let ((), of_servers) = measure(|| drop((servers, timers)));
    let left = resident()?;
    let ((), of_clients) = measure(|| drop(clients));
    let each = |bytes: isize| bytes / count.cast_signed();
    println!("bytes of each   allocated  resident");
    println!("server's end    {:>9}  {:>8}", each(-of_servers.held), each(both - left));
    println!("client's end    {:>9}  {:>8}", each(-of_clients.held), each(left - before));
    Ok(())
}

struct World {
    servers: Vec<Server>,
    /// Which server's deadline is next. All have the same patience, so that they queue up in order.
    timers: VecDeque<(Instant, usize)>,
    clients: Vec<Connection>,
    /// What one end has to write.
    out: Vec<u8>,
    /// What the other has read.
    input: Input<Vec<u8>>,
}

/// The server's end of a connection.
struct Server {
    connection: Connection,
    deadlines: Deadlines,
}

impl World {
    fn open(count: usize) -> Result<Self, Box<dyn Error>> {
        let mut world = Self {
            servers: Vec::with_capacity(count),
            timers: VecDeque::with_capacity(count),
            clients: Vec::with_capacity(count),
            out: Vec::new(),
            input: Input::default(),
        };
        for number in 0..count {
            world.shake_hands()?;
            world.pass_message(number, &format!("I am {number}"))?;
        }
        Ok(world)
    }

    /// Has one end read what the other has written.
    fn pass(&mut self) {
        self.out = self.input.replace(mem::take(&mut self.out));
        self.out.clear();
    }

    fn shake_hands(&mut self) -> Result<(), Box<dyn Error>> {
        let now = Instant::default();
        let request = client::Request::new(Url::parse("ws://localhost/")?);
        let (limits, seed) = (Limits::default(), Seed::random()?);
        let handshake = client::Handshake::start(request, limits, seed, &mut self.out);
        self.pass();
        let mut deadlines = Deadlines::new(Timeouts::default(), now);
        let policy = server::Policy::default();
        let progress = server::Handshake::new().receive(&mut self.input, &policy)?;
        let server::Progress::Request(request) = progress else { return Err("no request".into()) };
        let connection = request.accept(limits, &mut self.out);
        deadlines.handle_open(now);
        self.timers.extend(deadlines.poll_timeout().map(|due| (due, self.servers.len())));
        self.servers.push(Server { connection, deadlines });
        self.pass();
        let progress = handshake.receive(&mut self.input)?;
        let client::Progress::Open(client, _) = progress else { return Err("refused".into()) };
        self.clients.push(client);
        Ok(())
    }

    /// Sends a message to the server, which sends it back.
    fn pass_message(&mut self, number: usize, message: &str) -> Result<(), Box<dyn Error>> {
        self.clients[number].sender.send(message, &mut self.out)?;
        self.pass();
        let Connection { receiver, sender } = &mut self.servers[number].connection;
        while let Some(event) = receiver.next_event(&mut self.input, sender)? {
            let Event::Text(text) = event else { return Err("not what was sent".into()) };
            sender.send(text, &mut self.out)?;
        }
        self.pass();
        let Connection { receiver, sender } = &mut self.clients[number];
        let event = receiver.next_event(&mut self.input, sender)?;
        if event == Some(Event::Text(message)) { Ok(()) } else { Err("no echo".into()) }
    }

    /// Pings all that have been silent for too long, and tells how many have answered.
    fn ping_all(&mut self, now: Instant) -> Result<usize, Box<dyn Error>> {
        let mut answers = 0;
        while let Some((_, number)) = self.timers.pop_front_if(|(due, _)| *due <= now) {
            let Server { connection: Connection { receiver, sender }, deadlines } =
                &mut self.servers[number];
            deadlines.handle_timeout(now, receiver, sender)?;
            sender.poll_transmit(&mut self.out);
            self.pass();

            let client = &mut self.clients[number];
            while client.receiver.next_event(&mut self.input, &mut client.sender)?.is_some() {}
            client.sender.poll_transmit(&mut self.out);
            self.pass();

            let Server { connection: Connection { receiver, sender }, deadlines } =
                &mut self.servers[number];
            while let Some(event) = receiver.next_event(&mut self.input, sender)? {
                let Event::Pong(payload) = event else { return Err("not a pong".into()) };
                answers += usize::from(deadlines.handle_pong(payload, now).is_some());
            }
            self.timers.extend(deadlines.poll_timeout().map(|due| (due, number)));
        }
        Ok(answers)
    }
}

/// The resident memory of this process, in bytes.
fn resident() -> Result<isize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: isize = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes << 10)
}
