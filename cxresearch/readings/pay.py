"""What the page on pay tied to retention says: did it work, against whom, and was the number gamed."""

from cxresearch.display import QUESTIONS, Nothing, answer, finding, note
from cxresearch.months import months_later
from cxresearch.proposal import propose
from cxresearch.readings.sentences import as_words, first_names, known, p_value, points, say, sentence, share
from cxresearch.words import count_text, points_text, share_text

LIMITS = ["estimate", "low", "high"]
SMALL = 0.0005  # of a share: less than a tenth of a point
LEAVING = QUESTIONS[1]
MANY = 1_000  # contracts, of which a small share can be pictured


def pay_teams(effect):
    """Whose pay was tied, since when, and how the months were put together.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    periods = effect.periods_
    starts = effect.starts_
    plural = "s" if len(starts) > 1 else ""
    length = "single months" if periods.length == 1 else f"periods of {periods.length} months"
    free = effect.teams_ - effect.tied_
    lines = [
        f"{effect.tied_} of {effect.teams_} teams began a plan, in the period{plural} from {first_names(starts)}; {free or 'none'} never did.",
        f"Months are put together to {length}, because a single month of a team holds too few leavers.",
        *map(sentence, effect.left_out_),
    ]
    return note(" ".join(lines))


def pay_effect(effect):
    """Whether customers stayed longer, and what the answer is compared with.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    p = effect.permuted_.p_value
    often = "fewer than 0.1%" if p < 0.001 else share_text(p)
    by_lot = f"Had the dates of start been handed out at random, a difference this large would come up in {often} of draws."
    words = (
        _verdict(effect),
        "The comparison is before and after with controls: each team against teams that were not yet, or never, on a plan in the same months.",
        "No team was chosen by lot, so this is an association.",
        "" if effect.verdict_ == "not comparable" else by_lot,
        _second_answer(effect),
    )
    return finding("Pay tied to retention", "{words}", words=" ".join(filter(None, words)))


def pay_in_short(effect):
    """The page's answer, for the board too.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    return answer(
        LEAVING, "{text} No team was chosen by lot, so this is an association.", text=_verdict(effect)
    )


def _verdict(effect):
    found = tuple(effect.effect_[LIMITS])
    told = {
        "kept more": f"Teams kept more customers once their pay depended on it: {_of_many(found)}.",
        "kept less": f"Teams kept fewer customers once their pay depended on it: {_of_many(found)}.",
        "no clear effect": f"No clear effect: tied pay changed the share kept in a month by {points(found)}.",
        "not comparable": "Teams on a plan had moved apart from the others before it began, so the change afterwards is not attributed to it.",
    }
    return told[effect.verdict_]


def pay_before(effect):
    """Whether the teams moved alike before, what that test would have found, and how much it would take to explain the effect.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    before = effect.before_
    if not known(before["p_small"]):
        return say(
            "There are too few periods before the plans to test whether the teams moved alike, so the effect rests on that assumption."
        )
    drift = points_text(before["detectable"])
    alike = (
        f"Before the plans, teams moved alike as far as the test can see ({p_value(before['p_small'])})"
        if effect.is_parallel_
        else f"Before the plans, teams did not move alike ({p_value(before['p_small'])})"
    )
    breakdown = effect.breakdown_
    how = ""
    if known(breakdown) and effect.verdict_ in ("kept more", "kept less"):
        how = (
            f"The effect in the first period is clear of zero by {breakdown:.1f} times the largest change before the start."
            if breakdown > 0
            else "The effect in the first period alone is not clear of zero."
        )
    power = "It cannot see a drift that all teams with a plan share."
    if known(before["detectable"]):
        power = (
            f"The test finds a drift of {drift} a period with a probability of 80%; smaller ones can hide."
        )
    return say(f"{alike}.", power, how)


def pay_comparisons(effect):
    """What simpler comparisons would say, and why they are not used.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    if not len(effect.naive_):
        return Nothing()
    own = effect.effect_["estimate"]
    off = {row.metric: row.estimate for row in effect.naive_.itertuples()}
    widest = max(off, key=lambda name: abs(off[name] - own))
    gap = abs(off[widest] - own)
    text = (
        f"The one that is furthest off, {widest}, differs by {points_text(gap)}."
        if gap >= SMALL
        else "Here they agree to within a tenth of a point; that is luck, not a reason to use them."
    )
    return say(
        text,
        "Teams with a plan may differ from teams without one for other reasons, before and after differ in more than the plan, and two-way fixed effects compares late starters with early ones whose effect may still grow.",
    )


def pay_reports(reports):
    """Whether teams on a plan report customers who left as something else, and which ones.

    Parameters
    ----------
    reports : Relabelled
        Fitted.
    """
    tied, free = reports.share_tied_, reports.share_free_
    found = [as_words(team) for team in reports.found_]
    judged = len(reports.teams_)
    verb = "reports" if len(found) == 1 else "report"
    which = (
        f"{first_names(found)} {verb} clearly more of the customers who left as something else than teams without a plan do."
        if found
        else f"None of the {judged} teams that can be judged reports clearly more of them than teams without a plan do."
        if judged
        else ""
    )
    return say(
        f"Teams on a plan report {share(tied)} of the customers who left as something else, such as dormant; other teams {share(free)}.",
        which,
        *map(sentence, reports.left_out_),
    )


def reported_effect(effect):
    """How much of the effect, as teams report it, is reports only.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    gap = tuple(effect.gap_[LIMITS])
    if not all(map(known, gap)):
        return Nothing()
    if gap[1] > 0:
        return say(
            f"By teams' own reports the effect is larger by {points(gap)}: this much of it is a matter of words."
        )
    return say(
        f"Over all teams, reports do not clearly add to the effect: {points(gap)}.",
        "A few teams that relabel can hide in an average, so they are looked for one by one above.",
    )


def period_ends(ends):
    """Whether ends were moved past the measuring day.

    Parameters
    ----------
    ends : PeriodEnds
        Fitted.
    """
    estimate, low, high = ends.ratio_
    unit = "week" if ends.by_ == "days" else "month"
    size = f"{estimate:.2f} times ({low:.2f} to {high:.2f})"
    if low > 1:
        text = f"Where pay is tied, contracts end in the {unit} after the measuring day, rather than before it, {size} as often as elsewhere: ends look moved."
    elif high < 1:
        text = f"Where pay is tied, contracts end in the {unit} after the measuring day, rather than before it, less often than elsewhere ({size}): no sign that ends are moved past it."
    else:
        text = f"No sign that ends are moved past the measuring day: the {unit} after it, against the {unit} before, holds {size} as many ends as elsewhere."
    coarse = (
        "Nearly all contracts end on the last day of a month, so that a shift by days cannot be seen."
        if ends.by_ == "months"
        else ""
    )
    return say(text, coarse)


def signed_amounts(amounts):
    """Whether retention was bought with lower prices.

    Parameters
    ----------
    amounts : SignedAmounts
        Fitted.
    """
    estimate, low, high = amounts.change_
    size = share(amounts.change_)
    if high < 0:
        text = f"At equal term and segment, contracts signed by teams on a plan became cheaper by {share((-estimate, -high, -low))} against other teams: part of the effect may be bought."
    elif low > 0:
        text = f"At equal term and segment, contracts signed by teams on a plan became dearer by {size} against other teams: no sign of discounts."
    else:
        text = f"No clear change in what new contracts cost, at equal term and segment: {size}."
    return say(text, "Discounts within a contract are not on record here.", *map(sentence, amounts.left_out_))


def pay_trial(effect):
    """Which trial would settle the question, and what it would find.

    Parameters
    ----------
    effect : PayEffect
        Fitted.
    """
    size = effect.trial_size()
    if not known(size):
        return Nothing()
    months = effect.periods_.length
    period = "month" if months == 1 else f"{months} months"
    enough = abs(effect.effect_["estimate"]) >= size
    return say(
        f"What would settle it: draw half of the {effect.teams_} teams by lot, give these the plan, and compare how their share kept changes from the {period} before to the {period} after.",
        f"Such a trial finds an effect of {points_text(size)} a month with a probability of 80%, {'less' if enough else 'more'} than the one estimated here.",
        "" if enough else "It needs a longer time or more teams.",
    )


def pay_on_frozen_outcomes(reports, as_of):
    """To pay by the contracts' dates and the team at signing, not by what teams report.

    Parameters
    ----------
    reports : Relabelled
        Fitted.
    as_of : datetime.date
    """
    worst = reports.strongest_
    if worst is None:
        return Nothing()
    found = reports.found_ or [worst["team_id"]]
    names = first_names([as_words(team) for team in found])
    limits = tuple(worst[LIMITS])
    return propose(
        "pay on frozen outcomes",
        "Pay for retention by contract dates and the team at signing only, never by reported status",
        subject="pay tied to retention",
        evidence=limits,
        rests_on="count",
        why=f"{names} report {share_text(worst['share'], 0)} of {count_text(worst['left'], 'customer')} who left as something else"
        if len(found) == 1
        else f"{names} report far more of the customers who left as something else than teams without a plan",
        effect=limits,
        unit="points",
        of=f"of {as_words(worst['team_id'])}'s leavers counted as leavers again",
        overturned="a source system that shows these customers still buy",
        owner="human resources, with finance",
        again_on=months_later(as_of, 6),
    )


def _of_many(limits):
    """A change of a share as contracts of a thousand.

    >>> _of_many((0.0069, 0.003, 0.0108)), _of_many((-0.004, -0.006, -0.002))
    ('of 1,000 contracts due, 6.9 (3.0 to 10.8) more are kept a month', 'of 1,000 contracts due, 4.0 (2.0 to 6.0) fewer are kept a month')
    """
    estimate, low, high = (MANY * value for value in limits)
    word = "more"
    if estimate < 0:
        estimate, low, high, word = -estimate, -high, -low, "fewer"
    return f"of {MANY:,} contracts due, {estimate:.1f} ({low:.1f} to {high:.1f}) {word} are kept a month".replace(
        "-", "−"
    )


def _second_answer(effect):
    """Whether the answer stands where teams count by their contracts."""
    other = effect.by_due_
    if not known(other["estimate"]) or effect.verdict_ == "not comparable":
        return ""
    same = (other["low"] > 0) == (effect.effect_["low"] > 0) and (other["high"] < 0) == (
        effect.effect_["high"] < 0
    )
    return f"Counting teams by their contracts gives {'the same answer' if same else 'another answer'}: {points(tuple(other[LIMITS]))}."
