"""Is a process done the same way each time: fitness, rework, and the spread of its cycle times."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_mean
from cxresearch.stats.order_statistics import censored_quantiles, quantiles
from cxresearch.stats.proportions import wilson


class Repeatable(Estimator):
    """Rework and cycle times of processes, beside the fitness of their cases.

    Rework is a step that repeats an activity more often than its model allows, once where the model says nothing. Cycle time runs from the first moment of a case to its
    last; that of an open case is only known to be longer (Kaplan–Meier). P90/P50 tells how long a slow case takes against a usual one.

    Parameters
    ----------
    level : float
        Confidence level.
    seed : int
        Of the draws behind the intervals of cycle times.

    Attributes
    ----------
    processes_ : DataFrame
        process, n (closed cases), n_open, and with their limits (``…_low``, ``…_high``): fitness, rework (share of cases), rework_steps (share of steps), p50, p90 (hours), ratio.

    Examples
    --------
    >>> cases = pd.DataFrame({"process": "order", "fitness": 1.0, "repeats": [0, 0, 0, 1] * 10, "length": 4, "is_open": False,
    ...     "hours": np.tile([1.0, 2, 3, 8], 10)})
    >>> found = Repeatable().fit(cases).processes_.iloc[0]
    >>> [float(found[name]) for name in ("rework", "rework_steps", "p50", "p90", "ratio")]
    [0.25, 0.0625, 2.5, 8.0, 3.2]
    """

    def __init__(self, level=0.95, seed=0):
        self.level = level
        self.seed = seed

    def fit(self, cases):
        """Count, and take quantiles.

        Parameters
        ----------
        cases : pandas.DataFrame
            Of :meth:`Conformance.cases`: process, fitness, repeats, length, is_open, hours.

        Returns
        -------
        Repeatable
            This object.

        Raises
        ------
        NotEnough
            Where no case is closed.
        """
        self.left_out_ = []
        if not len(cases) or cases["is_open"].all():
            raise NotEnough("no case of a process is closed")
        self.processes_ = pd.DataFrame(
            [{"process": name} | self._process(part) for name, part in cases.groupby("process", sort=True)]
        )
        return self

    def summary(self):
        """Rework and cycle times of each process.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        words = {
            "rework": ("cases with rework", "Wilson score", "share"),
            "rework_steps": ("steps that are rework", "clustered by case", "share"),
            "p50": ("cycle time in hours, median", "bootstrap by case", ""),
            "p90": ("cycle time in hours, slowest tenth from", "bootstrap by case", ""),
            "ratio": ("slowest tenth against the median", "bootstrap by case", ""),
        }
        return rows.summary(
            rows.row(
                f"{p['process']}: {text}", [p[name], p[f"{name}_low"], p[f"{name}_high"]], p["n"], how, unit
            )
            for p in self.processes_.to_dict("records")
            for name, (text, how, unit) in words.items()
        )

    def _process(self, part):
        is_open = part["is_open"].to_numpy(bool)
        closed = part[~is_open]
        n, repeats, length = len(closed), closed["repeats"].to_numpy(float), closed["length"].to_numpy(float)
        found = {"n": n, "n_open": int(is_open.sum())}
        if not n:
            names = [
                f"{name}{end}"
                for name in ("fitness", "rework", "rework_steps", "p50", "p90", "ratio")
                for end in ("", "_low", "_high")
            ]
            return found | dict.fromkeys(names, np.nan)
        fitness = clustered_mean(closed["fitness"], level=self.level)
        share = (
            repeats.sum() / length.sum()
        )  # a ratio of sums: the influence of a case is its repeats beyond its share
        off = clustered_mean((repeats - share * length) / length.mean(), level=self.level)
        reach = off.high - off.estimate
        given = {"level": self.level, "seed": self.seed}
        hours = part["hours"].to_numpy(float)
        times = censored_quantiles(hours, ~is_open, **given) if is_open.any() else quantiles(hours, **given)
        limits = {
            "fitness": (fitness.estimate, max(fitness.low, 0), min(fitness.high, 1)),
            "rework": wilson((repeats > 0).sum(), n, self.level),
            "rework_steps": (share, max(share - reach, 0.0), share + reach),
            **dict(zip(("p50", "p90", "ratio"), times, strict=True)),
        }
        for name, (estimate, low, high) in limits.items():
            found |= {name: float(estimate), f"{name}_low": float(low), f"{name}_high": float(high)}
        return found
