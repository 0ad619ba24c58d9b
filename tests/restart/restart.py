#!/usr/bin/env python3
"""Replaces a server three times while a thousand clients talk to it, and counts what is missing or doubled.

    restart.py --program PROGRAM --folder FOLDER [--client PROGRAM] [--page PROGRAM..]

Each client numbers its messages, all of which come back, and counts the ticks of the server. It connects once. Clients
of different kinds have something different under way when the server is replaced.
"""

import argparse
import asyncio
import collections
import itertools
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import sys
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

RESTARTS = 3
BETWEEN = 4  # seconds from a restart to the next
PATIENCE = 15  # seconds for which the server waits for what is busy
LONGEST = 30  # seconds that anything may take
TICK = re.compile(r"tick (\d+) from process (\d+)$")

random.seed(1)


class Client:
    """Talks until it is told to stop, and keeps what went wrong."""

    def __init__(self, number, compression):
        self.number = number
        self.compression = compression
        self.sent = collections.deque()  # messages that have not come back, and when they were sent
        self.ticks = self.echoes = 0
        self.longest = 0.0  # wait for an echo
        self.processes = []
        self.fault = None
        self.is_over = False
        self.may_read = asyncio.Event()
        self.may_read.set()
        # It cannot be compressed, except by reference to an earlier message.
        self.text = random.randbytes(120).hex()
        self.first_bytes, self.last_bytes = {}, {}  # payload of a message on the wire, by direction

    async def open(self, url, **options):
        # Small buffers, so that a client that does not read is felt.
        self.socket = await connect(url, compression=self.compression, proxy=None, open_timeout=LONGEST,
                                    close_timeout=LONGEST, max_queue=4, **options)
        self.watch_compression()

    def watch_compression(self):
        """Notes how many bytes messages take on the wire."""
        for extension in self.socket.protocol.extensions:
            encode, decode = extension.encode, extension.decode

            def encoded(frame):
                result = encode(frame)
                self.note("out", frame.data, result.data)
                return result

            def decoded(frame, *, max_size=None):
                result = decode(frame, max_size=max_size)
                self.note("in", result.data, frame.data)
                return result

            extension.encode, extension.decode = encoded, decoded

    def note(self, direction, data, compressed):
        if len(data) > len(self.text):
            self.first_bytes.setdefault(direction, len(compressed))
            self.last_bytes[direction] = len(compressed)

    async def run(self):
        try:
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self.read())
                await self.write()
                while self.sent:
                    await asyncio.sleep(0.05)
                await self.socket.close()
                await reader
        except* ConnectionClosed as errors:
            self.fault = self.fault or str(errors.exceptions[0])
        except* Exception as errors:
            self.fault = self.fault or repr(errors.exceptions[0])

    async def read(self):
        async for message in self.socket:
            self.take(message)
            await self.may_read.wait()

    def take(self, message):
        tick = TICK.match(message) if isinstance(message, str) else None
        if tick:
            self.ticks += 1
            if int(tick[1]) != self.ticks:
                raise ValueError(f"tick {tick[1]} in place of {self.ticks}")
            if tick[2] not in self.processes[-1:]:
                self.processes.append(tick[2])
            return
        expected, since = self.sent.popleft() if self.sent else ("none", 0)
        if message != expected:
            raise ValueError(f"{message[:40]!r} in place of {expected[:40]!r}")
        self.echoes += 1
        self.longest = max(self.longest, time.monotonic() - since)

    def next_message(self):
        message = f"echo {self.echoes + len(self.sent) + 1} {self.text}"
        self.sent.append((message, time.monotonic()))
        return message

    async def write(self):
        while not self.is_over:
            await self.socket.send(self.next_message())
            await asyncio.sleep(random.uniform(0.5, 1.5))

    def check(self):
        """What is wrong with this client, at the end."""
        if self.fault or self.sent:
            return self.fault or f"{len(self.sent)} messages did not come back"
        if self.socket.close_code != 1000:
            return f"closed with {self.socket.close_code}"
        if len(self.processes) != RESTARTS + 1:
            return f"ticks of {len(self.processes)} processes"
        if self.compression and not self.socket.protocol.extensions:
            return "not compressed"
        if self.compression:
            return self.check_compression()

    def check_compression(self):
        """A message that was like those before took few bytes at the end, too, in either direction."""
        for direction, last in self.last_bytes.items():
            first = self.first_bytes[direction]
            if last > first / 2:
                return f"a message took {first} bytes at first, and {last} at the end, {direction}"


class Busy(Client):
    """Has messages under way at all times."""

    async def write(self):
        while not self.is_over:
            await self.socket.send(self.next_message())
            await asyncio.sleep(0.02)


class InParts(Client):
    """Sends messages in fragments, with pauses."""

    async def write(self):
        while not self.is_over:
            await self.socket.send(self.parts(self.next_message()))
            await asyncio.sleep(random.uniform(0, 0.2))

    async def parts(self, message):
        for start in range(0, len(message), 80):
            yield message[start:start + 80]
            await asyncio.sleep(random.uniform(0, 0.2))


class Patient(Client):
    """Sends one message, whose parts come before and after all restarts."""

    async def write(self):
        await self.socket.send(self.parts(self.next_message()))

    async def parts(self, message):
        yield message[:9]
        while not self.is_over:
            await asyncio.sleep(0.1)
        yield message[9:]


class Slow(Client):
    """Sends much, and reads none of it for a while, so that it waits at the server."""

    async def write(self):
        while not self.is_over:
            self.may_read.clear()
            asyncio.get_running_loop().call_later(random.uniform(0.5, 2), self.may_read.set)
            for _ in range(8):
                message = self.next_message() + "x" * 100_000
                self.sent[-1] = message, time.monotonic()
                await self.socket.send(message)
            while self.sent:
                await asyncio.sleep(0.1)


class Cut(Client):
    """Writes each frame in two halves, with a pause. It has no compression, and no library."""

    async def open(self, url):
        host, port = url.removeprefix("ws://").split(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))
        self.writer.write(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ValueError(head)
        self.socket = self
        self.close_code = None

    async def write(self):
        while not self.is_over:
            await self.send(0x81, self.next_message().encode())

    async def send(self, first, payload):
        frame = self.frame(first, payload)
        cut = random.randrange(1, len(frame))
        self.writer.write(frame[:cut])
        await asyncio.sleep(random.uniform(0, 1))
        self.writer.write(frame[cut:])

    @staticmethod
    def frame(first, payload):
        length = [0x80 | len(payload)] if len(payload) < 126 else [0x80 | 126, *len(payload).to_bytes(2)]
        # A mask of zeros changes nothing.
        return bytes([first, *length, 0, 0, 0, 0]) + payload

    async def close(self):
        await self.send(0x88, (1000).to_bytes(2))

    async def read(self):
        while self.close_code is None:
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2))
            payload = await self.reader.readexactly(length)
            match first:
                case 0x81:
                    self.take(payload.decode())
                case 0x88:
                    self.close_code = int.from_bytes(payload[:2])
                case _:
                    raise ValueError(f"a frame that starts with {first:#x}")
        self.writer.close()


class Stalled(InParts):
    """Never ends its message, which is compressed, so the connection cannot be handed over."""

    async def parts(self, message):
        yield message[:9]
        await asyncio.sleep(LONGEST)

    def check(self):
        # It is not the client that failed.
        if self.socket.close_code != 1012:
            return f"closed with {self.socket.close_code} in place of 1012"


class Newcomers:
    """Connect all the time, one after the other."""

    def __init__(self):
        self.count = 0
        self.fault = None
        self.is_over = False

    async def run(self, url):
        try:
            while not self.is_over:
                async with connect(url, proxy=None) as socket:
                    await socket.send("hello")
                    while (received := await socket.recv()) != "hello":
                        if not TICK.match(received):
                            raise ValueError(received)
                self.count += 1
                await asyncio.sleep(0.01)
        except Exception as error:
            self.fault = repr(error)


class Server:
    """The program, which is another file each time that it starts."""

    def __init__(self, program, folder):
        self.source = program
        self.program = folder / "hot_restart"
        self.lines = asyncio.Queue()

    async def start(self):
        self.install()
        self.first = await asyncio.create_subprocess_exec(self.program, "127.0.0.1:0", str(PATIENCE),
                                                          stdout=asyncio.subprocess.PIPE)
        self.reading = asyncio.create_task(self.read())
        self.process, address = await self.expect(r"process (\d+) listens on http://(.*)/")
        return address

    def install(self, text=None):
        """Puts another program in the place of the old one."""
        new = self.program.with_suffix(".new")
        if text:
            new.write_text(text)
        else:
            shutil.copy(self.source, new)
        new.chmod(0o755)
        self.file = new.stat().st_ino
        new.rename(self.program)

    async def read(self):
        while line := await self.first.stdout.readline():
            print(f"  {line.decode().strip()}")
            self.lines.put_nowait(line.decode().strip())

    async def expect(self, pattern):
        """Waits for a line, and gives what it says."""
        async with asyncio.timeout(LONGEST):
            while not (found := re.fullmatch(pattern, line := await self.lines.get())):
                if "lost" in line:
                    raise ValueError(line)
            return found.groups()

    def hang_up(self):
        os.kill(int(self.process), signal.SIGHUP)

    async def replace(self):
        """Replaces the server, and gives how many connections went over, in how many bytes, and how many arrived."""
        self.install()
        self.hang_up()
        old, handed_over, size = await self.expect(r"process (\d+) ends: it handed over (\d+) connections in (\d+) bytes")
        new, taken = await self.expect(r"process (\d+) took over (\d+) connections")
        assert old == self.process and new != old
        assert pathlib.Path(f"/proc/{new}/exe").stat().st_ino == self.file, "it is not the new file"
        self.process = new
        return int(handed_over), int(size), int(taken)

    async def end(self):
        os.kill(int(self.process), signal.SIGTERM)
        await self.reading
        await self.first.wait()


class Program:
    """Other clients, in a process of their own."""

    def __init__(self, name, command):
        self.name, self.command = name, command

    async def open(self, url):
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*self.command, url, stdin=pipe, stdout=pipe)
        async with asyncio.timeout(LONGEST):
            line = await self.process.stdout.readline()
        if line.strip() != b"open":
            raise ValueError(f"{self.name}: {line}")

    async def end(self):
        async with asyncio.timeout(LONGEST):
            output, _ = await self.process.communicate(b"")
        *faults, self.counts = output.decode().splitlines() or ["nothing"]
        if self.process.returncode != 0:
            faults.append(f"exit status {self.process.returncode}")
        return "; ".join(faults)


def clients_of(count):
    """Clients of all kinds, one half of those that can with compression."""
    kinds = {Busy: 20, InParts: 60, Patient: 10, Slow: 10, Cut: 50}
    kinds[Client] = count - sum(kinds.values())
    numbers = itertools.count()
    for kind, number_of_them in kinds.items():
        for number in range(number_of_them):
            # A message in parts that is compressed keeps its connection.
            can_compress = kind in (Client, Busy, InParts)
            yield kind(next(numbers), "deflate" if can_compress and number % 2 else None)


async def open_all(clients, url):
    """Opens connections, some at a time."""
    gate = asyncio.Semaphore(50)

    async def open_one(client):
        async with gate:
            # Pings and pongs are under way, too.
            options = {"ping_interval": 1} if type(client) is Client and client.number % 10 == 0 else {}
            await client.open(url, **options)

    await asyncio.gather(*map(open_one, clients))


class Tally:
    def __init__(self):
        self.passed, self.faults = 0, []

    def add(self, what, fault):
        if fault:
            self.faults.append(f"{what}: {fault}")
        else:
            self.passed += 1


async def play(options, tally):
    server = Server(options.program, options.folder)
    try:
        await play_against(server, options, tally)
    finally:
        await server.end()


async def play_against(server, options, tally):
    address = await server.start()
    url = f"ws://{address}"
    clients = list(clients_of(options.clients))
    start = time.monotonic()
    await open_all(clients, url)
    programs = []
    if options.client:
        programs.append(Program("sansocket", [options.client]))
    if options.page:
        programs.append(Program("Chromium", options.page))
    await asyncio.gather(*(it.open(f"http://{address}/" if it.name == "Chromium" else url) for it in programs))
    print(f"{len(clients)} clients connected in {time.monotonic() - start:.1f} s")
    newcomers, stalled = Newcomers(), Stalled(len(clients), "deflate")
    watching = asyncio.create_task(watch_delay())
    running = [asyncio.create_task(it.run()) for it in clients]
    running.append(asyncio.create_task(newcomers.run(url)))

    for restart in range(RESTARTS):
        await asyncio.sleep(BETWEEN)
        if restart == 1:
            server.install("#!/bin/sh\nexit 1\n")
            server.hang_up()
            await server.expect(f"the new process is gone, so process {server.process} goes on")
            tally.add("a program that does not start", None)
        is_last = restart == RESTARTS - 1
        if is_last:
            await stalled.open(url)
            running.append(asyncio.create_task(stalled.run()))
            await asyncio.sleep(0.5)
        since = time.monotonic()
        handed_over, size, taken = await server.replace()
        print(f"restart {restart + 1}: {handed_over} connections in {size} bytes, {time.monotonic() - since:.2f} s")
        tally.add(f"restart {restart + 1}", taken < len(clients) and f"{taken} connections of {len(clients)}")
    await asyncio.sleep(BETWEEN)
    watching.cancel()

    for it in [*clients, newcomers]:
        it.is_over = True
    ends = await asyncio.gather(*(it.end() for it in programs))
    _, late = await asyncio.wait(running, timeout=LONGEST)
    for task in late:
        task.cancel()
    for client in clients:
        tally.add(f"{type(client).__name__} {client.number}, {client.compression}", client.check())
    for program, fault in zip(programs, ends):
        tally.add(program.name, fault)
        print(f"{program.name}: {program.counts}")
    tally.add("newcomers", newcomers.fault or not newcomers.count)
    tally.add("a message that never ends", stalled.check())
    report(clients, newcomers)


async def watch_delay():
    """Notes how late this program is, which has one thread for all clients."""
    while True:
        since = time.monotonic()
        await asyncio.sleep(0.05)
        watch_delay.longest = max(watch_delay.longest, time.monotonic() - since - 0.05)


watch_delay.longest = 0.0


def report(clients, newcomers):
    for kind, those in itertools.groupby(clients, lambda it: type(it).__name__):
        those = list(those)
        print(f"{kind}: {len(those)} clients, {sum(it.ticks for it in those)} ticks, {sum(it.echoes for it in those)} echoes, "
              f"longest wait {max(it.longest for it in those):.2f} s")
    compressed = [it for it in clients if it.compression]
    last = [size for it in compressed for size in it.last_bytes.values()]
    first = [size for it in compressed for size in it.first_bytes.values()]
    print(f"{len(compressed)} clients with compression: a message took {min(first)} to {max(first)} bytes at first, "
          f"{min(last)} to {max(last)} at the end")
    print(f"newcomers: {newcomers.count}")
    print(f"this program was up to {watch_delay.longest:.2f} s late, and took {time.process_time():.0f} s of CPU time")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--client")
    parser.add_argument("--page", nargs="+")
    parser.add_argument("--clients", type=int, default=1000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    tally = Tally()
    asyncio.run(play(options, tally))
    for fault in tally.faults:
        print(f"FAILED {fault}")
    print(f"{tally.passed} passed, {len(tally.faults)} failed")
    sys.exit(1 if tally.faults else 0)


main()
