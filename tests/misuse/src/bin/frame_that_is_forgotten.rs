//! A frame that is not written would leave the peer waiting for it.
#![deny(unused_must_use)]
use sansocket::{Connection, Kind, Limits, SendError};

fn main() -> Result<(), SendError> {
    let mut connection = Connection::server(Limits::default());
    connection.sender.frame(Kind::Binary, &mut [0; 10])?; //~ must be used
    Ok(())
}
