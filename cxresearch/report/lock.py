"""One run of a period at a time."""

import os
from contextlib import contextmanager
from pathlib import Path

from cxresearch.errors import ParameterError

NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def locked(target):
    """Hold the right to write `target` while the block runs; the lock of a process that died is no lock.

    Raises
    ------
    ParameterError
        Where another run holds it.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    place = target.parent / f".{target.name}.lock"
    if place.is_symlink():  # what it leads to would be overwritten
        raise ParameterError(f"{place}: is a link, not a lock; remove it")
    if place.exists() and not place.is_file():
        raise ParameterError(f"{place}: is no file, thus no lock; remove it")
    with open(os.open(place, os.O_RDWR | os.O_CREAT | NO_LINK, 0o644), "r+") as file:
        if not _take(file):
            file.seek(0)
            raise ParameterError(
                f"{target}: another run (process {file.read().strip() or '?'}) is writing it"
            )
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file):
    """Lock an open file for this process; the system lets go of it when the process ends, however it ends."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
