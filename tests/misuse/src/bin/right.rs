//! What is allowed, so that the others fail for what they do and not for how they are built.
use sansocket::client::{Handshake, Request};
use sansocket::{Connection, Event, Input, Kind, Limits, Message, Seed, Url};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Connection { mut receiver, mut sender } = Connection::server(Limits::default());
    let mut input = Input::new([0; 1024]);
    let mut out = Vec::new();
    input.spare().fill(0);
    while let Some(event) = receiver.next_event(&mut input, &mut sender)? {
        match event {
            Event::Text(text) => sender.send(Message::Text(text), &mut out)?,
            Event::Binary(bytes) => drop(sender.frame(Kind::Binary, bytes)?),
            _ => {}
        }
        sender.poll_transmit(&mut out);
    }
    input.spare().fill(0);
    let request = Request::new(Url::parse("ws://example.com")?);
    let handshake = Handshake::start(request, Limits::default(), Seed::random()?, &mut out);
    drop(handshake.receive(&mut input)?);
    Ok(())
}
