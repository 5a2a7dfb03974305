"""Churn classifier: who is likely to leave within the horizon, with a probability that holds and reasons that add up."""

import json
import warnings

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from cxresearch.errors import NotEnough
from cxresearch.inputs import is_lazy
from cxresearch.models.churn.feature_columns import FeatureColumns
from cxresearch.models.churn.leakage import drop_repeated, leaks, without
from cxresearch.models.churn.margin import MARGINS, BoostedMargin, LogisticMargin
from cxresearch.models.churn.platt import platt
from cxresearch.models.churn.split import calibration_rows
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.logistic_line import fit_logistic_line
from cxresearch.stats.rows import row, summary
from cxresearch.words import count_text

FORMAT = "cxresearch.ChurnClassifier/1"


class ChurnClassifier(Estimator, ClassifierMixin, BaseEstimator):
    r"""Calibrated probability of leaving, learnt from earlier dates and calibrated on a later one.

    With ``method="boosting"`` the log-odds are a sum of small trees (gradient boosting); ``"logistic"`` is a plain ridge-penalised
    logistic regression, the benchmark to beat. Their log-odds :math:`m(x)` are then calibrated (Platt) on rows that the fit did not see:

    .. math:: \operatorname{logit} \hat p(x) = a + b\, m(x) = \phi_0 + \sum_j \phi_j(x)

    With :math:`b` and the number of trees settled, :math:`m` is learnt once more from all rows, those of the calibration too, and :math:`a`
    is set so that those keep their mean probability.

    The contributions :math:`\phi_j` are the model's own and add up to its log-odds exactly: Shapley values over the trees, which are the
    features' own terms where trees do not mix features; :math:`\beta_j (x_j - \bar x_j)` of the logistic regression. They say what the
    model associates with leaving, not what would change it.

    Parameters
    ----------
    method : {"boosting", "logistic"}
    interactions : {"auto", True, False}
        Whether a tree may mix features. "auto" tries both and lets them mix where that lowers the loss on the calibration rows by more
        than twice its standard error.
    leak_auc : float
        A feature whose AUC by itself is at least this knows the outcome, as does one filled for leavers only: it is left out, which
        ``columns_.left_out_`` says. 1 switches the guard off.
    repeats : {"drop", "keep"}
        What to do with rows that repeat another exactly. Keep them where each is known to be another customer.
    max_trees, learning_rate, max_leaf_nodes, min_samples_leaf
        Of the boosting; it stops by itself where the calibration rows gain no more.
    C : float
        Inverse penalty of the logistic regression.
    calibration_share : float
        Share of the rows to calibrate on where there is one date only.
    level : float
    seed : int
        Of the random split, where one cannot be avoided.

    Attributes
    ----------
    classes_ : ndarray
        The two values of y; the second means left.
    columns_ : FeatureColumns
        How columns became numbers, and which were left out.
    split_ : str
        In words, on which rows the model was fitted and on which it was calibrated.
    repeats_ : int
        Rows left out because they repeat another.
    calibration_ : dict
        intercept, slope, slope_error, rows, leavers.
    margin_ : LogisticMargin or BoostedMargin
        The log-odds before calibration, from all rows; of boosting, ``margin_.trees`` and whether they mix features, ``margin_.interactions``.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation. *Annals of Statistics* 29, 1189–1232. Platt, J. (1999). Probabilistic outputs
    for support vector machines. In *Advances in Large Margin Classifiers*. Lundberg, S. M. et al. (2020). *Nature Machine Intelligence*
    2, 56–67.

    Examples
    --------
    >>> random = np.random.default_rng(7)
    >>> X = pd.DataFrame({"months_left": random.integers(0, 12, 4000), "plan": random.choice(["basic", "gold"], 4000)})
    >>> y = random.random(4000) < 0.05 + 0.3 * (X["months_left"] < 3)
    >>> when = np.repeat(["2026-03-31", "2026-06-30"], 2000)
    >>> model = ChurnClassifier(repeats="keep").fit(X, y, when)
    >>> model.split_
    'trained on 2,000 rows up to 2026-03-31, calibrated on 2,000 rows of 2026-06-30, then refitted on both'
    >>> model.reasons(pd.DataFrame({"months_left": [1, 9], "plan": ["basic", "gold"]}), top=1)["reason_1"].str[:15].tolist()
    ['months_left = 1', '']
    """

    def __init__(
        self,
        method="boosting",
        interactions="auto",
        leak_auc=0.95,
        repeats="drop",
        max_trees=400,
        learning_rate=0.1,
        max_leaf_nodes=8,
        min_samples_leaf=20,
        C=1.0,
        calibration_share=0.25,
        level=0.95,
        seed=0,
    ):
        self.method = method
        self.interactions = interactions
        self.leak_auc = leak_auc
        self.repeats = repeats
        self.max_trees = max_trees
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.C = C
        self.calibration_share = calibration_share
        self.level = level
        self.seed = seed

    def fit(self, X, y, when=None):
        """Fit on the earlier dates, calibrate on the last, then learn once more from all.

        Parameters
        ----------
        X : DataFrame or array (rows, features)
            What was known of each customer on the row's date; numbers, flags and texts, missing where unknown.
        y : array-like of two values
            Whether the customer left afterwards.
        when : array-like, optional
            The date of each row. The last date (more, until they hold 30 leavers, while one is left to fit on) calibrates. Without
            dates, or with a single one, rows are split at random, which is kinder to a model than time is.

        Returns
        -------
        ChurnClassifier
            This object.

        Raises
        ------
        ValueError
            Where a column is no feature.
        NotEnough
            Where nobody, or everybody, left; where no feature varies, or every one knows the outcome.

        Warns
        -----
        UserWarning
            Where rows repeat another exactly.
        """
        self._check_parameters()
        frame, y = self._read(X, y)
        when = np.zeros(len(frame)) if when is None else np.asarray(when)
        if len(when) != len(frame):
            raise ValueError(f"when has {len(when)} rows, X has {len(frame)}")
        frame, y, when = self._without_repeats(frame, y, when)
        known_after = leaks(frame, y, self.leak_auc)
        frame = without(frame, known_after)
        held, self.split_ = calibration_rows(y, when, self.calibration_share, self.seed)
        self.columns_ = FeatureColumns().learn(frame[~held])
        self.columns_.left_out_ = [*known_after.values(), *self.columns_.left_out_]
        matrix = self.columns_.matrix(frame)
        self.margin_ = self._fit_margin(matrix, y, held)
        self._calibrate(self.margin_.margin(matrix[held]), y[held])
        if held.any():
            self._learn_again(matrix, y, held)
        return self

    def decision_function(self, X):
        """Calibrated log-odds of leaving, one number a row."""
        matrix = self._matrix(X)
        c = self.calibration_
        return c["intercept"] + c["slope"] * self.margin_.margin(matrix)

    def predict_proba(self, X):
        """Calibrated probabilities of staying and of leaving, an array (rows, 2)."""
        p = expit(self.decision_function(X))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        """The likelier of the two classes; for a decision use the probability."""
        is_likely = self.decision_function(X) > 0
        return self.classes_[is_likely.astype(int)]

    def contributions(self, X):
        """What each feature adds to the log-odds of each row, against the mean customer of the fit (`baseline_`).

        Returns
        -------
        DataFrame
            One column per feature; ``baseline_`` plus the sum of a row is its `decision_function`.
        """
        matrix = self._matrix(X)
        found = self.margin_.contributions(matrix)
        index = X.index if isinstance(X, pd.DataFrame) else None
        return pd.DataFrame(self.calibration_["slope"] * found, index, self.columns_.names_)

    @property
    def baseline_(self):
        """The calibrated log-odds that the contributions start from."""
        return self.calibration_["intercept"] + self.calibration_["slope"] * self.margin_.expected()

    def reasons(self, X, top=3):
        """The features that the model associates most with each row's risk, those that raise it, in words.

        Returns
        -------
        DataFrame
            reason_1 … reason_top: "feature = value (odds × factor)"; empty where nothing raises the risk by a twentieth or more.
        """
        matrix, given = self._matrix(X), self.contributions(X)
        values, words = given.to_numpy(), np.full((len(given), top), "", dtype=object)
        order = np.argsort(-values, axis=1, kind="stable")[:, :top]
        for place, features in enumerate(order):
            for rank, j in enumerate(features):
                if values[place, j] > np.log(1.05):
                    name = self.columns_.names_[j]
                    value = self.columns_.words(name, matrix[place, j])
                    words[place, rank] = f"{name} = {value} (odds × {np.exp(values[place, j]):.2f})"
        return pd.DataFrame(words, given.index, [f"reason_{rank + 1}" for rank in range(top)])

    def summary(self):
        """How the model's log-odds had to be corrected on rows it was not fitted to: intercept and slope, 0 and 1 if not at all.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        check_is_fitted(self)
        c, z = self.calibration_, normal_quantile(self.level)
        method = f"Platt, {count_text(c['leavers'])} leavers"
        limits = {
            name: (c[name], c[name] - z * c[f"{name}_error"], c[name] + z * c[f"{name}_error"])
            for name in ("intercept", "slope")
        }
        return summary(row(f"calibration {name}", ends, c["rows"], method) for name, ends in limits.items())

    def to_json(self):
        """The fitted model as a text; :meth:`from_json` gives a model that predicts the same to the digit."""
        check_is_fitted(self)
        kept = {
            "format": FORMAT,
            "parameters": self.get_params(),
            "classes": self.classes_.tolist(),
            "columns": self.columns_.to_plain(),
            "features": self.feature_names_,
            "is_named": hasattr(self, "feature_names_in_"),
            "split": self.split_,
            "repeats": self.repeats_,
            "calibration": self.calibration_,
            "margin": self.margin_.to_plain(),
        }
        return json.dumps(kept, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text):
        """A fitted model from the text that :meth:`to_json` wrote; nothing in it is executed.

        Raises
        ------
        ValueError
            Where the text is no such model.
        """
        try:
            kept = json.loads(text)
        except json.JSONDecodeError as fault:
            raise ValueError(f"the stored model is no JSON: {fault}") from None
        if not isinstance(kept, dict) or kept.get("format") != FORMAT:
            raise ValueError(f"the stored model is not of the format {FORMAT}")
        try:
            return cls._from_plain(kept)
        except (KeyError, TypeError, AttributeError) as fault:
            raise ValueError(f"the stored model lacks a part: {fault}") from None

    @classmethod
    def _from_plain(cls, kept):
        model = cls(**kept["parameters"])
        model.classes_ = np.array(kept["classes"])
        model.columns_ = FeatureColumns.from_plain(kept["columns"])
        model.feature_names_ = kept["features"]
        model.n_features_in_ = len(model.feature_names_)
        if kept["is_named"]:
            model.feature_names_in_ = np.array(model.feature_names_, dtype=object)
        model.split_, model.repeats_, model.calibration_ = kept["split"], kept["repeats"], kept["calibration"]
        model.margin_ = MARGINS[model.method].from_plain(kept["margin"], model.columns_.sizes())
        return model

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _check_parameters(self):
        normal_quantile(self.level)
        allowed = {
            "method": ("boosting", "logistic"),
            "interactions": ("auto", True, False),
            "repeats": ("drop", "keep"),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}, not one of {', '.join(map(repr, values))}"
                )
        if not 0 < self.calibration_share < 1:
            raise ValueError(f"calibration_share is {self.calibration_share}, not between 0 and 1")

    def _read(self, X, y):
        frame = self._frame(X, reset=True)
        if y is None:
            raise ValueError("ChurnClassifier requires y to be passed, but the target y is None")
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected", _conversion(), stacklevel=3
            )
            y = y[:, 0]
        check_classification_targets(y)
        if len(y) != len(frame):
            raise ValueError(f"y has {len(y)} rows, X has {len(frame)}")
        self.classes_, code = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(f"Only binary classification is supported. y has {len(self.classes_)} values")
        if len(self.classes_) < 2:
            raise NotEnough(
                "nobody has left, or everybody has (one class only), so there is nobody to tell apart"
            )
        return frame, code

    def _frame(self, X, reset):
        if is_lazy(X):
            raise ValueError("X is not executed yet: execute its table once, so that its rows stay together")
        if isinstance(X, pd.DataFrame):
            if not len(X) or not X.shape[1]:
                raise ValueError(
                    f"Found array with {len(X)} sample(s) and {X.shape[1]} feature(s) while a minimum of 1 is required."
                )
            validate_data(self, X, skip_check_array=True, reset=reset)
            frame = X
        else:
            array = validate_data(self, X, dtype="numeric", ensure_all_finite="allow-nan", reset=reset)
            frame = pd.DataFrame(array, columns=[f"x{j}" for j in range(array.shape[1])])
        if reset:
            self.feature_names_ = [str(name) for name in frame.columns]
        return frame

    def _matrix(self, X):
        check_is_fitted(self)
        frame = self._frame(X, reset=False)
        return self.columns_.matrix(frame)

    def _without_repeats(self, frame, y, when):
        self.repeats_ = 0
        if self.repeats == "drop":
            whole = frame.assign(**{" y": y, " when": when}).reset_index(drop=True)
            kept, self.repeats_ = drop_repeated(whole, key=())
            if self.repeats_:
                warnings.warn(
                    f"{self.repeats_:,} rows repeat another exactly; removed before the split",
                    UserWarning,
                    stacklevel=3,
                )
                rows = kept.index.to_numpy()
                frame, y, when = frame.iloc[rows], y[rows], when[rows]
        return frame, y, when

    def _fit_margin(self, matrix, y, held):
        if self.method == "logistic":
            return LogisticMargin(self.columns_.sizes()).fit(matrix[~held], y[~held], self.C)
        return BoostedMargin(self.columns_.sizes()).fit(
            matrix, y, held, self.interactions, learning_rate=self.learning_rate, max_iter=self.max_trees,
            max_leaf_nodes=self.max_leaf_nodes, min_samples_leaf=self.min_samples_leaf, random_state=self.seed,
        )  # fmt: skip

    def _learn_again(self, matrix, y, held):
        """From all rows; the rows that calibrated keep their mean probability, as they may tell of a rate that has moved."""
        c = self.calibration_
        p = expit(c["intercept"] + c["slope"] * self.margin_.margin(matrix[held]))
        self.margin_ = self.margin_.again(matrix, y)
        level = fit_logistic_line(p, offset=c["slope"] * self.margin_.margin(matrix[held]))
        if level is not None:  # log-odds beyond all measure leave nothing to move
            c["intercept"] = float(level.params[0])

    def _calibrate(self, margin, y):
        a, b, errors = platt(margin, y) if len(y) else (0.0, 1.0, (0.0, 0.0))
        self.calibration_ = {
            "intercept": a, "slope": b, "intercept_error": errors[0], "slope_error": errors[1],
            "rows": len(y), "leavers": int(y.sum()),
        }  # fmt: skip


def _conversion():
    from sklearn.exceptions import DataConversionWarning

    return DataConversionWarning
