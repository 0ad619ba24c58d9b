//! The stream of a client: TCP, TLS over TCP, or a stream of HTTP/2 over either.

/// Defines `MaybeTls` for a runtime. The traits of its streams are implemented with `over!`.
///
/// `$http2` says when the runtime has HTTP/2. `get_ref` depends on that, so the runtime defines it.
macro_rules! maybe_tls {
    ($module:literal, $feature:literal, $http2:meta) => {
        /// The stream of a client: TCP for `ws://` URLs, TLS over TCP for `wss://` URLs, and on tokio a stream of HTTP/2
        /// over either.
        ///
        /// A program that connects to all of them has one type for them.
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::{MaybeTls, WebSocket};")]
        /// use sansocket::Error;
        ///
        /// async fn talk(socket: &mut WebSocket<MaybeTls>) -> Result<(), Error> {
        ///     println!("with TLS: {}", socket.get_ref().has_tls());
        ///     socket.send("hello").await
        /// }
        /// ```
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum MaybeTls<S = TcpStream> {
            /// A stream without TLS.
            Plain(S),
            /// TLS over a stream. That has TLS of its own if it leads to an `https` proxy.
            #[cfg(feature = $feature)]
            Tls(Box<TlsStream<Self>>),
            /// A stream of HTTP/2. A task drives the connection below it.
            #[cfg($http2)]
            #[non_exhaustive]
            Http2 {
                /// The stream.
                stream: Box<crate::adapters::h2::stream::Stream>,
                /// Whether the connection has TLS with the server.
                has_tls: bool,
            },
        }

        impl<S> MaybeTls<S> {
            /// Returns whether there is TLS with the server.
            pub const fn has_tls(&self) -> bool {
                match self {
                    Self::Plain(_) => false,
                    #[cfg(feature = $feature)]
                    Self::Tls(_) => true,
                    #[cfg($http2)]
                    Self::Http2 { has_tls, .. } => *has_tls,
                }
            }

            /// Returns the state of TLS with the server, such as its certificate.
            #[cfg(feature = $feature)]
            pub fn tls(&self) -> Option<&ClientConnection> {
                match self {
                    Self::Plain(_) => None,
                    Self::Tls(stream) => Some(stream.get_ref().1),
                    #[cfg($http2)]
                    Self::Http2 { .. } => None,
                }
            }
        }

        /// Calls a method of the pinned stream.
        macro_rules! over {
            ($self:ident, $stream:ident => $call:expr) => {
                match $self.get_mut() {
                    MaybeTls::Plain(stream) => {
                        let $stream = Pin::new(stream);
                        $call
                    }
                    #[cfg(feature = $feature)]
                    MaybeTls::Tls(stream) => {
                        let $stream = Pin::new(&mut **stream);
                        $call
                    }
                    #[cfg($http2)]
                    MaybeTls::Http2 { stream, .. } => {
                        let $stream = Pin::new(&mut **stream);
                        $call
                    }
                }
            };
        }
    };
}

pub(crate) use maybe_tls;
