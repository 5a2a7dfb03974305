"""What an export or a spreadsheet did to a table on its way: rows cut off at a limit, keys written in another way."""

LIMITS = {1_048_576: "Excel", 65_536: "old Excel"}  # rows of a sheet, its header included
BLANK = "[ \t\u00a0\u202f]"
WAYS = {  # what a program may have done to a key: how both sides are written so that they agree again
    "blanks beside it": lambda key: key.re_replace(f"^{BLANK}+|{BLANK}+$", ""),
    "an apostrophe before it": lambda key: key.re_replace("^'", ""),
    '".0" after it': lambda key: key.re_replace(r"\.0+$", ""),
    "zeros before it": lambda key: key.re_replace("^0+(.)", r"\1"),
    "capitals": lambda key: key.lower(),
}


def cut(records, above):
    """A warning where a file ends on the last row of a spreadsheet; None elsewhere.

    Parameters
    ----------
    records : int
        Of data, whether they can be read or not.
    above : int
        Rows of header above them.

    Examples
    --------
    >>> cut(65_535, 1)
    'ends on row 65,536, the last of an old Excel sheet: are the rows after it lost?'
    >>> cut(65_534, 1)
    """
    for limit, name in LIMITS.items():
        if limit in (records, records + above):
            return f"ends on row {limit:,}, the last of an {name} sheet: are the rows after it lost?"
    return None


def why_not_found(orphans, keys):
    """Why keys are not found in another table, where they would be but for the way that one side writes them; else empty.

    Parameters
    ----------
    orphans, keys : ibis.StringColumn
        The keys that are not found, and those of the other table.

    Returns
    -------
    str
        Half a sentence that follows the message.
    """
    sought = orphans.as_table().distinct()
    n = int(sought.count().to_pandas())
    found = {}
    for name, way in (*WAYS.items(), ("", _all)):
        written = sought.select(key=way(sought[0]))
        held = keys.as_table()
        held = held.select(key=way(held[0]))
        found[name] = int(written.semi_join(held, "key").count().to_pandas())
        if found[name] == n:
            break
    name = max(found, key=found.get)
    if not found[name]:
        return ""
    how = f"but for {name}" if name else f"but for {', '.join(WAYS)}"
    return f"; {found[name]:,} of {n:,} different keys are there {how}, on one of the sides"


def _all(key):
    for way in WAYS.values():
        key = way(key)
    return key
