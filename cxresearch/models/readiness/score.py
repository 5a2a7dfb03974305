"""The readiness score: the mean of twelve items, how reliable it is, and its four themes."""

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from cxresearch.contract.readiness import THEMES
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.readiness.answers import usable
from cxresearch.stats import rows
from cxresearch.stats.reliability import cronbach_alpha


class ReadinessScore(Estimator):
    r"""The firm's readiness from 0 to 4.

    The score of a respondent is the mean of the items answered, that of the firm the mean of its respondents, with Student's interval over them. Of a single respondent it is

    .. math:: \pm z \, s \sqrt{1 - \alpha}

    with s the standard deviation of scores and α Cronbach's alpha in the benchmark: what another set of items would have given.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    score_ : Series
        estimate, low, high, std_error.
    themes_ : DataFrame
        theme, estimate, low, high, n (answers), peers (mean of the benchmark).
    alpha_ : Interval
        Of the benchmark, with Feldt's limits.
    n_, answers_, peers_n_ : int
        Own respondents, their answers, and organisations behind alpha.
    is_synthetic_ : bool
        The benchmark is made up.

    Examples
    --------
    >>> answers = {"organisation_id": ["us"] * 2} | {item: [2, 3] for item in READINESS_ITEMS}
    >>> found = ReadinessScore().fit(pd.DataFrame(answers))
    >>> float(found.score_.estimate), found.n_, found.is_synthetic_
    (2.5, 2, True)
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, respondents):
        """Score the answers.

        Parameters
        ----------
        respondents : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.readiness_respondents`.

        Returns
        -------
        ReadinessScore
            This object.

        Raises
        ------
        NotEnough
            Where no usable answer is the firm's own.
        """
        answers = usable(respondents)
        self.left_out_, self.is_synthetic_ = answers.left_out, answers.is_synthetic
        complete = answers.peers[np.isfinite(answers.peers).all(axis=1)]
        if len(complete) < 3:
            raise NotEnough("fewer than three organisations of the benchmark answered all questions")
        self.alpha_ = cronbach_alpha(complete, self.level)
        self.n_, self.peers_n_ = len(answers.own), len(complete)
        self.answers_ = int(np.isfinite(answers.own).sum())
        self.score_ = self._mean(answers.own_scores, np.std(answers.peer_scores, ddof=1))
        found = []
        for theme in THEMES:
            columns = [k for k, item in enumerate(READINESS_ITEMS) if item.startswith(f"{theme}_")]
            own, peers = (np.nanmean(part[:, columns], axis=1) for part in (answers.own, answers.peers))
            row = self._mean(own[np.isfinite(own)], np.nanstd(peers, ddof=1))
            given = int(np.isfinite(answers.own[:, columns]).sum())
            limits = row[["estimate", "low", "high"]].to_dict()
            found.append({"theme": theme, **limits, "n": given, "peers": float(np.nanmean(peers))})
        self.themes_ = pd.DataFrame(found)
        return self

    def summary(self):
        """Score, themes and reliability.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (answers), method, unit.
        """
        how = (
            f"{self.n_} respondents, Student's interval"
            if self.n_ > 1
            else "one respondent: by the reliability of the scale"
        )
        found = [rows.row("readiness, 0 to 4", self.score_[["estimate", "low", "high"]], self.answers_, how)]
        found += [
            rows.row(f"readiness: {t.theme}", (t.estimate, t.low, t.high), t.n, how)
            for t in self.themes_.itertuples()
        ]
        return rows.summary(found)

    def reliability(self):
        """Cronbach's alpha of the benchmark, as a row."""
        of = "synthetic organisations" if self.is_synthetic_ else "organisations"
        return rows.summary(
            [rows.row("reliability of the score (alpha)", self.alpha_, self.peers_n_, f"Feldt, {of}")]
        )

    def _mean(self, scores, spread):
        middle, n = float(np.mean(scores)), len(scores)
        if n > 1:
            error = float(np.std(scores, ddof=1) / np.sqrt(n))
            reach = error * float(stdtrit(n - 1, (1 + self.level) / 2))
        else:
            error = float(spread * np.sqrt(max(1 - self.alpha_.estimate, 0)))
            reach = error * float(ndtri((1 + self.level) / 2))
        return pd.Series(
            {
                "estimate": middle,
                "low": max(middle - reach, 0.0),
                "high": min(middle + reach, 4.0),
                "std_error": error,
            }
        )
