//! Of readers there is one, so that each event is seen once and in order.
use sansocket::tokio::Reader;
use tokio::net::TcpStream;

fn double(reader: Reader<TcpStream>) {
    let other = reader.clone(); //~ E0599
    drop((reader, other));
}

fn main() {
    let _ = double;
}
