"""Can a process grow: by how much its cost rises when its volume does."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.months import MONTHS_PER_YEAR
from cxresearch.stats import rows
from cxresearch.stats.newey_west import newey_west, with_seasons

LEAST = 18  # months
EXACT = 1e-6  # of the logarithm of cost, left over: cost is then made of volume, not measured
GROWTH = 0.10  # of volume, for which extra cost is told


class Scalable(Estimator):
    r"""Elasticity of a process's cost in its volume, by month.

    .. math:: \ln \text{cost}_t = a + \varepsilon \ln \text{volume}_t + \text{months of the year} + e_t

    A process is scalable where the whole interval of :math:`\varepsilon` lies below 1: ten per cent more cases then cost less than ten per cent more. It is not where the interval lies above 1. Error: Newey–West or
    least squares, whichever is larger.

    Parameters
    ----------
    months : int
        Least number of months.
    seasons : bool
        Effects of the months of the year, from 24 months on.
    level : float
        Confidence level.

    Attributes
    ----------
    processes_ : DataFrame
        process, n (months), estimate, low, high, std_error, r_squared, verdict (scalable, not scalable, not clear, by construction), cost (of the last twelve months), extra, extra_low, extra_high: what
        10 % more volume would cost beyond 10 % more cost, in a year.

    Notes
    -----
    Where cost is volume times a fixed price the elasticity is 1 by construction, which says nothing: such a process is marked. Volume that moved because capacity did gives an elasticity of
    that decision. It is an association over the range of volumes seen.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> volume = np.round(np.exp(4 + 0.3 * rng.standard_normal(36)))
    >>> costs = pd.DataFrame({"process": "order", "month": pd.date_range("2023-10-01", periods=36, freq="MS"), "volume": volume,
    ...     "cost": 90 * volume**0.8 * np.exp(0.05 * rng.standard_normal(36))})
    >>> found = Scalable().fit(costs).processes_.iloc[0]
    >>> found["verdict"], bool(found["low"] < 0.8 < found["high"])
    ('scalable', True)
    """

    def __init__(self, months=LEAST, seasons=True, level=0.95):
        self.months = months
        self.seasons = seasons
        self.level = level

    def fit(self, costs):
        """Fit each process.

        Parameters
        ----------
        costs : pandas.DataFrame
            Of :func:`~cxresearch.features.process_costs`, or any other with process, month (a date), volume and cost.

        Returns
        -------
        Scalable
            This object.

        Raises
        ------
        NotEnough
            Where no process has its cost and volume of enough months.
        """
        missing = [c for c in ("process", "month", "volume", "cost") if c not in costs]
        if missing:
            raise ValueError(f"the costs have no column {missing[0]}")
        known = costs[(costs["volume"] > 0) & (costs["cost"] > 0)]
        dropped = len(costs) - len(known)
        self.left_out_ = (
            [f"volume or cost is missing in {dropped:,} month{'' if dropped == 1 else 's'}"]
            if dropped
            else []
        )
        found = [
            self._process(name, part.sort_values("month"))
            for name, part in known.groupby("process", sort=True)
        ]
        self.processes_ = pd.DataFrame([row for row in found if row])
        if not len(self.processes_):
            raise NotEnough(
                f"no process has volume and cost of {self.months} months in which its volume varies"
            )
        return self

    def summary(self):
        """The elasticity of each process.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        return rows.summary(
            rows.row(
                f"{p.process}: elasticity of cost",
                (p.estimate, p.low, p.high),
                p.n,
                "log–log by month, Newey–West",
            )
            for p in self.processes_.itertuples()
        )

    def _process(self, name, part):
        if len(part) < self.months:
            self.left_out_.append(f"the process {name} has its cost of fewer than {self.months} months")
            return None
        x, y = (np.log(part[c].to_numpy(float)) for c in ("volume", "cost"))
        months = pd.to_datetime(part["month"]).dt.month.to_numpy()
        design = np.column_stack([np.ones(len(x)), x])
        design = with_seasons(design, months) if self.seasons else design
        if np.ptp(x) < 1e-9:
            self.left_out_.append(f"the volume of the process {name} does not vary")
            return None
        fit = newey_west(design, y)
        middle = float(fit.params[1])
        error = float(np.sqrt(max(fit.covariance[1, 1], fit.ordinary[1, 1])))
        reach = error * float(stdtrit(fit.df, (1 + self.level) / 2))
        low, high = middle - reach, middle + reach
        is_exact = np.abs(fit.residuals).max() < EXACT
        verdict = (
            "by construction"
            if is_exact
            else "scalable"
            if high < 1
            else "not scalable"
            if low > 1
            else "not clear"
        )
        left = float(fit.residuals @ fit.residuals / max(np.square(y - y.mean()).sum(), 1e-300))
        cost = float(part["cost"].to_numpy(float)[-MONTHS_PER_YEAR:].sum())
        extra = [cost * ((1 + GROWTH) ** e - (1 + GROWTH)) for e in (middle, low, high)]
        names = ("estimate", "low", "high", "extra", "extra_low", "extra_high")
        return {
            **{
                "process": name,
                "n": len(part),
                "std_error": error,
                "r_squared": 1 - left,
                "verdict": verdict,
                "cost": cost,
            },
            **dict(zip(names, [middle, low, high, *extra], strict=True)),
        }
