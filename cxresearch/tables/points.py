"""Points that may group thousands: 1.234 is a thousand to some and one and a bit to others, and only the mapping can say which."""

from cxresearch.tables.canonical import GROUPED, given
from cxresearch.tables.mapping import FILE

PLAINLY_DECIMAL = r"^\s*[+-]?(\d*\.(\d{1,2}|\d{4,})|(0|\d{4,})\.\d*)([eE].*)?\s*$"
MAY_GROUP = (
    f"every point stands before three digits and may group thousands; declare decimal and thousands in {FILE}"
)
FIRST = 1000  # rows that mostly show how a column is written


def is_open(source):
    """Whether a point may mean either: texts of which the mapping says nothing. Where semicolons part the fields, each such value is refused by itself."""
    how, layout = source.how, source.layout
    return not (how.decimal or how.thousands or (layout and layout.delimiter == ";"))


def ambiguous(source):
    """The columns of numbers in which every point stands before three digits, and where: name → condition.

    Parameters
    ----------
    source : Source
    """
    if not is_open(source):
        return {}
    texts = {}
    for column, spec in source.columns().items():
        how = source.how.column(column)
        if spec.kind == "number" and how.sources and source.raw[column].type().is_string():
            text = given(source.raw, column)
            texts[column] = text.re_replace(r"[^\d.,]", "") if how.money else text
    if not texts:
        return {}
    rows = source.raw.mutate(**{f"cx_written_{i}": text for i, text in enumerate(texts.values())})
    rows = source.chosen(rows)
    waiting = dict(zip(texts, (f"cx_written_{i}" for i in range(len(texts))), strict=True))
    for part in (rows.limit(FIRST), rows):  # mostly the first rows show it
        seen = {c: part[name].re_search(PLAINLY_DECIMAL).any() for c, name in waiting.items()}
        if part is rows:
            seen |= {f"{c}\n": part[name].re_search(GROUPED).any() for c, name in waiting.items()}
        found = part.aggregate(**seen).to_pandas().iloc[0]
        waiting = {c: name for c, name in waiting.items() if found[c] is None or not bool(found[c])}
        if not waiting:
            return {}
    return {c: texts[c].re_search(GROUPED) for c in waiting if found[f"{c}\n"]}
