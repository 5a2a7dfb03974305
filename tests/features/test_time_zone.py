"""A day, a window, a quarter and the last day that counts begin and end where the workspace is, not in UTC."""

import datetime
from pathlib import Path

import ibis
import pytest

import cxresearch as cx

ZONE = '[workspace]\ntimezone = "America/New_York"\n'
CUSTOMERS = "customer_id,acquired_at\na,2026-09-30T01:00:00Z\nb,2026-10-01T02:00:00Z\n"
# at a: two orders of one evening, then one late and one early; b's is of the quarter's last evening
ORDERS = """order_id,customer_id,ordered_at,amount
1,a,2026-01-05T19:30:00-05:00,10
2,a,2026-01-06T02:30:00Z,10
3,a,2026-03-02T04:30:00Z,10
4,a,2026-03-02 10:00,10
5,b,2026-10-01T02:30:00Z,10
"""
CONTACTS = """interaction_id,customer_id,started_at,touchpoint,channel
1,b,2026-10-01T01:00:00Z,order,web
"""
ANSWERS = """response_id,customer_id,responded_at,recommend
1,a,2026-10-01T03:59:00Z,9
2,b,2026-10-01T04:00:00Z,9
"""
END = datetime.date(2026, 9, 30)


@pytest.fixture
def here(workspace):
    ws = workspace(customers=CUSTOMERS, orders=ORDERS, interactions=CONTACTS, survey_responses=ANSWERS)
    Path(ws.source, "cxresearch.toml").write_text(ZONE + "fiscal_year_starts = 4\n")
    return cx.open(ws.source)


def test_two_orders_of_one_local_evening_are_one_day_and_late_and_early_ones_two(here):
    days = cx.features.purchase_days(here.orders, END).order_by("customer_id", "day").to_pandas()
    assert days["day"].astype(str).tolist() == ["2026-01-05", "2026-03-01", "2026-03-02", "2026-09-30"]
    assert days["spend"].tolist() == [20, 10, 10, 10]


def test_the_last_local_evening_belongs_to_the_quarter(here):
    problems = here.check(END).problems
    assert [tuple(row) for row in problems[["table", "examples"]].to_numpy()] == [
        ("survey_responses", ["3: '2026-10-01T04:00:00Z'"])
    ]
    known = cx.features.customers(here, END, windows=(1,)).order_by("customer_id").to_pandas()
    assert known[["tenure_days", "orders_1d", "contacts_1d"]].to_numpy().tolist() == [[1, 0, 0], [0, 1, 1]]
    assert here.span() == (datetime.date(2026, 1, 5), datetime.date(2026, 10, 1))


def test_answers_belong_to_the_local_quarter_of_the_fiscal_year(here):
    waves = cx.features.survey_answers(here.survey_responses, "2026-10-31", workspace=here)
    assert waves.order_by("response_id").to_pandas()["wave"].tolist() == ["2027Q2", "2027Q3"]
    known = cx.features.survey_answers(here.survey_responses, END, workspace=here).to_pandas()
    assert known["response_id"].tolist() == ["1"]


def test_days_of_contracts_are_local_days_where_a_table_has_moments(tmp_path):
    import pandas as pd

    moment = pd.Timestamp("2026-01-06 02:30", tz="UTC")
    frame = pd.DataFrame(
        {"contract_id": ["k"], "customer_id": ["a"], "started_on": [moment], "ended_on": [None]}
    )
    frame.to_parquet(tmp_path / "contracts.parquet")
    (tmp_path / "cxresearch.toml").write_text(ZONE)
    assert str(cx.open(tmp_path).frame("contracts")["started_on"][0])[:10] == "2026-01-05"


@pytest.mark.parametrize(("engine", "said"), [("postgres", "timezone("), ("pyspark", "from_utc_timestamp(")])
def test_every_engine_is_asked_for_the_local_clock(engine, said, monkeypatch):
    from cxresearch.tables import cast

    class Named:
        name = engine

    monkeypatch.setattr(ibis.Column, "get_backend", lambda self: Named)
    table = ibis.table({"at": "timestamp('UTC')", "text": "string"}, name="t")
    for column in (table.at, table.text):
        query = ibis.to_sql(
            table.select(day=cast.typed(column, "moment", "Asia/Tokyo").cast("date")), dialect=engine
        )
        assert said in query.lower()
