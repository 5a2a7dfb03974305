"""What a whole table's draft says before its columns: how numbers are written, and which further columns are numbers."""

from cxresearch.suggest.placed import listed
from cxresearch.suggest.vocabulary import says

WIDE = ("customers", "contracts", "snapshots", "projects")  # tables of which any further attribute is used
WIDTH = 54


def number_lines(match):
    """How the numbers are written, where that is not the plain way; commented out where the values leave it open."""
    numbers = [
        p.column.amounts if "money" in p.settings else p.column
        for t, p in match.placed.items()
        if p.column and match.kind(t) == "number" and not p.commented
    ]
    parted = [c for c in [*numbers, *further(match)] if c.parted and c.conventions]
    if not parted:
        return []
    shared = [c for c in parted[0].conventions if all(c in other.conventions for other in parted)]
    if not shared:
        return ["# check will say: the numbers of different columns are written in different ways"]
    decimals = dict(reversed(shared))  # the first way of each decimal, the one without groups, stays
    lines = []
    for i, (decimal, thousands) in enumerate(c for c in shared if decimals[c[0]] == c[1]):
        if len(decimals) == 1 and (decimal, thousands) == (".", None):
            return []
        mark = "# " if len(decimals) > 1 else ""
        say = (
            f"all numbers of {', '.join(c.name for c in parted)} are written so"
            if not mark
            else "a point or comma parts thousands or decimals: choose"
        )
        lines.append(noted(f'{mark}decimal = "{decimal}"', say if not i else "or this"))
        if thousands:
            lines.append(noted(f'{mark}thousands = "{thousands}"', "groups of three digits"))
    if len(decimals) > 1:
        lines.append("# check will say: not a number, as long as this is open")
    return lines


def further(match):
    """The columns beyond the contract that hold numbers, where the analyses use whatever a table has; no keys among them."""
    if match.table not in WIDE:
        return []
    return [c for c in match.others if c.conventions and not c.formats and not _is_key(c)]


def further_lines(match):
    """The line that declares further columns to be numbers, and their codes for a missing value."""
    columns = further(match)
    if not columns:
        return []
    lines = [
        noted(
            f"numbers = {listed(c.name for c in columns)}",
            "numbers beyond the contract; take out what is a code and no quantity",
        )
    ]
    codes = sorted({code for c in columns for code in c.codes})
    if codes:
        lines.append(noted(f"missing = {listed(codes)}", "stand among those numbers for none"))
    wrong = [c.name for c in columns if c.numbers < 1]
    if wrong:
        lines.append(f"# check will say: not a number, in some rows of {', '.join(wrong)}")
    return lines


def _is_key(column):
    """Whether a column of numbers names something rather than counts it: by its name, or since no two rows share a value."""
    return says("id", column.name) or (
        column.unique and column.coded and column.rows > 1 and not column.parted
    )


def noted(line, note):
    """A line of the draft and its comment."""
    return f"{line:<{WIDTH}}  # {one_line(note)}"


def one_line(text):
    """A text without line ends and what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
