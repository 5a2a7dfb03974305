"""A report of a day says nothing else when what came after that day is taken away, or was otherwise."""

import datetime
import json

import pytest

import cxresearch as cx
from cxresearch.kernels.pool import KernelPool
from cxresearch.report.regenerate import notebooks, run
from tests import futures

AS_OF = datetime.date(2025, 9, 30)  # a year before the sample ends
FUTURES = ("removed", "scrambled")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The folder of the report by what became of the time after its day; each from the same place, so that they name it alike."""
    base = tmp_path_factory.mktemp("as_of")
    frames = futures.company(base / "sample", 1500, AS_OF)
    tables = {"as it was": frames} | {name: getattr(futures, name)(frames, AS_OF) for name in FUTURES}
    made = {}
    with KernelPool(jobs=1, early=False) as pool:
        for name, rows in tables.items():
            source = futures.stored(rows, base / "northgate")
            made[name] = run(cx.open(source), AS_OF, base / name / "report", force=True, pool=pool)
    return made


def page(folder, stem):
    """A page without the hashes that say which files it was made from."""
    text = (folder / f"{stem}.html").read_text()
    for table, source in json.loads((folder / "results.json").read_text())["input"].items():
        text = text.replace(f"{table} {source['sha256'][:12]}", table)
    return text


@pytest.mark.parametrize("stem", [path.stem for path in notebooks()])
@pytest.mark.parametrize("future", FUTURES)
def test_nothing_after_the_day_changes_a_byte(reports, future, stem):
    known, other = reports["as it was"], reports[future]
    assert (known / f"{stem}.ipynb").read_bytes() == (other / f"{stem}.ipynb").read_bytes()
    assert page(known, stem) == page(other, stem)


@pytest.mark.parametrize("future", FUTURES)
def test_forecasts_and_lists_are_the_same(reports, future):
    known, other = reports["as it was"], reports[future]
    names = ["forecasts.parquet", *(f"lists/{path.name}" for path in (known / "lists").iterdir())]
    for name in names:
        assert (known / name).read_bytes() == (other / name).read_bytes(), name


def test_the_futures_differ(reports):
    prints = [
        tuple(
            source["sha256"] for source in json.loads((folder / "results.json").read_text())["input"].values()
        )
        for folder in reports.values()
    ]
    assert all(len(set(hashes)) == len(reports) for hashes in zip(*prints, strict=True))
