//! There may be more kinds of events one day.
use sansocket::Event;

#[rustfmt::skip]
fn look(event: &Event<'_>) -> &'static str {
    match event { //~ E0004
        Event::Text(_) => "text",
        Event::Binary(_) => "binary",
        Event::Part { .. } => "part",
        Event::Ping(_) => "ping",
        Event::Pong(_) => "pong",
        Event::Close(_) => "close",
    }
}

fn main() {
    look(&Event::Ping(b""));
}
