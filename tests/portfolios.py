"""Portfolios of projects as in the sample company: as known on a day, and what became of them afterwards."""

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import cxresearch as cx
from cxresearch.sample import projects
from cxresearch.sample.blocks import Block, Window, sigmoid
from cxresearch.sample.parameters import Truth

AS_OF = "2026-09-30"
SEEN, AHEAD = 36, 40  # months before and after that day


@dataclass
class Portfolio:
    """What a report could read on the day, every later report and end, and the planted log-odds and month of cancellation."""

    register: pd.DataFrame
    status: pd.DataFrame
    ended: pd.DataFrame  # by project_id
    reports: pd.DataFrame  # all of them
    planted: pd.DataFrame  # by project_id: eta, fails, start, cancel
    by_day: pd.Series  # the day on which the last work was done, by project_id

    def known(self, by_day=False):
        """Register and reports of the day; with finishes recorded by the day, not at the report."""
        if not by_day:
            return self.register, self.status
        when = self.register["project_id"].map(self.by_day)
        is_delivered = self.register["outcome"] == "delivered"
        return self.register.assign(
            finished_on=self.register["finished_on"].where(~is_delivered, when)
        ), self.status

    @cached_property
    def health(self):
        """ProjectHealth on the day."""
        return cx.models.ProjectHealth().fit(self.register, self.status, AS_OF)

    @cached_property
    def true_risk(self):
        """P(fails | planted log-odds, not cancelled by the day), by project_id."""
        p, cancel = sigmoid(self.planted["eta"]), Truth().projects.cancel
        hazard = np.minimum(0.99, cancel[0] * np.exp(cancel[1] * self.planted["eta"]))
        gone = np.minimum(p, 1 - (1 - hazard) ** (SEEN - self.planted["start"]).clip(lower=0))
        return (p - gone) / (1 - gone)

    def within(self, months=12):
        """What every project spends, and earns beyond the day, within so many months: ac, ev; by project_id."""
        until = pd.Timestamp(AS_OF) + pd.DateOffset(months=months) + pd.offsets.MonthEnd(0)
        columns = ["actual_cost", "earned_value"]
        days = pd.to_datetime(self.reports["status_on"])
        at, now = (
            self.reports[days <= day].groupby("project_id")[columns].last()
            for day in (until, pd.Timestamp(AS_OF))
        )
        return at - now.reindex(at.index).fillna(0)


def portfolio(seed, customers=12_000, truth=None):
    """A portfolio that runs for 36 months before the day, 120 projects at the default size, and for 40 after it."""
    truth = Truth() if truth is None else truth
    window = Window("2030-01-31", SEEN + AHEAD)
    block = Block(seed, 0, window, 0, customers, customers, 5 / 12)
    tables = projects.tables(block, truth, 1)
    size = tables[0].num_rows
    f = projects.draw(block.rng("projects"), size, window.months, truth.projects)
    with tempfile.TemporaryDirectory() as folder:
        for name, table in zip(("projects", "project_status"), tables, strict=True):
            pq.write_table(table, Path(folder) / f"{name}.parquet")
        ws = cx.open(folder)
        known = cx.features.projects(ws, AS_OF).execute(), cx.features.project_status(ws, AS_OF).execute()
    ended, reports = (table.to_pandas() for table in tables)
    planted = {"eta": f.eta, "fails": f.has_failed, "start": f.start, "cancel": f.cancel}
    keys = ended["project_id"]
    return Portfolio(
        *known,
        ended.set_index("project_id"),
        reports,
        pd.DataFrame(planted).set_axis(keys),
        _last_days(block, window, f, truth.projects, ended),
    )


def _last_days(block, window, f, p, ended):
    """The day of the month of delivery on which the planned work was reached."""
    noise = p.pace_sd * block.rng("project_status").standard_normal((f.pace.size, window.months))
    steps = f.pace[:, None] * np.exp(noise - p.pace_sd**2 / 2)
    done = np.cumsum(steps, axis=1)
    at = np.minimum((done < f.planned[:, None]).sum(axis=1), window.months - 1)
    row = np.arange(f.pace.size)
    part = 1 - (done[row, at] - f.planned) / steps[row, at]
    first = window.first_day(np.minimum(f.start + at, window.months - 1))
    days = first + np.ceil(np.clip(part, 0, 1) * 28).astype("m8[D]")
    return pd.Series(pd.to_datetime(days), ended["project_id"])
