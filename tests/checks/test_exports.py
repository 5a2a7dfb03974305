"""What happened to a file on its way is named: rows cut off by a spreadsheet, keys written in another way, a file left aside."""

import json
import tomllib

import pytest

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.tables.declared import parse

ORDERS = "order_id,customer_id,ordered_at,amount\n"


@pytest.mark.parametrize("limit", [65_536, 1_048_576])
def test_a_file_that_ends_where_a_sheet_does_is_named(workspace, limit):
    rows = "".join(f"{i},c,2026-01-05,5\n" for i in range(limit - 1))
    problems = workspace(orders=ORDERS + rows).check("2026-06-30").problems
    assert f"ends on row {limit:,}, the last of an" in problems.rule[0]
    assert problems.severity[0] == "warning"


def test_a_file_that_ends_a_row_earlier_is_not(workspace):
    rows = "".join(f"{i},c,2026-01-05,5\n" for i in range(65_534))
    assert workspace(orders=ORDERS + rows).check("2026-06-30").ok


@pytest.mark.parametrize(
    ("held", "written", "why"),
    [
        ("0042{}", "42{}", "zeros before it"),
        ("42{}", "42{}.0", '".0" after it'),
        ("42{}", "'42{}", "an apostrophe before it"),
        ("42{}", "42{} ", "blanks beside it"),
        ("42{}", "\u00a042{}", "blanks beside it"),
        ("abc{}", "ABC{}", "capitals"),
        ("0042{}", "'42{}.0", "blanks beside it, an apostrophe before it"),
    ],
)
def test_keys_that_differ_in_how_they_are_written_are_told_how(workspace, held, written, why):
    customers = "customer_id,acquired_at\n" + "".join(f"{held.format(i)},2026-01-01\n" for i in range(9))
    orders = ORDERS + "".join(f"{i},{written.format(i)},2026-01-05,5\n" for i in range(9))
    rule = workspace(customers=customers, orders=orders).check("2026-06-30").problems.rule[0]
    assert rule.startswith(f"not found in customers; 9 of 9 different keys are there but for {why}")


def test_keys_that_are_somebody_elses_get_no_reason(workspace):
    ws = workspace(customers="customer_id,acquired_at\na,2026-01-01\n", orders=ORDERS + "1,b,2026-01-05,5\n")
    assert ws.check("2026-06-30").problems.rule[0] == "not found in customers"


def test_a_file_that_is_not_read_is_named(workspace, capsys):
    ws = workspace(orders=ORDERS + "1,a,2026-01-05,5\n", kunden="Kunde,Seit\na,2026-01-01\n")
    assert main(["check", ws.source, "--as-of", "2026-06-30"]) == 0
    said = capsys.readouterr().out
    assert "not read: kunden.csv: by name is no table of the contract" in said
    assert f"cxresearch check {ws.source} --suggest" in said
    main(["check", ws.source, "--as-of", "2026-06-30", "--json"])
    assert json.loads(capsys.readouterr().out)["not_read"] == ["kunden.csv"]
    assert cx.open("data/cdnow").check().unread == []


def test_a_draft_is_written_once_and_never_over_a_mended_one(workspace, tmp_path, capsys):
    ws = workspace(orders=ORDERS + "1,a,2026-01-05,5\n")
    path = tmp_path / "cxresearch.toml"
    assert main(["check", ws.source, "--suggest", "--write"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert parse(tomllib.loads(path.read_text())).tables["orders"].file == "orders.csv"
    path.write_text("# mended\n")
    assert main(["check", ws.source, "--suggest", "--write"]) == 2
    assert "is there already and stays as it is" in capsys.readouterr().err
    assert path.read_text() == "# mended\n"
    assert main(["check", ws.source, "--write"]) == 2
    assert "--write: it writes the draft of --suggest" in capsys.readouterr().err
