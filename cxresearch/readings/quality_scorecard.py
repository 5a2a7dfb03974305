"""The scorecard of a quarter's data: one line per topic."""

import math

import pandas as pd

from cxresearch.readings.sentences import counted, few, read
from cxresearch.words import SUPPRESSED, count_text, number_text


def scorecard(quality):
    """One line per topic: what was found, in words.

    Parameters
    ----------
    quality : DataQuality
        Fitted.

    Returns
    -------
    pandas.DataFrame
        topic, finding, state.
    """
    sentences = {
        "Faults in the tables": _faults,
        "Plausibility": _plausible,
        "Late records": _late,
        "Row counts": _volumes,
        "Filled columns": _filled,
        "Definitions": _definitions,
        "Survey response": _response,
        "Representation": _representation,
    }
    findings = {name: sentences[name](topic) for name, topic in quality.topics_.items()} | quality.refusals_
    findings["History"] = "too little history: nothing could be compared with earlier quarters"
    rows = [(topic, findings[topic], _shown(topic, state)) for topic, state in quality.states_.items()]
    return pd.DataFrame(rows, columns=["topic", "finding", "state"])


def _shown(topic, state):
    """The state as the page shows it: a response that is as before is not thereby in order.

    >>> _shown("Survey response", "ok"), _shown("Row counts", "ok")
    ('as before', 'ok')
    """
    return "as before" if (topic, state) == ("Survey response", "ok") else state


def _faults(topic):
    if topic.faults_.empty:
        return f"none in {read(topic)}"
    errors = topic.faults_[topic.faults_["severity"] == "error"]
    return few([_fault(f) for f in (errors if len(errors) else topic.faults_).itertuples()])


def _fault(f):
    column = f" ({f.column})" if f.column else ""
    rows = f" in {counted(int(f.rows), 'row')}" if f.rows else ""
    return f"{f.table}{column}: {f.rule}{rows}"


def _plausible(topic):
    if topic.findings_.empty:
        return "no rows loaded twice, before their customer was won, or with an amount beyond all others"
    return few([_contradiction(f) for f in topic.findings_.itertuples()])


def _contradiction(f):
    where = f"{f.table} ({f.column})" if f.column else f.table
    if f.verdict == "loaded twice":
        return f"{where}: {f.rows:,} of {counted(f.of, 'row')} of {f.when} repeat another row: loaded twice?"
    if f.verdict == "beyond all others":
        size = f"over 1,000 times the usual {number_text(f.usual)}, up to {number_text(f.largest)}"
        return f"{where}: {counted(f.rows, 'value')} {size}: a slip of the keyboard or another unit?"
    return f"{where}: {f.rows:,} of {counted(f.of, 'row')} dated before their customer was won"


def _late(topic):
    tables = topic.tables_
    silent, late = (tables[tables["verdict"] == verdict] for verdict in ("silent", "late"))
    if len(silent):
        return few([_silent_table(t) for t in silent.itertuples()])
    if len(late):
        return few([_late_table(t) for t in late.itertuples()])
    judged = tables.dropna(subset="p").sort_values("days_before")
    if judged.empty:
        return "too few earlier months to judge the last 7 days"
    oldest = judged.iloc[-1]
    return f"the last 7 days are as full as usual; oldest last record: {oldest.table}, {counted(oldest.days_before, 'day')} before the end of the quarter"


def _silent_table(t):
    return f"{t.table}: last record {t.last_record:%Y-%m-%d}, {counted(t.days_before, 'day')} before the end of the quarter"


def _late_table(t):
    expected = f"{t.usual_week:,.0f} expected ({t.low:,.0f} to {t.high:,.0f})"
    return f"{t.table}: {counted(t.last_week, 'row')} in the last 7 days, {expected}; last record {t.last_record:%Y-%m-%d}"


def _volumes(topic):
    quarters, odd = topic.quarters_, topic.odd()
    gone = quarters[quarters["verdict"] == "far too few"]
    if len(gone):
        return few([_volume(t, "this quarter") for t in gone.itertuples()])
    persist = quarters[quarters["verdict"].isin(["still missing", "still fewer"])]
    if len(odd) or len(persist):
        return few([*map(_persisting, persist.itertuples()), *map(_odd_volume, odd.itertuples())])
    judged = int(quarters["expected"].notna().sum())
    if not judged:
        return "fewer than 6 earlier months, or 4 quarters of a table with few rows"
    return f"no change beyond chance in {counted(judged, 'table')}"


def _persisting(t):
    usual = f"{t.usual:,.0f} expected by the months before"
    return (
        f"{t.table}: {t.verdict} since {t.since:%Y-%m}, {counted(int(t.rows), 'row')} this quarter, {usual}"
    )


def _odd_volume(t):
    if t.verdict == "no rows":
        return f"{t.table}: no rows in {t.month:%Y-%m}"
    return _volume(t, f"in {t.month:%Y-%m}" if t.grain == "month" else "this quarter")


def _volume(t, when):
    return f"{t.table}: {counted(int(t.rows), 'row')} {when}, {t.expected:,.0f} expected ({t.low:,.0f} to {t.high:,.0f})"


def _filled(topic):
    fell = topic.columns_[topic.columns_["verdict"] == "fell"].sort_values("change")
    if fell.empty:
        return f"{counted(topic.columns_['p'].notna().sum(), 'column')} filled as before"
    return few(
        [
            f"{c.table}.{c.column}: filled in {c.share:.0%} of rows, {c.before:.0%} before"
            for c in fell.itertuples()
        ]
    )


def _definitions(topic):
    changed = topic.changed()
    if changed.empty:
        columns = topic.values_[["table", "column"]].drop_duplicates()
        return f"the same values on the same scale in {counted(len(columns), 'column')}"
    return few([f"{c.table}.{c.column}: {_change(c)}" for c in changed.itertuples()])


def _change(c):
    if c.verdict == "another scale":
        return f"median {number_text(c.now)}, {number_text(c.before)} before: another scale or spread"
    if c.verdict == "new":
        return f"{c.value!r} is new ({_rows(c.now)})"
    if c.verdict == "vanished":
        return f"{c.value!r} has vanished ({_rows(c.before)} before)"
    return f"{c.value!r} {c.verdict} from {_share(c.before)} to {_share(c.now)}"


def _rows(share):
    return _share(share) + ("" if math.isnan(share) else " of rows")


def _share(share):
    return f"fewer than {SUPPRESSED} rows" if math.isnan(share) else f"{share:.0%}"


def _response(topic):
    wave = topic.wave_
    rate = f"wave {wave['wave']}: {wave['rate']:.1%} of {count_text(wave['invited'])} invited answered"
    if topic.verdict_ == "strata apart":
        low, high = topic.extremes().itertuples()
        return f"{rate}, from {low.rate:.0%} ({low.stratum}) to {high.rate:.0%} ({high.stratum})"
    if topic.verdict_ == "fell":
        return f"{rate}, {wave['before']:.1%} in earlier waves"
    if math.isnan(wave["r"]):
        return rate
    return f"{rate}, R-indicator {wave['r']:.2f} over {len(topic.strata_)} strata, which does not see who answers within them"


def _representation(topic):
    groups = topic.groups_
    rarer = groups[groups["verdict"] == "rarer than before"].sort_values("ratio")
    if len(rarer):
        return few([f"{m.table}: {m.group} {m.value!r} at {_against(m)}" for m in rarer.itertuples()])
    least = topic.solid().iloc[0]
    return f"no group rarer than before; the rarest is {least.group} {least.value!r} in {least.table}, at {_against(least)}"


def _against(group):
    before = "" if math.isnan(group.before) else f", {group.before:.2f} before"
    return f"{group.ratio:.2f} of its share of customers{before}"
