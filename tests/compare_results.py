"""Compare the numbers of two reports: ``python tests/compare_results.py before/results.json after/results.json``.

Prints a line per difference and ends with exit code 1 if there is any. Estimates are told apart by notebook, metric and how often
the metric has come before; what a table says of them (base, method, unit, flag) is compared too. With ``--by-value`` names do not
matter: each notebook must hold the same estimates, intervals and bases, whatever they are called and in whatever order.
"""

import argparse
import json
import math
from collections import Counter
from pathlib import Path

NUMBERS = ("estimate", "low", "high", "n")


def rows(path):
    """The estimates of a results.json by (notebook, metric, occurrence)."""
    seen, found = Counter(), {}
    for row in json.loads(Path(path).read_text(encoding="utf-8"))["results"]:
        key = row["notebook"], row["metric"]
        seen[key] += 1
        found[(*key, seen[key])] = row
    return found


def differences(before, after, tolerance=1e-9):
    """A line for each estimate that only one report has, and for each field that differs."""
    one, other = rows(before), rows(after)
    for key in [*one, *(key for key in other if key not in one)]:
        name = " / ".join(map(str, key))
        if key not in other or key not in one:
            yield f"{name}: only {'before' if key in one else 'after'}"
            continue
        for field in sorted({*one[key], *other[key]}):
            a, b = one[key].get(field), other[key].get(field)
            if not same(a, b, tolerance):
                yield f"{name}: {field} {a!r} → {b!r}"


def moved(before, after):
    """A line for each estimate that only one report has, whatever it is called."""
    one, other = values(before), values(after)
    for side, left in (("before", one - other), ("after", other - one)):
        for notebook, *numbers in sorted(left.elements(), key=str):
            yield f"{notebook}: {numbers} only {side}"


def values(path):
    """How often each notebook tells an estimate with its interval and base."""
    return Counter((key[0], *(row.get(name) for name in NUMBERS)) for key, row in rows(path).items())


def same(a, b, tolerance):
    numeric = all(isinstance(value, (int, float)) for value in (a, b))
    return math.isclose(a, b, rel_tol=tolerance) if numeric else a == b


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--by-value", action="store_true", help="whatever the estimates are called")
    parser.add_argument("--tolerance", type=float, default=1e-9, help="relative, of numbers")
    given = parser.parse_args()
    if given.by_value:
        found = list(moved(given.before, given.after))
    else:
        found = list(differences(given.before, given.after, given.tolerance))
    print(*found, f"{len(found)} differences in {len(rows(given.before))} estimates", sep="\n")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
