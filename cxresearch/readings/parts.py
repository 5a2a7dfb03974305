"""What the page that compares the parts of the firm says."""

from cxresearch.display import finding
from cxresearch.readings.sentences import are, counted, first_names, known, say
from cxresearch.words import estimate_text, share_text


def parts_overview(compared, divided, withheld):
    """How many parts there are, which of them differ in anything, and what could not be compared.

    Parameters
    ----------
    compared : PartComparison
    divided : Parts
    withheld : pandas.DataFrame
        All rows with their flag.
    """
    own = withheld[(withheld["kind"] == "estimate") & (withheld["flag"] != "suppressed")]
    differ = own.loc[own["differs"], "part"].drop_duplicates().tolist()
    measures = withheld["measure"].nunique()
    if differ:
        first = (
            f"Beyond chance, {counted(len(differ), 'part')} {'differs' if len(differ) == 1 else 'differ'} from the rest in at least one of "
            f"{counted(measures, 'measure')} ({counted(compared.tests_, 'comparison')}): {first_names(differ)}."
        )
    else:
        first = (
            f"No {divided.name} differs from the rest beyond chance in {'any of ' if measures > 1 else ''}{counted(measures, 'measure')} "
            f"({counted(compared.tests_, 'comparison')})."
        )
    hidden = (withheld["flag"] == "suppressed") & (withheld["kind"] == "estimate")
    parts = [
        _pooled(divided),
        f"{share_text(divided.unknown)} have no {divided.name}; they are the part “unknown”."
        if divided.unknown
        else "",
        "Some numbers are withheld: they rest on too few, or would give a small group away."
        if hidden.any()
        else "",
        f"Not compared: {'; '.join(compared.left_out_)}." if compared.left_out_ else "",
    ]
    return finding(f"The firm by {divided.name}", "{text}", text=" ".join(filter(None, [first, *parts])))


def part_differences(rows, divided):
    """Which parts differ from the rest in one measure, or that none does and how far apart they are at most.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one measure, as ``PartComparison.of`` has them, with the flag of :func:`cxresearch.report.withhold`.
    divided : Parts
    """
    shown = rows[(rows["flag"] != "suppressed") & rows["estimate"].map(known)]
    own, shrunk, whole = (shown[shown["kind"] == kind] for kind in ("estimate", "shrunk", "whole"))
    if not len(own):
        return say()
    unit = own["unit"].iloc[0]
    differ = own[own["differs"]]
    sentences = [
        f"{row['part']} is {'above' if row['difference'] > 0 else 'below'} the rest by {_gap(row, unit)}: {_limits(row, unit)} as measured."
        for _, row in differ.head(4).iterrows()
    ]
    if len(differ) > 4:
        sentences.append(f"{len(differ) - 4} more {are(len(differ) - 4)} marked in the picture.")
    if not len(differ):
        sentences = [f"No {divided.name} differs beyond chance."]
    if len(shrunk) > 1:
        low, high = (
            shrunk.loc[shrunk["estimate"].astype(float).idxmin()],
            shrunk.loc[shrunk["estimate"].astype(float).idxmax()],
        )
        sentences.append(
            f"Shrunk towards the whole, {divided.name}s lie between {_limits(low, unit)} for {low['part']} and {_limits(high, unit)} for {high['part']}."
        )
    if len(whole):
        sentences.append(f"The whole: {_limits(whole.iloc[0], unit)}.")
    return say(*sentences)


def _pooled(divided):
    if not divided.pooled:
        return ""
    return f"{divided.pooled:,} values with few {'projects' if divided.owner == 'projects' else 'customers'} are taken together as “all others”."


def _limits(row, unit):
    return estimate_text(*(float(row[name]) for name in ("estimate", "low", "high")), unit)


def _gap(row, unit):
    """How far a part lies from the rest, without a sign."""
    ends = [float(row[name]) for name in ("difference", "difference_low", "difference_high")]
    ends = ends if ends[0] > 0 else [-ends[0], -ends[2], -ends[1]]
    return estimate_text(*ends, "points" if unit == "share" else unit)
