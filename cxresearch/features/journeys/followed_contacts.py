"""What came after a contact: when its customer was in contact again, and whether its case changed hands."""

import ibis

from cxresearch.features.contacts import contact_order, contacts
from cxresearch.features.journeys.steps import DAY, SERVERS, end_of, seconds


def followed_contacts(interactions, as_of, months=12):
    """The contacts of the last months, each with what had followed it by the end of the last day.

    Parameters
    ----------
    interactions : ibis.Table
        The contract's ``interactions``.
    as_of : date or str
        The last day that counts.
    months : int
        How many months up to `as_of` count.

    Returns
    -------
    ibis.Table
        All columns of :func:`~cxresearch.features.contacts.contacts`, and

        - days_followed: from its beginning to the end of the last day;
        - days_to_next: to the next contact of the same customer about anything; empty where there is none yet, or no customer is named;
        - changes_hands: whether the next contact of the same case was with another agent, or where no contact names one with another
          department; empty where it is the last of its case, or one of the two is not named.

        Contacts of the same moment follow each other by their sequence, then by their keys.

    Examples
    --------
    >>> calls = ibis.memtable({"interaction_id": ["a", "b", "c"], "customer_id": ["1", "1", "2"], "touchpoint": ["fault"] * 3,
    ...     "channel": ["phone"] * 3, "started_at": ["2026-09-21 12:00:00", "2026-09-24 12:00:00", "2026-09-30 00:00:00"]})
    >>> found = followed_contacts(calls.cast({"started_at": "timestamp"}), "2026-09-30").to_pandas()
    >>> found[["interaction_id", "days_followed", "days_to_next"]]
      interaction_id  days_followed  days_to_next
    0              a            9.5           3.0
    1              b            6.5           NaN
    2              c            1.0           NaN
    """
    server = next((name for name in SERVERS if name in interactions.columns), None)
    kept = contacts(interactions, as_of, months)
    order = contact_order(kept)
    of_customer, of_case = (ibis.window(group_by=key, order_by=order) for key in ("customer_id", "case_id"))
    begun = seconds(kept.started_at)
    again = seconds(kept.started_at.lead().over(of_customer))
    unknown = ibis.null("boolean")
    handed = unknown if server is None else kept[server] != kept[server].lead().over(of_case)
    return kept.mutate(
        days_followed=(ibis.literal(end_of(as_of)) - begun) / DAY,
        days_to_next=ibis.ifelse(kept.customer_id.notnull(), (again - begun) / DAY, ibis.null("float64")),
        changes_hands=ibis.ifelse(kept.case_id.notnull(), handed, unknown),
    ).order_by("interaction_id")
