"""The parts of a firm compared: each measure with its interval, shrunk towards the whole, and tested against the rest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.partial_pooling import partial_pooling
from cxresearch.stats.proportions import newcombe, wilson
from cxresearch.stats.shuffled_labels import shuffled, shuffled_shares

PRIOR_UNITS = 4  # with the spread of all parts, counted into the variance of each
FEWEST, MANY = 10, 30  # units of a part that is tested: where the law is exact, and where it is a curve
CAPPED = ", capped"
SUMS = ["n", "y", "nn", "ny", "yy", "nnn", "nny", "nyy", "yyy"]
ROWS = ["measure", "part", "kind", "metric", "estimate", "low", "high", "n", "method", "unit", "group", "cases", "p", "differs", "same"]  # fmt: skip
DIFFERENCE = ["difference", "difference_low", "difference_high"]


@dataclass(frozen=True)
class Measure:
    """A measure: what it is called, its unit, whether each unit is a yes or a no, the ends of its scale, and what the page on it calls the same
    number of the whole firm."""

    name: str
    unit: str = ""
    is_share: bool = False
    ends: tuple = (-np.inf, np.inf)
    same: str = ""


MEASURES = {
    "kept": Measure(
        "12-month retention of contract customers",
        "share",
        True,
        same="12-month retention of contract customers, last 12 months",
    ),
    "left": Measure("contract customers who left in the last 3 months", "share", True),
    "revenue": Measure("monthly amount per contract customer", "money"),
    "spend": Measure("spend per buyer, last 12 months", "money"),
    "again": Measure("buyers of the 12 months before who bought in the last 3 months", "share", True),
    "nps": Measure("NPS, answers of the last 12 months", ends=(-100, 100)),
    "satisfaction": Measure("mean satisfaction with contacts, last 12 months"),
    "effort": Measure("mean effort of contacts, last 12 months"),
    "resolved": Measure("contacts resolved, last 12 months", "share", ends=(0, 1)),
    "failed": Measure("decided projects that failed", "share", True),
    "over": Measure("cost of delivered projects above their first budgets", "share"),
}


class PartComparison(Estimator):
    r"""Every measure of every part, with its interval, shrunk towards the mean of all parts, and held against the rest of the firm.

    With units :math:`c` of base :math:`n_c` and total :math:`y_c` (see :func:`cxresearch.features.part_measures`), part :math:`i` of
    :math:`u_i` units has

    .. math:: \hat\theta_i = \frac{\sum y_c}{\sum n_c},\qquad
       v_i = \frac{\sum (y_c - \hat\theta_i n_c)^2 + 4 s^2}{u_i + 3}\, \frac{u_i}{(\sum n_c)^2},

    where :math:`s^2` is the mean square of all parts: four units of it keep the variance of a small part, whose units happen to be alike,
    from being nothing. Intervals are Wilson's for yes and no, else :math:`\hat\theta_i \pm t_{u_i + 3} \sqrt{v_i}`. The shrunk estimate
    is that of :func:`~cxresearch.stats.partial_pooling.partial_pooling`. A part differs where its sum is more than parts made by lot would
    have (:mod:`cxresearch.stats.shuffled_labels`), after Benjamini and Hochberg's correction over all parts and measures. Amounts are tested with
    their lowest and highest hundredth capped, so that one large customer makes no part differ; means of fewer than thirty units are not tested.

    Parameters
    ----------
    level : float
        Of every interval.
    rate : float
        False discovery rate over parts × measures.

    Attributes
    ----------
    rows_ : pandas.DataFrame
        measure, part, kind (``estimate``, ``shrunk`` or, of all parts together, ``whole``), metric, estimate, low, high, n (units), method,
        unit, group, cases (how many a yes or no counts), p, differs, same (what the number of the whole is called elsewhere), and difference with
        difference_low and difference_high (from the rest).
    between_ : dict
        Measure → the standard deviation between parts (posterior median).
    tests_ : int
        How many comparisons were made.
    base_ : str
        ``people`` or ``projects``: what n counts.
    left_out_ : list of str

    Notes
    -----
    A contact belongs to a department, and customers have contacts with several. Each pair is taken as a unit of its own, which makes the
    test of a department err on the careful side. Departments differ in their work; this comparison does not adjust for it.

    Examples
    --------
    >>> yes, n = np.array([120.0, 180, 60]), np.array([200.0, 200, 100])
    >>> sums = pd.DataFrame({"measure": "kept", "part": ["east", "west", "north"], "units": n.astype(int), "n": n, "y": yes})
    >>> sums = sums.assign(**dict.fromkeys(["nn", "nnn"], n), **dict.fromkeys(["ny", "yy", "nny", "nyy", "yyy"], yes))
    >>> found = PartComparison().fit(sums)
    >>> found.of("kept").query("kind == 'shrunk'")[["part", "estimate", "low", "high", "differs"]].round(3)
        part  estimate    low   high  differs
    1   east     0.603  0.536  0.671     True
    3   west     0.898  0.855  0.940     True
    5  north     0.606  0.511  0.701     True
    """

    def __init__(self, level=0.95, rate=0.05):
        self.level, self.rate = level, rate

    def fit(self, measures):
        """Compare the parts.

        Parameters
        ----------
        measures : pandas.DataFrame
            As from :func:`cxresearch.features.part_measures`.

        Returns
        -------
        PartComparison

        Raises
        ------
        NotEnough
            Where no measure has two parts.
        ValueError
            For a measure that is not known.
        """
        frame = table(measures, ["measure", "part", "units", *SUMS], "measures", may_be_empty=True)
        normal_quantile(self.level)
        is_capped = frame["measure"].str.endswith(CAPPED).astype(bool)
        capped = {name: part for name, part in frame[is_capped].groupby("measure")}
        frame = frame[~is_capped]
        unknown = set(frame["measure"]) - set(MEASURES)
        if unknown:
            raise ValueError(f"measure {min(unknown)!r} is not known; there are {', '.join(MEASURES)}")
        missing = getattr(measures, "attrs", {}).get("missing", {})
        self.left_out_ = [f"{MEASURES[name].name}: {why}" for name, why in missing.items()]
        self.between_, found = {}, []
        for name, parts in frame.groupby("measure", sort=False):
            parts = parts.reset_index(drop=True)
            if len(parts) < 2 or parts["units"].sum() < len(parts) + 2:
                self.left_out_.append(f"{MEASURES[name].name}: fewer than two parts have any")
            elif not _spread(parts) > 0:
                self.left_out_.append(f"{MEASURES[name].name}: the same everywhere")
            else:
                tested = capped.get(f"{name}{CAPPED}", parts).set_index("part")
                found.append(self._compare(name, parts, tested.loc[parts["part"]].reset_index()))
        if not found:
            why = "; ".join(self.left_out_) or "nothing that can be measured belongs to these parts"
            raise NotEnough(why)
        rows = pd.concat(found, ignore_index=True)
        tested = (rows["kind"] == "estimate") & rows["p"].notna()
        self.tests_ = int(tested.sum())
        if self.tests_:
            is_real = benjamini_hochberg(rows.loc[tested, "p"], self.rate).rejected
            real = set(rows.loc[tested, ["measure", "part"]][is_real].itertuples(index=False, name=None))
            rows["differs"] = [key in real for key in zip(rows["measure"], rows["part"], strict=True)]
        self.rows_ = rows
        self.base_ = "projects" if set(rows["measure"]) & {"failed", "over"} else "people"
        return self

    def of(self, measure):
        """The rows of one measure; none where it could not be compared."""
        if measure not in MEASURES:
            raise ValueError(f"measure {measure!r} is not known; there are {', '.join(MEASURES)}")
        return self.rows_[self.rows_["measure"] == measure].reset_index(drop=True)

    def _compare(self, name, parts, tested):
        measure, spread = MEASURES[name], _spread(parts)
        whole = parts[["units", *SUMS]].sum()
        theta, v = _estimates(parts, spread)
        low, high, how = self._limits(parts, theta, v, measure)
        unit_sd = np.sqrt(spread) * whole["units"] / whole["n"]
        pooled = partial_pooling(theta, v, unit_sd, self.level)
        self.between_[name] = pooled.between
        p = _p_values(tested, tested[["units", *SUMS]].sum(), measure)
        units = parts["units"].to_numpy()
        rest = whole - parts[["units", *SUMS]]
        differences = self._differences(parts, rest, spread, measure)
        cases = parts["y"] if measure.is_share else np.nan
        rows = pd.DataFrame(
            {"measure": name, "part": parts["part"], "kind": "estimate", "n": units, "method": how}
        )
        rows = rows.assign(estimate=theta, low=low, high=high, cases=cases, group=name)
        rows = rows.assign(
            p=np.where(units < (FEWEST if measure.is_share else MANY), np.nan, p),
            **dict(zip(DIFFERENCE, differences, strict=True)),
        )
        shrunk = rows.assign(kind="shrunk", estimate=pooled.estimate, low=pooled.low, high=pooled.high)
        shrunk = shrunk.assign(method="partial pooling", group=f"{name}, shrunk")
        both = pd.concat([rows, shrunk]).sort_index(kind="stable")
        every = whole.to_frame().T.assign(part="all")
        mean, variance = _estimates(every, spread)
        ends = self._limits(every, mean, variance, measure)
        last = pd.DataFrame(
            {"measure": name, "part": "all", "kind": "whole", "n": int(whole["units"])}, index=[0]
        )
        last = last.assign(estimate=mean, low=ends[0], high=ends[1], method=ends[2], group=None)
        last = last.assign(cases=every["y"].to_numpy(float) if measure.is_share else np.nan)
        found = pd.concat([both, last.astype({"group": object})], ignore_index=True)
        tail = found["kind"].map({"estimate": "", "shrunk": ", shrunk", "whole": ""})
        found["metric"] = found["part"] + ": " + measure.name + tail
        return found.assign(unit=measure.unit, differs=False, same=measure.same or measure.name)[
            [*ROWS, *DIFFERENCE]
        ]

    def _limits(self, parts, theta, v, measure):
        if measure.is_share:
            ends = wilson(parts["y"].to_numpy(float), parts["n"].to_numpy(float), self.level)
            return ends.low, ends.high, "Wilson score"
        units = parts["units"].to_numpy(float)
        reach = stdtrit(units + PRIOR_UNITS - 1, (1 + self.level) / 2) * np.sqrt(v)
        low, high = np.maximum(theta - reach, measure.ends[0]), np.minimum(theta + reach, measure.ends[1])
        is_weighted = not np.allclose(parts["nn"], parts["units"])
        return low, high, "ratio of sums, clustered, t" if is_weighted else "mean, Student's t"

    def _differences(self, parts, rest, spread, measure):
        if measure.is_share:
            gap = newcombe(
                *(x.to_numpy(float) for side in (parts, rest) for x in (side["y"], side["n"])), self.level
            )
            return gap.estimate, gap.low, gap.high
        (a, va), (b, vb) = _estimates(parts, spread), _estimates(rest, spread)
        reach = normal_quantile(self.level) * np.sqrt(va + vb)
        return a - b, a - b - reach, a - b + reach


def _estimates(parts, spread):
    """The ratio of each part and its variance."""
    theta = (parts["y"] / parts["n"]).to_numpy(float)
    units = parts["units"].to_numpy(float)
    squares = np.maximum(_squares(parts, theta), 0)
    v = (
        (squares + PRIOR_UNITS * spread)
        / (units + PRIOR_UNITS - 1)
        * units
        / np.square(parts["n"].to_numpy(float))
    )
    return theta, v


def _squares(parts, theta):
    return (parts["yy"] - 2 * theta * parts["ny"] + theta**2 * parts["nn"]).to_numpy(float)


def _spread(parts):
    """The mean square of units about the ratio of their part; 0 where it is but rounding."""
    theta = (parts["y"] / parts["n"]).to_numpy(float)
    total = np.maximum(_squares(parts, theta), 0).sum()
    between = np.square(theta - theta.mean()).max() > 1e-18 * max(np.square(theta).max(), 1e-300)
    if total <= 1e-12 * parts["yy"].sum():
        return 1e-12 * parts["yy"].sum() if between else 0.0
    return total / max(parts["units"].sum() - len(parts), 1)


def _p_values(parts, whole, measure):
    if measure.is_share:
        return shuffled_shares(parts["y"], parts["units"])
    theta = whole["y"] / whole["n"]
    total = (parts["y"] - theta * parts["n"]).to_numpy(float)
    squares = whole["yy"] - 2 * theta * whole["ny"] + theta**2 * whole["nn"]
    cubes = whole["yyy"] - 3 * theta * whole["nyy"] + 3 * theta**2 * whole["nny"] - theta**3 * whole["nnn"]
    return shuffled(total, parts["units"], max(squares, 0.0), cubes, whole["units"])
