"""The interview asks what the draft could not know, shows three values, and takes every answer as a flag."""

import shutil

import pytest
from paths import TESTS

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.suggest.interview import Interview


@pytest.fixture
def flat(tmp_path):
    """A flat file with a label that nobody declared."""
    rows = "".join(
        f"{i % 9},{i * 1.5},{i % 40 + 20},{'gone' if i % 7 == 0 else 'here'}\n" for i in range(300)
    )
    (tmp_path / "data.csv").write_text("Complaints,Customer Value,Age,Churn\n" + rows)
    return tmp_path


def asked(folder, answers, **given):
    """Hold the interview with answers by key; returns the questions that were put."""
    interview, put = Interview(folder), []
    waiting = {question.text: question.key for question in interview.questions}

    def read(prompt):
        text = prompt.split("  ", 1)[1].rstrip()
        put.append(text)
        return answers.get(waiting[text], "")

    interview.ask(given, read=read, say=lambda line: None)
    (folder / "cxresearch.toml").write_text(interview.text())
    return put


def test_which_value_means_left_is_asked_with_the_values(flat):
    put = asked(
        flat, {"snapshots.has_left": "gone", "snapshots.snapshot_on": "2026-06-30", "company": "Acme"}
    )
    (question,) = [q for q in put if "Churn" in q]
    assert '"here", "gone"' in question
    ws = cx.open(flat)
    assert ws.check("2026-12-31").ok, ws.check("2026-12-31").text()
    assert ws.frame("snapshots")["has_left"].sum() == 43
    assert ws.mapping.company == "Acme"


def test_every_answer_can_be_a_flag(flat, capsys):
    answers = {
        "snapshots.has_left": "gone",
        "snapshots.snapshot_on": "2026-06-30",
        "company": "Acme",
        "fiscal_year_starts": "4",
    }
    answers |= {"targets": "NPS=20, retention=0.9", "timezone": "Europe/Rome"}
    words = [word for key, value in answers.items() for word in ("--answer", f"{key}={value}")]
    assert main(["init", str(flat), *words]) == 0
    assert "now cxresearch check" in capsys.readouterr().out
    mapping = cx.open(flat).mapping
    assert (mapping.company, mapping.fiscal_year_starts) == ("Acme", 4)
    assert {name: target.value for name, target in mapping.targets.items()} == {"NPS": 20, "retention": 0.9}


def test_what_counts_as_leaving_and_the_money(tmp_path):
    shutil.copy(TESTS / "exports" / "stripe_subscriptions.csv", tmp_path)
    put = asked(
        tmp_path, {"leaving": "unused", "currency": "eur", "margin": "0.4", "timezone": "Europe/Paris"}
    )
    assert any('"unused"' in q and "leaving" in q for q in put)
    mapping = cx.open(tmp_path).mapping
    assert (mapping.churn.leaving, mapping.currency, mapping.money.margin) == (("unused",), "EUR", 0.4)


def test_an_order_of_day_and_month_is_asked_with_its_dates(tmp_path):
    rows = "".join(f"{i},c{i % 9},{1 + i % 9:02d}/{1 + i % 7:02d}/2026,5\n" for i in range(60))
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n" + rows)
    put = asked(tmp_path, {"orders.ordered_at": "%d/%m/%Y"})
    assert any("%d/%m/%Y or %m/%d/%Y" in q for q in put)
    assert cx.open(tmp_path).frame("orders")["ordered_at"].dt.month.max() == 7


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("margin=2", "at most 1"), ("currency=euros", "three letters"), ("fiscal_year_starts=13", "from 1 to 12"),
        ("targets=NPS", "like NPS=20"), ("nothing=1", "nothing is asked by that name"), ("timezone=Mars", "no time zone"),
        ("leaving=nonsense", "there is no value 'nonsense'"), ("currency", "write an answer as currency=EUR"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_one_line(tmp_path, capsys, answer, said):
    shutil.copy(TESTS / "exports" / "stripe_subscriptions.csv", tmp_path)
    assert main(["init", str(tmp_path), "--answer", answer, "--yes"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "cxresearch.toml").exists()


def test_a_wrong_answer_is_asked_again(flat):
    interview, said = Interview(flat), []
    answers = iter(["never", "gone", "", "", "", "thirteen", "4", ""])
    interview.ask({}, read=lambda prompt: next(answers), say=said.append)
    assert any("there is no value 'never'" in line for line in said)
    assert any("from 1 to 12" in line for line in said)
    assert interview.settings["fiscal_year_starts"] == 4


def test_nobody_there_is_said_with_the_flag(flat, monkeypatch, capsys):
    def nobody(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert main(["init", str(flat)]) == 2
    assert "--answer snapshots.has_left=…, or --yes" in capsys.readouterr().err


def test_a_mapping_that_is_there_stays(flat, capsys):
    (flat / "cxresearch.toml").write_text("# mine\n")
    assert main(["init", str(flat), "--yes"]) == 2
    assert (flat / "cxresearch.toml").read_text() == "# mine\n"
    assert main(["init", str(flat), "--list"]) == 0
    assert "snapshots.has_left: data.csv" in capsys.readouterr().out
