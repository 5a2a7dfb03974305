"""Module D, staff ratings: what staff and executives believe, against what customers say."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtr

from cxresearch.sample.blocks import pick_rows, sigmoid
from cxresearch.sample.columns import ids, labels, numbers
from cxresearch.sample.interactions import SERVICE, TOUCHPOINTS, has_bot


def customer_distribution(interactions):
    """Probability of each rating 1–10 by department, exactly: a matrix of shape (6, 10).

    Complexity is integrated by Gauss–Hermite quadrature, channel and automation are summed over, and quality
    (as N(0, 1)), agent and noise are normal, so each rating has a difference of two normal probabilities.
    """
    p = interactions
    node, weight = np.polynomial.hermite_e.hermegauss(41)
    weight = weight / weight.sum()
    edges = np.r_[-np.inf, np.arange(1.5, 10), np.inf]
    result, bots = np.zeros((len(p.department), 10)), has_bot(p)
    for d, name in enumerate(p.department):
        complexity = p.complexity_mean[name] + p.complexity_sd * node
        bot = sigmoid(p.automated_base + p.automated_complexity * complexity)
        for c, (channel, share) in enumerate(zip(p.channel, p.channel_mix[name], strict=True)):
            mean = p.level + p.department[name] + p.channel[channel] + p.complexity * complexity
            mean = mean + p.service_phone * (d == SERVICE and channel == "phone")
            automated = bot * bots[d, c]
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
    if staff.noise_sd is None:
        return customers
    centre = customers @ np.arange(1, 11) + np.array(list(staff.gap.values()))
    edges = np.r_[-np.inf, np.arange(1.5, 10), np.inf]
    return np.diff(ndtr((edges[None, :] - centre[:, None]) / staff.noise_sd), axis=1)


def executive_distribution(staff, customers):
    """Probability of each executive's rating 1–10 by department."""
    if staff.executive_shares is None:
        return customers
    return np.tile(staff.executive_shares, (customers.shape[0], 1))


def table(block, truth, first):
    """The ``staff_ratings`` table, all in the last wave; ``first`` is the number of its first row.

    Department staff rate their own three touchpoints, executives all eighteen.
    """
    p, rng = truth.staff, block.rng("staff_ratings")
    customers = customer_distribution(truth.interactions)
    chance = np.vstack([staff_distribution(p, customers), executive_distribution(p, customers)])
    raters, executives = np.array(block.scaled(p.raters)), np.array(block.scaled(p.executives))
    member = (6 * raters + np.arange(6)[:, None]).ravel()  # number of each department's raters, in turn
    rater = np.r_[np.repeat(member, 3), np.repeat(executives, 18)]
    department = np.r_[
        np.repeat(np.arange(6), 3 * raters.size), np.tile(np.repeat(np.arange(6), 3), executives.size)
    ]
    is_executive = np.arange(rater.size) >= 3 * member.size
    rating = 1 + pick_rows(rng, chance, department + 6 * is_executive).astype(np.int32)
    return pa.table(
        {
            "rating_id": ids("R", first + np.arange(rater.size)),
            "wave": labels(np.zeros(rater.size), [block.window.quarter(block.window.months - 1)]),
            "staff_id": pc.if_else(numbers(is_executive), ids("E", rater + 1, 6), ids("S", rater + 1, 6)),
            "department": labels(department, truth.interactions.department),
            "touchpoint": labels(3 * department + np.arange(rater.size) % 3, sum(TOUCHPOINTS.values(), ())),
            "rating": numbers(rating),
            "level": labels(is_executive, ["staff", "executive"]),
        }
    )
