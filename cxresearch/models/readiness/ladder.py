"""Where the firm stands among organisations in each year of implementation."""

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from cxresearch.models.estimator import Estimator
from cxresearch.models.readiness.answers import usable
from cxresearch.stats import rows


def percentile(below, ties, n, level=0.95):
    r"""The share of peers below, ties counted half, with Jeffreys' interval.

    .. math:: \frac{b + t/2}{n}, \qquad \mathrm{Beta}(b + t/2 + 1/2,\; n - b - t/2 + 1/2)

    The interval is closed at 0 where nobody is below, and at 1 where everybody is.

    Parameters
    ----------
    below, ties, n : float
    level : float

    Returns
    -------
    tuple of float
        Estimate, low, high.

    References
    ----------
    Brown, L. D., Cai, T. T. & DasGupta, A. (2001). Interval estimation for a binomial proportion. *Statistical Science* 16, 101–133.

    Examples
    --------
    >>> [round(one, 6) for one in percentile(27, 0, 40)], [round(one, 6) for one in percentile(13, 1, 40)]
    ([0.675, 0.521639, 0.804049], [0.3375, 0.206282, 0.491295])
    """
    x = below + ties / 2
    low, high = (float(betaincinv(x + 0.5, n - x + 0.5, q)) for q in ((1 - level) / 2, (1 + level) / 2))
    return x / n, 0.0 if x == 0 else low, 1.0 if x == n else high


class ReadinessLadder(Estimator):
    """The firm's percentile within each year of implementation.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    years_ : DataFrame
        year, n, mean (of the organisations' scores), low_score, high_score (their middle half), estimate, low, high: the share of them that score below the firm.
    score_ : float
        The firm's.
    year_ : float
        In which it says it is; missing where it does not.
    is_synthetic_ : bool

    Notes
    -----
    The years are different organisations at one time, not the same ones over the years: those that gave up are not in the later ones.

    Examples
    --------
    >>> from cxresearch.contract.tables import READINESS_ITEMS
    >>> found = ReadinessLadder().fit(pd.DataFrame({"organisation_id": ["us"]} | {item: [2] for item in READINESS_ITEMS}))
    >>> found.years_[["year", "n"]].values.tolist()
    [[1, 40], [2, 40], [3, 40], [4, 40], [5, 40]]
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, respondents):
        """Rank the firm.

        Parameters
        ----------
        respondents : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.readiness_respondents`.

        Returns
        -------
        ReadinessLadder
            This object.
        """
        answers = usable(respondents)
        self.left_out_, self.is_synthetic_, self.year_ = answers.left_out, answers.is_synthetic, answers.year
        self.score_ = float(np.mean(answers.own_scores))
        peers = np.round(answers.peer_scores, 9)
        own, found = round(self.score_, 9), []
        for year in np.unique(answers.years):
            scores = peers[answers.years == year]
            limits = percentile((scores < own).sum(), (scores == own).sum(), len(scores), self.level)
            half = np.quantile(scores, [0.25, 0.75])
            row = {
                "year": int(year),
                "n": len(scores),
                "mean": float(scores.mean()),
                "low_score": half[0],
                "high_score": half[1],
            }
            found.append(row | dict(zip(("estimate", "low", "high"), limits, strict=True)))
        self.years_ = pd.DataFrame(found)
        return self

    def summary(self):
        """The percentile in each year.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how = "Jeffreys, synthetic benchmark" if self.is_synthetic_ else "Jeffreys"
        return rows.summary(
            rows.row(
                f"organisations in year {y.year} that score lower",
                (y.estimate, y.low, y.high),
                y.n,
                how,
                "share",
            )
            for y in self.years_.itertuples()
        )
