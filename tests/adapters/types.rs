//! What threads can do with each public type of the adapters.

use core::fmt::Debug;

use std::net::TcpStream;

use sansocket::Error;
use sansocket::blocking::{
    Blocking, Connect, HttpRequest, Incoming, MaybeTls, MaybeTlsHalf, Opening, Reader, Untimed,
    WebSocket, Writer,
};

/// A value can be sent to another thread, shared between threads, and moved: it holds no lock guard and no
/// pointer to itself.
const fn is_free<T: Send + Sync + Unpin + Debug>() {}

const _: () = {
    is_free::<Blocking>();
    is_free::<Connect>();
    is_free::<Error>();
    is_free::<HttpRequest<TcpStream>>();
    is_free::<Incoming<TcpStream>>();
    is_free::<MaybeTls>();
    is_free::<MaybeTlsHalf<TcpStream>>();
    is_free::<Opening<TcpStream>>();
    is_free::<Reader<TcpStream>>();
    is_free::<Untimed<TcpStream>>();
    is_free::<WebSocket<TcpStream>>();
    is_free::<Writer<TcpStream>>();
};

#[cfg(feature = "legacy")]
const _: () = {
    use sansocket::legacy::blocking::{Incoming, Socket};

    is_free::<Incoming<TcpStream>>();
    is_free::<Socket<TcpStream>>();
};

#[cfg(all(feature = "legacy", feature = "tokio"))]
const _: () = {
    use sansocket::legacy::tokio::{Incoming, Socket};
    use tokio::net::TcpStream;

    is_free::<Incoming<TcpStream>>();
    is_free::<Socket<TcpStream>>();
};

#[cfg(feature = "rustls")]
const _: () = {
    use sansocket::blocking::TlsHalf;

    is_free::<TlsHalf<TcpStream>>();
};

#[cfg(feature = "smol")]
const _: () = {
    use sansocket::smol::{
        Connect, HttpRequest, Incoming, MaybeTls, Opening, Reader, Reconnect, Smol, WebSocket,
        Writer,
    };
    use smol::net::TcpStream;

    is_free::<Connect>();
    is_free::<HttpRequest<TcpStream>>();
    is_free::<Incoming<TcpStream>>();
    is_free::<MaybeTls>();
    is_free::<Opening<TcpStream>>();
    is_free::<Reader<TcpStream>>();
    is_free::<Reconnect>();
    is_free::<Smol>();
    is_free::<WebSocket<TcpStream>>();
    is_free::<Writer<TcpStream>>();
};

#[cfg(feature = "tokio")]
const _: () = {
    use sansocket::polled::{Change, Hub, Membership, MessageReader, MessageWriter, Presence};
    use sansocket::tokio::{
        Connect, HttpRequest, Incoming, MaybeTls, Opening, Reader, Reconnect, Tokio, WebSocket,
        Writer,
    };
    use tokio::net::TcpStream;

    is_free::<Change<'_, String>>();
    is_free::<Hub<String>>();
    is_free::<Membership<String>>();
    is_free::<Presence<'_, String>>();
    is_free::<Connect>();
    is_free::<HttpRequest<TcpStream>>();
    is_free::<Incoming<TcpStream>>();
    is_free::<MaybeTls>();
    is_free::<MessageReader<'_, TcpStream, Tokio>>();
    is_free::<MessageWriter<'_, TcpStream, Tokio>>();
    is_free::<Opening<TcpStream>>();
    is_free::<Reader<TcpStream>>();
    is_free::<Reconnect>();
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
    use sansocket::connect::Retry;
    use sansocket::polled::{Io, WebSocket as AnyWebSocket};
    use sansocket::tokio::{Connect, Incoming, WebSocket};
    use tokio::net::TcpStream;

    fn is_send(_: impl Send) {}

    async fn talk<S, I: Io<S>>(socket: &mut AnyWebSocket<S, I>) -> Result<(), Error> {
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
    is_send(Connect::new("ws://localhost/").reconnect(Retry::NONE).next());
    is_send(async |stream| serve(stream).await);
    is_send(serve);
}
