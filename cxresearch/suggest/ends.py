"""An end that a file does not hold, drafted from a start and a duration: only where name and content leave no doubt, else as a question."""

import re

from cxresearch.suggest.placed import Placed, quoted
from cxresearch.suggest.vocabulary import says, words
from cxresearch.tables.formats import MOST
from cxresearch.tables.written import LONGEST, UNITS

WORDS = {
    "days": "day days tag tage jour jours dia dias",
    "weeks": "week weeks wk wks woche wochen semaine semaines semana semanas",
    "months": "month months mth mths mo monat monate monaten mois mes meses",
    "quarters": "quarter quarters qtr qtrs quartal quartale trimestre trimestres",
    "years": "year years yr yrs jahr jahre jahren an ans annee annees ano anos",
}
RENEWED = {"term", "terms", "laufzeit", "plazo"}  # what may begin again when it is over
WHOLE = re.compile(r"^\s*\d+(\.0+)?\s*$").match


def drafted_end(target, file, placed, used):
    """The end of a table's rows from the column of their start and one of their duration; None where there is none.

    Parameters
    ----------
    target : str
        The column of the contract that is the end.
    file : File
    placed : dict
        What is placed already, ``started_on`` among it.
    used : set
        Names of the columns in place.

    Returns
    -------
    Placed or None
        Its column is the duration. Commented out where the unit is unknown, where what lasts may begin again, or where a column may tell
        which rows have ended at all.
    """
    start = placed.get("started_on")
    if start is None or start.column is None or target in placed:
        return None
    free = [c for c in file.columns if c.name not in used or c is _column(placed.get("term_months"))]
    found = [c for c in free if says("term", c.name) and _lasts(c)]
    if len(found) != 1:
        return None
    (duration,) = found
    unit = unit_of(duration.name)
    asked = []
    if unit is None:
        asked.append(f"its unit, one of {', '.join(UNITS)}, is yours to say")
    if RENEWED & set(words(duration.name)):
        asked.append("only if nothing goes on after its term")
    tells = [c for c in file.columns if c.flag and c.name not in used]
    if tells:
        names = " or ".join(quoted(c.name) for c in tells[:2])
        asked.append(f"if {names} tells which have ended, add where = {{ {quoted(tells[0].name)} = [...] }}")
    settings = {
        "after": quoted(start.column.name),
        "plus": quoted(duration.name),
        "unit": quoted(unit or "?"),
    }
    settings |= {key: start.settings[key] for key in ("format",) if key in start.settings}
    why = f"no column is an end; {quoted(duration.name)} is a duration by name and holds whole numbers"
    made = Placed(duration, target, "; ".join([why, *asked, f"confidence {'low' if asked else 'medium'}"]))
    made.settings, made.is_made = settings, True
    made.commented, made.score = bool(asked) or start.commented, 0.5 if asked else 0.7
    return made


def unit_of(name):
    """The unit of time that a column's name says; None where it says none or several.

    >>> unit_of("duration_months"), unit_of("Laufzeit (Quartale)"), unit_of("duration"), unit_of("days per month")
    ('months', 'quarters', None, None)
    """
    said = set(words(name))
    found = [unit for unit, names in WORDS.items() if said & set(names.split())]
    return found[0] if len(found) == 1 else None


def _column(place):
    return place.column if place else None


def _lasts(column):
    """Whether the values may be durations: whole numbers, not all 0, none of them too long."""
    if column.share(WHOLE) < MOST:
        return False
    numbers = [float(value) for value in column.values if WHOLE(value)]
    return 0 < max(numbers) <= LONGEST
