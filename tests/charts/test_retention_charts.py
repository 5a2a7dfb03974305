"""The pictures of the retention notebook say in words and numbers what they draw."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import charts
from cxresearch.models import CohortRetention, ContractStay, RenewalHazard, RetentionByTenure, ReturnCurve
from cxresearch.models.value.growth_levers import LEVERS

RNG = np.random.default_rng(4)
LIFE, SEEN = RNG.geometric(0.08, 400), RNG.integers(1, 37, 400)
DURATION, EVENT = np.minimum(LIFE, SEEN), LIFE <= SEEN


@pytest.mark.parametrize("naive", [False, True])
def test_the_stay_curve_tells_its_curves_at_every_mark(naive):
    entry = np.minimum(np.arange(400) % 3, DURATION - 1)
    spells = pd.DataFrame({"duration": DURATION, "event": EVENT, "entry": entry, "is_observed": True})
    stay = ContractStay().fit(spells)
    figure = charts.stay_curve(stay, naive=naive)
    for mark in stay.marks_.itertuples():
        assert f"{mark.estimate:.1%} after {mark.month} months" in figure.alt
        assert (f"{mark.naive:.1%} if late entry is ignored" in figure.alt) == naive
    assert ("late entry ignored" in figure.numbers) == naive
    assert figure.numbers["months"].tolist() == stay.marks_["month"].tolist()
    assert figure._repr_mimebundle_()["image/png"]


def test_retention_by_tenure_leaves_small_bases_out():
    found = RetentionByTenure().fit((DURATION + 11) // 12, EVENT)
    figure = charts.retention_by_tenure(found, base=30)
    assert len(figure.numbers) == (found.table_["at_risk"] >= 30).sum()
    assert f"year 1: {found.table_['retention'][0]:.1%} actual" in figure.alt
    assert len(charts.retention_by_tenure(found, base=10_000).numbers) == 1


def test_the_renewal_picture_has_a_number_per_point():
    model = RenewalHazard().fit(DURATION, EVENT, term=np.where(np.arange(400) % 2, 12, 6))
    figure = charts.renewal_hazard(model)
    assert len(figure.numbers) == 18
    assert "renewal month to others, term 12" in figure.alt
    assert figure._repr_mimebundle_()["image/png"]


def test_the_bars_are_those_of_all_sides_and_the_numbers_of_each():
    rows = [
        (side, lever, 10.0 * k, 8.0 * k, 13.0 * k, 0.01)
        for side in ("contract", "all")
        for k, lever in enumerate(LEVERS, 1)
    ]
    levers = pd.DataFrame(rows, columns=["side", "lever", "estimate", "low", "high", "share"])
    figure = charts.lever_bars(SimpleNamespace(levers_=levers, years=3, money_="contribution"))
    assert "+1% new customers: 30 (24 to 39)" in figure.alt and "contribution over 3 years" in figure.alt
    assert len(figure.numbers) == 8
    assert [bar.get_width() for bar in figure.axes[0].patches] == [10, 20, 30, 40]


def test_gap_curves_tell_the_share_at_the_last_mark():
    gaps = pd.concat([pd.DataFrame({"number": k, "duration": DURATION, "has_ended": EVENT}) for k in (1, 2)])
    returns = ReturnCurve().fit(gaps)
    returns.until_ = 30
    figure = charts.gap_curves(returns)
    curve = returns.curves_[1].survival_
    share = 1 - curve.loc[curve["time"] <= 26, "survival"].iloc[-1]
    assert figure.alt.count(f"{share:.1%} within 26 weeks") == 2
    assert list(figure.numbers.columns) == ["", "within 4 weeks", "within 13 weeks", "within 26 weeks"]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_a_cohort_map_of_high_shares_still_tells_them_apart(share):
    rows = [
        (cohort, period, 100, 100 if not period else round(100 * share) - 3 * (period - 1))
        for cohort in ("2025Q1", "2025Q2")
        for period in range(3)
    ]
    kept = CohortRetention(contract=True).fit(
        pd.DataFrame(rows, columns=["cohort", "period", "customers", "active"])
    )
    cells = kept.cells_
    figure = charts.cohort_map(kept)
    low, high = figure.axes[0].images[0].get_clim()
    shares = cells.loc[cells["period"] > 0, "share"]
    assert low < shares.min() <= shares.max() < high
    assert (shares.max() - shares.min()) / (high - low) > 0.3 or share < 0.9
    assert "one row per cohort of contract customers" in figure.alt


def test_the_return_curve_tells_every_mark():
    returns = ReturnCurve().fit(pd.DataFrame({"number": 1, "duration": DURATION, "has_ended": EVENT}))
    figure = charts.return_curve(returns)
    assert all(f"{m.estimate:.1%} by week {m.week}" in figure.alt for m in returns.marks_.itertuples())


def test_a_forecast_without_groups_shows_nothing():
    assert charts.forecast_by_frequency(SimpleNamespace(groups_=pd.DataFrame())).text == ""


def test_the_tracking_picture_ends_its_actual_line_where_the_records_end():
    weeks = pd.DataFrame(
        {"week": range(1, 11), "actual": [5.0 * k for k in range(1, 8)] + [np.nan] * 3, "expected": 4.0}
    )
    figure = charts.tracking(SimpleNamespace(weeks_=weeks, split_=7.0))
    assert (
        "At week 7 there were 35, against 4 predicted; the model was fitted to the first 7 weeks"
        in figure.alt
    )
    assert figure.numbers["actual"].tolist()[-1] == "–"


def test_fourteen_years_of_quarters_are_drawn_by_the_year():
    quarters = pd.period_range("2012Q1", "2025Q4", freq="Q")
    rows = [
        (quarter.start_time, age, 40, 40 - min(age, 30))
        for at, quarter in enumerate(quarters)
        for age in range(len(quarters) - at)
    ]
    cells = pd.DataFrame(rows, columns=["cohort", "period", "customers", "active"])
    kept = CohortRetention(contract=True, grain="quarter").fit(cells)
    figure = charts.cohort_map(kept)
    assert figure.numbers["cohort"].tolist() == [str(year) for year in range(2012, 2025)]
    assert figure.numbers.iloc[0, 1:4].tolist() == ["90.0%", "80.0%", "70.0%"]  # one, two and three years on
    assert figure.numbers.iloc[-1, 1:3].tolist() == ["90.0%", ""]
    assert (
        "one row per year of cohorts" in figure.alt
        and "2012  (160)" in figure.axes[0].get_yticklabels()[0].get_text()
    )
