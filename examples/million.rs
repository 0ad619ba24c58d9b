//! Holds a million connections in one process, with both ends: `cargo run --release --example million`.
//!
//! There is no socket: bytes pass from one end to the other. Each pair has shaken hands and passed a message in
//! both directions. Then half a minute passes in no time, as time is an argument, and the server pings each of
//! its peers. Another number may be given, after `--`.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counting_allocator::measure;
use sansocket::{Config, Connection, Event, Input, Role, Seed, Timestamp, Url, client};

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let (before, start) = (resident()?, Instant::now());
    let mut world = World::open(count)?;
    println!("opened {count} in {:.2?}", start.elapsed());

    let start = Instant::now();
    let answers = world.ping_all(Timestamp::new(Duration::from_secs(30)));
    println!("pinged {answers} in {:.2?}", start.elapsed());

    // What is freed with an end is what it took, including the server's place in the tables.
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
    servers: Vec<Connection>,
    /// Which server's deadline is next. All have the same timeouts, so that they queue up in order.
    timers: VecDeque<(Timestamp, usize)>,
    clients: Vec<Connection>,
    /// All of them read into this.
    input: Input<Vec<u8>>,
}

impl World {
    fn open(count: usize) -> Result<Self, Box<dyn Error>> {
        let (now, config) = (Timestamp::default(), Arc::<Config>::default());
        let mut world = Self {
            servers: Vec::with_capacity(count),
            timers: VecDeque::with_capacity(count),
            clients: Vec::with_capacity(count),
            input: Input::new(vec![0; 4 << 10]),
        };
        for number in 0..count {
            let request = client::Request::new(Url::parse("ws://localhost/")?);
            let mut client = Connection::client(request, Arc::clone(&config), Seed::random()?, now);
            let mut server = Connection::server(Arc::clone(&config), now);
            pass(&mut client, &mut server, &mut world.input, now);
            pass(&mut server, &mut client, &mut world.input, now);
            client.send(format!("I am {number}").as_str())?;
            pass(&mut client, &mut server, &mut world.input, now);
            if pass(&mut server, &mut client, &mut world.input, now) != 1 {
                return Err("no echo".into());
            }
            server.free_memory();
            client.free_memory();
            world.timers.extend(server.poll_timeout().map(|due| (due, number)));
            world.servers.push(server);
            world.clients.push(client);
        }
        Ok(world)
    }

    /// Pings all that have been silent for too long. Returns how many have answered.
    fn ping_all(&mut self, now: Timestamp) -> usize {
        let mut answers = 0;
        while let Some(&(_, number)) = self.timers.front().filter(|(due, _)| *due <= now) {
            self.timers.pop_front();
            let (server, client) = (&mut self.servers[number], &mut self.clients[number]);
            server.handle_timeout(now);
            pass(server, client, &mut self.input, now);
            pass(client, server, &mut self.input, now);
            answers += usize::from(server.round_trip().is_some());
            server.free_memory();
            client.free_memory();
            self.timers.extend(server.poll_timeout().map(|due| (due, number)));
        }
        answers
    }
}

/// Has one end read what the other writes. Returns how many messages it got. A server sends them back.
fn pass(
    from: &mut Connection,
    to: &mut Connection,
    input: &mut Input<Vec<u8>>,
    now: Timestamp,
) -> usize {
    let bytes = from.transmit();
    let count = bytes.len();
    let mut spare = to.spare(input);
    spare.buffer()[..count].copy_from_slice(bytes);
    spare.filled(count, now);
    from.transmitted(count, now);
    let mut messages = 0;
    while let Some(event) = to.next_event(input) {
        match event {
            Event::Request => to.accept(),
            Event::Text(text) => {
                messages += 1;
                if to.role() == Role::Server {
                    let _ = to.send(text);
                }
            }
            _ => {}
        }
    }
    messages
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> Result<isize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: isize = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes << 10)
}
