"""Reports whose caller closed what a program is born with, or stopped listening."""

import os
import subprocess
import sys

import pytest
from paths import ROOT

CUSTOMERS = "customer_id,acquired_at\n" + "".join(f"c{i},2025-01-02\n" for i in range(9))
ORDERS = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"{i},c{i % 9},2026-0{1 + i % 6}-1{i % 10},{i}.5\n" for i in range(300)
)


@pytest.fixture
def shell(tmp_path):
    """Run `report --only 00` as a shell writes it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "data" / "orders.csv").write_text(ORDERS)
    command = f"{sys.executable} -m cxresearch report --data data --as-of 2026-06-30 --only 00 --out out"

    def run(before="", after=""):
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {before} {command} {after}"],
            cwd=tmp_path, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    return run


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_a_closed_stdin_keeps_the_fork_server(shell, tmp_path, closed):
    done = shell(after=closed)
    assert done.returncode == 0, done.stderr
    assert "fresh kernels" not in done.stdout + done.stderr
    assert (tmp_path / "out" / "2026-06-30" / "index.html").exists()


def test_a_reader_who_stops_does_not_stop_the_report(shell, tmp_path):
    done = shell(after="| head -1")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1
    assert (tmp_path / "out" / "2026-06-30" / "index.html").exists()
