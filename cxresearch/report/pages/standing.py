r"""Where the headline numbers stand: now, at the last report, a year ago, against their targets, and over all reports at hand.

Whether a target has been met is told with the chance that the true number has reached it, read from the interval of the number:
:math:`P = \Phi\{(\hat\theta - t) / s\}` for a number that is to be at least :math:`t`, where :math:`s` is the half of the interval on the
side of :math:`t`, over 1.96. It is what the interval says at a level of its own choice (a confidence distribution), no forecast.

References
----------
Schweder, T. & Hjort, N. L. (2016). *Confidence, Likelihood, Probability*. Cambridge University Press.
"""

import datetime
import math
from collections import Counter
from dataclasses import dataclass

from cxresearch.report import results
from cxresearch.report.pages.changes import changes
from cxresearch.report.pages.history import YEAR, before
from cxresearch.report.series import without_period
from cxresearch.words import MISSING, value_text

WIDTH, HEIGHT, EDGE = 120, 30, 3  # of a sparkline, in its own units
FEWEST = 3  # reports that make a line
NEW_METHOD = "Its method has changed in between, which may explain the change."
TRIED = ("08", "09", "10")  # notebooks on what was tried
FIRST = 7  # headline numbers of one notebook on the first screen
Z = 1.959964


@dataclass
class Standing:
    """The table of headline numbers.

    Attributes
    ----------
    columns : list of str
        The periods of the earlier reports that the numbers are held against.
    lines : list of dict
        notebook, metric, now, interval, base, method, earlier (a dict of value and reading per column), target (text and chance, or None), spark
        (line, band, label, or None).
    moved : list of str
        A sentence for each number that has clearly changed.
    unmet : list of str
        What is wrong with targets that no number could be held against.
    has_targets, has_sparks : bool
    """

    columns: list
    lines: list
    moved: list
    unmet: list

    @property
    def first(self):
        """The lines of the first screen: so many of each notebook at most."""
        taken = Counter()
        return [
            line
            for line in self.lines
            if not taken.update([line["notebook"]]) and taken[line["notebook"]] <= FIRST
        ]

    @property
    def further(self):
        """The other lines."""
        first = self.first
        return [line for line in self.lines if line not in first]

    @property
    def has_targets(self):
        return any(line["target"] for line in self.lines)

    @property
    def has_sparks(self):
        return any(line["spark"] for line in self.lines)


def standing(rows, history, about, targets=None):
    """Where the headline numbers of a report stand.

    Parameters
    ----------
    rows : list of dict
        The results of this report.
    history : list of dict
        The earlier reports, the earliest first, as from :func:`~cxresearch.report.pages.history.history`.
    about : dict
        Of this report: period, as_of.
    targets : dict of Target, optional
        By the name of a number.

    Returns
    -------
    Standing or None
        None without any headline number.
    """
    marked = _customers_first([row for row in rows if row.get("headline")])
    if not marked:
        return None
    last = history[-1] if history else None
    year = before(history, about["as_of"], YEAR)
    against = [kept for kept in (last, year if year is not last else None) if kept]
    columns = changes(marked, *(kept["results"] for kept in against))
    aims = {name.casefold(): target for name, target in (targets or {}).items()}
    lines = []
    for i, row in enumerate(marked):
        metric, now, interval, base = results.cells(row)
        earlier = [
            _earlier(column[i], row, kept, about) for column, kept in zip(columns, against, strict=True)
        ]
        metric = f"{metric} ({row['caution']})" if row.get("caution") else metric
        lines.append(
            {
                "notebook": row.get("notebook", ""),
                "metric": metric,
                "now": now,
                "interval": interval,
                "base": base,
                "method": row["method"],
            }
            | {"earlier": earlier, "target": _target(row, aims.get(metric.casefold()))}
            | {"spark": _spark(row, history, about)}
        )
    periods = [kept["period"] for kept in against]
    moved = [
        f"{text} {NEW_METHOD}" if _has_new_method(row, kept, about) else text
        for column, kept in zip(columns, against, strict=True)
        for change, row in zip(column, marked, strict=True)
        if (text := change.sentence(kept["period"]))
    ]
    return Standing(periods, lines, moved, _unmet(targets or {}, marked))


def _customers_first(rows):
    """Headline numbers as a board reads them: customers and money, loyalty, departments and projects, then what was tried; as in the notebook within one."""
    backwards = sorted(rows, key=lambda row: row.get("notebook", ""), reverse=True)
    return sorted(backwards, key=lambda row: row.get("notebook", "").startswith(TRIED))


def chance(row, target):
    """The chance that a number has reached its target, as its interval tells; None without an interval.

    >>> from cxresearch.tables.definitions import Target
    >>> nps = {"estimate": 16.6, "low": 11.0, "high": 22.2}
    >>> round(chance(nps, Target(20)), 3), round(chance(nps, Target(20, is_most=True)), 3)
    (0.117, 0.883)
    """
    estimate, low, high = (row[name] for name in ("estimate", "low", "high"))
    if None in (estimate, low, high):
        return None
    side = (high - estimate if target.value > estimate else estimate - low) / Z
    ahead = (target.value - estimate) if target.is_most else (estimate - target.value)
    if side <= 0:
        return float(ahead >= 0)
    return math.erfc(-ahead / side / math.sqrt(2)) / 2


def _earlier(change, row, kept, about):
    """What a number was in an earlier report, whether it has moved since, and whether it was computed in another way then."""
    if change.before is None:
        return {"value": MISSING, "reading": ""}
    was = _same(row, kept["results"])
    said = [change.reading, "method changed" if _has_new_method(row, kept, about) else ""]
    return {"value": results.cells(was | {"n": None})[1], "reading": ", ".join(filter(None, said))}


def _has_new_method(row, kept, about):
    """Whether a number was computed in another way in an earlier report."""
    was = _same(row, kept["results"])
    return was is not None and _method(was, kept) not in ("", _method(row, about))


def _method(row, about):
    """The method of a number, in which periods are counted back from its report; empty where it is not known."""
    try:
        return without_period(row.get("method") or "", datetime.date.fromisoformat(about["as_of"]))
    except (ValueError, TypeError):
        return ""


def _target(row, target):
    """A target in words, with the chance that it has been met; None where there is none, or none that a share can have."""
    if target is None or _is_no_share(row, target):
        return None
    side = "at most " if target.is_most else ""
    told = f"{side}{value_text(target.value, row['unit'])}"
    met = chance(row, target)
    if met is None:
        return {"text": told, "chance": "cannot be told"}
    bounded = "under 1%" if met < 0.01 else "over 99%" if met > 0.99 else f"{met:.0%}"
    return {"text": told, "chance": f"met with a probability of {bounded}"}


def _unmet(targets, marked):
    """A line for each target that no headline number has the name of, or whose value no share can have."""
    named = {row["metric"].casefold(): row for row in marked}
    names = ", ".join(row["metric"] for row in marked)
    wrong = []
    for name, target in targets.items():
        if name.casefold() not in named:
            wrong.append(
                f"The target for “{name}” was not used: no headline number has this name. They are {names}."
            )
        elif _is_no_share(named[name.casefold()], target):
            wrong.append(f"The target for “{name}” is {target.value:g}: a share is written from 0 to 1.")
    return wrong


def _is_no_share(row, target):
    return row["unit"] == "share" and not 0 <= target.value <= 1


def _spark(row, history, about):
    """A number over all reports as the path of a line and its band; None where there are too few."""
    points = [(kept["as_of"], found) for kept in history if (found := _same(row, kept["results"]))]
    points = [(_ordinal(day), p) for day, p in [*points, (about["as_of"], row)] if p["estimate"] is not None]
    points = [(day, p) for day, p in points if day is not None]
    if len(points) < FEWEST or row["estimate"] is None:
        return None
    days = [day for day, _ in points]
    ends = [[_end(p, name) for _, p in points] for name in ("estimate", "low", "high")]
    least, most = min(ends[1]), max(ends[2])

    def place(day, value):
        x = EDGE + (WIDTH - 2 * EDGE) * (day - days[0]) / (days[-1] - days[0])
        y = (
            HEIGHT / 2
            if most == least
            else HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - least) / (most - least)
        )
        return f"{x:.1f},{y:.1f}"

    estimates, lows, highs = ([place(d, v) for d, v in zip(days, values, strict=True)] for values in ends)
    first, low, high = (value_text(v, row["unit"]) for v in (ends[0][0], min(ends[0]), max(ends[0])))
    return {
        "line": " ".join(estimates),
        "band": " ".join([*highs, *reversed(lows)]),
        "end": estimates[-1].split(","),
        "label": f"{row['metric']} over {len(points)} reports: first {first}, lowest {low}, highest {high}, "
        f"now {value_text(ends[0][-1], row['unit'])}",
    }


def _same(row, others):
    return next((o for o in others if o["id"] == row["id"] and o["unit"] == row["unit"]), None)


def _end(row, name):
    return row["estimate"] if row[name] is None else row[name]


def _ordinal(day):
    try:
        return datetime.date.fromisoformat(day).toordinal()
    except ValueError:
        return None
