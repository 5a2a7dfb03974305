"""results.json is what docs/results.md says, and every number in it is found again in the next period."""

import datetime
import re

import nbformat
import pytest
from paths import ROOT

from cxresearch.kernels import nbfiles
from cxresearch.report.series import identified, without_period
from tests.report.test_report import go, results_of  # noqa: F401

PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
SOURCE = """
import pandas as pd
import cxresearch as cx
day, label = pd.Timestamp(as_of), pd.Timestamp(as_of).to_period("Q")
def rows(*names):
    return pd.DataFrame({"metric": names, "estimate": 0.5, "low": 0.4, "high": 0.6, "n": 400, "method": "m", "unit": "share"})
before = (day - pd.offsets.MonthEnd(3)).date()
cx.report.record(rows("retained at period 1", f"left after {before}", f"wave {label}"), "A", headline=["retained at period 1"])
"""
AGAIN = """cx.report.record(rows("retained at period 1").assign(series="retained early"), "B", of="orders")"""
FINDING = """cx.report.finding("Money", "text", at_stake=(2, 1, 3))"""
TYPES = {
    "text": lambda v: isinstance(v, str),
    "date": lambda v: isinstance(v, str) and bool(datetime.date.fromisoformat(v)),
    "number": lambda v: isinstance(v, float | int) and not isinstance(v, bool),
    "whole number": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
    "true": lambda v: v is True,
    "null": lambda v: v is None,
}


def documented(heading):
    """Field → type, as a section of the page has them."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    fields = dict(re.findall(r"^\| (\w+) \| ([^|]+) \|", section, re.M))
    fields.pop("field")
    return fields


def check(content, heading):
    fields = documented(heading)
    required = {name for name, kind in fields.items() if "(optional)" not in kind}
    assert required <= set(content) <= set(fields), heading
    for name, value in content.items():
        kinds = fields[name].replace(" (optional)", "").strip().split(" or ")
        assert any(TYPES[kind](value) for kind in kinds), (heading, name, value)


@pytest.fixture
def report(go, monkeypatch):  # noqa: F811
    """A report in which two sections record one metric, as of a day."""
    read, heading, code = nbfiles.read, nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell

    def run(as_of):
        def sections(path):
            book = read(path)
            if path.name.startswith("01"):
                book.cells[2].source = SOURCE
                book.cells[3:] = [heading("## Buyers"), code(AGAIN), code(FINDING)]
                book.cells.insert(2, heading("## Contracts"))
            return book

        monkeypatch.setattr(nbfiles, "read", sections)
        out = go.out.with_name(str(as_of))
        go(out=out, as_of=as_of, n01_a="1", n02_b="2")
        return results_of(out)

    run.out = go.out.parent
    return run


def test_the_file_is_as_documented(report):
    content = report(datetime.date(1997, 9, 30))
    check(content, "The file")
    for part in ("pages", "findings", "results"):
        assert content[part], part
        for one in content[part]:
            check(one, part)
    assert content["currency"] is None
    assert content["findings"][-1]["at_stake"] == {"estimate": 2.0, "low": 1.0, "high": 3.0}
    assert [page["title"] for page in content["pages"]] == ["About 01_a", "About 02_b"]


def test_ids_hold_no_period_and_the_board_compares_by_them(report):
    files = [report(datetime.date(1997, month, day)) for month, day in ((6, 30), (9, 30))]
    first, second = ([row["id"] for row in file["results"]] for file in files)
    assert (
        first
        == second
        == [
            "01_a/Contracts/retained at period 1",
            "01_a/Contracts/left after (3 months before)",
            "01_a/Contracts/wave (0 quarters before)",
            "01_a/Buyers/retained early",
        ]
    )
    metrics = [row["metric"] for row in files[1]["results"]]
    assert metrics == [
        "retained at period 1 (Contracts)",
        "left after 1997-06-30",
        "wave 1997Q3",
        "retained at period 1 (Buyers)",
    ]
    board = (report.out / "1997-09-30" / "index.html").read_text()
    assert "not in the report of" not in board
    assert "no clear change" in board


def test_whatever_is_recorded_has_ids_and_names_of_its_own():
    rows = [
        {"notebook": n, "section": s, "metric": m}
        for n in "ab"
        for s in ("x", "x", "y")
        for m in ("p", "p", "q")
    ]
    found = identified(rows, datetime.date(2026, 9, 30))
    assert len({row["id"] for row in found}) == len(rows)
    assert len({(row["notebook"], row["metric"]) for row in found}) == len(rows)


@pytest.mark.parametrize(
    ("name", "days"),
    [("lapsed on {}", (273, 273)), ("after {}", (90, 92)), ("after {}", (181, 184)), ("on {}", (365, 366))],
)
def test_a_date_is_the_same_distance_in_every_quarter(name, days):
    end = datetime.date(2026, 9, 30)
    assert len({without_period(name.format(end - datetime.timedelta(d)), end) for d in days}) == 1


def test_no_day_is_no_date():
    assert (
        without_period("part 9999-99-99, score 2025", datetime.date(2026, 9, 30))
        == "part 9999-99-99, score 2025"
    )
