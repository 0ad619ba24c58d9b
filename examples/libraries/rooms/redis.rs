//! The engine of several nodes: scripts and subscriptions of Redis.
//!
//! | key | value |
//! |---|---|
//! | `rooms:{ROOM}` | a hash: `epoch`, `last`, the number of the newest message |
//! | `rooms:{ROOM}:log` | a list of the newest entries |
//! | `rooms:{ROOM}:ids` | a set of their ids |
//!
//! | on the channel `rooms:{ROOM}` | says |
//! |---|---|
//! | `said\tEPOCH\tNUMBER\tENTRY` | the script that stored it |
//! | `here\tNODE\tTTL\tNAME\tNAME…` | a node, to the others: who is there, for so many milliseconds |
//! | `who\tNODE` | a node that wants to know |
//!
//! A node subscribes first, and reads the log then. What it gets twice it knows by the number. The same happens when the
//! connection to Redis was lost, and when a number is missing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    AsyncTypedCommands, Client, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind,
    RedisResult, Script, Value,
};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Failure;
use super::node::Node;
use super::options::Options;
use super::random;
use super::room::{Heard, Room};

/// A connection to Redis, which comes back by itself.
pub(crate) struct Redis {
    connection: ConnectionManager,
    say: Script,
    read: Script,
    keep: usize,
    node: String,
    ttl: Duration,
    pushes: Mutex<UnboundedReceiver<PushInfo>>,
}

/// Numbers, stores and publishes a message, in one step.
const SAY: &str = "
local room, log, ids = KEYS[1], KEYS[2], KEYS[3]
local id, entry, keep, epoch = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('SADD', ids, id) == 0 then return 0 end
redis.call('HSETNX', room, 'epoch', epoch)
local number = redis.call('HINCRBY', room, 'last', 1)
redis.call('RPUSH', log, entry)
while redis.call('LLEN', log) > keep do
  redis.call('SREM', ids, string.match(redis.call('LPOP', log), '^%d+\\t([^\\t]*)'))
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 604800) end
redis.call('PUBLISH', room, 'said\\t' .. redis.call('HGET', room, 'epoch') .. '\\t' .. number .. '\\t' .. entry)
return number
";

/// Reads what comes after a number: the epoch, the newest number, and the entries that end with it.
const READ: &str = "
local room, log = KEYS[1], KEYS[2]
redis.call('HSETNX', room, 'epoch', ARGV[3])
redis.call('EXPIRE', room, 604800)
local epoch = redis.call('HGET', room, 'epoch')
local last = tonumber(redis.call('HGET', room, 'last') or 0)
local seen = 0
if epoch == ARGV[1] then seen = math.min(tonumber(ARGV[2]), last) end
local entries = {}
if last > seen then entries = redis.call('LRANGE', log, seen - last, -1) end
return {epoch, last, entries}
";

impl Redis {
    pub(crate) fn new(url: &str, options: &Options) -> Result<Self, Failure> {
        let info = url.into_connection_info()?;
        // By this version, what is published comes over the connection that commands use.
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings))?;
        let (sender, pushes) = unbounded_channel();
        let config = ConnectionManagerConfig::new()
            .set_push_sender(sender)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_secs(1))
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(Duration::from_secs(2)));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config)?,
            say: Script::new(SAY),
            read: Script::new(READ),
            keep: options.keep,
            node: options.name.clone(),
            ttl: options.ttl,
            pushes: Mutex::new(pushes),
        })
    }

    pub(crate) async fn ping(&self) -> RedisResult<()> {
        self.connection.clone().ping().await.map(drop)
    }

    pub(crate) async fn say(&self, room: &str, id: &str, entry: &str) -> RedisResult<()> {
        let mut say = self.say.key(channel(room));
        say.key(format!("{}:log", channel(room))).key(format!("{}:ids", channel(room)));
        say.arg(id).arg(entry).arg(self.keep).arg(random());
        say.invoke_async(&mut self.connection.clone()).await
    }

    /// Subscribes to a room. Once that is done, [`follow`] reads the log.
    pub(crate) async fn open(&self, room: &str) -> RedisResult<()> {
        self.connection.clone().subscribe(channel(room)).await
    }

    pub(crate) async fn close(&self, room: &str) -> RedisResult<()> {
        self.connection.clone().unsubscribe(channel(room)).await
    }

    pub(crate) async fn announce(&self, room: &Room) -> RedisResult<()> {
        let mut text = format!("here\t{}\t{}", self.node, self.ttl.as_millis());
        room.names().iter().for_each(|name| text.extend(["\t", name]));
        self.publish(&room.name, text).await
    }

    async fn publish(&self, room: &str, text: String) -> RedisResult<()> {
        self.connection.clone().publish(channel(room), text).await.map(drop)
    }

    /// Reads what this node has not heard, and publishes it.
    async fn catch_up(&self, room: &Room) -> RedisResult<()> {
        let seen = room.seen();
        let mut read = self.read.key(channel(&room.name));
        read.key(format!("{}:log", channel(&room.name)));
        read.arg(seen.epoch).arg(seen.last).arg(random());
        let (epoch, last, entries): (String, u64, Vec<String>) =
            read.invoke_async(&mut self.connection.clone()).await?;
        room.restore(&self.node, &epoch, last, &entries);
        Ok(())
    }

    /// Takes something that Redis sent by itself.
    async fn take(&self, node: &Node, push: PushInfo) -> RedisResult<()> {
        if push.kind == PushKind::Disconnection {
            node.rooms().iter().for_each(|room| room.set_ready(false));
            node.ask();
            return Ok(());
        }
        let mut fields = push.data.iter().map(text);
        let Some(room) = fields.next().and_then(room_of).and_then(|name| node.room(name)) else {
            return Ok(()); // Nobody is in it any more.
        };
        match push.kind {
            PushKind::Subscribe => {
                self.publish(&room.name, format!("who\t{}", self.node)).await?;
                self.catch_up(&room).await?;
                room.set_ready(true);
                Ok(())
            }
            // It was forgotten, and somebody wants to join it again.
            PushKind::Unsubscribe => {
                room.set_ready(false);
                Ok(())
            }
            PushKind::Message => match self.hear(&room, fields.next().unwrap_or_default()) {
                Heard::Published => Ok(()),
                Heard::Gap => self.catch_up(&room).await,
            },
            _ => Ok(()),
        }
    }

    /// Takes something that was published.
    fn hear(&self, room: &Room, text: &str) -> Heard {
        let (verb, rest) = text.split_once('\t').unwrap_or_default();
        match verb {
            "said" => {
                let mut fields = rest.splitn(3, '\t');
                let mut next = || fields.next().unwrap_or_default();
                let (epoch, number, entry) = (next(), next(), next());
                return number
                    .parse()
                    .map_or(Heard::Published, |number| room.hear(epoch, number, entry));
            }
            "here" => self.hear_people(room, rest),
            "who" if rest != self.node => room.people(|people| people.repeat()),
            _ => {}
        }
        Heard::Published
    }

    fn hear_people(&self, room: &Room, rest: &str) {
        let mut fields = rest.split('\t');
        let (Some(node), Some(Ok(ttl))) = (fields.next(), fields.next().map(str::parse)) else {
            return;
        };
        if node != self.node {
            let until = Instant::now() + Duration::from_millis(ttl);
            room.people(|people| people.hear(node, fields.map(str::to_owned).collect(), until));
        }
    }
}

/// Passes on what Redis sends, for as long as the process runs.
pub(crate) async fn follow(node: Arc<Node>) {
    let super::engine::Engine::Redis(redis) = &node.engine else { return };
    let mut pushes = redis.pushes.lock().await;
    while let Some(push) = pushes.recv().await {
        if let Err(error) = redis.take(&node, push).await {
            eprintln!("{error}");
            // From the start, for all: it is not known what was missed.
            node.rooms().iter().for_each(|room| room.set_ready(false));
        }
    }
}

/// Returns the channel of a room, which is also its key. The braces keep all keys of a room on one node of a cluster.
fn channel(room: &str) -> String {
    format!("rooms:{{{room}}}")
}

fn room_of(channel: &str) -> Option<&str> {
    channel.strip_prefix("rooms:{")?.strip_suffix('}')
}

fn text(value: &Value) -> &str {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).unwrap_or_default(),
        Value::SimpleString(text) => text,
        _ => "",
    }
}
