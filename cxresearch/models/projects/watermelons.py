"""Watermelons: projects that are reported green and are behind schedule."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.recorded import need_recorded
from cxresearch.stats.clustered import clustered_share
from cxresearch.stats.rows import row, shares, summary

LATE = 0.95


class Watermelons(Estimator):
    """Reports that say green while the whole interval of SPI(t) lies below a threshold.

    A report is called a watermelon if it says green, the project is not finished, and the upper limit of SPI(t) is below
    `late`. The rule asks for evidence: it misses projects that are somewhat late, and those with few reports, rather than
    calling an honest one a liar. Earned value is the project's own word too, so a project that inflates it passes.

    Parameters
    ----------
    late : float
        SPI(t) below which a project is late.
    level : float
        Of the limits of shares; those of SPI(t) come with the reports.

    Attributes
    ----------
    reports_ : DataFrame
        Reports with a colour and an SPI(t), of unfinished projects: project_id, status_on, reported_rag, spi_t, spi_t_low, spi_t_high,
        n, is_green, is_late (by the point), is_watermelon.
    now_ : DataFrame
        The same, the latest report of each project only.
    left_out_ : list of str

    Notes
    -----
    On the sample company, whose truth is known, 26 of 571 green reports are called. Against *green while SPI(t) to date is below .95*
    precision is 1.00 (0.87 to 1.00) and recall .37 (.27 to .49); of the reports with six months behind them, recall is 21 of 28. All
    called projects do report a pace that is too high.

    Examples
    --------
    >>> import pandas as pd
    >>> months = pd.DataFrame({"project_id": ["A", "B"], "status_on": pd.to_datetime(["2026-01-31"] * 2), "is_done": False,
    ...     "reported_rag": ["Green", "green"], "spi_t": [.8, .9], "spi_t_low": [.7, .8], "spi_t_high": [.9, 1.0], "n": 6})
    >>> Watermelons().fit(months).now_[["project_id", "is_watermelon"]]
      project_id  is_watermelon
    0          A           True
    1          B          False
    """

    def __init__(self, late=LATE, level=0.95):
        self.late = late
        self.level = level

    def fit(self, months):
        """Judge every report.

        Parameters
        ----------
        months : DataFrame
            ``EarnedValue.months_``, with the column reported_rag.

        Returns
        -------
        Watermelons
            This object.

        Raises
        ------
        NotEnough
            If no report of an unfinished project has both a colour and an SPI(t).
        """
        need_recorded(months, ["reported_rag"], "project_status")
        needed = [
            "project_id",
            "status_on",
            "reported_rag",
            "spi_t",
            "spi_t_low",
            "spi_t_high",
            "is_done",
            "n",
        ]
        rows = table(months, needed, "months")[needed]
        rows = rows[rows["reported_rag"].notna() & rows["spi_t"].notna() & ~rows["is_done"]].copy()
        if not len(rows):
            raise NotEnough("no report of an unfinished project has both a colour and a planned value")
        colour = rows["reported_rag"].astype(str).str.strip().str.casefold()
        rows["is_green"] = colour.isin(["green", "g"])
        rows["is_late"] = rows["spi_t"] < self.late
        rows["is_watermelon"] = rows["is_green"] & (rows["spi_t_high"] < self.late)
        rows = rows.sort_values(["project_id", "status_on"], ignore_index=True)
        self.reports_, self.left_out_ = rows, []
        self.now_ = rows.groupby("project_id").tail(1).reset_index(drop=True)
        return self

    def score(self, is_false):
        """Precision and recall against a truth, where one is known.

        Parameters
        ----------
        is_false : array-like of bool
            One per row of ``reports_``: the report is green and the project truly late.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit: precision and recall, with Wilson limits.
        """
        truth, called = np.asarray(is_false, dtype=bool), self.reports_["is_watermelon"].to_numpy()
        both = (truth & called).sum()
        return shares(
            ["precision", "recall"], [both, both], [int(called.sum()), int(truth.sum())], self.level
        )

    def summary(self):
        """Shares of green reports that are watermelons: of all reports, and of the latest of each project.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit. Reports of one project are alike: the limits are those of what they are worth together
            (:func:`~cxresearch.stats.clustered.clustered_share`).
        """
        rows = []
        for name, part in (("green reports", self.reports_), ("latest green reports", self.now_)):
            green = part[part["is_green"]]
            share = clustered_share(green["is_watermelon"], green["project_id"], self.level)
            rows.append(
                row(
                    f"{name} behind schedule",
                    share,
                    len(green),
                    "Wilson score, clustered by project",
                    "share",
                )
            )
        return summary(rows)
