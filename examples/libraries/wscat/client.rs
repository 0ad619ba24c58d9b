//! `wscat URL`.

use std::time::Duration;

use sansocket::client::Response;
use sansocket::connect::{Backoff, Redirects, Retry, Rules};
use sansocket::tokio::Connect;
use sansocket::{Ended, Error};
use tokio::signal::ctrl_c;

use super::display::Display;
use super::input::Input;
use super::options::{Options, Route};
use super::session::Session;
use super::{Failure, config, steps};

/// Connects, and talks until the connection ends. Returns how the last one ended.
pub(crate) async fn run(
    url: &str,
    options: &Options,
    display: Display,
    input: &mut Input,
) -> Result<Option<Ended>, Failure> {
    let door = door(url, options, display)?;
    let shown = |error| {
        if let Error::Rejected(response) = &error {
            steps::show_response(response, display);
        }
        error
    };
    let session = Session::client(options, display);
    if !options.connecting.reconnects {
        let (mut socket, response) = door.connect().await.map_err(shown)?;
        announce(&response, display);
        return session.talk(&mut socket, input).await.map(Some);
    }
    let backoff = Backoff::new().first(Duration::from_secs(1)).most(Duration::from_secs(30));
    let mut connections = door.reconnect(Retry::times(u32::MAX).backoff(backoff));
    let mut ended = None;
    loop {
        let next = tokio::select! {
            next = connections.next() => next.map_err(shown)?,
            _ = ctrl_c() => None,
        };
        let Some((socket, response)) = next else { return Ok(ended) };
        announce(&response, display);
        ended = Some(session.talk(socket, input).await?);
    }
}

/// Returns the front door with all that the command line says.
fn door(url: &str, options: &Options, display: Display) -> Result<Connect, Failure> {
    let connecting = &options.connecting;
    let mut door = Connect::with_userinfo(url).config(config(options).shared());
    for (name, value) in &connecting.headers {
        door = door.header(name, value);
    }
    for name in &options.subprotocols {
        door = door.protocol(name);
    }
    if let Some(origin) = &connecting.origin {
        door = door.origin(origin);
    }
    if let Some(login) = &options.login {
        door = door.credentials(login.credentials()?);
    }
    if connecting.follows_redirects {
        door = door.redirects(Redirects::anywhere(10));
    }
    #[cfg(feature = "tokio-rustls")]
    {
        door = door.tls(super::trust::config(connecting)?);
    }
    door = match &connecting.proxy {
        None => door.proxies(Rules::from_env()?),
        Some(Route::Direct) => door,
        Some(Route::Proxy(proxy)) => door.proxy(proxy.clone()),
    };
    Ok(door.on_step(move |dial| steps::show(dial, display)))
}

/// Shows the response that opened the connection, and what was agreed.
fn announce(response: &Response, display: Display) {
    steps::show_response(response, display);
    let mut note = "connected".to_owned();
    if let Some(name) = response.protocol() {
        note += &format!(", subprotocol {name}");
    }
    if let Some(extensions) = response.header("Sec-WebSocket-Extensions") {
        note += &format!(", {}", String::from_utf8_lossy(extensions));
    }
    display.note(&note);
}
