"""Module E, the relationship survey: quarterly waves, halo among the items, and selective response.

Each quarter 3,000 open accounts (a running contract, or a shop account) are invited ten days before the month
ends; answers come within ten days. In the last four quarters a second, separate sample, one month earlier, is
the "depth" survey: the same questions, with a must-be and a delighter planted in the answers.
"""

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import DAY, rounded, sigmoid
from cxresearch.sample.columns import ids, labels, numbers, timestamps

SURVEYS = ["relationship", "depth"]
COMMENTS = [
    "No further comments.",
    "Everything as agreed.",
    "I would like to hear more often how my request is going.",
    "The opening hours suit me.",
    "Please send invoices by email only.",
    "The new website takes some getting used to.",
    "I mostly deal with the same contact.",
    "Delivery dates could be stated more exactly.",
    "I have been a customer for some time.",
    "The price list is long.",
    "I have little to add.",
    "It depends on whom you reach.",
]


def waves(window, depth_waves):
    """The waves as (label, survey code, month), oldest first.

    Examples
    --------
    >>> from cxresearch.sample.blocks import Window
    >>> waves(Window("2026-09-30", 36), 4)[-2:]
    [('2026Q3-depth', 1, 34), ('2026Q3', 0, 35)]
    """
    main = [(window.quarter(m), 0, m) for m in range(window.months - 1, 1, -3)][::-1]
    depth = [(f"{label}-depth", 1, month - 1) for label, _, month in main[-depth_waves:]]
    return sorted(main + depth, key=lambda wave: wave[2])


def answers(rng, g, p, is_depth=False):
    """Draw the answers of customers with quality ``g``.

    Returns
    -------
    items : int8 array of shape (n, 6)
    recommend, satisfaction, effort : int8 arrays
    """
    n, beta = g.size, np.array(list(p.driver.values()))
    z = np.sqrt(p.halo) * g[:, None] + np.sqrt(1 - p.halo) * rng.standard_normal((n, beta.size))
    items = rounded(p.item_mean + p.item_sd * z, 0, 10)
    score = z @ beta
    latent = np.sqrt(1 - p.explained) * rng.standard_normal(n)
    if p.explained:
        latent += np.sqrt(p.explained / score_variance(p)) * score
    points = p.mean + p.sd * latent
    names = list(p.driver)
    if is_depth:
        points += p.must_be * (items[:, names.index("reliability")] <= 4)
        points += p.delighter * (items[:, names.index("communication")] >= 9)
    content = p.satisfaction * latent + np.sqrt(1 - p.satisfaction**2) * rng.standard_normal(n)
    ease = items[:, names.index("ease")] - p.item_mean
    effort = 8 - 0.55 * p.item_mean + p.effort_ease * ease + rng.standard_normal(n)
    return items, rounded(points, 0, 10), rounded(7.2 + 1.5 * content, 1, 10), rounded(effort, 1, 7)


def score_variance(p):
    """Variance of Σ β_j z_j: (1 − halo) Σβ² + halo (Σβ)²; .58156 as planted."""
    beta = np.array(list(p.driver.values()))
    return float((1 - p.halo) * beta @ beta + p.halo * beta.sum() ** 2)


def response_probability(g, p):
    """P(answers | quality)."""
    return sigmoid(p.respond_base + p.respond_experience * g + p.respond_extreme * (np.abs(g) > p.extreme))


def tables(block, people, history, truth, first, tally):
    """The ``survey_invitations`` and ``survey_responses`` of a block, as lists of tables by wave.

    ``first`` is the number of the first response; ``tally`` is updated with the invited customers' promoters
    and detractors, which no respondent table shows.
    """
    p, window, rng = truth.survey, block.window, block.rng("survey")
    plan = waves(window, p.depth_waves)
    names = [label for label, _, _ in plan]
    contract_ends = np.where(history.left >= 0, history.left, window.months)
    target = len(block.scaled(p.invited))
    invitations, responses = [], []
    for number, (_, survey, month) in enumerate(plan):
        day = int(window.last_day(month).astype(int)) - 10
        n = people.contracts
        is_open = np.concatenate(
            [(people.start <= month) & (contract_ends >= month), people.acquired[n:] < day * DAY]
        )
        pool = np.flatnonzero(is_open)
        invited = np.sort(rng.choice(pool, min(target, pool.size), replace=False, shuffle=False))
        g = people.quality[invited]
        items, recommend, satisfaction, effort = answers(rng, g, p, survey == 1)
        responded = rng.random(g.size) < response_probability(g, p)
        sent = day * DAY + rng.integers(8 * 3600, 9 * 3600, g.size)
        if survey == 0:
            tally["invited"] += g.size
            tally["promoters"] += int((recommend >= 9).sum())
            tally["detractors"] += int((recommend <= 6).sum())
        stratum = people.segment[invited]
        common = {
            "wave": labels(np.full(g.size, number), names),
            "survey": labels(np.full(g.size, survey), SURVEYS),
            "customer_id": labels(invited, people.customer_id),
        }
        invitations.append(
            pa.table(
                common
                | {
                    "invited_at": timestamps(sent),
                    "has_responded": numbers(responded),
                    "stratum": labels(stratum, truth.people.segment),
                }
            )
        )
        k = int(responded.sum())
        delay = rng.beta(1, 3, k) * 9.5 * DAY
        comment = rng.integers(0, len(COMMENTS), k)
        weight = _weights(people.segment[pool], stratum[responded])
        columns = {"response_id": ids("Q", first + np.arange(k))}
        columns |= {key: column.filter(pa.array(responded)) for key, column in common.items()}
        columns |= {
            "responded_at": timestamps(sent[responded] + delay.astype(np.int64)),
            "recommend": numbers(recommend[responded]),
            "satisfaction": numbers(satisfaction[responded]),
            "effort": numbers(effort[responded]),
        }
        columns |= {f"driver_{name}": numbers(items[responded, j].copy()) for j, name in enumerate(p.driver)}
        columns |= {
            "weight": numbers(np.round(weight, 4)),
            "comment": labels(comment, COMMENTS, missing=rng.random(k) >= p.commented),
        }
        responses.append(pa.table(columns))
        first += k
    return invitations, responses


def _weights(pool, respondents):
    """Post-stratification to the segments of the open accounts, with mean 1."""
    wanted = np.bincount(pool, minlength=3) / max(1, pool.size)
    found = np.bincount(respondents, minlength=3) / max(1, respondents.size)
    return np.divide(wanted, found, out=np.ones(3), where=found > 0)[respondents]
