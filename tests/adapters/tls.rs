//! TLS below each of the adapters: a client of each talks to a server of each.

use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, KeyPair};
use sansocket::blocking::{self, MaybeTls, Split};
use sansocket::polled::{self, Io};
use sansocket::tls::rustls::crypto::ring;
use sansocket::tls::rustls::pki_types::{PrivateKeyDer, ServerName};
use sansocket::tls::rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error as TlsError,
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use sansocket::{
    CloseCode, Config, Ended, Error, Event, OwnedMessage, TimedOut, Timeouts, Url, client, smol,
    tls, tokio,
};

/// How a connection went, and how it ended, if there was one.
type Outcome = (Result<(), Error>, Option<Ended>);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Blocking,
    Tokio,
    Smol,
}

pub(crate) const ADAPTERS: [Adapter; 3] = [Adapter::Blocking, Adapter::Tokio, Adapter::Smol];

/// A server's certificate, and what a client must trust to accept it.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) client: Arc<ClientConfig>,
    #[cfg(feature = "rustls-native-roots")]
    pem: String,
}

impl Identity {
    fn new(names: &[&str]) -> Self {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key(&signing_key))
            .unwrap();
        Self {
            server: Arc::new(server),
            client: tls::config(roots),
            #[cfg(feature = "rustls-native-roots")]
            pem: cert.pem(),
        }
    }

    /// One for the host and the address at which the tests listen.
    pub(crate) fn local() -> Self {
        Self::new(&["localhost", "127.0.0.1"])
    }
}

fn key(pair: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(pair.serialize_der().into())
}

/// What `serve` gives for the one connection that it accepts while `act` talks to its port.
fn between<T: Send, U>(
    serve: impl FnOnce(TcpStream) -> T + Send,
    act: impl FnOnce(u16) -> U,
) -> (T, U) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::scope(|scope| {
        let server = scope.spawn(move || serve(listener.accept().unwrap().0));
        let result = act(port);
        (server.join().unwrap(), result)
    })
}

/// Sends back every message, until the connection is over.
fn serve(adapter: Adapter, stream: TcpStream, tls: Arc<ServerConfig>) -> Outcome {
    match adapter {
        Adapter::Blocking => match accept(stream, tls) {
            Ok(mut socket) => (echo(&mut socket), socket.ended()),
            Err(error) => (Err(error), None),
        },
        Adapter::Tokio => in_tokio(async {
            stream.set_nonblocking(true).unwrap();
            let stream = ::tokio::net::TcpStream::from_std(stream).unwrap();
            match tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                Ok(stream) => {
                    echo_later(tokio::WebSocket::accept(stream, Arc::default()).await).await
                }
                Err(error) => (Err(error.into()), None),
            }
        }),
        Adapter::Smol => ::smol::block_on(async {
            let stream = ::smol::Async::new(stream).unwrap();
            match futures_rustls::TlsAcceptor::from(tls).accept(stream).await {
                Ok(stream) => {
                    echo_later(smol::WebSocket::accept(stream, Arc::default()).await).await
                }
                Err(error) => (Err(error.into()), None),
            }
        }),
    }
}

type Accepted = blocking::WebSocket<StreamOwned<ServerConnection, TcpStream>>;

fn accept(stream: TcpStream, tls: Arc<ServerConfig>) -> Result<Accepted, Error> {
    let connection = ServerConnection::new(tls).unwrap();
    blocking::WebSocket::accept(StreamOwned::new(connection, stream), Arc::default())
}

fn echo(socket: &mut blocking::WebSocket<impl blocking::Stream>) -> Result<(), Error> {
    while let Some((event, sender)) = socket.next_event()? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

async fn echo_later<S, I: Io<S>>(socket: Result<polled::WebSocket<S, I>, Error>) -> Outcome {
    let mut socket = match socket {
        Ok(socket) => socket,
        Err(error) => return (Err(error), None),
    };
    let outcome = async {
        while let Some((event, sender)) = socket.next_event().await? {
            match event {
                Event::Text(text) => sender.send(text)?,
                Event::Binary(bytes) => sender.send(bytes)?,
                _ => {}
            }
        }
        Ok(())
    };
    (outcome.await, socket.ended())
}

/// Connects, hears what it says, and closes.
fn talk(adapter: Adapter, url: &str, tls: Arc<ClientConfig>) -> Outcome {
    match adapter {
        Adapter::Blocking => match blocking::Connect::new(url).tls(tls).connect() {
            Ok((mut socket, _)) => (hear(&mut socket), socket.ended()),
            Err(error) => (Err(error), None),
        },
        Adapter::Tokio => in_tokio(async {
            let outcome = tokio::Connect::new(url).tls(tls).connect().await;
            hear_later(outcome.map(|(socket, _)| socket)).await
        }),
        Adapter::Smol => ::smol::block_on(async {
            let outcome = smol::Connect::new(url).tls(tls).connect().await;
            hear_later(outcome.map(|(socket, _)| socket)).await
        }),
    }
}

fn hear(socket: &mut blocking::WebSocket<impl blocking::Stream>) -> Result<(), Error> {
    for message in messages() {
        socket.send(&message)?;
        let answer = socket.receive()?;
        assert!(answer == Some(message), "the same comes back");
    }
    socket.close(CloseCode::NORMAL, "")
}

async fn hear_later<S, I: Io<S>>(socket: Result<polled::WebSocket<S, I>, Error>) -> Outcome {
    let mut socket = match socket {
        Ok(socket) => socket,
        Err(error) => return (Err(error), None),
    };
    let outcome = async {
        for message in messages() {
            socket.send(&message).await?;
            let answer = socket.receive().await?;
            assert!(answer == Some(message), "the same comes back");
        }
        socket.close(CloseCode::NORMAL, "").await
    };
    (outcome.await, socket.ended())
}

fn messages() -> [OwnedMessage; 3] {
    let long: Vec<u8> = (0..1 << 20).map(|at: u32| at.to_le_bytes()[1] ^ 0x5a).collect();
    ["grüße".into(), vec![0, 0xff, 0x80].into(), long.into()]
}

pub(crate) fn in_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// What rustls says within an error.
fn tls_error(outcome: &Outcome) -> Option<&TlsError> {
    let (Err(error), None) = outcome else { return None };
    let mut error = std::error::Error::source(error)?;
    while let Some(stream) = error.downcast_ref::<io::Error>() {
        error = stream.get_ref()?;
    }
    error.downcast_ref()
}

fn is_cut_off(outcome: &Outcome) -> bool {
    let is_unclean = outcome.1.as_ref().is_some_and(|ended| !ended.is_clean());
    matches!(&outcome.0, Err(Error::Io(error)) if error.kind() == ErrorKind::UnexpectedEof)
        && is_unclean
}

fn is_clean(outcome: &Outcome) -> bool {
    outcome.0.is_ok() && outcome.1.as_ref().is_some_and(|ended| ended.is_clean())
}

#[test]
fn messages_come_back_over_tls_whatever_the_adapters() {
    let identity = Identity::local();
    for server in ADAPTERS {
        for client in ADAPTERS {
            let (served, talked) = between(
                |stream| serve(server, stream, identity.server.clone()),
                |port| talk(client, &format!("wss://localhost:{port}/"), identity.client.clone()),
            );
            assert!(is_clean(&served), "{server:?} to {client:?}: {served:?}");
            assert!(is_clean(&talked), "{client:?} to {server:?}: {talked:?}");
        }
    }
}

#[test]
fn a_certificate_may_be_for_an_address() {
    let identity = Identity::new(&["127.0.0.1"]);
    for adapter in ADAPTERS {
        let (served, talked) = between(
            |stream| serve(adapter, stream, identity.server.clone()),
            |port| talk(adapter, &format!("wss://127.0.0.1:{port}/"), identity.client.clone()),
        );
        assert!(is_clean(&served) && is_clean(&talked), "{adapter:?}: {served:?}, {talked:?}");
    }
}

/// Section 4.1, item 5, and H-C-34: if TLS fails, so does the connection.
#[test]
fn a_certificate_of_an_unknown_authority_is_rejected() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        let (served, talked) = between(
            |stream| serve(adapter, stream, identity.server.clone()),
            |port| talk(adapter, &format!("wss://localhost:{port}/"), tls::default_config()),
        );
        let expected = TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(tls_error(&talked), Some(&expected), "{adapter:?}: {talked:?}");
        let expected = TlsError::AlertReceived(AlertDescription::UnknownCA);
        assert_eq!(tls_error(&served), Some(&expected), "{adapter:?}: {served:?}");
    }
}

/// A process of its own is told by its environment what the platform trusts.
#[cfg(feature = "rustls-native-roots")]
#[test]
fn an_authority_of_the_platform_is_trusted() {
    const NAME: &str = "an_authority_of_the_platform_is_trusted";
    if let Ok(url) = std::env::var(NAME) {
        let talked = talk(Adapter::Blocking, &url, tls::native_config().unwrap());
        assert!(is_clean(&talked), "{talked:?}");
        return;
    }
    let identity = Identity::local();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("authority.pem");
    std::fs::write(&file, &identity.pem).unwrap();
    let (served, status) = between(
        |stream| serve(Adapter::Blocking, stream, identity.server.clone()),
        |port| {
            let mut child = std::process::Command::new(std::env::current_exe().unwrap());
            child
                .args(["--exact", &format!("tls::{NAME}")])
                .env(NAME, format!("wss://localhost:{port}/"));
            child.env("SSL_CERT_FILE", &file).env_remove("SSL_CERT_DIR").status().unwrap()
        },
    );
    assert!(status.success() && is_clean(&served), "{status:?}, {served:?}");
}

#[test]
fn a_certificate_for_another_host_is_rejected() {
    let identity = Identity::new(&["example.com"]);
    for adapter in ADAPTERS {
        for host in ["localhost", "127.0.0.1"] {
            let (_, talked) = between(
                |stream| serve(adapter, stream, identity.server.clone()),
                |port| talk(adapter, &format!("wss://{host}:{port}/"), identity.client.clone()),
            );
            let error = tls_error(&talked);
            let is_about_name = matches!(
                error,
                Some(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { .. }))
            );
            assert!(is_about_name, "{adapter:?}: {talked:?}");
        }
    }
}

/// Whoever is between could have ended the stream: C-34.
#[test]
fn a_server_that_is_cut_off_is_not_a_clean_end() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        let cut_off = |stream| {
            let mut socket = accept(stream, identity.server.clone()).unwrap();
            socket.next_event().unwrap();
            end_without_notice(&socket.into_parts().0.sock);
        };
        let ((), talked) = between(cut_off, |port| {
            talk(adapter, &format!("wss://localhost:{port}/"), identity.client.clone())
        });
        assert!(is_cut_off(&talked), "{adapter:?}: {talked:?}");
    }
}

#[test]
fn a_client_that_is_cut_off_is_not_a_clean_end() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        let (served, ()) = between(
            |stream| serve(adapter, stream, identity.server.clone()),
            |port| {
                let mut socket = connect(port, &identity);
                socket.send("half of what I have to say").unwrap();
                socket.next_event().unwrap();
                end_without_notice(socket.into_parts().0.get_ref());
            },
        );
        assert!(is_cut_off(&served), "{adapter:?}: {served:?}");
    }
}

/// Nothing can have been lost then.
#[test]
fn a_server_may_be_cut_off_after_both_close_frames() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        let close = |stream| {
            let mut socket = accept(stream, identity.server.clone()).unwrap();
            while let Some((event, sender)) = socket.next_event().unwrap() {
                match event {
                    Event::Text(text) => sender.send(text).unwrap(),
                    Event::Binary(bytes) => sender.send(bytes).unwrap(),
                    Event::Close(_) => break,
                    _ => {}
                }
            }
            socket.flush().unwrap();
            end_without_notice(&socket.into_parts().0.sock);
        };
        let ((), talked) = between(close, |port| {
            talk(adapter, &format!("wss://localhost:{port}/"), identity.client.clone())
        });
        assert!(is_clean(&talked), "{adapter:?}: {talked:?}");
    }
}

#[test]
fn a_client_may_be_cut_off_after_both_close_frames() {
    let identity = Identity::local();
    for adapter in ADAPTERS {
        let (served, ()) = between(
            |stream| serve(adapter, stream, identity.server.clone()),
            |port| {
                let mut socket = connect(port, &identity);
                socket.connection_mut().close(CloseCode::NORMAL, "").unwrap();
                let (event, _) = socket.next_event().unwrap().unwrap();
                assert!(matches!(event, Event::Close(_)), "{event:?}");
                end_without_notice(socket.into_parts().0.get_ref());
            },
        );
        assert!(is_clean(&served), "{adapter:?}: {served:?}");
    }
}

type Connected = blocking::WebSocket<MaybeTls>;

fn connect(port: u16, identity: &Identity) -> Connected {
    let url = format!("wss://localhost:{port}/");
    blocking::Connect::new(&url).tls(identity.client.clone()).connect().unwrap().0
}

/// Ends the transport, of which TLS does not tell the peer.
fn end_without_notice(mut stream: &TcpStream) {
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    io::copy(&mut stream, &mut io::sink()).unwrap();
}

#[test]
fn our_end_is_told_by_tls_too() {
    let identity = Identity::local();
    let listen = |stream| {
        let mut socket = accept(stream, identity.server.clone()).unwrap();
        while socket.next_event().unwrap().is_some() {}
        // Had it not been told, this would be an error.
        io::copy(&mut socket.into_parts().0, &mut io::sink()).unwrap()
    };
    for adapter in ADAPTERS {
        let (_, talked) = between(listen, |port| {
            let url = format!("wss://localhost:{port}/");
            let tls = identity.client.clone();
            match adapter {
                Adapter::Blocking => blocking::Connect::new(&url)
                    .tls(tls)
                    .connect()
                    .and_then(|(mut socket, _)| socket.close(None, "")),
                Adapter::Tokio => in_tokio(async {
                    let (mut socket, _) = tokio::Connect::new(&url).tls(tls).connect().await?;
                    socket.close(None, "").await
                }),
                Adapter::Smol => ::smol::block_on(async {
                    let (mut socket, _) = smol::Connect::new(&url).tls(tls).connect().await?;
                    socket.close(None, "").await
                }),
            }
        });
        assert!(talked.is_ok(), "{adapter:?}: {talked:?}");
    }
}

/// Section 4.1, item 5, H-C-34 and H-S-64: the server is told which host is meant. It must not choose HTTP/2.
#[test]
fn the_host_is_named_and_http_1_chosen_whatever_the_configuration() {
    let identity = Identity::local();
    let mut server = ServerConfig::clone(&identity.server);
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Arc::new(server);
    let mut client = ClientConfig::clone(&identity.client);
    client.alpn_protocols = server.alpn_protocols.clone();
    client.enable_sni = false;
    let client = Arc::new(client);
    for adapter in ADAPTERS {
        let look = |stream| {
            let mut socket = accept(stream, server.clone()).unwrap();
            echo(&mut socket).unwrap();
            let connection = socket.into_parts().0.conn;
            let name = connection.server_name().map(str::to_owned);
            (name, connection.alpn_protocol().map(<[u8]>::to_vec))
        };
        let (seen, talked) = between(look, |port| {
            talk(adapter, &format!("wss://localhost:{port}/"), client.clone())
        });
        let expected = (Some("localhost".to_owned()), Some(b"http/1.1".to_vec()));
        assert_eq!(seen, expected, "{adapter:?}: {talked:?}");
    }
}

#[test]
fn a_stream_of_tls_can_be_handed_in() {
    let identity = Identity::local();
    let ((served, _), ()) = between(
        |stream| serve(Adapter::Blocking, stream, identity.server.clone()),
        |port| {
            let url = format!("wss://localhost:{port}/chat");
            let name = ServerName::try_from("localhost").unwrap();
            let connection = ClientConnection::new(identity.client.clone(), name).unwrap();
            let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let stream = StreamOwned::new(connection, stream);
            let request = client::Request::new(Url::parse(&url).unwrap());
            let (mut socket, response) =
                blocking::WebSocket::connect_over(stream, request, Arc::default()).unwrap();
            assert_eq!(response.status(), 101);
            hear(&mut socket).unwrap();
        },
    );
    served.unwrap();
}

/// Each adapter bounds the opening from its beginning, in which TLS is agreed on.
#[test]
fn a_server_that_never_speaks_tls_times_out() {
    let timeouts = Timeouts::new().opening(Duration::from_millis(50));
    let config = Config::new().timeouts(timeouts).shared();
    for adapter in ADAPTERS {
        let mute = |mut stream: TcpStream| io::copy(&mut stream, &mut io::sink()).map(drop);
        let (_, outcome) = between(mute, |port| {
            let url = format!("wss://localhost:{port}/");
            let config = config.clone();
            match adapter {
                Adapter::Blocking => blocking::WebSocket::connect(&url, config).map(drop),
                Adapter::Tokio => {
                    in_tokio(async { tokio::WebSocket::connect(&url, config).await.map(drop) })
                }
                Adapter::Smol => ::smol::block_on(async {
                    smol::WebSocket::connect(&url, config).await.map(drop)
                }),
            }
        });
        let is_timeout = matches!(outcome, Err(Error::TimedOut(TimedOut::Opening)));
        assert!(is_timeout, "{adapter:?}: {outcome:?}");
    }
}

/// A server, too, has its own time for a client that never gets to the end of TLS.
#[test]
fn a_client_that_never_speaks_tls_times_out() {
    let identity = Identity::local();
    const SHORT: Duration = Duration::from_millis(50);
    let config = Config::new().timeouts(Timeouts::new().opening(SHORT).end(SHORT)).shared();
    let receive = |stream| {
        let connection = ServerConnection::new(identity.server.clone()).unwrap();
        let stream = StreamOwned::new(connection, stream);
        blocking::WebSocket::receive_request(stream, config.clone()).map(drop)
    };
    let (outcome, _) = between(receive, |port| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"\x16\x03\x01").unwrap();
        io::copy(&mut stream, &mut io::sink())
    });
    assert!(outcome.is_err(), "{outcome:?}");
}

#[test]
fn deadlines_work_below_tls() {
    let identity = Identity::local();
    let mute = |stream| {
        let socket = accept(stream, identity.server.clone()).unwrap();
        io::copy(&mut socket.into_parts().0.sock, &mut io::sink()).map(drop)
    };
    const SHORT: Duration = Duration::from_millis(20);
    let config = Config::new().timeouts(Timeouts::new().idle(SHORT).pong(SHORT)).shared();
    let (_, ()) = between(mute, |port| {
        let url = format!("wss://localhost:{port}/");
        let door = blocking::Connect::new(&url).tls(identity.client.clone()).config(config);
        let (mut socket, _) = door.connect().unwrap();
        let outcome = socket.next_event().map(drop);
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))), "{outcome:?}");
    });
}

/// What TLS holds back is not taken for written, whether it is written from the queue or from where it
/// lies.
#[test]
fn writes_over_tls_that_nobody_reads_time_out() {
    let identity = Identity::local();
    const SHORT: Duration = Duration::from_millis(20);
    let config = Config::new().timeouts(Timeouts::new().idle(SHORT).pong(SHORT)).shared();
    for size in [1000, 1 << 20] {
        let send = |stream| {
            let connection = ServerConnection::new(identity.server.clone()).unwrap();
            let stream = StreamOwned::new(connection, stream);
            let incoming = blocking::WebSocket::receive_request(stream, config.clone()).unwrap();
            let blocking::Incoming::Opening(opening) = incoming else { panic!("a handshake") };
            let mut socket = opening.accept().unwrap();
            let message = vec![0; size];
            (0..(64 << 20) / size).find_map(|_| socket.send(&message).err())
        };
        let (error, socket) = between(send, |port| {
            let socket = connect(port, &identity);
            thread::sleep(Duration::from_millis(500));
            socket
        });
        drop(socket);
        // Whether bytes wait here or in TLS is up to the size.
        let is_expected =
            matches!(error, Some(Error::TimedOut(TimedOut::Silence | TimedOut::Blocked)));
        assert!(is_expected, "{size}: {error:?}");
    }
}

/// Halves of TLS send and receive at the same time, more than the operating system holds.
#[test]
fn halves_send_and_receive_over_tls() {
    const COUNT: usize = 100;
    fn talk<S>(socket: blocking::WebSocket<S>, is_closing: bool) -> Option<Ended>
    where
        S: Split<Half: Send>,
    {
        let (mut reader, writer) = socket.split().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..COUNT {
                    writer.send(vec![7; 100_000]).unwrap();
                }
            });
            for _ in 0..COUNT {
                assert_eq!(reader.receive().unwrap(), Some(vec![7; 100_000].into()));
            }
        });
        if is_closing {
            writer.close(CloseCode::NORMAL, "enough").unwrap();
        }
        assert_eq!(reader.receive().unwrap(), None);
        reader.ended()
    }
    let identity = Identity::local();
    let (served, talked) = between(
        |stream| talk(accept(stream, identity.server.clone()).unwrap(), false),
        |port| talk(connect(port, &identity), true),
    );
    for ended in [served, talked] {
        assert!(ended.as_ref().is_some_and(Ended::is_clean), "{ended:?}");
    }
}
