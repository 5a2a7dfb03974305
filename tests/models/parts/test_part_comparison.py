"""Parts of a firm: shuffled attributes announce nothing, a planted difference is found, and every number is what a table says."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.errors import NotEnough
from cxresearch.features.parts import POWERS
from cxresearch.models.parts.part_comparison import MANY, MEASURES, PartComparison
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.shuffled_labels import shuffled, shuffled_shares

SIZES = np.array([900, 400, 150, 60, 25, 12])
NAMES = list("abcdef")


def sums(values, part, measure, base=None):
    """The sums that the features give, of units with values; written anew in pandas."""
    y = np.asarray(values, float)
    if measure not in ("revenue", "spend"):
        return sums_of(y, part, measure, base)
    capped = np.clip(y, *np.quantile(y, [0.01, 0.99]))
    return pd.concat([sums_of(y, part, measure), sums_of(capped, part, f"{measure}, capped")])


def sums_of(values, part, measure, base=None):
    """The sums that the features give, of units with values; written anew in pandas."""
    y, n = np.asarray(values, float), np.ones(len(values)) if base is None else np.asarray(base, float)
    frame = pd.DataFrame(
        {
            name: np.prod([{"y": y, "n": n}[x] for x in letters], axis=0)
            for name, letters in POWERS.items()
            if letters
        }
    )
    found = frame.assign(units=1, part=np.asarray(part)).groupby("part", sort=False).sum()
    return found.reset_index().assign(measure=measure)


def labels(random):
    return random.permutation(np.repeat(NAMES, SIZES))


def drawn(random, n):
    """Measures of units that have nothing to do with their part: rare, frequent, skewed, of three values, and in clusters."""
    contacts = random.geometric(0.4, n)
    spend = random.lognormal(3, 1.2, n)
    return {
        "left": (random.random(n) < 0.03, None),
        "kept": (random.random(n) < 0.9, None),
        "spend": (np.clip(spend, *np.quantile(spend, [0.01, 0.99])), None),
        "nps": (random.choice([-100.0, 0, 100], n, p=[0.2, 0.3, 0.5]), None),
        "satisfaction": (random.normal(7, 1, n) * contacts, contacts),
    }


def test_shuffled_attributes_announce_nothing():
    """A hundred firms with five measures whose attribute is drawn by lot: the tests of the comparison, without its tables."""
    announced, code = 0, np.repeat(np.arange(len(SIZES)), SIZES)
    for seed in range(100):
        random, p = np.random.default_rng(seed), []
        part = random.permutation(code)
        for y, n in drawn(random, len(code)).values():
            if y.dtype == bool:
                p.append(shuffled_shares(np.bincount(part, y), SIZES))
                continue
            e = y - y.sum() / (len(y) if n is None else n.sum()) * (1 if n is None else n)
            found = shuffled(np.bincount(part, e), SIZES, (e**2).sum(), (e**3).sum(), len(e))
            p.append(found[SIZES >= MANY])
        announced += benjamini_hochberg(np.concatenate(p)).rejected.any()
    assert announced <= 5


def test_the_comparison_announces_nothing_either():
    for seed in range(6):
        random = np.random.default_rng(1000 + seed)
        part, measures = labels(random), drawn(random, SIZES.sum())
        found = PartComparison().fit(pd.concat([sums(y, part, name, n) for name, (y, n) in measures.items()]))
        assert not found.rows_["differs"].any()


def test_a_planted_difference_is_found():
    for seed in range(8):
        random = np.random.default_rng(seed)
        part = labels(random)
        left = random.random(len(part)) < np.where(part == "c", 0.28, 0.1)
        spend = random.lognormal(3, 1, len(part)) * np.where(part == "b", 1.6, 1)
        found = PartComparison().fit(pd.concat([sums(left, part, "left"), sums(spend, part, "spend")]))
        real = {(r.measure, r.part): r.difference for r in found.rows_.itertuples() if r.differs}
        assert real["left", "c"] > 0
        assert real["spend", "b"] > 0
        assert not {("left", "d"), ("left", "e"), ("left", "f")} & real.keys()


def test_the_shrunk_limits_hold_true_shares():
    """Shares and means of parts whose truths scatter: 92 to 98 % of the shrunk limits hold them."""
    held = []
    for seed in range(24):
        random = np.random.default_rng(seed)
        part, at = labels(random), {name: i for i, name in enumerate(NAMES)}
        share, mean = random.normal(0.8, 0.05, len(NAMES)).clip(0.02, 0.98), random.normal(50, 3, len(NAMES))
        code = np.array([at[name] for name in part])
        kept, paid = random.random(len(part)) < share[code], random.gamma(4, mean[code] / 4)
        found = PartComparison().fit(pd.concat([sums(kept, part, "kept"), sums(paid, part, "revenue")]))
        for measure, truth in (("kept", share), ("revenue", mean)):
            rows = found.of(measure).query("kind == 'shrunk'")
            true = truth[[at[name] for name in rows["part"]]]
            held.append((rows["low"].to_numpy() <= true) & (true <= rows["high"].to_numpy()))
    assert 0.92 <= np.mean(held) <= 0.98


def test_numbers_are_those_of_plain_tables():
    random = np.random.default_rng(5)
    part = labels(random)
    paid = pd.Series(random.gamma(2, 20, len(part)))
    found = PartComparison().fit(sums(paid, part, "revenue")).of("revenue")
    own = found.query("kind == 'estimate'").set_index("part")
    by = paid.groupby(part)
    pd.testing.assert_series_equal(own["estimate"], by.mean(), check_names=False, check_like=True)
    assert own["n"].to_dict() == dict(zip(NAMES, SIZES, strict=True))
    for name in NAMES:
        mine, rest = paid[part == name], paid[part != name]
        assert own.loc[name, "difference"] == pytest.approx(mine.mean() - rest.mean())
    # a large part: Student's interval, but for the four units of all
    half = 1.962 * by.std()["a"] / np.sqrt(900)
    assert own.loc["a", "high"] - own.loc["a", "estimate"] == pytest.approx(half, rel=0.01)
    whole = found.query("kind == 'whole'").iloc[0]
    assert (whole["estimate"], whole["n"]) == (pytest.approx(paid.mean()), len(paid))
    tested = found.query("kind == 'estimate' and p.notna()")
    assert sorted(tested["part"]) == ["a", "b", "c", "d"]
    assert (tested["differs"] == benjamini_hochberg(tested["p"]).rejected).all()


def test_weights_and_clusters_are_ratios():
    answers = pd.DataFrame(
        {"part": ["a", "a", "b", "b"] * 20, "w": [1.0, 3, 2, 2] * 20, "score": [100, -100, 0, 100] * 20}
    )
    found = (
        PartComparison()
        .fit(sums(answers["w"] * answers["score"], answers["part"], "nps", answers["w"]))
        .of("nps")
    )
    assert found.query("kind == 'estimate'")["estimate"].tolist() == [-50, 50]


def test_a_small_part_is_drawn_further_than_a_large_one():
    random = np.random.default_rng(2)
    part = labels(random)
    found = (
        PartComparison()
        .fit(sums(random.random(len(part)) < 0.5, part, "again"))
        .of("again")
        .set_index("part")
    )
    own, shrunk = (found[found["kind"] == kind] for kind in ("estimate", "shrunk"))
    kept = (shrunk["high"] - shrunk["low"]) / (own["high"] - own["low"])
    assert kept["f"] < kept["a"] <= 1.05


def test_ends_of_a_scale_and_parts_that_are_all_alike():
    part = np.repeat(["a", "b"], 40)
    found = PartComparison().fit(sums(np.repeat([100.0, -100], 40), part, "nps")).of("nps")
    assert found["low"].min() >= -100.001
    own = found.query("kind == 'estimate'")
    assert own["high"].max() == 100
    assert own["differs"].all()
    with pytest.raises(NotEnough, match="12-month retention of contract customers: the same everywhere"):
        PartComparison().fit(sums(np.ones(80), part, "kept"))


def test_what_cannot_be_compared_says_why():
    none = sums([1.0] * 12, ["a"] * 12, "kept")
    with pytest.raises(NotEnough, match="fewer than two parts have any"):
        PartComparison().fit(none)
    with pytest.raises(ValueError, match="measure 'loyalty' is not known; there are kept, left"):
        PartComparison().fit(none.assign(measure="loyalty"))
    two = sums(np.arange(24) % 2, np.repeat(["a", "b"], 12), "kept")
    two.attrs["missing"] = {"nps": "there is no table survey_responses"}
    found = PartComparison().fit(two)
    assert found.left_out_ == ["NPS, answers of the last 12 months: there is no table survey_responses"]
    assert found.of("nps").empty
    assert set(found.rows_["measure"]) <= set(MEASURES)


def test_a_part_of_fewer_than_ten_is_not_tested():
    part = np.repeat(["a", "b", "c"], [40, 40, 5])
    found = PartComparison().fit(sums(np.arange(85) % 2, part, "kept")).of("kept").query("kind == 'estimate'")
    assert found.set_index("part")["p"].isna().to_dict() == {"a": False, "b": False, "c": True}
    assert isinstance(cx.models.PartComparison(), PartComparison)
