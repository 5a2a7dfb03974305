"""The figures that a board asks for first: customers, revenue, who left, who was won, what was sold."""

import numpy as np
import pandas as pd
from scipy.stats import binom, chi2

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.months import months_later
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary
from cxresearch.words import nearest_ten

SURE = 0.01  # p-value of a change that is put into words
STOPPED = 0.1  # of what was won a year before: with fewer, winning has stopped
Z = 1.959964


class KeyFigures(Estimator):
    r"""Contract customers and their revenue, retention in customers and in revenue, and what the shop sold and won.

    The share that left in the quarter is of those under contract at its beginning (Wilson). Retention by revenue is
    :math:`r = \sum a_i s_i / \sum a_i` over those under contract a year before, :math:`a_i` their monthly amount and :math:`s_i` whether
    they still are, with Wilson's interval on Kish's effective number :math:`(\sum a_i)^2 / \sum a_i^2`. Numbers won have Garwood's exact Poisson interval, sales
    that of a compound Poisson sum, :math:`\pm 1.96 \sqrt{\sum x_j^2}`: what another quarter of the same custom would have sold.

    Parameters
    ----------
    months : int
        Of the quarter.

    Attributes
    ----------
    contracts_ : str
        "grow", "shrink" or "hold": customers won against customers left in the quarter (exact binomial test at 1 %); empty without contracts.
    shop_ : str
        "stopped", "fewer", "more" or "same": customers won, against the same quarter a year before; empty where it is not known.
    headline_ : list of str
        The metrics of the board page.
    by_segment_ : pandas.DataFrame
        segment, n, left, share and share_of_revenue of those who left within a year.
    n_ : int

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. *Biometrika* 28, 437–442. Kish, L. (1965). *Survey Sampling*.
    Wiley.

    Examples
    --------
    >>> import datetime
    >>> days = pd.to_datetime(["2024-01-01"] * 40 + ["2026-08-01"] * 30)
    >>> ends = pd.to_datetime(["2026-07-31"] * 4 + [None] * 66)
    >>> spells = pd.DataFrame({"started_on": days, "ended_on": ends, "is_over": ends.notna(), "event": ends.notna(), "monthly_amount": 10.0})
    >>> figures = KeyFigures().fit(datetime.date(2026, 9, 30), spells)
    >>> figures.contracts_, figures.summary().set_index("metric")["estimate"].round(2).to_dict()["contract customers"]
    ('grow', 66.0)
    """

    def __init__(self, months=3):
        self.months = months

    def fit(self, as_of, spells=None, shop=None):
        """Count.

        Parameters
        ----------
        as_of : datetime.date
        spells : pandas.DataFrame, optional
            As from :func:`cxresearch.features.customer_spells`.
        shop : pandas.DataFrame, optional
            As from :func:`cxresearch.features.shop_quarter`.

        Raises
        ------
        NotEnough
            Where there is neither.
        """
        if spells is None and shop is None:
            raise NotEnough("there are neither contracts nor orders")
        self._rows, self.headline_, self.contracts_, self.shop_ = [], [], "", ""
        self.by_segment_ = pd.DataFrame(columns=["segment", "n", "left", "share", "share_of_revenue"])
        self.n_ = 0
        if spells is not None and len(spells):
            self._contracts(spells, as_of)
        if shop is not None:
            self._shop(shop.set_index("years_ago"))
        return self

    def summary(self):
        """One row per figure."""
        return summary(self._rows)

    def _add(self, *given, headline=True):
        self._rows.append(row(*given))
        self.headline_ += [given[0]] if headline else []

    def _contracts(self, spells, as_of):
        began, ended = (pd.to_datetime(spells[name]) for name in ("started_on", "ended_on"))
        left = spells["event"].astype(bool)
        amount = spells["monthly_amount"].to_numpy(float)
        now = (ended.isna()).to_numpy()
        quarter, year = (pd.Timestamp(months_later(as_of, -months)) for months in (self.months, 12))
        self.n_ = int(now.sum())
        self._add("contract customers", (self.n_, None, None), self.n_, "count", "people")
        if np.isfinite(amount[now]).any():
            revenue = 12 * float(np.nansum(amount[now]))
            metric = "revenue of running contracts, a year"
            self._add(metric, (revenue, None, None), self.n_, "count", "money")
        at_start = ((began <= quarter) & ~(ended <= quarter)).to_numpy()
        gone = (at_start & left & (ended > quarter)).to_numpy()
        n, x, span = int(at_start.sum()), int(gone.sum()), f"last {self.months} months"
        if n:
            metric = f"contract customers who left, {span}"
            self._add(metric, wilson(x, n), n, "Wilson score", "share")
        won = int((began > quarter).sum())
        metric = f"contract customers won, {span}"
        self._add(metric, _in_tens(garwood(won)), self.n_, "count, Garwood interval", headline=False)
        self.contracts_ = _direction(won, x)
        at_year = ((began <= year) & ~(ended <= year)).to_numpy()
        if at_year.any():
            self._year(spells, at_year, (left & (ended > year)).to_numpy(), amount)

    def _year(self, spells, there, left, amount):
        """Who of those under contract a year ago has left, in customers and in revenue."""
        gone = left[there]
        self._add("left within a year", wilson(gone.sum(), len(gone)), len(gone), "Wilson score", "share", headline=False)  # fmt: skip
        paid = np.nan_to_num(amount[there])
        if paid.sum() > 0:
            share = paid @ (1 - gone.astype(float)) / paid.sum()
            effective = paid.sum() ** 2 / (paid @ paid)
            metric = "12-month retention by revenue"
            method = "Wilson score, Kish's effective number"
            self._add(metric, wilson(share * effective, effective), len(gone), method, "share")
        if "segment" not in spells:
            return
        segment = spells["segment"].astype("string").fillna("unknown").to_numpy()[there]
        frame = pd.DataFrame({"segment": segment, "left": gone, "lost": paid * gone})
        by = frame.groupby("segment").agg(n=("left", "size"), left=("left", "sum"), lost=("lost", "sum"))
        if len(by) < 2:
            return
        by["share"] = by["left"] / max(by["left"].sum(), 1)
        by["share_of_revenue"] = by["lost"] / by["lost"].sum() if by["lost"].sum() > 0 else np.nan
        self.by_segment_ = by.drop(columns="lost").reset_index()
        for one in self.by_segment_.itertuples():
            metric = f"left within a year, {one.segment}"
            shown = row(metric, wilson(one.left, one.n), one.n, "Wilson score", "share")
            self._rows.append(shown | {"group": "left within a year"})

    def _shop(self, shop):
        now, before = shop.loc[0], shop.loc[1]
        span = f"last {self.months} months"
        if np.isfinite(now["sales"]) or (now["orders"] == 0 and np.isfinite(before["sales"])):
            sales = float(np.nan_to_num(now["sales"]))
            reach = Z * np.sqrt(np.nan_to_num(now["squares"]))
            limits = sales, max(sales - reach, 0.0), sales + reach
            metric = f"shop sales, {span}"
            self._add(metric, limits, int(now["orders"]), "total, compound Poisson interval", "money")
        if now["is_known"]:
            won = int(now["won"])
            metric = f"new shop customers, {span}"
            self._add(metric, _in_tens(garwood(won)), int(now["orders"]), "count, Garwood interval")
        if before["is_known"]:
            self.shop_ = _against_last_year(int(now["won"]), int(before["won"]))


def garwood(count):
    """A count with its exact Poisson interval.

    >>> [round(float(value), 2) for value in garwood(0)], [round(float(value), 2) for value in garwood(10)]
    ([0.0, 0.0, 3.69], [10.0, 4.8, 18.39])
    """
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(count), float(low), float(chi2.ppf(0.975, 2 * count + 2) / 2)


def _in_tens(limits):
    """Numbers of people as a page states them."""
    return tuple(float(nearest_ten(round(value))) for value in limits)


def _direction(won, left):
    """Whether customers won and lost differ, as two Poisson counts.

    >>> _direction(60, 30), _direction(31, 30), _direction(0, 12)
    ('grow', 'hold', 'shrink')
    """
    total = won + left
    tail = binom.sf(max(won, left) - 1, total, 0.5) if total else 1.0
    if 2 * tail >= SURE:
        return "hold"
    return "grow" if won > left else "shrink"


def _against_last_year(won, before):
    """How many customers were won, against the same quarter a year before.

    >>> [_against_last_year(won, 700) for won in (2, 500, 690, 900)], _against_last_year(0, 4)
    (['stopped', 'fewer', 'same', 'more'], 'same')
    """
    way = _direction(won, before)
    if way == "shrink" and won < STOPPED * before:
        return "stopped"
    return {"shrink": "fewer", "grow": "more", "hold": "same"}[way]
