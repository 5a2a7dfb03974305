"""How good a forecast of who would leave was, on customers and a period that the model had not seen."""

import numpy as np

from cxresearch.inputs import aligned, flags, numbers
from cxresearch.models.churn.calibration_slope import calibration_slope
from cxresearch.models.estimator import Estimator
from cxresearch.stats.forecast_scores import calibration, mean_of_outcomes, skill
from cxresearch.stats.interval import Interval
from cxresearch.stats.proportions import wilson
from cxresearch.stats.roc import auc, lift
from cxresearch.stats.rows import row, summary
from cxresearch.words import count_text

GROUPS = 10
UNKNOWN = Interval(np.nan, np.nan, np.nan)


class ChurnScores(Estimator):
    r"""Ranking, error, calibration and lift of probabilities of leaving.

    - the ranking: AUC with Hanley and McNeil's standard error and Newcombe's score limits;
    - the error: the Brier score :math:`\overline{(p - y)^2}`, and its skill, one minus its ratio to the score of the same share for
      everybody – the one known beforehand, where it is given;
    - the calibration: slope and intercept in the large of Cox's regression, and the observed share by size of the prediction;
    - the lift of the tenth with the highest risks.

    Assumed: each row another customer, all of one period.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    auc_ : AreaUnderCurve
    brier_, skill_, slope_, in_the_large_ : Interval
        Missing values where the rows do not identify them: `skill_` where the reference was never wrong, `slope_` of equal forecasts.
    lift_ : DataFrame
        As from :func:`cxresearch.stats.roc.lift`; tenths, where there are ten rows.
    calibration_ : DataFrame
        As from :func:`cxresearch.stats.forecast_scores.calibration`.
    n_, n_events_ : int

    References
    ----------
    Brier, G. W. (1950). *Monthly Weather Review* 78, 1–3. Steyerberg, E. W. et al. (2010). Assessing the performance of prediction
    models. *Epidemiology* 21, 128–138.

    Examples
    --------
    >>> p = np.repeat([0.1, 0.4], 200)
    >>> y = np.r_[np.ones(20), np.zeros(180), np.ones(80), np.zeros(120)]
    >>> ChurnScores().fit(y, p).summary()[["metric", "estimate", "low", "high"]].round(3)
                                  metric  estimate    low   high
    0                                AUC     0.700  0.635  0.759
    1                        Brier score     0.165  0.146  0.184
    2  Brier skill against the base rate     0.120  0.061  0.179
    3                  calibration slope     1.000  0.698  1.302
    4           calibration in the large     0.000 -0.241  0.241
    5         lift of the riskiest tenth     1.600  1.010  2.442
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, y, p, base_rate=None):
        """Score probabilities against what happened.

        Parameters
        ----------
        y : array-like of bool or 0/1
        p : array-like
            Probabilities of leaving.
        base_rate : float, optional
            The share that left in the periods before, the forecast without a model; by default the share that did leave, which nobody
            knew and is a little harder to beat.

        Returns
        -------
        ChurnScores
            This object.
        """
        aligned(y=y, p=p)
        y, p = flags(y, "y").astype(float), numbers(p, "p", low=0, high=1).astype(float)
        if not len(y):
            raise ValueError("y is empty: nothing to score")
        self.n_, self.n_events_ = len(y), int(y.sum())
        self.auc_ = auc(y.astype(int), p, self.level)
        loss = (p - y) ** 2
        self.brier_ = mean_of_outcomes(loss, loss, self.level)
        reference = y.mean() if base_rate is None else float(base_rate)
        self.skill_ = skill(loss, (reference - y) ** 2, self.level) or UNKNOWN
        self.slope_, self.in_the_large_ = calibration_slope(p, y.astype(int), self.level)
        self.lift_ = lift(y.astype(int), p, min(GROUPS, len(y)), self.level)
        self.calibration_ = calibration(p, y)
        self.rate_ = wilson(y.sum(), len(y), self.level)
        return self

    @property
    def is_better_than_chance_(self):
        """Whether the interval of the AUC lies above .5."""
        return bool(self.auc_.low > 0.5)

    def summary(self):
        """All scores; one that these rows do not identify is blank.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        count = f"{count_text(self.n_events_)} leavers of {count_text(self.n_)}"
        error = f"standard error {self.auc_.std_error:.3f} (Hanley–McNeil)"
        scores = [
            ("AUC", self.auc_, f"Mann–Whitney, {count}; {error}, score limits"),
            ("Brier score", self.brier_, "mean, Student's t"),
            ("Brier skill against the base rate", self.skill_, "delta method"),
            ("calibration slope", self.slope_, "logistic regression on the predicted log-odds (ideal 1)"),
            ("calibration in the large", self.in_the_large_, "observed minus predicted log-odds (ideal 0)"),
            (
                "lift of the riskiest tenth",
                self._top_lift(),
                "share of the leavers, Wilson, over share of the rows",
            ),
        ]
        return summary(row(name, limits, self.n_, method) for name, limits, method in scores)

    def _top_lift(self):
        return Interval(*self.lift_.iloc[0][["lift", "low", "high"]])
