"""The grammar, against a reader that goes byte by byte, in blocks of every size."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import records as slowly

from cxresearch.reading import block as blocks
from cxresearch.reading import records
from cxresearch.reading.records import Grammar

PIECES = [
    b"a",
    b"bc",
    b" ",
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"\xc3\xa9",
    b'",',
    b',"',
    b'"\n',
    b'\n"',
]
SOUND = [b"1,2\n", b'"a,b",c\n', b'"x\ny","z"\r\n', b'5" pipe,2\n', b',""\n', b' "q" ,1\n', b"\n", b"\r"]
BROKEN = [b"\0", b"\xe9", b"\xc3", b'"open,', b'"x"y,1\n', b"1,2,3\n", b"\xe2\x80\xa8", b"\xc2\x85"]


def quickly(data, columns, delimiter=b","):
    grammar = Grammar(delimiter, columns)
    found = []
    for block in grammar.blocks(io.BytesIO(data)):
        found += [(line, None, "blank") for line in block.blanks]
        sound = [(line, grammar.split(text), None) for line, text in _sound(block)]
        faulty = [(line, None, reason) for line, reason, _ in block.faults(np.flatnonzero(~block.sound))]
        found += sorted(sound + faulty, key=lambda f: f[0])
    return found


def _sound(block):
    return zip(block.lines[block.sound].tolist(), block.texts(block.sound), strict=True)


def agree(found, expected):
    assert [f[:2] for f in found] == [e[:2] for e in expected]
    for (_, _, fault), (_, _, kind) in zip(found, expected, strict=True):
        assert (fault is None) == (kind is None)
        assert kind is None or kind in fault


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(st.sampled_from(PIECES + SOUND + BROKEN), max_size=40),
    columns=st.sampled_from([1, 2, 3]),
    block=st.sampled_from([1, 2, 3, 5, 16, 64, 4 << 20]),
)
def test_any_bytes_give_the_same_records_lines_and_faults(parts, columns, block):
    data = b"".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK", block)
        agree(quickly(data, columns), slowly(data, b",", columns))


@settings(max_examples=100, deadline=None)
@given(
    parts=st.lists(st.sampled_from([p.replace(b",", b";") for p in SOUND]), max_size=60),
    block=st.sampled_from([1, 7, 64, 4 << 20]),
)
def test_sound_records_with_another_delimiter(parts, block):
    data = b"".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK", block)
        agree(quickly(data, 2, b";"), slowly(data, b";", 2))


@pytest.mark.parametrize("block", [64, 1000, 4 << 20])
def test_a_line_without_end_costs_itself_alone(monkeypatch, block):
    monkeypatch.setattr(records, "LONGEST", 5000)
    monkeypatch.setattr(blocks, "LONGEST", 5000)
    monkeypatch.setattr(records, "BLOCK", block)
    for long in (b"x" * 20000, b'1,"' + b"x" * 20000 + b'"', b'1,"' + b"x" * 20000):
        found = quickly(b"1,2\n" + long + b"\r\n3,4\r\n", 2)
        assert [(line, values) for line, values, _ in found] == [
            (1, [b"1", b"2"]),
            (2, None),
            (3, [b"3", b"4"]),
        ]
        assert "longer than" in found[1][2] or "never closed" in found[1][2]


def test_an_open_quote_costs_its_line_alone_however_long_the_file(monkeypatch):
    monkeypatch.setattr(records, "LONGEST", 5000)
    monkeypatch.setattr(blocks, "LONGEST", 5000)
    monkeypatch.setattr(records, "BLOCK", 1000)
    found = quickly(b'1,2\n3,"4\n' + b"5,6\n" * 5000, 2)
    assert len(found) == 5002
    assert [(line, fault) for line, _, fault in found if fault] == [(2, "has a quote that is never closed")]
    assert found[-1][0] == 5002


def test_blank_lines_inside_are_faults_and_at_the_end_nothing():
    assert [f[2] for f in quickly(b"1,2\n\n\r\n3,4\n\n\n\n", 2)] == [None, "is blank", "is blank", None]
    assert [f[1] for f in quickly(b"1\n\n2\n\n", 1)] == [[b"1"], [b""], [b"2"], [b""]]


def test_a_run_of_returns_takes_no_longer_than_other_bytes():
    found = quickly(b"1,2\r" + b"\r" * 300_000 + b"3,4", 2)
    assert len(found) == 300_002
    assert found[-1][:2] == (300_002, [b"3", b"4"])
