"""Measures what one message to many connections of Python's websockets costs each of them: see README.md."""

import asyncio
import time

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.protocol import State
from websockets.server import ServerProtocol

MESSAGES = 16
TURNS = 8
WARM_UP = 3


class Wire(asyncio.Transport):
    """A stream that takes all bytes and has none."""

    written = 0

    def write(self, data):
        Wire.written += len(data)

    def get_extra_info(self, name, default=None):
        return default

    def set_write_buffer_limits(self, high=None, low=None):
        pass


class Server:
    """What a connection asks of its server."""

    def __init__(self):
        self.handler_tasks = set()

    async def handler(self, connection):
        pass


def connect(is_compressed):
    protocol = ServerProtocol(state=State.OPEN)
    if is_compressed:
        protocol.extensions = [PerMessageDeflate(False, False, 15, 15)]
    connection = ServerConnection(protocol, Server(), ping_interval=None)
    connection.connection_made(Wire())
    return connection


def json(number, length):
    """Returns a text as an application sends it: like the one before, but for some numbers."""
    text = f'{{"round":{number},"scores":['
    value = 7 + number
    while len(text) < length - 40:
        value = value * 1_103_515_245 % 65_521
        text += f'{{"player":{value},"score":{value % 100}}},'
    return (text + "null]}").ljust(length)


def measure(name, count, members, length, is_compressed):
    connections = [connect(is_compressed) for _ in range(members)]
    least = float("inf")
    for turn in range(TURNS):
        texts = [json(turn * MESSAGES + at, length) for at in range(MESSAGES)]
        Wire.written = 0
        start = time.process_time_ns()
        for text in texts:
            broadcast(connections, text)
        took = time.process_time_ns() - start
        if turn >= WARM_UP:
            least = min(least, took)
    sends = MESSAGES * members
    wire = round(Wire.written / sends)
    print(f"{count:7}  {length:5}  {name:<36} {'-':>9} {least / sends:9.1f}  {wire:4}  {'-':>9}")


async def main():
    for count in (1000, 10_000):
        for length in (200, 1024):
            measure("websockets, broadcast()", count, count, length, False)
            name = "compressed, kept: websockets"
            measure(name, count, count // 10, length, True)


asyncio.run(main())
