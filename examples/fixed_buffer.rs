//! An echo on the wire layer: no allocator, no operating system, and a buffer of whatever size there is.
//!
//! ```sh
//! printf '\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58' |
//!     cargo run --no-default-features --example fixed_buffer | xxd
//! ```
//!
//! What connects the wire layer is done by hand here: messages go back piece by piece as they come, in as many
//! frames, so that none has to fit in the buffer.

use sansocket::wire::{Content, Decoder, Frame, Header, OpCode, Piece, Utf8};
use sansocket::{Close, CloseCode, Kind, Limits, ProtocolError, Role};

/// What bytes come from and go to, such as a modem.
pub(crate) trait Link {
    /// Reads some bytes to the front of `spare`, and tells how many. None is the end.
    fn read(&mut self, spare: &mut [u8]) -> usize;

    /// Writes all of `bytes`.
    fn write(&mut self, bytes: &[u8]);
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By a close frame of the peer, with this code.
    Closed(Option<CloseCode>),
    /// The peer broke a rule.
    Failed(ProtocolError),
    /// The link ended.
    Lost,
}

/// Sends back all messages of a client whose handshake is done, and answers its pings.
pub(crate) fn echo<L: Link>(link: &mut L, buffer: &mut [u8]) -> End {
    let mut echo = Echo {
        decoder: Decoder::new(Role::Server, Limits::default()),
        text: Utf8::new(),
        opcode: OpCode::Continuation,
        control: [0; 125],
        control_len: 0,
    };
    loop {
        let count = link.read(buffer);
        if count == 0 {
            return End::Lost;
        }
        match echo.receive(&mut buffer[..count], link) {
            Ok(None) => {}
            Ok(Some(code)) => return End::Closed(code),
            Err(error) => {
                send(link, true, OpCode::Close, &error.close_code().get().to_be_bytes());
                return End::Failed(error);
            }
        }
    }
}

struct Echo {
    decoder: Decoder,
    text: Utf8,
    /// Of the next frame of the message that goes back.
    opcode: OpCode,
    /// A control frame, which may come in pieces.
    control: [u8; 125],
    control_len: usize,
}

impl Echo {
    /// Takes all that has come. The code of a close frame, once there was one.
    fn receive<L: Link>(
        &mut self,
        mut input: &mut [u8],
        link: &mut L,
    ) -> Result<Option<Option<CloseCode>>, ProtocolError> {
        loop {
            let (used, piece) = self.decoder.decode(input)?;
            let (bytes, rest) = input.split_at_mut(used);
            input = rest;
            let Some(piece) = piece else { return Ok(None) };
            let payload = &bytes[piece.range.clone()];
            match piece.content {
                Content::Data(kind) => self.take_data(kind, &piece, payload, link)?,
                Content::Close | Content::Ping | Content::Pong => {
                    self.take_control(&piece, payload);
                    if piece.is_last
                        && let Some(code) = self.answer(piece.content, link)?
                    {
                        return Ok(Some(code));
                    }
                }
            }
        }
    }

    fn take_data<L: Link>(
        &mut self,
        kind: Kind,
        piece: &Piece,
        payload: &[u8],
        link: &mut L,
    ) -> Result<(), ProtocolError> {
        if piece.is_first {
            self.opcode = kind.into();
        }
        // Section 8.1: text is UTF-8, though not each piece by itself.
        if kind == Kind::Text {
            self.text.push(payload).map_err(|_| ProtocolError::InvalidUtf8)?;
            if piece.is_last && !self.text.is_complete() {
                return Err(ProtocolError::InvalidUtf8);
            }
        }
        send(link, piece.is_last, self.opcode, payload);
        self.opcode = OpCode::Continuation;
        Ok(())
    }

    fn take_control(&mut self, piece: &Piece, payload: &[u8]) {
        if piece.is_first {
            self.control_len = 0;
        }
        // There is room: the decoder rejects control frames that are longer.
        let end = self.control_len + payload.len();
        self.control[self.control_len..end].copy_from_slice(payload);
        self.control_len = end;
    }

    fn answer<L: Link>(
        &self,
        content: Content,
        link: &mut L,
    ) -> Result<Option<Option<CloseCode>>, ProtocolError> {
        let payload = &self.control[..self.control_len];
        match content {
            Content::Ping => send(link, true, OpCode::Pong, payload),
            Content::Close => {
                let close = Close::decode(payload)?;
                // Section 5.5.1: the answer has the same code.
                send(link, true, OpCode::Close, &payload[..payload.len().min(2)]);
                return Ok(Some(close.code));
            }
            Content::Pong | Content::Data(_) => {}
        }
        Ok(None)
    }
}

fn send<L: Link>(link: &mut L, fin: bool, opcode: OpCode, payload: &[u8]) {
    let header = Header { fin, rsv1: false, opcode, mask: None, len: payload.len() as u64 };
    for bytes in Frame::new(&header, payload).slices() {
        link.write(bytes);
    }
}

/// Standard input and output, where there is an operating system.
#[cfg(not(target_os = "none"))]
fn main() {
    use std::io::{Read, Write, stdin, stdout};

    struct Stdio;
    impl Link for Stdio {
        fn read(&mut self, spare: &mut [u8]) -> usize {
            stdin().read(spare).unwrap_or(0)
        }

        fn write(&mut self, bytes: &[u8]) {
            // Who does not listen will not miss it.
            let _ = stdout().write_all(bytes).and_then(|()| stdout().flush());
        }
    }

    eprintln!("{:?}", echo(&mut Stdio, &mut [0; 64]));
}
