"""P(alive) through a threshold, the chance of buying at all, and the regularity of buying."""

import datetime

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from cxresearch import NotEnough
from cxresearch.models import BetaGeoNBD, ParetoNBD, Regularity, Silence
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import beta_geo, pareto_nbd

AS_OF = datetime.date(1997, 9, 30)


@pytest.fixture(scope="module")
def rfm():
    return cdnow_rfm().reset_index(names="customer_id")


@pytest.fixture(scope="module", params=[BetaGeoNBD, ParetoNBD])
def model(request, rfm):
    return request.param().fit(rfm)


def test_on_the_day_found_p_alive_is_the_threshold(model, rfm):
    found = Silence(model, 0.4).fit(rfm, AS_OF).customers_
    dated = found[(found["silence"] > 0) & found["silence"].notna()]
    assert len(dated) > 800
    then = dated.assign(age=dated["recency"] + dated["silence"])
    assert model.p_alive(then)["p_alive"].to_numpy() == pytest.approx(0.4, abs=1e-4)
    assert (dated["silence_low"] < dated["silence"]).all()
    assert (dated["silence"] < dated["silence_high"]).all()


def test_lapsed_are_those_below_the_threshold_and_their_day_has_passed(model, rfm):
    found = Silence(model, 0.5).fit(rfm, AS_OF).customers_
    assert (found["is_lapsed"] == (model.p_alive(rfm)["p_alive"] < 0.5)).all()
    known = found[found["silent_on"].notna()]
    assert (known.loc[known["is_lapsed"], "silent_on"] <= AS_OF).all()
    assert (known.loc[~known["is_lapsed"], "silent_on"] >= AS_OF).all()
    row = found.iloc[0]  # last bought 1997-08-02: 38.857 weeks of age less 30.429 of recency before the end
    days = np.ceil(row["silence"] * 7 - 1e-6)
    assert row["silent_on"] == datetime.date(1997, 8, 2) + datetime.timedelta(days=int(days))


def test_bg_nbd_closed_form(rfm):
    """Odds of being gone a/(b + x − 1)·((α + T)/(α + t_x))^(r + x), solved for T."""
    model = BetaGeoNBD().fit(rfm)
    r, alpha, a, b = model.params_
    found = Silence(model, 0.5).fit(rfm, AS_OF).customers_.query("frequency > 0 and silence > 0")
    x, recency = found["frequency"], found["recency"]
    silence = (alpha + recency) * (((b + x - 1) / a) ** (1 / (r + x)) - 1)
    assert found["silence"].to_numpy() == pytest.approx(silence.to_numpy(), rel=1e-6)


def test_who_bought_once_gets_a_date_only_from_the_model_that_lets_them_go(rfm):
    once = rfm["frequency"] == 0
    assert Silence(BetaGeoNBD().fit(rfm)).fit(rfm, AS_OF).customers_.loc[once, "silent_on"].isna().all()
    assert Silence(ParetoNBD().fit(rfm)).fit(rfm, AS_OF).customers_.loc[once, "silent_on"].notna().all()


def test_due_lists_the_living_soonest_first(model, rfm):
    until = AS_OF + datetime.timedelta(weeks=13)
    due = Silence(model).fit(rfm, AS_OF).due(until, AS_OF)
    assert len(due) > 20
    assert list(due.columns) == ["customer_id", "silent_on", "frequency", "p_alive"]
    assert (due["p_alive"] >= 0.5).all()
    assert due["silent_on"].is_monotonic_increasing
    assert due["silent_on"].between(AS_OF + datetime.timedelta(days=1), until).all()


@pytest.mark.parametrize("threshold", [0, 1, -0.2, 50])
def test_a_threshold_is_a_probability(threshold, rfm, model):
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Silence(model, threshold).fit(rfm, AS_OF)


@pytest.mark.parametrize(
    ("simulate", "model", "params"),
    [(beta_geo, BetaGeoNBD, (0.6, 4.0, 0.9, 2.5)), (pareto_nbd, ParetoNBD, (0.8, 6.0, 0.9, 12.0))],
)
def test_chance_of_buying_at_all_is_that_of_simulated_customers(simulate, model, params):
    customers = simulate(40_000, 11, params, ages=(364, 364), keep_until=26.0)
    fitted = model().fit(customers)
    told = fitted.p_active(customers, 26.0)
    bought = customers["later"] > 0
    for x, rows in customers.groupby(customers["frequency"].clip(upper=4)):
        share = bought[rows.index].mean()
        error = np.sqrt(share * (1 - share) / len(rows))
        assert told.loc[rows.index, "p_active"].mean() == pytest.approx(share, abs=4 * error), x
    assert (told["p_active_low"] <= told["p_active"]).all()
    assert (told["p_active"] <= told["p_active_high"]).all()
    assert (told["p_active"] <= fitted.p_alive(customers)["p_alive"] + 1e-12).all()


def test_chance_of_buying_grows_with_time_towards_p_alive(model, rfm):
    some = rfm.head(200)
    short, long = (model.p_active(some, t)["p_active"].to_numpy() for t in (4.0, 40.0))
    assert (short < long).all()
    assert model.p_active(some, 0.0)["p_active"].to_numpy() == pytest.approx(0.0, abs=1e-12)


def test_interval_of_the_chance_is_the_delta_method(model, rfm):
    """Against slopes of the log odds taken by moving each parameter."""
    one, theta, slopes = rfm.iloc[[0, 2, 3]], model._theta, []
    told = model.p_active(one, 39.0)
    for step in 1e-4 * np.eye(4):
        sides = []
        for model._theta in (theta + step, theta - step):
            sides.append(logit(model.p_active(one, 39.0)["p_active"].to_numpy()))
        slopes.append((sides[0] - sides[1]) / 2e-4)
    model._theta = theta
    slopes = np.stack(slopes, axis=1)
    se = np.sqrt(np.einsum("ij,jk,ik->i", slopes, model.covariance_.to_numpy(), slopes))
    for name, sign in (("p_active_low", -1), ("p_active_high", 1)):
        limit = expit(logit(told["p_active"].to_numpy()) + sign * 1.959964 * se)
        assert told[name].to_numpy() == pytest.approx(limit, rel=1e-4)


def gaps(shape, customers=800, seed=4, gaps_each=2):
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2, 1, customers).repeat(gaps_each)
    duration = rng.gamma(shape, 1, customers * gaps_each) / rate
    who = np.arange(customers).repeat(gaps_each)
    frame = pd.DataFrame({"customer_id": who, "number": np.tile(np.arange(1, gaps_each + 1), customers)})
    return frame.assign(duration=duration, has_ended=True)


@pytest.mark.parametrize(("shape", "verdict"), [(0.4, "bursts"), (1.0, "random"), (6.0, "clockwork")])
def test_planted_regularity_comes_back(shape, verdict):
    found = Regularity(day=0).fit(gaps(shape))
    assert found.low_ < shape < found.high_
    assert found.verdict_ == verdict


def test_random_buying_is_rarely_called_anything_else():
    verdicts = [Regularity(day=0).fit(gaps(1.0, customers=150, seed=seed)).verdict_ for seed in range(60)]
    assert verdicts.count("random") >= 52  # 95 % of 60, three standard errors below


def whole_days(customers=3000, seed=0, horizon=1000):
    """The last two gaps, in weeks, of customers who buy at random at rates of their own, several times on some days."""
    rng, found = np.random.default_rng(seed), []
    for who, rate in enumerate(rng.gamma(0.8, 1 / 20, customers)):
        days = np.unique(rng.integers(0, horizon, rng.poisson(rate * horizon)))[-3:]
        found += [(who, k + 1, gap / 7, True) for k, gap in enumerate(np.diff(days))]
    return pd.DataFrame(found, columns=["customer_id", "number", "duration", "has_ended"])


def test_buying_at_random_on_whole_days_is_not_taken_for_clockwork():
    """Purchases of one day are one, so that no gap is shorter than a day: at frequent buying this alone looks regular."""
    found = [Regularity().fit(whole_days(seed=seed)) for seed in range(12)]
    assert [one.verdict_ for one in found].count("random") >= 10
    assert np.mean([one.shape_ for one in found]) == pytest.approx(1, abs=0.03)
    assert np.mean([Regularity(day=0).fit(whole_days(seed=seed)).shape_ for seed in range(3)]) > 1.05


def test_gaps_of_a_day_tell_nothing():
    with pytest.raises(NotEnough, match="which tells nothing of how regularly they buy"):
        Regularity().fit(gaps(1.0, customers=20).assign(duration=1 / 7))


def test_only_the_last_two_gaps_that_ended_count():
    both = gaps(3.0)
    running = both.drop_duplicates("customer_id").assign(number=3, duration=99.0, has_ended=False)
    older = both.assign(number=both["number"] - 2, duration=1.0)
    again = Regularity(day=0).fit(pd.concat([older, running, both]))
    assert again.shape_ == Regularity(day=0).fit(both).shape_


def test_too_few_say_nothing():
    for few in (gaps(1.0, customers=9), gaps(1.0, customers=30, gaps_each=1), gaps(1.0).iloc[:0]):
        with pytest.raises(NotEnough, match="fewer than ten customers have come back twice"):
            Regularity(day=0).fit(few)


def test_gaps_that_are_all_alike_have_no_upper_limit():
    alike = gaps(1.0, customers=20).assign(duration=3.0)
    found = Regularity(day=0).fit(alike)
    assert (found.verdict_, found.high_) == ("clockwork", np.inf)
    assert found.summary()["estimate"].isna().all()


def test_nobody_is_called_lapsed_where_dropout_is_not_identified(rfm, model):
    unsure = model
    was, unsure.identified_ = unsure.identified_, unsure.identified_ & False
    with pytest.raises(NotEnough, match="these purchases do not show who has dropped out"):
        Silence(unsure).fit(rfm, AS_OF)
    unsure.identified_ = was


def test_the_spread_is_of_ten_repeat_customers_or_none(model, rfm):
    short, middle, long = Silence(model).fit(rfm, AS_OF).spread()
    assert short < middle < long
    assert Silence(model).fit(rfm.head(12), AS_OF).spread().empty


def test_the_lapsed_and_those_of_them_who_will_buy(model, rfm):
    silent = Silence(model, 0.5).fit(rfm, AS_OF)
    rows = silent.summary(39.0)
    gone = silent.customers_[silent.customers_["is_lapsed"]]
    assert rows["estimate"].tolist() == pytest.approx([model.p_active(gone, 39.0)["p_active"].mean()])
    assert rows["n"].tolist() == [len(gone)] and rows["unit"].tolist() == ["share"]
