"""Counting purchases that take several random phases each: the sums behind the (M)BG/CNBD-k."""

from typing import NamedTuple

import numpy as np

_STEPS = 1e-12  # share of the mean below which further purchases are left out


class Counted(NamedTuple):
    """What living customers do within a time; see :func:`count_purchases`.

    Attributes
    ----------
    mean : ndarray of shape (m,)
        Expected purchases.
    slopes : ndarray of shape (m, 4)
        Derivatives of the mean in the logarithms of r, α, a, b.
    pairs : ndarray of shape (m,)
        E[X(X − 1)].
    leaves : ndarray of shape (m,)
        Probability of dropping out within the time.
    """

    mean: np.ndarray
    slopes: np.ndarray
    pairs: np.ndarray
    leaves: np.ndarray


def count_purchases(stage, age, t, theta, k, first):
    r"""Purchases of living customers within t, where a purchase is every k-th event of a Poisson process.

    A customer who has passed m events in an age T has a rate λ ~ Gamma(r + m, α + T), so that the events N of the next t are negative
    binomial; with j = m mod k the n-th purchase is event nk − j. Before each purchase the customer is still there with probability
    :math:`c_n = E[(1-p)^{n-1}]`, p ~ Beta(a, b + x + ι). Hence

    .. math:: E[X] = \sum_{n \ge 1} c_n\,P(N \ge nk - j), \qquad P(N \ge i) = I_{t/(\alpha+T+t)}(i, r + m).

    Parameters
    ----------
    stage : ndarray of int
        m = kx + j.
    age : ndarray
    t : float or ndarray
    theta : ndarray
        Logarithms of r, α, a, b.
    k : int
    first : int
        ι: 1 if the first purchase may be the last, else 0.

    Returns
    -------
    Counted

    Examples
    --------
    One customer of Batislam's setting, E[X(38)] by BTYDplus 3.671712 (k = 2):

    >>> theta = np.log([0.85, 1.45, 0.79, 2.42])
    >>> alive = 2.42 / (0.79 + 2.42)
    >>> round(float(alive * count_purchases(np.array([0]), np.zeros(1), 38.0, theta, 2, 1).mean[0]), 6)
    3.671712
    """
    m, t = len(stage), np.broadcast_to(np.asarray(t, dtype=float), len(stage))
    found = np.zeros((7, m))
    for phase in np.unique(stage % k):
        rows = np.flatnonzero(stage % k == phase)
        found[:, rows] = _one_phase(stage[rows], age[rows], t[rows], theta, k, first, int(phase))
    mean, by_r, by_alpha, by_a, by_b, pairs, leaves = found
    return Counted(mean, np.stack([by_r, by_alpha, by_a, by_b], axis=1), pairs, leaves)


def _one_phase(stage, age, t, theta, k, first, phase):
    """The sums of customers who all wait for the same number of events; rows are dropped as their sums are complete."""
    r, alpha, a, b = np.exp(theta)
    out = np.zeros((7, len(stage)))
    active = np.flatnonzero(t > 0)
    shape, beta = (r + stage)[active], (b + stage // k + first)[active]
    y, busy = (t / (alpha + age + t))[active], shape * (t[active] / (alpha + age)[active])
    # P(N = i), and log-slopes: ln P(0) = S ln(1 − y)
    log_p = shape * np.log1p(-y)
    tail = -np.expm1(log_p)  # P(N ≥ 1)
    log_rate = np.log1p(-y)  # d ln P(N = i) / d r = ln(1 − y) + Σ 1/(S + l), l < i
    tail_r = -np.exp(log_p) * log_rate
    down_rate = alpha / (alpha + age[active])
    keep, keep_a, keep_b = np.ones(len(active)), np.zeros(len(active)), np.zeros(len(active))
    sums = np.zeros((7, len(active)))
    harmonic = np.zeros(len(active))
    n, i = 1, 1
    while len(active):
        # here tail = P(N ≥ i), with its derivative in r
        if (i + phase) % k == 0:
            per_alpha = -down_rate * (shape + (i - 1)) * y * np.exp(log_p)  # −α/(α + T) · i · P(N = i)
            lost = keep * a / (a + beta + (n - 1))
            sums[0] += keep * tail
            sums[1] += r * keep * tail_r
            sums[2] += keep * per_alpha
            sums[3] += keep * keep_a * tail
            sums[4] += keep * keep_b * tail
            sums[5] += 2 * (n - 1) * keep * tail
            sums[6] += lost * tail
            done = (i > busy) & ((keep * tail < _STEPS * sums[0]) | (tail < 1e-15))
            keep_a -= a / (a + beta + (n - 1))
            keep_b += b / (beta + (n - 1)) - b / (a + beta + (n - 1))
            keep = keep - lost
            n += 1
            if done.mean() > 0.25 or done.all():
                out[:, active[done]] = sums[:, done]
                left = ~done
                active, sums = active[left], sums[:, left]
                state = np.stack(
                    [
                        shape,
                        beta,
                        y,
                        busy,
                        log_p,
                        tail,
                        log_rate,
                        tail_r,
                        down_rate,
                        keep,
                        keep_a,
                        keep_b,
                        harmonic,
                    ]
                )
                shape, beta, y, busy, log_p, tail, log_rate, tail_r, down_rate, keep, keep_a, keep_b, harmonic = state[:, left]  # fmt: skip
        harmonic = harmonic + 1 / (shape + (i - 1))
        log_p = log_p + np.log((shape + (i - 1)) / i * y)
        p = np.exp(log_p)
        tail = np.maximum(tail - p, 0.0)
        tail_r = tail_r - p * (log_rate + harmonic)
        i += 1
    return out
