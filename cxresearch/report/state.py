"""One state of the data for a whole report: what all its notebooks read is what its fingerprint says."""

import contextlib

from cxresearch.errors import DataError
from cxresearch.tables import databases


class State:
    """The state of a workspace while the ``with`` block lasts.

    A PostgreSQL database is read as it was when the block began, by this process and by the kernels that get `variables`. A DuckDB file is
    held open, so that nobody can write into it. Files may be replaced or rewritten all the same, and other databases go on: `require` finds
    that out at the end.

    Parameters
    ----------
    workspace : Workspace

    Attributes
    ----------
    fingerprint : dict
        Of each table, as :meth:`~cxresearch.workspace.Workspace.fingerprint` gives it.
    variables : dict
        What the environment of a kernel needs to see the same state.
    """

    def __init__(self, workspace):
        self.workspace = workspace
        self._held = contextlib.ExitStack()

    def __enter__(self):
        self._stamps = stamps(self.workspace)
        self.variables = self._held.enter_context(databases.held(self.workspace.connection))
        self.fingerprint = self.workspace.fingerprint()
        return self

    def __exit__(self, *_):
        self._held.close()

    def require(self):
        """Refuse data that are no longer what they were when the block began.

        Raises
        ------
        DataError
            With the first place that has changed.
        """
        now = stamps(self.workspace)
        changed = next((path for path, stamp in self._stamps.items() if now.get(path) != stamp), None)
        if not changed and not self.variables:
            prints = self.workspace.fingerprint()
            changed = next((name for name in prints if prints[name] != self.fingerprint[name]), None)
        if changed:
            raise DataError(
                f"{changed}: changed while the report was made; nothing was published: run it again"
            )


def stamps(workspace):
    """When each file of a workspace was last touched, and which file it is.

    The time of the last change of a file's state is among them: unlike that of its content, no program can put it back.
    """
    states = {path: path.stat() if path.exists() else None for path in workspace.files()}
    return {path: s and (s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_ino) for path, s in states.items()}
