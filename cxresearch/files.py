"""Folders that are put in place at once and replaced only by what made them, and copies that nobody else can find."""

import contextlib
import ctypes
import errno
import glob
import os
import re
import shutil
import stat
import sys
import tempfile
import weakref
from contextlib import contextmanager
from pathlib import Path

from cxresearch.errors import DataError, ParameterError

TOO_MANY = "too many files are open: raise the limit (ulimit -n), 256 is enough"
AT_FDCWD = -100
RENAME_EXCHANGE = 2  # Linux, renameat2
RENAME_SWAP = 2  # macOS, renamex_np
LISTED = ".made-by-cxresearch"  # in every published folder: the files that it was published with, one a line
OF_THE_SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what a file manager leaves in any folder
WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)  # opening a pipe that nobody writes into would wait
PREFIX = "cxresearch-"  # how private folders begin; the number of their process follows


def replaceable(target, data=()):
    """Refuse to replace a folder that holds anything but what was published there, or the data themselves.

    Parameters
    ----------
    target : path
        The folder to make or to replace.
    data : iterable of path
        The files and folders that the workspace reads, wherever they are.

    Raises
    ------
    ParameterError
        Where `target` is a file, holds a file that it was not published with, or has data in it.
    """
    target = Path(target)
    if target.exists() and not target.is_dir():
        raise ParameterError(f"{target}: is a file; name a folder")
    if not target.is_dir():
        return
    for path in data:
        if Path(path).exists() and Path(path).resolve().is_relative_to(target.resolve()):
            raise ParameterError(
                f"{target}: holds the data; name another folder, as this one would be replaced"
            )
    foreign = _foreign(target)
    if foreign:
        raise ParameterError(
            f"{target}: holds {foreign!r}, which was not made here; move it or name another folder, as this one would be replaced"
        )


def _foreign(folder):
    """A file or link of a folder that it was not published with, by its place in it; None where there is none."""
    listed = made_here(folder)
    return next((name for name in _held(folder) if name not in listed), None)


def made_here(folder):
    """The files that a folder was published with, by their place in it; none where it was not."""
    try:
        return set(text_of(Path(folder) / LISTED).splitlines()) | {LISTED}
    except (OSError, ValueError):
        return set()


def _held(folder):
    """The files and links below a folder, sorted, and the folders that hold nothing."""
    names = []
    for where, folders, files in os.walk(folder):
        inside = [name for name in files if name not in OF_THE_SYSTEM]
        links = [name for name in folders if os.path.islink(os.path.join(where, name))]
        if not files and not folders and Path(where) != Path(folder):
            inside = ["."]
        names += [
            os.path.normpath(os.path.relpath(os.path.join(where, n), folder)) for n in [*inside, *links]
        ]
    return sorted(names)


@contextmanager
def published(target, private=False):
    """A new empty folder beside `target` that takes its place when the block ends well.

    Parameters
    ----------
    target : path
        The folder to make or to replace. Its parents are made.
    private : bool
        Whether only its owner may read it, whatever others may read by default.

    Yields
    ------
    pathlib.Path
        The folder to fill. If the block raises, it is removed and `target` stays as it was; if the process is killed, a folder with a
        name like ``.1997Q3.x7f3a1_b`` is left behind and is swept away by the next run.

    Raises
    ------
    ParameterError
        As of :func:`replaceable`, at the beginning and once more just before the folder is replaced.

    Notes
    -----
    What the folder was published with is listed in a hidden file of it. Where `target` exists the two folders are exchanged in one rename
    (Linux, macOS). Elsewhere the old folder is first moved aside to ``.1997Q3.previous`` and put back by the next run if the process died
    in between. An interruption after the exchange carries `target` as its attribute ``published``.
    """
    target = Path(target)
    target = (
        target.resolve() if target.is_symlink() else target
    )  # the link stays; what it leads to is replaced
    replaceable(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    previous = target.parent / f".{target.name}.previous"
    if previous.exists() and not target.exists():
        previous.rename(target)
    for left in target.parent.glob(f".{glob.escape(target.name)}.????????"):  # as mkdtemp calls them
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    is_in_place = False
    try:
        with _placed(target):
            yield made
            _list(made, private)
            replaceable(target)
            if not target.exists():
                made.rename(target)
                is_in_place = True
            elif _exchange(made, target):
                is_in_place = True
                shutil.rmtree(made)
            else:
                target.rename(previous)
                made.rename(target)
                is_in_place = True
                shutil.rmtree(previous)
    except BaseException as fault:
        shutil.rmtree(made, ignore_errors=True)
        if is_in_place:
            shutil.rmtree(previous, ignore_errors=True)
            fault.published = target
        raise


def discard(folder):
    """Remove a folder that was published, if it holds nothing else; a folder that is not there is no fault."""
    if Path(folder).is_dir() and not Path(folder).is_symlink() and _foreign(Path(folder)) is None:
        shutil.rmtree(folder, ignore_errors=True)


def _list(folder, private):
    """Write down what a folder holds, and let others read it as far as they may read what this process makes."""
    held = _held(folder)
    (folder / LISTED).write_text("".join(f"{name}\n" for name in held), encoding="utf-8")
    if private:
        for name in [*held, LISTED]:
            (folder / name).chmod(0o600)
        return
    mode = stat.S_IMODE(
        (folder / LISTED).stat().st_mode
    )  # asking for the umask would change it for every thread
    folder.chmod(mode | (mode & 0o444) >> 2)


@contextmanager
def _placed(target):
    """Give a fault of the file system that names no place, such as a full disk, the folder that was being written."""
    try:
        yield
    except OSError as fault:
        if fault.filename is None:
            fault.filename = str(target)
        raise


def reports(out, file):
    """The files of one name in the published reports of a folder: not in one being made, left behind, or failed, and no pipe or device."""
    for path in sorted(Path(out).glob(f"*/{file}")):
        is_published = not path.parent.name.startswith(".") and not path.parent.name.endswith("-failed")
        if is_published and path.is_file():
            yield path


def text_of(path):
    """The text of a regular file in UTF-8. A pipe or a device, at which a reader may wait for ever, is refused with an `OSError`."""
    with open(os.open(path, os.O_RDONLY | WITHOUT_WAITING), encoding="utf-8") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is no file", str(path))
        return file.read()


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


def unnamed(owner):
    """A new empty file that only this process can open, and that is gone with its owner or with the process, however that ends.

    On Linux the file has no name, and the path leads to it through this process. Elsewhere it stands in the :func:`private` folder.

    Parameters
    ----------
    owner : object
        What reads the file: once nothing holds the owner any more, the file is gone.

    Returns
    -------
    pathlib.Path
    """
    if sys.platform == "linux":
        try:
            handle = os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR, 0o600)
        except OSError as fault:
            if fault.errno == errno.EMFILE:
                raise DataError(TOO_MANY) from None
        else:
            weakref.finalize(owner, os.close, handle)
            return Path(f"/proc/self/fd/{handle}")
    handle, name = tempfile.mkstemp(dir=private())
    os.close(handle)
    weakref.finalize(owner, Path(name).unlink, missing_ok=True)
    return Path(name)


def private(make=True):
    """A folder of this process in the system's place for temporary files; `tidy` removes it, or else the `sweep` of a later process."""
    folder = Path(tempfile.gettempdir(), f"{PREFIX}{os.getpid()}-private")
    if make:
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def tidy():
    """Remove the private folder of this process, if it has one."""
    shutil.rmtree(Path(tempfile.gettempdir(), f"{PREFIX}{os.getpid()}-private"), ignore_errors=True)


def sweep():
    """Remove what processes of this user that have ended left in the system's place for temporary files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        number = re.match(rf"{PREFIX}(\d+)-", folder.name)
        with contextlib.suppress(OSError):
            if number and folder.lstat().st_uid == os.getuid() and not _lives(int(number[1])):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
