"""Loyalty indices by wave: published numbers, weights, verdicts, and what is told when something is missing."""

import numpy as np
import pandas as pd
import pytest

from cxresearch.errors import NotEnough
from cxresearch.models import LoyaltyWaves
from cxresearch.months import in_natural_order
from cxresearch.stats import acsi, mean, newcombe, nps, weighted_mean, wilson
from cxresearch.stats.weighted_means import scale_of


def answers(waves):
    """Wave → (promoters, passives, detractors)."""
    parts = [
        pd.DataFrame({"wave": wave, "recommend": [10] * p + [8] * n + [5] * d})
        for wave, (p, n, d) in waves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_acsi_of_three_items():
    """Means 8, 7.5, 7 with weights .4 .3 .3 give 72.7778 (computed with an independent implementation)."""
    assert acsi([8, 7.5, 7], [0.4, 0.3, 0.3]) == pytest.approx(72.7778, abs=5e-5)
    items = np.array([[10, 10, 10], [1, 1, 1], [8, 7, 6]])
    assert acsi(items).tolist() == pytest.approx([100, 0, 100 * 6 / 9])
    with pytest.raises(ValueError, match="means is above 10 in 1 row"):
        acsi([8, 11])


def test_weighted_mean_is_students_without_weights_and_repeats_with_whole_ones():
    x = [2, 4, 4, 5, 7]
    assert weighted_mean(x)[:3] == pytest.approx(mean(x))
    w = weighted_mean(x, [2, 1, 3, 1, 1])
    assert w.estimate == pytest.approx(np.mean(np.repeat(x, [2, 1, 3, 1, 1])))
    assert w.n_effective == pytest.approx(64 / 16)
    assert weighted_mean(x, [5, 5, 5, 5, 5]) == pytest.approx(weighted_mean(x))
    assert np.isnan(weighted_mean([3]).low)


def test_nps_by_wave_is_that_of_the_published_example():
    """NPS of 150/100/50: 33.3333, SE 4.3033; of 45/30/25: 20, SE 8.1240 (independent implementation)."""
    model = LoyaltyWaves().fit(answers({"2025": (45, 30, 25), "2026": (150, 100, 50)}))
    waves = model.waves_.set_index("wave")
    assert waves["estimate"].tolist() == pytest.approx([20, 33.3333], abs=5e-5)
    assert waves["std_error"].tolist() == pytest.approx([8.1240, 4.3033], abs=5e-5)
    change = model.changes_.iloc[0]
    error = np.hypot(8.12404, 4.30331)
    assert (change["high"] - change["low"]) / 2 == pytest.approx(1.959964 * error, abs=1e-4)
    assert model.detectable_["NPS"] == pytest.approx((1.959964 + 0.841621) * np.sqrt(2) * 4.30331, abs=1e-3)
    assert change["verdict"] == "no clear difference"


def test_csat_takes_wilson_and_newcombe():
    frame = pd.DataFrame(
        {"wave": ["a"] * 80 + ["b"] * 70, "satisfaction": [5] * 48 + [2] * 32 + [4] * 56 + [1] * 14}
    )
    model = LoyaltyWaves().fit(frame)
    csat = model.waves_[model.waves_["index"] == "CSAT"]
    assert csat["low"].iloc[1] == pytest.approx(wilson(56, 70).low)
    units = model.summary().set_index("metric")["unit"]
    assert units["CSAT"] == "share" and units["CSAT, change"] == "points"
    change = model.changes_[model.changes_["index"] == "CSAT"].iloc[0]
    assert (change["estimate"], change["low"], change["high"]) == pytest.approx(newcombe(56, 70, 48, 80))
    assert change["verdict"] == "changed"


def test_weights_and_kish():
    frame = answers({"a": (30, 20, 50)})
    frame["weight"] = np.linspace(0.2, 2, 100)
    one = LoyaltyWaves().fit(frame).waves_.iloc[0]
    other = nps(frame["recommend"], frame["weight"])
    assert (one["estimate"], one["low"], one["n_effective"]) == pytest.approx(
        (other.estimate, other.low, other.n_effective)
    )
    assert "Kish" in one["method"]


def test_waves_that_do_not_differ_are_called_changed_once_in_twenty_or_less():
    rng, called = np.random.default_rng(1), 0
    for _ in range(100):
        shares = rng.multinomial(400, [0.4, 0.3, 0.3], 6)
        model = LoyaltyWaves().fit(answers({f"w{i}": row for i, row in enumerate(shares)}))
        called += (model.changes_["verdict"] == "changed").any()
    assert called <= 10  # 5 on average if the correction over five changes holds


def test_a_detectable_change_is_detected_four_times_in_five():
    rng, found = np.random.default_rng(2), 0
    size = LoyaltyWaves().fit(answers({"a": (160, 120, 120)})).detectable_["NPS"] / 200
    for _ in range(200):
        before = rng.multinomial(400, [0.4, 0.3, 0.3])
        after = rng.multinomial(400, [0.4 + size, 0.3, 0.3 - size])
        model = LoyaltyWaves().fit(answers({"a": before, "b": after}))
        found += model.changes_["verdict"].iloc[0] == "changed"
    assert found / 200 == pytest.approx(0.8, abs=0.09)


def test_waves_are_ordered_by_time_where_there_is_one():
    frame = answers({"second": (5, 5, 5), "first": (9, 9, 9)})
    with pytest.raises(NotEnough, match="the order of the waves second, first is unknown"):
        LoyaltyWaves().fit(frame)
    frame["responded_at"] = pd.to_datetime(["2026-01-01"] * 15 + ["2026-04-01"] * 27)
    assert LoyaltyWaves().fit(frame).waves_["wave"].tolist() == ["second", "first"]


def test_what_is_missing_is_told():
    model = LoyaltyWaves().fit(answers({"a": (5, 5, 5)}))
    assert model.left_out_ == [
        "no CSAT and no ACSI-type index: nobody answered satisfaction",
        "no CES: nobody answered effort",
    ]
    assert not len(model.changes_)
    with pytest.raises(NotEnough, match="nobody answered recommend, satisfaction or effort"):
        LoyaltyWaves().fit(pd.DataFrame({"wave": ["a"], "recommend": [np.nan]}))
    with pytest.raises(NotEnough, match="nobody has answered the survey yet"):
        LoyaltyWaves().fit(pd.DataFrame({"wave": [], "recommend": []}))
    with pytest.raises(ValueError, match=r"wave is missing in 1 row \(first: 1\)"):
        LoyaltyWaves().fit(pd.DataFrame({"wave": ["a", None], "recommend": [3, 4]}))
    with pytest.raises(ValueError, match="recommend is above 10"):
        LoyaltyWaves().fit(pd.DataFrame({"wave": ["a", "a"], "recommend": [3, 11]}))


def test_a_column_of_weights_without_any_is_no_weighting():
    one, other = (
        LoyaltyWaves().fit(frame)
        for frame in (answers({"a": (5, 5, 5)}), answers({"a": (5, 5, 5)}).assign(weight=np.nan))
    )
    pd.testing.assert_frame_equal(one.waves_, other.waves_)


def test_one_answer_or_one_opinion_still_has_limits():
    model = LoyaltyWaves().fit(
        pd.DataFrame({"wave": ["a"] + ["b"] * 40, "recommend": 10, "satisfaction": 5, "effort": 1})
    )
    assert model.waves_[["low", "high"]].notna().all().all()
    assert (model.changes_["verdict"] == "no clear difference").all()


def test_scales():
    assert scale_of([1, 4]) == (1, 5)
    assert scale_of([6, 2]) == (1, 7)
    assert scale_of([0, 5]) == (0, 10)
    assert scale_of([55.5, 1]) == (0, 100)
    with pytest.raises(ValueError, match="no scale"):
        scale_of([-3, 4])


def test_a_wave_that_answers_alike_makes_no_change_certain():
    """Where all answers of a wave are alike its standard error is 0, which says nothing of how sure the wave is."""
    few = LoyaltyWaves().fit(pd.DataFrame({"wave": ["a", "b"], "recommend": [10, 3], "effort": [1, 5]}))
    assert (few.changes_["verdict"] == "no clear difference").all()
    assert (few.changes_["low"] < few.changes_["high"]).all()
    answers = pd.DataFrame({"wave": ["a"] * 3 + ["b"] * 300, "effort": [2] * 3 + [1, 2, 3, 4, 5] * 60})
    change = LoyaltyWaves().fit(answers).changes_.iloc[0]
    assert change["low"] < 0 < change["high"] and change["p_value"] > 0.05
    many = pd.DataFrame({"wave": ["a"] * 200 + ["b"] * 200, "recommend": [10] * 200 + [7] * 200})
    change = LoyaltyWaves().fit(many).changes_.iloc[0]
    assert change["verdict"] == "changed" and -100 - 10 < change["low"] < -100 < change["high"] < -90
    assert LoyaltyWaves().fit(many).detectable_["NPS"] > 1


def test_weights_make_no_spread_and_no_share_over_one_where_all_answer_alike():
    for seed in range(40):
        weight = np.random.default_rng(seed).uniform(0.5, 2, 50)
        answers = pd.DataFrame({"wave": "a", "satisfaction": 10, "effort": 3, "weight": weight})
        waves = LoyaltyWaves(scale=(1, 10)).fit(answers).waves_.set_index("index")
        assert waves["estimate"].to_dict() == {"CSAT": 1.0, "ACSI-type": 100.0, "CES": 3.0}
        assert (waves["std_error"] == 0).all() and (waves["low"] < waves["estimate"]).all()


@pytest.mark.parametrize("dated", [False, True])
def test_wave_nine_comes_before_wave_ten(dated):
    """Ordered by spelling the change would have the wrong sign; a day that all waves share orders none."""
    frame = answers({"Wave 9": (10, 20, 70), "Wave 10": (70, 20, 10)})
    frame = frame.assign(responded_at=pd.Timestamp("2026-05-31")) if dated else frame
    model = LoyaltyWaves().fit(frame)
    assert model.waves_["wave"].tolist() == ["Wave 9", "Wave 10"]
    change = model.changes_.iloc[0]
    assert (change.before, change.wave, round(change.estimate)) == ("Wave 9", "Wave 10", 120)


def test_waves_that_nothing_orders_are_not_compared():
    frame = answers({"spring": (10, 20, 70), "autumn": (70, 20, 10)})
    with pytest.raises(
        NotEnough, match="the order of the waves spring, autumn is unknown; give responded_at"
    ):
        LoyaltyWaves().fit(frame)


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["2026Q1", "2025Q4"], ["2025Q4", "2026Q1"]),
        (["Q1 2026", "Q4 2025", "Q2 2026"], ["Q4 2025", "Q1 2026", "Q2 2026"]),
        (["Welle 2/2025", "Welle 1/2026"], ["Welle 2/2025", "Welle 1/2026"]),
        (["2026-10", "2026-9"], ["2026-9", "2026-10"]),
        (["May 2026", "Dec 2025"], ["Dec 2025", "May 2026"]),
        (["9", "10", "8"], ["8", "9", "10"]),
        (["B", "A"], ["A", "B"]),
        (["5/26", "6/25"], None),
        (["pilot", "Wave 1"], None),
        (["spring 2026", "autumn 2025"], None),
    ],
)
def test_labels_are_ordered_by_what_they_say(labels, order):
    assert in_natural_order(labels) == order
