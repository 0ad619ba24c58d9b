//! The connection of a client, and the messages on it. All are texts of fields between tabs.
//!
//! | from the client | |
//! |---|---|
//! | `enter\tNAME\tEPOCH\tLAST` | first: who it is, and what it has seen of this room: the epoch, empty if none, and the last number |
//! | `say\tID\tTEXT` | a message, with an id of its own; the text may have anything in it |
//!
//! | to the client | |
//! |---|---|
//! | `hello\tNODE\tEPOCH\tFIRST\tLAST` | first, and again if the room has changed behind the node: the numbers from `FIRST` to `LAST` follow; `FIRST` is `LAST + 1` if nothing does. Another epoch than that seen: the numbers begin anew |
//! | `said\tNUMBER\tTIME\tID\tNAME\tTEXT` | a message, also to the one who sent it, for whom that confirms it |
//! | `here\tNAME\tNODE\tNAME\tNODE…` | who is here, sorted |
//!
//! | close code | the client |
//! |---|---|
//! | 1008 | did something wrong, and does not come back |
//! | 1012, 1013, or none | comes back after a while: the node restarts, the client was too slow, or the engine is away |

use std::sync::Arc;
use std::time::Duration;

use sansocket::tokio::{Reader, WebSocket, Writer};
use sansocket::{Backlog, CloseCode, Event, Overflow};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Failure;
use super::log::Seen;
use super::node::Node;
use super::room::Visit;

const MOST_TEXT: usize = 4000; // Bytes.
const MOST_NAME: usize = 128;
const MOST_ID: usize = 64;

/// The connection of a client in a room.
pub(crate) struct Session<'n> {
    node: &'n Node,
    reader: Reader<TcpStream>,
    writer: Writer<TcpStream>,
}

/// Who enters.
struct Guest {
    name: String,
    seen: Seen,
}

/// Why a node ends a connection.
type End = (CloseCode, &'static str);

impl<'n> Session<'n> {
    /// Serves a client until the connection ends.
    pub(crate) async fn run(
        node: &'n Arc<Node>,
        room: &str,
        socket: WebSocket<TcpStream>,
    ) -> Result<(), Failure> {
        let (reader, writer) = socket.split();
        let overflow = Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER);
        writer.with_backlog(|it| {
            *it = Backlog::new(overflow).max_bytes(node.options.backlog).max_messages(usize::MAX);
        });
        let mut session = Self { node, reader, writer };
        match session.stay(room).await {
            Ok(()) => {}
            Err((code, reason)) => {
                // An error means that it has ended.
                let _ = session.writer.close(code, reason).await;
                while let Ok(Some(_)) = session.reader.receive().await {}
            }
        }
        Ok(())
    }

    /// Returns once the client has left, or why it has to.
    async fn stay(&mut self, room: &str) -> Result<(), End> {
        let Ok(guest) = timeout(PATIENCE, self.guest()).await else { return Err(SILENT) };
        let Some(guest) = guest? else { return Ok(()) };
        let mut visit = self.node.visit(room).ok_or(FULL)?;
        timeout(PATIENCE, visit.ready()).await.map_err(|_| AWAY)?;
        visit.join(self.node, &guest.name, &guest.seen, &self.writer);
        let mut ending = self.node.ending.subscribe();
        tokio::select! {
            outcome = self.listen(&visit, &guest.name) => outcome,
            _ = ending.wait_for(|is_ending| *is_ending) => Err(RESTART),
        }
    }

    /// Waits for the first message.
    async fn guest(&mut self) -> Result<Option<Guest>, End> {
        match self.next().await? {
            Some(text) => Guest::parse(&text).map(Some).ok_or(WRONG),
            None => Ok(None),
        }
    }

    /// Passes on what the client says.
    async fn listen(&mut self, visit: &Visit, name: &str) -> Result<(), End> {
        while let Some(text) = self.next().await? {
            let (id, text) = parse_say(&text).ok_or(WRONG)?;
            // One after the other: a message is stored only if those before it are.
            if let Err(error) = self.node.engine.say(&visit.room, id, name, text).await {
                eprintln!("{error}");
                return Err(AWAY);
            }
        }
        Ok(())
    }

    /// Waits for a text, or returns `None` once the connection has ended.
    async fn next(&mut self) -> Result<Option<String>, End> {
        loop {
            match self.reader.next_event().await {
                Ok(Some(Event::Text(text))) => return Ok(Some(text.to_owned())),
                Ok(Some(Event::Binary(_))) => return Err(WRONG),
                Ok(Some(_)) => {}
                // Clients break their connections without saying why.
                Ok(None) | Err(_) => return Ok(None),
            }
        }
    }
}

impl Guest {
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.strip_prefix("enter\t")?.split('\t');
        let (name, epoch, last) = (fields.next()?, fields.next()?, fields.next()?);
        let is_good = (1..=MOST_NAME).contains(&name.len()) && !name.contains(char::is_control);
        let seen = Seen { epoch: epoch.to_owned(), last: last.parse().ok()? };
        is_good.then(|| Self { name: name.to_owned(), seen })
    }
}

/// Returns the id and the text of a message.
fn parse_say(text: &str) -> Option<(&str, &str)> {
    let (id, text) = text.strip_prefix("say\t")?.split_once('\t')?;
    let is_good =
        (1..=MOST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    (is_good && (1..=MOST_TEXT).contains(&text.len())).then_some((id, text))
}

/// How long a client may take to enter, and the engine to open a room.
const PATIENCE: Duration = Duration::from_secs(5);
const AWAY: End = (CloseCode::TRY_AGAIN_LATER, "the engine is away");
const FULL: End = (CloseCode::TRY_AGAIN_LATER, "there are too many rooms");
const RESTART: End = (CloseCode::SERVICE_RESTART, "this node restarts");
const SILENT: End = (CloseCode::POLICY_VIOLATION, "nobody entered");
const WRONG: End = (CloseCode::POLICY_VIOLATION, "not understood");
