//! A payload that has been masked for one frame cannot be masked for another while that is there.
use sansocket::{Connection, Kind, Limits, Seed};

fn main() {
    let mut connection = Connection::client(Limits::default(), Seed::new([0; 32]));
    let mut payload = [0; 10];
    let one = connection.sender.frame(Kind::Binary, &mut payload);
    let two = connection.sender.frame(Kind::Binary, &mut payload); //~ E0499
    drop((one, two));
}
