"""What the page on marketing events says: which comparison it uses, which it refuses, what returns its cost, and what would settle the rest."""

import math

import numpy as np
from scipy.special import ndtri

from cxresearch.display import QUESTIONS, Nothing, answer, finding
from cxresearch.months import months_later
from cxresearch.proposal import LEVEL, Z, propose
from cxresearch.readings.sentences import (
    as_words,
    counted,
    few,
    first_names,
    known,
    points,
    say,
    sentence,
    share,
)
from cxresearch.words import count_text, share_text

LOT, MATCHED, NONE = "hold-out by lot", "matched", "none"  # comparisons of EventReturns
WIDE = 6.0  # an interval of the return on cost that says nothing
MANY = 60  # events of a trial beyond which nobody would wait for it


def events_held(lifts):
    """How many events were held, how many can be judged, and by which comparison.

    Parameters
    ----------
    lifts : EventLifts
        Fitted.
    """
    rows = lifts.events_
    judged = rows[rows["why"] == ""]
    drawn = judged[judged["is_randomised"] & (judged["held_out"] > 0)]
    return say(
        f"{counted(len(rows), 'event')} {'was' if len(rows) == 1 else 'were'} held; {len(judged):,} can be judged.",
        f"{len(drawn):,} of them held accounts out by lot: those held out show what would have happened anyway."
        if len(drawn)
        else "None of them held accounts out by lot, so that accounts that were not asked have to stand in for them.",
        sentence(few(lifts.left_out_)),
    )


def event_lifts(returns):
    """What each kind adds by the comparison used, and what the refused ones would have said.

    Parameters
    ----------
    returns : EventReturns
        Fitted.
    """
    table = returns.kinds_
    lines = [
        f"{_first(k.kind)} add {share(_grown(k.estimate, k.low, k.high))} to the revenue of those invited ({_by(k)})."
        if k.comparison != NONE
        else ""
        for k in table.sort_values("shrunk", ascending=False, kind="stable").itertuples()
    ]
    shown = [line for line in lines if line]
    more = f"{len(shown) - 6} further kinds are in the table." if len(shown) > 6 else ""
    return say(*shown[:6], more, _refused(table), sentence(few(returns.left_out_)))


def _refused(table):
    """Why the naive comparisons are not used, with the kinds that they would mislead about most."""
    known_ = table[(table["comparison"] != NONE) & table["naive"].notna()]
    if not len(known_):
        return ""
    off = (
        known_.assign(gap=(known_["naive"] - known_["estimate"]).abs())
        .sort_values("gap", kind="stable")
        .iloc[-1]
    )
    text = (
        f"Compared with all other accounts, those invited to {_plain(off['kind'])} bought {_more(off['naive'])} afterwards. That comparison is refused: "
        "whom an event invites is no accident."
    )
    month = (
        known_.assign(gap=(known_["last_month"] - known_["estimate"]).abs())
        .sort_values("gap", kind="stable")
        .iloc[-1]
    )
    if month["gap"] > 0.05:
        text += (
            f" Against the month before, {_plain(month['kind'])} seem to add {_more(month['last_month'])}: refused too, because accounts are invited after a bad or good "
            "month, which passes by itself."
        )
    return text


def matched_against_lot(trials):
    """By how much the matched comparison is off, where a lot can judge it.

    Parameters
    ----------
    trials : EventTrials
        Fitted.
    """
    rows = trials.kinds_
    off = rows[rows["is_off"]]
    reach = float((rows["bias_high"] - rows["bias_low"]).max()) / 2
    if len(off):
        told = "; ".join(f"{k.kind} {points((k.bias, k.bias_low, k.bias_high))}" for k in off.itertuples())
        verdict = f"The matched comparison is clearly off for {told}: the lot is right, and matching keeps part of why accounts were invited."
    else:
        within = f": within {100 * reach:.0f} points" if known(reach) else ""
        verdict = f"The matched comparison of the same events agrees with the lot for {'every kind' if len(rows) > 1 else rows['kind'].iloc[0]}, as far as the lot can tell{within}."
    guests = rows.dropna(subset="guest")
    best = guests.sort_values("guest", kind="stable").iloc[-1] if len(guests) else None
    guest = (
        f"Counted per guest, {_plain(best['kind'])} add {share(_grown(best['guest'], best['guest_low'], best['guest_high']))}, if an invitation does nothing to those who stay away."
        if best is not None
        else ""
    )
    return say(verdict, guest, sentence(few(trials.left_out_)))


def event_returns(returns):
    """Which kinds return more than they cost.

    Parameters
    ----------
    returns : EventReturns
        Fitted.
    """
    table = returns.kinds_.dropna(subset="return_")
    if not len(table):
        return say("The cost of events is not known, so what they return on it cannot be told.")
    lines = [
        f"{_first(k.kind)}: return on cost {_return(k)}, chance of a gain {share_text(k.p_positive, 0)}."
        for k in table.sort_values("p_positive", ascending=False, kind="stable").head(6).itertuples()
    ]
    across, curse = returns.across_, ""
    if across is not None and known(across.curse_) and across.curse_ > 0.005 and _highest(returns):
        curse = f"The highest lift, that of {_plain(_highest(returns))}, is drawn down by {100 * across.curse_:.1f} points here, because the best of several was also lucky."
    return say(
        *lines,
        "Revenue is counted, not contribution: no margin is declared, so these returns are too high."
        if returns.margin_is_revenue_
        else "",
        curse,
        _best(returns),
    )


def which_to_repeat(returns):
    """Which kinds to repeat, which to stop, and which are open.

    Parameters
    ----------
    returns : EventReturns
        Fitted.
    """
    words = _verdicts(returns.kinds_)
    return finding("Marketing events", "{words}", words=words) if words else Nothing()


def events_in_short(returns):
    """The page's answer: which kinds return more than they cost.

    Parameters
    ----------
    returns : EventReturns
        Fitted.
    """
    words = _verdicts(returns.kinds_)
    return answer(QUESTIONS[-1], "{words}", words=words) if words else Nothing()


def _verdicts(table):
    repeat, stop = (table[table["verdict"] == verdict] for verdict in ("repeat", "stop"))
    open_ = table[table["verdict"].isin(["test", "no comparison"])]
    return " ".join(
        filter(
            None,
            [
                f"Repeat {_names(repeat)}: they return more than they cost even at the low end of the interval."
                if len(repeat)
                else "",
                f"Stop {_names(stop)}, or hold them for another reason: they return less than they cost even at the high end."
                if len(stop)
                else "",
                f"Whether {_names(open_)} return their cost is open." if len(open_) else "",
            ],
        )
    )


def stop_or_repeat(returns, as_of):
    """To stop, or to repeat, the kind of event of which the most money depends on it.

    Parameters
    ----------
    returns : EventReturns
        Fitted.
    as_of : datetime.date
    """
    table = returns.kinds_.dropna(subset=["return_", "shrunk_error"])
    if not len(table):
        return Nothing()
    is_sure = table["verdict"].isin(["stop", "repeat"])
    k = (
        table[is_sure if is_sure.any() else is_sure | True]
        .assign(size=lambda t: t["gain"].abs())
        .sort_values("size", kind="stable")
        .iloc[-1]
    )
    is_gain = k["gain"] > 0
    sign, yearly = 1 if is_gain else -1, 12 / max(returns.months_, 12)
    z = float(ndtri(1 - LEVEL / (2 * len(table))))  # one of several
    reach = k["shrunk_error"] * np.array([0, -z, z])
    money, certain = (
        sorted(sign * yearly * (k["margin"] * np.expm1(k["shrunk"] + shift) - k["cost"]))
        for shift in (k["shrunk_error"] * Z * np.array([0, -1, 1]), reach)
    )
    middle = sign * yearly * k["gain"]
    name = _plain(k["kind"])
    return propose(
        "events to repeat",
        f"Repeat {name}, and hold out a part by lot each time"
        if is_gain
        else f"Stop {name}, or hold them for another reason",
        subject="marketing events",
        evidence=(middle, certain[0], certain[-1]),
        rests_on="trial" if k["comparison"] == LOT else "comparison",
        why=f"{name} return {share_text(k['return_'], 0)} on their cost within {counted(returns.counted_months_, 'month')}",
        effect=(middle, money[0], money[-1]),
        unit="money",
        of="a year",
        at_stake=(middle, money[0], money[-1]),
        money_of="contribution",
        overturned="sales that come later than the months counted, or to accounts that were not invited",
        owner="marketing",
        again_on=months_later(as_of, 6),
        metric=f"{k['kind']}: return on cost",
    )


def before_events(returns):
    """Whether accounts invited and the others moved apart before events that could not yet have had an effect.

    Parameters
    ----------
    returns : EventReturns
        Fitted.
    """
    table = returns.kinds_.dropna(subset="placebo")
    if not len(table):
        return say(
            "Too few months are known before the events to compare two spans in which nothing was held."
        )
    apart = table[(table["placebo_low"] > 0) | (table["placebo_high"] < 0)]
    told = "; ".join(
        f"{k.kind} {points((k.placebo, k.placebo_low, k.placebo_high))}" for k in apart.itertuples()
    )
    matched = apart.loc[apart["comparison"] == MATCHED, "kind"].tolist()
    return say(
        "The same comparison of six months before the events, in which they can have had no effect, against the time before those, finds nothing for any kind."
        if not len(apart)
        else f"The same comparison of six months before the events, against the time before those, is off zero for {told}. Of {counted(len(table), 'kind')} one in twenty is so by chance.",
        f"Treat the matched lift of {first_names(list(map(_plain, matched)))} with care." if matched else "",
        "A gap that opens in these months for another reason would look like an effect.",
    )


def settling_trial(returns):
    """Which trial would settle what is open, and what could change the conclusion."""
    table = returns.kinds_
    open_ = table[table["verdict"].isin(["test", "no comparison"])]
    matched = table.loc[table["comparison"] == MATCHED, "kind"].tolist()
    return say(
        *[_trial(k) for k in open_.head(4).itertuples()],
        f"The comparison of {first_names(list(map(_plain, matched)))} is matched, no trial: accounts are picked for reasons that the records do not hold. Holding out a part by lot would settle it."
        if matched
        else "",
    )


def _trial(k):
    name = _first(k.kind)
    if k.verdict == "no comparison":
        return f"{name}: nothing comparable shows what they add; hold out half of those to be invited by lot."
    if not known(k.needed):
        return ""
    even = share_text(math.expm1(k.even))
    events = float(k.needed_events) if known(k.needed_events) else math.inf
    if events > MANY:
        return f"{name} cost so little that a lift of {even} returns it; no trial of a reasonable size would show that."
    return (
        f"{name} return their cost from a lift of {even} on. Holding out half by lot, {count_text(k.needed)} accounts in each half "
        f"({counted(events, 'more event')} of the usual size), would show it four times in five."
    )


def _best(returns):
    across = returns.across_
    if across is None:
        return ""
    chances = returns.kinds_.set_index("kind")
    if across.best_:
        return f"The highest lift is that of {_plain(across.best_)}, with a chance of {share_text(chances.loc[across.best_, 'best'], 0)}."
    return "Which kind has the highest lift is not settled: none has a chance of four in five."


def _highest(returns):
    raw = returns.across_.estimates_.dropna(subset="raw")
    return raw.loc[raw["raw"].idxmax(), "name"] if len(raw) else ""


def _return(k):
    if k.return_high - k.return_low > WIDE:
        return f"{share_text(k.return_, 0)} (interval too wide to use: {share_text(k.return_low, 0)} to {share_text(k.return_high, 0)})"
    return share((k.return_, k.return_low, k.return_high))


def _by(k):
    if k.comparison == LOT:
        return "hold-out by lot"
    return f"matched, {counted(k.events, 'event')}"


def _grown(*limits):
    """Log points as shares."""
    return tuple(math.expm1(value) if known(value) else value for value in limits)


def _more(value):
    return f"{share_text(abs(math.expm1(value)), 0)} {'more' if value >= 0 else 'less'}"


def _names(rows):
    return first_names([_plain(kind) for kind in rows["kind"]])


def _plain(kind):
    """A kind in the plural, where it is a word of letters.

    >>> _plain("trade show"), _plain("expo 2026")
    ('trade shows', 'expo 2026')
    """
    name = as_words(kind)
    return f"{name}s" if name[-1:].isalpha() and not name.endswith("s") and name[:1].islower() else name


def _first(text):
    name = _plain(text)
    return f"{name[:1].upper()}{name[1:]}"
