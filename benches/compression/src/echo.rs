//! Measures a server: resident memory per connection, and CPU time per echoed message.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::library::Library;
use crate::load::Load;
use crate::mode::Mode;
use crate::servers::Process;

/// Returns the resident bytes of an idle connection that has echoed messages.
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
    // The first connections make the allocations that all connections share.
    let _first = (0..16).map(|_| open()).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_millis(300));
    let before = server.resident(library)?;
    let _streams = (0..CONNECTIONS).map(|_| open()).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_millis(300));
    Ok(server.resident(library)?.saturating_sub(before) / CONNECTIONS)
}

/// Returns the least CPU time of the server's threads per echoed message, in nanoseconds, and the ratio of the
/// size of its frames' payloads to the size of the messages.
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

/// Opens a connection, and checks which extension was negotiated.
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
        return Err(io::Error::other(format!(
            "the response negotiates another extension:\n{head}"
        )));
    }
    Ok(stream)
}

/// Reads a frame, and returns the length of its payload.
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

/// The number of connections whose memory is measured.
const CONNECTIONS: usize = 1000;

/// The number of messages that a connection echoes before it is idle.
const MESSAGES: usize = 64;

/// How many times the whole text is echoed.
const ROUNDS: usize = 12;
