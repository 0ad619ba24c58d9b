#!/usr/bin/env python3
"""tally.py REPORTS RUN.. -- a table of what autobahn_run.py found, and one line which sums it up."""
import json
import sys

COLUMNS = ["OK", "NON-STRICT", "INFORMATIONAL", "FAILED"]


def column(result):
    """What stands for both the behaviour of a case and its closing."""
    closed_well = result["behaviorClose"] in ("OK", "INFORMATIONAL")
    return result["behavior"] if closed_well and result["behavior"] in COLUMNS else "FAILED"


def main(reports, runs):
    passed = failed = 0
    print("\n%-17s" % "run" + "".join("%15s" % c for c in COLUMNS))
    for run in runs:
        try:
            with open("%s/%s/summary.json" % (reports, run)) as f:
                summary = json.load(f)
            with open("%s/%s/index.json" % (reports, run)) as f:
                results = next(iter(json.load(f).values())).values()
        except FileNotFoundError:
            print("%-17s did not run" % run)
            failed += 1
            continue
        counts = dict.fromkeys(COLUMNS, 0)
        for result in results:
            counts[column(result)] += 1
        counts["FAILED"] += summary["missing"]
        print("%-17s" % run + "".join("%15d" % counts[c] for c in COLUMNS))
        passed += summary["cases"] - len(summary["bad"])
        # A run which went wrong as a whole has failed, even if each case got its result.
        failed += len(summary["bad"]) or bool(summary["trouble"])
    print("\n%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
