"""Episodes: the contacts that one customer needed for one job, and what they cost the customer."""

import ibis

from cxresearch.features.contacts import contact_order, in_months, known_contacts
from cxresearch.features.journeys.steps import DAY, SERVERS, end_of, seconds

SUMS = ("wait_seconds", "handle_seconds")
MEANS = ("complexity", "satisfaction", "effort", "emotion")
FIRST = ("touchpoint", "channel", "department", "job", "is_automated")


def episodes(interactions, as_of, months=12, gap=7, by=None):
    """Episodes that began in the last months: a customer's contacts on one job, closed by more than `gap` days of silence.

    Parameters
    ----------
    interactions : ibis.Table
        The contract's ``interactions``.
    as_of : date or str
        The last day that counts.
    months : int, optional
        How many months up to `as_of` count; all if None. The first contact decides.
    gap : float
        Days of silence that close an episode; also those within which another contact, about anything, is a recontact.
    by : str, optional
        The column that says which job a contact belongs to: case_id unless said, or job where there are no cases, or touchpoint.

    Returns
    -------
    ibis.Table
        One row per episode, in order of key:

        - episode, who, customer_id, case_id; touchpoint, channel, department, job, is_automated of its first contact;
        - first_at, last_at, contacts, days (from the first to the last), days_followed and days_silent (from its first, and from its last
          contact, to the end of `as_of`);
        - channels, touchpoints: how many different ones;
        - transfers (contacts that were handed on), hand_offs and pairs (changes of agent, or where none is named of department, and pairs of contacts that name one);
        - wait_seconds, handle_seconds: sums; empty if no contact has one;
        - complexity, satisfaction, effort, emotion: means of the contacts that have one;
        - resolved_first: the first contact settled the matter and was not handed on; resolved: a contact did;
          empty where no contact says so;
        - recontact: days from the end to the customer's next contact about anything; empty where there is none;
        - came_back: that was within `gap` days; empty where the silence since is shorter and nothing has come.

    Raises
    ------
    ValueError
        For a gap that is not positive, or a column that is not one of the contract.

    Examples
    --------
    >>> calls = ibis.memtable({"interaction_id": ["a", "b", "c"], "customer_id": ["1"] * 3, "touchpoint": ["fault"] * 3,
    ...     "channel": ["phone", "web", "phone"], "is_resolved": [False, True, True],
    ...     "started_at": ["2026-05-01 12:00:00", "2026-05-04 12:00:00", "2026-07-01 12:00:00"]})
    >>> found = episodes(calls.cast({"started_at": "timestamp"}), "2026-09-30").to_pandas()
    >>> found[["episode", "channel", "contacts", "days", "resolved_first", "resolved", "came_back"]]
      episode channel  contacts  days  resolved_first  resolved  came_back
    0       a   phone         2   3.0           False      True      False
    1       c   phone         1   0.0            True      True      False
    """
    if not gap > 0:
        raise ValueError(f"gap is {gap!r}; an episode ends after more than 0 days")
    by = by or next((name for name in ("case_id", "job") if name in interactions.columns), "touchpoint")
    known = known_contacts(interactions, as_of)
    if by not in known.columns:
        raise ValueError(f"by is {by!r}, which is no column of interactions")
    named = known.customer_id.notnull()
    who = ibis.coalesce(known.customer_id, known.case_id, known.interaction_id)
    known = known.mutate(
        who=who,
        cx_job=ibis.coalesce(known[by].cast("string"), ibis.ifelse(named, "", known.interaction_id)),
        cx_second=seconds(known.started_at),
    )
    server = next((name for name in SERVERS if name in interactions.columns), None)
    of_who, of_job = (_window(known, keys) for keys in (["who"], ["who", "cx_job"]))
    pause = known.cx_second - known.cx_second.lag().over(of_job)
    again = known.cx_second.lead().over(of_who) - known.cx_second
    known = known.mutate(
        cx_cut=(pause > gap * DAY).fill_null(True).cast("int32"),
        cx_again=ibis.ifelse(named, again / DAY, ibis.null("float64")),
    )
    running = _window(known, ["who", "cx_job"], preceding=None, following=0)
    known = known.mutate(cx_number=known.cx_cut.sum().over(running))
    inside = _window(known, ["who", "cx_job", "cx_number"])
    changes = ibis.null("boolean") if server is None else known[server] != known[server].lag().over(inside)
    known = known.mutate(
        cx_place=ibis.row_number().over(inside),
        cx_left=known.cx_second.lead().over(inside).isnull(),
        cx_changes=changes,
    )
    return _together(known, as_of, months, gap)


def _window(known, keys, **rows):
    """Contacts of the same keys in their order."""
    return ibis.window(group_by=keys, order_by=contact_order(known), **rows)


def _together(known, as_of, months, gap):
    """Contacts that know their episode, as one row per episode."""
    is_first, flag = known.cx_place == 0, lambda value: value.cast("int32")
    settled_at_once = known.is_resolved & ~known.is_transferred.fill_null(False)
    grouped = known.group_by("who", "cx_job", "cx_number")
    found = grouped.aggregate(
        episode=known.interaction_id.min(where=is_first),
        customer_id=known.customer_id.min(),
        case_id=known.case_id.min(),
        **{name: _first(known[name], is_first) for name in FIRST},
        first_at=known.started_at.min(),
        last_at=known.started_at.max(),
        cx_begin=known.cx_second.min(),
        cx_end=known.cx_second.max(),
        contacts=known.count().cast("int64"),
        channels=known.channel.nunique().cast("int64"),
        touchpoints=known.touchpoint.nunique().cast("int64"),
        transfers=flag(known.is_transferred).sum().cast("int64"),
        hand_offs=flag(known.cx_changes).sum().fill_null(0).cast("int64"),
        pairs=known.cx_changes.count().cast("int64"),
        **{name: known[name].sum() for name in SUMS},
        **{name: known[name].mean() for name in MEANS},
        resolved_first=flag(settled_at_once).max(where=is_first),
        resolved=flag(known.is_resolved).max(),
        recontact=known.cx_again.max(where=known.cx_left),
    )
    end = ibis.literal(end_of(as_of))
    silent, followed = (end - found.cx_end) / DAY, (end - found.cx_begin) / DAY
    soon = (found.recontact <= gap).fill_null(False)
    found = found.mutate(
        days=(found.cx_end - found.cx_begin) / DAY,
        days_followed=followed,
        days_silent=silent,
        is_automated=found.is_automated == 1,
        resolved_first=found.resolved_first == 1,
        resolved=found.resolved == 1,
        came_back=ibis.ifelse(soon, True, ibis.ifelse(silent >= gap, False, ibis.null("boolean"))),
    )
    found = found.filter(in_months(found, as_of, months, "first_at"))
    return found.drop("cx_job", "cx_number", "cx_begin", "cx_end").order_by("episode")


def _first(column, is_first):
    """A column of the first contact; of one row the smallest is the only one."""
    return (column.cast("int32") if column.type().is_boolean() else column).min(where=is_first)
