#!/usr/bin/env python3
"""Plays the wires before RFC 6455 against implementations of their time, in both roles, and prints a table.

    legacy.py --server PROGRAM --client PROGRAM [PEER..]

A peer that serves prints `listening on PORT`, and ends when its input does. A peer that asks prints `ok`, or what went
wrong, as our client does.
"""

import argparse
import pathlib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).parent
WIRES = ["75", "76", "7", "8", "13"]
SECONDS = 30

# The command of each peer, and the wires that it has as a server and as a client.
PEERS = {
    "libprotocol-websocket-perl": (["perl", "peers/perl.pl"], ["75", "76", "8", "13"], ["75", "76", "8", "13"]),
    "ruby-websocket": (["ruby", "peers/ruby.rb"], WIRES, WIRES),
    "ruby-em-websocket": (["ruby", "peers/em.rb"], WIRES, []),
    "node-websocket-driver": (["node", "peers/driver.js"], ["75", "76", "13"], ["13"]),
    "lighttpd": (["python3", "peers/lighttpd.py"], ["76", "8", "13"], []),
}

# Tunnels of bytes, which send what they have read as a message: one message may come back as several.
STREAMS = ["lighttpd"]

FIRST_LINES = "opening handshake failed: first lines of the response are not those of the draft"
CLOSE_CODE = "at the end, peer broke the protocol: close code must not be sent"

# Where a server is wrong, and our client must say so: what it says, and the cell of the table.
WRONG = {
    # It has `WebSocket Protocol Handshake` in its first line for both drafts.
    ("libprotocol-websocket-perl", "75"): (FIRST_LINES, "refused"),
    # It says `Upgrade: websocket`, names no origin, and hashes the two numbers in the order of bytes of the machine.
    ("lighttpd", "76"): (FIRST_LINES, "refused"),
    # Its close frame has the code as text: `88 04 31 30 30 30`. Every message came back before.
    ("lighttpd", "8"): (CLOSE_CODE, "bad close"),
    ("lighttpd", "13"): (CLOSE_CODE, "bad close"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("peers", nargs="*", default=[], choices=[[], *PEERS])
    options = parser.parse_args()
    rows, faults, passed = [], [], 0
    for peer in options.peers or PEERS:
        command, served, asked = PEERS[peer]
        for role, outcomes in [
            ("serves", ask_peer(command, options.client, served, ["stream"] if peer in STREAMS else [])),
            ("asks", let_peer_ask(command, options.server, asked)),
        ]:
            cells = []
            for wire in WIRES:
                outcome = outcomes.get(wire)
                expected, cell = WRONG.get((peer, wire), ("ok", "ok")) if role == "serves" else ("ok", "ok")
                if outcome is None:
                    cells.append("–")
                elif outcome == expected:
                    passed += 1
                    cells.append(cell)
                else:
                    cells.append("FAILED")
                    faults.append(f"{peer} {role}, {wire}: {outcome}")
            rows.append([peer, role, *cells])
    print_table([["peer", "it", *WIRES], *rows])
    print("\n–: the peer has no such wire. refused, bad close: the server is wrong (WRONG), and our client says so.")
    for fault in faults:
        print(fault)
    print(f"{passed} passed, {len(faults)} failed")
    sys.exit(1 if faults else 0)


def ask_peer(command, client, wires, how):
    """Our client asks the peer over each wire."""
    with Server([*command, "server"]) as address:
        return {wire: run([client, address, wire, *how]) for wire in wires}


def let_peer_ask(command, server, wires):
    """The peer asks our server."""
    if not wires:
        return {}
    with Server([server, "127.0.0.1:0"]) as address:
        return {wire: run([*command, "client", address, wire]) for wire in wires}


def run(command):
    try:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"nothing in {SECONDS} s"
    return done.stdout.strip() or done.stderr.strip() or f"exit status {done.returncode}"


class Server:
    """A program that serves until this is left."""

    def __init__(self, command):
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        watch = threading.Timer(SECONDS, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        _, found, place = line.strip().partition("listening on ")
        if not found:
            raise SystemExit(f"{self.command} does not listen: {self.process.stderr.read()}")
        # So that it never waits for us to read what it says.
        for pipe in (self.process.stdout, self.process.stderr):
            threading.Thread(target=pipe.read, daemon=True).start()
        return place.removeprefix("ws://") if ":" in place else f"127.0.0.1:{place}"

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def print_table(rows):
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


main()
