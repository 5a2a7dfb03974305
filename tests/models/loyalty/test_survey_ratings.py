"""Which outcome, which drivers, and whose answers an analysis of drivers takes."""

import numpy as np
import pandas as pd
import pytest

from cxresearch.errors import NotEnough
from cxresearch.models import SurveyRatings, driver_names


def answers(drivers, n=200, **columns):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"response_id": [f"r{k}" for k in range(n)], "recommend": rng.integers(0, 11, n)})
    for name, many in drivers.items():
        frame[f"driver_{name}"] = np.where(np.arange(n) < many, rng.integers(1, 8, n), np.nan)
    return frame.assign(**columns)


def test_drivers_rated_by_too_few_and_those_that_never_vary_are_left_out_and_named():
    frame = answers({"ease": 200, "price": 30, "staff": 29, "empty": 0}, driver_dull=5)
    ratings = SurveyRatings().fit(frame)
    assert list(ratings.drivers_) == ["ease", "price"]
    assert ratings.widely_rated_ == ["driver_ease"]
    assert ratings.left_out_ == [
        "staff: rated by 29 respondents who gave the outcome, fewer than 30",
        "dull: every respondent gave the same rating",
    ]
    assert driver_names(frame) == ["ease", "price", "staff", "empty", "dull"]
    assert list(SurveyRatings(leave_out=["price"]).fit(frame).drivers_) == ["ease"]


def test_only_ratings_beside_the_outcome_count():
    frame = answers({"ease": 200, "price": 200})
    frame.loc[frame.index[:180], "recommend"] = np.nan
    ratings = SurveyRatings().fit(frame)
    assert not len(ratings.drivers_.columns)
    assert ratings.left_out_[0] == "ease: rated by 20 respondents who gave the outcome, fewer than 30"


def test_of_more_than_fifteen_drivers_those_rated_most_are_kept_in_the_order_of_the_table():
    ratings = SurveyRatings().fit(answers({f"d{k:02d}": 100 + k for k in range(17)}))
    assert list(ratings.drivers_) == [f"d{k:02d}" for k in range(2, 17)]
    assert ratings.left_out_ == [f"d0{k}: 15 other drivers were rated more often" for k in (1, 0)]


@pytest.mark.parametrize(
    ("columns", "setting", "outcome"),
    [
        ({"satisfaction": 4}, "auto", "recommend"),
        ({"satisfaction": 4, "recommend": np.nan}, "auto", "satisfaction"),
        ({"satisfaction": 4}, "satisfaction", "satisfaction"),
        ({"recommend": np.nan}, "auto", "satisfaction"),
    ],
)
def test_the_outcome_is_the_one_asked_for_or_the_first_that_was_answered(columns, setting, outcome):
    ratings = SurveyRatings(setting).fit(answers({"ease": 200}, **columns))
    assert ratings.outcome_ == ratings.score_.name == outcome
    assert ratings.score_.notna().any() == ("satisfaction" in columns or outcome == "recommend")


def test_a_respondent_is_the_customer_or_else_the_response():
    frame = answers({"ease": 3}, n=3, customer_id=["a", None, "a"], weight=np.nan, survey="depth")
    ratings = SurveyRatings().fit(frame)
    assert ratings.respondent_.tolist() == ["a", "r1", "a"]
    assert ratings.weight_ is None
    assert ratings.survey_ == "depth"
    assert SurveyRatings().fit(frame.drop(columns=["customer_id", "survey"])).respondent_.tolist() == [
        "r0",
        "r1",
        "r2",
    ]
    assert SurveyRatings().fit(frame.assign(weight=[1, 2, 3])).weight_.tolist() == [1, 2, 3]


def test_no_answers_are_not_enough():
    with pytest.raises(NotEnough, match="nobody has answered the survey yet"):
        SurveyRatings().fit(answers({"ease": 3}).head(0))
