"""From a file to plain UTF-8 bytes: what is compressed is unpacked, what is otherwise encoded is transcoded."""

import codecs
import gzip
import re
import stat
import struct
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from cxresearch.errors import DataError
from cxresearch.files import unnamed

INFLATION = 100  # how many bytes may come out of one that is compressed
CHUNK = 1 << 20
LONGEST = 16 << 20  # bytes of one record
EOL = re.compile(rb"\r\n|\n|\r")
MARKS = {  # the longer ones first: the mark of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
NOT_TEXT = {  # how files of other kinds begin
    b"PK\x03\x04": "a zip archive or an Excel workbook; export the sheet as CSV",
    b"\x1f\x8b": "compressed by gzip; its name should end in .csv.gz",
    b"PAR1": "a Parquet file; its name should end in .parquet",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook; export the sheet as CSV",
    b"%PDF-": "a PDF file",
    b"SQLite format 3\0": "an SQLite database",
}
NOT_PLAIN = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
UNMARKED = {"utf-16", "utf-32"}  # say nothing of the order of their bytes
MEMBER_OF_A_MAC = ("__MACOSX/", ".DS_Store")


def shown(text, width=80):
    """A text for one line of a message: control characters escaped, the rest cut."""
    text = text if len(text) <= width else text[: width - 1] + "…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def named(path):
    """The name of a file for one line of a message."""
    return shown(Path(path).name.encode("utf-8", "backslashreplace").decode(), 255)


@contextmanager
def opened(path):
    """The bytes of a table's file as a stream: those inside ``.gz`` or ``.zip``, else its own.

    Raises
    ------
    DataError
        Where the file cannot be read, an archive is broken, encrypted, holds anything but one file, names a place outside
        its folder, or comes to more than a hundred times its size. The last is counted while it is read, whatever sizes
        the archive declares.
    """
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DataError(f"{named(path)}: is no file")  # a pipe would never end
    with ExitStack() as stack:
        with _faults_of(path):
            stream = stack.enter_context(path.open("rb"))
        if path.suffix.lower() == ".gz":
            stream = Inflated(gzip.GzipFile(fileobj=stream), path)
        elif path.suffix.lower() == ".zip":
            with _faults_of(path):
                archive = stack.enter_context(zipfile.ZipFile(stream))
            member = _member(archive, path)
            with _faults_of(path):
                stream = Inflated(stack.enter_context(archive.open(member)), path)
        yield stream


@contextmanager
def _faults_of(path):
    """What goes wrong in opening or unpacking `path`, in one line."""
    try:
        yield
    except (
        gzip.BadGzipFile,
        zlib.error,
        zipfile.BadZipFile,
        struct.error,
        EOFError,
        LookupError,
        ArithmeticError,
    ) as fault:
        raise DataError(f"{named(path)}: is not a whole archive ({shown(str(fault))})") from fault
    except OSError as fault:
        reason = fault.strerror or shown(str(fault))
        raise DataError(f"{named(path)}: cannot be read: {reason}") from fault
    except (RuntimeError, ValueError) as fault:  # NotImplementedError and UnicodeError among them
        raise DataError(f"{named(path)}: is no archive that can be read ({shown(str(fault))})") from fault


class Inflated:
    """A stream that refuses to give more than a hundred times the size of its file."""

    def __init__(self, stream, path):
        self._stream = stream
        self._path = path
        self._left = INFLATION * path.stat().st_size

    def read(self, size):
        """Up to `size` bytes; fewer only at the end."""
        parts = []
        while size > 0:
            with _faults_of(self._path):
                part = self._stream.read(min(size, CHUNK))
            if not part:
                break
            self._left -= len(part)
            if self._left < 0:
                raise DataError(
                    f"{named(self._path)}: unpacks to more than {INFLATION} times its size; "
                    "if it is sound, unpack it and give the text file"
                )
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _member(archive, path):
    """The one file of a zip archive."""
    held = [m for m in archive.infolist() if not m.is_dir() and not _of_a_mac(m.filename)]
    if len(held) != 1:
        raise DataError(f"{named(path)}: holds {len(held)} files; it should hold exactly one table")
    member = held[0]
    place = member.orig_filename
    parts = {*PurePosixPath(place).parts, *PureWindowsPath(place).parts}
    rooted = place.startswith("/") or PureWindowsPath(place).anchor
    if ".." in parts or rooted or stat.S_ISLNK(member.external_attr >> 16):
        raise DataError(f"{named(path)}: its file {shown(place)} would leave the folder")
    if member.flag_bits & 1:
        raise DataError(f"{named(path)}: is encrypted; unpack it with its password first")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{named(path)}: is packed by method {member.compress_type}; only deflate is read")
    return member


def _of_a_mac(place):
    return place.startswith(MEMBER_OF_A_MAC[0]) or PurePosixPath(place).name == MEMBER_OF_A_MAC[1]


def encoding_of(head, path, declared=None):
    """The encoding of a file and the length of its byte order mark: the mark decides, then what is declared, then UTF-8.

    Parameters
    ----------
    head : bytes
        How the file begins.
    path : path
        Its name, for the message.
    declared : str, optional
        Any encoding of text that Python knows.

    Raises
    ------
    DataError
        Where the head is that of another kind of file, or the declared encoding is unknown or leaves the order of bytes
        open.

    Examples
    --------
    >>> encoding_of(b"\\xff\\xfei\\x00d\\x00", "orders.csv")
    ('utf-16-le', 2)
    >>> encoding_of(b"id;name", "orders.csv", "cp1252")
    ('cp1252', 0)
    """
    for start, kind in NOT_TEXT.items():
        if head.startswith(start):
            raise DataError(f"{named(path)}: is {kind}")
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, len(mark)
    if declared is None:
        return "utf-8", 0
    try:
        bytes(4).decode(declared)
        encoding = codecs.lookup(declared).name
    except (LookupError, ValueError, TypeError):
        encoding = None
    if encoding is None or encoding in NOT_PLAIN:
        raise DataError(f"{named(path)}: encoding = {shown(repr(declared))} is no encoding of text")
    if encoding in UNMARKED:
        raise DataError(
            f'{named(path)}: has no byte order mark; declare encoding = "{encoding}-le" or "{encoding}-be"'
        )
    return ("utf-8" if encoding == "utf-8-sig" else encoding), 0


def utf8(data, path, encoding, decoder=None, final=True, line=1, rest=b""):
    """Bytes in any encoding as bytes in UTF-8, line ends untouched.

    A byte that does not belong raises `DataError` with its line, where `line` is that of `rest`, which comes before `data`.
    """
    decoder = decoder or codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(data, final).encode("utf-8")
    except UnicodeDecodeError as fault:
        before = fault.object[: fault.start].decode(encoding, "replace").encode("utf-8", "replace")
        line += len(EOL.findall(rest + before))
        byte = fault.object[fault.start]
        remedy = (
            '; if it is an older export, declare encoding = "cp1252" in cxresearch.toml'
            if encoding == "utf-8"
            else ""
        )
        raise DataError(
            f"{named(path)}, line {line}: byte 0x{byte:02X} is not {encoding.upper()}{remedy}"
        ) from fault
    except UnicodeError as fault:
        raise DataError(f"{named(path)}, line {line}: is not {encoding.upper()}") from fault


def unpacked(path, encoding, mark, owner, squeeze=None):
    """A copy of a table for as long as its owner lives: unpacked, in UTF-8 without its mark of `mark` bytes.

    `squeeze`, if given, rewrites a run of whole lines, told the number of the first.
    """
    copy = unnamed(owner)
    decoder = codecs.getincrementaldecoder(encoding)()
    line, rest, final = 1, b"", False
    with opened(path) as source, copy.open("wb") as target:
        source.read(mark)
        while not final:
            data = source.read(CHUNK)
            final = len(data) < CHUNK
            text = rest + utf8(data, path, encoding, decoder, final, line, rest)
            cut = len(text) if final else _last_end(text) if squeeze else len(text) - text.endswith(b"\r")
            text, rest = text[:cut], text[cut:]
            if len(rest) > LONGEST:
                raise DataError(f"{named(path)}, line {line}: a line longer than {LONGEST >> 20} MB")
            target.write(squeeze(text, line) if squeeze else text)
            line += len(EOL.findall(text))
    return copy


def _last_end(text):
    """Where the last line surely ends; a return at the very end may be the first half of a line end."""
    return max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1
