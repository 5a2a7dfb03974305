"""The quarter's question put in order: learn from earlier dates, be tested on the latest, then say who of today is at risk."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, table
from cxresearch.models.churn.classifier import ChurnClassifier
from cxresearch.models.churn.leakage import leaks, without
from cxresearch.models.churn.prior import corrected, row_weights
from cxresearch.models.churn.scores import ChurnScores
from cxresearch.models.churn.split import judged_rows
from cxresearch.models.estimator import Estimator
from cxresearch.stats.roc import auc_gap
from cxresearch.words import count_text

KEYS = ["customer_id", "as_of", "due_on", "has_left"]
TO_LEARN, TO_JUDGE = 20, 10  # leavers needed
FEW = 10  # a count under it is not named
MOST_ROWS, MOST_LEAVERS = (
    100_000,
    5_000,
)  # learnt from, of both at least; more rows than hold them add next to nothing


class ChurnForecast(Estimator):
    """Churn probabilities with their own backtest, from rows of customers and dates.

    The latest date whose outcome is known is set aside; a boosting classifier and a plain logistic one learn from the dates before it
    (and calibrate on the last of those), and are scored on it. The boosting classifier is then learnt once more with that date, which
    calibrates it, and says how likely those are to leave whose outcome is not known yet. Where all rows are of one date they can only be
    split at random, which says less about the future; `split_` says so.

    Parameters
    ----------
    repeats : {"keep", "drop"}
        As for :class:`~cxresearch.models.churn.classifier.ChurnClassifier`.
    leak_auc, level, seed
        Likewise.
    most_rows : int
        Of more, a model learns from a random share: as many, and more until 5,000 leavers are among them. It is tested on all, and learns
        once more from half as many: what that costs says what further rows would add.
    base_rate : float, optional
        The share of all customers that leaves, where the rows were drawn so that it is another: `judged_`, `today_` and `customers_` then
        hold the probabilities of all customers (:func:`~cxresearch.models.churn.prior.corrected`). The scores are of the rows as they are.

    Attributes
    ----------
    split_ : str
        What was tested on and what learnt from, in words.
    sampling_ : str
        From how many of the rows the models learnt and what that costs, in words; empty where from all.
    model_, benchmark_ : ChurnClassifier
        Boosting and logistic, as tested.
    scores_, benchmark_scores_ : ChurnScores
    judged_ : DataFrame
        customer_id, has_left (0/1), probability – of the rows set aside.
    final_ : ChurnClassifier
        The model for today; the one tested where nobody's outcome is open.
    today_ : DataFrame
        customer_id, due_on, probability, and the features, of those whose outcome is open; highest probability first.
    customers_ : DataFrame
        customer_id, probability and, of those of today, the features: the customers of today or, where nobody's outcome is open, those of
        the rows set aside who stayed.
    features_ : list of str
        The columns learnt from, or from which what says nothing was left out.
    left_out_ : list of str
        The columns that were not learnt from, because they know the outcome or say nothing, a sentence each.

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
    'tested on 2,000 rows the model had not seen, those of 3; trained on 2,000 rows up to 1, calibrated on 2,000 rows of 2, then refitted on both'
    >>> forecast.scores_.is_better_than_chance_, len(forecast.today_)
    (True, 2000)
    """

    def __init__(
        self, repeats="keep", leak_auc=0.95, level=0.95, seed=0, most_rows=MOST_ROWS, base_rate=None
    ):
        self.repeats = repeats
        self.leak_auc = leak_auc
        self.level = level
        self.seed = seed
        self.most_rows = most_rows
        self.base_rate = base_rate

    def fit(self, rows):
        """Learn, be tested and forecast.

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
        NotEnough
            Where there are no rows, or no outcome is known; fewer than 20 leavers to learn from or 10 to be tested on; everybody left; no
            feature varies, or every one knows the outcome.
        """
        rows = executed(rows)
        if isinstance(rows, pd.DataFrame) and not len(rows):
            raise NotEnough("nobody was a customer on any of the dates")
        rows = table(rows, KEYS, "rows")
        self.features_ = [c for c in rows.columns if c not in KEYS]
        if not self.features_:
            raise NotEnough("nothing is known of the customers that a model could learn from")
        known, still = rows[rows["has_left"].notna()], rows[rows["has_left"].isna()]
        y = known["has_left"].astype(bool).astype(int).to_numpy()
        is_judged, words = judged_rows(y, known["as_of"].to_numpy(), self.seed)
        _refuse_too_few(y, is_judged)
        # from all rows, so that the model tested and that of today learn from the same features
        some = self._some(y)
        known_after = leaks(known.loc[some, self.features_], y[some], self.leak_auc)
        self.features_ = list(without(known[self.features_], known_after))
        self.left_out_ = [*rows.attrs.get("left_out", ()), *known_after.values()]
        self._judge(known, y, is_judged, words)
        self._look_ahead(known, y, still)
        return self

    def reasons(self, top=3):
        """The reasons of those at risk today, in words; see :meth:`ChurnClassifier.reasons`."""
        return self.final_.reasons(self.today_[self.features_], top)

    def importance(self, top=10):
        """How far each feature moves a customer's log-odds: the mean of the absolute contributions.

        It describes this model and has no interval: one over the customers would leave out that other rows would give another model.

        Returns
        -------
        DataFrame
            feature, estimate, n; the largest first, over those at risk today or, where nobody is, those tested. Empty where
            the ranking was not shown to be better than chance: a reason for what cannot be foretold is no reason.
        """
        rows = self.today_[self.features_] if len(self.today_) else self._judged_features
        size = self.final_.contributions(rows).abs()
        found = pd.DataFrame({"feature": list(size), "estimate": size.mean().to_numpy()})
        is_shown = (found["estimate"] > 0) & self.scores_.is_better_than_chance_
        found = found[is_shown].sort_values("estimate", ascending=False, kind="stable", ignore_index=True)
        return found.head(top).assign(n=len(size))

    @property
    def weights_(self):
        """How many customers each row of `judged_` stands for; None where the rows are taken for all customers."""
        return None if self.base_rate is None else row_weights(self.judged_["has_left"], self.base_rate)

    @property
    def customers_(self):
        if len(self.today_):
            return self.today_
        return self.judged_[self.judged_["has_left"] == 0].drop(columns="has_left")

    def _judge(self, known, y, is_judged, words):
        """Learn from the rows before those set aside, and be tested on these."""
        X, when = known[self.features_], known["as_of"].astype(str).to_numpy()
        before = X[~is_judged], y[~is_judged], when[~is_judged]
        some = self._some(before[1])
        learnt = tuple(one[some] for one in before)
        self.model_, self.benchmark_ = (
            self._classifier(method).fit(*learnt) for method in ("boosting", "logistic")
        )
        tested = f"tested on {count_text(is_judged.sum())} rows the model had not seen, {words}"
        self.split_ = f"{tested}; {self.model_.split_}"
        self.left_out_ = [*self.left_out_, *self.model_.columns_.left_out_]
        self._judged_features, rate = X[is_judged], float(y[~is_judged].mean())
        p, plain = (m.predict_proba(X[is_judged])[:, 1] for m in (self.model_, self.benchmark_))
        self.scores_, self.benchmark_scores_ = (
            ChurnScores(self.level).fit(y[is_judged], forecast, rate) for forecast in (p, plain)
        )
        self.sampling_ = "" if some.all() else self._cost(before, some, X[is_judged], y[is_judged], p)
        p = self._of_all(p, self.model_, rate)
        judged = known.loc[is_judged, ["customer_id"]].assign(has_left=y[is_judged], probability=p)
        self.judged_ = judged.reset_index(drop=True)

    def _look_ahead(self, known, y, still):
        """Learn once more from all rows, and say how likely those are to leave whose outcome is open."""
        self.final_, self.today_ = self.model_, still.assign(probability=0.0)
        if not len(still):
            return
        mixes = self.model_.margin_.interactions  # as tested
        some = self._some(y)
        X, when = known.loc[some, self.features_], known["as_of"].astype(str).to_numpy()
        self.final_ = self._classifier("boosting", interactions=mixes).fit(X, y[some], when[some])
        p = self.final_.predict_proba(still[self.features_])[:, 1]
        today = still.assign(probability=self._of_all(p, self.final_, float(y.mean())))
        by = ["probability", "customer_id"]
        self.today_ = today.sort_values(by, ascending=[False, True], ignore_index=True)

    def _some(self, y, part=1.0):
        """The rows to learn from: all, or a random share of them; a part of it."""
        leavers = max(int(y.sum()), 1)
        share = part * min(1.0, max(self.most_rows / max(len(y), 1), MOST_LEAVERS / leavers))
        return np.random.default_rng(self.seed).random(len(y)) < share

    def _cost(self, before, some, X, y, p):
        """What learning from some of the rows costs: half as many again lose so much of the ranking."""
        half = self._some(before[1], 0.5)
        fewer = self._classifier("boosting", interactions=self.model_.margin_.interactions)
        lost = auc_gap(y, p, fewer.fit(*(one[half] for one in before)).predict_proba(X)[:, 1], self.level)
        return (
            f"learnt from a random {count_text(some.sum())} of {count_text(len(some))} rows; of half as many it ranks "
            f"those tested by {lost.estimate:.4f} of AUC less well ({lost.low:.4f} to {lost.high:.4f}), and a doubling usually adds less than the one before"
        )

    def _of_all(self, p, model, share):
        """Probabilities of all customers from those of the rows that a model was calibrated on."""
        if self.base_rate is None:
            return p
        c = model.calibration_
        sample = c["leavers"] / c["rows"] if 0 < c["leavers"] < c["rows"] else share
        return corrected(p, sample, self.base_rate)

    def _classifier(self, method, **options):
        common = {"repeats": self.repeats, "leak_auc": 1, "level": self.level, "seed": self.seed}
        return ChurnClassifier(method, **common | options)


def _refuse_too_few(y, is_judged):
    if not len(y):
        raise NotEnough("there is no date whose outcome is known yet")
    learn, judge = int(y[~is_judged].sum()), int(y[is_judged].sum())
    if learn < TO_LEARN or judge < TO_JUDGE:
        raise NotEnough(
            f"too few customers have left: {_count(learn)} in the rows to learn from and {_count(judge)} in those to test on, where "
            f"{TO_LEARN} and {TO_JUDGE} are needed"
        )
    if y[is_judged].all() or y[~is_judged].all():
        raise NotEnough("all customers have left, so there is nobody to compare leavers with")


def _count(leavers):
    return f"fewer than {FEW}" if 0 < leavers < FEW else f"{leavers:,}"
