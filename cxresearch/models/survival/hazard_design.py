"""The right-hand side of a churn hazard: tenure, renewals and covariates as columns of numbers."""

import numpy as np
import pandas as pd

from cxresearch.inputs import is_lazy, numbers, reject, whole

TERM = " term"
_BASELINES = ("log", "constant", "periods")
_MOST_LEVELS = 200


class HazardDesign:
    """Columns of a discrete-time hazard model; learns the levels of text covariates and of the baseline.

    Parameters
    ----------
    baseline : {"log", "constant", "periods"} or sequence of int
        As in :class:`~cxresearch.models.survival.discrete_hazard.ChurnHazard`.
    renewals : int
        How many kinds of renewal to tell apart.

    Attributes
    ----------
    names_ : list of str
        The columns of the last matrix learnt.

    Examples
    --------
    >>> design = HazardDesign("log", 1)
    >>> columns = design.read(pd.DataFrame({"plan": ["gold", "basic"]}), term=12, rows=2, learn=True)
    >>> design.matrix(np.array([1, 12]), columns, learn=True).round(2).tolist()
    [[1.0, 0.0, 0.0, 1.0], [1.0, 2.48, 1.0, 0.0]]
    >>> design.names_
    ['intercept', 'log(period)', 'renewal', 'plan=gold']
    """

    def __init__(self, baseline, renewals):
        self.baseline = baseline
        self.renewals = renewals

    def read(self, X, term, rows, learn=False):
        """Turn covariates and terms into a dict of numeric columns; text becomes the number of its level.

        Parameters
        ----------
        X : DataFrame, Series, array or None
            Covariates, one row per customer or person-period.
        term : int, array-like of int or None
            Periods between renewals, 0 where there are none.
        rows : int
            How many rows there must be.
        learn : bool
            Whether to learn the levels, or to refuse those not met before.

        Raises
        ------
        ValueError
            If a covariate has missing values, one value only, or a level not learnt.
        """
        frame = _frame(X, rows)
        if learn:
            self._levels, self._given = {}, (list(frame.columns), term is not None)
            if self.renewals < 1 or self.renewals != int(self.renewals):
                raise ValueError(f"renewals is {self.renewals}, not a whole number from 1")
        expected, has_term = self._given
        lacking = [name for name in expected if name not in frame.columns]
        if lacking:
            raise ValueError(f"X lacks {', '.join(lacking)}")
        if has_term and term is None:
            raise ValueError("term is not given, but the model was fitted with renewals")
        columns = {name: self._column(frame[name], name, learn) for name in expected}
        if has_term:
            columns[TERM] = np.broadcast_to(whole(term, "term", 0), rows)
        return columns

    def matrix(self, period, columns, learn=False):
        """Return the design matrix for periods and the columns that ``read`` returned, taken row by row."""
        if learn:
            self._learn_baseline(period)
        parts = [("intercept", 1.0), *self._tenure(period)]
        if TERM in columns:
            parts += self._renewal(period, columns[TERM])
        for name, values in columns.items():
            if name in self._levels:
                levels = self._levels[name]
                parts += [(f"{name}={level}", values == place) for place, level in enumerate(levels) if place]
            elif name != TERM:
                parts.append((name, values))
        design = np.empty((len(period), len(parts)), order="F")
        for place, (_, values) in enumerate(parts):
            design[:, place] = values
        if learn:
            self.names_ = [name for name, _ in parts]
            twice = {name for name in self.names_ if self.names_.count(name) > 1}
            if twice:
                raise ValueError(f"X has a column named as a term of the model: {', '.join(sorted(twice))}")
        return design

    def _column(self, values, name, learn):
        if values.dtype == object or isinstance(values.dtype, (pd.StringDtype, pd.CategoricalDtype)):
            reject(values.isna().to_numpy(), name, "is missing", values.index)
            if learn:
                self._levels[name] = _levels(values)
                if len(self._levels[name]) > _MOST_LEVELS:
                    raise ValueError(
                        f"{name} has {len(self._levels[name])} values; group them into a few first"
                    )
            code = pd.Index(self._levels[name]).get_indexer(pd.Index(values))
            reject(code < 0, name, "has a value not met when fitting", values.index)
            varied = len(self._levels[name]) > 1
        elif name in self._levels:
            raise ValueError(f"{name} was text when fitting and is {values.dtype} now")
        else:
            code = numbers(values, name)
            varied = not learn or code.min() < code.max()
        if not varied:
            raise ValueError(f"{name} has one value only: leave it out")
        return code

    def _learn_baseline(self, period):
        self._starts = None
        if isinstance(self.baseline, str):
            if self.baseline not in _BASELINES:
                raise ValueError(
                    f"baseline is {self.baseline!r}, not one of {', '.join(_BASELINES)} or steps"
                )
            if self.baseline == "periods":
                self._starts = np.unique(period)
            return
        starts = np.unique(np.r_[1, whole(self.baseline, "baseline", 1)])
        self._starts = starts[starts <= max(period.max(), 1)]

    def _tenure(self, period):
        if self._starts is None:
            return [("log(period)", np.log(period))] if self.baseline == "log" else []
        step = np.searchsorted(self._starts, period, side="right") - 1
        if self.baseline == "periods":
            unknown = (step < 0) | (self._starts[step] != period)
            reject(unknown, "period", "was not met when fitting, and the baseline has one level per period,")
        return [(name, step == place) for place, name in enumerate(self._step_names()) if place]

    def _step_names(self):
        if self.baseline == "periods":
            return [f"period {start}" for start in self._starts]
        ends = [f"–{end - 1}" for end in self._starts[1:]] + ["+"]
        spans = zip(self._starts, ends, strict=True)
        return [f"period {start}{end if end != f'–{start}' else ''}" for start, end in spans]

    def _renewal(self, period, term):
        length = np.maximum(term, 1)
        is_due = (term > 0) & (period % length == 0)
        kind = np.where(is_due, np.minimum(period // length, self.renewals), 0)
        if self.renewals == 1:
            return [("renewal", kind == 1)]
        last = self.renewals
        return [(f"renewal {n}{'+' if n == last else ''}", kind == n) for n in range(1, last + 1)]


def _frame(X, rows):
    if X is None:
        return pd.DataFrame(index=range(rows))
    if is_lazy(X):
        raise ValueError("X is not executed yet: execute its table once, so that its rows stay together")
    if isinstance(X, pd.Series):
        X = X.to_frame(X.name or "x1")
    if not isinstance(X, pd.DataFrame):
        array = np.asarray(X)
        array = array[:, None] if array.ndim == 1 else array
        X = pd.DataFrame(array, columns=[f"x{number}" for number in range(1, array.shape[1] + 1)])
    if len(X) != rows:
        raise ValueError(f"X has {len(X)} rows, not {rows}")
    X = X.rename(columns=str)
    if X.columns.duplicated().any():
        raise ValueError(f"X has two columns named {X.columns[X.columns.duplicated()][0]}")
    return X


def _levels(values):
    """The values of a text column in alphabetical order, those of a categorical one in its own."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return list(values.cat.remove_unused_categories().cat.categories)
    return sorted(pd.unique(values), key=str)
