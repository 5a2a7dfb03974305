"""The IPython kernel that notebooks run on: no profile and no startup file of whoever starts it, or of the machine, changes what it does.

A forked kernel is one of its class; a fresh kernel is this file, started as a program.
"""

import sys

from ipykernel.kernelapp import IPKernelApp


class IsolatedKernel(IPKernelApp):
    """An IPython kernel that reads no configuration and runs no startup file."""

    def load_config_file(self, *_, **__):
        """Read nothing."""

    def _run_startup_files(self):
        """Run nothing, ``PYTHONSTARTUP`` included."""


def started(connection_file):
    """A kernel that is ready to `start`; it keeps no history."""
    sys.argv = ["ipykernel_launcher", "-f", connection_file, "--HistoryManager.enabled=False"]
    app = IsolatedKernel.instance()
    app.initialize(sys.argv[1:])
    return app


if __name__ == "__main__":
    started(sys.argv[1]).start()
