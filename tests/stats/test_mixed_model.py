"""Random intercepts by REML: lme4's published fits, a dense likelihood, statsmodels, boundaries and bad input."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from cxresearch.stats import crossed_effects, random_intercept
from cxresearch.stats import grouped_products as products_module

# Davies (1947), Statistical Methods in Research and Production; lme4::Dyestuff
YIELD = [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560]
YIELD += [1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445]
BATCH = np.repeat(list("ABCDEF"), 5)
# Davies & Goldsmith (1972), section 6.5; lme4::Pastes: strength of 10 batches × 3 casks × 2 assays
PASTE = """
62.8 62.6 60.1 62.3 62.7 63.1  60.0 61.4 57.5 56.9 61.1 58.9  58.7 57.5 63.9 63.1 65.4 63.7  57.1 56.4 56.9 58.6 64.7 64.5
55.1 55.1 54.7 54.2 58.8 57.5  63.4 64.9 59.3 58.1 60.5 60.0  62.5 62.6 61.0 58.7 56.9 57.7  59.2 59.4 65.2 66.0 64.8 64.1
54.8 54.8 64.0 64.0 57.7 56.8  58.3 59.3 59.2 59.2 58.9 56.6
"""
STRENGTH = np.array(PASTE.split(), dtype=float)
CASK, OF_BATCH = np.repeat(np.arange(30), 2), np.repeat(np.arange(10), 6)


def dense(y, X, factors, ratios):
    """REML the long way, with V written out: deviance, β̂, its covariance, σ̂²."""
    V = np.eye(len(y))
    for codes, ratio in zip(factors, ratios, strict=True):
        V += ratio * ((codes[:, None] == codes[None, :]) & (codes >= 0)[:, None])
    inverse = np.linalg.inv(V)
    cross = X.T @ inverse @ X
    beta = np.linalg.solve(cross, X.T @ inverse @ y)
    rest, free = y - X @ beta, len(y) - X.shape[1]
    rss = rest @ inverse @ rest
    logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(cross)[1]
    return (
        logs + free * (1 + np.log(2 * np.pi * rss / free)),
        beta,
        np.linalg.inv(cross) * rss / free,
        rss / free,
    )


def unbalanced(seed, n=150, groups=25, agents=6):
    random = np.random.default_rng(seed)
    one, two = random.integers(-1, groups, n), random.integers(-1, agents, n)
    X = np.column_stack([np.ones(n), random.normal(size=n)])
    y = X @ [7, -0.5] + random.normal(size=n)
    y += np.where(one >= 0, random.normal(0, 0.9, groups + 1)[one], 0)
    y += np.where(two >= 0, random.normal(0, 0.6, agents + 1)[two], 0)
    return y, X, one, two


def missing(codes):
    return pd.Series(codes).where(codes >= 0)


def test_dyestuff():
    # R, lme4: lmer(Yield ~ 1 + (1 | Batch), Dyestuff); Bates et al. (2015): 1764, 2451, REML criterion 319.6543
    model = random_intercept(YIELD, np.ones((30, 1)), BATCH)
    assert model.variances[0] == pytest.approx(1764.05, abs=0.005)
    assert model.residual_variance == pytest.approx(2451.25, abs=0.005)
    assert -2 * model.log_likelihood == pytest.approx(319.6543, abs=1e-4)
    assert model.coefficients[0] == pytest.approx(1527.5)
    assert model.effects[0] == pytest.approx([-17.607, 0.391, 28.562, -23.085, 56.733, -44.995], abs=5e-4)
    assert model.share(0).estimate == pytest.approx(0.4185, abs=5e-5)
    limits, error, df = model.contrast([1.0])
    assert error == pytest.approx(19.3834, abs=1e-4)  # Bates et al. (2015)
    assert df == pytest.approx(5, abs=1e-6)  # balanced: batches less one
    assert limits.high - limits.estimate == pytest.approx(2.570582 * 19.38341, rel=1e-5)


def test_pastes():
    # R, lme4: lmer(strength ~ (1 | sample) + (1 | batch), Pastes): 2.9041, 1.2874, .8234, REML criterion 246.9907;
    # intercept 60.0533 (.6769), Bates, lme4: Mixed-effects modeling with R, section 2.2
    model = crossed_effects(STRENGTH, np.ones((60, 1)), CASK, OF_BATCH)
    assert np.sqrt(model.variances) == pytest.approx([2.9041, 1.2874], abs=6e-5)
    assert np.sqrt(model.residual_variance) == pytest.approx(0.8234, abs=5e-5)
    assert -2 * model.log_likelihood == pytest.approx(246.9907, abs=5e-5)
    assert model.coefficients[0] == pytest.approx(60.0533, abs=5e-5)
    assert model.covariance[0, 0] ** 0.5 == pytest.approx(0.6769, abs=5e-5)
    assert model.contrast([1.0])[2] == pytest.approx(9, abs=1e-4)  # balanced: batches less one
    turned = crossed_effects(STRENGTH, np.ones((60, 1)), OF_BATCH, CASK)
    assert turned.variances == pytest.approx(model.variances[::-1])
    assert turned.effects[0] == pytest.approx(model.effects[1])
    assert turned.share(1) == pytest.approx(model.share(0))


def test_balanced_crossed_variances_are_those_of_the_mean_squares():
    random = np.random.default_rng(2)
    table = random.normal(0, 2, 24)[:, None] + random.normal(0, 1, 6) + random.normal(size=(24, 6))
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    error = np.square(table - rows[:, None] - columns + grand).sum() / (23 * 5)
    first = (6 * np.square(rows - grand).sum() / 23 - error) / 6
    second = (24 * np.square(columns - grand).sum() / 5 - error) / 24
    model = crossed_effects(
        table.ravel(), np.ones((144, 1)), np.repeat(np.arange(24), 6), np.tile(np.arange(6), 24)
    )
    assert [*model.variances, model.residual_variance] == pytest.approx([first, second, error], rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_a_likelihood_with_v_written_out(seed):
    y, X, one, two = unbalanced(seed)
    model = crossed_effects(y, X, missing(one), missing(two))
    deviance, beta, covariance, residual = dense(y, X, (one, two), model.ratios)
    assert -2 * model.log_likelihood == pytest.approx(deviance, abs=1e-9)
    assert model.coefficients == pytest.approx(beta, abs=1e-9)
    assert model.covariance == pytest.approx(covariance, rel=1e-8)
    assert model.residual_variance == pytest.approx(residual)
    for factor in (0, 1):  # no ratio nearby is better
        for step in (-1e-3, 1e-3):
            moved = list(model.ratios)
            moved[factor] *= 1 + step
            assert dense(y, X, (one, two), moved)[0] >= deviance
    single = random_intercept(y, X, missing(one))
    assert -2 * single.log_likelihood == pytest.approx(dense(y, X, (one,), single.ratios)[0], abs=1e-9)


def test_predictions_solve_hendersons_equations():
    y, X, one, two = unbalanced(11)
    model = crossed_effects(y, X, missing(one), missing(two))
    levels = [pd.unique(pd.Series(codes[codes >= 0])) for codes in (one, two)]
    Z = [(codes[:, None] == known).astype(float) for codes, known in zip((one, two), levels, strict=True)]
    rest = y - X @ model.coefficients - sum(z @ b for z, b in zip(Z, model.effects, strict=True))
    for z, effect, ratio in zip(Z, model.effects, model.ratios, strict=True):
        assert effect == pytest.approx(ratio * (z.T @ rest), abs=1e-8)


def test_the_estimates_of_statsmodels():
    y, X, one, _ = unbalanced(3, n=600, groups=60, agents=1)
    known = one >= 0
    y, X, one = y[known], X[known], one[known]
    peer = sm.MixedLM(y, X, groups=one).fit(reml=True)
    model = random_intercept(y, X, one)
    assert model.coefficients == pytest.approx(peer.fe_params, rel=1e-5)
    assert np.sqrt(np.diag(model.covariance)) == pytest.approx(
        peer.bse_fe, rel=2e-3
    )  # theirs, from a Hessian
    assert model.log_likelihood == pytest.approx(peer.llf, abs=1e-4)
    assert model.variances[0] == pytest.approx(peer.cov_re[0, 0], rel=1e-3)
    assert model.residual_variance == pytest.approx(peer.scale, rel=1e-4)


def test_squared_sums_made_anew_are_those_kept(monkeypatch):
    y, X, one, two = unbalanced(5)
    kept = crossed_effects(y, X, missing(one), missing(two))
    monkeypatch.setattr(products_module, "DENSE", 0)
    anew = crossed_effects(y, X, missing(one), missing(two))
    assert anew.variances == pytest.approx(kept.variances)
    assert anew.covariance == pytest.approx(kept.covariance)


def test_no_variance_is_the_boundary_not_an_error():
    random = np.random.default_rng(1)
    zeros = 0
    for _ in range(40):
        y, group = random.normal(size=200), random.integers(0, 20, 200)
        model = random_intercept(y, np.ones((200, 1)), group)
        zeros += model.variances[0] == 0
        found = model.share(0)
        assert 0 <= found.low <= found.estimate <= found.high < 0.25
        ols = sm.OLS(y, np.ones(200)).fit()
        if model.variances[0] == 0:
            assert model.covariance[0, 0] == pytest.approx(ols.cov_params()[0, 0])
            assert model.contrast([1.0])[2] == pytest.approx(199)
    assert 12 <= zeros <= 34  # about 57 % of nulls of this size lie on the boundary


def test_one_of_two_factors_without_variance():
    random = np.random.default_rng(7)
    agent, customer = random.integers(0, 8, 3000), random.integers(0, 500, 3000)
    y = random.normal(0, 1, 500)[customer] + random.normal(size=3000)
    model = crossed_effects(y, np.ones((3000, 1)), customer, agent)
    assert model.variances[1] < 0.01
    assert model.variances[0] == pytest.approx(1, abs=0.2)
    assert model.share(1).low == 0


@given(st.integers(0, 10**6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
@settings(max_examples=25)
def test_shifted_and_scaled_outcomes_shift_and_scale(seed, shift, scale):
    y, X, one, two = unbalanced(seed, n=80, groups=12, agents=4)
    one, two = missing(one), missing(two)
    here, there = crossed_effects(y, X, one, two), crossed_effects(shift + scale * y, X, one, two)
    assert there.shares == pytest.approx(here.shares, abs=1e-5)
    assert there.residual_variance == pytest.approx(scale**2 * here.residual_variance, rel=1e-5)
    assert there.coefficients[0] == pytest.approx(shift + scale * here.coefficients[0], rel=1e-5, abs=1e-4)


def test_rows_in_any_order_and_levels_by_any_name():
    y, X, one, two = unbalanced(9)
    model = crossed_effects(y, X, missing(one), missing(two))
    turn = np.random.default_rng(0).permutation(len(y))
    names = missing(one).map("customer {}".format, na_action="ignore")
    again = crossed_effects(y[turn], X[turn], names.to_numpy()[turn], missing(two).to_numpy()[turn])
    assert again.variances == pytest.approx(model.variances, rel=1e-7)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"y": [1.0, None, 2, 3, 4, 5]}, "y is missing or infinite in 1 row"),
        (
            {"X": [[1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2]]},
            "X: column 1 depends on the columns before",
        ),
        ({"group": list("abcdef")}, "no group has two rows"),
        ({"group": [None] * 6}, "group is missing"),
        ({"group": list("aab")}, "group has 3 rows"),
        ({"y": [1.0, 1, 2, 2, 3, 3]}, "hardly differs within groups|explained without a residual"),
        ({"X": np.eye(6)}, "6 columns and only 6 rows"),
    ],
)
def test_bad_input_is_named(change, fault):
    given_ = {"y": [1.0, 2, 4, 3, 5, 4], "X": np.ones((6, 1)), "group": list("aabbcc")} | change
    with pytest.raises(ValueError, match=fault):
        random_intercept(given_["y"], given_["X"], given_["group"])
