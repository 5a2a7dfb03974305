"""The rated contacts of the departments that can be compared, or the reason why they cannot."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.named_rows import named_rows
from cxresearch.words import count_text

LEAST = 10  # rated contacts, and customers, that a department needs to be compared
RECORDED = 0.1  # share of contacts with a complexity from which those without are left out


def comparable(contacts, covariates=()):
    """Contacts of departments that have enough ratings, of those with a difficulty where it is recorded.

    Parameters
    ----------
    contacts : pandas.DataFrame or Ibis table
        satisfaction, department and the covariates; used where they are there: customer_id, complexity.
    covariates : sequence of str

    Returns
    -------
    pandas.DataFrame
        Numbered from 0.
    list of str
        What is left out.

    Raises
    ------
    NotEnough
        For fewer than two such departments, or ratings that do not vary.
    ValueError
        For a missing column, or a rating that is no number.
    """
    rated = named_rows(contacts, ["satisfaction", "department"], "contacts", "satisfaction")
    table(rated, covariates, "contacts")
    kept, left_out = _with_difficulty(rated), []
    enough = kept.groupby("department")["satisfaction"].transform("size") >= LEAST
    if is_named(kept, "customer_id"):
        whose = kept["customer_id"].where(kept["customer_id"].notna(), kept.index.to_series())
        enough &= whose.groupby(kept["department"]).transform("nunique") >= LEAST
    compared = kept[enough]
    with_it = " with a complexity" if len(kept) < len(rated) else ""
    _must_vary(compared, with_it)
    few = rated["department"].nunique() - compared["department"].nunique()
    if few:
        what, verb = ("1 department", "is") if few == 1 else (f"{few} departments", "are")
        left_out.append(
            f"{what} with fewer than {LEAST} rated contacts{with_it or ' or customers'} {verb} not compared"
        )
    if len(kept) < len(rated):
        left_out.append(
            f"{count_text(len(rated) - len(kept))} rated contacts without a complexity are left out"
        )
    return compared.reset_index(drop=True), left_out


def is_named(rows, column):
    """Whether any row has something in a column.

    >>> import pandas as pd
    >>> is_named(pd.DataFrame({"agent_id": [None, "a"]}), "agent_id"), is_named(pd.DataFrame(), "agent_id")
    (True, False)
    """
    return bool(column in rows and rows[column].notna().any())


def _with_difficulty(rated):
    if "complexity" not in rated:
        return rated
    has = rated["complexity"].notna()
    is_recorded = RECORDED <= np.mean(has) < 1 and rated.loc[has, "department"].nunique() > 1
    return rated[has] if is_recorded else rated


def _must_vary(compared, with_it=""):
    if compared["department"].nunique() < 2:
        raise NotEnough(
            f"fewer than two departments have {LEAST} rated contacts{with_it} from {LEAST} customers"
        )
    if compared.groupby("department")["satisfaction"].nunique().max() < 2:
        raise NotEnough("all ratings within each department are the same")
    if is_named(compared, "customer_id"):
        customers = compared.groupby("customer_id")["satisfaction"]
        if customers.size().max() > 1 and customers.nunique().max() < 2:
            raise NotEnough("no customer gave two different ratings")
