use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

use super::End;

/// A server that answers the request of a client, once it is whole.
#[derive(Debug)]
pub(crate) struct Answering {
    request: Vec<u8>,
    response: Vec<u8>,
    given: usize,
    /// What the response has beyond what it needs.
    fields: &'static [u8],
}

impl Answering {
    pub(crate) fn new(fields: &'static [u8]) -> Self {
        let response = Vec::with_capacity(256 + fields.len());
        Self { request: Vec::with_capacity(1024), response, given: 0, fields }
    }
}

impl End for Answering {
    fn take(&mut self, most: usize) -> &[u8] {
        if self.response.is_empty() && self.request.ends_with(b"\r\n\r\n") {
            answer(&self.request, self.fields, &mut self.response);
        }
        let rest = &self.response[self.given..];
        let piece = &rest[..most.min(rest.len())];
        self.given += piece.len();
        piece
    }

    fn write(&mut self, bytes: &[u8]) {
        self.request.extend_from_slice(bytes);
    }
}

/// Appends the response to a request of which only the key matters. The response has these fields, too.
pub(crate) fn answer(request: &[u8], fields: &[u8], response: &mut Vec<u8>) {
    const NAME: &[u8] = b"sec-websocket-key:";
    let is_name = |window: &[u8]| window.eq_ignore_ascii_case(NAME);
    let at = request.windows(NAME.len()).position(is_name).expect("a request has a key");
    let value = &request[at + NAME.len()..];
    let key = value.split(|&byte| byte == b'\r').next().unwrap_or_default().trim_ascii();
    response.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Accept: ",
    );
    response.extend_from_slice(accept(key).as_bytes());
    response.extend_from_slice(b"\r\n");
    response.extend_from_slice(fields);
    response.extend_from_slice(b"\r\n");
}

fn accept(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.digest().bytes())
}
