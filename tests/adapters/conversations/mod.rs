//! The same conversations over each adapter, over TCP: what differs is `.await`.

mod blocking {
    use sansocket::blocking::{Incoming, Reader, WebSocket, Writer};
    type Stream = std::net::TcpStream;

    macro_rules! run {
        ($body:expr) => {
            $body
        };
    }
    macro_rules! wait {
        ($call:expr) => {
            $call
        };
    }

    fn stream(stream: std::net::TcpStream) -> Stream {
        stream
    }

    fn split(socket: WebSocket<Stream>) -> (Reader<Stream>, Writer<Stream>) {
        socket.split().unwrap()
    }

    include!("body.rs");
    include!("faults.rs");
}

#[cfg(feature = "tokio")]
mod tokio {
    use sansocket::tokio::{Incoming, Reader, WebSocket, Writer};
    type Stream = tokio::net::TcpStream;

    macro_rules! run {
        ($body:expr) => {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(async { $body })
        };
    }
    macro_rules! wait {
        ($call:expr) => {
            $call.await
        };
    }

    fn stream(stream: std::net::TcpStream) -> Stream {
        stream.set_nonblocking(true).unwrap();
        Stream::from_std(stream).unwrap()
    }

    fn split(socket: WebSocket<Stream>) -> (Reader<Stream>, Writer<Stream>) {
        socket.split()
    }

    use ::tokio;
    include!("body.rs");
    include!("faults.rs");
}

#[cfg(feature = "smol")]
mod smol {
    use sansocket::smol::{Incoming, Reader, WebSocket, Writer};
    type Stream = smol::net::TcpStream;

    macro_rules! run {
        ($body:expr) => {
            smol::block_on(async { $body })
        };
    }
    macro_rules! wait {
        ($call:expr) => {
            $call.await
        };
    }

    fn stream(stream: std::net::TcpStream) -> Stream {
        Stream::from(smol::Async::new(stream).unwrap())
    }

    fn split(socket: WebSocket<Stream>) -> (Reader<Stream>, Writer<Stream>) {
        socket.split()
    }

    use ::smol;
    include!("body.rs");
    include!("faults.rs");
}
