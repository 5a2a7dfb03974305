"""Everybody who was invited to a survey: what was known of them, and whether they stayed afterwards."""

from cxresearch.features.after_response import stayed_after
from cxresearch.features.leaving import leaving_of
from cxresearch.features.survey_answers import survey_invitations

KNOWN = ("segment", "region", "acquisition_channel")  # of customers, whether they answer or not
INVITATION = ["customer_id", "invited_at"]


def invited(workspace, as_of, months=12):
    """The invitations sent by `as_of`, with what the other tables hold about those who were invited.

    Parameters
    ----------
    workspace : Workspace
        With ``survey_invitations``; ``customers`` and ``contracts`` are used where they are there.
    as_of : date or str
        The last day that counts.
    months : int
        Longest time followed.

    Returns
    -------
    ibis.Table
        The columns of ``survey_invitations``; segment, region and acquisition_channel where customers have them; and, where there are
        contracts, duration and has_left as of :func:`stayed_after`, missing for who held none. Ordered by invited_at, customer_id.
    """
    found = survey_invitations(workspace.survey_invitations, as_of, workspace)
    if "contracts" in workspace.tables:
        once = found.select(*INVITATION).distinct()
        stayed = stayed_after(once, workspace.contracts, as_of, months, leaving_of(workspace))
        found = found.left_join(stayed, INVITATION).drop(*(f"{name}_right" for name in INVITATION))
    if "customers" in workspace.tables:
        customers = workspace.customers
        new = [name for name in KNOWN if name in customers.columns and name not in found.columns]
        found = found.left_join(customers.select("customer_id", *new), "customer_id").drop(
            "customer_id_right"
        )
    return found.order_by("invited_at", "customer_id")
