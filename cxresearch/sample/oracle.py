"""The oracle: what a perfect analyst with endless data would find, computed once and stored.

``oracle()`` returns, for the planted company and for the one without effects, each estimand with how it was
computed: exact (closed form or quadrature), or from a million draws of the very code that writes the tables.
It takes most of a minute, so the result is kept beside this file and writing a sample only reads it. Refresh
it after any change of the model with

    python -m cxresearch.sample.oracle

:func:`exact` alone takes a fraction of a second; a test holds it against the stored file, and
:func:`simulated` too with fewer draws.
"""

import json

import numpy as np
from scipy.special import hyp2f1, ndtr

from cxresearch.months import DAYS_PER_MONTH, MONTHS_PER_YEAR
from cxresearch.sample import (
    contracts,
    interactions,
    offers,
    people,
    processes,
    projects,
    readiness,
    staff,
    survey,
)
from cxresearch.sample.blocks import DAY, Block, Window, pick_rows, sigmoid
from cxresearch.sample.estimands import expected_auc, lmg
from cxresearch.sample.parameters import Truth
from cxresearch.sample.truth import STORE

SEED, WINDOW = 1, Window("2026-09-30", 36)
RATINGS = np.arange(1, 11)
EXACT = "exact"
SILENCE = 30  # days without contact that end a journey


def oracle(draws=1_000_000):
    """All estimands: ``{"planted": {name: {"value", "how"}}, "null": …}``."""
    return {
        name: exact(truth) | simulated(truth, draws)
        for name, truth in (("planted", Truth()), ("null", Truth().null()))
    }


def exact(truth):
    """The estimands that have a closed form or a quadrature."""
    return (
        _survey_exact(truth.survey)
        | _shop_exact(truth.shop)
        | _ratings_exact(truth)
        | _processes_exact(truth.processes)
        | _readiness_exact(truth.readiness)
        | _causes_exact(truth)
    )


def simulated(truth, draws):
    """The estimands that need random draws; their Monte Carlo error is in the fourth digit."""
    return (
        _contracts_drawn(truth, draws)
        | _survey_drawn(truth.survey, draws)
        | _ratings_drawn(truth, draws)
        | _journeys_drawn(truth, draws)
        | _projects_drawn(truth.projects, draws)
    )


def _entry(value, how):
    if isinstance(value, dict):
        return {"value": {key: _plain(x) for key, x in value.items()}, "how": how}
    return {"value": _plain(value), "how": how}


def _plain(x):
    return round(float(f"{x:.6g}"), 6) + 0.0


# ---------------------------------------------------------------------- survey


def _survey_exact(p):
    names, beta = list(p.driver), np.array(list(p.driver.values()))
    corr = np.full((7, 7), p.halo)
    np.fill_diagonal(corr, 1.0)
    slope = np.sqrt(p.explained / survey.score_variance(p)) if p.explained else 0.0
    corr[6, :6] = corr[:6, 6] = slope * corr[:6, :6] @ beta
    shares, r2 = lmg(corr)
    total = shares.sum() or 1.0
    g = np.linspace(-8, 8, 160_001)
    density = np.exp(-g * g / 2) / np.exp(-g * g / 2).sum()
    answered = density * survey.response_probability(g, p)
    mean = p.mean + p.sd * slope * np.sqrt(p.halo) * beta.sum() * g
    sd = p.sd * np.sqrt(1 - slope**2 * p.halo * beta.sum() ** 2)
    nps = 100 * (ndtr((mean - 8.5) / sd) - ndtr((6.5 - mean) / sd))
    how = "exact: normal integral over g ~ N(0, 1) on a grid of 160,001 points"
    return {
        "survey.nps_all": _entry(density @ nps, how),
        "survey.nps_respondents": _entry(answered @ nps / answered.sum(), how),
        "survey.response_rate": _entry(answered.sum(), how),
        "survey.mean_g_respondents": _entry(answered @ g / answered.sum(), how),
        "survey.r2_latent": _entry(r2, EXACT),
        "survey.lmg_latent": _entry(
            dict(zip(names, shares / total, strict=True)), "exact: all 64 subsets of the latent correlations"
        ),
    }


def _survey_drawn(p, draws):
    rng = np.random.default_rng(SEED)
    g = rng.standard_normal(draws)
    items, recommend, _, _ = survey.answers(rng, g, p)
    data, names = np.column_stack([items, recommend]), list(p.driver)
    answered = survey.response_probability(g, p)
    how = f"{draws:,} draws, after rounding to 0–10"
    found = {}
    for label, weights in (("", None), ("_respondents", answered)):
        shares, r2 = lmg(np.cov(data.T, aweights=weights))
        found[f"survey.r2_rounded{label}"] = _entry(r2, how)
        found[f"survey.lmg_rounded{label}"] = _entry(
            dict(zip(names, shares / shares.sum(), strict=True)), how
        )
    g, low, high = g[: draws // 2], names.index("reliability"), names.index("communication")
    for label, is_depth in (("depth", True), ("relationship", False)):
        items, recommend, _, _ = survey.answers(np.random.default_rng(SEED + 1), g, p, is_depth)
        x = np.column_stack([np.ones(g.size), items, items[:, low] <= 4, items[:, high] >= 9]).astype(float)
        slopes = np.linalg.solve(x.T @ x, x.T @ recommend)[-2:]
        found[f"survey.thresholds_{label}"] = _entry(
            dict(zip(("reliability_low", "communication_high"), slopes, strict=True)),
            f"{g.size:,} draws: least squares of recommend on the items, [reliability ≤ 4] and "
            "[communication ≥ 9]; the ceiling at 10 halves the delighter",
        )
    if not p.explained:  # no explained variance to share out
        found = {key: value for key, value in found.items() if "lmg" not in key}
    return found


# ---------------------------------------------------------------------- shop


def _shop_exact(p):
    t = np.linspace(p.youngest, WINDOW.months, 3001)

    def repeats(t):
        curve = hyp2f1(p.r, p.b, p.a + p.b - 1, t / (p.alpha + t)) * (p.alpha / (p.alpha + t)) ** p.r
        return (p.a + p.b - 1) / (p.a - 1) * (1 - curve)

    def average(y):
        return np.trapezoid(y, t) / (t[-1] - t[0])

    how = "exact: BG/NBD expectation averaged over customer age T ~ U(0, 36) months"
    return {
        "shop.repeat_orders_per_customer": _entry(average(repeats(t)), how),
        "shop.share_without_repeat": _entry(average((p.alpha / (p.alpha + t)) ** p.r), how),
        "shop.orders_next_12_months_per_customer": _entry(average(repeats(t + 12) - repeats(t)), how),
        "shop.mean_order": _entry(p.p * p.gamma / (p.q - 1), "exact: pγ/(q − 1)"),
        "shop.alpha_in_weeks": _entry(p.alpha * DAYS_PER_MONTH / 7, "exact: α in weeks instead of months"),
    }


# ---------------------------------------------------------------------- ratings


def _ratings_exact(truth):
    p, names = truth.interactions, list(truth.interactions.department)
    customers = staff.customer_distribution(p)
    mean, share = customers @ RATINGS, np.array(list(p.share.values()))
    insiders = staff.staff_distribution(truth.staff, customers)
    bosses = staff.executive_distribution(truth.staff, customers)
    size = {k: (1 - c**6) / (1 - c) for k, c in p.again.items()}
    opening = share @ np.array(list(p.channel_mix.values()))
    how = "exact: quadrature over complexity, sums over channel and automation, for q ~ N(0, 1)"
    slope = p.automated_slope
    return {
        "ratings.mean": _entry(dict(zip(names, mean, strict=True)), how),
        "ratings.adjusted": _entry(dict(p.department), "planted department effects; they sum to zero"),
        "ratings.top_two_share": _entry(share @ customers[:, 8:].sum(axis=1), how),
        "ratings.automation_threshold": {
            "value": _plain(-p.automated_effect / slope) if slope else None,
            "how": "exact: complexity at which the effect of automation is zero",
        },
        "ratings.contacts_per_case": _entry(opening @ np.array(list(size.values())), EXACT),
        "staff.gap": _entry(
            dict(zip(names, insiders @ RATINGS - mean, strict=True)),
            "exact: staff mean minus customer mean after rounding and the ceiling at 10",
        ),
        "staff.top_two_share": _entry(insiders[:, 8:].sum(axis=1).mean(), "exact: mean of the departments"),
        "staff.executive_top_two_share": _entry(bosses[:, 8:].sum(axis=1).mean(), EXACT),
    }


def _ratings_drawn(truth, draws):
    p, rng, names = truth.interactions, np.random.default_rng(SEED), list(truth.interactions.department)
    department = rng.integers(0, 6, draws)
    channel = pick_rows(rng, list(p.channel_mix.values()), department)
    z = rng.standard_normal(draws)
    complexity = np.array(list(p.complexity_mean.values()))[department] + p.complexity_sd * z
    chance = sigmoid(p.automated_base + p.automated_complexity * complexity)
    bot = interactions.has_bot(p)[department, channel] & (rng.random(draws) < chance)
    phone = (department == interactions.SERVICE) & (channel == interactions.PHONE)
    y = p.level + np.array(list(p.department.values()))[department] + p.service_phone * phone
    y += np.array(list(p.channel.values()))[channel] + p.complexity * complexity
    y += np.where(
        bot, p.automated_effect + p.automated_slope * complexity, p.agent_sd * rng.standard_normal(draws)
    )
    y += np.hypot(p.experience, p.noise_sd) * rng.standard_normal(draws)
    y = np.clip(np.rint(y), 1, 10)
    base = [*(department == d for d in range(6)), *(channel == c for c in range(1, 6)), phone, complexity]
    found = {}
    for label, extra in (("usual", []), ("full", [bot, bot * complexity])):
        x = np.column_stack([np.asarray(column, float) for column in (*base, *extra)])
        slopes = np.linalg.solve(x.T @ x, x.T @ y)
        effect = slopes[:6]
        found[f"ratings.adjusted_rounded_{label}"] = _entry(
            dict(zip(names, effect - effect.mean(), strict=True)),
            f"{draws:,} draws: least squares of the 1–10 rating on department, channel, Service × phone and "
            f"complexity{', automation and its product with complexity' if extra else ''}; mean zero",
        )
        if extra:
            names = ("service_phone", "complexity", "automated", "automated_x_complexity")
            found["ratings.slopes_rounded_full"] = _entry(
                dict(zip(names, slopes[11:], strict=True)), "the same least squares, the other coefficients"
            )
    return found


# ---------------------------------------------------------------------- processes and readiness


def _processes_exact(p):
    names = list(processes.STEPS)
    rates = np.array([list(p.skip.values()), list(p.rework.values())])
    c = np.linspace(*p.complexity, 4001)
    skip, rework = (rate[:, None] * (0.4 + c) for rate in rates)
    planted = "exact: planted"
    how = "exact: average over complexity; one step again where at least one of the two inner steps was not skipped"
    share = (rework * (1 - skip**2)).mean(axis=1)
    clean = ((1 - skip) ** 2 * (1 - rework) * (1 - p.swapped)).mean(axis=1)
    return {
        "processes.elasticity": _entry(dict(zip(names, p.elasticity.values(), strict=True)), planted),
        "processes.rework": _entry(dict(zip(names, share, strict=True)), how),
        "processes.without_deviation": _entry(dict(zip(names, clean, strict=True)), how),
        "processes.effect_of_leaving_a_must_step": _entry(p.must, planted),
        "processes.effect_of_leaving_a_may_step_in_hard_cases": _entry(p.may, planted),
        "processes.change_that_worked": _entry(
            p.change, "exact: planted, of the cycle time of the process changed"
        ),
        "processes.change_after_the_worst_month": _entry(0.0, "exact: nothing is planted"),
    }


def _readiness_exact(p):
    means = readiness.item_mean(np.array(p.mean), p.sd)
    how = "exact: normal integral of the item's mean after rounding to 0–4"
    own = {name: float(readiness.item_mean(mean, p.sd)) for name, mean in p.own.items()}
    return {
        "readiness.mean_by_year": _entry({f"year {k + 1}": mean for k, mean in enumerate(means)}, how),
        "readiness.own": _entry(own, how + "; the weakest item apart"),
        "readiness.weakest": _entry(readiness.item_mean(p.weakest_mean, p.sd), how),
    }


# ---------------------------------------------------------------------- events, offers and pay


def _causes_exact(truth):
    """What events, offers and pay plans cause."""
    p, w, r = truth.events, truth.winback, truth.retention
    planted = "exact: planted"
    centre = offers.return_log_odds(w)
    kept = [name for name in w.reasons if name != "service"]
    service = dict(zip(w.returns, sigmoid(centre + w.service), strict=True))
    others = dict(zip(w.returns, sigmoid(centre), strict=True))
    q = ndtr(np.array(r.moved))
    return {
        "events.lift": _entry(p.lift, planted + ", log revenue of those invited against those held out"),
        "events.lift_per_guest": _entry(
            {kind: lift / p.attends[kind] for kind, lift in p.lift.items()},
            "exact: lift over the share that comes",
        ),
        "winback.return_rate": _entry(w.returns, planted + ", on average over the reasons"),
        "winback.return_rate_service": _entry(service, EXACT + ": those who had left for the service"),
        "winback.return_rate_others": _entry(others, f"{EXACT}: {', '.join(kept)}"),
        "winback.leaving_again": _entry(w.leaves_again, planted + ", hazard a month"),
        "retention.effect_moved": _entry(
            r.effect, planted + ", points of the chance of leaving, of the share below"
        ),
        "retention.share_moved": _entry(q[1] - q[0], "exact: normal integral of q"),
        "pay.effect": _entry(truth.pay.effect, planted + ", log-odds of staying through a month"),
        "pay.relabelled": _entry(truth.pay.relabelled, planted + ", share of leavers, teams that relabel"),
    }


# ---------------------------------------------------------------------- contracts


def _contracts_drawn(truth, draws):
    p, block = truth.contracts, Block(SEED, 0, WINDOW, 0, draws, draws, contract_share=1.0)
    who = people.draw(block, truth)
    seen = []
    last_quarter = WINDOW.months - 3

    def observe(month, index, tenure, is_renewal, has_failed, hazard, has_left):
        if month == last_quarter:
            seen.append((index, tenure, hazard))

    history = contracts.simulate(block, who, truth, observe)
    index, tenure, hazard = seen[0]
    q, annual = who.quality[index], history.is_annual[index].astype(int)
    failing = sigmoid(p.failure_base + p.failure_experience * q)
    visible = np.array(list(p.segment.values()))[who.segment[index]]
    visible = visible + np.array(list(p.channel.values()))[who.channel[index]]
    base = contracts.log_odds(p, tenure.max() + 3)

    def leaves(risk, failing):
        stays = 1.0
        for k in range(3):
            eta = risk + base[annual, tenure + k]
            stays = stays * (1 - failing * sigmoid(eta + p.failure) - (1 - failing) * sigmoid(eta))
        return 1 - stays

    truth_score = leaves(history.risk[index], failing)
    months, gone = history.person_months, int((history.left >= 0).sum())
    how = f"{draws:,} contracts over 36 months"
    ahead = f"{index.size:,} contracts running three months before the end, leaving within three months"
    return {
        "contracts.person_months_per_contract": _entry(months / draws, how),
        "contracts.leavers_per_contract": _entry(gone / draws, how),
        "contracts.monthly_hazard": _entry(gone / months, how),
        "contracts.yearly_rate": _entry(
            1 - (1 - gone / months) ** MONTHS_PER_YEAR, how + ": 1 − (1 − monthly hazard)^12"
        ),
        "contracts.renewals_lost": _entry(history.renewals_lost / max(1, history.renewals_due), how),
        "contracts.service_failures_per_person_month": _entry(history.failed_month.size / months, how),
        "contracts.auc_one_month": _entry(
            expected_auc(hazard, hazard), f"{index.size:,} contracts in one month; hazard fully known"
        ),
        "contracts.auc_three_months": _entry(
            expected_auc(truth_score, truth_score), ahead + "; q and u known"
        ),
        "contracts.auc_three_months_visible": _entry(
            expected_auc(np.round(leaves(visible, sigmoid(p.failure_base)), 12), truth_score),
            ahead + "; scored by segment, channel, term and tenure only",
        ),
    }


# ---------------------------------------------------------------------- journeys


def _journeys_drawn(truth, draws):
    """What passing the weak point goes with: the coefficient of a page's regression, of a company so large that it has no error to speak of."""
    if not truth.interactions.weak_point_share:
        return {"journeys.weak_point_loss": _entry(0.0, EXACT)}
    share = truth.people.contract_share
    customers = round(draws / 2 / share)
    block = Block(SEED, 0, WINDOW, 0, customers, customers, contract_share=share)
    who = people.draw(block, truth)
    history = contracts.simulate(block, who, truth)
    c = interactions.draw(block, who, history, truth)
    order = np.lexsort([c.seconds, c.customer])
    c = interactions.Contacts(*(values[order] for values in vars(c).values()))
    begins = np.flatnonzero(np.append(True, (np.diff(c.customer) > 0) | (np.diff(c.seconds) > SILENCE * DAY)))
    journey = np.cumsum(np.bincount(begins, minlength=c.seconds.size)) - 1
    ends = np.append(begins[1:], c.seconds.size) - 1
    names = [name for group in interactions.TOUCHPOINTS.values() for name in group]
    weak = c.touchpoint == names.index(truth.interactions.weak_point)
    passed = np.bincount(journey, weak) > 0
    known, has_left = _left_within(c.customer[ends], c.seconds[ends] // DAY, history)
    number = np.bincount(journey)
    earlier = _contacts_since(c, begins, 365)
    parts = [np.ones(begins.size), passed, np.bincount(journey, c.complexity) / number, earlier]
    for values in (c.job[begins], c.channel[begins], who.segment[c.customer[begins]]):
        parts += [values == level for level in np.unique(values)[1:]]
    x = np.column_stack([np.asarray(part, float)[known] for part in parts])
    slopes = np.linalg.lstsq(x, has_left[known].astype(float), rcond=None)[0]
    how = (
        f"{history.left.size:,} contracts: least squares of leaving within 3 months after a journey of the last 12 on passing "
        f"{truth.interactions.weak_point}, its job, channel, segment, complexity and contacts in the year before"
    )
    return {"journeys.weak_point_loss": _entry(slopes[1], how)}


def _left_within(customer, day, history, months=3):
    """Of journeys that ended in the last year: whether their end and three months are known, and whether the customer left in them."""
    last = WINDOW.closes // DAY - 1
    left = history.left[customer]
    gone = WINDOW.last_day(np.maximum(left, 0)).astype(np.int64)
    until = np.where(left >= 0, gone, last) - day
    has_left = (left >= 0) & ((until - 1) // DAYS_PER_MONTH + 1 <= months)
    is_recent = day > int(WINDOW.first_day(WINDOW.months - MONTHS_PER_YEAR).astype(int)) - 1
    held = (left < 0) | (gone > day)
    return is_recent & held & (last - day >= SILENCE) & (
        (left >= 0) | (until >= months * DAYS_PER_MONTH)
    ), has_left


def _contacts_since(c, begins, days):
    """How many contacts the customer of each journey had in so many days before it."""
    span = 1 << 40  # one number per customer and second, in order
    moment = c.customer.astype(np.int64) * span + c.seconds
    return begins - np.searchsorted(moment, moment[begins] - days * DAY)


# ---------------------------------------------------------------------- projects


def _projects_drawn(p, draws):
    f = projects.draw(np.random.default_rng(SEED), draws, WINDOW.months, p)
    lives = projects.live(np.random.default_rng(SEED + 1), f, WINDOW.months, p)
    chance, how = sigmoid(f.eta), f"{draws:,} projects"
    reported = f.pace + p.watermelon * ~f.has_pmo
    is_open = ~(lives.is_delivered | lives.is_cancelled)
    return {
        "projects.failure_rate": _entry(chance.mean(), how),
        "projects.auc": _entry(expected_auc(np.round(f.eta, 12), chance), how + "; score η"),
        "projects.has_sponsor": _entry(2 * p.sponsor, "exact: log-odds, sponsor against none"),
        "projects.overrun_median": _entry(np.median(f.cost) - 1, how + ": cost factor − 1"),
        "projects.overrun_mean": _entry(f.cost.mean() - 1, how),
        "projects.overrun_above_half": _entry((f.cost > 1.5).mean(), how),
        "projects.cancelled_share": _entry(lives.is_cancelled.mean(), how + " within the window"),
        "projects.open_share": _entry(is_open.mean(), how + " at the window's end"),
        "projects.status_rows_per_project": _entry(lives.duration.mean(), how),
        "projects.watermelon_share": _entry(
            ((f.pace < p.green) & (reported >= p.green)).mean(), how + ": green on SPI(t)* below .95"
        ),
    }


if __name__ == "__main__":
    STORE.write_text(json.dumps(oracle(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
