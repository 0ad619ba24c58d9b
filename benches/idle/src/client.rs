//! A client on a bare socket, which allocates no memory in the process while it is idle.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// Opens a connection, sends one message of `size` bytes, and waits for its echo.
pub(crate) fn open(address: SocketAddr, size: usize) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(REQUEST)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let (short, long) = match size {
        0..126 => (size as u8, vec![]),
        126..65_536 => (126, (size as u16).to_be_bytes().to_vec()),
        _ => (127, (size as u64).to_be_bytes().to_vec()),
    };
    // The masking key is zero, so the payload needs no masking.
    let mut frame = vec![0x82, 0x80 | short];
    frame.extend(&long);
    frame.resize(frame.len() + 4 + size, 0);
    stream.write_all(&frame)?;
    let mut echo = vec![0; 2 + long.len() + size];
    stream.read_exact(&mut echo)?;
    Ok(stream)
}
