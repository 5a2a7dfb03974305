"""Firth's logit, against closed forms and against firthmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from cxresearch.stats.firth import fit_firth

# rng = np.random.default_rng(1993); x = column_stack([rng.standard_normal(40).round(2), rng.random(40) < .4,
# rng.standard_normal(40).round(2)]); y = rng.random(40) < 1/(1 + exp(.5 - x[:, 0] - 2.5*x[:, 1]))
NAMES = ["intercept", "a", "b", "c"]


def sample(n=40):
    rng = np.random.default_rng(1993)
    x = [rng.standard_normal(n).round(2), (rng.random(n) < 0.4) * 1.0, rng.standard_normal(n).round(2)]
    x = np.column_stack([np.ones(n), *x])
    return x, (rng.random(n) < 1 / (1 + np.exp(0.5 - x[:, 1] - 2.5 * x[:, 2]))) * 1.0


def test_as_firthmodels():
    # firthmodels 0.8.2: FirthLogisticRegression().fit(x, y), .loglik_, .conf_int(method="pl")
    x, y = sample()
    fit = fit_firth(x, y, NAMES)
    assert fit.params == pytest.approx([-0.171954, 0.391487, 1.168761, 0.118219], abs=1e-5)
    assert fit.log_likelihood == pytest.approx(-21.3768258, abs=1e-7)
    assert fit.low == pytest.approx([-0.93235357, -0.37133069, -0.26833878, -0.47409344], abs=1e-7)
    assert fit.high == pytest.approx([0.57355512, 1.2463955, 2.77123645, 0.73392204], abs=1e-7)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=5))
def test_a_saturated_model_adds_half_to_each_cell(groups):
    """Firth 1993, section 3: the penalised estimate of a binomial logit is log[(y + ½)/(n − y + ½)]; separation is no obstacle."""
    failed, more = np.array(groups).T
    n = failed + more
    design = np.repeat(np.eye(len(n)), n, axis=0)
    event = np.concatenate([np.r_[np.ones(f), np.zeros(m)] for f, m in groups])
    fit = fit_firth(design, event, [f"g{i}" for i in range(len(n))], limits=False)
    assert fit.params == pytest.approx(logit((failed + 0.5) / (n + 1)), abs=1e-5)


@pytest.mark.parametrize("event", [np.zeros(12), np.ones(12)])
def test_pure_outcomes_have_a_finite_answer_and_honest_limits(event):
    fit = fit_firth(np.ones((12, 1)), event, ["intercept"])
    assert fit.params[0] == pytest.approx(logit((event.sum() + 0.5) / 13), abs=1e-6)
    rate = 1 / (1 + np.exp(-np.array([fit.low[0], fit.high[0]])))
    assert (rate[0] < 0.01 and 0.1 < rate[1] < 0.3) or (rate[1] > 0.99 and 0.7 < rate[0] < 0.9)


def test_limits_hold_the_estimate_and_weights_repeat_rows():
    x, y = sample()
    once = fit_firth(x, y, NAMES)
    assert ((once.low < once.params) & (once.params < once.high)).all()
    twice = fit_firth(np.vstack([x, x]), np.r_[y, y], NAMES)
    weighted = fit_firth(x, y, NAMES, weights=np.full(len(y), 2.0))
    assert weighted.params == pytest.approx(twice.params, abs=1e-6)
    assert weighted.low == pytest.approx(twice.low, abs=1e-5)


def test_an_offset_is_taken_as_it_is():
    x, y = sample()
    free = fit_firth(x, y, NAMES)
    held = fit_firth(x, y, NAMES, offset=x @ free.params, limits=False)
    assert held.params == pytest.approx(np.zeros(4), abs=1e-4)


def test_faults_are_named():
    x, y = sample()
    with pytest.raises(ValueError, match="collinear: intercept, b, d"):
        fit_firth(np.column_stack([x, 1 - x[:, 2]]), y, [*NAMES, "d"])
    with pytest.raises(ValueError, match="c is 0 in every row"):
        fit_firth(x * [1, 1, 1, 0], y, NAMES)
    with pytest.raises(ValueError, match="no rows"):
        fit_firth(np.ones((0, 1)), np.zeros(0), ["intercept"])
