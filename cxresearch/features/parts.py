"""The parts of a firm by an attribute: who belongs to which, and sums of what they did, enough to compare them."""

from dataclasses import dataclass

import ibis

from cxresearch.contract.schema import UNKNOWN
from cxresearch.contract.values import value_text
from cxresearch.errors import NotEnough
from cxresearch.features.as_of import as_day
from cxresearch.features.buyer_dates import buyer_dates
from cxresearch.features.contract_spells import contract_spells
from cxresearch.features.leaving import leaving_of
from cxresearch.features.months import months_later
from cxresearch.features.projects import projects
from cxresearch.features.purchases import is_return, net_amount
from cxresearch.features.survey_answers import survey_answers

MOST = 24  # parts that stand by themselves; those with fewer customers are taken together
FEWEST = 10  # customers, or projects, that a part of its own needs
REST = "all others"
YEAR, QUARTER = 12, 3  # months
CAPPED = ", capped"  # behind a measure: the same without the weight of single large amounts
TAIL = 0.01
MONEY = ("revenue", "spend")
KEYS = {"customers": "customer_id", "projects": "project_id"}
POWERS = {
    "units": "", "n": "n", "y": "y", "nn": "nn", "ny": "ny", "yy": "yy",
    "nnn": "nnn", "nny": "nny", "nyy": "nyy", "yyy": "yyy",
}  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """The parts into which an attribute divides a firm.

    Attributes
    ----------
    by : str
    owner : str or None
        ``customers`` or ``projects``, whose attribute it is; None for one of contacts, such as a department.
    sizes : pandas.DataFrame
        part, units (customers or projects), the largest first; values with few of them are one part, ``all others``.
    own : list of str
        The values that are a part each.
    pooled : int
        How many values are taken together.
    unknown : float
        The share of units without a value.
    """

    by: str
    owner: str | None
    sizes: "pandas.DataFrame"  # noqa: F821
    own: list
    pooled: int
    unknown: float

    @property
    def name(self):
        """The attribute without its table."""
        return self.by.rpartition(".")[2]

    @property
    def key(self):
        """What the units are told apart by."""
        return KEYS.get(self.owner, "customer_id")

    def of(self, table):
        """The part of each row of a table that has the attribute."""
        text = value_text(table, self.name)
        return ibis.ifelse(text.isin(self.own), text, REST)


def parts(workspace, by):
    """Divide a firm by an attribute.

    Parameters
    ----------
    workspace : Workspace
    by : str
        An attribute of customers or projects, or a column of contacts such as a department.

    Returns
    -------
    Parts
        Rows without a value are the part ``unknown``. Of more than 24 values the smaller ones, and of any number those with fewer than ten
        customers, are one part together.

    Raises
    ------
    DataError
        Where no table has the column, or it divides no firm.
    NotEnough
        Where fewer than two parts remain.

    Examples
    --------
    >>> import cxresearch as cx
    >>> parts(cx.open("data/northgate"), "segment").sizes
              part  units
    0          B2C   8648
    1          SMB   2892
    2  key_account    460
    """
    import pandas as pd

    owner, tables = workspace.divided_by(by)
    name = by.rpartition(".")[2]
    named = [t for t in tables if KEYS.get(owner, "customer_id") in workspace.table(t).columns]
    if not named:
        raise NotEnough(f"{' and '.join(tables)} do not say which customers each {by} is about")
    table = workspace.table(named[0])
    key = table[KEYS.get(owner, "customer_id")]
    sizes = table.group_by(part=value_text(table, name)).aggregate(units=key.nunique()).to_pandas()
    sizes = sizes.sort_values(["units", "part"], ascending=[False, True], ignore_index=True)
    if len(sizes) < 2:
        raise NotEnough(
            f"{named[0]}.{name} has one value only, {', '.join(sizes['part'])}: there is nothing to compare"
        )
    stands = sizes["units"].ge(FEWEST) & (sizes.index < MOST)
    if 0 < sizes.loc[~stands, "units"].sum() < FEWEST:
        stands &= sizes.index < stands.sum() - 1  # too few are left over: the next smallest joins them
    rest = sizes[~stands]
    if stands.sum() + bool(len(rest)) < 2 or stands.sum() < 1:
        raise NotEnough(
            f"{named[0]}.{name} has {len(sizes):,} values, of which fewer than two have {FEWEST} {owner or 'customers'}"
        )
    unknown = sizes.loc[sizes["part"] == UNKNOWN, "units"].sum() / sizes["units"].sum()
    if len(rest) == 1:
        rest, stands = rest.iloc[:0], stands | True  # one value keeps its name, however few it has
    whole = pd.DataFrame({"part": [REST], "units": [int(rest["units"].sum())]})
    shown = pd.concat([sizes[stands], whole]) if len(rest) else sizes
    return Parts(
        by, owner, shown.reset_index(drop=True), sizes.loc[stands, "part"].tolist(), len(rest), float(unknown)
    )


def part_measures(workspace, as_of, divided):
    r"""Sums over the units of each part, of what can be measured of them.

    A unit :math:`c` (a customer; a project; of contacts a customer in a department) has a base :math:`n_c` and a total :math:`y_c`. A share or
    a mean is :math:`\sum y_c/\sum n_c`: with :math:`n_c = 1` of units, with contacts for a base of contacts clustered by customer, with survey
    weights a weighted one. The sums of the products up to the third degree give its variance and its distribution when parts are shuffled.

    Parameters
    ----------
    workspace : Workspace
    as_of : date or str
        The last day that is known.
    divided : Parts
        As from :func:`parts`.

    Returns
    -------
    pandas.DataFrame
        measure, part, units, n, y, nn, ny, yy, nnn, nny, nyy, yyy, one row each. Of an amount the same once more, under its name with
        ``, capped``: without the weight of the lowest and highest hundredth, for the test of a difference. ``attrs["missing"]``: why a measure of these units is not
        there, by its name.

    Examples
    --------
    >>> import cxresearch as cx
    >>> ws = cx.open("data/northgate")
    >>> sums = part_measures(ws, "2026-09-30", parts(ws, "segment"))
    >>> sums.loc[sums["measure"] == "kept", ["part", "n", "y"]]
              part       n       y
    0          B2C  1637.0  1409.0
    1          SMB  1198.0  1090.0
    2  key_account   312.0   293.0
    """
    import pandas as pd

    found, missing = [], {}
    for measure, (owners, rows) in MEASURES.items():
        if divided.owner not in owners:
            continue
        try:
            units = _units(rows(workspace, as_of, divided), workspace, divided)
        except NotEnough as why:
            missing[measure] = str(why)
            continue
        frame = _sums(units)
        if len(frame):
            found.append(frame.assign(measure=measure))
            if measure in MONEY:
                found.append(_sums(_capped(units)).assign(measure=f"{measure}{CAPPED}"))
        else:
            missing[measure] = "nothing is recorded in this time"
    columns = ["measure", "part", *POWERS]
    every = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    order = dict(zip(divided.sizes["part"], range(len(divided.sizes)), strict=True))
    every = every.assign(at=every["part"].map(order), of=every["measure"].map(_place))
    every = every.sort_values(["of", "at"], ignore_index=True)[columns]
    every = every.astype({name: "int64" if name == "units" else "float64" for name in POWERS})
    every.attrs["missing"] = missing
    return every


def _units(rows, workspace, divided):
    """Rows with n, y and the unit's key, or also its part, as one row per unit with its part."""
    if "part" not in rows.columns:
        table = workspace.table(divided.owner)
        of = table.select(cx_key=table[divided.key], part=divided.of(table)).distinct()
        rows = rows.inner_join(of, rows[divided.key] == of.cx_key)
    grouped = rows.group_by(divided.key, "part").aggregate(n=rows.n.sum(), y=rows.y.sum())
    return grouped.filter(grouped.n > 0)


def _sums(units):
    sums = {
        name: _product(units, letters).sum() if letters else units.count() for name, letters in POWERS.items()
    }
    return units.group_by("part").aggregate(**sums).to_pandas()


def _capped(units):
    """Units whose totals beyond the lowest and highest hundredth of all are those of the hundredth."""
    low, high = (units.y.quantile(share).as_scalar() for share in (TAIL, 1 - TAIL))
    return units.mutate(y=ibis.least(ibis.greatest(units.y, low), high))


def _place(measure):
    return list(MEASURES).index(measure.removesuffix(CAPPED)), measure.endswith(CAPPED)


def _product(units, letters):
    value = ibis.literal(1.0)
    for letter in letters:
        value = value * units[letter].cast("float64")
    return value


def _needs(workspace, place):
    """The table of a place such as ``orders.amount``, or NotEnough where it or the column is not there."""
    name, _, column = place.partition(".")
    if name not in workspace.tables:
        raise NotEnough(f"there is no table {name}")
    table = workspace.table(name)
    if column and column not in table.columns:
        raise NotEnough(f"{name} has no column {column}")
    return table


def _kept(months):
    def rows(workspace, as_of, divided):
        contracts = _needs(workspace, "contracts")
        spells = contract_spells(contracts, as_of, leaving=leaving_of(workspace))
        ago = spells.age - months
        was = spells.filter((ago >= ibis.greatest(spells.entry, 1)) & (spells.duration > ago))
        return was.select("customer_id", n=ibis.literal(1.0), y=ibis.ifelse(was.event, 0.0, 1.0))

    return rows


def _left(workspace, as_of, divided):
    rows = _kept(QUARTER)(workspace, as_of, divided)
    return rows.mutate(y=1.0 - rows.y)


def _revenue(workspace, as_of, divided):
    contracts = _needs(workspace, "contracts.monthly_amount")
    spells = contract_spells(contracts, as_of, leaving=leaving_of(workspace))
    runs = spells.filter(spells.ended_on.isnull() & spells.monthly_amount.notnull())
    totals = runs.group_by("customer_id").aggregate(y=runs.monthly_amount.sum())
    return totals.mutate(n=ibis.literal(1.0))


def _spend(workspace, as_of, divided):
    orders = _needs(workspace, "orders.amount")
    day, last = orders.ordered_at.cast("date"), ibis.literal(as_day(as_of), "date")
    recent = (day <= last) & (day > months_later(last, -YEAR))
    lines = orders.select("customer_id", net_amount(orders), recent=recent, bought=~is_return(orders))
    lines = lines.filter(lines.recent)
    totals = lines.group_by("customer_id").aggregate(y=lines.amount.sum(), bought=lines.bought.any())
    return totals.filter(totals.bought).select("customer_id", "y", n=ibis.literal(1.0))


def _again(workspace, as_of, divided):
    dates = buyer_dates(_needs(workspace, "orders"), as_of)
    dates = dates.filter(dates.has_bought_before)
    return dates.select(
        "customer_id", n=ibis.literal(1.0), y=dates.has_bought_lately.cast("int32").cast("float64")
    )


def _nps(workspace, as_of, divided):
    answers = survey_answers(_needs(workspace, "survey_responses.recommend"), as_of, workspace=workspace)
    if "customer_id" not in answers.columns:
        raise NotEnough("survey_responses has no column customer_id")
    last = ibis.literal(as_day(as_of), "date")
    answers = answers.filter(
        answers.responded_at.cast("date") > months_later(last, -YEAR),
        answers.recommend.notnull(),
        answers.customer_id.notnull(),
    )
    weight = answers.weight.fill_null(0.0) if "weight" in answers.columns else ibis.literal(1.0)
    score = ibis.cases((answers.recommend >= 9, 100.0), (answers.recommend <= 6, -100.0), else_=0.0)
    return answers.select("customer_id", n=weight.cast("float64"), y=weight * score)


def _contacts(column):
    def rows(workspace, as_of, divided):
        contacts = _needs(workspace, f"interactions.{column}")
        day, last = contacts.started_at.cast("date"), ibis.literal(as_day(as_of), "date")
        kept = contacts.filter(
            day <= last,
            day > months_later(last, -YEAR),
            contacts[column].notnull(),
            contacts.customer_id.notnull(),
        )
        own = {} if divided.owner else {"part": divided.of(kept)}
        return kept.select("customer_id", n=ibis.literal(1.0), y=kept[column].cast("float64"), **own)

    return rows


def _failed(workspace, as_of, divided):
    register = projects(workspace, as_of)
    known = register.filter(register.has_failed.notnull())
    return known.select("project_id", n=ibis.literal(1.0), y=known.has_failed.cast("int32").cast("float64"))


def _over(workspace, as_of, divided):
    _needs(workspace, "projects.baseline_cost"), _needs(workspace, "projects.actual_cost")
    register = projects(workspace, as_of)
    is_done = (register.outcome == "delivered").fill_null(False)
    ended = register.filter(is_done & register.actual_cost.notnull() & (register.baseline_cost > 0))
    return ended.select("project_id", n=ended.baseline_cost, y=ended.actual_cost - ended.baseline_cost)


MEASURES = {
    "kept": (("customers",), _kept(YEAR)),
    "left": (("customers",), _left),
    "revenue": (("customers",), _revenue),
    "spend": (("customers",), _spend),
    "again": (("customers",), _again),
    "nps": (("customers",), _nps),
    "satisfaction": (("customers", None), _contacts("satisfaction")),
    "effort": ((None,), _contacts("effort")),
    "resolved": ((None,), _contacts("is_resolved")),
    "failed": (("projects",), _failed),
    "over": (("projects",), _over),
}
