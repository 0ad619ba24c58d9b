//! Talks to `hot_restart` over several connections, half of them compressed, until standard input ends. Prints `open`,
//! and at the end what went wrong and what has passed.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use sansocket::blocking::WebSocket;
use sansocket::deflate::Compression;
use sansocket::{CloseCode, Config, Timeouts};

static IS_OVER: AtomicBool = AtomicBool::new(false);

fn main() -> io::Result<()> {
    let url = std::env::args().nth(1).ok_or_else(|| io::Error::other("no URL"))?;
    let (mut clients, mut faults) = (Vec::new(), Vec::new());
    for number in 0..CLIENTS {
        match Client::connect(&url, number) {
            Ok(client) => clients.push(thread::spawn(|| client.talk())),
            Err(error) => faults.push(error),
        }
    }
    println!("open");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    IS_OVER.store(true, Relaxed);
    let (mut ticks, mut echoes) = (0, 0);
    for client in clients {
        match client.join() {
            Ok(Ok(counts)) => (ticks, echoes) = (ticks + counts.0, echoes + counts.1),
            Ok(Err(error)) => faults.push(error),
            Err(_) => faults.push("a thread panicked".into()),
        }
    }
    faults.iter().for_each(|fault| println!("fault: {fault}"));
    println!("{CLIENTS} clients, {ticks} ticks, {echoes} echoes");
    Ok(())
}

struct Client {
    socket: WebSocket<sansocket::blocking::MaybeTls>,
    number: usize,
    ticks: u64,
    echoes: u64,
}

impl Client {
    fn connect(url: &str, number: usize) -> Result<Self, String> {
        let compression = number.is_multiple_of(2).then(Compression::dedicated);
        // So that pings are on their way at each restart.
        let timeouts = Timeouts::new().idle(Duration::from_millis(100));
        let mut config = Config::new().timeouts(timeouts);
        config.compression = compression;
        let socket = WebSocket::connect(url, config.shared()).map_err(|it| it.to_string())?;
        Ok(Self { socket, number, ticks: 0, echoes: 0 })
    }

    fn talk(mut self) -> Result<(u64, u64), String> {
        while !IS_OVER.load(Relaxed) {
            self.ask().map_err(|error| format!("client {}: {error}", self.number))?;
            self.listen(Duration::from_millis(20))?;
        }
        self.socket.close(CloseCode::NORMAL, "").map_err(|error| error.to_string())?;
        Ok((self.ticks, self.echoes))
    }

    /// Sends a message, of which much is as in the last one, and waits for the echo.
    fn ask(&mut self) -> Result<(), String> {
        let message = format!("{} of {}: {}", self.echoes, self.number, "as before ".repeat(50));
        let start = Instant::now();
        self.socket.send(&message).map_err(|error| error.to_string())?;
        loop {
            let received = self.socket.receive().map_err(|error| error.to_string())?;
            let received = received.ok_or("the server closed")?.to_string();
            if received == message {
                self.echoes += 1;
                return Ok(());
            }
            self.tick(&received)?;
            if start.elapsed() > LONGEST {
                return Err(format!("{:?} did not come back", &message[..20]));
            }
        }
    }

    /// Receives ticks for a while.
    fn listen(&mut self, time: Duration) -> Result<(), String> {
        match self.socket.receive_timeout(time) {
            Ok(Some(message)) => self.tick(&message.to_string()),
            Ok(None) => Err("the server closed".into()),
            Err(sansocket::Error::Io(error)) if error.kind() == io::ErrorKind::TimedOut => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn tick(&mut self, message: &str) -> Result<(), String> {
        self.ticks += 1;
        match message.strip_prefix(&format!("tick {} from process ", self.ticks)) {
            Some(_) => Ok(()),
            None => Err(format!("{message:?} in place of tick {}", self.ticks)),
        }
    }
}

const CLIENTS: usize = 50;

/// How long an echo may take.
const LONGEST: Duration = Duration::from_secs(15);
