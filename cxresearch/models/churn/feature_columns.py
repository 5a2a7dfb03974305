"""Columns of a table of customers as a matrix of numbers: codes for texts, missing values kept as missing."""

import datetime

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import reject
from cxresearch.stats.rare_levels import OTHER

MOST_LEVELS, FEWEST = 50, 10  # levels kept apart; rows that a level needs
EMPTY, CONSTANT = "no value", "one value only"  # reasons why a column says nothing


class FeatureColumns:
    """How a table's columns become numbers; learnt from some rows, applied to others.

    A text, category or object becomes the code of its level, the levels with fewer than 10 rows (and those past the 50 most frequent) one
    level together; a level not met before is missing. Numbers and flags stay what they are. A column with one value only, or none, says
    nothing and is left out.

    Attributes
    ----------
    names_ : list of str
        The columns kept: first those with levels, then the numbers.
    levels_ : dict
        Column → its levels, the code of each being its place.
    left_out_ : list of str
        The columns left out and why, a sentence each.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [30.0, None], "plan": ["gold", "basic"], "firm": ["x", "x"]})
    >>> columns = FeatureColumns(fewest=1).learn(frame)
    >>> columns.names_, columns.left_out_
    (['plan', 'age'], ['firm is left out: one value only'])
    >>> columns.matrix(frame)
    array([[ 1., 30.],
           [ 0., nan]])
    """

    def __init__(self, fewest=FEWEST):
        self.fewest = fewest

    def learn(self, frame):
        """Learn the columns of a table; returns this object.

        Raises
        ------
        NotEnough
            Where no column has more than one value.
        """
        texts, numbers, self.levels_, self.left_out_ = [], [], {}, []
        for name in frame.columns:
            values = frame[name]
            is_text = _is_text(values)
            if values.dtype.kind in "mM" or _holds_dates(values):
                self._leave_out(name, "dates, which are no numbers; give the days since")
                continue
            if not is_text:
                as_number(name, values)
            if values.isna().all():
                self._leave_out(name, EMPTY)
            elif values.nunique(dropna=False) == 1:
                self._leave_out(name, CONSTANT)
            elif is_text:
                self._learn_levels(name, values)
                if name in self.levels_:
                    texts.append(name)
            else:
                numbers.append(name)
        self.names_ = [*texts, *numbers]
        if not self.names_:
            raise NotEnough(_none(self.left_out_))
        return self

    def _leave_out(self, name, why):
        self.left_out_.append(f"{name} is left out: {why}")

    def _learn_levels(self, name, values):
        counts = values.dropna().astype(str).value_counts()
        known = sorted(counts.index[counts >= self.fewest], key=lambda level: (-counts[level], level))[
            :MOST_LEVELS
        ]
        rest = len(counts) - len(known)
        if not known:
            self._leave_out(name, f"{len(counts):,} values, none in {self.fewest} rows")
        else:
            self.levels_[name] = sorted(known) + ([OTHER] if rest else [])

    def matrix(self, frame):
        """The columns kept, as an array of floats in the order of `names_`; missing is NaN.

        Raises
        ------
        ValueError
            Where a column is not there, or a number is infinite or a text.
        """
        lacking = [name for name in self.names_ if name not in frame.columns]
        if lacking:
            raise ValueError(f"X lacks the column {lacking[0]}")
        return np.column_stack([self._column(name, frame[name]) for name in self.names_]).astype(float)

    def _column(self, name, values):
        if name not in self.levels_:
            return as_number(name, values)
        levels = self.levels_[name]
        code = pd.Index(levels).get_indexer(values.astype(str)).astype(float)
        code[code < 0] = levels.index(OTHER) if levels[-1] == OTHER else np.nan
        code[values.isna().to_numpy()] = np.nan
        return code

    def sizes(self):
        """How many levels each column has, 0 for a number."""
        return [len(self.levels_.get(name, ())) for name in self.names_]

    def words(self, name, value):
        """A value of the matrix in words.

        Examples
        --------
        >>> FeatureColumns(1).learn(pd.DataFrame({"plan": ["gold", "basic"]})).words("plan", 1.0)
        'gold'
        """
        if np.isnan(value):
            return "unknown"
        return self.levels_[name][int(value)] if name in self.levels_ else f"{value:.4g}"

    def to_plain(self):
        """As lists and texts, for JSON."""
        return {"names": self.names_, "levels": self.levels_, "left_out": self.left_out_}

    @classmethod
    def from_plain(cls, plain):
        """What `to_plain` wrote."""
        found = cls()
        found.names_ = [str(name) for name in plain["names"]]
        found.levels_ = {
            str(name): [str(level) for level in levels] for name, levels in plain["levels"].items()
        }
        found.left_out_ = [str(sentence) for sentence in plain["left_out"]]
        return found


class OneHot:
    """The matrix of :class:`FeatureColumns` as columns for a linear model: scaled numbers, a column per level, one for missing.

    Attributes
    ----------
    owner_ : ndarray of int
        Which feature each column comes from.
    """

    def __init__(self, levels):
        self.levels = levels  # how many levels each feature has, 0 for a number

    def learn(self, X):
        """Learn means and scales; returns this object."""
        with np.errstate(invalid="ignore"):
            has = ~np.isnan(X)
            n = np.maximum(has.sum(axis=0), 1)
            self.mean_ = np.where(has, X, 0).sum(axis=0) / n
            spread = np.sqrt((np.where(has, X - self.mean_, 0) ** 2).sum(axis=0) / n)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        self.owner_ = np.array([j for j, k in enumerate(self.levels) for _ in range(max(k, 1) + 1)])
        return self

    def design(self, X):
        """One column per scaled number or level, and after each feature's own one that says it is missing."""
        parts = []
        for j, k in enumerate(self.levels):
            x, missing = X[:, j], np.isnan(X[:, j])
            if k:
                parts += [x == level for level in range(k)]
            else:
                parts.append(np.where(missing, 0.0, (x - self.mean_[j]) / self.scale_[j]))
            parts.append(missing)
        return np.column_stack(parts).astype(float)


def as_number(name, values):
    """A column as floats, missing as NaN; a text among them or an infinite value is refused."""
    given = values.isna().to_numpy()
    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    reject(np.isnan(found) & ~given, name, "is not a number", values.index)
    reject(np.isinf(found), name, "is infinite", values.index)
    return found


def _holds_dates(values):
    known = values.dropna() if values.dtype == object else values.iloc[:0]
    return bool(len(known)) and known.map(lambda value: isinstance(value, datetime.date)).all()


def _is_text(values):
    if isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype):
        return True
    if values.dtype != object:
        return False
    known = values.dropna()
    return bool(pd.to_numeric(known, errors="coerce").isna().any())


def _none(left_out):
    """Half a sentence on why no column tells customers apart: one value only, or what else holds for some of them."""
    other = [text for text in left_out if not text.endswith((EMPTY, CONSTANT))]
    if not other:
        return "no feature has more than one value, so customers cannot be told apart"
    return f"no feature can be used ({'; '.join(text.replace(' is left out', '') for text in other)})"
