"""A workspace in a database gives what the folder gives: DuckDB's file, a passed connection, and PostgreSQL itself."""

import re
import shutil

import ibis
import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.tables.databases import masked
from tests.postgres.server import PASSWORD, QUOTED, running

AS_OF = "1997-09-30"
CDNOW = ROOT / "data" / "cdnow"
RENAMED = '[tables.orders]\ntable = "shop.sales"\n[tables.orders.columns]\namount = "total"\n'
GERMAN = """
[workspace]
timezone = "Europe/Berlin"
[tables.orders]
table = "bestellungen"
decimal = ","
thousands = "."
date_format = "%d.%m.%Y"
[tables.orders.columns]
order_id = "Nr"
customer_id = "Kunde"
ordered_at = "Datum"
amount = "Betrag"
is_return = { column = "Art", true = ["R"], false = ["K"] }
channel = { column = "Weg", codes = { T = "phone", W = "web" }, missing = ["-"] }
"""


@pytest.fixture(scope="session")
def duck(tmp_path_factory):
    """The CDNOW tables in a DuckDB file; the orders in a schema, under another name."""
    path = tmp_path_factory.mktemp("duck") / "crm.duckdb"
    connection = ibis.duckdb.connect(path)
    connection.raw_sql(
        f"CREATE TABLE customers AS FROM read_csv('{CDNOW}/customers.csv', all_varchar = true)"
    )
    connection.raw_sql("CREATE SCHEMA shop")
    connection.raw_sql(
        "CREATE TABLE shop.sales AS SELECT order_id, customer_id, ordered_at::TIMESTAMP AS ordered_at, "
        f"amount::DOUBLE AS total FROM read_csv('{CDNOW}/orders.csv', all_varchar = true)"
    )
    connection.disconnect()
    return path


@pytest.fixture
def renamed(tmp_path):
    (tmp_path / "cxresearch.toml").write_text(RENAMED)
    return tmp_path


@pytest.fixture(scope="session")
def server():
    with running() as connect:
        yield connect


@pytest.fixture(scope="session")
def postgres(server):
    """The URL of a PostgreSQL database with the CDNOW tables."""
    with server() as connection:
        connection.execute("CREATE TABLE customers (customer_id text, acquired_at timestamptz)")
        connection.execute(
            "CREATE TABLE orders (order_id text, customer_id text, ordered_at timestamp, amount numeric(10,2), units int)"
        )
        for table in ("customers", "orders"):
            with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write((CDNOW / f"{table}.csv").read_bytes())
        return f"postgres://ana:{QUOTED}@127.0.0.1:{connection.info.port}/crm"


def assert_equal(one, other, key):
    one, other = (t.to_pandas().sort_values(key, ignore_index=True) for t in (one, other))
    pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=1e-12)


def assert_the_same_answers(ws, cdnow):
    """Every feature of a database equals that of the folder."""
    assert ws.tables == cdnow.tables
    assert ws.check().ok, ws.check()
    assert ws.check().rows == {"customers": 2357, "orders": 6919}
    assert ws.span() == cdnow.span()
    rfm, cohorts = cx.features.rfm, cx.features.cohorts
    assert_equal(rfm(ws.orders, AS_OF), rfm(cdnow.orders, AS_OF), "customer_id")
    for grain in ("month", "quarter"):
        assert_equal(
            cohorts(ws.orders, AS_OF, grain), cohorts(cdnow.orders, AS_OF, grain), ["cohort", "period"]
        )
    second, weekly = cx.features.second_purchase, cx.features.weekly_purchases
    assert_equal(second(ws.orders, AS_OF), second(cdnow.orders, AS_OF), "customer_id")
    assert_equal(weekly(ws.orders, AS_OF, "1997-01-01"), weekly(cdnow.orders, AS_OF, "1997-01-01"), "week")


def test_a_duckdb_file_answers_as_the_folder_does(duck, renamed, cdnow):
    assert_the_same_answers(cx.open(duck, described_by=renamed), cdnow)


def test_a_connection_that_was_passed_in_answers_so_too(duck, renamed, cdnow):
    ws = cx.open(ibis.duckdb.connect(duck, read_only=True), described_by=renamed)
    assert_the_same_answers(ws, cdnow)


def test_a_folder_that_names_its_database_answers_so_too(duck, tmp_path, cdnow):
    shutil.copy(duck, tmp_path / "crm.duckdb")
    (tmp_path / "cxresearch.toml").write_text(f'[workspace]\nsource = "crm.duckdb"\n{RENAMED}')
    assert_the_same_answers(cx.open(tmp_path), cdnow)


def test_a_duckdb_file_is_not_written_to(duck, renamed):
    ws = cx.open(duck, described_by=renamed)
    with pytest.raises(Exception, match="read-only"):
        ws.sources["orders"].raw.get_backend().raw_sql("DELETE FROM shop.sales")


def test_opening_a_duckdb_file_reads_no_row(tmp_path):
    connection = ibis.duckdb.connect(tmp_path / "crm.duckdb")
    connection.raw_sql(
        "CREATE VIEW orders AS SELECT order_id, order_id AS customer_id, DATE '2026-01-01' AS ordered_at, "
        "CASE WHEN order_id <> '' THEN error('a row was read')::DOUBLE END AS amount FROM (VALUES ('1')) t(order_id)"
    )
    connection.disconnect()
    ws = cx.open(tmp_path / "crm.duckdb")
    assert "amount" in ws.orders.columns
    with pytest.raises(Exception, match="a row was read"):
        ws.frame("orders")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[tables.orders]\ntable = "shop.nothing"', "the database has no table shop.nothing"),
        ('[tables.orders]\ntable = "nothing"', "the database has no table nothing"),
        ('[tables.orders]\ntable = "shop.sales"\n[tables.orders.columns]\namount = "x"', "no column x"),
    ],
)
def test_a_table_or_column_that_is_not_there_is_named(duck, tmp_path, toml, said):
    (tmp_path / "cxresearch.toml").write_text(toml)
    with pytest.raises(cx.DataError, match=said):
        cx.open(duck, described_by=tmp_path)


def test_a_file_that_is_no_database_is_one_line(tmp_path):
    (tmp_path / "crm.duckdb").write_text("order_id\n1\n" * 1000)
    with pytest.raises(cx.DataError, match=r"crm\.duckdb: cannot be opened") as told:
        cx.open(tmp_path / "crm.duckdb")
    assert "\n" not in str(told.value)


def test_the_fingerprint_of_a_table_is_exact_in_any_order(tmp_path):
    """A plain sum of doubles differs between two runs of the same query on two threads."""
    connection = ibis.duckdb.connect()
    connection.raw_sql(
        "CREATE TABLE orders AS SELECT i::VARCHAR AS order_id, i % 999 AS customer_id, DATE '2026-01-01' AS ordered_at, "
        "CASE i WHEN 5 THEN 'NaN'::DOUBLE WHEN 6 THEN 'inf'::DOUBLE ELSE (hash(i) % 1000000) / 977 END AS amount "
        "FROM range(500_000) t(i)"
    )
    ws = cx.open(connection)
    before = {ws.fingerprint()["orders"] for _ in range(4)}
    assert len(before) == 1
    connection.raw_sql("UPDATE orders SET amount = amount + 0.01 WHERE order_id = '77'")
    assert ws.fingerprint()["orders"] not in before


def test_the_fingerprint_tells_an_order_that_changed_hands():
    connection = ibis.duckdb.connect()
    connection.raw_sql(
        "CREATE TABLE orders AS SELECT i::VARCHAR AS order_id, 'c' || (i % 5) AS customer_id, DATE '2026-01-01' AS ordered_at, "
        "i / 2 AS amount, i % 2 = 0 AS is_return FROM range(10, 90) t(i)"
    )
    ws = cx.open(connection)
    before = ws.fingerprint()["orders"]
    connection.raw_sql(
        "UPDATE orders SET customer_id = CASE customer_id WHEN 'c1' THEN 'c2' ELSE 'c1' END WHERE order_id IN ('11', '12')"
    )
    assert ws.fingerprint()["orders"] != before


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://ana:se@cret@host/crm", "postgres://ana:***@host/crm"),
        ("postgres://ana:se/cret@host/crm", "postgres://ana:***@host/crm"),
        ("postgres://:secret@host/crm", "postgres://:***@host/crm"),
        ("postgres://host/crm?user=ana&password=secret&x=1", "postgres://host/crm?user=ana&password=***&x=1"),
        ("postgres://ana@host:5432/crm", "postgres://ana@host:5432/crm"),
        (
            "postgres://host/crm?sslmode=require&sslpassword=secret",
            "postgres://host/crm?sslmode=require&sslpassword=***",
        ),
        ("postgres://host/crm?PASSWORD=secret", "postgres://host/crm?PASSWORD=***"),
        ("snowflake://ana@firm/crm?token=secret#x", "snowflake://ana@firm/crm?token=***#x"),
        ("clickhouse://host/crm?a=1;api_key=secret", "clickhouse://host/crm?a=1;api_key=***"),
        ("postgres://ana%3Asecret@host/crm", "postgres://ana:***@host/crm"),
    ],
)
def test_no_part_of_a_password_is_shown(url, shown):
    assert masked(url) == shown


def test_a_password_that_splits_the_url_is_explained_and_not_told():
    with pytest.raises(cx.DataError, match="in a password write") as told:
        cx.open("postgres://ana:geheim/nis@127.0.0.1/crm")
    assert "geheim" not in str(told.value)
    assert "nis" not in str(told.value)


def test_postgres_answers_as_the_folder_does(postgres, cdnow):
    assert_the_same_answers(cx.open(postgres), cdnow)


def test_a_postgres_connection_that_was_passed_in(postgres, server):
    from ibis.backends.postgres import Backend

    with server() as connection:
        assert cx.open(Backend.from_connection(connection)).check().ok


def test_a_folder_that_names_its_postgres(postgres, tmp_path, monkeypatch):
    (tmp_path / "cxresearch.toml").write_text(f'[workspace]\nsource = "{postgres}"\n')
    with pytest.raises(cx.DataError, match="leads out of the workspace") as told:
        cx.open(tmp_path)
    assert QUOTED not in str(told.value)
    monkeypatch.setenv("CXRESEARCH_SOURCE", postgres)
    ws = cx.open(tmp_path)
    assert ws.tables == ["customers", "orders"]
    assert ws.source == str(tmp_path)  # what a notebook can open again, without the password


def test_the_fingerprint_of_postgres_follows_the_data(postgres, server):
    before = cx.open(postgres).fingerprint()
    assert cx.open(postgres).fingerprint() == before
    with server() as connection:
        connection.execute("UPDATE orders SET amount = amount + 0.01 WHERE order_id = '0001'")
        after = cx.open(postgres).fingerprint()
        connection.execute("UPDATE orders SET amount = amount - 0.01 WHERE order_id = '0001'")
    assert after["orders"] != before["orders"]
    assert after["customers"] == before["customers"]
    assert cx.open(postgres).fingerprint() == before


def test_opening_postgres_reads_no_row(postgres, server):
    with server() as connection, connection.transaction():
        connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        ws = cx.open(postgres)
        assert "amount" in ws.orders.columns
        with pytest.raises(Exception, match="lock timeout"):
            ws.frame("orders")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((QUOTED, "geheim"), "password authentication failed"),
        (("/crm", "/nowhere"), 'database "nowhere" does not exist'),
        ((r":\d+/", ":1/"), "refused"),
    ],
)
def test_what_cannot_be_reached_is_one_line_without_the_password(postgres, wrong, said):
    with pytest.raises(cx.DataError, match=said) as told:
        cx.open(re.sub(*wrong, postgres))
    text = str(told.value)
    assert "\n" not in text
    assert "ana:***@127.0.0.1" in text
    for secret in ("geheim", QUOTED, PASSWORD):
        assert secret not in text


def test_faults_in_postgres_texts_are_counted_and_do_not_stop_the_check(postgres, server, tmp_path):
    """PostgreSQL has no TRY_CAST: 31 February must become a problem, not the end of the query."""
    with server() as connection:
        connection.execute(
            'CREATE TABLE bestellungen ("Nr" int, "Kunde" text, "Datum" text, "Betrag" text, "Art" text, "Weg" text)'
        )
        connection.execute(
            "INSERT INTO bestellungen VALUES (1,'00004','03.07.2026','1.234,50','K','T'), (2,'00004','31.02.2026','12,00','R','W'),"
            "(3,'00004','29.02.2024','1e999','Z','-'), (4,'00004','29.02.2100','5','K','-'), (5,'00004','1.1.0000','x','K','W')"
        )
    (tmp_path / "cxresearch.toml").write_text(GERMAN)
    ws = cx.open(postgres, described_by=tmp_path)
    check = ws.check()
    found = check.problems[check.problems["table"] == "orders"].set_index("column")["examples"]
    assert found["ordered_at"] == ["2: '31.02.2026'", "4: '29.02.2100'", "5: '1.1.0000'"]
    assert found["amount"] == ["3: '1e999'", "5: 'x'"]
    assert found["is_return"] == ["3: 'Z'"]
    row = ws.orders.filter(ws.orders.order_id == "1").to_pandas().iloc[0]
    assert (row.amount, row.channel, row.is_return) == (1234.5, "phone", False)
    assert str(row.ordered_at) == "2026-07-03 00:00:00"  # a date alone keeps its day
