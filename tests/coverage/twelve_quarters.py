"""Twelve quarters by backfill: is a planted change found in its quarter, and its decision scored as having worked, while a placebo is not?

Writes the sample company with a department that is the lowest throughout and gets a point better on the first day of 2026, and two decisions
of the day before: one on that department, one on a department in which nothing happens. Then `cxresearch backfill` makes the board
of twelve quarters. Holds that the change is announced in the report of its quarter and in no other, that the sparkline has twelve
points, that the decision has worked and that the placebo has not. Takes minutes; run by ``make history``, not by ``make test``.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/twelve_quarters.py [FOLDER]
"""

import json
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pyarrow.compute as pc
import pyarrow.parquet as pq

from cxresearch.cli import main as cxresearch
from cxresearch.sample import write

QUARTERS = [f"{year}Q{q}" for year in (2023, 2024, 2025, 2026) for q in (1, 2, 3, 4)][3:15]
TREATED, PLACEBO = "Billing", "Sales"
DAY, DUE = "2026-01-01", "2026-03-31"
BEFORE, AFTER = -2.0, -1.0  # what is added to the ratings of the treated department
METRIC = "03_touchpoints/Which department lags/{}: adjusted satisfaction"


def plant(folder):
    """Shift the ratings of the treated department, a point less from the day on."""
    path = folder / "interactions.parquet"
    table = pq.read_table(path)
    is_late = pc.greater_equal(pc.strftime(table["started_at"], "%Y-%m-%d"), DAY)
    shift = pc.if_else(pc.equal(pc.cast(table["department"], "string"), TREATED), pc.if_else(is_late, AFTER, BEFORE), 0.0)  # fmt: skip
    rating = pc.max_element_wise(pc.add(pc.cast(table["satisfaction"], "double"), shift), 1.0, skip_nulls=False)  # fmt: skip
    at = table.column_names.index("satisfaction")
    pq.write_table(
        table.set_column(at, "satisfaction", rating.cast(table.schema.field(at).type, safe=False)), path
    )


def decide(folder):
    """Note both decisions, the day before the change."""
    for name in (TREATED, PLACEBO):
        options = {"what": f"simpler handling in {name}", "due": DUE, "decided": "2025-12-31", "owner": name}
        options |= {"metric": METRIC.format(name), "expect": "1", "touches": f"department={name}"}
        cxresearch(["decide", str(folder), *(f"--{key}={value}" for key, value in options.items())])


def faults(reports):
    """What is not as planted."""
    found = []
    for quarter in QUARTERS:
        page = (reports / quarter / "index.html").read_text(encoding="utf-8")
        told = re.findall(rf"{TREATED}: adjusted satisfaction: (up|down) by", page)
        wanted = {"up"} if quarter >= "2026Q1" else set()  # a year ago is before the change until 2026Q3
        if set(told) != wanted:
            found.append(f"{quarter}: announced {told}, planted {wanted}")
    label = re.search(rf"{TREATED}: adjusted satisfaction over (\d+) reports", page)
    if not label or label[1] != str(len(QUARTERS)):
        found.append(f"the sparkline has {label and label[1]} points")
    for quarter in QUARTERS[-3:]:
        kept = json.loads((reports / quarter / "results.json").read_text(encoding="utf-8"))
        verdicts = {one["owner"]: one["verdict"] for one in kept["decisions"]}
        if verdicts.get(TREATED) != "worked" or verdicts.get(PLACEBO) in (None, "worked"):
            found.append(f"{quarter}: verdicts {verdicts}")
    return found


def main(folder=None):
    with tempfile.TemporaryDirectory() as own:
        place = Path(folder or own)
        data, reports = place / "data", place / "reports"
        write(data)
        plant(data)
        decide(data)
        options = ["--only", "03", "--set", "window_months=3", "--out", str(reports)]
        given = ["backfill", "--data", str(data), "--from", QUARTERS[0], "--to", QUARTERS[-1], *options]
        if code := cxresearch(given):
            return code
        found = faults(reports)
    print(
        "\n".join(found) or "twelve quarters: the change is found, its decision worked, the placebo did not"
    )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
