"""What is planted in Northgate's survey comes back from the tables, and from the company without effects nothing does."""

import json

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import (
    DriverImportance,
    LoyaltyWaves,
    NonResponse,
    StatedLived,
    penalty_reward_by_survey,
)
from cxresearch.sample import write
from cxresearch.sample.truth import stored

AS_OF = "2026-09-30"
TABLES = ["customers", "contracts", "orders", "survey_invitations", "survey_responses"]


class Company:
    def __init__(self, folder, **options):
        write(folder, tables=TABLES, **options)
        self.ws = cx.open(folder)
        self.asked = cx.features.survey_answers(self.ws.survey_responses, AS_OF)
        self.answers = self.asked.order_by("response_id").to_pandas()
        self.truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))

    def drivers(self, answers=None):
        answers = self.answers if answers is None else answers
        return answers.filter(regex="^driver_").rename(columns=lambda name: name.removeprefix("driver_"))

    def importance(self, **options):
        a = self.answers
        return DriverImportance(draws=500, **options).fit(
            self.drivers(), a["recommend"], a["weight"], a["customer_id"]
        )

    def non_response(self):
        return NonResponse().fit(cx.features.invited(self.ws, AS_OF), self.answers)


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    return Company(tmp_path_factory.mktemp("northgate"))


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    return Company(tmp_path_factory.mktemp("null"), null=True)


def test_the_oracle_shares_lie_inside_the_intervals(northgate):
    """All six of this company at once, so each interval is that of 1 − 5 %/6; the latent shares .2890 … .0923."""
    found = northgate.importance(level=1 - 0.05 / 6).importance_
    oracle = pd.Series(stored()["survey.lmg_latent"]["value"])
    assert oracle.round(4).tolist() == [0.2890, 0.2370, 0.1520, 0.1293, 0.1005, 0.0923]
    assert ((found["low"] <= oracle) & (oracle <= found["high"])).all()
    assert found["rank"].tolist()[:4] == [1, 2, 3, 4]
    assert (found["rank_low"] <= np.arange(1, 7)).all()
    assert (found["rank_high"] >= np.arange(1, 7)).all()
    assert found["announced"].all()
    assert (found["johnson"] - found["share"]).abs().max() < 0.01


def test_intervals_of_many_companies_hold_the_respondents_oracle(tmp_path_factory):
    """What respondents would show with endless data, after rounding: nine of ten 95 % intervals and more hold it."""
    oracle, held = pd.Series(stored()["survey.lmg_rounded_respondents"]["value"]), []
    for seed in range(8):
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        write(folder, seed=seed, customers=6000, tables=["survey_responses"])
        answers = pd.read_parquet(folder / "survey_responses.parquet")
        answers = answers[answers["survey"] == "relationship"]
        X = answers.filter(regex="^driver_").rename(columns=lambda name: name.removeprefix("driver_"))
        found = (
            DriverImportance(draws=500).fit(X, answers["recommend"], None, answers["customer_id"]).importance_
        )
        held += ((found["low"] <= oracle) & (oracle <= found["high"])).tolist()
    assert sum(held) / len(held) >= 0.9


def test_the_weighted_score_is_still_off_and_the_report_says_so(northgate):
    true = northgate.truth["realised"]["nps_of_all_invited"]
    waves = LoyaltyWaves().fit(northgate.answers)
    now = waves.waves_.query("index == 'NPS'").iloc[-1]
    model = northgate.non_response()
    raked = model.estimates_.set_index("name").loc["raked"]
    assert now["low"] > true  # the interval of the weighted score leaves the truth outside
    assert raked["low"] > true  # and so does that of the raked one
    assert model.verdict_ == "may lie elsewhere"
    assert model.hazard_ratio_["low"] > 1
    # the tipping point is nearer to the reported score than the silent truly are
    rate = model.rate_["estimate"]
    silent = (stored()["survey.nps_all"]["value"] - rate * now["estimate"]) / (1 - rate)
    assert silent < model.tipping_["silent"].iloc[0]


def test_who_scores_higher_stays(northgate):
    stayed = cx.features.stayed_after(northgate.asked, northgate.ws.contracts, AS_OF).to_pandas()
    spent = cx.features.spend_after(northgate.asked, northgate.ws.orders, AS_OF).to_pandas()
    model = StatedLived().fit(stayed, spent)
    assert model.hazard_ratio_["high"] < 1
    assert model.groups_["left"].is_monotonic_decreasing
    # shop spend was planted independent of experience
    assert model.spend_slope_["low"] < 0 < model.spend_slope_["high"]


def test_the_planted_must_be_and_delighter_are_found_in_the_depth_survey_only(northgate):
    everything = northgate.ws.frame("survey_responses")
    columns = [c for c in everything if c.startswith("driver_")]
    kinds = penalty_reward_by_survey(everything, columns, "recommend", draws=500).kinds
    named = kinds[kinds["kind"].isin(["must-be", "attractive"])]
    assert set(named["survey"]) == {"depth"}
    found = set(zip(named["driver"], named["kind"], strict=True))
    assert found == {("reliability", "must-be"), ("communication", "attractive")}


def test_the_company_without_effects_announces_no_driver(nothing):
    found = nothing.importance().importance_
    assert not found["announced"].any()
    assert (found["low"] >= 0).all()
    columns = [c for c in nothing.answers if c.startswith("driver_")]
    kinds = penalty_reward_by_survey(nothing.answers, columns, "recommend", draws=300).kinds
    assert set(kinds["kind"]) == {"not named"}
    model = nothing.non_response()
    assert model.verdict_ == "cannot be excluded"
    stayed = cx.features.stayed_after(nothing.asked, nothing.ws.contracts, AS_OF).to_pandas()
    ratio = StatedLived().fit(stayed).hazard_ratio_
    assert ratio["low"] < 1 < ratio["high"]
    assert (LoyaltyWaves().fit(nothing.answers).changes_["verdict"] == "no clear difference").all()
