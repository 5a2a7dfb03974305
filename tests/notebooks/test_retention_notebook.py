"""The retention notebook on workspaces unlike the two it is known from."""

import datetime
import json
import re
import shutil

import html5lib
import pandas as pd
import pytest
from paths import TESTS

import cxresearch as cx
from cxresearch.report import regenerate as running
from cxresearch.sample import write

BUYERS = {"Who comes back", "When customers come back", "What buyers will do next", "Retain or acquire"}
CONTRACTS = {"How long contract customers stay", "When in the term customers leave", "Retain or acquire"}


def report(folder, out, as_of):
    """The text of the page and its appendix, and the headings of what they assess."""
    running.run(cx.open(folder), datetime.date.fromisoformat(as_of), out / "q", only=("07",))
    texts = [path.read_text() for path in sorted((out / "q").glob("07_retention*.html"))]
    text = "".join(texts)
    assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]*", "", text))
    trees = [html5lib.parse(one, namespaceHTMLElements=False) for one in texts]
    assessed, heading = set(), ""
    for node in (node for tree in trees for node in tree.iter() if node.tag in ("h2", "h3", "p")):
        words = "".join(node.itertext()).strip()
        if node.tag != "p":
            heading = words
            assessed.add(heading)
        elif words.startswith("Not assessed: "):
            assessed.discard(heading)
    return text, assessed


@pytest.fixture(scope="module")
def contracts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write(folder, tables=["contracts", "customers"])
    return pd.read_parquet(folder / "contracts.parquet")


def test_contracts_alone_with_no_column_but_the_needed(contracts, tmp_path):
    """Neither orders, nor term, reason, amount or date of first record: what that leaves out is said."""
    needed = ["contract_id", "customer_id", "started_on", "ended_on"]
    (tmp_path / "crm").mkdir()
    contracts[needed].to_csv(tmp_path / "crm" / "contracts.csv", index=False)
    text, headings = report(tmp_path / "crm", tmp_path / "out", "2026-09-30")
    assert "How long contract customers stay" in headings
    assert not headings & BUYERS
    assert "Not assessed: there is no table orders." in text
    assert "Not assessed: contracts has no column term_months." in text
    assert "Not assessed: contracts has no column end_reason." in text
    assert "Not assessed: contracts has no column monthly_amount." in text
    assert "Not assessed: neither contracts nor purchases can be valued." in text
    kept = pd.read_parquet(tmp_path / "out" / "q" / "forecasts.parquet")
    assert set(kept["kind"]) == {"kept_contract"}
    assert kept["due_on"].astype(str).unique().tolist() == ["2027-06-30"]
    assert kept["probability"].between(0, 1).all()


def test_a_few_contracts_and_a_few_buyers(contracts, tmp_path):
    """A hundred contracts, forty buyers of whom none came back, and customers without attributes."""
    (tmp_path / "crm").mkdir()
    contracts.head(100).to_csv(tmp_path / "crm" / "contracts.csv", index=False)
    days = pd.date_range("2026-01-05", periods=40, freq="3D")
    orders = pd.DataFrame({"order_id": range(40), "customer_id": [f"b{i}" for i in range(40)]})
    orders.assign(ordered_at=days, amount=9.5).to_csv(tmp_path / "crm" / "orders.csv", index=False)
    text, headings = report(tmp_path / "crm", tmp_path / "out", "2026-09-30")
    assert headings >= CONTRACTS
    assert "Not assessed: fewer than thirty customers have bought again." in text
    assert "What buyers will do next" not in headings
    assert "0 of 40 customers" in text


def test_a_table_of_nobody_but_survivors_tells_nothing(contracts, tmp_path):
    (tmp_path / "crm").mkdir()
    running_ones = contracts[contracts["ended_on"].isna()].drop(columns="observed_from").head(300)
    running_ones.to_csv(tmp_path / "crm" / "contracts.csv", index=False)
    text, headings = report(tmp_path / "crm", tmp_path / "out", "2026-09-30")
    assert not headings & (CONTRACTS | BUYERS)
    assert "no contract customer has left, and those still there cannot show how long customers stay" in text


def test_a_model_that_failed_its_test_is_named_where_its_money_is_told(tmp_path):
    """CDNOW at the end of 1997: Christmas brought more purchases than a model of September expects."""
    text, _ = report(TESTS.parent / "data" / "cdnow", tmp_path / "out", "1997-12-31")
    assert (
        "more than predicted. Furthest off: customers with" in text and "Do not rely on its totals." in text
    )
    assert (
        "The model of buyers failed its hold-out test: treat their part of these figures with caution."
        in text
    )


def test_online_retail_is_told_by_the_model_of_regular_buying(public_data, tmp_path):
    folder = tmp_path / "retail"
    folder.mkdir()
    for source in (
        TESTS / "public" / "online_retail" / "cxresearch.toml",
        public_data / "online_retail" / "online_retail_orders.csv",
    ):
        shutil.copy(source, folder)
    text, headings = report(folder, tmp_path / "out", "2011-09-09")
    assert headings >= BUYERS
    assert (
        "Everything said of buyers below is by the BG/CNBD-2: it predicted the purchases held out best."
        in text
    )
    assert "Customers buy more regularly than at random" in text
    assert "Do not rely on its totals." in text  # held out
    assert "No buyers have been observed for 52 weeks yet." in text
    assert "The records begin with the earliest cohort" in text
    results = json.loads((tmp_path / "out" / "q" / "results.json").read_text())["results"]
    assert {r["metric"] for r in results if r.get("headline")} == {
        "buyers of the 12 months before who bought in the last 3 months",
        "shop sales, last 3 months",
        "value of buyers, next 3 years",
    }
