"""The sample company: the same bytes every time, clean under the contract, and honest about its truth."""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxresearch.errors import DataError, ParameterError
from cxresearch.sample import TABLES, add_arguments, blocks, company, main, write
from cxresearch.sample.blocks import Window
from cxresearch.sample.columns import ids

KEYS = {
    "customers": "customer_id", "contracts": "contract_id", "orders": "order_id",
    "interactions": "interaction_id", "survey_responses": "response_id", "staff_ratings": "rating_id",
    "projects": "project_id", "process_steps": "step_id", "process_changes": "change_id",
    "events": "event_id", "winback_offers": "offer_id", "retention_offers": "offer_id",
}  # fmt: skip
OPTIONAL = {
    "contracts": {"ended_on", "end_reason", "status_reported"},
    "interactions": {"agent_id", "satisfaction", "effort", "emotion"},
    "survey_responses": {"comment"},
    "projects": {"finished_on", "actual_cost", "outcome", "benefit_realised"},
    "process_steps": {"is_resolved"},
    "process_models": {"kpi", "data_updated_on"},
    "event_invitations": {"invited_probability"},
    "winback_offers": {"returned_on", "left_again_on"},
}


def digest(folder):
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.name != "truth.json"
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("northgate")
    write(path)
    return path


@pytest.fixture(scope="module")
def tables(folder):
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the same bytes


def test_same_seed_same_bytes_whatever_the_process(folder, tmp_path):
    code = f"from cxresearch.sample import write; write({str(tmp_path / 'again')!r})"
    elsewhere = os.environ | {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code], check=True, env=elsewhere)
    assert digest(tmp_path / "again") == digest(folder)
    assert (tmp_path / "again/truth.json").read_bytes() == (folder / "truth.json").read_bytes()


def test_the_labels_of_a_column_are_distinct(folder):
    """Of labels that repeat, Parquet writes the dictionary unused and filled up with whatever memory held: other bytes each time."""
    for name in TABLES:
        meta = pq.ParquetFile(folder / f"{name}.parquet").metadata
        for k in range(meta.num_columns):
            column = meta.row_group(0).column(k)
            is_used = "RLE_DICTIONARY" in column.encodings
            assert is_used == column.has_dictionary_page, (name, column.path_in_schema)


def test_default_company_is_the_one_the_documents_describe(tables, truth):
    assert {name: len(table) for name, table in tables.items()} == truth["realised"]["rows"]
    assert len(tables["customers"]) == 12_000
    assert len(tables["contracts"]) == 5_000
    assert tables["interactions"]["satisfaction"].notna().sum() == 18_000
    assert len(tables["staff_ratings"]) == 25 * 6 * 3 + 8 * 18
    assert len(tables["projects"]) == 120
    invited = tables["survey_invitations"].groupby(["survey", "wave"]).size()
    assert invited["relationship"].tolist() == [2982] + [3000] * 11  # at first there are no more
    assert invited["depth"].tolist() == [3000] * 4


def test_codebook_counts_the_rows_there_are(tables):
    text = Path(company.__file__).with_name("README.md").read_text(encoding="utf-8")
    lines = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")][1:]
    said = {
        name.strip(): int(count.replace(",", ""))
        for names, counts in lines
        for name, count in zip(names.split(", "), counts.split(";"), strict=True)
    }
    assert said == {name: len(table) for name, table in tables.items()}


@pytest.mark.parametrize("chosen", [["orders"], ["survey_responses", "projects"], ["interactions"]])
def test_a_table_is_the_same_alone_as_among_all(folder, tmp_path, chosen):
    write(tmp_path, tables=chosen)
    whole = digest(folder)
    names = [*(f"{name}.parquet" for name in chosen), "cxresearch.toml"]
    assert digest(tmp_path) == {name: whole[name] for name in names}


def test_another_seed_changes_every_table(folder, tmp_path):
    write(tmp_path, seed=1)
    mine, other = digest(tmp_path), digest(folder)
    same = [name for name in other if mine[name] == other[name]]
    assert same == ["cxresearch.toml", "pay_plans.parquet", "process_models.parquet"]  # as it should be


def test_streams_differ_by_table_block_and_seed():
    def first(seed, number, table):
        block = blocks.Block(seed, number, Window("2026-09-30", 36), 0, 10, 10, 0.5)
        return block.rng(table).random()

    draws = {first(s, n, t) for s in (1, 2) for n in (0, 1) for t in ("orders", "contracts")}
    assert len(draws) == 8


def test_csv_holds_the_same_values_as_parquet(folder, tmp_path):
    write(tmp_path, format="csv")
    for name in TABLES:
        expected = pq.read_table(folder / f"{name}.parquet")
        types = {f.name: f.type for f in expected.schema}
        options = pyarrow.csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False
        )
        found = pyarrow.csv.read_csv(tmp_path / f"{name}.csv", convert_options=options)
        assert found.equals(expected), name
    line = (tmp_path / "orders.csv").read_text().splitlines()[1]
    assert '"O000000001"' in line and line.count("T") == 1 and "Z" in line
    assert json.loads((tmp_path / "truth.json").read_text()) == json.loads(
        (folder / "truth.json").read_text()
    )


# ---------------------------------------------------------------- clean under the contract


def assert_clean(tables, start="2023-10-01", end="2026-09-30"):
    end_day, end_moment = date.fromisoformat(end), pd.Timestamp(f"{end} 23:59:59", tz="UTC")
    for name, table in tables.items():
        required = [column for column in table if column not in OPTIONAL.get(name, ())]
        assert not table[required].isna().any().any(), name
        if name in KEYS:
            key = table[KEYS[name]]
            assert key.is_unique and key.map(type).eq(str).all(), name
        if "customer_id" in table:
            assert table["customer_id"].isin(tables["customers"]["customer_id"]).all(), name
        for column in table:
            if column.endswith("_at"):
                assert str(table[column].dtype) == "datetime64[us, UTC]", (name, column)
                assert table[column].max() <= end_moment, (name, column)
            if column.endswith("_on") and "planned" not in column and "forecast" not in column:
                assert (table[column].dropna() <= end_day).all(), (name, column)
    c = tables["contracts"]
    ended = c.dropna(subset="ended_on")
    assert (ended["ended_on"] > ended["started_on"]).all()
    assert (ended["ended_on"] > ended["observed_from"]).all()
    assert (c["ended_on"].isna() == c["end_reason"].isna()).all()
    assert (c["observed_from"] == c["started_on"].clip(lower=date.fromisoformat(start))).all()
    assert (c["monthly_amount"] > 0).all() and (tables["orders"]["amount"] > 0).all()
    ratings = tables["interactions"]
    for column, low, high in (("satisfaction", 1, 10), ("effort", 1, 7), ("emotion", 1, 7)):
        assert ratings[column].dropna().between(low, high).all()
    s = tables["survey_responses"]
    assert s["recommend"].between(0, 10).all() and s["satisfaction"].between(1, 10).all()
    assert s.filter(like="driver_").isin(range(11)).all(axis=None)
    assert not tables["survey_invitations"].duplicated(["wave", "customer_id"]).any()
    status = tables["project_status"]
    assert status["project_id"].isin(tables["projects"]["project_id"]).all()
    assert not status.duplicated(["project_id", "status_on"]).any()
    assert not tables["event_invitations"].duplicated(["event_id", "customer_id"]).any()
    assert tables["event_invitations"]["event_id"].isin(tables["events"]["event_id"]).all()
    assert not tables["account_revenue"].duplicated(["customer_id", "month_on"]).any()
    assert tables["pay_plans"]["team_id"].isin(tables["contracts"]["team_id"]).all() or len(c) < 500
    offers = tables["winback_offers"]
    assert (offers["returned_on"].notna() == offers["has_returned"]).all()
    again = offers.dropna(subset="left_again_on")
    assert (again["left_again_on"] > again["returned_on"]).all()


def test_clean_under_the_contract(tables):
    assert_clean(tables)


def test_everything_happens_while_the_customer_is_a_customer(tables):
    acquired = tables["customers"].set_index("customer_id")["acquired_at"]
    first = tables["orders"].groupby("customer_id")["ordered_at"].min()
    assert (first == acquired[first.index]).all()
    signed = acquired.dt.date[tables["contracts"]["customer_id"]].reset_index(drop=True)
    assert (signed == tables["contracts"]["started_on"]).all()
    span = tables["contracts"].set_index("customer_id")
    contacts = tables["interactions"].merge(span, on="customer_id", how="left", validate="m:1")
    when = contacts["started_at"].dt.date
    assert (when >= contacts["observed_from"]).all()
    assert (when <= contacts["ended_on"].fillna(date(2026, 9, 30))).all()
    invited = tables["survey_invitations"].merge(tables["customers"], on="customer_id", validate="m:1")
    assert (invited["invited_at"] >= invited["acquired_at"]).all()
    ended = span["ended_on"].reindex(invited["customer_id"]).reset_index(drop=True)
    assert (ended.isna() | (ended >= invited["invited_at"].dt.date)).all()


def test_answers_belong_to_invitations_that_were_answered(tables):
    invited, answers = tables["survey_invitations"], tables["survey_responses"]
    both = answers.merge(invited, on=["wave", "survey", "customer_id"], how="left", validate="1:1")
    assert len(both) == invited["has_responded"].sum() and both["has_responded"].all()
    assert (both["responded_at"] >= both["invited_at"]).all()
    assert (both["responded_at"] - both["invited_at"]).max() < pd.Timedelta(days=10)
    assert answers.groupby("wave")["weight"].mean().sub(1).abs().max() < 1e-3


def test_cases_are_one_customer_one_job_and_at_most_six_contacts(tables):
    contacts = tables["interactions"].sort_values(["case_id", "started_at"])
    cases = contacts.groupby("case_id")
    assert cases.size().max() == 6
    for column in ("customer_id", "job", "department", "complexity"):
        assert cases[column].nunique().max() == 1
    gap = cases["started_at"].diff().dropna()
    within = (gap <= pd.Timedelta(days=7.5)).mean()  # planted .75; opening hours blur the edge
    assert abs(within - 0.75) < 0.03


def test_contracts_end_when_they_can(tables):
    c = tables["contracts"].dropna(subset="ended_on")
    started, after = pd.to_datetime(c["started_on"]), pd.to_datetime(c["ended_on"]) + pd.Timedelta(days=1)
    assert (started.dt.day == 1).all() and (after.dt.day == 1).all()
    months = 12 * (after.dt.year - started.dt.year) + after.dt.month - started.dt.month
    lapsed = c["end_reason"] == "lapsed"
    assert (months[lapsed] % 12 == 0).all() and (c.loc[lapsed, "term_months"] == 12).all()
    assert (c["renewals"] == (months - 1) // c["term_months"]).all()


def test_projects_agree_with_their_record(tables):
    projects, status = tables["projects"].set_index("project_id"), tables["project_status"]
    rows = status.groupby("project_id")
    assert (rows["actual_cost"].diff().dropna() >= 0).all() and (
        rows["earned_value"].diff().dropna() >= 0
    ).all()
    last = rows.last().loc[projects.index]
    closed = projects["outcome"].notna()
    assert (closed == projects["finished_on"].notna()).all() and (
        closed == projects["actual_cost"].notna()
    ).all()
    assert (last["status_on"][closed] == projects["finished_on"][closed]).all()
    np.testing.assert_allclose(last["actual_cost"][closed], projects["actual_cost"][closed])
    delivered = projects["outcome"] == "delivered"
    np.testing.assert_allclose(last["earned_value"][delivered], projects["baseline_cost"][delivered])
    assert (last["earned_value"][~delivered] < projects["baseline_cost"][~delivered]).all()
    assert (projects["benefit_realised"][projects["outcome"] == "cancelled"] == 0).all()
    assert projects["benefit_realised"][~closed].isna().all()


def won(customers):
    """Shop customers won in each month."""
    return (
        customers.loc[customers["kind"] == "shop", "acquired_at"]
        .dt.strftime("%Y-%m")
        .value_counts()
        .sort_index()
    )


def test_the_shop_wins_customers_to_the_end(tables):
    by_month = won(tables["customers"])
    assert len(by_month) == 36 and by_month.sum() == 7_000
    assert by_month.between(150, 240).all()  # 194 expected


def test_where_acquisition_stops_the_shop_wins_nobody_from_that_month_on(tmp_path, truth):
    rows = write(tmp_path, acquisition_stops="2026-04")
    found = {name: pd.read_parquet(tmp_path / f"{name}.parquet") for name in TABLES}
    assert_clean(found)
    assert rows["customers"] == 12_000 and won(found["customers"]).index[-1] == "2026-03"
    assert found["contracts"]["started_on"].max() == date(2026, 9, 1)  # only the shop stops
    stopped = json.loads((tmp_path / "truth.json").read_text())
    assert (stopped["acquisition_stops"], truth["acquisition_stops"]) == ("2026-04", None)
    of_ages = {
        name for name in truth["oracle"] if name.startswith(("shop.repeat", "shop.share", "shop.orders"))
    }
    assert set(truth["oracle"]) - set(stopped["oracle"]) == of_ages  # what holds for ages up to the end


# ---------------------------------------------------------------- scale, blocks, other windows


def test_blocks_add_up_and_their_ids_stay_unique(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks.blocks, "__defaults__", (1_000,))
    rows = write(tmp_path, customers=3_500)
    found = {name: pd.read_parquet(tmp_path / f"{name}.parquet") for name in TABLES}
    assert_clean(found)
    assert rows["customers"] == 3_500 and rows["contracts"] == round(3_500 * 5 / 12)
    assert rows["projects"] == 35 and pq.ParquetFile(tmp_path / "customers.parquet").num_row_groups == 4
    assert found["interactions"]["satisfaction"].notna().sum() == 5_250


@pytest.mark.parametrize("options", [{"months": 12}, {"months": 59, "end": "2024-02-29"}, {"customers": 100}])
def test_other_sizes_and_windows_are_clean(tmp_path, options):
    write(tmp_path, **({"customers": 600} | options))
    found = {name: pd.read_parquet(tmp_path / f"{name}.parquet") for name in TABLES}
    end = options.get("end", "2026-09-30")
    start = str(np.datetime64(end[:7]) - (options.get("months", 36) - 1)) + "-01"
    assert all(len(table) for table in found.values())
    assert_clean(found, start, end)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert ("contracts.yearly_rate" in truth["oracle"]) == (options.get("months", 36) == 36)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**5))
def test_blocks_share_out_every_total(customers, size):
    size = max(size, customers // 50 + 1)
    parts = list(blocks.blocks(1, Window("2026-09-30", 36), customers, 5 / 12, size))
    assert max(block.high - block.low for block in parts) <= size
    for total in (customers, 7, 10**6 + 1):
        numbers = [block.of(total) for block in parts]
        assert numbers[0].start == 0 and numbers[-1].stop == total
        assert all(a.stop == b.start for a, b in pairwise(numbers))
    assert sum(len(block.contract) + len(block.shop) for block in parts) == customers


@given(st.lists(st.integers(0, 10**9 - 1), max_size=20))
def test_ids_are_zero_padded_numbers(values):
    assert ids("X", np.array(values, np.int64)).to_pylist() == [f"X{value:09d}" for value in values]


def test_ids_refuse_to_overflow():
    with pytest.raises(ValueError, match="does not fit 3 digits"):
        ids("X", np.array([1000]), 3)


# ---------------------------------------------------------------- the folder and the parameters


@pytest.mark.parametrize(
    "bad",
    [
        {"customers": 99}, {"customers": 1e4}, {"customers": True}, {"months": 11}, {"months": 121},
        {"seed": -1}, {"seed": "x"}, {"end": "2026-09-29"}, {"end": "30.09.2026"}, {"end": "2026-02-31"},
        {"end": None}, {"format": "xlsx"}, {"tables": ["order"]}, {"tables": []}, {"tables": "orders"},
        {"acquisition_stops": "2026-13"}, {"acquisition_stops": "2023-10"}, {"acquisition_stops": "2026-10"},
        {"acquisition_stops": ""}, {"acquisition_stops": 4},
    ],
)  # fmt: skip
def test_bad_parameters_are_named_and_nothing_is_written(tmp_path, bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        write(tmp_path / "out", **bad)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "orders.csv").write_text("mine")
    with pytest.raises(DataError, match="not empty"):
        write(tmp_path, customers=100)
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(DataError, match="not empty"):
        write(tmp_path, customers=100)
    assert (tmp_path / "orders.csv").read_text() == "mine"
    with pytest.raises(DataError, match="is a file"):
        write(tmp_path / "orders.csv", customers=100)


def test_a_second_sample_replaces_the_first_without_leftovers(tmp_path):
    write(tmp_path, customers=100, format="csv")
    write(tmp_path, customers=100, tables=["orders"])
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "cxresearch.toml",
        "orders.parquet",
        "truth.json",
    ]


def test_an_interrupted_run_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("interrupted")

    monkeypatch.setattr(company.staff, "table", fail)
    with pytest.raises(RuntimeError, match="interrupted"):
        write(tmp_path, customers=100)
    assert list(tmp_path.iterdir()) == []


def test_command(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args([str(tmp_path / "n"), "--customers", "1200", "--null", "--seed", "5"])
    assert main(args) == 0
    printed = capsys.readouterr().out
    assert "1,200  customers" in printed and "truth.json" in printed
    truth = json.loads((tmp_path / "n/truth.json").read_text())
    assert truth["null"] and truth["seed"] == 5 and truth["customers"] == 1200
    given = parser.parse_args(["x"])
    assert given.customers is None and given.acquisition_stops is None
    assert (
        main(parser.parse_args([str(tmp_path / "s"), "--customers", "600", "--acquisition-stops", "2026-05"]))
        == 0
    )
    assert json.loads((tmp_path / "s/truth.json").read_text())["acquisition_stops"] == "2026-05"


def test_declaring_the_command_loads_nothing_heavy():
    code = "import sys, cxresearch.sample as s; print({'numpy', 'pyarrow', 'scipy'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == "set()"
