"""Columns beyond the contract: numbers are numbers unless leading zeros, or a declaration, say otherwise; blanks tell nothing apart."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx


@pytest.fixture
def flat(tmp_path):
    """A flat file with a score that moves the odds of leaving, a header that ends in a blank, and a code that stands for missing."""

    def make(settings="", blank=" "):
        random, n = np.random.default_rng(1), 3000
        score = random.normal(size=n)
        left = random.random(n) < 1 / (1 + np.exp(1 - 1.5 * score))
        frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "snapshot_on": "2026-06-30"})
        frame["has_left"] = np.where(left, "true", "false")
        frame["score "] = [f" {x:.4f} " for x in score]
        frame["charges"] = np.where(
            np.arange(n) % 50 == 0, blank, (100 * random.random(n)).round(2).astype(str)
        )
        frame["zone"] = [f"00{k % 7}" for k in range(n)]
        frame.to_csv(tmp_path / "snapshots.csv", index=False)
        (tmp_path / "cxresearch.toml").write_text(f"[tables.snapshots]\n{settings}\n")
        return cx.open(tmp_path)

    return make


@pytest.mark.parametrize(
    ("settings", "blank"),
    [
        ("", " "),
        ('numbers = ["score ", "charges"]\nmissing = [" "]', " "),
        ('numbers = [" score"]\nmissing = ["n/a "]', " n/a"),
        ('numbers = ["*"]\nmissing = ["n/a"]', "n/a "),
        ('numbers = "*"\nmissing = ["n/a"]', "n/a"),
    ],
)
def test_numbers_of_a_flat_file_are_numbers(flat, settings, blank):
    ws = flat(settings, blank)
    assert ws.check().problems.empty
    rows = cx.features.churn_rows(ws, "2026-06-30")
    assert rows["score"].dtype.kind == rows["charges"].dtype.kind == "f"
    assert rows["charges"].isna().sum() == 60
    if "*" not in settings:
        assert set(rows["zone"]) == {f"00{k}" for k in range(7)}
    assert cx.models.ChurnForecast().fit(rows).scores_.auc_.estimate == pytest.approx(0.8, abs=0.04)


def test_a_code_among_numbers_makes_texts_until_it_is_declared_missing(flat):
    kinds = {a.column: a.kind for a in flat(blank="n/a").attributes("snapshots")}
    assert kinds["charges"] == "text"
    kinds = {a.column: a.kind for a in flat('missing = ["n/a"]', blank="n/a ").attributes("snapshots")}
    assert kinds["charges"] == "number"


def test_a_header_with_a_blank_is_found_in_any_file(tmp_path):
    frame = pd.DataFrame({"Kunde ": ["a"], "Tag": ["2026-01-01"], "weg": [True]})
    frame.to_parquet(tmp_path / "snapshots.parquet")
    columns = 'customer_id = "Kunde"\nsnapshot_on = " Tag"\nhas_left = "weg "\n'
    (tmp_path / "cxresearch.toml").write_text(f"[tables.snapshots.columns]\n{columns}")
    assert cx.open(tmp_path).frame("snapshots")["customer_id"].tolist() == ["a"]


def test_keys_people_dates_and_empty_columns_describe_nobody(workspace):
    ws = workspace(
        customers="customer_id,acquired_at,crm_id,full_name,since,nothing,tier\na,2026-01-01,7,Ann,2020-01-01,,x\n"
    )
    why = {a.column: a.why for a in ws.attributes("customers")}
    assert why == {
        "crm_id": "it is a key",
        "full_name": "it is about a person",
        "since": "it holds dates",
        "nothing": "it holds no value",
        "tier": "",
    }
