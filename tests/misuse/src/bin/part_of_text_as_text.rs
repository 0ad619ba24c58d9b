//! A part of a text may end within a character, so that it is no text by itself.
use sansocket::Event;

fn look(event: Event<'_>) {
    if let Event::Part { bytes, .. } = event {
        let _: &str = bytes; //~ E0308
    }
}

fn main() {
    look(Event::Ping(b""));
}
