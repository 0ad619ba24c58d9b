//! Two connections of one seed would have the same masks.
use sansocket::{Connection, Negotiated, Seed, Timestamp};

fn main() {
    let (seed, now) = (Seed::new([0; 32]), Timestamp::default());
    let one = Connection::open_client(Negotiated::new(), Default::default(), seed, now);
    let two = Connection::open_client(Negotiated::new(), Default::default(), seed, now); //~ E0382
    drop((one, two));
}
