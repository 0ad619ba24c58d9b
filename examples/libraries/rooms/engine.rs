//! What gives messages their numbers: this process alone, or Redis.

use super::Failure;
use super::options::Options;
#[cfg(feature = "redis")]
use super::redis::Redis;
use super::room::Room;

/// What gives messages their numbers, and tells other nodes.
pub(crate) enum Engine {
    /// There is only this process.
    Memory,
    #[cfg(feature = "redis")]
    Redis(Redis),
}

impl Engine {
    /// Returns the engine that the options ask for.
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        #[cfg(feature = "redis")]
        if let Some(url) = &options.redis {
            return Ok(Self::Redis(Redis::new(url, options)?));
        }
        let _ = options;
        Ok(Self::Memory)
    }

    /// Returns whether rooms that nobody is in are forgotten only for want of memory.
    pub(crate) const fn has_the_only_history(&self) -> bool {
        matches!(self, Self::Memory)
    }

    /// Numbers, stores and publishes a message, unless one with this id was. Returns when it is safe.
    pub(crate) async fn say(
        &self,
        room: &Room,
        id: &str,
        name: &str,
        text: &str,
    ) -> Result<(), Failure> {
        match self {
            Self::Memory => room.say(id, name, text),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => {
                redis.say(&room.name, id, &super::room::entry(id, name, text)).await?;
            }
        }
        Ok(())
    }

    /// Has this node hear what is said in a room, which is then ready, now or soon.
    pub(crate) async fn open(&self, room: &Room) -> Result<(), Failure> {
        match self {
            Self::Memory => room.set_ready(true),
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.open(&room.name).await?,
        }
        Ok(())
    }

    /// Ends what `open` began.
    pub(crate) async fn close(&self, room: &Room) -> Result<(), Failure> {
        match self {
            Self::Memory => {}
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.close(&room.name).await?,
        }
        let _ = room;
        Ok(())
    }

    /// Tells the other nodes who is in a room on this one.
    pub(crate) async fn announce(&self, room: &Room) -> Result<(), Failure> {
        match self {
            Self::Memory => {}
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.announce(room).await?,
        }
        let _ = room;
        Ok(())
    }

    /// Finds out whether the engine answers.
    pub(crate) async fn ping(&self) -> Result<(), Failure> {
        match self {
            Self::Memory => {}
            #[cfg(feature = "redis")]
            Self::Redis(redis) => redis.ping().await?,
        }
        Ok(())
    }
}
