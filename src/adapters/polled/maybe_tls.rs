//! The stream of a client: TCP, or TLS over TCP.

/// Defines `MaybeTls` for a runtime. The traits of its streams are implemented with `over!`.
macro_rules! maybe_tls {
    ($module:literal, $feature:literal) => {
        /// The stream of a client: TCP for `ws://` URLs, TLS over TCP for `wss://` URLs.
        ///
        /// A program that connects to both has one type for them.
        ///
        /// ```
        #[doc = concat!("use sansocket::", $module, "::{MaybeTls, WebSocket};")]
        /// use sansocket::Error;
        ///
        /// async fn talk(socket: &mut WebSocket<MaybeTls>) -> Result<(), Error> {
        ///     let stream = socket.get_ref();
        ///     println!("{:?}, with TLS: {}", stream.get_ref().peer_addr()?, stream.has_tls());
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
        }

        impl<S> MaybeTls<S> {
            /// Returns the stream below TLS.
            pub fn get_ref(&self) -> &S {
                match self {
                    Self::Plain(stream) => stream,
                    #[cfg(feature = $feature)]
                    Self::Tls(stream) => stream.get_ref().0.get_ref(),
                }
            }

            /// Returns whether there is TLS with the server.
            pub const fn has_tls(&self) -> bool {
                !matches!(self, Self::Plain(_))
            }

            /// Returns the state of TLS with the server, such as its certificate.
            #[cfg(feature = $feature)]
            pub fn tls(&self) -> Option<&ClientConnection> {
                match self {
                    Self::Plain(_) => None,
                    Self::Tls(stream) => Some(stream.get_ref().1),
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
                }
            };
        }
    };
}

pub(crate) use maybe_tls;
