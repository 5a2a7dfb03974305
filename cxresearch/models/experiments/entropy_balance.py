"""Weights that make a comparison group equal a target on every given mean: entropy balancing."""

from typing import NamedTuple

import numpy as np

from cxresearch.errors import NotEnough

MAX_STEPS, TOLERANCE = 200, 1e-9
STEEPEST = 1e-4  # share of the expected fall that a step must reach (Armijo)
DEPENDENT = 1e-8  # a standardised column with less left after the others adds nothing


class Balanced(NamedTuple):
    """Weights of the comparison rows, and what they took."""

    weights: np.ndarray
    ess: float
    largest: float
    steps: int


def entropy_balance(x, target, refusal="no comparable accounts"):
    r"""Weights closest to equal ones whose weighted means are the target's, exactly.

    .. math:: w_i \propto e^{\lambda' x_i}, \qquad \sum_i w_i x_i = \bar x_\text{target}, \qquad \sum_i w_i = 1

    The solution minimises the convex function ln Σ exp(λ'(x_i − target)) over as many numbers as there are columns; Newton's method finds it in about
    eight steps. Columns that are constant, or follow from others, are passed over.

    Parameters
    ----------
    x : ndarray (n, k)
        The comparison rows.
    target : ndarray (k,)
        Means to reach.
    refusal : str
        What is said where no weights reach the target.

    Returns
    -------
    Balanced
        ``weights`` (n,), ``ess`` = 1/Σw², ``largest`` = max w, ``steps``.

    Raises
    ------
    NotEnough
        Where the target lies outside what the comparison rows span, so that no weights can reach it.

    References
    ----------
    Hainmueller, J. (2012). Entropy balancing for causal effects. *Political Analysis* 20, 25–46. Zhao, Q. & Percival, D. (2017). *Journal of Causal Inference* 5(1).

    Examples
    --------
    >>> found = entropy_balance(np.array([[0.0], [1.0], [2.0]]), np.array([1.5]))
    >>> found.weights.round(4), round(float(found.weights @ [0, 1, 2]), 9)
    (array([0.1162, 0.2676, 0.6162]), 1.5)
    """
    x, target = np.asarray(x, dtype=float), np.asarray(target, dtype=float)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    fixed = scale <= DEPENDENT * np.maximum(np.abs(centre), 1.0)
    if (np.abs(target - centre)[fixed] > 1e-6 * np.maximum(np.abs(centre[fixed]), 1.0)).any():
        raise NotEnough(refusal)
    scale = np.where(fixed, 1.0, scale)
    z, goal = (x - centre) / scale, (target - centre) / scale
    kept = independent(z)
    off = z[:, kept] - goal[kept]
    weights, steps = _newton(off, refusal)
    if (
        np.abs(weights @ z - goal).max(initial=0.0) > 1e-6
    ):  # a column passed over that the target does not obey
        raise NotEnough(refusal)
    return Balanced(weights, float(1 / np.square(weights).sum()), float(weights.max()), steps)


def independent(z):
    """The columns that do not follow from a constant and those before them.

    >>> independent(np.array([[0.0, 0, 1, 5], [1, 2, 0, 5], [2, 4, 1, 5]])).tolist()
    [0, 2]
    """
    basis, kept = [np.full(len(z), 1 / np.sqrt(max(len(z), 1)))], []
    for column in range(z.shape[1]):
        rest = z[:, column].astype(float)
        size = np.sqrt(np.square(rest).sum())
        for _ in range(2):  # the second pass removes what rounding left
            rest = rest - sum(known * (known @ rest) for known in basis)
        left = np.sqrt(np.square(rest).sum())
        if left > DEPENDENT * max(size, 1.0):
            basis.append(rest / left)
            kept.append(column)
    return np.array(kept, dtype=int)


def _newton(off, refusal):
    n, k = off.shape
    values, weights = np.zeros(k), np.full(n, 1 / n)
    height = 0.0
    for step in range(MAX_STEPS):
        slope = weights @ off
        if np.abs(slope).max(initial=0.0) < TOLERANCE:
            return weights, step
        bend = (off * weights[:, None]).T @ off - np.outer(slope, slope)
        try:
            move = -np.linalg.solve(bend, slope)
        except np.linalg.LinAlgError:
            raise NotEnough(refusal) from None
        length, fall = 1.0, float(slope @ move)
        while length > 1e-8:
            tried = values + length * move
            new_height, new_weights = _height(off, tried)
            if new_height <= height + STEEPEST * length * fall:
                break
            length /= 2
        else:
            if np.abs(slope).max() < 1e-6:
                return weights, step
            raise NotEnough(refusal)
        values, height, weights = tried, new_height, new_weights
        if not np.isfinite(height) or np.abs(values).max() > 1e4:
            raise NotEnough(refusal)
    raise NotEnough(refusal)


def _height(off, values):
    """ln of the mean of exp(λ'x), and the weights there."""
    power = off @ values
    top = power.max()
    raised = np.exp(power - top)
    return top + np.log(raised.mean()), raised / raised.sum()
