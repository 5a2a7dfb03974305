"""Contacts in the order of a customer's journey: what came before each, what came next, and after how long."""

import datetime

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.contacts import contact_order, in_months, known_contacts

START, EXIT = "^", "$"
DAY = 86_400  # seconds
SERVERS = ("agent_id", "department")  # who served: the first that a workspace has


def journey_steps(interactions, as_of, months=12, silence=30, of="customer"):
    """The contacts of the last months, each with its place in a journey and with the step that followed.

    A journey is a customer's contacts up to a silence of more than `silence` days. Of a case it is all contacts of that case, however long
    its pauses. The last contact of a journey leads to an exit once `silence` days have passed without another; until then what follows is
    not known yet. A contact that names no customer is a journey of its case, or of its own.

    Parameters
    ----------
    interactions : ibis.Table
        The contract's ``interactions``.
    as_of : date or str
        The last day that counts.
    months : int, optional
        How many months up to `as_of` count; all if None. Where a journey began earlier, its steps are known all the same.
    silence : float
        Days without contact that end a journey.
    of : {"customer", "case"}
        Whose contacts make a journey.

    Returns
    -------
    ibis.Table
        All columns of the contract (empty where the workspace lacks one), in order of journey and position, and

        - who: the customer, or where none is named the case, or else the contact itself; what intervals are clustered by;
        - journey: its key, and position: 1 for its first contact;
        - came_from: the touchpoint before, ``^`` for the first contact of a journey;
        - goes_to: the touchpoint that followed, ``$`` for an exit, empty where that is not known yet;
        - days_to_next: to the next contact of the journey; empty where there is none yet;
        - days_followed: from its beginning to the end of `as_of`;
        - is_followed: `days_followed` is at least `silence`, so that contact and exit could both have been seen;
        - changes_hands: whether the next contact of the journey is with another agent, or where no contact names one with another
          department; empty where there is no next contact, or one of the two is not named.

    Raises
    ------
    ValueError
        For another `of`, or a silence that is not positive.

    Examples
    --------
    >>> calls = ibis.memtable({"interaction_id": ["a", "b", "c", "d"], "customer_id": ["1", "1", "1", "2"], "channel": ["phone"] * 4,
    ...     "touchpoint": ["order", "fault", "fault", "order"],
    ...     "started_at": ["2026-05-01 12:00:00", "2026-05-04 12:00:00", "2026-07-01 12:00:00", "2026-09-29 12:00:00"]})
    >>> found = journey_steps(calls.cast({"started_at": "timestamp"}), "2026-09-30").to_pandas()
    >>> found[["journey", "position", "came_from", "touchpoint", "goes_to", "days_to_next", "is_followed"]]
      journey  position came_from touchpoint goes_to  days_to_next  is_followed
    0     1 1         1         ^      order   fault           3.0         True
    1     1 1         2     order      fault       $           NaN         True
    2     1 2         1         ^      fault       $           NaN         True
    3     2 1         1         ^      order     NaN           NaN        False
    """
    if of not in ("customer", "case"):
        raise ValueError(f"of is {of!r}, not 'customer' or 'case'")
    if not silence > 0:
        raise ValueError(f"silence is {silence!r}; a journey ends after more than 0 days")
    server = next((name for name in SERVERS if name in interactions.columns), None)
    known = known_contacts(interactions, as_of)
    of_case = ibis.coalesce(known.case_id, known.interaction_id)
    known = known.mutate(journey=of_case) if of == "case" else _numbered(known, silence)
    journey = ibis.window(group_by="journey", order_by=contact_order(known))
    following = known.touchpoint.lead().over(journey)
    second = seconds(known.started_at)
    gap = (seconds(known.started_at.lead().over(journey)) - second) / DAY
    followed = (ibis.literal(end_of(as_of)) - second) / DAY
    is_followed = followed >= silence
    handed = ibis.null("boolean") if server is None else known[server] != known[server].lead().over(journey)
    found = known.mutate(
        position=ibis.row_number().over(journey) + 1,
        came_from=ibis.coalesce(known.touchpoint.lag().over(journey), START),
        goes_to=ibis.coalesce(following, ibis.ifelse(is_followed, EXIT, ibis.null("string"))),
        days_to_next=gap,
        days_followed=followed,
        is_followed=is_followed,
        changes_hands=handed,
    )
    named = of == "customer" or "customer_id" in interactions.columns
    who = _who(found) if named else found.journey  # what it is without customers: one text less to sort
    found = found.filter(in_months(found, as_of, months)).mutate(who=who)
    return found.order_by("journey", "position")


def _who(known):
    """Whose a contact is: the customer's, or where none is named the case's, or its own."""
    return ibis.coalesce(known.customer_id, known.case_id, known.interaction_id)


def unordered(table):
    """A table without the order of its rows: what only counts them spares an engine the sorting.

    >>> steps = ibis.memtable({"journey": ["b", "a"]})
    >>> unordered(steps.order_by("journey")).equals(steps)
    True
    """
    found = table.op()
    return found.parent.to_expr() if isinstance(found, ibis.expr.operations.Sort) else table


def _numbered(known, silence):
    """The contacts of each customer with the number of their journey: one more after each silence."""
    known = known.mutate(cx_unit=_who(known))
    window = ibis.window(group_by="cx_unit", order_by=contact_order(known))
    pause = seconds(known.started_at) - seconds(known.started_at.lag().over(window))
    known = known.mutate(cx_cut=(pause > silence * DAY).fill_null(True).cast("int32"))
    running = ibis.window(group_by="cx_unit", order_by=contact_order(known), preceding=None, following=0)
    number = known.cx_cut.sum().over(running).cast("int64").cast("string")
    return known.mutate(journey=known.cx_unit + " " + number).drop("cx_cut", "cx_unit")


def seconds(moment):
    """A moment in seconds since 1970, as a number that every engine subtracts alike."""
    return moment.epoch_seconds().cast("float64")


def end_of(as_of):
    """The end of a day in seconds since 1970."""
    end = datetime.datetime.combine(as_day(as_of), datetime.time(), datetime.UTC)
    return (end + datetime.timedelta(days=1)).timestamp()
