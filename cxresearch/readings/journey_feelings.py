"""What the page on journeys says of feelings behind service levels, and of robots."""

from cxresearch.display import finding
from cxresearch.readings.sentences import first_names, known, points, say, sentence, share, signed
from cxresearch.words import count_text, estimate_text, share_text

SMALL = 0.05  # R² under which process measures explain hardly anything


def feelings(felt):
    """Whether green service levels hide bad feelings.

    Parameters
    ----------
    felt : FeelingsOverProcess
        Fitted.
    """
    added, what = felt.added_, OUTCOMES[felt.outcome_]
    process = f"Process measures ({first_names(felt.kpis_)}) explain {share_text(added.without)} of the variation in {what}"
    more = "hardly anything" if added.without < SMALL else ""
    process = f"{process}{', ' + more if more else ''}." if felt.kpis_ else "No process measure varies."
    gain = share((added.estimate, added.low, added.high))
    adds = (
        f"How customers felt adds {gain}."
        if added.p < 0.05
        else f"It is not shown that how customers felt adds anything ({gain})."
    )
    text = [process, adds, _green(felt), *map(sentence, felt.left_out_)]
    text.append("A customer's mood moves both the feeling and the loyalty, so this is an association.")
    if _hides(felt):
        return finding("Green service levels", "{text}", text=" ".join(filter(None, text)))
    return say(*text)


OUTCOMES = {  # as the sentence needs them
    "recommend_after": "the likelihood to recommend afterwards",
    "has_left": "the share who left afterwards",
    "satisfaction": "satisfaction",
}


def _hides(felt):
    """Whether customers of green and cold contacts clearly fared worse than those of green and warm ones."""
    gap, bad = felt.later_, 1 if felt.outcome_ == "has_left" else -1
    return known(gap.estimate) and felt.later_p_ < 0.05 and gap.estimate * bad > 0


def _green(felt):
    quadrants = felt.quadrants_
    if not len(quadrants):
        return ""
    q = quadrants.set_index("quadrant").loc["green and cold"]
    if not known(q["share"]):
        return "Too few contacts that met their service level left customers cold to be counted."
    size = f"{share(q[['share', 'low', 'high']])} of {count_text(felt.n_, 'contact')} met their service level and left the customer cold."
    gap = felt.later_
    if not known(gap.estimate):
        return size
    limits = gap.estimate, gap.low, gap.high
    what = points(limits) if felt.outcome_ == "has_left" else f"{signed(limits)} points"
    against = f"compared with green and warm contacts, {OUTCOMES[felt.outcome_]} differs by {what}"
    if _hides(felt):
        return f"{size} Green service levels hide this: {against}."
    return f"{size} What followed shows no clear difference: {against}."


def automation(limit):
    """Up to which complexity a robot serves as well as a person, and what containment is worth.

    Parameters
    ----------
    limit : AutomationLimit
        Fitted.
    """
    return say(
        _limit(limit),
        _worst(limit),
        _contained(limit),
        *(
            sentence(text)
            for text in limit.left_out_
            if not text.startswith(("a limit lies", "automation does", "the effect of"))
        ),
        "Contacts are compared within customers and places; who chooses a robot for which matter is not random, and only a trial would settle it.",
    )


def _limit(limit):
    low, high = limit.automate_up_to_, limit.never_above_
    if limit.region_ == "reversed":
        return (
            "Automation does better the harder the contact, which robots rarely do: no upper limit is given."
        )
    if limit.region_ != "two":
        return "How automation is rated does not clearly change with complexity, so no limit can be given."
    turning = f"The two are rated alike at a complexity of {estimate_text(*limit.turning_)}."
    if known(low) and known(high):
        return f"Up to a complexity of {_number(low)} customers rate a robot better than a person, above {_number(high)} a person; in between a trial would tell. {turning}"
    if known(low):
        return f"Up to a complexity of {_number(low)} customers rate a robot better than a person; above it that is not certain. {turning}"
    if known(high):
        return f"Above a complexity of {_number(high)} customers rate a person better than a robot; below it that is not certain. {turning}"
    return "Within the complexities at which both were rated, no limit can be given."


def _worst(limit):
    bound = limit.bound_
    if not known(bound[0]):
        return ""
    return f"If every robot contact without a rating had been given the lowest one, they would be rated alike at {estimate_text(*bound)}."


def _contained(limit):
    gross, net = limit.contained_, limit.net_
    if not known(gross[0]):
        return ""
    kept = (
        f" {share(net[:3])} were and their customers were not back within {limit.days:g} days."
        if known(net[0])
        else ""
    )
    return f"{share(gross[:3])} of {count_text(gross[3])} automated contacts were settled without a person.{kept}"


def _number(value):
    return f"{value:z.2f}".replace("-", "−")
