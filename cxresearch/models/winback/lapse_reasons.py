"""Does it matter why customers had left? Odds of returning by lapse reason, and whether offers work alike for all of them."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats.binomial_regression import fit_binomial
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.rows import row, summary

FEWEST = 30  # customers of a reason under which it joins the others
EVENTS = 5  # customers of a reason who came back, or did not
OTHER = "other reasons"


class LapseReasons(Estimator):
    """Odds ratios of returning by lapse reason at the same offer, and a test of whether the offers' lift depends on the reason.

    A logit of the return on arm and reason, each reason against the mean of all; the interaction of the two is tested by likelihood ratio. Who left for
    which reason was not drawn by lot: these are associations, also within a trial.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    reasons_ : DataFrame
        reason, n, rate, odds_ratio, low, high, p_adjusted (Benjamini–Hochberg), is_certain.
    interaction_p_ : float
        Of the test that all offers lift alike whatever the reason; missing where too few came back to fit it.
    left_out_ : list of str

    References
    ----------
    Stauss, B. & Friege, C. (1999). *Journal of Service Research* 1, 347–361.

    Examples
    --------
    >>> offers = pd.DataFrame({"arm": ["control", "gift"] * 200, "lapse_reason": ["price", "price", "service", "service"] * 100})
    >>> offers["returned"] = [k % 5 == 1 or k % 8 == 0 for k in range(400)]
    >>> LapseReasons().fit(offers).reasons_.round(2)[["reason", "odds_ratio", "low", "high"]].values.tolist()
    [['price', 1.68, 1.33, 2.11], ['service', 0.6, 0.47, 0.75]]
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, offers):
        """Compare the reasons.

        Parameters
        ----------
        offers : DataFrame
            ``Regain.rows_``: arm, lapse_reason, returned.

        Returns
        -------
        LapseReasons
            This object.

        Raises
        ------
        NotEnough
            For fewer than two reasons with thirty customers, of whom five came back.
        """
        self.left_out_ = []
        if "lapse_reason" not in offers or not offers["lapse_reason"].notna().any():
            raise NotEnough("why customers had left is not recorded")
        rows = offers[offers["lapse_reason"].notna()]
        reason, returned = rows["lapse_reason"].astype(str), rows["returned"].astype(int)
        by = returned.groupby(reason).agg(["sum", "size"])
        kept = by.index[(by["size"] >= FEWEST) & (by["sum"] >= EVENTS) & (by["size"] - by["sum"] >= EVENTS)]
        reason = reason.where(reason.isin(kept), OTHER)
        counts = returned.groupby(reason).agg(["sum", "size"])
        if OTHER in counts.index and (
            counts.loc[OTHER, "sum"] < EVENTS or counts.loc[OTHER, "size"] < FEWEST
        ):
            rows, returned = rows[reason != OTHER], returned[reason != OTHER]
            reason = reason[reason != OTHER]
        if reason.nunique() < 2:
            raise NotEnough("too few customers of two lapse reasons came back to compare them")
        self._fit(rows["arm"].astype(str), reason, returned)
        return self

    def summary(self):
        """The odds ratio of each reason."""
        how = "logit with the arms, against the mean of the reasons"
        return summary(
            row(
                f"left for {r.reason.replace('_', ' ')}: odds of returning",
                (r.odds_ratio, r.low, r.high),
                r.n,
                how,
            )
            for r in self.reasons_.itertuples()
        )

    def _fit(self, arm, reason, returned):
        cells = returned.groupby([arm.to_numpy(), reason.to_numpy()]).agg(["sum", "size"])
        arms, reasons = (sorted(set(cells.index.get_level_values(k))) for k in (0, 1))
        of_arm = np.array([arms.index(a) for a in cells.index.get_level_values(0)])
        of_reason = np.array([reasons.index(r) for r in cells.index.get_level_values(1)])
        one = np.ones((len(cells), 1))
        by_arm = (of_arm[:, None] == np.arange(1, len(arms))).astype(float)
        coded = np.vstack(
            [np.eye(len(reasons) - 1), -np.ones(len(reasons) - 1)]
        )  # against the mean of the reasons
        by_reason = coded[of_reason]
        events, trials = cells["sum"].to_numpy(), cells["size"].to_numpy()
        main = np.hstack([one, by_arm, by_reason])
        fit = fit_binomial(main, events, trials, [str(k) for k in range(main.shape[1])])
        at = slice(1 + by_arm.shape[1], None)
        log_odds, covariance = coded @ fit.params[at], coded @ fit.covariance[at, at] @ coded.T
        error, z = np.sqrt(np.diag(covariance)), float(normal_quantile(self.level))
        p = benjamini_hochberg(chdtrc(1, (log_odds / error) ** 2)).p_value
        total = returned.groupby(reason).agg(["mean", "size"]).reindex(reasons)
        self.reasons_ = pd.DataFrame(
            {
                "reason": reasons,
                "n": total["size"].to_numpy(),
                "rate": total["mean"].to_numpy(),
                "odds_ratio": np.exp(log_odds),
                "low": np.exp(log_odds - z * error),
                "high": np.exp(log_odds + z * error),
                "p_adjusted": p,
                "is_certain": p <= 1 - self.level,
            }
        )
        self.interaction_p_ = self._interaction(
            events, trials, fit.log_likelihood, by_arm.shape[1] * by_reason.shape[1]
        )

    def _interaction(self, events, trials, main, df):
        """Likelihood ratio of a rate for each cell against the main effects; missing where cells are too small for it."""
        if not df or min(events.min(), (trials - events).min()) < EVENTS:
            return float("nan")
        rate = events / trials
        full = float(np.sum(events * np.log(rate) + (trials - events) * np.log1p(-rate)))
        return float(chdtrc(df, max(2 * (full - main), 0.0)))
