"""What the judgement of a quarter needs to know of each table: one pass by day, one by quarter, one by label.

Everything is an aggregate, so that a table of millions of rows comes back as a few thousand.
"""

import calendar
import datetime
from dataclasses import dataclass

import ibis
import pandas as pd

from cxresearch.contract.tables import TABLES
from cxresearch.models.quality.ripening import known_values
from cxresearch.months import wave_end
from cxresearch.tables.cast import typed, unreadable

MOST_VALUES = 50  # a label with more values is a name or a free text
QUANTILES = {"p5": 0.05, "p50": 0.5, "p95": 0.95}
NOW, LAST, BEFORE = 0, 1, 2  # this quarter, the one before it, all earlier ones


@dataclass(frozen=True)
class TableScan:
    """One table as known on a date.

    Attributes
    ----------
    name, event : str
        The table and the column that says when a row happened; None where it has no date.
    days : pandas.DataFrame
        Per day up to the date: day, rows, and ``filled …`` for each optional column.
    optional : list of str
        The contract's optional columns present.
    effect : float
        Rows per unit (customer, project …) this quarter: the design effect by which counts are divided, since the rows of one
        customer resemble each other.
    numbers : pandas.DataFrame
        period, column, n, p5, p50, p95, min, max.
    labels : pandas.DataFrame
        column, value, period, n.
    later : int
        Rows after the date, or of waves that ended after it, left out.
    last : pandas.Timestamp
        The last day, up to the date, of any column that says when something happened (a project's start and finish as well as
        its approval).
    """

    name: str
    event: str | None
    days: pd.DataFrame
    optional: list
    effect: float = 1.0
    numbers: pd.DataFrame | None = None
    labels: pd.DataFrame | None = None
    later: int = 0
    last: pd.Timestamp = pd.NaT


def months_back(day, months):
    """The day so many months earlier; the end of a month goes to the end of a month.

    >>> months_back(datetime.date(2026, 9, 30), 3), months_back(datetime.date(2026, 5, 15), 3)
    (datetime.date(2026, 6, 30), datetime.date(2026, 2, 15))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    is_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return datetime.date(year, month + 1, length if is_end else min(day.day, length))


def months_ago(days, as_of):
    """How many whole months before `as_of` each day lies: 0 for the month that ends then.

    >>> months_ago(pd.to_datetime(["2026-09-01", "2026-08-31", "2025-09-30"]), datetime.date(2026, 9, 30)).tolist()
    [0, 1, 12]
    """
    days = pd.DatetimeIndex(days)
    ago = (as_of.year * 12 + as_of.month) - (days.year * 12 + days.month)
    is_end = as_of.day == calendar.monthrange(as_of.year, as_of.month)[1]
    return ago if is_end else ago - (days.day > as_of.day)


def readable(source, zone=None, only=None):
    """A table, or some columns of it, in the contract's types; what cannot be read, and empty text, is null."""
    raw, columns = source.chosen(), {}
    for column, spec in source.columns().items():
        if only is not None and column not in only:
            continue
        wrong, value = unreadable(raw[column], spec.kind), typed(raw[column], spec.kind, zone)
        if wrong is not None:
            value = ibis.ifelse(wrong, ibis.null(spec.type), value)
        columns[column] = value.nullif("") if spec.kind == "text" else value
    return raw.select(**columns)


def scan(source, zone, as_of, fiscal_year_starts=1):
    """Read one table as far as it was known on `as_of`."""
    name, specs = source.name, source.columns()
    declared = TABLES[name].columns
    optional = [c for c in specs if c not in declared or not declared[c].required]
    events = source.events
    if not events:
        none = pd.DataFrame(columns=["day", "rows"])
        later = _of_later_waves(source, zone, as_of, fiscal_year_starts)
        return TableScan(name, None, none, optional, later=later)
    every = readable(source, zone)
    mark = next((c for c, spec in specs.items() if spec.others), None)
    table = known_values(_own(every, mark), specs, as_of)
    table = table.mutate(cx_day=table[events[0]].cast("date")).filter(ibis._.cx_day.notnull())
    days = _days(table, optional)
    known = days["day"] <= pd.Timestamp(as_of)
    later = int(days.loc[~known, "rows"].sum()) + _later_of_others(every, mark, events[0], as_of)
    table = by_quarter(table, as_of, (NOW, LAST))
    numbers, labels = _numbers_of(specs), _labels_of(specs)
    periods = _periods(table, specs, source.happened, numbers, labels, as_of)
    few = [c for c in labels if len(periods) and periods[f"values {c}"].max() <= MOST_VALUES]
    return TableScan(
        name,
        events[0],
        days[known].reset_index(drop=True),
        optional,
        _effect(periods),
        _numbers(periods, numbers),
        _labels(table, few),
        later,
        max((pd.Timestamp(day) for day in periods.filter(like="last ").stack()), default=pd.NaT),
    )


def _own(table, mark):
    """The rows of the firm, without those that a column marks as of other organisations: they say nothing of its quarter."""
    return table.filter(~table[mark].fill_null(False)) if mark else table


def _later_of_others(table, mark, event, as_of):
    """Rows of other organisations after the date: they are among the rows read, and were not known then either."""
    if mark is None:
        return 0
    is_later = table[event].cast("date") > ibis.literal(as_of)
    return int(table.filter(table[mark].fill_null(False) & is_later).count().execute())


def _of_later_waves(source, zone, as_of, fiscal_year_starts):
    """Rows of the waves that ended after the date, of a table that has no date of its own."""
    if "wave" not in source.columns():
        return 0
    waves = (
        readable(source, zone, only=["wave"]).wave.value_counts(name="n").to_pandas().dropna(subset="wave")
    )
    return sum(
        int(n)
        for wave, n in zip(waves["wave"], waves["n"], strict=True)
        if _ends_after(wave, as_of, fiscal_year_starts)
    )


def _ends_after(wave, as_of, fiscal_year_starts):
    end = wave_end(wave, fiscal_year_starts)
    return end is not None and end > as_of


def _days(table, optional):
    """Rows per day, and how many of them fill each optional column; oldest first."""
    filled = {f"filled {c}": table[c].count() for c in optional}
    days = table.group_by("cx_day").aggregate(cx_rows=table.count(), **filled).to_pandas()
    days = days.rename(columns={"cx_day": "day", "cx_rows": "rows"})
    return days.assign(day=pd.to_datetime(days["day"])).sort_values("day", ignore_index=True)


def _numbers_of(specs):
    """The columns whose scale is watched."""
    return [c for c, spec in specs.items() if spec.kind == "number" and not spec.fresh]


def _labels_of(specs):
    """The columns of text whose values are watched: neither keys nor texts that differ by their nature."""
    texts = [c for c, spec in specs.items() if spec.kind == "text" and not spec.fresh]
    return [c for c in texts if not c.endswith("_id")]


def _periods(table, specs, events, numbers, labels, as_of):
    """One row per period: rows, units, the last day of each event column, and what numbers and labels look like."""
    unit = next((c for c, spec in specs.items() if spec.references), None)
    unit = unit or next((c for c, spec in specs.items() if spec.unique), None)
    until = ibis.literal(as_of, "date")
    asked = {"cx_rows": table.count(), "cx_units": table[unit].nunique() if unit else table.count()}
    for c in events:
        asked[f"last {c}"] = table[c].cast("date").max(where=table[c].cast("date") <= until)
    asked |= {f"values {c}": table[c].nunique() for c in labels}
    for c in numbers:
        asked |= {f"{q} {c}": table[c].quantile(share) for q, share in QUANTILES.items()}
        asked |= {f"min {c}": table[c].min(), f"max {c}": table[c].max(), f"n {c}": table[c].count()}
    return table.group_by("cx_period").aggregate(**asked).to_pandas().set_index("cx_period")


def by_quarter(table, as_of, quarters):
    """Rows up to `as_of` with ``cx_period``: how many quarters ago, the last of `quarters` and what is older as one more."""
    starts = [(ago, months_back(as_of, 3 * (ago + 1))) for ago in quarters]
    cases = [(table.cx_day > ibis.literal(start, "date"), ago) for ago, start in starts]
    period = ibis.cases(*cases, else_=max(quarters) + 1)
    return table.filter(table.cx_day <= ibis.literal(as_of, "date")).mutate(cx_period=period)


def _effect(periods):
    if NOW not in periods.index or not periods.loc[NOW, "cx_units"]:
        return 1.0
    return max(1.0, periods.loc[NOW, "cx_rows"] / periods.loc[NOW, "cx_units"])


def _numbers(periods, columns):
    measures = ["n", *QUANTILES, "min", "max"]
    rows = [
        (int(period), c, *(periods.loc[period, f"{m} {c}"] for m in measures))
        for period in periods.index
        for c in columns
    ]
    return pd.DataFrame(rows, columns=["period", "column", *measures]).sort_values(
        ["column", "period"], ignore_index=True
    )


def _labels(table, columns):
    kept = ["column", "value", "period", "n"]
    if not columns:
        return pd.DataFrame(columns=kept)
    # one select a column: PostgreSQL would turn a table longer through JSON, which puts texts in quotes
    parts = [
        table.select(
            cx_column=ibis.literal(c, "string"), cx_value=table[c].cast("string"), cx_period=table.cx_period
        )
        for c in columns
    ]
    long = ibis.union(*parts) if len(parts) > 1 else parts[0]
    long = long.filter(long.cx_value.notnull()).group_by(["cx_column", "cx_value", "cx_period"])
    counts = long.aggregate(n=ibis._.count()).to_pandas()
    counts.columns = kept
    return counts.sort_values(kept[:3], ignore_index=True)
