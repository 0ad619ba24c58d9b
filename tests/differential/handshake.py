"""Compares the heads of opening handshakes with h11 and llhttp: a head that two parsers accept has the same meaning
for both, and a head that only one accepts has a reason in EXCEPTIONS."""

import json
import random
import re
import subprocess
import sys

import h11

REQUEST = [b"GET /chat?a HTTP/1.1", b"Host: a", b"Accept: b, c", b"Cookie: d=e"]
RESPONSE = [b"HTTP/1.1 404 Not Found", b"Date: a", b"Set-Cookie: b=c", b"Content-Length: 0"]

LINES = [
    b"X: ", b"X:", b"X:\ty\t", b"X: \xc3\xa9\xff", b"X: y, \"z\"", b" folded", b"\tfolded", b"X : y", b"X", b": y", b"X-\xc3\xa9: y",
    b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Connection: upgrade, close", b"Expect: 100-continue",
    b"Content-Length: 00", b"Content-Length: x", b"Host: b", b"",
]
FIRST = {
    "request": [
        b"POST /a HTTP/1.1", b"GET http://b/ HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT b:80 HTTP/1.1", b"GET / HTTP/1.0",
        b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET  / HTTP/1.1", b"GET / http/1.1", b"get / HTTP/1.1", b"GET /", b"",
        b"BREW /pot HTTP/1.1", b"GET /a|b{} HTTP/1.1", b"GET /%zz HTTP/1.1", b"GET /a#b HTTP/1.1",
    ],
    "response": [
        b"HTTP/1.1 404", b"HTTP/1.1 404 ", b"HTTP/1.0 200 OK", b"HTTP/1.2 404 x", b"HTTP/2.0 404 x", b"HTTP/1.1 40 x",
        b"HTTP/1.1 4040 x", b"HTTP/1.1  404 x", b"http/1.1 404 x", b"HTTP/1.1 404 \xff\t", b"HTTP/1.1 099 x", b"HTTP/1.1 999 x",
        b"ICY 200 OK", b"",
    ],
}
BYTES = [b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b"\t", b" ", b":", b"\x7f", b"\x80", b"\xff", b"\x0b", b"\"", b"/", b"a", b",", b"\x1f"]


def some_head(kind, numbers):
    lines = list(REQUEST if kind == "request" else RESPONSE)
    if numbers.random() < 0.3:
        lines[0] = numbers.choice(FIRST[kind])
    for _ in range(numbers.randrange(3)):
        lines.insert(numbers.randrange(1, len(lines) + 1), numbers.choice(LINES))
    head = bytearray(b"\r\n".join(lines) + b"\r\n\r\n")
    for _ in range(numbers.randrange(3)):
        at = numbers.randrange(len(head))
        length = numbers.randrange(2)
        head[at:at + length] = numbers.choice([b"", *BYTES])
    return bytes(head)


class Ours:
    def __init__(self, command):
        self.process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, kind, head):
        """Returns the first line and the headers, and the error if there are none."""
        self.process.stdin.write(f"{kind} {head.hex()}\n")
        self.process.stdin.flush()
        first, *rest = self.process.stdout.readline().rstrip("\n").split("|")
        if first in "!?":
            return None, (rest or ["incomplete"])[0]
        fields = [bytes.fromhex(field) for field in rest]
        return [bytes.fromhex(first).rjust(3, b"0"), *normal(zip(fields[::2], fields[1::2]))], None


class Llhttp:
    name = "llhttp"

    def __init__(self):
        command = ["node", "--no-deprecation", "tests/differential/llhttp.js"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, kind, head):
        self.process.stdin.write(json.dumps({"kind": kind, "head": head.hex()}) + "\n")
        self.process.stdin.flush()
        result = json.loads(self.process.stdout.readline())
        if result is None:
            return None
        first, *fields = [bytes.fromhex(field) for field in result]
        return [first, *normal(zip(fields[::2], fields[1::2]))]


class H11:
    name = "h11"

    def read(self, kind, head):
        connection = h11.Connection(h11.SERVER if kind == "request" else h11.CLIENT)
        try:
            if kind == "response":
                connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
                connection.send(h11.EndOfMessage())
            connection.receive_data(head)
            event = connection.next_event()
        except h11.ProtocolError:
            return None
        if isinstance(event, h11.Request):
            first = event.method + b" " + event.target
        elif isinstance(event, h11.Response):
            first = b"%03d" % event.status_code
        else:
            return None
        return [first, *normal(event.headers.raw_items())]


def normal(fields):
    """h11 changes the case of names, and how folded lines are joined is left to the parser."""
    return [(name.lower(), b" ".join(value.split())) for name, value in fields]


# Errors of our handshake that are errors of the head. Other rules, such as for the host, are not those of a parser.
HEAD_ERRORS = {
    "first line is not that of an HTTP/1.1 message", "head contains a control character",
    "header line is not a name, a colon and a value", "HTTP version is not 1.1", "incomplete",
    "line of the head does not end with CRLF",
}


class Case:
    """A head, and how two parsers read it. `None` stands for an error."""

    def __init__(self, ours, peer, kind, head):
        self.kind, self.head = kind, head
        self.ours, self.error = ours.read(kind, head)
        self.theirs = peer.read(kind, head)

    def is_same(self):
        is_beyond = self.ours is None and self.error not in HEAD_ERRORS
        return is_beyond or self.ours == self.theirs

    def only_theirs(self, error):
        return self.ours is None and self.error == error

    def only_ours(self, pattern):
        return self.theirs is None and re.search(pattern, self.head) is not None


# Where the parsers differ: who, why, an example, and whether a case is such a one.
EXCEPTIONS = [
    ("h11", "It accepts lines that end with LF alone (RFC 9112, section 2.2, leaves it open).",
     "request", b"GET / HTTP/1.1\nHost: a\n\n",
     lambda case: case.only_theirs("line of the head does not end with CRLF")),
    ("h11", "It accepts folded headers in requests, which RFC 9112, section 5.2, lets a server reject.",
     "request", b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
     lambda case: case.kind == "request" and re.search(rb"\n[ \t]", case.head)
     and case.only_theirs("header line is not a name, a colon and a value")),
    ("h11", "It accepts control characters except NUL, CR and LF in values and reasons.",
     "request", b"GET / HTTP/1.1\r\nHost: a\r\nX: \x1f\r\n\r\n",
     lambda case: case.only_theirs("head contains a control character")),
    ("h11", "It accepts versions other than 1.x.",
     "request", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
     lambda case: case.only_theirs("HTTP version is not 1.1")),
    ("h11", "It joins equal lengths, and rejects those that are not one number.",
     "response", b"HTTP/1.1 404 x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
     lambda case: re.search(rb"(?i)\ncontent-length", case.head) and case.kind == "response"
     and (case.theirs is None or len(case.theirs) < len(case.ours))),
    ("h11", "It rejects codings of a body other than `chunked`.",
     "response", b"HTTP/1.1 404 x\r\nTransfer-Encoding: gzip\r\n\r\n",
     lambda case: case.only_ours(rb"(?i)\ntransfer-encoding")),
    ("h11", "It rejects statuses below 100.",
     "response", b"HTTP/1.1 099 x\r\n\r\n",
     lambda case: case.only_ours(rb"^HTTP/1.. 0")),
    ("h11", "It rejects an empty line before a request, which RFC 9112, section 2.2, has a server skip.",
     "request", b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     lambda case: case.kind == "request" and case.only_ours(rb"^\r\n")),
    ("llhttp", "It rejects a body whose length is not clear. Ours reports such a response with a truncated body.",
     "response", b"HTTP/1.1 404 x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
     lambda case: case.only_ours(rb"(?i)\n(content-length|transfer-encoding)[^\0]*\n(content-length|transfer-encoding)")
     or case.only_ours(rb"(?i)\ncontent-length:(?![ \t]*\d+[ \t]*\r\n)")),
    ("llhttp", "It rejects methods that are not in its list.",
     "request", b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
     lambda case: case.kind == "request" and case.theirs is None
     and case.head.split(b" ")[0].strip() not in METHODS),
    ("llhttp", "It rejects versions of HTTP/1 other than 1.0 and 1.1, which section 4.2.1 has us accept.",
     "request", b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
     lambda case: case.only_ours(rb"HTTP/1\.[2-9]")),
    ("llhttp", "It accepts HTTP/2.0.",
     "request", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
     lambda case: case.only_theirs("HTTP version is not 1.1")),
    ("llhttp", "It accepts a request line without a version, as HTTP/0.9 has it.",
     "request", b"GET /\r\nHost: a\r\n\r\n",
     lambda case: case.kind == "request" and case.ours is None
     and re.match(rb"\s*\S+ \S+\r?\n", case.head)),
    ("llhttp", "It accepts several spaces between the parts of a request line.",
     "request", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
     lambda case: case.kind == "request" and re.match(rb"[^\r\n]*  ", case.head)
     and case.only_theirs("first line is not that of an HTTP/1.1 message")),
    ("llhttp", "It skips any CR and LF before a head.",
     "request", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     lambda case: case.head.startswith((b"\r", b"\n")) and case.ours is None),
    ("llhttp", "It accepts any byte in place of the LF after a status line.",
     "response", b"HTTP/1.1 404 x\r\rX: y\r\n\r\n",
     lambda case: case.kind == "response" and re.match(rb"[^\r\n]*\r[^\n]", case.head)
     and case.only_theirs("line of the head does not end with CRLF")),
    ("llhttp", "It accepts control characters in the reason of a response.",
     "response", b"HTTP/1.1 404 \x1f\r\n\r\n",
     lambda case: case.kind == "response" and case.only_theirs("head contains a control character")),
    ("llhttp", "It rejects folded headers in responses, which RFC 9112, section 5.2, has a client join.",
     "response", b"HTTP/1.1 404 x\r\nX: a\r\n b\r\n\r\n",
     lambda case: case.kind == "response" and case.only_ours(rb"\n[ \t]")),
]
METHODS = {b"GET", b"POST", b"OPTIONS", b"CONNECT"}


def main():
    ours, peers = Ours(sys.argv[1]), [H11(), Llhttp()]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    failed = 0
    for name, reason, kind, head, is_such in EXCEPTIONS:
        peer = next(peer for peer in peers if peer.name == name)
        case = Case(ours, peer, kind, head)
        if case.is_same() or not is_such(case):
            failed += 1
            print(f"{name} does not differ any more: {reason}")
    for peer in peers:
        same = known = 0
        for seed in range(count):
            numbers = random.Random(f"handshake {seed}")
            kind = numbers.choice(["request", "response"])
            case = Case(ours, peer, kind, some_head(kind, numbers))
            if case.is_same():
                same += 1
            elif any(name == peer.name and is_such(case) for name, *_, is_such in EXCEPTIONS):
                known += 1
            else:
                failed += 1
                if failed <= 20:
                    print(f"{peer.name}: {kind} {case.head}: {case.ours or case.error}, they: {case.theirs}")
        print(f"{peer.name}: {count} heads, {same} alike, {known} as known")
    print(f"{failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
