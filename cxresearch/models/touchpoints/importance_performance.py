"""Importance and performance: which moment to mend first, and how sure that is."""

import numpy as np
import pandas as pd

from cxresearch.inputs import numbers, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.resampling import bootstrap

LEAST = 30  # customers with both a rating of the touchpoint and an overall answer
SURE = 0.8  # probability from which a quadrant is named
QUADRANTS = ("concentrate here", "keep up", "low priority", "possible overkill")  # Martilla & James


class ImportancePerformance(Estimator):
    """Touchpoints by how they are rated and by how much that goes with loyalty.

    Performance is the mean rating of a touchpoint's contacts. Importance is derived, never asked: the slope of a customer's overall
    answer on the mean of that customer's ratings of the touchpoint, in points per point, among customers who met it – drawn towards the
    mean of all touchpoints by as much as chance alone makes the slopes differ (DerSimonian–Laird). The map is cut at the means over
    contacts. Customers are resampled with all their contacts; the cuts move along. A quadrant is named only where
    at least 80 % of resamples put the touchpoint there. Priority is the volume-weighted gap::

        n_j · importance_j · (target − mean_j)

    contacts × points of the overall answer; times a value per point, money. It says what goes with what, not what would follow
    from mending it: a content customer rates everything higher (halo), which lifts all slopes alike.

    Parameters
    ----------
    target : float, optional
        The mean aimed at; that of the best touchpoint unless said.
    value_per_point : float
        What one point of the overall answer, per contact, is worth.
    draws : int
    seed : int
    level : float

    Attributes
    ----------
    touchpoints_ : DataFrame
        touchpoint, contacts (rated), customers (with both), performance, performance_low, performance_high, importance,
        importance_low, importance_high, slope (as it was before being drawn in), gap, gap_low, gap_high, quadrant (the likeliest), probability, is_named; largest gap first.
    cut_ : tuple of float
        Performance and importance at which the map is cut.
    target_ : float
    tau_squared_ : float
        Variance of the slopes beyond chance; 0 where nothing shows that touchpoints differ in importance.
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

    def lacks(self, contacts, overall):
        """Why there is nothing to compare, as half a sentence; empty where there is."""
        if overall is None or not len(overall):
            return "no customer is known to have answered about the firm as a whole"
        if "satisfaction" not in contacts or not contacts["satisfaction"].notna().any():
            return "no contact has a satisfaction"
        if len(self._enough(contacts, overall)) < 2:
            return f"fewer than two touchpoints have {LEAST} customers who rated them and answered about the firm as a whole"
        return ""

    def fit(self, contacts, overall):
        """Fit to one row per contact and one per customer.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            customer_id, touchpoint, satisfaction.
        overall : pandas.DataFrame or Ibis table
            customer_id, score: the customer's answer about the firm as a whole.

        Returns
        -------
        ImportancePerformance
            This object.

        Raises
        ------
        ValueError
            For a missing column, a customer who occurs twice in overall, or what :meth:`lacks` says.
        """
        contacts = table(contacts, ["customer_id", "touchpoint", "satisfaction"], "contacts")
        overall = table(overall, ["customer_id", "score"], "overall answers")
        reject(overall["customer_id"].duplicated(), "customer_id", "occurs twice in the overall answers")
        lacking = self.lacks(contacts, overall)
        if lacking:
            raise ValueError(f"contacts and overall answers: {lacking}")
        names = self._enough(contacts, overall)
        rated = contacts.dropna(subset=["satisfaction", "touchpoint", "customer_id"])
        few = rated["touchpoint"].nunique() - len(names)
        self.left_out_ = (
            [f"{few} touchpoints with fewer than {LEAST} customers who also answered"] if few else []
        )
        sums, matched = self._sums(rated[rated["touchpoint"].isin(names)], overall, names)

        def both(weights):
            n, total, w, m, r, mm, mr = np.split(weights @ sums, 7, axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = total / n
                slope = (mr - m * r / w) / (mm - m * m / w)
            mean = np.where(n > 0, mean, np.nanmean(mean, axis=1, keepdims=True))
            slope = np.where(np.isfinite(slope) & (w > 2), slope, 0.0)
            return np.hstack([n, mean, slope])

        found = bootstrap(both, len(sums), draws=self.draws, seed=self.seed, level=self.level)
        drawn = np.split(np.vstack([found.estimate, found.draws]), 3, axis=1)
        slope = drawn[2][0]
        drawn[2], self.tau_squared_ = _shrunk(drawn[2])
        n, mean, importance = drawn
        target = mean.max(axis=1, keepdims=True) if self.target is None else float(self.target)
        gap = n * importance * (target - mean) * self.value_per_point
        share = n / n.sum(axis=1, keepdims=True)
        cut = [(share * part).sum(axis=1, keepdims=True) for part in (mean, importance)]
        self.cut_ = tuple(float(part[0, 0]) for part in cut)
        self.target_ = float(mean[0].max()) if self.target is None else float(self.target)
        low = (mean < cut[0])[1:]
        # where importance does not differ, each side of the cut is as likely as the other
        dull = np.where(np.abs(importance - cut[1]) < 1e-9, 0.5, importance < cut[1])[1:]
        sides = [low * (1 - dull), ~low * (1 - dull), low * dull, ~low * dull]
        quadrant = np.array([side.mean(axis=0) for side in sides])
        likeliest = quadrant.argmax(axis=0)
        frame = pd.DataFrame({"touchpoint": names, "contacts": n[0].astype(int), "customers": matched})
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        for name, values in (("performance", mean), ("importance", importance), ("gap", gap)):
            frame[name] = values[0]
            limits = np.quantile(values[1:], tails, axis=0, method="weibull")
            frame[f"{name}_low"], frame[f"{name}_high"] = (
                np.minimum(limits[0], values[0]),
                np.maximum(limits[1], values[0]),
            )
        frame["slope"] = slope
        frame["quadrant"] = [QUADRANTS[k] for k in likeliest]
        frame["probability"] = quadrant.max(axis=0)
        frame["is_named"] = frame["probability"] >= SURE
        self.touchpoints_ = frame.sort_values("gap", ascending=False, kind="stable", ignore_index=True)
        return self

    def summary(self):
        """Importance and volume-weighted gap by touchpoint.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (customers), method.
        """
        rows = []
        for name in ("importance", "gap"):
            for t in self.touchpoints_.to_dict("records"):
                limits = (t[name], t[f"{name}_low"], t[f"{name}_high"])
                rows.append(
                    (f"{t['touchpoint']}, {name}", *limits, t["customers"], "bootstrap over customers")
                )
        return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method"])

    @staticmethod
    def _enough(contacts, overall):
        both = contacts[
            contacts["satisfaction"].notna() & contacts["customer_id"].isin(overall["customer_id"])
        ]
        customers = both.groupby("touchpoint")["customer_id"].nunique()
        return sorted(customers.index[customers >= LEAST])

    @staticmethod
    def _sums(rated, overall, names):
        """Per customer, the sums from which means and slopes of every touchpoint are made; and matched customers."""
        rating = pd.Series(numbers(rated["satisfaction"], "satisfaction").astype(float), rated.index)
        centre = rating.mean()
        by = [rated["customer_id"], rated["touchpoint"]]
        total = rating.groupby(by).sum().unstack(fill_value=0.0)[names]
        n = rating.groupby(by).size().unstack(fill_value=0)[names]
        known = overall.dropna(subset=["score"]).set_index("customer_id")["score"]
        score = pd.Series(numbers(known, "score").astype(float), known.index).reindex(total.index)
        has = score.notna().to_numpy()[:, None] & (n > 0).to_numpy()
        answer = (score - score.mean()).fillna(0.0).to_numpy()[:, None]
        mean = np.where(n > 0, total / n.where(n > 0, 1) - centre, 0.0)
        parts = [n, total, has, has * mean, has * answer, has * mean**2, has * mean * answer]
        return np.hstack([np.asarray(p, dtype=float) for p in parts]), has.sum(axis=0)


def _shrunk(slopes):
    """Slopes, estimate first and resamples after it, drawn towards their mean; and their variance beyond chance.

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
