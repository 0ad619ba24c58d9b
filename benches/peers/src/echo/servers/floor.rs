//! About the least that can be done on tokio: one buffer, in which the echoes of one read are put
//! together, and one write of them.

use std::error::Error;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Outcome, answers};
use crate::streams::answer;

pub(super) async fn echo(mut stream: TcpStream) -> Outcome {
    let (mut request, mut response) = (Vec::new(), Vec::new());
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_buf(&mut request).await?;
    }
    answer(&request, b"", &mut response);
    stream.write_all(&response).await?;

    let mut buffer = vec![0; 64 << 10];
    let mut end = 0;
    loop {
        match stream.read(&mut buffer[end..]).await? {
            0 => return Ok(()),
            count => end += count,
        }
        let (mut at, mut out) = (0, 0);
        while let Some(frame) = Frame::find(&buffer[at..end]) {
            let written = frame.echo(&mut buffer, at, out)?;
            at += frame.head_len + 4 + frame.len;
            out += written;
        }
        if out > 0 {
            stream.write_all(&buffer[..out]).await?;
        }
        buffer.copy_within(at..end, 0);
        end -= at;
        if end == buffer.len() {
            buffer.resize(2 * end, 0);
        }
    }
}

/// A masked frame, and how long its header is without the key.
struct Frame {
    head_len: usize,
    len: usize,
}

impl Frame {
    /// The frame in front, if it is whole.
    fn find(bytes: &[u8]) -> Option<Self> {
        let (head_len, len) = match bytes.get(1)? & 0x7f {
            126 => (4, u16::from_be_bytes(*bytes[2..].first_chunk()?).into()),
            127 => (10, u64::from_be_bytes(*bytes[2..].first_chunk()?) as usize),
            len => (2, len.into()),
        };
        (bytes.len() >= head_len + 4 + len).then_some(Self { head_len, len })
    }

    /// Unmasks the frame at `at`, and moves it to `out` if the server sends it back. Returns its length at `out`.
    fn echo(&self, buffer: &mut [u8], at: usize, out: usize) -> Result<usize, Box<dyn Error>> {
        let start = at + self.head_len + 4;
        let [a, b, c, d] = [4, 3, 2, 1].map(|back| buffer[start - back]);
        let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        let (words, tail) = buffer[start..start + self.len].as_chunks_mut::<8>();
        for word in words {
            *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
        }
        tail.iter_mut().zip([a, b, c, d, a, b, c]).for_each(|(byte, key)| *byte ^= key);
        if buffer[at] == TEXT {
            simdutf8::basic::from_utf8(&buffer[start..start + self.len])?;
        }
        if !answers(self.len) {
            return Ok(0);
        }
        buffer.copy_within(at..at + self.head_len, out);
        buffer[out + 1] &= 0x7f;
        buffer.copy_within(start..start + self.len, out + self.head_len);
        Ok(self.head_len + self.len)
    }
}

/// The first byte of a text in one frame.
const TEXT: u8 = 0x81;
