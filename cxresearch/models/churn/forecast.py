"""The quarter's question put in order: learn from earlier dates, be judged on the latest, then say who of today is at risk."""

import pandas as pd

from cxresearch.inputs import table
from cxresearch.models.churn.classifier import ChurnClassifier
from cxresearch.models.churn.scores import ChurnScores
from cxresearch.models.churn.split import judged_rows
from cxresearch.models.estimator import Estimator
from cxresearch.stats.means import mean

KEYS = ["customer_id", "as_of", "due_on", "has_left"]
TO_LEARN, TO_JUDGE = 20, 10  # leavers needed


class ChurnForecast(Estimator):
    """Churn probabilities with their own backtest, from rows of customers and dates.

    The latest date whose outcome is known is set aside; a boosting classifier and a plain logistic one learn from the dates before it
    (and calibrate on the last of those), and are scored on it. The boosting classifier is then learnt once more with that date, which
    calibrates it, and says how likely those are to leave whose outcome is not known yet. Where all rows are of one date they can only be
    split at random, which says less about the future; `split_` tells so.

    Parameters
    ----------
    repeats : {"keep", "drop"}
        As for :class:`~cxresearch.models.churn.classifier.ChurnClassifier`.
    leak_auc, level, seed
        Likewise.

    Attributes
    ----------
    is_possible_ : bool
        Whether there were leavers enough to learn and to judge: 20 and 10.
    why_ : str
        Why not; empty where it is.
    split_ : str
        What was learnt from and what judged on, in words.
    model_, benchmark_ : ChurnClassifier
        Boosting and logistic, as judged.
    scores_, benchmark_scores_ : ChurnScores
    judged_ : DataFrame
        customer_id, has_left (0/1), probability – of the rows set aside.
    final_ : ChurnClassifier or None
        The model for today; None where nobody's outcome is open.
    today_ : DataFrame
        customer_id, due_on, probability, and the features, of those whose outcome is open; highest probability first.

    Examples
    --------
    >>> import numpy as np
    >>> random = np.random.default_rng(4)
    >>> rows = pd.DataFrame({"customer_id": np.tile(np.arange(2000), 4), "as_of": np.repeat([1, 2, 3, 4], 2000), "due_on": None})
    >>> rows["visits"] = random.poisson(3, 8000).astype(float)
    >>> rows["has_left"] = pd.array(random.random(8000) < 0.3 * np.exp(-rows["visits"] / 2), dtype="boolean")
    >>> rows.loc[rows["as_of"] == 4, "has_left"] = pd.NA
    >>> forecast = ChurnForecast().fit(rows)
    >>> forecast.split_
    'judged on 2,000 rows of 3, which the model had not seen; it was fitted on 2,000 rows up to 1, calibrated on 2,000 rows of 2, then learnt again with them'
    >>> forecast.scores_.is_better_than_chance_, len(forecast.today_)
    (True, 2000)
    """

    def __init__(self, repeats="keep", leak_auc=0.95, level=0.95, seed=0):
        self.repeats = repeats
        self.leak_auc = leak_auc
        self.level = level
        self.seed = seed

    def fit(self, rows):
        """Learn, judge and forecast.

        Parameters
        ----------
        rows : DataFrame
            As from :func:`cxresearch.features.churn_rows`: customer_id, as_of, due_on, has_left (missing where open), features.

        Returns
        -------
        ChurnForecast
            This object.

        Raises
        ------
        ValueError
            Where a feature knows the outcome, by name.
        """
        if isinstance(rows, pd.DataFrame) and not len(rows):
            self.why_, self.is_possible_ = (
                "There is no date at which anybody was a customer, so nothing can be learnt.",
                False,
            )
            return self
        rows = table(rows, KEYS, "rows")
        self.features_ = [c for c in rows.columns if c not in KEYS]
        known, still = rows[rows["has_left"].notna()], rows[rows["has_left"].isna()]
        y = known["has_left"].astype(bool).astype(int).to_numpy()
        is_judge, words = judged_rows(y, known["as_of"].to_numpy(), self.seed)
        learn, judge = int(y[~is_judge].sum()), int(y[is_judge].sum())
        self.why_ = self._lacks(len(known), learn, judge, y, is_judge)
        self.is_possible_ = not self.why_
        if not self.is_possible_:
            return self
        X, when = known[self.features_], known["as_of"].astype(str).to_numpy()
        learnt = X[~is_judge], y[~is_judge], when[~is_judge]
        self.model_ = self._classifier("boosting").fit(*learnt)
        # without the guard against leaks, which has seen these rows
        self.benchmark_ = self._classifier("logistic", leak_auc=1).fit(*learnt)
        self.split_ = f"judged on {is_judge.sum():,} rows {words}, which the model had not seen; it was {self.model_.split_}"
        rate = float(y[~is_judge].mean())
        said = {
            name: m.predict_proba(X[is_judge])[:, 1]
            for name, m in (("model", self.model_), ("benchmark", self.benchmark_))
        }
        self.scores_ = ChurnScores(self.level).fit(y[is_judge], said["model"], rate)
        self.benchmark_scores_ = ChurnScores(self.level).fit(y[is_judge], said["benchmark"], rate)
        self.judged_ = known.loc[is_judge, ["customer_id"]].assign(
            has_left=y[is_judge], probability=said["model"]
        )
        self.judged_, self._judged_features = self.judged_.reset_index(drop=True), X[is_judge]
        self.final_, self.today_ = None, rows.iloc[:0][["customer_id", "due_on"]].assign(probability=0.0)
        if len(still):
            mixes = self.model_.margin_.interactions  # as judged
            self.final_ = self._classifier("boosting", interactions=mixes).fit(X, y, when)
            found = still.assign(probability=self.final_.predict_proba(still[self.features_])[:, 1])
            self.today_ = found.sort_values(
                ["probability", "customer_id"], ascending=[False, True], ignore_index=True
            )
        return self

    def reasons(self, top=3):
        """The reasons of those at risk today, in words; see :meth:`ChurnClassifier.reasons`."""
        return self.final_.reasons(self.today_[self.features_], top)

    def importance(self, top=10):
        """How far each feature moves a customer's log-odds: the mean of the absolute contributions, with Student's interval.

        Returns
        -------
        DataFrame
            feature, estimate, low, high, n; the largest first, over those at risk today or, where nobody is, those judged.
        """
        model = self.final_ or self.model_
        rows = self.today_[self.features_] if self.final_ else self._judged_features
        size = model.contributions(rows).abs()
        limits = [mean(size[name], self.level)[:3] for name in size]
        found = pd.DataFrame(limits, columns=["estimate", "low", "high"]).assign(feature=list(size))
        found = found[["feature", "estimate", "low", "high"]].assign(low=found["low"].clip(lower=0))
        found = found[found["estimate"] > 0].sort_values(
            "estimate", ascending=False, kind="stable", ignore_index=True
        )
        return found.head(top).assign(n=len(size))

    def _classifier(self, method, **options):
        told = {"repeats": self.repeats, "leak_auc": self.leak_auc, "level": self.level, "seed": self.seed}
        return ChurnClassifier(method, **told | options)

    @staticmethod
    def _lacks(n, learn, judge, y, is_judge):
        if not n:
            return "There is no date whose outcome is known yet, so nothing can be learnt."
        if learn < TO_LEARN or judge < TO_JUDGE:
            return (
                f"Too few have left to learn from and to be judged by: {_few(learn)} before the latest period and {_few(judge)} in it; "
                f"{TO_LEARN} and {TO_JUDGE} are needed."
            )
        if y[is_judge].all() or y[~is_judge].all():
            return "All have left: nobody to tell apart."
        return ""


def _few(count):
    return "fewer than 10" if 0 < count < 10 else f"{count:,}"
