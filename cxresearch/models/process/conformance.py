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
from cxresearch.stats.order_statistics import counted_quantile
from cxresearch.stats.proportions import wilson

TAIL = 0.1  # the worst tenth of cases
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

    def __init__(self, level=0.95):
        self.level = level

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
        counts = numbers(known["cases"], "cases", low=1)
        self.models_ = model_steps(executed(models))
        place, names = pd.factorize(known["process"].astype(str))
        self.left_out_ = _unmatched(names, self.models_)
        number = {name: k for k, name in enumerate(names)}
        lines = {name: np.flatnonzero(place == number[name]) for name in self.models_ if name in number}
        if not lines:
            raise NotEnough("no process has both a model and cases")
        found = {name: self._process(name, known.iloc[at], counts[at]) for name, at in lines.items()}
        each, steps, columns, moves = zip(*found.values(), strict=True)
        self.processes_ = pd.DataFrame({name: [row[name] for row in each] for name in each[0]})
        self.steps_ = self._shares([line for one in steps for line in one])
        at = np.concatenate(list(lines.values()))
        whole = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
        every = {name: column.array.take(at) for name, column in known.items()} | {"cases": counts[at]}
        self.variants_ = pd.DataFrame(every | whole)
        self.deviations_ = {
            name: pd.DataFrame(flags, columns=list(self.models_[name].activities))
            for name, flags in zip(found, moves, strict=True)
        }
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
                    f"{p.process}: fitness of the worst tenth",
                    limits,
                    p.n,
                    "exact bootstrap by case",
                    "share",
                )
            )
        return rows.summary(found)

    def _process(self, name, part, counts):
        """A row of the process, what each step was left by, the columns of its variants and the steps each variant left."""
        steps = self.models_[name]
        texts = part["variant"].tolist()
        paths = [activities(text) for text in texts]
        codes, lengths = coded(paths, steps)
        is_open = _is_open(part, codes, steps)
        a = align(codes, lengths, steps, is_open)
        longest = lengths + np.concatenate([[0], np.cumsum(steps.is_must)])[a.reached]
        out, is_done, must = a.out, a.done > 0, steps.is_must_activity
        is_tried = np.zeros_like(a.skipped)  # one of the alternatives was done, if out of place
        np.logical_or.at(is_tried.T, steps.position, is_done.T)
        is_first = np.r_[True, np.diff(steps.position) > 0]  # the alternative that stands for its position
        left = a.skipped[:, steps.position]
        moved, skipped = left & is_done, left & ~is_tried[:, steps.position] & is_first
        moves = out + (skipped | moved)
        columns = {
            "is_open": is_open,
            "cost": a.cost,
            "length": lengths,
            "repeats": np.maximum(a.done - steps.allowed, 0).sum(axis=1) + _repeats(paths, a.unknown, steps),
            "fitness": 1 - a.cost / np.maximum(longest, 1),
            "dev_must": moves[:, must].sum(axis=1),
            "dev_may": moves[:, ~must].sum(axis=1),
        }
        kinds = skipped, (out > 0) & (moved | (a.done == 1)), (out > 0) & ~moved & (a.done > 1)
        closed = np.where(is_open, 0, counts)
        totals = np.stack([closed @ flags for flags in kinds], axis=1).tolist()
        found = [
            (activity, "must" if must[k] else "may", kind, totals[k][place])
            for k, activity in enumerate(steps.activities)
            for place, kind in enumerate(KINDS)
        ]
        found += [(activity, "", "not in the model", n) for activity, n in _unknown(paths, closed, a, steps)]
        row = self._fitness(name, len(set(texts)), counts, columns, longest)
        return row, [(name, *line, row["n"]) for line in found], columns, moves > 0

    def _shares(self, found):
        """Deviations as shares of the closed cases."""
        columns = dict(
            zip(("process", "activity", "rule", "kind", "cases", "n"), zip(*found, strict=True), strict=True)
        )
        cases, n = np.array(columns["cases"]), np.array(columns.pop("n"))
        limits = np.where(n > 0, wilson(cases, np.maximum(n, 1), self.level), np.nan)
        return pd.DataFrame(columns | dict(zip(("estimate", "low", "high"), limits, strict=True)) | {"n": n})

    def _fitness(self, name, variants, every, columns, longest):
        is_open, f, cost = (columns[c] for c in ("is_open", "fitness", "cost"))
        counts = np.where(is_open, 0, every)
        n = int(counts.sum())
        row = {
            "process": name,
            "n": n,
            "n_open": int(every[is_open].sum()),
            "variants": variants,
            "open_fitting": int(every[is_open & (cost == 0)].sum()),
        }
        if not n:
            return row | dict.fromkeys(FIGURES, np.nan)
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
        tail = counted_quantile(f, counts, TAIL, self.level)
        return row | dict(zip(("p10", "p10_low", "p10_high"), tail, strict=True))


def _is_open(part, codes, steps):
    """Whether a case goes on: it says so, or its last step is recent and the end of the model has not been reached."""
    is_flagged, is_quiet = (
        part[name].fillna(default).to_numpy(bool) if name in part else np.full(len(part), default)
        for name, default in (("is_flagged_open", False), ("is_quiet", True))
    )
    if is_quiet.all():
        return is_flagged
    musts = np.flatnonzero(steps.is_must)
    last = np.flatnonzero(steps.position == (musts[-1] if len(musts) else steps.position.max()))
    return is_flagged | (~is_quiet & ~np.isin(codes, last).any(axis=1))


def _unknown(paths, counts, found, steps):
    """The activities that the model does not know, and how many closed cases went through each."""
    total = {}
    for k in np.flatnonzero((found.unknown > 0) & (counts > 0)).tolist():
        for activity in set(paths[k]).difference(steps.activities):
            total[activity] = total.get(activity, 0) + int(counts[k])
    return sorted(total.items())


def _repeats(paths, unknown, steps):
    """How many steps of each path repeat an activity that the model does not know."""
    found = np.zeros(len(paths), dtype=int)
    for k in np.flatnonzero(unknown > 1).tolist():
        found[k] = unknown[k] - len(set(paths[k]).difference(steps.activities))
    return found


def _unmatched(names, models):
    """Processes without a model, and models without cases."""
    have = set(names)
    left = [f"the process {name} has no model" for name in sorted(have - set(models))]
    return left + [f"the process {name} has a model and no cases" for name in sorted(set(models) - have)]
