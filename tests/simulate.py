"""Customers whose truth is known: buying at rate λ until a hidden death."""

import numpy as np
import pandas as pd

CDNOW_BG = (0.243, 4.414, 0.793, 2.426)


def beta_geo(n, seed, params=CDNOW_BG, ages=(182, 273), whole_days=False, keep_until=None):
    """Simulate BG/NBD customers: frequency, recency and age in weeks; ages uniform in whole days.

    With ``keep_until``, what happens after that age is counted apart, in the column ``later``.
    """
    r, alpha, a, b = params
    rng = np.random.default_rng(seed)
    age = rng.integers(ages[0], ages[1] + 1, n) / 7
    rate, dropout = np.maximum(rng.gamma(r, 1 / alpha, n), 1e-300), rng.beta(a, b, n)
    seen = age if keep_until is None else np.full(n, float(keep_until))
    clock, recency, frequency, later = (
        np.zeros(n),
        np.zeros(n),
        np.zeros(n, dtype=int),
        np.zeros(n, dtype=int),
    )
    active = np.arange(n)
    while len(active):
        clock[active] += rng.exponential(1 / rate[active])
        active = active[clock[active] <= age[active]]
        now = clock[active] <= seen[active]
        frequency[active[now]] += 1
        recency[active[now]] = clock[active[now]]
        later[active[~now]] += 1
        active = active[rng.random(len(active)) > dropout[active]]
    if whole_days:
        recency = np.minimum(np.ceil(recency * 7) / 7, seen)
    rfm = pd.DataFrame({"frequency": frequency, "recency": recency, "age": seen})
    return rfm if keep_until is None else rfm.assign(later=later)


def gamma_gamma(n, seed, params=(6.25, 3.74, 15.4)):
    """Simulate customers of the Gamma–Gamma model: frequency (some 0) and mean spend (missing there)."""
    p, q, gamma = params
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.4, n) - 1
    monetary = rng.gamma(p * np.maximum(x, 1)) / rng.gamma(q, 1 / gamma, n) / np.maximum(x, 1)
    return pd.DataFrame({"frequency": x, "monetary": np.where(x > 0, monetary, np.nan)})


CDNOW_PARETO = (0.553, 10.58, 0.606, 11.67)


def pareto_nbd(n, seed, params=CDNOW_PARETO, ages=(182, 273), keep_until=None):
    """Simulate Pareto/NBD customers: frequency, recency and age in weeks; ages uniform in whole days.

    With ``keep_until``, what happens after that age is counted apart, in the column ``later``.
    """
    r, alpha, s, beta = params
    rng = np.random.default_rng(seed)
    age = rng.integers(ages[0], ages[1] + 1, n) / 7
    rate, death = rng.gamma(r, 1 / alpha, n), rng.gamma(s, 1 / beta, n)
    end = np.minimum(age, rng.exponential(size=n) / np.maximum(death, 1e-300))
    seen = age if keep_until is None else np.full(n, float(keep_until))
    times = [np.sort(rng.uniform(0, stop, k)) for stop, k in zip(end, rng.poisson(rate * end), strict=True)]
    frequency = np.array([np.count_nonzero(when <= last) for when, last in zip(times, seen, strict=True)])
    recency = np.array([when[k - 1] if k else 0.0 for when, k in zip(times, frequency, strict=True)])
    rfm = pd.DataFrame({"frequency": frequency, "recency": recency, "age": seen})
    later = [len(when) for when in times] - frequency
    return rfm if keep_until is None else rfm.assign(later=later)


def loyal_and_tried(seed, loyal=400, tried=900, weeks=104, gap=6.0):
    """Orders of loyal customers who buy every few weeks for years, and of many who try once, or twice within days, and never come back.

    customer_id (L… and T…) and week. Neither the BG/NBD, for which nobody leaves before a second purchase, nor the Pareto/NBD is true of them.
    """
    rng, rows = np.random.default_rng(seed), []
    for i in range(loyal):
        when, end = rng.uniform(0, weeks / 2), rng.exponential(150)
        end += when
        while when < min(end, weeks):
            rows.append((f"L{i}", when))
            when += rng.gamma(2, gap / 2)
    for i in range(tried):
        when = rng.uniform(0, weeks)
        rows.append((f"T{i}", when))
        if rng.random() < 0.15:
            rows.append((f"T{i}", when + rng.exponential(2)))
    orders = pd.DataFrame(rows, columns=["customer_id", "week"])
    return orders[orders["week"] < weeks]


def regular_buyers(n, seed, params, k, modified, ages=(364, 546), keep_until=None):
    """Simulate (M)BG/CNBD-k customers: frequency, recency, age, log_gaps in weeks, and ``later`` where ``keep_until`` is given."""
    r, alpha, a, b = params
    rng = np.random.default_rng(seed)
    age = rng.integers(ages[0], ages[1] + 1, n) / 7
    seen = age if keep_until is None else np.full(n, float(keep_until))
    rate, dropout = np.maximum(rng.gamma(r, 1 / alpha, n), 1e-300), rng.beta(a, b, n)
    rows = np.zeros((n, 4))  # frequency, recency, log_gaps, later
    clock, active = np.zeros(n), np.arange(n)
    if modified:
        active = active[rng.random(n) > dropout]
    while len(active):
        gap = rng.gamma(k, 1 / rate[active])
        clock[active] += gap
        here = clock[active] <= age[active]
        active, gap = active[here], gap[here]
        now = clock[active] <= seen[active]
        rows[active[now], 0] += 1
        rows[active[now], 1] = clock[active[now]]
        rows[active[now], 2] += np.log(gap[now])
        rows[active[~now], 3] += 1
        active = active[rng.random(len(active)) > dropout[active]]
    rfm = pd.DataFrame(rows, columns=["frequency", "recency", "log_gaps", "later"]).assign(age=seen)
    rfm = rfm.astype({"frequency": int, "later": int})
    return rfm.drop(columns="later") if keep_until is None else rfm


def with_covariates(n, seed, kind="BG/NBD", gamma=(0.5, -0.3), delta=(0.6, 0.0), keep_until=None):
    """Buyers whose plan (gold or basic) and size move their rate by exp(γ) and their dropout by exp(δ): rfm, and X."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"plan": rng.choice(["basic", "gold"], n), "size": rng.integers(0, 4, n)})
    x = np.column_stack([X["plan"] == "gold", X["size"]]).astype(float)
    fast, leaves = np.exp(x @ gamma), np.exp(x @ delta)
    parts = []
    for f, d in sorted(set(zip(fast, leaves, strict=True))):
        rows = np.flatnonzero((fast == f) & (leaves == d))
        if kind == "BG/NBD":
            r, alpha, a, b = 0.8, 6.0, 0.5, 2.5
            part = beta_geo(
                len(rows),
                int(rng.integers(1 << 30)),
                (r, alpha / f, a * d, b),
                whole_days=True,
                keep_until=keep_until,
            )
        else:
            r, alpha, s, beta = 0.8, 6.0, 0.7, 12.0
            part = pareto_nbd(
                len(rows), int(rng.integers(1 << 30)), (r, alpha / f, s, beta / d), keep_until=keep_until
            )
        parts.append(part.set_axis(rows))
    return pd.concat(parts).sort_index(), X
