"""The process that kernels are forked from: it imports once, starts no thread, and outlives nobody.

:mod:`cxresearch.kernels.pool` starts this file as a program. One connection to its socket is one kernel,
and each message one line of JSON:

================  =========================================================================================
runner to server  ``{"connection_file": …, "cwd": …, "env": {…}}``
kernel to runner  ``{"pid": 4711}`` when its sockets are bound
server to runner  ``{"exit": 0}`` when it is gone, with its exit code or minus the signal;
                  ``{"refused": "why"}`` instead of both where there is to be no kernel
================  =========================================================================================

A kernel lives as long as its connection: when the runner lets go, the server kills it and what it started.
The server lives as long as its standard input: when the runner ends, even by SIGKILL, the server ends its
kernels, removes the folder of sockets and leaves. Should the server itself be killed, Linux ends its kernels.

A fork copies the forking thread alone, so that a lock held by another stays locked in the child for ever.
Hence the server has one thread, and forks no kernel when a preloaded module has started another.
"""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import random
import selectors
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path

# What starts threads when imported, and what keeps it from doing so. A kernel gets its own environment back.
QUIET = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy and scipy: a pool as large as the machine
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow: jemalloc's thread
}
KERNEL = (  # what an IPython kernel loads until its first cell has run
    *("cxresearch.kernels.isolated", "ipykernel.debugger", "tornado.platform.asyncio", "zmq.utils.garbage"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger", "IPython.core.oinspect"),
    *("IPython.extensions.storemagic", "IPython.core.pylabtools"),
)
INLINE = "module://matplotlib_inline.backend_inline"  # read when matplotlib is imported
PR_SET_PDEATHSIG = 1


def threads():
    """The number of threads of this process, those of C libraries included."""
    return len(os.listdir("/proc/self/task"))


def preload(names):
    """Import these modules; one that cannot be imported is left for the notebook to complain about."""
    os.environ.update(QUIET)
    os.environ.setdefault("MPLBACKEND", INLINE)
    os.environ.pop("JPY_PARENT_PID", None)  # of the kernel the runner may be in; ipykernel would watch it
    sys.modules["debugpy"] = None  # ipykernel would load it for a debugger that nobody attaches
    for name in [*KERNEL, *names]:
        with contextlib.suppress(Exception):
            load(name)
    del sys.modules["debugpy"]


def load(name):
    """Import a module, or for ``name.*`` a package and every module in it."""
    package, star, _ = name.partition(".*")
    module = importlib.import_module(package)
    for inside in pkgutil.iter_modules(module.__path__, f"{package}.") if star else ():
        load(f"{inside.name}.*" if inside.ispkg else inside.name)


class Server:
    """Forks a kernel for every connection to `listener` until the file descriptor `alive` is closed."""

    def __init__(self, listener, alive, folder):
        self.listener = listener
        self.alive = alive
        self.folder = folder
        self.kernels = {}  # pid: connection
        self.selector = selectors.DefaultSelector()
        self.pools = None
        self.pid = os.getpid()
        self.libc = ctypes.CDLL(None)

    def serve(self):
        """Serve until nobody holds the other end of `alive`."""
        with contextlib.suppress(ImportError):
            from threadpoolctl import ThreadpoolController

            self.pools = ThreadpoolController()
        woken, wake = socket.socketpair()
        woken.setblocking(False)
        wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self.own = [woken, wake, self.listener]
        for source in (self.alive, self.listener, woken):
            self.selector.register(source, selectors.EVENT_READ)
        gc.freeze()  # what is loaded is never looked at again, so its pages stay shared
        while True:
            ready = [key.fileobj for key, _ in self.selector.select()]
            if self.alive in ready:
                return self.close()
            for source in ready:
                if source is woken:
                    woken.recv(4096)
                    self.reap()
                elif source is self.listener:
                    self.welcome()
                else:
                    self.drop(source)

    def welcome(self):
        """Fork a kernel for the next connection, or say why not."""
        connection, _ = self.listener.accept()
        try:
            connection.settimeout(10)
            request = json.loads(connection.makefile("rb").readline())
            if threads() > 1:
                raise OSError(f"the fork server has {threads()} threads")
            pid = os.fork()
        except (OSError, ValueError) as fault:
            with contextlib.suppress(OSError):
                connection.sendall(line(refused=str(fault)))
            connection.close()
            return
        if pid == 0:
            self.become_kernel(connection, request)
        self.kernels[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ)

    def reap(self):
        """Tell the runners of kernels that have ended."""
        for pid in list(self.kernels):
            if not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                continue
            kill(pid)  # what it started and left behind; until waitpid nobody else can get its number
            _, status = os.waitpid(pid, 0)
            connection = self.kernels.pop(pid)
            self.forget(connection)
            with contextlib.suppress(OSError):
                connection.sendall(line(exit=os.waitstatus_to_exitcode(status)))
            connection.close()

    def drop(self, connection):
        """The runner has let go of a kernel."""
        self.forget(connection)
        for pid, held in self.kernels.items():
            if held is connection:
                kill(pid)

    def forget(self, connection):
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(connection)

    def close(self):
        """End every kernel and remove the folder."""
        for pid in self.kernels:
            kill(pid)
        shutil.rmtree(self.folder, ignore_errors=True)
        os._exit(0)

    def become_kernel(self, connection, request):
        """In the child: put on what the runner asked for, and be an IPython kernel until told to stop."""
        code = 1
        try:
            os.setsid()
            self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self.pid:
                os._exit(1)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.selector.close()
            for held in [*self.own, *self.kernels.values()]:
                held.close()
            os.close(self.alive)
            nothing = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(nothing, fd)
            os.environ.clear()
            os.environ.update(request["env"])
            os.chdir(request["cwd"])
            self.widen()
            reseed()
            gc.enable()
            code = run_kernel(connection, request["connection_file"])
        except BaseException as fault:
            with contextlib.suppress(OSError):
                connection.sendall(line(refused=f"{type(fault).__name__}: {fault}"))
        finally:
            os._exit(code)

    def widen(self):
        """Size the thread pools that are loaded as a fresh process with this environment would have."""
        cores = len(os.sched_getaffinity(0))
        for pool in self.pools.lib_controllers if self.pools else ():
            for name in (f"{pool.internal_api.upper()}_NUM_THREADS", "OMP_NUM_THREADS"):
                if os.environ.get(name, "").isdigit():
                    pool.set_num_threads(int(os.environ[name]))
                    break
            else:
                pool.set_num_threads(cores)


def kill(pid):
    """End a child that nobody has waited for, and its group."""
    for end in (os.killpg, os.kill):  # its group is its own from the moment it has called setsid
        with contextlib.suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)


def reseed():
    """Draw fresh seeds: the global generators of two kernels would else return the same numbers."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def run_kernel(connection, connection_file):
    """Be an IPython kernel, and return its exit code."""
    from cxresearch.kernels.isolated import started

    app = started(connection_file)
    # It would wait seconds for its children, those that have ended included; the server ends them.
    app.kernel._progressively_terminate_all_children = nothing
    connection.sendall(line(pid=os.getpid()))
    connection.close()
    app.start()
    # What an interpreter does on its way out, but for two steps. The kernel's own, to close its sockets, can
    # wait 10 s for a thread that it has just stopped. Freeing every object takes time, and DuckDB reports
    # what leaked.
    atexit.unregister(app.close)
    threading._shutdown()
    atexit._run_exitfuncs()
    return 0


async def nothing():
    """Do nothing."""


def line(**message):
    return json.dumps(message).encode() + b"\n"


def main():
    alive = os.dup(0)
    asked = json.loads(os.fdopen(0, "rb", buffering=0, closefd=False).readline())
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    gc.disable()  # what modules make stays: looking for rubbish in it is a quarter of the time of importing them
    preload(asked["preload"])
    listener = socket.socket(fileno=asked["listener"])
    Server(listener, alive, asked["folder"]).serve()


if __name__ == "__main__":
    main()
