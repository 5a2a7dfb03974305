"""The page that compares parts: planted differences named, handfuls withheld, and firms that lack nearly everything."""

import datetime
import re

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.errors import NotEnough, ParameterError
from cxresearch.report import regenerate as running
from cxresearch.report.regenerate import run
from tests import unrendered

NOTEBOOK = ROOT / "notebooks" / "by_part.ipynb"
AS_OF = datetime.date(2026, 9, 30)


def page(folder, by, rows_of=unrendered._readings, **given):
    """What the notebook records, or says, on a folder."""
    settings = {"data": str(folder), "as_of": str(AS_OF), "by": by} | given
    return list(rows_of(NOTEBOOK, settings, cx.open(folder)))


def shop(folder, regions, seed=1, effect=None):
    """A shop without contracts whose customers have a region; some regions spend more."""
    folder.mkdir()
    random, n = np.random.default_rng(seed), len(regions)
    people = pd.DataFrame(
        {"customer_id": [f"C{i:05}" for i in range(n)], "acquired_at": "2024-01-01", "region": regions}
    )
    people.to_csv(folder / "customers.csv", index=False)
    factor = np.array([(effect or {}).get(region, 1.0) for region in regions])
    days = pd.Timestamp("2025-10-02") + pd.to_timedelta(random.integers(0, 360, n), unit="D")
    orders = pd.DataFrame(
        {"order_id": range(n), "customer_id": people["customer_id"], "ordered_at": days.strftime("%Y-%m-%d")}
    )
    orders.assign(amount=(random.gamma(2, 30, n) * factor).round(2)).to_csv(
        folder / "orders.csv", index=False
    )
    return folder


def said(rows):
    return " ".join(row["text"] for row in rows)


def test_a_planted_region_is_named_with_its_distance(tmp_path):
    regions = ["north"] * 300 + ["south"] * 300 + ["west"] * 200
    folder = shop(tmp_path / "shop", regions, effect={"west": 1.6})
    text = said(page(folder, "region"))
    assert re.search(r"west is above the rest by \d+ \(\d+ to \d+\): \d+ \(\d+ to \d+\) as measured\.", text)
    assert "Not compared: 12-month retention of contract customers: there is no table contracts" in text
    found = {row["metric"]: row for row in page(folder, "region", unrendered._rows)}
    own, shrunk = (found[f"west: spend per buyer, last 12 months{tail}"] for tail in ("", ", shrunk"))
    whole = found["all: spend per buyer, last 12 months"]
    assert whole["estimate"] < shrunk["estimate"] <= own["estimate"]
    assert (own["n"], whole["n"]) == (200, 800)


def test_regions_that_are_alike_are_said_to_be(tmp_path):
    text = said(page(shop(tmp_path / "shop", ["north"] * 300 + ["south"] * 300, seed=3), "region"))
    assert "No region differs from the rest beyond chance" in text
    assert "differs from the rest in" not in text


def test_a_third_without_a_region_is_a_part_and_said(tmp_path):
    text = said(page(shop(tmp_path / "shop", ["north"] * 200 + ["south"] * 200 + [""] * 200), "region"))
    assert "33.3% have no region; they are the part “unknown”." in text


def test_four_hundred_values_are_pooled_and_said(tmp_path):
    values = [f"v{i:03}" for i in range(400) for _ in range(15 if i < 30 else 2)]
    folder = shop(tmp_path / "shop", values)
    assert "376 values with few customers are taken together as “all others”." in said(page(folder, "region"))
    metrics = [row["metric"] for row in page(folder, "region", unrendered._rows)]
    assert sum(metric.endswith("last 12 months") for metric in metrics) == 26  # 24, all others, all


def test_a_handful_among_the_parts_is_never_stated(tmp_path):
    """Nine buyers in a region with customers enough: neither they nor what would give them away."""
    folder = shop(tmp_path / "shop", ["north"] * 300 + ["south"] * 60 + ["west"] * 40)
    orders = pd.read_csv(folder / "orders.csv")
    people = pd.read_csv(folder / "customers.csv").set_index("customer_id")["region"]
    is_west = orders["customer_id"].map(people) == "west"
    orders[~is_west | (is_west.cumsum() <= 9)].to_csv(folder / "orders.csv", index=False)
    rows = {row["metric"]: row for row in page(folder, "region", unrendered._rows)}
    tail = "spend per buyer, last 12 months"
    assert rows[f"west: {tail}"]["n"] is None
    assert rows[f"south: {tail}"]["n"] is None  # else all, less north and south, were nine
    assert rows[f"north: {tail}"]["n"] == 300
    text = said(page(folder, "region"))
    assert "Some numbers are withheld" in text
    assert not re.search(r"\d[^.]* for (west|south)", text)


def test_a_firm_without_contracts(cdnow, tmp_path):
    people = cdnow.frame("customers")
    people.assign(half=np.where(people.index % 2, "odd", "even")).to_csv(
        tmp_path / "customers.csv", index=False
    )
    cdnow.frame("orders").to_csv(tmp_path / "orders.csv", index=False)
    rows = page(tmp_path, "half", unrendered._rows, as_of="1997-09-30")
    assert {row["metric"].partition(": ")[2].removesuffix(", shrunk") for row in rows} == {
        "spend per buyer, last 12 months",
        "buyers of the 12 months before who bought in the last 3 months",
    }
    assert "No half differs" in said(page(tmp_path, "half", as_of="1997-09-30"))


@pytest.mark.parametrize(
    ("regions", "why"),
    [
        (
            ["north"] * 50,
            r"--by region: customers\.region has one value only, north: there is nothing to compare",
        ),
        (
            [f"v{i}" for i in range(60)],
            "--by region: customers.region has 60 values, of which fewer than two have 10 customers",
        ),
    ],
)
def test_what_makes_no_parts_is_one_line_before_anything_runs(tmp_path, regions, why):
    ws = cx.open(shop(tmp_path / "shop", regions))
    with pytest.raises(ParameterError, match=why):
        run(ws, AS_OF, tmp_path / "out", by=["region"])
    assert not (tmp_path / "out").exists()
    with pytest.raises(NotEnough):
        cx.features.parts(ws, "region")


def test_the_page_is_made_only_if_it_is_asked_for(tmp_path):
    assert "by_part" not in {path.stem for path in running.notebooks()}
    ws = cx.open(shop(tmp_path / "shop", ["north"] * 60 + ["south"] * 60))
    out = run(ws, AS_OF, tmp_path / "out", by=["region"], only=["by"])
    board, text = (out / "index.html").read_text(), (out / "by_region.html").read_text()
    assert '<a href="by_region.html">How the parts of the firm compare: region</a>' in board
    assert "<h1>How the parts of the firm compare: region</h1>" in text
    assert "Which projects fail" not in text  # a heading under which nothing is shown
    assert len(re.findall(r'<img[^>]*alt="Two points with intervals for each part', text)) == 1
    assert not (out / "by_part.html").exists()
