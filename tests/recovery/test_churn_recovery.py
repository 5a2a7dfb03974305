"""The churn analysis on the sample company: what was planted comes back, its ranking approaches the oracle's, and nothing comes from nothing."""

import datetime
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.sample import contracts, people, write
from cxresearch.sample.blocks import Window, blocks, sigmoid
from cxresearch.sample.estimands import expected_auc
from cxresearch.sample.parameters import Truth

AS_OF, CUT = "2026-09-30", datetime.date(2026, 6, 30)
NORTHGATE = Path(__file__).parents[2] / "data" / "northgate"
TABLES = ["customers", "contracts", "interactions", "survey_responses"]


@pytest.fixture(scope="module")
def rows():
    return cx.features.churn_rows(cx.open(NORTHGATE), AS_OF, periods=10)


@pytest.fixture(scope="module")
def forecast(rows):
    return cx.models.ChurnForecast().fit(rows)


@pytest.fixture(scope="module")
def hazard():
    ws = cx.open(NORTHGATE)
    spells, before = (cx.features.contract_terms(ws, day).to_pandas() for day in (AS_OF, CUT))
    return cx.models.ContractHazard().fit(spells, before, 3)


def chances(seed=20260930, customers=12_000, ahead=3):
    """Of every contract running three months before the end: q, and the chance of leaving in them as three oracles see it.

    ``full`` knows the quality q with which a customer is served and the frailty u, ``served`` knows q, ``visible`` neither.
    """
    truth, found = Truth(), []
    p = truth.contracts
    for block in blocks(seed, Window(AS_OF, 36), customers, truth.people.contract_share):
        who, seen = people.draw(block, truth), []

        def observe(month, index, tenure, *_, seen=seen):
            if month == 36 - ahead:
                seen.append((index, tenure))

        history = contracts.simulate(block, who, truth, observe)
        index, tenure = seen[0]
        q, annual = who.quality[index], history.is_annual[index].astype(int)
        base = contracts.log_odds(p, tenure.max() + ahead)
        known = np.array(list(p.segment.values()))[who.segment[index]]
        known = known + np.array(list(p.channel.values()))[who.channel[index]]

        def leaves(risk, failing, base=base, annual=annual, tenure=tenure):
            stays = 1.0
            for k in range(ahead):
                eta = risk + base[annual, tenure + k]
                stays = stays * (1 - failing * sigmoid(eta + p.failure) - (1 - failing) * sigmoid(eta))
            return 1 - stays

        failing = sigmoid(p.failure_base + p.failure_experience * q)
        found.append(
            pd.DataFrame(
                {
                    "customer_id": np.array(who.customer_id.to_pylist())[index],
                    "full": leaves(history.risk[index], failing),
                    "served": leaves(known + p.experience * q, failing),
                    "visible": leaves(known, sigmoid(p.failure_base)),
                    "q": q,
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def test_the_ranking_approaches_the_oracles(rows, forecast):
    """On the customers of the period set aside, in expectation over who of them leaves: no noise of 111 leavers."""
    both = forecast.judged_.merge(chances(), on="customer_id", validate="one_to_one")
    assert len(both) == len(forecast.judged_)

    def area(score):
        return expected_auc(np.round(np.asarray(score, dtype=float), 12), both["full"].to_numpy())

    ours = area(both["probability"])
    # frailty is in no table, and q only as far as contacts and answers betray it: an oracle that is told the law and the best linear
    # guess of q from the same tables knows all that there is to know
    told = area(
        np.log(both["visible"] / (1 - both["visible"]))
        + Truth().contracts.experience * guessed_quality(rows, both)
    )
    assert told - ours < 0.015
    assert (
        area(both["served"]) - ours < 0.025
    )  # knows the law and, as no table does, the q of every customer; not the frailty
    assert ours > area(both["visible"])  # what customers say and do adds to who they are
    assert area(both["full"]) - ours < 0.045  # what nobody could know
    assert area(both["full"]) == pytest.approx(
        0.803, abs=0.01
    )  # contracts.auc_three_months of the stored oracle


def guessed_quality(rows, both):
    """Least squares of q on the ratings and answers of the same rows, each fifth predicted from the others."""
    known = both[["customer_id", "q"]].merge(rows[rows["as_of"] == CUT], on="customer_id")
    names = [
        c
        for c in known
        if c.startswith("survey_") or c.endswith(("satisfaction_mean", "emotion_mean", "fault_365d"))
    ]
    x = known[names].astype(float)
    x = np.column_stack([x.fillna(x.mean()), x.isna().loc[:, ~x.isna().T.duplicated()], np.ones(len(x))])
    guess, fold = np.empty(len(x)), np.arange(len(x)) % 5
    for k in range(5):
        slope = np.linalg.lstsq(x[fold != k], known["q"].to_numpy()[fold != k], rcond=1e-8)[0]
        guess[fold == k] = x[fold == k] @ slope
    return guess


def test_probabilities_are_calibrated(forecast):
    scores = forecast.scores_
    assert scores.slope_.low < 1 < scores.slope_.high
    assert scores.in_the_large_.low < 0 < scores.in_the_large_.high
    assert scores.skill_.low > 0
    assert scores.lift_["low"].iloc[0] > 1


def test_the_planted_contrasts_come_back(hazard):
    p = Truth().contracts
    # on the scale of the average customer, whose experience and frailty are not seen: Zeger, Liang & Albert (1988)
    for name, planted in {
        "renewal": p.base_renewal - p.base_annual,
        "has_term": p.base_annual - p.base_monthly,
        "segment=SMB": p.segment["SMB"],
        "segment=key_account": p.segment["key_account"],
        "acquisition_channel=paid": p.channel["paid"],
        "acquisition_channel=referral": p.channel["referral"],
        "acquisition_channel=event": p.channel["event"],
    }.items():
        off = hazard.hazard_.params_[name] - 0.94 * planted
        assert abs(off) < 3 * hazard.hazard_.std_error_[name], name


def test_the_drivers_announced_are_those_planted(hazard):
    announced = set(hazard.drivers_.announced_)
    assert {
        "odds ratio, renewal",
        "odds ratio, has_term",
        "exponent of tenure",
        "odds ratio, acquisition_channel=paid",
    } <= announced
    assert not any("region" in metric or metric.endswith("=event") for metric in announced)


def test_the_spells_are_the_person_months_of_the_sample():
    truth = json.loads((NORTHGATE / "truth.json").read_text(encoding="utf-8"))["realised"]
    spells = cx.features.contract_terms(cx.open(NORTHGATE), AS_OF).to_pandas()
    assert (spells["duration"] - spells["entry"]).sum() == truth["person_months"]
    assert spells["has_ended"].sum() == truth["leavers"]


def test_the_reasons_name_the_renewal_first(forecast):
    assert forecast.importance()["feature"].iloc[0] == "months_to_renewal"


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_found_where_nothing_is_planted(tmp_path, seed):
    """Two of the hundred companies of tests/coverage/null_churn.py, smaller."""
    write(tmp_path, customers=4_000, null=True, seed=seed, tables=TABLES)
    ws = cx.open(tmp_path)
    found = cx.models.ChurnForecast().fit(cx.features.churn_rows(ws, AS_OF, periods=3, windows=(90,)))
    assert found.scores_.auc_.low <= 0.5 <= found.scores_.auc_.high
    assert not found.scores_.is_better_than_chance_
    spells, before = (cx.features.contract_terms(ws, day).to_pandas() for day in (AS_OF, CUT))
    assert cx.models.ContractHazard().fit(spells, before, 3).drivers_.announced_ == []
