//! The request to an HTTP proxy for a tunnel (RFC 9110, section 9.3.6; RFC 6455, section 4.1, item 3).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::handshake::lines::push_line;
use crate::handshake::{Authority, Url};

/// Returns the target of the request: host and port, the default one too.
pub(crate) fn target(url: Url<'_>) -> String {
    let authority: Authority<'_> = url.authority();
    format!("{}:{}", authority.host(), url.port())
}

/// Appends the request.
pub(crate) fn push_connect(target: &str, authorization: Option<&str>, out: &mut Vec<u8>) {
    for part in ["CONNECT ", target, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    push_line(out, "Host", target);
    if let Some(authorization) = authorization {
        push_line(out, "Proxy-Authorization", authorization);
    }
    out.extend_from_slice(b"\r\n");
}
