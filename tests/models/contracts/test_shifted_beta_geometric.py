"""sBG against published numbers, planted truth, late entry, and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, hyp2f1
from scipy.stats import chi2

from cxresearch.models import ShiftedBetaGeometric
from cxresearch.stats.likelihood import IdentificationWarning

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]


@pytest.fixture(scope="module")
def regular():
    return ShiftedBetaGeometric().fit(REGULAR[:8])


# Fader & Hardie (2007); Fader & Hardie (2010) for DEL and DERL; further digits and
# standard errors by direct maximisation in R 4.2.2
@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood", "s12", "del_", "derl", "log_se"),
    [
        (REGULAR, 0.704077, 1.182043, -1680.2652, 0.1700, 3.694908, 6.264410, (0.0932, 0.1290)),
        (HIGH_END, 0.668088, 3.806095, -1611.1581, 0.3780, 5.922225, 7.135661, (0.1553, 0.2064)),
    ],
)
def test_published(survivors, alpha, beta, log_likelihood, s12, del_, derl, log_se):
    model = ShiftedBetaGeometric().fit(survivors[:8])
    assert model.params_.to_list() == pytest.approx([alpha, beta], rel=1e-5)
    assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=1e-4)
    assert model.survival(12)["survival"].item() == pytest.approx(s12, abs=1e-4)
    assert model.del_(0.10)["estimate"].item() == pytest.approx(del_, rel=1e-5)
    assert model.derl(6, 0.10)["estimate"].item() == pytest.approx(derl, rel=1e-5)
    assert (model.standard_errors_ / model.params_).to_list() == pytest.approx(log_se, abs=1e-4)
    assert model.converged_
    assert model.n_customers_ == 1000


def test_published_retention(regular):
    # Fader & Hardie (2007): retention of the Regular segment
    told = regular.retention([1, 2, 3, 4])
    assert told["retention"].to_list() == pytest.approx([0.6267, 0.7560, 0.8188, 0.8559], abs=1e-4)


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END])
def test_five_years_ahead_lie_within_a_wider_interval(survivors):
    # the published hold-out: fitted on 7 renewals, the twelfth is met to two points
    told = ShiftedBetaGeometric().fit(survivors[:8]).survival(range(13))
    actual = np.array(survivors) / 1000
    assert np.abs(told["survival"] - actual).max() < 0.02
    assert ((told["low"] <= told["survival"]) & (told["survival"] <= told["high"])).all()
    width = told["high"] - told["low"]
    assert width[0] == 0
    assert (np.diff((width / told["survival"])[7:]) > 0).all()


@pytest.mark.parametrize("params", [(0.7, 1.2), (0.05, 0.02), (30.0, 200.0)])
def test_likelihood_gradient_and_hessian(params):
    n = np.array(REGULAR, dtype=float)
    function = ShiftedBetaGeometric._likelihood(n[:-1], -np.diff(n))
    alpha, beta = params
    t = np.arange(1, len(n))
    leave = betaln(alpha + 1, beta + t - 1) - betaln(alpha, beta)
    textbook = -np.diff(n) @ leave + n[-1] * (betaln(alpha, beta + t[-1]) - betaln(alpha, beta))
    theta = np.log(params)
    value, gradient, hessian = function(theta)
    assert value == pytest.approx(textbook, rel=1e-12)
    for i, step in enumerate(1e-5 * np.eye(2)):
        up, down = function(theta + step), function(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-6, abs=1e-3)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("discount", [0.001, 0.01, 0.1, 0.5, 3.0])
@pytest.mark.parametrize("params", [(0.7, 1.2), (3.0, 0.2), (0.2, 40.0)])
def test_lifetimes_are_the_published_hypergeometric_forms(regular, params, discount):
    alpha, beta = params
    model = ShiftedBetaGeometric()
    model._theta, model._information, model.n_customers_ = np.log(params), regular._information, 1
    delta = 1 / (1 + discount)
    series = hyp2f1(1, beta, alpha + beta, delta)
    assert model.del_(discount)["estimate"].item() == pytest.approx(series, rel=1e-9)
    for n, derl in zip((1, 2, 9), model.derl([1, 2, 9], discount)["estimate"], strict=True):
        stay = (beta + n - 1) / (alpha + beta + n - 1)
        assert derl == pytest.approx(stay * hyp2f1(1, beta + n, alpha + beta + n, delta), rel=1e-9)


def test_lifetime_is_the_sum_of_the_discounted_survival(regular):
    curve = regular.survival(range(2000))["survival"]
    total = (curve / 1.1 ** np.arange(2000)).sum()
    assert regular.del_(0.1)["estimate"].item() == pytest.approx(total, rel=1e-9)


def single_customers(counts):
    left = -np.diff(counts)
    duration = np.concatenate([np.repeat(np.arange(1, len(counts)), left), [len(counts) - 1] * counts[-1]])
    event = np.concatenate([np.ones(left.sum()), np.zeros(counts[-1])])
    return duration, event


def test_single_customers_give_the_same_fit(regular):
    duration, event = single_customers(REGULAR[:8])
    model = ShiftedBetaGeometric().fit(duration=duration, event=event)
    assert model.params_.to_list() == pytest.approx(regular.params_.to_list(), rel=1e-9)
    assert model.log_likelihood_ == pytest.approx(regular.log_likelihood_, rel=1e-12)
    assert model.n_customers_ == 1000


def test_late_entry_is_conditioned_upon():
    # the likelihood of a customer who came into view at e is P(T = t)/S(e): written out
    duration, event, entry = np.array([5, 3, 9, 4]), np.array([1, 1, 0, 0]), np.array([2, 0, 6, 3])
    model = ShiftedBetaGeometric()
    with pytest.warns(IdentificationWarning):
        model.fit(duration=duration, event=event, entry=entry)
    function = model._likelihood(model.at_risk_, model.left_)
    alpha, beta = 0.6, 2.0

    def log_s(t):
        return betaln(alpha, beta + t) - betaln(alpha, beta)

    leave = betaln(alpha + 1, beta + duration - 1) - betaln(alpha, beta)
    expected = (np.where(event, leave, log_s(duration)) - log_s(entry)).sum()
    assert function(np.log([alpha, beta]))[0] == pytest.approx(expected, rel=1e-12)


def simulated(n, seed, params=(0.8, 2.0), last=8, late=0):
    """Durations, events, entries; with ``late``, only those still there at a random period are seen."""
    rng = np.random.default_rng(seed)
    life = rng.geometric(np.maximum(rng.beta(*params, n), 1e-9))
    entry = rng.integers(0, late + 1, n)
    seen = life > entry
    life, entry = life[seen], entry[seen]
    return np.minimum(life, last), life <= last, entry


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("late", [0, 5])
def test_recovers_planted_parameters(seed, late):
    params = (0.8, 2.0)
    duration, event, entry = simulated(30_000, seed, params, late=late)
    model = ShiftedBetaGeometric().fit(duration=duration, event=event, entry=entry)
    error = np.log(params) - model._theta
    assert error @ np.linalg.solve(model.covariance_.to_numpy(), error) < chi2.ppf(0.999, 2)
    if late:  # who forgets that they came late finds customers too loyal
        with pytest.warns(IdentificationWarning):
            naive = ShiftedBetaGeometric().fit(duration=duration, event=event)
        truth = 2.0 / 2.8
        assert naive.retention(1)["low"].item() > truth + 0.03


def test_customers_alike_leave_nothing_to_say_about_their_differences():
    life = np.random.default_rng(2).geometric(0.3, 500)
    with pytest.warns(IdentificationWarning, match="customers do not differ"):
        model = ShiftedBetaGeometric().fit(duration=np.minimum(life, 6), event=life <= 6)
    assert not model.identified_.any()
    told = model.retention([1, 5])  # the common rate is known all the same
    assert told["retention"].to_numpy() == pytest.approx(0.7, abs=0.05)
    assert (told["high"] - told["low"]).between(0.01, 0.1).all()


def test_nobody_left():
    with pytest.warns(IdentificationWarning):
        model = ShiftedBetaGeometric().fit([100, 100, 100])
    assert not model.identified_.all()
    assert model.survival(2)["survival"].item() == pytest.approx(1.0, abs=1e-3)


@given(st.lists(st.integers(1, 60), min_size=2, max_size=9))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_survival_falls_and_retention_rises(losses):
    counts = 5 + np.cumsum(losses[::-1])[::-1]
    model = ShiftedBetaGeometric().fit(counts)
    survival = model.survival(range(40))["survival"].to_numpy()
    assert ((survival >= 0) & (survival <= 1)).all()
    assert (np.diff(survival) <= 1e-12).all()
    retention = model.retention(range(1, 40))["retention"].to_numpy()
    assert (np.diff(retention) >= -1e-12).all()
    assert survival[1:] == pytest.approx(np.cumprod(retention), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"survivors": [1000, 600, 700]}, r"survivors rises in 1 row \(first: 2\)"),
        ({"survivors": [1000, np.nan]}, r"survivors is missing or infinite in 1 row \(first: 1\)"),
        ({"survivors": [1000, -1]}, r"survivors is negative in 1 row \(first: 1\)"),
        ({"survivors": [10.5, 3]}, "survivors is not a whole number"),
        ({"survivors": [1000]}, "at least two counts"),
        ({"survivors": [0, 0]}, "the first above 0"),
        ({}, "give either survivors, or duration"),
        ({"survivors": [10, 5], "duration": [1]}, "give either survivors, or duration"),
        ({"duration": [3, 2.5]}, r"duration is not a whole number of periods in 1 row \(first: 1\)"),
        ({"duration": [3, 2], "event": [1]}, "event has 1 rows, duration has 2"),
        ({"duration": [3, 2], "event": [1, 0.5]}, "event is neither 0 nor 1"),
        ({"duration": [3, 2], "entry": [1, 4]}, r"entry is after duration in 1 row \(first: 1\)"),
        ({"duration": [3, 2], "entry": [1, 2]}, "event happens before the first renewal observed in 1 row"),
        ({"duration": [0, 0], "event": [0, 0]}, "nobody up for a renewal"),
        ({"duration": []}, "duration has no rows"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        ShiftedBetaGeometric().fit(**arguments)


def test_bad_questions(regular):
    with pytest.raises(ValueError, match="discount must be a rate above 0"):
        regular.del_(0)
    with pytest.raises(ValueError, match="t is below 1"):
        regular.retention([0, 1])
    with pytest.raises(ValueError, match="t is negative"):
        regular.survival(-1)
    with pytest.raises(ValueError, match="t is not a whole number of periods"):
        regular.survival(1.5)
    assert isinstance(regular.derl(2, 0.1), pd.DataFrame)
