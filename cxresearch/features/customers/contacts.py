"""How a customer was in contact: how often, how, about what, how long they waited, and what was left unsettled."""

import re

import ibis

from cxresearch.features.as_of import AGE
from cxresearch.features.customers.feature import Feature, count

TABLE = "interactions"
MOMENT = "started_at"
REPEAT_DAYS = 7
MOST = 20  # levels of one column that get a feature of their own: the most frequent
AGAIN, OPEN = "is_repeat", "is_open_case"
RATED = {"satisfaction": "rating", "effort": "effort score", "emotion": "emotion score"}


def rows(workspace, at):
    """The contacts that had begun by the date, with whether each repeats another and closes an unsettled case.

    A contact repeats another if it began within 7 days of the contact before it in the same case (where there is no
    `case_id`: of the same customer about the same touchpoint).
    """
    contacts = at.known(workspace.table(TABLE), MOMENT)
    if "case_id" in contacts.columns:
        case = ibis.coalesce(contacts.case_id, contacts.interaction_id)
    else:
        case = contacts.touchpoint
    contacts = contacts.mutate(case=case)
    window = ibis.window(group_by=[*at.keys, "case"], order_by=MOMENT)
    before = contacts[MOMENT].lag().over(window)
    state = {AGAIN: (contacts[MOMENT] <= before + ibis.interval(days=REPEAT_DAYS)).fill_null(False)}
    if "is_resolved" in contacts.columns and "case_id" in contacts.columns:
        # up to the last contact of a case, a running maximum has seen them all
        settled = contacts.is_resolved.cast("int32").max().over(window)
        is_last = contacts[MOMENT].lead().over(window).isnull()
        state[OPEN] = (is_last & (settled == 0)).fill_null(False)
    elif "is_resolved" in contacts.columns:
        state[OPEN] = (~contacts.is_resolved).fill_null(False)
    return contacts.mutate(**state)


def levels(contacts, column, given=None):
    """The levels of a text column, the most frequent first, at most 20: name → the values it stands for.

    Values that make the same name, such as ``E-Mail`` and ``e mail``, are one level.

    Parameters
    ----------
    contacts : ibis.Table
    column : str
    given : list of str, optional
        Only these, in this order; a level that does not occur has no contacts.
    """
    spoken = contacts.filter(contacts[column].notnull())
    counted = spoken.group_by(column).aggregate(rows=spoken.count()).to_pandas()
    by_name = {slug(value): ([], 0) for value in given or ()}
    for value, number in zip(counted[column], counted["rows"], strict=True):
        if given is None or slug(value) in by_name:
            values, rows = by_name.get(slug(value), ([], 0))
            by_name[slug(value)] = (sorted([*values, value]), rows + int(number))
    ranked = (
        list(by_name)
        if given is not None
        else sorted(by_name, key=lambda name: (-by_name[name][1], name))[:MOST]
    )
    return {name: by_name[name][0] for name in ranked}


def slug(value):
    """A value as part of a column's name.

    >>> slug("Face to face"), slug("E-Mail")
    ('face_to_face', 'e_mail')
    """
    return re.sub(r"\W+", "_", value.strip().lower()).strip("_") or "blank"


def features(at, channels=None, touchpoints=None):
    """The features of contacts; `channels` and `touchpoints` as :func:`levels` gives them."""
    longest, last = at.longest, f"in the last {at.longest} days"

    def inside(contacts, days=longest, before=0):
        return at.is_within(contacts, days, before)

    def contacts_of(days, before=0):
        return lambda t: t.count(where=inside(t, days, before))

    yield count("contacts", "contacts", "all contacts so far", lambda t: t.count())
    yield Feature(
        "days_since_contact", "days", "since the last contact", lambda t: t[AGE].min(),
        missing="never in contact by then", dtype="int64",
    )  # fmt: skip
    for days in at.windows:
        yield count(f"contacts_{days}d", "contacts", f"contacts in the last {days} days", contacts_of(days))
        yield count(
            f"contacts_trend_{days}d", "contacts", f"contacts in the last {days} days less those in the {days} days before",
            lambda t, days=days: contacts_of(days)(t) - contacts_of(days, before=days)(t),
        )  # fmt: skip
    for column, found in (("channel", channels), ("touchpoint", touchpoints)):
        for name, values in ({"*": []} if found is None else found).items():
            yield count(
                f"contacts_{column}_{name}_{longest}d", "contacts", f"contacts {last} with the {column} {name}",
                lambda t, c=column, values=values: t.count(where=t[c].isin(values) & inside(t)),
            )  # fmt: skip
    yield count(
        f"repeats_{longest}d", "contacts", f"contacts {last} within {REPEAT_DAYS} days of another in the same case (or about the same touchpoint)",
        lambda t: t.count(where=t[AGAIN] & inside(t)),
    )  # fmt: skip
    yield count(
        f"unresolved_cases_{longest}d", "cases", f"cases whose last contact was {last} and that no contact had settled",
        lambda t: t.count(where=t[OPEN] & inside(t)), ("is_resolved",),
    )  # fmt: skip
    for name, said in (("is_transferred", "were handed on"), ("is_automated", "no person served")):
        yield count(
            f"{name.removeprefix('is_')}_{longest}d", "contacts", f"contacts {last} that {said}",
            lambda t, c=name: t.count(where=t[c].fill_null(False) & inside(t)), (name,),
        )  # fmt: skip
    waited = f"no contact with a known wait {last}"
    yield Feature(
        f"wait_seconds_mean_{longest}d", "seconds", f"mean wait of the contacts {last}",
        lambda t: t.wait_seconds.mean(where=inside(t)), ("wait_seconds",), missing=waited,
    )  # fmt: skip
    yield Feature(
        f"wait_seconds_max_{longest}d", "seconds", f"longest wait of the contacts {last}",
        lambda t: t.wait_seconds.max(where=inside(t)), ("wait_seconds",), missing=waited,
    )  # fmt: skip
    for column, said in RATED.items():
        yield Feature(
            f"contact_{column}_mean", "scale of the data", f"mean {said} that the customer gave to contacts so far",
            lambda t, c=column: t[c].mean(), (column,), missing="never gave one by then",
        )  # fmt: skip
