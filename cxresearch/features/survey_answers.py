"""The answers of one survey, who was asked, and what staff believe, as known on a date."""

import ibis

from cxresearch.errors import NotEnough
from cxresearch.features.answered import MOMENT, answered, known_answers, undated
from cxresearch.features.as_of import as_day
from cxresearch.features.months import month_number
from cxresearch.months import MONTHS_PER_YEAR


def survey_answers(responses, as_of, survey="auto", workspace=None):
    """One row per response that had come in by `as_of`, each with its wave.

    Where a table holds several surveys, told apart by a column ``survey``, one is taken: they may ask other
    people, or the same ones differently. A response without a wave gets the quarter of its day, in the workspace's fiscal year. When each is
    known says :func:`~cxresearch.features.answered.answered`.

    Parameters
    ----------
    responses : ibis.Table
        The contract's ``survey_responses``.
    as_of : date or str
        The last day that counts.
    survey : str
        Which survey; ``"auto"`` takes the one with most responses, ``"all"`` every one.
    workspace : Workspace, optional
        Dates responses without a moment of their own, and says when the fiscal year begins; without it years are calendar years.

    Returns
    -------
    ibis.Table
        The columns of `responses`, responded_at (for a response dated by its wave the wave's last day) and wave.

    Raises
    ------
    ValueError
        Where there is no such survey.
    NotEnough
        Where no response has a moment of its own and nothing dates any of the waves.

    Examples
    --------
    >>> table = ibis.memtable({"response_id": ["1", "2"], "recommend": [9, 4]})
    >>> day = ibis.ifelse(table.response_id == "1", "2026-01-10", "2026-05-02")
    >>> survey_answers(table.mutate(responded_at=day.cast("timestamp")), "2026-03-31").to_pandas()[["recommend", "wave"]]
       recommend    wave
    0          9  2026Q1
    """
    known = known_answers(responses, as_of, workspace)
    if MOMENT not in responses.columns:
        _dated(responses, workspace)
    responses = known
    quarter = _quarter(responses.responded_at, workspace.mapping.fiscal_year_starts if workspace else 1)
    wave = ibis.coalesce(responses.wave, quarter) if "wave" in responses.columns else quarter
    responses = responses.mutate(wave=wave)
    if survey == "all":
        return responses
    if "survey" in responses.columns:
        kinds = responses.group_by("survey").aggregate(n=responses.count()).order_by(ibis.desc("n"), "survey")
        kinds = kinds.to_pandas()["survey"].dropna().tolist()
        chosen = (kinds or [None])[0] if survey == "auto" else survey
        if survey != "auto" and survey not in kinds:
            raise ValueError(f"survey {survey!r} has no response by {as_of}; there are {', '.join(kinds)}")
        return responses.filter(responses.survey == chosen) if chosen is not None else responses
    if survey != "auto":
        raise ValueError(f"survey {survey!r} cannot be chosen: the responses have no column survey")
    return responses


def _quarter(moment, starts):
    """The quarter of a moment, named like ``2026Q3``: the wave that :func:`~cxresearch.months.wave_end` dates."""
    number = month_number(moment) - (starts - 1)
    year = number // MONTHS_PER_YEAR + (1 if starts > 1 else 0)
    quarter = number % MONTHS_PER_YEAR // 3 + 1
    return year.cast("int64").cast("string") + "Q" + quarter.cast("int64").cast("string")


def survey_invitations(invitations, as_of, workspace=None):
    """The invitations that had been sent by `as_of`, and who had answered by then.

    Parameters
    ----------
    invitations : ibis.Table
        The contract's ``survey_invitations``.
    as_of : date or str
        The last day that counts.
    workspace : Workspace, optional
        Where its responses name the wave and the customer of every answer, an invitation counts as answered only if its answer is known
        by `as_of`. Without it ``has_responded`` is as the table has it, which may tell of an answer given later.

    Returns
    -------
    ibis.Table
        The columns of `invitations`.

    Examples
    --------
    >>> table = ibis.memtable({"customer_id": ["a", "b"], "day": ["2026-03-31 23:00:00", "2026-04-01 08:00:00"]})
    >>> table = table.mutate(invited_at=table.day.cast("timestamp"))
    >>> survey_invitations(table, "2026-03-31").customer_id.to_pandas().tolist()
    ['a']
    """
    sent = invitations.filter(invitations.invited_at.cast("date") <= ibis.literal(as_day(as_of), "date"))
    return answered_by_then(sent, as_of, workspace)


def answered_by_then(invitations, as_of, workspace):
    """Invitations with ``has_responded`` as it stood on a date: true only where the answer is known by then.

    As they are where the responses cannot tell: some do not name their customer or their wave.
    """
    if workspace is None or "survey_responses" not in workspace.tables:
        return invitations
    answers = workspace.table("survey_responses")
    if not {"wave", "customer_id"} <= set(answers.columns):
        return invitations
    known = known_answers(answers, as_of, workspace).select("wave", "customer_id")
    nameless = known.filter(known.wave.isnull() | known.customer_id.isnull())
    if int(nameless.count().to_pandas()):
        return invitations
    known = known.distinct().select(cx_wave="wave", cx_customer="customer_id", cx_known=ibis.literal(True))
    both = invitations.left_join(
        known, [invitations.wave == known.cx_wave, invitations.customer_id == known.cx_customer]
    )
    both = both.mutate(has_responded=both.has_responded & both.cx_known.fill_null(False))
    return both.drop("cx_wave", "cx_customer", "cx_known")


def staff_ratings(ratings, as_of, workspace=None):
    """The ratings by staff whose wave was over by `as_of`.

    Parameters
    ----------
    ratings : ibis.Table
        The contract's ``staff_ratings``.
    as_of : date or str
        The last day that counts.
    workspace : Workspace, optional
        Dates the waves; see :func:`~cxresearch.features.answered.answered`.

    Returns
    -------
    ibis.Table
        The columns of `ratings`.

    Raises
    ------
    NotEnough
        Where nothing dates any of the waves.

    Examples
    --------
    >>> table = ibis.memtable({"rating_id": ["1", "2"], "wave": ["2026Q1", "2026Q2"], "rating": [7.0, 9.0]})
    >>> staff_ratings(table, "2026-03-31").to_pandas()["rating"].tolist()
    [7.0]
    """
    _dated(ratings, workspace)
    return known_answers(ratings, as_of, workspace).select(*ratings.columns)


def _dated(responses, workspace):
    """Stop where nothing says when any of the responses was given: they would all be left out without a word."""
    waves = undated(responses, workspace) if "wave" in responses.columns else []
    if not waves or int(answered(responses, workspace).limit(1).count().to_pandas()):
        return
    named = ", ".join(waves[:3]) + (" …" if waves[3:] else "")
    raise NotEnough(
        f"nothing says when the answers of {named} were given; name waves like 2026Q3, or give responded_at"
    )
