"""Counts what `run` has covered: the lines and branches of the core, from a trace in the format of lcov."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_CORE = ("adapters", "deflate/distances/tests")


def main(what=None):
    if what == "programs":
        print("\n".join(programs(sys.stdin)))
        return
    lines, branches = read(sys.stdin)
    for (path, number), count in sorted(lines.items()):
        if count == 0:
            print(f"{path}:{number}: {text(path, number)}")
    for name, counts in [("lines", lines), ("branches", branches)]:
        reached = sum(count > 0 for count in counts.values())
        print(f"{reached} of {len(counts)} {name} of the core are reached, {reached / len(counts):.1%}")


def programs(messages):
    """The programs that cargo tells it has built of this package."""
    for line in messages:
        message = json.loads(line) if line.startswith("{") else {}
        is_ours = ROOT.as_posix() in message.get("package_id", "")
        if message.get("executable") and is_ours:
            yield message["executable"]


def read(trace):
    """How often each line and each branch of the core was reached. Of generic functions, all copies count."""
    lines, branches, path = {}, {}, None
    for record in trace:
        kind, _, rest = record.strip().partition(":")
        if kind == "SF":
            path = core(rest)
        elif kind == "DA" and path:
            number, count = rest.split(",")[:2]
            add(lines, (path, int(number)), int(count))
        elif kind == "BRDA" and path:
            number, _, branch, count = rest.split(",")
            add(branches, (path, int(number), branch), 0 if count == "-" else int(count))
    return lines, branches


def add(counts, key, count):
    counts[key] = counts.get(key, 0) + count


def core(path):
    """The path below `src`, if the file is of the core."""
    path = pathlib.Path(path)
    if ROOT / "src" not in path.parents:
        return None
    path = path.relative_to(ROOT / "src").as_posix()
    return None if path.startswith(NOT_CORE) else path


def text(path, number):
    return (ROOT / "src" / path).read_text().splitlines()[number - 1].strip()


if __name__ == "__main__":
    main(*sys.argv[1:])
