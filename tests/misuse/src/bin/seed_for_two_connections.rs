//! Two connections of one seed would have the same masks.
use sansocket::{Connection, Limits, Seed};

fn main() {
    let seed = Seed::new([0; 32]);
    let one = Connection::client(Limits::default(), seed);
    let two = Connection::client(Limits::default(), seed); //~ E0382
    drop((one, two));
}
