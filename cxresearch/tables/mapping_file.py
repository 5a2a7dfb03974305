"""``cxresearch.toml`` as a file: found, of bearable size and depth, and TOML; a name that nearly is it is no accident."""

import os
import re
import tomllib
from difflib import SequenceMatcher
from pathlib import Path

from cxresearch.errors import DataError
from cxresearch.files import text_of
from cxresearch.tables.declared import parse
from cxresearch.tables.mapping import FILE, Mapping

LARGEST = 4 << 20  # bytes of a mapping: room for some 200,000 codes
DEEPEST = 8  # levels of tables and lists
ALIKE, ENDS = 0.8, ("toml", "tml", "tom", "toml~", "txt", "yaml", "yml", "ini")  # when a name is a near miss
QUOTED = re.compile(  # texts and comments; one that is never closed ends with the line or the file
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?|#[^\n]*+",
    re.DOTALL,
)


def load(folder):
    """The mapping of a folder; an empty one where there is no ``cxresearch.toml``.

    Raises
    ------
    DataError
        Where the file is not TOML, names a table or a setting that does not exist, or maps to a column that the
        contract does not have.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        _near_miss(folder)
        return Mapping()
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{FILE}: is larger than {LARGEST >> 20} MB")
        text = text_of(path).removeprefix("\ufeff")
        _shallow(text)
        content = tomllib.loads(text)
    except DataError:
        raise
    except ValueError as fault:  # not TOML, not UTF-8, or a number of thousands of digits
        raise DataError(f"{FILE}: {fault}") from None
    except RecursionError:
        raise DataError(f"{FILE}: is nested too deeply") from None
    return parse(content)


def _near_miss(folder):
    """Refuse what was meant to be the mapping and is not read as one: a broken link, a folder, a misspelt name."""
    for name in sorted(os.listdir(folder)):
        if name == FILE:
            what = "a folder" if Path(folder, name).is_dir() else "no file, or a link that leads nowhere"
            raise DataError(f"{FILE}: is {what}")
        stem, dot, end = name.lower().rpartition(".")
        if dot and SequenceMatcher(None, f"{stem}.{end}", FILE).ratio() > ALIKE and end in ENDS:
            raise DataError(f"{name}: call it {FILE} if it describes the tables, else rename it")


def _shallow(text):
    """Refuse what is nested more deeply than any mapping, before it is parsed: that takes memory by the square of the depth."""
    plain = QUOTED.sub("s", text)
    dots = max(part.count(".") for part in re.split(r"[=,{}\[\]\n]", re.sub(r"[ \t]", "", plain)))
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", plain):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    if max(dots, deepest) > DEEPEST:
        raise DataError(f"{FILE}: is nested too deeply")
