"""Contracts as months of tenure, and a logit of leaving in one: pandas and statsmodels alone."""

import numpy as np
import pandas as pd
import statsmodels.api as sm

RECENT = "last 12 months"


def spells(contracts, customers, as_of):
    """One row a contract: entry (months already behind it when its record begins), duration, left, months since its start, and who holds it.

    Contracts begin on the first and end on the last day of a month.
    """
    held = contracts.merge(
        customers[["customer_id", "segment", "region", "acquisition_channel"]], on="customer_id"
    )

    def months(days):
        return 12 * (days.dt.year - held["started_on"].dt.year) + days.dt.month - held["started_on"].dt.month

    ended = held["ended_on"].where(held["ended_on"] <= as_of)
    age = 12 * (as_of.year - held["started_on"].dt.year) + as_of.month - held["started_on"].dt.month + 1
    return held.assign(
        entry=months(held["observed_from"]),
        duration=months(ended).add(1).fillna(age).astype(int),
        left=ended.notna(),
        age=age,
    )


def expand(held):
    """One row for each month of tenure under observation."""
    rows = held.loc[held.index.repeat(held["duration"] - held["entry"])]
    tenure = rows["entry"] + rows.groupby(level=0).cumcount() + 1
    return rows.assign(
        tenure=tenure,
        leaves=rows["left"] & (tenure == rows["duration"]),
        is_recent=tenure > rows["age"] - 12,
    )


def covariates(rows, attributes, recent=False):
    """Log tenure, the month a term runs out, a term at all, attributes against their most frequent value."""
    has_term = rows["term_months"] > 1
    x = {
        "constant": 1.0,
        "log tenure": np.log(rows["tenure"]),
        "renewal": has_term & (rows["tenure"] % rows["term_months"] == 0),
        "term": has_term,
    }
    for name in attributes:
        for value in VALUES[name][1:]:
            x[f"{name}={value}"] = rows[name] == value
    if recent:
        x[RECENT] = rows["is_recent"]
    return pd.DataFrame(x, index=rows.index).astype(float)


VALUES = {
    "segment": ["B2C", "SMB", "key_account"],
    "acquisition_channel": ["organic", "event", "paid", "referral"],
    "region": ["south", "central", "east", "north", "west"],
}


def logit(rows, x):
    """statsmodels' binomial GLM on rows that are alike taken together."""
    cells = (
        x.assign(leaves=rows["leaves"].to_numpy(), n=1).groupby(list(x))[["leaves", "n"]].sum().reset_index()
    )
    stays = cells["n"] - cells["leaves"]
    y = np.column_stack([cells["leaves"], stays]).astype(float)
    return sm.GLM(y, cells[list(x)], family=sm.families.Binomial()).fit(tol=1e-12)
