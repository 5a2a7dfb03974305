"""Whom it pays to make an offer to: what a rule would earn per customer, by inverse probability."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.qini import checked, effects
from cxresearch.models.experiments.uplift_curve import DRAWS, SEED, simultaneous
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers chosen under which a rule is taken to choose nobody
GRID = 20


class Policy(Estimator):
    r"""What it earns to make an offer to nobody, to all, or to whom a score says it pays.

    With z the effect on each customer of :func:`~cxresearch.models.experiments.qini.effects`, and π whom the rule chooses:

    .. math:: V = \overline{\pi_i (margin \cdot z_i - cost_i)}, \quad SE = sd / \sqrt n

    per customer of the base. The rule :math:`\pi_i = 1[score_i \cdot margin > cost_i]` is fixed by the scores, which other rows have
    made, so that choosing does not flatter it.

    Parameters
    ----------
    margin : float
        What one unit of the outcome is worth: of spend the contribution, of a return the value of a customer who returned.
    cost : float
        Of making the offer to one customer.
    level : float

    Attributes
    ----------
    values_ : DataFrame
        rule ("all", "chosen", "chosen − all"), share, n, estimate, low, high: per customer of the base; nobody is 0.
    curve_ : DataFrame
        share, value, low, high when the highest scores get the offer first; the band holds all shares at once.
    verdict_ : {"chosen", "all", "nobody"}
        "nobody" unless an interval lies above 0; "chosen" over "all" only where the interval of their difference does, or all do not pay.
    chosen_ : ndarray of bool (n,)
        Whom the rule chooses, whether it pays or not.
    n_ : int

    References
    ----------
    Ascarza, E. (2018). Retention futility: targeting high-risk customers might be ineffective. *JMR* 55, 80–98. Hitsch, G. J., Misra, S. &
    Zhang, W. W. (2024). Heterogeneous treatment effects and optimal targeting policy evaluation. *QME* 22, 115–168.

    Examples
    --------
    >>> random = np.random.default_rng(2)
    >>> score, treated = 4.0 * random.integers(0, 2, 4000), random.integers(0, 2, 4000)
    >>> spend = random.normal(20, 5, 4000) + treated * score
    >>> policy = Policy(margin=0.5, cost=0.9).fit(score, spend, treated)
    >>> policy.verdict_, policy.values_.round(2)["estimate"].tolist()
    ('chosen', [0.05, 0.48, 0.43])
    """

    def __init__(self, margin=1.0, cost=0.0, level=0.95):
        self.margin = margin
        self.cost = cost
        self.level = level

    def fit(self, score, y, treated, cost=None, probability=None, cluster=None, chosen=None, uncertain=()):
        """Value the rules.

        Parameters
        ----------
        score : array-like (n,)
            The change expected of each customer, in units of the outcome, learnt from other rows.
        y : array-like (n,)
            What followed.
        treated : array-like of 0/1 (n,)
        cost : array-like (n,), optional
            Of each customer, instead of the one cost.
        probability, cluster : array-like (n,), optional
        chosen : array-like of bool (n,), optional
            Another rule than "where the score times the margin exceeds the cost", settled without these rows.
        uncertain : sequence of pairs
            Numbers that the outcome rests on and that are estimates themselves, such as the value of a return: for each, by how much it
            moves the profit of each row (n,) per unit, and its standard error.

        Returns
        -------
        Policy
            This object.
        """
        z = normal_quantile(self.level)
        for name in ("margin", "cost"):
            if not np.isfinite(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)}, not a number")
        if self.margin <= 0:
            raise NotEnough("a customer who comes back is worth nothing at this margin")
        score, y, treated, probability = checked(score, y, treated, probability)
        costs = (
            np.full(len(y), float(self.cost)) if cost is None else np.asarray(numbers(cost, "cost"), float)
        )
        self._z, self.left_out_ = effects(y, treated, probability).z, []
        self._cluster = None if cluster is None else clusters_of(cluster, len(y))
        self.n_, self._uncertain = len(y), tuple(uncertain)
        self.chosen_ = score * self.margin > costs if chosen is None else np.asarray(chosen, dtype=bool)
        self._profit = self.margin * self._z - costs
        rules = [("all", np.ones(len(y), dtype=bool)), ("chosen", self.chosen_)]
        values = [(name, rule.mean(), int(rule.sum()), *self._value(rule, z)) for name, rule in rules]
        gap = self._value(self.chosen_.astype(float) - 1, z)
        values.append(("chosen − all", self.chosen_.mean(), int(self.chosen_.sum()), *gap))
        self.values_ = pd.DataFrame(
            values, columns=["rule", "share", "n", "estimate", "low", "high", "std_error"]
        )
        self.curve_ = self._curve(score)
        self.verdict_ = self._verdict()
        return self

    def top(self, score, share):
        """What it earns to make the offer to a share of the customers, the highest scores first; settle the share without these rows.

        Returns
        -------
        Interval
        """
        ranks = np.empty(self.n_)
        ranks[np.argsort(-np.asarray(score, dtype=float), kind="stable")] = np.arange(self.n_)
        return Interval(*self._value(ranks < int(share * self.n_ + 1e-9), normal_quantile(self.level))[:3])

    def summary(self):
        """What each rule earns per customer of the base."""
        names = {
            "all": "profit per customer, offer to all",
            "chosen": "profit per customer, offer where the score says it pays",
            "chosen − all": "the second less the first",
        }
        how = "inverse probability, rule settled on other rows"
        return summary(
            row(names[v.rule], (v.estimate, v.low, v.high), self.n_, how, "money")
            for v in self.values_.itertuples()
        )

    def _value(self, rule, z):
        """Mean, limits and standard error of what a rule earns."""
        each = rule * self._profit
        mean = float(each.mean())
        off = each - mean
        if self._cluster is not None:
            off = np.bincount(self._cluster, weights=off)
        variance = float(off @ off) / self.n_**2 * (len(off) / max(len(off) - 1, 1))
        variance += sum((error * float((rule * moved).mean())) ** 2 for moved, error in self._uncertain)
        error = float(np.sqrt(variance))
        return mean, mean - float(z) * error, mean + float(z) * error, error

    def _verdict(self):
        every, chosen, gap = (self.values_.iloc[k] for k in range(3))
        has_some = chosen["n"] >= FEWEST
        if has_some and chosen["low"] > 0 and (gap["low"] > 0 or every["low"] <= 0):
            return "chosen"
        return "all" if every["low"] > 0 else "nobody"

    def _curve(self, score):
        share = np.linspace(0, 1, GRID + 1)
        order = np.argsort(-score, kind="stable")
        each = self._profit[order]
        value = np.interp(share * self.n_, np.arange(self.n_ + 1), np.r_[0.0, np.cumsum(each)]) / self.n_
        random, drawn = np.random.default_rng(SEED), np.empty((DRAWS, GRID + 1))
        code = None if self._cluster is None else self._cluster[order]
        groups = self.n_ if code is None else int(code.max()) + 1
        at = share * self.n_
        moves = [
            error * np.interp(at, np.arange(self.n_ + 1), np.r_[0.0, np.cumsum(moved[order])]) / self.n_
            for moved, error in self._uncertain
        ]
        for draw in range(DRAWS):
            w = random.standard_exponential(groups)
            w = w if code is None else w[code]
            at = np.r_[0.0, np.cumsum(w)]
            drawn[draw] = np.interp(share * at[-1], at, np.r_[0.0, np.cumsum(w * each)]) / at[-1]
            drawn[draw] += sum(random.standard_normal() * move for move in moves)
        low, high = simultaneous(value, drawn, self.level)
        return pd.DataFrame({"share": share, "value": value, "low": low, "high": high})
