"""The page on marketing events on firms unlike the sample: no hold-outs, two events, orders only, no outcome yet, another currency."""

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from cxresearch import words
from tests.notebooks.test_touchpoint_notebook import run_book

NOTEBOOK = ROOT / "notebooks" / "09_marketing_events.ipynb"
AS_OF = "2026-06-30"
MONTHS = pd.period_range("2024-01", "2026-06", freq="M")


def firm(lift=0.3, accounts=300, held=("2025-06-17", "2025-09-09"), invited=80, seed=3, buys=1.0):
    """A firm that held two events: orders by account and month, events and invitations; `buys` is the chance that an account orders in a month."""
    rng = np.random.default_rng(seed)
    size = rng.normal(5, 0.6, accounts)
    names = np.array([f"k{k:03d}" for k in range(accounts)])
    log = size[:, None] + 0.3 * rng.standard_normal((accounts, len(MONTHS)))
    guests = []
    for e, day in enumerate(held):
        month = MONTHS.get_loc(pd.Period(day, "M"))
        who = rng.choice(accounts, invited, replace=False)
        log[who, month + 1 : month + 7] += lift
        guests.append(
            pd.DataFrame(
                {
                    "event_id": f"e{e}",
                    "customer_id": names[who],
                    "invited_on": pd.Timestamp(day) - pd.Timedelta(days=9),
                }
            )
        )
    row, column = np.nonzero(rng.random(log.shape) < buys)
    orders = pd.DataFrame(
        {
            "order_id": np.arange(row.size).astype(str),
            "customer_id": names[row],
            "amount": np.exp(log[row, column]).round(2),
        }
    )
    orders["ordered_at"] = (
        MONTHS.to_timestamp()[column] + pd.to_timedelta(rng.integers(0, 28, row.size), unit="D")
    ).strftime("%Y-%m-%dT10:00:00Z")
    events = pd.DataFrame(
        {"event_id": [f"e{e}" for e in range(len(held))], "held_on": held, "kind": "fair", "cost": 3000.0}
    )
    return orders, events, pd.concat(guests).assign(is_invited=True)


def page(monkeypatch, workspace, orders, events, guests):
    """What each cell shows of a firm with these tables and no others, as text."""
    tables = {"orders": orders, "events": events, "event_invitations": guests}
    ws = workspace(**{name: t.to_csv(index=False) for name, t in tables.items()})
    return run_book(NOTEBOOK, monkeypatch, ws, as_of=AS_OF)


def test_two_events_without_a_hold_out_from_orders_in_another_currency(monkeypatch, workspace, tmp_path):
    (tmp_path / "cxresearch.toml").write_text('[money]\ncurrency = "EUR"\nmargin = 0.5\n')
    text = page(monkeypatch, workspace, *firm())
    assert "2 events were held; 2 can be judged. None of them held accounts out by lot" in text
    assert "Not assessed: events has no column is_randomised" in text
    assert "matched, 2 events" in text and "Repeat fairs" in text
    assert "is matched, no trial" in text
    assert "€" in text and "£" not in text


def test_accounts_that_do_not_buy_every_month_are_compared_by_their_sums(monkeypatch, workspace):
    text = page(monkeypatch, workspace, *firm(lift=0.5, buys=0.5))
    assert "Not every account buys every month" in text
    assert "fairs" in text.lower() and "no margin is declared" in text


def test_events_of_the_last_month_have_no_outcome_yet(monkeypatch, workspace):
    orders, events, guests = firm(lift=0.0, held=("2025-12-10",))
    late = events.assign(held_on="2026-06-20")
    guests = guests.assign(invited_on="2026-06-01")
    text = page(monkeypatch, workspace, orders, late, guests)
    assert "Not assessed: the months in which they count are not over" in text
    both = (
        pd.concat([events.assign(event_id="e9"), late]),
        pd.concat([guests.assign(event_id="e9", invited_on="2025-12-01"), guests]),
    )
    assert "1 event not judged: the months in which they count are not over" in page(
        monkeypatch, workspace, orders, *both
    )


def test_without_kinds_and_costs_only_lifts_are_told(monkeypatch, workspace):
    orders, events, guests = firm()
    text = page(monkeypatch, workspace, orders, events[["event_id", "held_on"]], guests)
    assert "Not assessed: " in text and "cost" in text
    assert "Not named" in text or "not named" in text


def test_nobody_invited_or_hardly_anybody(monkeypatch, workspace):
    orders, events, guests = firm(invited=6)
    text = page(monkeypatch, workspace, orders, events, guests)
    assert "Not assessed: fewer than ten accounts" in text


def test_no_effect_is_not_announced(monkeypatch, workspace):
    orders, events, guests = firm(lift=0.0, seed=8)
    text = page(monkeypatch, workspace, orders, events.assign(cost=1.0), guests)
    assert "Repeat" not in text and "To decide" not in text


@pytest.mark.parametrize("amount", [0.0, -5.0])
def test_refunds_and_free_orders_stop_nothing(monkeypatch, workspace, amount):
    orders, events, guests = firm()
    orders.loc[::17, "amount"] = amount
    assert "2 can be judged" in page(monkeypatch, workspace, orders, events, guests)


def test_the_page_states_people_to_the_nearest_ten(monkeypatch, workspace):
    text = page(monkeypatch, workspace, *firm(invited=83))
    assert words.count_text(2 * 83) in text and " 166 " not in text
