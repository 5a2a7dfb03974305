"""What the pages publish, and the tables it comes from: no models, no features, nothing of the package but its outputs."""

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
TABLE = "application/vnd.cxresearch.table+json"


class Published(dict):
    """The rows of a page by metric, as its notebook stores them; nbval holds them against a fresh run."""

    def agrees(self, metric, estimate, low=None, high=None, slack=0.0):
        """Whether a row says these numbers, to the last digit that it gives, plus a share of `slack` of the number."""
        row = self[metric]
        told = {"estimate": estimate, "low": low, "high": high}
        told = {name: value for name, value in told.items() if value is not None}
        digit = min(_digit(row[name]) for name in ("estimate", "low", "high") if row[name] is not None)
        wrong = {
            name: (row[name], float(value))
            for name, value in told.items()
            if abs(row[name] - value) > 0.51 * digit + slack * abs(value)
        }
        assert not wrong, f"{metric}: published and derived, {wrong}"
        return True


def _digit(value):
    """The place of the last digit that is not 0: .01 of 0.62, 10 of 7560."""
    digits = f"{value:.10f}".rstrip("0")
    if not digits.endswith("."):
        return 10.0 ** -len(digits.split(".")[1])
    whole = digits[:-1].lstrip("-")
    return 10.0 ** (len(whole) - len(whole.rstrip("0"))) if whole.strip("0") else 1.0


@pytest.fixture(scope="session")
def published():
    """``published("07_retention")``: its rows by metric."""

    @cache
    def rows(name):
        cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        shown = [
            output.get("data", {}).get(TABLE, {}) for cell in cells for output in cell.get("outputs", [])
        ]
        return Published({row["metric"]: row for table in shown for row in table.get("results", [])})

    return rows


@pytest.fixture(scope="session")
def tables():
    """``tables("orders")``: the Parquet file as pandas reads it, moments without their zone."""

    @cache
    def read(name):
        frame = pd.read_parquet(ROOT / "data" / "northgate" / f"{name}.parquet")
        for column in frame:
            if column.endswith("_at"):
                frame[column] = frame[column].dt.tz_localize(None)
            elif column.endswith(("_on", "_from")):
                frame[column] = pd.to_datetime(frame[column])
        return frame

    return read
