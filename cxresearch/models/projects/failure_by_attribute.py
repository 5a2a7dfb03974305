"""Which kinds of projects fail more often: rates by every attribute, allowing for how many are looked at."""

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.known_at_gate import later_fact
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary

NOT_AN_ATTRIBUTE = {"project_id", "project_name", "outcome", "has_failed", "currency"}
TOO_FEW, UNRECORDED = "no two values have five decided projects each", "not recorded"
FEWEST, MOST = 5, 12  # decided projects of a level; levels of an attribute


class FailureByAttribute(Estimator):
    """The failure rate of decided projects by each level of each attribute.

    With k levels in all, each interval is Wilson's at 1 − (1 − level)/k, so that all of them hold together (Bonferroni). Whether an attribute
    goes with failure at all is tested once for each by Pearson's χ², corrected by Benjamini and Hochberg. These are associations.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    rates_ : pandas.DataFrame
        attribute, value, failed, n, estimate, low, high; the attribute with the smallest p first.
    tests_ : pandas.DataFrame
        attribute, p, stands (after correction).
    left_out_ : list of str
        Attributes that were not used, with the reason.
    n_ : int

    Examples
    --------
    >>> projects = pd.DataFrame({"project_id": range(80), "kind": ["crm", "web"] * 40, "has_failed": [True, False] * 20 + [False] * 40})
    >>> found = FailureByAttribute().fit(projects)
    >>> found.rates_[["value", "failed", "n"]].to_dict("records"), bool(found.tests_["stands"].iloc[0])
    ([{'value': 'crm', 'failed': 20, 'n': 40}, {'value': 'web', 'failed': 0, 'n': 40}], True)
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, projects):
        """Count failures.

        Parameters
        ----------
        projects : pandas.DataFrame or Ibis table
            From :func:`cxresearch.features.projects`; every text and flag in it is an attribute.

        Returns
        -------
        FailureByAttribute

        Raises
        ------
        NotEnough
            If no attribute has two values with five decided projects each.
        """
        frame = table(projects, ["has_failed"], "projects", may_be_empty=True)
        failed = frame["has_failed"].astype("boolean")
        self.left_out_, counted, tests = [], [], []
        for name in frame.columns.difference(list(NOT_AN_ATTRIBUTE), sort=False):
            column = frame[name]
            if not (
                pd.api.types.is_string_dtype(column) or pd.api.types.is_bool_dtype(column) or _objects(column)
            ):
                continue
            groups, why = _groups(column, failed, frame)
            if why:
                self.left_out_.append(f"{name}: {why}")
                continue
            tests.append(
                (
                    name,
                    chi2_contingency(
                        np.column_stack([groups["failed"], groups["n"] - groups["failed"]])
                    ).pvalue,
                )
            )
            counted.append(groups.assign(attribute=name))
        if not counted:
            raise NotEnough(_none_compared(self.left_out_))
        self.tests_ = pd.DataFrame(tests, columns=["attribute", "p"]).sort_values("p", ignore_index=True)
        self.tests_["stands"] = benjamini_hochberg(self.tests_["p"]).rejected
        rates = pd.concat(counted, ignore_index=True)
        limits = wilson(rates["failed"], rates["n"], 1 - (1 - self.level) / len(rates))
        rates = (
            rates.assign(**limits._asdict())
            .set_index("attribute")
            .loc[self.tests_["attribute"]]
            .reset_index()
        )
        self.rates_, self.n_ = rates, int(failed.notna().sum())
        return self

    def summary(self):
        """One row per attribute and value."""
        method = f"Wilson score, for {len(self.rates_)} rates together"
        return summary(
            [
                row(f"failed, {r.attribute} {r.value}", (r.estimate, r.low, r.high), r.n, method, "share")
                for r in self.rates_.itertuples()
            ]
        )


def _none_compared(left_out):
    """Half a sentence on why no attribute can be compared."""
    whys = {text.split(": ", 1)[1] for text in left_out}
    if whys <= {TOO_FEW, UNRECORDED}:
        return "no attribute of the projects has two values with five decided projects each"
    return f"no attribute of the projects can be compared ({'; '.join(left_out)})"


def _objects(column):
    """Whether a column of objects holds true and false alone, or texts alone."""
    if column.dtype != object:
        return False
    values = column.dropna()
    return any(values.map(lambda v, k=kind: isinstance(v, k)).all() for kind in (bool | np.bool_, str))


def _groups(column, failed, projects):
    """Failures and projects by value, of the decided; or why there are none."""
    decided, filled = failed.notna(), column.notna()
    if not (decided & filled).any():
        return None, UNRECORDED
    why = later_fact(column, failed, projects)
    if why:
        return None, why
    counts = pd.DataFrame(
        {"value": column[decided].astype(str).where(filled[decided]), "failed": failed[decided].astype(int)}
    )
    counts = counts.groupby("value")["failed"].agg(failed="sum", n="count").reset_index()
    counts = counts[counts["n"] >= FEWEST]
    if len(counts) > MOST:
        return None, f"it has {len(counts)} values"
    if len(counts) < 2:
        return None, TOO_FEW
    if counts["failed"].sum() in (0, counts["n"].sum()):
        return None, "all of its projects failed, or none did"
    return counts, ""
