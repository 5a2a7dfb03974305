"""The churn classifier: scikit-learn's own checks, exact contributions, a store that predicts to the digit, and a guard against leaks."""

import json

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import TESTS
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from cxresearch.errors import NotEnough
from cxresearch.models import ChurnClassifier
from cxresearch.models.churn import boosted_trees
from cxresearch.models.churn.leakage import drop_repeated
from cxresearch.models.churn.sklearn_trees import changed_parts, from_boosting
from cxresearch.stats.roc import auc

PUBLIC = TESTS / "public"


@parametrize_with_checks(
    [
        ChurnClassifier(leak_auc=1, repeats="keep", min_samples_leaf=5),
        ChurnClassifier("logistic", leak_auc=1, repeats="keep"),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def customers(n=3000, seed=3):
    """Three dates of customers with a number that is often missing, a text, a flag, and an effect that needs two features."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "months_left": random.integers(0, 12, n),
            "score": np.where(random.random(n) < 0.4, np.nan, random.normal(7, 2, n)),
            "plan": random.choice(["basic", "gold", "team", None], n),
            "is_new": random.random(n) < 0.3,
        }
    )
    eta = (
        -2.5
        + 1.5 * (X["months_left"] < 3)
        + 0.8 * (X["plan"] == "basic") * X["is_new"]
        - 0.2 * (X["score"].fillna(7) - 7)
    )
    y = random.random(n) < expit(eta)
    return X, y.to_numpy(), np.repeat(["2026-01-31", "2026-02-28", "2026-03-31"], n // 3)


@pytest.fixture(scope="module", params=["boosting", "logistic"])
def fitted(request):
    X, y, when = customers()
    return ChurnClassifier(request.param).fit(X, y, when), X


def test_the_split_is_by_time(fitted):
    model, _ = fitted
    split = "trained on 2,000 rows up to 2026-02-28, calibrated on 1,000 rows of 2026-03-31"
    assert model.split_ == f"{split}, then refitted on both"


def test_contributions_add_up_to_the_log_odds(fitted):
    model, X = fitted
    total = model.baseline_ + model.contributions(X).sum(axis=1)
    np.testing.assert_allclose(total, model.decision_function(X), atol=1e-9)


def test_a_stored_model_predicts_the_same_to_the_digit(fitted):
    model, X = fitted
    again = ChurnClassifier.from_json(model.to_json())
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(again.contributions(X), model.contributions(X))
    assert again.to_json() == model.to_json()
    assert again.summary().equals(model.summary())


@pytest.mark.parametrize(
    "fault", ["", "[]", '{"format": "other"}', '{"format": "cxresearch.ChurnClassifier/1"}']
)
def test_a_stored_model_that_is_none_is_refused(fault):
    with pytest.raises(ValueError, match="the stored model"):
        ChurnClassifier.from_json(fault)


@pytest.mark.parametrize(
    "change", [{"left": [0, 0, 0]}, {"feature": [99, -1, -1]}, {"value": [0.0]}, {"right": [9, 0, 0]}]
)
def test_a_tree_that_points_nowhere_is_refused(change):
    X, y, when = customers()
    kept = json.loads(ChurnClassifier().fit(X, y, when).to_json())
    tree = {
        "feature": [0, -1, -1],
        "threshold": [1.0, 0, 0],
        "missing_left": [0, 0, 0],
        "left": [1, 0, 0],
        "right": [2, 0, 0],
    }
    tree |= {"value": [0.0, 1.0, 2.0], "count": [3, 1, 2], "categories": {}}
    kept["margin"]["trees"] = [tree]
    ChurnClassifier.from_json(json.dumps(kept))
    kept["margin"]["trees"] = [tree | change]
    with pytest.raises(ValueError, match="a tree that is none"):
        ChurnClassifier.from_json(json.dumps(kept))


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), mix=st.booleans(), leaves=st.integers(2, 12))
def test_our_trees_are_scikit_learns_to_the_digit(seed, mix, leaves):
    random = np.random.default_rng(seed)
    X = np.column_stack(
        [random.integers(0, 5, 400), random.normal(size=400), random.normal(size=400).round(1)]
    ).astype(float)
    X[random.random(X.shape) < 0.15] = np.nan
    X[:5, 0] = range(5)
    y = random.random(400) < expit(np.nan_to_num(X[:, 1]) * (1 + (X[:, 0] == 2)) - np.isnan(X[:, 2]))
    model = HistGradientBoostingClassifier(
        max_iter=12, max_leaf_nodes=leaves, min_samples_leaf=5, categorical_features=[0],
        interaction_cst=None if mix else "no_interactions", early_stopping=False,
    ).fit(X, y)  # fmt: skip
    baseline, trees = from_boosting(model, 12)
    new = np.vstack([X, [[4.0, np.nan, 3.0], [np.nan, -4.0, np.nan]]])
    assert np.array_equal(boosted_trees.margin(baseline, trees, new), model.decision_function(new))
    found = boosted_trees.contributions(trees, new, 3)
    total = boosted_trees.expected(baseline, trees) + found.sum(axis=1)
    np.testing.assert_allclose(total, model.decision_function(new), atol=1e-9)


def boosted(**options):
    random = np.random.default_rng(1)
    X = np.column_stack([random.integers(0, 40, 500), random.normal(size=500)]).astype(float)
    y = random.random(500) < expit(X[:, 1] + (X[:, 0] % 3 == 0))
    settings = {"max_iter": 4, "categorical_features": [0], "early_stopping": False}
    return HistGradientBoostingClassifier(**settings | options).fit(X, y)


def test_this_release_of_scikit_learn_keeps_its_trees_as_we_read_them():
    changed = changed_parts(boosted())
    assert not changed, (
        f"scikit-learn {sklearn.__version__} changed what cxresearch/models/churn/sklearn_trees.py reads of its boosted trees: "
        f"{'; '.join(changed)}. Adapt that module, or keep pyproject.toml below this release"
    )


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda m: delattr(m, "_predictors"), "the model has no _predictors"),
        (lambda m: delattr(m, "_baseline_prediction"), "the model has no _baseline_prediction"),
        (lambda m: setattr(m, "_baseline_prediction", np.zeros((1, 3))), "more than one baseline"),
        (lambda m: setattr(m, "_predictors", [[1, 2]]), "a step of the boosting has 2 trees, not one"),
        (
            lambda m: setattr(m, "_predictors", [[object()]]),
            "a tree has no nodes; a tree has no raw_left_cat_bitsets",
        ),
        (
            lambda m: setattr(m._predictors[0][0], "nodes", np.zeros(1, [("value", float)])),
            "a node has no field count",
        ),
        (
            lambda m: setattr(m._predictors[0][0], "raw_left_cat_bitsets", np.zeros((1, 4), np.uint64)),
            "categories are kept as 4 words of uint64",
        ),
    ],
)
def test_a_release_that_keeps_its_trees_otherwise_is_refused_in_one_message(change, part):
    model = boosted()
    change(model)
    with pytest.raises(RuntimeError, match=r"scikit-learn .* keeps its boosted trees differently") as refusal:
        from_boosting(model, 2)
    assert part in str(refusal.value)
    assert "sklearn_trees.py" in str(refusal.value)


def test_shapley_values_against_their_definition():
    """All orders of getting to know the features, one by one, for a tree that mixes three."""
    from itertools import permutations

    random = np.random.default_rng(5)
    X = random.normal(size=(300, 3))
    y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)
    model = HistGradientBoostingClassifier(
        max_iter=1, max_leaf_nodes=8, min_samples_leaf=10, early_stopping=False
    ).fit(X, y)
    _, (tree,) = from_boosting(model, 1)

    def value(x, known, node=0):
        if tree.feature[node] < 0:
            return tree.value[node]
        left, right = tree.left[node], tree.right[node]
        if tree.feature[node] in known:
            return value(x, known, left if x[tree.feature[node]] <= tree.threshold[node] else right)
        return sum(tree.count[c] / tree.count[node] * value(x, known, c) for c in (left, right))

    expected = np.zeros((10, 3))
    for row in range(10):
        for order in permutations(range(3)):
            for place, j in enumerate(order):
                before = set(order[:place])
                expected[row, j] += (value(X[row], before | {j}) - value(X[row], before)) / 6
    np.testing.assert_allclose(boosted_trees.contributions([tree], X[:10], 3), expected, atol=1e-12)


def test_without_mixing_a_feature_speaks_for_itself():
    X, y, when = customers()
    model = ChurnClassifier(interactions=False).fit(X, y, when)
    given = model.contributions(X)
    assert given.groupby(X["months_left"])["months_left"].nunique().eq(1).all()


def test_mixing_is_kept_only_where_it_helps():
    random = np.random.default_rng(8)
    X = pd.DataFrame(random.normal(size=(4000, 4)), columns=list("abcd"))
    when = np.repeat([1, 2], 2000)
    crossed = random.random(4000) < expit(2 * X["a"] * X["b"])
    assert ChurnClassifier().fit(X, crossed, when).margin_.interactions
    straight = random.random(4000) < expit(X["a"] + X["b"] + X["c"] - X["d"])
    assert not ChurnClassifier().fit(X, straight, when).margin_.interactions


def test_the_calibration_mends_a_rate_that_has_moved():
    X, y, when = customers(9000)
    risen = y | ((when == when[-1]) & (np.random.default_rng(1).random(len(y)) < 0.15))
    model = ChurnClassifier("logistic").fit(X, risen, when)
    last = when == when[-1]
    assert model.predict_proba(X[last])[:, 1].mean() == pytest.approx(risen[last].mean(), abs=0.005)


@pytest.mark.parametrize("method", ["boosting", "logistic"])
def test_the_rows_that_calibrate_are_learnt_from_too(method):
    """A level that only the last date knows of leavers: who was fitted on the dates before it alone would not tell."""
    X, y, when = customers(9000)
    last = when == when[-1]
    told = np.where(X["plan"] == "basic", 0.4, 0.05)
    y = np.where(
        last, np.random.default_rng(2).random(len(y)) < told, np.random.default_rng(3).random(len(y)) < 0.2
    )
    model = ChurnClassifier(method).fit(X, y.astype(int), when)
    p = pd.Series(model.decision_function(X))
    assert p[(X["plan"] == "basic").to_numpy()].mean() > p[(X["plan"] != "basic").to_numpy()].mean() + 0.05
    assert model.predict_proba(X[last])[:, 1].mean() == pytest.approx(y[last].mean(), abs=0.005)


@pytest.mark.parametrize("method", ["boosting", "logistic"])
def test_a_feature_that_knows_the_outcome_is_left_out_and_named(method):
    X, y, when = customers()
    honest = ChurnClassifier(method, repeats="keep").fit(X, y, when)
    for leak, said in [
        (
            y + np.random.default_rng(0).normal(0, 0.2, len(y)),
            "closing_call is left out: it alone tells who left with an AUC of",
        ),
        (np.where(y, 12.0, np.nan), "closing_call is left out: it is filled for leavers only"),
        (np.where(y, "price", None), "closing_call is left out: it is filled for leavers only"),
        (
            np.where(y, np.nan, 3.0 + X["months_left"]),
            "closing_call is left out: it is empty for leavers only",
        ),
        (np.where(y, "closed", "open"), "closing_call is left out: it alone tells who left"),
    ]:
        with_leak = X.assign(closing_call=leak)
        model = ChurnClassifier(method, repeats="keep").fit(with_leak, y, when)
        assert model.columns_.left_out_[0].startswith(said)
        assert "closing_call" not in model.columns_.names_
        np.testing.assert_array_equal(model.predict_proba(with_leak), honest.predict_proba(X))


def test_nothing_is_learnt_where_every_feature_knows_the_outcome():
    _, y, when = customers()
    with pytest.raises(NotEnough, match=r"every feature knows the outcome.*closing_call is left out"):
        ChurnClassifier().fit(pd.DataFrame({"closing_call": np.where(y, 1.0, np.nan)}), y, when)


def test_dates_are_left_out_by_name():
    X, y, when = customers()
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(y)), "D")
    for dates in (days, pd.Series(days).dt.date):
        model = ChurnClassifier("logistic").fit(X.assign(since=dates), y, when)
        assert model.columns_.left_out_ == [
            "since is left out: dates, which are no numbers; give the days since"
        ]


def test_a_strong_feature_and_a_rare_chance_are_no_leaks():
    X, y, when = customers()
    strong = X.assign(strong=np.where(y, 1.2, 0) + np.random.default_rng(0).normal(size=len(y)))
    found = ChurnClassifier("logistic").fit(strong, y, when)
    assert auc(y, found.predict_proba(strong)[:, 1]).estimate > 0.75  # it was learnt from, not set aside
    rare = X.assign(rare=np.where(np.cumsum(y) <= 5, np.where(y, 1.0, np.nan), np.nan))
    found = ChurnClassifier("logistic").fit(rare, y, when)
    assert np.ptp(found.predict_proba(rare)[:, 1]) > 0


def test_repeated_rows_are_left_out_with_a_warning_and_counted():
    X, y, when = customers()
    twice = [np.r_[part, part[:200]] for part in (y, when)]
    with pytest.warns(UserWarning, match="200 rows repeat another exactly"):
        model = ChurnClassifier("logistic").fit(
            pd.concat([X, X[:200]]).assign(u=np.r_[np.arange(3000.0), np.arange(200.0)]), *twice
        )
    assert model.repeats_ == 200


def test_coarse_rows_are_alike_not_copies():
    frame = pd.DataFrame({"customer_id": range(100), "plan": list("ab") * 50, "has_left": [0, 1] * 50})
    assert drop_repeated(frame)[1] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda X: X.assign(score=np.inf), "score is infinite in"),
        (lambda X: X.iloc[:0], "0 sample"),
        (lambda X: X[[]].assign(one=1), "no feature has more than one value"),
    ],
)
def test_columns_that_are_no_features(change, said):
    X, y, when = customers()
    X = change(X)
    with pytest.raises(ValueError, match=said):
        ChurnClassifier("logistic").fit(X, y[: len(X)], when[: len(X)])


def test_a_text_where_numbers_were_is_refused_and_a_new_level_is_unknown():
    X, y, when = customers()
    model = ChurnClassifier().fit(X, y, when)
    with pytest.raises(ValueError, match="months_left is not a number in 1 row"):
        model.predict_proba(X.head(1).assign(months_left="soon"))
    unknown = model.predict_proba(X.head(5).assign(plan=None))
    assert np.array_equal(model.predict_proba(X.head(5).assign(plan="platinum")), unknown)


def test_identifiers_and_constants_are_left_out():
    X, y, when = customers()
    X = X.assign(email=[f"c{i}@example.com" for i in range(len(X))], firm="x", void=np.nan)
    model = ChurnClassifier("logistic").fit(X, y, when)
    assert model.columns_.left_out_ == [
        "email is left out: 2,000 values, none in 10 rows", "firm is left out: one value only", "void is left out: no value",
    ]  # fmt: skip


def test_reasons_are_the_largest_contributions_in_words():
    X, y, when = customers()
    model = ChurnClassifier().fit(X, y, when)
    about = pd.DataFrame({"months_left": [0], "score": [7.0], "plan": ["gold"], "is_new": [False]})
    assert model.reasons(about, top=2)["reason_1"][0].startswith("months_left = 0 (odds × ")
    assert model.reasons(about.assign(months_left=8), top=1)["reason_1"][0] == ""


def test_features_of_chance_alone_give_probabilities_close_to_the_rate():
    random = np.random.default_rng(2)
    X = pd.DataFrame(random.normal(size=(4000, 10)), columns=[f"f{j}" for j in range(10)])
    y, when = random.random(4000) < 0.1, np.repeat([1, 2], 2000)
    p = ChurnClassifier().fit(X, y, when).predict_proba(X)[:, 1]
    assert p.mean() == pytest.approx(0.1, abs=0.02)
    assert p.std() < 0.03
