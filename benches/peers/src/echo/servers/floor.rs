//! About the least that can be done on tokio: one buffer, in which the echoes of one read are put
//! together, and one write of them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Outcome;
use crate::streams::answer;

pub(super) async fn echo(mut stream: TcpStream) -> Outcome {
    let (mut request, mut response) = (Vec::new(), Vec::new());
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_buf(&mut request).await?;
    }
    answer(&request, &mut response);
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
            frame.echo(&mut buffer, at, out);
            at += frame.head_len + 4 + frame.len;
            out += frame.head_len + frame.len;
        }
        stream.write_all(&buffer[..out]).await?;
        buffer.copy_within(at..end, 0);
        end -= at;
    }
}

/// A masked frame of at most 64 KiB, and how long its header is without the key.
struct Frame {
    head_len: usize,
    len: usize,
}

impl Frame {
    /// The frame in front, if it is whole.
    fn find(bytes: &[u8]) -> Option<Self> {
        let (head_len, len) = match bytes.get(1)? & 0x7f {
            126 => (4, u16::from_be_bytes(*bytes[2..].first_chunk()?).into()),
            len => (2, len.into()),
        };
        (bytes.len() >= head_len + 4 + len).then_some(Self { head_len, len })
    }

    /// Unmasks the frame that lies at `at`, and moves it to `out`.
    fn echo(&self, buffer: &mut [u8], at: usize, out: usize) {
        let start = at + self.head_len + 4;
        let [a, b, c, d] = [4, 3, 2, 1].map(|back| buffer[start - back]);
        let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        let (words, tail) = buffer[start..start + self.len].as_chunks_mut::<8>();
        for word in words {
            *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
        }
        tail.iter_mut().zip([a, b, c, d, a, b, c]).for_each(|(byte, key)| *byte ^= key);
        buffer.copy_within(at..at + self.head_len, out);
        buffer[out + 1] &= 0x7f;
        buffer.copy_within(start..start + self.len, out + self.head_len);
    }
}
