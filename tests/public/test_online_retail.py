"""A wholesaler's orders, hard for these models: dropout can hardly be seen in them."""

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxresearch.models import BetaGeoNBD, GammaGamma, ParetoNBD
from cxresearch.stats.likelihood import IdentificationWarning

ROOT = os.environ.get("CXRESEARCH_PUBLIC_DATA")
pytestmark = pytest.mark.skipif(not ROOT, reason="CXRESEARCH_PUBLIC_DATA is not set: no online_retail")

ENDS = ["2011-12-09", "2011-09-09", "2011-06-08", "2011-03-01"]


@pytest.fixture(scope="module")
def orders():
    path = Path(ROOT) / "online_retail" / "online_retail_orders.csv"
    return pd.read_csv(path, parse_dates=["d"])


def rfm(orders, end, per_unit):
    end = pd.Timestamp(end)
    days = orders[orders["d"] <= end].groupby(["CustomerID", "d"])["v"].sum().reset_index()
    by = days.groupby("CustomerID")
    frequency = by.size() - 1
    first, last = by["d"].min(), by["d"].max()
    repeat = by["v"].sum() - by["v"].first()
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": (last - first).dt.days / per_unit,
            "age": (end - first).dt.days / per_unit,
            "monetary": repeat / frequency.where(frequency > 0),
        }
    )


@pytest.mark.parametrize("model", [BetaGeoNBD, ParetoNBD])
@pytest.mark.parametrize("end", ENDS)
def test_days_and_weeks_agree_and_converge_or_say_why_not(orders, end, model):
    fits = {}
    for unit, per_unit in (("days", 1), ("weeks", 7)):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            fit = model(unit=unit).fit(rfm(orders, end, per_unit))
        assert fit.converged_
        said = any(issubclass(w.category, IdentificationWarning) for w in told)
        assert said == (not fit.identified_.all())
        assert fit.identified_[["r", "alpha"]].all()
        fits[unit] = fit
    days, weeks = fits["days"], fits["weeks"]
    assert days.params_["r"] == pytest.approx(weeks.params_["r"], rel=1e-5)
    assert days.params_["alpha"] == pytest.approx(7 * weeks.params_["alpha"], rel=1e-5)
    bought = rfm(orders, end, 1)["frequency"].sum()
    assert days.log_likelihood_ + bought * np.log(7) == pytest.approx(weeks.log_likelihood_, abs=1e-4)
    assert (days.identified_ == weeks.identified_).all()
    assert days.expected_purchases(91) == pytest.approx(weeks.expected_purchases(13), rel=1e-4)


def test_whole_year_in_days(orders):
    # lifetimes 0.11.3 finds the same, with an interval of b from −37 to 51; on the split below it gives up
    model = BetaGeoNBD(unit="days").fit(rfm(orders, ENDS[0], 1))
    assert model.params_.to_list() == pytest.approx([0.826542, 68.905121, 0.003437, 6.745116], rel=1e-3)
    rows = model.summary().set_index("metric")
    assert rows.loc["b", "high"] / rows.loc["b", "low"] > 1e4


def test_the_last_quarter_is_forecast_from_the_first_three(orders):
    calibration, whole = rfm(orders, "2011-09-09", 7), rfm(orders, "2011-12-09", 7)
    later = (whole["frequency"].reindex(calibration.index) - calibration["frequency"]).sum()
    with pytest.warns(IdentificationWarning):
        model = BetaGeoNBD().fit(calibration)
    row = model.expected_total(calibration, 13).iloc[1]
    assert row[["low", "high"]].notna().all()
    # the quarter before Christmas: more than the model's seasonless customers would buy, by less than half
    assert row["high"] < later < 1.5 * row["estimate"]


def test_spend(orders):
    table = rfm(orders, ENDS[0], 7)
    model = GammaGamma().fit(table)
    assert model.converged_
    assert model.identified_.all()
    assert model.n_customers_ == (table["frequency"] > 0).sum()
    mean = model.summary().set_index("metric").loc["mean spend per purchase"]
    assert mean["low"] < mean["estimate"] < mean["high"]
