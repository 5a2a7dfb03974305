"""Rows at the edge of what the check lets through: it names them, or the models set them aside and say so; none ends a page."""

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.checks.quarantine import quarantine
from cxresearch.sample import write

AS_OF = "2026-09-30"
TABLES = ["customers", "contracts"]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write(folder, customers=900, months=36, tables=TABLES, format="csv")
    return {name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False) for name in TABLES}


@pytest.fixture
def opened(company, tmp_path):
    """The company with some values changed: table → column → a value for the third row, or a function of the column."""

    def make(**changes):
        for name, frame in company.items():
            frame = frame.copy()
            for column, value in changes.get(name, {}).items():
                if callable(value):
                    frame[column] = value(frame)
                else:
                    frame.loc[2, column] = value
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        return cx.open(tmp_path)

    return make


def numbered(last):
    """A further column of numbers, the last of which is given."""
    return lambda frame: [*map(str, range(len(frame) - 1)), last]


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("contracts", "term_months", "1000000000000000", "above 1200"),
        ("contracts", "term_months", "0.5", "below 1"),
        ("contracts", "monthly_amount", "1e16", "above 1e15 in size"),
        ("contracts", "started_on", "1899-12-31", "earlier than 1900"),
        ("customers", "score", numbered("1e400"), "above 1e15 in size"),
        ("customers", "score", numbered("-1e16"), "above 1e15 in size"),
        ("contracts", "rooms", numbered("1e400"), "above 1e15 in size"),
    ],
)
def test_what_no_model_can_use_is_named(opened, tmp_path, table, column, value, said):
    ws = opened(**{table: {column: value}})
    check = ws.check(AS_OF)
    found = [s for s in check.sentences() if s.startswith(f"{table}.csv, column {column}: {said}")]
    assert len(found) == 1 and "in 1 row (line" in found[0]
    with pytest.raises(cx.DataError, match="column " + column):
        check.require()
    quarantine(ws, check, tmp_path.parent / f"{tmp_path.name}_clean")
    assert cx.open(tmp_path.parent / f"{tmp_path.name}_clean").check(AS_OF).errors.empty


@pytest.mark.parametrize(
    ("format_", "value"), [("csv", "1e308"), ("parquet", float("inf")), ("parquet", float("-inf"))]
)
def test_a_further_number_beyond_all_is_named_in_a_typed_column_too(company, tmp_path, format_, value):
    for name, frame in company.items():
        if name == "customers":
            frame = frame.assign(score=[value, *[None] * (len(frame) - 2), 1.5])
            frame = frame.assign(score=frame["score"].astype(float)) if format_ == "parquet" else frame
        if format_ == "parquet":
            frame.replace("", None).to_parquet(tmp_path / f"{name}.parquet", index=False)
        else:
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
    assert [s for s in cx.open(tmp_path).check(AS_OF).sentences() if "score: above 1e15" in s]


@pytest.mark.parametrize(
    "amounts",
    [lambda frame: "0", lambda frame: ["0" if end == "" else "5" for end in frame["ended_on"]]],
    ids=["all", "running"],
)
def test_contracts_for_nothing_are_worth_nothing_known(opened, amounts):
    ws = opened(contracts={"monthly_amount": amounts})
    assert ws.check(AS_OF).errors.empty
    spells = cx.features.customer_spells(ws, AS_OF).to_pandas()
    worth = cx.models.CustomerWorth().fit(spells)
    assert worth.value_ is None
    assert "the monthly amounts of the contracts are 0" in worth.left_out_[0]
    with pytest.raises(cx.NotEnough):
        cx.models.ContactProfit().fit([0.1, 0.9], worth.of(spells["customer_id"].head(2)))


@pytest.mark.parametrize(
    ("duration", "event", "columns", "said"),
    [
        ([3] * 20 + [5] * 20, [0] * 20 + [1] * 20, None, "no finite estimate for log"),
        ([3] * 40, [0] * 40, None, "there is nothing to explain"),
        ([0] * 40, [0] * 40, None, "nobody was observed for a period"),
        (list(range(1, 21)) * 2, [0, 1] * 20, {"a": [0, 1] * 20, "b": [1, 0] * 20}, "collinear"),
        (list(range(1, 21)) * 2, [0, 1] * 20, {"a": [0, 1] * 20}, "no finite estimate for a"),
    ],
)
def test_a_hazard_that_the_data_do_not_show_leaves_a_section_out_and_ends_no_page(
    duration, event, columns, said
):
    X = None if columns is None else pd.DataFrame(columns)
    with pytest.raises(cx.NotEnough, match=said):
        cx.models.ChurnHazard().fit(duration, event, X)


def test_answers_of_one_customer_leave_the_drivers_out_and_end_no_page():
    X = pd.DataFrame({"driver_a": [1, 2, 3, 4, 5] * 20, "driver_b": [5, 1, 4, 2, 3] * 20})
    y = X["driver_a"] + X["driver_b"].to_numpy()
    with pytest.raises(cx.NotEnough, match="too few to resample"):
        cx.models.DriverImportance(draws=100).fit(X, y, respondent=["a"] * 100)
