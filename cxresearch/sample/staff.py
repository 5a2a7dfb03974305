"""Module D, staff ratings: what staff and executives believe, against what customers say."""

import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from cxresearch.sample.blocks import rounded, sigmoid
from cxresearch.sample.columns import ids, labels, numbers
from cxresearch.sample.interactions import SERVICE, TOUCHPOINTS, WEB


def customer_distribution(interactions):
    """Probability of each rating 1–10 by department, exactly: a matrix of shape (6, 10).

    Complexity is integrated by Gauss–Hermite quadrature, channel and automation are summed over, and quality
    (as N(0, 1)), agent and noise are normal, so each rating has a difference of two normal probabilities.
    """
    p = interactions
    node, weight = np.polynomial.hermite_e.hermegauss(41)
    weight = weight / weight.sum()
    edges = np.r_[-np.inf, np.arange(1.5, 10), np.inf]
    result = np.zeros((len(p.department), 10))
    for d, name in enumerate(p.department):
        complexity = p.complexity_mean[name] + p.complexity_sd * node
        bot = sigmoid(p.automated_base + p.automated_complexity * complexity)
        for c, (channel, share) in enumerate(zip(p.channel, p.channel_mix[name], strict=True)):
            mean = p.level + p.department[name] + p.channel[channel] + p.complexity * complexity
            mean = mean + p.service_phone * (d == SERVICE and channel == "phone")
            automated = bot if c == WEB else np.zeros_like(bot)
            for chance, shift, agent_sd in (
                (1 - automated, 0.0, p.agent_sd),
                (automated, p.automated_effect + p.automated_slope * complexity, 0.0),
            ):
                sd = np.sqrt(p.experience**2 + agent_sd**2 + p.noise_sd**2)
                below = ndtr((edges[None, :] - (mean + shift)[:, None]) / sd)
                result[d] += share * (weight * chance) @ np.diff(below, axis=1)
    return result


def staff_distribution(staff, customers):
    """Probability of each staff rating 1–10 by department, given :func:`customer_distribution`."""
    centre = customers @ np.arange(1, 11) + np.array(list(staff.gap.values()))
    edges = np.r_[-np.inf, np.arange(1.5, 10), np.inf]
    return np.diff(ndtr((edges[None, :] - centre[:, None]) / staff.noise_sd), axis=1)


def table(block, truth, first):
    """The ``staff_ratings`` table, all in the last wave; ``first`` is the number of its first row."""
    p, rng = truth.staff, block.rng("staff_ratings")
    customers = customer_distribution(truth.interactions)
    names = list(truth.interactions.department)
    raters, executives = block.scaled(p.raters), block.scaled(p.executives)
    # one row per rater and touchpoint: department staff rate their own three, executives all eighteen
    department = np.r_[
        np.repeat(np.arange(6), 3 * len(raters)), np.tile(np.repeat(np.arange(6), 3), len(executives))
    ]
    is_executive = np.arange(department.size) >= 18 * len(raters)
    touchpoint = 3 * department + np.arange(department.size) % 3
    rater = np.r_[
        np.tile(np.repeat(np.array(raters), 3), 6) * 6 + np.repeat(np.arange(6), 3 * len(raters)),
        np.repeat(np.array(executives), 18),
    ]
    centre = (customers @ np.arange(1, 11) + np.array(list(p.gap.values())))[department]
    rating = rounded(centre + p.noise_sd * rng.standard_normal(department.size), 1, 10)
    shares = customers if p.executive_shares is None else np.tile(p.executive_shares, (6, 1))
    boss = (rng.random(department.size)[:, None] > np.cumsum(shares, axis=1)[department][:, :-1]).sum(axis=1) + 1
    people = ids("S", rater, 6).to_pylist()
    staff_id = [f"E{name[1:]}" if top else name for name, top in zip(people, is_executive, strict=True)]
    n = department.size
    return pa.table(
        {
            "rating_id": ids("R", first + np.arange(n)),
            "wave": labels(np.zeros(n), [block.window.quarter(block.window.months - 1)]),
            "staff_id": pa.array(staff_id, pa.string()),
            "department": labels(department, names),
            "touchpoint": labels(touchpoint, sum(TOUCHPOINTS.values(), ())),
            "rating": numbers(np.where(is_executive, boss, rating).astype(np.int8)),
            "level": labels(is_executive, ["staff", "executive"]),
        }
    )
