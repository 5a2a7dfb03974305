"""Cumulative incidence of competing causes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cxresearch.models import AalenJohansen, KaplanMeier


def test_published_curves_and_errors():
    # the example statsmodels checks: estimates by cmprsk::cuminc(ftime, fstat) in R,
    # standard errors by Stata's stset ftime, failure(fstat==1); stcompet ci=ci, compet1(2)
    time = [1, 1, 2, 4, 4, 4, 6, 6, 7, 8, 9, 9, 9, 1, 2, 2, 4, 4]
    cause = [1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    model = AalenJohansen().fit(time, cause)
    assert model.causes_ == [1, 2, 3]
    table = model.incidence_.set_index(["cause", "time"])
    expected = {
        (1, 1): (0.11111111, 0.07407407),
        (1, 2): (0.17037037, 0.08976251),
        (2, 4): (0.20740741, 0.10610391),
        (3, 6): (0.17777778, 0.11196147),
        (3, 7): (0.26666667, 0.12787781),
    }
    assert list(table.index) == list(expected)
    for row, numbers in expected.items():
        assert tuple(table.loc[row, ["incidence", "std_error"]]) == pytest.approx(numbers, abs=1e-8)


rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 6), st.sampled_from([0, 1, 2])), min_size=2, max_size=40
)


def product_limit(duration, cause, entry):
    """The matrix product and the recursion of its covariance, as in Allignol et al. (2010), eq. 2–4."""
    share, spread = np.array([1.0, 0, 0]), np.zeros((3, 3))
    for t in np.unique(duration[cause > 0]):
        n = ((entry < t) & (t <= duration)).sum()
        d = np.array([((cause == k) & (duration == t)).sum() for k in (1, 2)])
        step = np.eye(3)
        step[0] = [1 - d.sum() / n, *(d / n)]
        moves = np.array([-d.sum() / n, *(d / n)])
        multinomial = np.zeros((3, 3))
        multinomial[1:, 1:] = (np.diag(d * n) - np.outer(d, d)) / n**3
        multinomial[0, 1:] = multinomial[1:, 0] = -multinomial[1:, 1:].sum(axis=0)
        multinomial[0, 0] = multinomial[1:, 1:].sum()
        assert moves.sum() == pytest.approx(0)
        spread = step.T @ spread @ step + share[0] ** 2 * multinomial
        share = share @ step
    return share, np.sqrt(np.maximum(np.diag(spread), 0))  # a zero may round to less


@given(rows)
def test_brute_force_with_delayed_entry(data):
    entry, length, cause = (np.array(column) for column in zip(*data, strict=True))
    duration = entry + length
    assume((cause > 0).any())
    try:
        model = AalenJohansen().fit(duration, cause, entry=entry)
    except ValueError:
        assume(False)
    share, error = product_limit(duration, cause, entry)
    last = model.incidence_.groupby("cause").last()
    for number in model.causes_:
        assert last.loc[number, "incidence"] == pytest.approx(share[number], abs=1e-12)
    # each curve's last error stands at its own last step; the latest step of all is at the end
    end = model.incidence_["time"].max()
    at_end = model.incidence_[model.incidence_["time"] == end]
    for row in at_end.itertuples():
        # as variances: the root of a rounding of 1e-17 would be 3e-9
        assert row.std_error**2 == pytest.approx(error[row.cause] ** 2, abs=1e-14)


@given(rows)
def test_one_cause_is_kaplan_meier(data):
    _, duration, cause = (np.array(column) for column in zip(*data, strict=True))
    assume((cause > 0).any())
    ours = AalenJohansen().fit(duration, np.where(cause > 0, "left", None)).incidence_
    theirs = KaplanMeier().fit(duration, cause > 0).survival_
    assert ours["incidence"].to_numpy() == pytest.approx(1 - theirs["survival"].to_numpy(), abs=1e-12)
    inside = theirs["survival"].to_numpy() > 0
    for ours_name, theirs_name in [("low", "high"), ("high", "low")]:
        mirrored = 1 - theirs[theirs_name].to_numpy()
        assert ours[ours_name].to_numpy()[inside] == pytest.approx(mirrored[inside], abs=1e-8)
    assert ours["std_error"].to_numpy()[inside] == pytest.approx(
        theirs["std_error"].to_numpy()[inside], abs=1e-8
    )


@given(rows)
def test_causes_add_up_to_all_who_left(data):
    _, duration, cause = (np.array(column) for column in zip(*data, strict=True))
    assume((cause > 0).any())
    times = np.arange(0, duration.max() + 1)
    table = AalenJohansen().fit(duration, cause).at(times)
    total = table.groupby("time")["incidence"].sum()
    survival = KaplanMeier().fit(duration, cause > 0).at(times)["survival"].to_numpy()
    assert total.to_numpy() == pytest.approx(1 - survival, abs=1e-12)
    assert (table["low"] <= table["incidence"] + 1e-12).all()
    assert (table["incidence"] <= table["high"] + 1e-12).all()


def test_intervals_cover_planted_incidence():
    random, held, runs = np.random.default_rng(5), np.zeros((2, 2)), 200
    times = np.array([0.5, 1.5])
    truth = {"moved": 0.25 * (1 - np.exp(-times * 0.8)), "price": 0.75 * (1 - np.exp(-times * 0.8))}
    for _ in range(runs):
        lifetime, seen = random.exponential(1.25, 300), random.uniform(0.5, 3, 300)
        reason = np.where(random.random(300) < 0.25, "moved", "price").astype(object)
        reason[seen < lifetime] = None
        table = AalenJohansen().fit(np.minimum(lifetime, seen), reason).at(times).set_index("cause")
        for place, cause in enumerate(truth):
            found = table.loc[cause]
            held[place] += ((found["low"] <= truth[cause]) & (truth[cause] <= found["high"])).to_numpy()
    assert held / runs == pytest.approx(np.full((2, 2), 0.95), abs=0.045)


def test_a_cause_not_yet_seen_has_an_upper_limit():
    table = (
        AalenJohansen()
        .fit([1, 5, 6, 6], ["moved", "price", None, None])
        .at([0, 2])
        .set_index(["cause", "time"])
    )
    assert table.loc[("price", 2), "incidence"] == 0
    assert table.loc[("price", 2), "high"] == pytest.approx(1 - 0.025 ** (1 / 3))
    assert table.loc[("price", 0), "high"] == 0


def test_weights_are_counts():
    duration, cause = [1, 2, 2, 3, 4], ["a", "b", None, "a", None]
    counts = [3, 1, 2, 4, 2]
    counted = AalenJohansen().fit(duration, cause, weights=counts).incidence_
    spread = (
        AalenJohansen()
        .fit(np.repeat(duration, counts), np.repeat(np.array(cause, object), counts))
        .incidence_
    )
    pd.testing.assert_frame_equal(counted, spread, check_dtype=False)


def test_summary_and_late_start():
    model = AalenJohansen(start="auto").fit([2, 5, 6, 7], ["a", "b", None, "a"], entry=[0, 3, 3, 3])
    assert model.start_ == 3
    table = model.summary([5])
    assert table.columns.tolist() == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert table["metric"].tolist() == ["left by 5: a", "left by 5: b"]
    assert table["method"].str.endswith("given reaching 3").all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (dict(duration=[1, 2], cause=[None, None]), "nobody left"),
        (dict(duration=[1, 2], cause=["a", None], event=[1, 1]), r"cause is missing for .* \(first: 1\)"),
        (dict(duration=[1, 2], cause=["a", "b"], event=[1, 0]), "cause is given for a customer still there"),
        (dict(duration=[1, 2, 3], cause=["a", "b"]), "cause has 2 rows, duration has 3"),
        (dict(duration=[1, -2], cause=["a", "b"]), "duration is negative"),
        (dict(duration=[2, 5], cause=["a", "b"], entry=[0, 3]), "start=2"),
        (dict(duration=range(200), cause=range(200)), "cause has 199 values"),
    ],
)
def test_bad_input_is_named(columns, message):
    with pytest.raises(ValueError, match=message):
        AalenJohansen().fit(**columns)
