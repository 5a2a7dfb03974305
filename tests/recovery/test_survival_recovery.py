"""The survival models on the sample company: what was planted comes back, from contracts seen late.

Of its contracts 45 % are older than the window and are in the table only because they were still running when
it opened. Who ignores that finds customers far too loyal.
"""

import json

import numpy as np
import pandas as pd
import pytest

from cxresearch.models import AalenJohansen, ChurnHazard, KaplanMeier
from cxresearch.sample import write
from cxresearch.sample.parameters import Truth

END = pd.Timestamp("2026-09-30")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return spells(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    return spells(tmp_path_factory.mktemp("null"), null=True)


def spells(folder, **options):
    """One row per contract: months of tenure, entry, leaving, term and who it is."""
    write(folder, **options)
    contracts = pd.read_parquet(folder / "contracts.parquet")
    customers = pd.read_parquet(folder / "customers.parquet")
    month = {name: months(contracts[name]) for name in ("started_on", "observed_from", "ended_on")}
    who = contracts[["customer_id"]].merge(customers, on="customer_id", how="left", validate="many_to_one")
    return pd.DataFrame(
        {
            "duration": month["ended_on"] - month["started_on"] + 1,
            "entry": month["observed_from"] - month["started_on"],
            "event": contracts["ended_on"].notna(),
            "reason": contracts["end_reason"],
            "term": contracts["term_months"].where(contracts["term_months"] == 12, 0),
            "annual": contracts["term_months"] == 12,
            "segment": who["segment"].astype(str),
            "channel": who["acquisition_channel"].astype(str),
        }
    ), json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def months(column):
    dates = pd.to_datetime(column).fillna(END)
    return dates.dt.year * 12 + dates.dt.month


def test_null_contracts_survive_at_one_rate_and_late_entry_matters(null):
    rows, truth = null
    staying = 1 - truth["oracle"]["contracts.monthly_hazard"]["value"]
    times = np.array([6, 12, 24, 36])
    late = KaplanMeier().fit(rows["duration"], rows["event"], rows["entry"]).at(times)
    assert ((late["low"] < staying**times) & (staying**times < late["high"])).all()
    naive = KaplanMeier().fit(rows["duration"], rows["event"]).at(times)
    assert (naive["low"] > staying**times).all()


def test_null_contracts_show_no_effect(null):
    rows, _ = null
    model = ChurnHazard().fit(
        rows["duration"], rows["event"], rows[["annual", "segment", "channel"]], rows["entry"], rows["term"]
    )
    z = (model.params_ / model.std_error_).drop("intercept")
    assert (z.abs() < 3.5).all()
    assert (z**2).sum() < 30  # 8 terms


def test_the_planted_effects_come_back(planted):
    rows, _ = planted
    p = Truth().contracts
    channel = pd.Categorical(rows["channel"], ["organic", "paid", "referral", "event"])
    X = rows[["annual", "segment"]].assign(channel=channel)
    model = ChurnHazard().fit(rows["duration"], rows["event"], X, rows["entry"], rows["term"])
    # on the scale of the average customer: unseen experience and frailty (variance .39) shrink every effect by
    # about 1/sqrt(1 + .346 * .39) = .94, Zeger, Liang & Albert (1988), Biometrics 44:1049
    expected = {
        "renewal": p.base_renewal - p.base_annual,
        "annual": p.base_annual - p.base_monthly,
        "segment=SMB": p.segment["SMB"],
        "segment=key_account": p.segment["key_account"],
        "channel=paid": p.channel["paid"],
        "channel=referral": p.channel["referral"],
    }
    for name, value in expected.items():
        assert abs(model.params_[name] - 0.94 * value) < 3 * model.std_error_[name], name
    assert model.params_["log(period)"] < -3 * model.std_error_["log(period)"]


def test_person_months_and_their_rate_are_those_planted(planted):
    rows, truth = planted
    model = ChurnHazard(baseline="constant").fit(rows["duration"], rows["event"], entry=rows["entry"])
    hazard = model.predict(1)
    assert model.n_periods_ == (rows["duration"] - rows["entry"]).sum()
    assert hazard["low"][0] < truth["oracle"]["contracts.monthly_hazard"]["value"] < hazard["high"][0]


def test_reasons_add_up_and_the_involuntary_are_few(planted):
    rows, _ = planted
    model = AalenJohansen().fit(rows["duration"], rows["reason"], rows["event"], rows["entry"])
    curve = KaplanMeier().fit(rows["duration"], rows["event"], rows["entry"])
    table = model.at(36).set_index("cause")
    assert table["incidence"].sum() == pytest.approx(1 - curve.at(36)["survival"].iloc[0])
    share = table.loc[["died", "closed"], "incidence"].sum() / table["incidence"].sum()
    assert share == pytest.approx(Truth().contracts.involuntary, abs=0.015)
