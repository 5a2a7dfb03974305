"""What the page on processes says: deviations, rework, changes, growth, and which steps to lock or to free."""

import math

from cxresearch.display import Nothing, finding
from cxresearch.readings.sentences import counted, few, first_names, known, points, say, sentence
from cxresearch.words import SUPPRESSED, count_text, estimate_text, is_of_few, share_text


def conformance(kept):
    """How well cases keep to their process, the process that keeps least, and the step that is left most often.

    Parameters
    ----------
    kept : Conformance
        Fitted.
    """
    enough = kept.processes_[kept.processes_["n"] >= SUPPRESSED].sort_values("fitness", kind="stable")
    if not len(enough):
        return say("No process has ten closed cases.", sentence(few(kept.left_out_)))
    steps = kept.steps_[
        (kept.steps_["rule"] == "must")
        & (kept.steps_["cases"] > 0)
        & kept.steps_["process"].isin(enough["process"])
    ]
    steps = _of_many(steps, "estimate")
    worst, best = enough.iloc[0], enough.iloc[-1]
    most = ""
    if len(steps):
        top = steps.sort_values("cases", kind="stable").iloc[-1]
        limits = estimate_text(top["estimate"], top["low"], top["high"], "share")
        most = f"Most often a must step was {top['kind']} at “{top['activity']}” ({top['process']}): in {limits} of cases."
    unknown = kept.steps_[(kept.steps_["kind"] == "not in the model") & (kept.steps_["cases"] >= SUPPRESSED)]
    names = unknown["activity"].nunique()
    return say(
        f"Of {count_text(enough['n'].sum(), 'closed case')}, {_kept(enough)} kept to their process without deviation.",
        f"Least in {worst['process']}: fitness {_limits(worst, 'fitness')}."
        if len(enough) > 1
        else f"Fitness: {_limits(worst, 'fitness')}.",
        f"Most in {best['process']}: {_limits(best, 'fitness')}." if len(enough) > 1 else "",
        most,
        f"{names:,} {'activity is' if names == 1 else 'activities are'} in no model." if names else "",
        sentence(
            f"{count_text(kept.processes_['n_open'].sum(), 'case')} are still open and count in none of this"
        )
        if kept.processes_["n_open"].sum()
        else "",
        sentence(few(kept.left_out_)),
        "Many paths may be a habit of recording rather than of working; what could change this conclusion is a look at a few cases.",
    )


def rework(repeatable):
    """Which process does most again, and which is least even in time.

    Parameters
    ----------
    repeatable : Repeatable
        Fitted.
    """
    rows = repeatable.processes_[repeatable.processes_["n"] >= SUPPRESSED]
    if not len(rows):
        return Nothing()
    many = _of_many(rows, "rework").sort_values("rework", kind="stable")
    most = many.iloc[-1] if len(many) else None
    timed = rows.dropna(subset="ratio")
    slow = timed.sort_values("ratio", kind="stable").iloc[-1] if len(timed) else None
    return say(
        _most_rework(most, len(rows)) if most is not None else "",
        _slowest(slow, len(rows)) if slow is not None else "",
        "Open cases count as at least as long as they have been open." if rows["n_open"].sum() else "",
    )


def _most_rework(row, processes):
    """Rework of the process that has most of it."""
    limits = _limits(row, "rework")
    if not row["rework"]:
        return f"No case does a step again: {limits}."
    if processes == 1:
        return f"{limits} of the cases of {row['process']} do a step again."
    return f"Most rework is in {row['process']}: {limits} of its cases do a step again."


def _slowest(row, processes):
    """The slowest tenth of the process whose cases differ most in time."""
    limits = f"takes at least {_limits(row, 'ratio', '')} times the median"
    if processes == 1:
        return f"The slowest tenth of the cases of {row['process']} {limits}."
    return f"Cycle times differ most in {row['process']}: its slowest tenth of cases {limits}."


def changes(improvable):
    """Whether each change worked, and which looked so only beside the bad month that led to it.

    Parameters
    ----------
    improvable : Improvable
        Fitted.
    """
    rows = improvable.changes_.to_dict("records")
    judged = [row for row in rows if row["verdict"] != "too few months"]
    tested, told = (
        (sum(part) for part in zip(*improvable.tested_.values(), strict=True))
        if improvable.tested_
        else (0, 0)
    )
    return say(
        *map(_one_change, judged),
        f"{counted(len(rows) - len(judged), 'change')} cannot be judged yet: fewer than {improvable.months} months on one side."
        if len(rows) > len(judged)
        else "",
        f"{tested} of {counted(told, 'change')} {'was' if tested == 1 else 'were'} tested first."
        if told
        else "",
        sentence(few(improvable.left_out_)),
        "Something else that happened to the same process in the same month would look the same."
        if judged and all(row.get("controls") for row in judged)
        else "Something else that happened in the same month would look the same; a process that was not changed, beside it, could change this conclusion."
        if judged
        else "",
    )


def _one_change(row):
    who = f"{_first(row['process'])}, changed {row['started_on']}"
    unit = "share" if row["metric"] in ("cycle_time", "cost") else "points"
    metric = row["metric"].replace("_", " ")
    size = estimate_text(row["estimate"], row["low"], row["high"], unit)
    verdict = {"worked": "the change worked", "made worse": "the change made it worse"}.get(
        row["verdict"], "no clear effect"
    )
    text = f"{who}: {verdict}. {_first(metric)} {size} against where it was heading."
    if row["is_reaction"] and row["verdict"] != "worked" and math.isfinite(row["naive"]):
        naive = share_text(row["naive"], 0) if unit == "share" else f"{100 * row['naive']:+.0f} points"
        text += f" Beside the bad month that led to it, it looks like {naive}, which any month after a bad one would."
    if row.get("controls"):
        size = estimate_text(
            *(row[name] for name in ("controlled", "controlled_low", "controlled_high")), unit
        )
        many = "process" if row["controls"] == 1 else f"{row['controls']} processes"
        text += f" Against the {many} without a change it is {size}{_shared(row)}."
    if row["placebos"]:
        text += f" At {row['placebos_found']} of {counted(row['placebos'], 'earlier date')} without a change the method finds an improvement."
    return text + (
        " Another change came within six months, so that their effects cannot be told apart."
        if row["is_overlapping"]
        else ""
    )


def _shared(row):
    """What the comparison with other processes makes of an effect that stands alone."""
    if row["verdict"] not in ("worked", "made worse"):
        return ""
    if row["controlled_low"] <= 0 <= row["controlled_high"]:
        return ", which is no clear difference: what came over all processes may explain the effect"
    return "" if row["controlled"] * row["estimate"] > 0 else ", the other way round"


def measured(measurable):
    """Which steps have no number, owner or fresh data.

    Parameters
    ----------
    measurable : Measurable
        Fitted.
    """
    total, good = int(measurable.processes_["n"].sum()), int(measurable.processes_["measured"].sum())
    lacking = measurable.processes_[~measurable.processes_["musts_measured"]]["process"].tolist()
    return say(
        f"{good} of {counted(total, 'step')} have a KPI, an owner and data younger than {measurable.days} days.",
        f"A must step without them is in {first_names(lacking)}." if lacking else "",
        sentence(few(measurable.left_out_)),
        "That a step is measured does not show that it is measured well.",
    )


def growth(scalable):
    """Which process costs more than in proportion when it grows, and the money that depends on it.

    Parameters
    ----------
    scalable : Scalable
        Fitted.
    """
    rows = scalable.processes_
    if not len(rows):
        return Nothing()
    good, bad = (rows[rows["verdict"] == verdict] for verdict in ("scalable", "not scalable"))
    fixed = rows[rows["verdict"] == "by construction"]["process"].tolist()
    text = [
        f"{_first(first_names(good['process'].tolist()))} can grow: cost rises less than volume."
        if len(good)
        else "No process is shown to be scalable.",
        *(
            f"{_first(r.process)} cannot: 10% more volume goes with {_more(r)} more cost."
            for r in bad.itertuples()
        ),
        f"The cost of {first_names(fixed)} is volume times a fixed price, which says nothing."
        if fixed
        else "",
        sentence(few(scalable.left_out_)),
        "Volume that rose because capacity did would look the same.",
    ]
    bad = bad.dropna(subset=["extra", "extra_low", "extra_high"])
    if not len(bad):
        return say(*text)
    worst = bad.sort_values("extra", kind="stable").iloc[-1]
    return finding(
        f"Growth of {worst['process']}",
        "{text}",
        text=" ".join(
            filter(
                None,
                [
                    *text,
                    f"At stake is what 10% more volume in {worst['process']} would cost beyond 10% more.",
                ],
            )
        ),
        at_stake=(worst["extra"], worst["extra_low"], worst["extra_high"]),
        of="cost",
    )


def hub_and_tyre(hub):
    """What leaving must and may steps goes with, and which to lock or to free.

    Parameters
    ----------
    hub : HubAndTyre
        Fitted.
    """
    kinds = {row["what"]: row for row in hub.effects_.to_dict("records")}
    steps = hub.steps_
    lock, free, even = (
        [f"{s['activity']} ({s['process']})" for s in steps.to_dict("records") if s["decision"] == d]
        if len(steps)
        else []
        for d in ("lock", "free", "does not matter")
    )
    must, hard = kinds.get("must"), kinds.get("may_hard")
    text = [
        f"Where a must step was left, the share of cases settled at the first contact differs from that of cases as hard by {_points(must)}."
        if must
        else "",
        f"Where a may step was left in the harder half of cases: {_points(hard)}." if hard else "",
        f"Lock {few(lock, ', ')}: leaving {_it(lock)} goes with fewer cases settled."
        if lock
        else "No step is shown to need locking.",
        f"Free {few(free, ', ')}: leaving {_it(free)} goes with more."
        if free
        else "No step is shown to be better left free.",
        f"{counted(len(even), 'step')} {'does' if len(even) == 1 else 'do'} not matter by more than {100 * hub.margin:g} points."
        if even
        else "",
        sentence(few(hub.left_out_)),
        "These are associations at the same recorded complexity. A trial in which the step is left free for some could change this conclusion.",
    ]
    return finding("Steps to lock and to free", "{text}", text=" ".join(filter(None, text)).replace("-", "−"))


def _limits(row, name, unit="share"):
    return estimate_text(
        row[name],
        *((row["low"], row["high"]) if name == "fitness" else (row[f"{name}_low"], row[f"{name}_high"])),
        unit,
    )


def _points(row):
    """A difference with its interval, and what it would be without adjusting."""
    raw = f"; unadjusted {100 * row['raw']:+.1f}" if known(row["raw"]) else ""
    return points((row["estimate"], row["low"], row["high"])) + raw


def _it(names):
    return "it" if len(names) == 1 else "them"


def _more(row):
    middle, low, high = (1.1**e - 1 for e in (row.estimate, row.low, row.high))
    return estimate_text(middle, low, high, "share")


def _of_many(rows, name):
    """The rows whose share counts ten cases or more, and leaves out ten or more, or none."""
    rows = rows.dropna(subset=[name, "n"])
    return rows.loc[[not is_of_few(share, n) for share, n in zip(rows[name], rows["n"], strict=True)]]


def _kept(rows):
    """The share of all cases without deviation; bounded where that counts, or leaves out, fewer than ten.

    >>> import pandas as pd
    >>> [_kept(pd.DataFrame({"perfect": [share], "n": [100]})) for share in (0.7, 0.03, 0.98)]
    ['70.0%', 'fewer than 10', 'all but fewer than 10']
    """
    share = (rows["perfect"] * rows["n"]).sum() / rows["n"].sum()
    if not known(share) or not is_of_few(share, rows["n"].sum()):
        return share_text(share)
    return f"{'all but ' if share > 0.5 else ''}fewer than {SUPPRESSED}"


def _first(text):
    """A text that begins a sentence.

    >>> _first("e-CRM orders")
    'E-CRM orders'
    """
    return f"{text[:1].upper()}{text[1:]}"
