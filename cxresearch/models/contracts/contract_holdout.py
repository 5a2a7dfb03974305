"""The forecast of who leaves, made on an earlier day and held against who has left since."""

from cxresearch.models.contracts.outlook import ContractOutlook
from cxresearch.models.estimator import Estimator
from cxresearch.stats.rows import row, summary


class ContractHoldout(Estimator):
    """Expected leavers of an earlier day beside those who have left since.

    Parameters
    ----------
    months : int
        Between the two days.
    level : float

    Attributes
    ----------
    expected_ : pandas.Series
        estimate, low, high of the leavers expected (prediction interval), and n, the customers under contract then.
    gone_ : int
        Those of them who are no longer under contract.
    verdict_ : str
        ``agrees``, ``too many expected`` or ``too few expected``.
    off_ : float
        (actual − expected) / expected.
    """

    def __init__(self, months, level=0.95):
        self.months = months
        self.level = level

    def fit(self, before, spells, X=None):
        """Make the earlier forecast and score it.

        Parameters
        ----------
        before, spells : pandas.DataFrame
            Spells as known on the earlier day and on the last one; see :meth:`ContractOutlook.fit
            <cxresearch.models.contracts.outlook.ContractOutlook.fit>`.
        X : pandas.DataFrame, optional
            Covariates of `before`.

        Returns
        -------
        ContractHoldout

        Raises
        ------
        NotEnough
            If too few had left by the earlier day to learn from.
        """
        outlook = ContractOutlook(self.level).fit(before, X)
        self.expected_ = outlook.expected_leavers(before, self.months, X).iloc[0]
        there = before.loc[before["ended_on"].isna(), "customer_id"]
        running = spells.loc[spells["ended_on"].isna(), "customer_id"]
        # whoever ended for a reason that does not count as leaving has not left
        others = (
            spells["is_over"].astype(bool) & ~spells["event"].astype(bool) if "is_over" in spells else None
        )
        stayed = set(running) if others is None else {*running, *spells.loc[others, "customer_id"]}
        self.gone_ = int((~there.isin(stayed)).sum())
        estimate, low, high = self.expected_[["estimate", "low", "high"]]
        is_inside = low <= self.gone_ <= high
        is_less = self.gone_ < estimate
        self.verdict_ = "agrees" if is_inside else "too many expected" if is_less else "too few expected"
        self.off_ = self.gone_ / estimate - 1
        return self

    def summary(self):
        """Leavers expected, and those counted."""
        n, span = int(self.expected_["n"]), f"in {self.months} months"
        return summary(
            [
                row(f"expected to leave {span}", self.expected_, n, self.expected_["method"]),
                row(f"left {span}", (self.gone_, float("nan"), float("nan")), n, "count", "people"),
            ]
        )
