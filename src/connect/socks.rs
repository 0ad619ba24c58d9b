//! The client's side of SOCKS5 (RFC 1928), with a user and a password (RFC 1929).
//!
//! ```text
//! Greeting ──▶ [Login ──▶] Reply ──▶ the tunnel stands
//! ```

use alloc::vec::Vec;
use core::net::IpAddr;

use super::proxy_fault::ProxyFault;

/// A conversation with a SOCKS5 proxy, up to its reply.
pub(crate) struct Socks5 {
    stage: Stage,
    /// The message with user and password.
    login: Option<Vec<u8>>,
    /// The message that asks for the target.
    request: Vec<u8>,
}

/// The message that comes next from the proxy.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Method,
    Login,
    Reply,
}

/// Whether the tunnel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Incomplete,
    Open,
}

/// The host that the proxy connects to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Host<'h> {
    Address(IpAddr),
    Name(&'h str),
}

impl Socks5 {
    /// Starts the conversation: appends the greeting.
    ///
    /// The user and the password have from 1 to 255 bytes each.
    ///
    /// # Errors
    ///
    /// Returns [`ProxyFault::NameTooLong`] if the name has more than 255 bytes.
    pub(crate) fn start(
        host: Host<'_>,
        port: u16,
        login: Option<(&str, &str)>,
        out: &mut Vec<u8>,
    ) -> Result<Self, ProxyFault> {
        let methods: &[u8] = if login.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
        let request = request(host, port).ok_or(ProxyFault::NameTooLong)?;
        out.extend_from_slice(methods);
        let login = login.and_then(|(user, password)| encode_login(user, password));
        Ok(Self { stage: Stage::Method, login, request })
    }

    /// Takes one message, and appends the next one of ours. Returns how many bytes were used. The next call must start
    /// with the unused ones.
    ///
    /// # Errors
    ///
    /// Returns an error if the proxy does not speak SOCKS5, or refuses.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Progress), ProxyFault> {
        let Some(len) = self.message_len(bytes)? else { return Ok((0, Progress::Incomplete)) };
        match (self.stage, bytes) {
            (Stage::Method, [_, method, ..]) => self.choose(*method, out)?,
            (Stage::Login, [_, 0, ..]) => self.ask(out),
            (Stage::Login, _) => return Err(ProxyFault::LoginRejected),
            (Stage::Method | Stage::Reply, _) => return Ok((len, Progress::Open)),
        }
        Ok((len, Progress::Incomplete))
    }

    /// Returns the length of the next message, if all of it is there. Checks each byte as soon as it is there.
    fn message_len(&self, bytes: &[u8]) -> Result<Option<usize>, ProxyFault> {
        let version = if matches!(self.stage, Stage::Login) { 1 } else { 5 };
        if bytes.first().is_some_and(|&byte| byte != version) {
            return Err(ProxyFault::Malformed);
        }
        let len = match self.stage {
            Stage::Method | Stage::Login => 2,
            Stage::Reply => reply_len(bytes)?,
        };
        Ok((bytes.len() >= len).then_some(len))
    }

    fn choose(&mut self, method: u8, out: &mut Vec<u8>) -> Result<(), ProxyFault> {
        match (method, self.login.take()) {
            (0, _) => self.ask(out),
            (2, Some(login)) => {
                out.extend_from_slice(&login);
                self.stage = Stage::Login;
            }
            (0xff, _) => return Err(ProxyFault::NoMethod),
            _ => return Err(ProxyFault::Malformed),
        }
        Ok(())
    }

    fn ask(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.request);
        self.stage = Stage::Reply;
    }
}

/// Returns the length of a reply, as far as it is known (RFC 1928, section 6).
fn reply_len(bytes: &[u8]) -> Result<usize, ProxyFault> {
    if let Some(&code) = bytes.get(1).filter(|&&code| code != 0) {
        return Err(ProxyFault::Reply(code));
    }
    if bytes.get(2).is_some_and(|&reserved| reserved != 0) {
        return Err(ProxyFault::Malformed);
    }
    match (bytes.get(3), bytes.get(4)) {
        (None, _) => Ok(5),
        (Some(1), _) => Ok(10),
        (Some(4), _) => Ok(22),
        (Some(3), None) => Ok(5),
        (Some(3), Some(&len)) => Ok(7 + usize::from(len)),
        (Some(_), _) => Err(ProxyFault::Malformed),
    }
}

fn request(host: Host<'_>, port: u16) -> Option<Vec<u8>> {
    let mut request = Vec::from([5, 1, 0]);
    match host {
        Host::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
        }
        Host::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            request.push(3);
            push_text(&mut request, name)?;
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    Some(request)
}

/// RFC 1929, section 2.
fn encode_login(user: &str, password: &str) -> Option<Vec<u8>> {
    let mut login = Vec::from([1]);
    push_text(&mut login, user)?;
    push_text(&mut login, password)?;
    Some(login)
}

/// Appends a text of at most 255 bytes, with its length before it.
fn push_text(out: &mut Vec<u8>, text: &str) -> Option<()> {
    out.push(u8::try_from(text.len()).ok()?);
    out.extend_from_slice(text.as_bytes());
    Some(())
}
