"""The command `curl`, which shows all that HTTP says."""
import os
import subprocess
import tempfile

from peer import main

# What a client of WebSockets says, so that it is refused as one.
UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]


async def client(url, case, seen):
    headers = [] if {"get": None} in case["client"] else UPGRADE
    with tempfile.NamedTemporaryFile("r") as head:
        command = ["curl", "-sS", "--http1.1", "--max-time", "10", "-D", head.name]
        if "INTEROP_CA" in os.environ:
            command += ["--cacert", os.environ["INTEROP_CA"]]
        for header in headers:
            command += ["-H", header]
        command.append(url.replace("ws", "http", 1))
        body = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        status, *lines = head.read().strip().splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in headers.items()}
    seen["answer"] = {"status": int(status.split()[1]), "headers": headers, "body": body}


main(client, None)
