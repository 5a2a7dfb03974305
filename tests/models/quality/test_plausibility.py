"""Rows that a check lets pass and that can hardly be are counted, with their table and column; sound data have none."""

import datetime

import duckdb
import pytest

import cxresearch as cx
from cxresearch.models.quality.plausibility import Plausibility
from cxresearch.models.quality.quarter import QuarterData
from cxresearch.readings.quality_scorecard import scorecard

AS_OF = datetime.date(2026, 9, 30)
ORDERS = "SELECT 'o' || i AS order_id, 'c' || (i % 97) AS customer_id, TIMESTAMP '2026-01-01' + INTERVAL (i % 272) DAY + INTERVAL (i % 1440) MINUTE AS ordered_at, (5 + i % 83)::DOUBLE AS amount FROM range(8000) t(i)"
CUSTOMERS = "SELECT 'c' || i AS customer_id, TIMESTAMP '{won}' AS acquired_at FROM range(97) t(i)"
AGAIN = "SELECT * FROM o UNION ALL SELECT 'again' || order_id, * EXCLUDE (order_id) FROM o WHERE month(ordered_at) = 3"
HUGE = "SELECT * REPLACE (CASE WHEN order_id = 'o77' THEN 1e11 ELSE amount END AS amount) FROM o"


@pytest.fixture
def judged(tmp_path):
    def make(orders="FROM o", won="2025-12-31"):
        connection = duckdb.connect()
        connection.execute(f"CREATE TABLE o AS {ORDERS}")
        for name, query in (("orders", orders), ("customers", CUSTOMERS.format(won=won))):
            connection.execute(f"COPY ({query}) TO '{tmp_path / name}.parquet' (FORMAT parquet)")
        workspace = cx.open(tmp_path)
        assert workspace.check(AS_OF).ok
        return workspace

    return make


def found(workspace):
    topic = Plausibility().fit(QuarterData(workspace, AS_OF))
    return topic.state_, topic.findings_[["table", "column", "verdict", "rows"]].to_numpy().tolist()


def test_sound_data_have_none(judged):
    assert found(judged()) == ("ok", [])


def test_a_month_loaded_twice_is_counted(judged):
    state, ((table, _, verdict, rows),) = found(judged(AGAIN))
    assert (state, table, verdict) == ("warning", "orders", "loaded twice")
    expected = duckdb.sql(f"SELECT count(*) FROM ({ORDERS}) WHERE month(ordered_at) = 3").fetchall()[0][0]
    assert rows == expected


def test_customers_won_after_their_orders_are_counted(judged):
    state, rows = found(judged(won="2026-09-29"))
    before = duckdb.sql(f"SELECT count(*) FROM ({ORDERS}) WHERE ordered_at < DATE '2026-09-29'").fetchall()[
        0
    ][0]
    assert (state, rows) == ("warning", [["orders", "ordered_at", "before the customer was won", before]])


def test_an_amount_beyond_all_others_is_counted(judged):
    assert found(judged(HUGE)) == ("warning", [["orders", "amount", "beyond all others", 1]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"orders": AGAIN}, "rows of 2026-03 repeat another row: loaded twice?"),
        ({"won": "2026-09-29"}, "rows dated before their customer was won"),
        ({"orders": HUGE}, "orders (amount): 1 value over 1,000 times the usual"),
    ],
)
def test_the_verdict_is_a_warning_and_the_scorecard_says_where(judged, change, said):
    quality = cx.models.DataQuality().fit(judged(**change), AS_OF)
    assert quality.verdict_ == "publish with a warning"
    card = scorecard(quality).set_index("topic").loc["Plausibility"]
    assert card["state"] == "warning" and said in card["finding"] and "orders" in card["finding"]
