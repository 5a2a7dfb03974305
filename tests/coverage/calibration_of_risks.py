"""Do open projects fail as often as their risk says?

Draws portfolios of 120 projects as in the sample company, follows them as a report would, and holds the risk of each open project against
what was planted for it: by bins of the risk, and by intercept and slope of the outcome on the log-odds told (0 and 1 are right). Exits with 1
if the mean risk is off by more than three points, or the slope below 0.5: the highest risks are known to be too high, and this tells by how
much. Takes a second a portfolio; run by ``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/calibration_of_risks.py [PORTFOLIOS [FIRST_SEED]]
"""

import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd
import pyarrow.parquet as pq
from scipy.special import logit

import cxresearch as cx
from cxresearch.sample import projects
from cxresearch.sample.blocks import Block, Window
from cxresearch.sample.parameters import Truth
from cxresearch.stats.logistic_line import fit_logistic_line

AS_OF = "2026-09-30"
BINS = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1]


def portfolio(seed, customers=12_000):
    """The health of one portfolio, and which of its projects are planted to fail."""
    block, truth = Block(seed, 0, Window(AS_OF, 36), 0, customers, customers, 5 / 12), Truth()
    size = len(block.scaled(truth.projects.count, monthly=True))
    planted = projects.draw(block.rng("projects"), size, 36, truth.projects)
    register, status = projects.tables(block, truth, 1)
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(register, Path(folder) / "projects.parquet")
        pq.write_table(status, Path(folder) / "project_status.parquet")
        ws = cx.open(folder)
        tables = cx.features.projects(ws, AS_OF).execute(), cx.features.project_status(ws, AS_OF).execute()
    fails = pd.Series(planted.has_failed, register["project_id"].to_pylist())
    return cx.models.ProjectHealth().fit(*tables, AS_OF), fails


def risks(seed):
    """The risk told of each open project of a portfolio, and whether it is planted to fail."""
    health, fails = portfolio(seed)
    told = health.risks_.set_index("project_id")
    return pd.DataFrame({"risk": told["probability"], "fails": fails.reindex(told.index).astype(float)})


def calibration(told):
    """By bins of the risk: projects, mean risk, share that failed; and intercept and slope."""
    by = told.groupby(pd.cut(told["risk"], BINS), observed=True)
    table = by.agg(projects=("fails", "size"), said=("risk", "mean"), failed=("fails", "mean"))
    odds = logit(told["risk"].clip(1e-6, 1 - 1e-6).to_numpy())
    line = fit_logistic_line(told["fails"].to_numpy(), odds)
    return table, line.params


def main(portfolios=70, first=120):
    warnings.simplefilter("ignore")
    told = pd.concat([risks(seed) for seed in range(int(first), int(first) + int(portfolios))])
    table, (level, slope) = calibration(told)
    mean, failed = told["risk"].mean(), told["fails"].mean()
    print(table.round(3).to_string())
    print(f"mean risk {mean:.3f}, failed {failed:.3f}; intercept {level:.2f}, slope {slope:.2f}")
    return int(abs(mean - failed) > 0.03 or slope < 0.5)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
