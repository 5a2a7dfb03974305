"""The touch map: how much happens where, and how it is felt, by touchpoint and channel."""

import numpy as np
import pandas as pd

from cxresearch.inputs import executed, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.stats.clustered import clustered_mean


class TouchMap(Estimator):
    """Contacts, satisfaction, effort and waiting of each touchpoint in each channel.

    Means are of rated contacts, with Student's limits clustered by customer. A cell's base is its customers who rated, and where
    nobody did, those who were in contact; what may be shown of a cell is for the report to decide. A cell that is not there had no
    contact: an empty cell is not a good one.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    cells_ : DataFrame
        touchpoint, channel, contacts, rated, n (the base), mean, low, high, effort, wait (median minutes).
    touchpoints_, channels_ : DataFrame
        The same by touchpoint and by channel, those with most contacts first.
    is_rated_ : bool
        Whether any contact bears a rating.
    left_out_ : list of str
        What the contacts do not tell.

    Examples
    --------
    >>> contacts = pd.DataFrame({"touchpoint": ["invoice"] * 3, "channel": ["phone", "phone", "fax"],
    ...     "customer_id": ["1", "2", "1"], "satisfaction": [8, 6, 3], "wait_seconds": [60, 180, 86400]})
    >>> TouchMap().fit(contacts).cells_[["channel", "contacts", "n", "mean", "wait"]]
      channel  contacts  n  mean    wait
    0     fax         1  1   3.0  1440.0
    1   phone         2  2   7.0     2.0
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, contacts):
        """Count and average.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            touchpoint and channel; used where they are there: customer_id, satisfaction, effort, wait_seconds.

        Returns
        -------
        TouchMap
            This object.

        Raises
        ------
        ValueError
            For a missing column, or a column of numbers that holds something else.
        """
        contacts = executed(contacts)
        for name in ("touchpoint", "channel"):
            if name not in contacts:
                raise ValueError(f"contacts lacks the column {name}")
        placed = contacts["touchpoint"].notna() & contacts["channel"].notna()
        known = contacts[placed]
        self.left_out_ = (
            [] if placed.all() else [f"{(~placed).sum():,} contacts without touchpoint or channel"]
        )
        frame = pd.DataFrame({name: known[name].astype(str) for name in ("touchpoint", "channel")})
        for name in ("satisfaction", "effort", "wait_seconds"):
            frame[name] = np.nan
            there = known[name].notna() if name in known else pd.Series(False, known.index)
            if there.any():
                frame.loc[there, name] = numbers(known.loc[there, name], name).astype(float)
            else:
                self.left_out_.append(f"no contact has {name.replace('_seconds', 'ing time')}")
        frame["customer_id"] = known.get("customer_id")
        self.is_rated_ = bool(frame["satisfaction"].notna().any())
        self.cells_ = self._by(frame, ["touchpoint", "channel"])
        self.touchpoints_, self.channels_ = (
            self._by(frame, [name]).sort_values("contacts", ascending=False, kind="stable", ignore_index=True)
            for name in ("touchpoint", "channel")
        )
        return self

    def summary(self):
        """Mean satisfaction by touchpoint and by channel.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, group; empty where nothing is rated.
        """
        rows = []
        for name, part in (("touchpoint", self.touchpoints_), ("channel", self.channels_)):
            rows += [
                (
                    f"{name} {r[name]}",
                    r["mean"],
                    r["low"],
                    r["high"],
                    r["n"],
                    "mean, clustered by customer",
                    name,
                )
                for r in part[part["rated"] > 1].to_dict("records")
            ]
        found = pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method", "group"])
        return found[found["low"].notna()].reset_index(drop=True)

    def _by(self, frame, keys):
        rows = []
        for key, part in frame.groupby(keys, sort=True):
            rated = part[part["satisfaction"].notna()]
            told = rated if len(rated) else part
            row = dict(zip(keys, key, strict=True)) | {"contacts": len(part), "rated": len(rated)}
            row["n"] = told["customer_id"].nunique() + told["customer_id"].isna().sum()
            row |= {"mean": np.nan, "low": np.nan, "high": np.nan}
            if len(rated):
                found = clustered_mean(rated["satisfaction"], rated["customer_id"], self.level)
                row |= {"mean": found.estimate, "low": found.low, "high": found.high}
            row["effort"] = part["effort"].mean()
            row["wait"] = part["wait_seconds"].median() / 60
            rows.append(row)
        names = [*keys, "contacts", "rated", "n", "mean", "low", "high", "effort", "wait"]
        return pd.DataFrame(rows, columns=names)
