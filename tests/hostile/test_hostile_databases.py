"""Databases that were handed over: read only, closed in, and no place for a password to be sent to."""

import os
import shutil

import duckdb
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.report.state import State

ORDERS = "order_id,customer_id,ordered_at,amount\n1,a,2026-01-02,5\n2,b,2026-02-02,7\n"


@pytest.fixture
def crm(tmp_path):
    """A DuckDB file with orders, made by some statements more."""

    def make(*statements):
        path = tmp_path / "crm.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute(
                "CREATE TABLE orders AS SELECT '1' AS order_id, 'a' AS customer_id, DATE '2026-01-02' AS ordered_at, 5.0 AS amount"
            )
            for statement in statements:
                connection.execute(statement)
        return path

    return make


@pytest.mark.parametrize(
    "reads",
    [
        "SELECT content AS {c} FROM read_text('{secret}')",
        "SELECT file AS {c} FROM glob('{secret}')",
        "SELECT column0 AS {c} FROM read_csv('{secret}', header = false)",
    ],
)
def test_a_view_reads_no_file_of_the_analyst(crm, tmp_path, reads, capsys):
    secret = tmp_path / "secret.txt"
    secret.write_text("the analyst's own")
    view = reads.format(c="customer_id", secret=secret)
    path = crm(f"CREATE VIEW customers AS SELECT customer_id, DATE '2026-01-01' AS acquired_at FROM ({view})")
    assert main(["check", str(path)]) == 2
    told = capsys.readouterr()
    assert "own" not in told.out + told.err
    assert "\n" not in told.err.strip()


def test_a_duckdb_file_cannot_open_itself_up(crm):
    connection = cx.open(crm()).connection
    for statement in ("SET enable_external_access = true", "INSTALL httpfs", "ATTACH 'other.duckdb'"):
        with pytest.raises(duckdb.Error):
            connection.raw_sql(statement)


@pytest.mark.parametrize("url", ["duckdb://{}/nothing.duckdb", "sqlite://{}/nothing.db", "sqlite:///{}/x.db"])
def test_a_mistyped_url_makes_no_file(tmp_path, url):
    before = os.listdir(tmp_path)
    with pytest.raises(cx.DataError) as told:
        cx.open(url.format(tmp_path))
    assert "\n" not in str(told.value)
    assert os.listdir(tmp_path) == before


def test_a_duckdb_url_is_the_file_and_read_only(crm):
    path = crm()
    before = path.read_bytes()
    ws = cx.open(f"duckdb://{path}")
    assert ws.orders.count().to_pandas() == 1
    with pytest.raises(duckdb.Error, match="read-only"):
        ws.connection.raw_sql("DELETE FROM orders")
    assert path.read_bytes() == before


def test_a_mapping_sends_no_password_to_a_host_of_its_choice(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PGPASSWORD", "geheim")
    (tmp_path / "cxresearch.toml").write_text('[workspace]\nsource = "postgres://evil.example/crm"\n')
    assert main(["check", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "leads out of the workspace, to postgres://evil.example/crm" in told
    monkeypatch.setenv("CXRESEARCH_SOURCE", "postgres://other.example/crm")
    with pytest.raises(cx.DataError, match="leads out"):
        cx.open(tmp_path)


def test_a_file_put_back_in_time_or_replaced_is_noticed(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    stat = path.stat()
    for change in (
        lambda: path.write_text(ORDERS.replace("7", "8")),
        lambda: shutil.move(shutil.copy(path, tmp_path / "other"), path),
    ):
        with State(cx.open(tmp_path)) as state:
            state.require()
            change()
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            with pytest.raises(cx.DataError, match=r"orders\.csv: changed while the report was made"):
                state.require()


def test_a_duckdb_file_that_is_replaced_is_noticed(crm, tmp_path):
    path = crm()
    with State(cx.open(path)) as state:
        state.require()
        other = tmp_path / "other.duckdb"
        shutil.copy(path, other)
        with duckdb.connect(other) as connection:
            connection.execute("UPDATE orders SET amount = 6")
        other.replace(path)
        with pytest.raises(cx.DataError, match=r"crm\.duckdb: changed"):
            state.require()


def test_a_connection_whose_rows_change_is_noticed():
    import ibis

    connection = ibis.duckdb.connect()
    connection.raw_sql(
        "CREATE TABLE orders AS SELECT i::VARCHAR AS order_id, 'a' AS customer_id, DATE '2026-01-02' AS ordered_at, i AS amount FROM range(9) t(i)"
    )
    with State(cx.open(connection)) as state:
        state.require()
        connection.raw_sql("UPDATE orders SET amount = 8 - amount")
        with pytest.raises(cx.DataError, match="orders: changed"):
            state.require()


def test_two_firms_in_folders_of_one_name_are_never_compared(tmp_path):
    for firm in ("one", "two"):
        folder = tmp_path / firm / "data"
        folder.mkdir(parents=True)
        (folder / "orders.csv").write_text(ORDERS)
    one, two = (cx.open(tmp_path / firm / "data") for firm in ("one", "two"))
    assert one.company != two.company
    assert one.company == cx.open(str(tmp_path / "one" / ".." / "one" / "data")).company
    for firm in ("one", "two"):
        (tmp_path / firm / "data" / "cxresearch.toml").write_text('[workspace]\ncompany = "Acme"\n')
    assert cx.open(tmp_path / "one" / "data").company == cx.open(tmp_path / "two" / "data").company == "Acme"


def test_the_example_says_whose_data_it_is():
    assert cx.open(ROOT / "data" / "cdnow").company == "CDNOW"
