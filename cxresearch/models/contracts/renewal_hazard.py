"""When in their term customers leave: the hazard by months to renewal."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, whole
from cxresearch.models.contracts.leavers import require_leavers
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import COLUMNS, row, summary

ALL, OTHERS = "renewal month", "other months"


class RenewalHazard(Estimator):
    r"""Probability of leaving in a month, by how many months are left until the term runs out.

    In month t of tenure a contract with terms of L months has :math:`(-t) \bmod L` months to go; 0 is the month in which a term runs
    out. Of the contracts at risk at so many months the share that left is the hazard, with Wilson's interval: given survival so far, each
    month is a trial of its own. Late entry and running contracts count for the months in which they were seen.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    cells_ : pandas.DataFrame
        term, months_to_renewal, at_risk (contract-months), left, hazard, low, high.
    contrast_ : pandas.DataFrame
        Per term: the hazard in the renewal month, in the other months, and their ratio with its log-scale interval; column ``what`` is
        ``renewal``, ``others`` or ``ratio``.
    main_ : pandas.DataFrame
        The same for the commonest term, by ``what``.
    customers_ : dict
        Term → contracts.

    Notes
    -----
    A hazard that is high at renewal says when customers leave, not when they decide. Whether a call before it keeps anyone is not in
    these data: those who are called are not those who are not.

    Examples
    --------
    >>> model = RenewalHazard().fit([12, 12, 24, 7, 18, 24] * 4, [1, 0, 1, 1, 0, 0] * 4, term=[12] * 24)
    >>> model.cells_.loc[[0, 5], ["months_to_renewal", "at_risk", "left", "hazard"]].round(3)
       months_to_renewal  at_risk  left  hazard
    0                  0       28     8   0.286
    5                  5       32     4   0.125
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, duration, event, entry=None, term=None):
        """Count who was at risk and who left, by term and months to renewal.

        Parameters
        ----------
        duration, event, entry
            Whole months, as for :meth:`ChurnHazard.fit <cxresearch.models.survival.discrete_hazard.ChurnHazard.fit>`.
        term : array-like of int
            Months from one renewal to the next; contracts with fewer than 2, or none, have no renewal of their own and are left out.

        Returns
        -------
        RenewalHazard

        Raises
        ------
        ValueError
            If a column is no number, or lengths differ.
        NotEnough
            If no contract has a term of two months or more, or fewer than ten customers left.
        """
        normal_quantile(self.level)
        aligned(duration=duration, event=event, entry=entry, term=term)
        duration = whole(duration, "duration", 0)
        event = flags(event, "event").astype(np.int64)
        entry = np.zeros_like(duration) if entry is None else whole(entry, "entry", 0)
        term = np.nan_to_num(np.asarray(term, dtype=float)).astype(np.int64)
        seen = (term > 1) & (entry < duration)
        if not seen.any():
            which = (
                "with a term of two months or more has been observed for a month"
                if (term > 1).any()
                else "has a term of two months or more"
            )
            raise NotEnough(f"no contract {which}")
        require_leavers(event, entry < duration)
        parts, self.customers_ = [], {}
        for length in np.unique(term[seen]):
            rows = seen & (term == length)
            parts.append(self._cells(duration[rows], event[rows], entry[rows], int(length)))
            self.customers_[int(length)] = int(rows.sum())
        self.cells_ = pd.concat(parts, ignore_index=True)
        self.contrast_ = pd.concat([self._contrast(part) for part in parts], ignore_index=True)
        commonest = max(self.customers_, key=self.customers_.get)
        self.main_ = self.contrast_[self.contrast_["term"] == commonest].set_index("what")
        return self

    def _cells(self, duration, event, entry, length):
        size = int(duration.max()) + 1
        at_risk = np.cumsum(np.bincount(entry, minlength=size) - np.bincount(duration, minlength=size))
        left, month = np.bincount(duration, event, size)[1:], np.arange(1, size)
        to_go = (-month) % length
        at_risk, left = (np.bincount(to_go, counts, length) for counts in (at_risk[:-1], left))
        held = np.flatnonzero(at_risk)
        share, low, high = wilson(left[held], at_risk[held], self.level)
        cells = {"term": length, "months_to_renewal": held, "at_risk": at_risk[held].astype(int)}
        cells |= {"left": left[held].astype(int), "hazard": share, "low": low, "high": high}
        return pd.DataFrame(cells)

    def _contrast(self, cells):
        due = cells["months_to_renewal"] == 0
        term, rows = int(cells["term"].iloc[0]), []
        (left, n), (others_left, others) = (
            (int(part["left"].sum()), int(part["at_risk"].sum())) for part in (cells[due], cells[~due])
        )
        for what, name, a, b in (("renewal", ALL, left, n), ("others", OTHERS, others_left, others)):
            if b:
                metric, method = f"leaving in the {name}, term {term}", "Wilson score, contract-months"
                rows.append(
                    {"what": what, **row(metric, wilson(a, b, self.level), b, method, "share"), "cases": a}
                )
        if left and others_left:
            spread = np.sqrt(1 / left - 1 / n + 1 / others_left - 1 / others)
            reach = np.exp(normal_quantile(self.level) * spread)
            ratio = left / n / (others_left / others)
            limits, metric = (ratio, ratio / reach, ratio * reach), f"renewal month to others, term {term}"
            ratio_row = row(metric, limits, n, "ratio of hazards, log limits")
            rows.append({"what": "ratio", **ratio_row, "cases": min(left, others_left)})
        return pd.DataFrame(rows).assign(term=term, n=self.customers_[term])

    def summary(self):
        """Hazard in the renewal month and in the others, and their ratio, per term; n is the number of contracts, cases those that ended."""
        return summary(self.contrast_[[*COLUMNS, "cases"]].to_dict("records"))
