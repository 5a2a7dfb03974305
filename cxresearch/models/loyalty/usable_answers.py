"""What of an answer can be counted: its weight, and a score in whole points; the rest is left out and said."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers


def survey_weights(values):
    """The weights of answers, 0 where one is missing, and what that leaves out.

    Parameters
    ----------
    values : Series

    Returns
    -------
    tuple
        (ndarray of floats, list with a sentence on the answers without a weight; empty where there are none).

    Raises
    ------
    ValueError
        For a weight that is negative, infinite or no number.
    NotEnough
        Where no weight is above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> survey_weights(pd.Series([1.5, None, 0.5]))
    (array([1.5, 0. , 0.5]), ['1 answer without a weight is left out'])
    """
    missing = values.isna().to_numpy()
    weights = np.zeros(len(values))
    weights[~missing] = numbers(values[~missing], "weight", low=0)
    if not weights.any():
        raise NotEnough("every answer has the weight 0, or none")
    n = int(missing.sum())
    which = "1 answer without a weight is" if n == 1 else f"{n:,} answers without a weight are"
    return weights, [f"{which} left out"] if n else []


def whole_scores(scores):
    """Likelihoods to recommend in whole points, missing where one is not, and what that leaves out.

    Returns
    -------
    tuple
        (Series, list with a sentence on the scores between two points; empty where there are none).

    Examples
    --------
    >>> import pandas as pd
    >>> kept, left_out = whole_scores(pd.Series([9, 8.5, None]))
    >>> kept.tolist(), left_out
    ([9.0, nan, nan], ['1 score of recommend between two points is left out'])
    """
    known = scores.dropna()
    values = numbers(known, "recommend", low=0, high=10).astype(float)
    between = known.index[values != np.floor(values)]
    kept = scores.astype(float).mask(scores.index.isin(between))
    n = len(between)
    which = (
        "1 score of recommend between two points is"
        if n == 1
        else f"{n:,} scores of recommend between two points are"
    )
    return kept, [f"{which} left out"] if n else []
