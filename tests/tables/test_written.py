"""Values that people and programs write in their own ways: money, counted days, years alone, ends as durations."""

import pytest

import cxresearch as cx

ORDERS = "[tables.orders]\n%s\n[tables.orders.columns]\n%s\n"
CONTRACTS = "[tables.contracts]\n[tables.contracts.columns]\nended_on = { %s }\n"


@pytest.fixture
def described(tmp_path):
    def make(toml, **files):
        for old in tmp_path.iterdir():
            old.unlink()
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text)
        (tmp_path / "cxresearch.toml").write_text(toml)
        return cx.open(tmp_path)

    return make


def test_money_as_people_write_it(described):
    given = ["€12.00", "(12.00)", "12.00-", "-€ 5", "€-5", "€1,234.50", "7\u00a0€", "(€ 3)", "\u22122"]
    text = "order_id;customer_id;ordered_at;amount\n" + "".join(
        f"{i};a;2026-01-05;{value}\n" for i, value in enumerate([*given, "$5", "--5", "(-5)", "5 EUR"])
    )
    ws = described(ORDERS % ('thousands = ","', 'amount = { column = "amount", money = "€" }'), orders=text)
    assert ws.check().sentences() == ["orders.csv, column amount: not a number in 4 rows (line 11: '$5')"]
    kept = described(
        ORDERS % ('thousands = ","', 'amount = { column = "amount", money = "€" }'),
        orders="\n".join(text.splitlines()[: len(given) + 1]) + "\n",
    )
    assert kept.frame("orders")["amount"].tolist() == [12, -12, -12, -5, -5, 1234.5, 7, -3, -2]
    comma = ORDERS % ('decimal = ","', 'amount = { column = "amount", money = true }')
    ws = described(comma, orders="order_id;customer_id;ordered_at;amount\n1;a;2026-01-05;12,00-\n")
    assert ws.frame("orders")["amount"].tolist() == [-12]


@pytest.mark.parametrize(
    ("pattern", "given", "moment"),
    [
        ("excel", "46027", "2026-01-05 00:00:00"),
        ("excel", "46027.75", "2026-01-05 18:00:00"),
        ("unix", "1767619800", "2026-01-05 13:30:00"),
        ("unix_ms", "1767619800000", "2026-01-05 13:30:00"),
        ("%Y", "2025", "2025-12-31 00:00:00"),
        ("%m/%Y", "2/2024", "2024-02-29 00:00:00"),
        ("%b %Y", "Feb 2025", "2025-02-28 00:00:00"),
    ],
)
def test_counted_days_and_years_alone(described, pattern, given, moment):
    text = f"order_id,customer_id,ordered_at,amount\n1,a,{given},5\n2,a,x,5\n"
    toml = ORDERS % (f'date_format = "{pattern}"', 'order_id = "order_id"')
    ws = described(toml, orders=text)
    (said,) = ws.check().sentences()
    assert said.startswith(
        f"orders.csv, column ordered_at: not a date in the declared format {pattern} in 1 row (line 3: 'x')"
    )
    ws = described(toml, orders=text.replace("2,a,x,5\n", ""))
    assert str(ws.frame("orders")["ordered_at"][0]) == moment


def test_seconds_are_shown_on_the_clock_of_the_zone_and_are_days_only_at_midnight(described):
    zone = '[workspace]\ntimezone = "America/New_York"\n'
    text = "order_id,customer_id,ordered_at,amount\n1,a,1767578400,5\n"
    ws = described(zone + ORDERS % ('date_format = "unix"', 'order_id = "order_id"'), orders=text)
    assert str(ws.frame("orders")["ordered_at"][0]) == "2026-01-04 21:00:00"
    toml = '[tables.contracts]\ndate_format = "unix"\n'
    text = "contract_id,customer_id,started_on,ended_on\n1,a,1767571200,\n2,b,1767619800,\n"
    assert described(toml, contracts=text).check().sentences() == [
        "contracts.csv, column started_on: not a date in the declared format unix in 1 row (line 3: '1767619800')"
    ]


def test_a_year_alone_is_said_to_be_its_last_day(described):
    text = "contract_id,customer_id,started_on,ended_on\n1,a,2021,2024\n"
    check = described('[tables.contracts]\ndate_format = "%Y"\n', contracts=text).check()
    assert check.ok
    assert check.notes == [
        "contracts.csv: started_on and ended_on are written without a day (%Y) and count as the last one"
    ]
    assert check.notes[0] in check.text()


@pytest.mark.parametrize(
    ("start", "n", "unit", "end"),
    [
        ("2026-01-01", 12, "months", "2026-12-31"),
        ("2026-01-31", 1, "months", "2026-02-28"),
        ("2024-02-29", 1, "years", "2025-02-28"),
        ("2026-03-15", 2, "quarters", "2026-09-14"),
        ("2026-01-01", 30, "days", "2026-01-30"),
        ("2026-01-01", 2, "weeks", "2026-01-14"),
    ],
)
def test_an_end_from_a_start_and_a_duration(described, start, n, unit, end):
    text = f"contract_id,customer_id,started_on,issued,n,live\n1,a,{start},{start},{n},no\n2,a,{start},{start},{n},yes\n3,a,{start},{start},,no\n"
    toml = CONTRACTS % f'after = "issued", plus = "n", unit = "{unit}", where = {{ live = ["no"] }}'
    ws = described(toml, contracts=text)
    assert ws.check().sentences() == []
    ends = ws.frame("contracts")["ended_on"]
    assert [str(ends[0])[:10], *ends.isna().tolist()[1:]] == [end, True, True]
    assert {"issued", "live"} & set(ws.frame("contracts").columns) == {"live"}


def test_a_duration_that_is_none_is_named(described):
    text = "contract_id,customer_id,started_on,n\n1,a,2026-01-01,1.5\n2,a,2026-01-01,-1\n3,a,2026-01-01,x\n"
    toml = CONTRACTS % 'after = "started_on", plus = "n", unit = "months"'
    assert described(toml, contracts=text).check().sentences() == [
        "contracts.csv, column ended_on: not a date like 2026-09-30 in 3 rows (line 2: '2026-01-01 + 1.5')"
    ]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ('ended_on = { after = "started_on" }', "an end needs both after"),
        (
            'ended_on = { after = "started_on", plus = "n", unit = "moons" }',
            "unit is 'moons'; it is one of days, weeks",
        ),
        ('ended_on = { column = "x", after = "started_on", plus = "n" }', "needs one of column, columns"),
        (
            'monthly_amount = { column = "x", money = "5" }',
            "money is '5'; it is true, or the currency's mark",
        ),
        ('customer_id = { column = "x", money = true }', "money has no meaning for a column of type string"),
        (
            'started_on = { column = "x", format = "%d %Y" }',
            "it needs a year, a month and a day, or a year alone",
        ),
    ],
)
def test_what_means_nothing_is_refused(described, column, said):
    with pytest.raises(cx.DataError, match=said):
        described(f"[tables.contracts]\n[tables.contracts.columns]\n{column}\n", contracts="contract_id\n1\n")
