"""What is known of customers and contracts from their start, beyond the contract: which of their own columns count, and which do not."""

from cxresearch.contract.tables import TABLES
from cxresearch.features.as_of import as_day
from cxresearch.features.customers.attributes import described

GROUPS = TABLES["customers"].where("group")
CONTRACT, CUSTOMER = "contract_", "customer_"


def known_attributes(workspace, name, as_of):
    """The further columns of customers or contracts that were known at the start: a list of Attribute, empty without the table."""
    if name not in workspace.tables:
        return []
    return [a for a in described(workspace, name, as_day(as_of)) if not a.why]


def customer_facts(workspace, as_of, taken=()):
    """What is known of each customer from the start.

    Parameters
    ----------
    workspace : Workspace
        With `customers`.
    as_of : date or str
        The last day that is known: what had ended by then shows which columns were filled in later.
    taken : sequence of str
        Names that a further column must not have; it is then called ``customer_`` and its name.

    Returns
    -------
    ibis.Table
        customer_id, the segment, region and acquisition_channel where they are there, and every further column that was known at the start:
        numbers and flags as numbers, texts without the blanks around them.

    Examples
    --------
    >>> import cxresearch as cx
    >>> customer_facts(cx.open("data/northgate"), "2026-09-30").columns
    ('customer_id', 'segment', 'region', 'acquisition_channel', 'kind')
    """
    people = workspace.table("customers")
    further = {
        CUSTOMER + a.column if a.column in {*taken, "customer_id", *GROUPS} else a.column: a.of(people)
        for a in known_attributes(workspace, "customers", as_of)
    }
    return people.select("customer_id", *[name for name in GROUPS if name in people.columns], **further)


def not_known_at_start(workspace, as_of):
    """The further columns of customers and contracts that the data show to have been filled in later, a sentence each.

    Parameters
    ----------
    workspace : Workspace
    as_of : date or str

    Returns
    -------
    list of str
    """
    found = []
    for name in ("customers", "contracts"):
        if name in workspace.tables:
            usable = {a.column for a in workspace.attributes(name) if not a.why}
            found += [
                f"{name}.{a.column} is left out: {a.why}"
                for a in described(workspace, name, as_day(as_of))
                if a.why and a.column in usable
            ]
    return found
