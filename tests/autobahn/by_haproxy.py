#!/usr/bin/env python3
"""Runs a peer that speaks HTTP/2, with haproxy between it and the suite, which speaks HTTP/1.1.

    by_haproxy.py server PORT COMMAND..    haproxy listens on PORT. {behind} in COMMAND is the port of the server.
    by_haproxy.py client URL COMMAND..     {front} in COMMAND is the URL of haproxy, which stands for that of the suite.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

CONFIG = """
defaults
    mode http
    timeout connect 10s
    timeout client 200s
    timeout server 200s
    timeout tunnel 200s
    # A connection of HTTP/2 belongs to one server.
    http-reuse never
listen all
    bind 127.0.0.1:{front} {front_speaks}
    # The suite rejects requests to another port than its own.
    http-request set-header host 127.0.0.1:{behind}
    server only 127.0.0.1:{behind} {behind_speaks}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def main(role, end, command):
    if role == "server":
        front, behind = int(end), free_port()
        words = [word.replace("{behind}", str(behind)) for word in command]
        speaks = {"front_speaks": "", "behind_speaks": "proto h2 ws h2"}
    else:
        front, behind = free_port(), urlsplit(end).port
        words = [word.replace("{front}", f"ws://127.0.0.1:{front}") for word in command]
        speaks = {"front_speaks": "proto h2", "behind_speaks": ""}
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write(CONFIG.format(front=front, behind=behind, **speaks))
        config.flush()
        peer = subprocess.Popen(words) if role == "server" else None
        wait_for(behind)
        path = os.environ["PATH"] + ":/usr/sbin"
        proxy = subprocess.Popen([shutil.which("haproxy", path=path) or sys.exit("no haproxy"), "-db", "-f", config.name])
        wait_for(front)
        # The runner ends this whole group of processes.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            return (peer or subprocess.Popen(words)).wait()
        finally:
            proxy.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
