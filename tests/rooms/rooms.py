#!/usr/bin/env python3
"""Runs three nodes of the example `rooms` behind haproxy, joined by Redis, and counts what arrives while one is killed.

    rooms.py --server PROGRAM --client PROGRAM

Clients are Python's `websockets`, and `rooms_client`, which reconnects by `Reconnect`. The messages on the wire are
described in `examples/libraries/rooms/session.rs`.
"""

import argparse
import asyncio
import collections
import contextlib
import itertools
import pathlib
import random
import re
import signal
import socket
import tempfile
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

ROOT = pathlib.Path(__file__).parents[2]
ROOMS = ["amber", "birch", "cedar", "delta"]
PYTHONS = 15  # clients in each room, of which the last three do not send again what was not confirmed
FORGETFUL = 3
RUSTS = 2  # clients in each room
MESSAGES = 40  # of each client
PAUSE = 0.15  # seconds between them, on average
WINDOW = 8  # messages of a client that are not confirmed
TTL = 2  # seconds
PATIENCE = 60  # seconds, for everything that has to happen

passed, faults = 0, []


def check(sentence, is_so, detail=""):
    global passed
    print(f"{'ok  ' if is_so else 'FAIL'} {sentence}{f': {detail}' if detail != '' else ''}", flush=True)
    if is_so:
        passed += 1
    else:
        faults.append(sentence)


async def until(is_so, seconds=PATIENCE):
    """Waits until something is so, and returns whether it is."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.05)
    return True


# --- the programs


class Program:
    def __init__(self, *command, ready=None, **environment):
        self.command, self.ready, self.environment, self.process = [str(word) for word in command], ready, environment, None

    async def start(self):
        """Starts it, and waits for the line that says that it is ready."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command, env={"PATH": "/usr/sbin:/usr/bin:/bin", **self.environment}, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        self.printed = []
        started = asyncio.get_running_loop().create_future()
        self.reading = asyncio.create_task(self.read(started))
        if self.ready:
            async with asyncio.timeout(PATIENCE):
                await started
        return self

    async def read(self, started):
        async for line in self.process.stdout:
            self.printed.append(line.decode().rstrip("\n"))
            if self.ready and self.ready in self.printed[-1] and not started.done():
                started.set_result(None)
        if self.ready and not started.done():
            started.set_exception(RuntimeError(f"{self.command}: {self.printed}"))

    async def end(self, how=signal.SIGKILL):
        if self.process and self.process.returncode is None:
            self.process.send_signal(how)
        async with asyncio.timeout(PATIENCE):
            await self.process.wait()
            await self.reading
        return self.process.returncode


class Cluster:
    """Redis, the nodes a, b and c, and haproxy, on free ports."""

    def __init__(self, server, folder):
        self.ports = free_ports(5)
        front, redis, *nodes = self.ports
        self.front = f"127.0.0.1:{front}"
        self.address = {name: f"127.0.0.1:{port}" for name, port in zip("abc", nodes)}
        self.redis = Program("redis-server", "--port", redis, "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                             ready="Ready to accept connections")
        self.nodes = {
            name: Program(server, "--name", name, "--listen", address, "--redis", f"redis://127.0.0.1:{redis}/",
                          "--ttl", TTL, "--keep", 5000, ready="open http://")
            for name, address in self.address.items()
        }
        places = {f"ROOMS_{name.upper()}": address for name, address in self.address.items()}
        self.balancer = Program("haproxy", "-db", "-f", ROOT / "examples/libraries/rooms/haproxy.cfg",
                                ROOMS_LISTEN=self.front, **places)

    async def start(self):
        await self.redis.start()
        await asyncio.gather(*(node.start() for node in self.nodes.values()), self.balancer.start())
        assert await until_answered(self.front, "/health", 200)

    async def end(self):
        for program in [self.balancer, *self.nodes.values(), self.redis]:
            if program.process:
                await program.end()

    async def ask_redis(self, *words):
        """Sends a command to Redis, and returns the first line of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[1])
        writer.write(" ".join(words).encode() + b"\r\n")
        answer = await reader.readline()
        writer.close()
        return answer.decode().strip()


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


async def get(address, path):
    """Returns the status of a request, or 0 if there is no answer."""
    host, _, port = address.partition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
        writer.close()
        return int(line.split()[1]) if line else 0
    except OSError:
        return 0


async def until_answered(address, path, status):
    end = time.monotonic() + PATIENCE
    while await get(address, path) != status:
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.1)
    return True


# --- the clients


class Member:
    """What a client has seen of a room. Every fault of a number is noted."""

    def __init__(self, name, room):
        self.name, self.room = name, room
        self.epoch, self.last, self.messages, self.missed = "", 0, [], 0
        self.here, self.nodes, self.ends, self.faults = None, [], [], []
        self.pending, self.given_up, self.confirmed = collections.OrderedDict(), [], []

    def hello(self, node, epoch, first, last):
        self.nodes.append(node)
        if epoch != self.epoch:
            if self.epoch:
                self.faults.append("another epoch")
            self.epoch, self.last = epoch, 0
        if first > self.last + 1:
            self.missed += first - 1 - self.last
            self.last = first - 1
        self.newest = last

    def said(self, number, id, name, text):
        if number != self.last + 1:
            self.faults.append(f"{number} after {self.last}")
        self.last = number
        self.messages.append((id, name, text))
        if self.pending.pop(id, None) is not None:
            self.confirmed.append(id)

    def take(self, message):
        verb, *fields = message.split("\t", 5)
        if verb == "hello":
            self.hello(fields[0], fields[1], int(fields[2]), int(fields[3]))
        elif verb == "said":
            number, _, id, name, text = fields
            self.said(int(number), id, name, text)
        elif verb == "here":
            fields = message.split("\t")[1:]
            self.here = dict(zip(fields[::2], fields[1::2]))


class Client(Member):
    """A client by Python's `websockets`, which comes back until it is told to stop."""

    def __init__(self, name, room, address, is_forgetful=False, returns=True, **settings):
        super().__init__(name, room)
        self.address, self.is_forgetful, self.returns, self.settings = address, is_forgetful, returns, settings
        self.socket, self.numbers = None, itertools.count()
        self.task = asyncio.create_task(self.run())

    async def run(self):
        attempt = 0
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                async with connect(f"ws://{self.address}/rooms/{self.room}", ping_interval=None, proxy=None,
                                   compression=None, **self.settings) as socket:
                    attempt = 0
                    try:
                        await self.talk(socket)
                    finally:
                        self.socket = None
                        self.ends.append((socket.close_code, socket.close_reason))
            if not self.returns:
                return
            if self.is_forgetful:
                self.given_up += self.pending
                self.pending.clear()
            attempt += 1
            await asyncio.sleep(random.uniform(0, min(0.1 * 2**attempt, 2)))

    async def talk(self, socket):
        await socket.send(f"enter\t{self.name}\t{self.epoch}\t{self.last}")
        for id, text in list(self.pending.items()):
            await socket.send(f"say\t{id}\t{text}")
        self.socket = socket
        async for message in socket:
            self.take(message)

    async def say(self, text, id=None):
        id = id or f"{self.name}-{next(self.numbers)}"
        self.pending[id] = text
        if self.socket:
            with contextlib.suppress(ConnectionClosed):
                await self.socket.send(f"say\t{id}\t{text}")

    async def say_much(self, count, pause, window=WINDOW):
        for number in range(count):
            await until(lambda: len(self.pending) < window)
            await self.say(f"{self.name} {number}")
            if pause:
                await asyncio.sleep(random.uniform(0, 2 * pause))

    async def stop(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


class RustClient(Member):
    """The example `rooms_client`: a line to say is a line of its input."""

    SAID = re.compile(r"#(\d+) ([^:]+): (.*)")

    def __init__(self, program, name, room, address):
        super().__init__(name, room)
        self.program, self.taken = Program(program, f"ws://{address}/rooms/{room}", name), 0

    async def start(self):
        await self.program.start()

    def look(self):
        """Takes what it has printed meanwhile. Ids are not printed, so the text stands for them."""
        for line in self.program.printed[self.taken:]:
            self.taken += 1
            if said := self.SAID.fullmatch(line):
                self.said(int(said[1]), f"{said[2]}-{said[3].split()[-1]}", said[2], said[3])
            elif line.startswith("* connected to "):
                self.nodes.append(line.split()[-1])
            elif line.startswith("* here: "):
                self.here = dict.fromkeys(line.removeprefix("* here: ").split(", "))
            else:
                self.faults.append(line)

    async def say_much(self, count, pause):
        for number in range(count):
            self.pending[f"{self.name}-{number}"] = ""
            self.program.process.stdin.write(f"{self.name} {number}\n".encode())
            await self.program.process.stdin.drain()
            self.look()
            await asyncio.sleep(random.uniform(0, 2 * pause))


# --- what is to be shown


async def kill_under_load(cluster, client):
    """Everybody talks. A node is killed and comes back, Redis drops its connections, a node is restarted."""
    members = [
        *(Client(f"{room}-{n}", room, cluster.front, is_forgetful=n >= PYTHONS - FORGETFUL)
          for room in ROOMS for n in range(PYTHONS)),
        *(RustClient(client, f"{room}-r{n}", room, cluster.front) for room in ROOMS for n in range(RUSTS)),
    ]
    rusts = [member for member in members if isinstance(member, RustClient)]
    # They neither speak nor come back.
    ghosts = [Client(f"ghost-{n}", ROOMS[0], cluster.address["b"], returns=False) for n in range(2)]
    await asyncio.gather(*(rust.start() for rust in rusts))

    def look():
        for rust in rusts:
            rust.look()
        return True

    names = {room: {member.name for member in [*members, *ghosts] if member.room == room} for room in ROOMS}
    is_here = lambda member: member.here is not None and set(member.here) == names[member.room]
    is_complete = await until(lambda: look() and all(map(is_here, members)))
    check("everybody sees who is in the room, on whichever node", is_complete, f"{len(members) + len(ghosts)} clients")
    used = {member.nodes[-1] for member in members if member.nodes}
    check("the load balancer has clients on all nodes", used == set("abc"), sorted(used))

    talks = [asyncio.create_task(member.say_much(MESSAGES, PAUSE)) for member in members]
    said = lambda: sum(len(member.confirmed) for member in members)
    share = lambda part: until(lambda: look() and said() >= part * MESSAGES * len(members))

    await share(0.25)
    on_b = [member for member in members if member.nodes[-1] == "b"]
    before = {member.name: len(member.nodes) for member in members}
    await cluster.nodes["b"].end(signal.SIGKILL)
    killed, at = time.monotonic(), said()
    for name in ("ghost-0", "ghost-1"):
        names[ROOMS[0]].discard(name)
    watchers = [member for member in members if member.room == ROOMS[0] and member not in on_b]
    is_gone = await until(lambda: look() and all("ghost-0" not in member.here and "ghost-1" not in member.here for member in watchers))
    seconds = time.monotonic() - killed
    # A tick, and time for a machine that has much else to do.
    check("those of a killed node who do not come back are gone after its TTL", is_gone and seconds < TTL + 4, f"{seconds:.1f} s")
    await cluster.nodes["b"].start()
    went_on = said() - at
    check("the others go on meanwhile", went_on > 0, f"{went_on} messages")

    await share(0.5)
    killed_connections = await cluster.ask_redis("CLIENT", "KILL", "TYPE", "normal"), await cluster.ask_redis("CLIENT", "KILL", "TYPE", "pubsub")
    count = sum(int(answer.removeprefix(":")) for answer in killed_connections)
    check("Redis drops the connections of all nodes", count >= 3, count)

    await share(0.7)
    on_c = [member for member in members if isinstance(member, Client) and member.socket and member.nodes[-1] == "c"]
    status = await cluster.nodes["c"].end(signal.SIGTERM)
    await cluster.nodes["c"].start()
    told = sum((1012, "this node restarts") in member.ends for member in on_c)
    check("a node that is ended sends its clients away with 1012", status == 0 and told == len(on_c) > 0, f"{told} of {len(on_c)}")

    await asyncio.gather(*talks)
    is_over = await until(lambda: look() and not any(member.pending for member in members if not getattr(member, "is_forgetful", False)))
    newest = {room: max(member.last for member in members if member.room == room) for room in ROOMS}
    has_all = await until(lambda: look() and all(member.last == newest[member.room] for member in members) and not any(
        member.pending for member in members))
    check("everything that was said is confirmed", is_over and has_all, f"{said()} messages")
    came_back = [member for member in on_b if len(member.nodes) > before[member.name]]
    check("the clients of the killed node came back by themselves", len(came_back) == len(on_b) > 0,
          f"{len(came_back)} of {len(on_b)}, {sum(member in rusts for member in came_back)} of them by Reconnect")
    is_right = await until(lambda: look() and all(map(is_here, members)))
    check("everybody sees who is in the room", is_right)
    count_messages(members)
    for rust in rusts:
        rust.program.process.stdin.close()
    statuses = await asyncio.gather(*(rust.program.process.wait() for rust in rusts))
    check("`rooms_client` ends when its input does", not any(statuses), statuses)
    is_right = await until(lambda: all("-r" not in name for member in members if isinstance(member, Client) for name in member.here))
    check("those who leave are gone for everybody", is_right)
    for member in members:
        if isinstance(member, Client):
            await member.stop()


def count_messages(members):
    """Each confirmed message is there exactly once and in order for everybody; each other one for all or for nobody."""
    faulty = [f"{member.name}: {member.faults[:3]}" for member in members if member.faults]
    check("the numbers at each client have no gap and no double", not faulty, "; ".join(faulty[:5]))
    lost = [member.name for member in members if member.missed]
    check("nobody missed anything", not lost, ", ".join(lost))
    deliveries, doubles, different, unordered, absent, thrown, kept = 0, [], [], [], [], 0, 0
    for room in ROOMS:
        there = [member for member in members if member.room == room]
        # `rooms_client` prints no ids.
        view = lambda member: [(name, text) for _, name, text in member.messages]
        first = view(there[0])
        different += [member.name for member in there if view(member) != first]
        doubles += [said for said, count in collections.Counter(first).items() if count > 1]
        deliveries += sum(len(member.messages) for member in there)
        for member in there:
            own = [int(text.split()[-1]) for name, text in first if name == member.name]
            if own != sorted(own):
                unordered.append(member.name)
            ids = {f"{member.name}-{number}" for number in own}
            absent += set(member.confirmed) - ids
            if getattr(member, "is_forgetful", False):
                thrown += len(set(member.given_up) - ids)
                kept += len(set(member.given_up) & ids)
            elif own != list(range(MESSAGES)):
                absent.append(member.name)
    check("all clients of a room have the same messages in the same order", not different, f"{deliveries} deliveries" if not different else different[:5])
    check("no message is there twice", not doubles, doubles[:5] or "")
    check("the messages of each client are in its order", not unordered, unordered[:5] or "")
    check("every message that was confirmed is there", not absent, absent[:5] or "")
    print(f"     in flight and not sent again: {kept} are there for everybody, {thrown} for nobody", flush=True)


async def slow_consumer(cluster):
    """One client does not read. The others get everything meanwhile, and it is disconnected by its backlog."""
    # Far more than a backlog of 1 MiB, and the buffers of the kernel, take.
    flood, count, text, room = 700, 1000, "x" * 3000, "flood"
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, _, port = cluster.address["a"].partition(":")
    narrow.connect((host, int(port)))
    narrow.setblocking(False)
    slow = Member("slow", room)
    stuck = await connect(f"ws://{cluster.address['a']}/rooms/{room}", sock=narrow, max_queue=1, ping_interval=None,
                          proxy=None, compression=None)
    await stuck.send("enter\tslow\t\t0")
    fast = [Client(f"fast-{n}", room, cluster.address[node]) for n, node in enumerate("abc")]
    assert await until(lambda: all(member.here and len(member.here) == 4 for member in fast))

    async def say(numbers):
        for number in numbers:
            await until(lambda: len(fast[0].pending) < 64)
            await fast[0].say(f"{number} {text}")
        return await until(lambda: all(member.last == numbers.stop for member in fast))

    has_all = await say(range(flood))
    check("a client that does not read delays nobody", has_all and not any(member.faults for member in fast), f"{flood} messages of 3,000 bytes")
    try:
        async with asyncio.timeout(PATIENCE):
            async for message in stuck:
                slow.take(message)
    except (ConnectionClosed, TimeoutError):
        pass
    check("it is disconnected by its backlog, and told why behind what was queued",
          (stuck.close_code, stuck.close_reason) == (1013, "too slow") and 0 < slow.last < flood and not slow.faults,
          f"{stuck.close_code} after {slow.last} messages")
    is_gone = await until(lambda: all("slow" not in member.here for member in fast))
    check("it is in the room no more", is_gone)
    await say(range(flood, count))
    got = len(slow.messages)
    back = Client("slow", room, cluster.address["b"])
    back.epoch, back.last = slow.epoch, slow.last
    has_rest = await until(lambda: back.last == count)
    check("when it is back, it gets the newest, and is told how many are missing",
          has_rest and got + back.missed + len(back.messages) == count and len(back.messages) > 0 and not back.faults,
          f"{got} + {back.missed} missing + {len(back.messages)}")
    for member in [*fast, back]:
        await member.stop()


async def ids_and_history(cluster):
    """What is said twice is there once; who comes later gets all; who comes back gets the rest."""
    room = "quiet"
    one = Client("one", room, cluster.address["a"])
    assert await until(lambda: one.socket)
    for n in range(10):
        await one.say(f"{n} tab\t and\nline", id=f"id-{n}")
    await until(lambda: one.last == 10)
    other = Client("other", room, cluster.address["c"])
    is_there = await until(lambda: other.last == 10)
    check("who comes later gets the history", is_there and other.messages == one.messages and other.messages[3][2] == "3 tab\t and\nline")
    for n in range(10):
        await other.say("again", id=f"id-{n}")
    await other.say("new")
    await until(lambda: one.last >= 11)
    check("an id is taken once, on whichever node", [text for *_, text in one.messages[10:]] == ["new"])
    rest = Client("rest", room, cluster.address["b"])
    rest.epoch, rest.last = one.epoch, 8
    await until(lambda: rest.last >= 11)
    check("who has seen some gets the rest", rest.messages == one.messages[8:] and not rest.faults)
    for member in [one, other, rest]:
        await member.stop()


async def redis_away(cluster):
    """Nothing is confirmed that is not safe. What waited is sent when the engine is back."""
    one = Client("one", "away", cluster.front)
    assert await until(lambda: one.here)
    cluster.redis.process.send_signal(signal.SIGSTOP)
    await one.say("while it is away")
    is_down = await until_answered(cluster.address["a"], "/health", 503)
    check("nodes without their engine say that they are down", is_down)
    check("and confirm nothing", not one.confirmed)
    cluster.redis.process.send_signal(signal.SIGCONT)
    is_sent = await until(lambda: one.confirmed)
    check("what was said is there once when it is back", is_sent and len(one.messages) == 1 and not one.faults)
    assert await until_answered(cluster.front, "/health", 200)
    await one.stop()


async def redis_emptied(cluster):
    """The history is gone: the numbers begin anew, and everybody is told."""
    members = [Client(f"{node}-only", "emptied", address) for node, address in cluster.address.items()]
    assert await until(lambda: all(member.here and len(member.here) == 3 for member in members))
    await members[0].say("before")
    await until(lambda: all(member.last == 1 for member in members))
    await cluster.ask_redis("FLUSHALL")
    await members[1].say("after")
    is_heard = await until(lambda: all(len(member.messages) == 2 for member in members))
    check("when the history is gone, everybody is told, and goes on", is_heard and all(
        (member.last, member.faults, member.messages[-1][2]) == (1, ["another epoch"], "after") for member in members))
    for member in members:
        await member.stop()


async def play(server, client):
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(server, folder)
        try:
            await cluster.start()
            await ids_and_history(cluster)
            await kill_under_load(cluster, client)
            await slow_consumer(cluster)
            await redis_away(cluster)
            await redis_emptied(cluster)
        except BaseException:
            for name, node in cluster.nodes.items():
                print(f"node {name}:", *getattr(node, "printed", [])[-20:], sep="\n  ")
            raise
        finally:
            await cluster.end()
    print(f"{time.monotonic() - start:.0f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--client", required=True)
    options = parser.parse_args()
    asyncio.run(play(options.server, options.client))
    print(f"{passed} passed, {len(faults)} failed")
    raise SystemExit(1 if faults else 0)


main()
