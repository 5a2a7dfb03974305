"""The touch map: how much happens where, and how it is rated, by touchpoint and channel."""

import numpy as np
import pandas as pd

from cxresearch.inputs import executed, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.named_rows import named_rows
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_mean
from cxresearch.words import count_text

PLACE = ["touchpoint", "channel"]
MEASURES = {"satisfaction": "satisfaction rating", "effort": "effort rating", "wait_seconds": "waiting time"}


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
    left_out_ : list of str
        What the contacts do not record.

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
        NotEnough
            Where there are no contacts, or none that names its touchpoint and channel.
        ValueError
            For a missing column, or a column of numbers that holds something else.
        """
        contacts = executed(contacts)
        known = named_rows(contacts, PLACE, "contacts")
        self.left_out_, lost = [], len(contacts) - len(known)
        if lost:
            self.left_out_.append(
                f"{count_text(lost)} of {count_text(len(contacts))} contacts do not name both touchpoint and channel"
            )
        frame = pd.DataFrame({name: known[name].astype(str) for name in PLACE})
        for name, words in MEASURES.items():
            frame[name] = np.nan
            there = known[name].notna() if name in known else pd.Series(False, known.index)
            if there.any():
                frame.loc[there, name] = numbers(known.loc[there, name], name).astype(float)
            else:
                self.left_out_.append(f"no contact has {'an' if name == 'effort' else 'a'} {words}")
        frame["customer_id"] = known.get("customer_id")
        self.cells_ = self._by(frame, PLACE)
        self.touchpoints_, self.channels_ = (
            self._by(frame, [name]).sort_values("contacts", ascending=False, kind="stable", ignore_index=True)
            for name in PLACE
        )
        return self

    def summary(self):
        """Mean satisfaction by touchpoint and by channel.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group; empty where nothing is rated.
        """
        return rows.summary(
            rows.row(
                f"{name}: {r[name]}", (r["mean"], r["low"], r["high"]), r["n"], "mean, clustered by customer"
            )
            | {"group": name}
            for name, part in (("touchpoint", self.touchpoints_), ("channel", self.channels_))
            for r in part[part["rated"] > 0].to_dict("records")
        )

    def _by(self, frame, keys):
        found = []
        for key, part in frame.groupby(keys, sort=True):
            rated = part[part["satisfaction"].notna()]
            base = rated if len(rated) else part
            row = dict(zip(keys, key, strict=True)) | {"contacts": len(part), "rated": len(rated)}
            row["n"] = base["customer_id"].nunique() + base["customer_id"].isna().sum()
            row |= {"mean": np.nan, "low": np.nan, "high": np.nan}
            if len(rated):
                mean = clustered_mean(rated["satisfaction"], rated["customer_id"], self.level)
                row |= {"mean": mean.estimate, "low": mean.low, "high": mean.high}
            row["effort"] = part["effort"].mean()
            row["wait"] = part["wait_seconds"].median() / 60
            found.append(row)
        return pd.DataFrame(found)
