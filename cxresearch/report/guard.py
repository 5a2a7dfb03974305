"""Withholds in a report what another report on another part of the firm, made for the same day, would give away beside it."""

import re
from collections import Counter, defaultdict

from cxresearch.currency import SCALES
from cxresearch.display import FIGURE, PRIVATE, READING, TABLE, Nothing, note, reading
from cxresearch.kernels.sections import heading
from cxresearch.proposal import PROPOSAL, in_words
from cxresearch.report import quotes
from cxresearch.report.across import Base, to_withhold
from cxresearch.report.audit import withhold_row
from cxresearch.report.series import identified

BASES = f"{PRIVATE}bases+json"
QUOTES = f"{PRIVATE}{quotes.NAME}+json"
WITHHELD = "Withheld: beside a report on another part of the firm, it would give fewer than ten people away."
# no month or day of a date
NUMBER = re.compile(r"(?<![\w.,])(?<!\d-)([-−+]?\d[\d,]*(?:\.\d+)?)(%| points\b| bn\b| m\b)?")
# what a number may count in, by what follows it
SCALE = {"": [1.0], "%": [0.01], " points": [0.01, 1.0]} | {unit: [size, 1.0] for size, unit in SCALES}
SENTENCE = re.compile(r"(?<=[.;!?]) ")


def recorded(books, as_of):
    """Every estimate on people that notebooks state, with its id and what is known of its base.

    Parameters
    ----------
    books : list of tuple
        Name and executed notebook.
    as_of : datetime.date

    Yields
    ------
    tuple
        Name and heading it stands under, the output, its result and its exact numbers (dict; None where the notebook carries none).
    """
    found = []
    for stem, book in books:
        section = ""
        for cell in book.cells:
            section = heading(cell)[1] or section
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                exact = data.get(BASES, {})
                for row in data.get(TABLE, {}).get("results", []):
                    found.append((stem, section, output, row, exact.get(row["metric"])))
    rows = [{"notebook": stem, "section": section, **row} for stem, section, _, row, _ in found]
    for (stem, section, output, row, exact), named in zip(found, identified(rows, as_of), strict=True):
        yield stem, section, output, row | {"id": named["id"]}, exact


def guard(books, about, as_of, published, by, whole=()):
    """Withhold what the published reports on other parts would give away; the notebooks are changed in place.

    Parameters
    ----------
    books : list of tuple
        Name and executed notebook.
    about : dict
        Of the report: where.
    as_of : datetime.date
    published : list of Base
        Of the other reports.
    by : dict of str
        The attribute that a notebook compares parts by, by the notebook's name.
    whole : collection of str
        The names of notebooks that are about the whole firm whatever the report is about: they state nothing that others do not.

    Returns
    -------
    list of Base
        What the report states once the rest is withheld.
    """
    stated = defaultdict(list)
    rows = [row for row in recorded(books, as_of) if row[0] not in whole]
    named_once = Counter(_series(row) for _, _, _, row, _ in rows)
    for stem, section, output, row, exact in rows:
        if row["n"] is not None and "of" not in row and exact:
            exact = exact | (
                {"cases": None} if row["flag"] == "suppressed" else {}
            )  # a base that stays alone
            is_named_once = named_once[_series(row)] == 1
            told = exact["estimate"], row["estimate"], row["n"]  # as it is, and as the table states it
            values = [value for value in told if value is not None]
            for base in _bases(row, exact, about["where"], by.get(stem), is_named_once):
                place = (base.key, str(sorted(base.part.items())), base.n, base.cases)
                stated[place].append((base, stem, section, output, row["metric"], exact, values))
    places = list(stated)
    hidden = to_withhold([stated[place][0][0] for place in places], published)
    named = dict(books)
    for at in sorted(hidden):
        for _, stem, section, output, metric, exact, values in stated[places[at]]:
            if metric in {r["metric"] for r in output["data"][TABLE]["results"] if r["n"] is not None}:
                withhold_row(output, metric, WITHHELD)
            _unsay(named[stem], section, values, exact["n"])
    gone = {(stem, metric) for at in hidden for _, stem, _, _, metric, *_ in stated[places[at]]}
    return [
        group[0][0]
        for at, group in enumerate(stated.values())
        if at not in hidden and not all((stem, metric) in gone for _, stem, _, _, metric, *_ in group)
    ]


def _series(row):
    return row["id"].split("/", 2)[-1]


def _bases(row, exact, where, by, is_named_once):
    """A row's base by its id, and by the name that it has on a page that compares parts."""
    n = (exact["n"], exact["n"])
    cases = None if exact["cases"] is None else (exact["cases"], exact["cases"])
    if by and "same" in exact:
        part = where if exact["part"] is None else where | {by: [exact["part"]]}
        yield Base(f"parts: {exact['same']}", part, n, cases)
        return
    yield Base(row["id"], where, n, cases)
    if is_named_once:
        yield Base(f"parts: {_series(row)}", where, n, cases)


def _unsay(book, section, values, base):
    """Take out of the readings and proposals of a notebook, and of the pictures and tables of a section, what states a number or its base; and the
    comments that are handed over to be quoted with that base."""
    here = ""
    for cell in book.cells:
        here = heading(cell)[1] or here
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PROPOSAL in data:
                told = f"{in_words(data[PROPOSAL])} {data[PROPOSAL]['why']}"
                if _states(told, values):
                    output["data"] = (note(WITHHELD) if READING in data else Nothing())._repr_mimebundle_()
            elif READING in data and _states(data[READING]["text"], values):
                _shorten(output, values)
            elif here == section and (FIGURE in data or (TABLE in data and "results" not in data[TABLE])):
                told = data.get(FIGURE) or data[TABLE]
                cells = " ".join([told.get("alt", ""), *(text for line in told["rows"] for text in line)])
                if _states(cells, values):
                    output["data"] = note(WITHHELD)._repr_mimebundle_()
            elif QUOTES in data:
                data[QUOTES] = [one for one in data[QUOTES] if one["n"] != base]


def _shorten(output, values):
    content = output["data"][READING]
    kept = [text for text in SENTENCE.split(content["text"]) if not _states(text, values)]
    if not kept:
        output["data"] = note(WITHHELD)._repr_mimebundle_()
        return
    shown = reading("{words}", words=" ".join(kept))._repr_mimebundle_()
    rest = {name: told for name, told in content.items() if name != "at_stake"}
    output["data"] = shown | {READING: rest | shown[READING]}


def _states(text, values):
    """Whether a text holds a number that one of some values rounds to, of two digits or more.

    >>> _states("84.1% (80.0% to 88.0%) have stayed", [0.84123]), _states("84.2% have stayed", [0.84123]), _states("1 of 3", [1.0])
    (True, False, False)
    >>> _states("up by 4.1 points", [0.0412]), _states("2.1 points of five", [2.13]), _states("120 of them", [0.3, 120])
    (True, True, True)
    >>> _states("£11.6 m a year", [11_623_400.0]), _states("£11.6 m a year", [11.6e9]), _states("by 2026-09-30", [30])
    (True, False, False)
    """
    for number, end in NUMBER.findall(text):
        plain = number.replace(",", "").replace("−", "-")
        if len(plain.replace(".", "").lstrip("+-0")) < 2 and not end:
            continue
        half = 0.5 * 10.0 ** -len(plain.partition(".")[2])
        counted = (abs(value) / scale for value in values for scale in SCALE[end])
        if any(abs(abs(float(plain)) - value) <= half + 1e-10 for value in counted):
            return True
    return False
