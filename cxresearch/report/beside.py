"""The small tables that commands append to beside the data, as CSV files: read whole or refused, written aside and put in place at once."""

import csv
import io

from cxresearch import files
from cxresearch.errors import DataError


def read(path, largest):
    """Header and rows of a file.

    Parameters
    ----------
    path : pathlib.Path
    largest : int
        Bytes from which on it is refused.

    Returns
    -------
    list of str, list of dict

    Raises
    ------
    DataError
        Where it is larger, no CSV file in UTF-8, or has a line with more or fewer values than its header has names.
    """
    if path.stat().st_size > largest:
        raise DataError(f"{path.name}: is larger than {largest >> 20} MB")
    try:
        reader = csv.DictReader(io.StringIO(files.text_of(path).removeprefix("\ufeff")), strict=True)
        rows = list(reader)
    except (OSError, ValueError, csv.Error) as fault:
        raise DataError(f"{path.name}: cannot be read as a CSV file in UTF-8: {fault}") from None
    for line, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise DataError(f"{path.name}, line {line}: has more or fewer values than the header has names")
    return list(reader.fieldnames or []), rows


def write(path, header, rows):
    """Put a file in place that holds these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text.getvalue(), encoding="utf-8")
    partial.replace(path)
