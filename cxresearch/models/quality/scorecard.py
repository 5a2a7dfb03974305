"""The findings on a quarter's data, a topic each, in words computed from the data."""

import pandas as pd

from cxresearch.words import number_text

OK, WARNING, HOLD, UNKNOWN = "ok", "warning", "hold", "not assessed"
SILENT = 31  # days without a record that hold a table that fed the last report
TOLD = 3  # findings named one by one
APART = 0.10  # points between the response rates of two strata, or two waves, that matter


def scorecard(quality):
    """Topic, finding and state of a fitted `DataQuality`, in the order in which they are asked."""
    topics = {
        "Faults in the tables": _faults,
        "Records not yet there": _late,
        "Volumes": _volumes,
        "Filled columns": _completeness,
        "Definitions": _definitions,
        "Who answered": _response,
        "Who is missing": _missing,
    }
    rows = [(topic, *judge(quality)) for topic, judge in topics.items()]
    if all(state in (UNKNOWN, OK) for _, _, state in rows) and not quality.is_compared_:
        rows.append(
            ("History", "too little history: nothing could be compared with earlier quarters", WARNING)
        )
    return pd.DataFrame(rows, columns=["topic", "finding", "state"])


def _told(findings):
    more = len(findings) - TOLD
    return "; ".join(findings[:TOLD]) + (f"; and {more} more" if more > 0 else "")


def _faults(q):
    if q.faults_.empty:
        n = int(sum(q.rows_.values()))
        return f"none in {n:,} rows of {_count(len(q.rows_), 'table')}", OK
    errors = q.faults_[q.faults_["severity"] == "error"]
    shown = errors if len(errors) else q.faults_
    findings = [
        f"{f.table}{f' ({f.column})' if f.column else ''}: {f.rule}"
        + (f" in {_count(int(f.rows), 'row')}" if f.rows else "")
        for f in shown.itertuples()
    ]
    return _told(findings), HOLD if len(errors) else WARNING


def _late(q):
    dated = q.late_.dropna(subset="days_before")
    if dated.empty:
        return "no table has a date and a record", UNKNOWN
    silent = dated[dated["verdict"] == "silent"]
    if len(silent):
        findings = [
            f"{t.table}: last record {t.last_record:%Y-%m-%d}, {t.days_before:.0f} days before {q.as_of_}"
            for t in silent.itertuples()
        ]
        return _told(findings), HOLD
    short = dated[dated["verdict"] == "late"]
    if len(short):
        findings = [
            f"{t.table}: {_count(t.last_week, 'row')} in the last 7 days, {t.usual_week:,.0f} expected "
            f"({t.low:,.0f} to {t.high:,.0f}); the last is of {t.last_record:%Y-%m-%d}"
            for t in short.itertuples()
        ]
        return _told(findings), WARNING
    if dated["p"].isna().all():
        return "too few earlier months to know a usual week", UNKNOWN
    live = dated[dated["p"].notna()].sort_values("days_before").iloc[-1]
    return (
        f"the last 7 days are as full as such days were; the oldest last record is that of {live.table}, "
        f"{live.days_before:.0f} days before {q.as_of_}"
    ), OK


def _volumes(q):
    judged = q.quarters_.dropna(subset="expected")
    if judged.empty:
        return "fewer than 6 earlier months, or 4 quarters of a thin table", UNKNOWN
    gone = judged[judged["verdict"] == "far too few"]
    if len(gone):
        return _told([_volume(t, "this quarter") for t in gone.itertuples()]), HOLD
    odd = q.volumes_[q.volumes_["verdict"].isin(["few", "many"])]
    found = [
        _volume(t, f"in {t.month:%Y-%m}" if t.grain == "month" else "this quarter") for t in odd.itertuples()
    ]
    lost = q.volumes_[q.volumes_["verdict"] == "no rows"]
    found += [f"{t.table}: no rows in {t.month:%Y-%m}" for t in lost.itertuples()]
    if found:
        return _told(found), WARNING
    return (
        f"no departure beyond chance from what earlier months let expect, in {_count(len(judged), 'table')}",
        OK,
    )


def _volume(t, when):
    return f"{t.table}: {_count(int(t.rows), 'row')} {when}, {t.expected:,.0f} expected ({t.low:,.0f} to {t.high:,.0f})"


def _completeness(q):
    judged = q.completeness_.dropna(subset="p")
    if judged.empty:
        return f"no optional column with {q.enough} rows this quarter and before", UNKNOWN
    fell = judged[judged["verdict"] == "fell"].sort_values("change")
    if len(fell):
        findings = [
            f"{c.table}.{c.column} filled in {c.share:.0%} of rows, {c.before:.0%} before"
            for c in fell.itertuples()
        ]
        return _told(findings), WARNING
    return f"{_count(len(judged), 'column')} filled as before", OK


def _definitions(q):
    if q.definitions_.empty:
        return f"no label and no number with {q.enough} rows this quarter and before", UNKNOWN
    changed = q.definitions_[q.definitions_["verdict"] != "as before"]
    findings = []
    for c in changed.itertuples():
        where = f"{c.table}.{c.column}"
        if c.change_of == "median":
            findings.append(
                f"{where}: median {number_text(c.now)}, {number_text(c.before)} before: another scale or spread"
            )
        else:
            findings.append(f"{where}: {c.value!r} {_change(c)}")
    if findings:
        return _told(findings), WARNING
    columns = q.definitions_[["table", "column"]].drop_duplicates()
    return f"the same values on the same scale in {_count(len(columns), 'column')}", OK


def _change(c):
    if c.verdict == "new":
        return f"is new ({c.now:.0%} of rows)"
    if c.verdict == "vanished":
        return f"has vanished ({c.before:.0%} of rows before)"
    return f"{c.verdict} from {c.before:.0%} to {c.now:.0%}"


def _response(q):
    wave = q.wave_
    if not wave:
        return q.no_wave_, UNKNOWN
    said = f"wave {wave['wave']}: {wave['rate']:.1%} of {wave['invited']:,} invited answered"
    if wave["verdict"] == "strata apart":
        rates = q.response_[q.response_["invited"] >= q.enough].sort_values("rate")
        low, high = rates.iloc[0], rates.iloc[-1]
        return f"{said}, from {low.rate:.0%} ({low.stratum}) to {high.rate:.0%} ({high.stratum})", WARNING
    if wave["verdict"] == "fell":
        return f"{said}, {wave['before']:.1%} in earlier waves", WARNING
    return said + ("" if wave["r"] != wave["r"] else f", R-indicator {wave['r']:.2f}"), OK


def _missing(q):
    if q.missing_.empty:
        return "no customers with a segment, region or acquisition channel to compare", UNKNOWN
    rarer = q.missing_[q.missing_["verdict"] == "rarer than before"].sort_values("ratio")
    if len(rarer):
        findings = [
            f"{m.table}: {m.group} {m.value!r} at {m.ratio:.2f} of its share of customers, {m.before:.2f} before"
            for m in rarer.itertuples()
        ]
        return _told(findings), WARNING
    judged = q.missing_[q.missing_["n"] >= q.enough]
    if judged.empty:
        return f"no table with {q.enough} customers this quarter", UNKNOWN
    least = judged.sort_values("ratio").iloc[0]
    return (
        f"no group rarer than before; the rarest is {least.group} {least.value!r} in {least.table}, "
        f"at {least.ratio:.2f} of its share of customers ({least.before:.2f} before)"
    ), OK


def _count(n, what):
    return f"{n:,} {what}{'' if n == 1 else 's'}"
