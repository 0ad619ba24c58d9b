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

        /// The front door of a client: opens a connection to a URL. All settings: [`Connect`](crate::Connect).
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::Connect;")]
        /// use sansocket::Error;
        ///
        /// async fn ask(url: &str) -> Result<(), Error> {
        ///     let door = Connect::new(url).protocol("chat").header("User-Agent", "example/1.0");
        ///     let (mut socket, response) = door.connect().await?;
        ///     println!("{:?}", response.protocol());
        ///     socket.send("What time is it?").await?;
        ///     println!("{:?}", socket.receive().await?);
        ///     socket.close(None, "").await
        /// }
        /// ```
        pub type Connect = super::connect::Connect<$runtime>;

        /// A client that connects again when its connection breaks. All methods: [`polled::Reconnect`].
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::{Connect, Reconnect};")]
        /// use sansocket::connect::Retry;
        ///
        /// let connections: Reconnect = Connect::new("wss://example.com/").reconnect(Retry::times(9));
        /// assert!(connections.ended().is_none());
        /// ```
        pub type Reconnect = polled::Reconnect<MaybeTls, $runtime>;

        impl Connect {
            /// Opens the connection. Returns it with the response of the server.
            ///
            /// Every 250 ms another address of the host is tried, until one of them answers (RFC 8305). If the future
            /// is dropped, the attempt ends.
            ///
            /// # Errors
            ///
            /// Before any I/O: [`Error::Url`], [`Error::Header`] and [`Error::Plan`] if a setting is invalid, and
            /// [`Error::Io`] if the URL needs TLS and the feature for it is off. After it: [`Error::Connect`] if there
            /// is no way to the server, [`Error::Rejected`] if it rejects, [`Error::Handshake`] if its
            /// response is invalid, and [`Error::TimedOut`].
            pub async fn connect(self) -> Result<(WebSocket<MaybeTls>, Response), Error> {
                let dialing = self.door(TLS, <$runtime as Io<MaybeTls>>::now)?.dial()?;
                // A task is as large as its largest future. An opening must not count for what comes after.
                Box::pin(polled::connect(dialing)).await
            }

            /// Connects, and connects again when a connection breaks: see [`polled::Reconnect`]. `retry` says how
            /// often an attempt may fail in a row, and replaces what [`retry`](crate::Connect::retry) has set.
            ///
            /// ```
            #[doc = concat!("use sansocket::", $module, "::Connect;")]
            /// use sansocket::Error;
            /// use sansocket::connect::Retry;
            ///
            /// async fn follow(url: &str) -> Result<(), Error> {
            ///     let mut connections = Connect::new(url).reconnect(Retry::times(u32::MAX));
            ///     while let Some((socket, _)) = connections.next().await? {
            ///         // Subscribe again here: each connection is a new one.
            ///         while let Ok(Some(message)) = socket.receive().await {
            ///             println!("{message}");
            ///         }
            ///     }
            ///     Ok(())
            /// }
            /// ```
            pub fn reconnect(self, retry: Retry) -> Reconnect {
                let door = self.retry(retry).door(TLS, <$runtime as Io<MaybeTls>>::now);
                polled::Reconnect::new(door, retry, |dialing| {
                    Box::pin(polled::open::<MaybeTls, $runtime>(dialing))
                })
            }
        }

        impl WebSocket<MaybeTls> {
            /// Opens a connection to a `ws://` or `wss://` URL. [`Connect`] has more settings.
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
            /// Returns the errors of [`Connect::connect`].
            pub async fn connect(url: &str, config: Arc<Config>) -> Result<Self, Error> {
                Ok(Connect::new(url).config(config).connect().await?.0)
            }
        }
    };
}

pub(crate) use runtime;
