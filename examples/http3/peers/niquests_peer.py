"""Python's `niquests`, a client over `qh3`, with `wsproto` as the codec.

    niquests_peer.py PORT AUTHORITY [--deflate]      sends messages that should come back
"""
import sys

import niquests
from niquests.packages.urllib3.contrib.webextensions import WebSocketExtensionFromMultiplexedHTTP as Opening
from wsproto.events import CloseConnection
from wsproto.utilities import generate_accept_token

from aioquic_peer import MESSAGES, SOCKETS


def start(opening, response, start=Opening.start):
    """Adds a header of HTTP/1.1 that the library demands. RFC 8441 does not use it (section 5)."""
    key = opening.headers(None)["sec-websocket-key"].encode()
    response.headers.setdefault("Sec-WebSocket-Accept", generate_accept_token(key).decode())
    start(opening, response)


def headers(opening, version, headers=Opening.headers):
    """Removes the offer of compression, which the library makes in each request."""
    return {name: value for name, value in headers(opening, version).items() if name != "sec-websocket-extensions"}


def open_socket(session, port, authority):
    response = session.get(f"wss+rfc8441://localhost:{port}/", verify=authority)
    if response.http_version != 30 or response.extension is None:
        raise RuntimeError(f"this is HTTP/{response.http_version}, status {response.status_code}")
    return response.extension, response.headers.get("sec-websocket-extensions")


def close(socket):
    """Closes a WebSocket, and returns the code of the peer. The method of the library closes with the code 0."""
    codec, stream = socket._protocol, socket._dsa
    stream.sendall(codec.send(CloseConnection(1000, "bye")))
    has_ended = False
    while not has_ended:
        data, has_ended, _ = stream.recv_extended(None)
        codec.receive_data(data)
        for event in codec.events():
            if isinstance(event, CloseConnection):
                stream.close()
                return event.code
    return None


def main(port, authority, is_compressing):
    Opening.start = start
    if not is_compressing:
        Opening.headers = headers
    with niquests.Session(disable_http1=True, disable_http2=True, timeout=20) as session:
        session.quic_cache_layer.add_domain("localhost", port)
        sockets, agreed = zip(*[open_socket(session, port, authority) for _ in range(SOCKETS)])
        for socket in sockets:
            for message in MESSAGES:
                socket.send_payload(message)
        for socket in sockets:
            came = [socket.next_payload() for _ in MESSAGES]
            code = close(socket)
            if (came, code) != (MESSAGES, 1000):
                raise RuntimeError(f"{len(came)} messages, code {code}")
    if any(agreed) != is_compressing:
        raise RuntimeError(f"agreed on {agreed[0]}")
    print(f"{SOCKETS} WebSockets, {len(MESSAGES)} messages each: all came back, all closed cleanly "
          f"({agreed[0] or 'not compressed'})")


match sys.argv[1:]:
    case [port, authority, *deflate]:
        main(int(port), authority, bool(deflate))
    case _:
        sys.exit(__doc__)
