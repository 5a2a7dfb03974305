"""Where a report or a quarantine is to stand: nothing that the suite did not make is replaced, and the data least of all."""

import os

import pytest

import cxresearch as cx
from cxresearch import files
from cxresearch.checks.quarantine import quarantine
from cxresearch.cli import main

CUSTOMERS = "customer_id,acquired_at\na,2026-01-01\n"
ORDERS = "order_id,customer_id,ordered_at,amount\n1,a,2026-01-02,5\n"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data" / "2026Q1"
    folder.mkdir(parents=True)
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "notes.txt").write_text("kept")
    return folder


def held(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_does_not_take_the_place_of_its_data(data, capsys):
    before = held(data)
    assert main(["report", "--data", str(data), "--period", "2026Q1", "--out", str(data.parent)]) == 2
    assert "holds the data" in capsys.readouterr().err
    assert held(data.parent) == before


def test_a_report_does_not_take_the_place_of_other_files(data, tmp_path, capsys):
    other = tmp_path / "out" / "2026Q1"
    other.mkdir(parents=True)
    (other / "thesis.txt").write_text("mine")
    assert main(["report", "--data", str(data), "--period", "2026Q1", "--out", str(other.parent)]) == 2
    assert "holds 'thesis.txt' and no index.html" in capsys.readouterr().err
    assert os.listdir(other) == ["thesis.txt"]


@pytest.mark.parametrize("where", [".", "..", "../other"])
def test_a_quarantine_takes_no_other_place(data, where, capsys):
    other = data.parent / "other"
    other.mkdir()
    (other / "orders.csv").write_text(ORDERS)
    before = held(data.parent)
    assert main(["check", str(data), "--quarantine", str(data / where)]) == 2
    assert "as this one would be replaced" in capsys.readouterr().err
    assert held(data.parent) == before


def test_a_quarantine_follows_an_earlier_one(data, tmp_path):
    workspace = cx.open(data)
    for _ in range(2):
        counts = quarantine(workspace, workspace.check(), tmp_path / "out")
    assert (tmp_path / "out" / "counts.csv").read_text() == counts.to_csv(index=False)


def test_only_its_own_leavings_are_swept_away(tmp_path):
    for name in (".site.config", ".site.abcd_123", ".site2.abcd_123"):
        (tmp_path / name).mkdir()
    with files.published(tmp_path / "site"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".site.config", ".site2.abcd_123", "site"]


def test_a_link_to_a_report_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with files.published(tmp_path / "link") as folder:
        (folder / "index.html").write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert os.listdir(tmp_path / "real") == ["index.html"]
