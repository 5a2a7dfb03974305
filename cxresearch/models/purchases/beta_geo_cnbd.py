"""(M)BG/CNBD-k: customers without a contract who buy more regularly than at random."""

import warnings

import numpy as np
import pandas as pd
from scipy.special import betainc, betaincc, gammaln

from cxresearch.inputs import numbers, reject, table
from cxresearch.models.purchases.beta_geo import BetaGeoNBD
from cxresearch.models.purchases.buy_till_you_die import BuyTillYouDie
from cxresearch.models.purchases.fates import Fates
from cxresearch.models.purchases.phases import count_purchases
from cxresearch.models.purchases.purchase_history import read_weights

_LONGEST = 24  # phases tried at most
_BLOCK = 8192  # rows of the likelihood taken at a time


class BetaGeoCNBD(BuyTillYouDie):
    r"""(Modified) beta-geometric / condensed negative binomial model of order k (Reutterer, Platzer & Schröder 2021).

    While alive a customer buys after gaps that are Erlang(k, λ), so that the higher k, the more regular; k = 1 is buying at random, the
    BG/NBD. The customer drops out with probability p after every repeat purchase and, in the modified variant (MBG), after the first
    purchase too (ι = 1, else 0). Over customers, λ ~ Gamma(r, α) and p ~ Beta(a, b), independently. With R = r + kx, the likelihood of
    frequency x, recency t_x, age T and the sum L of the logarithms of the gaps is

    .. math::
        \frac{e^{(k-1)L}}{\Gamma(k)^x}\frac{B(a,b+x+\iota)}{B(a,b)}\frac{\Gamma(R)\,\alpha^r}{\Gamma(r)}
        \left[\frac{a\,\delta}{b+x-1+\iota}(\alpha+t_x)^{-R} + (\alpha+T)^{-R}
        \sum_{j<k}\frac{\Gamma(R+j)}{\Gamma(R)\,j!}\Big(\frac{T-t_x}{\alpha+T}\Big)^j\right],

    δ being 0 for a BG customer without a repeat purchase and 1 for all others.

    Parameters
    ----------
    k : int, optional
        Phases of a gap; unless given, the likeliest, searched upwards from 1 until the likelihood has fallen twice.
    is_modified : bool, optional
        MBG or BG; unless given, the likelier.
    unit : str
        Unit of every time, as for :class:`~cxresearch.models.purchases.beta_geo.BetaGeoNBD`.
    level : float
        Of every interval.

    Attributes
    ----------
    params_ : Series
        r and α (shape and rate, per ``unit``, of the phases), a and b (of p).
    k_, is_modified_, name : int, bool, str
        The model chosen, such as ``MBG/CNBD-2``; with k = 1 ``BG/NBD`` or ``MBG/NBD``.
    grid_ : DataFrame
        model, k, log_likelihood of all that were tried, likeliest first.
    log_likelihood_ : float
        Missing where k > 1 and the gaps are not known.
    standard_errors_, covariance_ (of the logarithms), n_customers_, converged_, identified_

    Notes
    -----
    Everything is computed on the distinct rows (x, t_x, T); of the gaps only the sum of all L is needed, and only to compare values of k.
    The fit is Newton's method with the analytic Hessian. The expected purchases of a customer are exact: given that j of k phases have
    passed unseen, λ is Gamma(R + j, α + T) and the n-th purchase is event nk − j of a negative binomial count. BTYDplus takes the
    BG/NBD's expectation with kα and scales it so that a total fits, by which a customer's forecast depends on who else is in the table.

    k is common to all customers. Two purchases of one day are one, so that gaps of hours are not seen. The intervals are of r, α, a and b,
    k being known. A small a says that no dropout is seen, not that customers are immortal.

    References
    ----------
    Reutterer, Platzer & Schröder (2021), Leveraging purchase regularity for predicting customer behavior the easy way, International
    Journal of Research in Marketing 38(1), 194–215. Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models
    for customer base analysis, IJRM 24(3), 201–209. Platzer & Reutterer (2016), Ticking away the moments, Marketing Science 35(5), 779–799.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30", gaps=True).order_by("customer_id").to_pandas()
    >>> model = BetaGeoCNBD().fit(rfm)
    >>> model.name, model.grid_.round(2).to_dict("list")["log_likelihood"]
    ('MBG/NBD', [-9582.14, -9582.43, -9853.25, -9855.33, -10393.57, -10394.36])
    >>> model.summary().round(2)[["metric", "estimate", "low", "high"]]
      metric  estimate   low  high
    0      r      0.52  0.38  0.72
    1  alpha      6.18  4.96  7.71
    2      a      0.89  0.63  1.25
    3      b      1.61  0.84  3.10
    """

    _names = ("r", "alpha", "a", "b")
    _simulated = 2_000_000  # every future costs the phases of every customer
    _flat = "a near 0 means no dropout is visible, a large r or b that customers are alike"

    def __init__(self, k=None, is_modified=None, unit="weeks", level=0.95):
        self.k = k
        self.is_modified = is_modified
        self.unit = unit
        self.level = level

    @property
    def name(self):
        """Of the model chosen, as the literature writes it."""
        return _name(self.k_, self.is_modified_)

    @property
    def keeps_first_buyers(self):
        """Whether nobody can drop out before a second purchase."""
        return not self.is_modified_

    def fit(self, rfm, weights=None):
        """Estimate the parameters by maximum likelihood, and choose k and the variant unless they are given.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            As for :meth:`BetaGeoNBD.fit <cxresearch.models.purchases.beta_geo.BetaGeoNBD.fit>`, with ``log_gaps``, the sum of the
            logarithms of a customer's gaps in ``unit``, as from ``cx.features.rfm(…, gaps=True)``; it may be absent where k is given.
        weights : array-like, optional
            How many customers each row stands for.

        Returns
        -------
        BetaGeoCNBD

        Raises
        ------
        ValueError
            If a column is missing or holds impossible values, or k is not a whole number of at least 1.
        """
        if self.k is not None and not (float(self.k).is_integer() and self.k >= 1):
            raise ValueError(f"k is {self.k}; it is a whole number of at least 1")
        rfm = table(rfm, [] if self.k else ["log_gaps"], "rfm")
        history = self._read(rfm, weights)
        gaps = _log_gaps(rfm, weights)
        tried = []
        for is_modified in (False, True) if self.is_modified is None else (bool(self.is_modified),):
            tried += self._search(history, gaps, is_modified)
        best = (
            max(tried, key=lambda model: (model.log_likelihood_, -model.k_)) if len(tried) > 1 else tried[0]
        )
        rows = [(model.name, model.k_, model.log_likelihood_) for model in tried]
        grid = pd.DataFrame(rows, columns=["model", "k", "log_likelihood"])
        vars(self).update(
            {name: value for name, value in vars(best).items() if name not in ("k", "is_modified")}
        )
        self.grid_ = grid.sort_values("log_likelihood", ascending=False, ignore_index=True)
        self._warn(type(self).__name__)
        return self

    def again(self):
        """The same k and variant, to be fitted to other customers."""
        return type(self)(self.k_, self.is_modified_, self.unit, self.level)

    def starts_alive(self):
        """b/(a + b) in the modified variant, else 1."""
        if not self.is_modified_:
            return super().starts_alive()
        _, _, a, b = np.exp(self._theta)
        return b / (a + b), np.array([0.0, 0.0, -a / (a + b), a / (a + b)])

    def of_living(self, history, function):
        """As for every model, averaged over how many phases of the running gap have passed; see :class:`BuyTillYouDie`."""
        k, fates = self.k_, self._fates(self._theta, history, slopes=True)
        stage = (k * history.x[:, None] + np.arange(k)).ravel()
        age = np.repeat(history.age, k)
        span = stage.max() + 1
        ages, at = np.unique(age, return_inverse=True)
        keys, where = np.unique(at * span + stage, return_inverse=True)
        found = function(keys % span, ages[keys // span])
        where = where.reshape(-1, k)
        if not isinstance(found, tuple):
            return (fates.phases * found[where]).sum(axis=1)
        value, slopes = found
        parts = fates.phases * value[where]
        total = parts.sum(axis=1)
        share = parts / np.maximum(total, 1e-300)[:, None]
        by_phase = slopes[where]
        by_phase[:, :, :2] += fates.phase_slopes
        return total, (share[:, :, None] * by_phase).sum(axis=1)

    def _search(self, history, gaps, is_modified):
        """Fits of one variant, over k from 1 until the likelihood has fallen twice; or of the k given."""
        models, falls, starts = [], 0, self._starts(history)
        for k in [int(self.k)] if self.k else range(1, _LONGEST + 1):
            model = type(self)(k, is_modified, self.unit, self.level)
            model.k_, model.is_modified_ = k, is_modified
            scale = np.array([1.0, k, 1.0, 1.0])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the one that is chosen, `fit` warns
                model._learn(
                    model._likelihood(history),
                    [start * [1.0, 1 / k, 1.0, 1.0] for start in starts],
                    history.n,
                )
            starts = [model.params_.to_numpy() * scale, *self._starts(history)]
            bought = history.count @ history.x
            model.log_likelihood_ += 0.0 if k == 1 else (k - 1) * gaps - bought * gammaln(k)
            falls = falls + 1 if models and model.log_likelihood_ < models[-1].log_likelihood_ else 0
            models.append(model)
            if falls == 2:
                break
        return models

    _starts = staticmethod(BetaGeoNBD._starts)

    def _likelihood(self, history):
        """Return the log-likelihood, gradient and Hessian as a function of the logarithms of r, α, a, b; without what depends on the gaps."""
        k, first = self.k_, int(self.is_modified_)
        x, age, count = history.x, history.age, history.count
        ages, at = np.unique(age, return_inverse=True)
        age_count, age_events = np.bincount(at, count), k * np.bincount(at, count * x)
        more = (
            history.n - np.cumsum(np.bincount(x, count))[:-1]
        )  # customers with more than i purchases, i = 0 …
        events, more = np.repeat(more, k), np.concatenate([[history.n] * first, more])
        i, n = np.arange(len(events)), np.arange(len(more))
        rows = [slice(start, start + _BLOCK) for start in range(0, len(x), _BLOCK)]

        def function(theta):
            r, alpha, a, b = np.exp(theta)
            ri, bn, abn = r / (r + i), b / (b + n), 1 / (a + b + n)
            growth, share = np.log1p(ages / alpha), ages / (alpha + ages)
            value = events @ np.log(r + i) + more @ np.log((b + n) * abn)
            value -= age_events @ np.log(alpha + ages) + r * (age_count @ growth)
            g = np.array(
                [
                    events @ ri - r * (age_count @ growth),
                    r * (age_count @ share) - age_events @ (1 - share),
                    -a * (more @ abn),
                    more @ bn - b * (more @ abn),
                ]
            )
            h = np.diag([g[0] - events @ ri**2, 0.0, g[2], g[3] - more @ bn**2])
            h[0, 1] = h[1, 0] = r * (age_count @ share)
            h[1, 1] = -((r * age_count + age_events) @ (share * (1 - share)))
            h[2:, 2:] += np.outer([a, b], [a, b]) * (more @ abn**2)
            for part in rows:
                fates = Fates(theta, x[part], history.recency[part], age[part], k, first)
                more_value, more_g, more_h = fates.either(count[part])
                value, g, h = value + more_value, g + more_g, h + more_h
            return value, g, h

        return function

    def _fates(self, theta, history, slopes):
        return Fates(theta, history.x, history.recency, history.age, self.k_, int(self.is_modified_), slopes)

    def _log_odds_dead(self, history, theta, slopes=True):
        return self._fates(theta, history, slopes).log_odds_gone()

    def _counted(self, stage, age, t, theta):
        return count_purchases(stage, age, t, theta, self.k_, int(self.is_modified_))

    def _mean_alive(self, stage, age, t, theta):
        counted = self._counted(stage, age, t, theta)
        return counted.mean, counted.slopes / np.maximum(counted.mean, 1e-300)[:, None]

    def _factorial_alive(self, stage, age, t, theta):
        return self._counted(stage, age, t, theta).pairs

    def _stay_alive(self, stage, age, t, theta):
        return 1 - self._counted(stage, age, t, theta).leaves

    def _none_alive(self, stage, age, t, theta):
        """log P(no purchase in t | alive): fewer than k − j events."""
        r, alpha, _, _ = np.exp(theta)
        y = t / (alpha + age + t)
        wanted = self.k_ - stage % self.k_
        none, some = betaincc(wanted, r + stage, y), betainc(wanted, r + stage, y)
        with np.errstate(divide="ignore"):
            return np.where(some < 0.5, np.log1p(-some), np.log(np.maximum(none, 1e-300)))

    def _draw_living(self, rng, history, alive, t, theta):
        phases = self._fates(theta, history, slopes=False).phases.cumsum(axis=1)
        passed = (rng.random(len(alive))[:, None] > phases[alive, :-1]).sum(axis=1)
        return self._draw_alive(rng, self.k_ * history.x[alive] + passed, history.age[alive], t, theta)

    def _draw_alive(self, rng, stage, age, t, theta):
        r, alpha, a, b = np.exp(theta)
        events = rng.poisson(rng.gamma(r + stage) * t / (alpha + age))
        dropout = np.clip(rng.beta(a, b + stage // self.k_ + int(self.is_modified_)), 1e-12, 1.0)
        return np.minimum((events + stage % self.k_) // self.k_, rng.geometric(dropout))


def _name(k, is_modified):
    return ("M" if is_modified else "") + ("BG/NBD" if k == 1 else f"BG/CNBD-{k}")


def _log_gaps(rfm, weights):
    """Sum of the logarithms of all gaps; missing where the column is absent."""
    if "log_gaps" not in rfm.columns:
        return np.nan
    gaps = numbers(rfm["log_gaps"].fillna(0.0), "log_gaps").astype(float)
    reject(
        (gaps != 0) & (rfm["frequency"].to_numpy() == 0),
        "log_gaps",
        "is not 0 without a repeat purchase",
        rfm.index,
    )
    return float(gaps.sum() if weights is None else gaps @ read_weights(weights, rfm.index))
