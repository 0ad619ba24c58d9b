//! The chat of `examples/chat`, over TLS and HTTP/2:
//! `cargo run -p libraries --features deflate,h2,tokio-rustls --example chat_http2`, then open <https://localhost:8080/>.
//!
//! The certificate is made at the start, and nobody has signed it: the browser asks whether to go on. The page and all
//! WebSockets of a tab share one connection.
//!
//! The chat has threads that block, and a stream of HTTP/2 does not. So a pair of sockets stands between them, over
//! which frames pass as they are. Options are those of the chat.

#[path = "../chat/main.rs"]
#[expect(dead_code, reason = "the chat's own `main` is not used here")]
mod chat;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread;

use chat::{Guest, Options, Rooms, Server, Tapped, is_page, read_options};
use sansocket::blocking;
use sansocket::h2::{Incoming, Opening, Stream, receive_request, server_builder};
use sansocket::tls::rustls::ServerConfig;
use sansocket::tls::rustls::crypto::ring;
use sansocket::tls::rustls::pki_types::PrivateKeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Options { listen, keep, config, .. } = read_options()?;
    let listener = TcpListener::bind(listen).await?;
    println!("open https://localhost:{}/ in two windows", listener.local_addr()?.port());
    let server =
        Server { config: config.shared(), rooms: Rooms::new(keep), invitation: String::new() };
    let (server, acceptor) = (Arc::new(server), TlsAcceptor::from(tls()?));
    loop {
        let (stream, _) = listener.accept().await?;
        let (server, acceptor) = (Arc::clone(&server), acceptor.clone());
        tokio::spawn(async move {
            if let Err(error) = serve(stream, acceptor, server).await {
                println!("{error}");
            }
        });
    }
}

/// Makes a certificate for this machine, and offers HTTP/2 only.
fn tls() -> Result<Arc<ServerConfig>, Box<dyn Error>> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = builder.with_single_cert(vec![made.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    server: Arc<Server>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let mut connection = server_builder().handshake(acceptor.accept(stream).await?).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        match receive_request(request, respond, &server.config) {
            Ok(Incoming::Opening(opening)) => {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    if let Err(error) = welcome(opening, server).await {
                        println!("{error}");
                    }
                });
            }
            Ok(Incoming::Http(request, mut respond)) => {
                let uri = request.uri();
                let target = uri.path_and_query().map_or("", |target| target.as_str());
                let is_page = request.method() == "GET" && is_page(target);
                let host = uri.authority().map_or("", |host| host.as_str());
                let answer = server.answer(is_page, host, |response| {
                    (response.to_http_connect(), response.body().to_vec())
                });
                if let Ok((head, body)) = answer {
                    // An error means that the browser has reset this stream. The others go on.
                    let _ = respond
                        .send_response(head, false)
                        .and_then(|mut stream| stream.send_data(body.into(), true));
                }
            }
            Err(error) => println!("{error}"), // The client has got a response.
        }
    }
    Ok(())
}

/// Lets someone in, or not.
async fn welcome(
    mut opening: Opening,
    server: Arc<Server>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Ok(Some(guest)) = Guest::ask(opening.request()) else {
        return Ok(opening.reject(Guest::unknown())?);
    };
    println!("{} comes by a CONNECT of HTTP/2", guest.name);
    let (stream, connection) = opening.accept()?.into_parts();
    let stream = Tapped::open(bridge(stream).await?);
    thread::spawn(move || {
        let socket = blocking::WebSocket::from_parts(stream, connection);
        if let Err(error) = server.serve_guest(&guest, socket) {
            println!("{error}");
        }
    });
    Ok(())
}

/// Returns a socket that blocks, whose other end is the stream.
async fn bridge(mut stream: Stream) -> io::Result<std::net::TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let mut far = loop {
        let (far, from) = listener.accept().await?;
        // Any program of this machine can connect.
        if from == near.local_addr()? {
            break far;
        }
    };
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    // The threads see the end.
    tokio::spawn(async move { copy_bidirectional(&mut stream, &mut far).await });
    let near = near.into_std()?;
    near.set_nonblocking(false)?;
    Ok(near)
}
