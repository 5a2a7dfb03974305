"""Whatever a file holds: one clear line or the right number of rows, and nothing lost in between."""

import pytest
from malformed import SEEDS, malformed
from oracle import records as slowly
from texts import connection, counted

import cxresearch as cx
from cxresearch.reading import read, scan, sniff, split

CASES = malformed()
KINDS = sorted({case.name.rpartition("-")[0] for case in CASES})


def rows(layout):
    read(connection(), layout, "malformed")
    assert counted("malformed") == len(connection().raw_sql("FROM malformed").fetchall())
    return counted("malformed")


def one_line(error, path):
    message = str(error)
    assert path.name in message
    assert message.isprintable()
    assert len(message) < 500


def examine(path, folder):
    """Take a file as far as it goes: refused, read, or split and read."""
    try:
        layout = sniff(path)
        found = scan(layout)
    except cx.DataError as error:
        one_line(error, path)
        return "refused"
    data = layout.utf8_path.read_bytes()[layout.first_byte :]
    if len(data) < 200_000:
        expected = slowly(data, layout.separator.encode(), len(layout.header))
        assert found.records == len(expected)
        assert found.rows == sum(fault is None for _, _, fault in expected)
        above = layout.first_line - 1
        lines = [line + above for line, _, fault in expected if fault is None]
        assert [found.line_of(i) for i in range(found.rows)] == lines
    if found.ok:
        assert rows(layout) == found.rows
        return "read"
    with pytest.raises(cx.DataError) as caught:
        found.require()
    one_line(caught.value, path)
    kept, refused = folder / "kept.csv", folder / "refused.csv"
    assert sum(split(layout, found, kept, refused)) == found.records
    for part, number in ((kept, found.rows), (refused, found.refused)):
        again = sniff(part, delimiter=",")
        assert scan(again).require().rows == rows(again) == number
    return "split"


@pytest.mark.parametrize("kind", KINDS)
def test_a_malformed_file_is_refused_in_one_line_or_read_to_the_last_row(kind, tmp_path):
    cases = [case for case in CASES if case.name.rpartition("-")[0] == kind]
    assert len(cases) == SEEDS
    for case in cases:
        folder = tmp_path / case.name
        folder.mkdir()
        for name, data in case.files.items():
            (folder / name).write_bytes(data)
            assert examine(folder / name, folder) in ("refused", "read", "split")


def test_there_are_two_hundred_cases_and_they_do_not_change():
    assert len(CASES) == 200
    assert len(KINDS) * SEEDS == 200
    assert malformed() == CASES
