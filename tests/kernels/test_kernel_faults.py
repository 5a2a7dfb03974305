"""Notebooks that do not run to their end: what is told of them, and what is left behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from cxresearch.kernels.pool import KernelPool, NotebookError
from tests.books import book, result

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")


def alive(pid):
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def soon(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.fixture(scope="module")
def bare():
    """Without imports, for what needs none."""
    with KernelPool(preload=[], jobs=2, say=pytest.fail) as pool:
        yield pool


@pytest.fixture(scope="module")
def fresh():
    """No fork."""
    with KernelPool(fork=False, threads=2, say=pytest.fail) as pool:
        yield pool


@pytest.fixture(params=["bare", "fresh"])
def either(request):
    return request.getfixturevalue(request.param)


FAULTS = {
    "error": ("1 / 0", "ZeroDivisionError: division by zero"),
    "syntax": ("def", "SyntaxError: "),
    "exit code": ("import os; os._exit(3)", "DeadKernelError: the kernel ended with exit code 3"),
    "killed": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "DeadKernelError: the kernel was ended by SIGKILL, as happens when memory runs out",
    ),
    "crash": ("import ctypes; ctypes.string_at(0)", "DeadKernelError: the kernel was ended by SIGSEGV"),
    "sys.exit": (
        "import sys; sys.exit(0)",
        "SystemExit: the notebook ended itself with 1 code cell pending",
    ),
    "sys.exit()": (
        "import sys; sys.exit()",
        "SystemExit: the notebook ended itself with 1 code cell pending",
    ),
    "sys.exit(2)": ("import sys; sys.exit(2)", "SystemExit: 2"),
    "quit": ("quit()", "SystemExit: the notebook ended itself with 1 code cell pending"),
    "input": ("input('name?')", "StdinNotImplementedError: "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_told_and_written(bare, tmp_path, fault):
    check_fault(bare, tmp_path, *FAULTS[fault])


@pytest.mark.parametrize("fault", ["exit code", "sys.exit"])
def test_fault_on_a_fresh_kernel_is_the_same(fresh, tmp_path, fault):
    check_fault(fresh, tmp_path, *FAULTS[fault])


def check_fault(pool, tmp_path, source, message):
    out = tmp_path / "out.ipynb"
    nb = book("before = 1", "", source, "after = 1")
    nb.cells.insert(0, new_markdown_cell("why"))
    nbformat.write(nb, tmp_path / "churn.ipynb")
    began = time.perf_counter()
    with pytest.raises(NotebookError) as caught:
        pool.execute(tmp_path / "churn.ipynb", out, timeout=50)
    assert time.perf_counter() - began < 25
    assert str(caught.value).startswith(f"churn.ipynb, code cell 2: {message}")
    assert caught.value.cell == 2
    written = nbformat.read(out, as_version=4)
    code = [cell for cell in written.cells if cell.cell_type == "code"]
    assert [output.output_type for output in code[2].outputs if output.output_type == "error"]
    assert code[3].execution_count is None and not code[3].outputs


def test_death_is_not_polled_for(bare, tmp_path):
    """From the kernel's end to the exception; nbclient alone looks every second."""
    source = f"import os, time\nopen({str(tmp_path / 'when')!r}, 'w').write(str(time.time()))\nos._exit(1)"
    took = []
    for _ in range(3):
        with pytest.raises(NotebookError, match="exit code 1"):
            bare.execute(book(source))
        took.append(time.time() - float((tmp_path / "when").read_text()))
    assert min(took) < 0.5


def test_last_words_of_a_kernel_that_dies_are_kept(bare, tmp_path):
    out = tmp_path / "out.ipynb"
    with pytest.raises(NotebookError):
        bare.execute(book("print('last words')\nimport os, sys\nsys.stdout.flush()\nos._exit(1)"), out)
    assert "last words" in out.read_text(encoding="utf-8")


def test_leaving_with_nothing_pending_is_no_fault(bare):
    nb = book("1", "import sys; sys.exit(0)", "")
    nb.cells.append(new_markdown_cell("Limits"))
    assert bare.execute(nb).notebook.cells[0].execution_count == 1
    assert bare.execute(book("1", "quit()")).notebook.cells[1].execution_count == 2


def test_cell_that_takes_too_long(either):
    nb = book("import os, time", "open('/dev/null').close()\npid = os.getpid()\npid", "while True: pass", "1")
    began = time.perf_counter()
    with pytest.raises(
        NotebookError, match=r"notebook, code cell 3: CellTimeoutError: no result after 0.5 s"
    ):
        either.execute(nb, timeout=0.5)
    assert time.perf_counter() - began < 20


def test_what_a_notebook_started_ends_with_it(bare):
    done = bare.execute(book("import subprocess\nsubprocess.Popen(['sleep', '60']).pid"))
    assert soon(lambda: not alive(result(done)))


def test_closing_stops_what_runs():
    with ThreadPoolExecutor(1) as callers, KernelPool(preload=[]) as pool:
        running = callers.submit(pool.execute, book("import time; time.sleep(60)"))
        kernels = Path(f"/proc/{pool._server.pid}/task/{pool._server.pid}/children")
        assert soon(lambda: kernels.read_text().split())
        time.sleep(1)
        began = time.perf_counter()
        pool.close()
        with pytest.raises(NotebookError, match="the pool was closed"):
            running.result()
        assert time.perf_counter() - began < 10
        with pytest.raises(RuntimeError):
            pool.execute(book("1"))


def test_server_that_dies_takes_its_kernels_and_the_rest_runs_fresh():
    lines = []
    with ThreadPoolExecutor(1) as callers, KernelPool(preload=[], say=lines.append) as pool:
        pid = result(pool.execute(book("import os; os.getppid()")))
        assert pid == pool._server.pid
        running = callers.submit(pool.execute, book("import time", "time.sleep(60)"))
        kernels = Path(f"/proc/{pid}/task/{pid}/children")
        assert soon(lambda: kernels.read_text().split())
        kernel = int(kernels.read_text().split()[0])
        time.sleep(0.5)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(NotebookError, match="SIGKILL"):
            running.result(timeout=20)
        assert soon(lambda: not alive(kernel))
        assert lines == []
        assert result(pool.execute(book("6 * 7"))) == 42
        assert result(pool.execute(book("6 * 7"))) == 42
    assert len(lines) == 1
    assert lines[0].startswith("cxresearch: notebooks run on fresh kernels, which takes longer: ")


def test_threads_in_the_server_are_a_reason_not_to_fork(tmp_path, monkeypatch, capfd):
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with KernelPool(preload=["threaded", "no_such_module"]) as pool:
        assert result(pool.execute(book("6 * 7"))) == 42
    told = "cxresearch: notebooks run on fresh kernels, which takes longer: the fork server has 2 threads\n"
    assert capfd.readouterr() == ("", told)


RUNNER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell ignores it, and so its children
from nbformat.v4 import new_code_cell, new_notebook
from cxresearch.kernels.pool import KernelPool
cell = "import os, subprocess, sys, time; p = subprocess.Popen(['sleep', '60']); " \\
       "open(sys.argv[2][:-5] + '.pids', 'w').write(f'{os.getpid()} {p.pid}'); time.sleep(60)"
with KernelPool(preload=[]) as pool:
    print(pool.folder, pool._server.pid, flush=True)
    pool.execute(new_notebook(cells=[new_code_cell(cell)]))
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=lambda end: end.name)
def test_runner_that_ends_leaves_nothing(end):
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        folder, server = runner.stdout.readline().split()

        def pids():
            return [int(pid) for file in Path(folder).glob("*.pids") for pid in file.read_text().split()]

        assert soon(lambda: len(pids()) == 2, 30)
        left = [int(server), *pids()]
        assert all(alive(pid) for pid in left)
        runner.send_signal(end)
        assert soon(lambda: not any(alive(pid) for pid in left), 30)  # the cell would take 60
        assert soon(lambda: not Path(folder).exists())
    finally:
        runner.kill()
        runner.communicate(timeout=5)


def test_folder_is_private_and_goes_away(tmp_path):
    with KernelPool(preload=[]) as pool:
        folder = Path(pool.folder)
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(NotebookError):
            pool.execute(book("import os; os._exit(1)"))
        pool.execute(book("1"))
        assert sorted(os.listdir(folder)) == ["ipython", "server"]
        server = pool._server.pid
    assert not folder.exists()
    assert not alive(server)


def test_timeout_is_per_cell(bare):
    assert len(bare.execute(book(*["import time; time.sleep(0.3)"] * 3), timeout=0.7).cells) == 3


def test_kernel_that_does_not_leave_is_ended(bare):
    began = time.perf_counter()
    bare.execute(book("import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()"))
    assert time.perf_counter() - began < 20
