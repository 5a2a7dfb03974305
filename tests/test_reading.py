"""A text file becomes rows of text: nothing guessed, nothing changed, every fault named."""

import gzip
import io
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import ibis
import numpy as np
import pytest

import cxresearch as cx
from cxresearch.reading import read, scan, sniff, split, unpack

ROWS = [["007", "Zoë", "1E10"], ["12345678901234567890", "NA", "null"], ["0.10", " x ", ""]]
TEXT = "id,name,code\n" + "".join(",".join(row) + "\n" for row in ROWS)


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


@pytest.fixture
def file(tmp_path):
    """Write bytes or text and return the path."""

    def make(content, name="orders.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def values(connection):
    """Sniff, scan and read a file: its rows, which DuckDB must count as the scan does, before it and after."""

    def make(path, **options):
        layout = sniff(path, **options)
        before = read(connection, layout, "table").count().to_pandas()
        found = scan(layout).require()
        table = read(connection, layout, "table")
        assert before == found.rows == table.count().to_pandas()
        assert list(table.columns) == layout.header
        return [
            ["" if v is None else v for v in row] for row in connection.raw_sql('FROM "table"').fetchall()
        ]

    return make


def refusal(path, **options):
    with pytest.raises(cx.DataError) as caught:
        scan(sniff(path, **options))
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def zipped(members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_text_comes_through_unchanged(file, values):
    assert values(file(TEXT)) == ROWS


def test_an_empty_value_is_null_and_na_is_namibia(file, connection):
    table = read(connection, sniff(file('code,country\n1,NA\n2,\n3,""\n4,NULL\n')), "countries")
    assert table.country.isnull().to_pandas().tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32-le"),
        (b"\x00\x00\xfe\xff" + TEXT.encode("utf-32-be"), "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_the_encoding(file, values, encoded, encoding):
    path = file(encoded)
    assert sniff(path).encoding == encoding
    assert sniff(path).header == ["id", "name", "code"]
    assert values(path) == ROWS
    assert values(path, encoding="cp1252") == ROWS


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16-le", "utf-32-be", "mac-roman", "utf-8"])
def test_an_encoding_can_be_declared(file, values, encoding):
    assert values(file(TEXT.encode(encoding)), encoding=encoding) == ROWS


def test_a_byte_that_is_not_utf8_is_named_with_its_line_and_the_remedy(file):
    message = refusal(file(TEXT.encode("cp1252")))
    assert (
        'orders.csv, line 2: byte 0xEB is not UTF-8; if it is an older export, declare encoding = "cp1252"'
        in message
    )
    assert "line 3: byte 0x81 is not CP1252" in refusal(file(b"a,b\n1,2\n\x81,2\n"), encoding="cp1252")
    far = b"a,b\n" + b"1,2\n" * 600_000
    assert "line 600002: byte 0x81" in refusal(file(far + b"\x81,2\n"), encoding="cp1252")
    assert "line 2: byte" in refusal(file("a,b\n1,2".encode("utf-16")[:-1]))


def test_what_is_not_text_is_said_to_be_so(file):
    assert "an Excel workbook" in refusal(file(zipped({"xl/workbook.xml": "<x/>"})))
    assert ".csv.gz" in refusal(file(gzip.compress(b"a,b\n")))
    assert "Parquet" in refusal(file(b"PAR1\x15\x04"))
    assert "line 3: a NUL byte; if it is UTF-16" in refusal(file(b"a,b\n1,2\n3\0,4\n"))
    assert "line 1: a NUL byte; if it is UTF-16" in refusal(file("a,b\n".encode("utf-16-le")))
    assert "no byte order mark; declare" in refusal(file("a,b\n".encode("utf-16-le")), encoding="utf-16")
    for wrong in ("nonsense", "rot13", "base64", "punycode", "unicode_escape", "a\0b", 7):
        assert "is no encoding of text" in refusal(file("a,b\n"), encoding=wrong)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n\r\n", b"  \n \n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf\n"]
)
def test_an_empty_file_is_said_to_be_empty(file, content):
    assert "orders.csv: is empty" in refusal(file(content))


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


def test_runs_of_blanks_can_separate(file, values):
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


def test_a_column_without_a_name_has_a_number(file, values):
    path = file('id,,"it\'s ""x"";--",a\\b\n1,2,3,4\n')
    assert sniff(path).header == ["id", "column 2", 'it\'s "x";--', "a\\b"]
    assert values(path) == [["1", "2", "3", "4"]]


def test_lines_above_the_header_and_headers_of_several_rows(file, values):
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
def test_line_ends_of_every_kind(file, values, end, last):
    ends = ["\r\n", "\n", "\r"] if end == "mixed" else [end] * 3
    lines = ["a,b", '1,"x\r\ny\rz\n"', "\u2028,\u0085", '"""",\x0b\x0c\x1c']
    text = "".join(line + e for line, e in zip(lines, ends, strict=False)) + lines[3] + last
    expected = [["1", "x\r\ny\rz\n"], ["\u2028", "\u0085"], ['"', "\x0b\x0c\x1c"]]
    assert values(file(text)) == expected


def test_blanks_around_quotes_are_no_part_of_the_value(file, values):
    assert values(file('a, b\n1, "x, y" \n  "z"  ,5" pipe\n')) == [["1", "x, y"], ["z", '5" pipe']]


def test_header_only_one_column_and_very_wide(file, values):
    assert values(file("a,b")) == []
    assert values(file("a,b\r\n")) == []
    assert values(file("a\n1\n\n2\n")) == [["1"], [""], ["2"]]
    wide = [f"column_{i}" for i in range(1000)]
    assert values(file(",".join(wide) + "\n" + ",".join(["x"] * 1000))) == [["x"] * 1000]


@pytest.mark.parametrize("quote", ["", '"'])
def test_long_values_are_read_up_to_sixteen_megabytes(file, values, quote):
    value = "é" * (1 << 20)
    assert values(file(f"a,b\n1,{quote}{value}{quote}\n2,3\n")) == [["1", value], ["2", "3"]]
    long = scan(sniff(file(f"a,b\n1,{quote}" + "x" * (16 << 20) + f"{quote}\n2,3\n")))
    assert (long.rows, long.refused) == (1, 1)
    assert long.faults[0].line == 2
    assert long.line_of(0) == 3


def test_every_fault_is_named_and_counted(file, connection, tmp_path):
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
    frame = read(connection, again, "kept").to_pandas()
    assert frame["a"].tolist() == ["1", "two\nlines", "3", "4", "6", "8", "10"]
    frame = read(connection, sniff(refused), "refused").to_pandas()
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


def test_what_only_the_scan_can_see_decides_how_it_is_read(file, connection):
    path = file("a,b\n" + "1,2\n" * 300_000 + '3,"4\n5"\r\n')
    layout = sniff(path)
    assert (layout.quoted, layout.ends) == (False, {b"\n"})
    found = scan(layout)
    assert (layout.quoted, layout.ends) == (True, {b"\n", b"\r\n"})
    assert read(connection, layout, "late").count().to_pandas() == found.rows == 300_001


def test_a_changed_file_is_not_split(file, tmp_path):
    path = file("a,b\n1,2\n3\n")
    layout = sniff(path)
    found = scan(layout)
    file("a,b\n1,2\n3,4\n")
    with pytest.raises(cx.DataError, match="has changed since it was checked"):
        split(layout, found, tmp_path / "k.csv", tmp_path / "r.csv")


@pytest.mark.parametrize("name", ["a*b?[c].csv", "it's.csv", 'q"q.csv', "ü {x}.csv", "year=2026/orders.csv"])
def test_a_file_s_name_is_only_a_name(file, values, tmp_path, name):
    (tmp_path / "year=2026").mkdir()
    file("id,name,code\n", "aXbYc.csv")
    assert values(file(TEXT, name)) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_compressed_files_are_unpacked(file, values, encoding):
    data = TEXT.encode(encoding)
    assert values(file(gzip.compress(data), "orders.csv.gz")) == ROWS
    assert (
        values(file(zipped({"export/orders.txt": data, "__MACOSX/._orders.txt": b"\0"}), "orders.zip"))
        == ROWS
    )


def test_an_archive_that_cannot_be_trusted_is_refused(file):
    bomb = b"a,b\n" + b"1,2\n" * 200_000
    for name, data in (("orders.csv.gz", gzip.compress(bomb)), ("orders.zip", zipped({"orders.csv": bomb}))):
        assert "unpacks to more than 100 times its size" in refusal(file(data, name))
    lying = bytearray(zipped({"orders.csv": bomb}))
    directory = lying.rfind(b"PK\x01\x02")
    lying[directory + 24 : directory + 28] = (50).to_bytes(4, "little")
    lying[22:26] = (50).to_bytes(4, "little")
    refusal(file(bytes(lying), "orders.zip"))
    assert "holds 2 files" in refusal(file(zipped({"a.csv": TEXT, "b.csv": TEXT}), "orders.zip"))
    assert "holds 0 files" in refusal(file(zipped({}), "orders.zip"))
    for place in ("../a.csv", "/etc/a.csv", "x/../../a.csv", "C:\\a.csv", "..\\a.csv"):
        assert "would leave the folder" in refusal(file(zipped({place: TEXT}), "orders.zip"))
    encrypted = bytearray(zipped({"a.csv": TEXT}))
    encrypted[6] |= 1
    encrypted[encrypted.rfind(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in refusal(file(bytes(encrypted), "orders.zip"))
    whole = gzip.compress(TEXT.encode())
    for broken in (whole[:-4], whole[:20], whole[:-8] + b"\0" * 8, whole + b"junk", b"a,b\n1,2\n"):
        refusal(file(broken, "orders.csv.gz"))
    assert "an Excel workbook" in refusal(file(gzip.compress(zipped({"a": "b"})), "orders.csv.gz"))


def test_copies_are_private_and_gone_at_exit(file, tmp_path):
    path = file(gzip.compress(TEXT.encode()), "orders.csv.gz")
    program = (
        "import os, sys; from cxresearch.reading import sniff; from cxresearch.reading import unpack\n"
        "print(sniff(sys.argv[1]).utf8_path, flush=True)\n"
        "if os.fork() == 0: sys.exit()\n"
        "os.wait(); print(unpack.folder().exists(), flush=True)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, env=environment
    )
    copy, alive = done.stdout.split()
    assert alive == "True", done.stderr
    assert Path(copy).parent.parent == tmp_path
    assert not Path(copy).parent.exists()
    assert stat.S_IMODE(unpack.folder().stat().st_mode) == 0o700
    unpack.tidy()


def test_places_that_cannot_be_read(tmp_path):
    assert "No such file" in refusal(tmp_path / "orders.csv")
    assert "Is a directory" in refusal(tmp_path)
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text("a,b\n")
    with pytest.raises(cx.DataError, match="name is not UTF-8"):
        sniff(tmp_path / os.fsdecode(b"\xff.csv"))


def test_opening_reads_no_more_than_the_first_megabyte(tmp_path, connection):
    path = tmp_path / "orders.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n" + b"1,2\n" * 300_000)
        file.truncate(200 << 30)  # a hole of 200 GB
    table = read(connection, sniff(path), "huge")
    assert table.columns == ("a", "b")
