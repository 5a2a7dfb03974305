"""What the page on touchpoints says of handling: times, hand-offs, what is settled, and which contacts lead to more."""

from cxresearch.display import Nothing, table
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
)
from cxresearch.words import MISSING, count_text, estimate_text

COLUMNS = {  # of the table: measure, its heading, its unit
    "wait": ("minutes waited", ""),
    "handle": ("minutes handled", ""),
    "transferred": ("handed on", "share"),
    "resolved": ("settled", "share"),
    "repeated": ("back within {days:g} days", "share"),
}
SHOWN = 12  # places in the table


def handling_table(cells, handling, caption):
    """The busiest places in a table: medians of times and shares, each with its interval.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``ContactHandling.cells_``, already withheld.
    handling : ContactHandling
        Fitted.
    caption : str

    Returns
    -------
    Shown
    """
    shown = cells[cells["flag"] != "suppressed"].head(SHOWN)
    lines = shown[["touchpoint", "channel", "contacts"]].assign(
        touchpoint=shown["touchpoint"].map(as_words), channel=shown["channel"].map(as_words)
    )
    for name, (heading, unit) in COLUMNS.items():
        if name in shown:
            limits = zip(*(shown[f"{name}{end}"] for end in ("", "_low", "_high")), strict=True)
            lines[heading.format(days=handling.days)] = [_cell(*three, unit) for three in limits]
    return table(lines, caption)


def _cell(estimate, low, high, unit):
    return estimate_text(estimate, low, high, unit) if known(estimate) else MISSING


def repeat_contacts(handling, cells):
    """Where customers wait longest, and which touchpoints lead to another contact.

    Parameters
    ----------
    handling : ContactHandling
        Fitted.
    cells : pandas.DataFrame
        Its ``cells_``, already withheld: with a column flag.
    """
    if not len(cells):
        return Nothing()
    return say(
        _repeats(handling),
        _longest(cells, "wait", "wait"),
        _longest(cells, "handle", "handling time"),
        *map(sentence, handling.left_out_),
        "A customer may come back about something else, and some matters take several contacts; only a change made in some places and not in "
        "others would show which contacts could be spared."
        if "repeated" in handling.measures_
        else "",
    )


def _repeats(handling):
    if "repeated" not in handling.measures_:
        return ""
    days, gaps = f"{handling.days:g}", handling.repeats_
    base = (
        f"Of {count_text(handling.followed_)} contacts of named customers, {share(handling.repeated_)} were followed by another of the same "
        f"customer within {days} days. {_unfollowed(handling.unfollowed_, days)}"
    )
    clear = gaps[gaps["stands"].astype(bool) & (gaps["low"] > 0)] if len(gaps) else gaps
    if not len(gaps):
        return base + " Touchpoints cannot be compared."
    if not len(clear):
        return base + " No touchpoint is clearly followed more often than the others."
    named = [f"{as_words(g.touchpoint)} ({points((g.estimate, g.low, g.high))})" for g in clear.itertuples()]
    return f"{base} Followed more often than all other touchpoints together, after correction for {counted(len(gaps), 'comparison')}: {first_names(named, 4)}."


def _unfollowed(n, days):
    if not n:
        return ""
    return f"{count_text(n)} of the last {days} days are not counted: they may still be followed."


def _longest(cells, name, words):
    if name not in cells:
        return ""
    shown = cells[cells["flag"] != "suppressed"].dropna(subset=name)
    if not len(shown):
        return f"No place can show a {words}: too few customers, or it would reveal a place with too few."
    top = shown.loc[shown[name].idxmax()]
    place = f"{as_words(top['touchpoint'])} by {as_words(top['channel'])}"
    return f"The longest median {words} is at {place}: {count([top[name], top[f'{name}_low'], top[f'{name}_high']], 1)} minutes."
