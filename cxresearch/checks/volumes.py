"""Months that cannot be: too few rows, too many, or amounts in another unit."""

JUMP = 10  # a month with this many times fewer or more rows than the months around it
UNIT = 30  # a month whose median is this many times another's
ENOUGH = 50  # rows that a usual month must have for a jump to mean something


def volume_rules(source, table, months):
    """Months that cannot be: hardly any rows between full ones, or amounts in another unit.

    Parameters
    ----------
    source : Source
    table : ibis.Table
        In the contract's types.
    months : pandas.DataFrame
        month, rows, and the median of every money or seconds column.

    Yields
    ------
    tuple
        column, text, number of rows in the month.
    """
    inner = months.iloc[1:-1]  # the first and the last month are seldom whole
    usual = inner["rows"].median()
    if len(inner) >= 4 and usual >= ENOUGH:
        for row in inner.itertuples():
            if row.rows * JUMP < usual:
                yield (
                    "",
                    f"only {row.rows:,} rows in {row.month:%Y-%m}, usually {usual:,.0f}: is something missing?",
                    int(row.rows),
                )
            if row.rows > usual * JUMP:
                yield (
                    "",
                    f"{row.rows:,} rows in {row.month:%Y-%m}, usually {usual:,.0f}: was something loaded twice?",
                    int(row.rows),
                )
    for column in months.columns[2:]:
        known = months[(months["rows"] >= ENOUGH) & (months[column] > 0)]
        if len(known) >= 4:
            middle = known[column].median()
            for row in known.itertuples():
                ratio = getattr(row, column) / middle
                if ratio > UNIT or ratio * UNIT < 1:
                    yield (
                        column,
                        f"the median of {row.month:%Y-%m} is {ratio:.3g} times the usual one: another unit?",
                        int(row.rows),
                    )
