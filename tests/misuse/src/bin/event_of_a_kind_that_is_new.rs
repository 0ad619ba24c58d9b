//! There may be more kinds of events one day.
use sansocket::Event;

#[rustfmt::skip]
fn look(event: &Event<'_>) -> &'static str {
    match event { //~ E0004
        Event::Request | Event::NotUpgrade | Event::Open | Event::Rejected => "opening",
        Event::Text(_) => "text",
        Event::Binary(_) => "binary",
        Event::Part { .. } => "part",
        Event::Ping(_) => "ping",
        Event::Pong(_) => "pong",
        Event::Close(_) => "close",
        Event::Violation(_) => "violation",
    }
}

fn main() {
    look(&Event::Ping(b""));
}
