"""What the page on journeys says of the ways that customers take, where those break, and the life cycle."""

import math

import pandas as pd

from cxresearch.display import Nothing, answer, finding, table
from cxresearch.readings.answers import UNEVEN
from cxresearch.readings.sentences import count, counted, first_names, known, points, say, share
from cxresearch.words import MISSING, SUPPRESSED, count_text, estimate_text, is_of_few, share_text

SHOWN = 12  # rows of a table
TIMES = (("days", 1), ("hours", 24), ("minutes", 24 * 60), ("seconds", 24 * 3600))  # from a day
LONG = 4  # contacts of a way that are all named
NAMED = 3  # weak points told one by one
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
LIMITS = ("", "_low", "_high")
LOSSES = {  # outcome: what the loss of one journey is, against whom, and how much
    "has_left": "customers who came by left more often than {}, by {}",
    "spend_change": "customers who came by spent less afterwards than {}, by {} a journey",
    "satisfaction": "journeys that came by were rated lower than {}, by {} points",
}
LOST = {"has_left": "about {} customers lost", "spend_change": "about {} of spend lost"}
CAUSE = "Whoever comes by a touchpoint had a reason to: these are associations at the same mix of jobs. Only a change made for some customers and not for others would show what can be saved."


def journey_ways(journey):
    """How long journeys are, the commonest ways, where most end and what comes round again.

    Parameters
    ----------
    journey : Journey
        Fitted.
    """
    return say(
        _length(journey),
        _commonest(journey.ways_),
        _again(journey.touchpoints_, journey.days),
        _loops(journey.touchpoints_),
        _order(journey),
        _open(journey),
    )


def _length(journey):
    mean = journey.contacts_per_journey_
    if not journey.journeys_ or not known(mean.estimate):
        return "No journey is known from its beginning to its end."
    return f"{count_text(journey.journeys_, 'journey')} have ended, of {estimate_text(*mean[:3])} contacts on average."


def _commonest(ways):
    named = ways[ways["share"].notna() & (ways["way"] != "all others")] if len(ways) else ways
    if not len(named):
        return ""
    texts = [f"{_way(w.way)} ({share_text(w.share)})" for w in named.head(3).itertuples()]
    return f"The commonest {'way is' if len(texts) == 1 else 'ways are'} {'; '.join(texts)}."


def _way(way):
    """A way as words, without its middle where it is long.

    >>> _way("order → fault"), _way("a → b → c → d → e")
    ('order → fault', 'a → b → … → e, 5 contacts')
    """
    names = list(map(_words, way.split(" → ")))
    if len(names) <= LONG:
        return " → ".join(names)
    return f"{' → '.join([*names[:2], '…', names[-1]])}, {len(names)} contacts"


def _again(touchpoints, days):
    shown = touchpoints.dropna(subset="again").sort_values("again", ascending=False, kind="stable")
    shown = shown[[not is_of_few(r.again, r.contacts) for r in shown.itertuples()]]
    if not len(shown):
        return ""
    top, last = shown.iloc[0], shown.iloc[-1]
    most = f"Customers are {'most often ' if len(shown) > 1 else ''}in contact again within {days:g} days after {_words(top['touchpoint'])}: {_share(top, 'again')}"
    return (
        f"{most}; least often after {_words(last['touchpoint'])}: {_share(last, 'again')}."
        if len(shown) > 1
        else f"{most}."
    )


def _loops(touchpoints):
    shown = touchpoints.dropna(subset="loop")
    if not len(shown) or not shown["loop"].max() > 0:
        return ""
    top = shown.loc[shown["loop"].idxmax()]
    return f"{_first(top['touchpoint'])} comes round most often: {_share(top, 'loop')} of the journeys that come by it come by again."


def _order(journey):
    if journey.is_chain_:
        expected = journey.chain_contacts_
        return (
            f"The next step does not clearly depend on more than the present one; a chain of such steps leads one to expect {expected:.2f} contacts a journey."
            if known(expected)
            else ""
        )
    return "What comes next depends on the step before as well, so the graph is a picture of counted steps and not a model."


def ways_table(journey, caption):
    """The commonest ways, from the first contact to the last.

    Parameters
    ----------
    journey : Journey
        Fitted.
    caption : str

    Returns
    -------
    Shown
    """
    ways = journey.ways_.head(SHOWN)
    lines = pd.DataFrame({"way": ways["way"].map(_words), "customers": ways["customers"]})
    limits = zip(ways["share"], ways["low"], ways["high"], strict=True)
    return table(lines.assign(**{"share of journeys": [_cell(three, "share") for three in limits]}), caption)


def touchpoint_table(journey, caption):
    """How often each touchpoint is the last of a journey, comes round again, and how soon the next contact follows.

    Parameters
    ----------
    journey : Journey
        Fitted.
    caption : str

    Returns
    -------
    Shown
    """
    rows = journey.touchpoints_[journey.touchpoints_["customers"] >= SUPPRESSED].head(SHOWN)
    lines = pd.DataFrame({"touchpoint": rows["touchpoint"].map(_words), "customers": rows["customers"]})
    columns = {
        "exits": ("ends the journey", "share"),
        "loop": ("comes round again", "share"),
        "days": ("time to the next contact (median)", "time"),
    }
    for name, (words, unit) in columns.items():
        limits = zip(*(rows[f"{name}{end}"] for end in LIMITS), strict=True)
        lines[words] = [_cell(three, unit) for three in limits]
    return table(lines, caption)


def _cell(limits, unit):
    if not known(limits[0]):
        return MISSING
    return _time(*limits) if unit == "time" else estimate_text(*limits, unit)


def _time(days, low, high):
    """A time in a unit that fits.

    >>> _time(3.12, 2.26, 4.63), _time(0.02, 0.01, 0.04), _time(0.0004, 0.0003, 0.0005)
    ('3.1 (2.3 to 4.6) days', '29 (14 to 58) minutes', '35 (26 to 43) seconds')
    """
    unit, scale = next(part for part in TIMES if days * part[1] >= 1 or part is TIMES[-1])
    return f"{estimate_text(*(limit * scale for limit in (days, low, high)))} {unit}"


def _open(journey):
    more = [text for text in journey.left_out_ if text.startswith("contacts name no customer")]
    still = (
        f"What followed {count_text(journey.open_, 'contact')} is not known yet; they count in no share of steps."
        if journey.open_
        else ""
    )
    return " ".join(filter(None, [still, *map(_sentence, more)]))


def journey_flow(laid):
    """Which steps belong to journeys that end badly more often than others.

    Parameters
    ----------
    laid : JourneyFlow
        Fitted.
    """
    edges = laid.edges_
    if not laid.words_:
        return say("How journeys ended is not known, so that no way can be called better or worse.")
    ended = ""
    if known(laid.overall_.estimate):
        ended = f"Of all journeys whose end is known, {share(laid.overall_)} {_of_journeys(laid)}."
    clear = [
        f"This is clearly {words} frequent than on other ways after {first_names(map(_step, part.itertuples()), 4)}."
        for verdict, words in (("worse", "more"), ("better", "less"))
        if len(part := edges[edges["verdict"] == verdict])
    ]
    none = (
        ""
        if clear
        else f"None of the {counted(len(edges), 'step')} drawn clearly differs from the other ways."
    )
    return say(
        ended, *clear, none, "Ways on different jobs are compared here; the next section holds the job equal."
    )


def _of_journeys(laid):
    return "were followed by the customer's leaving" if laid.outcome_ == "has_left" else laid.words_


def _step(edge):
    place = ORDINALS[edge.step - 1] if edge.step <= len(ORDINALS) else f"{edge.step}th"
    then = "with no further one" if edge.goes_to == "$" else f"followed by {_words(edge.goes_to)}"
    return f"{_words(edge.touchpoint)} as {place} contact {then}"


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
        *map(_sentence, weak.left_out_),
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
    unit = "points" if weak.outcome == "has_left" else ""
    return LOSSES[weak.outcome].format(_others(weak), estimate_text(row.loss, row.low, row.high, unit))


def _weak(row, weak, within):
    lost = LOST.get(weak.outcome, "").format(count((row.lost, row.lost_low, row.lost_high)))
    cost = f"; over {count_text(row.customers, 'customer')} in {within} months that is {lost}" if lost else ""
    return f"{_first(row.touchpoint)}: {_loss(row, weak)}{cost}."


def _at_stake(row, weak, worth):
    """The money of the first weak point: spend, or customers lost × what one is worth; nothing where it is not known."""
    lost = tuple(float(row[name]) for name in ("lost", "lost_low", "lost_high"))
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
    return {"at_stake": (middle, *ends), "within": f"{worth.months} months", "of": "revenue"}


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
    lost = LOST.get(weak.outcome, "").format(count((row.lost, row.lost_low, row.lost_high)))
    return answer(
        UNEVEN,
        "Journeys break at {where}: {loss}{lost}.",
        where=_words(row.touchpoint),
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
        f"{_words(p.touchpoint)} ({p.stage} → {p.next_stage}: {points((p.gap, p.low, p.high))})"
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
        *map(_sentence, life.left_out_),
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


def _share(row, name):
    return share([row[f"{name}{end}"] for end in LIMITS])


def _sentence(text):
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _first(name):
    """A name at the beginning of a sentence.

    >>> _first("contract_change"), _first("NE")
    ('Contract change', 'NE')
    """
    return _sentence(_words(name))[:-1]


def _words(name):
    return str(name).replace("_", " ")
