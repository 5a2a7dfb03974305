"""The touch map, importance and performance, the perception gap, and what they are drawn as."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

import cxresearch as cx
from cxresearch.charts import (
    department_distances,
    importance_performance,
    job_distances,
    perception,
    raw_to_adjusted,
    touch_map,
)
from cxresearch.models import Consistency, ImportancePerformance, PerceptionGap, TouchMap
from cxresearch.report import withhold_cells
from cxresearch.stats import clustered_mean, newcombe, wilson
from cxresearch.stats.clustered import clustered_share
from cxresearch.stats.equivalence import clustered_newcombe, welch
from tests.models.touchpoints.test_consistency import company


def contacts(seed=0, n=4000, touchpoints=5):
    """Contacts of 800 customers; each next touchpoint is rated .3 lower."""
    random = np.random.default_rng(seed)
    place, customer = random.integers(0, touchpoints, n), random.integers(0, 800, n)
    rating = 8 - 0.3 * place + random.normal(0, 0.7, 800)[customer] + random.normal(0, 1.3, n)
    return pd.DataFrame(
        {
            "touchpoint": np.array(list("abcdefgh"))[place],
            "channel": random.choice(["phone", "web"], n),
            "department": "all of us",
            "customer_id": customer,
            "satisfaction": rating,
            "effort": random.integers(1, 8, n),
            "wait_seconds": random.exponential(300, n),
        }
    )


# ---------------------------------------------------------------- clustered means


def test_rows_of_their_own_give_students_interval():
    x = np.random.default_rng(1).normal(7, 2, 50)
    found, student = clustered_mean(x), cx.stats.mean(x)
    assert found[:3] == pytest.approx(student)


def test_a_row_given_twice_by_one_customer_says_no_more():
    x = np.random.default_rng(1).normal(7, 2, 50)
    once, twice = clustered_mean(x), clustered_mean(np.repeat(x, 2), np.repeat(np.arange(50), 2))
    assert twice.std_error == pytest.approx(once.std_error)
    assert twice.clusters == 50 and twice.n == 100


def test_welch_is_scipys_where_rows_stand_alone():
    random = np.random.default_rng(2)
    a, b = random.normal(8, 1, 30), random.normal(7, 2, 200)
    found, peer = welch(clustered_mean(a), clustered_mean(b), 0.5), ttest_ind(a, b, equal_var=False)
    assert found.p_difference == pytest.approx(peer.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(peer.confidence_interval()))


def test_equivalence_is_the_interval_of_twice_the_error_inside_the_margin():
    random = np.random.default_rng(3)
    for shift in (0.0, 0.2, 0.35, 0.5):
        a, b = clustered_mean(random.normal(7 + shift, 1, 150)), clustered_mean(random.normal(7, 1, 400))
        narrow = welch(a, b, 0.5, level=0.90)
        inside = narrow.low > -0.5 and narrow.high < 0.5
        assert (welch(a, b, 0.5).p_equivalence < 0.05) == inside


def test_a_clustered_share_is_wilsons_alone_and_holds_the_truth_in_clusters():
    assert tuple(clustered_share([1, 0, 0, 1, 0])) == pytest.approx(tuple(wilson(2, 5)))
    assert tuple(clustered_share([0] * 30, np.arange(30) // 3))[1:] == pytest.approx((0, wilson(0, 10).high))
    rng, held, alone = np.random.default_rng(6), 0, 0
    for _ in range(300):
        who = np.repeat(np.arange(60), rng.integers(1, 20, 60))
        yes = rng.random(len(who)) < rng.beta(1, 1, 60)[who]
        found, plain = clustered_share(yes, who), wilson(yes.sum(), len(yes))
        held, alone = held + (found.low <= 0.5 <= found.high), alone + (plain.low <= 0.5 <= plain.high)
    assert held >= 0.91 * 300 and alone < 0.8 * 300


def test_clusters_of_one_share_each_have_no_spread_that_rounding_made():
    """A third of each customer's contacts: the deviations add up to 1e-17, not to evidence."""
    who = np.repeat(np.arange(20), 3)
    third = np.tile([1, 0, 0], 20)
    assert clustered_mean(third, who).std_error == 0
    found = clustered_newcombe(third, who, 1 - third, who)
    assert tuple(found) == pytest.approx(tuple(newcombe(20 / 3, 20, 40 / 3, 20)))


def test_newcombe_of_independent_rows_is_the_published_one():
    # Newcombe (1998), 56/70 against 48/80: .05243 to .33387
    found = clustered_newcombe(np.arange(70) < 56, None, np.arange(80) < 48, None)
    assert found == pytest.approx(newcombe(56, 70, 48, 80))
    assert found[1:] == pytest.approx((0.05243, 0.33387), abs=5e-6)


# ---------------------------------------------------------------- touch map


def test_cells_add_up_to_their_touchpoints_and_channels():
    model = TouchMap().fit(contacts())
    for name, part in (("touchpoint", model.touchpoints_), ("channel", model.channels_)):
        total = model.cells_.groupby(name)[["contacts", "rated"]].sum()
        assert part.set_index(name)[["contacts", "rated"]].sort_index().equals(total)
    cell, raw = model.cells_.iloc[0], contacts().query("touchpoint == 'a' and channel == 'phone'")
    assert cell["mean"] == pytest.approx(raw["satisfaction"].mean())
    assert cell["n"] == raw["customer_id"].nunique()
    assert cell["wait"] == pytest.approx(raw["wait_seconds"].median() / 60)


def test_contacts_without_ratings_are_counted_all_the_same():
    bare = contacts()[["touchpoint", "channel", "customer_id"]]
    model = TouchMap().fit(bare)
    assert len(model.summary()) == 0
    assert model.cells_["contacts"].sum() == 4000 and model.cells_["n"].min() > 100
    missing = ["a satisfaction rating", "an effort rating", "a waiting time"]
    assert model.left_out_ == [f"no contact has {what}" for what in missing]


def test_a_map_of_no_contacts_is_refused():
    for nothing in (contacts().head(0), contacts().assign(channel=None), contacts().assign(touchpoint=None)):
        with pytest.raises(
            cx.NotEnough, match=r"no contacts|none of the contacts names a (channel|touchpoint)"
        ):
            TouchMap().fit(nothing)
    apart = contacts().head(2).assign(channel=["web", None], touchpoint=[None, "invoice"])
    with pytest.raises(cx.NotEnough, match="touchpoint and channel together"):
        TouchMap().fit(apart)
    with pytest.raises(ValueError, match="lacks the column channel"):
        TouchMap().fit(contacts().drop(columns="channel"))


def test_contacts_off_the_map_are_counted():
    frame = contacts()
    frame.loc[:9, "channel"] = None
    assert TouchMap().fit(frame).left_out_ == ["10 of 4,000 contacts do not name both touchpoint and channel"]


def test_one_rating_of_a_touchpoint_has_no_estimate():
    rows = TouchMap().fit(contacts().head(1)).summary()
    assert rows["metric"].str.startswith(("touchpoint: ", "channel: ")).all() and len(rows) == 2
    assert rows[["estimate", "low", "high"]].isna().all().all()


def test_no_withheld_cell_can_be_had_by_subtraction():
    cells = pd.DataFrame([(r, c) for r in "abcd" for c in "wxyz"], columns=["what", "how"])
    cells["n"] = [3, 50, 60, 70, 80, 90, 15, 99, 40, 41, 42, 43, 100, 12, 200, 300]
    found = withhold_cells(cells.assign(mean=7.0, name="kept"), "what", "how")
    _cannot_be_had(found, cells["n"])
    assert found["name"].eq("kept").all()
    assert found.loc[found["flag"] == "suppressed", ["n", "mean"]].isna().all().all()


@given(st.lists(st.integers(0, 60), min_size=12, max_size=12))
@settings(max_examples=60)
def test_no_withheld_cell_can_be_had_whatever_the_bases(bases):
    cells = pd.DataFrame([(r, c) for r in "abc" for c in "wxyz"], columns=["what", "how"]).assign(n=bases)
    _cannot_be_had(withhold_cells(cells, "what", "how"), cells["n"])


def _cannot_be_had(found, n):
    hidden = found["flag"] == "suppressed"
    assert hidden[n < 10].all()
    for name in ("what", "how"):
        for _, part in found.groupby(name):
            inside = hidden[part.index]
            assert inside.sum() != 1 or len(part) == 1
            assert not inside.any() or inside.all() or n[part.index][inside].sum() >= 10


# ---------------------------------------------------------------- importance and performance


def loyal(frame, weight, seed=1):
    """Overall answers that follow each touchpoint's own ratings by its weight."""
    mean = frame.groupby(["customer_id", "touchpoint"])["satisfaction"].mean().unstack()
    pull = (mean - frame["satisfaction"].mean()).fillna(0) @ pd.Series(weight).reindex(mean.columns).fillna(0)
    noise = np.random.default_rng(seed).normal(0, 1, len(pull))
    return pd.DataFrame({"customer_id": pull.index, "score": 7 + pull.to_numpy() + noise})


def test_the_planted_moment_is_found_and_named():
    frame = contacts(2, 8000)
    model = ImportancePerformance(draws=500).fit(frame, loyal(frame, {"e": 0.9, "a": 0.7}))
    found = model.touchpoints_.set_index("touchpoint")
    assert found.loc["e", "quadrant"] == "concentrate here" and found.loc["e", "is_named"]
    assert found.loc["a", "quadrant"] == "keep up" and found.loc["a", "is_named"]
    assert model.touchpoints_["touchpoint"].iloc[0] == "e"
    assert found["gap"]["a"] == pytest.approx(0, abs=1e-9)  # the best touchpoint is the target


def test_slopes_are_ordinary_least_squares_before_they_are_drawn_in():
    frame = contacts(3)
    overall = loyal(frame, {"b": 0.5})
    model = ImportancePerformance(draws=200).fit(frame, overall)
    both = frame[frame["touchpoint"] == "b"].groupby("customer_id")["satisfaction"].mean().to_frame("x")
    both = both.join(overall.set_index("customer_id"), how="inner")
    slope = np.polyfit(both["x"], both["score"], 1)[0]
    assert model.touchpoints_.set_index("touchpoint").loc["b", "slope"] == pytest.approx(slope)


def test_equal_importance_names_next_to_no_quadrant():
    named = 0
    for seed in range(4):
        frame = contacts(seed, 3000)
        random = np.random.default_rng(99 + seed)
        overall = pd.DataFrame({"customer_id": range(800), "score": random.normal(7, 2, 800)})
        named += ImportancePerformance(draws=200).fit(frame, overall).touchpoints_["is_named"].sum()
    assert named <= 0.15 * 4 * 5


def test_value_per_point_and_target_scale_the_gap():
    frame = contacts(4)
    overall = loyal(frame, {"b": 0.5, "c": 0.2})
    one = ImportancePerformance(target=9, draws=200).fit(frame, overall).touchpoints_.set_index("touchpoint")
    ten = ImportancePerformance(target=9, value_per_point=10, draws=200).fit(frame, overall).touchpoints_
    assert ten.set_index("touchpoint")["gap"].sort_index().to_numpy() == pytest.approx(
        10 * one["gap"].sort_index().to_numpy()
    )
    row = one.loc["b"]
    assert row["gap"] == pytest.approx(row["contacts"] * row["importance"] * (9 - row["performance"]))


def test_a_gap_counts_the_contacts_that_nobody_rated():
    frame = contacts(4)
    overall = loyal(frame, {"b": 0.5, "c": 0.2})
    few = ImportancePerformance(target=9, draws=200).fit(frame, overall).touchpoints_.set_index("touchpoint")
    unrated = frame[frame["touchpoint"] == "c"].assign(satisfaction=np.nan, customer_id=9_000_001)
    many = (
        ImportancePerformance(target=9, draws=200)
        .fit(pd.concat([frame, unrated], ignore_index=True), overall)
        .touchpoints_
    )
    many = many.set_index("touchpoint")
    assert many.loc["c", "contacts"] == 2 * many.loc["c", "rated"] == 2 * few.loc["c", "contacts"]
    assert many.loc["c", "gap"] == pytest.approx(
        2 * few.loc["c", "gap"], rel=0.02
    )  # one customer more is resampled
    same = ["performance", "slope", "rated", "customers"]
    pd.testing.assert_frame_equal(many.sort_index()[same], few.sort_index()[same])


def test_what_importance_cannot_use_is_named():
    frame = contacts()
    with pytest.raises(ValueError, match="occurs twice in the overall answers"):
        ImportancePerformance().fit(frame, pd.DataFrame({"customer_id": [1, 1], "score": [7, 8]}))
    with pytest.raises(ValueError, match="score is text"):
        ImportancePerformance().fit(frame, pd.DataFrame({"customer_id": [1], "score": ["seven"]}))


@pytest.mark.parametrize(
    ("change", "answers", "why"),
    [
        (
            lambda c: c,
            {"customer_id": [1, 2], "score": [7, 8]},
            "fewer than two touchpoints have 30 customers",
        ),
        (lambda c: c, {"customer_id": [], "score": []}, "there are no answers on the firm as a whole"),
        (lambda c: c, {"customer_id": [1], "score": [np.nan]}, "no customer's overall answer is known"),
        (
            lambda c: c.assign(satisfaction=np.nan),
            {"customer_id": [1], "score": [7]},
            "no contact has a satisfaction",
        ),
        (lambda c: c.assign(customer_id=None), {"customer_id": [1], "score": [7]}, "names a customer"),
        (lambda c: c.head(0), {"customer_id": [1], "score": [7]}, "there are no contacts"),
    ],
)
def test_importance_that_cannot_be_derived_is_refused(change, answers, why):
    with pytest.raises(cx.NotEnough, match=why):
        ImportancePerformance().fit(change(contacts()), pd.DataFrame(answers))


def test_touchpoints_of_few_are_left_out_and_counted():
    frame = contacts(4)
    frame.loc[:9, "touchpoint"] = "rare"
    model = ImportancePerformance(draws=100).fit(frame, loyal(frame, {"b": 0.5}))
    assert model.left_out_ == [
        "1 touchpoint with fewer than 30 customers who also answered the survey is not compared"
    ]
    assert model.gaps()["metric"].tolist() == [f"{t}: gap" for t in model.touchpoints_["touchpoint"]]
    assert set(model.gaps()["metric"]) < set(model.summary()["metric"])


# ---------------------------------------------------------------- perception gap


def staff(gap, seed=0, raters=25, sd=1.0, touchpoints="abcde"):
    random = np.random.default_rng(seed)
    rows = [
        (f"S{k}", t, 8 - 0.3 * i + gap.get(t, 0) + random.normal(0, sd))
        for i, t in enumerate(touchpoints)
        for k in range(raters)
    ]
    return pd.DataFrame(rows, columns=["staff_id", "touchpoint", "rating"]).assign(department="all of us")


def test_planted_gaps_are_recovered_and_told_apart():
    model = PerceptionGap().fit(contacts(1, 8000), staff({"a": 1.5, "b": -1.5}, raters=150))
    found = model.gaps_[model.gaps_["department"] != "all"].set_index("touchpoint")
    assert found.loc["a", "verdict"] == "overrated" and found.loc["b", "verdict"] == "underrated"
    assert set(found.loc[["c", "d", "e"], "verdict"]) == {"no gap"}
    for touchpoint, gap in (("a", 1.5), ("b", -1.5), ("c", 0.0)):
        assert found.loc[touchpoint, "low"] - 0.15 <= gap <= found.loc[touchpoint, "high"] + 0.15


@pytest.mark.parametrize("levels", [["staff", "executive"], ["executive", "staff"]])
def test_of_levels_as_frequent_the_first_in_the_alphabet_is_the_main_one(levels):
    crew, rated = staff({}, raters=20), contacts(1)
    both = pd.concat([crew.assign(level=level) for level in levels], ignore_index=True)
    for rows in (both, both[::-1], both.sample(frac=1, random_state=1)):
        assert PerceptionGap().fit(rated, rows).main_level_ == "executive"
    more = pd.concat([both, crew.head(1).assign(level="staff")])
    assert PerceptionGap().fit(rated, more).main_level_ == "staff"
    elsewhere = crew.assign(level="executive", department="nobody's")  # no customer rates it
    assert PerceptionGap().fit(rated, pd.concat([more, elsewhere])).main_level_ == "staff"
    assert PerceptionGap().fit(rated, crew).main_level_ == "staff"


def test_staff_ratings_put_together_from_parts_keep_their_levels():
    crew = staff({}, raters=20)
    crew.loc[0, "rating"] = np.nan
    parts = pd.concat(
        [crew.assign(level="executive"), crew.assign(level="staff")]
    )  # each row's label occurs twice
    found = PerceptionGap().fit(contacts(1), parts).gaps_
    expected = PerceptionGap().fit(contacts(1), parts.reset_index(drop=True)).gaps_
    pd.testing.assert_frame_equal(found, expected)
    assert set(found["level"]) == {"executive", "staff"}


def test_the_firm_as_a_whole_is_of_departments_that_both_sides_rate():
    rated = pd.concat([contacts(1).assign(department=name) for name in ("here", "there")], ignore_index=True)
    rated["satisfaction"] -= 3 * (rated["department"] == "there")
    crew = staff({}, raters=20)
    above = pd.concat(
        [crew.assign(department="here"), crew.assign(department="nowhere", rating=crew["rating"] + 3)]
    )
    below = crew.assign(department="there", level="staff")
    found = PerceptionGap().fit(rated, pd.concat([above.assign(level="executive"), below])).gaps_
    pooled, whole = (
        found[found[name] & (found["level"] == "executive")] for name in ("is_pooled", "is_department")
    )
    assert pooled["gap"].item() == pytest.approx(whole["gap"].item())
    assert pooled["n_staff"].item() == len(crew)


def test_marks_on_another_scale_are_not_compared():
    crew = staff({}, raters=20)
    crew["rating"] = (crew["rating"] / 2).clip(1, 5).round()
    with pytest.raises(cx.NotEnough, match=r"the highest mark is 5 from staff and .* different scales"):
        PerceptionGap().fit(contacts(1), crew)


def test_few_raters_leave_it_undecided():
    found = PerceptionGap(margin=0.2).fit(contacts(1), staff({}, raters=10)).gaps_
    assert "no gap" not in set(found["verdict"])


def test_without_a_gap_none_is_announced():
    """Five of them; a hundred whole companies are those of ``make null``."""
    for seed in range(5):
        gaps = PerceptionGap().fit(contacts(seed, 2000), staff({}, seed + 1000)).gaps_
        assert not gaps["verdict"].isin(["overrated", "underrated"]).any()


@pytest.mark.parametrize(
    ("frame", "crew", "why"),
    [
        (lambda c: c, lambda s: s.head(0), "there are no staff ratings"),
        (lambda c: c, lambda s: s.assign(rating=np.nan), "no staff rating has a mark"),
        (
            lambda c: c,
            lambda s: s.assign(department="others"),
            "fewer than 10 ratings to departments that both rated",
        ),
        (lambda c: c.assign(satisfaction=np.nan), lambda s: s, "no contact has a satisfaction rating"),
        (lambda c: c.assign(customer_id="one"), lambda s: s, "fewer than 10 customers rated the departments"),
    ],
)
def test_what_cannot_be_compared_is_refused(frame, crew, why):
    with pytest.raises(cx.NotEnough, match=why):
        PerceptionGap().fit(frame(contacts()), crew(staff({})))


def test_bad_staff_ratings_are_named():
    frame, crew = contacts(), staff({})
    with pytest.raises(ValueError, match="rating is text"):
        PerceptionGap().fit(frame, crew.assign(rating="nine"))
    with pytest.raises(ValueError, match="margin is 0"):
        PerceptionGap(margin=0).fit(frame, crew)
    with pytest.raises(ValueError, match="lacks the column rating"):
        PerceptionGap().fit(frame, crew.drop(columns="rating"))


def test_comparisons_on_few_ratings_or_customers_are_counted_and_not_shown():
    rated = contacts(1)
    rated.loc[rated["touchpoint"] == "a", "customer_id"] = 1
    crew = pd.concat([staff({}), staff({}, raters=3, touchpoints="b").assign(touchpoint="f")])
    model = PerceptionGap().fit(rated, crew)
    assert set(model.touchpoints_["touchpoint"]) == set("bcde")
    assert model.left_out_ == [
        "2 comparisons are not shown: fewer than 10 ratings on one side, or fewer than 10 customers"
    ]


def test_departments_whose_ratings_are_all_the_same_are_named():
    model = PerceptionGap().fit(contacts(1).assign(satisfaction=7), staff({}).assign(rating=7))
    assert not len(model.departments_) and not len(model.means())
    assert "1 department is not compared: all ratings are the same on both sides" in model.left_out_


def test_rows_by_department_and_of_the_firm():
    model = PerceptionGap().fit(contacts(1), staff({"a": 1.5}))
    assert model.means()["metric"].tolist() == ["staff minus customers: all of us"]
    assert (
        model.best_marks()["unit"].tolist() == ["points"] and len(model.best_marks()) == len(model.firm_) == 1
    )
    assert len(model.summary()) == len(model.gaps_)


# ---------------------------------------------------------------- features and pictures


def test_contacts_of_a_window_have_every_column_and_nothing_later(workspace):
    rows = "interaction_id,customer_id,started_at,touchpoint,channel,satisfaction\n"
    rows += "a,1,2026-09-30T23:00:00Z,x,web,7\nb,1,2026-10-01T00:00:00Z,x,web,9\nc,1,2025-09-30T00:00:00Z,x,web,2\n"
    ws = workspace(interactions=rows)
    found = cx.features.contacts(ws.interactions, "2026-09-30", 12).to_pandas()
    assert found["interaction_id"].tolist() == ["a"]
    assert found["satisfaction"].tolist() == [7] and found["complexity"].isna().all() and "job" in found


def test_loyalty_scores_are_of_known_customers_in_the_window(workspace):
    rows = "response_id,customer_id,responded_at,recommend\n"
    rows += "a,1,2026-09-01T00:00:00Z,9\nb,1,2026-08-01T00:00:00Z,6\nc,2,2026-10-02T00:00:00Z,1\nd,,2026-09-02T00:00:00Z,3\n"
    found = cx.features.loyalty_scores(
        workspace(survey_responses=rows).survey_responses, "2026-09-30"
    ).to_pandas()
    assert found.to_dict("list") == {"customer_id": ["1"], "score": [7.5]}


@pytest.mark.parametrize(
    ("wave", "as_of", "known"),
    [("2026Q3", "2026-09-30", 1), ("2026Q3", "2026-09-29", 0), ("spring", "2026-09-30", 0)],
)
def test_loyalty_scores_without_dates_are_known_at_the_end_of_the_wave_or_never(
    workspace, wave, as_of, known
):
    ws = workspace(survey_responses=f"response_id,customer_id,wave,recommend\na,1,{wave},9\n")
    assert len(cx.features.loyalty_scores(ws.survey_responses, as_of).to_pandas()) == known


def test_every_picture_says_what_it_shows():
    frame = contacts(2)
    touch, moments = TouchMap().fit(frame), ImportancePerformance(draws=200)
    moments.fit(frame, loyal(frame, {"e": 0.9}))
    cells = withhold_cells(touch.cells_, "touchpoint", "channel")
    cells.loc[0, "flag"] = "suppressed"
    steady = Consistency(draws=100).fit(company(1))
    gaps = PerceptionGap().fit(frame, staff({"a": 1.5})).gaps_
    figures = [
        touch_map(cells, list("abcde"), ["phone", "web", "fax"]),
        raw_to_adjusted(steady.departments_),
        department_distances(steady.departments_),
        job_distances(steady.cells_),
        importance_performance(moments.touchpoints_, moments.cut_),
        perception(gaps, "touchpoint"),
    ]
    for figure in figures:
        shown = figure._repr_mimebundle_()
        assert len(figure.alt) > 40 and figure.caption and len(figure.numbers)
        assert shown["image/png"]
    assert "withheld" in figures[0].numbers.iloc[0].tolist()
    assert "Billing" in figures[1].alt and "lagging" in figures[1].alt


def test_of_nothing_there_is_no_picture():
    touch, moments = TouchMap().fit(contacts()), ImportancePerformance(draws=200)
    moments.fit(contacts(), loyal(contacts(), {"e": 0.9}))
    steady, gaps = Consistency(draws=100).fit(company(1)), PerceptionGap().fit(contacts(), staff({})).gaps_
    for nothing in (
        touch_map(withhold_cells(touch.cells_, "touchpoint", "channel").head(0), [], []),
        raw_to_adjusted(steady.departments_.head(0)),
        department_distances(steady.departments_.head(0)),
        job_distances(steady.cells_.head(0)),
        importance_performance(moments.touchpoints_.head(0), moments.cut_),
        perception(gaps.head(0), "touchpoint"),
    ):
        assert nothing.text == ""


def test_a_map_of_many_touchpoints_says_that_it_is_cut():
    frame = contacts().assign(touchpoint=lambda f: "t" + (f.index % 30).astype(str))
    touch = TouchMap().fit(frame)
    cells = withhold_cells(touch.cells_, "touchpoint", "channel")
    cut = touch_map(cells, touch.touchpoints_["touchpoint"], touch.channels_["channel"])
    assert len(cut.numbers) == 24 and "busiest ones only" in cut.caption
    bare = touch_map(cells.assign(mean=np.nan), touch.touchpoints_["touchpoint"].head(3), ["web"])
    assert bare.caption.startswith("Contacts by touchpoint") and "busiest" not in bare.caption


def test_levels_of_staff_that_are_all_small_are_refused():
    staff = pd.DataFrame({"department": "a", "rating": 8, "level": ["staff"] * 6 + ["executive"] * 6})
    rated = pd.DataFrame({"department": "a", "satisfaction": np.arange(40) % 10, "customer_id": range(40)})
    with pytest.raises(
        cx.NotEnough, match="staff of any one level, or customers, gave fewer than 10 ratings"
    ):
        PerceptionGap().fit(rated, staff)
    assert len(PerceptionGap().fit(rated, pd.concat([staff, staff])).gaps_)


def test_contacts_come_in_the_order_of_their_keys(workspace):
    head = "interaction_id,customer_id,started_at,touchpoint,channel\n"
    rows = [f"{i:03},c{i % 7},2026-08-01T10:00:00Z,a,b\n" for i in range(60)]
    frame = cx.features.contacts(
        workspace(interactions=head + "".join(rows[::-1])).interactions, "2026-09-30"
    ).to_pandas()
    assert frame["interaction_id"].is_monotonic_increasing


def _six_departments(random, gaps, raters=25):
    """Contacts and staff ratings of six departments with these gaps: each rater rates the three touchpoints of a department."""
    names = [f"D{k}" for k in range(6)]
    own = np.repeat(names, 300)
    marks = random.normal(7, 1.5, 1800)
    points = np.tile(["a", "b", "c"], 600)
    contacts = pd.DataFrame(
        {"department": own, "touchpoint": points, "customer_id": np.arange(1800), "satisfaction": marks}
    )
    staff = pd.DataFrame(
        {"department": np.repeat(names, 3 * raters), "staff_id": np.repeat(np.arange(6 * raters), 3)}
    )
    staff["touchpoint"] = np.tile(["a", "b", "c"], 6 * raters)
    staff["rating"] = random.normal(7, 1.2, len(staff)) + np.repeat(gaps, 3 * raters)
    return contacts, staff.assign(level="staff")


def test_a_gap_whose_interval_lies_within_the_tolerance_is_not_undecided():
    """Five departments far apart, one without a gap: the five were in its family, and it was called undecided in 90 of 115."""
    random, inside, undecided = np.random.default_rng(14), 0, 0
    for _ in range(25):
        gaps = PerceptionGap().fit(*_six_departments(random, [2, 1.5, 1.2, 1.2, 1.4, 0])).departments_
        last = gaps.set_index("department").loc["D5"]
        is_inside = max(-last["low"], last["high"]) < 0.5
        inside, undecided = inside + is_inside, undecided + (is_inside and last["verdict"] == "undecided")
        assert not ((gaps["verdict"] == "no gap") & (gaps["department"] != "D5")).any()
    assert inside > 15 and undecided == 0


def test_gaps_at_the_tolerance_are_seldom_called_none():
    """Six departments each exactly half a point apart: at most 5 % of fits may call one equal."""
    random = np.random.default_rng(15)
    wrong = sum(
        (PerceptionGap().fit(*_six_departments(random, [0.5] * 6)).departments_["verdict"] == "no gap").any()
        for _ in range(60)
    )
    assert wrong <= 8  # 5 % of 60 are 3; the 99.5 % quantile is 8
