"""What contacting the customers for whom an offer pays is expected to earn, and how sure that is."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import beta

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.rows import row, summary

SEED = 2013
FEWEST = 10  # contacts behind a sum of money
EDGE = 1e-9
MOST = 40_000_000  # customers times campaigns
UNKNOWN = Interval(np.nan, np.nan, np.nan)
METRIC = "profit of contacting those for whom it pays"


class ContactProfit(Estimator):
    r"""Profit of offering customers something to stay, each judged by what that customer is worth.

    A customer about to leave who is contacted accepts with probability :math:`\gamma` and stays, which is worth :math:`v_i - d`; one who
    would have stayed takes the offer, which costs :math:`d`; a contact costs :math:`f`. At a probability of leaving :math:`p_i` a contact
    is expected to earn

    .. math:: e_i = p_i\,[\bar\gamma (v_i - d) - f] - (1 - p_i)(d + f),

    which is above 0 where :math:`p_i` is above the customer's own break-even :math:`(d + f)/[\bar\gamma (v_i - d) + d]`. Those are
    contacted; the rule looks at no outcome.

    Parameters
    ----------
    d, f : float
        Cost of the offer and of a contact, in the currency of the values.
    alpha, beta : float
        Of the Beta distribution of the acceptance rate of a campaign; 6 and 14 give a mean of 30 %.
    level : float
    draws : int
        Simulated campaigns behind the limits; fewer for very many customers (`draws_`).

    Attributes
    ----------
    break_even_, expected_ : ndarray
        Per customer; missing where the value is not known.
    is_contacted_ : ndarray of bool
    n_, contacted_, unknown_, draws_ : int
        Customers; those contacted; those whose value is not known, who are not contacted; campaigns simulated.
    profit_ : Interval
        Of contacting all of `is_contacted_`: the sum of what is expected, with a prediction interval of what the campaign earns. Missing for fewer than
        ten contacts.
    made_ : float
        After :meth:`against`: what those who left would have brought.
    curve_ : pandas.DataFrame
        contacted (share of the customers whose value is known, the most profitable first), profit, low, high: prediction limits.

    Notes
    -----
    The limits are of the profit that a campaign makes: they carry the acceptance rate (one draw per campaign), who leaves and who
    accepts (a draw per customer), and how far the probabilities may be off together (the standard error of the calibration in the large).
    They do not carry a wrong value, nor that those at risk may be harder to persuade than others; only a trial with a control group
    tells. A customer's probability of being persuaded is not the probability of leaving (Ascarza 2018).

    References
    ----------
    Verbraken, T., Verbeke, W. & Baesens, B. (2013). A novel profit maximizing metric for measuring classification performance of customer
    churn prediction models. *IEEE Trans. Knowledge and Data Engineering* 25, 961–973 (the profit of a contact, the law of acceptance).
    Ascarza, E. (2018). Retention futility. *J. Marketing Research* 55, 80–98.

    Examples
    --------
    >>> p, value = np.repeat([0.02, 0.10, 0.10, 0.40], 50), np.repeat([900, 200, 900, 900], 50)
    >>> model = ContactProfit().fit(p, value)
    >>> model.contacted_, model.break_even_[[50, 100]].round(4).tolist(), model.expected_[[0, 50, 100, 150]].round(2).tolist()
    (100, [0.1642, 0.0397], [-5.46, -4.3, 16.7, 99.8])
    >>> [round(float(value)) for value in model.profit_]
    [5825, 840, 12570]
    """

    def __init__(self, d=10.0, f=1.0, alpha=6.0, beta=14.0, level=0.95, draws=2000):
        self.d = d
        self.f = f
        self.alpha = alpha
        self.beta = beta
        self.level = level
        self.draws = draws

    def fit(self, probability, value, weight=None, calibration=None):
        """Judge every customer, and the campaign that contacts those for whom it pays.

        Parameters
        ----------
        probability : array-like
            Calibrated probability of leaving.
        value : array-like or float
            What each is worth if they stay; missing where that is not known.
        weight : array-like, optional
            How many customers each row stands for, where some kinds were drawn more often than others; see
            :func:`~cxresearch.models.churn.prior.row_weights`.
        calibration : Interval, optional
            The calibration in the large of these probabilities, on the log-odds scale and at `level`: how far all may be off together.

        Returns
        -------
        ContactProfit
            This object.

        Raises
        ------
        NotEnough
            Where nobody's value is known, or nobody is worth more than the offer.
        ValueError
            Where probabilities, weights or costs make no sense.
        """
        self.check()
        p = numbers(probability, "probability", low=0, high=1).astype(float)
        aligned(probability=p, weight=weight)
        value = np.broadcast_to(np.asarray(value, dtype=float), p.shape)
        if not np.isfinite(value).any():
            raise NotEnough(
                "what a customer is worth is not known; declare customer_worth under [money] in cxresearch.toml"
            )
        if not (value > self.d).any():
            raise NotEnough(
                f"an offer of {self.d:g} costs what a customer is worth ({np.nanmax(value):g} at most), so it never pays"
            )
        self._p, self._value = p, value
        self._weight = np.ones(len(p)) if weight is None else numbers(weight, "weight", low=0).astype(float)
        self.break_even_, self.expected_ = self.break_even(value), self.expected(p, value)
        self.is_contacted_ = self.expected_ > 0
        self.n_, self.contacted_ = len(p), int(self.is_contacted_.sum())
        self.unknown_ = int((~np.isfinite(value)).sum())
        self._shift = _standard_error(calibration, self.level)
        self.draws_ = int(np.clip(self.draws, 1, max(MOST // max(len(p), 1), 200)))
        self._simulate()
        return self

    def summary(self):
        """What the campaign earns in all and per contact, with prediction limits; no rows for fewer than ten contacts."""
        if self.contacted_ < FEWEST:
            return summary([])
        method = (
            f"above their own break-even risk, acceptance ~ Beta({self.alpha:g}, {self.beta:g}), "
            f"prediction interval by {self.draws_:,} simulated campaigns"
        )
        each = [end / self._weight[self.is_contacted_].sum() for end in self.profit_]
        rows = [(METRIC, self.profit_), ("per customer contacted", each)]
        return summary(row(metric, limits, self.contacted_, method, "money") for metric, limits in rows)

    def against(self, y):
        """Compare what was expected with what those who left would have brought, both at the mean acceptance rate.

        Parameters
        ----------
        y : array-like of bool or 0/1
            Whether each customer of :meth:`fit` left.

        Returns
        -------
        pandas.DataFrame
            Two rows: expected, with a prediction interval over who leaves, and by those who did leave.

        Raises
        ------
        NotEnough
            For fewer than ten contacts.
        """
        aligned(y=y, probability=self._p)
        if self.contacted_ < FEWEST:
            raise NotEnough("fewer than ten customers would have been contacted")
        y, chosen = flags(y, "y").astype(float), self.is_contacted_
        self.made_ = made = float(self._weight[chosen] @ self._of(y, self._mean())[chosen])
        drawn = self._campaigns(chosen, self._mean())
        at = f"acceptance {self._mean():.0%}"
        limits = [self.profit_[0], *np.quantile(drawn, self._ends())]
        return summary(
            [
                row(
                    "profit expected beforehand",
                    limits,
                    self.contacted_,
                    f"{at}, prediction interval over who leaves",
                    "money",
                ),
                row(
                    f"profit by those who left, at {at}",
                    (made, np.nan, np.nan),
                    self.contacted_,
                    "count",
                    "money",
                ),
            ]
        )

    def break_even(self, value):
        """The probability of leaving above which contacting a customer of a value pays, at the mean acceptance rate; missing where no
        probability does.
        """
        value = np.asarray(value, dtype=float)
        worth = np.where(value > self.d, value, np.nan)
        at = (self.d + self.f) / (self._mean() * (worth - self.d) + self.d)
        return np.where(at < 1, at, np.nan)

    def expected(self, probability, value):
        """Profit to expect from contacting a customer of a value who leaves with a probability, at the mean acceptance rate."""
        p, value = np.asarray(probability, dtype=float), np.asarray(value, dtype=float)
        return p * (self._mean() * (value - self.d) - self.f) - (1 - p) * (self.d + self.f)

    @property
    def acceptance(self):
        """The acceptance rate of a campaign: its mean, and the limits of its law at `level`."""
        return Interval(self._mean(), *(float(beta.ppf(at, self.alpha, self.beta)) for at in self._ends()))

    def verdict(self):
        """Whether contacting pays, in a word.

        Returns
        -------
        str
            "pays" (the whole prediction interval is above 0), "unclear", or "nobody" (fewer than ten customers for whom it pays).
        """
        if self.contacted_ < FEWEST:
            return "nobody"
        return "pays" if self.profit_[1] > 0 else "unclear"

    def check(self):
        """Refuse costs and laws that make no sense; returns this object."""
        normal_quantile(self.level)
        for name in ("d", "f", "alpha", "beta"):
            number = getattr(self, name)
            if not np.isfinite(number) or number < 0 or (number == 0 and name in ("alpha", "beta")):
                raise ValueError(f"{name} is {number}, not a positive number")
        return self

    def _mean(self):
        return self.alpha / (self.alpha + self.beta)

    def _ends(self):
        return [(1 - self.level) / 2, (1 + self.level) / 2]

    def _of(self, y, gamma):
        """Profit of contacting each customer, whose fate is known, at an acceptance rate."""
        return np.where(y == 1, gamma * (self._value - self.d), -self.d) - self.f

    def _campaigns(self, chosen, gamma=None):
        """Profit of simulated campaigns that contact the rows chosen; the acceptance rate is drawn unless given."""
        return self._paths(np.flatnonzero(chosen), gamma)[:, -1]

    def _paths(self, rows, gamma=None, at=None):
        """Cumulated profit of simulated campaigns, at some places of the rows, in their order."""
        random = np.random.default_rng(SEED)
        odds = logit(np.clip(self._p[rows], EDGE, 1 - EDGE))
        kept, w = self._value[rows] - self.d, self._weight[rows]
        at = [len(rows)] if at is None else at
        paths = np.empty((self.draws_, len(at)))
        for draw in range(self.draws_):
            rate = random.beta(self.alpha, self.beta)
            rate = rate if gamma is None else gamma
            p = expit(odds + self._shift * random.standard_normal())
            luck = random.random(len(rows))
            if gamma is None:
                each = np.where(luck < p * rate, kept, np.where(luck < p, 0.0, -self.d)) - self.f
            else:
                each = np.where(luck < p, rate * kept, -self.d) - self.f
            paths[draw] = np.r_[0.0, np.cumsum(w * each)][at]
        return paths

    def _simulate(self):
        """The profit of the campaign, and by share contacted, the most profitable first."""
        rows = np.flatnonzero(np.isfinite(self.expected_))
        order = rows[np.argsort(-self.expected_[rows], kind="stable")]
        grid = np.linspace(0, 1, 51)
        at = np.unique(np.r_[np.rint(grid * len(order)).astype(int), self.contacted_])
        paths = self._paths(order, at=at)
        low, high = np.quantile(paths, self._ends(), axis=0)
        profit = np.r_[0.0, np.cumsum((self._weight * self.expected_)[order])][at]
        self.curve_ = pd.DataFrame(
            {"contacted": at / max(len(order), 1), "profit": profit, "low": low, "high": high}
        )
        place = int(np.searchsorted(at, self.contacted_))
        limits = profit[place], min(low[place], profit[place]), max(high[place], profit[place])
        self.profit_ = Interval(*map(float, limits)) if self.contacted_ >= FEWEST else UNKNOWN


def _standard_error(limits, level):
    """Of a calibration in the large from its limits; 0 where it is not known."""
    if limits is None or not np.isfinite([limits[1], limits[2]]).all():
        return 0.0
    return float((limits[2] - limits[1]) / (2 * normal_quantile(level)))
