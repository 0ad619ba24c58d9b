"""Python's `niquests`: a client of HTTP/2 over `jh2`, with `wsproto` as the codec."""
import os

import niquests
from niquests.packages.urllib3.contrib.webextensions import WebSocketExtensionFromMultiplexedHTTP as Opening
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.utilities import generate_accept_token

from peer import PATIENCE, main, play


FRAME = 16384  # the most that fits a DATA frame, which the stream does not see to


class End:
    """The stream and the codec of the library. Its own methods show no pongs, and close with the code 0."""

    def __init__(self, opened):
        self.codec, self.stream = opened._protocol, opened._dsa
        self.waiting = []  # what came before the answer to a ping
        self.end = [1006, "", False]

    def put(self, event):
        data = self.codec.send(event)
        for at in range(0, len(data), FRAME):
            self.stream.sendall(data[at:at + FRAME])

    def events(self):
        """What comes, up to the end of the stream."""
        while True:
            yield from self.codec.events()
            data, has_ended, _ = self.stream.recv_extended(None)
            self.codec.receive_data(data)
            if has_ended:
                yield from self.codec.events()
                return

    async def send(self, message):
        self.put((TextMessage if isinstance(message, str) else BytesMessage)(message))

    async def receive(self):
        return self.waiting.pop(0) if self.waiting else self.next((TextMessage, BytesMessage))

    def next(self, wanted):
        parts = []
        for event in self.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                parts.append(event.data)
                if event.message_finished:
                    message, parts = parts[0][:0].join(parts), []
                    if TextMessage in wanted:
                        return message
                    self.waiting.append(message)
            elif isinstance(event, wanted):
                return event.payload
            elif isinstance(event, Ping):
                self.put(event.response())
            elif isinstance(event, CloseConnection):
                self.end = [event.code, event.reason or "", True]
                if self.codec.state.name == "REMOTE_CLOSING":
                    self.put(event.response())
                self.stream.close()
                return None
        return None

    async def ping(self, payload):
        self.put(Ping(payload))
        return bytes(self.next((Pong,)))

    async def fragments(self, parts, payload):
        kind, pongs = TextMessage if isinstance(parts[0], str) else BytesMessage, []
        for part in parts[:-1]:
            self.put(kind(part, message_finished=False))
            pongs.append(await self.ping(payload))
        self.put(kind(parts[-1]))
        return pongs

    async def close(self, code, reason):
        self.put(CloseConnection(code, reason))

    def closed(self):
        return self.end


def start(opening, response, start=Opening.start):
    """It wants a header of HTTP/1.1, which RFC 8441 does not use (section 5)."""
    key = opening.headers(None)["sec-websocket-key"].encode()
    response.headers.setdefault("Sec-WebSocket-Accept", generate_accept_token(key).decode())
    start(opening, response)


Opening.start = start


async def client(url, case, seen):
    headers = {"Sec-WebSocket-Protocol": ", ".join(case["offer"])} if "offer" in case else {}
    is_page = {"get": None} in case["client"]
    url = url.replace("wss:", "https:" if is_page else "wss+rfc8441:", 1)
    with niquests.Session(disable_http1=True, disable_http3=True, timeout=PATIENCE) as session:
        response = session.get(url, headers=headers, verify=os.environ["INTEROP_CA"])
        if response.http_version != 20:
            raise RuntimeError(f"this is HTTP/{response.http_version}")
        answered = {name.lower(): value for name, value in response.headers.items()}
        if response.extension is None:
            seen["answer"] = {"status": response.status_code, "headers": answered, "body": response.text}
            return
        seen.update(protocol=answered.get("sec-websocket-protocol"), agreed=answered.get("sec-websocket-extensions", ""))
        await play(End(response.extension), case["client"], seen)


main(client, None)
