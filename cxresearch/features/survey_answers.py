"""The answers of one survey, and who was asked, as known on a date."""

import ibis

from cxresearch.features.as_of import as_day


def survey_answers(responses, as_of, survey="auto"):
    """One row per response that had come in by `as_of`, each with its wave.

    Where a table holds several surveys, told apart by a column ``survey``, one is taken: they may ask other
    people, or the same ones differently. A response without a wave gets the calendar quarter of its day. Where
    there is no ``responded_at``, every response counts as known.

    Parameters
    ----------
    responses : ibis.Table
        The contract's ``survey_responses``.
    as_of : date or str
        The last day that counts.
    survey : str
        Which survey; ``"auto"`` takes the one with most responses, ``"all"`` every one.

    Returns
    -------
    ibis.Table
        The columns of `responses`, and wave.

    Raises
    ------
    ValueError
        Where there is no such survey.

    Examples
    --------
    >>> table = ibis.memtable({"response_id": ["1", "2"], "recommend": [9, 4]})
    >>> day = ibis.ifelse(table.response_id == "1", "2026-01-10", "2026-05-02")
    >>> survey_answers(table.mutate(responded_at=day.cast("timestamp")), "2026-03-31").to_pandas()[["recommend", "wave"]]
       recommend    wave
    0          9  2026Q1
    """
    if "responded_at" in responses.columns:
        responses = responses.filter(
            responses.responded_at.cast("date") <= ibis.literal(as_day(as_of), "date")
        )
        day = responses.responded_at
        quarter = day.year().cast("string") + "Q" + day.quarter().cast("string")
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


def survey_invitations(invitations, as_of):
    """The invitations that had been sent by `as_of`.

    Parameters
    ----------
    invitations : ibis.Table
        The contract's ``survey_invitations``.
    as_of : date or str
        The last day that counts.

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
    return invitations.filter(invitations.invited_at.cast("date") <= ibis.literal(as_day(as_of), "date"))
