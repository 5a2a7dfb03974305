"""Rows chosen by value and amounts in several currencies: what is read, what is counted, what is refused."""

import datetime

import pytest

import cxresearch as cx
from cxresearch.checks import kept as checked
from cxresearch.checks.quarantine import quarantine

ORDERS = """order_id,customer_id,ordered_at,amount,currency,Status
1,a,2026-01-05,10,USD,paid
2,b,2026-01-06,1000,JPY,paid
3,b,2026-02-06,10,EUR,Failed
4,GUEST,2026-02-06,10,EUR,paid
x,b,2026-02-07,10,EUR,
"""
ROWS = '[tables.orders]\nrows = { Status = ["paid"], customer_id = { except = ["GUEST"] } }\n'
RATES = '[workspace]\ncurrency = "EUR"\n[workspace.rates]\nUSD = 0.5\nJPY = 0.01\n'


@pytest.fixture
def described(tmp_path):
    def make(toml, text=ORDERS):
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        (folder / "orders.csv").write_text(text)
        (folder / "cxresearch.toml").write_text(toml)
        return cx.open(folder)

    return make


def test_only_chosen_rows_are_read_and_the_others_are_counted(described, tmp_path, monkeypatch):
    ws = described(RATES + ROWS)
    check = ws.check()
    assert (check.ok, check.rows, check.set_aside) == (True, {"orders": 2}, {"orders": 3})
    assert check.text().splitlines()[-1] == "no problems in orders 2 (3 set aside) rows"
    assert ws.frame("orders")["order_id"].tolist() == ["1", "2"]
    counts = quarantine(ws, check, tmp_path / "out").iloc[0]
    assert counts.tolist() == ["orders", 5, 2, 0, 3]
    assert cx.open(tmp_path / "out").frame("orders")["amount"].tolist() == [5, 10]
    for name, value in checked.keep(check, checked.key(ws), tmp_path / "kept.json").items():
        monkeypatch.setenv(name, value)
    assert cx.open(ws.source).check().set_aside == {"orders": 3}


def test_page_00_counts_the_rows_set_aside(described):
    quality = cx.models.DataQuality().fit(described(RATES + ROWS), datetime.date(2026, 3, 31))
    assert quality.topics_["Faults in the tables"].tables_["set_aside"].tolist() == [3]
    assert quality.topics_["Faults in the tables"].tables_["rows"].tolist() == [2]


def test_lines_are_those_of_the_file_and_rows_set_aside_break_no_rule(described):
    text = (
        ORDERS + "5,c,2026-02-08,ten,EUR,paid\n5,c,2026-02-08,ten,EUR,Failed\n2,b,2026-02-08,5,EUR,Failed\n"
    )
    assert described(RATES + ROWS, text).check().sentences() == [
        "orders.csv, column amount: not a number in 1 row (line 7: 'ten')"
    ]


def test_what_is_not_there_cannot_choose(described):
    with pytest.raises(
        cx.DataError, match=r"orders.csv: no column State, by which cxresearch.toml chooses rows"
    ):
        described("[tables.orders]\nrows = { State = ['paid'] }\n")
    with pytest.raises(cx.DataError, match="rows: Status names no value"):
        described("[tables.orders]\nrows = { Status = [] }\n")
    assert described(RATES + "[tables.orders]\nrows = { Status = ['Paid'] }\n").check().sentences() == [
        "orders.csv: the mapping chooses none of its rows"
    ]


def test_a_contract_s_own_column_chooses_too(described):
    toml = '[tables.orders]\nrows = { channel = ["till"] }\n[tables.orders.columns]\nchannel = { column = "Status", codes = { paid = "till" } }\n'
    assert described(RATES + toml).frame("orders")["order_id"].tolist() == ["1", "2", "4"]


def test_several_currencies_are_never_added_up(described):
    ws = described("")
    (said,) = [text for text in ws.check().sentences() if "column currency" in text]
    assert said == (
        "orders.csv, column currency: amounts in several currencies (EUR, JPY, USD); declare what each is worth in "
        "[money.rates] in 5 rows (line 2: 'USD')"
    )
    with pytest.raises(cx.DataError, match="amounts in several currencies"):
        ws.frame("orders")
    one = ORDERS.replace("USD", "EUR").replace("JPY", "EUR")
    assert described("", one).frame("orders")["amount"].sum() == 1040
    with pytest.raises(cx.DataError, match="amounts in EUR, while the workspace counts in GBP"):
        described('[workspace]\ncurrency = "GBP"\n', one).frame("orders")


def test_a_rate_converts_and_what_has_none_is_refused(described, tmp_path):
    ws = described(RATES)
    frame = ws.frame("orders")
    assert frame["amount"].tolist() == [5, 10, 10, 10, 10]
    assert set(frame["currency"]) == {"EUR"}
    ws = described(RATES.replace("JPY = 0.01\n", ""))
    assert ws.check().sentences()[0] == (
        "orders.csv, column currency: no rate for it; declare one in [money.rates] of cxresearch.toml in 1 row (line 3: 'JPY')"
    )
    with pytest.raises(cx.DataError, match="no rate: 1000"):
        ws.frame("orders")
    with pytest.raises(cx.DataError, match="rates: declare currency too"):
        described("[workspace.rates]\nUSD = 0.5\n")
    with pytest.raises(cx.DataError, match="rates: USD: worth is 'much'"):
        described('[workspace]\ncurrency = "EUR"\nrates = { USD = "much" }\n')


def test_an_empty_text_chooses_rows_by_having_no_value(described):
    with_status = described(RATES + '[tables.orders]\nrows = { Status = { except = [""] } }\n')
    assert with_status.check().set_aside == {"orders": 1}
    assert described(RATES + '[tables.orders]\nrows = { Status = [""] }\n').check().rows == {"orders": 1}


def test_a_text_stands_for_no_value(described):
    text = "order_id,customer_id,ordered_at,amount,Weg\n1,a,2026-01-05,1,web\n2,a,2026-01-05,1,\n3,a,2026-01-05,1,-\n"
    how = '[tables.orders.columns]\nchannel = { column = "Weg", missing = ["-"], empty = "unknown" }\n'
    assert described(how, text).frame("orders")["channel"].tolist() == ["web", "unknown", "unknown"]


@pytest.mark.parametrize("column", ["order_id", "customer_id", "amount"])
def test_no_text_stands_for_a_key_or_a_number(described, column):
    with pytest.raises(cx.DataError, match=rf"{column}: empty"):
        described(f'[tables.orders.columns]\n{column} = {{ column = "{column}", empty = "0" }}\n').check()
