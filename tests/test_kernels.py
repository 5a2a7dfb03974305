"""Notebooks on forked kernels: what works in them, what is told of faults, and what is left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cxresearch.report.kernels import KernelPool, NotebookError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")


def book(*sources):
    return new_notebook(cells=[new_code_cell(textwrap.dedent(source).strip()) for source in sources])


def result(done, cell=-1):
    """The value of a cell's last line."""
    return json.loads(done.notebook.cells[cell].outputs[-1].data["text/plain"])


def alive(pid):
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def soon(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.fixture(scope="module")
def pool():
    """Two kernels at a time, two threads each whatever the machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OMP_NUM_THREADS", raising=False)
        patch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        with KernelPool(jobs=2, threads=2, say=pytest.fail) as pool:
            yield pool


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


# What must work in a child of a process that loaded it: each may keep locks, pools or handles.
LIBRARIES = {
    "blas": """
        import numpy as np, os
        from threadpoolctl import threadpool_info
        a = np.random.default_rng(0).normal(size=(700, 700))
        b = a @ np.linalg.inv(a)
        blas = [p for p in threadpool_info() if p["user_api"] == "blas"]
        two = {p["num_threads"] for p in blas} == {2}
        [bool(np.allclose(b, np.eye(700))), len(blas) > 0, two].count(True)
        """,
    "openmp": """
        import numpy as np
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_info
        X = np.random.default_rng(0).normal(size=(2000, 3))
        y = X[:, 0] > 0
        accuracy = HistGradientBoostingClassifier(max_iter=20).fit(X, y).score(X, y)
        openmp = {p["num_threads"] for p in threadpool_info() if p["user_api"] == "openmp"}
        [accuracy > 0.99, openmp == {2}, True].count(True)
        """,
    "duckdb": """
        import ibis
        con = ibis.duckdb.connect(threads=2)
        con.raw_sql("CREATE TABLE t AS SELECT range AS i, range % 7 AS k FROM range(300000)")
        t = con.table("t")
        found = t.group_by("k").agg(n=t.count(), total=t.i.sum()).order_by("k").execute()
        total = int(found.total.sum())
        [int(found.n.sum()) == 300000, total == 300000 * 299999 // 2, len(found) == 7].count(True)
        """,
    "parquet": """
        import os, tempfile
        import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
        folder = tempfile.mkdtemp()
        table = pa.table({c: list(range(20000)) for c in "abcdef"})
        pq.write_table(table, folder + "/t.parquet", row_group_size=1000)
        frame = pd.read_parquet(folder + "/t.parquet")
        back = pq.read_table(folder + "/t.parquet", use_threads=True)
        [len(frame) == 20000, back.equals(table), int(frame.f.sum()) == 199990000].count(True)
        """,
    "statsmodels": """
        import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
        rng = np.random.default_rng(0)
        d = pd.DataFrame({"x": rng.normal(size=4000)})
        d["y"] = 1 + 2 * d.x + rng.normal(size=4000)
        d["z"] = (rng.random(4000) < 1 / (1 + np.exp(-d.x))).astype(int)
        ols = smf.ols("y ~ x", d).fit().params
        logit = sm.Logit(d.z, sm.add_constant(d.x)).fit(disp=0).params
        [abs(ols.Intercept - 1) < 0.1, abs(ols.x - 2) < 0.1, abs(logit.x - 1) < 0.15].count(True)
        """,
    "joblib": """
        from joblib import Parallel, delayed
        from multiprocessing import get_context
        squares = Parallel(n_jobs=2)(delayed(pow)(i, 2) for i in range(4))
        with get_context("fork").Pool(2) as workers:
            again = workers.starmap(pow, [(i, 2) for i in range(4)])
        [squares == [0, 1, 4, 9], again == squares, True].count(True)
        """,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_works_in_a_forked_kernel(pool, library):
    assert result(pool.execute(book(LIBRARIES[library]), timeout=60)) == 3


def test_server_has_one_thread_after_its_imports(pool):
    pool.execute(book("import pandas"))
    assert len(os.listdir(f"/proc/{pool._server.pid}/task")) == 1


def test_imports_are_there_already(pool):
    done = pool.execute(
        book(
            "import sys; before = len(sys.modules)",
            """
            import ibis, duckdb, pandas, numpy, scipy.stats, statsmodels.api, statsmodels.formula.api
            import matplotlib.pyplot, sklearn.ensemble, sklearn.linear_model, pyarrow.parquet
            len(sys.modules) - before
            """,
        )
    )
    assert result(done) == 0


def test_outputs_are_those_of_a_fresh_kernel(pool, fresh):
    sources = [
        "import os, sys, warnings\nimport pandas as pd\nimport matplotlib.pyplot as plt",
        "pd.DataFrame({'a': [1.5, 2], 'b': ['x', None]})",
        "figure, axes = plt.subplots(figsize=(3, 2))\naxes.plot([1, 3, 2])\naxes.set_title('churn')\nNone",
        "plt.bar(['a', 'b'], [1, 2])\nplt.show()",
        "print('out')\nprint('err', file=sys.stderr)\nos.system('echo from a program')",
        "warnings.warn('mind this')",
        "def f(): ...\n[f.__module__, os.environ.get('MPLBACKEND'), os.environ.get('OPENBLAS_NUM_THREADS')]",
        "sorted(k for k in os.environ if k.startswith(('JE_', 'OMP', 'MPL')))",
        "plt.rcParams['figure.dpi'], plt.get_backend(), __name__, sys.path[1:2], len(sys.argv)",
    ]
    forked = pool.execute(book(*sources)).notebook
    other = fresh.execute(book(*sources)).notebook
    for ours, theirs, source in zip(forked.cells, other.cells, sources, strict=True):
        assert shown(ours) == shown(theirs), source
    assert "image/png" in forked.cells[2].outputs[0].data


def shown(cell):
    """Outputs with streams joined, as the moment of their flushing is chance, and without process numbers."""
    streams, rest = {}, []
    for output in cell.outputs:
        if output.output_type == "stream":
            text = re.sub(r"ipykernel_\d+", "ipykernel", output.text)
            streams[output.name] = streams.get(output.name, "") + text
        else:
            rest.append(dict(output))
    return streams, rest


def test_kernels_share_no_random_numbers(pool):
    draw = (
        "import random, numpy as np\n[random.random(), np.random.random(), np.random.default_rng().random()]"
    )
    drawn = [result(pool.execute(book(draw))) for _ in range(3)]
    assert all(len(set(column)) == 3 for column in zip(*drawn, strict=True))


def test_kernels_share_no_state(bare):
    change = book("import os, json\nos.environ['SEEN'] = '1'\njson.seen = True\nos.chdir('/')")
    look = book(
        "import os, json\n[int('SEEN' in os.environ), int(hasattr(json, 'seen')), int(os.getcwd() == '/')]"
    )
    bare.execute(change)
    assert result(bare.execute(look)) == [0, 0, 0]


def test_parameters_folder_and_output(bare, tmp_path, monkeypatch):
    source, out = tmp_path / "in {a} book.ipynb", tmp_path / "new" / "out {b}.ipynb"
    nb = book("n, name = 1, ''", "import os\n[n, name, os.path.basename(os.getcwd()), os.environ['QUARTER']]")
    nb.cells[0].metadata["tags"] = ["parameters"]
    nb.cells.insert(1, new_markdown_cell("why"))
    nbformat.write(nb, source)
    monkeypatch.setenv("QUARTER", "1997Q3")
    cwd = tmp_path / "data"
    cwd.mkdir()
    done = bare.execute(source, out, {"n": 3, "name": "O'Neil \"x\" \\ 'é'"}, cwd=cwd, timeout=30)
    found = done.notebook.cells[-1].outputs[0].data["text/plain"]
    assert found == repr([3, "O'Neil \"x\" \\ 'é'", "data", "1997Q3"])
    assert nbformat.read(out, as_version=4).cells[-1].outputs == done.notebook.cells[-1].outputs
    assert os.listdir(out.parent) == [out.name]
    assert str(tmp_path) not in out.read_text(encoding="utf-8")
    assert set(done.cells) == {0, 1, 3}
    assert 0 < sum(done.cells.values()) < done.seconds
    assert 0 < done.ready < done.seconds
    assert nbformat.read(source, as_version=4).cells == nb.cells


@pytest.mark.parametrize("name", ["x; import os", "class", "a b", "1", ""])
def test_parameter_that_is_no_name(bare, name):
    with pytest.raises(ValueError, match="is no Python name"):
        bare.execute(book("1"), parameters={name: 1})


def test_what_cannot_run_is_said_before(bare, tmp_path):
    with pytest.raises(ValueError, match=r"parameter when is datetime\.date"):
        import datetime

        bare.execute(book("1"), parameters={"when": datetime.date(2026, 1, 1)})
    with pytest.raises(ValueError, match=r"cwd is .*nowhere, which is no folder"):
        bare.execute(book("1"), cwd=tmp_path / "nowhere")
    (tmp_path / "not.ipynb").write_text("no notebook")
    with pytest.raises(ValueError, match="Notebook does not appear to be JSON"):
        bare.execute(tmp_path / "not.ipynb")
    with pytest.raises(ValueError, match="jobs is 0"), KernelPool(jobs=0):
        pass


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
        "SystemExit: the notebook ended itself with 1 code cells pending",
    ),
    "sys.exit()": (
        "import sys; sys.exit()",
        "SystemExit: the notebook ended itself with 1 code cells pending",
    ),
    "sys.exit(2)": ("import sys; sys.exit(2)", "SystemExit: 2"),
    "quit": ("quit()", "SystemExit: the notebook ended itself with 1 code cells pending"),
    "input": ("input('name?')", "StdinNotImplementedError: "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_told_and_written(bare, tmp_path, fault):
    check_fault(bare, tmp_path, *FAULTS[fault])


@pytest.mark.parametrize("fault", ["error", "exit code", "sys.exit", "quit"])
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
    assert time.perf_counter() - began < 8
    assert str(caught.value).startswith(f"churn.ipynb, code cell 2: {message}")
    assert caught.value.cell == 2
    written = nbformat.read(out, as_version=4)
    code = [cell for cell in written.cells if cell.cell_type == "code"]
    assert [output.output_type for output in code[2].outputs if output.output_type == "error"]
    assert code[3].execution_count is None and not code[3].outputs


def test_death_is_not_polled_for(bare):
    """From the cell's start to the exception: nbclient alone takes 1 s to look."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        with pytest.raises(NotebookError):
            bare.execute(book("print('last words', flush=True)\nimport os\nos._exit(1)"))
        took.append(time.perf_counter() - began)
    assert min(took) < 0.9


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
    assert time.perf_counter() - began < 6


def test_timeout_is_per_cell(bare):
    assert len(bare.execute(book(*["import time; time.sleep(0.3)"] * 3), timeout=0.7).cells) == 3


def test_jobs_run_side_by_side_and_no_more(bare):
    stamp = book("import time; a = time.time(); time.sleep(0.5); [a, time.time()]")
    with ThreadPoolExecutor(4) as callers:
        spans = [result(done) for done in callers.map(lambda _: bare.execute(stamp), range(4))]
    together = [sum(a < end and begin < b for a, b in spans) for begin, end in spans]
    assert max(together) >= 2  # each overlaps itself
    marks = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    running = [sum(step for _, step in marks[: i + 1]) for i in range(len(marks))]
    assert max(running) == 2


def test_within_a_running_event_loop(bare):
    """As in a notebook that makes a report."""
    import asyncio

    async def cell():
        return bare.execute(book("6 * 7"))

    assert result(asyncio.run(cell())) == 42


def test_folder_is_private_and_goes_away(tmp_path):
    with KernelPool(preload=[]) as pool:
        folder = Path(pool.folder)
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(NotebookError):
            pool.execute(book("import os; os._exit(1)"))
        pool.execute(book("1"))
        assert os.listdir(folder) == ["server"]
        server = pool._server.pid
    assert not folder.exists()
    assert not alive(server)


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
        assert time.perf_counter() - began < 3
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
            running.result(timeout=5)
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
import sys, threading
from nbformat.v4 import new_code_cell, new_notebook
from cxresearch.report.kernels import KernelPool
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
    folder, server = runner.stdout.readline().split()

    def pids():
        return [int(pid) for file in Path(folder).glob("*.pids") for pid in file.read_text().split()]

    assert soon(lambda: len(pids()) == 2, 20)
    left = [int(server), *pids()]
    assert all(alive(pid) for pid in left)
    runner.send_signal(end)
    assert soon(lambda: not any(alive(pid) for pid in left))
    assert soon(lambda: not Path(folder).exists())
    runner.communicate(timeout=5)


def test_nothing_reaches_the_terminal(tmp_path):
    """DuckDB's extension prints what it leaked when an interpreter ends."""
    script = """
from nbformat.v4 import new_code_cell, new_notebook
from cxresearch.report.kernels import KernelPool
cells = ["import duckdb; duckdb.connect().sql('select 42').fetchall()", "import os; os.system('echo x >&2')"]
book = new_notebook(cells=[new_code_cell(cell) for cell in cells])
for fork in (True, False):
    with KernelPool(preload=["duckdb"], fork=fork) as pool:
        pool.execute(book)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
