"""What a number is known by in every period, so that a program, and the next report, find it again."""

import datetime
import re
from collections import Counter

DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
QUARTER = re.compile(r"\b(\d{4}) ?-?Q([1-4])\b")
MONTH = 365.25 / 12  # days


def identified(rows, as_of):
    """Give every result of a report an id that holds no period, and every metric of a notebook a name of its own.

    Parameters
    ----------
    rows : list of dict
        Each notebook, section (the heading it stands under), metric, and optionally series: what the metric is called in every period, where
        that is not its name with dates and quarters counted back from `as_of`.
    as_of : datetime.date

    Returns
    -------
    list of dict
        With ``id`` first. A metric that a notebook records in several sections has the section behind its name; the id is that of notebook,
        section and metric, so that it does not depend on what else is recorded.

    Examples
    --------
    >>> rows = [
    ...     {"notebook": "07", "section": "Buyers", "metric": "lapsed on 2026-06-30"},
    ...     {"notebook": "07", "section": "Buyers", "metric": "retained at month 1"},
    ...     {"notebook": "07", "section": "Contracts", "metric": "retained at month 1"},
    ... ]
    >>> for row in identified(rows, datetime.date(2026, 9, 30)):
    ...     print(row["id"], "|", row["metric"])
    07/Buyers/lapsed on (3 months before) | lapsed on 2026-06-30
    07/Buyers/retained at month 1 | retained at month 1 (Buyers)
    07/Contracts/retained at month 1 | retained at month 1 (Contracts)
    """
    named = Counter((row["notebook"], row["metric"]) for row in rows)
    ids, metrics, found = set(), set(), []
    for row in rows:
        series = row.get("series") or without_period(row["metric"], as_of)
        metric = row["metric"]
        if named[row["notebook"], metric] > 1:
            metric = f"{metric} ({row['section']})"
        id_ = _unused(ids, f"{row['notebook']}/{row['section']}/{series}")
        _, metric = _unused(metrics, (row["notebook"], metric))
        kept = {name: value for name, value in row.items() if name != "series"}
        found.append({"id": id_} | kept | {"metric": metric})
    return found


def without_period(text, as_of):
    """A name in which dates and quarters are counted back from a day.

    >>> without_period("left in the period after 2026-06-30", datetime.date(2026, 9, 30))
    'left in the period after (3 months before)'
    >>> without_period("wave 2026Q1: 12-month retention", datetime.date(2026, 9, 30))
    'wave (2 quarters before): 12-month retention'
    """

    def day(found):
        try:
            days = (as_of - datetime.date(*map(int, found.groups()))).days
        except ValueError:  # no day of any year
            return found[0]
        months = round(days / MONTH)
        return _before(months, "month") if months or not days else _before(days, "day")

    def quarter(found):
        return _before(
            4 * (as_of.year - int(found[1])) + (as_of.month - 1) // 3 + 1 - int(found[2]), "quarter"
        )

    return QUARTER.sub(quarter, DAY.sub(day, text))


def _before(count, unit):
    return f"({count} {unit}s before)" if count != 1 else f"(1 {unit} before)"


def _unused(used, name):
    """A name that nothing before has: of several alike the second ends in #2."""
    *first, last = name if isinstance(name, tuple) else (name,)
    free, count = name, 1
    while free in used:
        count += 1
        numbered = f"{last} #{count}"
        free = (*first, numbered) if first else numbered
    used.add(free)
    return free
