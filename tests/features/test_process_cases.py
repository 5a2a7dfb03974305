"""Cases and variants as known on a date: counted as a plain loop counts them, and blind to what comes later."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.contract.variants import activities
from cxresearch.sample import write

DAY = "2026-03-31"


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    write(
        folder,
        customers=1200,
        tables=["process_steps", "process_costs", "process_changes", "readiness_answers"],
    )
    return folder, cx.open(folder)


def test_cases_are_those_of_a_loop(northgate):
    folder, ws = northgate
    steps = pd.read_parquet(folder / "process_steps.parquet")
    steps["finished_at"] = steps["finished_at"].dt.tz_localize(None)
    known = steps[steps["finished_at"] < "2026-04-01"].sort_values(["finished_at", "sequence", "step_id"])
    found = cx.features.process_cases(ws.process_steps, DAY).to_pandas().set_index("case_id")
    assert len(found) == known["case_id"].nunique()
    for case, rows in list(known.groupby("case_id", observed=True))[:300]:
        mine = found.loc[case]
        assert activities(mine["variant"]) == rows["activity"].tolist()
        hours = (rows["finished_at"].max() - rows["finished_at"].min()).total_seconds() / 3600
        assert mine["hours"] == pytest.approx(hours)
        assert mine["steps"] == len(rows) and mine["complexity"] == pytest.approx(rows["complexity"].iloc[0])
        assert mine["is_quiet"] == ((pd.Timestamp(DAY) - rows["finished_at"].max().normalize()).days >= 30)


def test_variants_are_the_cases_counted(northgate):
    _, ws = northgate
    cases = cx.features.process_cases(ws.process_steps, DAY).to_pandas()
    variants = cx.features.process_variants(ws.process_steps, DAY).to_pandas()
    keys = ["process", "variant", "is_flagged_open", "is_quiet"]
    counted = cases.value_counts(keys).rename("cases").reset_index().sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(variants.sort_values(keys, ignore_index=True), counted, check_dtype=False)


def test_what_comes_later_changes_nothing(northgate, tmp_path):
    folder, ws = northgate
    steps = pd.read_parquet(folder / "process_steps.parquet")
    steps["finished_at"] = steps["finished_at"].dt.tz_localize(None)
    rng = np.random.default_rng(3)
    is_later = (steps["finished_at"] >= "2026-04-01").to_numpy()
    steps.loc[is_later, "activity"] = steps.loc[is_later, "activity"].iloc[0]
    steps.loc[is_later, "finished_at"] += pd.to_timedelta(rng.integers(0, 400, is_later.sum()), unit="D")
    steps.loc[is_later, ["is_open_case", "is_resolved"]] = True
    steps = steps[~is_later | (rng.random(len(steps)) < 0.5)]
    costs = pd.read_parquet(folder / "process_costs.parquet")
    costs.loc[pd.to_datetime(costs["month_on"]) >= "2026-04-01", ["volume", "cost"]] = 7
    answers = pd.read_parquet(folder / "readiness_answers.parquet")
    later = answers.assign(assessed_on=pd.Timestamp("2026-09-30").date(), score=4)
    for name, frame in (
        ("process_steps", steps),
        ("process_costs", costs),
        ("readiness_answers", pd.concat([answers, later])),
    ):
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    other = cx.open(tmp_path)
    for make in (
        lambda w: cx.features.process_cases(w.process_steps, DAY),
        lambda w: cx.features.process_variants(w.process_steps, DAY),
        lambda w: cx.features.process_costs(w, DAY),
        lambda w: cx.features.readiness_respondents(w.readiness_answers, "2026-09-29"),
    ):
        pd.testing.assert_frame_equal(make(ws).to_pandas(), make(other).to_pandas())


def test_costs_of_steps_where_there_is_no_table_of_costs(tmp_path):
    moments = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-02-01", "2026-03-31"])
    rows = {
        "step_id": list("abcd"),
        "case_id": ["1", "1", "2", "3"],
        "process": "order",
        "activity": "enter",
        "finished_at": moments,
    }
    pd.DataFrame(rows | {"cost": [2.0, 3.0, 4.0, 5.0]}).to_parquet(tmp_path / "process_steps.parquet")
    found = cx.features.process_costs(cx.open(tmp_path), "2026-03-30").to_pandas()
    assert found[["volume", "cost"]].values.tolist() == [[1.0, 5.0], [1.0, 4.0]]  # March is not over
    pd.DataFrame(rows).to_parquet(tmp_path / "process_steps.parquet")
    with pytest.raises(cx.DataError, match="needs the table process_costs"):
        cx.features.process_costs(cx.open(tmp_path), "2026-03-30")


def test_a_log_of_required_columns_only_and_the_helpdesk(public_data, tmp_path):
    frame = pd.read_csv(public_data / "helpdesk" / "helpdesk_labelled.csv")
    rows = {
        "step_id": [f"{k:06d}" for k in range(len(frame))],
        "case_id": frame["case:concept:name"],
        "process": "ticket",
    }
    moment = pd.to_datetime(frame["time:timestamp"], utc=True).dt.tz_localize(None)
    folder = tmp_path / "log"
    folder.mkdir()
    pd.DataFrame(rows | {"activity": frame["concept:name"], "finished_at": moment}).to_parquet(
        folder / "process_steps.parquet"
    )
    variants = cx.features.process_variants(cx.open(folder).process_steps, "2014-12-31").to_pandas()
    assert variants["cases"].sum() == 4580 and variants["variant"].nunique() == 226
    assert sorted(variants["cases"])[-3:] == [228, 552, 2366]
