"""Was the number gamed: customers who left, reported as something else by teams that are paid for keeping them."""

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.pay.periods import starts_of
from cxresearch.stats import rows
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.proportions import newcombe, wilson

FEWEST = 10  # customers who left
ALPHA = 0.05
MOST = 0.5  # relabelled of all: more is another word for leaving


class Relabelled(Estimator):
    """Customers who left by the contracts' dates and whom the team reports as something else: dormant, moved.

    All teams: the share of such reports among customers who left a team on a plan, against those who left a team without one at the time, errors by team.

    Team by team, after the plan began, against all customers who left teams without one: Newcombe's interval, Fisher's exact test, Benjamini–Hochberg over teams. Teams with fewer than ten customers who left are not judged.

    Parameters
    ----------
    level : float
    fdr : float
        Of the teams that are named.

    Attributes
    ----------
    share_tied_, share_free_ : Interval
        Of customers who left: reported as something else, with a plan and without.
    difference_ : Series
        estimate, low, high, std_error.
    teams_ : DataFrame
        team_id, left, relabelled, share, share_low, share_high, before (share before the plan, missing under ten), estimate, low, high (against teams without a plan), p_value (adjusted), is_found; by share.
    found_ : list of str
        Teams that relabel.
    strongest_ : Series or None
        The team with the smallest p-value: team_id, left, share, and estimate, low, high at a level corrected for the number of teams (Bonferroni). None where no team is judged.
    left_ : int
    """

    def __init__(self, level=0.95, fdr=0.05):
        self.level = level
        self.fdr = fdr

    def fit(self, ends, plans):
        """Compare reports.

        Parameters
        ----------
        ends : DataFrame or Ibis table
            As from ``cx.features.reported_ends``.
        plans : DataFrame or Ibis table
            As from ``cx.features.pay_plans``.

        Returns
        -------
        Relabelled
            This object.

        Raises
        ------
        NotEnough
            Where fewer than ten customers left on a side, or nearly all are reported as something else.
        """
        ends = table(ends, ["team_id", "month_on", "left", "relabelled"], "ends").copy()
        plans = table(plans, ["team_id", "started_on"], "plans", may_be_empty=True)
        ends["start"] = starts_of(ends["team_id"], plans)
        month = pd.to_datetime(ends["month_on"])
        ends["is_tied"] = month >= ends["start"].dt.to_period("M").dt.to_timestamp()
        tied, free = ends[ends["is_tied"]], ends[~ends["is_tied"]]
        self.left_ = int(ends["left"].sum())
        self.left_out_ = []
        for side, which in ((tied, "with"), (free, "without")):
            if side["left"].sum() < FEWEST:
                raise NotEnough(f"fewer than ten customers left teams {which} a plan")
        if ends["relabelled"].sum() > MOST * self.left_:
            raise NotEnough(
                "most customers who left are reported as something else: what teams call a customer who left is not known"
            )
        counts = [(int(side["relabelled"].sum()), int(side["left"].sum())) for side in (tied, free)]
        self.share_tied_, self.share_free_ = (wilson(*count, self.level) for count in counts)
        self.difference_ = self._difference(ends, counts)
        self.teams_ = self._by_team(tied, free, ends[~ends["is_tied"] & ends["start"].notna()])
        self.found_ = self.teams_.loc[self.teams_["is_found"], "team_id"].tolist()
        self.strongest_ = self._strongest(free)
        return self

    def summary(self):
        """Shares with and without a plan, and their difference.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        names, tied = ["estimate", "low", "high"], int(self._counts[0][1])
        free = int(self._counts[1][1])
        found = [
            rows.row(
                "reported as something else, teams on a plan", self.share_tied_, tied, "Wilson score", "share"
            ),
            rows.row(
                "reported as something else, other teams", self.share_free_, free, "Wilson score", "share"
            ),
            rows.row(
                "difference",
                self.difference_[names],
                tied + free,
                "difference of shares, errors by team",
                "points",
            ),
        ]
        return rows.summary(found)

    def _difference(self, ends, counts):
        self._counts = counts
        (x1, n1), (x2, n2) = counts
        team = clusters_of(ends["team_id"], len(ends))
        p = np.where(ends["is_tied"], x1 / n1, x2 / n2)
        size = np.where(ends["is_tied"], n1, -n2)
        influence = np.bincount(team, (ends["relabelled"] - p * ends["left"]) / size)
        groups = max(len(influence), 2)
        error = float(np.sqrt(influence @ influence * groups / (groups - 1)))
        reach = float(normal_quantile(self.level)) * error
        middle = x1 / n1 - x2 / n2
        limits = {"estimate": middle, "low": middle - reach, "high": middle + reach, "std_error": error}
        if not error:  # nobody, or everybody, is relabelled: the errors by team say nothing
            limits |= newcombe(x1, n1, x2, n2, self.level)._asdict()
        return pd.Series(limits)

    def _by_team(self, tied, free, earlier):
        columns = ["left", "relabelled"]
        after = tied.groupby("team_id", sort=True)[columns].sum()
        small = int((after["left"] < FEWEST).sum())
        if small:
            has, judged = ("has", "is") if small == 1 else ("have", "are")
            self.left_out_.append(
                f"{small} of {len(after)} teams on a plan {has} fewer than ten customers who left and {judged} not judged"
            )
        after = after[after["left"] >= FEWEST].astype(int)
        x0, n0 = int(free["relabelled"].sum()), int(free["left"].sum())
        if not len(after):
            names = [
                "team_id",
                *columns,
                "share",
                "share_low",
                "share_high",
                "before",
                "estimate",
                "low",
                "high",
                "p_value",
                "is_found",
            ]
            return pd.DataFrame(columns=names).astype({"is_found": bool})
        x, n = after["relabelled"].to_numpy(), after["left"].to_numpy()
        before = earlier.groupby("team_id")[columns].sum().reindex(after.index)
        share, gap = wilson(x, n, self.level), newcombe(x, n, x0, n0, self.level)
        p = [fisher_exact([[a, b - a], [x0, n0 - x0]]).pvalue for a, b in zip(x, n, strict=True)]
        adjusted = benjamini_hochberg(np.minimum(p, 1.0), self.fdr)
        found = after.assign(
            share=share.estimate, share_low=share.low, share_high=share.high,
            before=(before["relabelled"] / before["left"]).where(before["left"] >= FEWEST),
            estimate=gap.estimate, low=gap.low, high=gap.high,
            p_value=adjusted.p_value, is_found=adjusted.rejected & (gap.estimate > 0),
        )  # fmt: skip
        return found.reset_index().sort_values(
            ["share", "team_id"], ascending=[False, True], kind="stable", ignore_index=True
        )

    def _strongest(self, free):
        if not len(self.teams_):
            return None
        team = self.teams_.loc[self.teams_["p_value"].idxmin()]
        level = 1 - (1 - self.level) / len(self.teams_)
        gap = newcombe(team["relabelled"], team["left"], free["relabelled"].sum(), free["left"].sum(), level)
        return pd.Series(team[["team_id", "left", "share"]].to_dict() | gap._asdict())
