"""What the page on processes says of their four letters: which processes have all, which lacks one, and what rework costs."""

from cxresearch.display import QUESTIONS, Nothing, answer, finding
from cxresearch.readings.sentences import few, first_names, say, sentence

LETTERS = {"R": "repeatable", "I": "improvable", "M": "measurable", "S": "scalable"}
HEALTHY = QUESTIONS[0]


def rims(letters, repeatable=None, scalable=None):
    """Which processes have all four letters, and which lacks one; with what rework costs in the one that is not repeatable.

    Parameters
    ----------
    letters : RimsMap
        Fitted.
    repeatable : Repeatable, optional
    scalable : Scalable, optional
        For the cost of a year.
    """
    lacking = letters.lacking_
    if not len(letters.letters_):
        return Nothing()
    total, complete = letters.letters_["process"].nunique(), letters.complete_
    lines = [
        sentence(f"{r['process']} is not {LETTERS[r['letter']]}: {r['evidence']}")
        for r in lacking.to_dict("records")
        if r["letter"] != "I"
    ]
    silent = lacking[lacking["letter"] == "I"]["process"].tolist()
    names = f": {first_names(complete)}" if complete else ""
    which = f"{len(complete) or 'None'} of {total} processes {'has' if len(complete) < 2 else 'have'} all four letters{names}."
    nothing = f"{'No process' if total > 1 else 'It'} is {NOT_SHOWN[total > 1]}."
    text = [
        which
        if total > 1
        else f"{sentence(complete[0])[:-1]} has all four letters."
        if complete
        else f"{sentence(letters.letters_['process'].iloc[0])[:-1]} does not have all four letters.",
        *(lines or ([] if complete and total == 1 else [nothing])),
        f"No change is on record of {first_names(silent)}." if silent else "",
    ]
    cost = _rework_cost(lacking, repeatable, scalable)
    if not cost:
        return say(*text)
    name, at_stake = cost
    text.append(
        f"At stake is what the steps that {name} does again cost, if a step again costs as much as any other."
    )
    return finding(
        f"Rework in {name}", "{text}", text=" ".join(filter(None, text)), at_stake=at_stake, of="cost"
    )


NOT_SHOWN = (
    "not shown to be unrepeatable, unmeasured or unable to grow",
    "shown to be unrepeatable, unmeasured or unable to grow",
)


def _rework_cost(lacking, repeatable, scalable):
    """The process lacking R whose rework costs most in a year, and how much; None where no cost is known."""
    if repeatable is None or scalable is None:
        return None
    names = lacking[lacking["letter"] == "R"]["process"]
    both = repeatable.processes_.merge(scalable.processes_[["process", "cost"]], on="process")
    both = both[both["process"].isin(names)].dropna(
        subset=["rework_steps", "rework_steps_low", "rework_steps_high", "cost"]
    )
    if not len(both):
        return None
    worst = both.loc[(both["rework_steps"] * both["cost"]).idxmax()]
    return worst["process"], tuple(
        worst["cost"] * worst[c] for c in ("rework_steps", "rework_steps_low", "rework_steps_high")
    )


def processes_hold(letters):
    """The answer for the board: which process lacks which letter.

    Parameters
    ----------
    letters : RimsMap
        Fitted.
    """
    lacking = letters.lacking_[letters.lacking_["letter"] != "I"]
    total = letters.letters_["process"].nunique() if len(letters.letters_) else 0
    if not total:
        return Nothing()
    if not len(lacking):
        whose = "None of {n} customer processes is" if total > 1 else "The one customer process is not"
        return answer(HEALTHY, f"{whose} shown to be unrepeatable, unmeasured or unable to grow.", n=total)
    named = [
        f"{who} is not {_and([LETTERS[x] for x in part['letter']], 'or')}"
        for who, part in lacking.groupby("process", sort=True)
    ]
    whole = "Of {n} customer processes, {named}." if total > 1 else "The one customer process, {named}."
    return answer(HEALTHY, whole, n=total, named=few(named, "; "))


def _and(names, word="and"):
    """
    >>> _and(["repeatable", "measurable", "scalable"], "or")
    'repeatable, measurable or scalable'
    """
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
