"""What `cxresearch check` finds, tells and parts."""

import csv
import datetime
import json
import subprocess
import sys
from pathlib import Path

import ibis
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.checks import kept as checked
from cxresearch.checks.check import Check
from cxresearch.checks.quarantine import quarantine

AS_OF = datetime.date(2026, 9, 30)
HEADER = "order_id,customer_id,ordered_at,amount\n"
CUSTOMERS = "customer_id,acquired_at\na,2026-01-01\nb,2026-01-02\n"


def told(ws, as_of=AS_OF):
    return ws.check(as_of).sentences()


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "cxresearch", "check", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    from cxresearch.sample import write

    folder = tmp_path_factory.mktemp("northgate")
    write(folder)
    return folder


def test_the_sample_checks_clean(northgate):
    check = cx.open(northgate).check(AS_OF)
    assert check.ok, check.text()
    assert len(check.rows) == 20


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,a,2026-10-01,5", "column ordered_at: later than 2026-09-30 in 1 row (line 2: '2026-10-01')"),
        ("1,a,1066-10-14,5", "column ordered_at: earlier than 1900 in 1 row"),
        ("1,a,13/02/2026,5", 'it looks like date_format = "%d/%m/%Y"'),
        ("1,a,02/13/2026,5", 'it looks like date_format = "%m/%d/%Y"'),
        ("1,a,03/04/2026,5", "day and month cannot be told apart in any row: declare date_format"),
        ("1,a,13/02/2026,5\n2,a,02/13/2026,5", "mixes day/month (1 rows can only be that) and month/day (1 rows)"),
        ('1,a,2026-01-01,"5,50"', 'declare decimal = "," in cxresearch.toml'),
        ("1,a,2026-01-01,5\n1,a,2026-01-02,5", "column order_id: the key is not unique in 2 rows (line 2: '1')"),
        ("1,c,2026-01-01,5", "column customer_id: not found in customers in 1 row (line 2: 'c')"),
        ("1,a,2026-01-01,5,6", "has 5 fields, the header has 4 in 1 row (line 2: "),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(workspace, rows, said):
    found = told(workspace(customers=CUSTOMERS, orders=f"{HEADER}{rows}\n"))
    assert any(said in sentence for sentence in found), found


def test_a_point_between_digits_is_not_read_as_a_decimal_where_semicolons_part_the_fields(workspace):
    text = "order_id;customer_id;ordered_at;amount\n1;a;2026-01-01;1.234\n"
    found = told(workspace(orders=text))
    assert "1.234 may be 1234 or 1.234; declare decimal and thousands" in found[0]


def test_lines_are_those_of_the_file_although_a_value_holds_line_breaks(workspace):
    ws = workspace(
        orders=HEADER.replace("\n", ",note\n") + '1,a,2026-01-01,5,"two\nlines"\n2,a,2026-01-02,x,\n'
    )
    assert "(line 4: 'x')" in told(ws)[0]


def test_an_end_before_its_start(workspace):
    ws = workspace(
        contracts="contract_id,customer_id,started_on,ended_on\n1,a,2026-02-01,2026-01-01\n2,a,2026-02-01,\n"
    )
    assert told(ws) == ["contracts.csv, column ended_on: before started_on in 1 row (line 2: '2026-01-01')"]


def test_ranges_and_keys_of_several_columns(workspace):
    ws = workspace(
        survey_responses="response_id,wave,recommend\n1,w,11\n2,w,10\n",
        survey_invitations="wave,customer_id,invited_at,has_responded\nw,a,2026-01-01,true\nw,a,2026-01-01,1\n",
    )
    found = told(ws)
    assert "survey_responses.csv, column recommend: above 10 in 1 row (line 2: '11')" in found
    assert any("has_responded: not true or false; declare" in s and "line 3: '1'" in s for s in found)
    assert any("column wave, customer_id: the key is not unique in 2 rows" in s for s in found)


def test_a_label_that_nobody_declared_is_refused(workspace):
    ws = workspace(snapshots="customer_id,snapshot_on,has_left\na,2026-01-01,1\nb,2026-01-01,0\n")
    assert "not true or false; declare true = [...] and false = [...]" in told(ws)[0]


def test_impossible_months_are_warnings(workspace):
    days = pd.date_range("2026-01-01", "2026-08-31", freq="D")
    rows = [(day, 10.0) for day in days for _ in range(5)]
    thin = [r for r in rows if not (r[0].month == 4 and r[0].day > 1)]
    cents = [(day, amount * (100 if day.month == 6 else 1)) for day, amount in rows]
    for kept, said in (
        (thin, "only 5 rows in 2026-04, usually"),
        (cents, "the median of 2026-06 is 100 times"),
    ):
        text = "".join(f"{i},a,{day:%Y-%m-%d},{amount}\n" for i, (day, amount) in enumerate(kept))
        check = workspace(orders=HEADER + text).check(AS_OF)
        assert check.problems["severity"].tolist() == ["warning"]
        assert said in check.sentence(0)
        check.require()


def test_exit_codes_and_json(tmp_path):
    (tmp_path / "orders.csv").write_text(f"{HEADER}1,a,2026-01-01,5\n")
    assert command(tmp_path).returncode == 0
    (tmp_path / "orders.csv").write_text(f"{HEADER}1,a,2026-01-01,five\n")
    done = command(tmp_path, "--json")
    assert done.returncode == 1
    content = json.loads(done.stdout)
    assert content["ok"] is False
    assert content["problems"][0]["examples"] == ["2: 'five'"]
    assert "not a number" in command(tmp_path).stdout
    done = command(tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert command(tmp_path, "--as-of", "soon").returncode == 2


def test_a_check_that_was_kept_is_the_same_check_and_only_of_the_same_files(workspace, tmp_path, monkeypatch):
    rows = HEADER + "1,a,2026-01-01,5\n1,a,2026-01-02,five\n2,a,2026-01-02,5,9\n3,zoë,2026-10-02,5\n"
    ws = workspace(customers=CUSTOMERS, orders=rows)
    own = ws.check(AS_OF)
    assert len(own.problems) > 3
    for name, value in checked.keep(own, checked.key(ws, AS_OF), tmp_path / "kept.json").items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as patch:
        patch.setattr(Check, "_table", lambda *_: pytest.fail("checked again"))
        again = cx.open(ws.source).check(AS_OF)
    pd.testing.assert_frame_equal(again.problems, own.problems)
    assert (again.rows, again.refused, again.text()) == (own.rows, own.refused, own.text())
    assert "later than" not in ws.check().text()  # no other date is answered by it
    mapping = tmp_path / "cxresearch.toml"
    for change in (
        lambda: mapping.write_text('[workspace]\ntimezone = "Europe/Berlin"\n'),
        lambda: (mapping.unlink(), (tmp_path / "orders.csv").write_text(rows.replace("five", "6"))),
        lambda: ((tmp_path / "orders.csv").write_text(rows), (tmp_path / "kept.json").write_text("half")),
    ):
        change()
        assert checked.found(cx.open(ws.source), AS_OF) is None
    pd.testing.assert_frame_equal(cx.open(ws.source).check(AS_OF).problems, own.problems)


def test_no_check_of_a_database_is_kept(tmp_path):
    connection = ibis.duckdb.connect()
    connection.raw_sql(
        "CREATE TABLE customers AS SELECT 'a' AS customer_id, DATE '2026-01-01' AS acquired_at"
    )
    ws = cx.open(connection)
    assert checked.key(ws) is None
    assert checked.keep(ws.check(), None, tmp_path / "kept.json") == {}
    assert not (tmp_path / "kept.json").exists()


def test_months_after_the_day_of_a_report_are_not_judged_and_do_not_judge_others(
    workspace, tmp_path, monkeypatch
):
    days = [f"2026-0{month}-{day:02}" for month in range(1, 8) for day in range(1, 29) for _ in range(2)]
    few = [day for day in days if not day.startswith("2026-06") or day == "2026-06-01"]
    ws = workspace(orders=HEADER + "".join(f"{i},a,{day},5\n" for i, day in enumerate(few)))
    assert "only 2 rows in 2026-06" in ws.check().text()
    known = ws.check(until=datetime.date(2026, 5, 31))
    assert known.ok
    for name, value in checked.keep(known, None, tmp_path / "kept.json").items():
        monkeypatch.setenv(name, value)
    assert cx.open(ws.source).check().ok  # a database's check is made again in a notebook, for the same day


def test_quarantine_keeps_every_row_or_says_why_not(workspace, tmp_path):
    ws = workspace(
        customers="customer_id,acquired_at\na,2026-01-01\nb,01.02.2026\n",
        orders=HEADER
        + "1,a,2026-01-01,5\n1,a,2026-01-01,5\n2,a,2026-01-02,5\n2,a,2026-01-03,5\n3,b,2026-01-03,5\n4,a,2026-01-03,5,9\n5,a,x,5\n",
    )
    check = ws.check(AS_OF)
    counts = quarantine(ws, check, tmp_path / "out").set_index("table")
    assert counts.loc["customers"].tolist() == [2, 1, 1]
    assert counts.loc["orders"].tolist() == [7, 1, 6]
    with (tmp_path / "out" / "refused" / "orders.csv").open() as file:
        rows = {row["line"]: row["reason"] for row in csv.DictReader(file)}
    assert rows["3"] == "repeats an earlier row"
    assert rows["4"] == rows["5"] == "order_id: another row has the same key"
    assert rows["6"] == "customer_id: not found among the kept customers"
    assert rows["8"].startswith("ordered_at: not a date")
    assert "has 5 fields" in (tmp_path / "out" / "refused" / "orders.lines.csv").read_text()
    clean = cx.open(tmp_path / "out")
    assert clean.check(AS_OF).ok
    assert clean.frame("orders")["order_id"].tolist() == ["1"]


def test_quarantine_keeps_the_settings_of_the_workspace(workspace, tmp_path):
    settings = (
        '[workspace]\ncompany = "Acme"\nfiscal_year_starts = 4\ntimezone = "Europe/Berlin"\n'
        '[money]\ncurrency = "EUR"\nmargin = 0.4\noffer = 0\n[survey]\nquote_comments = true\n'
        '[project_failure]\nmonths = 6\n[tables.orders]\npersonal = ["Kunde", "Ort"]\n[tables.orders.columns]\ncustomer_id = "Kunde"\n'
    )
    ws = workspace(orders="order_id,Kunde,ordered_at,amount,Ort\n1,a,2025-12-31T23:30:00Z,5,Ulm\n")
    Path(ws.source, "cxresearch.toml").write_text(settings)
    ws = cx.open(ws.source)
    quarantine(ws, ws.check(AS_OF), tmp_path / "out")
    kept = cx.open(tmp_path / "out").mapping
    assert (kept.currency, kept.fiscal_year_starts, kept.project_failure) == (
        "EUR",
        4,
        ws.mapping.project_failure,
    )
    assert kept.company == "Acme"
    assert kept.money == ws.mapping.money and kept.survey == ws.mapping.survey
    assert cx.open(tmp_path / "out").sources["orders"].personal == ("Ort", "customer_id")
    assert kept.timezone == "Europe/Berlin"  # moments were written as clocks there show them
    assert str(cx.open(tmp_path / "out").frame("orders")["ordered_at"][0]) == "2026-01-01 00:30:00"


def test_refused_rows_run_nothing_in_a_spreadsheet_and_clean_ones_are_as_they_were(workspace, tmp_path):
    formula = "=HYPERLINK(A1)"
    ws = workspace(
        orders=f"order_id,customer_id,ordered_at,amount,=note,channel\n1,{formula},2026-01-01,5,-7,{formula}\n"
        f"2,{formula},x,5,+49 30,@SUM(A1)\n3,a,2026-01-01,5,-7,a;=1+1\n=3,b,2026-01-01\n3,{formula},2026-01-02,-5,{formula},x\n"
    )
    quarantine(ws, ws.check(AS_OF), tmp_path / "out")
    with (tmp_path / "out" / "refused" / "orders.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header[2:] == ["order_id", "customer_id", "ordered_at", "amount", "channel", "'=note"]
    assert [row[2:] for row in rows] == [
        ["2", f"'{formula}", "x", "5", "'@SUM(A1)", "'+49 30"],
        ["3", "a", "2026-01-01", "5", "a;'=1+1", "-7"],
        ["3", f"'{formula}", "2026-01-02", "-5", "x", f"'{formula}"],
    ]
    with (tmp_path / "out" / "refused" / "orders.lines.csv").open(newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["'=3,b,2026-01-01"]
    kept = cx.open(tmp_path / "out").frame("orders")
    assert kept.loc[0, ["customer_id", "channel"]].tolist() == [formula, formula]


def test_quarantine_keeps_what_leaving_means_and_the_scales_of_answers(workspace, tmp_path):
    ws = workspace(
        contracts="contract_id,customer_id,started_on,ended_on,end_reason\n1,a,2025-01-01,2025-12-31,cancelled\n2,b,2025-01-01,x,\n"
        "3,c,2025-01-01,2025-12-31,\n",
        survey_responses="response_id,responded_at,Q1,Q2\n1,2026-01-05,4,2\n2,2026-01-06,3,1\n",
    )
    Path(ws.source, "cxresearch.toml").write_text(
        '[churn]\nleaving = ["cancelled", "unknown"]\nbase_rate = 0.05\ncustomer_value = 900\n'
        "[tables.survey_responses.columns]\nsatisfaction = { column = 'Q1', range = [1, 5] }\n"
        "[tables.survey_responses.drivers]\nease = { column = 'Q2', range = [1, 7] }\n"
    )
    ws = cx.open(ws.source)
    quarantine(ws, ws.check(AS_OF), tmp_path / "out")
    kept = cx.open(tmp_path / "out")
    assert kept.mapping.churn == ws.mapping.churn
    assert cx.features.answer_scale(kept, ["satisfaction"]) == (1, 5)
    assert cx.features.answer_scale(kept, ["driver_ease"]) == (1, 7)
    assert kept.check(AS_OF).ok
    assert "not read" not in kept.check(AS_OF).text()  # its own counts.csv is no file that somebody forgot


def test_quarantine_of_clean_data_is_the_data(cdnow, tmp_path):
    counts = quarantine(cdnow, cdnow.check(AS_OF), tmp_path / "out")
    assert counts["refused"].sum() == 0
    clean = cx.open(tmp_path / "out")
    pd.testing.assert_frame_equal(clean.frame("orders"), cdnow.frame("orders"))
    assert not (tmp_path / "out" / "refused").exists()
