#!/usr/bin/env python3
"""Plays our clients through servers and proxies of others: redirects, authentication, CONNECT, SOCKS5, TLS within TLS.

    arrivals.py --driver PROGRAM --wscat PROGRAM --folder FOLDER [--rows TEXT] [--adapters a,b]

README.md tells what a row is; `run` builds what is needed, and calls this with the Python of `target/interop/python`.
"""
import argparse
import asyncio
import collections
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import WebSocketException
from websockets.http11 import Response
from websockets.sync.server import serve

from programs import Program, certify, command, free_ports, listens

HERE = Path(__file__).resolve().parent
TABLE = json.loads((HERE / "arrivals.json").read_text())
ADAPTERS = ["blocking", "tokio", "smol"]
WAYS_TO_ASK = {
    "basic": ["auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/users", "auth_param basic children 2 startup=1"],
    "digest": ["auth_param digest program /usr/lib/squid/digest_file_auth {folder}/passwords", "auth_param digest children 2 startup=1",
               "auth_param digest realm interop"],
}
PATIENCE = 60  # seconds for all rows of one adapter
# The servers need no privileges. Some of them refuse to have any.
LEAST = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


# ---- the targets, which redirect, too

class Targets:
    """Servers that report the request of each connection, and echo. Pages of the table redirect."""

    def __init__(self, folder):
        self.places = {}
        self.seen = collections.defaultdict(list)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(folder / "certificate.pem", folder / "certificate.key")
        for name, context in (("target", None), ("other", None), ("secure", trust)):
            server = serve(self.answer, "127.0.0.1", 0, ssl=context, compression=None,
                           process_request=lambda connection, request, name=name: self.decide(name, request))
            self.places[f"{name}_port"] = server.socket.getsockname()[1]
            self.places[name] = f"127.0.0.1:{self.places[f'{name}_port']}"
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def decide(self, name, request):
        run, page = ([*request.path[1:].split("/", 1), ""])[:2]
        status, location = TABLE["pages"].get(f"/{page}", (101, None))
        if run.startswith("run-"):
            self.seen[run].append([name, f"/{page}", "Cookie" in request.headers])
        if status == 101:
            return None
        headers = Headers({"Content-Length": "0", "Connection": "close"})
        if location is not None:
            headers["Location"] = location.format(run=run, **self.places)
        return Response(status, "Look elsewhere", headers)

    @staticmethod
    def answer(socket):
        headers = {name.lower(): value for name, value in socket.request.headers.raw_items()}
        socket.send(json.dumps({"path": socket.request.path, "headers": headers}))
        for message in socket:
            socket.send(message)


# ---- the servers and proxies

def passwords(folder):
    """The user `user` with the password `pass`, in each form that a program wants."""
    crypted = subprocess.run(["openssl", "passwd", "-apr1", "pass"], check=True, capture_output=True, text=True).stdout
    (folder / "users").write_text(f"user:{crypted.strip()}\n")
    (folder / "passwords").write_text("user:pass\n")
    digest = hashlib.md5(b"user:interop:pass").hexdigest()
    (folder / "digests").write_text(f"user:interop:{digest}\n")


def programs(folder):
    """The commands of all programs, with the ports that they are given, by name."""
    def configured(name, config, *words, **values):
        def start(plain, tls, places):
            text = (HERE / "servers" / config).read_text().format(
                folder=folder, plain=plain, tls=tls, target=places["target_port"], name=name, **values)
            (folder / f"{name}.conf").write_text(text)
            return [command(words[0]), *words[1:], f"{folder}/{name}.conf"]
        return start

    def squid(way):
        auth = "\n".join(WAYS_TO_ASK[way]).format(folder=folder)
        return configured(f"squid_{way}", "squid.conf", "squid", "-N", "-f", auth=auth)

    return {
        "nginx": configured("nginx", "nginx.conf", "nginx", "-e", f"{folder}/nginx.log", "-p", str(folder), "-c"),
        "lighttpd": configured("lighttpd", "lighttpd.conf", "lighttpd", "-D", "-f"),
        "apache": configured("apache", "apache.conf", "apache2", "-D", "FOREGROUND", "-f", modules="/usr/lib/apache2/modules"),
        "squid_basic": squid("basic"),
        "squid_digest": squid("digest"),
        "tinyproxy": configured("tinyproxy", "tinyproxy.conf", "tinyproxy", "-d", "-c"),
        "dante": configured("dante", "danted.conf", "danted", "-p", f"{folder}/danted.pid", "-f"),
        "microsocks": lambda port, *_: [command("microsocks"), "-i", "127.0.0.1", "-p", str(port)],
        "microsocks_password": lambda port, *_: [command("microsocks"), "-i", "127.0.0.1", "-p", str(port), "-u", "user", "-P", "pass"],
        "pproxy": lambda port, *_: [sys.executable, "-m", "pproxy", "-l", f"http+socks5://127.0.0.1:{port}"],
        "pproxy_password": lambda port, *_: [sys.executable, "-m", "pproxy", "-l", f"http+socks5://127.0.0.1:{port}#user:pass"],
    }


def start_all(stack, folder, logs, places):
    """Starts all programs. Somebody else may take a port before they do."""
    for _ in range(5):
        with contextlib.ExitStack() as trial:
            failure = start(trial, folder, logs, places)
            if failure is None:
                stack.enter_context(trial.pop_all())
                return
    sys.exit(failure)


def start(stack, folder, logs, places):
    """Starts all programs, each on two ports. Gives what one that does not start says."""
    starts = programs(folder)
    ports = iter(free_ports(2 * len(starts) + 1))
    waiting = {}
    for name, start in starts.items():
        plain, tls = next(ports), next(ports)
        log = stack.enter_context(open(logs / f"{name}.log", "w"))
        # Python may be where only its owner can read.
        rights = {} if name.startswith("pproxy") else LEAST
        waiting[name] = stack.enter_context(Program(start(plain, tls, places), log, **rights)), plain
        places.update({name: f"127.0.0.1:{plain}", f"{name}_tls": f"127.0.0.1:{tls}"})
    places["nobody"] = f"127.0.0.1:{next(ports)}"
    for name, (program, port) in waiting.items():
        if not listens(program, port):
            said = [path.read_text() for path in (logs / f"{name}.log", folder / f"{name}.log") if path.exists()]
            return "\n".join([f"{name} does not start:", *said])
    return None


# ---- what should be seen

def rows(places):
    """What our clients are asked to do: the rows of the table, and its chains."""
    for row in TABLE["rows"]:
        yield {**row, "url": row["url"].format(**places), "proxy": (row.get("proxy") or "").format(**places) or None}


def chains(places, who):
    for chain in TABLE["chains"]:
        run = f"run-{who}-{chain['name'].replace('/', '-')}"
        origin = chain.get("at", "ws://{target}").format(**places)
        opens = f"/{run}{chain['opens']}" if "opens" in chain else None
        yield {**chain, "run": run, "url": f"{origin}/{run}/{chain['name']}", "redirects": 10, "headers": [["Cookie", "secret"]],
               "opens": opens}


def wrong(row, seen):
    """What a client did otherwise than it should, in words."""
    if seen is None:
        return "told nothing"
    if row.get("fails"):
        is_right = not seen["open"] and re.search(row["fails"], seen["error"] or "")
        took = seen.get("took", 0)
        if is_right and took < row.get("takes", 0):
            return f"took {took} s"
        return None if is_right else f"should fail: {row['fails']}; {brief(seen)}"
    if not seen["open"]:
        return f"should open; {brief(seen)}"
    at = seen["target"]
    if at["path"] != row["opens"]:
        return f"should come to {row['opens']}, came to {at['path']}"
    headers = at["headers"]
    leaked = [name for name in ["proxy-authorization", *row.get("lacks", [])] if name in headers]
    missing = [name for name, value in row.get("has", {}).items() if not re.fullmatch(value, headers.get(name, ""))]
    return f"leaked: {leaked}, missing: {missing}" if leaked or missing else None


def brief(seen):
    return f"open: {seen['open']}, error: {seen['error']}"


# ---- the clients

def play(options, adapter, asked):
    """Lets an adapter of ours do all that is asked, and gives what it saw by name."""
    seen = {}
    if not asked:
        return seen
    end = time.monotonic() + PATIENCE
    with open(options.folder / f"{adapter}.log", "w") as log:
        with Program([options.driver, adapter, "arrive", *map(json.dumps, asked)], log) as client:
            while len(seen) < len(asked) and (line := client.take(end - time.monotonic())) is not None:
                seen[line["name"]] = line
        log.write("".join(json.dumps(line) + "\n" for line in seen.values()))
    return seen


async def follow(chain):
    """What Python's `websockets` does with a chain."""
    try:
        async with connect(chain["url"], additional_headers=chain["headers"], proxy=None, compression=None) as socket:
            return {"open": True, "error": None, "target": json.loads(await socket.recv())}
    except (WebSocketException, ValueError, OSError) as error:
        return {"open": False, "error": str(error)}


async def follow_all(asked):
    return {chain["name"]: await follow(chain) for chain in asked}


def differs(targets, ours, theirs, seen, they_saw):
    """Where our client and `websockets` part on a chain, in words."""
    if seen["open"] != they_saw["open"]:
        return f"we {brief(seen)}; they {brief(they_saw)}"
    our_hops, their_hops = targets.seen[ours["run"]], targets.seen[theirs["run"]]
    # They do not look for circles, and count otherwise: one of us goes further before the same end.
    both = None if seen["open"] else min(len(our_hops), len(their_hops))
    return None if our_hops[:both] == their_hops[:both] and our_hops else f"we came by {our_hops}, they by {their_hops}"


def follow_chains(options, targets, outcomes):
    """Follows all chains with each adapter, and with `websockets`."""
    def chosen(who):
        return [chain for chain in chains(targets.places, who) if options.rows in chain["name"]]

    theirs = {chain["name"]: chain for chain in chosen("websockets")}
    they_saw = asyncio.run(follow_all(theirs.values()))
    for adapter in options.adapters:
        ours = chosen(adapter)
        seen = play(options, adapter, ours)
        for chain in ours:
            name = chain["name"]
            fault = wrong(chain, seen.get(name))
            difference = fault or differs(targets, chain, theirs[name], seen[name], they_saw[name])
            if chain.get("otherwise"):
                difference = fault or (None if difference else "websockets does the same as we now")
            outcomes[f"chain, {name}"][adapter] = difference


def arrive(options, targets, outcomes):
    """Lets each adapter do what the rows say."""
    asked = [row for row in rows(targets.places) if options.rows in row["name"]]
    with ThreadPoolExecutor(2) as pool:
        seen = dict(zip(options.adapters, pool.map(lambda adapter: play(options, adapter, asked), options.adapters)))
    for row in asked:
        for adapter in options.adapters:
            outcomes[row["name"]][adapter] = wrong(row, seen[adapter].get(row["name"]))


def talk(options, places, outcomes):
    """Runs the example `wscat` with the arguments of its rows."""
    rights = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for row in TABLE["wscat"]:
        if options.rows not in row["name"]:
            continue
        command = [options.wscat, *(word.format(**places) for word in row["arguments"])]
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, env=rights)
        said = {"status": ran.returncode, "out": ran.stdout, "err": ran.stderr}
        is_right = all(re.search(pattern, str(said[key]), re.DOTALL) for key, pattern in row["gives"].items())
        outcomes[row["name"]]["wscat"] = None if is_right else f"should give {row['gives']}, gave {said}"


def report(outcomes, adapters):
    print("\nEach mark is an adapter: " + ", ".join(adapters) + "; or the example wscat. + passed, X failed.\n")
    for name, faults in outcomes.items():
        print("".join("X" if fault else "+" for fault in faults.values()).ljust(5) + name)
    print()
    for chain in TABLE["chains"]:
        if "otherwise" in chain:
            print(f"  websockets differs in chain, {chain['name']}: {chain['otherwise']}")
    failures = [f"FAILED {name}, {adapter}: {fault}" for name, faults in outcomes.items() for adapter, fault in faults.items() if fault]
    print("\n".join(["", *failures, ""]) if failures else "")
    marks = sum(map(len, outcomes.values()))
    print(f"{marks - len(failures)} passed, {len(failures)} failed")
    return bool(failures) or not marks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--wscat", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for what the programs print")
    parser.add_argument("--rows", default="", help="a part of the names of rows and chains")
    parser.add_argument("--adapters", type=lambda text: text.split(","), default=ADAPTERS)
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, Program.end_all)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = Path(folder)
        certify(folder)
        os.environ["SSL_CERT_FILE"] = os.environ["INTEROP_CA"]  # for Python
        passwords(folder)
        if LEAST:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, LEAST["user"], LEAST["group"])
        targets = Targets(folder)
        targets.places["authority"] = os.environ["INTEROP_CA"]
        start_all(stack, folder, options.folder, targets.places)
        outcomes = collections.defaultdict(dict)
        arrive(options, targets, outcomes)
        follow_chains(options, targets, outcomes)
        talk(options, targets.places, outcomes)
    sys.exit(report(outcomes, options.adapters))


if __name__ == "__main__":
    main()
