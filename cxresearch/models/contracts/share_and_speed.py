"""Whether a group of contracts leaves in larger numbers, or only sooner, where other ends compete with leaving."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.contracts.hazard_terms import hazard_columns
from cxresearch.models.contracts.start_facts import start_facts
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.cause_specific import CauseSpecificHazard
from cxresearch.models.survival.fine_gray import FineGray
from cxresearch.models.survival.gray_test import gray_test
from cxresearch.stats.multiplicity import benjamini_hochberg, holm

FEWEST = 30  # who leave in the way of interest, and who end in another: enough for a ratio
LEAVING, OTHER = "leaving", "other"


class ShareAndSpeed(Estimator):
    """Ratios of the share that leaves (Fine–Gray) beside ratios of how fast (cause-specific), for one way of leaving.

    The way is leaving itself where the mapping says that some ends are not leaving, with those other ends competing; else the reason that
    most contracts ended with, all others competing. Only contracts seen from their beginning are compared.

    Parameters
    ----------
    level, alpha : float
        Of the intervals; of the corrections for the number of terms (Benjamini–Hochberg) and of attributes (Holm).

    Attributes
    ----------
    way_ : str
        What is compared: ``leaving``, or a reason.
    share_, speed_ : FineGray, CauseSpecificHazard
    gray_ : pandas.DataFrame
        attribute, statistic, df, p_value (Holm), is_announced: Gray's test of equal shares, per attribute.
    terms_ : pandas.DataFrame
        label, estimate, low, high (of the ratio of shares), speed, is_announced.
    references_ : list of str
        What the ratios are against.
    left_out_ : list of str
    n_ : int

    Examples
    --------
    >>> months, ends = [3, 6, 9, 12] * 100, (["cancelled", "died", None, None] * 50) + (["cancelled", "cancelled", "died", None] * 50)
    >>> spells = pd.DataFrame({"duration": months, "entry": 0, "end_reason": ends, "segment": ["a"] * 200 + ["b"] * 200})
    >>> spells = spells.assign(is_over=spells["end_reason"].notna(), has_ended=spells["end_reason"] == "cancelled")
    >>> found = ShareAndSpeed().fit(spells)
    >>> found.way_, found.terms_[["label", "estimate", "is_announced"]].round(2).values.tolist()
    ('leaving', [['segment: b', 2.0, True]])
    """

    def __init__(self, level=0.95, alpha=0.05):
        self.level = level
        self.alpha = alpha

    def fit(self, spells):
        """Compare.

        Parameters
        ----------
        spells : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.contract_terms`.

        Returns
        -------
        ShareAndSpeed

        Raises
        ------
        NotEnough
            If fewer than thirty contracts seen from their beginning ended in the way, or fewer than thirty in another; or no attribute
            tells contracts apart.
        """
        needed = ["duration", "entry", "has_ended", "is_over", "end_reason"]
        spells = table(spells, needed, "spells", may_be_empty=True)
        seen = spells[(spells["entry"] == 0).to_numpy()]
        ends, self.way_ = _ends(seen)
        own, others = (ends == self.way_).sum(), (ends.notna() & (ends != self.way_)).sum()
        if own < FEWEST:
            raise NotEnough("fewer than 30 contracts seen from their beginning have ended in one way")
        if others < FEWEST:
            raise NotEnough(
                "fewer than 30 contracts ended in another way, so that hardly anything competes with leaving"
            )
        facts = start_facts(seen)
        X, self.left_out_ = hazard_columns(facts.columns, (ends == self.way_).to_numpy())
        self.left_out_ += facts.left_out
        if X.empty:
            raise NotEnough("no attribute tells contracts apart that left")
        try:
            self.share_ = FineGray(self.way_, self.level).fit(seen["duration"], ends, X)
        except NotEnough:
            raise
        except ValueError as fault:
            raise NotEnough(f"shares cannot be compared: {fault}") from fault
        self.speed_ = CauseSpecificHazard(self.way_, self.level).fit(seen["duration"], ends, X)
        self.references_ = [
            f"{_words(name)}: {X[name].cat.categories[0]}" for name in X if hasattr(X[name], "cat")
        ]
        self.n_, self.gray_ = len(seen), self._gray(seen["duration"], ends, X)
        self.terms_ = self._terms()
        return self

    def summary(self):
        """The ratios of shares, then those of speeds."""
        return pd.concat([self.share_.summary(), self.speed_.summary()], ignore_index=True)

    def _gray(self, duration, ends, X):
        tests = [gray_test(duration, ends, X[name].astype(str), self.way_) for name in X]
        found = holm([test.p_value for test in tests], self.alpha)
        return pd.DataFrame(
            {
                "attribute": ["having a term" if name == "has_term" else _words(name) for name in X],
                "statistic": [test.statistic for test in tests],
                "df": [test.df for test in tests],
                "p_value": found.p_value,
                "is_announced": found.p_value <= self.alpha,
            }
        )

    def _terms(self):
        rows, model = self.share_.summary(), self.share_
        p = 2 * ndtr(-np.abs(model.params_ / model.std_error_).to_numpy())
        corrected = benjamini_hochberg(p, self.alpha).p_value
        labels = [_label(name) for name in model.params_.index]
        found = rows[["estimate", "low", "high"]].assign(
            label=labels, speed=self.speed_.summary()["estimate"]
        )
        found = found.assign(is_announced=corrected <= self.alpha)
        return found[["label", "estimate", "low", "high", "speed", "is_announced"]]


def _ends(spells):
    """In which way each contract ended, and the way of interest."""
    over, left = spells["is_over"].astype(bool), spells["has_ended"].astype(bool)
    if (over & ~left).any():
        ends = pd.Series(np.where(left, LEAVING, np.where(over, OTHER, None)), spells.index, dtype=object)
        return ends, LEAVING
    reason = spells["end_reason"].astype(object).where(over, None)
    reason = reason.where(reason.notna() | ~over, "unknown")
    counts = reason.value_counts()
    return reason, counts.index[0] if len(counts) else "unknown"


def _words(name):
    return name.replace("_", " ")


def _label(term):
    name, _, level = term.partition("=")
    return (
        f"{_words(name)}: {level}"
        if level
        else "contract with a term"
        if name == "has_term"
        else _words(name)
    )
