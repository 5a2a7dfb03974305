"""The two ways a churn classifier comes to its log-odds before they are calibrated: a logistic regression, or boosted trees."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from cxresearch.models.churn import boosted_trees
from cxresearch.models.churn.feature_columns import OneHot
from cxresearch.models.churn.sklearn_trees import from_boosting

PATIENCE = 20  # trees without a gain before the boosting stops
ALONE = 4  # leaves of a tree that splits on a single feature: more would only follow its noise
RIDGE = 20.0  # against a leaf's value; stands beside the information Σp(1 − p) of its rows
DECISIVE = 2.0  # standard errors by which mixing features must lower the loss


class LogisticMargin:
    """Ridge-penalised logistic regression on scaled numbers and levels.

    Parameters
    ----------
    levels : list of int
        How many levels each feature has, 0 for a number.
    """

    def __init__(self, levels):
        self.levels = levels

    def fit(self, matrix, y, C):
        """Fit; returns this object."""
        self.C, self.hot = C, OneHot(self.levels).learn(matrix)
        design = self.hot.design(matrix)
        model = LogisticRegression(C=C, max_iter=1000).fit(design, y)
        self.coef, self.intercept = model.coef_[0], float(model.intercept_[0])
        self.centre = design.mean(axis=0)
        return self

    def again(self, matrix, y):
        """The same regression of these rows."""
        return LogisticMargin(self.levels).fit(matrix, y, self.C)

    def margin(self, matrix):
        """Log-odds of each row."""
        return self.intercept + self.hot.design(matrix) @ self.coef

    def contributions(self, matrix):
        """β(x − x̄) of each feature, its columns added up."""
        centred = (self.hot.design(matrix) - self.centre) * self.coef
        found = np.zeros(matrix.shape)
        np.add.at(found.T, self.hot.owner_, centred.T)
        return found

    def expected(self):
        """Log-odds of the mean row of the fit."""
        return float(self.intercept + self.centre @ self.coef)

    def to_plain(self):
        """As lists and numbers, for JSON."""
        hot = {name: getattr(self.hot, name).tolist() for name in ("mean_", "scale_", "owner_")}
        return {
            "hot": hot,
            "coef": self.coef.tolist(),
            "centre": self.centre.tolist(),
            "intercept": self.intercept,
        }

    @classmethod
    def from_plain(cls, plain, levels):
        """What `to_plain` wrote."""
        found = cls(levels)
        found.hot = OneHot(levels)
        for name, kind in (("mean_", float), ("scale_", float), ("owner_", np.int64)):
            setattr(found.hot, name, np.array(plain["hot"][name], dtype=kind))
        found.coef, found.centre = np.array(plain["coef"], float), np.array(plain["centre"], float)
        found.intercept = float(plain["intercept"])
        columns = sum(max(k, 1) + 1 for k in levels)
        if not {len(found.coef), len(found.centre), len(found.hot.owner_)} == {columns}:
            raise ValueError(f"the stored model has {len(found.coef)} coefficients for {columns} columns")
        return found


class BoostedMargin:
    """Gradient boosting of small trees, stopped where other rows gain no more.

    Parameters
    ----------
    levels : list of int
        How many levels each feature has, 0 for a number; the features with levels come first.
    """

    def __init__(self, levels):
        self.levels = levels

    def fit(self, matrix, y, held, interactions, **options):
        """Fit on the rows not held out; returns this object.

        Parameters
        ----------
        matrix : ndarray (rows, features)
        y : ndarray of 0/1
        held : ndarray of bool
            The rows that say when to stop and, where `interactions` is "auto", whether trees may mix features.
        interactions : {"auto", True, False}
        **options
            For scikit-learn's ``HistGradientBoostingClassifier``.
        """
        mixes = {"auto": (False, True)}.get(interactions, (interactions,))
        self.options, self.interactions = options, mixes[0]
        self.baseline, self.trees = self._boost(matrix, y, mixes[0], held)
        if len(mixes) > 1 and held.any():
            mixed = self._boost(matrix, y, mixes[1], held)
            margins = [
                boosted_trees.margin(*found, matrix[held]) for found in ((self.baseline, self.trees), mixed)
            ]
            gain = np.subtract(*(np.logaddexp(0, np.where(y[held] == 1, -m, m)) for m in margins))
            if gain.mean() > DECISIVE * gain.std() / np.sqrt(len(gain)):
                self.interactions, (self.baseline, self.trees) = mixes[1], mixed
        return self

    def again(self, matrix, y):
        """As many trees of the same kind, from these rows."""
        found = BoostedMargin(self.levels)
        found.options, found.interactions = self.options, self.interactions
        none = np.zeros(len(y), dtype=bool)
        found.baseline, found.trees = found._boost(matrix, y, self.interactions, none, len(self.trees))
        return found

    def margin(self, matrix):
        """Log-odds of each row."""
        return boosted_trees.margin(self.baseline, self.trees, matrix)

    def contributions(self, matrix):
        """Shapley values of each feature."""
        return boosted_trees.contributions(self.trees, matrix, matrix.shape[1])

    def expected(self):
        """Mean log-odds over the rows of the fit."""
        return boosted_trees.expected(self.baseline, self.trees)

    def to_plain(self):
        """As lists and numbers, for JSON."""
        trees = [boosted_trees.to_plain(tree) for tree in self.trees]
        return {"baseline": self.baseline, "interactions": self.interactions, "trees": trees}

    @classmethod
    def from_plain(cls, plain, levels):
        """What `to_plain` wrote."""
        found = cls(levels)
        found.baseline, found.interactions = float(plain["baseline"]), bool(plain["interactions"])
        found.trees = [boosted_trees.from_plain(tree, len(levels)) for tree in plain["trees"]]
        return found

    def _boost(self, matrix, y, mix, held, trees=None):
        """Baseline and trees: as many as told, else as many as the rows held out ask for."""
        texts = [place for place, levels in enumerate(self.levels) if levels]
        options = self.options if trees is None else self.options | {"max_iter": max(trees, 1)}
        if not mix:
            options = options | {"max_leaf_nodes": min(options["max_leaf_nodes"], ALONE)}
        model = HistGradientBoostingClassifier(
            l2_regularization=RIDGE, max_features=0.5, categorical_features=texts or None,
            interaction_cst=None if mix else "no_interactions", early_stopping=bool(held.any()),
            n_iter_no_change=PATIENCE, **options,
        )  # fmt: skip
        check = {"X_val": matrix[held], "y_val": y[held]} if held.any() else {}
        model.fit(matrix[~held], y[~held], **check)
        if trees is None:
            trees = int(np.argmax(model.validation_score_)) if held.any() else model.n_iter_
        return from_boosting(model, trees)


MARGINS = {"boosting": BoostedMargin, "logistic": LogisticMargin}
