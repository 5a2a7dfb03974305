"""Uplift: whom an offer moves, judged by customers that the scores were not made from."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import flags, numbers, whole
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.covariates import covariate_matrix
from cxresearch.models.experiments.qini import checked, qini
from cxresearch.models.experiments.uplift_curve import areas, fifths, uplift_curve
from cxresearch.models.experiments.uplift_scores import FOLDS, SEED, cross_fitted, t_learner
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.rows import row, summary

FEWEST = 100  # customers with, and without, the offer
EVENTS = 10  # customers of an arm who came back, and who did not; and two for each covariate


class Uplift(Estimator):
    """Whether customers differ in what an offer changes for them, and who they are.

    Two models, one of the customers with the offer and one of those without, score each customer by the difference of their
    predictions (T-learner of unpenalised logits; least squares for amounts). The scores come from rows that do not judge them: by
    cross-fitting, or from rows named for training. The judge is the Qini coefficient with its interval
    (:func:`~cxresearch.models.experiments.qini.qini`); only where that lies above 0 do the scores rank anybody.

    Parameters
    ----------
    folds : int
        Of cross-fitting.
    seed : int
        Of the draw of the folds: one draw is luck, so it is stated.
    level : float

    Attributes
    ----------
    score_ : ndarray (m,)
        Of the customers that judge: the change expected.
    rows_ : ndarray of int (m,)
        Which they are; all of them after cross-fitting.
    qini_ : Qini
        estimate, low, high, std_error, p (of no heterogeneity along the score), lift, n.
    curve_ : DataFrame
        Of :func:`~cxresearch.models.experiments.uplift_curve.uplift_curve`.
    fifths_ : DataFrame
        The lift by fifth of the score.
    areas_ : Areas or None
        The areas that packages report; None for amounts.
    verdict_ : str
        "ranks" (the interval of q lies above 0), "misleads" (below 0) or "no difference seen".
    left_out_ : list of str

    References
    ----------
    Radcliffe, N. J. (2007). *Direct Marketing Analytics Journal* 1, 14–21. Yadlowsky, S. et al. (2021). *JASA* 120, 38–51. Künzel, S. et al.
    (2019). Metalearners for estimating heterogeneous treatment effects. *PNAS* 116, 4156–4165.

    Examples
    --------
    >>> random = np.random.default_rng(4)
    >>> x, treated = pd.DataFrame({"months": random.normal(size=4000)}), random.integers(0, 2, 4000)
    >>> moved = random.random(4000) < 0.2 + 0.1 * treated * (x["months"] > 0)
    >>> found = Uplift().fit(x, moved, treated)
    >>> found.verdict_, round(found.qini_.estimate, 3), round(found.qini_.std_error, 3)
    ('ranks', 0.012, 0.004)
    """

    def __init__(self, folds=FOLDS, seed=SEED, level=0.95):
        self.folds = folds
        self.seed = seed
        self.level = level

    def fit(self, X, y, treated, train=None, cluster=None, probability=None, worth=(1.0, 1.0)):
        """Score the customers and judge the scores.

        Parameters
        ----------
        X : DataFrame (n, any)
            Known before the draw: numbers or labels.
        y : array-like (n,)
            What followed: 0 and 1, or an amount.
        treated : array-like of 0/1 (n,)
            Who was drawn for the offer.
        train : array-like of bool (n,), optional
            The rows that make the scores; the others judge. Without it every row is scored by models of the others.
        cluster : array-like (n,), optional
            The customer of each row.
        probability : array-like (n,), optional
            With which each row was drawn for the offer, where that differs.
        worth : tuple of float
            What one unit of the outcome is worth with the offer, and without; scores and coefficient are then in money.

        Returns
        -------
        Uplift
            This object.

        Raises
        ------
        NotEnough
            For fewer than a hundred customers of an arm, fewer than ten that came back or did not, or nothing known of them.
        """
        whole([self.folds], "folds", 2)
        self.left_out_ = []
        y, treated = np.asarray(numbers(y, "y"), dtype=float), flags(treated, "treated")
        if not len(X) == len(y) == len(treated):
            raise ValueError(f"X has {len(X)} rows, y has {len(y)}, treated has {len(treated)}")
        code = None if cluster is None else clusters_of(cluster, len(y))
        code = None if code is None or code.max() + 1 == len(code) else code
        self._learnt = pd.DataFrame(X).reset_index(drop=True), y, treated, worth
        x = covariate_matrix(pd.DataFrame(X)).to_numpy()
        self._enough(x, y, treated)
        if train is None:
            self.rows_ = np.arange(len(y))
            self.score_, is_ridge = cross_fitted(x, y, treated, code, self.folds, self.seed, worth)
            self.made_ = f"{self.folds}-fold cross-fitting"
        else:
            learnt = flags(train, "train").astype(bool)
            self.rows_ = np.flatnonzero(~learnt)
            self.score_, is_ridge = t_learner(x[learnt], y[learnt], treated[learnt], x[~learnt], worth)
            self.made_ = "learnt from other rows"
        if is_ridge:
            self.left_out_.append("a logit had no finite estimate, so its coefficients are drawn towards 0")
        at = self.rows_
        chosen = None if code is None else np.unique(code[at], return_inverse=True)[1]
        p = None if probability is None else np.asarray(probability, dtype=float)[at]
        self.outcome_ = y * np.where(treated == 1, *worth)
        return self._judge(self.score_, self.outcome_[at], treated[at], p, chosen)

    def judge(self, score, y, treated, probability=None, cluster=None):
        """Judge scores made elsewhere, from other rows than these.

        Parameters
        ----------
        score : array-like (n,)
        y, treated, probability, cluster
            As for :meth:`fit`.

        Returns
        -------
        Uplift
            This object.
        """
        score, y, treated, probability = checked(score, y, treated, probability)
        self.left_out_, self.score_, self.rows_ = [], score, np.arange(len(y))
        self.made_ = "given"
        code = None if cluster is None else clusters_of(cluster, len(y))
        return self._judge(score, y, treated, probability, code)

    def predict(self, X):
        """The change expected of other customers, by models of all rows; facts not known of any of them are left aside.

        Parameters
        ----------
        X : DataFrame (m, any)

        Returns
        -------
        numpy.ndarray (m,)
        """
        known, y, treated, worth = self._learnt
        new = pd.DataFrame(X).reset_index(drop=True)
        if not len(new):
            return np.empty(0)
        shared = [name for name in known.columns if name in new and new[name].notna().any()]
        both = covariate_matrix(pd.concat([known[shared], new[shared]], ignore_index=True)).to_numpy()
        own = both[: len(known)]
        varies = own.std(axis=0) > 1e-9
        return t_learner(own[:, varies], y, treated, both[len(known) :, varies], worth)[0]

    def summary(self):
        """The Qini coefficient, the lift of all, and the lift of the highest and the lowest fifth."""
        found, unit = self.qini_, "points" if self.is_rate_ else ""
        how = f"scores by {self.made_}" if self.made_ != "given" else "scores given"
        rows = [row("Qini coefficient", found, found.n, f"closed-form error, {how}")]
        for name, part in (
            ("the fifth scored highest", self.fifths_.iloc[0]),
            ("the fifth scored lowest", self.fifths_.iloc[-1]),
        ):
            limits = part["estimate"], part["low"], part["high"]
            method = "difference of rates, Newcombe" if self.is_rate_ else "difference of means, Welch"
            rows.append(row(f"lift of {name}", limits, int(part["n"]), method, unit))
        return summary(rows)

    def _enough(self, x, y, treated):
        given = int(treated.sum())
        if min(given, len(y) - given) < FEWEST:
            raise NotEnough("fewer than a hundred customers were drawn for the offer, or held out")
        if not x.shape[1]:
            raise NotEnough("nothing that differs between customers was known before the offer")
        if np.isin(y, (0.0, 1.0)).all():
            fewest = min(min(y[treated == arm].sum(), (1 - y[treated == arm]).sum()) for arm in (0, 1))
            if fewest < max(EVENTS, 2 * x.shape[1]):
                raise NotEnough(
                    "too few customers of an arm came back for the number of facts known about them"
                )

    def _judge(self, score, y, treated, probability, cluster):
        self.is_rate_ = bool(np.isin(y, (0.0, 1.0)).all())
        self.qini_ = qini(score, y, treated, probability, cluster, self.level)
        self.curve_ = uplift_curve(score, y, treated, probability, cluster, self.level, seed=self.seed)
        self.fifths_ = fifths(score, y, treated, cluster, self.level)
        self.areas_ = areas(score, y, treated) if self.is_rate_ else None
        ranks, misleads = self.qini_.low > 0, self.qini_.high < 0
        self.verdict_ = "ranks" if ranks else "misleads" if misleads else "no difference seen"
        return self
