"""From rows in which leavers are more, or fewer, than among all customers to the probabilities of all customers."""

import numpy as np

from cxresearch.inputs import numbers

ROUND = (0.1, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.5, 0.6, 2 / 3, 0.75)
LARGE = 200  # rows from which on an exact share is no accident


def corrected(p, sample, population):
    r"""Probabilities learnt from rows of which a share of `sample` left, where of all customers a share of `population` does.

    .. math:: p^* = \frac{p\,\pi / s}{p\,\pi / s + (1 - p)(1 - \pi)/(1 - s)}

    which takes :math:`\ln\bigl[\tfrac{s}{1 - s}\tfrac{1 - \pi}{\pi}\bigr]` from the log-odds; the ranking stays. It assumes that rows
    were drawn by nothing but whether the customer left.

    Parameters
    ----------
    p : array-like
    sample, population : float
        :math:`s` and :math:`\pi`, shares between 0 and 1.

    References
    ----------
    King, G. & Zeng, L. (2001). Logistic regression in rare events data. *Political Analysis* 9, 137–163. Saerens, M., Latinne, P. &
    Decaestecker, C. (2002). Adjusting the outputs of a classifier to new a priori probabilities. *Neural Computation* 14, 21–41.

    Examples
    --------
    >>> round(float(corrected(0.5, 0.25, 0.051)), 7)
    0.1388385
    """
    p = numbers(p, "p", low=0, high=1).astype(float)
    for name, share in (("sample", sample), ("population", population)):
        if not 0 < share < 1:
            raise ValueError(f"{name} is {share}, not a share between 0 and 1")
    leaves, stays = p * population / sample, (1 - p) * (1 - population) / (1 - sample)
    return leaves / (leaves + stays)


def row_weights(y, population):
    """How many customers each row stands for, relative to the others: leavers together for their share of all customers.

    >>> row_weights(np.array([1, 0, 0, 0]), 0.1).round(2)
    array([0.4, 1.2, 1.2, 1.2])
    """
    y = np.asarray(y, dtype=float)
    share = y.mean()
    return np.where(y == 1, population / share, (1 - population) / (1 - share))


def looks_sampled(left, n):
    """Whether the share of leavers looks as if it had been made: a round one to the row, or half of many rows.

    >>> looks_sampled(750, 3000), looks_sampled(731, 3000), looks_sampled(10, 40)
    (True, False, False)
    """
    return n >= LARGE and any(abs(left - share * n) < 1 for share in ROUND)
