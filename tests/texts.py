"""Texts on their way through the reading, and what becomes of them."""

import functools
import io
import zipfile

import ibis
import pytest

import cxresearch as cx
from cxresearch.reading import read, scan, sniff

ROWS = [["007", "Zoë", "1E10"], ["12345678901234567890", "NA", "null"], ["0.10", " x ", ""]]
TEXT = "id,name,code\n" + "".join(",".join(row) + "\n" for row in ROWS)


@functools.cache
def connection():
    """One connection for all."""
    return ibis.duckdb.connect()


def counted(name="texts"):
    """How many rows DuckDB counts."""
    return connection().raw_sql(f"SELECT count(*) FROM {name}").fetchall()[0][0]


def values(path, **options):
    """Sniff, scan and read a file: its rows, which DuckDB must count as the scan does, before it and after."""
    layout = sniff(path, **options)
    read(connection(), layout, "texts")
    before = counted()
    found = scan(layout).require()
    table = read(connection(), layout, "texts")
    assert before == found.rows == counted()
    assert list(table.columns) == layout.header
    rows = connection().raw_sql("FROM texts").fetchall()
    return [["" if value is None else value for value in row] for row in rows]


def refusal(path, **options):
    """The one line with which a file is refused."""
    with pytest.raises(cx.DataError) as caught:
        scan(sniff(path, **options))
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def zipped(members):
    """A zip archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
