"""Tables of odd types, names and places: what cannot be what it should be is told, and no column is lost."""

import csv
import datetime

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.checks.quarantine import COUNTS, quarantine
from cxresearch.contract.tables import LINE

AS_OF = datetime.date(2026, 12, 31)
ORDERS = {
    "order_id": "'o' || i",
    "customer_id": "'c' || (i % 5)",
    "ordered_at": "TIMESTAMP '2026-01-01' + INTERVAL (i) DAY",
    "amount": "i + 0.5::DOUBLE",
}


@pytest.fixture
def parquet(tmp_path):
    """Make a workspace of 20 orders, some columns as SQL says."""
    import duckdb

    def make(toml="", folder="acme", **columns):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        (path / "cxresearch.toml").write_text(toml)
        picked = ", ".join(f"{value} AS {name}" for name, value in (ORDERS | columns).items())
        target = str(path / "orders.parquet").replace("'", "''")
        duckdb.connect().execute(f"COPY (SELECT {picked} FROM range(20) t(i)) TO '{target}' (FORMAT parquet)")
        return cx.open(path)

    return make


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        *(("ordered_at", value, "not a date like") for value in (
            "20260101", "1767225600", "46023.5::DOUBLE", "20260101::DECIMAL(12, 2)", "TIME '10:00'", "{'a': 1}", "[1, 2]",
            "'x'::BLOB", "true", "INTERVAL 3 DAY",
        )),
        *(("amount", value, "not a number") for value in (
            "{'a': 1}", "[1.5]", "DATE '2026-01-01'", "TIME '10:00'", "'1'::BLOB", "MAP {'a': 1}",
        )),
        *((column, "''", "is empty") for column in ("order_id", "customer_id")),
    ],
)  # fmt: skip
def test_a_column_of_another_kind_is_told_with_its_rows(parquet, tmp_path, column, value, rule):
    ws = parquet(**{column: f"CASE WHEN i = 3 THEN {value} ELSE {value} END"})
    check = ws.check(AS_OF)
    problem = check.problems[check.problems["column"] == column].iloc[0]
    assert problem["rule"].startswith(rule) and problem["rows"] == 20
    counts = quarantine(ws, check, tmp_path / "out")
    assert counts[["kept", "refused"]].iloc[0].tolist() == [0, 20]


@pytest.mark.parametrize(("column", "value"), [("ordered_at", "20260101"), ("amount", "DATE '2026-01-01'")])
def test_it_stops_the_query_that_meets_it(parquet, column, value):
    with pytest.raises(Exception, match="not a"):
        parquet(**{column: value}).frame("orders")


def test_a_number_is_a_date_where_a_format_says_so(parquet):
    ws = parquet('[tables.orders]\ndate_format = "%Y%m%d"\nmissing = ["0"]', ordered_at="20260101 + i")
    assert ws.check(AS_OF).ok
    assert ws.frame("orders")["ordered_at"].max() == pd.Timestamp("2026-01-20")


def test_the_name_of_a_folder_is_no_pattern_and_no_column(parquet):
    parquet(folder="acme 1", amount="1.0")
    assert parquet(folder="acme [1]", amount="2.0").frame("orders")["amount"].unique().tolist() == [2.0]
    assert parquet(folder="customer_id=me").frame("orders")["customer_id"].nunique() == 5


@pytest.mark.parametrize("name", ["reason", "content", "usable", "differs", "rank", "line"])
def test_quarantine_keeps_a_column_whatever_it_is_called(workspace, tmp_path, name):
    ws = workspace(
        orders=f"order_id,customer_id,ordered_at,amount,{name}\n1,a,2026-01-01,5,mine\n2,a,x,5,yours\n"
    )
    quarantine(ws, ws.check(AS_OF), tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "orders.csv")[name].tolist() == ["mine"]
    with (tmp_path / "out" / "refused" / "orders.csv").open() as file:
        header, row = csv.reader(file)
    assert header == ["line", "reason", "order_id", "customer_id", "ordered_at", "amount", name]
    assert (row[1].partition(":")[0], row[-1]) == ("ordered_at", "yours")


@pytest.mark.parametrize("name", [LINE, "cx_given_amount"])
def test_a_column_called_as_the_check_calls_its_own_is_refused(workspace, name):
    with pytest.raises(cx.DataError, match=f"orders.csv: a column is called {name}; rename it"):
        workspace(orders=f"order_id,customer_id,ordered_at,amount,{name}\n1,a,2026-01-01,5,x\n")


def test_quarantine_takes_thousands_of_columns(workspace, tmp_path):
    more = [f"x{i}" for i in range(1500)]
    ws = workspace(
        orders="\n".join(",".join(row) for row in (
            ["order_id", "customer_id", "ordered_at", "amount", *more], ["1", "a", "2026-01-01", "5", *more],
        ))
    )  # fmt: skip
    counts = quarantine(ws, ws.check(AS_OF), tmp_path / "out")
    assert counts["kept"].tolist() == [1] and (tmp_path / "out" / COUNTS).exists()


def test_a_number_beyond_all_numbers_is_none(workspace):
    check = workspace(orders="order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,1e400\n").check(AS_OF)
    assert check.sentence(0) == "orders.csv, column amount: not a number in 1 row (line 2: '1e400')"


@pytest.mark.parametrize(
    ("entry", "said"),
    [("orders.parquet/", "is a folder; put its rows into one file"), ("Orders.CSV", "call it orders.csv")],
)
def test_a_table_that_cannot_be_taken_is_not_passed_over(tmp_path, entry, said):
    (tmp_path / "customers.csv").write_text("customer_id,acquired_at\na,2026-01-01\n")
    path = tmp_path / entry
    path.mkdir() if entry.endswith("/") else path.write_text("order_id\n")
    with pytest.raises(cx.DataError, match=said):
        cx.open(tmp_path)


def test_a_broken_link_is_not_passed_over(tmp_path):
    (tmp_path / "customers.csv").write_text("customer_id,acquired_at\na,2026-01-01\n")
    (tmp_path / "orders.csv").symlink_to("gone.csv")
    with pytest.raises(cx.DataError, match=r"orders\.csv: is no file"):
        cx.open(tmp_path)


def test_a_name_in_capitals_that_the_mapping_uses_is_well(tmp_path):
    (tmp_path / "Orders.CSV").write_text("order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n")
    (tmp_path / "cxresearch.toml").write_text('[tables.orders]\nfile = "Orders.CSV"\n')
    assert len(cx.open(tmp_path).frame("orders")) == 1


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[project_failure]\nmonths = " + "9" * 5000, "4300 digits"),
        ("a = " + "[" * 5000, "is nested too deeply"),
        ('[workspace]\ntimezone = "' + "x" * 5000 + '"', "is not a time zone"),
        ('[tables.orders]\nfile = "a\\u0000b"', "is no name of a file"),
        ('[tables.orders.columns]\namount = { column = "amount", scale = 1e-320 }', "scale is 1e-320"),
        ('[tables.orders.columns]\namount = { column = "amount", scale = 1' + "0" * 400 + " }", "scale is 1000"),
        ('[tables.orders.columns]\nchannel = { value = "" }', "value is empty; leave the column out"),
        ("[tables.orders]\nskip_rows = 9223372036854775807", "has no header behind"),
    ],
)  # fmt: skip
def test_a_setting_beyond_reason_is_refused_in_one_line(tmp_path, toml, said):
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n")
    (tmp_path / "cxresearch.toml").write_text(toml)
    with pytest.raises(cx.DataError, match=said) as caught:
        cx.open(tmp_path)
    assert "\n" not in str(caught.value)
