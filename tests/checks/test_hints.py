"""A hint of the check, written into the mapping as it stands, makes the next check pass; the draft knows the same formats."""

import datetime
import re
import tomllib

import pytest

import cxresearch as cx
from cxresearch.suggest import suggest
from cxresearch.tables.formats import PATTERNS, date_formats

MOMENTS = [
    datetime.datetime(2026, 1, 1) + datetime.timedelta(days=i, hours=i % 24, minutes=7 * i % 60)
    for i in range(60)
]
WRITTEN = {
    "%m/%d/%Y %I:%M:%S %p": None,
    "%d.%m.%Y, %H:%M": None,
    "%b %d, %Y, %I:%M %p": None,
    "%d. %B %Y": None,
    "%d-%b-%y": None,
    "%Y-%m-%d %H:%M:%S +0200": "%Y-%m-%d %H:%M:%S %z",
    "%d/%m/%Y %H:%M UTC": "%d/%m/%Y %H:%M %z",
    "%Y%m%d": None,
    "%Y/%m/%d %I:%M%p": None,
}


def orders(folder, pattern):
    rows = [f'{i},c{i % 7},"{moment.strftime(pattern)}",{i}' for i, moment in enumerate(MOMENTS)]
    (folder / "orders.csv").write_text("\n".join(["order_id,customer_id,ordered_at,amount", *rows, ""]))


@pytest.mark.parametrize(("pattern", "declared"), WRITTEN.items())
def test_the_format_that_is_offered_reads_every_value(tmp_path, pattern, declared):
    orders(tmp_path, pattern)
    rule = cx.open(tmp_path).check("2026-12-31").problems.rule[0]
    offered = re.search(r'date_format = "[^"]+"', rule)[0]
    assert offered == f'date_format = "{declared or pattern}"'
    (tmp_path / "cxresearch.toml").write_text(f"[tables.orders]\n{offered}\n")
    assert cx.open(tmp_path).check("2026-12-31").ok
    days = cx.open(tmp_path).frame("orders")["ordered_at"]
    assert days.dt.date.tolist()[1:3] in (
        [datetime.date(2026, 1, 2), datetime.date(2026, 1, 3)],
        [datetime.date(2026, 1, 1), datetime.date(2026, 1, 3)],  # two hours earlier in UTC
    )
    draft = suggest(tmp_path)
    assert f'format = "{declared or pattern}"' in draft


def test_every_format_that_is_tried_reads_what_it_writes():
    for pattern in PATTERNS:
        texts = {m.strftime(pattern.replace("%z", "+0200")): 1 for m in MOMENTS}
        assert pattern in date_formats(texts), pattern


@pytest.mark.parametrize("pattern", ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M"])
def test_the_day_of_a_moment_is_offered_where_a_date_is_wanted(tmp_path, pattern):
    rows = [f"k{i},c{i},{moment.strftime(pattern)}," for i, moment in enumerate(MOMENTS)]
    (tmp_path / "contracts.csv").write_text(
        "\n".join(["contract_id,customer_id,started_on,ended_on", *rows, ""])
    )
    rule = cx.open(tmp_path).check("2026-12-31").problems.rule[0]
    assert f'whose day is taken by format = "{pattern}", to be declared for started_on' in rule
    for mapping in (
        f'[tables.contracts.columns]\nstarted_on = {{ column = "started_on", format = "{pattern}" }}\n',
        suggest(tmp_path),
    ):
        (tmp_path / "cxresearch.toml").write_text(mapping)
        assert cx.open(tmp_path).check("2026-12-31").ok
        days = cx.open(tmp_path).frame("contracts")["started_on"]
        assert [day.isoformat()[:10] for day in days] == [m.date().isoformat() for m in MOMENTS]


def test_a_time_that_no_clock_shows_is_no_day(tmp_path):
    (tmp_path / "contracts.csv").write_text(
        "contract_id,customer_id,started_on,ended_on\nk1,c1,2026-01-05 25:00,\nk2,c1,2026-01-05 09:50,\n"
    )
    mapping = (
        '[tables.contracts.columns]\nstarted_on = { column = "started_on", format = "%Y-%m-%d %H:%M" }\n'
    )
    (tmp_path / "cxresearch.toml").write_text(mapping)
    problems = cx.open(tmp_path).check("2026-12-31").problems
    assert problems.examples[0] == ["2: '2026-01-05 25:00'"]


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        (["12,50", "7,25"], 'decimal = ","'),
        (["1.234,50", "7,25"], 'decimal = ","\nthousands = "."'),
        (["1,234.50", "7.25"], 'thousands = ","'),
        (["1'234.50", "7.25"], 'thousands = "\'"'),
        (["1\u00a0234,50", "\u00a07,25"], 'decimal = ","\nthousands = "\\u00A0"'),
        (["\u00a01234.50", "\u00a07.25"], 'thousands = "\\u00A0"'),
    ],
)
def test_the_way_of_writing_numbers_that_is_offered_reads_every_value(tmp_path, values, offered):
    rows = [f"{i}\tc{i}\t2026-01-05\t{values[i % 2]}" for i in range(40)]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(["order_id\tcustomer_id\tordered_at\tamount", *rows, ""]), encoding="utf-8")
    rule = cx.open(tmp_path).check("2026-12-31").problems.rule[0]
    assert all(line in rule for line in offered.splitlines()), rule
    plain = values[1].replace(",", ".").strip("\u00a0")
    for mapping in (f"[tables.orders]\n{offered}\n", suggest(tmp_path)):
        (tmp_path / "cxresearch.toml").write_text(mapping, encoding="utf-8")
        assert cx.open(tmp_path).check("2026-12-31").ok
        assert cx.open(tmp_path).frame("orders")["amount"][1] == float(plain)
        assert tomllib.loads(mapping)
