"""Where faults that nobody foresaw become one line: what an engine could not do, with its table, and whatever else is left, with a log file."""

import contextlib
import datetime
import errno
import os
import re
import tempfile
import traceback
from pathlib import Path

from cxresearch.errors import DataError, ParameterError
from cxresearch.files import TOO_MANY
from cxresearch.masking import masked

# What reads tables: a fault of these while a table is read is one of the data.
ENGINES = {"duckdb", "_duckdb", "ibis", "pyarrow", "psycopg", "sqlglot", "pyspark", "py4j", "google", "snowflake"}  # fmt: skip
NO_ROOM = (
    "IOException",
    "OutOfMemoryException",
)  # of DuckDB: the disk or the memory, not the data, is at fault
PASSWORD = re.compile(r"(://[^/\s:@'\"]*:)[^\s@'\"]*@")
LONGEST, MOST = 400, 560  # characters of what a library says, and of a line of our own


@contextlib.contextmanager
def reading(label):
    """Name the table that was being read when something went wrong.

    Parameters
    ----------
    label : str
        What a message calls the place: a file's or a table's name.

    Raises
    ------
    DataError
        In one line, where an engine could not read it: a spoilt file, a view that raises, a connection that is closed.
    """
    try:
        yield
    except (DataError, ParameterError):
        raise
    except Exception as fault:
        if too_many(fault):
            raise DataError(TOO_MANY) from fault
        module = type(fault).__module__.partition(".")[0]
        if module in ENGINES and type(fault).__name__ not in NO_ROOM:
            raise DataError(f"{label}: cannot be read: {first_line(fault)}") from fault
        fault.add_note(label)
        raise


def first_line(fault, most=LONGEST):
    """What a fault says, in one line of at most so many characters, without personal data and control characters."""
    text = next((line for line in str(fault).splitlines() if line.strip()), "") or type(fault).__name__
    text = PASSWORD.sub(r"\1***@", text)
    text = masked(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return text if len(text) <= most else text[: most - 1] + "…"


def too_many(fault):
    """Whether a fault, or what caused it, is that no more files can be opened."""
    seen = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        if getattr(fault, "errno", None) == errno.EMFILE or "Too many open files" in str(fault):
            return True
        fault = fault.__cause__ or fault.__context__
    return False


def told(fault, folder=None):
    """The line that tells a fault to whoever called a command.

    Parameters
    ----------
    fault : Exception
    folder : path, optional
        Where the log of a fault that nobody foresaw goes; by default, and where that cannot be written, the system's place for temporary
        files.

    Returns
    -------
    str
        The cause and its place as far as they are known. Of a fault that nobody foresaw the traceback is in a log file, which the line names;
        addresses and numbers of persons are masked in it.
    """
    if isinstance(fault, (DataError, ParameterError)):
        return first_line(" ".join(str(fault).splitlines()), MOST)
    if too_many(fault):
        return TOO_MANY
    if isinstance(fault, OSError):
        return ": ".join(str(part) for part in (fault.filename, fault.strerror or fault) if part is not None)
    places = "".join(f"{place}: " for place in reversed(getattr(fault, "__notes__", [])))
    if type(fault).__name__ in NO_ROOM and "duckdb" in type(fault).__module__:
        return places + first_line(fault)
    if isinstance(fault, MemoryError):
        return f"{places}there is not enough memory"
    log = write_log(fault, folder)
    where = f"the details are in {log}" if log else "no log of it could be written"
    return f"{places}{type(fault).__name__}: {first_line(fault)}; {where}"


def write_log(fault, folder=None):
    """Write the traceback of a fault into a file that only its owner can read; its path, None where that cannot be."""
    text = masked("".join(traceback.format_exception(fault)))
    name = f"fault-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for place in filter(None, (folder, tempfile.gettempdir())):
        path = Path(place, name if place == folder else f"cxresearch.{name}")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return path
    return None
