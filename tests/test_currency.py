"""Amounts bear the mark of the currency that they are counted in, and none where that is in doubt."""

import pytest

import cxresearch as cx
from cxresearch.currency import amount_text, amount_texts, counted_in, counting_in
from cxresearch.words import estimate_text, interval_text, value_text

ORDERS = "order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n"


def opened(folder, currency):
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS)
    if currency:
        (folder / "cxresearch.toml").write_text(f'[money]\ncurrency = "{currency}"\n')
    return cx.open(folder)


def test_the_workspace_that_was_opened_says_the_currency(tmp_path):
    assert amount_text(5) == "5"
    opened(tmp_path / "a", "GBP")
    assert amount_text(5) == "£5"
    opened(tmp_path / "b", "GBP")
    assert amount_text(5) == "£5"


@pytest.mark.parametrize("other", ["EUR", None])
def test_two_workspaces_that_differ_leave_amounts_bare(tmp_path, other):
    opened(tmp_path / "a", "GBP")
    opened(tmp_path / "b", other)
    assert counted_in() is None and amount_text(5) == "5"


def test_a_report_counts_in_its_own_whatever_was_opened(tmp_path):
    opened(tmp_path / "a", "GBP")
    with counting_in("EUR"):
        assert amount_text(5) == "€5"
    with counting_in(None):
        assert amount_text(5) == "5"
    assert amount_text(5) == "£5"


@pytest.mark.parametrize(
    ("amounts", "texts"),
    [
        ((0,), ["£0"]),
        ((-1234,), ["−£1,234"]),
        ((999_999,), ["£999,999"]),
        ((1_000_000, 950_000), ["£1.00 m", "£0.95 m"]),
        ((2_345_678_901,), ["£2.35 bn"]),
        ((27_500_000, 26_900_000, 28_200_000), ["£27.5 m", "£26.9 m", "£28.2 m"]),
        ((10.5, 1), ["£10.50", "£1.00"]),
        ((12345.6,), ["£12,346"]),
        ((0.0123,), ["£0.0123"]),
        ((-0.001, 5), ["£0.00", "£5.00"]),
        ((None, float("nan"), 3), ["–", "–", "£3"]),
        ((float("inf"),), ["–"]),
    ],
)
def test_amounts_stand_on_one_scale(amounts, texts):
    with counting_in("GBP"):
        assert amount_texts(*amounts) == texts


def test_money_is_a_unit_wherever_a_number_is_written():
    with counting_in("USD"):
        assert value_text(1500.0, "money") == "$1,500"
        assert interval_text(1.2e6, 3.4e6, "money") == "$1.2 m to $3.4 m"
        assert estimate_text(561801, 401234, 729876, "money") == "$560,000 ($400,000 to $730,000)"
        assert estimate_text(None, None, None, "money") == "– (–)"


def test_a_currency_without_a_mark_is_named():
    with counting_in("CHF"):
        assert amount_text(12) == "CHF\u00a012"
    with counting_in("kr."):
        assert amount_text(12) == "kr.12"
