//! Connections of the adapter for tokio in a hub. Each is a task.

use std::error::Error;

use sansocket::polled::{Hub, Membership};
use sansocket::tokio::WebSocket;
use sansocket::{Config, Negotiated, Prepared, Timeouts};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use super::Members;
use crate::wire::{self, Wire};

/// Members of one topic, on one thread.
pub(crate) struct HubMembers {
    runtime: Runtime,
    hub: Hub,
    memberships: Vec<Membership>,
    /// How many bytes have been written once all have written.
    all: usize,
}

impl HubMembers {
    pub(crate) fn new(count: usize) -> Self {
        // No pings, which nobody answers here.
        let config = Config::new().timeouts(Timeouts::new().idle(None)).shared();
        let hub = Hub::new();
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let guard = runtime.enter();
        let join = |_| {
            let socket = WebSocket::from_http(Wire, Negotiated::new(), config.clone());
            let (mut reader, writer) = socket.split();
            let membership = hub.join(TOPIC, &writer);
            runtime.spawn(async move {
                let _writer = writer;
                while let Ok(Some(_)) = reader.receive().await {}
            });
            membership
        };
        let memberships = (0..count).map(join).collect();
        drop(guard);
        Self { runtime, hub, memberships, all: 0 }
    }
}

impl Members for HubMembers {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let (hub, message) = (&self.hub, Prepared::new(text));
        self.all = wire::written() + self.count() * (HEADER + text.len());
        // Within the runtime, as a task that publishes.
        let taken = self.runtime.block_on(async { hub.publish(TOPIC, &message) });
        (taken == self.count()).then_some(()).ok_or_else(|| "a member is full".into())
    }

    /// Lets the tasks run until all have written.
    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        let all = self.all;
        self.runtime.block_on(async {
            while wire::written() < all {
                yield_now().await;
            }
        });
        Ok(())
    }

    fn count(&self) -> usize {
        self.memberships.len()
    }
}

/// The length of the header of a frame of 126 to 65,535 bytes.
const HEADER: usize = 4;

const TOPIC: &str = "all";
