"""Decisions: a ledger that is refused with its line, and outcomes that call chance chance, whatever was planted."""

import datetime
import json
import re
import shutil

import numpy as np
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.errors import DataError, ParameterError
from cxresearch.report import decisions
from cxresearch.report.decided import Outcome, outcomes, pending
from cxresearch.report.decisions import Decision

HEADER = "id,decided_on,what,due_on,owner,metric,expected,touches"
NAMES = ("Billing", "Digital", "Marketing", "Onboarding", "Sales", "Service")
ENDS = ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30"]
ENDS += ["2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30"]
SPREAD = 0.1  # standard error of each number


def ledger(folder, *lines, header=HEADER):
    (folder / decisions.FILE).write_text("\n".join([header, *lines]) + "\n")
    return folder


def test_a_ledger_is_read_in_order_of_its_days(tmp_path):
    lines = (
        "b,2026-03-31,Simpler bills,2026-09-30,Service,Billing: score,0.5,department=Billing",
        'a,2025-12-31,"Calls, more",2026-06-30,,,,',
    )
    found = decisions.read(ledger(tmp_path, *lines))
    assert [d.id for d in found] == ["a", "b"]
    assert found[1] == Decision(
        "b", datetime.date(2026, 3, 31), "Simpler bills", datetime.date(2026, 9, 30), "Service",
        "Billing: score", 0.5, "department=Billing",
    )  # fmt: skip
    assert decisions.read(tmp_path / "absent") == decisions.read("postgres://host/base") == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a,2026-13-31,x,2026-09-30,,,,", "line 2: decided_on is '2026-13-31'; write a date as 2026-09-30"),
        ("a,2026-03-31,x,2026-03-31,,,,", "line 2: due_on is 2026-03-31, not after decided_on"),
        ("a,2026-03-31,,2026-09-30,,,,", "line 2: what is empty"),
        ("a,2026-03-31,x,2026-09-30,,NPS,much,", "line 2: expected is no number"),
        ("a,2026-03-31,x,2026-09-30,,NPS,inf,", "line 2: expected is no number"),
        ("a,2026-03-31,x,2026-09-30,,,5,", "line 2: metric is empty"),
        ("a,2026-03-31,x,2026-09-30,,NPS,5,Billing", "line 2: touches is 'Billing'"),
        ("a,2026-03-31,x,2026-09-30", "line 2: has more or fewer values"),
        ("a,2026-03-31,x,2026-09-30,,,,,,", "line 2: has more or fewer values"),
        ("a,2026-03-31,x,2026-09-30,,,,\na,2026-03-31,y,2026-09-30,,,,", "line 3: the id 'a' occurs twice"),
    ],
)
def test_a_spoilt_ledger_is_named_by_its_line(tmp_path, line, fault):
    with pytest.raises(DataError, match=fault):
        decisions.read(ledger(tmp_path, line))


def test_a_ledger_that_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match="'when' is no column"):
        decisions.read(ledger(tmp_path, "1,2", header="id,when"))
    (tmp_path / decisions.FILE).write_bytes(b"id\xff\n")
    with pytest.raises(DataError, match="cannot be read as a CSV file"):
        decisions.read(tmp_path)
    (tmp_path / decisions.FILE).write_bytes(b"x" * (decisions.LARGEST + 1))
    with pytest.raises(DataError, match=r"^decisions\.csv: is larger than 1 MB$"):
        decisions.read(tmp_path)


def test_the_command_appends_and_keeps_what_is_there(tmp_path, capsys):
    words = ["decide", str(tmp_path), "--what", "Simpler bills, by phone", "--due", "2027-03-31"]
    assert main([*words, "--decided", "2026-09-30", "--metric", "NPS", "--expect", "-0.5"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'decisions.csv'}: D1, due 2027-03-31\n"
    assert main([*words, "--decided", "2026-10-01", "--owner", "Service"]) == 0
    first, second = decisions.read(tmp_path)
    assert (first.id, first.expected, first.what) == ("D1", -0.5, "Simpler bills, by phone")
    assert (second.id, second.owner, second.expected) == ("D2", "Service", None)


@pytest.mark.parametrize(
    ("further", "fault"),
    [
        (["--expect", "5"], "metric is empty"),
        (["--decided", "soon"], "decided_on is 'soon'"),
        (["--decided", "2027-03-31"], "not after decided_on"),
        (["--touches", "all"], "touches is 'all'"),
    ],
)
def test_a_decision_that_cannot_be_noted_changes_nothing(tmp_path, capsys, further, fault):
    words = ["decide", str(tmp_path), "--what", "x", "--due", "2027-03-31", *further]
    assert main(words) == 2
    assert fault in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ParameterError, match="decisions are kept in a folder"):
        decisions.add("postgres://host/base", what="x", due_on="2027-03-31", decided_on="2026-09-30")


def report(day, values, unit=""):
    rows = [
        {"id": f"03/Lags/{name}: adjusted", "metric": f"{name}: adjusted", "unit": unit, "estimate": value}
        | {"low": value - 1.96 * SPREAD, "high": value + 1.96 * SPREAD}
        for name, value in values.items()
    ]
    return {"as_of": day, "period": day, "results": rows}


def quarters(rng, effect=0.0, since="2026-06-30", common=0.0):
    """Eleven quarters of six departments; Billing changes by `effect` from a quarter on, everybody by `common`."""
    level = dict(zip(NAMES, rng.normal(7, 0.5, 6), strict=True))
    found = []
    for day in ENDS:
        is_after = day >= since
        moved = {n: v + common * is_after + effect * (is_after and n == "Billing") for n, v in level.items()}
        found.append(report(day, {n: v + SPREAD * rng.normal() for n, v in moved.items()}))
    return found


def decision(expected=0.5, touches="department=Billing", decided="2026-03-31", metric="Billing: adjusted"):
    day = datetime.date.fromisoformat
    return Decision(
        "1", day(decided), "Simpler bills", day("2026-09-30"), "Service", metric, expected, touches
    )


def became(reports, *taken):
    return outcomes(list(taken), reports[:-1], reports[-1])[0]


def test_a_planted_change_has_worked_and_everybodys_change_has_not():
    rng = np.random.default_rng(11)
    worked = [became(quarters(rng, effect=0.8), decision()).verdict for _ in range(100)]
    assert worked.count("worked") >= 95
    common = [became(quarters(rng, common=0.8), decision()).verdict for _ in range(100)]
    assert common.count("no effect that can be told from noise") >= 90
    wrong = [became(quarters(rng, effect=-0.8), decision()).verdict for _ in range(50)]
    assert wrong.count("went the wrong way") >= 47


def test_a_placebo_after_the_worst_quarter_has_not_worked():
    """Decided when Billing stood lowest against its own mean, and nothing done."""
    rng, worked, holds = np.random.default_rng(12), 0, 0
    for _ in range(400):
        reports = quarters(rng)
        worst = min(range(4, 9), key=lambda i: reports[i]["results"][0]["estimate"])
        found = became(reports, decision(decided=ENDS[worst]))
        worked += found.verdict == "worked"
        holds += found.against[1] <= 0 <= found.against[2]
    assert worked / 400 < 0.05
    assert holds / 400 > 0.92


def test_the_interval_of_the_effect_holds_it():
    rng, holds = np.random.default_rng(13), 0
    for _ in range(400):
        low, high = became(quarters(rng, effect=0.3), decision()).against[1:]
        holds += low <= 0.3 <= high
    assert (
        holds / 400 > 0.95
    )  # more where reports do not overlap, as what was before is taken to be one report


def test_without_others_nothing_is_credited():
    rng = np.random.default_rng(14)
    reports = quarters(rng, effect=2.0)
    for taken in (decision(touches=""), decision(touches="department=Other")):
        found = became(reports, taken)
        assert found.verdict == "cannot be told"
        assert "cannot be told from anything else that happened" in found.text
        assert "The number moved" in found.text
    assert became(reports, decision(metric="")).text == "No number was named that it was to move."
    assert "No report after its due date has the number “x”" in became(reports, decision(metric="x")).text


def test_only_what_is_due_within_a_year_is_told():
    reports = quarters(np.random.default_rng(15))
    late = decision()
    assert outcomes([late], reports[:-2], reports[-2]) == []
    later = reports[-1] | {"as_of": "2027-11-30"}
    assert outcomes([late], reports, later) == []
    assert (
        pending([late], datetime.date(2026, 5, 1)) == "One decision is not due yet; the next on 2026-09-30."
    )
    assert pending([late], datetime.date(2026, 9, 30)) == ""


def test_the_first_report_from_the_due_day_on_is_what_counts():
    reports = quarters(np.random.default_rng(16), effect=0.8)
    early = became(reports, decision())
    after = report("2026-12-31", dict.fromkeys(NAMES, 1.0))
    late = outcomes([decision()], reports, after)[0]
    assert late.against == early.against


def test_numbers_have_the_digits_that_their_intervals_support():
    found = became(quarters(np.random.default_rng(16), effect=0.8), decision())
    numbers = re.findall(r"\d+\.\d+", found.text)
    assert found.text.startswith("Expected: +0.5. Since then: 0.")
    assert {len(number.partition(".")[2]) for number in numbers[1:]} == {2}
    assert found.told["against"]["estimate"] == round(found.told["against"]["estimate"], 2)
    shares = quarters(np.random.default_rng(16))
    for row in (row for one in shares for row in one["results"]):
        row["unit"] = "share"
    assert "Expected: +50.0 points." in became(shares, decision()).text


def test_addresses_are_withheld():
    taken = Decision(
        "1",
        datetime.date(2026, 1, 1),
        "Write to ana@firm.example",
        datetime.date(2026, 2, 1),
        "ana@firm.example",
    )
    kept = Outcome(taken, "worked", "text")
    assert "firm.example" not in kept.what + json.dumps(kept.told)


def test_a_ledger_beside_the_data_is_no_table_and_a_spoilt_one_stops_a_report_before_it_runs(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(ROOT / "data" / "cdnow", folder)
    ledger(folder, "a,2026-03-31,x,2026-09-30,,,,")
    assert cx.open(folder).unread() == []
    ledger(folder, "a,soon,x,2026-09-30,,,,")
    said = []
    with pytest.raises(DataError, match="line 2: decided_on is 'soon'"):
        cx.report.run(cx.open(folder), datetime.date(1997, 9, 30), tmp_path / "out", say=said.append)
    assert said == []
    assert not (tmp_path / "out").exists()
