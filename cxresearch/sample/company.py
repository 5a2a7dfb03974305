"""Write Northgate Supplies: its tables, and what is planted in them."""

import re
from collections import Counter
from datetime import date, timedelta
from numbers import Integral

import numpy as np
import pyarrow as pa

from cxresearch.errors import ParameterError
from cxresearch.sample import (
    END,
    SEED,
    contracts,
    events,
    interactions,
    offers,
    people,
    processes,
    projects,
    readiness,
    shop,
    staff,
    survey,
    teams,
)
from cxresearch.sample.blocks import DEFAULT_CUSTOMERS, Window, blocks
from cxresearch.sample.folder import Folder
from cxresearch.sample.parameters import Truth
from cxresearch.sample.truth import describe

TABLES = (
    "customers",
    "contracts",
    "orders",
    "interactions",
    "survey_invitations",
    "survey_responses",
    "staff_ratings",
    "projects",
    "project_status",
    "process_steps",
    "process_models",
    "process_changes",
    "process_costs",
    "readiness_answers",
    "events",
    "event_invitations",
    "account_revenue",
    "winback_offers",
    "retention_offers",
    "pay_plans",
)


def write(
    out,
    customers=None,
    null=False,
    months=36,
    seed=SEED,
    end=END,
    format="parquet",
    tables=None,
    acquisition_stops=None,
):
    """Write the sample company Northgate Supplies to a folder.

    Parameters
    ----------
    out : str or Path
        An empty or new folder, or one that holds an earlier sample.
    customers : int, optional
        Contract and shop customers together, 12,000 unless said, at least 100. Every table grows with it;
        millions are streamed, a block of at most 120,000 customers in memory.
    null : bool
        Plant no effect at all, for tests of false alarms.
    months : int
        Calendar months observed, 12 to 120.
    seed : int
    end : str
        Last day of the last month, ISO.
    format : {"parquet", "csv"}
    tables : sequence of str, optional
        Only these tables (of ``TABLES``); their bytes are the same as in the whole folder.
    acquisition_stops : str, optional
        A month of the window after its first, as 2026-04, from which on the shop wins no customer: a fault that page 00 must find.

    Returns
    -------
    dict
        Rows by table.

    Raises
    ------
    ParameterError
        A parameter is out of range.
    DataError
        The folder holds something else.

    Notes
    -----
    The same arguments write the same bytes, given the same numpy and pyarrow: each table draws from a PCG64
    stream of its own and nothing reads the clock. What is planted is in ``truth.json``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = write(folder, customers=1200, tables=["customers", "contracts"])
    >>> rows
    {'customers': 1200, 'contracts': 500}
    """
    wanted = _check(customers, months, seed, end, format, tables)
    customers = DEFAULT_CUSTOMERS if customers is None else int(customers)
    window = Window(end, int(months))
    planted = Truth().null() if null else Truth()
    if acquisition_stops is not None:
        planted = planted.winning_until(window.months_since(_stop(acquisition_stops, window)))
    tally = Counter()
    with Folder(out, format, TABLES) as folder:
        for block in blocks(int(seed), window, customers, planted.people.contract_share):
            _write_block(folder, block, planted, wanted, tally)
        if "events" in wanted:
            folder.append("events", events.table(block, tally["attendance"], planted))
        folder.finish(
            describe(planted, bool(null), customers, window, int(seed), acquisition_stops, folder.rows, tally)
        )
        return {name: folder.rows[name] for name in TABLES if name in folder.rows}


SURVEY, PROJECTS = ("survey_invitations", "survey_responses"), ("projects", "project_status")
PROCESSES = ("process_steps", "process_models", "process_changes", "process_costs")
EVENTS, OFFERS = ("events", "event_invitations", "account_revenue"), ("winback_offers", "retention_offers")


def _write_block(folder, block, truth, wanted, tally):
    def following(name):
        return 1 + folder.rows.get(name, 0)

    who = people.draw(block, truth)
    if "customers" in wanted:
        folder.append("customers", people.table(who, truth))
    if wanted & {"contracts", "interactions", *SURVEY, *EVENTS, *OFFERS}:
        likelihood = teams.Likelihood(block, who, truth)
        history = contracts.simulate(block, who, truth, likelihood)
        _count(tally, history)
    if "contracts" in wanted:
        held = teams.columns(block, who, history, likelihood, truth)
        folder.append("contracts", contracts.table(block, who, history, truth, held))
    if "orders" in wanted:
        folder.append("orders", shop.table(block, who, truth, following("orders")))
    if "interactions" in wanted:
        contacts = interactions.draw(block, who, history, truth)
        first = following("interactions")
        folder.append("interactions", interactions.table(block, who, contacts, truth, first))
    if wanted & set(SURVEY):
        tables = survey.tables(block, who, history, truth, following("survey_responses"), tally)
        _append(folder, SURVEY, (pa.concat_tables(parts).combine_chunks() for parts in tables), wanted)
    if "staff_ratings" in wanted:
        folder.append("staff_ratings", staff.table(block, truth, following("staff_ratings")))
    if wanted & set(PROJECTS):
        _append(folder, PROJECTS, projects.tables(block, truth, following("projects")), wanted)
    if wanted & set(PROCESSES):
        found = processes.tables(block, who, truth)
        _append(folder, PROCESSES[: len(found)], found, wanted)
    if "readiness_answers" in wanted and not block.number:
        folder.append("readiness_answers", readiness.table(block, truth))
    if wanted & set(EVENTS):
        _write_events(folder, block, who, history, truth, wanted, tally)
    if "winback_offers" in wanted:
        first = following("winback_offers")
        folder.append("winback_offers", offers.winback_table(block, who, history, truth, first))
    if "retention_offers" in wanted:
        first = following("retention_offers")
        folder.append("retention_offers", offers.retention_table(block, who, history, truth, first))
    if "pay_plans" in wanted and not block.number:
        folder.append("pay_plans", teams.plans(block, truth))


def _write_events(folder, block, who, history, truth, wanted, tally):
    revenue, is_there, guests = events.draw(block, who, history, truth)
    number = events.schedule(block, truth.events).month.size
    tally["attendance"] = tally["attendance"] + np.bincount(
        guests.event[guests.has_attended], minlength=number
    )
    if "account_revenue" in wanted:
        folder.append("account_revenue", events.revenue_table(block, who, revenue, is_there))
    if "event_invitations" in wanted:
        folder.append("event_invitations", events.invitations_table(block, who, guests, truth))


def _append(folder, names, tables, wanted):
    """Append the tables that are wanted of those that are drawn together."""
    for name, table in zip(names, tables, strict=True):
        if name in wanted:
            folder.append(name, table)


def _count(tally, history):
    tally["person_months"] += history.person_months
    tally["leavers"] += int((history.left >= 0).sum())
    tally["renewals_due"] += history.renewals_due
    tally["renewals_lost"] += history.renewals_lost
    tally["service_failures"] += history.failed_month.size


def _check(customers, months, seed, end, format, tables):
    for name, value, low, high in (
        ("customers", DEFAULT_CUSTOMERS if customers is None else customers, 100, 100_000_000),
        ("months", months, 12, 120),
        ("seed", seed, 0, 2**64 - 1),
    ):
        if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
            raise ParameterError(f"{name} must be a whole number from {low:,} to {high:,}, not {value!r}")
    if not isinstance(end, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", end):
        raise ParameterError(f"end must be a date such as {END}, not {end!r}")
    try:
        is_last = (date.fromisoformat(end) + timedelta(days=1)).day == 1
    except ValueError as error:
        raise ParameterError(f"end: {error}: {end!r}") from None
    if not is_last:
        raise ParameterError(f"end must be the last day of a month, not {end}")
    if format not in ("parquet", "csv"):
        raise ParameterError(f"format must be 'parquet' or 'csv', not {format!r}")
    unknown = sorted(set(tables or ()) - set(TABLES))
    if unknown or (tables is not None and not tables) or isinstance(tables, str):
        raise ParameterError(f"tables must be some of {', '.join(TABLES)}, not {tables!r}")
    return set(TABLES if tables is None else tables)


def _stop(month, window):
    """The month, if it is one of the window after its first."""
    if not isinstance(month, str) or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ParameterError(f"acquisition_stops must be a month such as {END[:7]}, not {month!r}")
    first, last = str(window.first_day(1))[:7], window.end[:7]
    if not first <= month <= last:
        raise ParameterError(f"acquisition_stops must be a month from {first} to {last}, not {month}")
    return month
