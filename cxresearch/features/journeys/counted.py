"""Journeys counted: how often one touchpoint follows another, and how often each whole way was taken."""

import ibis

from cxresearch.features.journeys.steps import EXIT, START, unordered

PLACE = 1_000_000  # added to a position, so that all have as many digits and sort as texts
WIDTH = len(str(PLACE))


def transitions(steps):
    """How often each touchpoint was followed by each other, with what a share needs that is clustered by customer.

    Only steps count whose next contact or exit was awaited long enough (``is_followed``). The first touchpoint of a journey follows ``^``.

    Parameters
    ----------
    steps : ibis.Table
        Of :func:`~cxresearch.features.journeys.steps.journey_steps`.

    Returns
    -------
    ibis.Table
        One row per pair, in order:

        - touchpoint, goes_to;
        - n, customers: how often, and of how many customers;
        - visits, visitors: how often the touchpoint was left, for whatever came next, and by how many customers;
        - n_squares, n_by_visits, visits_squares: sums over customers of n_g², of n_g·m_g and of m_g², m_g being the visits of one customer.

    Notes
    -----
    With p = n/visits and G visitors the variance of p is G/(G − 1)·(n_squares − 2p·n_by_visits + p²·visits_squares)/visits².

    Examples
    --------
    >>> steps = ibis.memtable({"who": ["1", "1", "2"], "came_from": ["^", "order", "^"], "touchpoint": ["order", "fault", "order"],
    ...     "goes_to": ["fault", "$", "$"], "is_followed": [True, True, True]})
    >>> transitions(steps).to_pandas()[["touchpoint", "goes_to", "n", "visits", "visitors"]]
      touchpoint goes_to  n  visits  visitors
    0          ^   order  2       2         2
    1      fault       $  1       1         1
    2      order       $  1       2         2
    3      order   fault  1       2         2
    """
    steps = unordered(steps)
    known = steps.filter(steps.is_followed)
    known = known.group_by("who", "touchpoint", "goes_to").aggregate(
        n=known.count().cast("float64"),
        opens=(known.came_from == START).cast("int32").sum().cast("float64"),
    )
    opening = known.filter(known.opens > 0).group_by("who", goes_to="touchpoint")
    opening = opening.aggregate(n=known.opens.sum()).mutate(touchpoint=ibis.literal(START))
    columns = "who", "touchpoint", "goes_to", "n"
    each = ibis.union(known.select(*columns), opening.select(*columns))
    each = each.mutate(m=each.n.sum().over(group_by=["who", "touchpoint"]))
    arcs = each.group_by("touchpoint", "goes_to").aggregate(
        n=each.n.sum().cast("int64"),
        customers=each.count().cast("int64"),
        n_squares=(each.n * each.n).sum(),
        n_by_visits=(each.n * each.m).sum(),
        visitors=(each.n / each.m).sum(),  # the shares of one visitor add up to 1
    )
    whole = {"group_by": "touchpoint"}
    return arcs.select(
        "touchpoint", "goes_to", "n", "customers",
        visits=arcs.n.sum().over(**whole).cast("int64"),
        visitors=arcs.visitors.sum().over(**whole).round().cast("int64"),
        n_squares="n_squares",
        n_by_visits="n_by_visits",
        visits_squares=arcs.n_by_visits.sum().over(**whole),
    ).order_by("touchpoint", "goes_to")  # fmt: skip


def variants(steps):
    """How often each whole way from beginning to end was taken.

    Parameters
    ----------
    steps : ibis.Table
        Of :func:`~cxresearch.features.journeys.steps.journey_steps`; only journeys count that have ended, and of which the first step is there.

    Returns
    -------
    ibis.Table
        way (array of touchpoints, in order), journeys; the most frequent first.

    Examples
    --------
    >>> steps = ibis.memtable({"who": ["1", "1", "2"], "journey": ["1 1", "1 1", "2 1"], "position": [1, 2, 1],
    ...     "touchpoint": ["order", "fault", "order"], "goes_to": ["fault", "$", "$"]})
    >>> variants(steps).to_pandas()[["way", "journeys"]]
                  way  journeys
    0         [order]         1
    1  [order, fault]         1
    """
    steps = unordered(steps)
    place = (steps.position + PLACE).cast("string")
    placed = steps.mutate(cx_step=place + steps.touchpoint, cx_end=steps.goes_to == EXIT)
    ways = placed.group_by("journey").aggregate(
        first=placed.position.min(),
        ended=placed.cx_end.fill_null(False).cast("int32").max(),
        way=placed.cx_step.collect(),
    )
    ways = ways.filter((ways["first"] == 1) & (ways.ended == 1))
    ways = ways.mutate(way=ways.way.sort())
    counted = ways.group_by("way").aggregate(journeys=ways.count().cast("int64"))
    named = counted.mutate(way=counted.way.map(lambda step: step.substr(WIDTH)))
    return named.order_by(ibis.desc("journeys"), "way")
