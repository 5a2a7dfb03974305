"""Notebooks on forked kernels do what they do on fresh ones, only sooner."""

import asyncio
import datetime
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from cxresearch.kernels.pool import KernelPool, NotebookError
from tests.books import book, result, shown

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")


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


# What must work in a child of a process that loaded it: each may keep locks, pools or handles.
LIBRARIES = {
    "blas": """
        import numpy as np
        from threadpoolctl import threadpool_info
        a = np.random.default_rng(0).normal(size=(700, 700))
        b = a @ np.linalg.inv(a)
        blas = [p for p in threadpool_info() if p["user_api"] == "blas"]
        [bool(np.allclose(b, np.eye(700))), {p["num_threads"] for p in blas} == {2}]
        """,
    "openmp": """
        import numpy as np
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_info
        X = np.random.default_rng(0).normal(size=(2000, 3))
        y = X[:, 0] > 0
        accuracy = HistGradientBoostingClassifier(max_iter=20).fit(X, y).score(X, y)
        openmp = {p["num_threads"] for p in threadpool_info() if p["user_api"] == "openmp"}
        [bool(accuracy > 0.99), openmp == {2}]
        """,
    "duckdb": """
        import ibis
        con = ibis.duckdb.connect(threads=2)
        con.raw_sql("CREATE TABLE t AS SELECT range AS i, range % 7 AS k FROM range(300000)")
        t = con.table("t")
        found = t.group_by("k").agg(n=t.count(), total=t.i.sum()).order_by("k").execute()
        total = int(found.total.sum())
        [int(found.n.sum()) == 300000, total == 300000 * 299999 // 2, len(found) == 7]
        """,
    "parquet": """
        import tempfile
        import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
        folder = tempfile.mkdtemp()
        table = pa.table({c: list(range(20000)) for c in "abcdef"})
        pq.write_table(table, folder + "/t.parquet", row_group_size=1000)
        frame = pd.read_parquet(folder + "/t.parquet")
        back = pq.read_table(folder + "/t.parquet", use_threads=True)
        [len(frame) == 20000, back.equals(table), int(frame.f.sum()) == 199990000]
        """,
    "statsmodels": """
        import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
        rng = np.random.default_rng(0)
        d = pd.DataFrame({"x": rng.normal(size=4000)})
        d["y"] = 1 + 2 * d.x + rng.normal(size=4000)
        d["z"] = (rng.random(4000) < 1 / (1 + np.exp(-d.x))).astype(int)
        ols = smf.ols("y ~ x", d).fit().params
        logit = sm.Logit(d.z, sm.add_constant(d.x)).fit(disp=0).params
        [bool(abs(error) < 0.15) for error in (ols.Intercept - 1, ols.x - 2, logit.x - 1)]
        """,
    "joblib": """
        from joblib import Parallel, delayed
        [Parallel(n_jobs=2)(delayed(pow)(i, 2) for i in range(4)) == [0, 1, 4, 9]]
        """,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_works_in_a_forked_kernel(pool, library):
    assert all(result(pool.execute(book(LIBRARIES[library]), timeout=60)))


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
        "import gc, signal\n[gc.isenabled(), gc.get_threshold(), signal.getsignal(signal.SIGCHLD)]",
        "sorted(k for k in os.environ if k.startswith(('JE_', 'OMP', 'MPL')))",
        "plt.rcParams['figure.dpi'], plt.get_backend(), __name__, sys.path[1:2], len(sys.argv)",
    ]
    forked = pool.execute(book(*sources)).notebook
    other = fresh.execute(book(*sources)).notebook
    for ours, theirs, source in zip(forked.cells, other.cells, sources, strict=True):
        assert shown(ours) == shown(theirs), source
    assert "image/png" in forked.cells[2].outputs[0].data


def test_kernels_share_no_random_numbers(pool):
    draw = "import random, numpy as np\n[r() for r in (random.random, np.random.random)]"
    drawn = [result(pool.execute(book(draw))) for _ in range(3)]
    assert all(len(set(column)) == 3 for column in zip(*drawn, strict=True))


def test_kernels_share_no_state(bare):
    change = book("import os, json\nos.environ['SEEN'] = '1'\njson.seen = True\nos.chdir('/')")
    look = book("import os, json\n['SEEN' in os.environ, hasattr(json, 'seen'), os.getcwd() == '/']")
    bare.execute(change)
    assert result(bare.execute(look)) == [False, False, False]


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
    assert result(done) == [3, "O'Neil \"x\" \\ 'é'", "data", "1997Q3"]
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
        bare.execute(book("1"), parameters={"when": datetime.date(2026, 1, 1)})
    with pytest.raises(ValueError, match=r"cwd is .*nowhere, which is no folder"):
        bare.execute(book("1"), cwd=tmp_path / "nowhere")
    (tmp_path / "not.ipynb").write_text("no notebook")
    with pytest.raises(ValueError, match=r"not\.ipynb, line 1: is no notebook"):
        bare.execute(tmp_path / "not.ipynb")
    with pytest.raises(ValueError, match="jobs is 0"), KernelPool(jobs=0):
        pass


@pytest.mark.parametrize(
    "given", [{"data": "a'b", "as_of": "2026-09-30"}, {"as_of": "2026-09-30", "size": 1.5, "more": [1, None]}]
)
def test_a_parameter_that_does_not_hold_to_the_end_fails_the_notebook(bare, given):
    later = "import datetime\nas_of = datetime.date.fromisoformat(as_of)"
    assert bare.execute(book("1", later), parameters=given)
    for name in given:
        lost = book("1", later, f"{name} = 'its own'")
        with pytest.raises(
            NotebookError, match=f"notebook: ParameterError: {name}: the notebook put its own"
        ):
            bare.execute(lost, parameters=given)
        with pytest.raises(NotebookError, match=f"ParameterError: {name}: "):
            bare.execute(book("1", later, f"del {name}"), parameters=given)
    with pytest.raises(
        NotebookError, match="ParameterError: as_of: "
    ):  # its cell has lost its tag: the default wins
        bare.execute(book("as_of = '2020-01-01'", later), parameters=given)


def test_jobs_run_side_by_side_and_no_more(bare):
    stamp = book("import time; a = time.time(); time.sleep(0.8); [a, time.time()]")
    with ThreadPoolExecutor(4) as callers:
        spans = [result(done) for done in callers.map(lambda _: bare.execute(stamp), range(4))]
    marks = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    running = [sum(step for _, step in marks[: i + 1]) for i in range(len(marks))]
    assert max(running) == 2


def test_within_a_running_event_loop(bare):
    """As in a notebook that makes a report."""

    async def cell():
        return bare.execute(book("6 * 7"))

    assert result(asyncio.run(cell())) == 42


def test_nothing_reaches_the_terminal(tmp_path):
    """DuckDB's extension prints what it leaked when an interpreter ends."""
    script = """
from nbformat.v4 import new_code_cell, new_notebook
from cxresearch.kernels.pool import KernelPool, NotebookError
cells = ["import duckdb; duckdb.connect().sql('select 42').fetchall()", "import os; os.system('echo x >&2')"]
book = new_notebook(cells=[new_code_cell(cell) for cell in cells])
for fork in (True, False):
    with KernelPool(preload=["duckdb"], fork=fork) as pool:
        pool.execute(book)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
