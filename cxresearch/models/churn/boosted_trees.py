"""Gradient-boosted trees as plain arrays: predictions to the digit, exact additive contributions, JSON instead of pickle."""

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

INNER = ("feature", "threshold", "missing_left", "left", "right", "categories")


@dataclass
class Tree:
    """One tree; node 0 is its root, and a child always stands after its parent.

    Attributes
    ----------
    feature : ndarray of int
        What a node splits on; −1 for a leaf.
    threshold : ndarray
        At most this goes left; infinite where all that is known goes left.
    missing_left : ndarray of bool
    left, right : ndarray of int
        The children.
    value : ndarray
        What a leaf adds to the log-odds.
    count : ndarray
        How many rows of the fit came by.
    categories : dict
        Node → codes that go left, for splits on a category; any other code goes right.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    count: np.ndarray
    categories: dict

    def goes_left(self, node, X):
        """Which rows go left at a node."""
        x = X[:, self.feature[node]]
        with np.errstate(invalid="ignore"):
            left = np.isin(x, self.categories[node]) if node in self.categories else x <= self.threshold[node]
        return np.where(np.isnan(x), self.missing_left[node], left)

    def predict(self, X):
        """What the tree adds for each row."""
        place = np.zeros(len(X), dtype=np.int64)
        for node in np.flatnonzero(self.feature >= 0):  # parents come first
            here = np.flatnonzero(place == node)
            if len(here):
                left = self.goes_left(node, X[here])
                place[here] = np.where(left, self.left[node], self.right[node])
        return self.value[place]

    def leaves(self):
        """Each leaf with the steps that lead to it: (leaf, [(node, is_left), …])."""
        found, open_ = [], [(0, [])]
        while open_:
            node, steps = open_.pop()
            if self.feature[node] < 0:
                found.append((node, steps))
            else:
                open_.append((int(self.right[node]), [*steps, (node, False)]))
                open_.append((int(self.left[node]), [*steps, (node, True)]))
        return found


def margin(baseline, trees, X):
    """The log-odds of each row: the baseline and what each tree adds, in order."""
    total = np.full(len(X), baseline)
    for tree in trees:
        total += tree.predict(X)
    return total


def contributions(trees, X, features):
    r"""Shapley values of each feature of each row, on the scale of the log-odds.

    In a leaf's product of conditions a feature that a coalition does not know takes the share of the fit's rows that went the leaf's
    way; the Shapley value averages what knowing the feature adds over all orders of getting to know it. All :math:`2^m` patterns of the
    :math:`m` features on the way to a leaf are worked out once, so that the values are exact.

    Returns
    -------
    ndarray (rows, features)
        Its row sums and the mean over the fit's rows, :func:`expected`, are the log-odds.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with explainable AI for trees. *Nature Machine
    Intelligence* 2, 56–67 (path-dependent Tree SHAP).
    """
    total = np.zeros((len(X), features))
    for tree in trees:
        goes = {int(node): tree.goes_left(node, X) for node in np.flatnonzero(tree.feature >= 0)}
        for leaf, steps in tree.leaves():
            used = sorted({int(tree.feature[node]) for node, _ in steps})
            met, share = {f: True for f in used}, dict.fromkeys(used, 1.0)
            for node, is_left in steps:
                feature, child = int(tree.feature[node]), tree.left[node] if is_left else tree.right[node]
                met[feature] = met[feature] & (goes[node] if is_left else ~goes[node])
                share[feature] *= tree.count[child] / tree.count[node]
            pattern = sum((np.asarray(met[f]).astype(np.int64) << place) for place, f in enumerate(used))
            if used:
                values = tree.value[leaf] * _shapley(np.array([share[f] for f in used]))
                total[:, used] += values[pattern]
    return total


def expected(baseline, trees):
    """The mean log-odds over the rows of the fit."""
    total = baseline
    for tree in trees:
        for leaf, steps in tree.leaves():
            shares = [
                tree.count[tree.left[n] if is_left else tree.right[n]] / tree.count[n] for n, is_left in steps
            ]
            total += tree.value[leaf] * np.prod(shares)
    return float(total)


def _shapley(share):
    """Shapley values of a product of conditions, for every pattern of conditions met: an array (2^m, m).

    Examples
    --------
    >>> _shapley(np.array([0.5]))
    array([[-0.5], [ 0.5]])
    """
    m = len(share)
    places = np.arange(1 << m)
    met = (places[:, None] >> np.arange(m)) & 1
    found = np.zeros((1 << m, m))
    for size in range(m):
        weight = factorial(size) * factorial(m - size - 1) / factorial(m)
        for known in combinations(range(m), size):
            unknown = [j for j in range(m) if j not in known]
            product = met[:, known].prod(axis=1) if known else np.ones(1 << m)
            for j in unknown:
                others = np.prod([share[k] for k in unknown if k != j])
                found[:, j] += weight * product * others * (met[:, j] - share[j])
    return found


def to_plain(tree):
    """A tree as lists, numbers and texts that JSON keeps to the digit; an infinite threshold is null."""
    threshold = [None if not np.isfinite(t) else t for t in tree.threshold.tolist()]
    return {
        "feature": tree.feature.tolist(),
        "threshold": threshold,
        "missing_left": tree.missing_left.astype(int).tolist(),
        "left": tree.left.tolist(),
        "right": tree.right.tolist(),
        "value": tree.value.tolist(),
        "count": tree.count.tolist(),
        "categories": {str(node): codes.tolist() for node, codes in tree.categories.items()},
    }


def from_plain(plain, features):
    """The tree that `to_plain` wrote.

    Raises
    ------
    ValueError
        Where it is no tree: columns of different lengths, a child before its parent or out of range, an unknown feature.
    """
    try:
        tree = Tree(
            feature=np.array(plain["feature"], dtype=np.int64),
            threshold=np.array([np.inf if t is None else t for t in plain["threshold"]], dtype=float),
            missing_left=np.array(plain["missing_left"], dtype=bool),
            left=np.array(plain["left"], dtype=np.int64),
            right=np.array(plain["right"], dtype=np.int64),
            value=np.array(plain["value"], dtype=float),
            count=np.array(plain["count"], dtype=np.int64),
            categories={int(k): np.array(v, dtype=float) for k, v in plain["categories"].items()},
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"the stored model has a tree that is none: {fault}") from None
    n = len(tree.feature)
    sizes = {len(getattr(tree, name)) for name in INNER[:-1]} | {len(tree.value), len(tree.count)}
    inner, place = tree.feature >= 0, np.arange(n)
    children = np.concatenate([tree.left[inner], tree.right[inner]]) if sizes == {n} else np.array([n])
    parents = np.tile(place[inner], 2) if sizes == {n} else np.array([n])
    is_sound = n and (tree.feature < features).all() and (children > parents).all() and (children < n).all()
    if not is_sound or not np.isfinite(tree.value).all() or (tree.count <= 0).any():
        raise ValueError("the stored model has a tree that is none: a node points nowhere")
    return tree
