"""Execute parameterised notebooks on kernels that have their imports already.

A fresh kernel spends seconds on importing pandas, scikit-learn, statsmodels, matplotlib and Ibis before its
first cell. A :class:`KernelPool` imports them once, in a process of its own, and forks a kernel from it for
each notebook. A notebook can tell by the clock only: it has its own process, folder, environment and random
numbers, and no other notebook sees what it changes.

Kernels are forked on Linux. Elsewhere, and where that fails, they are fresh, and a line says so.
"""

import asyncio
import json
import keyword
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cxresearch.environment import RUN, without_switches

PRELOAD = (
    *("pandas", "pyarrow.parquet", "pyarrow.pandas_compat", "scipy.stats", "matplotlib.pyplot"),
    *("duckdb", "ibis.backends.duckdb", "ibis.backends.duckdb.converter", "ibis.formats.pandas"),
    *("statsmodels.api", "statsmodels.formula.api"),
    *("sklearn.ensemble", "sklearn.linear_model", "sklearn.model_selection"),
    *("matplotlib.backends.backend_agg", "PIL.JpegImagePlugin", "ibis.expr.types.groupby"),
    *("cxresearch.workspace", "cxresearch.tables.found", "cxresearch.checks.check", "cxresearch.display"),
    *("cxresearch.features.*", "cxresearch.models.*", "cxresearch.charts.*", "cxresearch.stats.*"),
    *("cxresearch.report.parameters", "cxresearch.report.results", "cxresearch.report.verdicts"),
    *("cxresearch.report.ledger", "cxresearch.report.lists"),
)
PROFILES = "ipython"  # in the pool's folder: where IPython keeps what it would keep at home


class NotebookError(RuntimeError):
    """A notebook did not run to its end.

    Attributes
    ----------
    notebook : str
        The file's name.
    cell : int or None
        Which of its code cells failed, from 1; None where no cell could run.
    ename, evalue : str
        The error's type and message. ``CellTimeoutError``, ``DeadKernelError`` and ``SystemExit`` stand for a
        cell that took too long, a kernel that ended, and a notebook that left with cells pending.
    traceback : str
        As the notebook shows it.
    """

    def __init__(self, notebook, cell, ename, evalue, traceback=""):
        super().__init__(notebook, cell, ename, evalue, traceback)
        self.notebook, self.cell, self.ename, self.evalue, self.traceback = self.args

    def __str__(self):
        place = self.notebook if self.cell is None else f"{self.notebook}, code cell {self.cell}"
        return f"{place}: {self.ename}: {self.evalue}"


@dataclass(frozen=True)
class Executed:
    """A notebook that ran to its end.

    Attributes
    ----------
    notebook : nbformat.NotebookNode
        With the parameters injected and the outputs.
    seconds : float
        All of it, from reading the notebook to writing it.
    ready : float
        Until its first cell could run.
    cells : dict of int to float
        The seconds each code cell took, by its position among all cells.
    """

    notebook: object
    seconds: float
    ready: float
    cells: dict


class KernelPool:
    """A process with the imports, and kernels forked from it while the ``with`` block lasts.

    Parameters
    ----------
    preload : sequence of str, optional
        The modules to import once; ``package.*`` is a package with all its modules. One that cannot be imported
        is left to the notebook that wants it.
    jobs : int, optional
        How many notebooks run at a time, for as many threads that call `execute`; further calls wait. Leaving
        the block stops what runs.
    threads : int, optional
        The threads of BLAS and OpenMP in a kernel, by default the cores divided by `jobs`.
        ``OMP_NUM_THREADS`` in the environment comes first.
    fork : bool, optional
        False for fresh kernels.
    say : callable, optional
        Takes the line that says that kernels cannot be forked, once; by default it goes to standard error.
    early : bool, optional
        False to import nothing before the first notebook.

    Attributes
    ----------
    variables : dict of str
        Added to the environment of the kernels that start from then on.

    Notes
    -----
    Kernels share no random state: the global generators of numpy and `random` are seeded afresh in each, so
    what a notebook draws without a seed differs from run to run, as on a fresh kernel. They do share the
    hash seed, thus the order of a set of strings. Preloaded libraries read the environment only once, when
    the pool begins.

    Sockets and keys are in a folder that only this user can enter, which is gone with the pool. When this
    process ends, be it by SIGKILL, its kernels end, and what they started.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> book = new_notebook(cells=[
    ...     new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
    ...     new_code_cell("n * 2"),
    ... ])
    >>> with KernelPool(preload=[]) as pool:
    ...     done = pool.execute(book, parameters={"n": 21})
    >>> done.notebook.cells[-1].outputs[0].data["text/plain"]
    '42'
    """

    def __init__(self, preload=PRELOAD, jobs=1, threads=None, fork=True, say=None, early=True):
        self.preload = preload
        self.jobs = jobs
        self.threads = threads
        self.fork = fork
        self.say = say
        self.early = early
        self.variables = {}

    def __enter__(self):
        if self.jobs < 1:
            raise ValueError(f"jobs is {self.jobs}; at least one notebook must run at a time")
        fits = len(tempfile.gettempdir()) < 70  # the path of a socket has 107 bytes at most
        self.folder = tempfile.mkdtemp(prefix=f"cxresearch-{os.getpid()}-", dir=None if fits else "/tmp")
        os.mkdir(os.path.join(self.folder, PROFILES))
        self.closed = self._told = self._started = self._used = False
        self._server = self._address = None
        self._running = set()
        self._lock = threading.RLock()
        self._workers = ThreadPoolExecutor(self.jobs, thread_name_prefix="notebook")
        if self.early:
            self.start()
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Stop what runs, end the kernels and the process they come from, remove the folder."""
        with self._lock:
            self.closed = True
        self._workers.shutdown(wait=False, cancel_futures=True)
        while running := self._still_running():
            for job in running:
                job.cancel()  # again, as nbclient may take a cancelled wait for an answer that is late
            time.sleep(0.1)
        self._workers.shutdown()
        if self._server is not None:
            if not self._used:
                self._server.kill()  # it may be importing, and there is no kernel to end
            self._server.stdin.close()
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _still_running(self):
        with self._lock:
            return list(self._running)

    def execute(self, notebook, out=None, parameters=None, cwd=None, timeout=None, lacking=None, line=None):
        """Run a notebook on a kernel of its own.

        Parameters
        ----------
        notebook : path or nbformat.NotebookNode
        out : path, optional
            Where to write the executed notebook; one that fails is written too, with the error at its cell.
        parameters : dict, optional
            Values by name; papermill injects them after the cell tagged ``parameters``.
        cwd : path, optional
            The kernel's working folder, by default this process's.
        timeout : float, optional
            The seconds that one cell may take; by default there is no limit.
        lacking, line : callable, optional
            What sections of the notebook need and is not there, and the line in place of one that is left out; see
            :class:`~cxresearch.kernels.sections.Sections`.

        Returns
        -------
        Executed

        Raises
        ------
        NotebookError
            At the first cell that fails, takes too long, or takes the kernel with it; and where at the end a parameter is not the one that was
            given, nor reads like it as text, as a date read from it does.
        ValueError
            Where a parameter's name is no Python name, its value not one that JSON has, the file no notebook, or
            `cwd` no folder.
        """
        parameters = dict(parameters or {})
        for name, value in parameters.items():
            if not name.isidentifier() or keyword.iskeyword(name):
                raise ValueError(f"parameter {name!r} is no Python name")
            try:
                parameters[name] = json.loads(json.dumps(value))
            except TypeError:
                raise ValueError(f"parameter {name} is {value!r}, which JSON does not have") from None
        cwd = os.path.abspath(cwd or os.getcwd())
        if not os.path.isdir(cwd):
            raise ValueError(f"cwd is {cwd}, which is no folder")
        # On a thread even for one: this thread may have a running event loop, as every notebook has.
        return self._workers.submit(
            self._execute, notebook, out, parameters, (cwd, timeout, lacking, line)
        ).result()

    def _execute(self, notebook, out, parameters, options):
        began = time.perf_counter()
        self._used = True
        self.start()
        # Only now: this takes half a second, in which the server has begun to import what notebooks need.
        from cxresearch.kernels import nbfiles as books  # isort: skip
        import papermill
        from nbclient.exceptions import DeadKernelError

        from cxresearch.kernels.engine import Job

        named = isinstance(notebook, (str, os.PathLike))
        name = Path(notebook).name if named else "notebook"
        source = books.read(notebook) if named else notebook
        job = Job(self, parameters, *options)
        named_kernel = {"kernel_name": "python3", "language": "python", "progress_bar": False}
        try:
            papermill.execute_notebook(
                source, None, parameters, engine_name=job.engine, job=job, **named_kernel
            )
        except papermill.PapermillExecutionError as fault:
            upto = job.notebook.cells[: fault.cell_index + 3]  # papermill put two cells of text before it
            number = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in upto)
            text = "\n".join(fault.traceback)
            raise NotebookError(name, number, fault.ename, fault.evalue, text) from None
        except DeadKernelError as fault:
            raise NotebookError(name, None, "DeadKernelError", str(fault)) from None
        except asyncio.CancelledError:
            raise NotebookError(name, None, "Cancelled", "the pool was closed") from None
        finally:
            if job.notebook is not None:
                job.notebook.metadata.papermill.update(input_path=name, output_path=out and Path(out).name)
                if out is not None:
                    books.write(job.notebook, Path(out))
        if job.overridden:
            names = " and ".join(job.overridden)
            raise NotebookError(
                name,
                None,
                "ParameterError",
                f"{names}: the notebook put its own value in place of the one that it was given",
            )
        cells = {
            position: cell.metadata.papermill.duration
            for position, cell in enumerate(job.notebook.cells)
            if cell.cell_type == "code"
        }
        return Executed(job.notebook, time.perf_counter() - began, job.ready - began, cells)

    def start(self):
        """Start the process that kernels are forked from, if that has not been done."""
        with self._lock:
            if self._started:
                return
            self._started = True
            if self.fork and sys.platform != "linux":
                self.cannot_fork("kernels are forked on Linux only")
            elif self.fork:
                try:
                    self._start_server()
                except OSError as fault:
                    self.cannot_fork(str(fault))

    def _start_server(self):
        address = os.path.join(self.folder, "server")
        with _listener() as listener:
            listener.bind(address)
            listener.listen(64)
            self._server = subprocess.Popen(
                [sys.executable, "-P", Path(__file__).with_name("forkserver.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                env=self.environment(),
                start_new_session=True,  # Ctrl-C is for this process
            )
            asked = {"preload": list(self.preload), "listener": listener.fileno(), "folder": self.folder}
            self._server.stdin.write(json.dumps(asked).encode() + b"\n")
            self._server.stdin.flush()
        self._address = address

    def environment(self):
        """This process's without a user's switches, marked as a run, with a core for every thread, and with threads that sleep while they wait.

        OpenMP's threads spin while they wait: with one more busy process than cores, a boosting fit of 0.1 s
        was seen to take 20 s.
        """
        env = without_switches(os.environ) | {RUN: "1"} | self.variables
        env["IPYTHONDIR"] = os.path.join(self.folder, PROFILES)
        env.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        if self.threads or self.jobs > 1:
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            env.setdefault("OMP_NUM_THREADS", str(self.threads or max(1, cores // self.jobs)))
        return env

    def cannot_fork(self, reason):
        """Say so, once; from here on kernels are fresh."""
        with self._lock:
            first, self._address, self._told = not self._told, None, True
        if first:
            line = f"cxresearch: notebooks run on fresh kernels, which takes longer: {reason}"
            (self.say or (lambda line: print(line, file=sys.stderr)))(line)


def _listener():
    """A socket whose number is none of those of standard input, output and error, which the server's own take should the caller have closed them."""
    low = []
    while (one := socket.socket(socket.AF_UNIX)).fileno() < 3:
        low.append(one)
    for other in low:
        other.close()
    return one
