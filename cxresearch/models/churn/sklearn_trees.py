"""scikit-learn's boosted trees as our own: the only module that reads its private parts.

scikit-learn publishes no way to read the trees of ``HistGradientBoostingClassifier``. A release that keeps them otherwise is refused here
with one clear message, before a single prediction is made.
"""

import numpy as np
import sklearn

from cxresearch.models.churn.boosted_trees import Tree

WRITTEN_FOR = "1.9"  # the release whose private parts are read below
MODEL = ("_predictors", "_baseline_prediction")
PREDICTOR = ("nodes", "raw_left_cat_bitsets")
NODE = (
    "value", "count", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf", "is_categorical", "bitset_idx",
)  # fmt: skip
WORDS = 8  # of 32 bits each, one bit per category


def from_boosting(model, trees):
    """The first `trees` of a fitted ``HistGradientBoostingClassifier`` of two classes.

    Returns
    -------
    tuple
        (baseline log-odds, list of Tree).

    Raises
    ------
    RuntimeError
        Where this release of scikit-learn keeps its trees in another way.
    """
    changed = changed_parts(model)
    if changed:
        raise RuntimeError(
            f"scikit-learn {sklearn.__version__} keeps its boosted trees differently from {WRITTEN_FOR}: {'; '.join(changed)}. "
            f"Install scikit-learn {WRITTEN_FOR}, or adapt cxresearch/models/churn/sklearn_trees.py"
        )
    found = [_tree(predictor) for (predictor,) in model._predictors[:trees]]
    return float(np.ravel(model._baseline_prediction)[0]), found


def changed_parts(model):
    """What this module reads of a fitted model and does not find as it expects; empty where all is as it was.

    Returns
    -------
    list of str
        One text per part.
    """
    lacking = [f"the model has no {name}" for name in MODEL if not hasattr(model, name)]
    if lacking:
        return lacking
    if np.size(model._baseline_prediction) != 1:
        return ["the model has more than one baseline"]
    changed = []
    for step in model._predictors:
        if len(step) != 1:
            return [f"a step of the boosting has {len(step)} trees, not one"]
        changed += [text for text in _changed_in(step[0]) if text not in changed]
    return changed


def _changed_in(predictor):
    lacking = [f"a tree has no {name}" for name in PREDICTOR if not hasattr(predictor, name)]
    if lacking:
        return lacking
    fields = predictor.nodes.dtype.names or ()
    lacking = [f"a node has no field {name}" for name in NODE if name not in fields]
    bits = np.asarray(predictor.raw_left_cat_bitsets)
    if bits.size and (bits.dtype != np.uint32 or bits.shape[-1] != WORDS):
        lacking.append(
            f"categories are kept as {bits.shape[-1]} words of {bits.dtype}, not {WORDS} of uint32"
        )
    return lacking


def _tree(predictor):
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"].astype(bool)
    categories = {}
    for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~is_leaf):
        categories[int(node)] = _codes(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
    return Tree(
        feature=np.where(is_leaf, -1, nodes["feature_idx"]).astype(np.int64),
        threshold=nodes["num_threshold"].astype(float),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        value=np.where(is_leaf, nodes["value"], 0.0),
        count=nodes["count"].astype(np.int64),
        categories=categories,
    )


def _codes(bits):
    """The codes set in words of 32 bits.

    >>> _codes([5, 0, 0, 0, 0, 0, 0, 1])
    array([  0.,   2., 224.])
    """
    words = np.asarray(bits, dtype=np.uint32)
    return np.flatnonzero((words[:, None] >> np.arange(32, dtype=np.uint32)) & 1).astype(float)
