//! What a server takes: resident memory for each connection, and time for each echoed message.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::library::Library;
use crate::load::{Load, Mode};
use crate::servers::Process;

/// The resident bytes of a connection that has echoed messages and waits.
pub(crate) fn resident(library: Library, mode: Mode) -> Result<usize, Box<dyn Error>> {
    let load = Load::new(mode, 1 << 10);
    let server = Process::start(library, mode)?;
    let open = || -> io::Result<TcpStream> {
        let mut stream = connect(server.port, mode)?;
        for frame in &load.first[..MESSAGES] {
            stream.write_all(frame)?;
            read_frame(&mut stream)?;
        }
        Ok(stream)
    };
    // What is allocated once is there before.
    let _first = (0..16).map(|_| open()).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_millis(300));
    let before = server.resident(library)?;
    let _streams = (0..CONNECTIONS).map(|_| open()).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_millis(300));
    Ok(server.resident(library)?.saturating_sub(before) / CONNECTIONS)
}

/// The least time of the server's threads for an echoed message, in nanoseconds, and how large messages of
/// the server are, compared with what they say.
pub(crate) fn time(
    library: Library,
    mode: Mode,
    size: usize,
) -> Result<(f64, f64), Box<dyn Error>> {
    let load = Load::new(mode, size);
    let server = Process::start(library, mode)?;
    let mut stream = connect(server.port, mode)?;
    let (mut least, mut wire) = (f64::INFINITY, 0);
    for round in 0..ROUNDS {
        let frames = if round == 0 { &load.first } else { &load.again };
        let before = server.time()?;
        wire = 0;
        for frame in frames {
            stream.write_all(frame)?;
            wire += read_frame(&mut stream)?;
        }
        let time = server.time()? - before;
        least = least.min(time as f64 / frames.len() as f64);
    }
    Ok((least, wire as f64 / (size * load.messages.len()) as f64))
}

fn connect(port: u16, mode: Mode) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut request = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    );
    if let Some(extension) = mode.extension() {
        request += &format!("Sec-WebSocket-Extensions: {extension}\r\n");
    }
    stream.write_all((request + "\r\n").as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let is_reset = head.contains("server_no_context_takeover");
    let agreed = (head.contains("permessage-deflate"), is_reset);
    if agreed != (mode != Mode::None, mode == Mode::Reset) {
        return Err(io::Error::other(format!("something else was agreed:\n{head}")));
    }
    Ok(stream)
}

/// Reads a frame, and gives the length of its payload.
fn read_frame(stream: &mut TcpStream) -> io::Result<usize> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut long = [0; 8];
    let extra = match head[1] & 0x7f {
        127 => 8,
        126 => 2,
        _ => 0,
    };
    stream.read_exact(&mut long[8 - extra..])?;
    let len = if extra == 0 { usize::from(head[1]) } else { u64::from_be_bytes(long) as usize };
    let mut payload = vec![0; len];
    stream.read_exact(&mut payload)?;
    Ok(len)
}

const CONNECTIONS: usize = 1000;

/// How many messages are echoed before a connection waits.
const MESSAGES: usize = 64;

/// How often all of the text is echoed.
const ROUNDS: usize = 12;
