"""`cxresearch readiness`: every answer by flag or by asking, appended and never overwritten, and readable as a table."""

import pytest

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.errors import DataError, ParameterError
from cxresearch.report import assessment

ALL = [part for item in READINESS_ITEMS for part in ("--answer", f"{item}=3")]


def test_answers_by_flag_are_appended_and_read_as_a_table(tmp_path, capsys):
    assert (
        main(
            [
                "readiness",
                str(tmp_path),
                *ALL,
                "--year",
                "2",
                "--respondent",
                "A",
                "--role",
                "sponsor",
                "--on",
                "2026-09-01",
            ]
        )
        == 0
    )
    first = (tmp_path / assessment.FILE).read_text()
    assert (
        main(["readiness", str(tmp_path), *ALL, "--year", "2", "--respondent", "B", "--on", "2026-09-02"])
        == 0
    )
    assert (tmp_path / assessment.FILE).read_text().startswith(first)
    assert "12 answers kept" in capsys.readouterr().out
    ws = cx.open(tmp_path)
    assert ws.check("2026-09-30").ok
    respondents = cx.features.readiness_respondents(ws.readiness_answers, "2026-09-01").to_pandas()
    score = cx.models.ReadinessScore().fit(respondents)
    assert float(score.score_["estimate"]) == 3.0 and score.n_ == 1 and score.is_synthetic_


def test_nobody_answers_twice_on_a_day(tmp_path, capsys):
    one = ["readiness", str(tmp_path), *ALL, "--respondent", "A", "--on", "2026-09-01"]
    assert main(one) == 0
    before = (tmp_path / assessment.FILE).read_bytes()
    assert main(one) == 2
    assert "has answered for own on 2026-09-01" in capsys.readouterr().err
    assert (tmp_path / assessment.FILE).read_bytes() == before


def test_what_is_not_given_is_asked_until_it_is_an_answer():
    lines, said = iter(["5", "x", " 2 ", ""]), []
    rest = {item: "1" for item in READINESS_ITEMS[2:]}
    found = assessment.ask(rest, read=lambda prompt: next(lines), say=said.append)
    assert found["strategy_1"] == 2 and "strategy_2" not in found and len(found) == 11
    assert sum("is no answer" in line for line in said) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--answer", "people_1"], "write an answer as people_1=3"),
        (["--answer", "people_9=3"], "'people_9' is no question"),
        (["--answer", "people_1=9"], "is no answer"),
        ([*ALL, "--year", "7"], "the year of implementation is 1 to 5"),
        ([*ALL, "--on", "yesterday"], "write a date as 2026-09-30"),
        ([*ALL, "--organisation", " "], "--organisation is empty"),
    ],
)
def test_a_wrong_flag_is_one_line_and_writes_nothing(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.setattr("builtins.input", lambda prompt: (_ for _ in ()).throw(EOFError))
    assert main(["readiness", str(tmp_path), *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_without_anybody_to_ask_it_says_which_flag_to_give(monkeypatch):
    def nobody(prompt):
        raise EOFError

    with pytest.raises(ParameterError, match="give it with --answer strategy_1"):
        assessment.ask({}, read=nobody, say=lambda line: None)


def test_a_table_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "readiness_answers.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"readiness_answers\.parquet holds the readiness answers"):
        assessment.add(tmp_path, {"people_1": 3}, "us")
    (tmp_path / "readiness_answers.parquet").unlink()
    (tmp_path / assessment.FILE).write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="has no column organisation_id; nothing was written"):
        assessment.add(tmp_path, {"people_1": 3}, "us")
    assert (tmp_path / assessment.FILE).read_text() == "a,b\n1,2\n"
    spoilt = "organisation_id,assessed_on,item,score\nus,2026-01-01,people_1,2\nus,2026-01-01,people_2\n"
    (tmp_path / assessment.FILE).write_text(spoilt)
    with pytest.raises(DataError, match="line 3: has more or fewer values"):
        assessment.add(tmp_path, {"people_1": 3}, "us")
    assert (tmp_path / assessment.FILE).read_text() == spoilt
    with pytest.raises(ParameterError, match="answers are kept in a folder"):
        assessment.add(tmp_path / "nowhere", {"people_1": 3}, "us")


def test_columns_of_the_firms_own_stay(tmp_path):
    (tmp_path / assessment.FILE).write_text(
        "organisation_id,assessed_on,item,score,site\nus,2026-01-01,people_1,2,Bonn\n"
    )
    assessment.add(tmp_path, {"people_1": 3}, "us", assessed_on="2026-02-01")
    lines = (tmp_path / assessment.FILE).read_text().splitlines()
    assert lines[0].startswith("organisation_id,assessed_on,item,score,site") and lines[1].startswith(
        "us,2026-01-01,people_1,2,Bonn"
    )
    assert len(lines) == 3


def test_the_page_to_print_is_written_once(tmp_path, capsys):
    place = tmp_path / "page.html"
    assert main(["readiness", str(tmp_path), "--page", str(place)]) == 0
    assert place.read_text().count("☐") == 60
    assert main(["readiness", str(tmp_path), "--page", str(place)]) == 2
    assert "is there already" in capsys.readouterr().err
