//! The same conversations over each adapter, over TCP: what differs is `.await`.

mod blocking {
    use sansocket::blocking::{Incoming, WebSocket};
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

    include!("body.rs");
    include!("faults.rs");
}

#[cfg(feature = "tokio")]
mod tokio {
    use sansocket::tokio::{Incoming, WebSocket};
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

    use ::tokio;
    include!("body.rs");
    include!("faults.rs");
}

#[cfg(feature = "smol")]
mod smol {
    use sansocket::smol::{Incoming, WebSocket};
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

    use ::smol;
    include!("body.rs");
    include!("faults.rs");
}
