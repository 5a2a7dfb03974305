"""A mapping that nobody reads, that is deep or large, or that has thousands of codes; tables of odd columns and names."""

import resource
import time

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cxresearch as cx
from cxresearch.tables import mapping_file

ORDERS = "order_id,customer_id,ordered_at,amount,channel\n"


def orders(folder, rows, channel=lambda i: f"k{i}"):
    lines = (f"{i},c{i % 500},2026-0{1 + i % 9}-02,{i}.5,{channel(i)}\n" for i in range(rows))
    (folder / "orders.csv").write_text(ORDERS + "".join(lines))


@pytest.mark.parametrize(
    "name",
    ["cxreserch.toml", "Cxresearch.TOML", "cxresearch.tml", "cxresearch.toml.txt", "cx_research.toml", "CXRESEARCH.toml"],
)  # fmt: skip
def test_a_misspelt_mapping_is_named(tmp_path, name):
    orders(tmp_path, 5)
    (tmp_path / name).write_text("")
    with pytest.raises(cx.DataError, match=f"{name}: call it cxresearch.toml"):
        cx.open(tmp_path)


@pytest.mark.parametrize("name", ["pyproject.toml", "other.toml", "cxresearch.html", "notes.txt"])
def test_another_file_is_no_misspelt_mapping(tmp_path, name):
    orders(tmp_path, 5)
    (tmp_path / name).write_text("x")
    assert cx.open(tmp_path).tables == ["orders"]


def test_a_mapping_that_is_a_folder_or_leads_nowhere_is_not_passed_over(tmp_path):
    orders(tmp_path, 5)
    (tmp_path / "cxresearch.toml").mkdir()
    with pytest.raises(cx.DataError, match="is a folder"):
        cx.open(tmp_path)
    (tmp_path / "cxresearch.toml").rmdir()
    (tmp_path / "cxresearch.toml").symlink_to("gone.toml")
    with pytest.raises(cx.DataError, match="a link that leads nowhere"):
        cx.open(tmp_path)


@pytest.mark.parametrize(
    "text",
    [".".join(["a"] * 20_000) + " = 1", "a" + " . a" * 20_000 + "=1", "x = " + "[" * 40_000, "x = " + "{a = " * 9000, "[" + "a." * 20_000 + "a]", "#" * 5_000_000],
    ids=["keys", "keys with blanks", "lists", "tables", "header", "large"],
)  # fmt: skip
def test_a_deep_or_large_mapping_takes_no_memory(tmp_path, text):
    (tmp_path / "cxresearch.toml").write_text(text)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(cx.DataError, match=r"is nested too deeply|is larger than 4 MB"):
        mapping_file.load(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 400_000, "'" * 900_000, '"""' + '"x' * 300_000, " ." * 300_000]
)
def test_no_text_takes_long_to_refuse(tmp_path, text):
    (tmp_path / "cxresearch.toml").write_text(text)
    began = time.process_time()
    with pytest.raises(cx.DataError):
        mapping_file.load(tmp_path)
    assert time.process_time() - began < 2


def test_points_and_brackets_in_a_text_are_no_depth(tmp_path):
    toml = (
        '[tables.orders]\nmissing = ["a.b.c.d.e.f.g.h.i.j.k", "[[[[[[[[[[[", \'{{{{{{{{{{\'] # [[[[[[[[[[[[\n'
    )
    (tmp_path / "cxresearch.toml").write_text(toml)
    assert mapping_file.load(tmp_path).table("orders").missing[1] == "[" * 11


@pytest.mark.parametrize(("kind", "n"), [("codes", 20_000), ("missing", 200_000)])
def test_thousands_of_codes_are_looked_up(tmp_path, kind, n):
    orders(tmp_path, 20_000, lambda i: f"k{i % 25_000}" if i % 7 else "")
    pairs = (f'k{i} = "v{i % 7}"' for i in range(10, n)) if kind == "codes" else (f'"k{i}"' for i in range(10, n))  # fmt: skip
    listed = "{" + ",".join(pairs) + "}" if kind == "codes" else "[" + ",".join(pairs) + "]"
    (tmp_path / "cxresearch.toml").write_text(
        f'[tables.orders.columns]\nchannel = {{ column = "channel", {kind} = {listed} }}\n'
    )
    began = time.process_time()
    workspace = cx.open(tmp_path)
    assert workspace.check("2026-12-31").ok
    frame = workspace.frame("orders")
    assert time.process_time() - began < 12  # of both cores together; it took 37 and 369 s
    assert frame["order_id"].tolist() == [str(i) for i in range(20_000)]  # in their order, none lost
    plain = [None if not i % 7 else f"k{i}" if i < 10 else f"v{i % 7}" if kind == "codes" else None for i in range(20_000)]  # fmt: skip
    assert [None if pd.isna(v) else v for v in frame["channel"]] == plain


def test_lines_are_right_where_codes_are_looked_up(tmp_path):
    orders(tmp_path, 3000, lambda i: "k5")
    text = (
        (tmp_path / "orders.csv").read_text().replace("\n2000,c0,2026-03-02,2000.5", "\n2000,c0,2026-03-02,x")
    )
    (tmp_path / "orders.csv").write_text(text)
    listed = ",".join(f'"k{i}"' for i in range(500))
    (tmp_path / "cxresearch.toml").write_text(f"[tables.orders]\nmissing = [{listed}]\n")
    check = cx.open(tmp_path).check("2026-12-31")
    assert check.problems["examples"].tolist() == [["2002: 'x'"]]


@pytest.mark.parametrize("other", ["amount", "Amount", "AMOUNT"])
def test_two_columns_of_one_name_are_refused(tmp_path, other):
    columns = {"order_id": ["1"], "customer_id": ["a"], "ordered_at": ["2026-01-02"], "x": [{"amount": 1, "y": [2]}], "amount": [1.0]}  # fmt: skip
    table = pa.Table.from_arrays([*map(pa.array, columns.values()), pa.array([7.0])], [*columns, other])
    pq.write_table(table, tmp_path / "orders.parquet")
    with pytest.raises(cx.DataError, match=f"orders.parquet: two columns are called {other}"):
        cx.open(tmp_path)
    pq.write_table(table.drop_columns([other]) if other != "amount" else table.select(range(5)), tmp_path / "orders.parquet")  # fmt: skip
    assert cx.open(tmp_path).check("2026-12-31").ok  # a field within a column may be called as another column


def test_moments_of_nanoseconds_in_utc_are_moments(tmp_path):
    at = pa.array([1767225600000000000, 1767225600000001000], pa.timestamp("ns", "UTC"))
    table = pa.table({"order_id": ["1", "2"], "customer_id": ["a", "b"], "ordered_at": at, "amount": [1.0, 2.0]})  # fmt: skip
    pq.write_table(table, tmp_path / "orders.parquet")
    workspace = cx.open(tmp_path)
    assert workspace.check("2026-12-31").ok
    assert workspace.frame("orders")["ordered_at"].dt.date.astype(str).tolist() == ["2026-01-01"] * 2


@pytest.mark.parametrize(
    ("schema", "table", "written"),
    [("a.b", "c", '"a.b"."c"'), ("a.b", "c.d", '"a.b"."c.d"'), ("crm", "orders_1", "crm.orders_1"), ("x y", "o", '"x y".o')],
)  # fmt: skip
def test_a_schema_with_a_point_stands_in_quotes(tmp_path, schema, table, written):
    with duckdb.connect(tmp_path / "base.duckdb") as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        connection.execute(
            f"CREATE TABLE \"{schema}\".\"{table}\" AS SELECT '1' AS order_id, 'a' AS customer_id, DATE '2026-01-02' AS ordered_at, 5.0 AS amount"
        )
    (tmp_path / "cxresearch.toml").write_text(
        f"[workspace]\nsource = 'base.duckdb'\n[tables.orders]\ntable = '{written}'\n"
    )
    assert cx.open(tmp_path).check("2026-12-31").ok


def test_thousands_of_columns_are_read_in_seconds(tmp_path):
    names = ",".join(f"x{i}" for i in range(5000))
    rows = "".join(f"{i},c{i % 5},2026-0{1 + i % 9}-02,{i}.5,web{',1' * 5000}\n" for i in range(20))
    (tmp_path / "orders.csv").write_text(f"{ORDERS.strip()},{names}\n{rows}")
    began = time.process_time()
    workspace = cx.open(tmp_path)
    assert workspace.check("2026-12-31").ok
    assert str(workspace.span()[0]) == "2026-01-02"
    assert time.process_time() - began < 8  # it took 23 s
