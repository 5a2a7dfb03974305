"""What a library cannot do with data that were handed over is one line with the place; what nobody foresaw has a log file."""

import datetime
import os
import random
import stat
import subprocess
import sys

import duckdb
import ibis
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch import cli, faults, files
from cxresearch.cli import main
from cxresearch.errors import ParameterError
from cxresearch.report.cache import NOTEBOOK, Units
from cxresearch.report.ledger import earlier as forecasts_of
from cxresearch.report.lock import locked
from cxresearch.report.pages.history import history

CUSTOMERS = "customer_id,acquired_at\n" + "".join(f"c{i},2025-01-02\n" for i in range(5))
ROWS = "SELECT i::VARCHAR AS order_id, 'c' || (i % 5) AS customer_id, DATE '2026-01-02' + (i % 200)::INT AS ordered_at, {amount} AS amount FROM range({n}) t(i)"


def one_line(capsys, *said):
    told = capsys.readouterr()
    lines = told.err.strip().splitlines()
    assert len(lines) == 1, told.err
    assert lines[0].startswith("cxresearch: ") and "Traceback" not in told.out
    for text in said:
        assert text in lines[0]
    return lines[0]


def parquet(folder, amount="i + 0.5", n=20_000):
    duckdb.connect().execute(
        f"COPY ({ROWS.format(amount=amount, n=n)}) TO '{folder / 'orders.parquet'}' (FORMAT parquet)"
    )
    return folder / "orders.parquet"


@pytest.mark.parametrize("more", [[], ["--quarantine", "q"]])
def test_spoilt_pages_of_a_parquet_file(tmp_path, capsys, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    path = parquet(tmp_path / "data", "random()")
    data = bytearray(path.read_bytes())
    data[2000:9000] = random.Random(0).randbytes(7000)
    path.write_bytes(data)
    assert main(["check", "data", *more]) == 2
    one_line(capsys, "orders.parquet: cannot be read")
    assert main(["check", "data", "--suggest"]) == 0
    assert "# orders.parquet: cannot be read" in capsys.readouterr().out


def test_a_view_that_raises_tells_its_name_and_nobody_s_address(tmp_path, capsys):
    with duckdb.connect(tmp_path / "crm.duckdb") as connection:
        connection.execute(f"CREATE TABLE orders AS {ROWS.format(amount='1.0', n=3)}")
        connection.execute(
            "CREATE VIEW customers AS SELECT customer_id, error('ana@firm.example broke')::DATE AS acquired_at FROM orders"
        )
    assert main(["check", str(tmp_path / "crm.duckdb")]) == 2
    assert "ana@" not in one_line(capsys, "customers: cannot be read", "[withheld] broke")


def test_a_closed_connection_is_a_fault_of_the_data():
    connection = ibis.duckdb.connect()
    connection.raw_sql(f"CREATE TABLE orders AS {ROWS.format(amount='1.0', n=3)}")
    workspace = cx.open(connection)
    connection.disconnect()
    for asked in (workspace.check, workspace.fingerprint, lambda: workspace.frame("orders")):
        with pytest.raises(cx.DataError, match="orders: cannot be read") as told:
            asked()
        assert told.value.__cause__ is not None


@pytest.mark.parametrize("amount", ["repeat('9', 38)::DECIMAL(38, 0)", "1e308", "-1e308", "1e16"])
def test_an_amount_that_no_sum_can_hold_is_an_error(tmp_path, amount):
    parquet(tmp_path, amount, 60)
    check = cx.open(tmp_path).check("2026-12-31")
    assert check.errors["rule"].str.contains("too large to be added up").tolist() == [True]
    assert check.errors["rows"].tolist() == [60]


def test_whole_decimals_are_numbers(tmp_path):
    parquet(tmp_path, "(i + 12)::DECIMAL(38, 0)", 60)
    workspace = cx.open(tmp_path)
    assert workspace.check("2026-12-31").ok
    assert workspace.frame("orders")["amount"].sum() == sum(range(12, 72))


def test_what_nobody_foresaw_is_one_line_and_a_log_without_addresses(tmp_path, capsys, monkeypatch):
    def broken(given, _):
        raise ZeroDivisionError("ana@firm.example\nsecond line")

    monkeypatch.setattr(cli, "_report", broken)
    words = ["report", "--data", "x", "--period", "2026Q1", "--out", str(tmp_path / "out")]
    assert main(words) == 2
    line = one_line(capsys, "ZeroDivisionError: [withheld]; the details are in ")
    (log,) = (tmp_path / "out" / ".cxresearch").iterdir()
    assert line.endswith(str(log))
    text = log.read_text()
    assert "Traceback" in text and "in broken" in text and "ana@" not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_that_cannot_stand_beside_the_reports_stands_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(faults.tempfile, "gettempdir", lambda: str(tmp_path))
    (tmp_path / "file").write_text("")
    log = faults.write_log(ValueError("x"), tmp_path / "file" / "no")
    assert log.parent == tmp_path and log.name.startswith("cxresearch.fault-")
    monkeypatch.setattr(faults.os, "open", lambda *_: (_ for _ in ()).throw(OSError("no")))
    assert faults.told(ValueError("x")).endswith("no log of it could be written")


def test_too_few_open_files_are_told(tmp_path):
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    parquet(tmp_path, n=60)
    words = f"check {tmp_path} --as-of 2026-12-31", f"report --data {tmp_path} --as-of 2026-03-31 --only 00 --out {tmp_path}/out"  # fmt: skip
    for asked in words:
        done = subprocess.run(
            ["bash", "-c", f"ulimit -n 20; {sys.executable} -m cxresearch {asked}"],
            capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert done.returncode in (0, 2), done.stderr
        if done.returncode:
            assert done.stderr == f"cxresearch: {faults.TOO_MANY}\n"


def test_a_damaged_kept_notebook_is_made_again(tmp_path):
    from nbformat.v4 import new_code_cell, new_notebook

    units = Units(tmp_path / "kept")
    units.store("00", "a" * 30, new_notebook(cells=[new_code_cell("1")]))
    assert units.find("00", "a" * 30).cells[0].source == "1"
    path = units._path("00", "a" * 30)
    whole = path.read_bytes()
    for damage in (b"", b"{}", b"[]", whole[:-9], whole.replace(b'"1"', b'"2"'), b"\xff" + whole):
        path.write_bytes(damage)
        assert units.find("00", "a" * 30) is None
    path.unlink()
    os.mkfifo(path)
    assert units.find("00", "a" * 30) is None and not units.has("00", "a" * 30)
    units.store("00", "a" * 30, new_notebook())
    assert units.find("00", "a" * 30) is not None
    os.mkfifo(tmp_path / "seconds.json")
    assert units.seconds() == {}
    units.took({"00": 1.5})
    assert units.seconds() == {"00": 1.5}
    (tmp_path / "seconds.json").write_text('{"00": "x", "01": 2}')
    assert units.seconds() == {"01": 2}
    assert path.name == NOTEBOOK


ROW = '{"id": "07/m", "notebook": "07", "metric": "m", "unit": "", "estimate": 1, "low": 0, "high": 2}'


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "[" * 100_000, '{"company": "a", "as_of": "2026-01-01", "period": "p"}', "null"]
    + [
        f'{{"company": "a", "as_of": "2026-01-01", "period": {period}, "results": [{row}]}}'
        for period, row in [
            ("1", ROW),
            ('"p"', "1"),
            ('"p"', "{}"),
            ('"p"', ROW.replace("1", '"1"')),
            ('"p"', ROW.replace(": 1", ": NaN")),
            ('"p"', ROW.replace('"m"', "[]")),
        ]
    ],
)
def test_a_damaged_earlier_report_is_passed_over(tmp_path, text):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "results.json").write_text(text)
    assert history(tmp_path, {"company": "a", "as_of": "2026-06-30", "period": "q"}) == []
    whole = f'{{"company": "a", "as_of": "2026-01-01", "period": "p", "results": [{ROW}]}}'
    (tmp_path / "p" / "results.json").write_text(whole)
    assert (
        history(tmp_path, {"company": "a", "as_of": "2026-06-30", "period": "q"})[0]["results"][0]["low"] == 0
    )


def test_pipes_in_the_place_of_what_a_report_reads_are_not_waited_for(tmp_path):
    (tmp_path / "p").mkdir()
    for name in ("results.json", "forecasts.parquet"):
        os.mkfifo(tmp_path / "p" / name)
    assert history(tmp_path, {"company": "a", "as_of": "2026-06-30", "period": "q"}) == []
    assert forecasts_of(tmp_path, datetime.date(2026, 6, 30), "a").empty
    os.mkfifo(tmp_path / "p" / files.LISTED)
    with pytest.raises(ParameterError, match="was not made here"):
        files.replaceable(tmp_path / "p")
    os.mkfifo(tmp_path / ".r.lock")
    with pytest.raises(ParameterError, match="is no file"), locked(tmp_path / "r"):
        pass


@pytest.mark.parametrize("name", ["orders.csv", "cxresearch.toml"])
@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_a_pipe_or_a_device_in_the_workspace_is_named(tmp_path, name, kind, capsys):
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "nowhere")
    assert main(["check", str(tmp_path)]) == 2
    one_line(capsys, name, "is no file")
    if name == "orders.csv":
        assert main(["check", str(tmp_path), "--suggest"]) == 0
