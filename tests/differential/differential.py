"""Compares compression with zlib, as Python has it: what either makes, the other reads, and of what is
broken, both say the same."""

import random
import subprocess
import sys
import zlib

TAIL = b"\x00\x00\xff\xff"
# A stored block, whatever is in the rest of its first byte: if both forms are read, then from its start.
MARKS = [b"\x00\x04\x00\xfb\xffMARK", b"\xf8\x04\x00\xfb\xffMARK"]

STRATEGIES = [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]


class Driver:
    """Answers a line to a line."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command, *fields):
        fields = [field.hex() if isinstance(field, bytes) else str(field) for field in fields]
        self.process.stdin.write(f"{command} {'|'.join(fields)}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("the driver has died")
        return answer.rstrip("\n").split("|")


def parameters(bits, takeover):
    reset = [] if takeover else ["server_no_context_takeover"]
    return "; ".join([*reset, f"server_max_window_bits={bits}"])


def some_bytes(numbers, most):
    """Words, noise and what is between."""
    kind, length = numbers.randrange(5), int(most ** numbers.random())
    if kind == 0:
        return numbers.randbytes(length)
    if kind == 1:
        return bytes(length)
    if kind == 2:
        return bytes(numbers.choices(b"abcde", k=length))
    words = [numbers.randbytes(numbers.randrange(1, 12)).hex().encode() for _ in range(20)]
    text = b" ".join(numbers.choices(words, k=length // 4 + 1))
    return text[:length]


def some_messages(numbers, most=40_000):
    return [some_bytes(numbers, most) for _ in range(numbers.randrange(1, 6))]


class Compressor:
    """Messages as zlib compresses them, in any of its ways."""

    def __init__(self, numbers, bits, takeover):
        self.numbers, self.bits, self.takeover = numbers, bits, takeover
        self.history = b""
        self.make()

    def make(self):
        numbers = self.numbers
        options = {"zdict": self.history} if self.history and self.takeover else {}
        self.compressor = zlib.compressobj(
            numbers.randrange(10),
            zlib.DEFLATED,
            -max(self.bits, 9),
            numbers.randrange(1, 10),
            numbers.choice(STRATEGIES),
            **options,
        )

    def compress(self, message):
        numbers = self.numbers
        if not self.takeover:
            self.make()
        payload, at = b"", 0
        while at < len(message) and numbers.randrange(3) == 0:
            size = numbers.randrange(1, len(message) + 1)
            payload += self.compressor.compress(message[at : at + size])
            flush = [zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK, zlib.Z_NO_FLUSH]
            payload += self.compressor.flush(numbers.choice(flush))
            at += size
        payload += self.compressor.compress(message[at:])
        self.history = (self.history + message)[-(1 << self.bits) :]
        if numbers.randrange(4) == 0:
            # A last block, and the start of an empty one, or not even that.
            payload += self.compressor.flush(zlib.Z_FINISH)
            self.make()
            return payload + numbers.choice([b"", b"\0"])
        payload += self.compressor.flush(numbers.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH]))
        # Behind a flush, zlib has nothing to add.
        return payload[: -len(TAIL)] if payload.endswith(TAIL) else payload + b"\0"


class Refused(Exception):
    pass


class Decompressor:
    """Messages as zlib inflates them: RFC 7692, section 7.2.2."""

    def __init__(self, bits, takeover):
        self.bits, self.takeover = bits, takeover
        self.history = b""
        self.make()

    def make(self):
        self.inflater = zlib.decompressobj(-self.bits, zdict=self.history)

    def feed(self, payload):
        message = b""
        while payload:
            made = self.inflater.decompress(payload)
            payload = self.inflater.unused_data
            message += made
            self.history = (self.history + made)[-(1 << 15) :]
            if not self.inflater.eof:
                break
            self.make()
            self.is_fresh = not payload
        return message

    def decompress(self, payload):
        if not self.takeover:
            self.history = b""
            self.make()
        try:
            self.is_fresh = False
            message = self.feed(payload)
            if payload and not self.is_fresh:
                message += self.feed(TAIL)
        except zlib.error as error:
            raise Refused from error
        # Whether it is between two blocks, and two bytes.
        try:
            is_between = all(self.inflater.copy().decompress(mark) == b"MARK" for mark in MARKS)
        except zlib.error:
            is_between = False
        if not is_between:
            raise Refused
        return message


def read_theirs(driver, numbers):
    """What zlib compresses, we inflate."""
    bits, takeover = numbers.randrange(8, 16), numbers.random() < 0.7
    compressor = Compressor(numbers, bits, takeover)
    messages = some_messages(numbers)
    payloads = [compressor.compress(message) for message in messages]
    answer = driver.ask("inflate", parameters(bits, takeover), *payloads)
    return answer == [message.hex() for message in messages], (bits, takeover, payloads)


def write_ours(driver, numbers):
    """What we compress, zlib inflates."""
    bits, takeover = numbers.randrange(8, 16), numbers.random() < 0.7
    level, memory = numbers.randrange(10), numbers.randrange(1, 10)
    messages = some_messages(numbers)
    size = numbers.choice([1 << 20, 1 << 20, 1000, 17 * len(messages[0]) // 100 + 10])
    # Some are prepared, as for many connections: the compressor of this one has not seen them.
    prepared = numbers.choice([0, 0.1, 0.5, 0.9])
    fields = [("*" if numbers.random() < prepared else "") + message.hex() for message in messages]
    answer = driver.ask("deflate", parameters(bits, takeover), level, memory, size, *fields)
    decompressor = Decompressor(bits, takeover)
    try:
        read = [
            bytes.fromhex(payload[1:]) if payload.startswith("=") else decompressor.decompress(bytes.fromhex(payload))
            for payload in answer
        ]
    except Refused:
        read = None
    return read == messages, (bits, takeover, level, memory, size, messages)


def judge_broken(driver, numbers):
    """What is broken, or noise, both refuse, or both take in the same way."""
    takeover = numbers.random() < 0.7
    compressor = Compressor(numbers, 15, takeover)
    payloads = [compressor.compress(message) for message in some_messages(numbers, 300)]
    for _ in range(numbers.randrange(1, 4)):
        which = numbers.randrange(len(payloads))
        payload = bytearray(payloads[which])
        at = numbers.randrange(len(payload) + 1)
        match numbers.randrange(5):
            case 0:
                payload[at:at] = numbers.randbytes(numbers.randrange(1, 5))
            case 1:
                del payload[at:]
            case 2:
                payload[at : at + 1] = bytes([1 << numbers.randrange(8)])
            case 3:
                payload = numbers.randbytes(numbers.randrange(1, 30))
            case 4:
                del payload[at : at + numbers.randrange(1, 4)]
        payloads[which] = bytes(payload)
    decompressor = Decompressor(15, takeover)
    wanted = []
    try:
        for payload in payloads:
            wanted.append(decompressor.decompress(payload).hex())
    except Refused:
        wanted.append("!")
    answer = driver.ask("inflate", parameters(15, takeover), *payloads)
    judge_broken.refused += wanted[-1] == "!"
    return answer == wanted, (takeover, payloads, wanted, answer)


judge_broken.refused = 0


def main():
    driver = Driver(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    passed = failed = 0
    for compare, factor in [(read_theirs, 1), (write_ours, 1), (judge_broken, 4)]:
        differences = 0
        for seed in range(count * factor):
            is_same, case = compare(driver, random.Random(f"{compare.__name__} {seed}"))
            if not is_same:
                differences += 1
                if differences <= 3:
                    print(f"{compare.__name__} {seed}: {str(case)[:2000]}")
        print(f"{compare.__name__}: {count * factor} cases, {differences} differences")
        passed += count * factor - differences
        failed += differences
    print(f"{judge_broken.refused} broken ones were refused")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
