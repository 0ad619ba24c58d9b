//! TLS: own roots, client certificates, a private CA for tests.
//!
//! **You want** `wss://`.
//!
//! TLS comes from [the crate rustls](crate::tls::rustls), which this crate exports again. Each adapter has a feature:
//! `tokio-rustls`, `smol-rustls`, and `rustls` for `blocking`.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["tokio-rustls"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! # Only for a server, or a client that connects by itself:
//! tokio-rustls = { version = "0.26", default-features = false }
//! ```
//!
//! # A client
//!
//! `connect` takes `wss://` URLs. It trusts the authorities that Mozilla lists. [`Connect::tls`](crate::Connect::tls)
//! takes another [`ClientConfig`](crate::tls::rustls::ClientConfig). Create it once: connections that share it resume
//! each other's sessions.
//!
//! ```no_run
//! # #[cfg(feature = "tokio-rustls")] {
//! use sansocket::tls::rustls::RootCertStore;
//! use sansocket::tokio::{Connect, WebSocket};
//! use sansocket::{Config, Error, tls};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let config = Config::new().shared();
//!     let mut socket = WebSocket::connect("wss://example.com/", config).await?;
//!     socket.send("hello").await?;
//!     socket.close(None, "").await?;
//!
//!     // Whom to trust is up to you.
//!     let trusted = tls::config(RootCertStore::empty());
//!     let (mut socket, _) = Connect::new("wss://example.com/").tls(trusted).connect().await?;
//!     socket.close(None, "").await
//! }
//! # }
//! ```
//!
//! | whom to trust | the configuration |
//! |---|---|
//! | the authorities that Mozilla lists | [`tls::default_config()`](crate::tls::default_config) |
//! | those of the platform, such as that of your company | [`tls::native_config()`](crate::tls::native_config), feature `rustls-native-roots` |
//! | your own, and no others | [`tls::config(roots)`](crate::tls::config) |
//! | anything else, such as a client certificate | a `ClientConfig` of your own, as [below](#a-private-ca-and-client-certificates) |
//!
//! Roots from a file:
//!
//! ```
//! # #[cfg(feature = "rustls")] {
//! use std::error::Error;
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use sansocket::tls;
//! use sansocket::tls::rustls::pki_types::CertificateDer;
//! use sansocket::tls::rustls::pki_types::pem::PemObject;
//! use sansocket::tls::rustls::{ClientConfig, RootCertStore};
//!
//! fn trust(file: &Path) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
//!     let mut roots = RootCertStore::empty();
//!     for certificate in CertificateDer::pem_file_iter(file)? {
//!         roots.add(certificate?)?;
//!     }
//!     Ok(tls::config(roots))
//! }
//! # let file = std::env::temp_dir().join(format!("sansocket-guide-{}.pem", std::process::id()));
//! # let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
//! # std::fs::write(&file, pair.cert.pem()).unwrap();
//! # let outcome = trust(&file);
//! # std::fs::remove_file(&file).unwrap();
//! # outcome.unwrap();
//! # }
//! ```
//!
//! # A server
//!
//! A server accepts TLS first, and then a WebSocket over the TLS stream, which is a stream like any other:
//!
//! ```
//! # #[cfg(feature = "tokio-rustls")] {
//! use std::sync::Arc;
//!
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error};
//! use tokio::net::TcpStream;
//! use tokio_rustls::TlsAcceptor;
//!
//! async fn serve(
//!     stream: TcpStream,
//!     tls: TlsAcceptor,
//!     config: Arc<Config>,
//! ) -> Result<(), Error> {
//!     stream.set_nodelay(true)?;
//!     let stream = tls.accept(stream).await?;
//!     let mut socket = WebSocket::accept(stream, config).await?;
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! # }
//! ```
//!
//! The acceptor, from a chain of certificates and a private key in PEM files. Make it once, and clone it for each
//! connection:
//!
//! ```
//! # #[cfg(feature = "tokio-rustls")] {
//! use std::error::Error;
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use sansocket::tls::rustls::ServerConfig;
//! use sansocket::tls::rustls::crypto::ring;
//! use sansocket::tls::rustls::pki_types::pem::PemObject;
//! use sansocket::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
//! use tokio_rustls::TlsAcceptor;
//!
//! fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, Box<dyn Error>> {
//!     let chain = CertificateDer::pem_file_iter(chain)?.collect::<Result<_, _>>()?;
//!     let key = PrivateKeyDer::from_pem_file(key)?;
//!     let provider = Arc::new(ring::default_provider());
//!     let config = ServerConfig::builder_with_provider(provider)
//!         .with_safe_default_protocol_versions()?
//!         .with_no_client_auth()
//!         .with_single_cert(chain, key)?;
//!     Ok(TlsAcceptor::from(Arc::new(config)))
//! }
//! # let name = format!("sansocket-guide-acceptor-{}", std::process::id());
//! # let chain = std::env::temp_dir().join(name);
//! # let key = chain.with_extension("key");
//! # let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
//! # std::fs::write(&chain, pair.cert.pem()).unwrap();
//! # std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
//! # let outcome = acceptor(&chain, &key);
//! # std::fs::remove_file(&chain).unwrap();
//! # std::fs::remove_file(&key).unwrap();
//! # outcome.unwrap();
//! # }
//! ```
//!
//! `tls.accept` has no deadline: wrap it in
//! `tokio::time::timeout`. With threads, accept over
//! `StreamOwned::new(ServerConnection::new(tls)?, stream)`; `split` works for it, too.
//!
//! # A private CA, and client certificates
//!
//! This program makes an authority with `rcgen`. It signs a certificate for the server and one for the client, and the
//! server rejects clients without one. Use it for your tests:
//!
//! ```toml
//! [dev-dependencies]
//! # To write PEM files, add its feature "pem".
//! rcgen = { version = "0.14", default-features = false, features = ["crypto", "ring"] }
//! ```
//!
//! ```
//! # #[cfg(feature = "tokio-rustls")] {
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
//! use sansocket::tls::rustls::crypto::ring;
//! use sansocket::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
//! use sansocket::tls::rustls::server::WebPkiClientVerifier;
//! use sansocket::tls::rustls::{ClientConfig, RootCertStore, ServerConfig};
//! use sansocket::tokio::{Connect, WebSocket};
//! use sansocket::{Config, tls};
//! use tokio::net::TcpListener;
//! use tokio_rustls::TlsAcceptor;
//!
//! type Authority = CertifiedIssuer<'static, KeyPair>;
//! type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);
//!
//! fn authority() -> Result<Authority, rcgen::Error> {
//!     let mut params = CertificateParams::new(Vec::<String>::new())?;
//!     params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
//!     CertifiedIssuer::self_signed(params, KeyPair::generate()?)
//! }
//!
//! /// Signs a certificate for a host or a client.
//! fn identity(name: &str, authority: &Authority) -> Result<Identity, rcgen::Error> {
//!     let key = KeyPair::generate()?;
//!     let params = CertificateParams::new([name.to_owned()])?;
//!     let certificate = params.signed_by(&key, authority)?;
//!     Ok((vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into())))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn Error>> {
//!     let authority = authority()?;
//!     let mut roots = RootCertStore::empty();
//!     roots.add(authority.der().clone())?;
//!     let provider = Arc::new(ring::default_provider());
//!
//!     let (chain, key) = identity("localhost", &authority)?;
//!     let trusted = Arc::new(roots.clone());
//!     let verifier = WebPkiClientVerifier::builder_with_provider(trusted, provider.clone());
//!     let server = ServerConfig::builder_with_provider(provider.clone())
//!         .with_safe_default_protocol_versions()?
//!         .with_client_cert_verifier(verifier.build()?)
//!         .with_single_cert(chain, key)?;
//!
//!     let (chain, key) = identity("ada", &authority)?;
//!     let client = ClientConfig::builder_with_provider(provider)
//!         .with_safe_default_protocol_versions()?
//!         .with_root_certificates(roots.clone())
//!         .with_client_auth_cert(chain, key)?;
//!
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("wss://localhost:{}/", listener.local_addr()?.port());
//!     tokio::spawn({
//!         let (tls, config) = (TlsAcceptor::from(Arc::new(server)), Config::new().shared());
//!         async move {
//!             while let Ok((stream, _)) = listener.accept().await {
//!                 let Ok(stream) = tls.accept(stream).await else { continue };
//!                 let (_, session) = stream.get_ref();
//!                 let count = session.peer_certificates().map_or(0, <[_]>::len);
//!                 let mut socket = WebSocket::accept(stream, Arc::clone(&config)).await?;
//!                 socket.send(format!("certificates of yours: {count}")).await?;
//!                 socket.close(None, "").await?;
//!             }
//!             Ok::<_, sansocket::Error>(())
//!         }
//!     });
//!
//!     let client = Arc::new(client);
//!     let (mut socket, _) = Connect::new(&url).tls(client).connect().await?;
//!     assert_eq!(socket.receive().await?, Some("certificates of yours: 1".into()));
//!     assert_eq!(socket.receive().await?, None); // It has closed the connection.
//!
//!     // Without a certificate, the server ends the connection.
//!     assert!(Connect::new(&url).tls(tls::config(roots)).connect().await.is_err());
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! `Connect::tls` sets SNI and ALPN as the WebSocket needs them, so a `ClientConfig` made for HTTP works.
//!
//! # The certificate of the server
//!
//! The stream of a client is a [`MaybeTls`](crate::tokio::MaybeTls), whatever the URL. `socket.get_ref().tls()` is
//! `None` for `ws://` and over HTTP/2, and otherwise has the certificate of the server.
//!
//! # Other streams
//!
//! A stream that you open by hand goes to [`connect_over`](crate::polled::WebSocket::connect_over). Any stream that is
//! `AsyncRead` and `AsyncWrite` works, such as one of native-tls:
//!
//! ```
//! # #[cfg(feature = "tokio-rustls")] {
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use sansocket::tls::rustls::ClientConfig;
//! use sansocket::tls::rustls::pki_types::ServerName;
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Url, client};
//! use tokio::net::TcpStream;
//! use tokio_rustls::{TlsConnector, client::TlsStream};
//!
//! async fn connect(
//!     url: &str,
//!     token: &str,
//!     tls: Arc<ClientConfig>,
//! ) -> Result<WebSocket<TlsStream<TcpStream>>, Box<dyn Error>> {
//!     let url = Url::parse(url)?;
//!     let stream = TcpStream::connect((url.host(), url.port())).await?;
//!     stream.set_nodelay(true)?;
//!     let name = ServerName::try_from(url.host())?.to_owned();
//!     let stream = TlsConnector::from(tls).connect(name, stream).await?;
//!     let mut request = client::Request::new(url);
//!     request.add_header("Authorization", &format!("Bearer {token}"))?;
//!     Ok(WebSocket::connect_over(stream, request, Config::new().shared()).await?.0)
//! }
//! # }
//! ```
//!
//! # What can go wrong
//!
//! While a client connects, errors of TLS are an [`Error::Connect`](crate::Error::Connect), and later an
//! [`Error::Io`](crate::Error::Io). The `rustls::Error` is among the [sources](core::error::Error::source):
//!
//! | it says | because |
//! |---|---|
//! | `invalid peer certificate: UnknownIssuer` | The server's CA is not among your roots. |
//! | `invalid peer certificate: certificate not valid for name …` | The URL has another name than the certificate. An address in the URL needs a certificate for that address. |
//! | `received fatal alert: CertificateRequired` | The server wants a client certificate. In TLS 1.3 this comes after the client has connected, so it may be seen only while the WebSocket opens. |
//! | `received corrupt message of type InvalidContentType` | The server speaks no TLS on this port. It logs that the first line is not one of HTTP. |
//! | `wss:// URLs and https:// proxies need the feature tokio-rustls` | Turn on that feature, or the one of your adapter. |
//! | `Could not automatically determine the process-level CryptoProvider` (a panic) | You called `ClientConfig::builder()`. Use `builder_with_provider`, as above, or install a provider. |
//! | `UnexpectedEof` | The stream ended without both close frames. Somebody on the network may have cut it. After both close frames, a missing `close_notify` is not an error. |
