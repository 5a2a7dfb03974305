"""The pictures of the retention notebook say in words and numbers what they draw."""

import numpy as np
import pandas as pd
import pytest

from cxresearch import charts
from cxresearch.models import CohortRetention, KaplanMeier, RenewalHazard, RetentionByTenure

RNG = np.random.default_rng(4)
LIFE, SEEN = RNG.geometric(0.08, 400), RNG.integers(1, 37, 400)
DURATION, EVENT = np.minimum(LIFE, SEEN), LIFE <= SEEN


def test_the_stay_curve_tells_both_curves_at_every_mark():
    curve = KaplanMeier().fit(DURATION, EVENT)
    at = curve.at([6, 12])
    marks = pd.DataFrame({"month": [6, 12], "estimate": at["survival"], "low": at["low"], "high": at["high"]})
    figure = charts.stay_curve(curve.survival_, curve.survival_, marks.assign(n=400, naive=0.987))
    assert f"{at['survival'][0]:.1%} after 6 months" in figure.alt
    assert figure.alt.count("98.7% if late entry is ignored") == 2
    assert figure.numbers["months"].tolist() == [6, 12]
    assert figure._repr_mimebundle_()["image/png"]


def test_retention_by_tenure_leaves_small_bases_out():
    found = RetentionByTenure().fit((DURATION + 11) // 12, EVENT)
    figure = charts.retention_by_tenure(found.table_, base=30)
    assert len(figure.numbers) == (found.table_["at_risk"] >= 30).sum()
    assert f"year 1: {found.table_['retention'][0]:.1%} seen" in figure.alt
    assert len(charts.retention_by_tenure(found.table_, base=10_000).numbers) == 1


def test_the_renewal_picture_has_a_number_per_point():
    model = RenewalHazard().fit(DURATION, EVENT, term=np.where(np.arange(400) % 2, 12, 6))
    figure = charts.renewal_hazard(model.cells_, model.contrast_)
    assert len(figure.numbers) == 18
    assert "renewal month to others, term 12" in figure.alt
    assert figure._repr_mimebundle_()["image/png"]


def test_the_bars_are_those_of_all_sides_and_the_numbers_of_each():
    rows = [
        (side, lever, 10.0 * k, 8.0 * k, 13.0 * k, 0.01)
        for side in ("contract", "all")
        for k, lever in enumerate(("+1 percentage point retention", "+1% new customers", "+1% margin"), 1)
    ]
    levers = pd.DataFrame(rows, columns=["side", "lever", "estimate", "low", "high", "share"])
    figure = charts.lever_bars(levers, 3)
    assert "+1% new customers: 20 (16 to 26)" in figure.alt
    assert len(figure.numbers) == 6
    assert [bar.get_width() for bar in figure.axes[0].patches] == [10, 20, 30]


def test_gap_curves_tell_the_share_at_the_last_mark():
    curve = KaplanMeier().fit(DURATION, EVENT).survival_
    figure = charts.gap_curves({1: curve, 2: curve}, until=30)
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
    cells = (
        CohortRetention().fit(pd.DataFrame(rows, columns=["cohort", "period", "customers", "active"])).cells_
    )
    figure = charts.cohort_map(
        cells, "quarter", "was still there", "contract customers", "the contract began"
    )
    low, high = figure.axes[0].images[0].get_clim()
    shares = cells.loc[cells["period"] > 0, "share"]
    assert low < shares.min() <= shares.max() < high
    assert (shares.max() - shares.min()) / (high - low) > 0.3 or share < 0.9
    assert "one row per cohort of contract customers" in figure.alt
