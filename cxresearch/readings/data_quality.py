"""Is this quarter fit to publish? What the notebook on data quality says."""

from cxresearch.display import finding, reading
from cxresearch.readings.sentences import counted, few, known, read, share
from cxresearch.words import count_text

UNKNOWN = "not assessed"


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
        return _said(
            "No fault in "
            + read(faults)
            + ". A value that is wrong but plausible is not noticed."
            + _notes(faults)
        )
    errors = int((faults.faults_["severity"] == "error").sum())
    warnings = len(faults.faults_) - errors
    return _said(
        f"{counted(errors, 'error')} and {counted(warnings, 'warning')} in {read(faults)}. An error means that data are wrong, a warning "
        "that they may be. Someone who knows the source can explain a warning; an error has to be corrected."
        + _notes(faults)
    )


def _notes(faults):
    """What the mapping makes of values, a sentence each."""
    return "".join(f" In {note}." for note in faults.notes_)


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
    compared = (
        f"The last seven days could be compared in {len(judged)} of {counted(len(late.tables_), 'table')}"
    )
    late_ = list(judged.loc[judged["verdict"] == "late", "table"])
    silent = list(late.tables_.loc[late.tables_["verdict"] == "silent", "table"])
    found = {
        "fewer than half of the rows expected, beyond chance": late_,
        "silent for longer than usual": silent,
    }
    named = [f"{what}: {', '.join(tables)}" for what, tables in found.items() if tables]
    verdict = "; ".join(named) or "none is late beyond chance"
    return _said(
        f"{compared}; {verdict}.{_outside_by_chance(judged)} Rows that arrive later could change this: run the notebook again in two weeks with "
        "the same last day.",
        late,
    )


def _outside_by_chance(judged):
    """A sentence on tables below their own interval that are not late: each interval is of one table."""
    below = int(((judged["last_week"] < judged["low"]) & (judged["verdict"] == "as usual")).sum())
    if not below:
        return ""
    lie = "lies below its own" if below == 1 else "lie below their own"
    return f" {below} of {len(judged)} {lie} prediction interval, as one table in forty does by chance."


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
        f"filled less often by 5 points or more, beyond chance: {few(fell, ', ')}"
        if fell
        else "none is filled less often"
    )
    skipped = (
        f" Not compared: {counted(later, 'column')} that can be filled only later, as contracts end and projects finish."
        if later
        else ""
    )
    return _said(
        f"{counted(columns['change'].notna().sum(), 'column')} compared with earlier quarters; {verdict}.{skipped} A change of a form or an export "
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
    compared = [f"{counted(len(labels), 'value')} of {counted(columns, 'label column')}"] if columns else []
    compared += [counted(numbers, "number column")] if numbers else []
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
        f"{count_text(wave['answered'])} of {count_text(wave['invited'])} invited customers answered wave {wave['wave']}: "
        f"response rate {share([wave[name] for name in ('rate', 'low', 'high')])}. {verdict}{_evenness(wave)}Within a stratum, satisfied customers may still answer more "
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
        f"less than half of the four quarters before: {few(named)}"
        if named
        else "none fell to less than half of the four quarters before"
    )
    return _said(
        f"{counted(len(solid), 'ratio')} of 30 customers or more; {verdict}. Results for all customers need weights where a ratio is far from 1. "
        "No table here can show whether customers without a record are like the others.",
        groups,
    )


def _said(text, model=None):
    """A reading of a text made already, and what its model could not assess."""
    left_out = list(model.left_out_) if model is not None else []
    return reading("{text}", text=text + (f" Not assessed: {'; '.join(left_out)}." if left_out else ""))


def _lowest(judged):
    """The table whose rows are nearest to the low end of their interval, or furthest below it."""
    near = (judged["rows"] - judged["low"]).sort_values()
    table = judged.loc[near.index[0]]
    where = "Furthest below its interval" if near.iloc[0] < 0 else "Closest to the low end of its interval"
    expected = f"{table['expected']:,.0f} expected ({table['low']:,.0f} to {table['high']:,.0f})"
    return f"{where}: {table['table']}, {counted(int(table['rows']), 'row')}, {expected}."


def _strata_apart(answers):
    low, high = answers.extremes().itertuples()
    return f"Strata differ beyond chance: {low.rate:.1%} of {low.stratum} answered, {high.rate:.1%} of {high.stratum}. "


def _fell(answers):
    before = answers.wave_["before"]
    return (
        f"The rate fell beyond chance{f': it was {before:.1%} in earlier waves' if known(before) else ''}. "
    )


def _evenness(wave):
    if not known(wave["r"]):
        return ""
    has_limits = known(wave["r_low"]) and known(wave["r_high"])
    span = f" ({wave['r_low']:.2f} to {wave['r_high']:.2f})" if has_limits else ""
    return f"R-indicator across strata: {wave['r']:.2f}{span}. "
