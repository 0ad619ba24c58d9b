#!/usr/bin/env python3
"""Plays all cases between sansocket and its peers, and compares what both ends saw with what they should.

    interop.py --driver PROGRAM --python PROGRAM --folder FOLDER
               [--peers a,b] [--cases a,b] [--adapters a,b] [--ways a,b] [--jobs N]

README.md tells what a peer is; `run` builds what is needed, and calls this.
"""
import argparse
import contextlib
import functools
import itertools
import json
import shutil
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
from peer import CASES, contexts, digest, message, pipeline  # noqa: E402
from programs import Program, certify, command, free_ports, listens  # noqa: E402

PEERS = json.loads((HERE / "peers.json").read_text())
ADAPTERS = ["blocking", "tokio", "smol", "h2"]
WAYS = {"direct": "", "nginx": " by nginx", "tls": " by nginx, TLS", "h2": " by HTTP/2", "h2-tls": " by HTTP/2, TLS",
        "haproxy": " by haproxy, HTTP/2 to us", "nghttpx": " by nghttpx, HTTP/2 to us", "lighttpd": " by lighttpd, HTTP/2 to us"}
OVER_HTTP2 = {"h2", "h2-tls", "haproxy", "nghttpx", "lighttpd"}
# The ways of a peer that names none.
USUAL_WAYS = ["direct", "nginx", "tls", "haproxy"]
# What sansocket lacks as a client, in the words of peers.json.
OURS = {"get": "sansocket is no HTTP client", "extension": "is about offers that are declined, and sansocket makes none there"}
# What our end lacks over HTTP/2, by case.
OURS_OVER_HTTP2 = {"http": "a 426 has an Upgrade, which HTTP/2 forbids"}
# What a proxy does not pass on, by way and case.
LOST = {"lighttpd": dict.fromkeys(("ping-client", "close-by-server"), "lighttpd 1.4.69 drops a close frame with which the stream ends")}
PATIENCE = 180  # seconds for all the cases of one connection of programs


# ---- what should be seen

@functools.cache
def expected(name):
    """What each end should see of a case."""
    case = CASES[name]
    steps = {end: [next(iter(step.items())) for step in case[end]] for end in ("client", "server")}
    other = {"client": "server", "server": "client"}
    sees = {end: {"open": "answer" not in case, "protocol": case.get("select")} for end in steps}
    if "answer" in case:
        return {"client": {"open": False, "answer": case["answer"]}, "server": None, "sends": None}
    said = {end: sent(steps[end], sent(steps[other[end]], [])) for end in steps}
    for end in steps:
        if "deflate" not in case:
            sees[end]["agreed"] = ""
        sees[end]["messages"] = [digest(one) for one in said[other[end]]]
        sees[end]["pongs"] = pings(steps[end])
        for verb, given in steps[end]:
            if verb == "close":
                sees[end]["close"] = [given[0], None, True]  # the reason may come back, or not
                sees[other[end]]["close"] = [*given, True]
            elif verb == "drop":
                sees[other[end]]["close"] = [1006, "", False]
    if "offers" in case:
        sees["server"]["offered"] = case["offers"]
    return {**sees, "sends": said}


def sent(steps, heard):
    """The messages that an end sends, which hears those."""
    messages, heard = [], iter(heard)
    for verb, given in steps:
        if verb == "send":
            messages.append(message(*given))
        elif verb == "pipeline":
            messages += pipeline(given)
        elif verb == "fragments":
            kind, parts, _ = given
            messages.append(message(kind, "").join(message(kind, part) for part in parts))
        elif verb == "echo":
            messages += itertools.islice(heard, given)
    return messages


def pings(steps):
    """The payloads of the pings that an end sends."""
    payloads = []
    for verb, given in steps:
        if verb == "ping":
            payloads.append(given)
        elif verb == "fragments":
            payloads += [given[2]] * (len(given[1]) - 1)
    return payloads


def differences(end, should, seen, hidden=()):
    """What an end did not see as it should have, in words."""
    if should is None:
        return []
    if seen is None:
        return [f"{end}: told nothing"]
    if seen.get("error"):
        return [f"{end}: {seen['error']}"]
    wrong = []
    for key, want in should.items():
        saw = seen.get(key)
        if key == "answer":
            saw = saw or {}
            pairs = [("status", want["status"], saw.get("status")), ("body", want.get("body"), saw.get("body"))]
            pairs += [("headers", value, saw.get("headers", {}).get(name)) for name, value in want["headers"].items()]
            wrong += [(f"answer's {part}", a, b) for part, a, b in pairs
                      if part not in hidden and a is not None and b != a
                      and not (part == "headers" and str(b).startswith(a + ";"))]
        elif key == "close" and want[1] is None:
            if saw is None or [saw[0], saw[2]] != [want[0], want[2]]:
                wrong.append((key, want, saw))
        elif saw != want:
            wrong.append((key, want, saw))
    return [f"{end}: {key} should be {brief(want)}, is {brief(saw)}" for key, want, saw in wrong]


# ---- what should have been compressed

def compressed(job, case, seen):
    """What was not agreed, or not compressed, as it should have been, in words."""
    peer, role, _ = job.row
    our_end = "server" if role == "client" else "client"
    ours, theirs = seen[our_end].get(case) or {}, seen[role].get(case) or {}
    agreed, wire = parse_agreement(ours.get("agreed") or ""), ours.get("wire")
    if agreed is None or wire is None:
        return [f"{our_end}: nothing is compressed"]
    by = CASES[case]["deflate"].get("by")
    asked = dict(zip(("client", "server"), contexts(CASES[case], by)))
    about = PEERS[peer].get("agrees otherwise", {}).get(f"{case} as {role}", {})
    wrong = []
    for end, context in asked.items():
        # What a client asks of itself is only a hint to the server.
        allowed = [context, [15, True]] if (by, end) == ("client", "client") else [about.get(end, context)]
        if agreed[end] not in allowed:
            wrong.append(f"{our_end}: the context of the {end} should be {allowed[0]}, is {agreed[end]}")
    shown = theirs.get("agreed") or ""
    if not shown.startswith("permessage-deflate") or (";" in shown and parse_agreement(shown) != agreed):
        wrong.append(f"{role}: {ours['agreed']!r} was agreed, {shown!r} is shown")
    for end, messages in (expected(case)["sends"] or {}).items():
        sizes = wire["sent" if end == our_end else "received"]
        bits, is_taken_over = [min(pair) for pair in zip(asked[end] if by == end else [15, True], agreed[end])]
        if len(sizes) != len(messages):
            wrong.append(f"{end}: sends {len(sizes)} messages in place of {len(messages)}")
            continue
        if end == role and "sends uncompressed" in PEERS[peer]:
            wrong += [f"{end}: sends what is compressed" for is_compressed, _ in sizes if is_compressed][:1]
            continue
        references = deflated(case, end, bits, is_taken_over)
        for n, (message, reference, (is_compressed, size)) in enumerate(zip(messages, references, sizes), 1):
            length = digest(message)[1]
            if not is_compressed:
                # It may be too small to be worth it, or not become smaller.
                is_right = size == length and (length < 64 or reference > length * 0.9)
            else:
                # Not so different that context or window could be others. zlib-rs is worse than zlib at texts of
                # a short period in windows of 9 bits: 167 bytes of 1520, by itself, and not 54.
                is_right = reference / 1.5 - 16 <= size <= reference * 1.5 + length / 12 + 16
            if not is_right:
                how = "" if is_compressed else "not "
                wrong.append(f"{end}: message {n}, of {length} bytes, is {how}compressed, to {size} bytes, "
                             f"and to {reference} by zlib with {bits} bits")
    return wrong


def parse_agreement(text):
    """The contexts in which client and server compress, or None if they do not."""
    if not text.startswith("permessage-deflate"):
        return None
    return {end: [int((re.search(f"{end}_max_window_bits=([0-9]+)", text) or [0, 15])[1]),
                  f"{end}_no_context_takeover" not in text] for end in ("client", "server")}


@functools.cache
def deflated(case, end, bits, is_taken_over):
    """The sizes that zlib gives to the messages which an end sends."""
    def new():
        return zlib.compressobj(6, zlib.DEFLATED, -max(bits, 9), 8)

    sizes, deflate = [], new()
    for message in expected(case)["sends"][end]:
        deflate = deflate if is_taken_over else new()
        data = message.encode() if isinstance(message, str) else message
        sizes.append(len(deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)) - 4)
    return sizes


def brief(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}.. ({len(text)} characters)"


# ---- programs

def play(job, proxies):
    """Plays some cases between two programs, and gives what each end saw of each."""
    log_path = job.folder / f"{job.name}.log"
    seen = {"client": {}, "server": {}}
    with open(log_path, "w") as log, Program([*job.server, "server", *job.tls], log) as server:
        port = (server.take(30) or {}).get("port")
        if port is None:
            return seen
        end = time.monotonic() + PATIENCE
        with proxies.get(job.way, Direct).url(job, port) as url, Program([*job.client, "client", url, *job.cases], log) as client:
            while (line := client.take(end - time.monotonic())) is not None:
                seen["client"][line.get("case")] = line
        # What the server saw is known soon after.
        awaited = {case for case in job.cases if expected(case)["server"] is not None}
        end = time.monotonic() + 15
        while not awaited <= seen["server"].keys():
            line = server.take(end - time.monotonic())
            if line is None:
                break
            seen["server"][line.get("case")] = line
        log.write("".join(f"{side} {json.dumps(line)[:2000]}\n" for side in seen for line in seen[side].values()))
    return seen


class Direct:
    """No proxy."""

    @staticmethod
    @contextlib.contextmanager
    def url(job, port):
        yield f"{'wss' if job.tls else 'ws'}://127.0.0.1:{port}"


class Nginx:
    """nginx in front of any port of ours: that of the path's first segment."""

    def __init__(self, folder):
        for _ in range(5):
            self.ports = free_ports(2)
            (folder / "nginx.conf").write_text((HERE / "nginx.conf").read_text().format(
                folder=folder, plain=self.ports[0], tls=self.ports[1]))
            self.program = Program([command("nginx"), "-e", f"{folder}/nginx.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"],
                                   subprocess.DEVNULL)
            if all(listens(self.program, port) for port in self.ports):
                return
            self.program.__exit__()
        sys.exit("nginx does not start:\n" + (folder / "nginx.log").read_text())

    @contextlib.contextmanager
    def url(self, job, port):
        plain, tls = self.ports
        yield f"wss://127.0.0.1:{tls}/{port}" if job.way == "tls" else f"ws://127.0.0.1:{plain}/{port}"


class Haproxy:
    """haproxy in front of any port: it speaks HTTP/2 to our end, and HTTP/1.1 to the peer."""

    def __init__(self, folder):
        for _ in range(5):
            self.http1, self.http2 = free_ports(2)
            config = (HERE / "haproxy.cfg").read_text().format(http1=self.http1, http2=self.http2)
            (folder / "haproxy.cfg").write_text(config)
            with open(folder / "haproxy.log", "w") as log:
                self.program = Program([command("haproxy"), "-db", "-f", f"{folder}/haproxy.cfg"], log)
            if all(listens(self.program, port) for port in (self.http1, self.http2)):
                return
            self.program.__exit__()
        sys.exit("haproxy does not start:\n" + (folder / "haproxy.log").read_text())

    @contextlib.contextmanager
    def url(self, job, port):
        _, role, _ = job.row
        yield f"ws://127.0.0.1:{self.http1 if role == 'client' else self.http2}/{port}"


class Single:
    """A proxy in front of one port, which starts for each connection of programs."""

    starting = threading.Lock()

    def __init__(self, folder):
        self.folder = folder
        self.program = contextlib.nullcontext()

    @contextlib.contextmanager
    def url(self, job, behind):
        for _ in range(5):
            with self.starting, open(job.folder / f"{job.name}.proxy.log", "w") as log:
                [port] = free_ports(1)
                program = Program(self.command(job, port, behind), log)
                is_up = listens(program, port)
            with program:
                if is_up:
                    yield f"ws://127.0.0.1:{port}"
                    return
        sys.exit(f"{job.way} does not start: see {job.name}.proxy.log")


class Nghttpx(Single):
    """nghttpx: it speaks HTTP/2 to our end, and HTTP/1.1 to the peer."""

    def command(self, job, port, behind):
        _, role, _ = job.row
        to_us = ";;proto=h2" if role == "client" else ""
        return [command("nghttpx"), "--conf=/dev/null", "--errorlog-file=/dev/stderr", "--single-thread",
                f"--frontend=127.0.0.1,{port};no-tls", f"--backend=127.0.0.1,{behind}{to_us}"]


class Lighttpd(Single):
    """lighttpd, a server of HTTP/2, in front of a server of HTTP/1.1."""

    def command(self, job, port, behind):
        path = self.folder / f"{job.name}.conf"
        path.write_text((HERE / "lighttpd.conf").read_text().format(folder=self.folder, port=port, behind=behind))
        return [command("lighttpd"), "-D", "-f", str(path)]


# ---- all of it

class Job:
    """Some cases between a peer in a role and an adapter of ours."""

    def __init__(self, options, peer, role, way, adapter):
        ours = [options.driver, adapter]
        theirs = [word.format(python=options.python, driver=options.driver) for word in PEERS[peer]["command"]]
        self.row = peer, role, way
        self.adapter = adapter
        self.way = way
        self.tls = ["tls"] if way == "h2-tls" else []
        self.folder = options.folder
        self.name = f"{peer}-{role}-{way}-{adapter}"
        self.client, self.server = (theirs, ours) if role == "client" else (ours, theirs)
        # A proxy does not care how messages are compressed: one case goes through it.
        cases = [case for case in options.cases if way in ("direct", "h2") or "like" not in CASES[case]]
        self.skipped = {case: reason for case in cases if (reason := reason_to_skip(peer, role, way, case, adapter))}
        self.cases = [case for case in cases if case not in self.skipped]

    def run(self, proxies):
        peer, role, _ = self.row
        start = time.monotonic()
        seen = play(self, proxies) if self.cases else {"client": {}, "server": {}}
        print(f"{time.monotonic() - start:6.1f} s  {self.name}", flush=True)
        wrong = {}
        for case in self.cases:
            should = expected(case)
            hidden = PEERS[peer].get("hides", {}).get(case, ())
            wrong[case] = []
            for end in ("client", "server"):
                want = without_hidden(peer, should[end]) if end == role else with_quirks(peer, should[end])
                wrong[case] += differences(end, want, seen[end].get(case), hidden if end == role else ())
            if "deflate" in CASES[case] and not wrong[case]:
                wrong[case] = compressed(self, case, seen)
        return self, wrong


def with_quirks(peer, should):
    """What our end should see, given what the peer does in its own way."""
    code = PEERS[peer].get("answers a close frame with")
    is_answered = should and should.get("close") and should["close"][1] is None
    return {**should, "close": [code, None, True]} if code and is_answered else should


def without_hidden(peer, should):
    """What the peer should see, of which it does not tell all."""
    return should and {key: value for key, value in should.items() if key not in PEERS[peer].get("tells no", {})}


def reason_to_skip(peer, role, way, case, adapter):
    """Why a peer cannot play a role in a case, or None."""
    about = PEERS[peer]
    if adapter == "h2" and (reason := OURS_OVER_HTTP2.get(case)):
        return reason
    if reason := LOST.get(way, {}).get(case):
        return reason
    if reason := unmet(peer):
        return reason
    if "only" in about and case not in about["only"]["cases"]:
        return about["only"]["else"]
    verbs = [way, case, *(verb for step in CASES[case][role] for verb in step), *deflate_verbs(case, role)]
    for verb in verbs:
        if reason := about.get("lacks", {}).get(verb):
            return reason if verb.startswith(case) else f"{verb}: {reason}"
    if role == "server":
        for verb in [case, *(verb for step in CASES[case]["client"] for verb in step)]:
            if reason := OURS.get(verb):
                return f"{verb}: {reason}"
    return None


def deflate_verbs(case, role):
    """What an end must be able to do to play a role in a case that compresses."""
    if "deflate" not in CASES[case]:
        return
    yield "deflate"
    yield f"{case} as {role}"
    if CASES[case]["deflate"].get("by") == role:
        yield f"asks as {role}"
        for end, (bits, is_taken_over) in zip(("client", "server"), contexts(CASES[case], role)):
            if bits < 15:
                yield f"asks for the window of the {end}"
            if not is_taken_over:
                yield f"asks for no context of the {end}"


UNMET = {}


def unmet(peer):
    """Why a peer does not run on this machine, or None."""
    needs = PEERS[peer].get("needs")
    if needs and peer not in UNMET:
        UNMET[peer] = subprocess.run(needs["command"], capture_output=True, timeout=30).returncode != 0
    return needs["or"] if UNMET.get(peer) else None


def report(options, outcomes):
    rows = {}
    for job, wrong in outcomes:
        rows.setdefault(job.row, {})[job.adapter] = job, wrong
    width = max(len(title(row)) for row in rows)
    passed = failed = 0
    skipped, failures = {}, []

    def mark(job, wrong, case):
        if case in job.skipped:
            skipped.setdefault((job.row[0], job.skipped[case]), []).append((job, case))
            return "-"
        if case not in job.cases:
            return ""
        failures.extend(f"FAILED {job.name} {case}: {line}" for line in wrong[case])
        return "X" if wrong[case] else "+"

    print("\nEach mark is an adapter: " + ", ".join(options.adapters) + ". + passed, X failed, - skipped.")
    for is_compressing in (False, True):
        cases = [case for case in options.cases if ("deflate" in CASES[case]) == is_compressing]
        if not cases:
            continue
        print()
        for n, case in enumerate(cases, 1):
            print(f"{n:4} {case}")
        print("\n" + " " * width + "".join(f"{n:>4}" for n in range(1, len(cases) + 1)))
        for row, jobs in rows.items():
            cells = ["".join(mark(*jobs[adapter], case) for adapter in options.adapters if adapter in jobs) for case in cases]
            passed += "".join(cells).count("+")
            failed += "".join(cells).count("X")
            if set("".join(cells)) - {"-"} or not is_compressing:
                print(title(row).ljust(width) + "".join(cell.rjust(4) for cell in cells))
    print("\nSkipped:")
    for (peer, reason), which in skipped.items():
        cases = list(dict.fromkeys(case for _, case in which))
        cases = "all cases" if len(cases) == len(options.cases) else ", ".join(cases)
        ways = list(dict.fromkeys(job.row[1] + WAYS[job.row[2]] for job, _ in which))
        print(f"  {len(which):3} {peer} as {' and '.join(ways)}: {cases} ({reason})")
    for peer in dict.fromkeys(row[0] for row in rows):
        for case, what in PEERS[peer].get("hides", {}).items():
            print(f"  {peer} does not show {', '.join(what)} of what answers {case}, so only the rest is compared")
        for key, reason in PEERS[peer].get("tells no", {}).items():
            print(f"  {peer} tells no {key} ({reason}), so only our end's is compared")
        if code := PEERS[peer].get("answers a close frame with"):
            print(f"  {peer} answers a close frame with code {code}, whatever came, which is not held against it")
        if reason := PEERS[peer].get("sends uncompressed"):
            print(f"  {peer} sends what it likes uncompressed, and inflates what comes ({reason})")
        for case, otherwise in PEERS[peer].get("agrees otherwise", {}).items():
            print(f"  {peer} agrees otherwise in {case}: {otherwise['reason']}")
    print("\n".join(["", *failures]) if failures else "")
    print(f"{sum(map(len, skipped.values()))} skipped, as told above\n")
    print(f"{passed} passed, {failed} failed")
    return failed or not passed


def title(row):
    peer, role, way = row
    return f"{peer} as {role}{WAYS[way]}"


def is_played(peer, role, way, adapter):
    """Whether an adapter of ours meets a peer in this role in this way."""
    about = PEERS[peer]
    if way not in about.get("ways", USUAL_WAYS) or (way in OVER_HTTP2) != (adapter == "h2"):
        return False
    if way == "lighttpd":
        return role == "server"
    return role == "client" or way == "direct" or way in OVER_HTTP2


def names(all_names):
    def parse(text):
        chosen = text.split(",")
        if unknown := set(chosen) - set(all_names):
            raise argparse.ArgumentTypeError(f"no such name: {', '.join(unknown)}")
        return chosen
    return parse


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for what the programs print")
    parser.add_argument("--peers", type=names(PEERS), default=list(PEERS))
    parser.add_argument("--cases", type=names(CASES), default=list(CASES))
    parser.add_argument("--adapters", type=names(ADAPTERS), default=ADAPTERS)
    parser.add_argument("--ways", type=names(WAYS), default=list(WAYS))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    jobs = [Job(options, peer, role, way, adapter)
            for peer in options.peers for role in PEERS[peer]["roles"]
            for way in WAYS for adapter in options.adapters if way in options.ways and is_played(peer, role, way, adapter)]
    for case in options.cases:
        expected(case)  # takes a while, once
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, Program.end_all)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        certify(Path(folder))
        proxies = {}
        for ways, start in ((("nginx", "tls"), Nginx), (("haproxy",), Haproxy), (("nghttpx",), Nghttpx), (("lighttpd",), Lighttpd)):
            if any(job.way in ways for job in jobs):
                proxies.update(dict.fromkeys(ways, start(Path(folder))))
                stack.enter_context(proxies[ways[0]].program)
        with ThreadPoolExecutor(options.jobs) as pool:
            outcomes = list(pool.map(lambda job: job.run(proxies), jobs))
    sys.exit(1 if report(options, outcomes) else 0)


if __name__ == "__main__":
    main()
