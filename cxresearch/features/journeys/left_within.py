"""Whether the customers of journeys, or of contacts, left in the months after them."""

import ibis

from cxresearch.features.after_response import stayed_after
from cxresearch.features.leaving import leaving_of


def left_within(found, key, moment, workspace, as_of, within):
    """Whether who held a contract at the end of a moment's day left within the months after it.

    Parameters
    ----------
    found : ibis.Table
        Rows with a key, customer_id and the moment.
    key, moment : str
        Their columns.
    workspace : Workspace
        Its contracts are used where they are there.
    as_of : date or str
        The last day that counts.
    within : int
        Months.

    Returns
    -------
    ibis.Table
        The key of the rows that held a contract, and has_left: empty where the months are not over yet. Without contracts all rows, and has_left empty.
    """
    if "contracts" not in workspace.tables:
        return found.select(key, has_left=ibis.null("boolean"))
    asked = found.select(key, "customer_id", responded_at=found[moment])
    after = stayed_after(asked, workspace.table("contracts"), as_of, within, leaving_of(workspace))
    is_known = after.has_left | (after.duration >= within)
    return after.select(key, has_left=ibis.ifelse(is_known, after.has_left, ibis.null("boolean")))


def joined(found, other, *keys):
    """Left join by keys that `other` has once, without a second copy of them."""
    both = found.left_join(other, keys, rname="{name}_right")
    return both.drop(*[f"{key}_right" for key in keys if f"{key}_right" in both.columns])
