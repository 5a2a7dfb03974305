"""Put a finished folder in its place at once, so that a reader sees the old report or the new one, never half of either."""

import ctypes
import errno
import glob
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from cxresearch.errors import ParameterError

AT_FDCWD = -100
RENAME_EXCHANGE = 2  # Linux, renameat2
RENAME_SWAP = 2  # macOS, renamex_np


def replaceable(target, mark, source):
    """Refuse to replace what the suite did not make, or what holds the data themselves.

    Parameters
    ----------
    target : path
        The folder to make or to replace.
    mark : str
        A file that every such folder holds.
    source : path or str
        The workspace.

    Raises
    ------
    ParameterError
        Where `target` is a file, holds something but no `mark`, or has the workspace in it.
    """
    target = Path(target)
    if target.exists() and not target.is_dir():
        raise ParameterError(f"{target}: is a file; name a folder")
    if target.is_dir() and Path(source).exists() and Path(source).resolve().is_relative_to(target.resolve()):
        raise ParameterError(f"{target}: holds the data; name another folder, as this one would be replaced")
    held = sorted(os.listdir(target)) if target.is_dir() else []
    if held and mark not in held:
        raise ParameterError(
            f"{target}: holds {held[0]!r} and no {mark}; name another folder, as this one would be replaced"
        )


@contextmanager
def published(target):
    """A new empty folder beside `target` that takes its place when the block ends well.

    Parameters
    ----------
    target : path
        The folder to make or to replace. Its parents are made.

    Yields
    ------
    pathlib.Path
        The folder to fill. If the block raises, it is removed and `target` stays as it was; if the process is killed, a folder with a
        name like ``.1997Q3.x7f3a1_b`` is left behind and is swept away by the next run.

    Notes
    -----
    Where `target` exists the two folders are exchanged in one rename (Linux, macOS). Elsewhere the old folder is first moved
    aside to ``.1997Q3.previous`` and put back by the next run if the process died in between.
    """
    target = Path(target)
    target = (
        target.resolve() if target.is_symlink() else target
    )  # the link stays, and what it leads to is replaced
    target.parent.mkdir(parents=True, exist_ok=True)
    previous = target.parent / f".{target.name}.previous"
    if previous.exists() and not target.exists():
        previous.rename(target)
    for left in target.parent.glob(f".{glob.escape(target.name)}.????????"):  # as mkdtemp calls them
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    made.chmod(0o755)
    try:
        yield made
        if not target.exists():
            made.rename(target)
        elif _exchange(made, target):
            shutil.rmtree(made)
        else:
            target.rename(previous)
            made.rename(target)
            shutil.rmtree(previous)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def reports(out, file):
    """The files of one name in the published reports of a folder: not in one being made, left behind, or failed."""
    for path in sorted(Path(out).glob(f"*/{file}")):
        if not path.parent.name.startswith(".") and not path.parent.name.endswith("-failed"):
            yield path


def _exchange(one, other):
    """Exchange two folders in one system call; False where the platform or the file system has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    a, b = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = libc.renamex_np(a, b, RENAME_SWAP)
        else:
            failed = libc.renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE)
    except AttributeError:
        return False
    if failed and ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))
    return not failed
