"""When an answer is known: the one definition that features, invitations and ratings share."""

import datetime

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.months import wave_end

MOMENT = "responded_at"
IN_FIELD = 92  # days, a quarter: a wave without a date of its own is over so long after its first invitation


def answered(answers, workspace=None):
    """Answers with the moment from which each is known; those that nothing dates are left out.

    An answer is known

    1. from ``responded_at`` on, where it has one;
    2. else from the last day of its wave, where the wave is named after a period such as ``2026Q3`` (see :func:`~cxresearch.months.wave_end`);
    3. else 92 days after the first invitation to its wave, where the workspace has invitations: nobody answers before being invited,
       and few surveys stay open for more than a quarter.

    An answer that none of these dates is known at no date. To count it on every date would show the future to each report of the past,
    and to count it from the last day of the data would let a report of an old quarter change whenever new data arrive. The mapping can
    date it: by names of waves (``wave = { column = "Welle", codes = { "Frühjahr" = "2026Q2" } }``) or a day for all
    (``responded_at = { value = "2026-05-31" }``).

    Parameters
    ----------
    answers : ibis.Table
        The contract's ``survey_responses`` or ``staff_ratings``: responded_at, wave or both.
    workspace : Workspace, optional
        Says when the fiscal year begins, and has the invitations. Without it years are calendar years, whose quarters end no earlier
        than the fiscal ones of the same name, and rule 3 is not used.

    Returns
    -------
    ibis.Table
        The rows of `answers` that can be dated, with ``responded_at`` filled.

    Examples
    --------
    >>> table = ibis.memtable({"response_id": ["1", "2", "3"], "wave": ["2026Q1", "2026Q2", "spring"]})
    >>> answered(table).order_by("response_id").to_pandas()[["response_id", "responded_at"]]
      response_id responded_at
    0           1   2026-03-31
    1           2   2026-06-30
    """
    given = answers[MOMENT] if MOMENT in answers.columns else ibis.null("timestamp")
    ends = wave_ends(_waves(answers), workspace)
    if ends:
        pairs = [(wave, ibis.literal(end, "date")) for wave, end in sorted(ends.items())]
        given = ibis.coalesce(given, answers.wave.cases(*pairs).cast("timestamp"))
    dated = answers.mutate(**{MOMENT: given})
    return dated.filter(dated[MOMENT].notnull())


def undated(answers, workspace=None):
    """The waves of answers that nothing dates, as :func:`answered` leaves them out.

    >>> undated(ibis.memtable({"response_id": ["1", "2"], "wave": ["2026Q1", "spring"]}))
    ['spring']
    """
    waves = _waves(answers)
    ends = wave_ends(waves, workspace)
    return [wave for wave in waves if wave not in ends]


def known_answers(answers, as_of, workspace=None):
    """The answers that are known at the end of a day, as :func:`answered` dates them.

    Parameters
    ----------
    answers, workspace
        As for :func:`answered`.
    as_of : date or str
        The last day that counts.

    Returns
    -------
    ibis.Table
        Those rows of `answers`, with ``responded_at`` filled.
    """
    dated = answered(answers, workspace)
    return dated.filter(dated[MOMENT].cast("date") <= ibis.literal(as_day(as_of), "date"))


def wave_ends(waves, workspace=None):
    """Wave → the day from which its answers are known, for those waves that can be dated.

    Parameters
    ----------
    waves : iterable of str
    workspace : Workspace, optional
        As for :func:`answered`.

    Examples
    --------
    >>> wave_ends(["2026Q3", "spring"])
    {'2026Q3': datetime.date(2026, 9, 30)}
    """
    starts = workspace.mapping.fiscal_year_starts if workspace is not None else 1
    ends = {wave: end for wave in waves if (end := wave_end(wave, starts))}
    left = set(waves) - set(ends)
    if left and workspace is not None and "survey_invitations" in workspace.tables:
        sent = workspace.table("survey_invitations")
        sent = sent.filter(sent.wave.isin(sorted(left)))
        first = sent.group_by("wave").aggregate(day=sent.invited_at.min().cast("date")).to_pandas()
        later = datetime.timedelta(days=IN_FIELD)
        ends |= {wave: as_day(_plain(day)) + later for wave, day in zip(first.wave, first.day, strict=True)}
    return ends


def _waves(answers):
    """The waves of the answers that have no moment of their own."""
    if "wave" not in answers.columns:
        return []
    rest = answers.filter(answers[MOMENT].isnull()) if MOMENT in answers.columns else answers
    return sorted(rest.select("wave").distinct().to_pandas()["wave"].dropna())


def _plain(day):
    return day.date() if hasattr(day, "date") else day
