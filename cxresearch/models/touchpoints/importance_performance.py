"""Importance and performance: which touchpoint to improve first, and how sure that is."""

from functools import partial

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, reject
from cxresearch.models.estimator import Estimator
from cxresearch.models.named_rows import named_rows
from cxresearch.stats import rows
from cxresearch.stats.resampling import bootstrap

LEAST = 30  # customers with both a rating of the touchpoint and an overall answer
SURE = 0.8  # probability from which a quadrant is named
QUADRANTS = ("concentrate here", "keep up", "low priority", "possible overkill")  # Martilla & James


class ImportancePerformance(Estimator):
    """Touchpoints by how they are rated and by how much that goes with loyalty.

    Performance is the mean rating of a touchpoint's contacts. Importance is derived, never asked: the slope of a customer's overall
    answer on the mean of that customer's ratings of the touchpoint, in points per point, among customers who used it – shrunk towards the
    mean of all touchpoints by as much as chance alone makes the slopes differ (DerSimonian–Laird). The map is cut at the means over
    contacts. Customers are resampled with all their contacts; the cuts move along. A quadrant is named only where
    at least 80 % of resamples put the touchpoint there. Priority is the volume-weighted gap::

        N_j · importance_j · (target − mean_j)

    with all N_j contacts, rated or not: those who were not asked were served alike, which is assumed. That is contacts × points of the
    overall answer; times a value per point, money. It is an association, not what would follow
    from an improvement: a satisfied customer rates everything higher (halo), which raises all slopes alike.

    Parameters
    ----------
    target : float, optional
        The target mean; that of the best touchpoint by default.
    value_per_point : float
        What one point of the overall answer, per contact, is worth.
    draws : int
    seed : int
    level : float

    Attributes
    ----------
    touchpoints_ : DataFrame
        touchpoint, contacts (all), rated (those with a rating), customers (with both), performance, performance_low, performance_high, importance,
        importance_low, importance_high, slope (before it was shrunk), gap, gap_low, gap_high, quadrant (the likeliest), probability,
        is_named; largest gap first.
    cut_ : tuple of float
        Performance and importance at which the map is cut.
    target_ : float
    tau_squared_ : float
        Variance of the slopes beyond chance; 0 where touchpoints show no difference in importance.
    left_out_ : list of str

    References
    ----------
    Martilla, J. A. & James, J. C. (1977). Importance-performance analysis. *Journal of Marketing* 41(1), 77–79.
    DerSimonian, R. & Laird, N. (1986). *Controlled Clinical Trials* 7, 177–188.

    Examples
    --------
    >>> random = np.random.default_rng(3)
    >>> who = np.repeat(np.arange(400), 2)
    >>> rating = random.normal(7, 1.5, 800) - 1.5 * (np.arange(800) % 2)
    >>> contacts = pd.DataFrame({"customer_id": who, "touchpoint": np.tile(["invoice", "repair"], 400), "satisfaction": rating})
    >>> overall = pd.DataFrame({"customer_id": np.arange(400), "score": 0.8 * rating[1::2] + random.normal(0, 1, 400)})
    >>> found = ImportancePerformance(draws=500).fit(contacts, overall).touchpoints_
    >>> found[["touchpoint", "performance", "importance", "quadrant", "probability"]].round(1)
      touchpoint  performance  importance           quadrant  probability
    0     repair          5.6         0.8   concentrate here          1.0
    1    invoice          7.0         0.0  possible overkill          1.0
    """

    def __init__(self, target=None, value_per_point=1.0, draws=2000, seed=0, level=0.95):
        self.target = target
        self.value_per_point = value_per_point
        self.draws = draws
        self.seed = seed
        self.level = level

    def fit(self, contacts, overall):
        """Fit to one row per contact and one per customer.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            customer_id, touchpoint, satisfaction (missing where a contact was not rated).
        overall : pandas.DataFrame or Ibis table
            customer_id, score: the customer's answer about the firm as a whole.

        Returns
        -------
        ImportancePerformance
            This object.

        Raises
        ------
        NotEnough
            Where nothing is rated, nobody answered about the firm as a whole, or fewer than two touchpoints have 30 customers who did both.
        ValueError
            For a missing column, a rating that is no number, or a customer who occurs twice in overall.
        """
        rated = named_rows(
            contacts, ["satisfaction", "touchpoint", "customer_id"], "contacts", "satisfaction"
        )
        known = named_rows(overall, ["score", "customer_id"], "answers on the firm as a whole", "score")
        reject(known["customer_id"].duplicated(), "customer_id", "occurs twice in the overall answers")
        names = self._compared(rated, known)
        had = named_rows(contacts, ["touchpoint", "customer_id"], "contacts")
        of_them = (frame[frame["touchpoint"].isin(names)] for frame in (had, rated))
        sums, matched = _sums(*of_them, known, names)
        found = bootstrap(
            partial(_by_touchpoint, sums=sums), len(sums), draws=self.draws, seed=self.seed, level=self.level
        )
        n, rated_n, mean, slope = np.split(np.vstack([found.estimate, found.draws]), 4, axis=1)
        importance, self.tau_squared_ = _shrunk(slope)
        target = mean.max(axis=1, keepdims=True) if self.target is None else float(self.target)
        self.target_ = float(mean[0].max()) if self.target is None else float(self.target)
        gap = n * importance * (target - mean) * self.value_per_point
        share = rated_n / rated_n.sum(axis=1, keepdims=True)
        cut = [(share * part).sum(axis=1, keepdims=True) for part in (mean, importance)]
        self.cut_ = tuple(float(part[0, 0]) for part in cut)
        counts = {"contacts": n[0].astype(int), "rated": rated_n[0].astype(int), "customers": matched}
        frame = pd.DataFrame({"touchpoint": names, **counts})
        for name, values in (("performance", mean), ("importance", importance), ("gap", gap)):
            frame[[name, f"{name}_low", f"{name}_high"]] = self._limits(values)
        frame["slope"] = slope[0]
        frame["quadrant"], frame["probability"] = _quadrants(mean[1:], importance[1:], cut[0][1:], cut[1][1:])
        frame["is_named"] = frame["probability"] >= SURE
        self.touchpoints_ = frame.sort_values("gap", ascending=False, kind="stable", ignore_index=True)
        return self

    def gaps(self):
        """The volume-weighted gap to the target of each touchpoint, largest first.

        Returns
        -------
        pandas.DataFrame
            With the columns of :mod:`cxresearch.stats.rows`; n counts customers.
        """
        return self._rows("gap")

    def summary(self):
        """Importance and volume-weighted gap by touchpoint.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (customers), method, unit.
        """
        return pd.concat([self._rows("importance"), self.gaps()], ignore_index=True)

    def _rows(self, name):
        method, found = "bootstrap over customers", self.touchpoints_.to_dict("records")
        return rows.summary(
            rows.row(
                f"{t['touchpoint']}: {name}",
                (t[name], t[f"{name}_low"], t[f"{name}_high"]),
                t["customers"],
                method,
            )
            for t in found
        )

    def _compared(self, rated, known):
        both = rated[rated["customer_id"].isin(known["customer_id"])]
        customers = both.groupby("touchpoint")["customer_id"].nunique()
        names = sorted(customers.index[customers >= LEAST])
        if len(names) < 2:
            raise NotEnough(
                f"fewer than two touchpoints have {LEAST} customers who rated them and answered the survey"
            )
        few = rated["touchpoint"].nunique() - len(names)
        what, verb = ("1 touchpoint", "is") if few == 1 else (f"{few} touchpoints", "are")
        why = f"with fewer than {LEAST} customers who also answered the survey {verb} not compared"
        self.left_out_ = [f"{what} {why}"] if few else []
        return names

    def _limits(self, values):
        """Estimate and limits of each touchpoint: the first line of values, and quantiles of the others."""
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        low, high = np.quantile(values[1:], tails, axis=0, method="weibull")
        return np.column_stack([values[0], np.minimum(low, values[0]), np.maximum(high, values[0])])


def _sums(contacts, rated, known, names):
    """Per customer, the sums from which volumes, means and slopes of every touchpoint are made; and matched customers."""
    rating = pd.Series(numbers(rated["satisfaction"], "satisfaction").astype(float), rated.index)
    centre = rating.mean()
    by = [rated["customer_id"], rated["touchpoint"]]
    every = contacts.groupby(["customer_id", "touchpoint"]).size().unstack(fill_value=0)[names]
    total = rating.groupby(by).sum().unstack(fill_value=0.0)[names].reindex(every.index, fill_value=0.0)
    n = rating.groupby(by).size().unstack(fill_value=0)[names].reindex(every.index, fill_value=0)
    answers = known.set_index("customer_id")["score"]
    score = pd.Series(numbers(answers, "score").astype(float), answers.index).reindex(total.index)
    has = score.notna().to_numpy()[:, None] & (n > 0).to_numpy()
    answer = (score - score.mean()).fillna(0.0).to_numpy()[:, None]
    mean = np.where(n > 0, total / n.where(n > 0, 1) - centre, 0.0)
    parts = [every, n, total, has, has * mean, has * answer, has * mean**2, has * mean * answer]
    return np.hstack([np.asarray(p, dtype=float) for p in parts]), has.sum(axis=0)


def _by_touchpoint(weights, sums):
    """Contacts, rated ones, mean rating and slope of every touchpoint, where each customer counts as often as the weights say."""
    every, n, total, w, m, r, mm, mr = np.split(weights @ sums, 8, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        slope = (mr - m * r / w) / (mm - m * m / w)
    mean = np.where(n > 0, mean, np.nanmean(mean, axis=1, keepdims=True))
    slope = np.where(np.isfinite(slope) & (w > 2), slope, 0.0)
    return np.hstack([every, n, mean, slope])


def _quadrants(mean, importance, cut_mean, cut_importance):
    """The likeliest quadrant of each touchpoint over the resamples, and its probability."""
    low = mean < cut_mean
    # where importance does not differ, each side of the cut is as likely as the other
    dull = np.where(np.abs(importance - cut_importance) < 1e-9, 0.5, importance < cut_importance)
    sides = [low * (1 - dull), ~low * (1 - dull), low * dull, ~low * dull]
    chance = np.array([side.mean(axis=0) for side in sides])
    return [QUADRANTS[k] for k in chance.argmax(axis=0)], chance.max(axis=0)


def _shrunk(slopes):
    """Slopes, estimate first and resamples after it, shrunk towards their mean; and their variance beyond chance.

    With B = τ²/(τ² + v) a slope becomes mean + B·(slope − mean), and its resamples scatter around that by √B of what they did.
    """
    estimate, draws = slopes[0], slopes[1:]
    variance = draws.var(axis=0, ddof=1) + 1e-12
    weight = 1 / variance
    mean = (weight * estimate).sum() / weight.sum()
    excess = (weight * (estimate - mean) ** 2).sum() - (len(estimate) - 1)
    tau_squared = max(0.0, excess / (weight.sum() - np.square(weight).sum() / weight.sum()))
    weight = 1 / (variance + tau_squared)
    mean = (weight * estimate).sum() / weight.sum()
    kept = tau_squared / (tau_squared + variance)
    centre = mean + kept * (estimate - mean)
    common = ((draws - estimate) * weight).sum(axis=1, keepdims=True) / weight.sum()
    drawn = centre + np.sqrt(kept) * (draws - estimate) + (1 - np.sqrt(kept)) * common
    return np.vstack([centre, drawn]), float(tau_squared)
