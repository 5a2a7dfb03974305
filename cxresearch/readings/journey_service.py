"""What the page on journeys says of the service: jobs by channel, waiting and effort."""

import pandas as pd

from cxresearch.display import table
from cxresearch.readings.sentences import (
    as_words,
    count,
    counted,
    first_names,
    known,
    points,
    say,
    sentence,
    share,
    signed,
)
from cxresearch.words import MISSING, count_text, estimate_text

LIMITS = ("", "_low", "_high")


def job_channels(found, cells):
    """How many matters are settled, which job falls short in which channel, and where channels are alike.

    Parameters
    ----------
    found : Jobs
        Fitted.
    cells : pandas.DataFrame
        Its ``cells_``, already withheld: with a column flag.
    """
    return say(
        _settled(found),
        _failing(found, cells),
        _alike(found),
        _longest(found),
        *map(sentence, found.left_out_),
    )


def _settled(found):
    row = found.all_.iloc[0]
    length = f"{count_text(found.counted_, 'episode')} took {_cell(row, 'contacts')} contacts on average."
    if "success" not in found.measures_ or not known(row["success"]):
        return length
    first = f", {_estimate(row, 'first')} by the first contact" if known(row.get("first")) else ""
    net = (
        f"; in {_estimate(row, 'net')} the first settled it and the customer was not back within {found.gap:g} days"
        if known(row.get("net"))
        else ""
    )
    return f"{length} {_estimate(row, 'success')} were settled{first}{net}."


def _failing(found, cells):
    """The cells whose outcome is clearly below that of the job's other channels; only of those that may be shown."""
    tested = found.pairs_[found.pairs_["p"].notna()]
    if "success" not in found.measures_:
        return ""
    if not len(tested):
        return "No job has two channels that can be compared."
    low = tested[tested["stands"].astype(bool) & (tested["outcome"] < 0)]
    shown = set(
        zip(*(cells.loc[cells["flag"] != "suppressed", key] for key in ("job", "channel")), strict=True)
    )
    named = [
        f"{as_words(r.job)} by {as_words(r.channel)} ({points((r.outcome, r.outcome_low, r.outcome_high))})"
        for r in low.itertuples()
        if (r.job, r.channel) in shown
    ]
    if not len(low):
        return f"No channel clearly settles fewer of a job than its other channels, after correction for {counted(len(tested), 'comparison')}."
    if not named:
        return "A channel that settles fewer than the others rests on too few customers to be named."
    return f"Settled less often than in the job's other channels, after correction for {counted(len(tested), 'comparison')}: {first_names(named, 5)}."


def _alike(found):
    """Equal outcome and equal level apart: consistent is not the same."""
    if "success" not in found.measures_ or not found.pairs_["p"].notna().any():
        return ""
    pairs = found.pairs_
    outcome, level = pairs["same_outcome"].astype(bool), pairs["same_level"].astype(bool)
    total = counted(len(pairs), "combination") + " of job and channel"
    if not outcome.any():
        return f"For none of {total} is it shown that as many matters are settled as in the other channels, within {100 * found.margin:g} points."
    both = int((outcome & level).sum())
    return (
        f"For {int(outcome.sum())} of {total} it is shown that as many are settled as in the other channels, within {100 * found.margin:g} points; "
        f"in {both} of these it also takes as many contacts, within {found.level_margin:g}. Channels that settle as much may still ask more of the customer."
    )


def _longest(found):
    """Where customers wait longest and are served longest."""
    texts = []
    for name, words in (("wait", "wait"), ("handle", "time served")):
        shown = found.jobs_.dropna(subset=name) if name in found.jobs_ else found.jobs_.head(0)
        if len(shown) > 1:
            top = shown.loc[shown[name].idxmax()]
            minutes = _cell(top, name)
            texts.append(f"the longest median {words} is in “{as_words(top['job'])}”, {minutes} minutes")
    return f"{sentence(' and '.join(texts))[:-1]}, added up over the contacts of an episode." if texts else ""


def episode_gaps(by_gap, caption):
    """First-contact resolution under several definitions, side by side.

    Parameters
    ----------
    by_gap : sequence of Jobs
        Fitted, each with its gap.
    caption : str

    Returns
    -------
    Shown
    """
    lines = []
    for found in by_gap:
        row, line = (
            found.all_.iloc[0],
            {"days of silence": f"{found.gap:g}", "episodes": count_text(found.counted_)},
        )
        line["contacts"] = _cell(row, "contacts")
        for name, words in (
            ("success", "settled"),
            ("first", "by the first contact"),
            ("net", "and not back"),
        ):
            if name in found.measures_:
                line[words] = _cell(row, name, "share")
        lines.append(line)
    return table(pd.DataFrame(lines), caption)


def patience(patient):
    """How long customers would wait, and how many give up.

    Parameters
    ----------
    patient : Patience
        Fitted.
    """
    lost, queued, half = patient.given_up_, patient.given_up_of_queued_, patient.patience_
    given = "Too few contacts were given up for their share to be shown."
    if known(lost[0]):
        given = f"{share(lost)} of {count_text(patient.n_, 'contact')} were given up"
        given += f", {share(queued)} of those that had to wait." if known(queued[0]) else "."
    ready = ""
    if len(patient.curve_):
        half = (
            f"Half of the customers would wait {count(half)} seconds or more."
            if known(half[0])
            else "More than half of the customers would still wait after the longest wait recorded."
        )
        ready = f"{half} The mean wait of those who gave up does not say so: the patient ones among them had been served."
    return say(
        given,
        ready,
        f"The median wait was {count(patient.wait_)} seconds.",
        *map(sentence, patient.left_out_),
    )


def effort(costs):
    """What goes with customers' effort, how often a case changes hands, and what that costs.

    Parameters
    ----------
    costs : Effort
        Fitted.
    """
    return say(_drivers(costs), _hands(costs), _cost(costs), *map(sentence, costs.left_out_))


def _drivers(costs):
    drivers = costs.drivers_
    if not len(drivers):
        return ""
    clear = drivers[drivers["stands"].astype(bool)]
    held = "with the other causes, channel and department held equal"
    if not len(clear):
        return (
            f"Of {counted(len(drivers), 'possible cause')}, none clearly goes with customers' effort, {held}."
        )
    named = [f"{d.words} ({signed((d.estimate, d.low, d.high))})" for d in clear.itertuples()]
    rest = len(drivers) - len(clear)
    none = (
        f" {rest} of {len(drivers)} possible causes {'shows' if rest == 1 else 'show'} no clear difference."
        if rest
        else ""
    )
    return f"Points of effort that go with {first_names(named)}, {held}.{none}"


def _hands(costs):
    handed = costs.handed_
    if not costs.pairs_ or not known(handed.estimate):
        return ""
    return f"Of {count_text(costs.pairs_)} contacts that follow another of the same case, {share(handed)} were with somebody else."


def _cost(costs):
    estimate, low, high, p = costs.cost_
    if not known(estimate):
        return ""
    size = f"({signed((estimate, low, high))} points)"
    if not p < 0.05:
        return f"Satisfaction after a change of hands shows no clear difference {size}."
    return f"Satisfaction is {'lower' if estimate < 0 else 'higher'} after a change of hands {size}, at the same complexity and number of earlier contacts."


def _estimate(row, name):
    return share([row[f"{name}{end}"] for end in LIMITS])


def _cell(row, name, unit=""):
    limits = [row[f"{name}{end}"] for end in LIMITS]
    return estimate_text(*limits, unit) if known(limits[0]) else MISSING
