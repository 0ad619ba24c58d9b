//! What is allowed, so that the others fail for what they do and not for how they are built.
use sansocket::client::Request;
use sansocket::{Connection, Event, Input, Message, Seed, Step, Timestamp, Url};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Timestamp::default();
    let mut connection = Connection::server(Default::default(), now);
    let mut input = Input::new([0; 1024]);
    connection.spare(&mut input).filled(1, now);
    while let Some(event) = connection.next_event(&mut input) {
        match event {
            Event::Request => connection.accept(),
            Event::Text(text) => connection.send(Message::Text(text))?,
            Event::Binary(bytes) => connection.send_part(bytes)?,
            _ => {}
        }
        let count = connection.transmit().len();
        connection.transmitted(count, now);
    }
    if let Step::Done(ended) = connection.next_step() {
        println!("{ended}");
    }
    let (mut receiver, mut sender) = connection.split();
    let event = receiver.next_event(&mut input, &mut sender);
    sender.probe().err();
    drop(event);
    let request = Request::new(Url::parse("ws://example.com")?);
    let client = Connection::client(request, Default::default(), Seed::random()?, now);
    drop(client);
    Ok(())
}
