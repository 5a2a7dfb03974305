"""Whether the columns still hold what they held: filled as before, the same labels, the same scale."""

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from cxresearch.contract.tables import TABLES
from cxresearch.models.quality.scan import BEFORE, LAST, NOW, months_ago
from cxresearch.stats.proportions import newcombe

ENOUGH = 30  # rows on either side of a comparison
FALL, SHIFT = 0.05, 0.10  # points of a filled share, of a label's share, that matter
JUMP = 3  # times wider or narrower
COMPLETENESS = [
    "table", "column", "n", "filled", "share", "n_before", "before", "last", "change", "low", "high", "p", "verdict",
]  # fmt: skip
DEFINITIONS = [
    "table", "column", "value", "change_of", "n", "now", "n_before", "before", "last", "change", "low", "high", "p",
    "verdict",
]  # fmt: skip


def compared(k, n, k_before, n_before, effect):
    """Change of a share, its Newcombe interval and Fisher's exact p-value, on counts divided by the design effect."""
    gap = newcombe(k / effect, n / effect, k_before / effect, n_before / effect)
    yes, no = (round(v / effect) for v in (k, n - k))
    yes_before, no_before = (round(v / effect) for v in (k_before, n_before - k_before))
    return gap, float(fisher_exact([[yes, no], [yes_before, no_before]]).pvalue)


def completeness(scan, as_of):
    """The share of rows that fill each optional column, this quarter and before; one row per column."""
    quarters = np.minimum(np.asarray(months_ago(scan.days["day"], as_of)) // 3, BEFORE)
    sums = scan.days.drop(columns="day").groupby(quarters).sum().reindex([NOW, LAST, BEFORE], fill_value=0)
    n, n_last = int(sums.loc[NOW, "rows"]), int(sums.loc[LAST, "rows"])
    n_before = int(sums.loc[[LAST, BEFORE], "rows"].sum())
    rows, ripening = [], TABLES[scan.name].where("ripens")
    for column in scan.optional:
        row = {"table": scan.name, "column": column, "n": n, "n_before": n_before, "p": np.nan}
        filled = sums[f"filled {column}"]
        row["filled"] = k = int(filled[NOW])
        k_last, k_before = int(filled[LAST]), int(filled[LAST] + filled[BEFORE])
        row |= {"share": _over(k, n), "before": _over(k_before, n_before), "last": _over(k_last, n_last)}
        if column in ripening:
            rows.append(row | {"verdict": "fills in later"})
            continue
        if min(n, n_before) < ENOUGH:
            rows.append(row | {"verdict": "not assessed"})
            continue
        gap, p = compared(k, n, k_before, n_before, scan.effect)
        row |= {"change": gap.estimate, "low": gap.low, "high": gap.high, "p": p}
        drop = min(row["before"], row["last"] if n_last else 1.0) - row["share"]
        row["verdict"] = "fell" if drop >= FALL else "as before"
        rows.append(row)
    return pd.DataFrame(rows, columns=COMPLETENESS)


def definitions(scan):
    """Labels that are new, have vanished or changed their share, and numbers whose scale jumped; one row each."""
    rows = [_number(scan, c, part) for c, part in scan.numbers.groupby("column")]
    for column, part in scan.labels.groupby("column"):
        counts = part.pivot_table(index="value", columns="period", values="n", aggfunc="sum", fill_value=0)
        counts = counts.reindex(columns=[NOW, LAST, BEFORE], fill_value=0).astype(int)
        sums = counts.sum()
        if min(sums[NOW], sums[[LAST, BEFORE]].sum()) < ENOUGH:
            continue
        rows += [_label(scan, column, value, k, sums) for value, k in counts.iterrows()]
    return pd.DataFrame([row for row in rows if row], columns=DEFINITIONS)


def _label(scan, column, value, k, sums):
    n, n_before = int(sums[NOW]), int(sums[LAST] + sums[BEFORE])
    k_before = int(k[LAST] + k[BEFORE])
    gap, p = compared(int(k[NOW]), n, k_before, n_before, scan.effect)
    now, before, last = _over(k[NOW], n), _over(k_before, n_before), _over(k[LAST], sums[LAST])
    if not k_before:
        verdict = "new"
    elif not k[NOW] and k[LAST]:
        verdict = "vanished"
    else:
        steps = [now - before, now - last] if sums[LAST] else [now - before]
        moved = min(steps) >= SHIFT or max(steps) <= -SHIFT
        verdict = ("grew" if now > before else "shrank") if moved else "as before"
    return {
        "table": scan.name, "column": column, "value": str(value), "change_of": "share", "n": n, "now": now,
        "n_before": n_before, "before": before, "last": last, "change": gap.estimate, "low": gap.low,
        "high": gap.high, "p": p, "verdict": verdict,
    }  # fmt: skip


def _number(scan, column, part):
    """A number's scale: its median against the earlier 5 to 95 %, the width of these against the earlier one."""
    by = part.set_index("period")
    earlier = [p for p in (LAST, BEFORE) if p in by.index and by.loc[p, "n"] >= ENOUGH]
    if NOW not in by.index or by.loc[NOW, "n"] < ENOUGH * scan.effect or not earlier:
        return None
    now, jumps = by.loc[NOW], []
    for period in earlier:
        then = by.loc[period]
        width, width_then = now["p95"] - now["p5"], then["p95"] - then["p5"]
        outside = not then["p5"] <= now["p50"] <= then["p95"]
        ratio = width / width_then if width_then > 0 else (1.0 if width == 0 else np.inf)
        jumps.append(outside or not 1 / JUMP <= ratio <= JUMP)
    then = by.loc[earlier[-1]]
    return {
        "table": scan.name, "column": column, "value": "", "change_of": "median", "n": int(now["n"]),
        "now": now["p50"], "n_before": int(by.loc[by.index != NOW, "n"].sum()), "before": then["p50"],
        "last": by["p50"].get(LAST, np.nan), "low": now["p5"], "high": now["p95"],
        "verdict": "another scale" if all(jumps) else "as before",
    }  # fmt: skip


def _over(k, n):
    return float(k / n) if n else np.nan
