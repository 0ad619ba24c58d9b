"""Python's `websockets` follows a broadcast: `broadcast_websockets.py URL PATH..`."""
import asyncio
import hashlib
import json
import sys

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

ECHO = 16  # sends back each so many messages


def opened(url):
    # The server chooses the windows.
    offer = [ClientPerMessageDeflateFactory(client_max_window_bits=True)]
    return connect(url, extensions=offer, compression=None, max_size=None, close_timeout=None, ping_interval=None)


async def follow(path, socket):
    count, size, hashed = 0, 0, hashlib.sha256()
    await socket.send("begin")
    async for message in socket:
        if message == "\0end":
            await socket.close(1000)
            break
        if count % ECHO == 0:
            await socket.send(message)
        kind, data = (b"\0", message.encode()) if isinstance(message, str) else (b"\1", message)
        hashed.update(kind + len(data).to_bytes(4, "little") + data)
        count, size = count + 1, size + len(data)
    print(json.dumps({"path": path, "code": socket.close_code, "received": [count, size, hashed.hexdigest()[:16]]}), flush=True)


async def main(url, *paths):
    sockets = await asyncio.gather(*(opened(f"{url}/{path}") for path in paths))
    await asyncio.gather(*map(follow, paths, sockets))


asyncio.run(main(*sys.argv[1:]))
