"""One answer that cannot be counted does not end the page: it is left out and named, the others are reported."""

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models.loyalty.usable_answers import survey_weights


def answers(**changes):
    n = 60
    frame = pd.DataFrame(
        {
            "response_id": [str(i) for i in range(n)],
            "wave": ["2026Q1", "2026Q2"] * 30,
            "weight": [1.0, 2.0, 0.5] * 20,
        }
    )
    frame = frame.assign(
        recommend=[10, 9, 8, 3, 7, 10] * 10,
        satisfaction=[5, 4, 3, 2, 5, 1] * 10,
        effort=[1, 2, 3, 4, 5, 3] * 10,
    )
    frame = frame.astype({"recommend": float, "satisfaction": float, "effort": float})
    frame["driver_price"], frame["driver_care"] = frame["satisfaction"], frame["effort"]
    for column, value in changes.items():
        frame.loc[3, column] = value
    return frame


def test_an_answer_without_a_weight_is_left_out_and_counted():
    waves = cx.models.LoyaltyWaves().fit(answers(weight=None))
    assert waves.left_out_ == ["1 answer without a weight is left out"]
    others = cx.models.LoyaltyWaves().fit(answers().drop(index=3))
    pd.testing.assert_frame_equal(waves.summary(), others.summary())
    rated = cx.models.SurveyRatings().fit(answers(weight=None))
    assert rated.left_out_ == ["1 answer without a weight is left out"] and rated.weight_.loc[3] == 0
    found = cx.models.DriverImportance(draws=100).fit(rated.drivers_, rated.score_, rated.weight_)
    rated = cx.models.SurveyRatings().fit(answers().drop(index=3))
    other = cx.models.DriverImportance(draws=100).fit(rated.drivers_, rated.score_, rated.weight_)
    assert found.summary()["estimate"].tolist() == pytest.approx(other.summary()["estimate"].tolist())


def test_a_code_among_the_ratings_leaves_out_that_index_and_no_other():
    waves = cx.models.LoyaltyWaves().fit(answers(satisfaction=-9))
    assert set(waves.waves_["index"]) == {"NPS", "CES"}
    assert waves.left_out_ == [
        "no CSAT and no ACSI-type index: satisfaction runs from -9 to 5, which no scale holds: declare the codes that stand for a missing answer"
    ]
    waves = cx.models.LoyaltyWaves().fit(answers(effort=999))
    assert set(waves.waves_["index"]) == {"NPS", "CSAT", "ACSI-type"}


def test_a_score_between_two_points_is_left_out_and_counted():
    waves = cx.models.LoyaltyWaves().fit(answers(recommend=8.5))
    assert waves.left_out_ == ["1 score of recommend between two points is left out"]
    nothing = cx.models.LoyaltyWaves().fit(answers(recommend=None))
    pd.testing.assert_frame_equal(waves.waves_, nothing.waves_)


def test_weights_of_nobody_are_not_assessed():
    for weight in (0, None):
        frame = answers().assign(weight=weight)
        frame.loc[0, "weight"] = 0
        with pytest.raises(cx.NotEnough, match="every answer has the weight 0, or none"):
            cx.models.LoyaltyWaves().fit(frame)
    with pytest.raises(ValueError, match="weight is negative"):
        survey_weights(pd.Series([1.0, -1.0]))
