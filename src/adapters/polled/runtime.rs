//! The types of a runtime, and how its clients connect.

/// Names the types of this module for the streams of a runtime, and implements `connect` over its `TcpStream`.
macro_rules! runtime {
    ($module:literal, $runtime:ident, $stream:literal) => {
        /// A WebSocket over a stream of this runtime. All methods: [`polled::WebSocket`].
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::WebSocket;")]
        #[doc = concat!("use ", $stream, ";")]
        /// use sansocket::Error;
        ///
        /// async fn ask(socket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
        ///     socket.send("What time is it?").await?;
        ///     println!("{:?}", socket.receive().await?);
        ///     socket.close(None, "").await
        /// }
        /// ```
        pub type WebSocket<S> = polled::WebSocket<S, $runtime>;

        /// The first request on a stream that a server accepted.
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::{Incoming, WebSocket};")]
        #[doc = concat!("use ", $stream, ";")]
        /// use sansocket::{Config, Error};
        ///
        /// async fn serve(stream: TcpStream) -> Result<(), Error> {
        ///     match WebSocket::receive_request(stream, Config::new().shared()).await? {
        ///         Incoming::Opening(opening) => opening.accept().await?.send("welcome").await,
        ///         Incoming::Http(request) => request.reject().await,
        ///     }
        /// }
        /// ```
        pub type Incoming<S> = polled::Incoming<S, $runtime>;

        /// A request for a WebSocket, which waits for a decision. All methods: [`polled::Opening`].
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::{Opening, WebSocket};")]
        #[doc = concat!("use ", $stream, ";")]
        /// use sansocket::Error;
        ///
        /// async fn accept(mut opening: Opening<TcpStream>) -> Result<WebSocket<TcpStream>, Error> {
        ///     println!("{} is asked for", opening.request().path());
        ///     opening.accept().await
        /// }
        /// ```
        pub type Opening<S> = polled::Opening<S, $runtime>;

        /// A request that asks for no WebSocket. All methods: [`polled::HttpRequest`].
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::HttpRequest;")]
        #[doc = concat!("use ", $stream, ";")]
        /// use sansocket::Error;
        /// use sansocket::server::Response;
        ///
        /// async fn answer(request: HttpRequest<TcpStream>) -> Result<(), Error> {
        ///     request.respond(Response::ok("alive\n")).await
        /// }
        /// ```
        pub type HttpRequest<S> = polled::HttpRequest<S, $runtime>;

        /// The half of a WebSocket that receives. All methods: [`polled::Reader`].
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::Reader;")]
        #[doc = concat!("use ", $stream, ";")]
        /// use sansocket::Error;
        ///
        /// async fn print(mut reader: Reader<TcpStream>) -> Result<(), Error> {
        ///     while let Some(message) = reader.receive().await? {
        ///         println!("{message}");
        ///     }
        ///     Ok(())
        /// }
        /// ```
        pub type Reader<S> = polled::Reader<S, $runtime>;

        /// The half of a WebSocket that sends. All methods: [`polled::Writer`].
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::Writer;")]
        #[doc = concat!("use ", $stream, ";")]
        /// use sansocket::Error;
        ///
        /// async fn greet(writer: &Writer<TcpStream>) -> Result<(), Error> {
        ///     writer.send("hello").await
        /// }
        /// ```
        pub type Writer<S> = polled::Writer<S, $runtime>;

        impl WebSocket<TcpStream> {
            /// Opens a connection to a `ws://` URL over TCP.
            ///
            /// Every 250 ms another address of the host is tried, until one of them answers (RFC 8305).
            ///
            /// ```
            /// # async fn example() -> Result<(), sansocket::Error> {
            #[doc = concat!("use sansocket::", $module, "::WebSocket;")]
            /// use sansocket::Config;
            ///
            /// let config = Config::new().shared();
            /// let mut socket = WebSocket::connect("ws://localhost:8080/chat", config).await?;
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// Returns [`Error::Url`], and the errors of [`connect_over`](Self::connect_over).
            pub async fn connect(url: &str, config: Arc<Config>) -> Result<Self, Error> {
                let url = Url::parse(url)?;
                if url.is_secure() {
                    return Err(Error::no_tls());
                }
                polled::connect(url, config, open_tcp(url)).await
            }
        }
    };
}

/// Implements `connect_tls` over the `TlsStream` of a runtime.
#[cfg(any(feature = "smol-rustls", feature = "tokio-rustls"))]
macro_rules! connect_tls {
    ($module:literal) => {
        impl WebSocket<TlsStream<TcpStream>> {
            /// Opens a connection to a `wss://` URL over TLS over TCP.
            ///
            /// ```
            /// # async fn example() -> Result<(), sansocket::Error> {
            #[doc = concat!("use sansocket::", $module, "::WebSocket;")]
            /// use sansocket::{Config, tls};
            ///
            /// let (trusted, config) = (tls::default_config(), Config::new().shared());
            /// let mut socket = WebSocket::connect_tls("wss://example.com/", trusted, config).await?;
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// Returns the errors of [`connect`](WebSocket::connect). An invalid certificate is an
            /// [`Error::Io`] with an error of rustls as its source.
            pub async fn connect_tls(
                url: &str,
                tls: Arc<ClientConfig>,
                config: Arc<Config>,
            ) -> Result<Self, Error> {
                let (url, name) = tls::parse(url)?;
                let connector = TlsConnector::from(tls::for_websocket(tls));
                let stream = async { connector.connect(name, open_tcp(url).await?).await };
                polled::connect(url, config, stream).await
            }
        }
    };
}

#[cfg(any(feature = "smol-rustls", feature = "tokio-rustls"))]
pub(crate) use connect_tls;
pub(crate) use runtime;
