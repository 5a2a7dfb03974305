"""What else was known of a project at its first gate: its attributes as columns of numbers, and which of them are later facts."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cxresearch.models.projects.failure_design import ALIKE, GAPS, NEEDS
from cxresearch.stats.rare_levels import pool_rare_levels
from cxresearch.stats.roc import auc

LATER = {"finished_on", "decided_on", "actual_cost", "benefit_realised", "outcome", "has_failed"}
NO_ATTRIBUTE = {
    "project_id",
    "project_name",
    "currency",
    "approved_on",
    "started_on",
    "planned_finish_on",
    "begun_on",
}
PLANNED = "planned_days"  # between the first day of work and the finish first planned
FEWEST, MOST = 10, 12  # decided projects of a level that stands by itself; such levels of a text
FEW, EMPTY, FULL = (
    5,
    0.2,
    0.8,
)  # projects; shares that are filled, by which a column is seen to be filled in afterwards
TOLD, PURE, COVERED = (
    0.98,
    0.98,
    0.95,
)  # AUC of a number; share of a level with one outcome; share of projects in such levels
GROWS, LASTS = (
    0.6,
    0.4,
)  # rank correlation of a number with the age of open projects, and with how long decided ones took
RARE = "\0rare"  # what levels beyond the most frequent are called while they are counted
WIDE = (
    20  # of positive numbers: from that ratio of the 95th to the 5th percentile on, their logarithm is taken
)


class Column(NamedTuple):
    """One column of numbers made of an attribute."""

    attribute: str
    words: str
    level: object  # of a text; None of a number or a flag
    is_log: bool
    middle: float
    scale: float


class KnownAtGate:
    """Attributes of projects as columns of mean 0 and standard deviation 1 among the decided; a missing value is 0.

    Every text, flag and number of the register is an attribute, but for the predictors of
    :data:`~cxresearch.models.projects.failure_design.PREDICTORS`, keys, names, dates and what is recorded at the end. The planned duration is
    one more. Levels of a text with fewer than ten decided projects are taken together, without a look at the outcome; of a positive number that
    ranges widely the logarithm is taken.

    An attribute is left out as a later fact where it is filled for projects of one outcome, or for decided projects, and hardly for the
    others; where its values say which projects failed; and where a number goes both with the age of open projects and with how long decided
    ones took.

    Parameters
    ----------
    projects : DataFrame
        From :func:`cxresearch.features.projects`.
    failed : Series of boolean
        One per project, missing where undecided.

    Attributes
    ----------
    columns_ : list of Column
    left_out_ : dict
        Attribute → reason.

    Examples
    --------
    >>> frame = pd.DataFrame({"project_id": range(40), "site": ["north", "south"] * 20, "lesson": ["read", None] * 20})
    >>> known = KnownAtGate(frame, pd.Series([True, False] * 15 + [False, True] * 5, dtype="boolean"))
    >>> [column.words for column in known.columns_], known.left_out_
    (['site north'], {'lesson': 'missing in 50% of the decided projects'})
    """

    def __init__(self, projects, failed):
        self.columns_, self.left_out_ = [], {}
        frame = _with_plan(projects)
        failed = pd.Series(np.asarray(failed.astype("boolean")), frame.index).astype("boolean")
        decided = failed.notna().to_numpy()
        skipped = NO_ATTRIBUTE | LATER | {column for needs in NEEDS.values() for column in needs}
        for name in frame.columns:
            if name in skipped or (values := _typed(frame[name])) is None or not values.notna().any():
                continue
            why = later_fact(values, failed, frame) or _unusable(values[decided])
            columns = [] if why else _columns(name, values[decided])
            if columns:
                self.columns_ += columns
            else:
                self.left_out_[name] = why or f"no two values have {FEWEST} decided projects each"

    @property
    def attributes_(self):
        """The attributes that are in, in the order of the register."""
        return list(dict.fromkeys(column.attribute for column in self.columns_))

    def places(self, attribute):
        """The numbers of an attribute's columns."""
        return [k for k, column in enumerate(self.columns_) if column.attribute == attribute]

    def drop_told(self, x, z):
        """Leave out each attribute that a linear combination of the named predictors x already tells; z are its columns."""
        design = np.column_stack([np.ones(len(x)), x])
        for attribute in self.attributes_:
            both = np.column_stack([design, z[:, self.places(attribute)]])
            if np.linalg.matrix_rank(both, tol=1e-6 * np.linalg.norm(both)) < both.shape[1]:
                self.left_out_[attribute] = (
                    "the named predictors tell it already, or it does not vary among the projects learnt from"
                )
        self.columns_ = [column for column in self.columns_ if column.attribute not in self.left_out_]

    def transform(self, projects):
        """The columns of projects: ndarray (projects, columns)."""
        frame = _with_plan(projects)
        out = np.zeros((len(frame), len(self.columns_)))
        for k, column in enumerate(self.columns_):
            values = _typed(frame[column.attribute]) if column.attribute in frame else None
            if values is not None:
                number = _number(values, column.level, column.is_log)
                out[:, k] = np.nan_to_num((number - column.middle) / column.scale, nan=0.0)
        return np.clip(out, -4, 4) if out.size else out


def later_fact(values, failed, projects):
    """Why an attribute was not known at the gate; empty where nothing says so.

    Parameters
    ----------
    values : Series
        Numbers, or texts.
    failed : Series of boolean
        Missing where undecided.
    projects : DataFrame
        With begun_on and decided_on, where they are known.
    """
    failed = failed.astype("boolean")
    decided, filled = failed.notna().to_numpy(), values.notna().to_numpy()
    fell = failed.fillna(False).to_numpy(dtype=bool)
    stood = decided & ~fell
    for one, other in ((fell, stood), (stood, fell), (decided, ~decided)):
        are_enough = min(one.sum(), other.sum()) >= FEW
        if are_enough and filled[one].mean() > FULL and filled[other].mean() < EMPTY:
            return "it is filled in after the outcome"
    known = decided & filled
    if min(fell[known].sum(), stood[known].sum()) < FEWEST:
        return ""
    tells = "its values say which projects failed"
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 2:
        ranked = auc(fell[known].astype(float), values.to_numpy(dtype=float)[known]).estimate
        if max(ranked, 1 - ranked) >= TOLD:
            return tells
        return (
            "it grows while a project runs, so it was not known at the gate"
            if _grows(values, decided, projects)
            else ""
        )
    shares = pd.Series(fell[known].astype(float)).groupby(values.to_numpy()[known]).agg(["mean", "size"])
    pure = shares[(shares["size"] >= FEWEST) & ((shares["mean"] >= PURE) | (shares["mean"] <= 1 - PURE))]
    is_told = pure["size"].sum() >= COVERED * known.sum() and (pure["mean"] > 0.5).nunique() == 2
    return tells if is_told else ""


def _grows(values, decided, projects):
    if not {"begun_on", "decided_on"} <= set(projects.columns):
        return False
    begun, ended = (pd.to_datetime(projects[name]) for name in ("begun_on", "decided_on"))
    age, took = -begun.rank()[~decided], (ended - begun).dt.days[decided]
    pairs = ((values[~decided], age, GROWS), (values[decided], took, LASTS))
    return all(
        (one.notna() & other.notna()).sum() >= FEWEST and one.corr(other, method="spearman") >= least
        for one, other, least in pairs
    )


def _with_plan(projects):
    frame = projects.reset_index(drop=True)
    if {"planned_finish_on", "begun_on"} <= set(frame.columns) and PLANNED not in frame:
        planned = pd.to_datetime(frame["planned_finish_on"]) - pd.to_datetime(frame["begun_on"])
        frame = frame.assign(**{PLANNED: planned.dt.days.astype(float)})
    return frame


def _typed(column):
    """A column as numbers or texts; None where it is neither."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return column.astype("Float64").astype(float)
    if pd.api.types.is_datetime64_any_dtype(column):
        return None
    filled = column.dropna()
    if len(filled) and filled.map(lambda value: isinstance(value, bool | np.bool_)).all():
        return column.astype("boolean").astype("Float64").astype(float)
    if not filled.map(lambda value: isinstance(value, str)).all():
        return None
    return column.astype(object).where(column.notna(), None)


def _unusable(values):
    """Why an attribute of decided projects is no predictor; empty where it is one."""
    gaps = values.isna().mean()
    if not len(values) or gaps == 1:
        return "not recorded for decided projects"
    if gaps > GAPS:
        return f"missing in {gaps:.0%} of the decided projects"
    if len(values.dropna()) - values.value_counts().iloc[0] < ALIKE:
        return "nearly the same in all decided projects"
    return ""


def _columns(name, values):
    """The columns of one attribute, from its values among the decided."""
    words = name.replace("_", " ")
    if pd.api.types.is_numeric_dtype(values):
        is_log = values.min() > 0 and values.quantile(0.95) > WIDE * values.quantile(0.05)
        is_flag = values.dropna().isin([0.0, 1.0]).all()
        made = [(words if is_flag else f"{words}, per standard deviation", None, bool(is_log))]
    else:
        texts = values.dropna().astype(str)
        frequent = texts.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:MOST]
        pools = pool_rare_levels(texts.where(texts.isin(frequent), RARE), np.ones(len(texts)), FEWEST)
        own = [level for level in pools.own if level != RARE]
        # of two levels that hold all projects, one column says everything
        made = [(f"{words} {level}", level, False) for level in own]
        if (texts.isin(own)).all():
            made = made[: len(own) - 1]
    columns = []
    for said, level, is_log in made:
        number = _number(values, level, is_log)
        spread = float(number.std(ddof=0))
        if spread > 0:
            columns.append(Column(name, said, level, is_log, float(number.mean()), spread))
    return columns


def _number(values, level, is_log):
    if level is not None:
        return (values == level).astype(float).where(values.notna())
    numbers = values.astype(float)
    return np.log(numbers.where(numbers > 0)) if is_log else numbers
