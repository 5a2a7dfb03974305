"""The picture of how contacts are handled, by touchpoint and channel."""

from cxresearch.charts.touchpoints import touch_map
from cxresearch.display import Nothing

SHOWN = {  # the first that is known is drawn
    "repeated": ("share of contacts followed by another within {days:g} days", ".0%"),
    "wait": ("median minutes waited", ",.1f"),
    "handle": ("median minutes handled", ",.1f"),
    "resolved": ("share of contacts that settled the matter", ".0%"),
    "transferred": ("share of contacts handed on", ".0%"),
    "changed": ("share of contacts after which somebody else served", ".0%"),
}


def handling_map(cells, handling):
    """Touchpoints by channels, shaded by the share of contacts that customers followed by another, or else by what is known.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``ContactHandling.cells_``, already withheld: with a column flag.
    handling : ContactHandling
        Fitted.

    Returns
    -------
    Figure
        Nothing where no measure of any cell may be shown.
    """
    known = [name for name in SHOWN if name in cells and cells[name].notna().any()]
    if not known:
        return Nothing()
    what, style = SHOWN[known[0]]
    of = known[0], what.format(days=handling.days), style
    return touch_map(cells, handling.touchpoints_["touchpoint"], handling.channels_["channel"], of)
