"""Module I, readiness: two hundred made-up organisations in their first to fifth year, and Northgate's own answers.

The benchmark is synthetic and says so in each row. The same draw, at the default seed, is what :mod:`cxresearch.models.readiness` ships.
"""

import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from cxresearch.sample.blocks import rounded
from cxresearch.sample.columns import dates, labels, numbers

ITEMS = tuple(f"{theme}_{n}" for theme in ("strategy", "people", "process", "technology") for n in (1, 2, 3))
ROLES = ("sponsor", "manager", "staff")


def scores(rng, means, p):
    """Answers of respondents whose items have these means: whole numbers from 0 to 4, alike within a respondent."""
    rows, items = means.shape
    common = p.loading * rng.standard_normal((rows, 1))
    own = np.sqrt(1 - p.loading**2) * rng.standard_normal((rows, items))
    return rounded(means + p.sd * (common + own), 0, 4)


def item_mean(mean, sd):
    """The mean of an answer after rounding to 0–4, exactly."""
    cut = (np.arange(4) + 0.5 - np.asarray(mean, float)[..., None]) / sd
    return (1 - ndtr(cut)).sum(axis=-1)


def table(block, truth):
    """The ``readiness_answers`` table."""
    p, rng, window = truth.readiness, block.rng("readiness_answers"), block.window
    year = np.repeat(np.arange(1, len(p.mean) + 1), p.organisations // len(p.mean))
    means = np.repeat(np.array(p.mean)[year - 1][:, None], len(ITEMS), axis=1)
    answers = scores(rng, means, p)
    own = np.tile([p.own[item.split("_")[0]] for item in ITEMS], (p.respondents, 1))
    own[:, ITEMS.index(p.weakest)] = p.weakest_mean
    answers = np.concatenate([answers, scores(rng, own, p)])
    total, bench = len(answers), year.size
    row = np.repeat(np.arange(total), len(ITEMS))
    is_benchmark = row < bench
    organisations = [f"organisation {k + 1:03d}" for k in range(bench)] + ["Northgate"]
    respondents = [f"B{k + 1:03d}" for k in range(bench)] + [f"N{k + 1:03d}" for k in range(p.respondents)]
    benched, ours = (
        window.last_day(window.months - 4),
        window.last_day(window.months - 1) - np.timedelta64(20, "D"),
    )
    roles = np.r_[np.zeros(bench, int), np.minimum(np.arange(p.respondents), 2)]
    return pa.table(
        {
            "organisation_id": labels(np.minimum(row, bench), organisations),
            "assessed_on": dates(np.where(is_benchmark, benched, ours)),
            "respondent_id": labels(row, respondents),
            "respondent_role": labels(roles[row], ROLES),
            "year": numbers(np.r_[year, np.full(p.respondents, p.own_year)][row].astype(np.int32)),
            "item": labels(np.tile(np.arange(len(ITEMS)), total), ITEMS),
            "score": numbers(answers.ravel()),
            "is_benchmark": numbers(is_benchmark),
            "source": labels(is_benchmark, ["own", "synthetic"]),
        }
    )
