"""A terminal that is narrow in letters, full, or gone: one line, or none, and never a traceback."""

import json
import os
import signal
import subprocess
import sys

import pytest

ORDERS = "order_id,customer_id,ordered_at,amount\n1,é,2026-13-01,5\n"


@pytest.fixture
def check(tmp_path):
    """Run the check in a shell: ``check("> /dev/full")`` returns the exit code, and what was printed where."""
    (tmp_path / "orders.csv").write_text(ORDERS)

    def run(then="", *options, **environment):
        words = f'"{sys.executable}" -m cxresearch check "{tmp_path}" {" ".join(options)} {then}'
        done = subprocess.run(
            ["sh", "-c", words], capture_output=True, env=os.environ | environment, timeout=60, check=False
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def test_letters_that_a_terminal_does_not_know_are_escaped(check):
    code, said, fault = check(PYTHONIOENCODING="ascii")
    assert (code, fault) == (1, "") and said.startswith("error: orders.csv \\xb7 ordered_at")


def test_json_can_be_read_whatever_the_terminal_knows(check):
    code, said, fault = check("", "--json", PYTHONIOENCODING="ascii")
    assert (code, fault) == (1, "") and json.loads(said)["rows"] == {"orders": 1}


def test_a_full_disk_is_told_in_one_line(check):
    code, _said, fault = check("> /dev/full")
    assert code != 0 and fault.count("\n") == 1 and "No space left on device" in fault
    assert "None" not in fault


@pytest.mark.parametrize("then", [">&-", "| true", "2>&-"])
def test_nobody_reads_what_is_printed(check, then):
    _, _, fault = check(then)
    assert fault == ""


def test_a_folder_whose_name_is_no_text_is_named(tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    with open(folder + b"/orders.csv", "w") as file:
        file.write(ORDERS)
    done = subprocess.run(
        [sys.executable, "-m", "cxresearch", "check", folder], capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert b"caf\\udce9': its name is not UTF-8; rename it" in done.stderr


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_ended_from_outside_no_copy_of_the_data_stays_behind(name, tmp_path):
    code = (
        "import sys, time; from cxresearch import cli; from cxresearch.files import private\n"
        "def wait(*_):\n    (private() / 'orders.csv').write_text('x'); print(private(), flush=True); time.sleep(60)\n"
        "cli._check, sys.argv = wait, ['cxresearch', 'check', '.']; cli.entry()"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    # a suite that runs under nohup ignores SIGHUP, and its children would inherit that
    code = f"import signal; signal.signal(signal.{name}, signal.SIG_DFL)\n{code}"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert child.stdout.readline()
    child.send_signal(getattr(signal, name))
    _, fault = child.communicate(timeout=30)
    assert (child.returncode, fault) == (130, b"cxresearch: interrupted; nothing was published\n")
    assert os.listdir(tmp_path) == []
