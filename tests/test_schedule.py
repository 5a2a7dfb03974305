"""The recipes of docs/schedule.md do what the page says."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import types

import pytest
from paths import ROOT

from cxresearch import cli
from cxresearch.options import EXIT_CODES, parser

RECIPES = ROOT / "docs" / "schedule"
PAGE = (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")


def test_the_page_lists_every_exit_code():
    rows = dict(re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE))
    assert rows == {str(code): text for code, text in EXIT_CODES.items()}


def reports_in(text):
    """The arguments of every `cxresearch report` in a recipe."""
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    found = re.findall(r"cxresearch(?:\"?|) report ([^\n>]*)", joined)
    return [[w for w in line.split() if "$" not in w and w != '"$@"'] for line in found]


@pytest.mark.parametrize("name", ["github-actions.yml", "cxresearch-report.service"])
def test_the_commands_of_a_recipe_are_commands(name):
    (words,) = reports_in((RECIPES / name).read_text())
    given = parser().parse_args(["report", *words])
    assert (given.period, given.log, given.fail_on_hold) == ("last", "json", True)


@pytest.fixture
def quarterly(tmp_path):
    """Run quarterly.sh with a stand-in for the command, which ends with a code, and for the mailer."""

    def run(code=0, wait=0):
        command, mailer = (
            tmp_path / f"command{wait}",
            tmp_path / "mailer",
        )  # a script that runs is not written again
        command.write_text(f'#!/bin/sh\necho "$@"\nsleep {wait}\nexit {code}\n')
        mailer.write_text(f'#!/bin/sh\n{{ echo "$@"; cat; }} >> {tmp_path}/mails\n')
        for script in (command, mailer):
            script.chmod(0o755)
        words = [RECIPES / "quarterly.sh", tmp_path / "data", tmp_path / "out", "--jobs", "2"]
        told = {"CXRESEARCH": str(command), "MAILER": str(mailer), "MAILTO": "insight@example.org"}
        return subprocess.Popen(words, env=os.environ | told, stderr=subprocess.PIPE, text=True)

    return run


def test_a_run_that_is_done_leaves_a_log_and_no_mail(quarterly, tmp_path):
    assert quarterly().wait(30) == 0
    (log,) = (tmp_path / "out" / "logs").glob("*.log")
    wanted = (
        f"report --data {tmp_path}/data --out {tmp_path}/out --period last --fail-on-hold --log json --jobs 2"
    )
    assert log.read_text().strip() == wanted
    assert not (tmp_path / "mails").exists()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_run_that_fails_or_is_on_hold_is_mailed_with_its_log(quarterly, tmp_path, code):
    assert quarterly(code).wait(30) == code
    mail = (tmp_path / "mails").read_text()
    assert mail.startswith(
        f"-s cxresearch: the quarterly report ended with exit code {code} insight@example.org\n"
    )
    assert "--period last" in mail


def test_a_second_run_leaves_the_first_alone(quarterly, tmp_path):
    first = quarterly(wait=5)
    while not list((tmp_path / "out" / "logs").glob("*.log") if (tmp_path / "out" / "logs").exists() else []):
        pass
    second = quarterly()
    assert second.wait(30) == 75 and "another run holds" in second.stderr.read()
    assert first.wait(30) == 0


@needs_systemd
def test_the_units_of_systemd_are_sound(tmp_path):
    for name in ("cxresearch-report.service", "cxresearch-report.timer"):
        text = (RECIPES / name).read_text().replace("/srv/cxresearch/.venv/bin/cxresearch", "/bin/true")
        (tmp_path / name).write_text(text.replace("User=cxresearch", "User=root"))
    units = [str(tmp_path / name) for name in ("cxresearch-report.service", "cxresearch-report.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)
    assert "cxresearch-report" not in done.stderr, done.stderr


@needs_systemd
def test_the_timer_runs_on_the_fifth_day_after_each_quarter():
    calendar = re.search("OnCalendar=(.*)", (RECIPES / "cxresearch-report.timer").read_text())[1]
    words = ["systemd-analyze", "calendar", "--base-time=2026-11-20", "--iterations=2", calendar]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert "2027-01-05 04:00:00" in done.stdout and "2027-04-05 04:00:00" in done.stdout


def test_the_workflow_makes_the_report_and_keeps_it():
    yaml = pytest.importorskip("yaml")
    made = yaml.safe_load((RECIPES / "github-actions.yml").read_text())
    steps = made["jobs"]["report"]["steps"]
    uses = [step.get("uses", "").split("@")[0] for step in steps]
    assert uses[-1] == "actions/upload-artifact" and "actions/cache" in uses
    assert made["permissions"] == {"contents": "read"}


def test_the_dag_makes_one_task_a_period_with_retries(monkeypatch):
    """Executed with a stand-in for Airflow, which keeps what it is asked for."""
    made = []

    class Operator:
        def __init__(self, **given):
            self.given, self.after = given, []
            made.append(self)

        def __rshift__(self, other):
            other.after.append(self)
            return other

    def dag(**given):
        assert given["catchup"] is False and given["max_active_runs"] == 1
        return lambda build: build

    stand_ins = {
        "airflow": {},
        "airflow.sdk": {"dag": dag},
        "airflow.providers": {},
        "airflow.providers.standard": {},
    }
    stand_ins |= {"airflow.providers.standard.operators": {}}
    stand_ins |= {"airflow.providers.standard.operators.bash": {"BashOperator": Operator}}
    for name, held in stand_ins.items():
        module = types.ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)
    source = (RECIPES / "airflow_dag.py").read_text().replace('("last",)', '("2026Q1", "last")')
    exec(compile(ast.parse(source), "airflow_dag.py", "exec"), {})
    assert [task.given["task_id"] for task in made] == ["report_2026Q1", "report_last"]
    assert [task.after[0].given["task_id"] for task in made[1:]] == ["report_2026Q1"]
    for task in made:
        assert task.given["retries"] == 2 and task.given["skip_on_exit_code"] == 3
        parser().parse_args(task.given["bash_command"].split()[1:])


def test_the_image_is_built_from_what_is_there_and_runs_without_privileges():
    lines = [line.split(maxsplit=1) for line in (RECIPES / "Dockerfile").read_text().splitlines() if line]
    known = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in lines} <= known and lines[0][0] == "FROM"
    for word, rest in lines:
        if word == "COPY":
            assert all((ROOT / source).exists() for source in rest.split()[:-1]), rest
        if word in ("ENTRYPOINT", "CMD", "VOLUME"):
            json.loads(rest)
    assert [word for word, _ in lines].index("USER") < [word for word, _ in lines].index("ENTRYPOINT")
    (words,) = [json.loads(rest) for word, rest in lines if word == "CMD"]
    parser().parse_args(words)


def test_a_log_for_programs_is_json_line_by_line(tmp_path, capfd):
    run = ["report", "--data", str(ROOT / "data" / "cdnow"), "--period", "1997Q3", "--out", str(tmp_path)]
    assert cli.main([*run, "--only", "00", "--log", "json"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[-2:] == ["verdict", "published"] and "left_out" in kinds and "done" in kinds
    assert next(e for e in events if e["event"] == "done")["notebook"] == "00_data_quality"
    assert events[-1]["page"].endswith("1997Q3/index.html")


def test_a_fault_in_a_log_for_programs_has_its_exit_code(capfd):
    run = ["report", "--data", "nowhere", "--period", "last", "--log", "json"]
    assert cli.main(run) == 2
    said = json.loads(capfd.readouterr().err)
    assert (said["event"], said["exit_code"]) == ("error", 2) and "no such folder" in said["message"]
