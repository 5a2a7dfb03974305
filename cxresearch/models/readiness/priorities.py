"""What to fix first: the item that lies furthest below the organisations one year ahead."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from cxresearch.contract.readiness import STATEMENTS
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.readiness.answers import usable
from cxresearch.stats import rows
from cxresearch.stats.multiplicity import holm
from cxresearch.stats.reliability import cronbach_alpha


class ReadinessPriorities(Estimator):
    r"""Each item against its mean in the next year of implementation.

    .. math:: d_j = \bar x_j - m_{k+1,j}, \qquad \mathrm{SE}^2 = \frac{s^2_{j,\text{within}}}{R} + \frac{s^2_{j,\text{bench}}}{n_{k+1}}

    with R own respondents; of a single one the first term is :math:`s_j^2 (1 - \alpha)`. The item to fix first is the lowest whose distance stands after Holm's correction over the twelve; none, if none stands.

    Parameters
    ----------
    year : int, optional
        The firm's year; as it says, unless given.
    level : float
        Confidence level.

    Attributes
    ----------
    items_ : DataFrame
        item, statement, own, next_year (mean of those one year ahead), estimate, low, high (the distance, one by one), p_adjusted, is_below, in order of the distance.
    first_ : str or None
        The item to fix first.
    year_, next_year_ : int
        Those in the last year are held against the last year.
    n_, peers_n_ : int

    Examples
    --------
    >>> answers = {"organisation_id": ["us"] * 5, "year": [1] * 5} | {item: [2, 2, 3, 2, 2] for item in READINESS_ITEMS}
    >>> found = ReadinessPriorities().fit(pd.DataFrame(answers | {"people_2": [0, 0, 1, 0, 0]}))
    >>> found.first_, found.next_year_
    ('people_2', 2)
    """

    def __init__(self, year=None, level=0.95):
        self.year = year
        self.level = level

    def fit(self, respondents):
        """Compare the items.

        Parameters
        ----------
        respondents : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.readiness_respondents`.

        Returns
        -------
        ReadinessPriorities
            This object.

        Raises
        ------
        NotEnough
            Where the firm's year is not known, or fewer than ten organisations are one year ahead.
        """
        answers = usable(respondents)
        year = self.year or answers.year
        if not np.isfinite(year):
            raise NotEnough("the firm does not say in which year of implementation it is")
        self.left_out_, self.is_synthetic_ = answers.left_out, answers.is_synthetic
        self.year_ = int(year)
        self.next_year_ = int(min(self.year_ + 1, answers.years.max()))
        peers = answers.peers[answers.years == self.next_year_]
        self.n_, self.peers_n_ = len(answers.own), len(peers)
        if len(peers) < 10:
            raise NotEnough(f"fewer than ten organisations of the benchmark are in year {self.next_year_}")
        own, ahead = answers.own_items, np.nanmean(peers, axis=0)
        spread, held = np.nanvar(peers, axis=0, ddof=1), np.isfinite(peers).sum(axis=0)
        asked = np.isfinite(answers.own).sum(axis=0)
        if (asked < 1).any():
            raise NotEnough(f"nobody answered {READINESS_ITEMS[int(np.argmin(asked))]}")
        within = np.full(len(READINESS_ITEMS), np.nan)
        several = asked > 1
        within[several] = np.nanvar(answers.own[:, several], axis=0, ddof=1) / asked[several]
        if (asked < 2).any():
            complete = answers.peers[np.isfinite(answers.peers).all(axis=1)]
            of_one = np.nanvar(answers.peers, axis=0, ddof=1) * (1 - cronbach_alpha(complete).estimate)
            within = np.where(several, within, of_one)
        error = np.sqrt(within + spread / held)
        distance = own - ahead
        p = np.where(error > 0, 2 * ndtr(-np.abs(distance) / np.maximum(error, 1e-300)), 1.0)
        adjusted = holm(p, 1 - self.level)
        reach = float(ndtri((1 + self.level) / 2)) * error
        frame = pd.DataFrame(
            {
                "item": READINESS_ITEMS,
                "statement": [STATEMENTS[item] for item in READINESS_ITEMS],
                "own": own,
                "next_year": ahead,
                "estimate": distance,
                "low": distance - reach,
                "high": distance + reach,
                "p_adjusted": adjusted.p_value,
                "is_below": adjusted.rejected & (distance < 0),
            }
        )
        self.items_ = frame.sort_values("estimate", kind="stable", ignore_index=True)
        below = self.items_[self.items_["is_below"]]
        self.first_ = below["item"].iloc[0] if len(below) else None
        return self

    def summary(self):
        """The distance of each item.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (organisations one year ahead), method, unit.
        """
        who = "1 respondent" if self.n_ == 1 else f"{self.n_} respondents"
        how = f"{who} against year {self.next_year_}" + (
            ", synthetic benchmark" if self.is_synthetic_ else ""
        )
        return rows.summary(
            rows.row(f"{i.item}: distance to the next year", (i.estimate, i.low, i.high), self.peers_n_, how)
            for i in self.items_.itertuples()
        )
