"""What a customer answered in surveys: the last score and the mean so far."""

import calendar
import datetime
import re

import ibis

from cxresearch.features.as_of import AGE
from cxresearch.features.customers.feature import Feature, count

TABLE = "survey_responses"
MOMENT = "responded_at"
SCORES = {
    "recommend": "likelihood to recommend",
    "satisfaction": "overall satisfaction",
    "effort": "effort",
    "emotion": "emotion",
}


def rows(workspace, at):
    """The answers given by the date, those of one customer and moment taken together.

    Where the table has no `responded_at`, an answer is known from the last day of its wave; see :func:`wave_end`.
    """
    answers = workspace.table(TABLE)
    if MOMENT not in answers.columns:
        answers = _dated(answers, workspace.mapping.fiscal_year_starts)
    answers = at.known(answers.filter(answers.customer_id.notnull()), MOMENT)
    scores = [c for c in answers.columns if c in SCORES or c.startswith("driver_")]
    # two answers of one moment have no order: their mean stands for both, so that every engine finds the same last score
    sums = {c: answers[c].sum() for c in scores} | {f"n_{c}": answers[c].count() for c in scores}
    return answers.group_by(*at.keys, MOMENT, AGE).aggregate(answers=answers.count(), **sums)


def wave_end(wave, starts=1):
    """The last day of a wave named like ``2026``, ``2026Q3``, ``2026-07`` or ``2026-07-15``; None of any other.

    Parameters
    ----------
    wave : str
    starts : int
        The month in which the fiscal year begins; a fiscal year bears the number of the calendar year in which it ends.

    Examples
    --------
    >>> wave_end("2026Q3"), wave_end("2026-02"), wave_end("spring")
    (datetime.date(2026, 9, 30), datetime.date(2026, 2, 28), None)
    >>> wave_end("2026Q1", starts=4)
    datetime.date(2025, 6, 30)
    """
    match = re.fullmatch(r"([12]\d{3})(?:[ -]?Q([1-4])|-(\d{2})(?:-(\d{2}))?)?", wave.strip())
    if not match:
        return None
    year, quarter, month, day = (int(part) if part else None for part in match.groups())
    if month is None:
        ends = 12 * (year - (starts > 1)) + starts - 2 + 3 * (quarter or 4)
        year, month = ends // 12, ends % 12 + 1
    if not 1 <= month <= 12:
        return None
    days = calendar.monthrange(year, month)[1]
    return datetime.date(year, month, day or days) if (day or days) <= days else None


def features(at, drivers=()):
    """The features of survey answers."""
    yield count("responses", "answers", "survey answers so far", lambda t: t.answers.sum())
    yield Feature(
        "days_since_response", "days", "since the last survey answer", lambda t: t[AGE].min(),
        missing="never answered by then", dtype="int64",
    )  # fmt: skip
    for column, said in SCORES.items():
        given = {"needs": (column,), "missing": "never gave this score by then"}
        yield Feature(
            f"survey_{column}_last", "scale of the data", f"last survey score: {said}",
            lambda t, c=column: (t[c] / t[f"n_{c}"]).argmax(t[MOMENT], where=t[f"n_{c}"] > 0), **given,
        )  # fmt: skip
        yield Feature(
            f"survey_{column}_mean",
            "scale of the data",
            f"mean survey score so far: {said}",
            _mean(column),
            **given,
        )
    for column in drivers:
        yield Feature(
            f"survey_{column}_mean", "scale of the data", f"mean rating of {column.removeprefix('driver_')} so far", _mean(column),
            (column,), missing="never rated it by then",
        )  # fmt: skip


def _mean(column):
    return lambda t: t[column].sum() / t[f"n_{column}"].sum().nullif(0)


def _dated(answers, starts):
    """Answers with the end of their wave as the moment; those of a wave without a date are left out."""
    waves = answers.select("wave").distinct().to_pandas()["wave"].dropna()
    ends = {wave: end for wave in waves if (end := wave_end(wave, starts))}
    known = answers.filter(answers.wave.isin(list(ends)))
    pairs = [(wave, ibis.literal(end, "date")) for wave, end in sorted(ends.items())]
    when = known.wave.cases(*pairs).cast("timestamp") if pairs else ibis.null("timestamp")
    return known.mutate(**{MOMENT: when})
