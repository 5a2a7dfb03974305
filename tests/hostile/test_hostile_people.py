"""People planted in every label of a company: no page, no notebook, no file of results, no line on a terminal and no picture shows one.

The report is made by the command. What is drawn is written down by the renderer itself, in the kernels.
"""

import json
import os
import re
import subprocess
import sys

import nbformat
import pandas as pd
import pytest
from paths import ROOT

from cxresearch.cli import main
from cxresearch.report import regenerate as running
from cxresearch.sample import write

NAME = "Agatha Quillfeather"
DECLARED = "Haus Sonnenwinkel 7"  # in a column whose header says nothing
PLANTS = [
    NAME, "agatha114@plant.example", "+1 415\u00a0555\u20110137", "DE89 3704 0044 0532 0130 00", DECLARED, "agatha_114 (at) plant.example",
    "AGATHA\u2009QUILLFEATHER", "415-555-0137", "Agatha_Quillfeather", "$agatha114@plant.example$",
]  # fmt: skip
GIVEAWAYS = ["quillfeather", "agatha", "plantexample", "5550137", "37040044", "sonnenwinkel"]
LABELS = {
    "customers": ["segment", "region", "acquisition_channel"],
    "contracts": ["end_reason", "status_reported", "team_id"],
    "orders": ["channel"],
    "interactions": ["touchpoint", "channel", "department", "agent_id", "job"],
    "survey_responses": ["touchpoint", "channel", "department", "comment"],
    "survey_invitations": ["stratum"],
    "staff_ratings": ["touchpoint", "department", "level"],
    "projects": ["project_name", "kind"],
    "events": ["kind"],
    "winback_offers": ["arm", "lapse_reason"],
    "pay_plans": ["team_id", "metric"],
}
RECORDER = '''
import importlib.util, os, sys

class Finder:
    """Wraps the renderer when it is imported, and imports nothing itself."""

    def find_spec(self, name, path=None, target=None):
        if name != "matplotlib.backends.backend_agg":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def loaded(module):
            load(module)
            draw = module.RendererAgg.draw_text

            def recorded(self, gc, x, y, s, *rest, **more):
                with open(os.environ["DRAWN"], "a", encoding="utf-8") as file:
                    file.write(s + chr(10))
                return draw(self, gc, x, y, s, *rest, **more)

            module.RendererAgg.draw_text = recorded

        spec.loader.exec_module = loaded
        return spec

sys.meta_path.insert(0, Finder())
'''


def planted(frames):
    """The frames with somebody in every label; one value has the same somebody in every table."""
    known = {}

    def one(value):
        if not isinstance(value, str) or not value:
            return value
        if value not in known:
            plant = PLANTS[len(known) % len(PLANTS)]
            fill = (
                "for" if len(known) % 3 else "who asked about it and left"
            )  # what is long is cut within the address
            known[value] = f"{value} {fill} {plant}"
        return known[value]

    for name, columns in LABELS.items():
        for column in set(columns) & set(frames[name]):
            frames[name][column] = frames[name][column].astype(object).map(one).astype("str")
    assert len(known) > 50
    people = frames["customers"]
    people["full_name"] = [NAME, *(f"Somebody Numbered{i}" for i in range(1, len(people)))]
    frames["orders"]["ship_to"] = [DECLARED, *["elsewhere in town"] * (len(frames["orders"]) - 1)]
    return frames


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write(folder / "sample", customers=700)
    frames = planted(
        {path.stem: pd.read_parquet(path) for path in sorted((folder / "sample").glob("*.parquet"))}
    )
    (folder / "data").mkdir()
    for name, frame in frames.items():
        frame.to_parquet(folder / "data" / f"{name}.parquet", index=False)
    (folder / "data" / "cxresearch.toml").write_text('[tables.orders]\npersonal = ["ship_to"]\n')
    return folder / "data"


@pytest.fixture(scope="module")
def report(company, tmp_path_factory):
    """The folder of the report, what was printed, and what was drawn."""
    base = tmp_path_factory.mktemp("report")
    (base / "site").mkdir()
    (base / "site" / "sitecustomize.py").write_text(RECORDER)
    path = os.pathsep.join([str(base / "site"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cxresearch",
            "report",
            "--data",
            company,
            "--period",
            "2026Q3",
            "--out",
            base / "out",
        ],
        env=os.environ | {"PYTHONPATH": path, "DRAWN": str(base / "drawn")},
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode == 0, done.stderr
    return base / "out" / "2026Q3", done.stdout + done.stderr, (base / "drawn").read_text()


def shown(path):
    """What a file of a report says; of pictures only the words about them."""
    if path.suffix == ".ipynb":
        book = nbformat.read(path, as_version=4)
        for cell in book.cells:
            for output in cell.get("outputs", []):
                output.get("data", {}).pop("image/png", None)
        return json.dumps(book, ensure_ascii=False)
    return re.sub(r"base64,[\w+/=]+", "", path.read_text(encoding="utf-8"))


def who(text):
    """The people that a text gives away, however they are written."""
    plain = re.sub(r"\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|[\W_]", "", text).casefold()
    return [(mark, plain[max(plain.find(mark) - 60, 0) :][:120]) for mark in GIVEAWAYS if mark in plain]


def test_nobody_is_on_a_page_or_in_a_file(report):
    folder, printed, _ = report
    pages = [path for path in folder.glob("[0-9]*_*.html") if not path.stem.endswith("_appendix")]
    assert len(pages) == len(running.notebooks())
    for path in folder.rglob("*"):
        if path.suffix in (".html", ".ipynb", ".json"):
            assert not who(shown(path)), path.name
    assert not who(printed)


def test_the_labels_themselves_are_there(report):
    """Somebody is withheld, not the label: the pages say what it was about."""
    assert "for [withheld]" in (report[0] / "03_touchpoints.html").read_text()
    assert "for [withheld]" in report[2]


def test_nobody_is_drawn(report):
    drawn = report[2]
    assert len(drawn.splitlines()) > 500
    assert not who(drawn)


QUOTING = """
import cxresearch as cx
ws = cx.open(data)
labels = [*ws.frame("interactions")["touchpoint"].unique(), *ws.frame("customers")["region"].unique()]
raise KeyError(f"cannot place {{labels{how}}} among the touchpoints")
"""


@pytest.mark.parametrize("how", ["", "!a"])
def test_nobody_is_in_the_error_of_a_failing_cell(company, tmp_path, monkeypatch, capfd, how):
    tagged = nbformat.v4.new_code_cell("data: str = ''\nas_of: str = ''", metadata={"tags": ["parameters"]})
    failing = nbformat.v4.new_code_cell(QUOTING.format(how=how).strip())
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title"), tagged, failing])
    nbformat.write(book, tmp_path / "01_a.ipynb")
    monkeypatch.setattr(running, "notebooks", lambda: [tmp_path / "01_a.ipynb"])
    assert main(["report", "--data", str(company), "--period", "2026Q3", "--out", str(tmp_path / "out")]) == 1
    printed = "".join(capfd.readouterr())
    assert "cannot place" in printed and printed.count("[withheld]") >= len(PLANTS)
    assert not who(printed)
    failed = tmp_path / "out" / "2026Q3-failed"
    assert "cannot place" in (failed / "manifest.json").read_text()
    for path in failed.iterdir():
        if path.suffix in (".html", ".json"):
            assert not who(shown(path)), path.name
