"""The table of offers as every model of this room takes it."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import flags, table
from cxresearch.words import count_text

NEEDED = ("offer_id", "customer_id", "arm", "returned")
RESULTS = {  # columns that are the offer itself, or came of it; all others were known when it was made
    *("offer_id", "customer_id", "offered_on", "arm", "left_out", "returned", "spend", "cost"),
    *("arm_probability", "returned_on", "second_months", "left_again"),
}


def counted_offers(offers):
    """The offers that count, and sentences on those that do not.

    Parameters
    ----------
    offers : DataFrame or Ibis table
        Of :func:`~cxresearch.features.winback.winback_offers`.

    Returns
    -------
    rows : DataFrame
        In a plain order, `arm` as text, `returned` as 0 and 1.
    left_out : list of str

    Raises
    ------
    NotEnough
        Where no offer counts.

    Examples
    --------
    >>> rows = {"offer_id": ["1", "2"], "customer_id": ["a", "b"], "arm": ["gift", "gift"], "returned": [True, False]}
    >>> counted_offers(pd.DataFrame(rows | {"left_out": ["", "the window is not over"]}))[1]
    ['fewer than 10 offers are left out: the window is not over']
    """
    rows = table(offers, list(NEEDED), "the offers", may_be_empty=True)
    if not len(rows):
        raise NotEnough("no customer was asked back")
    said = []
    if "left_out" in rows:
        why = rows["left_out"].fillna("")
        for reason, n in why[why != ""].value_counts().sort_index().items():
            said.append(f"{count_text(n, 'offer')} are left out: {reason}")
        rows = rows[why == ""]
    if not len(rows):
        raise NotEnough("no offer counts yet: " + "; ".join(said))
    rows = rows.reset_index(drop=True)
    flags(rows["returned"].astype(object).where(rows["returned"].notna(), None), "returned")
    return rows.assign(arm=rows["arm"].astype(str), returned=rows["returned"].astype(int)), said


def known_before(rows):
    """What was known when the offers were made; columns in which nothing is filled are left out."""
    return rows[[name for name in rows.columns if name not in RESULTS and rows[name].notna().any()]]


def is_filled(rows, name):
    """Whether all rows have something in a column."""
    return name in rows and bool(rows[name].notna().all())


def arm_names(rows, control):
    """The arms but the control, in order."""
    return sorted(set(rows["arm"]) - {control})


def probability_of(rows):
    """The chance of the arm that each row is in; None where it is not recorded for all."""
    return rows["arm_probability"].astype(float) if is_filled(rows, "arm_probability") else None


def several(rows):
    """The customers, where one has several rows; else None."""
    return rows["customer_id"] if rows["customer_id"].duplicated().any() else None


def mean_by_arm(rows, values):
    """The mean of values by arm."""
    return pd.Series(values, index=rows.index).groupby(rows["arm"]).mean()
