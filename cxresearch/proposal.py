"""A decision that a page proposes: what to do, what it is expected to bring, what that rests on, and how its effect will be looked at.

Every question hands over its candidate, whether its evidence is beyond chance or not: which of them stand is for the board to say, which sees
all (:mod:`cxresearch.report.proposals`). The page shows one that is beyond chance by itself.
"""

import html
import math

from cxresearch.display import AS_IT_IS, READING, Nothing, Shown
from cxresearch.words import estimate_text, money, supported

PROPOSAL = "application/vnd.cxresearch.proposal+json"
LEVEL = 0.05
Z = 1.959964
RESTS = {  # how sure it makes, and what to do first
    "trial": "a trial: customers were drawn by lot",
    "count": "a count",
    "comparison": "a comparison, no trial: an association. Try it on a part drawn by lot first",
    "association": "an association. Try it on a part drawn by lot first",
}


def propose(
    id,
    what,
    *,
    subject,
    evidence,
    rests_on,
    why,
    effect,
    unit="",
    of="",
    at_stake=None,
    within="12 months",
    money_of="money",
    overturned,
    owner,
    again_on,
    metric="",
    expected=None,
    touches="",
    comes_first=False,
):
    """Propose a decision.

    Parameters
    ----------
    id : str
        What it is known by in every period, such as ``"lagging department"``.
    what : str
        What to do, as an order without a full stop.
    subject : str
        What it is about; the board takes one decision on each subject.
    evidence : tuple of three floats
        Estimate, low and high of a difference that is 0 if there is nothing in it; corrected for the number of candidates where it was
        chosen among several.
    rests_on : {"trial", "count", "comparison", "association"}
    why : str
        What the evidence is, in half a sentence.
    effect : tuple of three floats
        What the decision is expected to bring: estimate, low and high.
    unit, of : str
        Unit of the effect, and what it is: ``of="customers a quarter"``.
    at_stake : tuple of three floats, optional
        Money that depends on it, within a time; `money_of` says what money.
    within, money_of : str
    overturned : str
        What would overturn it, in half a sentence.
    owner : str
        Who should see to it.
    again_on : datetime.date
        When to look again.
    metric : str
        The number of the reports that it is to move, by its name in the same notebook.
    expected : float, optional
        By how much that number is to change.
    touches : str
        Whom it touches, as ``department=Billing``.
    comes_first : bool
        Whether nothing else can be trusted before it is settled.

    Returns
    -------
    Shown or Nothing
        The proposal in words where its evidence is beyond chance; it carries the candidate in any case, unless its numbers are not known.

    Examples
    --------
    >>> import datetime
    >>> shown = propose(
    ...     "lagging", "Try a shorter form in Billing", subject="departments", evidence=(0.8, 0.6, 1.0), rests_on="comparison",
    ...     why="Billing lags by 0.8 points", effect=(0.8, 0.6, 1.0), of="points of satisfaction", overturned="harder work",
    ...     owner="Billing", again_on=datetime.date(2026, 12, 31))
    >>> print(shown.text)
    Try a shorter form in Billing. Expected: 0.80 (0.60 to 1.00) points of satisfaction.
    """
    if rests_on not in RESTS:
        raise ValueError(f"rests_on is {rests_on!r}; it is one of {', '.join(RESTS)}")
    effect, evidence = (tuple(map(float, limits)) for limits in (effect, evidence))
    if not all(map(math.isfinite, (*effect, *evidence))):
        return Nothing()
    content = {"id": str(id), "what": str(what), "subject": str(subject), "why": str(why)}
    content |= {"p": p_value(*evidence), "rests_on": rests_on, "comes_first": bool(comes_first)}
    content |= {"effect": list(supported(*effect)), "unit": str(unit), "of": str(of)}
    content |= {"overturned": str(overturned), "owner": str(owner), "again_on": str(again_on)}
    content |= {"metric": str(metric), "expected": None if expected is None else float(f"{expected:.2g}")}
    content |= {"touches": str(touches), "money": None}
    if at_stake is not None and all(math.isfinite(float(end)) for end in at_stake):
        stake = list(supported(*map(float, at_stake)))
        content["money"] = {"at_stake": stake, "within": str(within), "of": str(money_of)}
    sentence = in_words(content)
    is_shown = content["p"] < LEVEL
    page = f"<p {AS_IT_IS}><strong>To decide.</strong> {html.escape(sentence)}</p>"
    shown = {"text/html": page, READING: {"text": f"To decide: {sentence}"}} if is_shown else {}
    return Shown({"text/plain": sentence if is_shown else ""} | shown | {PROPOSAL: content})


def in_words(content):
    """A proposal in a sentence: what to do, what is expected of it, and the money."""
    parts = [f"{content['what']}.", f"Expected: {effect_text(content)}.", money(content["money"] or {})]
    return " ".join(filter(None, parts))


def effect_text(content):
    """What a proposal is expected to bring, with its interval."""
    size = estimate_text(*content["effect"], content["unit"])
    return f"{size} {content['of']}".strip()


def p_value(estimate, low, high):
    """Two-sided, from the side of a 95 % interval that faces 0.

    >>> round(p_value(0.8, 0.6, 1.0), 3), round(p_value(1.0, 0.0, 2.0), 3), p_value(2.0, 2.0, 2.0), p_value(0, -1, 1)
    (0.0, 0.05, 0.0, 1.0)
    """
    side = estimate - low if estimate > 0 else high - estimate
    if side <= 0:
        return 0.0 if estimate else 1.0
    return math.erfc(abs(estimate) / side * Z / math.sqrt(2))
