"""The documents say what is true: commands with their real output, and a codebook that follows the contract."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cxresearch.contract.tables import TABLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.S)
COMMANDS = [
    tuple(part.split("\n", 1)) for block in CONSOLE for part in re.split(r"^\$ ", block, flags=re.M) if part
]


def codebook():
    """The codebook as the contract gives it."""
    text = ""
    for name, schema in TABLES.items():
        text += f"\n### {name}\n{schema.description}\n\n| column | type | meaning |\n|---|---|---|\n"
        for column, spec in schema.columns.items():
            shown = f"**{column}**" if spec.required else column
            kind = f"{spec.kind}, {spec.unit}" if spec.unit else spec.kind
            text += f"| {shown} | {kind} | {spec.description} |\n"
    return text


def test_the_codebook_follows_the_contract():
    marker = "tests/test_readme.py -->\n"
    assert (ROOT / "data" / "README.md").read_text().split(marker)[1] == codebook()


def test_the_two_commands_of_a_new_user_are_targets_of_the_makefile():
    commands = [command for command, _ in COMMANDS]
    assert {"make report", "make test"} <= set(commands)
    for target in ("report", "test"):
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize(("command", "expected"), [c for c in COMMANDS if c[0].startswith("cxresearch")])
def test_a_command_of_the_readme_prints_what_the_readme_shows(command, expected, tmp_path):
    words = shlex.split(command.replace("reports", str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-m", "cxresearch", *words[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = (done.stdout + done.stderr).replace(str(tmp_path), "reports")
    assert re.sub(r"in [\d.]+ s", "in N s", said) == re.sub(r"in [\d.]+ s", "in N s", expected)


def test_the_session_of_the_readme_prints_what_the_readme_shows(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```pycon\n(.*?)```", README, re.S)
    assert blocks
    flags = doctest.NORMALIZE_WHITESPACE
    for block in blocks:
        test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0)
        assert doctest.DocTestRunner(optionflags=flags).run(test).failed == 0


def test_every_link_inside_the_project_leads_somewhere():
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "data/README.md",
        "reports/README.md",
        "docs/glossary.md",
        "docs/methods_changes.md",
        "docs/threat_model.md",
        "docs/exports.md",
        "docs/licences.md",
        "docs/map.md",
        "docs/schedule.md",
    ):
        path = ROOT / name
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
            assert (path.parent / link).exists(), f"{name}: {link}"
