"""Programs that run beside the tests: peers, servers and proxies."""
import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Program:
    """A program that prints lines of JSON. It and all that it started end with this."""

    running = set()

    def __init__(self, command, log, **options):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            start_new_session=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, **options)
        self.running.add(self)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self.lines.put(json.loads(line))
        self.lines.put(None)

    def take(self, patience):
        """The next line, or None if there is no more or it takes too long."""
        with contextlib.suppress(queue.Empty):
            return self.lines.get(timeout=max(0, patience))
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self.running.discard(self)
        self.reader.join(5)
        self.process.stdout.close()

    @classmethod
    def end_all(cls, *_):
        for program in list(cls.running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.process.pid, signal.SIGKILL)
        os._exit(130)


def command(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin") or sys.exit(f"no {name}")


def free_ports(count):
    """Ports beyond those which the system gives to clients, so that none of them takes one of these."""
    ports = []
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == count:
            return ports
    sys.exit("no port is free")


def listens(program, port):
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return program.process.poll() is None
        if program.process.poll() is not None:
            return False
        time.sleep(0.05)
    return False


def certify(folder):
    """Makes a certificate of an authority, and names them in the environment."""
    def make(name, *options):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.pem", *options],
                       check=True, capture_output=True, cwd=folder)

    make("authority", "-subj", "/CN=interop authority", "-addext", "keyUsage=critical,keyCertSign")
    make("certificate", "-subj", "/CN=interop", "-CA", "authority.pem", "-CAkey", "authority.key",
         "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    for variable, name in (("INTEROP_CA", "authority.pem"), ("NODE_EXTRA_CA_CERTS", "authority.pem"),
                           ("INTEROP_CERTIFICATE", "certificate.pem"), ("INTEROP_KEY", "certificate.key")):
        os.environ[variable] = f"{folder}/{name}"
