//! A WebSocket that was split is there as its halves only.
use sansocket::tokio::WebSocket;
use tokio::net::TcpStream;

fn split(socket: WebSocket<TcpStream>) {
    let halves = socket.split();
    drop(socket.into_parts()); //~ E0382
    drop(halves);
}

fn main() {
    let _ = split;
}
