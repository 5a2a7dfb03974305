"""JSON lines: an object a line, as event streams and interfaces of programs write them, as a delimited text."""

import csv
import json

from cxresearch.errors import DataError
from cxresearch.files import unnamed
from cxresearch.reading.unpack import LONGEST, named, opened, shown

MOST, DEEPEST = 1000, 20  # columns, and objects within each other


def delimited(path, owner):
    """The objects of a file of JSON lines as a CSV file that lasts as long as its owner.

    An object within an object becomes columns with a point in their name; a list stays JSON. Lines keep their number, unless blank lines
    stand between them. Nothing is cast: 1.50 stays 1.50.

    Parameters
    ----------
    path : pathlib.Path
    owner : object
        Once nothing holds it, the file is gone.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DataError
        Where a line is no JSON object, is longer than a record may be, or where the file has no lines or too many columns.

    Notes
    -----
    The file is read twice, line by line, because only its end tells which columns it has.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> owner = set()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "orders.jsonl")
    ...     _ = file.write_text('{"id": 7, "customer": {"id": "a"}}\\n{"id": 8, "tags": [1], "amount": 1.50}\\n')
    ...     print(delimited(file, owner).read_text(), end="")
    id,customer.id,tags,amount
    7,a,,
    8,,[1],1.50
    """
    names, lines = {}, 0
    for row in _rows(path):
        names |= dict.fromkeys(row)
        lines += 1
        if len(names) > MOST:
            raise DataError(f"{named(path)}: has more than {MOST:,} columns")
    if not names:
        raise DataError(f"{named(path)}: " + ("its objects are empty" if lines else "is empty"))
    copy = unnamed(owner)
    with copy.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in _rows(path))
    return copy


def _rows(path):
    with opened(path) as stream:
        number = 0
        while line := stream.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise DataError(f"{named(path)}, line {number}: is longer than {LONGEST >> 20} MB")
            if line.strip():
                yield _flat(_object(line, path, number), path, number)


def _object(line, path, number):
    try:
        # numbers stay the texts that they are
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{named(path)}, line {number}: is no JSON ({shown(str(fault))})") from None
    if not isinstance(found, dict):
        raise DataError(f"{named(path)}, line {number}: is JSON, but no object")
    return found


def _flat(found, path, number, above="", depth=0):
    if depth > DEEPEST:
        raise DataError(f"{named(path)}, line {number}: has objects more than {DEEPEST} deep")
    row = {}
    for key, value in found.items():
        name = above + key
        if isinstance(value, dict):
            row |= _flat(value, path, number, f"{name}.", depth + 1)
        elif isinstance(value, bool):
            row[name] = str(value).lower()
        elif isinstance(value, list):
            row[name] = (
                json.dumps(value, ensure_ascii=False).replace('"', "")
                if _is_plain(value)
                else json.dumps(value)
            )
        elif value is not None:
            row[name] = " ".join(str(value).splitlines())
    return row


def _is_plain(values):
    """Whether a list holds numbers alone, which were kept as texts."""
    return all(isinstance(v, str) and v.replace(".", "", 1).lstrip("-").isdigit() for v in values)
