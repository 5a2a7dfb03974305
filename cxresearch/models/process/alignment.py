"""Optimal alignments of paths with an ordered model: one dynamic program for all variants at once."""

from itertools import chain, repeat
from typing import NamedTuple

import numpy as np

BLOCK = 1 << 22  # cells of the program kept at a time
FAR = 1 << 20  # dearer than any alignment


class Alignment(NamedTuple):
    """The cheapest alignment of each variant, and where it leaves the model.

    Attributes
    ----------
    cost : ndarray (v,)
        Steps skipped that are a must, and steps taken that are not in place.
    reached : ndarray (v,)
        How many positions of the model the alignment covers: all, but of a prefix as many as it has come to.
    skipped : ndarray (v, positions)
        Whether a position was skipped; of a ``may`` position too, which costs nothing.
    out : ndarray (v, activities)
        How often an activity of the model was done out of place.
    unknown : ndarray (v,)
        How many steps are none of the model's.
    done : ndarray (v, activities)
        How often an activity of the model was done at all.
    """

    cost: np.ndarray
    reached: np.ndarray
    skipped: np.ndarray
    out: np.ndarray
    unknown: np.ndarray
    done: np.ndarray


def coded(paths, steps):
    """Paths of names as numbers of a model's activities, −1 for one that is not in it, and their lengths.

    >>> from cxresearch.models.process.model_steps import ModelSteps
    >>> model = ModelSteps(tuple("AB"), np.arange(2), np.ones(2, bool), np.ones(2, int))
    >>> coded([["A", "X", "B"], ["B"]], model)
    (array([[ 0, -1,  1],
           [ 1, -1, -1]]), array([3, 1]))
    """
    number = {activity: k for k, activity in enumerate(steps.activities)}
    lengths = np.fromiter(map(len, paths), dtype=int, count=len(paths))
    codes = np.full((len(paths), int(lengths.max())), -1)
    known = np.arange(codes.shape[1]) < lengths[:, None]
    codes[known] = list(map(number.get, chain.from_iterable(paths), repeat(-1)))
    return codes, lengths


def align(paths, lengths, steps, is_prefix=None):
    r"""Align paths with a model at the least cost.

    A step in its place is free. A step out of place, or unknown to the model, costs 1; so does a ``must`` position that is skipped. A skipped ``may``
    position is free, and so is a step that repeats an activity already done, up to ``allowed`` times in all. With D(i, j) the cost
    of the first i steps against the first j positions

    .. math:: D(i, j) = \min\{D(i-1, j) + c_i,\; D(i, j-1) + s_j,\; D(i-1, j-1) \text{ if step } i \text{ belongs in position } j\}

    Parameters
    ----------
    paths : ndarray of int (v, longest)
        The activities of each variant as their number in the model, −1 for one that is not in it; what stands behind a path's length is not read.
    lengths : ndarray of int (v,)
    steps : ModelSteps
    is_prefix : ndarray of bool (v,), optional
        Paths that may go on: what is not yet done costs nothing.

    Returns
    -------
    Alignment
        Of alignments of one cost, that which takes as many steps as it can from the end in their place.

    References
    ----------
    Adriansyah, A. (2014). *Aligning Observed and Modeled Behavior*.

    Examples
    --------
    >>> from cxresearch.models.process.model_steps import ModelSteps
    >>> model = ModelSteps(tuple("ABCDE"), np.arange(5), np.ones(5, bool), np.ones(5, int))
    >>> found = align(np.array([[0, 1, 2, 4, -1], [0, 1, 3, 2, 4]]), np.array([4, 5]), model)
    >>> found.cost, found.skipped[0], found.out[1]
    (array([1, 2]), array([False, False, False,  True, False]), array([0, 0, 1, 0, 0]))
    """
    v, longest = paths.shape
    k = len(steps.activities)
    is_prefix = np.zeros(v, dtype=bool) if is_prefix is None else np.asarray(is_prefix, dtype=bool)
    found = Alignment(
        np.zeros(v, dtype=int),
        np.zeros(v, dtype=int),
        np.zeros((v, len(steps.is_must)), dtype=bool),
        np.zeros((v, k), dtype=int),
        np.zeros(v, dtype=int),
        np.zeros((v, k), dtype=int),
    )
    order = np.argsort(
        -lengths, kind="stable"
    )  # the longest first: rows that still have steps are the first ones
    size = max(1, BLOCK // ((longest + 1) * (len(steps.is_must) + 1)))
    for start in range(0, v, size):
        rows = order[start : start + size]
        longest_here = int(lengths[rows[0]])
        for whole, part in zip(
            found, _block(paths[rows, :longest_here], lengths[rows], steps, is_prefix[rows]), strict=True
        ):
            whole[rows] = part
    return found


def _block(paths, lengths, steps, is_prefix):
    costs, done = _own_costs(paths, lengths, steps)
    table = _program(paths, lengths, steps, costs)
    last = table[lengths, np.arange(len(paths))]
    positions = len(steps.is_must)
    furthest = positions - np.argmin(last[:, ::-1], axis=1)  # the furthest of the cheapest
    reached = np.where(is_prefix, furthest, positions)
    cost = last[np.arange(len(paths)), reached]
    return cost, reached, *_traced(table, paths, lengths, steps, costs, reached), done


def _own_costs(paths, lengths, steps):
    """What each step costs out of its place, and how often each activity is done: a repeat that is allowed costs nothing."""
    v, longest = paths.shape
    k = len(steps.activities)
    there = np.arange(longest) < lengths[:, None]
    line = np.broadcast_to(np.arange(v)[:, None], paths.shape)
    done = np.bincount((line * (k + 1) + paths % (k + 1))[there], minlength=v * (k + 1)).reshape(v, k + 1)
    costs = np.ones((longest, v), dtype=np.int32)
    for activity in np.flatnonzero(steps.allowed > 1):
        is_it = (paths == activity) & there
        times = np.cumsum(is_it, axis=1)
        costs[(is_it & (times > 1) & (times <= steps.allowed[activity])).T] = 0
    return costs, done[:, :-1]


def _program(paths, lengths, steps, costs):
    """D of every variant, after each of its steps: an array (steps + 1, variants, positions + 1)."""
    v, longest = paths.shape
    positions = len(steps.is_must)
    skips = np.concatenate([[0], np.cumsum(steps.is_must)]).astype(np.int32)
    belongs = np.append(steps.position, -1)  # of an unknown activity nowhere
    table = np.empty((longest + 1, v, positions + 1), dtype=np.int32)
    table[0] = skips
    for i in range(longest):
        n = np.searchsorted(-lengths, -i, side="left")
        before, now = table[i, :n], table[i + 1, :n]
        np.add(before, costs[i, :n, None], out=now)
        place = belongs[paths[:n, i]]
        fits = np.flatnonzero(place >= 0)
        place = place[fits]
        now[fits, place + 1] = np.minimum(now[fits, place + 1], before[fits, place])
        now -= skips  # to skip on from j to k costs skips[k] − skips[j]
        np.minimum.accumulate(now, axis=1, out=now)
        now += skips
    return table


def _traced(table, paths, lengths, steps, costs, reached):
    """Back from the end of each path: positions skipped, activities out of place and unknown steps."""
    v, longest = paths.shape
    positions, kinds = len(steps.is_must), len(steps.activities) + 1
    width = positions + 1
    cells, line, own = table.ravel(), v * width, costs.ravel()
    place = np.append(steps.position, -1)[paths].T.ravel() + 1  # of each step, as of the table; 0 is nowhere
    i, j, rows = lengths.copy(), reached.copy(), np.arange(v)
    skips, outs = [], []
    while len(rows := rows[(i[rows] > 0) | (j[rows] > 0)]):
        a, b = i[rows], j[rows]
        here = a * line + rows * width + b
        back = np.maximum(a - 1, 0) * v + rows  # of the step that came last, as of costs and places
        is_step, value, before = a > 0, cells[here], here - line
        in_place = is_step & (b > 0)
        if longest:
            in_place &= place[back] == b
            in_place &= cells[before - 1] == value
            is_out = is_step & ~in_place & (cells[before] + own[back] == value)
        else:
            is_out = in_place
        is_skip = ~(in_place | is_out)
        skips.append((rows * width + b)[is_skip])
        outs.append(back[is_out])
        i[rows] = a - ~is_skip
        j[rows] = b - ~is_out
    skipped = np.zeros(v * width, dtype=bool)
    skipped[np.concatenate(skips)] = True
    step = np.concatenate(outs)
    step = step[own[step] > 0]
    line, place = step % v, step // v
    out = np.bincount(line * kinds + paths[line, place] % kinds, minlength=v * kinds).reshape(v, kinds)
    return skipped.reshape(v, width)[:, 1:], out[:, :-1], out[:, -1]
