"""Whom to interview about leaving: as many of each group of risk as it has of those expected to leave."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers, reject
from cxresearch.models.estimator import Estimator
from cxresearch.stats.rows import row, summary

STRATA = ("churning", "indifferent", "loyal")


class InterviewSample(Estimator):
    r"""A stratified sample of customers to talk to about why customers leave, by what they do rather than by what they say.

    Strata by the risk that behaviour shows: churning, at least `high` times the mean risk; loyal, at most `low` times; indifferent
    between. With :math:`N_h` customers of mean risk :math:`\bar p_h` in stratum :math:`h`

    .. math:: n_h = n\, \frac{N_h \bar p_h}{\sum_k N_k \bar p_k},

    the share of those expected to leave who are in the stratum. This is Neyman's allocation for a mean over leavers whose answers vary alike
    in all strata: the question is what makes customers leave, so that interviews go where leavers are. Each stratum gets at least `fewest` (as
    far as it has them), so that those who stay are heard too, and none more than it has. Within a stratum everybody is equally likely to be
    drawn.

    Parameters
    ----------
    n : int
        Interviews.
    high, low : float
        Multiples of the mean risk that bound the strata.
    fewest : int
        Interviews that each stratum gets at least.
    seed : int

    Attributes
    ----------
    strata_ : DataFrame
        stratum, customers (N_h), leavers (expected), mean_risk, interviews (n_h), weight (customers that an interview stands for).
    rows_ : DataFrame
        One row per customer drawn: customer_id, stratum, weight; in random order within strata.

    References
    ----------
    Neyman, J. (1934). On the two different aspects of the representative method. *J. Royal Statistical Society* 97, 558–625.

    Examples
    --------
    >>> risk = pd.Series(np.r_[np.full(900, 0.01), np.full(800, 0.06), np.full(300, 0.4)])
    >>> InterviewSample(60).fit(risk.index.astype(str), risk).strata_[["stratum", "customers", "leavers", "interviews"]].round(1)
           stratum  customers  leavers  interviews
    0     churning        300    120.0          39
    1  indifferent        800     48.0          16
    2        loyal        900      9.0           5
    """

    def __init__(self, n=60, high=2.0, low=0.5, fewest=5, seed=0):
        self.n = n
        self.high = high
        self.low = low
        self.fewest = fewest
        self.seed = seed

    def fit(self, customer_id, risk):
        """Allocate the interviews and draw.

        Parameters
        ----------
        customer_id : array-like
        risk : array-like
            Probability of leaving.

        Returns
        -------
        InterviewSample
            This object.

        Raises
        ------
        NotEnough
            Where there are no customers.
        """
        if isinstance(self.n, bool) or self.n != int(self.n) or self.n < 1:
            raise ValueError(f"n is {self.n!r}, not a number of interviews")
        if not 0 <= self.low < self.high:
            raise ValueError(
                f"low is {self.low}, high {self.high}: the loyal are at lower risk than the churning"
            )
        risk = np.asarray(numbers(risk, "risk", low=0, high=1), dtype=float)
        names = pd.Series(np.asarray(customer_id), dtype=object)
        aligned(customer_id=names.to_numpy(), risk=risk)
        reject(names.isna(), "customer_id", "is missing")
        reject(names.duplicated(), "customer_id", "occurs twice")
        if not len(risk):
            raise NotEnough("there are no customers to interview")
        mean = risk.mean()
        place = (
            np.select([risk >= self.high * mean, risk <= self.low * mean], [0, 2], 1)
            if mean > 0
            else np.full(len(risk), 2)
        )
        sizes, leavers = np.bincount(place, minlength=3), np.bincount(place, risk, minlength=3)
        drawn = allocate(sizes, leavers / np.maximum(sizes, 1), min(int(self.n), len(risk)), self.fewest)
        self._describe(names, place, sizes, leavers, drawn)
        return self

    def summary(self):
        """How many customers each stratum has, and how many interviews; counts, without intervals."""
        return summary(
            row(f"interviews, {s.stratum}", (float(s.interviews), np.nan, np.nan), s.customers, "count")
            for s in self.strata_.itertuples()
        )

    def _describe(self, names, place, sizes, leavers, drawn):
        random, rows = np.random.default_rng(self.seed), []
        for h, stratum in enumerate(STRATA):
            members = names[place == h].sort_values(kind="stable").to_numpy()
            chosen = random.permutation(len(members))[: drawn[h]]
            weight = sizes[h] / drawn[h] if drawn[h] else np.nan
            rows.append(pd.DataFrame({"customer_id": members[chosen], "stratum": stratum, "weight": weight}))
        self.rows_ = pd.concat(rows, ignore_index=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight, mean = np.where(drawn > 0, sizes / drawn, np.nan), leavers / sizes
        self.strata_ = pd.DataFrame(
            {
                "stratum": STRATA,
                "customers": sizes,
                "leavers": leavers,
                "mean_risk": mean,
                "interviews": drawn,
                "weight": weight,
            }
        )


def allocate(sizes, spread, n, fewest=0):
    """Neyman's allocation in whole numbers: n_h ∝ N_h·σ_h, at least `fewest` and at most N_h, largest remainders first.

    Parameters
    ----------
    sizes, spread : array-like
        N_h and σ_h.
    n : int
    fewest : int

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> allocate([100, 100, 5], [1.0, 3.0, 3.0], 40)
    array([10, 29,  1])
    >>> allocate([100, 100, 5], [1.0, 3.0, 3.0], 40, fewest=4)
    array([ 9, 27,  4])
    """
    sizes, spread = np.asarray(sizes, dtype=np.int64), np.asarray(spread, dtype=float)
    n = min(int(n), int(sizes.sum()))
    least = np.minimum(sizes, fewest)
    if least.sum() > n:
        least = np.minimum(sizes, n // max(int((sizes > 0).sum()), 1))
    size = sizes * spread
    size = size if size.sum() > 0 else sizes.astype(float)
    found, free = least.astype(float), np.ones(len(sizes), dtype=bool)
    while free.any() and size[free].sum() > 0:
        share = np.where(free, size, 0.0) / size[free].sum() * (n - found[~free].sum())
        low, high = free & (share < least), free & (share > sizes)
        if not (low | high).any():
            found[free] = share[free]
            break
        # settle the side that is off by more first, so that the other may still move
        if (least - share)[low].sum() >= (share - sizes)[high].sum():
            found[low], free = least[low], free & ~low
        else:
            found[high], free = sizes[high], free & ~high
    whole = np.floor(found + 1e-9).astype(np.int64)
    order = np.argsort(-(found - whole), kind="stable")
    while whole.sum() < n:
        room = [h for h in order if whole[h] < sizes[h]]
        for h in room[: n - whole.sum()]:
            whole[h] += 1
    return whole
