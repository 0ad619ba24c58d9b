"""Counts mutants.

score.py retry LIST RESULTS      takes from the results what was missed without an explanation
score.py again LIST RESULTS      expressions for those which `cargo mutants` has to try
score.py merge RESULTS OUTPUT    adds what it has found to the results
score.py table LIST RESULTS      the score of each file, and who survived without an explanation
"""

import collections
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent


def main(command, *paths):
    {"retry": retry, "again": again, "merge": merge, "table": table}[command](*map(pathlib.Path, paths))


def retry(list_path, results_path):
    results, explained = read(results_path), explanations()
    waiting = {
        name for name in names(list_path)
        if results.get(name) == "missed" and not is_explained(name, explained)
    }
    kept = [f"{outcome} {name}\n" for name, outcome in results.items() if name not in waiting]
    results_path.write_text("".join(kept))


def again(list_path, results_path):
    results, explained = read(results_path), explanations()
    for name in names(list_path):
        if results[name] == "left" and not is_explained(name, explained):
            print(f"^{re.escape(name)}$")


def merge(results_path, output):
    with results_path.open("a") as results:
        for outcome in ("caught", "missed", "timeout", "unviable"):
            for name in (output / f"{outcome}.txt").read_text().splitlines():
                print(outcome, name, file=results)


def table(list_path, results_path):
    results, explained = read(results_path), explanations()
    counts = collections.defaultdict(collections.Counter)
    survivors = []
    for name in names(list_path):
        file, outcome = name.split(":")[0], results[name]
        if outcome in ("missed", "left") and is_explained(name, explained):
            outcome = "explained"
        if outcome == "missed":
            survivors.append(name)
        counts[file][outcome] += 1
    print("| file | viable | caught | explained | missed |")
    print("|---|---:|---:|---:|---:|")
    total = collections.Counter()
    for file, count in sorted(counts.items()):
        total += count
        print(row(file.removeprefix("src/"), count))
    print(row("all", total))
    print(*(f"missed: {name}" for name in survivors), sep="\n")
    print(f"{total['caught']} of {viable(total)} caught, {100 * total['caught'] / viable(total):.1f} %")
    sys.exit(1 if survivors else 0)


def names(list_path):
    """The mutants, each once: what is declared as a module twice is in the list twice."""
    return dict.fromkeys(mutant["name"] for mutant in json.loads(list_path.read_text()))


def read(results_path):
    """What became of each mutant last."""
    return dict(line.split(" ", 1)[::-1] for line in results_path.read_text().splitlines())


def explanations():
    """How many mutants of each name may survive."""
    lines = (HERE / "survivors.txt").read_text().splitlines()
    return collections.Counter(line for line in lines if line.startswith("src/"))


def is_explained(name, explained):
    """Whether one may, which is then one less."""
    without_place = re.sub(r":\d+:\d+:", ":", name, count=1)
    explained[without_place] -= 1
    return explained[without_place] >= 0


def viable(count):
    return count.total() - count["unviable"]


def row(name, count):
    cells = [name, viable(count), count["caught"], count["explained"], count["missed"]]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main(*sys.argv[1:])
