"""Customers' and contracts' own columns: those known at the start count, those filled in later are named and left out."""

import numpy as np
import pandas as pd
import pytest

from cxresearch.features import contract_terms, customer_facts, customer_spells, not_known_at_start
from cxresearch.models import ContractHazard, ContractOutlook, start_facts

AS_OF = "2026-06-30"


@pytest.fixture
def firm(workspace):
    """Customers of three industries, whose fleet matters; a reason filled in afterwards; a number of renewals that counts up."""

    def made(n=1500, seed=1, **effect):
        rng = np.random.default_rng(seed)
        fleet, industry = (
            rng.gamma(1.5, 20, n).round(1),
            rng.choice(["farm", "shop", "bank"], n, p=[0.6, 0.37, 0.03]),
        )
        rate = 0.02 * np.exp(effect.get("fleet", 0.0) * (fleet > np.median(fleet)))
        life, start = rng.geometric(rate), rng.integers(0, 40, n)
        first = pd.Timestamp("2023-01-01")
        began = [first + pd.DateOffset(months=int(k)) for k in start]
        ended = [
            b + pd.DateOffset(months=int(k)) - pd.Timedelta(days=1) for b, k in zip(began, life, strict=True)
        ]
        over = np.array([e <= pd.Timestamp(AS_OF) for e in ended])
        months = np.minimum(life, 42 - start)
        ids = [f"c{i}" for i in range(n)]
        customers = pd.DataFrame(
            {
                "customer_id": ids,
                "acquired_at": [f"{b:%Y-%m-%d}" for b in began],
                "industry": industry,
                "fleet": fleet,
            }
        )
        customers["is_member"] = rng.random(n) < 0.5
        customers["lost_to"] = np.where(over, "rival", None)
        contracts = pd.DataFrame(
            {"contract_id": ids, "customer_id": ids, "started_on": [f"{b:%Y-%m-%d}" for b in began]}
        )
        contracts["ended_on"] = [f"{e:%Y-%m-%d}" if o else None for e, o in zip(ended, over, strict=True)]
        contracts["observed_from"] = contracts["started_on"]
        contracts["rooms"], contracts["payments"] = rng.integers(1, 4, n), months
        return workspace(customers=customers.to_csv(index=False), contracts=contracts.to_csv(index=False))

    return made


def test_facts_of_the_start_are_typed_and_later_ones_are_named(firm):
    ws = firm()
    facts = customer_facts(ws, AS_OF).to_pandas()
    assert list(facts.columns) == ["customer_id", "industry", "fleet", "is_member"]
    assert facts["fleet"].dtype == float and set(facts["is_member"]) == {0.0, 1.0}
    told = not_known_at_start(ws, AS_OF)
    assert [sentence.split(" ")[0] for sentence in told] == ["customers.lost_to", "contracts.payments"]
    assert all("left out: it" in sentence for sentence in told)


def test_spells_and_terms_carry_them(firm):
    ws = firm()
    for rows in (customer_spells(ws, AS_OF), contract_terms(ws, AS_OF)):
        assert {"industry", "fleet", "is_member", "contract_rooms"} <= set(rows.columns)
        assert not {"lost_to", "contract_payments", "payments"} & set(rows.columns)


def test_a_spell_has_the_facts_of_its_first_contract(workspace):
    contracts = """contract_id,customer_id,started_on,ended_on,rooms
k1,a,2024-01-01,2024-12-31,2
k2,a,2025-01-01,,3
"""
    rows = customer_spells(workspace(contracts=contracts), AS_OF).to_pandas()
    assert rows["contract_rooms"].tolist() == [2.0]


def test_a_name_that_a_spell_has_already_is_told_apart(workspace):
    customers = "customer_id,acquired_at,age,duration\na,2024-01-01,40,7\n"
    contracts = "contract_id,customer_id,started_on,ended_on\nk1,a,2024-01-01,\n"
    rows = customer_spells(workspace(customers=customers, contracts=contracts), AS_OF).to_pandas()
    assert rows[["customer_age", "customer_duration", "age"]].iloc[0].tolist() == [40, 7, 30]


def test_an_attribute_that_goes_with_leaving_is_found_in_both_hazards(firm):
    ws = firm(fleet=1.0)
    spells = customer_spells(ws, AS_OF).to_pandas()
    facts = start_facts(spells)
    assert facts.columns["fleet"].nunique() == 3 and set(facts.columns["is_member"]) == {"yes", "no"}
    outlook = ContractOutlook().fit(spells, facts.columns)
    rows = outlook.summary().set_index("metric")
    low = next(rows.loc[name] for name in rows.index if "fleet=up to" in name or "fleet=above" in name)
    assert low["low"] > 1.2 or low["high"] < 0.85
    assert len(outlook.predict(spells, 6, facts.columns)) == spells["ended_on"].isna().sum()
    hazard = ContractHazard().fit(contract_terms(ws, AS_OF), contract_terms(ws, "2026-03-31"), 3)
    assert any(label.startswith("fleet") for label in hazard.announced_["label"])
    assert not any(
        label.startswith(("is member", "contract rooms", "industry")) for label in hazard.announced_["label"]
    )
    pooled = [name for name in hazard.hazard_.params_.index if name.startswith("industry=")]
    assert len(pooled) <= 2  # of the three industries one is the reference, and the rare one may be pooled


def test_what_only_today_shows_to_be_a_later_fact_is_kept_from_the_test_of_the_hazard(firm):
    """On an earlier day a column filled in since looks like any other."""
    ws = firm()
    before = contract_terms(ws, "2025-06-30").to_pandas()
    hazard = ContractHazard().fit(contract_terms(ws, AS_OF), before, 12)
    assert "lost_to" in before.columns and "lost_to" not in hazard._levels
    assert hazard.auc_.low < 0.6


def test_no_more_columns_than_the_leavers_can_bear():
    spells = pd.DataFrame({f"x{k}": np.arange(200.0) for k in range(40)}).assign(
        event=np.arange(200) < 60, segment="a"
    )
    facts = start_facts(spells)
    assert list(facts.columns) == ["segment", "x0", "x1", "x2"] and len(facts.left_out) == 37
    assert start_facts(spells, without=["x0"]).columns.columns.tolist() == ["segment", "x1", "x2", "x3"]


def test_missing_amounts_and_constants_do_no_harm(firm):
    ws = firm()
    spells = customer_spells(ws, AS_OF).to_pandas()
    spells["fleet"], spells["same"], spells["never"] = (
        spells["fleet"].where(spells.index % 3 > 0),
        5.0,
        np.nan,
    )
    outlook = ContractOutlook().fit(spells, start_facts(spells).columns)
    assert any("same" in sentence for sentence in outlook.left_out_)
    assert any("fleet=" in name for name in outlook.terms_)


def test_columns_that_are_missing_together_or_say_the_same_do_not_stop_the_hazards(firm):
    ws = firm()
    now, before = (contract_terms(ws, day).to_pandas() for day in (AS_OF, "2026-03-31"))
    for rows in (now, before):
        gone = rows["contract_id"].str[-3].isin(list("123"))
        rows[["industry", "fleet", "is_member"]] = rows[["industry", "fleet", "is_member"]].where(~gone)
        rows["copy"] = rows["industry"]
    hazard = ContractHazard().fit(now, before, 3)
    assert "copy is left out: it says the same as other columns" in hazard.left_out_
    assert any(label.startswith("fleet") for label in hazard.terms_["label"])
    spells = customer_spells(ws, AS_OF).to_pandas()
    spells["copy"] = spells["industry"]
    outlook = ContractOutlook().fit(spells, start_facts(spells).columns)
    assert "copy: it says the same as other columns" in outlook.left_out_ and any(
        "fleet" in term for term in outlook.terms_
    )
