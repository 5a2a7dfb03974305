"""Which year's organisations the firm's answers look like."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.readiness.answers import usable
from cxresearch.stats import rows
from cxresearch.stats.binomial_regression import fit_binomial
from cxresearch.stats.ordinal_logit import fit_ordinal, proportional_odds
from cxresearch.stats.proportions import wilson

LEAST = 10  # organisations of each year
FOLDS = 5
BANDS = 3  # of predicted probability, in which it is held against what was


class YearOfAnswers(Estimator):
    r"""The probability of each year of implementation, given the score.

    .. math:: \operatorname{logit} P(\text{year} \le k) = \tau_k - \beta\, \text{score}

    by an ordinal logit on counted scores (:func:`~cxresearch.stats.ordinal_logit.fit_ordinal`), intervals by the delta method. Whether one slope serves all years is tested; where it does not, the slopes of each cut are told. How well it predicts is
    judged on organisations that were held out.

    Parameters
    ----------
    level : float
        Confidence level.
    seed : int
        Of the folds.

    Attributes
    ----------
    years_ : DataFrame
        year, estimate, low, high: the probability at the firm's score.
    slope_ : Series
        estimate, low, high: log-odds of a later year per point.
    proportional_ : tuple
        χ², degrees of freedom, p of one slope for all years.
    cuts_ : DataFrame
        Of each cut its own slope, where p is below .05: later_than, estimate, low, high.
    calibration_ : DataFrame
        Of held-out organisations, in bands of their predicted probability of being in a late year: predicted, actual, low, high, n.
    skill_ : float
        How much smaller the logarithmic loss of held-out organisations is than that of the shares of the years; 0 or less where the score says nothing.
    likeliest_ : int
    n_ : int

    Notes
    -----
    A year is how long it has been going on, not how good it is. The benchmark's organisations were seen once.

    References
    ----------
    McCullagh, P. (1980). *JRSS B* 42, 109–142. Ocker, R. J. & Mudambi, S. (2003). Assessing the readiness of firms for CRM. *HICSS 36*.

    Examples
    --------
    >>> from cxresearch.contract.tables import READINESS_ITEMS
    >>> found = YearOfAnswers().fit(pd.DataFrame({"organisation_id": ["us"]} | {item: [1] for item in READINESS_ITEMS}))
    >>> found.likeliest_, bool(found.years_["estimate"].sum().round(9) == 1)
    (1, True)
    """

    def __init__(self, level=0.95, seed=0):
        self.level = level
        self.seed = seed

    def fit(self, respondents):
        """Fit on the benchmark, and predict the firm's year.

        Parameters
        ----------
        respondents : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.readiness_respondents`.

        Returns
        -------
        YearOfAnswers
            This object.

        Raises
        ------
        NotEnough
            Where a year has fewer than ten organisations, or there is only one year.
        """
        answers = usable(respondents)
        self.left_out_, self.is_synthetic_ = answers.left_out, answers.is_synthetic
        scores, years = np.round(answers.peer_scores, 6), answers.years
        kinds, code, held = np.unique(years, return_inverse=True, return_counts=True)
        if len(kinds) < 2 or held.min() < LEAST:
            raise NotEnough(f"the benchmark has fewer than {LEAST} organisations in one of its years")
        self.n_ = len(scores)
        x, counts = _counted(scores, code, len(kinds))
        fit = fit_ordinal(x, counts, ["score"])
        z, cuts = float(ndtri((1 + self.level) / 2)), len(kinds) - 1
        own = [float(np.mean(answers.own_scores))]
        p, change = fit.probabilities([own])[0], fit.gradients(own)
        errors = np.sqrt(np.einsum("kp,pq,kq->k", change, fit.covariance, change))
        self.years_ = pd.DataFrame(
            {
                "year": kinds,
                "estimate": p,
                "low": np.maximum(p - z * errors, 0),
                "high": np.minimum(p + z * errors, 1),
            }
        )
        self.likeliest_ = int(kinds[np.argmax(p)])
        middle, error = float(fit.slopes[0]), float(np.sqrt(fit.covariance[cuts, cuts]))
        self.slope_ = pd.Series({"estimate": middle, "low": middle - z * error, "high": middle + z * error})
        self.proportional_ = proportional_odds(x, counts, [0]) if cuts > 1 else (0.0, 0, 1.0)
        self.cuts_ = (
            self._cuts(scores, code, kinds, z) if self.proportional_[2] < 1 - self.level else pd.DataFrame()
        )
        self._held_out(scores, code, len(kinds))
        return self

    def summary(self):
        """The probability of each year, and the slope.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how = "ordinal logit, synthetic benchmark" if self.is_synthetic_ else "ordinal logit"
        found = [
            rows.row(
                f"answers like those of year {y.year}", (y.estimate, y.low, y.high), self.n_, how, "share"
            )
            for y in self.years_.itertuples()
        ]
        return rows.summary(
            [*found, rows.row("log-odds of a later year per point of readiness", self.slope_, self.n_, how)]
        )

    def _cuts(self, scores, code, kinds, z):
        found = []
        for k, year in enumerate(kinds[:-1]):
            fit = fit_binomial(
                np.column_stack([np.ones(len(scores)), scores]), code > k, None, ["intercept", "score"]
            )
            middle, error = fit.params[1], np.sqrt(fit.covariance[1, 1])
            found.append(
                {
                    "later_than": int(year),
                    "estimate": middle,
                    "low": middle - z * error,
                    "high": middle + z * error,
                }
            )
        return pd.DataFrame(found)

    def _held_out(self, scores, code, kinds):
        """Predict each fifth of the organisations from the others."""
        fold = np.empty(len(scores), int)
        order = np.random.default_rng(self.seed).permutation(len(scores))
        fold[order[np.argsort(code[order], kind="stable")]] = (
            np.arange(len(scores)) % FOLDS
        )  # each year in each fold
        predicted = np.zeros((len(scores), kinds))
        base = np.zeros_like(predicted)
        for k in range(FOLDS):
            train = fold != k
            fit = fit_ordinal(*_counted(scores[train], code[train], kinds))
            predicted[~train] = fit.probabilities(scores[~train, None])
            base[~train] = np.bincount(code[train], minlength=kinds) / train.sum()
        rows_ = np.arange(len(scores))
        loss = [-np.log(np.maximum(p[rows_, code], 1e-12)).mean() for p in (predicted, base)]
        self.skill_ = float(1 - loss[0] / loss[1])
        late = predicted[:, (kinds + 1) // 2 :].sum(axis=1)
        is_late = code >= (kinds + 1) // 2
        band = np.minimum(
            (np.argsort(np.argsort(late, kind="stable"), kind="stable") * BANDS) // len(late), BANDS - 1
        )
        found = []
        for k in range(BANDS):
            inside = band == k
            limits = wilson(is_late[inside].sum(), inside.sum(), self.level)._asdict()
            found.append(
                {
                    "predicted": float(late[inside].mean()),
                    "actual": limits.pop("estimate"),
                    **limits,
                    "n": int(inside.sum()),
                }
            )
        self.calibration_ = pd.DataFrame(found)


def _counted(scores, code, kinds):
    """Distinct scores as a design of one column, and how often each year occurred at each."""
    values, where = np.unique(scores, return_inverse=True)
    counts = np.zeros((len(values), kinds))
    np.add.at(counts, (where, code), 1)
    return values[:, None], counts
