"""Opening and checking a folder of tables."""

import subprocess
import sys

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.cli import main

HEADER = "order_id,customer_id,ordered_at,amount\n"


def test_the_cdnow_log_is_all_there_and_clean(cdnow):
    check = cdnow.check()
    assert check.ok, check
    assert check.rows == {"customers": 2357, "orders": 6919}
    assert [str(d) for d in cdnow.span()] == ["1997-01-01", "1998-06-30"]


def test_columns_have_the_types_of_the_contract(cdnow):
    frame = cdnow.frame("orders")
    assert frame["customer_id"].iloc[0] == "00004"
    assert pd.api.types.is_datetime64_dtype(frame["ordered_at"])
    assert frame["amount"].dtype == float


def test_the_contract_is_valid_pandera(cdnow):
    from cxresearch.contract.tables import TABLES

    assert TABLES["orders"].validate(cdnow.orders, lazy=True).count().to_pandas() == 6919


def test_a_missing_folder_and_an_empty_one_are_named(tmp_path):
    with pytest.raises(cx.DataError, match="nowhere: no such folder"):
        cx.open(tmp_path / "nowhere")
    with pytest.raises(cx.DataError, match=r"no table of the contract here.*orders\.csv"):
        cx.open(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,a,01/02/1997,5", "orders.csv, column ordered_at: not a date like 2026-09-30 or a moment"),
        ("1,a,infinity,5", "column ordered_at"),
        ("1,a,1997-02-30,5", "column ordered_at"),
        ("1,a,,5", "column ordered_at: is empty in 1 row (line 3: (empty))"),
        ("1,a,1997-01-05,nan", "column amount: not a number in 1 row (line 3: 'nan')"),
        ("1,a,1997-01-05,1_000", "column amount: not a number in 1 row (line 3: '1_000')"),
        ("1,a,1997-01-05,£5", "column amount: not a number in 1 row (line 3: '£5')"),
        ("1,,1997-01-05,5", "column customer_id: is empty in 1 row (line 3"),
        ("0,a,1997-01-05,5", "column order_id: the key is not unique in 2 rows (line 2: '0')"),
    ],
)
def test_a_bad_value_is_named_with_its_line(workspace, row, said):
    found = workspace(orders=f"{HEADER}0,a,1997-01-04,5\n{row}\n2,b,1997-01-06,5\n").check().sentences()
    assert len(found) == 1
    assert said in found[0]


def test_an_unreadable_value_is_never_quietly_null(workspace):
    ws = workspace(orders=f"{HEADER}0,a,1997-01-04,five\n")
    with pytest.raises(Exception, match="five"):
        ws.frame("orders")


def test_a_missing_column_an_empty_table_and_an_orphan(workspace):
    ws = workspace(
        orders="order_id,customer_id,bought\n1,a,1997-01-04\n", customers="customer_id,acquired_at\n"
    )
    assert ws.check().sentences() == [
        "customers.csv: the table has no rows",
        "orders.csv, column ordered_at: required column is missing",
        "orders.csv, column customer_id: not found in customers in 1 row (line 2: 'a')",
    ]
    with pytest.raises(cx.DataError, match="no column ordered_at"):
        ws.table("orders")


def test_only_the_first_five_lines_are_told(workspace):
    rows = "".join(f"{i},a,1997-01-04,x\n" for i in range(8))
    check = workspace(orders=HEADER + rows).check()
    assert check.problems["rows"].tolist() == [8]
    assert check.problems["examples"][0] == [f"{i}: 'x'" for i in range(2, 7)]


def test_moments_are_read_in_utc(workspace):
    frame = workspace(orders=f"{HEADER}1,a,1997-01-01T01:00:00+02:00,5\n2,a,1997-01-01T01:00:00Z,5\n").frame(
        "orders"
    )
    assert frame["ordered_at"].astype(str).tolist() == ["1996-12-31 23:00:00", "1997-01-01 01:00:00"]


def test_the_fingerprint_follows_the_bytes(workspace, tmp_path):
    before = workspace(orders=f"{HEADER}1,a,1997-01-01,5\n").fingerprint()
    assert workspace(orders=f"{HEADER}1,a,1997-01-01,5\n").fingerprint() == before
    assert workspace(orders=f"{HEADER}1,a,1997-01-01,6\n").fingerprint() != before


def test_parquet_serves_as_well(cdnow, tmp_path):
    cdnow.frame("orders").to_parquet(tmp_path / "orders.parquet")
    ws = cx.open(tmp_path)
    assert ws.check().ok
    assert ws.orders.count().to_pandas() == 6919


def test_no_such_table(cdnow):
    with pytest.raises(cx.DataError, match="needs the table contracts"):
        cdnow.table("contracts")
    with pytest.raises(AttributeError):
        _ = cdnow.nonsense


def test_features_of_parquet_are_written_without_numpy_or_arrow(tmp_path):
    place = tmp_path / "the firm's"
    place.mkdir()
    orders = {"order_id": ["1"], "customer_id": ["a"], "ordered_at": ["2026-03-01"], "amount": [7.0]}
    pd.DataFrame(orders).astype({"ordered_at": "datetime64[us]"}).to_parquet(place / "orders.parquet")
    code = (
        "import sys, cxresearch as cx; ws = cx.open(sys.argv[1]); "
        "cx.features.customers(ws, '2026-03-31').to_parquet(sys.argv[2]); "
        "print({'numpy', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, place, tmp_path / "out.parquet"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
    assert pd.read_parquet(tmp_path / "out.parquet")["recency_days"].tolist() == [30]


def test_today_is_the_day_in_the_time_zone_of_the_workspace(tmp_path, capsys):
    def opened(zone):
        (tmp_path / "cxresearch.toml").write_text(f'[workspace]\ntimezone = "{zone}"\n')
        return cx.open(tmp_path)

    east, west = "Pacific/Kiritimati", "Etc/GMT+12"  # never on the same day
    (tmp_path / "contracts.csv").write_text("contract_id,customer_id,started_on,ended_on\n1,a,2024-01-01,\n")
    day = opened(east).today()
    assert day > opened(west).today()
    (tmp_path / "contracts.csv").write_text(
        f"contract_id,customer_id,started_on,ended_on\n1,a,2024-01-01,\n2,a,2024-01-01,{day}\n"
    )
    assert opened(east).span()[1] == day
    assert str(opened(west).span()[1]) == "2024-01-01"
    (tmp_path / "contracts.csv").write_text(
        f"contract_id,customer_id,started_on,ended_on\n1,a,{day},\n2,a,2024-01-01,\n"
    )
    opened(east)
    assert main(["check", str(tmp_path)]) == 0
    opened(west)
    assert main(["check", str(tmp_path)]) == 1
    assert f"later than {opened(west).today()}" in capsys.readouterr().out
