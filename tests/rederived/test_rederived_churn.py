"""Page 06 again: the odds ratios of a contract ending, by statsmodels on person-months, and how contracts end by Aalen–Johansen."""

import numpy as np
import pandas as pd
import pytest

from tests.rederived.person_months import covariates, expand, logit, spells

AS_OF = pd.Timestamp("2026-09-30")


@pytest.fixture(scope="module")
def contracts(tables):
    return spells(tables("contracts"), tables("customers"), AS_OF)


@pytest.fixture(scope="module")
def page(published):
    return published("06_churn")


def test_odds_ratios_of_a_contract_ending(page, contracts):
    rows = expand(contracts)
    fit = logit(rows, covariates(rows, ["segment", "region", "acquisition_channel"]))
    names = {name: f"odds ratio, {name}" for name in fit.params.index if "=" in name}
    for name, metric in (names | {"renewal": "odds ratio, renewal", "term": "odds ratio, has_term"}).items():
        assert page.agrees(metric, np.exp(fit.params[name]), *np.exp(fit.conf_int().loc[name]))
    assert page.agrees("exponent of tenure", fit.params["log tenure"], *fit.conf_int().loc["log tenure"])


def test_ways_in_which_contracts_end(page, contracts):
    """F(t) = Σ S(t − 1) d/n by reason, with S falling by all of them."""
    survival, ended = 1.0, dict.fromkeys(["cancelled", "lapsed", "died", "closed"], 0.0)
    for month in range(1, 37):
        at_risk = ((contracts["entry"] < month) & (contracts["duration"] >= month)).sum()
        now = contracts.loc[contracts["left"] & (contracts["duration"] == month), "end_reason"].value_counts()
        for reason in ended:
            ended[reason] += survival * now.get(reason, 0) / at_risk
        survival *= 1 - now.sum() / at_risk
    for reason, share in ended.items():
        assert page.agrees(f"left within 36 months: {reason}", share)
