"""Is this quarter fit to publish? What the notebook on data quality says."""

import math

import pandas as pd

from cxresearch.display import finding, reading
from cxresearch.words import number_text

SHOWN = 3  # findings named one by one
UNKNOWN = "not assessed"


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
        "Late records": _late,
        "Row counts": _volumes,
        "Filled columns": _filled,
        "Definitions": _definitions,
        "Survey response": _response,
        "Representation": _representation,
    }
    findings = {name: sentences[name](topic) for name, topic in quality.topics_.items()} | quality.refusals_
    findings["History"] = "too little history: nothing could be compared with earlier quarters"
    rows = [(topic, findings[topic], state) for topic, state in quality.states_.items()]
    return pd.DataFrame(rows, columns=["topic", "finding", "state"])


def fit_to_publish(quality):
    """Whether the quarter is fit to publish, for the board page.

    Parameters
    ----------
    quality : DataQuality
        Fitted.
    """
    words = {
        "publish": "No reason found not to publish the quarter from {start} to {end}. ",
        "publish with a warning": (
            "The quarter from {start} to {end} is fit to publish if the warnings are shown beside the numbers they affect. "
        ),
        "hold": "Hold the quarter from {start} to {end}: the problems found would change the numbers themselves. ",
    }
    asked = {name: state for name, state in quality.states_.items() if name != "History"}
    return finding(
        "Data quality",
        words[quality.verdict_] + "{answered} of {asked} questions could be answered from these data. "
        "A fault that is the same in every quarter does not show here. Counting one day's records in the source system "
        "could change this conclusion.",
        start=quality.quarter_.start,
        end=quality.quarter_.as_of,
        answered=sum(state != UNKNOWN for state in asked.values()),
        asked=len(asked),
    )


def table_faults(faults):
    """How many faults the tables have.

    Parameters
    ----------
    faults : TableFaults
        Fitted.
    """
    if faults.faults_.empty:
        return _said("No fault in " + _read(faults) + ". A value that is wrong but plausible is not noticed.")
    errors = int((faults.faults_["severity"] == "error").sum())
    warnings = len(faults.faults_) - errors
    return _said(
        f"{_count(errors, 'error')} and {_count(warnings, 'warning')} in {_read(faults)}. An error means that data are wrong, a warning "
        "that they may be. Someone who knows the source can explain a warning; an error has to be corrected."
    )


def late_records(late):
    """Whether the last seven days of each table have arrived.

    Parameters
    ----------
    late : LastRecords
        Fitted.
    """
    judged = late.tables_.dropna(subset="p")
    if judged.empty:
        return _said("No table has enough history to judge its last seven days.")
    below = list(judged.loc[judged["last_week"] < judged["low"], "table"])
    compared = (
        f"The last seven days could be compared in {len(judged)} of {_count(len(late.tables_), 'table')}"
    )
    verdict = (
        f"below the prediction interval: {', '.join(below)}"
        if below
        else "none is below its prediction interval"
    )
    return _said(
        f"{compared}; {verdict}. Rows that arrive later could change this: run the notebook again in two weeks with the same last day.",
        late,
    )


def row_volumes(volumes):
    """How many tables have as many rows as expected, and which comes closest to too few.

    Parameters
    ----------
    volumes : RowVolumes
        Fitted.
    """
    judged = volumes.quarters_.dropna(subset="expected")
    if judged.empty:
        return _said(
            "No table has six earlier months (or four quarters, where rows are few), so row counts are shown but not judged."
        )
    is_within = (judged["rows"] >= judged["low"]) & (judged["rows"] <= judged["high"])
    return _said(
        f"Tables within their prediction interval: {is_within.sum()} of {len(judged)}. {_lowest(judged)} About one table in twenty lies outside by chance alone. A wide interval means that earlier months "
        "varied a lot. A known cause, such as a campaign or a closed shop, could explain a gap.",
        volumes,
    )


def filled_columns(filled):
    """How many columns are filled less often than before.

    Parameters
    ----------
    filled : FilledColumns
        Fitted.
    """
    columns = filled.columns_
    names = columns["table"] + "." + columns["column"]
    fell = list(names[columns["verdict"] == "fell"])
    later = int((columns["verdict"] == "fills in later").sum())
    verdict = (
        f"filled less often by 5 points or more, beyond chance: {_few(fell, ', ')}"
        if fell
        else "none is filled less often"
    )
    skipped = (
        f" Not compared: {_count(later, 'column')} that can be filled only later, as contracts end and projects finish."
        if later
        else ""
    )
    return _said(
        f"{_count(columns['change'].notna().sum(), 'column')} compared with earlier quarters; {verdict}.{skipped} A change of a form or an export "
        "would explain a fall, but not undo it.",
        filled,
    )


def definitions(meaning):
    """How many labels and numbers changed.

    Parameters
    ----------
    meaning : Definitions
        Fitted.
    """
    labels = meaning.values_[meaning.values_["change_of"] == "share"]
    columns = len(labels[["table", "column"]].drop_duplicates())
    numbers = len(meaning.values_) - len(labels)
    compared = [f"{_count(len(labels), 'value')} of {_count(columns, 'label column')}"] if columns else []
    compared += [_count(numbers, "number column")] if numbers else []
    changed = len(meaning.changed())
    verdict = f"{changed} changed" if changed else "none changed"
    return _said(
        f"{' and '.join(compared)} compared with earlier quarters; {verdict} beyond chance and by enough to matter. "
        "Someone who knows the source could explain a change: a new channel may really be new."
    )


def survey_response(answers):
    """How many of the invited answered the latest wave, and how alike the strata are.

    Parameters
    ----------
    answers : WaveResponse
        Fitted.
    """
    wave = answers.wave_
    verdicts = {"strata apart": _strata_apart, "fell": _fell}
    verdict = verdicts.get(answers.verdict_, lambda answers: "")(answers)
    return _said(
        f"{wave['answered']:,} of {wave['invited']:,} invited customers answered wave {wave['wave']}: response rate {wave['rate']:.1%} "
        f"({wave['low']:.1%} to {wave['high']:.1%}). {verdict}{_evenness(wave)}Within a stratum, satisfied customers may still answer more "
        "often: only a follow-up of those who did not answer would show it.",
        answers,
    )


def representation(groups):
    """How many groups of customers are rarer in a table than before.

    Parameters
    ----------
    groups : Representation
        Fitted.
    """
    solid = groups.solid()
    rarer = solid[solid["verdict"] == "rarer than before"]
    named = [f"{group.value} in {group.table}" for group in rarer.itertuples()]
    verdict = (
        f"less than half of the four quarters before: {_few(named)}"
        if named
        else "none fell to less than half of the four quarters before"
    )
    return _said(
        f"{_count(len(solid), 'ratio')} of 30 customers or more; {verdict}. Results for all customers need weights where a ratio is far from 1. "
        "No table here can show whether customers without a record are like the others.",
        groups,
    )


def _said(text, model=None):
    """A reading of a text made already, and what its model could not assess."""
    left_out = list(model.left_out_) if model is not None else []
    return reading("{text}", text=text + (f" Not assessed: {'; '.join(left_out)}." if left_out else ""))


def _faults(topic):
    if topic.faults_.empty:
        return f"none in {_read(topic)}"
    errors = topic.faults_[topic.faults_["severity"] == "error"]
    return _few([_fault(f) for f in (errors if len(errors) else topic.faults_).itertuples()])


def _fault(f):
    column = f" ({f.column})" if f.column else ""
    rows = f" in {_count(int(f.rows), 'row')}" if f.rows else ""
    return f"{f.table}{column}: {f.rule}{rows}"


def _read(topic):
    return f"{topic.tables_['rows'].sum():,} rows of {_count(len(topic.tables_), 'table')}"


def _late(topic):
    tables = topic.tables_
    silent, late = (tables[tables["verdict"] == verdict] for verdict in ("silent", "late"))
    if len(silent):
        return _few([_silent_table(t) for t in silent.itertuples()])
    if len(late):
        return _few([_late_table(t) for t in late.itertuples()])
    judged = tables.dropna(subset="p").sort_values("days_before")
    if judged.empty:
        return "too few earlier months to judge the last 7 days"
    oldest = judged.iloc[-1]
    return f"the last 7 days are as full as usual; oldest last record: {oldest.table}, {_count(oldest.days_before, 'day')} before the end of the quarter"


def _silent_table(t):
    return f"{t.table}: last record {t.last_record:%Y-%m-%d}, {_count(t.days_before, 'day')} before the end of the quarter"


def _late_table(t):
    expected = f"{t.usual_week:,.0f} expected ({t.low:,.0f} to {t.high:,.0f})"
    return f"{t.table}: {_count(t.last_week, 'row')} in the last 7 days, {expected}; last record {t.last_record:%Y-%m-%d}"


def _volumes(topic):
    quarters, odd = topic.quarters_, topic.odd()
    gone = quarters[quarters["verdict"] == "far too few"]
    if len(gone):
        return _few([_volume(t, "this quarter") for t in gone.itertuples()])
    if len(odd):
        return _few([_odd_volume(t) for t in odd.itertuples()])
    judged = int(quarters["expected"].notna().sum())
    if not judged:
        return "fewer than 6 earlier months, or 4 quarters of a table with few rows"
    return f"no change beyond chance in {_count(judged, 'table')}"


def _odd_volume(t):
    if t.verdict == "no rows":
        return f"{t.table}: no rows in {t.month:%Y-%m}"
    return _volume(t, f"in {t.month:%Y-%m}" if t.grain == "month" else "this quarter")


def _volume(t, when):
    return f"{t.table}: {_count(int(t.rows), 'row')} {when}, {t.expected:,.0f} expected ({t.low:,.0f} to {t.high:,.0f})"


def _lowest(judged):
    """The table whose rows are nearest to the low end of their interval, or furthest below it."""
    near = (judged["rows"] - judged["low"]).sort_values()
    table = judged.loc[near.index[0]]
    where = "Furthest below its interval" if near.iloc[0] < 0 else "Closest to the low end of its interval"
    expected = f"{table['expected']:,.0f} expected ({table['low']:,.0f} to {table['high']:,.0f})"
    return f"{where}: {table['table']}, {_count(int(table['rows']), 'row')}, {expected}."


def _filled(topic):
    fell = topic.columns_[topic.columns_["verdict"] == "fell"].sort_values("change")
    if fell.empty:
        return f"{_count(topic.columns_['p'].notna().sum(), 'column')} filled as before"
    return _few(
        [
            f"{c.table}.{c.column}: filled in {c.share:.0%} of rows, {c.before:.0%} before"
            for c in fell.itertuples()
        ]
    )


def _definitions(topic):
    changed = topic.changed()
    if changed.empty:
        columns = topic.values_[["table", "column"]].drop_duplicates()
        return f"the same values on the same scale in {_count(len(columns), 'column')}"
    return _few([f"{c.table}.{c.column}: {_change(c)}" for c in changed.itertuples()])


def _change(c):
    if c.verdict == "another scale":
        return f"median {number_text(c.now)}, {number_text(c.before)} before: another scale or spread"
    if c.verdict == "new":
        return f"{c.value!r} is new ({c.now:.0%} of rows)"
    if c.verdict == "vanished":
        return f"{c.value!r} has vanished ({c.before:.0%} of rows before)"
    return f"{c.value!r} {c.verdict} from {c.before:.0%} to {c.now:.0%}"


def _response(topic):
    wave = topic.wave_
    rate = f"wave {wave['wave']}: {wave['rate']:.1%} of {wave['invited']:,} invited answered"
    if topic.verdict_ == "strata apart":
        low, high = topic.extremes().itertuples()
        return f"{rate}, from {low.rate:.0%} ({low.stratum}) to {high.rate:.0%} ({high.stratum})"
    if topic.verdict_ == "fell":
        return f"{rate}, {wave['before']:.1%} in earlier waves"
    return rate + ("" if math.isnan(wave["r"]) else f", R-indicator {wave['r']:.2f}")


def _strata_apart(answers):
    low, high = answers.extremes().itertuples()
    return f"Strata differ beyond chance: {low.rate:.1%} of {low.stratum} answered, {high.rate:.1%} of {high.stratum}. "


def _fell(answers):
    return f"The rate fell beyond chance: it was {answers.wave_['before']:.1%} in earlier waves. "


def _evenness(wave):
    if math.isnan(wave["r"]):
        return ""
    return f"R-indicator across strata: {wave['r']:.2f} ({wave['r_low']:.2f} to {wave['r_high']:.2f}). "


def _representation(topic):
    groups = topic.groups_
    rarer = groups[groups["verdict"] == "rarer than before"].sort_values("ratio")
    if len(rarer):
        return _few([f"{m.table}: {m.group} {m.value!r} at {_against(m)}" for m in rarer.itertuples()])
    least = topic.solid().iloc[0]
    return f"no group rarer than before; the rarest is {least.group} {least.value!r} in {least.table}, at {_against(least)}"


def _against(group):
    before = "" if math.isnan(group.before) else f", {group.before:.2f} before"
    return f"{group.ratio:.2f} of its share of customers{before}"


def _few(findings, between="; "):
    more = len(findings) - SHOWN
    return between.join(findings[:SHOWN]) + (f"{between}and {more} more" if more > 0 else "")


def _count(n, what):
    return f"{n:,.0f} {what}{'' if n == 1 else 's'}"
