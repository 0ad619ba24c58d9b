//! `wscat --listen ADDRESS`.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use sansocket::auth::{Authorization, Demand};
use sansocket::server::{Request, Response};
use sansocket::tokio::{Incoming, Opening, WebSocket};
use sansocket::{Config, Ended, OwnedMessage};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::ctrl_c;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::display::{Direction, Display};
use super::input::Input;
use super::options::{Listening, Options};
use super::session::Session;
use super::{Failure, config, steps};

/// Accepts connections, and talks with all of them until Ctrl-C, or with the first one alone.
///
/// Returns how that one ended.
pub(crate) async fn run(
    address: &str,
    listening: Listening,
    options: Options,
    display: Display,
    input: &mut Input,
) -> Result<Option<Ended>, Failure> {
    let listener =
        TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
    let server = Arc::new(Server {
        config: config(&options).shared(),
        listening,
        options,
        display,
        lines: Mutex::default(),
    });
    display.note(&format!("listening on ws://{}", listener.local_addr()?));
    if !listening.is_once {
        server.serve(listener, input).await?;
        return Ok(None);
    }
    loop {
        let (stream, peer) = listener.accept().await?;
        if let Some(mut socket) = server.open(stream, peer, "").await? {
            return server.talk(&mut socket, "", input).await.map(Some);
        }
    }
}

struct Server {
    config: Arc<Config>,
    listening: Listening,
    options: Options,
    display: Display,
    /// A queue for each connection. The input goes to all of them.
    lines: Mutex<Vec<mpsc::Sender<Result<OwnedMessage, String>>>>,
}

impl Server {
    async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        input: &mut Input,
    ) -> Result<(), Failure> {
        let (mut connections, mut count) = (JoinSet::new(), 0_u64);
        // One for the whole loop: a signal is told only to those who wait for it.
        let mut interrupt = pin!(ctrl_c());
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, peer) = accepted?;
                    count += 1;
                    connections.spawn(Arc::clone(&self).answer(stream, peer, format!("{count} ")));
                }
                // The end of the input is not that of the server.
                () = input.look(), if !input.is_known() => {
                    if let Some(message) = input.take() {
                        self.send(&message);
                    }
                }
                _ = &mut interrupt => break,
            }
        }
        drop(listener);
        // Each connection has noticed Ctrl-C itself.
        while connections.join_next().await.is_some() {}
        Ok(())
    }

    async fn answer(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, who: String) {
        // Before it opens, so that it misses nothing from then on.
        let (sender, receiver) = mpsc::channel(16);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        let talked = async {
            let Some(mut socket) = self.open(stream, peer, &who).await? else { return Ok(()) };
            self.talk(&mut socket, &who, &mut receiver.into()).await.map(drop)
        };
        let talked: Result<(), Failure> = talked.await;
        if let Err(error) = talked {
            self.display.note(&format!("{who}{error}"));
        }
    }

    /// Sends a message to all connections. One that takes none for long misses some.
    fn send(&self, message: &OwnedMessage) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|line| !line.is_closed());
        for line in lines.iter() {
            if line.try_send(Ok(message.clone())).is_err() {
                self.display.note("a connection takes nothing, and misses a message");
            }
        }
    }

    async fn talk(
        &self,
        socket: &mut WebSocket<TcpStream>,
        who: &str,
        input: &mut Input,
    ) -> Result<Ended, Failure> {
        let session = Session::server(&self.options, self.display, who);
        let session = if self.listening.is_echo { session.echo() } else { session };
        session.talk(socket, input).await
    }

    /// Decides on the first request.
    async fn open(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        who: &str,
    ) -> Result<Option<WebSocket<TcpStream>>, Failure> {
        stream.set_nodelay(true)?;
        let mut opening = match WebSocket::receive_request(stream, Arc::clone(&self.config)).await?
        {
            Incoming::Opening(opening) => opening,
            Incoming::Http(request) => {
                self.display.note(&format!("{who}{peer} asks for no WebSocket"));
                request.reject().await?;
                return Ok(None);
            }
        };
        self.display.head(Direction::In, || head(opening.request()));
        if !self.is_welcome(opening.request()) {
            self.display.note(&format!("{who}{peer} has no or a wrong password"));
            let demand = Demand::basic("wscat")?.to_string();
            opening.reject(Response::unauthorized(&demand)?).await?;
            return Ok(None);
        }
        self.display.note(&format!("{who}{peer} asks for {}", opening.request().target()));
        self.agree(&mut opening)?;
        Ok(Some(opening.accept().await?))
    }

    fn is_welcome(&self, request: &Request) -> bool {
        let Some(login) = &self.options.login else { return true };
        let given = Authorization::of(request.headers()).and_then(|it| it.basic());
        given.is_some_and(|given| given.is(&login.user, &login.password))
    }

    /// Selects a subprotocol, and compression.
    fn agree(&self, opening: &mut Opening<TcpStream>) -> Result<(), Failure> {
        let request = opening.request();
        let is_offered = |name: &&String| request.protocols().any(|offered| offered == *name);
        if let Some(name) = self.options.subprotocols.iter().find(is_offered) {
            request.select_protocol(name)?;
        }
        #[cfg(feature = "deflate")]
        if let Some(compression) = &self.config.compression {
            request.compress(compression);
        }
        Ok(())
    }
}

fn head(request: &Request) -> String {
    let mut head = format!("GET {} HTTP/1.1\n", request.target());
    for (name, value) in request.headers() {
        head += &steps::line(name, &String::from_utf8_lossy(value));
    }
    head
}
