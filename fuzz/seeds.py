#!/usr/bin/env python3
"""Writes corpus/, what the fuzz targets start from: vectors of tests/vectors.txt, examples of the RFCs, and
for the targets that draw decisions from their data (tests/harness/src/choices.rs), decisions."""

import pathlib
import random

HERE = pathlib.Path(__file__).parent

# One for each rule of framing.
VECTORS = """F-05 F-10 F-15 F-22 M-04 X-01 X-05 X-06 X-11 U-02 U-08 U-13 U-15 C-01 C-03 C-12 B-02 B-03 B-04 K-04
A-44""".split()

TEXTS = {
    "ascii": "The quick brown fox jumps over the lazy dog, again and again and again and again.".encode(),
    "kosme": "κόσμε".encode(),
    "widths": "a\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff".encode(),
    "surrogate": b"ab\xed\xa0\x80",
    "overlong": b"\xf0\x8f\xbf\xbf",
    "too-great": "κόσμε".encode() + b"\xf4\x90\x80\x80edited",
    "unfinished": "long enough to be judged by blocks, and then 😀".encode()[:-1],
}

# What follows the beginning of a valid request (odd), or is all there is (even).
REQUESTS = {
    "rfc-1.3": b"\0GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n",
    "frames-follow": b"\1\r\n\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
    "protocols": b"\1Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n\r\n",
    "extensions": b"\1Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; "
    b'server_max_window_bits="10", permessage-deflate\r\n\r\n',
    "another-version": b"\1Sec-WebSocket-Version: 8\r\n\r\n",
    "body": b"\1Content-Length: 5\r\n\r\nhello",
    "chunked": b"\1Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "not-an-upgrade": b"\0POST /a?b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    "absolute-form": b"\0GET http://a:8080/b HTTP/1.1\r\nHost: a:8080\r\n\r\n",
    "folded": b"\1X: a\r\n b\r\n\r\n",
}

RESPONSES = {
    "rfc-1.3": b"\0HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
    "frames-follow": b"\1\r\n\x81\x05Hello",
    "protocol": b"\1Sec-WebSocket-Protocol: chat\r\n\r\n",
    "another-protocol": b"\1Sec-WebSocket-Protocol: other\r\n\r\n",
    "extension": b"\1Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n\r\n",
    "redirect": b"\0HTTP/1.1 301 Moved\r\nLocation: ws://b/\r\nContent-Length: 0\r\n\r\n",
    "body": b"\0HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": b"\0HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n",
    "till-the-end": b"\0HTTP/1.0 400 Bad\r\n\r\nall that follows",
    "early-hints": b"\0HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 401 No\r\n\r\n",
}

# The scheme, the proxy, the redirects, the retries, the size of reads; then what each transport has to read, up to a
# byte of 255. With an even length it ends then, with an odd one it is silent.
WAYS = {
    "redirect": bytes([1, 0, 2, 0, 9]) + b"HTTP/1.1 307 x\r\nLocation: //evil/\r\nContent-Length: 0\r\n\r\n\xff"
    b"HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n",
    "digest": bytes([0, 0, 0, 0, 3]) + b"HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=\"a\", qop=\"auth\", "
    b"nonce=\"b\", Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n\xffHTTP/1.1 403 x\r\n\r\nno",
    "proxy": bytes([1, 1, 1, 1, 9]) + b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n"
    b"\xffHTTP/1.1 200 x\r\n\r\nHTTP/1.1 503 x\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "socks": bytes([0, 3, 2, 2, 5]) + b"\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x00PHTTP/1.1 302 x\r\nLocation: https://b\r\n"
    b"Content-Length: 0\r\n\r\n\xff\x05\x05",
}

# The draft, the limit and the role; then frames.
SENTINELS = {
    "texts": b"\1\0Hello\xff\0\xff\0gr\xc3\xbc\xc3\x9fe\xff\xff\0late",
    "discarded": b"\x08\x80\x05Hello\x80\x81\0" + bytes(128) + b"\x01a\xff\0a\xff",
    "too-long": b"\3\0" + b"a" * 101 + b"\xff",
    "length-without-end": b"\x09\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0",
    "not-utf-8": b"\0\0a\xff\0\xc3\xff",
}

# The role and the draft, and how much of a valid opening comes first, in 63rds; then what follows.
OPENINGS = {
    "request-75": b"\0GET /demo HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: a\r\nOrigin: http://a\r\n\r\n\0a\xff",
    "request-76": b"\1GET /demo HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: a\r\nOrigin: http://a\r\n"
    b"Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n^n:ds[4U\0a\xff",
    "another-request": b"\0GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "cut-request": bytes([1 | 40 << 2]) + b"\r\n\r\n^n:ds[4U",
    "response-75": bytes([2 | 63 << 2]) + b"\0a\xff",
    "response-76": bytes([3 | 63 << 2]) + b"\0a\xff\xff\0",
    "rejection": b"\2HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno",
}

# Role, two contexts, a limit; then messages: kind, whether compressed, how many blocks, which, how cut.
COMPRESSED = {
    "rfc-7.2.3.1": bytes([0, 0, 0, 1, 0, 7, 1, 0, 0, 0, 1, 0]),
    "rfc-7.2.3.2": bytes([1, 0, 0x30, 1, 0, 7, 1, 0, 0, 0, 1, 0, 0, 7, 1, 2, 0, 0, 1, 0]),
    "rfc-7.2.3.3": bytes([0, 0, 0, 1, 0, 7, 3, 8, 0, 9, 1, 1, 0]),
    "final-block": bytes([1, 0, 0, 1, 1, 7, 2, 1, 7, 0, 0, 1, 0, 1, 7, 1, 0, 0, 0, 1, 0]),
    "many-from-few": bytes([0, 0x30, 0x30, 0, 3, 0, 1, 7, 1, 11, 0, 0, 1, 0]),
    "window-of-8": bytes([0, 0x31, 0x31, 1, 1, 7, 3, 12, 200, 7, 20, 16, 1, 20, 18, 3, 0, 0, 1, 0]),
}


def main():
    write("receive", dict(vectors()))
    write("differential", {name: data[:1] + b"\0" + data[1:] for name, data in vectors()})
    write("utf8", TEXTS)
    write("mask", {"rfc-5.7": bytes.fromhex("37fa213d") + b"Hello", "long": bytes(range(1, 90)),
                   "zeros": bytes(70)})
    write("limits", {"within": b"\0\xc0\x08\xc0\x08\x07\x05\x06\x07", "beyond": b"\1\x05\x09\x03\x02\x03\x03\x03",
                     "fragments": b"\0\xc0\x40\xc0\x40\x02\0\0\0\0"})
    write("handshake_server", REQUESTS)
    write("handshake_client", RESPONSES)
    write("dial", WAYS)
    write("legacy_frames", SENTINELS)
    write("legacy_opening", OPENINGS)
    write("deflate_receive", COMPRESSED)
    random.seed(6455)
    for name in ["receive_frames", "pair", "send", "deflate_pair", "adapter", "calls", "snapshot", "text"]:
        write(name, {f"decisions-{count}": random.randbytes(count) for count in [24, 60, 150, 300]})


def vectors():
    """Those named, after the flags of `choose_setup`: whose ears, and nothing else."""
    for line in (HERE / "../tests/vectors.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, data, _ = (column.strip() for column in line.split("|"))
            name, role, *_ = name.split()
            if name in VECTORS:
                yield f"{name}-{role}", bytes([role == "client"]) + bytes.fromhex(data)


def write(target, seeds):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (folder / f"seed-{name}").write_bytes(data)


main()
