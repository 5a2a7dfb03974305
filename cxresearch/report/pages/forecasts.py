"""The page that compares earlier forecasts with their outcomes."""

from cxresearch.report import results
from cxresearch.report.pages import page as pages
from cxresearch.report.pages.layout import Place
from cxresearch.report.scoring import WITHHELD
from cxresearch.words import SUPPRESSED

HEADING = "Forecast against outcome"


def parts(scored):
    """The parts of the page *Forecast against outcome*, or None where nothing could be scored and nothing has gone wrong.

    Parameters
    ----------
    scored : Scored

    Returns
    -------
    list of dict or None
    """
    late = [text for text in scored.unresolved if not text.endswith("not yet")]
    if not len(scored.sentences) and not late:
        return None
    return [part for cell in sections(scored) for part in cell]


def render(scored, made, about):
    """The page *Forecast against outcome*.

    Parameters
    ----------
    scored : Scored
    made : list of dict
        As of :func:`parts`.
    about : dict
        What every page says of its origin, and what stands around it.

    Returns
    -------
    str
    """
    return pages.render(
        "forecasts.html.j2", heading=HEADING, blocks=made, unresolved=scored.unresolved, **about
    )


def outcomes(scored):
    """What became of forecasts that have fallen due, a text for each kind and day of forecast, the latest first; none of what is withheld."""
    latest_first = scored.sentences.sort_values(["made_on", "kind"], ascending=[False, True])
    return [
        f"{_plain(r.kind).capitalize()}. {r.text}"
        for r in latest_first.itertuples()
        if WITHHELD not in r.text
    ]


def sections(scored):
    """The parts of the page as `page.blocks` makes them from a notebook: readings, tables and pictures, kind by kind."""
    from cxresearch.charts import forecasts as charts

    place = Place()
    shown = scored.totals[scored.totals["n"] >= SUPPRESSED]
    if (shown["low"].notna() & (shown["mean"] > 0)).any():
        label = shown["kind"].map(_plain) + ", " + shown["due_on"].map(str)
        yield [place.heading(2, "Totals", False), *_shown(charts.totals(shown.assign(label=label)))]
    for (kind, made_on), sentences in scored.sentences.groupby(["kind", "made_on"], sort=True):
        parts = [place.heading(2, f"{_plain(kind).capitalize()}, forecast on {made_on}", False)]
        parts += [{"kind": "reading", "text": text} for text in sentences["text"]]
        groups = _of(scored.calibration, kind, made_on)
        if len(groups) > 1:
            parts += _shown(charts.calibration(groups, _plain(kind)))
        rows = _of(scored.rows, kind, made_on)
        if (rows["n"] >= SUPPRESSED).any():  # else the sentence has said that all is withheld
            parts += _shown(results.record(rows, f"{_plain(kind).capitalize()}: forecast and actual"))
        yield parts


def _shown(shown):
    return pages.output_parts({"data": shown._repr_mimebundle_()})


def _of(frame, kind, made_on):
    return frame[(frame["kind"] == kind) & (frame["made_on"] == made_on)].drop(columns=["kind", "made_on"])


def _plain(kind):
    return kind.replace("_", " ")
