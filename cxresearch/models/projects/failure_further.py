"""What each further attribute adds to the named predictors of failure, allowing for how many are looked at."""

import numpy as np
import pandas as pd

from cxresearch.stats.firth import firth_test, fit_firth
from cxresearch.stats.multiplicity import benjamini_hochberg

ODDS = ["attribute", "words", "estimate", "low", "high"]


def further_odds(x, z, y, known, level):
    """Test each attribute beside the named predictors.

    Parameters
    ----------
    x, z : ndarray
        The named predictors and the columns of the attributes, of the decided projects.
    y : ndarray
        0 or 1.
    known : KnownAtGate
        What the columns z are of.
    level : float

    Returns
    -------
    (DataFrame, DataFrame)
        attribute, p (ratio of penalised likelihoods, as many degrees of freedom as columns), stands (after Benjamini and Hochberg's correction);
        and attribute, words, estimate, low, high (odds ratio of each column by Firth's likelihood beside the named predictors, profile
        limits at 1 − (1 − level)/columns). Flags and levels are against all others, numbers per standard deviation.
    """
    design = np.column_stack([np.ones(len(y)), x])
    tests, odds = [], []
    for attribute in known.attributes_:
        places = known.places(attribute)
        both = np.column_stack([design, z[:, places]])
        columns = design.shape[1] + np.arange(len(places))
        tests.append((attribute, firth_test(both, y, columns)))
        for at in places:
            odds.append((attribute, known.columns_[at], z[:, at]))
    found = pd.DataFrame(tests, columns=["attribute", "p"]).sort_values("p", kind="stable", ignore_index=True)
    found["stands"] = benjamini_hochberg(found["p"]).rejected if len(found) else pd.Series(dtype=bool)
    rows = []
    standing = set(found.loc[found["stands"], "attribute"])
    for attribute, column, values in odds:
        if attribute in standing:
            whole = values * (1 if column.words.endswith("per standard deviation") else column.scale)
            names = [*map(str, range(design.shape[1])), "column"]
            each = 1 - (1 - level) / len(odds)
            fit = fit_firth(np.column_stack([design, whole]), y, names, level=each)
            rows.append((attribute, column.words, *np.exp([fit.params[-1], fit.low[-1], fit.high[-1]])))
    return found, pd.DataFrame(rows, columns=ODDS)
