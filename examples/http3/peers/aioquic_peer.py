"""Python's `aioquic`, with `wsproto` as the codec.

    aioquic_peer.py client PORT AUTHORITY [--deflate]      sends messages that should come back
    aioquic_peer.py trailers PORT AUTHORITY                sends trailers on open WebSockets, which is an error
    aioquic_peer.py server PORT CERTIFICATE KEY            sends back every message
"""
import asyncio
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3_ALPN, ErrorCode, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, ProtocolNegotiated
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate
from wsproto.handshake import server_extensions_handshake

SOCKETS = 4
MESSAGES = ["", "hello", "κόσμε 𝄞", b"", bytes(range(256)), "word " * 60_000, bytes(100_000)]


class Socket:
    """A WebSocket over a stream."""

    def __init__(self, protocol, stream, codec):
        self.protocol, self.stream, self.codec = protocol, stream, codec
        self.parts = []
        self.has_ended = False

    def put(self, event):
        self.write(self.codec.send(event), False)

    def write(self, data, has_ended):
        self.protocol.http.send_data(self.stream, data, has_ended)
        self.protocol.transmit()

    def send(self, message):
        self.put((TextMessage if isinstance(message, str) else BytesMessage)(message))

    def receive(self, data):
        """Takes some bytes, and yields whole messages."""
        if data:
            self.codec.receive_data(data)
        for event in self.codec.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                self.parts.append(event.data)
                if event.message_finished:
                    message, self.parts = self.parts[0][:0].join(self.parts), []
                    yield message
            elif isinstance(event, Ping):
                self.put(event.response())
            elif isinstance(event, CloseConnection):
                if self.codec.state.name == "REMOTE_CLOSING":
                    self.put(event.response())
                self.write(b"", True)
                self.code = event.code

    code = None


class Protocol(QuicConnectionProtocol):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.http, self.sockets = None, {}

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        for one in self.http.handle_event(event) if self.http else ():
            if isinstance(one, HeadersReceived):
                self.take_head(one.stream_id, dict(one.headers))
            elif isinstance(one, DataReceived) and (socket := self.sockets.get(one.stream_id)):
                for message in socket.receive(one.data):
                    self.take_message(socket, message)
                if one.stream_ended:
                    self.end(socket)


class Server(Protocol):
    def take_head(self, stream, head):
        is_asked = (head[b":method"], head.get(b":protocol")) == (b"CONNECT", b"websocket")
        answer, extensions = [(b":status", b"200" if is_asked else b"404")], []
        if is_asked and (offered := head.get(b"sec-websocket-extensions")):
            extensions = [PerMessageDeflate()]
            agreed = server_extensions_handshake([offered.decode()], extensions)
            answer += [(b"sec-websocket-extensions", agreed)] if agreed else []
        self.http.send_headers(stream, answer, end_stream=not is_asked)
        if is_asked:
            self.sockets[stream] = Socket(self, stream, Connection(ConnectionType.SERVER, extensions))
        self.transmit()

    def take_message(self, socket, message):
        socket.send(message)

    def end(self, socket):
        print(f"stream {socket.stream}: code {socket.code}", flush=True)


class Client(Protocol):
    def ask(self, authority, is_compressing):
        self.left, self.done, self.agreed = SOCKETS, asyncio.get_running_loop().create_future(), None
        self.deflates = {}
        for _ in range(SOCKETS):
            stream = self._quic.get_next_available_stream_id()
            deflate = self.deflates[stream] = PerMessageDeflate()
            head = {":method": "CONNECT", ":protocol": "websocket", ":scheme": "https", ":authority": authority,
                    ":path": "/", "sec-websocket-version": "13"}
            if is_compressing:
                head["sec-websocket-extensions"] = f"permessage-deflate; {deflate.offer()}"
            self.http.send_headers(stream, [(name.encode(), value.encode()) for name, value in head.items()])
        self.transmit()
        return self.done

    def take_head(self, stream, head):
        if head[b":status"] != b"200":
            return self.done.set_exception(RuntimeError(f"status {head[b':status'].decode()}"))
        extensions = []
        if agreed := head.get(b"sec-websocket-extensions", b"").decode():
            self.agreed, extensions = agreed, [self.deflates[stream]]
            self.deflates[stream].finalize(agreed)
        socket = self.sockets[stream] = Socket(self, stream, Connection(ConnectionType.CLIENT, extensions))
        socket.came = []
        for message in MESSAGES:
            socket.send(message)

    def take_message(self, socket, message):
        socket.came.append(message)
        if len(socket.came) == len(MESSAGES):
            socket.put(CloseConnection(1000, "bye"))

    def end(self, socket):
        self.left -= 1
        if (socket.came, socket.code) != (MESSAGES, 1000):
            self.done.set_exception(RuntimeError(f"{len(socket.came)} messages, code {socket.code}"))
        elif self.left == 0:
            self.done.set_result(None)


class Trailing(Client):
    """Sends trailers on open WebSockets. Returns the code with which the server ends the connection."""

    def take_head(self, stream, head):
        self.http.send_headers(stream, [(b"digest", b"none")])
        self.transmit()

    def quic_event_received(self, event):
        super().quic_event_received(event)
        if isinstance(event, ConnectionTerminated):
            self.done.set_result(event.error_code)


async def main():
    match sys.argv[1:]:
        case ["client", port, authority, *deflate]:
            configuration = QuicConfiguration(alpn_protocols=H3_ALPN, cafile=authority)
            async with connect("localhost", int(port), configuration=configuration, create_protocol=Client) as client:
                await asyncio.wait_for(client.ask(f"localhost:{port}", bool(deflate)), 30)
                print(f"{SOCKETS} WebSockets, {len(MESSAGES)} messages each: all came back, all closed cleanly "
                      f"({client.agreed or 'not compressed'})")
        case ["trailers", port, authority]:
            configuration = QuicConfiguration(alpn_protocols=H3_ALPN, cafile=authority)
            async with connect("localhost", int(port), configuration=configuration, create_protocol=Trailing) as client:
                code = await asyncio.wait_for(client.ask(f"localhost:{port}", False), 30)
            if code != ErrorCode.H3_FRAME_UNEXPECTED:
                sys.exit(f"the code is {code:#x}")
            print("the server ends the connection: H3_FRAME_UNEXPECTED")
        case ["server", port, certificate, key]:
            configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
            configuration.load_cert_chain(certificate, key)
            await serve("127.0.0.1", int(port), configuration=configuration, create_protocol=Server)
            await asyncio.get_running_loop().create_future()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    asyncio.run(main())
