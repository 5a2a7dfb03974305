"""One row per customer, as known on a date: what all the tables of a workspace together say."""

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.features.as_of import AGE, DAY, AsOf
from cxresearch.features.customers import contacts, contracts, orders, surveys
from cxresearch.features.customers.attributes import described
from cxresearch.features.customers.feature import Feature, per_customer

ATTRIBUTES = TABLES["customers"].where("group")
PARTS = (orders, contracts, contacts, surveys)
OWN = ("customer_id", "as_of", "tenure_days", "due_on", "has_left", *ATTRIBUTES)
KNOWN = "cx_known_days"  # since the first day on which a table speaks of a customer
SINCE = Feature(KNOWN, "days", "since first spoken of", lambda t: t[AGE].max(), dtype="int64")


def customers(workspace, as_of, windows=(30, 90, 365), channels=None, touchpoints=None):
    """What was known of each customer at the end of a day, one row per customer; of several days, one row per customer and day.

    Parameters
    ----------
    workspace : Workspace
    as_of : date or str, or list of these
        The last day that counts; nothing later is used. A list gives the rows of each of its days, told apart by a column as_of, and takes
        one query where each day for itself would take one.
    windows : tuple of int
        Lengths in days of the windows that end on `as_of`. The trend of a window is its value less that of the window of the same
        length before it. What is said for one window only is said for the longest.
    channels, touchpoints : list of str, optional
        The channels and touchpoints whose contacts are counted apart; by default those in use by `as_of` (the
        last of several), the 20 most frequent. Pass them where tables that are built apart must have the same columns.

    Returns
    -------
    ibis.Table
        customer_id (and as_of) and the columns that :func:`customer_columns` lists. The rows are the customers acquired by `as_of`; where
        there is no table of customers, all whom any other table speaks of by then.

    Notes
    -----
    Every purchase counts, two of one day as two; :func:`rfm`, which feeds the purchase models, counts days. An order flagged as a return,
    or with a negative amount, is no purchase: it counts in `returns` only, and its money is not deducted from `spend`. A contract's end and its
    reason are unknown before the day on which it ended; a survey answer counts from the moment it was given, or from the end of its
    wave; a contact counts with its wait and result once it has begun. `segment`, `region`, `acquisition_channel` and every further column of customers and
    contracts are undated: the tables keep only their present value. Further columns that show that they were filled in later are left
    out, as :func:`~cxresearch.features.customers.attributes.described` says.

    Raises
    ------
    ValueError
        A date or a window that is none, or a workspace without any of the tables.

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = customers(cx.open("data/cdnow"), "1997-09-30", windows=(90,))
    >>> shown = table["customer_id", "recency_days", "frequency", "spend_90d", "orders_trend_90d"]
    >>> shown.order_by("customer_id").limit(3).to_pandas()
      customer_id  recency_days  frequency  spend_90d  orders_trend_90d
    0       00004            59          3      14.96                 1
    1       00018           269          1       0.00                 0
    2       00021           260          2       0.00                 0
    """
    at = _dated(workspace, as_of, windows)
    parts = _parts(workspace, at, channels, touchpoints)
    has_list = "customers" in workspace.tables
    if not has_list:
        parts = {name: (rows, [*features, SINCE]) for name, (rows, features) in parts.items()}
    tables = {name: per_customer(rows, features, at.keys) for name, (rows, features) in parts.items()}
    further = _further(workspace, _taken(parts, at), at.last)
    base = joined = _acquired(workspace, at, further) if has_list else _spoken_of(tables, at)
    for name, table in tables.items():
        if table is not base:
            joined = joined.left_join(table, at.keys, rname=f"{{name}}_{name}")
    own = {"as_of": joined[DAY]} if at.is_list else {}
    own |= {"tenure_days": joined[KNOWN]} | {
        c: joined[c] for c in (*ATTRIBUTES, *further) if has_list and c in base.columns
    }
    features_by_name = {f.name: f for _, features in parts.values() for f in features if f is not SINCE}
    filled = {name: f.filled(joined[name]) for name, f in features_by_name.items() if name in joined.columns}
    return joined.select("customer_id", **own, **filled)


def customer_columns(workspace, windows=(30, 90, 365), as_of=None):
    """The codebook of :func:`customers`: every column, what it means, and why it is left out where it is.

    Parameters
    ----------
    workspace : Workspace
    windows : tuple of int
    as_of : date or str, optional
        As for `customers`; by default the last day of the data.

    Returns
    -------
    DataFrame
        column, table, unit, meaning, missing (what a missing value says), left_out (why the column is not there; empty where it is).

    Examples
    --------
    >>> import cxresearch as cx
    >>> book = customer_columns(cx.open("data/cdnow"), windows=(90,)).set_index("column")
    >>> book.loc["orders_trend_90d", "meaning"]
    'orders in the last 90 days less those in the 90 days before'
    >>> book.loc[["spend", "contacts"], "left_out"].tolist()
    ['', 'no table interactions']
    """
    import pandas as pd

    at = _dated(workspace, as_of or workspace.span()[1], windows)
    parts, there = _parts(workspace, at), workspace.tables
    won = "since the customer was won; without a table of customers, since they were first spoken of"
    lines = [("tenure_days", "customers", "days", won, "never missing", "")]
    for name in ATTRIBUTES:
        why = _why("customers", (name,), workspace.customers.columns if "customers" in there else None)
        lines.append(
            (name, "customers", "label", TABLES["customers"].columns[name].description, "not recorded", why)
        )
    lines += _further_lines(workspace, _taken(parts, at), at.last)
    for part in PARTS:
        rows, features = parts.get(part.TABLE, (None, part.features(at)))
        columns = (
            rows.columns
            if rows is not None
            else workspace.table(part.TABLE).columns
            if part.TABLE in there
            else None
        )
        for f in features:
            why = _why(part.TABLE, ("customer_id", *f.needs), columns)
            lines.append((f.name, part.TABLE, f.unit, f.meaning, f.missing, why))
    return pd.DataFrame(lines, columns=["column", "table", "unit", "meaning", "missing", "left_out"])


def _further_lines(workspace, taken, day):
    """The further columns of the table of customers, and those of either table that are left out."""
    further = _further(workspace, taken, day)
    for name, a in further.items():
        yield name, "customers", _unit(a), f"{a.column} of the customer", "not recorded", ""
    for table, prefix in (("customers", "customer_"), (contracts.TABLE, contracts.FURTHER)):
        for a in described(workspace, table, day) if table in workspace.tables else ():
            if a.why:
                name = a.column if table == "customers" and a.column not in taken else f"{prefix}{a.column}"
                yield name, table, _unit(a), f"{a.column} of the {table[:-1]}", "not recorded", a.why


def _unit(attribute):
    return "label" if attribute.kind == "text" else "scale of the data"


def _why(table, needs, columns):
    """Why a column is left out; empty where it is not."""
    if columns is None:
        return f"no table {table}"
    return next((f"no column {name}" for name in needs if name not in columns), "")


def _dated(workspace, as_of, windows):
    """The date and its windows, for a workspace that speaks of customers."""
    tables = ["customers", *[part.TABLE for part in PARTS]]
    if not set(tables) & set(workspace.tables):
        raise ValueError(
            f"{workspace.source}: none of the tables {', '.join(tables)}, so no customer is known"
        )
    if not windows:
        raise ValueError("windows is empty; name at least one length in days")
    return AsOf.of(as_of, windows)


def _parts(workspace, at, channels=None, touchpoints=None):
    """Table → its rows known on the date, and its features; only tables that name the customer."""
    found = {}
    for part in PARTS:
        if part.TABLE in workspace.tables and "customer_id" in workspace.table(part.TABLE).columns:
            given = _levels(part, workspace, at, channels, touchpoints)
            own = given if part is contracts else {}
            found[part.TABLE] = part.rows(workspace, at, **own), [*part.features(at, **given)]
    return found


def _levels(part, workspace, at, channels, touchpoints):
    """What the features of a table depend on beside the date."""
    table = workspace.table(part.TABLE)
    if part is contacts:
        known = AsOf.of(at.last).known(table, part.MOMENT)
        wanted = {"channel": channels, "touchpoint": touchpoints}
        return {f"{name}s": contacts.levels(known, name, given) for name, given in wanted.items()}
    if part is contracts:
        return {"attributes": [a for a in described(workspace, part.TABLE, at.last) if not a.why]}
    if part is surveys:
        return {"drivers": [c for c in table.columns if c.startswith("driver_")]}
    return {}


def _taken(parts, at):
    """The names of all features, those of tables that are not there included."""
    every = [parts[part.TABLE][1] if part.TABLE in parts else part.features(at) for part in PARTS]
    return {*OWN, *(f.name for features in every for f in features)}


def _further(workspace, taken, day):
    """Name → further column of the table of customers; one that is called like a feature has a name of its own."""
    if "customers" not in workspace.tables:
        return {}
    return {
        f"customer_{a.column}" if a.column in taken else a.column: a
        for a in described(workspace, "customers", day)
        if not a.why
    }


def _acquired(workspace, at, further):
    """The customers won by the date."""
    won = at.known(workspace.table("customers"), "acquired_at")
    present = [c for c in ATTRIBUTES if c in won.columns]
    return won.select(
        *at.keys, *present, **{name: a.of(won) for name, a in further.items()}, **{KNOWN: won[AGE]}
    )


def _spoken_of(tables, at):
    """All customers of the tables together; of a single table its own rows."""
    tables = list(tables.values())
    if not tables:
        raise ValueError("there is no table of customers, and none of the others has a customer_id")
    if len(tables) == 1:
        return tables[0]
    every = ibis.union(*[table.select(*at.keys, KNOWN) for table in tables])
    return every.group_by(*at.keys).aggregate(**{KNOWN: every[KNOWN].max()})
