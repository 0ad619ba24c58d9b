"""Weaves all mutants into the crate, and runs its tests with each: weave.py TREE LIST RESULTS FEATURES TARGET..

TREE is a copy of the crate, which is changed; LIST is what `cargo mutants --list --json` says; FEATURES and TARGET are
arguments of cargo, such as `--all-features` and `--test=core`. Each function gets its body once more for every mutant of
it, and takes the one that the environment variable MUTANT numbers. So the program is built once, and a mutant costs no
more than the tests that it takes to catch it.

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
import tempfile
import time

PROLOGUE = """
#[doc(hidden)]
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, clippy::all)]
pub mod mutant {
    use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::io::Write;

    /// The number of the mutant that runs, `NONE`, or `NOTE`.
    static ACTIVE: AtomicUsize = AtomicUsize::new(NONE);

    /// No mutant runs.
    const NONE: usize = usize::MAX;

    /// No mutant runs, and the functions that run are noted.
    const NOTE: usize = usize::MAX - 1;

    /// The functions that have run, by their first mutants.
    static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

    #[used]
    #[unsafe(link_section = ".init_array")]
    static INIT: extern "C" fn() = init;

    unsafe extern "C" {
        fn atexit(call: extern "C" fn()) -> i32;
    }

    extern "C" fn init() {
        let number = std::env::var("MUTANT").ok().and_then(|number| number.parse().ok());
        ACTIVE.store(number.unwrap_or(NONE), Ordering::Relaxed);
        if std::env::var_os("REACHED").is_some() {
            ACTIVE.store(NOTE, Ordering::Relaxed);
            unsafe { atexit(write_reached) };
        }
    }

    extern "C" fn write_reached() {
        let path = std::env::var_os("REACHED").unwrap();
        let mut file = std::fs::File::create(path).unwrap();
        for (number, reached) in REACHED.iter().enumerate() {
            if reached.load(Ordering::Relaxed) {
                writeln!(file, "{number}").unwrap();
            }
        }
    }

    /// Returns the number of the mutant that runs. `first` is the first mutant of the function that asks.
    #[inline(always)]
    pub const fn active(first: usize) -> usize {
        core::intrinsics::const_eval_select((first,), none, given)
    }

    const fn none(_: usize) -> usize {
        NONE
    }

    #[inline(always)]
    fn given(first: usize) -> usize {
        let active = ACTIVE.load(Ordering::Relaxed);
        if active == NOTE {
            REACHED[first].store(true, Ordering::Relaxed);
        }
        active
    }

    /// One of two iterators.
    #[derive(Clone)]
    pub enum Either<A, B> {
        Left(A),
        Right(B),
    }

    impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for Either<A, B> {
        type Item = A::Item;

        fn next(&mut self) -> Option<A::Item> {
            match self {
                Self::Left(left) => left.next(),
                Self::Right(right) => right.next(),
            }
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            match self {
                Self::Left(left) => left.size_hint(),
                Self::Right(right) => right.size_hint(),
            }
        }
    }
}
"""

Edit = collections.namedtuple("Edit", "start end text number")


def main(tree, list_path, results_path, features, *targets):
    tree, here = pathlib.Path(tree), pathlib.Path()
    results = pathlib.Path(results_path)
    lines = results.read_text().splitlines() if results.exists() else []
    done = {line.split(" ", 1)[1] for line in lines}
    # What is declared as a module twice is in the list twice.
    mutants = {mutant["name"]: mutant for mutant in json.loads(pathlib.Path(list_path).read_text())}
    mutants = [mutant for name, mutant in mutants.items() if name not in done]
    if not mutants:
        return
    sources = {str(file): file.read_text() for file in here.glob("src/**/*.rs")}
    allow_unsafe(tree / "Cargo.toml")
    woven, left = sort_out(mutants, sources)
    unviable = set()
    while True:
        lines, heads = write(tree, sources, mutants, woven, unviable | left)
        bad, stuck = faults(tree, features, lines, heads)
        if not bad | stuck:
            break
        print(f"{len(bad)} do not compile, {len(stuck)} cannot be woven", flush=True)
        unviable |= bad
        left |= stuck
    constant = {
        change.number for (file, (start, _)), changes in woven.items() for change in changes
        if "const fn" in sources[file][sources[file].rfind("fn ", 0, start) - 8 : start]
    }
    firsts = {change.number: min(change.number for change in changes) for changes in woven.values() for change in changes}
    with results.open("a") as out:
        for number in sorted(unviable | left):
            print("left" if number in left else "unviable", mutants[number]["name"], file=out)
        suites = [Suite(tree, features, target) for target in targets]

        def try_one(number):
            outcome, name = run(suites, number, firsts[number]), mutants[number]["name"]
            # The compiler may have called the function, too.
            if outcome == "missed" and number in constant:
                outcome = "left"
            if outcome != "caught":
                print(outcome, name, flush=True)
            print(f"{outcome} {name}\n", end="", file=out, flush=True)

        waiting = [number for number in range(len(mutants)) if number not in unviable | left]
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
        # Bodies that differ in a type without a name are no arms of one `match`, but for iterators.
        if function is None or "impl " in function["return_type"].removeprefix("-> impl Iterator"):
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
            numbers = [change.number for change in changes]
            first = min(change.number for change in woven[file, (start, end)])
            out += f"let mutant = crate::mutant::active({first});\n"
            opens, closes = "", ""
            is_iterator = "-> impl Iterator" in signature
            if not is_iterator:
                out += f"if mutant >= {min(numbers)} && mutant <= {max(numbers)} {{ match mutant {{\n"
            for change in changes:
                from_line = out.count("\n") + 1
                body = source[start : change.start] + change.text + " " + source[change.end : end]
                if body.strip("{ \n}") == "" or change.text == "()":
                    body = "{}"
                if is_iterator:
                    body = body.replace("Vec::leak(", "&*Vec::leak(").replace("Box::leak(", "&*Box::leak(")
                    out += f"if mutant == {change.number} {{ return {opens}crate::mutant::Either::Left({body}){closes}; }}\n"
                    opens, closes = opens + "crate::mutant::Either::Right(", ")" + closes
                else:
                    out += f"{change.number} => return {body},\n"
                for line in range(from_line, out.count("\n") + 1):
                    lines[file][line] = change.number
            out += f"{opens}{source[start:end]}{closes}\n}}" if is_iterator else "_ => {}\n}}\n" + source[start:end] + "\n}"
            if is_iterator:
                for line in range(last_line, out.count("\n") + 2):
                    heads[file][line] = set(numbers)
            at = end
        out += source[at:]
        if file == "src/lib.rs":
            out = out.replace("#![no_std]", "#![no_std]\n#![feature(core_intrinsics, const_eval_select)]\n#![allow(internal_features)]", 1) + PROLOGUE.replace("COUNT", str(len(mutants)))
        path = tree / file
        if not path.exists() or path.read_text() != out:
            path.write_text(out)
    return lines, heads


def cargo(tree, command, *options):
    process = subprocess.run(
        ["cargo", command, "--message-format=json", "--profile=mutants", *options],
        cwd=tree,
        capture_output=True,
        text=True,
    )
    return process, [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]


def faults(tree, features, lines, heads):
    """The mutants that do not compile, and those of functions that cannot be woven."""
    process, messages = cargo(tree, "check", features, "--lib")
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


def build(tree, features, target):
    process, messages = cargo(tree, "test", "--no-run", features, target)
    if process.returncode != 0:
        sys.exit(process.stdout + process.stderr)
    return [message["executable"] for message in messages if message.get("executable")][-1]


class Suite:
    """The tests of a program."""

    def __init__(self, tree, features, target):
        self.tree, self.program = tree, build(tree, features, target)
        self.killers = collections.defaultdict(list)
        listed = subprocess.run([self.program, "--list", "--format=terse"], cwd=tree, capture_output=True, text=True)
        names = [line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            noted = list(pool.map(self.note, names))
        # How long each test takes, in seconds, and which functions it runs.
        self.seconds = {name: seconds for name, (seconds, _) in zip(names, noted)}
        self.tests, reached = collections.defaultdict(list), dict(zip(names, noted))
        for name in sorted(names, key=self.seconds.get):
            for first in reached[name][1]:
                self.tests[first].append(name)
        print(f"{target}: {len(names)} tests, {sum(self.seconds.values()):.0f} s", flush=True)

    def note(self, name):
        with tempfile.NamedTemporaryFile() as reached:
            start = time.monotonic()
            process = self.run([name], 600, REACHED=reached.name)
            if process.returncode != 0:
                sys.exit(f"{name} fails without a mutant")
            return time.monotonic() - start, [int(line) for line in reached.read().split()]

    def run(self, names, seconds, **environment):
        command = ["tests/mutants/program", self.program, str(seconds), *names]
        return subprocess.run(command, cwd=self.tree, env={**os.environ, **environment}, capture_output=True)

    def catches(self, number, first):
        killers, tests = self.killers[first], self.tests[first]
        for names in batches([*killers, *(test for test in tests if test not in killers)], self.seconds):
            process = self.run(names, 5 + round(4 * sum(map(self.seconds.get, names))), MUTANT=str(number))
            if process.returncode != 0:
                for name in re.findall(rb"^---- (\S+)(?: - should panic)? stdout ----$", process.stdout, re.M):
                    name = name.decode()
                    killers[:] = [name, *(other for other in killers if other != name)][:8]
                return True
        return False


def batches(names, seconds):
    """Splits tests such that each batch takes longer than the one before."""
    batch, most = [], 0.1
    for name in names:
        batch.append(name)
        if sum(map(seconds.get, batch)) > most:
            yield batch
            batch, most = [], 3 * most
    if batch:
        yield batch


def run(suites, number, first):
    # Who has the fewest tests of a function is likely to have those which are meant for it.
    for suite in sorted(suites, key=lambda suite: sum(map(suite.seconds.get, suite.tests[first]))):
        if suite.catches(number, first):
            return "caught"
    return "missed"


if __name__ == "__main__":
    main(*sys.argv[1:])
