"""Where a report or a quarantine is to stand: nothing that the suite did not make is replaced, and the data least of all."""

import datetime
import os
import stat

import duckdb
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import files
from cxresearch.checks.quarantine import quarantine
from cxresearch.cli import main
from cxresearch.errors import ParameterError
from cxresearch.report import ledger, lists
from cxresearch.report.lock import locked

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
    assert "holds 'thesis.txt', which was not made here" in capsys.readouterr().err
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
    with files.published(tmp_path / "real") as folder:
        (folder / "index.html").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with files.published(tmp_path / "link") as folder:
        (folder / "index.html").write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert sorted(os.listdir(tmp_path / "real")) == [files.LISTED, "index.html"]
    assert (tmp_path / "real" / "index.html").read_text() == "new"


def test_a_file_added_to_a_report_keeps_it_from_being_replaced(data, tmp_path):
    target = tmp_path / "out" / "2026Q1"
    with files.published(target) as folder:
        (folder / "index.html").write_text("old")
        (folder / "lists").mkdir()
        (folder / "lists" / "a.csv").write_text("old")
    (target / ".DS_Store").write_text("of the system")
    with files.published(target) as folder:
        (folder / "index.html").write_text("new")
    assert sorted(os.listdir(target)) == [files.LISTED, "index.html"]
    for mine in ("board_minutes.docx", "lists/notes.txt", "empty/folder"):
        place = target / mine
        place.parent.mkdir(exist_ok=True)
        place.mkdir() if mine == "empty/folder" else place.write_text("mine")
        with pytest.raises(ParameterError, match=mine), files.published(target) as folder:
            (folder / "index.html").write_text("newer")
        assert place.exists()
        assert (target / "index.html").read_text() == "new"
        place.rmdir() if mine == "empty/folder" else place.unlink()
        place.parent.rmdir() if place.parent != target else None
    with pytest.raises(ParameterError, match="late"), files.published(target) as folder:
        (target / "late.txt").write_text("came while the report was made")
    assert (target / "late.txt").exists()


def test_a_report_that_failed_once_takes_no_file_of_others_along(tmp_path):
    with files.published(tmp_path / "r-failed") as folder:
        (folder / "index.html").write_text("failed")
    (tmp_path / "r-failed" / "why.txt").write_text("mine")
    files.discard(tmp_path / "r-failed")
    assert (tmp_path / "r-failed" / "why.txt").exists()
    (tmp_path / "r-failed" / "why.txt").unlink()
    files.discard(tmp_path / "r-failed")
    assert not (tmp_path / "r-failed").exists()


def test_wherever_a_source_leads_is_data(data, tmp_path, monkeypatch, capsys):
    elsewhere = tmp_path / "d"
    elsewhere.mkdir()
    with duckdb.connect(elsewhere / "x.duckdb") as connection:
        connection.execute(f"CREATE TABLE orders AS FROM read_csv('{data}/orders.csv', all_varchar = true)")
    (data / "orders.csv").unlink()
    (data / "customers.csv").unlink()
    (data / "cxresearch.toml").write_text('[workspace]\nsource = "../../d/x.duckdb"\n')
    assert main(["check", str(data)]) == 2
    assert "leads out of the workspace" in capsys.readouterr().err
    monkeypatch.setenv("CXRESEARCH_SOURCE", "")
    words = ["check", str(data), "--allow-source", "../../d/x.duckdb", "--quarantine", str(elsewhere)]
    assert main(words) == 2
    assert "holds the data" in capsys.readouterr().err
    assert (elsewhere / "x.duckdb").exists()
    link = data / "orders.csv"
    real = tmp_path / "real" / "o.csv"
    real.parent.mkdir()
    real.write_text(ORDERS)
    link.symlink_to(real)
    (data / "cxresearch.toml").write_text("")
    assert main(["check", str(data), "--quarantine", str(real.parent)]) == 2
    assert real.read_text() == ORDERS


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".r.lock").symlink_to("precious")
    with pytest.raises(ParameterError, match="is a link"), locked(tmp_path / "r"):
        pass
    assert (tmp_path / "precious").read_text() == "mine"


def test_what_is_published_is_as_open_as_the_user_wants(tmp_path):
    forecasts = pd.DataFrame(
        {"kind": "active", "unit_id": ["a"], "due_on": [datetime.date(2027, 1, 1)], "probability": 0.5}
    )
    for mask in (0o077, 0o027, 0o022):
        before = os.umask(mask)
        try:
            with files.published(tmp_path / "r") as folder:
                (folder / "a").write_text("")
                lists.write([{"who": "customer_id"}], folder)
                ledger.write(
                    forecasts.reindex(columns=[*ledger.KEY, *ledger.NUMBERS]),
                    folder,
                    "2026Q3",
                    datetime.date(2026, 9, 30),
                )
            assert os.umask(mask) == mask
        finally:
            os.umask(before)
        modes = {
            path: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "r", *(tmp_path / "r").rglob("*")]
        }
        assert {oct(mode & mask) for mode in modes.values()} == {"0o0"}, modes
        assert modes[tmp_path / "r"] == 0o777 & ~mask
        assert {modes[path] & 0o007 for path in modes if path.suffix in (".parquet", ".csv")} == {0}


def test_a_quarantine_is_for_its_owner(data, tmp_path):
    workspace = cx.open(data)
    quarantine(workspace, workspace.check(), tmp_path / "q")
    paths = [path for path in (tmp_path / "q").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE((tmp_path / "q").stat().st_mode) == 0o700


def test_a_full_disk_names_the_place(tmp_path):
    with pytest.raises(OSError, match="No space left") as told, files.published(tmp_path / "r"):
        raise OSError(28, "No space left on device")
    assert told.value.filename == str(tmp_path / "r")


def test_an_interruption_after_the_exchange_says_what_is_there(tmp_path, monkeypatch, capsys):
    with files.published(tmp_path / "r") as folder:
        (folder / "a").write_text("old")
    monkeypatch.setattr(files.shutil, "rmtree", _interrupted(files.shutil.rmtree))
    with pytest.raises(KeyboardInterrupt) as told, files.published(tmp_path / "r") as folder:
        (folder / "a").write_text("new")
    assert told.value.published == tmp_path / "r"
    assert sorted(os.listdir(tmp_path)) == ["r"]
    assert (tmp_path / "r" / "a").read_text() == "new"


def _interrupted(real):
    calls = []

    def once(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    return once
