"""Northgate with a handful of people in every breakdown: nothing that a report publishes tells how many they are, or how they fared."""

import itertools
import json
import re
import time

import nbformat
import pandas as pd
import pytest

from cxresearch.cli import main
from cxresearch.display import FIGURE, NOTE, PEOPLE, READING, TABLE
from cxresearch.report.audit import audit
from cxresearch.sample import write

NAME = "planted"
# table, column and how many people have a value of their own there
GROUPS = [
    ("customers", "segment", 3),
    ("customers", "region", 4),
    ("customers", "acquisition_channel", 5),
    ("interactions", "channel", 6),
    ("interactions", "department", 7),
    ("interactions", "touchpoint", 8),
    ("contracts", "end_reason", 9),
    ("survey_invitations", "stratum", 7),
    ("survey_responses", "wave", 5),
]
UNKNOWN = [("interactions", "satisfaction", 3), ("interactions", "department", 4), ("customers", "region", 6)]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted") / "data"
    write(folder, customers=1500, months=24)
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name, *_ in GROUPS}
    for seed, (table, column, size) in enumerate([*GROUPS, *UNKNOWN]):
        rows = frames[table]
        if column == "wave":  # answers of the latest wave, as if asked by themselves
            rows = rows[rows["wave"] == "2026Q2"]
        if column == "stratum":
            rows = rows[rows["wave"] == "2026Q3"]
        if column == "end_reason":
            rows = rows[rows["end_reason"].notna()]
        one_each = rows.drop_duplicates("customer_id").sample(size, random_state=seed).index
        value = f"{NAME} {column}" if (table, column, size) in GROUPS else None
        frames[table].loc[one_each, column] = value
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    out = tmp_path_factory.mktemp("reports")
    only = [word for start in ("00", "03", "05", "06", "07") for word in ("--only", start)]
    assert not main(["report", "--data", str(folder), "--period", "2026Q3", "--out", str(out), *only])
    return out / "2026Q3"


@pytest.fixture(scope="module")
def books(report):
    return [nbformat.read(path, as_version=4) for path in sorted(report.glob("*.ipynb"))]


@pytest.fixture(scope="module")
def rows(report):
    kept = json.loads((report / "results.json").read_text())["results"]
    return [row for row in kept if "of" not in row]


def outputs(books, *mimes):
    for book in books:
        for cell in book.cells:
            for output in cell.get("outputs", []):
                for mime in mimes:
                    if mime in output.get("data", {}):
                        yield output.data[mime]


def count(cell):
    return int(cell.replace(",", "")) if re.fullmatch(r"[\d,]+", cell) else None


def test_no_line_of_a_handful_has_a_number(books, rows):
    lines = [
        [cell for name, cell in zip(content["header"], line, strict=True) if name != "rows" and cell != "0"]
        for content in outputs(books, TABLE, FIGURE)
        for line in content["rows"]
    ]
    planted = [line for line in lines if any(NAME in cell for cell in line)]
    assert planted
    for line in planted:
        assert not re.search(
            r"\d",
            " ".join(line)
            .replace("within 7 days", "")
            .replace("fewer than 10", "")
            .replace("base under 10", ""),
        ), line
    told = [row for row in rows if NAME in row["metric"]]
    assert told
    assert {row["flag"] for row in told} == {"suppressed"}
    assert {row["estimate"] for row in told} == {None}


def test_no_sentence_says_more(books):
    texts = [c.get("text", "") + c.get("alt", "") for c in outputs(books, READING, NOTE, FIGURE)]
    for text in texts:
        for sentence in re.split(r"(?<=[.;]) ", text):
            assert not re.search(NAME + r"[^,;.]*[ (:]\d", sentence), sentence


def test_totals_differ_by_no_handful(books, rows):
    counts = {row["n"] for row in rows if row["n"] is not None}
    for content in outputs(books, TABLE, FIGURE):
        if "results" not in content:
            columns = [at for at, name in enumerate(content["header"]) if name in PEOPLE]
            counts |= {count(line[at]) for line in content["rows"] for at in columns} - {None}
    assert len(counts) > 20
    assert {n for n in counts if 0 < n < 10} == set()
    assert [pair for pair in itertools.combinations(counts, 2) if abs(pair[0] - pair[1]) < 10] == []


def step(row):
    """The unit to which an estimate is stated: at least that of its last digit."""
    values = [row[name] for name in ("estimate", "low", "high") if row[name] is not None]
    digits = max(len(repr(value).partition(".")[2].rstrip("0")) for value in values if abs(value) < 1e15)
    return 10.0**-digits


def test_no_share_times_its_base_is_a_handful(rows):
    shares = [r for r in rows if r["unit"] == "share" and r["estimate"] is not None]
    counted = [r for r in shares if re.search("Wilson|Kaplan–Meier|Aalen–Johansen", r["method"])]
    # the share of a theme is of all writers, its base are the theme's own
    counted = [r for r in counted if "share of writers" not in r["method"]]
    assert len(counted) > 10
    bad = []
    for row in counted:
        half, bases = step(row) / 2, (max(row["n"] - 5, 10), row["n"] + 4)
        for share in (row["estimate"], 1 - row["estimate"]):
            least, most = (share - half) * bases[0], (share + half) * bases[1]
            if not (most >= 10 or least <= 0):
                bad.append(row)
    assert bad == []


def test_no_picture_of_who_left_is_of_a_handful(books):
    """Shares of people in the numbers of pictures; groups by a model's risk are nobody's but the model's."""
    drawn = [content for content in outputs(books, FIGURE) if {"left", "customers"} <= set(content["header"])]
    assert drawn
    for content in drawn:
        share_at, n_at = content["header"].index("left"), content["header"].index("customers")
        for line in content["rows"]:
            share, n = float(line[share_at].strip("%")) / 100, count(line[n_at])
            assert not 0 < share * (n - 5) < 9 and not 0 < (1 - share) * (n - 5) < 9, line


def test_no_mean_times_its_base_is_a_sum(rows):
    means = [
        r
        for r in rows
        if r["method"].startswith("mean") and r["estimate"] is not None and "Brier" not in r["metric"]
    ]
    assert len(means) > 10
    for row in means:
        half, bases = step(row) / 2, (max(row["n"] - 5, 10), row["n"] + 4)
        least, most = (abs(row["estimate"]) - half) * bases[0], (abs(row["estimate"]) + half) * bases[1]
        assert most - least > 10, row  # more than any one answer can be


NUMBER = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?%?")


def test_no_sentence_is_finer_than_the_tables(report, rows):
    """A number of a sentence that rounds to a published estimate is that estimate: further digits would undo its rounding."""
    finer = set()
    for path in sorted(report.glob("*.ipynb")):
        of_it = [row for row in rows if row["notebook"] == path.stem]
        published = [
            (abs(row[name]), step(row))
            for row in of_it
            for name in ("estimate", "low", "high")
            if row[name] is not None
        ]
        assert published
        for content in outputs([nbformat.read(path, as_version=4)], READING, NOTE, FIGURE):
            for text in NUMBER.findall(content.get("text", "") + content.get("alt", "")):
                digits, value = re.sub("[,.%]", "", text).strip("0"), float(re.sub("[,%]", "", text))
                value /= 100 if text.endswith("%") else 1
                if len(digits) > 3:  # a shorter one may be anything
                    near = [(p, unit) for p, unit in published if 0 < abs(value - p) < unit / 2]
                    finer |= {(text, p) for p, unit in near if round(value / unit) * unit == pytest.approx(p)}
    assert finer == set()


def test_the_audit_finds_nothing_more_and_takes_a_moment(books):
    began = time.perf_counter()
    assert audit(books) == 0
    assert time.perf_counter() - began < 1
