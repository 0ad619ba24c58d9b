#!/usr/bin/env python3
"""Has clients of others follow a broadcast, and compares the hash of what each received with that of what it was sent.

    broadcast.py --driver PROGRAM --python PROGRAM --folder FOLDER [--peers a,b] [--messages N] [--seed N]

Our server sends the same prepared messages to all clients, and in between to each its own: which one is next is random. Each peer
opens a connection for each window, with the context of either end kept or not. N messages in all come to each peer.
"""
import argparse
import itertools
import shutil
import signal
import sys
import time
from pathlib import Path

from programs import Program, command

PEERS = {"websockets": lambda options: [options.python, "peers/broadcast_websockets.py"],
         "ws": lambda _: [command("node"), "peers/broadcast_ws.mjs"],
         "chromium": lambda _: [command("node"), "peers/broadcast_chromium.mjs"]}
PATIENCE = 120  # seconds for all connections
# The window and whether its context is taken over: of the server, then of the client. zlib, which the peers compress with,
# has no window of 8 bits: `websockets` refuses to use one, and Node's would reach too far back.
SETTINGS = [(bits, server, max(9, 23 - bits), client) for bits in range(8, 16) for server, client in itertools.product((0, 1), (0, 1))]


def agreed(server, server_taken, client, client_taken):
    """The parameters that our server must have chosen, as it writes them."""
    return {*([] if server_taken else ["server_no_context_takeover"]), *([] if client_taken else ["client_no_context_takeover"]),
            *([f"server_max_window_bits={server}"] if server < 15 else []),
            *([f"client_max_window_bits={client}"] if client < 15 else [])}


def faults(setting, count, ours, theirs):
    """What is wrong with a connection, in words."""
    if ours is None or theirs is None:
        return [f"{name} told nothing" for name, line in (("the server", ours), ("the peer", theirs)) if line is None]
    name, *parameters = ours["agreed"].split("; ")
    wrong = [] if name == "permessage-deflate" and set(parameters) == agreed(*setting) else [f"agreed to {ours['agreed']!r}"]
    wrong += [] if ours["sent"][0] == count else [f"{ours['sent'][0]} of {count} messages were sent"]
    wrong += [] if theirs["received"] == ours["sent"] else [f"received {theirs['received']}, sent {ours['sent']}"]
    wrong += [] if ours["echoed"] == ours["echo"] else [f"sent back {ours['echoed']}, should be {ours['echo']}"]
    wrong += [] if theirs["code"] == 1000 else [f"closed with {theirs['code']}"]
    return wrong + ([ours["error"]] if ours["error"] else [])


def play(options, count, log):
    """Plays all peers at once. Returns what the server and the peers told of each connection."""
    paths = {peer: ["/".join([peer, ",".join(map(str, setting))]) for setting in SETTINGS] for peer in options.peers}
    ours, theirs = {}, {}
    with Program([options.driver, "broadcast", str(count), str(options.seed)], log) as server:
        line = server.take(20) or sys.exit("the server does not listen")
        url, until = f"ws://127.0.0.1:{line['port']}", time.monotonic() + PATIENCE
        programs = [Program([*PEERS[peer](options), url, *paths[peer]], log) for peer in options.peers]
        for program in programs:
            with program:
                while (line := program.take(until - time.monotonic())) is not None:
                    theirs[line["path"]] = line
        while not theirs.keys() <= ours.keys() and (line := server.take(5)) is not None:
            ours[line["path"]] = line
    return paths, ours, theirs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for what the programs print")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=list(PEERS))
    parser.add_argument("--messages", type=int, default=100_000, help="to each peer")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, Program.end_all)
    start, count = time.monotonic(), -(-options.messages // len(SETTINGS))
    with (options.folder / "programs").open("w") as log:
        paths, ours, theirs = play(options, count, log)
    failed = 0
    for peer in options.peers:
        lines = [ours[path] for path in paths[peer] if path in ours]
        total, size = (sum(line["sent"][at] for line in lines) for at in (0, 1))
        prepared = sum(line["prepared"] for line in lines)
        print(f"{peer}: {total} messages, {prepared} of them prepared, {size / 1e6:.0f} MB")
        for path, setting in zip(paths[peer], SETTINGS):
            wrong = faults(setting, count, ours.get(path), theirs.get(path))
            failed += bool(wrong)
            print(*(f"FAILED {path}: {fault}" for fault in wrong), sep="\n", end="\n" if wrong else "")
    print(f"seed {options.seed}, {time.monotonic() - start:.0f} s")
    print(f"{len(options.peers) * len(SETTINGS) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
