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

/// Shows the head of a response, and its body.
pub(crate) fn show_response(response: &Response, display: Display) {
    display.head(Direction::In, || {
        let reason = String::from_utf8_lossy(response.reason());
        let mut head = format!("HTTP/1.1 {} {reason}\n", response.status());
        for (name, value) in response.headers() {
            head += &format!("{name}: {}\n", String::from_utf8_lossy(value));
        }
        head + "\n" + &String::from_utf8_lossy(response.body())
    });
}

/// Returns a head without passwords: people show it to others.
fn without_secrets(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let lines = head.lines().map(|line| match line.split_once(": ") {
        Some((name, value)) if is_secret(name) => {
            let (scheme, _) = value.split_once(' ').unwrap_or_default();
            format!("{name}: {scheme} …\n")
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

pub(crate) fn is_secret(name: &str) -> bool {
    ["Authorization", "Cookie", "Proxy-Authorization"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(name))
}
