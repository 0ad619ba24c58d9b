"""Weaves all mutants into the crate, and runs its tests with each: weave.py TREE LIST RESULTS

TREE is a copy of the crate, which is changed; LIST is what `cargo mutants --list --json` says. Each function gets
its body once more for every mutant of it, and takes the one that the environment variable MUTANT numbers. So the
program is built once, and a mutant costs no more than the tests that it takes to catch it.

RESULTS gets a line for each mutant: `caught`, `missed`, `unviable` if it does not compile, or `left` if it cannot be
woven. Those which are there already are not run again.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys

PROLOGUE = """
#[doc(hidden)]
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod mutant {
    use core::sync::atomic::{AtomicUsize, Ordering};

    static ACTIVE: AtomicUsize = AtomicUsize::new(usize::MAX);

    #[used]
    #[unsafe(link_section = ".init_array")]
    static INIT: extern "C" fn() = init;

    extern "C" fn init() {
        let number = std::env::var("MUTANT").ok().and_then(|number| number.parse().ok());
        ACTIVE.store(number.unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    #[inline(always)]
    pub const fn active() -> usize {
        core::intrinsics::const_eval_select((), none, given)
    }

    const fn none() -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn given() -> usize {
        ACTIVE.load(Ordering::Relaxed)
    }
}
"""

TARGETS = ["--test=core", "--test=wire", "--lib"]

Edit = collections.namedtuple("Edit", "start end text number")


def main(tree, list_path, results_path):
    tree, here = pathlib.Path(tree), pathlib.Path()
    # What is declared as a module twice is in the list twice.
    mutants = {mutant["name"]: mutant for mutant in json.loads(pathlib.Path(list_path).read_text())}
    mutants = list(mutants.values())
    sources = {file: (here / file).read_text() for file in {mutant["file"] for mutant in mutants}}
    sources["src/lib.rs"] = (here / "src/lib.rs").read_text()
    allow_unsafe(tree / "Cargo.toml")
    woven, left = sort_out(mutants, sources)
    results = pathlib.Path(results_path)
    done = {}
    if results.exists():
        done = dict(reversed(line.split(" ", 1)) for line in results.read_text().splitlines())
    unviable = {number for number, mutant in enumerate(mutants) if done.get(mutant["name"]) == "unviable"}
    while True:
        lines, heads = write(tree, sources, mutants, woven, unviable | left)
        bad, stuck = faults(tree, lines, heads)
        if not bad | stuck:
            break
        print(f"{len(bad)} do not compile, {len(stuck)} cannot be woven", flush=True)
        unviable |= bad
        left |= stuck
    programs, killers = {}, collections.defaultdict(list)
    with results.open("a") as out:
        for number in sorted(unviable | left):
            if mutants[number]["name"] not in done:
                outcome = "left" if number in left else "unviable"
                print(outcome, mutants[number]["name"], file=out)
        for target in TARGETS:
            programs[target] = build(tree, target)

        def try_one(number):
            outcome, name = run(tree, programs, killers, number, mutants[number]["file"]), mutants[number]["name"]
            if outcome == "missed":
                print("missed", name, flush=True)
            print(f"{outcome} {name}\n", end="", file=out, flush=True)

        waiting = [
            number for number, mutant in enumerate(mutants)
            if mutant["name"] not in done and number not in unviable | left
        ]
        # So that a run which is ended early has tried a sample of all.
        random.Random(1).shuffle(waiting)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(try_one, waiting))


def allow_unsafe(manifest):
    text = manifest.read_text()
    allowed = text.replace('unsafe_code = "forbid"\n', "")
    if text != allowed:
        manifest.write_text(allowed)


def sort_out(mutants, sources):
    """The mutants of each function that can be woven, and those which cannot."""
    left = set()
    woven = collections.defaultdict(list)
    for number, mutant in enumerate(mutants):
        function = mutant["function"]
        # Bodies that differ in a type without a name are no arms of one `match`.
        if function is None or "impl " in function["return_type"]:
            left.add(number)
            continue
        source = sources[mutant["file"]]
        span = mutant["function"]["span"]
        body = body_of(source, offset(source, span["start"]), offset(source, span["end"]))
        start, end = (offset(source, mutant["span"][at]) for at in ("start", "end"))
        # A length in the signature is no part of the body.
        if start < body[0]:
            left.add(number)
            continue
        woven[mutant["file"], body].append(Edit(start, end, mutant["replacement"], number))
    for file, (start, end) in sorted(woven, key=lambda key: key[1][0] - key[1][1]):
        for other in list(woven):
            # A function within a function is part of its body.
            if other[0] == file and start < other[1][0] and other[1][1] <= end - 1 and other in woven:
                woven[file, (start, end)] += woven.pop(other)
    return woven, left


def offset(source, place):
    lines = source.split("\n")
    return sum(len(line) + 1 for line in lines[: place["line"] - 1]) + place["column"] - 1


def body_of(source, start, end):
    """Where the body of a function lies, braces included."""
    at = re.compile(r"^\s*(pub(\([a-z ]*\))? )?(const )?fn ", re.M).search(source, max(start - 8, 0), end).end()
    depth = 0
    while True:
        if source[at] in "([":
            depth += 1
        elif source[at] in ")]":
            depth -= 1
        elif source[at] == "{" and depth == 0:
            return at, end
        at += 1


def write(tree, sources, mutants, woven, without):
    """Writes the tree with the mutants. Returns for each line which mutant it is of, and for each line of a
    signature which mutants its function has."""
    lines, heads = collections.defaultdict(dict), collections.defaultdict(dict)
    for file, source in sources.items():
        edits = []
        for (other, (start, end)), changes in woven.items():
            changes = [change for change in changes if change.number not in without]
            if other == file and changes:
                edits.append((start, end, changes))
        out, at = "", 0
        for start, end, changes in sorted(edits):
            out += source[at:start] + "{\n"
            signature = source[source.rfind("fn ", 0, start) : start]
            last_line = out.count("\n")
            for line in range(last_line - signature.count("\n"), last_line + 1):
                heads[file][line] = {change.number for change in changes}
            first, last = changes[0].number, changes[-1].number
            numbers = [change.number for change in changes]
            out += f"let mutant = crate::mutant::active();\nif mutant >= {min(numbers)} && mutant <= {max(numbers)} {{ match mutant {{\n"
            for change in changes:
                from_line = out.count("\n") + 1
                body = source[start : change.start] + change.text + " " + source[change.end : end]
                if body.strip("{ \n}") == "" or change.text == "()":
                    body = "{}"
                out += f"{change.number} => return {body},\n"
                for line in range(from_line, out.count("\n") + 1):
                    lines[file][line] = change.number
            out += "_ => {}\n}}\n" + source[start:end] + "\n}"
            at = end
        out += source[at:]
        if file == "src/lib.rs":
            out = out.replace("#![no_std]", "#![no_std]\n#![feature(core_intrinsics, const_eval_select)]\n#![allow(internal_features)]", 1) + PROLOGUE
        path = tree / file
        if path.read_text() != out:
            path.write_text(out)
    return lines, heads


def cargo(tree, command, *options):
    features = ["--features=deflate,digest,http,legacy,std", "--message-format=json", "--profile=mutants"]
    process = subprocess.run(
        ["cargo", command, *features, *options], cwd=tree, capture_output=True, text=True
    )
    return process, [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]


def faults(tree, lines, heads):
    """The mutants that do not compile, and those of functions that cannot be woven."""
    process, messages = cargo(tree, "check", "--lib")
    bad, stuck = set(), set()
    for message in messages:
        if message["reason"] != "compiler-message" or message["message"]["level"] != "error":
            continue
        spans = [span for span in message["message"]["spans"] if span["is_primary"]]
        found = {lines[span["file_name"]].get(line) for span in spans for line in range(span["line_start"], span["line_end"] + 1)}
        # A span of a whole `match` or `if` names none.
        if len(found - {None}) == 1:
            bad |= found - {None}
            continue
        # A `const fn` cannot drop what it takes by value, whichever mutant runs.
        of_heads = set().union(*(heads[span["file_name"]].get(span["line_start"], set()) for span in spans))
        stuck |= of_heads
        if spans and not of_heads:
            sys.exit("not of a mutant: " + message["message"]["rendered"])
    if process.returncode != 0 and not bad | stuck:
        sys.exit(process.stderr)
    return bad, stuck


def build(tree, what):
    process, messages = cargo(tree, "test", "--no-run", what)
    if process.returncode != 0:
        sys.exit(process.stdout + process.stderr)
    return [message["executable"] for message in messages if message.get("executable")][-1]


def run(tree, programs, killers, number, file):
    environment = {**os.environ, "MUTANT": str(number)}
    # The judge of distances is tested in its file.
    targets = reversed(TARGETS) if file.startswith("src/deflate/distances") else TARGETS
    for target in targets:
        known = killers[target, file]
        # What has caught the mutants before is likely to catch this one.
        for arguments in ["--exact", *known], []:
            if arguments == ["--exact"]:
                continue
            command = ["tests/mutants/program", programs[target], *arguments]
            process = subprocess.run(command, cwd=tree, env=environment, capture_output=True)
            if process.returncode != 0:
                for name in re.findall(rb"^---- (\S+)(?: - should panic)? stdout ----$", process.stdout, re.M):
                    name = name.decode()
                    known[:] = [name, *(other for other in known if other != name)][:12]
                return "caught"
    return "missed"


if __name__ == "__main__":
    main(*sys.argv[1:])
