"""The life cycle: where customers stand, how they move from stage to stage, and which contacts go with a move."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.share_gap import share_gap
from cxresearch.models.journeys.shown_share import shown_share
from cxresearch.stats import rows
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.proportions import wilson

STAGES = ("won", "on-boarding", "regular", "at risk", "lapsed", "won back")
GONE = ("lapsed", "won back")  # what contacts may go with; at risk is itself defined by contacts
FEWEST = 30  # customers with a contact at a touchpoint in a stage, and without


class LifeCycle(Estimator):
    """Customers by stage, monthly moves between stages, and the touchpoints after which a move is more, or less, frequent than after others.

    The share of customers who move from one stage to another within a month is counted over customer-months, clustered by customer. For each move to lapsed or won back (the other stages are themselves defined by
    contacts or by time) and each touchpoint, the months of customers whose last contact was there are compared with the months in the same stage whose last contact was elsewhere: who is in
    contact at all differs from who is not. The contact lies in the month before the move, so that it cannot be its result. Benjamini and Hochberg's correction is over all these comparisons.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    stages_ : DataFrame
        stage, customers, share, low, high: at the last month end, in the order of the cycle.
    moves_ : DataFrame
        stage, next_stage, n (customer-months), customers, base (customer-months in the stage), share, low, high; missing where fewer than ten customers, or all but fewer than ten, made the move. The stages in order,
        the most frequent first.
    points_ : DataFrame
        stage, next_stage, touchpoint, n (customer-months), customers, gap (share that moves less that after contacts elsewhere in the stage), low, high, p, stands; moves to lapsed and won back only,
        those that stand first, then by their size.
    months_, customers_ : int
    left_out_ : list of str

    Examples
    --------
    >>> months = pd.DataFrame({"customer_id": np.repeat(range(400), 2), "month": ["2026-08-31", "2026-09-30"] * 400})
    >>> months["stage"] = ["regular", "regular"] * 360 + ["regular", "lapsed"] * 40
    >>> months["next_stage"] = months.groupby("customer_id")["stage"].shift(-1)
    >>> months["touchpoint"] = ["order"] * 640 + ["fault"] * 160
    >>> found = LifeCycle().fit(months)
    >>> found.moves_[["stage", "next_stage", "share"]]
         stage next_stage  share
    0  regular    regular    0.9
    1  regular     lapsed    0.1
    >>> found.points_[["next_stage", "touchpoint", "gap", "stands"]]
      next_stage touchpoint  gap  stands
    0     lapsed      fault  0.5    True
    1     lapsed      order -0.5    True
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, stages):
        """Count stages and moves.

        Parameters
        ----------
        stages : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.life_stages.life_stages`.

        Returns
        -------
        LifeCycle
            This object.

        Raises
        ------
        NotEnough
            Without customers, or with a single month.
        ValueError
            For a missing column.
        """
        known = table(stages, ["customer_id", "month", "stage", "next_stage"], "stages", may_be_empty=True)
        if not len(known):
            raise NotEnough("no customer has a stage of the life cycle")
        moving = known[known["next_stage"].notna()].reset_index(drop=True)
        if not len(moving):
            raise NotEnough("stages are known of a single month, so that no move between them is")
        self.left_out_ = []
        self.months_, self.customers_ = int(known["month"].nunique()), int(known["customer_id"].nunique())
        self.stages_ = self._stages(known)
        who = clusters_of(moving["customer_id"], len(moving))
        self.moves_ = self._moves(moving, who)
        self.points_ = self._points(moving, who)
        return self

    def summary(self):
        """Customers by stage, and monthly moves.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group (``stage``, ``move`` or ``contact``).
        """
        found = [
            rows.row(
                r.stage, (r.share, r.low, r.high), self.stages_["customers"].sum(), "Wilson score", "share"
            )
            | {"group": "stage"}
            for r in self.stages_.itertuples()
        ]
        for r in self.moves_.itertuples():
            if not np.isnan(r.share):
                words, how = (
                    f"{r.stage} → {r.next_stage}, a month",
                    "share of customer-months, clustered by customer",
                )
                found.append(
                    rows.row(words, (r.share, r.low, r.high), r.base, how, "share") | {"group": "move"}
                )
        for r in self.points_.itertuples():
            words, how = (
                f"{r.stage} → {r.next_stage} after {r.touchpoint}",
                "difference of shares, clustered by customer",
            )
            found.append(
                rows.row(words, (r.gap, r.low, r.high), r.customers, how, "points") | {"group": "contact"}
            )
        return rows.summary(found)

    def _stages(self, known):
        last = known[known["month"] == known["month"].max()]
        counts = last.groupby("stage")["customer_id"].nunique().reindex(STAGES).fillna(0).astype(int)
        limits = wilson(counts.to_numpy(), int(counts.sum()), self.level)
        return pd.DataFrame(
            {
                "stage": STAGES,
                "customers": counts.to_numpy(),
                "share": limits.estimate,
                "low": limits.low,
                "high": limits.high,
            }
        )

    def _moves(self, moving, who):
        lines = []
        for stage in STAGES:
            inside = (moving["stage"] == stage).to_numpy()
            there = moving.loc[inside, "next_stage"]
            for next_stage, n in there.value_counts().items():
                moved = (there == next_stage).to_numpy()
                customers = len(np.unique(who[inside][moved]))
                share = shown_share(moved, who[inside], self.level)
                lines.append([stage, next_stage, int(n), customers, int(inside.sum()), *share])
        return pd.DataFrame(
            lines, columns=["stage", "next_stage", "n", "customers", "base", "share", "low", "high"]
        )

    def _points(self, moving, who):
        columns = ["stage", "next_stage", "touchpoint", "n", "customers", "gap", "low", "high", "p"]
        lines = []
        if "touchpoint" not in moving or not moving["touchpoint"].notna().any():
            self.left_out_.append(
                "no contact of a named customer is known, so that no contact can be named that goes with a move"
            )
            return pd.DataFrame(columns=[*columns, "stands"])
        gone = self.moves_["next_stage"].isin(GONE) & (self.moves_["stage"] != self.moves_["next_stage"])
        for move in self.moves_[gone & self.moves_["share"].notna()].itertuples():
            inside = ((moving["stage"] == move.stage) & moving["touchpoint"].notna()).to_numpy()
            part, people = moving[inside], who[inside]
            moved = (part["next_stage"] == move.next_stage).to_numpy(dtype=float)
            for name in sorted(part["touchpoint"].dropna().unique()):
                here = (part["touchpoint"] == name).to_numpy()
                customers = len(np.unique(people[here]))
                if min(customers, len(np.unique(people[~here]))) < FEWEST:
                    continue
                gap, p = share_gap(moved, here, people, self.level)
                if gap is not None:
                    lines.append([move.stage, move.next_stage, name, int(here.sum()), customers, *gap[:3], p])
        found = pd.DataFrame(lines, columns=columns)
        found["stands"] = benjamini_hochberg(found["p"]).rejected if len(found) else pd.Series(dtype=bool)
        order = found.assign(size=found["gap"].abs()).sort_values(
            ["stands", "size"], ascending=False, kind="stable", ignore_index=True
        )
        return order.drop(columns="size")
