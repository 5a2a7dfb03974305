"""Keep customers, win customers, or earn more on each: what one step of each is worth."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.inputs import numbers, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.buy_till_you_die import distinct_pairs, in_blocks
from cxresearch.models.purchases.gamma_gamma import spend_columns
from cxresearch.models.value.lifetime_value import YEAR, LifetimeValue
from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.resampling import bca_limits

LEVERS = ("+1 percentage point retention", "+1% new customers", "+1% margin")


class GrowthLevers(Estimator):
    r"""Change in the value of the customer base for one step of retention, of acquisition and of margin (Gupta et al. 2004).

    The base is today's customers and those won over the next year, as many and of the kind of those of the last twelve months, valued by
    their discounted payments within a horizon. With V its value, :math:`V_{new}` the part of customers to be won, r the yearly retention
    of today's base, and :math:`v(\tau)` what is paid τ years ahead,

    .. math::
        \Delta_{retention} = \int v(\tau)\left[\left(\frac{r + 0.01}{r}\right)^{\tau} - 1\right] d\tau, \qquad
        \Delta_{acquisition} = 0.01\, V_{new}, \qquad \Delta_{margin} = 0.01\, V.

    Parameters
    ----------
    margin : float
        Contribution per unit of revenue.
    discount_rate : float
        Effective rate a year.
    years : float
        Horizon of each customer's payments.
    draws : int
        Bootstrap resamples of customers.
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
        How many per cent more new customers are worth as much as one point of retention, over all sides.

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
    >>> found = levers.fit(buyers=(cx.models.BetaGeoNBD().fit(rfm), cx.models.GammaGamma().fit(rfm), rfm))
    >>> found.levers_[["side", "lever", "share"]].round(4)
         side                          lever   share
    0  buyers  +1 percentage point retention  0.0104
    1  buyers              +1% new customers  0.0065
    2  buyers                     +1% margin  0.0100
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
            If neither is given, a parameter is out of range, or a side has no value: no amounts, or a mean spend that is not finite.
        """
        normal_quantile(self.level)
        if contracts is None and buyers is None:
            raise ValueError("give contracts, buyers or both")
        for name in ("margin", "years"):
            if not numbers(getattr(self, name), name) > 0:
                raise ValueError(f"{name} must be above 0")
        numbers(self.discount_rate, "discount_rate", low=0)
        rng = np.random.default_rng(self.seed)
        sides = {}
        if contracts is not None:
            sides["contract"] = self._contracts(rng, *contracts)
        if buyers is not None:
            sides["buyers"] = self._buyers(rng, *buyers)
        rows, values = [], []
        parts = {name: np.stack([side["base"], side["new"], side["lifted"]]) for name, side in sides.items()}
        each = {name: side["each"] for name, side in sides.items()}
        if len(sides) > 1:
            parts["all"] = sum(parts.values())
            each["all"] = np.concatenate(list(each.values()), axis=1)
        for name, part in parts.items():
            total, own = part[0] + part[1], each[name]
            moves, by_customer = _moves(*part), _moves(*own)
            for lever, move, single in zip(LEVERS, moves, by_customer, strict=True):
                rows.append([name, lever, *self._told(move, single), move[0] / total[0]])
            base, new, _ = part
            side = sides.get(name, {})
            told = self._told(total, own[0] + own[1])
            values.append(
                [
                    name,
                    base[0],
                    new[0],
                    *told[1:],
                    side.get("retention"),
                    side.get("customers"),
                    side.get("won"),
                ]
            )
        self.levers_ = pd.DataFrame(rows, columns=["side", "lever", "estimate", "low", "high", "share"])
        columns = ["side", "base", "new", "low", "high", "retention", "customers", "won"]
        self.value_ = pd.DataFrame(values, columns=columns)
        kept, won, _ = moves
        exchange = kept / np.where(won > 0, won, np.nan)
        single = by_customer[0] - exchange[0] * by_customer[1]
        self.points_per_percent_ = self._told(exchange, single)
        self.n_ = int(sum(side["customers"] for side in sides.values()))
        return self

    def summary(self):
        """Levers in money, of all sides together, and the exchange between two of them: metric, estimate, low, high, n, method."""
        last = self.levers_[self.levers_["side"] == self.levers_["side"].iloc[-1]]
        method = f"bootstrap of customers, {self.draws} draws, {self.years:g} years at {self.discount_rate:.4g} a year, margin {self.margin:.4g}"
        rows = last.rename(columns={"lever": "metric"})[["metric", "estimate", "low", "high"]]
        if np.isfinite(self.points_per_percent_.estimate):
            told = dict(zip(["estimate", "low", "high"], self.points_per_percent_, strict=True))
            more = {"metric": "one point of retention in per cent of new customers", **told}
            rows = pd.concat([rows, pd.DataFrame([more])], ignore_index=True)
        return rows.assign(n=self.n_, method=method).reset_index(drop=True)

    def _told(self, draws, each):
        """Estimate and BCa limits; `each` customer's part in the estimate says how skewed it is."""
        if not np.isfinite(draws).all():
            return Interval(np.nan, np.nan, np.nan)
        if not np.ptp(draws) > 0:
            return Interval(*[float(draws[0])] * 3)
        z = normal_quantile(self.level)
        low, high = bca_limits(draws[:1], draws[1:, None], -each[:, None], np.array([-z, z]))[:, 0]
        return Interval(float(draws[0]), float(min(low, draws[0])), float(max(high, draws[0])))

    def _contracts(self, rng, outlook, spells, X=None):
        spells = table(spells, ["customer_id", "age", "monthly_amount"], "spells")
        if not spells["monthly_amount"].notna().any():
            raise ValueError("monthly_amount: no contract has one, so that contracts have no value here")
        months = round(12 * self.years)
        force = np.log1p(self.discount_rate)
        index, stay, _ = outlook._ahead(spells, 12, X)
        retention = float(np.exp(stay).mean())
        gain = _gain(retention)
        is_new = spells["age"].to_numpy() < 12
        parts, slopes, rows = [], [], []
        for anew, part_force in (
            (None, force),
            (None, force - gain),
            (is_new, force),
            (is_new, force - gain),
        ):
            at, value, slope = outlook._worth(spells, months, self.margin, part_force, X, anew)
            known = np.isfinite(value)
            parts.append(value[known] * (1.0 if anew is None else np.exp(-force / 2)))
            slopes.append(slope[known])
            rows.append(spells.index.get_indexer(at[known]))
        codes, who = pd.factorize(spells["customer_id"])
        scores = outlook._scores(spells)
        covariance = outlook.model_.covariance_.to_numpy()
        sums = np.empty((4, self.draws + 1))
        for draw, weight in enumerate(_weights(rng, len(who), self.draws)):
            each = weight[codes]
            move = covariance @ (each @ scores)
            for k, (value, slope, at) in enumerate(zip(parts, slopes, rows, strict=True)):
                sums[k, draw] = each[at] @ (value * np.exp(slope @ move))
        base, base_lifted, new, new_lifted = (
            np.bincount(codes[at], value, len(who)) for value, at in zip(parts, rows, strict=True)
        )
        each = np.stack([base, new, base_lifted + new_lifted])
        counts = {"retention": retention, "customers": len(index), "won": int(is_new.sum()), "each": each}
        return {"base": sums[0], "new": sums[2], "lifted": sums[1] + sums[3], **counts}

    def _buyers(self, rng, purchases, spend, rfm):
        rfm = table(rfm, ["frequency", "recency", "age", "monetary"], "rfm")
        year = YEAR[purchases.unit]
        worth = LifetimeValue(purchases, spend, self.margin, self.discount_rate, self.years * year)
        force = np.log1p(self.discount_rate)
        history = worth._values(rfm)[0]
        odds, _ = purchases._log_odds_dead(history, purchases._theta, slopes=False)
        x, age, where = distinct_pairs(history)
        alive = history.count * expit(-odds)
        retention = float(
            alive @ in_blocks(purchases._stay_alive, x, age, year, purchases._theta)[where] / alive.sum()
        )
        gain = _gain(retention) / year
        is_new = rfm["age"].to_numpy() <= year
        parts = [worth._values(rfm, g)[1:] for g in (0.0, gain)]
        first, by_first = spend._spend_of(np.zeros(1, dtype=np.int64), np.zeros(1))
        if not np.isfinite(first[0]):
            raise ValueError(
                "monetary: the mean spend is not finite (q is at most 1), so that buyers have no value here"
            )
        newly = [worth._new_customer(g) for g in (0.0, gain)]
        bought, monetary, _ = spend_columns(rfm)
        again = bought > 0
        sums = np.empty((4, self.draws + 1))
        for draw, weight in enumerate(_weights(rng, len(rfm), self.draws)):
            counted = replace(history, count=np.bincount(history.row, weight, len(history.x)), n=weight.sum())
            move = purchases._information.covariance @ purchases._likelihood(counted)(purchases._theta)[1]
            kept = again & (weight > 0)
            other = spend._likelihood(bought[kept], monetary[kept], weight[kept])(spend._theta)[1]
            shift = spend._information.covariance @ other
            won = weight @ is_new * np.exp(-force / 2)
            paid = self.margin * first[0] * np.exp(by_first[0] @ shift)
            for k in range(2):
                value, by_habit, by_spend = parts[k]
                moved = value * np.exp((by_habit @ move)[history.row] + by_spend @ shift)
                sums[k, draw] = weight @ moved
                new, new_habit, new_spend = newly[k]
                sums[2 + k, draw] = won * (paid + new * np.exp(new_habit @ move + new_spend @ shift))
        news = [is_new * np.exp(-force / 2) * (self.margin * first[0] + new[0]) for new in newly]
        each = np.stack([parts[0][0], news[0], parts[1][0] + news[1]])
        counts = {"retention": retention, "customers": len(rfm), "won": int(is_new.sum()), "each": each}
        return {"base": sums[0], "new": sums[2], "lifted": sums[1] + sums[3], **counts}


def _moves(base, new, lifted):
    """What each of the three levers adds."""
    return lifted - base - new, 0.01 * new, 0.01 * (base + new)


def _gain(retention):
    """Force by which a point more of yearly retention lifts what is paid later; nobody stays more surely than for certain."""
    return np.log(min(retention + 0.01, 1.0) / retention)


def _weights(rng, customers, draws):
    """How often each customer is drawn: first once each, then at random."""
    yield np.ones(customers)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, customers, customers), minlength=customers).astype(float)
