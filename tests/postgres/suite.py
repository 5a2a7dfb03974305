"""The whole suite on PostgreSQL says what it says on files; `make test-postgres` runs it."""

import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.sample import write
from tests.compare_results import differences
from tests.postgres.server import PASSWORD, put, running

END = "2026-09-30"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write(folder, customers=3000, months=36)
    (folder / "cxresearch.toml").unlink()  # a database has none beside it
    return folder


@pytest.fixture(scope="module")
def server(company):
    with running() as connect:
        with connect() as connection:
            for path in company.glob("*.parquet"):
                put(connection, path.stem, pd.read_parquet(path))
            connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader'")
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        yield connect


def url(connect, user="ana"):
    return f"postgres://{user}@127.0.0.1:{connect().info.port}/crm"


def report(data, out, password=PASSWORD):
    command = [
        sys.executable,
        "-m",
        "cxresearch",
        "report",
        "--data",
        str(data),
        "--as-of",
        END,
        "--out",
        str(out),
    ]
    environment = {**os.environ, "PGPASSWORD": password, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return out / END


@pytest.fixture(scope="module")
def reports(company, server, tmp_path_factory):
    """The same report from files and, by a role that may only read, from the database."""
    out = tmp_path_factory.mktemp("reports")
    return report(company, out / "files"), report(url(server, "reader"), out / "postgres", "reader")


def test_every_number_is_the_same(reports):
    files, postgres = (folder / "results.json" for folder in reports)
    assert len(json.loads(files.read_text())["results"]) > 200
    assert list(differences(files, postgres)) == []


def test_every_page_says_the_same(reports):
    files, postgres = reports
    for path in sorted(files.glob("[0-9]*.html")):
        pairs = zip(lines(path), lines(postgres / path.name), strict=True)
        assert [pair for pair in pairs if pair[0] != pair[1]][:3] == [], path.name


def lines(page):
    """The lines of a page but for those that tell what it was made from, and its hashes."""
    kept = page.read_text().splitlines()
    return [
        line for line in kept if "Input:" not in line and not re.search(r"contracts [0-9a-f]{12}\b", line)
    ]


def test_nothing_is_left_in_the_database(reports, server):
    with server() as connection:
        rows = connection.execute("SELECT relname FROM pg_class WHERE relpersistence = 't'").fetchall()
    assert rows == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET channel = CASE channel WHEN 'web' THEN 'app' ELSE 'web' END",
        "UPDATE orders o SET amount = p.amount FROM (SELECT order_id, lead(amount) OVER (ORDER BY amount) AS amount FROM orders) p WHERE p.order_id = o.order_id AND p.amount IS NOT NULL",
        "UPDATE customers SET acquired_at = acquired_at + CASE WHEN ctid < '(1,0)' THEN 1 ELSE -1 END * interval '1 hour'",
        "DELETE FROM orders WHERE order_id = (SELECT min(order_id) FROM orders)",
    ],
)
def test_the_fingerprint_knows_every_row(server, change):
    table = change.split()[2 if change.startswith("DELETE") else 1]
    with server() as connection:
        before = rows_of(connection, table)
        assert rows_of(connection, table) == before
        with connection.transaction(force_rollback=True):
            assert connection.execute(change).rowcount
            assert rows_of(connection, table) != before
        assert rows_of(connection, table) == before


def rows_of(connection, table):
    """The fingerprint of a table as a transaction of the tests' own sees it."""
    from ibis.backends.postgres import Backend

    from cxresearch.tables.databases import fingerprint

    schema, _, name = table.rpartition(".")
    backend = Backend.from_connection(connection)
    return fingerprint(backend.table(name, database=schema or "public"))


def test_a_report_sees_one_state_whatever_is_written_meanwhile(server, monkeypatch):
    from cxresearch.environment import SNAPSHOT
    from cxresearch.report.state import State

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with server() as connection:
        workspace = cx.open(url(server))
        n = int(workspace.orders.count().to_pandas())
        with State(workspace) as state:
            connection.execute("CREATE TABLE kept AS TABLE orders")
            connection.execute("DELETE FROM orders")
            monkeypatch.setenv(SNAPSHOT, state.variables[SNAPSHOT])
            kernel = cx.open(url(server))
            assert int(kernel.orders.count().to_pandas()) == int(workspace.orders.count().to_pandas()) == n
            assert kernel.fingerprint() == state.fingerprint
            state.require()
        monkeypatch.delenv(SNAPSHOT)
        assert int(cx.open(url(server)).orders.count().to_pandas()) == 0
        connection.execute("INSERT INTO orders TABLE kept")
        connection.execute("DROP TABLE kept")


def test_a_table_that_may_not_be_read_is_named(server, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "reader")
    with server() as connection:
        connection.execute("REVOKE SELECT ON orders FROM reader")
        try:
            with pytest.raises(cx.DataError, match="orders: this role may not read it"):
                cx.open(url(server, "reader"))
        finally:
            connection.execute("GRANT SELECT ON orders TO reader")


def test_offers_to_customers_who_left_are_the_same(company, server, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    files, postgres = cx.open(company), cx.open(url(server))
    for make, key in (
        (cx.features.winback_offers, "offer_id"),
        (cx.features.lapsed_customers, "customer_id"),
    ):
        one, two = (
            make(ws, "2026-03-31").to_pandas().sort_values(key, ignore_index=True) for ws in (files, postgres)
        )
        pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-9, atol=1e-9, obj=make.__name__)


def test_journeys_are_the_same(company, server, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    features, day = cx.features, "2026-03-31"
    made = {
        "steps": (lambda ws: features.journey_steps(ws.interactions, day), "interaction_id"),
        "cases": (lambda ws: features.journey_steps(ws.interactions, day, None, of="case"), "interaction_id"),
        "transitions": (
            lambda ws: features.transitions(features.journey_steps(ws.interactions, day)),
            ["touchpoint", "goes_to"],
        ),
        "episodes": (lambda ws: features.episodes(ws.interactions, day), "episode"),
        "ended": (lambda ws: features.customer_journeys(ws, day), "journey"),
        "loyalty": (lambda ws: features.loyalty_after(ws, day), "interaction_id"),
        "stages": (lambda ws: features.life_stages(ws, day), ["customer_id", "month"]),
    }
    files, postgres = cx.open(company), cx.open(url(server))
    for name, (make, key) in made.items():
        one, two = (make(ws).to_pandas().sort_values(key, ignore_index=True) for ws in (files, postgres))
        pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-9, atol=1e-9, obj=name)
    ways = [
        {tuple(way): n for way, n in zip(f["way"], f["journeys"], strict=True)}
        for f in (
            features.variants(features.journey_steps(ws.interactions, day)).to_pandas()
            for ws in (files, postgres)
        )
    ]
    assert ways[0] == ways[1] and len(ways[0]) > 10
