"""Everybody who was invited, with what other tables hold about them, as known on a date."""

from types import SimpleNamespace

import ibis
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.tables.mapping import Mapping

INVITED = pd.DataFrame({
    "wave": ["1", "1", "2", "2"], "customer_id": ["b", "a", "a", "z"], "has_responded": [False, True, False, False],
    "invited_at": pd.to_datetime(["2026-01-10", "2026-01-10", "2026-04-10", "2026-08-01"]),
})  # fmt: skip
CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b"], "region": ["n", "s"], "name": ["Ann", "Ben"]})
CONTRACTS = pd.DataFrame({
    "contract_id": ["1"], "customer_id": ["a"], "started_on": pd.to_datetime(["2025-01-01"]), "ended_on": pd.to_datetime(["2026-05-01"])
})  # fmt: skip


@pytest.fixture
def workspace():
    dates = {name: ibis._[name].cast("date") for name in ("started_on", "ended_on")}
    tables = {
        "survey_invitations": ibis.memtable(INVITED),
        "customers": ibis.memtable(CUSTOMERS),
        "contracts": ibis.memtable(CONTRACTS).mutate(**dates),
    }
    return lambda *left_out: SimpleNamespace(
        mapping=Mapping(), **tables, tables=[name for name in tables if name not in left_out]
    )


def test_who_was_invited_and_stayed(workspace):
    found = cx.features.invited(workspace(), "2026-06-30").to_pandas()
    assert found["customer_id"].tolist() == ["a", "b", "a"]  # in order of time, nobody invited later
    assert found["region"].tolist() == ["n", "s", "n"]
    assert "name" not in found
    assert found["duration"].tolist()[::2] == [4, 1] and found["duration"].isna().tolist() == [
        False,
        True,
        False,
    ]
    assert found["has_left"].tolist()[::2] == [True, True]


def test_what_is_not_there_is_left_out(workspace):
    columns = list(INVITED)
    assert list(cx.features.invited(workspace("customers", "contracts"), "2026-06-30").columns) == columns
    assert list(cx.features.invited(workspace("contracts"), "2026-06-30").columns) == [*columns, "region"]


def test_a_contract_that_ends_later_has_not_ended(workspace):
    found = cx.features.invited(workspace(), "2026-04-30").to_pandas()
    assert found["has_left"].dropna().tolist() == [False, False]
    assert found["duration"].dropna().tolist() == [3, 0]
