"""Whatever a file is packed and encoded in: the same rows, or one line that says why not."""

import gzip
import os
import subprocess
import sys

import pytest
from texts import ROWS, TEXT, refusal, values, zipped

import cxresearch as cx
from cxresearch.reading import sniff


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
def test_a_byte_order_mark_decides_the_encoding(file, encoded, encoding):
    path = file(encoded)
    assert sniff(path).encoding == encoding
    assert sniff(path).header == ["id", "name", "code"]
    assert values(path) == ROWS
    assert values(path, encoding="cp1252") == ROWS


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16-le", "utf-32-be", "mac-roman", "utf-8"])
def test_an_encoding_can_be_declared(file, encoding):
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_compressed_files_are_unpacked(file, encoding):
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


@pytest.mark.parametrize("end", ["pass", "os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_copies_are_nobodys_and_gone_however_the_process_ends(file, tmp_path, end):
    path = file(gzip.compress(TEXT.encode()), "orders.csv.gz")
    held = tmp_path / "held"
    held.mkdir()
    program = (
        "import os, sys; from cxresearch.reading import sniff\n"
        "layout = sniff(sys.argv[1]); assert layout.utf8_path.read_bytes() and layout.clean_path.read_bytes()\n"
        f"print(os.listdir(os.environ['TMPDIR']), flush=True); {end}"
    )
    environment = {**os.environ, "TMPDIR": str(held)}
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, env=environment
    )
    assert done.stdout == "[]\n", done.stderr
    assert os.listdir(held) == []


def test_places_that_cannot_be_read(tmp_path):
    assert "No such file" in refusal(tmp_path / "orders.csv")
    assert "Is a directory" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no file" in refusal(tmp_path / "pipe.csv")
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text("a,b\n")
    with pytest.raises(cx.DataError, match="name is not UTF-8"):
        sniff(tmp_path / os.fsdecode(b"\xff.csv"))
