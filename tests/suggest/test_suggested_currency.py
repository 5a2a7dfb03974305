"""The draft declares the currency where a column or a mark tells it, and asks where none does."""

import pytest

import cxresearch as cx
from cxresearch.suggest import suggest

HEAD = "order_id,customer_id,ordered_at,amount"
ROWS = [f"{i},c{i % 4},2026-01-{i + 1:02},{{}}" for i in range(20)]


@pytest.mark.parametrize(
    ("header", "amount", "line"),
    [
        (f"{HEAD},Currency", "12.50,GBP", 'currency = "GBP"'),
        (HEAD, "£12.50", 'currency = "GBP"'),
        (HEAD, '"12,50 €"', 'currency = "EUR"'),
        (HEAD, "$12.50", '# currency = "EUR"'),
        (HEAD, "12.50", '# currency = "EUR"'),
        (f"{HEAD},Currency", "12.50,=cmd()", '# currency = "EUR"'),
    ],
)
def test_the_currency_is_proposed_where_the_files_tell_it(tmp_path, header, amount, line):
    rows = "\n".join(row.format(amount) for row in ROWS)
    (tmp_path / "orders.csv").write_text(f"{header}\n{rows}\n", encoding="utf-8")
    draft = suggest(tmp_path)
    assert f"[money]\n{line} " in draft


def test_rows_in_several_currencies_ask_for_the_one_to_count_in(tmp_path):
    rows = "\n".join(row.format(f"5,{'EUR' if i % 2 else 'USD'}") for i, row in enumerate(ROWS))
    (tmp_path / "orders.csv").write_text(f"{HEAD},currency\n{rows}\n", encoding="utf-8")
    assert "[money.rates]" in suggest(tmp_path)


@pytest.mark.parametrize(
    ("amounts", "line"),
    [
        (["$1,200.50", "$3.00", "($5.00)"], 'amount = { column = "amount", money = "$" }'),
        (["1.200,50 €", "3,00 €", "5,00 €-"], 'amount = { column = "amount", money = "€" }'),
        (["12.00", "(3.00)", "5.50-"], 'amount = { column = "amount", money = true }'),
        (["12.00", "3.00", "-5.50"], 'amount = "amount"'),
    ],
)
def test_amounts_as_people_write_them_are_drafted_so(tmp_path, amounts, line):
    rows = "".join(f'{i},c{i % 40},2026-01-{1 + i % 28:02d},"{amounts[i % 3]}"\n' for i in range(90))
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n" + rows)
    draft = suggest(tmp_path)
    assert line in draft
    (tmp_path / "cxresearch.toml").write_text(draft)
    ws = cx.open(tmp_path)
    assert ws.check("2026-12-31").ok, ws.check("2026-12-31").text()
    assert ws.frame("orders")["amount"].min() == pytest.approx(-5.5 if "5.50" in amounts[2] else -5)
