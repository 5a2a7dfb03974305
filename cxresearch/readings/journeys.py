"""What the page on journeys says of the ways that customers take."""

import pandas as pd

from cxresearch.display import table
from cxresearch.readings.sentences import as_words, counted, first_names, known, say, sentence, share
from cxresearch.words import MISSING, SUPPRESSED, count_text, estimate_text, is_of_few, share_text

SHOWN = 12  # rows of a table
TIMES = (("days", 1), ("hours", 24), ("minutes", 24 * 60), ("seconds", 24 * 3600))  # from a day
LONG = 4  # contacts of a way that are all named
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
LIMITS = ("", "_low", "_high")


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
    names = list(map(as_words, way.split(" → ")))
    if len(names) <= LONG:
        return " → ".join(names)
    return f"{' → '.join([*names[:2], '…', names[-1]])}, {len(names)} contacts"


def _again(touchpoints, days):
    shown = touchpoints.dropna(subset="again").sort_values("again", ascending=False, kind="stable")
    shown = shown[[not is_of_few(r.again, r.contacts) for r in shown.itertuples()]]
    if not len(shown):
        return ""
    top, last = shown.iloc[0], shown.iloc[-1]
    most = f"Customers are {'most often ' if len(shown) > 1 else ''}in contact again within {days:g} days after {as_words(top['touchpoint'])}: {_share(top, 'again')}"
    return (
        f"{most}; least often after {as_words(last['touchpoint'])}: {_share(last, 'again')}."
        if len(shown) > 1
        else f"{most}."
    )


def _loops(touchpoints):
    shown = touchpoints.dropna(subset="loop")
    if not len(shown) or not shown["loop"].max() > 0:
        return ""
    top = shown.loc[shown["loop"].idxmax()]
    return f"{sentence(as_words(top['touchpoint']))[:-1]} comes round most often: {_share(top, 'loop')} of the journeys that come by it come by again."


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
    lines = pd.DataFrame({"way": ways["way"].map(as_words), "customers": ways["customers"]})
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
    lines = pd.DataFrame({"touchpoint": rows["touchpoint"].map(as_words), "customers": rows["customers"]})
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
    return " ".join(filter(None, [still, *map(sentence, more)]))


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
    then = "with no further one" if edge.goes_to == "$" else f"followed by {as_words(edge.goes_to)}"
    return f"{as_words(edge.touchpoint)} as {place} contact {then}"


def _share(row, name):
    return share([row[f"{name}{end}"] for end in LIMITS])
