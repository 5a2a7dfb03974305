"""The discrete-time churn hazard: published numbers, peers, planted truth, and columns it must refuse."""

import ibis
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, log_expit

from cxresearch.models import ChurnHazard, KaplanMeier
from cxresearch.models.survival.person_periods import from_periods, from_spells
from cxresearch.stats import binomial_regression

# Freireich et al. (1963), Blood 21:699: weeks to relapse; MASS::gehan in R
DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
WEEKS, EVENT = np.array(DRUG + PLACEBO), np.array(RELAPSED + [1] * 21)
GROUP = pd.DataFrame({"placebo": [0] * 21 + [1] * 21})


def expand(duration, event, entry=None):
    """Person-periods, one by one."""
    entry = np.zeros(len(duration), int) if entry is None else entry
    rows = [
        (row, period, int(event[row] and period == duration[row]))
        for row in range(len(duration))
        for period in range(entry[row] + 1, duration[row] + 1)
    ]
    return pd.DataFrame(rows, columns=["row", "period", "event"])


def spells(seed=8, n=400):
    random = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "plan": random.choice(["basic", "gold", "silver"], n),
            "autopay": random.random(n) < 0.4,
            "age": random.normal(40, 10, n).round(),
        }
    )
    entry = random.integers(0, 4, n)
    length = random.integers(1, 20, n)
    return X, entry, entry + length, (random.random(n) < 0.6).astype(int)


@pytest.mark.parametrize(
    ("link", "value", "error"), [("cloglog", 1.720028, 0.414615), ("logit", 1.777049, 0.429043)]
)
def test_published_person_period_fit(link, value, error):
    # R: glm(cens ~ log(period) + treat, binomial(link),
    #        survSplit(Surv(time, cens) ~ ., gehan, cut = 1:35, start = "t0", end = "period")), 541 rows
    model = ChurnHazard(link).fit(WEEKS, EVENT, GROUP)
    assert model.n_periods_ == 541
    assert model.n_events_ == 30
    assert model.params_["placebo"] == pytest.approx(value, abs=1e-6)
    assert model.std_error_["placebo"] == pytest.approx(error, rel=1e-4)
    rows = expand(WEEKS, EVENT)
    again = ChurnHazard(link).fit_periods(
        rows["period"], rows["event"], GROUP.iloc[rows["row"]].reset_index(drop=True)
    )
    assert again.params_.to_numpy() == pytest.approx(model.params_.to_numpy(), abs=1e-10)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
@pytest.mark.parametrize("baseline", ["log", [1, 4, 9]])
def test_statsmodels_agrees_on_every_term(link, baseline):
    X, entry, duration, event = spells()
    model = ChurnHazard(link, baseline, renewals=2).fit(duration, event, X, entry, term=6)
    rows = expand(duration, event, entry)
    period, who = rows["period"], X.iloc[rows["row"]].reset_index(drop=True)
    tenure = {"t": np.log(period)} if baseline == "log" else {"a": period.between(4, 8), "b": period >= 9}
    design = pd.DataFrame(
        {
            "intercept": 1.0,
            **tenure,
            "first": period == 6,
            "later": (period % 6 == 0) & (period > 6),
            "gold": who["plan"] == "gold",
            "silver": who["plan"] == "silver",
            "autopay": who["autopay"],
            "age": who["age"],
        }
    ).astype(float)
    family = sm.families.Binomial(
        {"logit": sm.families.links.Logit, "cloglog": sm.families.links.CLogLog}[link]()
    )
    peer = sm.GLM(rows["event"], design, family).fit(tol=1e-14)
    assert model.params_.to_numpy() == pytest.approx(peer.params.to_numpy(), abs=1e-6)
    assert model.std_error_.to_numpy() == pytest.approx(peer.bse.to_numpy(), rel=1e-5)
    assert model.log_likelihood_ == pytest.approx(peer.llf, abs=1e-6)
    names = ["intercept", *(["log(period)"] if baseline == "log" else ["period 4–8", "period 9+"])]
    names += ["renewal 1", "renewal 2+", "plan=gold", "plan=silver", "autopay", "age"]
    assert model.params_.index.tolist() == names


def test_clustered_errors_as_statsmodels():
    X, entry, duration, event = spells()
    customer = np.random.default_rng(9).integers(0, 150, len(X))
    model = ChurnHazard().fit(duration, event, X, entry, customer=customer)
    rows = expand(duration, event, entry)
    who = X.iloc[rows["row"]].reset_index(drop=True)
    design = pd.DataFrame({"i": 1.0, "t": np.log(rows["period"]), "gold": who["plan"] == "gold"})
    design = design.assign(silver=who["plan"] == "silver", autopay=who["autopay"], age=who["age"]).astype(
        float
    )
    peer = sm.Logit(rows["event"], design).fit(
        disp=0,
        tol=1e-14,
        cov_type="cluster",
        cov_kwds={"groups": customer[rows["row"]], "use_correction": False},
    )
    clusters = len(np.unique(customer))
    assert model.n_customers_ == clusters
    assert model.std_error_.to_numpy() == pytest.approx(
        peer.bse.to_numpy() * np.sqrt(clusters / (clusters - 1)), rel=1e-6
    )
    assert model.summary()["method"].str.endswith("clustered by customer").all()


def test_repeating_every_customer_moves_only_the_naive_error():
    X, entry, duration, event = spells(n=200)
    twice = np.tile(np.arange(200), 2)
    once = ChurnHazard().fit(duration, event, X, entry, customer=np.arange(200))
    again = ChurnHazard().fit(
        duration[twice], event[twice], X.iloc[twice].reset_index(drop=True), entry[twice], customer=twice
    )
    naive = ChurnHazard().fit(
        duration[twice], event[twice], X.iloc[twice].reset_index(drop=True), entry[twice]
    )
    assert again.std_error_.to_numpy() == pytest.approx(once.std_error_.to_numpy(), rel=1e-6)
    single = ChurnHazard().fit(duration, event, X, entry)
    assert naive.std_error_.to_numpy() == pytest.approx(single.std_error_.to_numpy() / np.sqrt(2), rel=1e-6)


def test_one_level_per_period_is_kaplan_meier():
    random = np.random.default_rng(15)
    duration, event = random.geometric(0.3, 300).clip(max=5), random.random(300) < 0.8
    model = ChurnHazard(baseline="periods").fit(duration, event)
    curve = KaplanMeier().fit(duration, event).at(range(1, 6))
    for period in range(1, 6):
        ours, theirs = model.predict_survival(period).iloc[0], curve.iloc[period - 1]
        assert ours["survival"] == pytest.approx(theirs["survival"], abs=1e-9)
        # the delta method on log(-log S) with binomial variances is Greenwood's formula
        assert tuple(ours[["low", "high"]]) == pytest.approx(tuple(theirs[["low", "high"]]), abs=1e-7)
    with pytest.raises(ValueError, match="period was not met when fitting"):
        model.predict(9)


def test_planted_hazard_is_recovered_with_late_entry_and_cover():
    random, truth, held, runs = np.random.default_rng(10), np.array([-2.0, -0.4, 1.0, -0.7]), np.zeros(4), 60
    for _ in range(runs):
        n = 3000
        x, entry, followed = random.integers(0, 2, n), random.integers(0, 6, n), random.integers(1, 15, n)
        period = np.arange(1, 21)
        eta = truth[0] + truth[1] * np.log(period) + truth[2] * (period % 6 == 0) + truth[3] * x[:, None]
        leaves = random.random((n, 20)) < 1 / (1 + np.exp(-eta))
        lifetime = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, 99)
        seen = lifetime > entry
        end = np.minimum(entry + followed, 20)
        duration, event = np.minimum(lifetime, end), lifetime <= end
        model = ChurnHazard().fit(duration[seen], event[seen], x[seen], entry[seen], term=6)
        held += np.abs(model.params_.to_numpy() - truth) < 1.96 * model.std_error_.to_numpy()
    assert (held / runs >= 0.85).all()
    assert model.params_.to_numpy() == pytest.approx(truth, abs=0.4)


def test_ignoring_late_entry_would_bias_the_hazard():
    random = np.random.default_rng(11)
    lifetime, entry = random.geometric(0.2, 4000), random.integers(0, 8, 4000)
    seen = lifetime > entry
    ours = ChurnHazard(baseline="constant").fit(lifetime[seen], np.ones(seen.sum()), entry=entry[seen])
    naive = ChurnHazard(baseline="constant").fit(lifetime[seen], np.ones(seen.sum()))
    assert ours.predict(1)["hazard"].iloc[0] == pytest.approx(0.2, abs=0.02)
    assert naive.predict(1)["hazard"].iloc[0] < 0.17


def test_null_covariate_is_rarely_significant():
    random, found = np.random.default_rng(12), 0
    for _ in range(200):
        duration, event = random.integers(1, 12, 200), random.random(200) < 0.5
        model = ChurnHazard().fit(duration, event, random.normal(size=200).round(1))
        found += abs(model.params_["x1"] / model.std_error_["x1"]) > 1.96
    assert found / 200 < 0.1


rows = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(1, 5),
        st.booleans(),
        st.sampled_from("ab"),
        st.sampled_from([1, 2, 700000]),
    ),
    min_size=1,
    max_size=30,
)


@given(rows, st.booleans())
def test_counted_cells_equal_the_rows(data, traced):
    entry, length, event, text, number = (np.array(column) for column in zip(*data, strict=True))
    duration, event = entry + length, event.astype(int)
    columns = {"text": (text == "a").astype(int), "number": number}
    long = expand(duration, event, entry)
    expected = long.assign(**{name: values[long["row"]] for name, values in columns.items()})
    expected = expected.groupby(["text", "number", "period"])["event"].agg(["size", "sum"])
    for cells in (
        from_spells(entry, duration, event, columns, traced),
        from_periods(
            long["period"].to_numpy(),
            long["event"].to_numpy(),
            {k: v[long["row"]] for k, v in columns.items()},
            traced,
        ),
    ):
        keys = [cells.columns["text"], cells.columns["number"], cells.period]
        found = pd.DataFrame(
            {"size": cells.trials, "sum": cells.events}, index=pd.MultiIndex.from_arrays(keys)
        )
        assert (found.sort_index().to_numpy() == expected.to_numpy()).all()
        if traced:
            assert np.bincount(cells.row, minlength=len(found)).tolist() == found["size"].tolist()
            assert np.bincount(cells.row, cells.event, len(found)).tolist() == found["sum"].tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_order_of_rows_does_not_matter(seed):
    X, entry, duration, event = spells()
    order = np.random.default_rng(seed).permutation(len(X))
    first = ChurnHazard().fit(duration, event, X, entry)
    again = ChurnHazard().fit(
        duration[order], event[order], X.iloc[order].reset_index(drop=True), entry[order]
    )
    assert again.params_.to_numpy() == pytest.approx(first.params_.to_numpy(), abs=1e-9)


def test_continuous_covariates_are_fitted_without_counting():
    random = np.random.default_rng(13)
    n = 6000
    x, duration, event = random.normal(size=n), random.integers(1, 12, n), random.random(n) < 0.5
    model = ChurnHazard().fit(duration, event, x)
    assert model.n_cells_ == model.n_periods_ == duration.sum()
    long = expand(duration, event)
    design = np.column_stack([np.ones(len(long)), np.log(long["period"]), x[long["row"]]])
    peer = sm.Logit(long["event"], design).fit(disp=0, tol=1e-12)
    assert model.params_.to_numpy() == pytest.approx(peer.params.to_numpy(), abs=1e-8)
    clustered = ChurnHazard().fit(duration, event, x, customer=np.arange(n))
    options = dict(cov_type="cluster", cov_kwds={"groups": long["row"].to_numpy(), "use_correction": False})
    peer = sm.Logit(long["event"], design).fit(disp=0, tol=1e-12, **options)
    robust = peer.bse.to_numpy() * np.sqrt(n / (n - 1))
    assert clustered.std_error_.to_numpy() == pytest.approx(robust, rel=1e-6)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_a_start_from_some_of_the_rows_leads_to_the_same_estimate(link, monkeypatch):
    random = np.random.default_rng(4)
    n = 20_000
    period, X = (
        random.integers(1, 25, n),
        pd.DataFrame({"age": random.normal(45, 12, n), "x": random.normal(size=n)}),
    )
    event = (random.random(n) < 0.01 + 0.04 * (X["x"] > 0)).astype(int)
    plain = ChurnHazard(link).fit_periods(period, event, X)
    monkeypatch.setattr(binomial_regression, "_MANY", 1000)
    some = ChurnHazard(link).fit_periods(period, event, X)
    for name in ("params_", "std_error_"):
        np.testing.assert_allclose(getattr(some, name), getattr(plain, name), rtol=0, atol=1e-8)
    design = np.column_stack([np.ones(n), np.log(period), X])
    family = sm.families.Binomial(getattr(sm.families.links, "Logit" if link == "logit" else "CLogLog")())
    peer = sm.GLM(event, design, family).fit(tol=1e-12)
    np.testing.assert_allclose(plain.params_, peer.params, rtol=1e-6)
    assert plain.log_likelihood_ == pytest.approx(peer.llf, rel=1e-10)


def test_the_likelihood_holds_far_out():
    eta, y = np.array([-800.0, -40, -4, 0, 4, 40, 800]), np.array([0.0, 0, 1, 1, 0, 1, 1])
    value, residual, weight = binomial_regression._logit(eta, y, 1.0)
    p = expit(eta)
    assert value == pytest.approx((y * log_expit(eta) + (1 - y) * log_expit(-eta)).sum(), rel=1e-14)
    np.testing.assert_allclose(residual, y - p, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(weight, p * expit(-eta), rtol=1e-12, atol=1e-300)


def test_predictions_and_their_limits():
    model = ChurnHazard().fit(WEEKS, EVENT, GROUP)
    new = pd.DataFrame({"placebo": [0, 1]}, index=["drug", "placebo"])
    hazard = model.predict([3, 3], new)
    eta = model.params_["intercept"] + model.params_["log(period)"] * np.log(3) + model.params_["placebo"]
    assert hazard.loc["placebo", "hazard"] == pytest.approx(1 / (1 + np.exp(-eta)))
    assert ((hazard["low"] < hazard["hazard"]) & (hazard["hazard"] < hazard["high"])).all()
    one_by_one = np.prod([1 - model.predict(t, new)["hazard"].to_numpy() for t in range(1, 13)], axis=0)
    survival = model.predict_survival(12, new)
    assert survival["survival"].to_numpy() == pytest.approx(one_by_one)
    assert ((survival["low"] < survival["survival"]) & (survival["survival"] < survival["high"])).all()
    later = model.predict_survival(12, new, since=6)["survival"] * model.predict_survival(6, new)["survival"]
    assert later.to_numpy() == pytest.approx(one_by_one)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_survival_limits_agree_with_simulated_coefficients(link):
    model = ChurnHazard(link).fit(WEEKS, EVENT, GROUP)
    new = pd.DataFrame({"placebo": [1]})
    random = np.random.default_rng(14)
    draws = random.multivariate_normal(model.params_, model.covariance_, 20_000)
    eta = draws @ np.column_stack([np.ones(12), np.log(np.arange(1, 13)), np.ones(12)]).T
    hazard = 1 / (1 + np.exp(-eta)) if link == "logit" else -np.expm1(-np.exp(eta))
    simulated = np.quantile(np.prod(1 - hazard, axis=1), [0.025, 0.975])
    assert model.predict_survival(12, new)[["low", "high"]].to_numpy()[0] == pytest.approx(
        simulated, abs=0.015
    )


def test_summary_states_ratios():
    table = ChurnHazard("cloglog").fit(WEEKS, EVENT, GROUP).summary()
    assert table.columns.tolist() == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert table["metric"].tolist() == ["exponent of tenure", "hazard ratio, placebo"]
    # exp(1.720028 ± 1.959964 × .414615)
    assert table.iloc[1, 1:4].tolist() == pytest.approx([5.58468, 2.47772, 12.58764], rel=1e-4)
    assert (table["n"] == 42).all()


def test_categories_keep_their_order_and_new_ones_are_refused():
    plan = pd.Categorical(
        ["mid", "low", "high"] * 14, categories=["low", "mid", "high", "never"], ordered=True
    )
    model = ChurnHazard().fit(WEEKS, EVENT, pd.DataFrame({"plan": plan}))
    assert model.params_.index.tolist()[2:] == ["plan=mid", "plan=high"]
    assert len(model.predict(3, pd.DataFrame({"plan": ["high", "low"]}))) == 2
    with pytest.raises(ValueError, match=r"plan has a value not met when fitting in 1 row \(first: 1\)"):
        model.predict(3, pd.DataFrame({"plan": ["low", "platinum"]}))
    with pytest.raises(ValueError, match="X lacks plan"):
        model.predict(3, pd.DataFrame({"other": [1]}))


def frame(**columns):
    return pd.DataFrame({"x": np.tile([0, 1, 1], 14)} | columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (dict(duration=WEEKS + 0.5), "duration is not a whole number of periods in 42 rows"),
        (
            dict(duration=np.r_[0, WEEKS[1:]]),
            r"duration is 0 for a leaver; the first period is 1; in 1 row \(first: 0",
        ),
        (dict(event=np.zeros(42)), "event is 0 in all 541 trials"),
        (dict(event=EVENT * 2), "event is neither 0 nor 1"),
        (dict(entry=WEEKS), "entry is not before duration in 42 rows"),
        (dict(entry=np.full(42, -1)), "entry is negative"),
        (dict(X=frame(y=1)), "y has one value only"),
        (dict(X=frame(y=np.tile([0, 2, 2], 14))), "columns are collinear: x, y"),
        (dict(X=frame(y=EVENT)), "no finite estimate for y"),
        (dict(X=frame(y=[np.nan] + [1] * 41)), r"y is missing or infinite in 1 row \(first: 0\)"),
        (dict(X=frame(y=[None] + ["a"] * 41)), r"y is missing in 1 row \(first: 0\)"),
        (dict(X=frame(y=pd.Timestamp("2024-01-01"))), "y holds datetime64"),
        (dict(X=frame(intercept=np.arange(42))), "X has a column named as a term of the model: intercept"),
        (dict(X=frame().iloc[:5]), "X has 5 rows, not 42"),
        (dict(X=pd.concat([frame(), frame()], axis=1)), "X has two columns named x"),
        (dict(X=ibis.memtable({"x": [1, 2]})), "X is not executed yet"),
        (dict(term=-1), "term is negative"),
        (dict(term=0), "renewal is 0 in every row"),
        (dict(customer=["a"] * 42), "customer has 1 values, too few"),
        (dict(customer=[None] + ["a"] * 41), "customer is missing in 1 row"),
    ],
)
def test_bad_input_is_named(columns, message):
    with pytest.raises(ValueError, match=message):
        ChurnHazard().fit(**(dict(duration=WEEKS, event=EVENT) | columns))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(link="probit"), "link is 'probit'"),
        (dict(baseline="spline"), "baseline is 'spline'"),
        (dict(baseline="periods"), "no finite estimate for period"),
        (dict(baseline=[0, 3]), "baseline is below 1"),
        (dict(renewals=0), "renewals is 0"),
        (dict(level=95), "level is 95"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        ChurnHazard(**options).fit(WEEKS, EVENT)
