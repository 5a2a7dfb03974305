"""How a notebook meets a kernel: a papermill engine that spends no time beside the cells.

=======================================  ====================================================================
what takes time elsewhere                what is done here
=======================================  ====================================================================
a fresh process imports for 3 to 12 s    it is forked, see :mod:`cxresearch.kernels.forkserver`
zmq tries again after 0.1 s              the runner connects when the kernel's sockets exist
nbclient waits 0.2 s for silence         the kernel is ready when it has answered on both channels
nbclient polls for death every second    the fork server says at once that a kernel is gone, and why
jupyter_client polls for it every 0.1 s  so it does when a kernel leaves
papermill writes at every cell           the notebook is written at the end
=======================================  ====================================================================
"""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from cxresearch.kernels.provisioner import START, CannotFork, ForkProvisioner
from cxresearch.kernels.sections import REFUSAL, Sections

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())

COUNT = itertools.count(1)
GRACE = 2.5  # seconds for a kernel to leave by itself, as jupyter_client has it
LAST_WORDS = 0.05  # seconds for what a dying kernel printed to arrive


class Unfinished(Exception):
    """A cell after which the notebook cannot go on, though no error of its own says so."""

    def __init__(self, name, message, willing=False):
        super().__init__(message)
        self.name = name
        self.willing = willing


class Client(PapermillNotebookClient):
    """Runs the cells of one notebook as its :class:`Job` asks."""

    def __init__(self, nb_man, job):
        super().__init__(
            nb_man,
            log=log,
            timeout_func=lambda cell: job.timeout,
            iopub_timeout=60,  # a machine under load is late, not broken
            record_timing=False,
            on_cell_executed=self.look,
        )
        self.job = job
        self.gone = None  # a future: the kernel's exit code
        self.willing = False  # to shut down when asked
        self.leaving = False  # the notebook has ended itself

    def execute(self):
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self.run())

    async def run(self):
        self.reset_execution_trackers()
        try:
            with self.job.cancellable(asyncio.get_running_loop(), asyncio.current_task()):
                await self.start()
                self.nb.metadata["language_info"] = await self.ready()
                self.job.ready = time.perf_counter()
                self.willing = await self.run_cells()
                await self.compare_parameters()
                self.set_widgets_metadata()
        finally:
            await self.stop()

    async def start(self):
        """Start a forked kernel, or a fresh one where that cannot be."""
        job = self.job
        common = {"cwd": job.cwd, "env": job.env}
        if job.address:
            try:
                self.km = job.manager()
                self.km.provisioner = ForkProvisioner(
                    parent=self.km, kernel_spec=self.km.kernel_spec, address=job.address
                )
                return await self.km.start_kernel(**common)
            except CannotFork as reason:
                await self.km.cleanup_resources()
                job.pool.cannot_fork(str(reason))
        self.km = job.manager()
        away = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # cells' output comes by message
        await self.km.start_kernel(**away, **common)

    async def ready(self):
        """Wait until the kernel has answered on both channels; return its `language_info`."""
        self.gone = asyncio.ensure_future(self.km.provisioner.wait())
        self.kc = self.km.client()
        self.kc.start_channels(stdin=False, hb=False, control=False)
        self.kc.allow_stdin = False
        answer = asyncio.ensure_future(self.answer())
        done, _ = await asyncio.wait({self.gone, answer}, timeout=START, return_when=asyncio.FIRST_COMPLETED)
        if answer in done:
            return answer.result()
        answer.cancel()
        why = ending(self.gone.result()) if self.gone in done else f"it did not answer for {START:g} s"
        raise DeadKernelError(f"the kernel never got ready: {why}")

    async def answer(self):
        while True:
            reply = await self.kc.kernel_info(reply=True)
            with contextlib.suppress(Empty):  # the subscription came too late to hear of it: ask again
                while True:
                    heard = await self.kc.get_iopub_msg(timeout=0.2)
                    ours = heard["parent_header"].get("msg_id") == reply["parent_header"]["msg_id"]
                    if ours and heard["content"].get("execution_state") == "idle":
                        return reply["content"]["language_info"]

    async def run_cells(self):
        """Run the cells up to the first that fails; return whether the kernel still listens.

        A section that cannot be answered is left out; see :mod:`cxresearch.kernels.sections`.
        """
        self.sections = Sections(self.nb.cells, self.job.lacking, self.job.line)
        for index, cell in enumerate(self.nb.cells):
            self.sections.begin(index)
            if index in self.sections.left_out:
                continue
            self.nb_man.cell_start(cell, index)
            try:
                await self.run_cell(cell, index)
            except CellExecutionError as fault:
                if fault.ename == REFUSAL:
                    self.sections.leave_out(index, fault.evalue)
                    continue
                self.nb_man.cell_exception(cell, cell_index=index, exception=fault)
                return True
            except Unfinished as fault:
                said = {"ename": fault.name, "evalue": str(fault), "traceback": [f"{fault.name}: {fault}"]}
                cell.outputs.append(new_output("error", **said))
                self.nb_man.cell_exception(cell, cell_index=index, exception=fault)
                return fault.willing
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)
        return True

    async def run_cell(self, cell, index):
        self.leaving = False
        try:
            await self.async_execute_cell(cell, index)
        except CellTimeoutError:
            raise Unfinished("CellTimeoutError", f"no result after {self.job.timeout:g} s") from None
        except DeadKernelError:
            if self.job.pool.closed:  # nbclient takes a cancelled task for a dead kernel
                raise asyncio.CancelledError from None
            raise Unfinished("DeadKernelError", ending(await asyncio.shield(self.gone))) from None
        except CellExecutionError as fault:
            if fault.ename != "SystemExit" or fault.evalue not in ("", "0"):
                raise
            self.leaving = True
        after = range(index + 1, len(self.nb.cells))
        pending = sum(runs(self.nb.cells[i]) for i in after if i not in self.sections.left_out)
        if self.leaving and pending:
            cells = "1 code cell" if pending == 1 else f"{pending} code cells"
            raise Unfinished("SystemExit", f"the notebook ended itself with {cells} pending", willing=True)

    async def compare_parameters(self):
        """Ask the kernel, after its last cell, which parameters no longer hold what they were given."""
        if not self.willing or self.leaving or not self.job.parameters:
            return  # it failed, or nobody is there to ask
        as_text = {name: f"f'{{{name}}}'" for name in self.job.parameters}  # a date from its text is the same
        asked = asyncio.ensure_future(
            self.kc.execute("", silent=True, store_history=False, user_expressions=as_text, reply=True)
        )
        await asyncio.wait({self.gone, asked}, timeout=START, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()
            raise DeadKernelError("the kernel did not say which parameters were in force")
        said = asked.result()["content"]["user_expressions"]
        for name, value in self.job.parameters.items():
            held = said[name].get("data", {}).get("text/plain")
            if held != repr(f"{value}"):
                self.job.overridden.append(name)

    def look(self, cell, cell_index, execute_reply):
        """Notice ``exit()`` and ``quit()``, after which IPython leaves a tenth of a second later."""
        asked = execute_reply["content"].get("payload") or ()
        self.leaving = any(one.get("source") == "ask_exit" for one in asked)

    async def _async_poll_kernel_alive(self):
        """Where nbclient asks every second whether the kernel lives, be told."""
        await asyncio.shield(self.gone)
        await asyncio.sleep(LAST_WORDS)
        self.task_poll_for_reply.cancel()

    async def stop(self):
        """Let the kernel leave, or kill it, and leave nothing of it behind."""
        if self.km is None:
            return
        if self.gone is None and self.km.has_kernel:
            self.gone = asyncio.ensure_future(self.km.provisioner.wait())
        if self.gone is not None:
            if self.willing and not self.gone.done():
                await self.km.request_shutdown()
                await asyncio.wait({self.gone}, timeout=GRACE)
            if not self.gone.done():
                await self.km.provisioner.kill()
                await asyncio.wait({self.gone}, timeout=GRACE)
        if self.kc is not None:
            self.kc.stop_channels()
        await self.km.cleanup_resources()


def runs(cell):
    """Whether a cell is code that is not left out."""
    if cell.cell_type != "code" or "skip-execution" in cell.metadata.tags:
        return False
    return bool(cell.source.strip())


def ending(code):
    """How a process ended, in words."""
    if code >= 0:
        return f"the kernel ended with exit code {code}"
    name = signal.Signals(-code).name
    hint = ", as happens when memory runs out" if -code == signal.SIGKILL else ""
    return f"the kernel was ended by {name}{hint}"


class IsolatedKernels(KernelSpecManager):
    """Knows one kernel, whatever is registered on this machine: IPython of this Python, which reads nobody's configuration."""

    def get_kernel_spec(self, kernel_name):
        program = [sys.executable, "-P", str(Path(__file__).with_name("isolated.py")), "{connection_file}"]
        return KernelSpec(argv=program, name=kernel_name, display_name="Python 3", language="python")


class Job:
    """One run of a notebook: what its engine needs beside the notebook, and what the pool learns from it."""

    engine = "cxresearch"  # among papermill's

    def __init__(self, pool, parameters, cwd, timeout, lacking=None, line=None):
        self.pool = pool
        self.parameters = parameters
        self.overridden = []  # the names of those that did not hold to the end
        self.cwd = cwd
        self.timeout = timeout
        self.lacking, self.line = lacking, line  # as of Sections
        self.env = pool.environment()
        self.address = pool._address
        self.notebook = None
        self.ready = None  # by time.perf_counter

    def manager(self):
        """A manager of one IPython kernel, with its sockets in the pool's folder where sockets are files."""
        return AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=IsolatedKernels(),
            transport="ipc" if os.name == "posix" else "tcp",
            connection_file=os.path.join(self.pool.folder, f"{next(COUNT)}.json"),
            log=log,
        )

    @contextlib.contextmanager
    def cancellable(self, loop, task):
        """While this lasts, `cancel` ends `task`, from any thread."""

        def cancel():
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(task.cancel)

        self.cancel = cancel
        with self.pool._lock:
            if self.pool.closed:
                raise asyncio.CancelledError
            self.pool._running.add(self)
        try:
            yield
        finally:
            with self.pool._lock:
                self.pool._running.discard(self)


class ForkEngine(NBClientEngine):
    """The papermill engine; `job` is a :class:`Job`."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, job, **options):
        job.notebook = nb_man.nb
        Client(nb_man, job).execute()


papermill_engines.register(Job.engine, ForkEngine)
