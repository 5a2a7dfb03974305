"""A mapping of many steps stays a short query in every engine's words, and says on PostgreSQL what it says on files."""

import tomllib

import ibis
import pandas as pd
import pytest
from ibis.config import Config

import cxresearch as cx
from cxresearch.tables import declared, sources
from tests.postgres.server import PASSWORD, put, running

MAPPING = """
[workspace]
currency = "EUR"
rates = { USD = 0.5 }
[tables.contracts]
date_format = "excel"
missing = ["-"]
decimal = ","
[tables.contracts.columns]
started_on = { column = "started_on", format = "%d %b %y %I:%M %p" }
ended_on = { after = "issued", plus = "n", unit = "months", where = { live = ["no"] } }
monthly_amount = { column = "price", money = "€", scale = 0.01 }
end_reason = { column = "why", codes = { c = "cancelled", d = "died" }, missing = ["?"] }
"""
GIVEN = [
    ["1", "a", "05 Jan 26 01:05 PM", "46027", "12", "no", "€1200,50", "EUR", "c"],
    ["2", "b", "29 Feb 24 12:00 AM", "45351", "1", "no", "300 €", "USD", "?"],
    ["3", "c", "1 Mar 26 11:59 AM", "-", "3", "no", "(0)", "USD", "d"],
    ["4", "d", "31 Jan 26 01:00 AM", "46053", "1", "no", "-", "EUR", "-"],
    ["5", "e", "31 Jan 26 01:00 AM", "46053", "1", "yes", "7", "EUR", "other"],
]
COLUMNS = ["contract_id", "customer_id", "started_on", "issued", "n", "live", "price", "currency", "why"]
UNITS = ["days", "months"]


class Spark(Config):
    treat_nan_as_null: bool = False


@pytest.mark.parametrize("engine", ["duckdb", "postgres", "pyspark"])
def test_a_mapping_of_many_steps_is_a_short_query(engine, monkeypatch):
    class Named:
        name = engine

    monkeypatch.setattr(ibis.Column, "get_backend", lambda self: Named)
    monkeypatch.setattr(ibis.Table, "get_backend", lambda self: Named)
    monkeypatch.setattr(ibis.options, "pyspark", Spark())
    raw = ibis.table(dict.fromkeys(COLUMNS, "string"), name="contracts")
    described = declared.parse(tomllib.loads(MAPPING))
    source = sources.source_of("contracts", "contracts", raw, described.table("contracts"), described.money)
    for query in (source.raw, source.table("UTC"), source.table("Europe/Berlin")):
        assert len(ibis.to_sql(query, dialect=engine)) < 60_000


@pytest.fixture(scope="module")
def server():
    with running() as connect:
        yield connect


@pytest.mark.parametrize("unit", UNITS)
def test_postgresql_gives_what_files_give(server, tmp_path, monkeypatch, unit):
    frame = pd.DataFrame(GIVEN, columns=COLUMNS)
    toml = MAPPING.replace('"months"', f'"{unit}"')
    about, folder = tmp_path / "about", tmp_path / "data"
    for place in (about, folder):
        place.mkdir()
        (place / "cxresearch.toml").write_text(toml)
    frame.to_csv(folder / "contracts.csv", index=False)
    with server() as connection:
        connection.execute('DROP TABLE IF EXISTS "contracts"')
        put(connection, "contracts", frame)
        port = connection.info.port
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    database = cx.open(f"postgres://ana@127.0.0.1:{port}/crm", described_by=about)
    files = cx.open(folder)
    assert files.check().sentences() == database.check().sentences() == []
    assert files.frame("contracts")["monthly_amount"].fillna(-1).tolist() == [12.005, 1.5, 0, -1, 0.07]
    pd.testing.assert_frame_equal(files.frame("contracts"), database.frame("contracts"), check_dtype=False)
