"""The checks around loyalty: what customers did, who kept silent, what an ordinal model says, what comments are about."""

import json

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, ttest_ind

import cxresearch as cx
from cxresearch.errors import NotEnough
from cxresearch.models import CommentThemes, NonResponse, OrdinalCheck, StatedLived
from cxresearch.models.loyalty.raking import rake
from cxresearch.stats import nps

# ---------------------------------------------------------------- after an answer


@pytest.fixture
def asked():
    return ibis.memtable({"customer_id": ["a", "b", "c", "d", None], "recommend": [9, 3, 7, 8, 5]}).mutate(
        responded_at=ibis.timestamp("2026-01-10 12:00:00")
    )


def contracts(rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on"])
    frame["contract_id"] = [f"k{i}" for i in range(len(frame))]
    for name in ("started_on", "ended_on"):
        frame[name] = pd.to_datetime(frame[name])
    return ibis.memtable(frame).mutate(
        started_on=ibis._.started_on.cast("date"), ended_on=ibis._.ended_on.cast("date")
    )


def test_months_until_leaving(asked):
    held = contracts(
        [
            ("a", "2025-01-01", "2026-01-11"),  # the next day: month 1
            ("b", "2025-01-01", "2026-02-12"),  # 33 days: month 2
            ("b", "2025-06-01", "2026-02-20"),  # a second contract, which ends later: 41 days, still month 2
            ("c", "2025-01-01", None),
            ("d", "2025-01-01", "2026-01-05"),  # had ended when asked
            ("d", "2026-03-01", None),  # began later
        ]
    )
    found = cx.features.stayed_after(asked, held, "2026-12-31", months=6).to_pandas().set_index("customer_id")
    assert found["duration"].to_dict() == {"a": 1, "b": 2, "c": 6}
    assert found["has_left"].to_dict() == {"a": True, "b": True, "c": False}


def test_who_renews_the_next_day_has_not_left(asked):
    held = contracts(
        [
            ("a", "2025-01-01", "2026-02-28"),
            ("a", "2026-03-01", None),
            ("b", "2025-01-01", "2026-02-28"),
            ("b", "2026-03-01", "2026-04-30"),
            ("c", "2025-01-01", "2026-02-28"),
            ("c", "2026-03-02", None),  # a day without a contract: left, and came back
        ]
    )
    found = cx.features.stayed_after(asked, held, "2026-12-31", months=6).to_pandas().set_index("customer_id")
    assert found["has_left"].to_dict() == {"a": False, "b": True, "c": True}
    assert found["duration"].to_dict() == {"a": 6, "b": 4, "c": 2}


def test_nothing_after_the_date_is_known(asked):
    base = [("a", "2025-01-01", None), ("b", "2025-01-01", "2026-02-12"), ("c", "2025-01-01", None)]
    later = [
        ("a", "2025-01-01", "2026-05-02"),
        ("b", "2025-01-01", "2026-02-12"),
        ("c", "2025-01-01", "2026-09-09"),
    ]
    then, now = (
        cx.features.stayed_after(asked, contracts(rows), "2026-04-30").order_by("customer_id").to_pandas()
        for rows in (base, later)
    )
    pd.testing.assert_frame_equal(then, now)
    orders = pd.DataFrame(
        {"customer_id": ["a"] * 4, "amount": [10.0, 20.0, 30.0, 99.0],
         "ordered_at": pd.to_datetime(["2025-12-01", "2026-01-20", "2026-02-01", "2026-09-01"])}
    )  # fmt: skip
    found = [
        cx.features.spend_after(asked, ibis.memtable(rows), "2026-07-31").to_pandas()
        for rows in (orders, orders.iloc[:3])
    ]
    pd.testing.assert_frame_equal(*found)
    assert found[0][["spend_before", "spend_after"]].to_numpy().tolist() == [[10.0, 50.0]]


def test_an_answer_not_followed_long_enough_has_no_spend(asked):
    orders = pd.DataFrame(
        {"customer_id": ["a"], "amount": [10.0], "ordered_at": pd.to_datetime(["2025-12-01"])}
    )
    assert cx.features.spend_after(asked, ibis.memtable(orders), "2026-03-31").count().to_pandas() == 0


# ---------------------------------------------------------------- stated and lived


def lives(n, effect, seed, answers=1):
    """Customers with a score, who leave with a monthly hazard of 3 % × exp(effect × (score − 7))."""
    rng = np.random.default_rng(seed)
    score = np.repeat(np.clip(np.rint(rng.normal(7.5, 2, n)), 0, 10), answers)
    hazard = 1 - np.exp(-0.03 * np.exp(effect * (score - 7)))
    month = np.repeat(rng.geometric(hazard[::answers]), answers)
    return pd.DataFrame(
        {"customer_id": np.repeat(np.arange(n), answers), "recommend": score,
         "duration": np.minimum(month, 12), "has_left": month <= 12}
    )  # fmt: skip


def test_the_hazard_ratio_per_point_comes_back():
    model = StatedLived().fit(lives(6000, -0.2, 1))
    ratio = model.hazard_ratio_
    assert ratio["low"] < np.exp(-0.2) < ratio["high"]
    assert ratio["high"] - ratio["low"] < 0.08
    groups = model.groups_.set_index("group")
    assert groups["left"].is_monotonic_decreasing
    assert ((groups["low"] < groups["expected"]) & (groups["expected"] < groups["high"])).all()


def test_several_answers_of_one_customer_are_one_customer():
    once, often = StatedLived().fit(lives(800, -0.2, 2)), StatedLived().fit(lives(800, -0.2, 2, answers=5))
    width = [m.hazard_ratio_["high"] - m.hazard_ratio_["low"] for m in (once, often)]
    assert width[0] == pytest.approx(width[1], rel=0.05)
    pd.testing.assert_frame_equal(
        once.groups_.drop(columns="expected"), often.groups_.drop(columns="expected")
    )


def test_a_score_that_says_nothing_is_not_announced():
    announced = 0
    for seed in range(20):
        ratio = StatedLived().fit(lives(500, 0.0, seed)).hazard_ratio_
        announced += ratio["low"] > 1 or ratio["high"] < 1
    assert announced <= 4


def test_later_spend_per_point_at_equal_earlier_spend():
    rng, n = np.random.default_rng(3), 3000
    frame = pd.DataFrame({"customer_id": np.arange(n), "recommend": rng.integers(0, 11, n)})
    frame["spend_before"] = rng.gamma(2, 50, n)
    frame["spend_after"] = 20 + 0.5 * frame["spend_before"] + 3 * frame["recommend"] + rng.normal(0, 20, n)
    model = StatedLived().fit(spent=frame)
    assert model.spend_slope_["low"] < 3 < model.spend_slope_["high"]
    assert model.spend_["estimate"].is_monotonic_increasing
    assert model.hazard_ratio_.isna().all()
    assert model.left_out_ == []
    both = StatedLived().fit(lives(30, 0.0, 1).head(0), frame)
    assert both.left_out_ == ["nobody who answered held a contract"]
    assert both.summary()["metric"].str.startswith("later spend").all()


@pytest.mark.parametrize("unit", [1e-6, 1e3, 1e6, 1e9])
def test_later_spend_is_the_same_in_any_currency(unit):
    rng, n = np.random.default_rng(4), 400
    frame = pd.DataFrame({"customer_id": np.arange(n) // 2, "recommend": rng.integers(0, 11, n)})
    frame["spend_before"] = rng.gamma(2, 400, n)
    frame["spend_after"] = frame["spend_before"] + 30 * frame["recommend"] + rng.normal(0, 100, n)
    money = ["spend_before", "spend_after"]
    one = StatedLived().fit(spent=frame).spend_slope_[["estimate", "low", "high"]]
    other = StatedLived().fit(spent=frame.assign(**frame[money] * unit)).spend_slope_
    assert (other[["estimate", "low", "high"]] / unit).to_numpy() == pytest.approx(one.to_numpy(), rel=1e-9)


def test_the_first_answer_is_the_first_in_time_whatever_the_order_of_rows():
    rng, n = np.random.default_rng(5), 600
    stayed = pd.DataFrame({"customer_id": rng.integers(0, 300, n), "recommend": rng.integers(0, 11, n)})
    stayed["responded_at"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(n), unit="D")
    stayed = stayed.assign(duration=rng.integers(1, 14, n), has_left=rng.random(n) < 0.4)
    told = [
        StatedLived(6).fit(rows).groups_
        for rows in (stayed, stayed.sample(frac=1, random_state=1), stayed[::-1])
    ]
    pd.testing.assert_frame_equal(told[0], told[1])
    pd.testing.assert_frame_equal(told[0], told[2])
    invited, answers, _, _ = wave(1, False)
    before = stayed.rename(columns={"responded_at": "invited_at"})
    before = before.assign(has_responded=rng.random(n) < 0.5, wave="1")
    invited = pd.concat([before, invited.assign(wave="2")], ignore_index=True)
    answers = pd.concat([answers.assign(wave="2"), pd.DataFrame({"wave": ["1"], "customer_id": [0]})])
    lived = [NonResponse().fit(rows, answers).lived_ for rows in (invited, invited[::-1])]
    assert len(lived[0]) == 2
    pd.testing.assert_frame_equal(*lived)


def test_too_little_to_say_is_told():
    few = lives(30, 0.0, 1).assign(has_left=False)
    with pytest.raises(NotEnough, match=r"^fewer than 10 of those who answered left$"):
        StatedLived().fit(few)
    with pytest.raises(NotEnough, match=r"^all who answered gave one score$"):
        StatedLived().fit(lives(500, 0.0, 1).assign(recommend=7.0))
    with pytest.raises(NotEnough, match=r"^nobody who answered held a contract and gave satisfaction$"):
        StatedLived().fit(lives(500, 0.0, 1), score="satisfaction")
    with pytest.raises(NotEnough, match=r"^nobody who answered held a contract$"):
        StatedLived().fit(few.head(0))
    spent = few.assign(spend_before=1.0, spend_after=2.0)
    with pytest.raises(NotEnough, match=r"^fewer than 30 of those who answered had bought before$"):
        StatedLived().fit(spent=spent.head(20))
    with pytest.raises(NotEnough, match=r"^all buyers who answered gave one score$"):
        StatedLived().fit(spent=spent.assign(recommend=7.0))
    with pytest.raises(ValueError, match="neither"):
        StatedLived().fit()
    with pytest.raises(ValueError, match="stayed lacks the column has_left"):
        StatedLived().fit(lives(30, 0.0, 1).drop(columns="has_left"))


# ---------------------------------------------------------------- who kept silent


def wave(seed, selective):
    """2,000 invited with a mood; the content answer more often where it is selective."""
    rng = np.random.default_rng(seed)
    mood, old = rng.normal(size=2000), rng.random(2000) < 0.5
    chance = 1 / (1 + np.exp(1.2 - 0.8 * selective * mood - 1.0 * old))
    invited = pd.DataFrame({"customer_id": np.arange(2000), "has_responded": rng.random(2000) < chance})
    invited["stratum"] = np.where(old, "old", "young")
    recommend = np.clip(np.rint(7.5 + 1.5 * mood + old + rng.normal(size=2000)), 0, 10)
    month = rng.geometric(1 - np.exp(-0.02 * np.exp(-0.6 * mood)))
    lived = invited.assign(duration=np.minimum(month, 12), has_left=month <= 12)
    answers = pd.DataFrame({"customer_id": np.arange(2000), "recommend": recommend})
    return invited, answers[invited["has_responded"]], lived, nps(recommend).estimate


def judged(invited, answers, lived, _):
    return NonResponse().fit(lived, answers)


def test_raking_repairs_strata_and_not_selection_within_them():
    off = {name: [] for name in ("as answered", "raked")}
    for seed in range(5):
        for selective in (0, 1):
            invited, answers, _, truth = wave(seed, selective)
            found = NonResponse().fit(invited, answers).estimates_.set_index("name")["estimate"]
            for name, errors in off.items():
                errors.append(found[name] - truth)
    answered, raked = (np.reshape(off[name], (5, 2)).mean(axis=0) for name in ("as answered", "raked"))
    assert abs(raked[0]) < 2 < answered[0]  # the old answer more and are happier: repaired
    assert raked[1] > 10  # the content answer more within a stratum: weights do not know


def test_what_the_silent_did_reveals_selection():
    seen = [judged(*wave(s, True)).verdict_ for s in range(5)]
    assert seen.count("may lie elsewhere") >= 4
    unseen = [judged(*wave(s, False)) for s in range(10)]
    announced = sum(m.hazard_ratio_["low"] > 1 or m.hazard_ratio_["high"] < 1 for m in unseen)
    assert announced <= 2


def test_the_tipping_point_puts_the_score_of_all_on_the_limit():
    invited, answers, _, _ = wave(1, True)
    model = NonResponse().fit(invited, answers)
    rho = model.rate_["estimate"]
    for row in model.tipping_.itertuples():
        assert rho * model.reported_["estimate"] + (1 - rho) * row.silent == pytest.approx(row.score)


def test_strata_and_r_indicator():
    invited, answers, _, _ = wave(2, False)
    model = NonResponse().fit(invited, answers)
    rates = invited.groupby("stratum")["has_responded"].mean()
    assert model.strata_.set_index("stratum")["rate"].to_dict() == pytest.approx(rates.to_dict())
    assert model.r_indicator_["estimate"] == pytest.approx(1 - abs(rates.diff().iloc[1]), abs=0.02)
    alone = NonResponse().fit(invited.drop(columns="stratum"), answers)
    assert alone.r_indicator_.isna().all()
    assert "no R-indicator: there is one stratum only" in alone.left_out_
    assert "R-indicator" not in set(alone.summary()["metric"])
    assert model.rates()["estimate"].tolist() == model.strata_["rate"].tolist()
    assert set(model.rates()["group"]) == {"strata"}


def test_the_latest_wave_that_was_answered_is_judged():
    parts = [wave(seed, False)[:3] for seed in range(3)]
    _, answers, lived = (
        pd.concat([part[k].assign(wave=f"w{i}") for i, part in enumerate(parts)], ignore_index=True)
        for k in range(3)
    )
    answers["recommend"] = answers["recommend"].where(answers["wave"] != "w2")
    model = NonResponse().fit(lived, answers)
    assert model.wave_ == "w1"
    assert model.rate_["n"] == 2000
    pd.testing.assert_frame_equal(model.estimates_, NonResponse().fit(*parts[1][:2]).estimates_)
    other = NonResponse().fit(pd.concat([lived, lived.assign(wave="another survey")]), answers)
    pd.testing.assert_series_equal(model.hazard_ratio_, other.hazard_ratio_)


def test_the_r_indicator_has_the_level_asked_for():
    invited, answers, _, _ = wave(2, False)
    width = [
        np.ptp(NonResponse(level).fit(invited, answers).r_indicator_[["low", "high"]])
        for level in (0.5, 0.95)
    ]
    assert 2 * width[0] < width[1]


def test_non_response_of_odd_waves():
    invited, answers, _, _ = wave(3, False)
    everybody = NonResponse().fit(invited[invited["has_responded"]], answers)
    assert everybody.verdict_ == "everybody answered"
    with pytest.raises(
        ValueError, match=r"customer_id occurs twice among the invited in 1 row \(first: 2000\)"
    ):
        NonResponse().fit(pd.concat([invited, invited.head(1)]), answers)
    with pytest.raises(NotEnough, match="fewer than 10 of the invited answered recommend"):
        NonResponse().fit(invited, answers.assign(customer_id=-1))
    with pytest.raises(NotEnough, match="nobody had been invited"):
        NonResponse().fit(invited.head(0), answers)
    with pytest.raises(NotEnough, match="nobody answered recommend"):
        NonResponse().fit(invited, answers.assign(recommend=np.nan))
    lonely = invited.assign(stratum=np.where(invited["customer_id"] == 5, "other", invited["stratum"]))
    found = NonResponse().fit(lonely, answers[answers["customer_id"] != 5])
    assert "raking: nobody of stratum other answered" in found.left_out_


def test_margins_that_contradict_each_other_leave_raking_out():
    invited = pd.DataFrame({"customer_id": range(400), "has_responded": [True] * 20 + [False] * 380})
    invited["stratum"] = ["a", "b"] * 10 + ["a"] * 190 + ["b"] * 190
    invited["region"] = ["n", "s"] * 10 + ["n"] * 50 + ["s"] * 330
    answers = pd.DataFrame({"customer_id": range(20), "recommend": [9, 3] * 10})
    model = NonResponse().fit(invited, answers)
    assert "raked" not in set(model.estimates_["name"])
    assert any(text.startswith("no raking: the shares contradict each other") for text in model.left_out_)


def test_raking_reaches_every_margin():
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {"a": rng.choice(list("xyz"), 500, p=[0.6, 0.3, 0.1]), "b": rng.choice(list("pq"), 500)}
    )
    targets = {"a": pd.Series({"x": 0.2, "y": 0.3, "z": 0.5}), "b": pd.Series({"p": 0.7, "q": 0.3})}
    weight = rake(people, targets)
    for name, target in targets.items():
        have = weight.groupby(people[name]).sum() / weight.sum()
        assert have.to_dict() == pytest.approx(target.to_dict(), abs=1e-9)
    assert weight.mean() == pytest.approx(1)
    with pytest.raises(ValueError, match="a is 'x' for a respondent; there is no target"):
        rake(people, {"a": pd.Series({"y": 1, "z": 1})})


# ---------------------------------------------------------------- the ordinal check


def test_the_ordinal_model_finds_the_planted_signs_and_order():
    rng = np.random.default_rng(1)
    mood = rng.normal(size=(1500, 1))
    X = pd.DataFrame(0.6 * mood + 0.8 * rng.normal(size=(1500, 4)), columns=list("abcd"))
    y = np.clip(np.rint(7 + X.to_numpy() @ [1.6, 0.9, 0.0, -0.5] + rng.logistic(size=1500)), 0, 10)
    check = OrdinalCheck().fit(X, y)
    assert check.agrees_
    assert check.rank_correlation_ == 1.0
    assert check.drivers_["low"].loc["a"] > 0
    assert check.drivers_["high"].loc["d"] < 0


def test_the_ordinal_check_takes_short_scales_and_refuses_too_little():
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    y = np.clip(np.rint(3 + X["a"] + rng.normal(size=300)), 1, 5)
    assert OrdinalCheck().fit(X, y).drivers_.loc["a", "low"] > 0
    with pytest.raises(NotEnough, match="30 respondents answered everything, and 2 drivers need 50"):
        OrdinalCheck().fit(X.head(30), y.head(30))
    with pytest.raises(NotEnough, match="b does not vary"):
        OrdinalCheck().fit(X.assign(b=1.0), y)
    with pytest.raises(NotEnough, match="no drivers"):
        OrdinalCheck().fit(X[[]], y)


def separated(case):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    if case == "three classes":
        return X, np.digitize(X["a"], [-0.5, 0.5]).astype(float)
    if case == "two classes":
        return X, np.where(X["a"] > 0, 9.0, 3.0)
    if case == "one class":
        return X, rng.integers(9, 11, 300)
    y = np.clip(np.rint(7 + X["a"] + rng.logistic(size=300)), 0, 10)
    return X.assign(b=X["a"]), y


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("three classes", "no finite estimate for a"),
        ("two classes", "no finite estimate for a"),
        ("one class", "all answers to the outcome are of one class"),
        ("collinear", "no finite estimate for a, b, which almost separate the classes or are collinear"),
    ],
)
def test_an_ordinal_fit_without_an_estimate_is_refused(case, said, recwarn):
    with pytest.raises(NotEnough, match=said):
        OrdinalCheck().fit(*separated(case))
    assert not len(recwarn)


def test_an_ordinal_fit_that_stops_early_says_so(monkeypatch):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    fit = OrderedModel.fit
    monkeypatch.setattr(OrderedModel, "fit", lambda self, **kw: fit(self, **(kw | {"maxiter": 2})))
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    with pytest.raises(NotEnough, match="did not converge in 200 steps"):
        OrdinalCheck().fit(X, np.clip(np.rint(7 + X["a"] + rng.logistic(size=300)), 0, 10))


# ---------------------------------------------------------------- comments


def comments():
    rng = np.random.default_rng(0)
    kinds = ["delivery came late again", "invoice was wrong twice", "friendly staff thank you"]
    which = rng.integers(0, 3, 300)
    fillers = ["honestly", "somehow", "overall", "mostly"]
    text = [f"{kinds[k]} {fillers[rng.integers(0, 4)]}" for k in which]
    ratings = pd.DataFrame(
        {"price": rng.normal(7, 1, 300), "speed": rng.normal(7, 1, 300) - 2 * (which == 0)}
    )
    return pd.Series(text), ratings


def test_the_theme_that_rates_a_driver_lower_is_found():
    text, ratings = comments()
    model = CommentThemes(themes=3).fit(text, ratings)
    lower = model.drivers_[model.drivers_["verdict"] == "lower"]
    assert lower["driver"].tolist() == ["speed"]
    assert "late" in lower["theme"].iloc[0]
    assert model.themes_["n"].sum() <= model.n_ == 300


def test_no_word_of_fewer_than_ten_and_nothing_personal_is_shown():
    text, _ = comments()
    secret = ["Zebulon", "zebulon@mail.example", "call 0171 5550132", "https://zebulon.example"]
    text = pd.concat([text, pd.Series([f"delivery {s} late" for s in secret] * 9)], ignore_index=True)
    who = np.r_[np.arange(300), np.arange(1000, 1036) // 4]  # nine people, each four times
    model = CommentThemes(themes=4).fit(text, respondent=who)
    shown = json.dumps(
        [model.themes_.to_dict(), model.drivers_.to_dict(), {k: str(v) for k, v in vars(model).items()}]
    )
    for word in ("zebulon", "0171", "example", "https"):
        assert word not in shown.lower()
    assert (model.themes_["n"] >= 10).all()
    with pytest.raises(ValueError, match="fewer than 10 respondents"):
        CommentThemes(least=3).fit(text)


def test_the_same_text_by_many_responses_of_few_people_is_no_theme():
    text, _ = comments()
    with pytest.raises(
        NotEnough,
        match="9 respondents wrote comments, with 0 words in common: too few to tell two themes apart",
    ):
        CommentThemes().fit(text, respondent=np.arange(300) % 9)


def test_themes_are_compared_by_respondents_not_by_responses():
    text, ratings = comments()
    once = CommentThemes(themes=3).fit(text, ratings)
    four, who = [pd.concat([part] * 4, ignore_index=True) for part in (text, ratings)], np.arange(1200) % 300
    naive, often = CommentThemes(themes=3).fit(*four), CommentThemes(themes=3).fit(*four, who)
    order = ["theme", "driver"]
    once, naive, often = (m.drivers_.sort_values(order, ignore_index=True) for m in (once, naive, often))
    assert len(once) and once[order].equals(often[order]) and once["n"].equals(often["n"])
    for name in ("estimate", "low", "high", "p_value"):  # answers given four times say no more
        np.testing.assert_allclose(often[name], once[name], atol=1e-9)
    assert ((often["high"] - often["low"]) > 1.9 * (naive["high"] - naive["low"])).all()


def test_without_repeats_themes_are_compared_by_welchs_test():
    text, ratings = comments()
    found = CommentThemes(themes=3).fit(text, ratings)
    model = CommentThemes(themes=3)
    words = model._words(text.str.lower(), pd.Series(range(len(text))))
    theme = model._factorise(text.str.lower(), words, 3).reindex(text.index)
    p_values = []
    for row in found.drivers_.itertuples():
        own = ratings.loc[theme == row.theme, row.driver].dropna()
        other = ratings.loc[theme != row.theme, row.driver].dropna()
        peer = ttest_ind(own, other, equal_var=False)
        assert row.n == len(own)
        limits = peer.confidence_interval(0.95)
        np.testing.assert_allclose([row.low, row.high], [limits.low, limits.high], rtol=1e-9)
        p_values.append(peer.pvalue)
    np.testing.assert_allclose(found.drivers_["p_value"], false_discovery_control(p_values), rtol=1e-9)


def test_comments_that_say_nothing_of_the_drivers_announce_nothing():
    text, _ = comments()
    announced = 0
    for seed in range(20):
        ratings = pd.DataFrame(np.random.default_rng(seed).normal(size=(300, 6)))
        verdicts = CommentThemes(themes=3).fit(text, ratings).drivers_["verdict"]
        announced += (verdicts != "no clear difference").any()
    assert announced <= 3


@pytest.mark.parametrize("text", [[None] * 5, [], ["", "  "], ["12345", "a@b.example"]])
def test_no_comments(text):
    with pytest.raises(NotEnough, match="there are no comments"):
        CommentThemes().fit(pd.Series(text, dtype=object))


def test_equally_frequent_topics_are_found_alike_in_any_order_of_rows():
    """Singular vectors of equally frequent topics are arbitrary, so that themes started from them differ from machine to machine."""
    topics = [
        "parcel lost",
        "queue endless",
        "invoice wrong",
        "website slow",
        "staff friendly",
        "shop closed",
    ]
    text = pd.Series(topics * 40)
    found = [CommentThemes(themes=4).fit(text.sample(frac=1, random_state=seed)).themes_ for seed in range(4)]
    assert len(found[0]) == 4
    assert all(
        set(theme.split(", ")) in [set(topic.split()) for topic in topics] for theme in found[0]["theme"]
    )
    assert all(found[0].equals(other) for other in found[1:])


def test_the_summary_of_themes_names_the_drivers_rated_apart():
    text, ratings = comments()
    model = CommentThemes(themes=3).fit(text, ratings)
    rows = model.summary().set_index("metric")
    late = next(theme for theme in rows.index if "late" in theme)
    assert rows.loc[late, "method"] == "share of writers, Wilson; speed lower"
    assert not rows["method"].drop(late).str.contains("speed lower").any()
    alike = CommentThemes(themes=3).fit(text, ratings[[]]).summary()
    assert (alike["method"] == "share of writers, Wilson; no driver rated apart").all()
    assert rows["n"].tolist() == model.themes_["n"].tolist()
    assert (rows["unit"] == "share").all() and (rows["low"] < rows["estimate"]).all()


def test_all_surveys_are_cut_on_the_date_like_one():
    rows = {"response_id": ["1", "2", "3", "4"], "survey": ["a", "a", "b", "b"], "day": ["2026-01-10", "2026-03-31 23:59:59", "2026-02-01", "2026-04-01"]}  # fmt: skip
    table = ibis.memtable(rows).mutate(responded_at=ibis._.day.cast("timestamp"))
    for survey, known in (("all", ["1", "2", "3"]), ("a", ["1", "2"]), ("b", ["3"]), ("auto", ["1", "2"])):
        found = cx.features.survey_answers(table, "2026-03-31", survey).to_pandas()
        assert sorted(found["response_id"]) == known
        assert set(found["wave"]) == {"2026Q1"}


def test_leavers_are_people_however_often_they_had_answered():
    """Forty customers answered in three waves, and half of them left afterwards: 20 leavers, not 60."""
    who = np.repeat(np.arange(40), 3)
    rows = pd.DataFrame(
        {
            "customer_id": who, "recommend": who % 11, "has_left": who % 2 == 0, "duration": np.tile([15, 12, 9], 40),
            "responded_at": np.tile(pd.to_datetime(["2025-01-01", "2025-04-01", "2025-07-01"]), 40),
        }
    )  # fmt: skip
    ratio = cx.models.StatedLived(12).fit(stayed=rows, score="recommend").hazard_ratio_
    assert (ratio["n"], ratio["events"]) == (40, 20)
