//! What threads can do with each public type of the adapters.

use core::fmt::Debug;

use std::net::TcpStream;

use sansocket::Error;
use sansocket::blocking::{HttpRequest, Incoming, Opening, Reader, Untimed, WebSocket, Writer};

/// A value can be sent to another thread, shared between threads, and moved: it holds no lock guard and no
/// pointer to itself.
const fn is_free<T: Send + Sync + Unpin + Debug>() {}

const _: () = {
    is_free::<Error>();
    is_free::<HttpRequest<TcpStream>>();
    is_free::<Incoming<TcpStream>>();
    is_free::<Opening<TcpStream>>();
    is_free::<Reader<TcpStream>>();
    is_free::<Untimed<TcpStream>>();
    is_free::<WebSocket<TcpStream>>();
    is_free::<Writer<TcpStream>>();
};

#[cfg(feature = "rustls")]
const _: () = {
    use sansocket::blocking::TlsHalf;

    is_free::<TlsHalf<TcpStream>>();
};

#[cfg(feature = "smol")]
const _: () = {
    use sansocket::smol::{HttpRequest, Incoming, Opening, Reader, Smol, WebSocket, Writer};
    use smol::net::TcpStream;

    is_free::<HttpRequest<TcpStream>>();
    is_free::<Incoming<TcpStream>>();
    is_free::<Opening<TcpStream>>();
    is_free::<Reader<TcpStream>>();
    is_free::<Smol>();
    is_free::<WebSocket<TcpStream>>();
    is_free::<Writer<TcpStream>>();
};

#[cfg(feature = "tokio")]
const _: () = {
    use sansocket::polled::{MessageReader, MessageWriter};
    use sansocket::tokio::{HttpRequest, Incoming, Opening, Reader, Tokio, WebSocket, Writer};
    use tokio::net::TcpStream;

    is_free::<HttpRequest<TcpStream>>();
    is_free::<Incoming<TcpStream>>();
    is_free::<MessageReader<'_, TcpStream, Tokio>>();
    is_free::<MessageWriter<'_, TcpStream, Tokio>>();
    is_free::<Opening<TcpStream>>();
    is_free::<Reader<TcpStream>>();
    is_free::<Tokio>();
    is_free::<WebSocket<TcpStream>>();
    is_free::<Writer<TcpStream>>();
};

#[cfg(feature = "h2")]
const _: () = {
    use sansocket::h2::{Client, Incoming, Opening, Stream};

    is_free::<Client>();
    is_free::<Incoming>();
    is_free::<Opening>();
    is_free::<Stream>();
};

#[cfg(feature = "hyper")]
const _: () = {
    use sansocket::hyper::{Opening, Rejection, Stream, WebSocket};

    is_free::<Opening>();
    is_free::<Rejection>();
    is_free::<Stream>();
    is_free::<WebSocket>();
};

#[cfg(feature = "axum")]
const _: () = {
    use sansocket::axum::{Rejection, WebSocketUpgrade};

    is_free::<Rejection>();
    is_free::<WebSocketUpgrade>();
};

/// A future of an adapter can be spawned on a runtime of several threads.
#[cfg(feature = "tokio")]
#[test]
fn futures_are_send() {
    use sansocket::tokio::{Incoming, WebSocket};
    use tokio::net::TcpStream;

    fn is_send(_: impl Send) {}

    async fn talk(socket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
        while let Some((event, sender)) = socket.next_event().await? {
            if let sansocket::Event::Text(text) = event {
                sender.send(text)?;
            }
        }
        socket.send("text").await?;
        socket.close(None, "").await
    }

    async fn serve(stream: TcpStream) -> Result<(), Error> {
        let config = sansocket::Config::new().shared();
        match WebSocket::receive_request(stream, config).await? {
            Incoming::Opening(opening) => talk(&mut opening.accept().await?).await,
            Incoming::Http(request) => request.reject().await,
        }
    }

    let connect = async || {
        let config = sansocket::Config::new().shared();
        talk(&mut WebSocket::connect("ws://localhost/", config).await?).await
    };
    is_send(connect());
    is_send(async |stream| serve(stream).await);
    is_send(serve);
}
