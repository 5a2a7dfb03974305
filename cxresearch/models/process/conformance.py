"""How far cases keep to the model of their process, and where they leave it."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxresearch.contract.variants import activities
from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.process.alignment import align, coded
from cxresearch.models.process.model_steps import model_steps
from cxresearch.stats import rows
from cxresearch.stats.proportions import wilson

TAIL = 0.1  # the worst tenth of cases
DRAWS = 1000
FIGURES = [
    *("fitness", "low", "high", "std_error", "perfect", "perfect_low", "perfect_high"),
    *("cost", "log_fitness", "p10", "p10_low", "p10_high"),
]
KINDS = ("skipped", "out of order", "repeated")


class Conformance(Estimator):
    r"""Fitness of cases to a model by optimal alignment, and the deviations behind it.

    .. math:: f = 1 - \frac{\text{cost}}{\text{steps of the case} + \text{steps of the shortest path of the model}}

    The cost is the least number of steps to skip or to add that turns the path of a case into one that the model allows: skipping a ``must`` step and
    a step out of its place cost 1 each; skipping a ``may`` step is free, and so are repeats up to ``repeats_allowed``. It is exact: a
    dynamic program over each distinct path, so that a million cases cost what their variants cost.

    Parameters
    ----------
    level : float
        Confidence level.
    seed : int
        Of the bootstrap of the worst tenth.

    Attributes
    ----------
    processes_ : DataFrame
        Of each process: process, fitness, low, high, std_error, perfect, perfect_low, perfect_high (the share of cases without deviation), log_fitness (of all steps together), p10, p10_low, p10_high (the fitness that a tenth of cases fall below), cost, n
        (closed cases), n_open, open_fitting (of the open ones, those that fit so far), variants.
    steps_ : DataFrame
        process, activity, rule, kind (skipped, out of order, repeated), cases, estimate, low, high (the share of closed cases), n; and of steps that
        the model does not know the kind ``not in the model``.
    variants_ : DataFrame
        process, variant, cases, is_open, cost, fitness, length (steps), repeats (steps beyond what may be repeated, of any activity), and how many deviations from steps that are a must and from steps that are not: dev_must, dev_may.
    deviations_ : dict
        Process → DataFrame with a line for each line of `variants_` and a column for each activity: whether it was skipped or done out of place.

    Notes
    -----
    An open case is no misfit: its path is held against as much of the model as it has come to, and it counts in no figure but its own. A case is open where it says so, or where its last step is
    less than 30 days old and it has not reached the end of the model. Several alignments may be equally cheap; the fitness is the same for all, the step that is named is that of the one
    that fits the end of the case best. Many variants may be a habit of recording, not chaos.

    References
    ----------
    Adriansyah, A. (2014). *Aligning Observed and Modeled Behavior*. van der Aalst, W., Adriansyah, A. & van Dongen, B. (2012). Replaying history on process models for
    conformance checking and performance analysis. *WIREs Data Mining and Knowledge Discovery* 2, 182–192.

    Examples
    --------
    >>> from cxresearch.contract.variants import variant
    >>> paths = ["ABCE", "ABCBCDE", "ABDCE", "AXBCDE", "E"]
    >>> log = pd.DataFrame({"process": "order", "variant": [variant(path) for path in paths], "cases": 1})
    >>> model = pd.DataFrame({"process": "order", "activity": [*"ABCDE"], "position": range(5), "rule": "must"})
    >>> found = Conformance().fit(log, model)
    >>> found.variants_["fitness"].round(4).tolist()
    [0.8889, 0.8333, 0.8, 0.9091, 0.3333]
    """

    def __init__(self, level=0.95, seed=0):
        self.level = level
        self.seed = seed

    def fit(self, variants, models):
        """Align every variant with the model of its process.

        Parameters
        ----------
        variants : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.process_variants`: process, variant, cases; is_flagged_open and is_quiet where they are there.
        models : pandas.DataFrame
            The contract's ``process_models``.

        Returns
        -------
        Conformance
            This object.

        Raises
        ------
        NotEnough
            Where no process has both a model and cases.
        ValueError
            For a missing column.
        """
        known = executed(variants)
        missing = [c for c in ("process", "variant", "cases") if c not in known]
        if missing:
            raise ValueError(f"the variants have no column {missing[0]}")
        known = known.assign(cases=numbers(known["cases"], "cases", low=1))
        self.models_ = model_steps(executed(models))
        self.left_out_ = _unmatched(known, self.models_)
        parts = {name: known[known["process"] == name] for name in self.models_}
        parts = {name: part.reset_index(drop=True) for name, part in parts.items() if len(part)}
        if not parts:
            raise NotEnough("no process has both a model and cases")
        found = {name: self._process(name, part) for name, part in parts.items()}
        self.processes_, self.steps_, self.variants_ = (
            pd.concat([one[k] for one in found.values()], ignore_index=True) for k in range(3)
        )
        self.deviations_ = {name: one[3] for name, one in found.items()}
        return self

    def cases(self, cases):
        """Cases with what their path shows.

        Parameters
        ----------
        cases : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.process_cases`.

        Returns
        -------
        pandas.DataFrame
            The cases of processes with a model, and is_open, cost, fitness, length, repeats, dev_must, dev_may of `variants_`.
        """
        keys = [c for c in ("process", "variant", "is_flagged_open", "is_quiet") if c in self.variants_]
        return executed(cases).merge(self.variants_.drop(columns="cases"), on=keys, validate="m:1")

    def summary(self):
        """Fitness of each process.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        found = []
        for p in self.processes_.itertuples():
            how = "optimal alignment; variance over counted variants"
            found.append(rows.row(f"{p.process}: fitness", (p.fitness, p.low, p.high), p.n, how, "share"))
            limits = p.perfect, p.perfect_low, p.perfect_high
            found.append(
                rows.row(f"{p.process}: cases without deviation", limits, p.n, "Wilson score", "share")
            )
            limits = p.p10, p.p10_low, p.p10_high
            found.append(
                rows.row(
                    f"{p.process}: fitness of the worst tenth", limits, p.n, "bootstrap by case", "share"
                )
            )
        return rows.summary(found)

    def _process(self, name, part):
        steps = self.models_[name]
        number = {activity: k for k, activity in enumerate(steps.activities)}
        paths = [activities(text) for text in part["variant"]]
        codes, lengths = coded(paths, steps)
        is_open = _is_open(part, codes, steps)
        a = align(codes, lengths, steps, is_open)
        covered = np.concatenate([[0], np.cumsum(steps.is_must)])[a.reached]
        fitness = 1 - a.cost / np.maximum(lengths + covered, 1)
        left, out = a.skipped[:, steps.position], a.out
        is_tried = np.zeros_like(a.skipped)
        np.logical_or.at(
            is_tried.T, steps.position, (a.done > 0).T
        )  # one of the alternatives was done, if out of place
        is_first = np.r_[True, np.diff(steps.position) > 0]  # the alternative that stands for its position
        moved, skipped = left & (a.done > 0), left & ~is_tried[:, steps.position] & is_first
        deviates = pd.DataFrame(skipped | moved | (out > 0), columns=list(steps.activities))
        must = steps.is_must_activity
        moves = out + (skipped | moved)
        variants = part.assign(
            is_open=is_open, cost=a.cost,
            length=lengths,
            repeats=[_repeats(path, number, steps) for path in paths], fitness=fitness, dev_must=moves[:, must].sum(axis=1), dev_may=moves[:, ~must].sum(axis=1)
        )  # fmt: skip
        kinds = {
            "skipped": skipped,
            "out of order": (out > 0) & (moved | (a.done == 1)),
            "repeated": (out > 0) & ~moved & (a.done > 1),
        }
        counts, closed = part["cases"].to_numpy(), ~is_open
        totals = {kind: counts[closed] @ flags[closed] for kind, flags in kinds.items()}
        rule = np.where(must, "must", "may")
        found = [
            (a, rule[k], kind, int(totals[kind][k])) for k, a in enumerate(steps.activities) for kind in KINDS
        ]
        found += [(a, "", "not in the model", n) for a, n in _unknown(paths, counts * closed, number)]
        deviations = self._shares(name, found, int(counts[closed].sum()))
        return self._fitness(name, variants, lengths + covered), deviations, variants, deviates

    def _shares(self, process, found, n):
        """Deviations as shares of the closed cases."""
        frame = pd.DataFrame(found, columns=["activity", "rule", "kind", "cases"])
        frame.insert(0, "process", process)
        limits = wilson(frame["cases"].to_numpy(), n, self.level) if n else (np.nan,) * 3
        return frame.assign(**dict(zip(("estimate", "low", "high"), limits, strict=True)), n=n)

    def _fitness(self, name, variants, longest):
        is_open = variants["is_open"].to_numpy()
        every, f, cost = (variants[c].to_numpy() for c in ("cases", "fitness", "cost"))
        counts = np.where(is_open, 0, every)
        n = int(counts.sum())
        row = {
            "process": name,
            "n": n,
            "n_open": int(every[is_open].sum()),
            "variants": variants["variant"].nunique(),
        }
        row["open_fitting"] = int(every[is_open & (cost == 0)].sum())
        if not n:
            return pd.DataFrame([row | dict.fromkeys(FIGURES, np.nan)])
        mean = counts @ f / n
        error = np.sqrt(counts @ (f - mean) ** 2 / (n - 1) / n) if n > 1 else np.nan
        reach = error * stdtrit(n - 1, (1 + self.level) / 2) if n > 1 else np.nan
        row |= {
            "fitness": mean,
            "low": max(mean - reach, 0),
            "high": min(mean + reach, 1),
            "std_error": error,
        }
        perfect = wilson(counts[cost == 0].sum(), n, self.level)
        row |= dict(zip(("perfect", "perfect_low", "perfect_high"), perfect, strict=True))
        row |= {"cost": int(counts @ cost), "log_fitness": 1 - counts @ cost / (counts @ longest)}
        return pd.DataFrame(
            [row | dict(zip(("p10", "p10_low", "p10_high"), self._tail(f, counts, n), strict=True))]
        )

    def _tail(self, f, counts, n):
        """The quantile of fitness that a tenth of cases fall below, and its bootstrap limits from counted values."""
        values, where = np.unique(f, return_inverse=True)
        held = np.bincount(where, counts).astype(int)
        draws = np.random.default_rng(self.seed).multinomial(n, held / n, DRAWS)
        middle, found = (
            float(_counted_quantile(values, held[None], TAIL)[0]),
            _counted_quantile(values, draws, TAIL),
        )
        low, high = np.quantile(found, [(1 - self.level) / 2, (1 + self.level) / 2])
        return middle, min(low, middle), max(high, middle)


def _counted_quantile(values, counts, p):
    """The quantile of counted values, for each line of counts, by linear interpolation of the order statistics (type 7).

    >>> _counted_quantile(np.array([1.0, 2.0, 4.0]), np.array([[1, 2, 1]]), 0.9).tolist(), float(np.quantile([1, 2, 2, 4], 0.9))
    ([3.4000000000000004], 3.4000000000000004)
    """
    ends = np.cumsum(counts, axis=1)
    place = p * (ends[0, -1] - 1)
    below = int(place)
    low, high = (values[(ends <= min(k, ends[0, -1] - 1)).sum(axis=1)] for k in (below, below + 1))
    return low + (place - below) * (high - low)


def _is_open(part, codes, steps):
    """Whether a case goes on: it says so, or its last step is recent and the end of the model has not been reached."""
    flagged = part.get("is_flagged_open", pd.Series(False, part.index)).fillna(False).to_numpy(bool)
    is_quiet = part.get("is_quiet", pd.Series(True, part.index)).fillna(True).to_numpy(bool)
    musts = np.flatnonzero(steps.is_must)
    last = np.flatnonzero(steps.position == (musts[-1] if len(musts) else steps.position.max()))
    return flagged | (~is_quiet & ~np.isin(codes, last).any(axis=1))


def _unknown(paths, counts, number):
    """The activities that the model does not know, and how many closed cases went through each."""
    found = {}
    for path, count in zip(paths, counts.tolist(), strict=True):
        for activity in set(path).difference(number):
            found[activity] = found.get(activity, 0) + count
    return sorted((activity, count) for activity, count in found.items() if count)


def _repeats(path, number, steps):
    """How many steps of a path repeat an activity more often than it may be repeated."""
    kinds = set(path)
    if len(kinds) == len(path):
        return 0
    allowed = {a: steps.allowed[number[a]] if a in number else 1 for a in kinds}
    return int(sum(max(0, path.count(a) - allowed[a]) for a in kinds))


def _unmatched(variants, models):
    """Processes without a model, and models without cases."""
    have = set(variants["process"].dropna().astype(str))
    left = [f"the process {name} has no model" for name in sorted(have - set(models))]
    return left + [f"the process {name} has a model and no cases" for name in sorted(set(models) - have)]
