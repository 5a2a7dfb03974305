"""How many rows a quarter should have, and how many should have come in its last week."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import binom, nbinom, poisson

from cxresearch.models.quality.scan import months_ago, months_back
from cxresearch.stats.interval import normal_quantile

LONGEST = 36  # earlier months used
FEW = 6  # earlier months, and FEW_QUARTERS quarters, without which nothing is predicted
FEW_QUARTERS = 4
THIN = 10  # a table with fewer rows in its usual month is judged by the quarter
FEEDS = 30  # rows of a quarter without which a table only indicates
PRIOR = 0.5  # prior standard deviation of a year's trend and of the season, on the log scale
VOLUMES = ["table", "grain", "month", "rows", "expected", "low", "high", "is_quarter", "p", "verdict"]


def predict(counts, ahead, per_year=12, level=0.95, skip=()):
    r"""Predict the next counts of a series, and their sum.

    Quasi-Poisson regression with a level, a trend (from a year and 8 periods on) and one yearly wave (from two years and
    24 periods on),

    .. math:: \log\mu_t = b_0 + b_1 t + b_2\cos(2\pi t/s) + b_3\sin(2\pi t/s),\quad \mathrm{Var}(y_t) = \varphi\mu_t,

    recent periods weighing more (half-life half a year, at least 4 periods), trend and season shrunk towards none. A count to come has the mean
    :math:`\mu` and the variance :math:`\varphi\mu + \mu^2 x'Vx`, widened by Student's t for the uncertainty of
    :math:`\varphi`; its distribution is the negative binomial with these two moments.

    Parameters
    ----------
    counts : array-like of shape (n,)
        Oldest first, without gaps.
    ahead : int
        Periods to predict.
    per_year : int
        Periods of a year.
    level : float
    skip : sequence of int
        Positions that are known to be wrong and not learnt from.

    Returns
    -------
    pandas.DataFrame
        One row per period and a last one for their sum: expected, low, high, size and share (of the negative binomial).

    Examples
    --------
    >>> predict([40, 43, 38, 41, 45, 39, 42, 40], 1)[["expected", "low", "high"]].round(0).iloc[0].tolist()
    [41.0, 26.0, 58.0]
    """
    y = np.asarray(counts, dtype=float)
    n = len(y)
    t = np.arange(n + ahead)
    weight = 0.5 ** ((n - 1 - t[:n]) / max(per_year / 2, 4))
    weight[list(skip)] = 0
    columns, shrink = [np.ones(n + ahead)], [0.0]
    if n >= max(per_year, 8):
        columns.append((t - n) / per_year)
        shrink.append(PRIOR**-2)
    if n >= max(2 * per_year, 24):
        angle = 2 * np.pi * t / per_year
        columns += [np.cos(angle), np.sin(angle)]
        shrink += [PRIOR**-2] * 2
    x, shrink = np.column_stack(columns), np.array(shrink)
    seen = x[:n]
    base = max(np.average(y, weights=weight), 0.05)
    b, phi = np.r_[np.log(base), np.zeros(len(shrink) - 1)], 1.0
    effective = weight.sum() ** 2 / np.square(weight).sum()
    free = max(effective - len(shrink), 2.0)
    for _ in range(60):
        mu = np.exp(np.clip(seen @ b, -7, 30))
        hessian = (seen * (weight * mu)[:, None]).T @ seen + np.diag(phi * shrink) + 1e-9 * np.eye(len(b))
        step = np.linalg.solve(hessian, seen.T @ (weight * (y - mu)) - phi * shrink * b)
        b = b + np.clip(step, -2, 2)
        spread = (weight * (y - mu) ** 2 / mu).sum() / weight.sum() * effective / free
        phi = max(1.0, spread)
        if np.abs(step).max() < 1e-8:
            break
    half = np.linalg.solve(hessian, (seen * (weight * np.sqrt(mu))[:, None]).T)
    covariance = phi * half @ half.T
    to_come = np.exp(np.clip(x[n:] @ b, -7, 30))
    slopes = to_come[:, None] * x[n:]
    means, slopes = np.r_[to_come, to_come.sum()], np.vstack([slopes, slopes.sum(0)])
    widen = (stdtrit(free, (1 + level) / 2) / normal_quantile(level)) ** 2
    variance = widen * (phi * means + np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    variance = np.maximum(variance, means * (1 + 1e-6))
    size, share = means**2 / (variance - means), means / variance
    low, high = (nbinom.ppf(q, size, share) for q in ((1 - level) / 2, (1 + level) / 2))
    return pd.DataFrame(
        {"expected": means, "low": np.minimum(low, means), "high": np.maximum(high, means),
         "size": size, "share": share}
    )  # fmt: skip


def chance(rows, prediction):
    """P(at most so many rows) and P(at least so many), under a row of `predict`."""
    if prediction["size"] > 1e9:
        return poisson.cdf(rows, prediction["expected"]), poisson.sf(rows - 1, prediction["expected"])
    return (
        nbinom.cdf(rows, prediction["size"], prediction["share"]),
        nbinom.sf(rows - 1, prediction["size"], prediction["share"]),
    )


def differs(rows, last, periods):
    """Two-sided p-value that a count comes at the rate of the last quarter, `last` rows in so many periods like it.

    Given their sum, a count is binomial with 1 of 1 + `periods` parts.

    >>> round(differs(10, 18, 1), 3)
    0.185
    """
    both, part = rows + last, 1 / (1 + periods)
    tails = binom.cdf(rows, both, part), binom.sf(rows - 1, both, part)
    return float(min(1.0, 2 * min(tails)))


def history(scan, as_of):
    """Rows by month ago (0 = the last month), back to the first whole month, at most `LONGEST` before the quarter.

    Months of the quarter itself are counted as they are, whole or not: they are judged, not learnt from.
    """
    if scan.days.empty:
        return pd.Series(dtype=float)
    ago = months_ago(scan.days["day"], as_of)
    first = int(ago.max())
    begins = pd.Timestamp(months_back(as_of, first + 1)) + pd.Timedelta(days=1)
    if first > 2 and (scan.days["day"].min() - begins).days > 7:
        first -= 1
    rows = scan.days["rows"].groupby(np.asarray(ago)).sum()
    return rows.reindex(range(min(first, LONGEST + 2) + 1), fill_value=0).astype(float)


def grain(rows):
    """``month``, or ``quarter`` where the earlier months are often empty or thin; None where they are too few."""
    before = rows[rows.index > 2]
    if len(before) >= FEW and (before == 0).mean() < 1 / 3 and before.median() >= THIN:
        return "month"
    return "quarter" if len(before) >= 3 * FEW_QUARTERS else None


def volumes(scan, as_of, level=0.95):
    """Rows of a table by month or quarter, oldest first, those of this quarter with their prediction.

    ``p`` is the larger of two p-values, against the prediction and against the last quarter's rate: only what both rule out is
    news of this quarter.

    Returns
    -------
    pandas.DataFrame
        The columns `VOLUMES`; ``month`` is the last day of the month or quarter.
    dict
        The quarter as a whole: table, rows, expected, low, high, months and learnt (rows in them), p_last (against the
        last quarter).
    """
    rows = history(scan, as_of)
    unit = grain(rows) if len(rows) else None
    total = {"table": scan.name, "rows": int(rows[rows.index < 3].sum()), "months": max(len(rows) - 3, 0)}
    total["learnt"] = int(rows[rows.index > 2].sum())
    per = 3 if unit == "quarter" else 1
    rows = rows.groupby(rows.index // per).sum()[: len(rows) // per]
    frame = pd.DataFrame({"rows": rows.to_numpy()[::-1]}, columns=["rows"])
    ago = np.asarray(rows.index[::-1], dtype=int)
    frame["month"] = [pd.Timestamp(months_back(as_of, int(per * a))) for a in ago]
    frame["is_quarter"] = ago < 3 // per
    frame = frame.assign(table=scan.name, grain=unit or "month", expected=np.nan, low=np.nan, high=np.nan)
    frame = frame.assign(p=np.nan, verdict="")
    if unit is None:
        frame.loc[frame["is_quarter"], "verdict"] = "not assessed"
        return frame[VOLUMES], total | dict.fromkeys(("expected", "low", "high", "p_last"), np.nan)
    before = frame.loc[~frame["is_quarter"], "rows"].to_numpy()
    lost = [
        i for i in range(1, len(before) - 1)
        if unit == "month" and before[i] == 0 and min(before[i - 1], before[i + 1]) >= THIN
    ]  # fmt: skip
    frame.loc[lost, "verdict"] = "no rows"
    ahead = int(frame["is_quarter"].sum())
    predicted = predict(before, ahead, 12 // per, level, lost)
    for column in ("expected", "low", "high"):
        frame.loc[frame["is_quarter"], column] = predicted[column].to_numpy()[:ahead]
    seen = frame.loc[frame["is_quarter"], "rows"].to_numpy()
    last, periods = float(before[-3 // per :].sum()), 3 // per
    frame.loc[frame["is_quarter"], "p"] = [
        max(min(1.0, 2 * min(chance(rows, row))), differs(rows, last, periods))
        for rows, row in zip(seen, predicted.to_dict("records"), strict=False)
    ]
    total["p_last"] = differs(total["rows"], last, 1)
    whole = predicted.iloc[-1]
    return frame[VOLUMES], total | {name: whole[name] for name in ("expected", "low", "high")}


def late(scan, as_of, level=0.95):
    """When a table's last record is, and whether its last seven days are as full as such days use to be.

    The last seven days are compared with the seven days that end on the same day of earlier months (of earlier quarters,
    where a table lives by the quarter), so that month-end reports and waves are compared with their like.

    Returns
    -------
    dict
        table, last_record, days_before, last_week, usual_week, low, high, p, longest_before (days of silence at an earlier
        quarter's end), fed (30 rows or more in the quarter before).
    """
    rows, days = history(scan, as_of), scan.days.set_index("day")["rows"]
    found = {"table": scan.name, "last_record": pd.NaT, "days_before": np.nan, "last_week": 0}
    found |= dict.fromkeys(("usual_week", "low", "high", "p", "longest_before"), np.nan) | {"fed": False}
    if not len(rows):
        return found
    unit = grain(rows)

    def week(months):
        end = pd.Timestamp(months_back(as_of, months))
        return float(days[(days.index > end - pd.Timedelta(days=7)) & (days.index <= end)].sum())

    def silence(months):
        end = pd.Timestamp(months_back(as_of, months))
        return (end - days.index[days.index <= end].max()).days

    found |= {"last_record": scan.last, "last_week": int(week(0))}
    found["days_before"] = (pd.Timestamp(as_of) - scan.last).days
    found["fed"] = bool(rows[(rows.index >= 3) & (rows.index < 6)].sum() >= FEEDS)
    ends = range(3, len(rows), 3)
    if len(ends):
        found["longest_before"] = max(silence(m) for m in ends)
    if unit is None:
        return found
    step = 3 if unit == "quarter" else 1
    usual = [week(m) for m in range(step, len(rows), step)][::-1]
    predicted = predict(usual, 1, 12 // step, level).iloc[0]
    found |= {"usual_week": predicted["expected"], "low": predicted["low"], "high": predicted["high"]}
    found["p"] = chance(found["last_week"], predicted)[0]
    return found
