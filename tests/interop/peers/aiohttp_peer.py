"""Python's `aiohttp`."""
import asyncio

from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web

from peer import CASES, case_of, contexts, main, play, print_port, trust, watched

# It takes 4 MiB, and hides pings and pongs, unless told otherwise.
SETTINGS = {"max_msg_size": 0, "autoping": False}


class End:
    def __init__(self, socket):
        self.socket = socket
        self.reason = ""
        self.waiting = []  # what came before the answer to a ping

    async def send(self, message):
        await (self.socket.send_str if isinstance(message, str) else self.socket.send_bytes)(message)

    async def receive(self):
        if self.waiting:
            return self.waiting.pop(0)
        return await self.next([WSMsgType.TEXT, WSMsgType.BINARY])

    async def next(self, wanted):
        while True:
            came = await self.socket.receive()
            if came.type in wanted:
                return came.data
            elif came.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.waiting.append(came.data)
            elif came.type == WSMsgType.PING:
                await self.socket.pong(came.data)
            elif came.type == WSMsgType.CLOSE:
                self.reason = came.extra
            elif came.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                return None

    async def ping(self, payload):
        await self.socket.ping(payload)
        return bytes(await self.next([WSMsgType.PONG]))

    async def close(self, code, reason):
        await self.socket.close(code=code, message=reason.encode())

    def drop(self):
        self.socket.get_extra_info("socket").shutdown(2)

    def closed(self):
        code = self.socket.close_code
        return [code, self.reason, code != 1006]


async def client(url, case, seen):
    context = trust() if url.startswith(("wss:", "https:")) else True
    async with ClientSession() as session:
        if {"get": None} in case["client"]:
            async with session.get(url.replace("ws", "http", 1), ssl=context) as response:
                seen["answer"] = answer_of(response.status, response.headers, await response.text())
            return
        # It can ask for the window of the server, and for nothing else.
        (_, [bits, _]) = contexts(case, "client")
        offers = {"protocols": case.get("offer", ()), "compress": bits}
        try:
            async with session.ws_connect(url, ssl=context, **offers, **SETTINGS) as socket:
                seen.update(protocol=socket.protocol, agreed="permessage-deflate" if socket.compress else "")
                await play(End(socket), case["client"], seen)
        except WSServerHandshakeError as refused:
            seen["answer"] = answer_of(refused.status, refused.headers, "")


def answer_of(status, headers, body):
    return {"status": status, "headers": {name.lower(): value for name, value in headers.items()}, "body": body}


async def handle(request):
    name = case_of(request.path)
    case = CASES[name]
    if answer := case.get("answer"):
        return web.Response(status=answer["status"], headers=answer["headers"], text=answer["body"])
    protocols = [case["select"]] if "select" in case else ()
    socket = web.WebSocketResponse(protocols=protocols, **SETTINGS)
    await socket.prepare(request)

    async def playing(seen):
        seen.update(protocol=socket.ws_protocol, agreed="permessage-deflate" if socket.compress else "")
        await play(End(socket), case["server"], seen)

    await watched(name, playing)
    return socket


async def serve():
    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print_port(runner.addresses[0][1])
    await asyncio.get_running_loop().create_future()


main(client, serve)
