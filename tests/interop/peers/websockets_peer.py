"""Python's `websockets`."""
import asyncio

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve as listen
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

from peer import CASES, case_of, contexts, main, play, print_port, trust, watched

# It pings by itself, takes 1 MiB, and compresses in a context of its own choice, unless told otherwise.
SETTINGS = {"max_size": None, "ping_interval": None, "compression": None}


class End:
    def __init__(self, socket):
        self.socket = socket
        self.send = socket.send

    async def receive(self):
        try:
            return await self.socket.recv()
        except ConnectionClosed:
            return None

    async def ping(self, payload):
        await (await self.socket.ping(payload))
        return payload

    async def fragments(self, parts, payload):
        pongs = []

        async def parts_and_pings():
            for part in parts[:-1]:
                yield part
                pongs.append(await self.ping(payload))
            yield parts[-1]

        await self.socket.send(parts_and_pings())
        return pongs

    async def close(self, code, reason):
        await self.socket.close(code, reason)

    def drop(self):
        self.socket.transport.abort()

    def closed(self):
        code = self.socket.close_code
        return [code, self.socket.close_reason, code != 1006]


def deflate_of(case, end):
    """What an end offers or accepts of compression."""
    settings = {}
    if "deflate" in case:
        for name, (bits, is_taken_over) in zip(("client", "server"), contexts(case, end)):
            settings[f"{name}_no_context_takeover"] = not is_taken_over
            if bits < 15:
                settings[f"{name}_max_window_bits"] = bits
    return [{"client": ClientPerMessageDeflateFactory, "server": ServerPerMessageDeflateFactory}[end](**settings)]


def extensions(socket):
    return ", ".join(extension.name for extension in socket.protocol.extensions)


async def client(url, case, seen):
    context = trust() if url.startswith("wss:") else None
    try:
        offers = {"subprotocols": case.get("offer"), "extensions": deflate_of(case, "client")}
        async with connect(url, ssl=context, **offers, **SETTINGS) as socket:
            seen.update(protocol=socket.subprotocol, agreed=extensions(socket))
            await play(End(socket), case["client"], seen)
    except InvalidStatus as refused:
        response = refused.response
        headers = {name.lower(): value for name, value in response.headers.raw_items()}
        seen["answer"] = {"status": response.status_code, "headers": headers, "body": response.body.decode()}


async def serve():
    async def handle(socket):
        name = case_of(socket.request.path)

        async def playing(seen):
            seen.update(protocol=socket.subprotocol, agreed=extensions(socket))
            await play(End(socket), CASES[name]["server"], seen)

        await watched(name, playing)

    def refuse(connection, request):
        case = CASES[case_of(request.path)]
        connection.protocol.available_extensions = deflate_of(case, "server")
        answer = case.get("answer")
        if answer is None:
            return None
        response = connection.respond(answer["status"], answer["body"])
        response.headers.update(answer["headers"])
        return response

    def select(connection, offered):
        return CASES[case_of(connection.request.path)].get("select")

    server = await listen(handle, "127.0.0.1", 0, process_request=refuse, select_subprotocol=select, **SETTINGS)
    print_port(server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().create_future()


main(client, serve)
