"""Python's `hypercorn`: a server of HTTP/2, with `wsproto` as the codec."""
import asyncio
import os
import socket
import sys

from hypercorn.asyncio import serve as run
from hypercorn.config import Config

from peer import CASES, case_of, main, play, print_port, watched


class End:
    def __init__(self, receive, send):
        self.take, self.give = receive, send

    async def send(self, message):
        await self.give({"type": "websocket.send", "text" if isinstance(message, str) else "bytes": message})

    async def receive(self):
        came = await self.take()
        if came["type"] == "websocket.disconnect":
            return None
        return came["bytes"] if came.get("text") is None else came["text"]

    async def close(self, code, reason):
        await self.give({"type": "websocket.close", "code": code, "reason": reason})

    def closed(self):
        return None  # it tells 1000 or 1006, whatever the code was


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    name = case_of(scope["path"])
    case = CASES[name]
    await receive()  # that a client asks
    if answer := case.get("answer"):
        headers = [(name.encode(), value.encode()) for name, value in answer["headers"].items()]
        await send({"type": "websocket.http.response.start", "status": answer["status"], "headers": headers})
        await send({"type": "websocket.http.response.body", "body": answer["body"].encode()})
        return

    async def playing(seen):
        accept = {"type": "websocket.accept", "subprotocol": case.get("select")}
        await send(accept)
        # It does not tell what it has agreed to.
        offered = dict(scope["headers"]).get(b"sec-websocket-extensions", b"").decode()
        seen.update(protocol=case.get("select"), agreed=offered.split(";")[0])
        await play(End(receive, send), case["server"], seen)

    await watched(name, playing)


async def serve():
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.errorlog = None
    if "tls" in sys.argv:
        config.certfile, config.keyfile = os.environ["INTEROP_CERTIFICATE"], os.environ["INTEROP_KEY"]
    print_port(listener.getsockname()[1])
    await run(app, config, shutdown_trigger=asyncio.get_running_loop().create_future)


main(None, serve)
