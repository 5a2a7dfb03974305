"""A report on a part of the firm: it knows its part everywhere, and is held against reports on the same part only."""

import copy
import datetime
import json
import re

import nbformat
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.display import NOTE, PRIVATE, READING, TABLE
from cxresearch.environment import RUN
from cxresearch.errors import ParameterError
from cxresearch.kernels.pool import KernelPool
from cxresearch.proposal import PROPOSAL
from cxresearch.report import quotes
from cxresearch.report import regenerate as running
from cxresearch.report.across import Base
from cxresearch.report.guard import WITHHELD, guard
from cxresearch.report.part import chosen, folder
from cxresearch.report.results import RESULT

PARAMETERS = "data: str = ''\nas_of: str = ''\nwhere: str = ''"
COUNTS = """
import datetime
import pandas as pd
import cxresearch as cx
ws = cx.open(data).where(where)
n = int(ws.customers.count().to_pandas())
rows = pd.DataFrame({"metric": ["customers"], "estimate": float(n), "low": n - 1.0, "high": n + 1.0, "n": n, "method": "m"})
cx.report.record(rows, "Customers", headline=["customers"])
"""
SAID = """
cx.report.reading("There are {n} customers in it. Nothing else is known.", n=n)
"""
DRAWN = """
cx.report.table(pd.DataFrame({"what": ["all"], "number": [n]}), "Numbers")
"""
FORECAST = """
due = datetime.date.fromisoformat(as_of) + datetime.timedelta(days=80)
cx.report.forecast(kind="purchases_total", unit_id="all", due_on=due, mean=n, low=n - 5, high=n + 5)
"""
SIZES = {"SMB": 40, "B2C": 70, "tiny": 6, "": 30}
Q = {"Q1": datetime.date(2026, 3, 31), "Q2": datetime.date(2026, 6, 30), "Q3": datetime.date(2026, 9, 30)}


def book(path, title, parameters, *sources, needs=()):
    tagged = nbformat.v4.new_code_cell(parameters)
    tagged.metadata["tags"] = ["parameters"]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {title}"), tagged])
    made.cells[0].metadata["cxresearch"] = {"needs": list(needs)}
    made.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    for i, cell in enumerate(made.cells):
        cell["id"] = f"cell-{i}"
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """A firm with a suite of three notebooks, on all of the data, on projects and on customers; makes its reports on one pool of kernels."""
    root = tmp_path_factory.mktemp("parts")
    data, suite, out = root / "data", root / "suite", root / "reports"
    data.mkdir(), suite.mkdir()
    segments = [name for name, size in SIZES.items() for _ in range(size)]
    people = pd.DataFrame({"customer_id": [f"C{i:03}" for i in range(len(segments))], "segment": segments})
    people.assign(acquired_at="2025-01-01").to_csv(data / "customers.csv", index=False)
    days = ("2026-02-01", "2026-05-01", "2026-09-01", "2026-09-30")
    orders = pd.concat([people[["customer_id"]].assign(ordered_at=day) for day in days])
    orders.assign(order_id=range(len(orders)), amount=5).to_csv(data / "orders.csv", index=False)
    (data / "projects.csv").write_text("project_id,approved_on,kind\nP1,2026-01-01,new\n")
    paths = [
        book(suite / "00_data.ipynb", "Data", "data: str = ''\nas_of: str = ''", f"where = ''{COUNTS}"),
        book(suite / "01_projects.ipynb", "Projects", PARAMETERS, "1", needs=["projects"]),
        book(
            suite / "02_people.ipynb",
            "People",
            PARAMETERS,
            COUNTS,
            SAID,
            DRAWN,
            FORECAST,
            needs=["customers", "orders"],
        ),
    ]
    with pytest.MonkeyPatch.context() as patch, KernelPool(jobs=1, say=lambda line: None) as pool:
        patch.setattr(running, "notebooks", lambda: paths)

        def make(quarter, where=None, only=("02",), out=out, say=lambda line: None, place=None, **more):
            period, ws = f"2026{quarter}", cx.open(data)
            values = {k: [v] if isinstance(v, str) else v for k, v in (where or {}).items()}
            place = place or out / folder(period, values)
            return running.run(
                ws, Q[quarter], place, period=period, where=where, only=only, say=say, pool=pool, **more
            )

        make.data, make.reports = data, out
        yield make


@pytest.fixture(scope="module")
def reports(firm):
    """The reports of two quarters on the whole firm and on parts of it, by quarter and part."""
    made = {}
    for quarter in ("Q2", "Q3"):
        made[quarter, "whole"] = firm(quarter)
        made[quarter, "SMB"] = firm(quarter, {"segment": "SMB"}, only=() if quarter == "Q3" else ("02",))
    made["Q3", "B2C"] = firm("Q3", {"segment": "B2C"})
    return made


def told(path):
    return json.loads((path / "results.json").read_text())


def test_every_file_of_the_report_knows_its_part(reports):
    path = reports["Q3", "SMB"]
    assert path.name == "2026Q3-segment-SMB"
    content = told(path)
    assert content["where"] == {"segment": ["SMB"]}
    states = {page["notebook"]: page["state"] for page in content["pages"]}
    assert states == {"00_data": "done", "01_projects": "left out", "02_people": "done"}
    board = (path / "index.html").read_text()
    assert "segment does not divide projects; see the report on the whole firm" in board
    assert [row["n"] for row in content["results"]] == [150, 40]
    assert pd.read_parquet(path / "results.parquet")["cut"].tolist() == ["", "segment=SMB"]
    whole = "The whole firm, not only segment SMB"
    for name, words in (("index", "Only segment SMB"), ("02_people", "Only segment SMB"), ("00_data", whole)):
        page = (path / f"{name}.html").read_text()
        assert f'<p class="cut">{words}</p>' in page
        assert f"2026Q3, {words[0].lower()}{words[1:]}</title>" in page


def test_a_report_on_the_whole_firm_says_nothing_of_parts(reports):
    path = reports["Q3", "whole"]
    assert told(path)["where"] == {}
    assert 'class="cut"' not in (path / "index.html").read_text()
    assert set(pd.read_parquet(path / "results.parquet")["cut"]) == {""}


def test_a_part_is_compared_with_earlier_reports_on_the_same_part(reports):
    boards = {name: (path / "index.html").read_text() for name, path in reports.items()}
    nothing, same = "There is no earlier report to compare with", "No headline number has clearly changed"
    assert nothing in boards["Q2", "SMB"]
    assert nothing in boards["Q3", "B2C"]
    assert same in boards["Q3", "SMB"]
    assert same in boards["Q3", "whole"]
    every = cx.results(reports["Q3", "whole"].parent)
    every = every[every["notebook"] == "02_people"]
    found = every.groupby("cut")["estimate"].agg(list).to_dict()
    assert found == {"": [146, 146], "segment=B2C": [70], "segment=SMB": [40, 40]}


def test_the_forecasts_of_a_part_are_scored_on_it(reports):
    part, whole = ((reports["Q3", name] / "forecasts.html").read_text() for name in ("SMB", "whole"))
    assert "Actual: 40" in part
    assert "Actual: 146" not in part
    assert "Actual: 146" in whole
    assert "Actual: 40" not in whole
    assert not (reports["Q3", "B2C"] / "forecasts.html").exists()


def test_a_notebook_runs_again_for_another_part_only(firm, reports, tmp_path):
    lines = []
    place = tmp_path / "out" / "one"
    for value in ("SMB", "B2C", "B2C"):
        firm("Q3", {"segment": value}, place=place, say=lines.append)
    assert [line.split()[1] for line in lines if line.startswith("02")] == ["done", "done", "unchanged"]
    assert told(place)["where"] == {"segment": ["B2C"]}


def test_a_part_that_gives_the_last_few_away_is_withheld_in_tables_and_sentences(firm, reports):
    """Of 146 customers 40 and 70 are published; 30 more would leave the six of the smallest segment."""
    path = firm("Q3", {"segment": "unknown"})
    row = told(path)["results"][0]
    assert (row["n"], row["estimate"], row["flag"]) == (None, None, "suppressed")
    page = (path / "02_people.html").read_text()
    assert WITHHELD in page
    assert "Nothing else is known." in page
    for name in ("02_people.html", "index.html", "02_people.ipynb"):
        text = re.sub(r"data:image[^\"]*|[0-9a-f]{12}", "", (path / name).read_text())
        assert not re.search(
            r"\b30(\.0)?\b(?! days)", text.replace("2026-09-30", "").replace("2026-06-30", "")
        ), name
    again = told(firm("Q3"))["results"][0]  # the whole, made once more, stays as it was
    assert again["n"] == 150
    for name in ("SMB", "B2C"):
        assert told(reports["Q3", name])["results"][-1]["n"] is not None


def test_what_is_withheld_is_proposed_and_quoted_nowhere(monkeypatch):
    """Of 500 answers 495 are of a part: neither the share of them nor their number stands in another place."""
    monkeypatch.setenv(RUN, "1")
    rows = pd.DataFrame([["price", 0.4, 0.35, 0.45, 495, "Wilson score", "share"]], columns=[*RESULT, "unit"])
    given = {
        "subject": "price",
        "rests_on": "count",
        "effect": (9.0, 8.5, 9.5),
        "overturned": "x",
        "owner": "y",
    }
    given |= {"again_on": Q["Q3"], "evidence": (1.0, 0.9, 1.1)}
    comments = pd.DataFrame(
        {"theme": ["price", "staff"], "n": [495, 80], "comment": ["Too dear.", "They are kind."]}
    )
    shown = [
        cx.report.record(rows, "Themes"),
        cx.report.propose("a", "Cut prices", why="40.0% of those who wrote mind them", **given),
        cx.report.propose("b", "Train staff", why="80.0% of those who wrote mind them", **given),
        cx.report.propose("c", "Ask 500 of them", why="few do", **given | {"evidence": (1.0, -1.0, 3.0)}),
        cx.report.reading("Of 500 answers most are short. Some are not."),
        quotes.quote(comments),
    ]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x") for _ in shown])
    for cell, one in zip(made.cells, shown, strict=True):
        cell.outputs = [nbformat.v4.new_output("display_data", one._repr_mimebundle_())]
    page = [("05_loyalty_drivers", made)]
    key = next(iter(guard(copy.deepcopy(page), {"where": {"segment": ["a"]}}, Q["Q3"], [], {}))).key
    guard(page, {"where": {"segment": ["a"]}}, Q["Q3"], [Base(key, {}, (500, 500))], {})
    table, price, staff, ask, said, quoted = (cell.outputs[0].data for cell in made.cells)
    assert table[TABLE]["results"][0]["n"] is None
    assert price[NOTE]["text"] == WITHHELD and PROPOSAL not in price
    assert PROPOSAL in staff
    assert ask == {"text/plain": ""}
    assert said[READING]["text"] == "Some are not."
    assert [one["theme"] for one in quoted[f"{PRIVATE}{quotes.NAME}+json"]] == ["staff"]


def test_exact_bases_stay_private(reports):
    for path in reports.values():
        for file in path.rglob("*"):
            if file.is_file():
                assert b"private.bases" not in file.read_bytes(), file
    place = reports["Q3", "whole"].parent / ".cxresearch" / ".bases"
    kept = json.loads((place / "2026Q3.json").read_text())["bases"]
    assert ["02_people/People/customers", {}, [146, 146], None] in kept


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("segment=SBM", "customers.segment has no value 'SBM'; it has B2C, SMB, tiny, unknown"),
        (
            "sector=SMB",
            "no table has a column 'sector' to divide by; customers and projects have kind, segment",
        ),
        (
            "segment=tiny",
            "segment=tiny: fewer than 10 customers belong to this part; a report on it would give them away",
        ),
        ("segment=SMB,B2C,unknown", "all but fewer than 10 customers belong to this part"),
        ("segment", "'segment' names no part"),
    ],
)
def test_what_is_no_part_is_one_line_and_nothing_is_written(firm, tmp_path, capsys, where, said):
    out = tmp_path / "reports"
    words = ["report", "--data", str(firm.data), "--period", "2026Q3", "--out", str(out), "--where", where]
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_unknown_is_a_part_and_so_is_everybody(firm):
    ws = cx.open(firm.data)
    assert chosen(ws, "segment=unknown").frame("customers").shape[0] == 30
    assert chosen(ws, {"segment": ["SMB", "B2C", "tiny", "unknown"]}).frame("customers").shape[0] == 146
    assert chosen(ws, ["segment=SMB", "segment=B2C"][:1]).cut == "segment=SMB"


def test_a_part_is_set_by_its_own_option(firm, tmp_path):
    with pytest.raises(ParameterError, match="the command has --where for this"):
        firm("Q3", settings={"where": "segment=SMB"}, out=tmp_path)
    with pytest.raises(cx.DataError, match="no table has a column 'sector'"):
        firm("Q3", by=["sector"], out=tmp_path)
    with pytest.raises(ParameterError, match="given twice"):
        firm("Q3", by=["segment", "segment"], out=tmp_path)


def test_folders_of_parts_are_plain_and_differ():
    names = [
        folder("2026Q3", {"a": [value]})
        for value in ("x/y", "x y", "../x", "-failed", "é", "x" * 300, "x" * 301)
    ]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) < 100
    assert not any("/" in name or name.startswith(".") or name.endswith("-failed") for name in names)
