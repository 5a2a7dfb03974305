"""Changes: a real one is found with its size, one launched after the worst month is not, and nothing is found where nothing was done."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx

START = pd.Timestamp("2023-10-01")


def cases(seed, effect=0.0, at=20, n=2000, sd=0.35, months=36):
    """Cases of one process over three years, whose cycle time changes by so much from a month on."""
    rng = np.random.default_rng(seed)
    began = START + pd.to_timedelta(np.sort(rng.uniform(0, months * 30.4, n)), unit="D")
    month = (began.year - 2023) * 12 + began.month - 10
    hours = np.exp(4 + sd * rng.standard_normal(n) + np.log1p(effect) * (month >= at))
    return pd.DataFrame(
        {
            "process": "order",
            "began_at": began,
            "hours": hours,
            "fitness": 1.0,
            "repeats": 0,
            "is_open": False,
        }
    )


def change(month, reason="planned", **more):
    day = (START + pd.DateOffset(months=int(month))).date()
    rows = {
        "change_id": ["c"],
        "process": ["order"],
        "started_on": [day],
        "metric": ["cycle_time"],
        "reason": [reason],
    }
    return pd.DataFrame(rows | {name: [value] for name, value in more.items()})


def worst_month(frame, low=10, high=24):
    month = (frame["began_at"].dt.year - 2023) * 12 + frame["began_at"].dt.month - 10
    means = np.log(frame["hours"]).groupby(month).mean().loc[low:high]
    return int(means.idxmax())


def test_a_real_change_is_found_with_its_size():
    held, worked = 0, 0
    for seed in range(15):
        found = cx.models.Improvable().fit(cases(seed, -0.15), change(20)).changes_.iloc[0]
        held += found["low"] <= -0.15 <= found["high"]
        worked += found["verdict"] == "worked"
    assert held >= 12 and worked >= 12


def beside(seed, shock=0.0, effect=0.0):
    """The process that is changed in month 20, and three others; from that month on all are faster by the shock."""
    parts = [cases(seed, effect).assign(process="order")]
    parts += [cases(100 * seed + k).assign(process=name) for k, name in enumerate(("bill", "fault", "visit"))]
    frame = pd.concat(parts, ignore_index=True)
    month = (frame["began_at"].dt.year - 2023) * 12 + frame["began_at"].dt.month - 10
    return frame.assign(hours=frame["hours"] * np.where(month >= 20, 1 + shock, 1))


def test_what_came_over_all_processes_is_no_effect_of_a_change():
    looks, held, naive = 0, 0, 0
    for seed in range(1, 9):
        found = cx.models.Improvable().fit(beside(seed, shock=-0.2), change(20)).changes_.iloc[0]
        assert found["controls"] == 3
        looks += found["verdict"] == "worked"
        naive += found["low"] <= 0 <= found["high"]
        held += found["controlled_low"] <= 0 <= found["controlled_high"]
    assert looks == 8 and naive == 0 and held >= 7


def test_a_real_change_stands_against_processes_that_were_not_changed():
    held = 0
    for seed in range(1, 9):
        found = cx.models.Improvable().fit(beside(seed, -0.2, -0.15), change(20)).changes_.iloc[0]
        held += found["controlled_low"] <= -0.15 <= found["controlled_high"]
    assert held >= 7
    every = [
        "against unchanged processes (3)" in metric
        for metric in cx.models.Improvable().fit(beside(1), change(20)).summary()["metric"]
    ]
    assert sum(every) == 1


def test_a_process_that_was_changed_itself_is_no_control():
    both = pd.concat([change(20), change(5).assign(change_id="d", process="bill")], ignore_index=True)
    rows = cx.models.Improvable().fit(beside(1), both).changes_.set_index("change_id")
    assert rows.loc["c", "controls"] == 2
    alone = cx.models.Improvable().fit(cases(1), change(20)).changes_.iloc[0]
    assert alone["controls"] == 0 and np.isnan(alone["controlled"])


def test_a_change_after_the_worst_month_is_no_improvement():
    """It did nothing. Against the month that led to it everything looks better."""
    announced, naive, worse = 0, [], 0
    for seed in range(15):
        frame = cases(seed)
        found = cx.models.Improvable().fit(frame, change(worst_month(frame) + 1, "reaction")).changes_.iloc[0]
        assert found["is_reaction"]
        naive.append(found["naive"])
        announced += found["verdict"] == "worked"
        worse += found["verdict"] == "made worse"
    assert np.mean(naive) < -0.06
    assert announced <= 2 and worse <= 2


def test_a_reaction_that_nobody_called_one_is_recognised():
    frame = cases(3)
    found = cx.models.Improvable().fit(frame, change(worst_month(frame, 0, 24) + 1)).changes_.iloc[0]
    assert found["is_reaction"]


def test_changes_that_cannot_be_judged_are_not():
    frame = cases(1)
    early = cx.models.Improvable().fit(frame, change(3)).changes_.iloc[0]
    assert early["verdict"] == "too few months" and np.isnan(early["estimate"])
    late = cx.models.Improvable().fit(frame, change(33)).changes_.iloc[0]
    assert late["verdict"] == "too few months"
    with pytest.raises(cx.NotEnough, match="no change is on record of a process that has cases"):
        cx.models.Improvable().fit(frame, change(20).assign(process="other"))
    both = pd.concat([change(20), change(22).assign(change_id="d")])
    found = cx.models.Improvable().fit(frame, both).changes_
    assert found["is_overlapping"].all()


def test_months_of_phasing_in_and_months_with_open_cases_do_not_count():
    frame = cases(1)
    whole = cx.models.Improvable().fit(frame, change(18)).changes_.iloc[0]
    slow = change(18, finished_on=(START + pd.DateOffset(months=20, days=10)).date())
    phased = cx.models.Improvable().fit(frame, slow).changes_.iloc[0]
    assert phased["later"] == whole["later"] - 3
    is_late = frame["began_at"] >= START + pd.DateOffset(months=34)
    still_open = cx.models.Improvable().fit(
        frame.assign(is_open=is_late & (frame.index % 2 == 0)), change(18)
    )
    assert still_open.changes_["later"].iloc[0] == whole["later"] - 2


def test_a_share_is_told_in_points():
    rng = np.random.default_rng(9)
    frame = cases(2)
    frame["repeats"] = rng.random(len(frame)) < np.where(frame["began_at"] >= "2025-06-01", 0.1, 0.3)
    found = cx.models.Improvable().fit(
        frame, change(20, metric="rework").loc[:, lambda f: ~f.columns.duplicated()]
    )
    row = found.changes_.iloc[0]
    assert row["metric"] == "rework" and row["verdict"] == "worked" and row["low"] < -0.2 < row["high"]
    assert found.summary()["unit"].tolist() == ["points"]
