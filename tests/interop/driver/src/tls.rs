//! TLS, with the certificates that the environment names.

use std::env;
use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::case::Failure;

pub(crate) async fn connect(
    stream: TcpStream,
    host: &str,
) -> Result<client::TlsStream<TcpStream>, Failure> {
    let roots = authorities()?;
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(host)?.to_owned();
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}

/// Returns the authority of all servers.
pub(crate) fn authorities() -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(env::var("INTEROP_CA")?)?)?;
    Ok(roots)
}

/// Returns whether a client begins with TLS.
pub(crate) async fn begins(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    Ok(first == [HANDSHAKE])
}

pub(crate) async fn accept(stream: TcpStream) -> Result<server::TlsStream<TcpStream>, Failure> {
    let certificate = CertificateDer::from_pem_file(env::var("INTEROP_CERTIFICATE")?)?;
    let key = PrivateKeyDer::from_pem_file(env::var("INTEROP_KEY")?)?;
    let builder = ServerConfig::builder().with_no_client_auth();
    let mut config = builder.with_single_cert(vec![certificate], key)?;
    // A browser that speaks HTTP/1.1 only finds no server here.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)).accept(stream).await?)
}

/// The type of the first record of TLS (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
