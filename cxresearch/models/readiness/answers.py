"""The answers that count: the firm's own respondents, and the organisations it is held against."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, numbers
from cxresearch.words import count_text

MOST_MISSING = 3  # items a respondent may leave out
SYNTHETIC = "synthetic"
SHIPPED = Path(__file__).with_name("synthetic_benchmark.csv")


class Answers(NamedTuple):
    """Usable answers.

    Attributes
    ----------
    own : ndarray (respondents, 12)
        The firm's; missing where an item was not answered.
    year : float
        The firm's year of implementation; missing where it does not say.
    peers : ndarray (organisations, 12)
        Item means of each organisation of the benchmark.
    years : ndarray (organisations,)
    is_synthetic : bool
        A part of the benchmark is made up.
    left_out : list of str
    """

    own: np.ndarray
    year: float
    peers: np.ndarray
    years: np.ndarray
    is_synthetic: bool
    left_out: list

    @property
    def own_items(self):
        """The firm's mean of each item."""
        return np.nanmean(self.own, axis=0)

    @property
    def own_scores(self):
        """The score of each of its respondents."""
        return np.nanmean(self.own, axis=1)

    @property
    def peer_scores(self):
        """The score of each organisation."""
        return np.nanmean(self.peers, axis=1)


def usable(respondents):
    """Read respondents.

    Parameters
    ----------
    respondents : pandas.DataFrame or Ibis table
        Of :func:`~cxresearch.features.readiness_respondents`. Without any row of a benchmark the synthetic one that ships is taken.

    Returns
    -------
    Answers

    Raises
    ------
    NotEnough
        Where no usable answer is the firm's own, or the firm's answers are of several organisations.
    """
    frame = executed(respondents)
    missing = [c for c in ("organisation_id", *READINESS_ITEMS) if c not in frame]
    if missing:
        raise ValueError(f"the answers have no column {missing[0]}")
    items = frame[list(READINESS_ITEMS)].apply(pd.to_numeric).to_numpy(float)
    numbers(items[np.isfinite(items)], "score", low=0, high=4)
    is_short = np.isnan(items).sum(axis=1) > MOST_MISSING
    left = []
    if is_short.any():
        left.append(
            f"{count_text(is_short.sum(), 'respondent')} left out more than {MOST_MISSING} of the twelve questions"
        )
    is_peer = (
        frame["is_benchmark"].fillna(False).to_numpy(bool)
        if "is_benchmark" in frame
        else np.zeros(len(frame), bool)
    )
    is_own = ~is_peer & ~is_short
    if not is_own.any():
        raise NotEnough("no answer to the readiness assessment is the firm's own")
    if frame.loc[is_own, "organisation_id"].nunique() > 1:
        raise NotEnough("the firm's own answers are of several organisations: mark the others as benchmark")
    year = _year(frame[is_own])
    others = frame[is_peer & ~is_short]
    if len(others):
        sources = (
            others["source"].fillna("").str.lower() if "source" in others else pd.Series("", others.index)
        )
        is_synthetic = bool((sources == SYNTHETIC).any())
        means = others.groupby("organisation_id", sort=True)[list(READINESS_ITEMS)].mean()
        years = (
            others.groupby("organisation_id", sort=True)["year"].max()
            if "year" in others
            else pd.Series(np.nan, means.index)
        )
    else:
        shipped = pd.read_csv(SHIPPED)
        means, years, is_synthetic = shipped[list(READINESS_ITEMS)], shipped["year"], True
    is_dated = years.notna().to_numpy()
    if not is_dated.all():
        left.append(
            f"{count_text((~is_dated).sum(), 'organisation')} of the benchmark do not say in which year they are"
        )
    if not is_dated.any():
        raise NotEnough("no organisation of the benchmark says in which year of implementation it is")
    return Answers(
        items[is_own],
        year,
        means.to_numpy(float)[is_dated],
        years.to_numpy(float)[is_dated].astype(int),
        is_synthetic,
        left,
    )


def _year(own):
    if "year" not in own or own["year"].isna().all():
        return np.nan
    return float(own["year"].dropna().median())
