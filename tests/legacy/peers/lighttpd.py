#!/usr/bin/env python3
"""lighttpd with mod_wstunnel before a server of bytes, which sends them back: `lighttpd.py server`."""

import os
import socket
import sys
import tempfile
import threading

CONFIG = """
server.modules = ("mod_wstunnel")
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/error.log"
wstunnel.server = ("" => (("host" => "127.0.0.1", "port" => {backend})))
wstunnel.frame-type = "text"
"""


def main():
    backend = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=[backend], daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="lighttpd-")
    config = os.path.join(folder, "lighttpd.conf")
    with open(config, "w") as file:
        file.write(CONFIG.format(folder=folder, port=port, backend=backend.getsockname()[1]))
    pid = os.spawnlp(os.P_NOWAIT, "lighttpd", "lighttpd", "-D", "-f", config)
    while not can_connect(port):
        if os.waitpid(pid, os.WNOHANG)[0]:
            sys.exit("lighttpd has ended")
    print(f"listening on {port}", flush=True)
    try:
        sys.stdin.read()  # Until whoever has started this is done.
    finally:
        os.kill(pid, 15)
        os.waitpid(pid, 0)


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except ConnectionRefusedError:
        return False


def serve(listener):
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=echo, args=[stream], daemon=True).start()


def echo(stream):
    with stream:
        while data := stream.recv(65536):
            stream.sendall(data)


main()
