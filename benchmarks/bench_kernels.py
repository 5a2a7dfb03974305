"""Eight notebooks: forked kernels beside plain papermill, and beside the cells alone in one warm process.

Usage: .venv/bin/python benchmarks/bench_kernels.py [NOTEBOOKS]
"""

import os
import resource
import statistics
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# For all alike, and before anything reads it: two kernels of two threads on two cores wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import nbformat  # noqa: E402
import numpy as np  # noqa: E402
from nbformat.v4 import new_code_cell, new_notebook  # noqa: E402

from benchmarks.harness import heading, ratio  # noqa: E402

CELLS = [
    """
    import ibis
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd
    import statsmodels.formula.api as smf
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    """,
    """
    data = "data/cdnow"
    seed = 0
    """,
    """
    con = ibis.duckdb.connect()
    orders = con.read_csv(f"{data}/orders.csv")
    until = orders.ordered_at.cast("date") < ibis.date("1997-10-01")
    first = orders.filter(until).group_by("customer_id").agg(
        n=ibis._.count(), spent=ibis._.amount.sum(), units=ibis._.units.sum(), last=ibis._.ordered_at.max()
    )
    later = orders.filter(~until).group_by("customer_id").agg(again=ibis._.count())
    customers = first.left_join(later, "customer_id").order_by("customer_id").execute()
    customers["stays"] = customers.again.notna().astype(int)
    customers["age"] = (pd.Timestamp("1997-10-01") - pd.to_datetime(customers["last"])).dt.days
    customers[["n", "spent", "units", "age", "stays"]].describe().round(2)
    """,
    """
    model = smf.logit("stays ~ np.log(n) + age + np.log1p(spent)", customers).fit(disp=0)
    pd.concat([model.params, model.conf_int()], axis=1).round(3)
    """,
    """
    X = customers[["n", "spent", "units", "age"]].to_numpy(float)
    train, test, y_train, y_test = train_test_split(X, customers.stays, random_state=seed)
    boosted = HistGradientBoostingClassifier(max_iter=50, random_state=seed).fit(train, y_train)
    p = boosted.predict_proba(X)[:, 1]
    round(roc_auc_score(y_test, boosted.predict_proba(test)[:, 1]), 3)
    """,
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
    left.hist(p, bins=40)
    left.set(title="Probability to stay", xlabel="p", ylabel="customers")
    right.scatter(customers.age, p, s=3)
    right.set(title="By days since the last order", xlabel="days", ylabel="p")
    figure.tight_layout()
    """,
]


def notebook(seed=None):
    """The notebook, to be given a seed, or with one already in it."""
    nb = new_notebook(cells=[new_code_cell(textwrap.dedent(source).strip()) for source in CELLS])
    nb.cells[1].metadata["tags"] = ["parameters"]
    if seed is not None:
        nb.cells[1].source += f"\nseed = {seed}"
    return nb


def clock():
    """Seconds by the wall, and of processors in this process and those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return np.array([time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)])


def forked(jobs, number, folder):
    """All of it on the clock: the pool's start, its imports and its end."""
    from cxresearch.kernels.pool import KernelPool

    def one(i):
        return pool.execute(notebook(), folder / f"{jobs}-{i}.ipynb", {"seed": i}, cwd=ROOT)

    began = clock()
    with ThreadPoolExecutor(jobs) as callers, KernelPool(jobs=jobs) as pool:
        runs = list(callers.map(one, range(number)))
    return clock() - began, statistics.median(run.ready for run in runs[jobs:])


def plain(number, folder):
    """One fresh kernel each, as papermill does it; what its kernels print on standard error is left out."""
    import papermill

    nbformat.write(notebook(), folder / "in.ipynb")
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    began = clock()
    for i in range(number):
        papermill.execute_notebook(
            str(folder / "in.ipynb"),
            str(folder / f"plain-{i}.ipynb"),
            {"seed": i},
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=str(ROOT),
        )
    taken = clock() - began
    os.dup2(kept, 2)
    return taken


def warm(number):
    """The cells of all notebooks in one kernel that ran them before; and its imports, which no clock but ours saw."""
    from cxresearch.kernels.pool import KernelPool

    look = "import time; (time.perf_counter(), time.process_time())"
    rounds = [cell for seed in range(number) for cell in notebook(seed).cells]
    looks = [new_code_cell(look) for _ in range(4)]
    imports, *rest = notebook().cells
    with KernelPool(fork=False) as pool:
        cells = [looks[0], imports, looks[1], *rest, looks[2], *rounds, looks[3]]
        done = pool.execute(new_notebook(cells=cells), cwd=ROOT).notebook
    seen = [cell.outputs[0].data["text/plain"] for cell in done.cells if cell.source == look]
    a, b, c, d = (np.array([float(number) for number in text.strip("()").split(",")]) for text in seen)
    return b - a, d - c


def main(number=8):
    number = int(number)
    packages = ("papermill", "nbclient", "jupyter_client", "ipykernel", "ipython", "duckdb", "scikit-learn")
    heading(f"{number} notebooks: imports, a DuckDB query, a logit, boosting, a figure", packages)
    with tempfile.TemporaryDirectory() as folder:
        imports, cells = warm(number)
        two, ready_two = forked(2, number, Path(folder))
        one, ready_one = forked(1, number, Path(folder))
        theirs = plain(number, Path(folder))
    rows = {
        "importing, once": (imports, ""),
        "the cells alone, in one warm kernel": (cells, ""),
        "ours, 2 at a time": (two, f"   a kernel ready in {ready_two:.2f} s"),
        "ours, 1 at a time": (one, f"   a kernel ready in {ready_one:.2f} s"),
        "papermill, a fresh kernel each": (theirs, ""),
    }
    print(f"  {'seconds':<36} {'wall':>7} {'processors':>11}")
    for name, (seconds, note) in rows.items():
        print(f"  {name:<36} {seconds[0]:7.2f} {seconds[1]:11.2f}{note}")
    for which, (kind, budget) in enumerate(zip(("wall", "processors"), 1.3 * cells + imports, strict=True)):
        print(
            f"  by {kind}: papermill is slower by {theirs[which] / two[which]:.1f} and {theirs[which] / one[which]:.1f};"
        )
        print(
            f"    ours, 2 at a time, needs {two[which]:.2f} s of {budget:.2f} s: 1.3 × the cells and one import"
        )
    print(f"  → 2 at a time {ratio(two[0], theirs[0])}, 1 at a time {ratio(one[0], theirs[0])}")


if __name__ == "__main__":
    main(*sys.argv[1:])
