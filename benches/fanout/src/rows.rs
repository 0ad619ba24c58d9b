//! The rows of the table.

use std::time::Duration;

use crate::members::{
    Backlogs, FastWebsockets, HubMembers, Members, Plain, Send, TokioWebsockets, Tungstenite, Yawc,
};

/// A way to send one message to many connections, and what it took.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) members: Box<dyn Members>,
    /// Whether messages can wait. If not, each is written at once.
    pub(crate) has_queue: bool,
    pub(crate) took: Took,
}

/// Time and memory of one turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Took {
    /// The time until the messages were queued in all connections.
    pub(crate) queued: Duration,
    /// The time until they were written, too.
    pub(crate) sent: Duration,
    /// The bytes that were allocated.
    pub(crate) allocated: usize,
    /// The bytes that were written.
    pub(crate) written: usize,
}

/// Makes the rows whose name contains `wanted`.
pub(crate) fn rows(count: usize, wanted: &str) -> Vec<Row> {
    let rows = MAKERS.iter().filter(|(name, _)| name.contains(wanted));
    rows.map(|(name, make)| Row {
        name,
        members: make(count),
        has_queue: *name != FASTWEBSOCKETS,
        took: Took { queued: Duration::MAX, sent: Duration::MAX, ..Took::default() },
    })
    .collect()
}

type Maker = fn(usize) -> Box<dyn Members>;

const FASTWEBSOCKETS: &str = "fastwebsockets, borrowed payload";

/// Those that compress for each take long, so there are fewer of them.
const MAKERS: [(&str, Maker); 14] = [
    ("plain loop", |count| Box::new(Plain::new(count, Send::Text))),
    ("prepared", |count| Box::new(Plain::new(count, Send::Prepared))),
    ("prepared, backlog", |count| Box::new(Backlogs::new(Plain::new(count, Send::Prepared)))),
    ("prepared, hub of tokio tasks", |count| Box::new(HubMembers::new(count))),
    ("tungstenite, shared payload", |count| Box::new(Tungstenite::new(count))),
    ("tokio-websockets, shared payload", |count| Box::new(TokioWebsockets::new(count))),
    (FASTWEBSOCKETS, |count| Box::new(FastWebsockets::new(count))),
    ("yawc, shared payload", |count| Box::new(Yawc::plain(count))),
    ("compressed, kept: prepared", |count| Box::new(Plain::kept(count, Send::Prepared))),
    ("compressed, kept: prepared, backlog", |count| {
        Box::new(Backlogs::new(Plain::kept(count, Send::Prepared)))
    }),
    ("compressed, kept: plain loop", |count| Box::new(Plain::kept(count / 10, Send::Text))),
    ("compressed, kept: yawc", |count| Box::new(Yawc::kept(count / 10))),
    ("compressed, not kept: prepared", |count| Box::new(Plain::not_kept(count, Send::Prepared))),
    ("compressed, not kept: yawc, pool", |count| Box::new(Yawc::pooled(count / 10))),
];
