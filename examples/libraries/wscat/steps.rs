//! The steps to a connection, as `--verbose` shows them.

use sansocket::client::Response;
use sansocket::connect::{Action, Dial, Next};

use super::display::{Direction, Display};

/// Shows the next step.
pub(crate) fn show(dial: &mut Dial, display: Display) {
    match dial.next_action() {
        Action::Resolve { host } => display.detail(|| format!("resolving {host}")),
        Action::Connect { host, port } => {
            display.detail(|| format!("connecting to {host}, port {port}"));
        }
        Action::Tls { name, peer, .. } => {
            display.detail(|| format!("starting TLS with the {peer} {name}"));
        }
        Action::Write => show_written(dial.transmit(), display),
        Action::Next(next) => show_next(next, display),
        // wscat speaks HTTP/1.1 only.
        Action::Request(_) | Action::Read | Action::Wait | Action::Done => {}
    }
}

fn show_written(bytes: &[u8], display: Display) {
    match bytes.first() {
        Some(b'A'..=b'Z') => display.head(Direction::Out, || without_secrets(bytes)),
        Some(_) => display.detail(|| "speaking SOCKS5 with the proxy".to_owned()),
        None => {}
    }
}

fn show_next(next: Next<'_>, display: Display) {
    match next {
        Next::Redirect { response, url } => {
            show_response(response, display);
            display.detail(|| format!("redirected to {url}"));
        }
        Next::Authenticate { response, peer } => {
            show_response(response, display);
            display.detail(|| format!("giving the {peer} the user and the password"));
        }
        Next::Challenged { response, .. } => show_response(response, display),
        Next::Retry { failure, response, delay } => {
            if let Some(response) = response {
                show_response(response, display);
            }
            display.note(&format!("{failure}; next attempt in {:.1} s", delay.as_secs_f64()));
        }
        _ => {}
    }
}

/// Shows the head of a response without cookies, and its body.
pub(crate) fn show_response(response: &Response, display: Display) {
    display.head(Direction::In, || {
        let reason = String::from_utf8_lossy(response.reason());
        let mut head = format!("HTTP/1.1 {} {reason}\n", response.status());
        for (name, value) in response.headers() {
            head += &line(name, &String::from_utf8_lossy(value));
        }
        head + "\n" + &String::from_utf8_lossy(response.body())
    });
}

/// Returns a head without passwords: people show it to others.
fn without_secrets(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let lines = head.lines().map(|text| match text.split_once(": ") {
        Some((name, value)) => line(name, value),
        None => format!("{text}\n"),
    });
    lines.collect()
}

/// Returns a header line. Of a secret value, it has the scheme only.
pub(crate) fn line(name: &str, value: &str) -> String {
    let is_any = |names: &[&str]| names.iter().any(|it| it.eq_ignore_ascii_case(name));
    match value.split_once(' ') {
        _ if is_any(&["Cookie", "Set-Cookie"]) => format!("{name}: …\n"),
        _ if !is_any(&["Authorization", "Proxy-Authorization"]) => format!("{name}: {value}\n"),
        Some((scheme, _)) => format!("{name}: {scheme} …\n"),
        None => format!("{name}: …\n"),
    }
}
