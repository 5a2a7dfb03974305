"""How alike the answers of strata are: the R-indicator and its interval."""

import numpy as np


def representativeness(answered, invited, times=2000, level=0.95):
    """The R-indicator of strata's answered and invited counts, with its interval, as in :func:`response`."""
    rng = np.random.default_rng(0)
    draws = rng.binomial(invited, answered / invited, (times, len(invited)))
    r, simulated = _r(answered[None, :], invited)[0], _r(draws, invited)
    low, high = np.quantile(simulated, [(1 - level) / 2, (1 + level) / 2])
    return {"r": float(r), "r_low": float(min(low, r)), "r_high": float(max(high, r))}


def _r(answered, invited):
    rates, share = answered / invited, invited / invited.sum()
    middle = (rates * share).sum(axis=1, keepdims=True)
    noise = (share * rates * (1 - rates) / np.maximum(invited - 1, 1)).sum(axis=1)
    spread = (share * (rates - middle) ** 2).sum(axis=1)
    return 1 - 2 * np.sqrt(np.maximum(spread - noise, 0))
