"""What the page on touchpoints says: the map, what to improve first, the departments, and the firm's picture of itself."""

import math

from cxresearch.display import Nothing, finding, reading
from cxresearch.readings.sentences import as_words, known, say, sentence
from cxresearch.words import count_text

SHOWN = 5  # names listed before "and n more"


def touch_map(touch, cells):
    """The lowest cell, what is withheld, and how many contacts were rated.

    Parameters
    ----------
    touch : TouchMap
    cells : pandas.DataFrame
        Its ``cells_``, already withheld: with a column flag.
    """
    if not len(cells):
        return Nothing()
    shown = cells[cells["flag"] != "suppressed"].dropna(subset="mean").sort_values("mean", kind="stable")
    contacts, rated = touch.cells_["contacts"].sum(), touch.cells_["rated"].sum()
    return say(
        _lowest_cell(shown, rated),
        _withheld((cells["flag"] == "suppressed").sum(), (cells["flag"] == "indicative").sum()),
        f"{rated / contacts:.0%} of {count_text(contacts)} contacts were rated." if rated else "",
        *map(sentence, touch.left_out_),
        "Do not read this as a ranking: the lowest of many cells is low partly by chance, and some cells have harder work."
        if len(shown)
        else "",
    )


def _lowest_cell(shown, rated):
    if not rated:
        return "The map shows the number of contacts."
    if not len(shown):
        return "No cell has enough ratings to be shown."
    low, high = shown.iloc[0], shown.iloc[-1]
    if len(shown) > 1 and low["mean"] == high["mean"]:
        return f"All {len(shown)} cells shown have the same mean, {low['mean']:.1f}."
    place = f"{as_words(low['touchpoint'])} by {as_words(low['channel'])}"
    if len(shown) == 1:
        return f"One cell can be shown, {place}: {_level(low['mean'], low['low'], low['high'])}."
    return (
        f"The lowest of {len(shown)} cells shown is {place}: {_level(low['mean'], low['low'], low['high'])}."
    )


def _withheld(hidden, few):
    counts = (
        (hidden, "cell is withheld", "cells are withheld"),
        (few, "cell rests on fewer than 30 customers", "cells rest on fewer than 30 customers"),
    )
    return " ".join(f"{count:,} {one if count == 1 else many}." for count, one, many in counts if count)


def touchpoint_priorities(moments):
    """Which touchpoint is both important and rated below average, and where the largest gap to the target is.

    Parameters
    ----------
    moments : ImportancePerformance
    """
    touchpoints = moments.touchpoints_
    if not len(touchpoints):
        return Nothing()
    weak = touchpoints[touchpoints["is_named"] & (touchpoints["quadrant"] == "concentrate here")]
    return say(
        _weak(weak["touchpoint"].tolist()),
        _largest_gap(touchpoints.iloc[0], moments.target_),
        f"{int(touchpoints['is_named'].sum())} of {len(touchpoints)} touchpoints fall into one quadrant in at least 80% of resamples.",
        "" if moments.tau_squared_ > 0 else "Touchpoints show no clear difference in importance.",
        *map(sentence, moments.left_out_),
        "Satisfied customers rate everything higher, which raises all slopes alike.",
        "Only a change made in some places and not in others would show what a point there is worth.",
    )


def _weak(names):
    if not names:
        return "No touchpoint is likely to be both important and rated below average."
    return f"Likely to be both important and rated below average (each in at least 80% of resamples): {_listed(names)}."


def _largest_gap(first, target):
    if not first["gap"] > 0:
        return f"No touchpoint falls short of the target of {target:.1f}."
    size = f"{first['gap']:,.0f} ({first['gap_low']:,.0f} to {first['gap_high']:,.0f})".replace("-", "−")
    unsure = "" if first["gap_low"] > 0 else ", which may be nothing"
    return f"The largest volume-weighted gap to the target of {target:.1f} is at {as_words(first['touchpoint'])}: {size}{unsure}."


def lagging_department(steady):
    """Which department is lowest as it stands, and which lags after adjusting for case mix.

    Parameters
    ----------
    steady : Consistency
    """
    departments = steady.departments_
    if not len(departments):
        return Nothing()
    is_difficulty_known = "difficulty" in steady.terms_
    lagging = departments[departments["verdict"] == "lagging"]
    return _finding(
        "Departments",
        _lowest_unadjusted(departments.dropna(subset="raw").sort_values("raw", kind="stable")),
        _lags(lagging.iloc[0]) if len(lagging) else _none_lags(departments.iloc[0]),
        "" if is_difficulty_known else "No department is called lagging: it may have the harder work.",
        f"Adjusted for: {_listed(steady.terms_, len(steady.terms_)) or 'nothing'}.",
        *map(sentence, steady.left_out_),
        "A cause of hard work that no column records could change this conclusion.",
    )


def _lowest_unadjusted(departments):
    if not len(departments):
        return ""
    low = departments.iloc[0]
    often = f"; in {low['p_lowest_raw']:.0%} of resamples" if known(low["p_lowest_raw"]) else ""
    return f"Unadjusted, {low['department']} is lowest ({low['raw']:.2f}{often})."


def _lags(worst):
    return f"Adjusted for case mix, {worst['department']} lags: {_from_the_mean(worst)}{_lowest_in(worst)}."


def _none_lags(worst):
    why = _from_the_mean(worst)
    return f"Adjusted for case mix, no department clearly lags. The lowest is {worst['department']}: {why}{_lowest_in(worst)}."


def _lowest_in(row):
    return f", lowest in {row['p_lowest']:.0%} of resamples" if known(row["p_lowest"]) else ""


def _from_the_mean(row):
    limits = _limits(row["distance_low"], row["distance_high"], "+.2f")
    return f"{_signed(row['distance'])} points from the mean of departments ({limits})"


def variance_shares(steady):
    """How much of the variation lies between departments, customers and agents, and how much from one contact to the next.

    Parameters
    ----------
    steady : Consistency
    """
    shares = steady.variances_.set_index("source")
    if not len(shares):
        return Nothing()
    contact = shares.loc["contact", "share"]
    between = [
        f"{name}s for {shares.loc[name, 'share']:.0%} ({_limits(*shares.loc[name, ['low', 'high']], '.0%')})"
        for name in ("department", "customer", "agent")
        if name in shares.index and known(shares.loc[name, "share"])
    ]
    if not between or not known(contact):
        return say("How much of the variation lies between departments cannot be estimated.")
    return say(
        f"{sentence(between[0].replace(' for ', ' account for '))[:-1]} of the variation{''.join(f', {part}' for part in between[1:])}.",
        f"The other {contact:.0%} lies between contacts of the same kind.",
        "So most unevenness is from one contact to the next, which no ranking of people or departments addresses."
        if contact > 0.5
        else "",
    )


def job_consistency(steady):
    """Which jobs in which channels differ from what is expected of their department, channel and difficulty.

    Parameters
    ----------
    steady : Consistency
    """
    cells = steady.cells_
    if not len(cells):
        return reading("No combination of job and channel was rated by enough customers to be compared.")
    differ = cells[cells["verdict"] != "as expected"]
    return say(
        _jobs_differ(differ, len(cells)) if len(differ) else _no_job_differs(len(cells)),
        "Customers who choose a channel because they are already angry would look the same.",
    )


def _jobs_differ(differ, total):
    names = [f"{as_words(c.cell)} ({_signed(c.distance)})" for c in differ.itertuples()]
    verb = "differs" if len(differ) == 1 else "differ"
    combinations = "combination" if total == 1 else "combinations"
    return (
        f"{len(differ)} of {total} {combinations} of job and channel {verb} from expectation, after correction for "
        f"multiple comparisons: {_listed(names)}."
    )


def _no_job_differs(total):
    if total == 1:
        return "The only combination of job and channel that can be compared shows no clear difference from expectation."
    return f"None of {total} combinations of job and channel clearly differs from expectation, after correction for multiple comparisons."


def self_image(picture):
    """Where staff rate the customer experience higher or lower than customers do.

    Parameters
    ----------
    picture : PerceptionGap
    """
    departments, touchpoints = picture.departments_, picture.touchpoints_
    if not len(picture.gaps_):
        return Nothing()
    gaps = touchpoints["verdict"].isin(["overrated", "underrated"]).sum()
    return _finding(
        "Self-image",
        *_verdicts(departments.groupby("verdict")["department"].agg(list).to_dict()),
        _best_marks(picture.firm_, picture.best_),
        f"By touchpoint, {gaps} of {len(touchpoints)} comparisons {'shows' if gaps == 1 else 'show'} a clear gap."
        if len(touchpoints)
        else "",
        *map(sentence, picture.left_out_),
        "Whether customers who rate a contact are more or less content than the others is not known; if they are more content, staff are further "
        "above customers than shown. The same question to customers who did not answer would settle it.",
    )


def _verdicts(names):
    """A sentence for each verdict that departments have."""
    texts = {
        "overrated": "Staff rate the experience higher than customers do in {}.",
        "underrated": "Staff rate the experience lower than customers do in {}.",
        "no gap": "The gap is within the tolerance in {}.",
        "undecided": "The evidence is too thin to decide on {}.",
    }
    if not names:
        return ["No single department can be compared."]
    return [text.replace("{}", _listed(names[v], 10)) for v, text in texts.items() if v in names]


def _best_marks(firm, best):
    """The level of staff that is furthest above customers, in the share of the best marks."""
    if not len(firm):
        return ""
    firm = firm.dropna(subset=["best_gap", "staff_best", "customer_best"])
    if not len(firm):
        return ""
    top = firm.sort_values("best_gap").iloc[-1]
    return (
        f"{top['staff_best']:.0%} of ratings at the level “{top['level']}” are {best:g} or more, "
        f"against {top['customer_best']:.0%} of customers' ratings."
    )


def _finding(label, *sentences):
    return finding(label, "{text}", text=" ".join(filter(None, sentences)))


def _listed(names, most=SHOWN):
    """
    >>> _listed(["a", "b", "c"]), _listed(["a", "b", "c"], 2), _listed(["a"]), _listed([])
    ('a, b and c', 'a, b and 1 more', 'a', '')
    """
    names = list(map(as_words, names))
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _signed(value, style="+.2f"):
    """
    >>> _signed(-0.756), _signed(float("nan"))
    ('−0.76', '–')
    """
    return f"{value:{style}}".replace("-", "−") if math.isfinite(value) else "–"


def _limits(low, high, style):
    """
    >>> _limits(-0.95, -0.56, "+.2f"), _limits(0.061, 0.132, ".0%"), _limits(1, float("nan"), "+.2f")
    ('−0.95 to −0.56', '6% to 13%', 'no interval')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "no interval"
    return f"{_signed(low, style)} to {_signed(high, style)}"


def _level(mean, low, high):
    """
    >>> _level(5.93, 5.1, 6.8), _level(7, float("nan"), float("nan"))
    ('5.9 (95% interval 5.1 to 6.8)', '7.0 (no interval)')
    """
    limits = _limits(low, high, ".1f")
    return f"{_signed(mean, '.1f')} ({limits if limits == 'no interval' else f'95% interval {limits}'})"
