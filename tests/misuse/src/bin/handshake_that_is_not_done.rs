//! Nothing can be sent before the connection is open.
use sansocket::client::{Handshake, Request};
use sansocket::{Limits, Seed, Url, UrlError};

fn main() -> Result<(), UrlError> {
    let mut out = Vec::new();
    let request = Request::new(Url::parse("ws://example.com")?);
    let seed = Seed::new([0; 32]);
    let mut handshake = Handshake::start(request, Limits::default(), seed, &mut out);
    let _ = handshake.send("text", &mut out); //~ E0599
    Ok(())
}
