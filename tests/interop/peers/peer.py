"""What the peers in Python have in common: the cases, and how to play one end of them."""
import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path

CASES = json.loads((Path(__file__).parent.parent / "cases.json").read_text())
CASES = {name: {**CASES.get(case.get("like"), {}), **case} for name, case in CASES.items()}
PATIENCE = 20  # seconds for a case


def number(kind, n):
    """A number in a message, so that each place in it is unlike all others."""
    return n.to_bytes(4, "little") if kind == "binary" else f"{n:06x}é"


def noise(count):
    """So many bytes which nothing can compress, and which begin like no others."""
    state, made = count + 0x9E3779B9, bytearray()
    for _ in range(count):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        made.append(state & 0xFF)
    return bytes(made)


def message(kind, data):
    """A message: its text or bytes, in hexadecimal, or so many numbers, or noise, or something repeated."""
    if isinstance(data, str):
        return bytes.fromhex(data) if kind == "binary" else data
    if isinstance(data, dict):
        return noise(data["noise"]) if "noise" in data else message(kind, data["repeat"]) * data["times"]
    empty = b"" if kind == "binary" else ""
    return empty.join(number(kind, n) for n in range(data))


def contexts(case, asking):
    """The contexts of the client and the server, if `asking` is the end that asks for some: the logarithm
    of the window's size, and whether the context is taken over."""
    deflate = case.get("deflate", {})
    return tuple(deflate.get(end, [15, True]) if deflate.get("by") == asking else [15, True]
                 for end in ("client", "server"))


def pipeline(count):
    """Small messages: 32 bytes each."""
    return [b"".join(number("binary", n) for n in range(first, first + 8)) for first in range(count)]


def digest(received):
    """How a message that came is told of: its kind, length and hash."""
    kind = "text" if isinstance(received, str) else "binary"
    data = received.encode() if kind == "text" else received
    return [kind, len(data), hashlib.sha256(data).hexdigest()[:16]]


def case_of(path):
    """The case that a request asks for: the last segment of its path."""
    return path.split("?")[0].rsplit("/", 1)[-1]


async def play(end, steps, seen):
    """Takes all steps and waits for the end."""
    async def receive():
        received = await end.receive()
        if received is not None:
            seen["messages"].append(digest(received))
        return received

    seen.update(open=True, messages=[], pongs=[])
    for step in steps:
        [(verb, given)] = step.items()
        if verb == "send":
            await end.send(message(*given))
        elif verb == "pipeline":
            for small in pipeline(given):
                await end.send(small)
        elif verb == "fragments":
            kind, parts, payload = given
            pongs = await end.fragments([message(kind, part) for part in parts], payload.encode())
            seen["pongs"] += [pong.decode() for pong in pongs]
        elif verb == "receive":
            for _ in range(given):
                await receive()
        elif verb == "echo":
            for _ in range(given):
                await end.send(await receive())
        elif verb == "ping":
            seen["pongs"].append((await end.ping(given.encode())).decode())
        elif verb == "close":
            await end.close(*given)
        elif verb == "drop":
            end.drop()
            return
    while await receive() is not None:
        pass
    seen["close"] = end.closed()


async def watched(name, playing):
    """Plays a case for so long at the most, and tells what was seen."""
    seen = {"case": name, "open": False}
    try:
        await asyncio.wait_for(playing(seen), PATIENCE)
    except Exception as error:
        seen["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(seen), flush=True)


def main(client, serve):
    """`client` plays the client in one case; `serve` plays the server, and prints where."""
    async def clients(url, names):
        for name in names:
            await watched(name, lambda seen: client(f"{url}/{name}", CASES[name], seen))

    match sys.argv[1:]:
        case ["client", url, *names]:
            asyncio.run(clients(url, names))
        case ["server"] | ["server", "tls"]:
            asyncio.run(serve())
        case _:
            sys.exit("usage: client URL CASE.. | server [tls]")


def print_port(port):
    print(json.dumps({"port": port}), flush=True)


def trust():
    """What makes a client trust our certificate."""
    import ssl
    return ssl.create_default_context(cafile=os.environ["INTEROP_CA"])
