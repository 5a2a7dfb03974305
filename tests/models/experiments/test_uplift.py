"""Uplift: the published e-mail test to its digits, errors that hold, silence where nobody differs, and rules that pay or do not."""

import email_test
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.models.experiments.qini import effects, qini
from cxresearch.models.experiments.uplift_curve import areas, fifths, uplift_curve
from cxresearch.models.experiments.uplift_scores import cross_fitted, t_learner


@pytest.fixture(scope="module")
def hillstrom(public_data):
    return email_test.hillstrom(public_data)


@pytest.fixture(scope="module")
def arms(hillstrom):
    """Each arm of Hillstrom's test with the control: learnt from even rows, judged on odd ones."""
    found = {}
    for arm in ("men's", "women's"):
        rows = hillstrom[hillstrom["arm"].isin(["control", arm])]
        known = rows[["recency", "mens", "womens", "newbie", "zip_code", "channel"]]
        known = known.assign(history=np.log(rows["history"]))
        found[arm] = rows, known, (rows["arm"] == arm).astype(int), rows.index % 2 == 0
    return found


REFERENCE = {  # q, its error, scikit-uplift's qini_auc_score and uplift_auc_score; statsmodels' logits, scikit-uplift 0.5.1
    ("women's", "visit"): (0.0081997, 0.0013975, 0.0691122, 0.0315757),
    ("men's", "visit"): (0.0016914, 0.0014196, 0.0128775, 0.0064509),
    ("women's", "conversion"): (0.0010037, 0.0003802, 0.1363092, None),
    ("men's", "conversion"): (-0.0008436, 0.0004372, -0.0865007, None),
}


@pytest.mark.parametrize(("arm", "outcome"), REFERENCE)
def test_hillstrom(arms, arm, outcome):
    rows, known, treated, train = arms[arm]
    found = cx.models.Uplift().fit(known, rows[outcome], treated, train)
    q, error, qini_area, uplift_area = REFERENCE[arm, outcome]
    assert found.qini_.estimate == pytest.approx(q, abs=1e-6)
    assert found.qini_.std_error == pytest.approx(error, abs=1e-6)
    assert found.areas_.qini == pytest.approx(qini_area, abs=1e-5)
    assert uplift_area is None or found.areas_.uplift == pytest.approx(uplift_area, abs=1e-5)
    assert found.verdict_ == ("ranks" if arm == "women's" else "no difference seen")
    if (arm, outcome) == ("women's", "visit"):
        assert found.qini_.n == 21_471
        assert found.qini_.lift == pytest.approx(0.0456488, abs=1e-7)
        assert found.fifths_["estimate"].round(5).tolist() == [0.08325, 0.06885, 0.05395, 0.01159, 0.01085]


def test_hillstrom_policies(arms):
    for arm, every, top in (
        ("men's", (0.225008, 0.071853), {0.3: (0.101994, 0.055187)}),
        ("women's", (-0.021182, 0.055960), {0.5: (0.022576, 0.035698), 0.3: (0.006753, 0.033379)}),
    ):
        rows, known, treated, train = arms[arm]
        scored = cx.models.Uplift().fit(known, rows["visit"], treated, train)
        judged, drawn = rows.iloc[scored.rows_], treated.to_numpy()[scored.rows_]
        policy = cx.models.Policy(margin=0.3, cost=0.1).fit(scored.score_, judged["spend"], drawn)
        assert policy.values_.iloc[0][["estimate", "std_error"]].tolist() == pytest.approx(every, abs=1e-6)
        for share, expected in top.items():
            found = policy.top(scored.score_, share)
            width = (found.high - found.estimate) / 1.959964
            assert (found.estimate, width) == pytest.approx(expected, abs=1.5e-6)
        assert policy.verdict_ in {"men's": ("all", "chosen"), "women's": ("nobody",)}[arm]


def test_the_logits_are_statsmodels(hillstrom):
    import statsmodels.api as sm

    rows = hillstrom[hillstrom["arm"].isin(["control", "men's"])].head(4000)
    x = rows[["recency", "mens", "newbie"]].to_numpy(dtype=float)
    treated = (rows["arm"] == "men's").to_numpy().astype(int)
    y = rows["visit"].to_numpy()
    found, is_ridge = t_learner(x[:3000], y[:3000], treated[:3000], x[3000:])
    other = []
    for arm in (1, 0):
        at = treated[:3000] == arm
        fit = sm.Logit(y[:3000][at], sm.add_constant(x[:3000][at])).fit(disp=False)
        other.append(fit.predict(sm.add_constant(x[3000:])))
    assert found == pytest.approx(other[0] - other[1], abs=1e-7)
    assert not is_ridge


def test_areas_of_the_example():  # scikit-uplift 0.5.1
    y, treated = [1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1]
    score = [0.9, 0.85, 0.8, 0.7, 0.65, 0.6, 0.5, 0.45, 0.4, 0.3, 0.2, 0.1]
    assert tuple(areas(score, y, treated)) == pytest.approx((0.705674, 0.782222), abs=1e-6)
    with pytest.raises(ValueError, match="yes and no only"):
        areas(score, np.arange(12), treated)


def made(n, random, moved=0.1):
    """Customers of whom half are moved by an offer."""
    x, treated = random.normal(size=(n, 2)), random.integers(0, 2, n)
    y = (random.random(n) < 0.2 + moved * treated * (x[:, 0] > 0)).astype(float)
    return pd.DataFrame(x, columns=["a", "b"]), y, treated


def test_the_error_is_the_spread_of_the_coefficient():
    random = np.random.default_rng(17)
    found = []
    for _ in range(200):
        x, y, treated = made(1500, random)
        found.append(qini(x["a"], y, treated)[:4])
    q, low, high, error = np.array(found).T
    assert error.mean() == pytest.approx(q.std(ddof=1), rel=0.12)
    truth = 0.1 / 8  # ½·∫(½ − u)·0.1 over the upper half
    assert q.mean() == pytest.approx(truth, abs=4 * q.std() / np.sqrt(200))
    assert ((low < truth) & (truth < high)).mean() >= 0.9


def test_a_planted_difference_is_found_and_none_is_not():
    random = np.random.default_rng(19)
    x, y, treated = made(6000, random, 0.15)
    assert cx.models.Uplift().fit(x, y, treated).verdict_ == "ranks"
    false = 0
    for _ in range(20):
        x, _, treated = made(1000, random)
        flat = random.random(1000) < 0.2 + 0.1 * treated
        false += cx.models.Uplift().fit(x, flat, treated).verdict_ == "ranks"
    assert false <= 3


def test_high_risk_is_not_high_uplift():
    """Those likeliest to return do so anyway: their score ranks returns, and nothing that the offer changes."""
    random = np.random.default_rng(23)
    risk, treated = random.normal(size=20_000), random.integers(0, 2, 20_000)
    p = 1 / (1 + np.exp(1.5 - risk))
    y = random.random(20_000) < np.clip(p + 0.1 * treated * (risk < 0), 0, 1)
    assert cx.models.Uplift().judge(risk, y, treated).verdict_ == "misleads"


def test_scores_do_not_see_the_rows_they_judge():
    random = np.random.default_rng(29)
    x, treated = random.normal(size=(400, 3)), np.tile([0, 1], 200)
    y = random.integers(0, 2, 400)
    before, _ = cross_fitted(x, y, treated, folds=4, seed=1)
    changed = y.copy()
    changed[7] = 1 - changed[7]
    after, _ = cross_fitted(x, changed, treated, folds=4, seed=1)
    assert before[7] == after[7]
    assert (before != after).mean() > 0.5
    customer = np.repeat(np.arange(100), 4)
    together, _ = cross_fitted(x, y, treated, customer, 4, 1)
    own = np.flatnonzero(customer == 1)
    changed = y.copy()
    changed[own[1:]] = 1 - y[own[1:]]
    assert cross_fitted(x, changed, treated, customer, 4, 1)[0][own[0]] == together[own[0]]


def test_customers_with_several_rows_widen_the_error():
    random = np.random.default_rng(31)
    x, y, treated = made(800, random)
    again = np.repeat(np.arange(800), 4)
    once, plain = qini(x["a"], y, treated), qini(x["a"].to_numpy()[again], y[again], treated[again])
    clustered = qini(x["a"].to_numpy()[again], y[again], treated[again], cluster=again)
    assert clustered.std_error == pytest.approx(once.std_error, rel=0.01)
    assert plain.std_error == pytest.approx(once.std_error / 2, rel=0.01)


def test_draws_of_several_probabilities():
    random = np.random.default_rng(37)
    x = random.normal(size=20_000)
    p = np.where(x > 0, 0.8, 0.3)
    treated = (random.random(20_000) < p).astype(int)
    y = random.normal(size=20_000) + 3 * (x > 0) + treated * (x > 0)
    truth = 0.5 / 4
    weighted, plain = (qini(x, y, treated, probability) for probability in (p, None))
    assert weighted.low < truth < weighted.high
    assert abs(plain.estimate - truth) > abs(weighted.estimate - truth)
    assert effects(y, treated, p).lift == pytest.approx(0.5, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_the_coefficient_depends_on_ranks_alone(seed, levels):
    random = np.random.default_rng(seed)
    score, treated = random.integers(0, levels, 200).astype(float), np.tile([0, 1], 100)
    y, order = random.normal(size=200), random.permutation(200)
    found = qini(score, y, treated)
    assert qini(3 * score + 7, y, treated).estimate == pytest.approx(found.estimate, abs=1e-12)
    moved = qini(score[order], y[order], treated[order])
    assert (moved.estimate, moved.std_error) == pytest.approx((found.estimate, found.std_error), abs=1e-12)
    assert qini(-score, y, treated).estimate == pytest.approx(-found.estimate, abs=1e-12)
    assert qini(np.ones(200), y, treated)[:4] == pytest.approx((0, 0, 0, 0), abs=1e-12)


def test_the_area_under_the_curve_is_the_coefficient():
    random = np.random.default_rng(41)
    x, y, treated = made(4000, random, 0.2)
    curve, found = uplift_curve(x["a"], y, treated), qini(x["a"], y, treated)
    area = np.trapezoid(curve["excess"], curve["share"])
    assert area == pytest.approx(found.estimate, abs=2e-3)
    assert curve["gain"].iloc[-1] == pytest.approx(found.lift)
    assert (curve["low"] <= curve["gain"]).all()
    assert (curve["excess_low"].iloc[8:12] > 0).all()
    noise = uplift_curve(random.random(4000), y, treated)
    assert (noise["excess_low"] <= 0).all()
    assert (noise["excess_high"] >= 0).all()


def test_bands_hold_the_whole_curve():
    random = np.random.default_rng(43)
    share = np.linspace(0, 1, 21)
    truth = 0.1 * np.minimum(share, 0.5)
    held = 0
    for _ in range(40):
        x, y, treated = made(1500, random)
        curve = uplift_curve(x["a"], y, treated, draws=100)
        held += bool(((curve["low"] <= truth + 1e-9) & (truth <= curve["high"] + 1e-9)).all())
    assert held >= 34


def test_nobody_is_targeted_where_the_band_holds_zero():
    random = np.random.default_rng(47)
    targeted = 0
    for _ in range(40):
        score, treated = random.normal(size=600), random.integers(0, 2, 600)
        policy = cx.models.Policy(margin=1, cost=0.1).fit(score / 10 + 0.1, random.normal(size=600), treated)
        targeted += policy.verdict_ != "nobody"
    assert targeted <= 4


def test_a_rule_that_pays_only_for_some():
    random = np.random.default_rng(53)
    score, treated = random.normal(size=8000), random.integers(0, 2, 8000)
    y = random.normal(size=8000) + treated * (score > 0)
    policy = cx.models.Policy(margin=1, cost=0.6).fit(score, y, treated)
    assert policy.verdict_ == "chosen"
    assert (policy.curve_["low"] <= policy.curve_["value"]).all()
    by_row = cx.models.Policy(margin=1).fit(score, y, treated, cost=np.full(8000, 0.6))
    assert by_row.values_.equals(policy.values_)
    unsure = cx.models.Policy(margin=1, cost=0.6).fit(
        score, y, treated, uncertain=[(effects(y, treated).z, 1.0)]
    )
    assert unsure.verdict_ == "nobody"
    assert policy.summary()["unit"].eq("money").all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": np.r_[np.nan, np.zeros(399)]}, "y is missing or infinite in 1 row"),
        ({"treated": np.full(400, 2)}, "treated is neither 0 nor 1"),
        ({"X": pd.DataFrame({"a": [1.0, 2.0]})}, "X has 2 rows, y has 400"),
        ({"X": pd.DataFrame({"a": np.ones(400)})}, "nothing that differs between customers"),
        ({"treated": np.r_[np.ones(350), np.zeros(50)]}, "fewer than a hundred"),
        ({"y": np.zeros(400)}, "too few customers of an arm came back"),
    ],
)
def test_bad_input_is_refused(change, said):
    random = np.random.default_rng(59)
    base = {"X": pd.DataFrame({"a": random.normal(size=400)}), "y": np.arange(400) % 3 == 0}
    base |= {"treated": np.tile([0, 0, 1, 1], 100)} | change
    with pytest.raises(ValueError, match=said):
        cx.models.Uplift().fit(**base)


def test_a_separating_fact_gets_a_ridge():
    random = np.random.default_rng(61)
    fact, treated = random.random(1000) < 0.1, random.integers(0, 2, 1000)
    y = (random.random(1000) < 0.2) & ~fact
    found = cx.models.Uplift().fit(pd.DataFrame({"fact": fact, "b": random.normal(size=1000)}), y, treated)
    assert np.isfinite(found.score_).all()
    assert found.left_out_ == ["a logit had no finite estimate, so its coefficients are drawn towards 0"]


def test_amounts():
    random = np.random.default_rng(67)
    x, treated = pd.DataFrame({"a": random.normal(size=3000)}), random.integers(0, 2, 3000)
    spend = random.normal(size=3000) + treated * (x["a"] > 0)
    found = cx.models.Uplift().fit(x, spend, treated)
    assert found.verdict_ == "ranks"
    assert found.areas_ is None
    parts = fifths(x["a"], spend, treated)
    assert (parts["low"].iloc[0] > 0) and (parts["low"].iloc[-1] < 0 < parts["high"].iloc[-1])
    assert found.summary()["metric"].tolist()[0] == "Qini coefficient"
