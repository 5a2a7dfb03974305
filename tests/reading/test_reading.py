"""A text file becomes rows of text: nothing guessed, nothing changed, every fault named."""

import csv
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import ROWS, TEXT, connection, refusal, values

import cxresearch as cx
from cxresearch import reading
from cxresearch.reading import read, scan, sniff, split


def test_text_comes_through_unchanged(file):
    assert values(file(TEXT)) == ROWS


def test_an_empty_value_is_null_and_na_is_namibia(file):
    table = read(connection(), sniff(file('code,country\n1,NA\n2,\n3,""\n4,NULL\n')), "countries")
    assert table.country.isnull().to_pandas().tolist() == [False, True, True, False]


def test_the_delimiter_is_what_the_header_shows(file):
    assert [sniff(file(f"a{d}b\n1{d}2\n")).delimiter for d in ",;\t|"] == [",", ";", "\t", "|"]
    assert sniff(file('"a,b";c\n1,5;2\n')).delimiter == ";"
    assert sniff(file("id;name, first\n1;Ann\n2;Bob\n")).delimiter == ";"
    assert sniff(file("id\n007\n")).header == ["id"]
    assert sniff(file("a,b\n1;2\n")).delimiter == ","
    layout = sniff(file("a:b\n1:2\n"), delimiter=":")
    assert layout.header == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a;b,c\n", '"," or ";"'),
        ("a;b,c\n1;2,3\n4;5,6\n", '"," or ";"'),
        ("id\n1;2\n3;4\n", '";" may be what splits it'),
        ("id name\n1 Ann\n2 Bob\n", '" " may be what splits it'),
        ("a\x01b\n1\x012\n", '"\\u0001" may be what splits it'),
    ],
)
def test_a_delimiter_that_cannot_be_told_is_asked_for(file, text, said):
    message = refusal(file(text))
    assert said in message
    assert "cxresearch.toml" in message


@pytest.mark.parametrize("wrong", ["", ",,", '"', "\n", "é", 1, "\0"])
def test_a_delimiter_is_one_character(file, wrong):
    assert "is not one ASCII character" in refusal(file("a,b\n"), delimiter=wrong)


def test_runs_of_blanks_can_separate(file):
    path = file('  "customer id"   date\tamount\n 00004 19970101    29.33\n\n00021  "1 Jan"  63.34  \n')
    layout = sniff(path, delimiter=" ")
    assert layout.header == ["customer id", "date", "amount"]
    assert [f.line for f in scan(layout).faults] == [3]
    path = file('id  date\n 1   "1  Jan" \n2 5"\n')
    assert values(path, delimiter=" ") == [["1", "1  Jan"], ["2", '5"']]
    assert "line 2: between blanks a quoted value must end" in refusal(file('a b\n1 "x\ny"\n'), delimiter=" ")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,name,id", 'columns 1 and 3 are both called "id"'),
        ("id, name ,name", 'columns 2 and 3 are both called "name"'),
        ("id,ID", 'columns 1 "id" and 2 "ID" differ only in the case'),
        ("column 2,", 'columns 1 and 2 are both called "column 2"'),
        ('a,"b\n', "line 1: the header has a quote that is never closed"),
        ('a,"b"c\n', "line 1: the header has text after a closing quote"),
        ('"x\x1b[31m\n","x\x1b[31m\n"', "both called"),
    ],
)
def test_a_faulty_header_is_named(file, header, said):
    message = refusal(file(header + "\n1,2,3\n"), delimiter=",")
    assert said in message
    assert message.isprintable()


def test_a_column_without_a_name_has_a_number(file):
    path = file('id,,"it\'s ""x"";--",a\\b\n1,2,3,4\n')
    assert sniff(path).header == ["id", "column 2", 'it\'s "x";--', "a\\b"]
    assert values(path) == [["1", "2", "3", "4"]]


def test_lines_above_the_header_and_headers_of_several_rows(file):
    body = "id,name\n1,2\n3,4\n"
    for above in ("junk\n\n", 'Report "Q3", all\na\n', '"open\n\n', "a,b,c\n,\n"):
        path = file(above + body)
        assert sniff(path, skip_rows=2).first_line == 4
        assert values(path, skip_rows=2) == [["1", "2"], ["3", "4"]]
    assert values(file("\n \n" + body)) == [["1", "2"], ["3", "4"]]
    path = file('id,name\n"What is\nyour id?",Name\n{a},{b}\n1,2\n')
    assert sniff(path, header_rows=3).header == ["id", "name"]
    assert values(path, header_rows=3) == [["1", "2"]]
    assert scan(sniff(path, header_rows=3)).line_of(0) == 5
    assert sniff(path, header_rows=0).header == ["column 1", "column 2"]
    assert values(file("1,2\n3,4\n"), header_rows=0) == [["1", "2"], ["3", "4"]]
    assert "has no header behind 9 skipped lines" in refusal(path, skip_rows=9)
    assert "the header ends too early" in refusal(file("a,b\n"), header_rows=2)
    assert "is not a number from 0" in refusal(path, skip_rows=-1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "mixed"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n\r\n"])
def test_line_ends_of_every_kind(file, end, last):
    ends = ["\r\n", "\n", "\r"] if end == "mixed" else [end] * 3
    lines = ["a,b", '1,"x\r\ny\rz\n"', "\u2028,\u0085", '"""",\x0b\x0c\x1c']
    text = "".join(line + e for line, e in zip(lines, ends, strict=False)) + lines[3] + last
    expected = [["1", "x\r\ny\rz\n"], ["\u2028", "\u0085"], ['"', "\x0b\x0c\x1c"]]
    assert values(file(text)) == expected


def test_blanks_around_quotes_are_no_part_of_the_value(file):
    assert values(file('a, b\n1, "x, y" \n  "z"  ,5" pipe\n')) == [["1", "x, y"], ["z", '5" pipe']]


def test_header_only_one_column_and_very_wide(file):
    assert values(file("a,b")) == []
    assert values(file("a,b\r\n")) == []
    assert values(file("a\n1\n\n2\n")) == [["1"], [""], ["2"]]
    wide = [f"column_{i}" for i in range(500)]
    assert values(file(",".join(wide) + "\n" + ",".join(["x"] * 500))) == [["x"] * 500]


@pytest.mark.parametrize("quote", ["", '"'])
def test_long_values_are_read_up_to_sixteen_megabytes(file, quote):
    value = "é" * (1 << 20)
    assert values(file(f"a,b\n1,{quote}{value}{quote}\n2,3\n")) == [["1", value], ["2", "3"]]
    long = scan(sniff(file(f"a,b\n1,{quote}" + "x" * (16 << 20) + f"{quote}\n2,3\n")))
    assert (long.rows, long.refused) == (1, 1)
    assert long.faults[0].line == 2
    assert long.line_of(0) == 3


def test_every_fault_is_named_and_counted(file, tmp_path):
    path = file(
        'a,b\n1,2\n1,2,3\n1\n\n"x"y,2\n"two\nlines",2\n3,2\n4,2\n"two\nlines"!,"3"\n6,7\n8,9\n"never,closed\n10,11\n\n'
    )
    layout = sniff(path)
    found = scan(layout)
    assert [(f.line, f.reason, f.last) for f in found.faults] == [
        (3, "has 3 fields, the header has 2", 3),
        (4, "has 1 field, the header has 2", 4),
        (5, "is blank", 5),
        (6, "has text after a closing quote", 6),
        (11, "has text after a closing quote", 12),
        (15, "has a quote that is never closed", 15),
    ]
    assert found.refused == found.reasons.total() == 6
    assert [found.line_of(i) for i in range(found.rows)] == [2, 7, 9, 10, 13, 14, 16]
    assert found.line_of(np.arange(2)).tolist() == [2, 7]
    with pytest.raises(
        cx.DataError, match=r"^orders.csv, line 3: has 3 fields, the header has 2; and 5 more faults$"
    ):
        found.require()
    kept, refused = tmp_path / "kept.csv", tmp_path / "refused.csv"
    assert split(layout, found, kept, refused) == (found.rows, found.refused)
    again = sniff(kept)
    assert scan(again).require().rows == found.rows
    frame = read(connection(), again, "kept").to_pandas()
    assert frame["a"].tolist() == ["1", "two\nlines", "3", "4", "6", "8", "10"]
    frame = read(connection(), sniff(refused), "refused").to_pandas()
    assert frame["line"].tolist() == ["3", "4", "5", "6", "11", "15"]
    assert frame["text"].tolist()[3:5] == ['"x"y,2', '"two\nlines"!,"3"']


def test_bad_bytes_beyond_the_first_megabyte_are_faults(file, tmp_path):
    path = file(b"a;b\n" + b"1;2\n" * 300_000 + b"\xe9;2\n3\0;4\n" + b"5,1;6\n")
    layout = sniff(path)
    found = scan(layout)
    assert [(f.line, f.reason) for f in found.faults] == [
        (300_002, "has byte 0xE9, which is not UTF-8"),
        (300_003, "has a NUL byte"),
    ]
    assert split(layout, found, tmp_path / "k.csv", tmp_path / "r.csv") == (300_001, 2)
    assert (tmp_path / "k.csv").read_bytes().endswith(b'1,2\n"5,1",6\n')
    assert (tmp_path / "r.csv").read_text().endswith("300003,has a NUL byte,3\\x00;4\n")


def test_only_the_first_thousand_faults_are_kept_in_full(file):
    found = scan(sniff(file("a,b\n" + "1\n" * 2500)))
    assert (found.rows, found.refused, len(found.faults)) == (0, 2500, 1000)
    assert found.reasons == {"has 1 field, the header has 2": 2500}


def test_what_only_the_scan_can_see_decides_how_it_is_read(file):
    path = file("a,b\n" + "1,2\n" * 300_000 + '3,"4\n5"\r\n')
    layout = sniff(path)
    assert (layout.quoted, layout.ends) == (False, {b"\n"})
    found = scan(layout)
    assert (layout.quoted, layout.ends) == (True, {b"\n", b"\r\n"})
    assert read(connection(), layout, "late").count().to_pandas() == found.rows == 300_001


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_row_is_lost_where_duckdb_s_buffers_meet(file, monkeypatch, end):
    monkeypatch.setattr(reading, "LINE", 400)
    rng = random.Random(end)
    pieces = ["a", '""', ",", "\n", '"",""', ',""', '""\n', " "]
    for quoted in (True, False):
        for _ in range(4):
            rows = [
                [f"{i}", "".join(rng.choice(pieces) for _ in range(rng.randrange(9)))] for i in range(600)
            ]
            if not quoted:
                rows = [[i, value.translate({34: None, 44: None, 10: None})] for i, value in rows]
            mark = '"' * quoted
            text = f"a,b{end}" + "".join(f"{i},{mark}{value}{mark}{end}" for i, value in rows)
            assert values(file(text)) == [[i, value.replace('""', '"')] for i, value in rows]


def test_a_changed_file_is_not_split(file, tmp_path):
    path = file("a,b\n1,2\n3\n")
    layout = sniff(path)
    found = scan(layout)
    file("a,b\n1,2\n3,4\n")
    with pytest.raises(cx.DataError, match="has changed since it was checked"):
        split(layout, found, tmp_path / "k.csv", tmp_path / "r.csv")


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
TRICKY = st.text(st.sampled_from("a ,;\"'\r\n\t\u2028é"), max_size=6)


@settings(max_examples=50, deadline=None)
@given(
    table=st.lists(st.lists(ANY | TRICKY, min_size=3, max_size=3), max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_python_writes_is_read_back(tmp_path_factory, table, delimiter, end, quoting, encoding):
    if quoting == csv.QUOTE_MINIMAL:  # leaves line ends unquoted that are not its own
        other = {ord(c): None for c in "\r\n" if c not in end}
        table = [[value.translate(other) for value in row] for row in table]
    path = tmp_path_factory.mktemp("written") / "orders.csv"
    with path.open("w", newline="", encoding=encoding) as target:
        writer = csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=quoting)
        writer.writerows([["a", "b", "c"], *table])
    assert values(path, delimiter=delimiter) == table


@pytest.mark.parametrize("name", ["a*b?[c].csv", "it's.csv", 'q"q.csv', "ü {x}.csv", "year=2026/orders.csv"])
def test_a_file_s_name_is_only_a_name(file, tmp_path, name):
    (tmp_path / "year=2026").mkdir()
    file("id,name,code\n", "aXbYc.csv")
    assert values(file(TEXT, name)) == ROWS


def test_opening_reads_no_more_than_the_first_megabyte(tmp_path):
    path = tmp_path / "orders.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n" + b"1,2\n" * 300_000)
        file.truncate(200 << 30)  # a hole of 200 GB
    table = read(connection(), sniff(path), "huge")
    assert table.columns == ("a", "b")


def test_names_that_may_repeat_get_a_number_each(file):
    path = file("Key,Label,Label,Sprint,Key\n1,2,3,4,5\n")
    names = sniff(path, may_repeat=lambda name: True).header
    assert names == ["Key (1)", "Label (1)", "Label (2)", "Sprint", "Key (2)"]
    with pytest.raises(cx.DataError, match='columns 1 and 5 are both called "Key"'):
        sniff(path, may_repeat=lambda name: name == "Label")
