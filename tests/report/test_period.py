"""Quarters, fiscal years, and the lock of a period."""

import datetime
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxresearch.errors import ParameterError
from cxresearch.report.lock import locked
from cxresearch.report.period import Period

QUARTERS = st.tuples(st.integers(1000, 2999), st.integers(1, 4), st.integers(1, 12))


@given(QUARTERS)
def test_a_quarter_is_three_whole_months_and_the_next_follows_it(parts):
    year, quarter, starts = parts
    period = Period.parse(f"{year}Q{quarter}", starts)
    assert 88 <= (period.end - period.start).days <= 91  # February to April has 89 days
    assert period.next().start == period.end + datetime.timedelta(days=1)
    assert (period.start.month - starts) % 3 == 0


@pytest.mark.parametrize(
    ("text", "starts", "first", "last"),
    [
        ("2026Q3", 1, "2026-07-01", "2026-09-30"),
        ("2026Q1", 4, "2025-04-01", "2025-06-30"),
        ("2026Q4", 4, "2026-01-01", "2026-03-31"),
        ("2026Q1", 10, "2025-10-01", "2025-12-31"),
    ],
)
def test_a_fiscal_year_bears_the_number_of_the_year_in_which_it_ends(text, starts, first, last):
    period = Period.parse(text, starts)
    assert (str(period.start), str(period.end)) == (first, last)


@pytest.mark.parametrize(
    "text", ["1997", "97Q3", "1997Q5", "1997q3", "Q3 1997", "", "../1997Q3", "1997Q3/.."]
)
def test_anything_else_is_not_a_period(text):
    with pytest.raises(ParameterError, match="2026Q3"):
        Period.parse(text)


def test_from_one_quarter_until_another():
    found = Period.parse("2025Q3").until(Period.parse("2026Q2"))
    assert [str(p) for p in found] == ["2025Q3", "2025Q4", "2026Q1", "2026Q2"]
    assert Period.parse("2026Q3").until(Period.parse("2026Q2")) == []


def test_two_runs_exclude_each_other_and_a_dead_one_does_not(tmp_path):
    target = tmp_path / "2026Q3"
    code = (
        "import sys, time; from cxresearch.report.lock import locked\n"
        "with locked(sys.argv[1]): print('in', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE)
    child.stdout.readline()
    with pytest.raises(ParameterError, match=f"another run \\(process {child.pid}\\)"), locked(target):
        pass
    child.kill()
    child.wait()
    with locked(target):
        assert True
