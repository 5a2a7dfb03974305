"""The renewals of the next months: what is up for renewal, what is expected to be lost of it, and where most of that is."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.rows import row, summary

FEWEST = 20  # customers up for renewal, so that each half of a trial has ten
DRAWS, SEED = 4000, 0
ACCEPTANCE = (6, 14)  # law of the share of leavers whom a contact keeps: Beta, as of ContactProfit
CONTACTED = 0.5  # the others are held out


class RenewalsAtRisk(Estimator):
    r"""What today's contracts whose term runs out within some months pay a year, and how much of it is expected to end.

    With :math:`a_i` the yearly amount and :math:`p_i` the probability that customer i leaves by then, the loss is :math:`L = \sum a_i Y_i`,
    :math:`Y_i \sim \text{Bernoulli}(p_i)`, simulated with the doubt about the level of all :math:`p_i` together. A contact of half of
    the customers, drawn by lot, is taken to keep :math:`\gamma \sim \text{Beta}(6, 14)` of those who would leave: an assumption.

    Parameters
    ----------
    months : int

    Attributes
    ----------
    group_ : str or None
        The segment with more than half of the loss, if one has it; all customers otherwise.
    n_ : int
        Customers up for renewal in it.
    a_year_ : float
        What they pay a year; 0 where no amount is known.
    leavers_, loss_, kept_ : tuple of float
        Expected leavers, the yearly amount lost with them, and what a contact of half of them keeps of it (of leavers where no amount is known):
        estimate, low, high.
    share_ : float
        Of the loss of all renewals.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": range(60), "segment": ["key"] * 30 + ["small"] * 30, "term_months": 12,
    ...                        "months_to_renewal": 2, "monthly_amount": [100.0] * 30 + [1.0] * 30})
    >>> chances = pd.DataFrame({"stays": 0.9, "stays_low": 0.88, "stays_high": 0.92}, index=people.index)
    >>> risk = RenewalsAtRisk(3).fit(people, chances)
    >>> risk.group_, risk.n_, risk.a_year_, round(risk.leavers_[0], 1), round(risk.loss_[0], -2)
    ('key', 30, 36000.0, 3.0, 3600.0)
    """

    def __init__(self, months=3):
        self.months = months

    def fit(self, spells, stays):
        """Find the renewals, and simulate who leaves.

        Parameters
        ----------
        spells : pandas.DataFrame
            Those that run: customer_id, term_months, months_to_renewal, monthly_amount; optionally segment.
        stays : pandas.DataFrame
            As from :meth:`ContractOutlook.predict` for the same months: stays, stays_low, stays_high, by the same index.

        Raises
        ------
        NotEnough
            Where fewer than twenty customers are up for renewal.
        """
        spells = table(spells, ["term_months", "months_to_renewal", "monthly_amount"], "spells")
        spells = spells.loc[stays.index]
        up = (spells["term_months"] >= 2) & (spells["months_to_renewal"] <= self.months)
        up, stays = spells[up], stays[up]
        if len(up) < FEWEST:
            raise NotEnough(f"fewer than {FEWEST} customers are up for renewal within {self.months} months")
        amount = 12 * up["monthly_amount"].fillna(0).to_numpy(float)
        weight = amount if amount.sum() > 0 else np.ones(len(up))
        lost = pd.Series(weight * (1 - stays["stays"].to_numpy()), index=up.index)
        self.group_, self.share_ = None, 1.0
        if "segment" in up:
            by = lost.groupby(up["segment"].astype(str)).agg(["sum", "size"])
            first = by["sum"].idxmax()
            if by.loc[first, "sum"] > lost.sum() / 2 and by.loc[first, "size"] >= FEWEST and len(by) > 1:
                self.group_, self.share_ = str(first), float(by.loc[first, "sum"] / lost.sum())
        own = (up["segment"].astype(str) == self.group_).to_numpy() if self.group_ else np.ones(len(up), bool)
        self.n_, self.a_year_ = int(own.sum()), float(amount[own].sum())
        self._simulate(stays[own], amount[own])
        return self

    def _simulate(self, stays, amount):
        random = np.random.default_rng(SEED)
        p = 1 - stays["stays"].to_numpy()
        doubt = _doubt(stays)
        odds = np.log(p / (1 - p))
        shift = doubt * random.standard_normal((DRAWS, 1))
        leaves = random.random((DRAWS, len(p))) < 1 / (1 + np.exp(-(odds + shift)))
        self.leavers_ = _limits(p.sum(), leaves.sum(axis=1))
        self.loss_ = _limits(p @ amount, leaves @ amount)
        value = amount if amount.sum() > 0 else np.ones(len(p))
        a, b = ACCEPTANCE
        keeps = random.random(leaves.shape) < random.beta(a, b, (DRAWS, 1))
        contacted = random.random(leaves.shape) < CONTACTED
        self.kept_ = _limits(CONTACTED * a / (a + b) * (p @ value), (leaves & keeps & contacted) @ value)

    def summary(self):
        """What is up for renewal, and what is expected to be lost."""
        who, within = self.group_ or "all", f"next {self.months} months"
        simulated = "sum of probabilities, prediction interval by simulation"
        rows = [row(f"customers expected not to renew, {within}, {who}", self.leavers_, self.n_, simulated)]
        if self.a_year_ > 0:
            at = f"yearly revenue expected to be lost at renewal, {within}, {who}"
            rows.append(row(at, self.loss_, self.n_, simulated, "money"))
        return summary(rows)


def _doubt(stays):
    """Standard error of the log-odds, the median over customers, from the intervals."""
    ends = stays[["stays_low", "stays_high"]].clip(1e-6, 1 - 1e-6)
    odds = np.log(ends / (1 - ends))
    return float(np.nanmedian((odds["stays_high"] - odds["stays_low"]) / (2 * 1.96)))


def _limits(estimate, drawn):
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(estimate), float(min(low, estimate)), float(max(high, estimate))
