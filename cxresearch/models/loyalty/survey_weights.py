"""Survey weights as numbers; an answer without one stands for nobody, and is counted."""

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
