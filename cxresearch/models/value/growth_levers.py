"""Keep customers, win customers, or earn more on each: what one step of each is worth."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.value.lever_sides import both, buyer_side, contract_side
from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.resampling import bca_limits
from cxresearch.stats.rows import row, summary

LARGE = 50_000  # rows from which on fewer resamples do
LEVERS = (
    "+1 point of retention, everybody alike",
    "+1 point of retention, in proportion to risk",
    "+1% new customers",
    "+1% margin",
)


class GrowthLevers(Estimator):
    r"""Change in the value of the customer base for one step of retention, of acquisition and of margin (Gupta et al. 2004).

    The base is today's customers and those won over the next year, as many and of the kind of those of the last twelve months, valued by
    their discounted payments within a horizon. With V its value, :math:`V_{new}` the part of customers to be won, r the yearly retention
    of today's base, and :math:`v(\tau)` what is paid τ years ahead,

    .. math::
        \Delta_{alike} = \int v(\tau)\left[\left(\frac{r + 0.01}{r}\right)^{\tau} - 1\right] d\tau, \qquad
        \Delta_{acquisition} = 0.01\, V_{new}, \qquad \Delta_{margin} = 0.01\, V.

    A point of retention can be had in more than one way. *Everybody alike* lifts the same share of all payments, those of the safest customers
    too. *In proportion to risk* lowers everybody's hazard of leaving by the same share k, :math:`S_i \to S_i^{1-k}`, with k such that the yearly
    retention of today's base is a point higher: those at high risk gain most. Where leaving sits in segments of low value, the second is worth
    much less. What a programme does is for a trial to show; the two are assumptions.

    Parameters
    ----------
    margin : float
        Contribution per unit of revenue.
    discount_rate : float
        Effective rate a year.
    years : float
        Horizon of each customer's payments.
    draws : int or "auto"
        Bootstrap resamples of customers; "auto" takes 500, and 100 of a base of 50,000 rows or more.
    seed : int
    level : float
        Of every interval.

    Attributes
    ----------
    levers_ : pandas.DataFrame
        side (``contract``, ``buyers``, and ``all`` where there are both), lever, estimate, low, high, share (of that side's value).
    value_ : pandas.DataFrame
        side, base (value of today's customers), new (of those to be won), low and high of their sum, retention (r), customers, won.
    points_per_percent_ : stats.Interval
        How many per cent more new customers are worth as much as one point of retention in proportion to risk, over all sides.
    money_ : str
        What is counted: contribution, or revenue at a margin of 1.
    buyers_by_ : str or None
        The model of buyers' purchases.
    left_out_ : list of str
        Sides that have no levers.
    draws_ : int

    Notes
    -----
    Customers are resampled with all they did. In each resample the parameters move by one Newton step from their estimates, which is the
    refit to first order (Davidson & MacKinnon 1999), and the values follow on the log scale; r stays at its estimate. Limits are BCa,
    as a few customers carry much of the value.

    Where all but everybody stays already, retention rises to 1 and no further.

    What a step costs is not in these data, and neither is whether it can be had. The levers are of one base over one horizon: a
    longer horizon favours retention. Nothing here says that keeping customers made them worth more.

    References
    ----------
    Gupta, Lehmann & Stuart (2004), Valuing customers, Journal of Marketing Research 41(1), 7–18. Davidson & MacKinnon (1999), Bootstrap
    testing in nonlinear models, International Economic Review 40, 487–508.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> levers = GrowthLevers(draws=100)
    >>> fitted = levers.fit(buyers=(cx.models.BetaGeoNBD().fit(rfm), cx.models.GammaGamma().fit(rfm), rfm))
    >>> fitted.levers_[["side", "lever", "share"]].round(4)
         side                                         lever   share
    0  buyers        +1 point of retention, everybody alike  0.0104
    1  buyers  +1 point of retention, in proportion to risk  0.0261
    2  buyers                             +1% new customers  0.0065
    3  buyers                                    +1% margin  0.0100
    """

    def __init__(self, margin=1.0, discount_rate=0.10, years=3.0, draws=500, seed=0, level=0.95):
        self.margin = margin
        self.discount_rate = discount_rate
        self.years = years
        self.draws = draws
        self.seed = seed
        self.level = level

    def fit(self, contracts=None, buyers=None):
        """Value the base and its levers.

        Parameters
        ----------
        contracts : tuple, optional
            A fitted :class:`~cxresearch.models.contracts.outlook.ContractOutlook`, the spells (months) it was fitted to, and optionally
            its covariates X.
        buyers : tuple, optional
            A fitted purchase model, a fitted GammaGamma, and the rfm table they were fitted to.

        Returns
        -------
        GrowthLevers

        Raises
        ------
        ValueError
            If a parameter is out of range.
        NotEnough
            If no side can be valued: neither is given, no contract has an amount, the mean spend does not exist, or only buyers are given
            and their purchases do not show who drops out.
        """
        self._check()
        sides = self._sides(contracts, buyers)
        self.money_ = "contribution" if self.margin < 1 else "revenue"
        self.buyers_by_ = buyers[0].name if "buyers" in sides else None
        self.n_ = sum(side.customers for side in sides.values())
        if len(sides) > 1:
            sides["all"] = both(list(sides.values()))
        rows, values = [], []
        for name, side in sides.items():
            base, new, *_ = side.values
            moves, by_customer = _moves(*side.values), _moves(*side.each)
            for lever, move, single in zip(LEVERS, moves, by_customer, strict=True):
                rows.append([name, lever, *self._interval(move, single), move[0] / (base + new)[0]])
            _, low, high = self._interval(base + new, side.each[0] + side.each[1])
            values.append([name, base[0], new[0], low, high, side.retention, side.customers, side.won])
        self.levers_ = pd.DataFrame(rows, columns=["side", "lever", "estimate", "low", "high", "share"])
        columns = ["side", "base", "new", "low", "high", "retention", "customers", "won"]
        self.value_ = pd.DataFrame(values, columns=columns)
        _, kept, won, _ = moves
        exchange = kept / np.where(won > 0, won, np.nan)
        self.points_per_percent_ = self._interval(exchange, by_customer[1] - exchange[0] * by_customer[2])
        return self

    def summary(self):
        """Levers in money, of all sides together, and the exchange between two of them."""
        last = self.levers_[self.levers_["side"] == self.levers_["side"].iloc[-1]]
        method = f"{self.money_}, bootstrap of customers, {self.draws_} draws, {self.years:g} years at {self.discount_rate:.4g} a year, margin {self.margin:.4g}"
        rows = [row(lever.lever, lever[3:6], self.n_, method, "money") for lever in last.itertuples()]
        if np.isfinite(self.points_per_percent_.estimate):
            metric = "one point of retention, in proportion to risk, in per cent of new customers"
            rows.append(row(metric, self.points_per_percent_, self.n_, method))
        return summary(rows)

    def _check(self):
        normal_quantile(self.level)
        for name in ("margin", "years"):
            if not numbers(getattr(self, name), name) > 0:
                raise ValueError(f"{name} must be above 0")
        numbers(self.discount_rate, "discount_rate", low=0)

    def _sides(self, contracts, buyers):
        """The sides that can be moved, contracts first; buyers are left out where their purchases do not show who drops out."""
        rows = sum(
            len(side[1 if side is contracts else 2]) for side in (contracts, buyers) if side is not None
        )
        self.draws_ = (500 if rows < LARGE else 100) if self.draws == "auto" else self.draws
        rng, sides, self.left_out_ = np.random.default_rng(self.seed), {}, []
        if contracts is not None:
            sides["contract"] = contract_side(self, rng, *contracts)
        if buyers is not None and not buyers[0].identified_.all():
            self.left_out_.append("Buyers: their purchases do not show who has dropped out")
        elif buyers is not None:
            sides["buyers"] = buyer_side(self, rng, *buyers)
        if not sides and self.left_out_:
            raise NotEnough("purchases do not show who has dropped out, so that retention has no price")
        if not sides:
            raise NotEnough("neither contracts nor purchases can be valued")
        return sides

    def _interval(self, draws, each):
        """Estimate and BCa limits; `each` customer's part in the estimate says how skewed it is."""
        if not np.isfinite(draws).all():
            return Interval(np.nan, np.nan, np.nan)
        if not np.ptp(draws) > 0:
            return Interval(*[float(draws[0])] * 3)
        z = normal_quantile(self.level)
        low, high = bca_limits(draws[:1], draws[1:, None], -each[:, None], np.array([-z, z]))[:, 0]
        return Interval(float(draws[0]), float(min(low, draws[0])), float(max(high, draws[0])))


def _moves(base, new, alike, in_proportion):
    """What each of the levers adds."""
    return alike - base - new, in_proportion - base - new, 0.01 * new, 0.01 * (base + new)
