//! Clients on their way through servers and proxies: `interop_driver ADAPTER arrive ROW..`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sansocket::auth::Credentials;
use sansocket::connect::{Backoff, Proxy, Redirects, Retry};
use sansocket::tls::rustls::ClientConfig;
use sansocket::{Connect, OwnedMessage};
use serde::{Deserialize, Serialize};

use crate::case::Failure;

/// What a client is asked to do: a row of `arrivals.json`.
#[derive(Clone, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    url: String,
    proxy: Option<String>,
    /// The number of redirects that are followed.
    redirects: Option<u8>,
    /// `USER:PASSWORD`
    user: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    retry: u32,
}

/// What a client saw.
#[derive(Serialize)]
pub(crate) struct Arrived {
    name: String,
    open: bool,
    /// What the target said of the request.
    target: Option<serde_json::Value>,
    error: Option<String>,
    /// In seconds.
    took: f64,
}

impl Row {
    /// Returns the front door of any adapter.
    fn door<R>(&self, tls: Arc<ClientConfig>) -> Result<Connect<R>, Failure> {
        let backoff = Backoff::new().first(Duration::from_millis(10));
        let mut door =
            Connect::new(&self.url).tls(tls).retry(Retry::times(self.retry).backoff(backoff));
        if let Some(proxy) = &self.proxy {
            door = door.proxy(Proxy::parse(proxy)?);
        }
        if let Some(most) = self.redirects {
            door = door.redirects(Redirects::anywhere(most));
        }
        if let Some((user, password)) = self.user.as_ref().and_then(|user| user.split_once(':')) {
            door = door.credentials(Credentials::password(user, password)?.allow_plaintext());
        }
        Ok(self.headers.iter().fold(door, |door, (name, value)| door.header(name, value)))
    }
}

impl Arrived {
    pub(crate) fn new(row: &Row, start: Instant, told: Result<OwnedMessage, String>) -> Self {
        let (told, error) = match told {
            Ok(message) => (Some(message), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            name: row.name.clone(),
            open: told.is_some(),
            target: told.and_then(|it| serde_json::from_slice(&it.into_bytes()).ok()),
            error,
            took: start.elapsed().as_secs_f64(),
        }
    }

    pub(crate) fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("keys are text"));
    }
}

/// Defines a module with a client of one adapter, which connects, takes what the target says, and closes after an echo.
macro_rules! adapter {
    ($module:ident, $adapter:ident, [$($async:tt)?], [$($wait:tt)*]) => {
        pub(crate) mod $module {
            use sansocket::$adapter::Connect;
            use sansocket::{CloseCode, OwnedMessage, tls};

            use super::Row;
            use crate::case::Failure;
            use crate::runtime::$module::run;
            use crate::tls::authorities;

            pub(crate) fn arrive(row: &Row) -> Result<OwnedMessage, Failure> {
                run(hello(row))
            }

            $($async)? fn hello(row: &Row) -> Result<OwnedMessage, Failure> {
                let door: Connect = row.door(tls::config(authorities()?))?;
                let (mut socket, _) = door.connect() $($wait)* ?;
                let told = socket.receive() $($wait)* ?.ok_or("no message came")?;
                socket.send("hello") $($wait)* ?;
                let echo = socket.receive() $($wait)* ?;
                if echo.as_ref().and_then(OwnedMessage::as_text) != Some("hello") {
                    return Err(format!("sent back: {echo:?}").into());
                }
                socket.close(CloseCode::NORMAL, "") $($wait)* ?;
                let ended = socket.ended().ok_or("did not end")?;
                if ended.is_clean() { Ok(told) } else { Err(ended.to_string().into()) }
            }
        }
    };
}

adapter!(on_thread, blocking, [], []);
adapter!(on_tokio, tokio, [async], [.await]);
adapter!(on_smol, smol, [async], [.await]);
