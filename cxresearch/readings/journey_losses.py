"""What the page on journeys says of where journeys break, what that costs, and of the life cycle."""

import math

from cxresearch.display import QUESTIONS, Nothing, answer, finding
from cxresearch.readings.sentences import (
    as_words,
    count,
    counted,
    first_names,
    known,
    money,
    points,
    say,
    sentence,
    share,
)
from cxresearch.words import count_text, estimate_text

NAMED = 3  # weak points described one by one
UNEVEN = QUESTIONS[3]
LOSSES = {  # outcome: what the loss of one journey is, against whom, and how much
    "has_left": "customers who came by left more often than {}, by {}",
    "spend_change": "customers who came by spent less afterwards than {}, by {} a journey",
    "satisfaction": "journeys that came by were rated lower than {}, by {} points",
}
UNITS = {"has_left": "points", "spend_change": "money"}  # of that loss
CAUSE = "Whoever comes by a touchpoint had a reason to: these are associations at the same mix of jobs. Only a change made for some customers and not for others would show what can be saved."


def weak_points(weak, within=12, worth=None):
    """Where journeys break, and what that costs.

    Parameters
    ----------
    weak : WeakPoints
        Fitted.
    within : int
        Months of journeys that were counted.
    worth : CustomerWorth, optional
        Fitted: prices customers lost.
    """
    compared = weak.points_
    if not len(compared):
        return Nothing()
    stands = compared[compared["stands"].astype(bool)]
    rest = [
        f"Held equal: {first_names(weak.adjusted_)}." if weak.adjusted_ else "Nothing could be held equal.",
        f"{count_text(weak.n_, 'journey')} whose outcome is known are compared.",
        *map(sentence, weak.left_out_),
    ]
    if not len(stands):
        none = f"No weak point stands out among {counted(len(compared), 'touchpoint')}: none clearly does worse than {_others(weak)}."
        return say(none, *rest)
    first = f"{counted(len(stands), 'weak point')} among {counted(len(compared), 'touchpoint')}."
    lines = [_weak(row, weak, within) for row in stands.head(NAMED).itertuples()]
    more = (
        f"{len(stands) - NAMED} more {'is' if len(stands) == NAMED + 1 else 'are'} in the table."
        if len(stands) > NAMED
        else ""
    )
    text = " ".join(filter(None, [first, *lines, more, *rest, CAUSE]))
    return finding("Weak points of journeys", "{text}", text=text, **_at_stake(stands.iloc[0], weak, worth))


def _others(weak):
    if "job" in weak.adjusted_:
        return "others on the same jobs"
    return "others at the same mix" if weak.adjusted_ else "others"


def _loss(row, weak):
    """What the loss of one journey at a touchpoint is."""
    size = estimate_text(row.loss, row.low, row.high, UNITS.get(weak.outcome, ""))
    return LOSSES[weak.outcome].format(_others(weak), size)


def _lost(row, weak):
    """What all who came by lose together; nothing of ratings, which do not add up."""
    lost = row.lost, row.lost_low, row.lost_high
    if weak.outcome == "has_left":
        return f"about {count(lost)} customers lost"
    return f"about {money(lost)} of spend lost" if weak.outcome == "spend_change" else ""


def _weak(row, weak, within):
    lost = _lost(row, weak)
    cost = f"; over {count_text(row.customers, 'customer')} in {within} months that is {lost}" if lost else ""
    return f"{sentence(as_words(row.touchpoint))[:-1]}: {_loss(row, weak)}{cost}."


def _at_stake(row, weak, worth):
    """The money of the first weak point: spend, or customers lost × what one is worth; nothing where it is not known."""
    lost = tuple(float(row[name]) for name in ("lost", "lost_low", "lost_high"))
    if not all(map(known, lost)):
        return {}
    if weak.outcome == "spend_change":
        return {"at_stake": lost, "within": "6 months", "of": "spend"}
    if weak.outcome != "has_left" or worth is None or not worth.value_:
        return {}
    value, low, high = (
        worth.value_,
        *((worth.low_, worth.high_) if known(worth.low_) else (worth.value_, worth.value_)),
    )
    middle = lost[0] * value  # a product of independent estimates: relative errors add as squares
    ends = [
        middle + side * middle * math.hypot((lost[0] - lost[k]) / lost[0], (value - limit) / value)
        for side, k, limit in ((-1, 1, low), (1, 2, high))
    ]
    if worth.source_ == "declared":
        return {"at_stake": (middle, *ends), "within": "their lifetime", "of": "customer value"}
    return {
        "at_stake": (middle, *ends),
        "within": f"{worth.months} months",
        "of": "revenue" if getattr(worth, "margin", 1) == 1 else "contribution",
    }


def breaks_at(weak, within=12):
    """The answer to where the experience is uneven: the first weak point, where one stands.

    Parameters
    ----------
    weak : WeakPoints
        Fitted.
    within : int
        Months of journeys that were counted.
    """
    stands = weak.points_[weak.points_["stands"].astype(bool)] if len(weak.points_) else weak.points_
    if not len(stands):
        return Nothing()
    row = next(stands.head(1).itertuples())
    lost = _lost(row, weak)
    return answer(
        UNEVEN,
        "Journeys break at {where}: {loss}{lost}.",
        where=as_words(row.touchpoint),
        loss=_loss(row, weak),
        lost=f"; {lost} in {within} months" if lost else "",
    )


def life_cycle(life):
    """How customers move between stages, and after which contacts more, or fewer, of them do.

    Parameters
    ----------
    life : LifeCycle
        Fitted.
    """
    clear = life.points_[life.points_["stands"].astype(bool)] if len(life.points_) else life.points_
    named = [
        f"{as_words(p.touchpoint)} ({p.stage} → {p.next_stage}: {points((p.gap, p.low, p.high))})"
        for p in clear.itertuples()
    ]
    if named:
        key = f"Key points of contact, after correction for {counted(len(life.points_), 'comparison')}: {first_names(named, 5)}."
    elif len(life.points_):
        key = f"After no contact do customers clearly move more, or less, often than after others in the same stage ({counted(len(life.points_), 'comparison')})."
    else:
        key = "No contact can be compared with others: too few customers moved after it."
    return say(
        *(_moves(life.moves_, *move) for move in MOVES),
        key,
        *map(sentence, life.left_out_),
        "Whoever is in contact differs from who is not, and a contact may be the result of what leads to the move.",
    )


MOVES = (
    (("regular",), ("lapsed",), "Of regular customers, {} lapse within a month."),
    (("at risk",), ("lapsed",), "Of those at risk, {} lapse within a month."),
    (("at risk",), ("regular",), "{} of those at risk become regular again."),
    (("lapsed",), ("won back",), "{} of the lapsed are won back in a month."),
)


def _moves(moves, stage, next_stage, words):
    row = moves[moves["stage"].isin(stage) & moves["next_stage"].isin(next_stage)].dropna(subset="share")
    return words.format(share(row.iloc[0][["share", "low", "high"]])) if len(row) else ""
