r"""What became of decisions whose effect is due: the number they were to move, before and after, against those that were not touched.

The number at the first report from the due day on is held against what it was before the decision. Before is the mean of the reports of the
year up to the decision; where there are at least three, the last of them is left out: decisions are taken after bad quarters, and what was
bad by chance gets better by itself. The same change is taken of every number of the section that differs in nothing but whom it is about.
With change :math:`d_0` of what was touched and :math:`d_1 … d_k` of the others, :math:`k \ge 3`,

.. math:: \Delta = d_0 - \bar d,\qquad
   v = v_0 + \frac{\sum v_i}{k^2} + \tau^2\Bigl(1 + \frac1k\Bigr),\qquad \tau^2 = \max\Bigl(0,\; s_d^2 - \frac{\sum v_i}{k}\Bigr),

where :math:`v_i` are read from the intervals of the numbers and :math:`\tau^2` is what the others' changes differ by beyond it; the interval
is :math:`\Delta \pm t_{k-1}\sqrt v` where :math:`\tau^2 > 0`, else :math:`\pm 1.96\sqrt v`. Several decisions are corrected for their number
(Benjamini and Hochberg, 5 %). A comparison that was not drawn by lot is an association; that is said.

References
----------
Wooldridge, J. M. (2010). *Econometric Analysis of Cross Section and Panel Data*, 2nd ed., 6.5. MIT Press.
Donald, S. G. & Lang, K. (2007). Inference with difference-in-differences and other panel data. *Review of Economics and Statistics* 89,
221–233.
"""

import datetime
import math
import re
from dataclasses import dataclass

from cxresearch.masking import shapes
from cxresearch.words import estimate_text, points_text, supported

SHOWN = 365  # days after its due date in which a decision stands on the board
BEFORE = 365  # days before a decision whose reports say what was
FEWEST = 3  # others that make a comparison, and reports of which the last can be left out
Z = 1.959964
NAMES = ("estimate", "low", "high")


@dataclass
class Outcome:
    """What became of one decision.

    Attributes
    ----------
    decision : Decision
    verdict : str
        "worked", "went the wrong way", "no effect that can be told from noise", "moved" or "cannot be told".
    text : str
        The verdict with its numbers, in words.
    change, against : tuple or None
        The change of the number, and of it less that of the others, each with its interval.
    p : float or None
        Of the latter.
    """

    decision: object
    verdict: str = ""
    text: str = ""
    change: tuple | None = None
    against: tuple | None = None
    others: int = 0
    p: float | None = None
    unit: str = ""

    @property
    def what(self):
        """The decision in a phrase: what, by whom, when. An address or a number of a person is withheld."""
        d = self.decision
        owner = f", {d.owner}" if d.owner else ""
        return shapes(f"{d.what} (decided {d.decided_on}{owner}; due {d.due_on})")[0]

    @property
    def told(self):
        """What ``results.json`` says of it."""
        d = self.decision
        kept = {
            "id": d.id,
            "decided_on": str(d.decided_on),
            "due_on": str(d.due_on),
            "what": shapes(d.what)[0],
        }
        kept |= {"owner": shapes(d.owner)[0], "metric": d.metric, "expected": d.expected}
        change, against = (
            dict(zip(NAMES, supported(*map(float, c)), strict=True)) if c else None
            for c in (self.change, self.against)
        )
        return kept | {
            "verdict": self.verdict,
            "text": shapes(self.text)[0],
            "change": change,
            "against": against,
        }


def outcomes(decisions, history, now):
    """What became of the decisions that are due, the latest due first.

    Parameters
    ----------
    decisions : list of Decision
    history : list of dict
        The earlier reports, the earliest first: as_of, period, results.
    now : dict
        This report, likewise.

    Returns
    -------
    list of Outcome
    """
    from cxresearch.stats.multiplicity import benjamini_hochberg

    today = datetime.date.fromisoformat(now["as_of"])
    reports = [*history, now]
    due = [d for d in decisions if 0 <= (today - d.due_on).days <= SHOWN]
    found = [_outcome(decision, reports) for decision in due]
    tested = [outcome for outcome in found if outcome.p is not None]
    if tested:
        for outcome, is_real in zip(tested, benjamini_hochberg([o.p for o in tested]).rejected, strict=True):
            _judge(outcome, bool(is_real))
    return sorted(found, key=lambda o: (o.decision.due_on, o.decision.id), reverse=True)


def pending(decisions, as_of):
    """A sentence on the decisions whose effect is not due yet; empty without any."""
    ahead = sorted(d.due_on for d in decisions if d.decided_on <= as_of < d.due_on)
    if not ahead:
        return ""
    count = "One decision is" if len(ahead) == 1 else f"{len(ahead)} decisions are"
    return f"{count} not due yet; the next on {ahead[0]}."


def _outcome(decision, reports):
    if not decision.metric:
        return Outcome(decision, "cannot be told", "No number was named that it was to move.")
    after = next((r for r in reports if r["as_of"] >= str(decision.due_on)), None)
    earliest = str(decision.decided_on - datetime.timedelta(days=BEFORE))
    before = [r for r in reports if earliest < r["as_of"] <= str(decision.decided_on)]
    row = _row(after, decision.metric)
    kept = [was for report in before if (was := _row(report, row["id"] if row else decision.metric))]
    if row is None or not kept:
        when = "after its due date" if row is None else "in the year up to it"
        text = f"No report {when} has the number “{decision.metric}” with an interval."
        return Outcome(decision, "cannot be told", text)
    kept = kept[:-1] if len(kept) >= FEWEST else kept
    outcome = Outcome(decision, unit=row["unit"], change=_change(row, kept))
    others = []
    for name in _others(decision, row, after):
        was = [found for report in before if (found := _row(report, name))]
        if was:
            others.append(_change(_row(after, name), was[:-1] if len(was) >= FEWEST else was))
    outcome.others = len(others)
    if len(others) >= FEWEST:
        outcome.against, outcome.p = _against(outcome.change, others)
    else:
        _alone(outcome)
    return outcome


def _row(report, name):
    """The number of a report by its id, or by its name where only one has it; None without an interval."""
    if report is None:
        return None
    rows = [r for r in report["results"] if r["id"] == name]
    rows = rows or [r for r in report["results"] if r["metric"].casefold() == name.casefold()]
    whole = [r for r in rows if None not in (r["estimate"], r["low"], r["high"])]
    return whole[0] if len(whole) == 1 else None


def _others(decision, row, report):
    """The ids of the numbers that differ from one in nothing but whom they are about."""
    _, _, touched = decision.touches.partition("=")
    section, _, name = row["id"].rpartition("/")
    if not touched or touched not in name:
        return []
    alike = re.compile(re.escape(f"{section}/{name}").replace(re.escape(touched), "[^:/]+", 1))
    return [
        r["id"]
        for r in report["results"]
        if r["id"] != row["id"] and alike.fullmatch(r["id"]) and _row(report, r["id"])
    ]


def _change(row, before):
    """The change from the mean of what was before, with its interval and the two halves of it."""
    base = sum(was["estimate"] for was in before) / len(before)
    below = sum(was["estimate"] - was["low"] for was in before) / len(before)
    above = sum(was["high"] - was["estimate"] for was in before) / len(before)
    down = math.hypot(row["estimate"] - row["low"], above)
    up = math.hypot(row["high"] - row["estimate"], below)
    change = row["estimate"] - base
    return change, change - down, change + up


def _against(change, others):
    """The change less that of the others, with its interval, and its p-value."""
    from scipy import stats

    k = len(others)
    mean = sum(other[0] for other in others) / k
    noise = [((high - low) / 2 / Z) ** 2 for _, low, high in (change, *others)]
    spread = sum((other[0] - mean) ** 2 for other in others) / (k - 1)
    between = max(0.0, spread - sum(noise[1:]) / k)
    error = math.sqrt(noise[0] + sum(noise[1:]) / k**2 + between * (1 + 1 / k))
    law = stats.t(k - 1) if between > 0 else stats.norm()
    effect, half = change[0] - mean, float(law.ppf(0.975)) * error
    p = 2 * float(law.sf(abs(effect) / error)) if error > 0 else float(effect == 0)
    return (effect, effect - half, effect + half), p


def _judge(outcome, is_real):
    """Verdict and words of an outcome that was held against others."""
    effect, low, high = outcome.against
    expected = outcome.decision.expected
    is_real = is_real and not low <= 0 <= high
    told = f"Against the {outcome.others} that were not touched: {_told(outcome.against, outcome.unit)}."
    if not is_real:
        outcome.verdict = "no effect that can be told from noise"
        hoped = expected is not None and not low <= expected <= high
        told += " The expected change lies outside this interval." if hoped else ""
    elif expected is not None and expected * effect < 0:
        outcome.verdict = "went the wrong way"
    elif expected is None:
        outcome.verdict = "moved"
    else:
        outcome.verdict = "worked"
    lot = " The others were not chosen by lot, so that this is an association." if is_real else ""
    outcome.text = f"{_before_and_after(outcome)} {told}{lot}"


def _alone(outcome):
    """Verdict and words of an outcome that nothing can be held against."""
    _, low, high = outcome.change
    outcome.verdict = "cannot be told"
    moved = "did not clearly change" if low <= 0 <= high else "moved"
    why = (
        "no number of others that were not touched is at hand"
        if outcome.others == 0
        else "too few others were not touched"
    )
    outcome.text = f"{_before_and_after(outcome)} The number {moved}, and {why}: the decision cannot be told from anything else that happened."


def _before_and_after(outcome):
    expected = outcome.decision.expected
    hoped = ""
    if expected is not None:
        is_share = outcome.unit in ("share", "points")
        size = points_text(expected, sign=True) if is_share else f"{expected:+g}".replace("-", "−")
        hoped = f"Expected: {size}. "
    return f"{hoped}Since then: {_told(outcome.change, outcome.unit)}."


def _told(change, unit):
    return estimate_text(*change, "points" if unit == "share" else unit)
