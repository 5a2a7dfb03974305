"""What each table must look like: the contract, declared as pandera schemas.

Names follow one habit: ``<object>_id`` is text, ``<event>_at`` a moment in UTC, ``<event>_on`` a date, ``is_`` and
``has_`` are flags, and a unit is the suffix of its name. A table may carry any further column; a table that is missing is no
error, and what needs it is left out.

Each schema validates an Ibis table by itself (``TABLES["orders"].validate(table)``); :mod:`cxresearch.check` reads the same
declarations to count every fault in one scan and to name the lines, which pandera does not.
"""

import datetime

import pandera.ibis as pa

LINE = "cx_line"  # the column that numbers the rows of a table being checked


def key(text):
    """A table's own key: text, present, unique."""
    return pa.Column(str, unique=True, description=text)


def reference(table, text, required=True):
    """The key of another table; it must be found there when that table is present."""
    return pa.Column(str, nullable=not required, required=required, description=text, metadata={"references": table})


def label(text, among=None, required=False):
    """Free text or one of a list of codes."""
    checks = pa.Check.isin(among) if among else None
    return pa.Column(str, checks, nullable=not required, required=required, description=text)


def number(text, low=None, high=None, required=False, unit=None):
    """A finite number, within bounds where it has any."""
    checks = [pa.Check.ge(low)] if low is not None else []
    checks += [pa.Check.le(high)] if high is not None else []
    return pa.Column(float, checks, nullable=not required, required=required, description=text, metadata={"unit": unit})


def flag(text, required=False):
    """True or false."""
    return pa.Column(bool, nullable=not required, required=required, description=text)


def moment(text, required=False, event=False):
    """A moment in UTC; `event` marks the column that says when the row happened."""
    return pa.Column(
        datetime.datetime,
        nullable=not required,
        required=required,
        description=text,
        metadata={"event": event},
    )


def day(text, required=False, event=False, blank=True, after=None, planned=False):
    """A date; `after` names the column it may not precede, `planned` allows it to lie in the future."""
    return pa.Column(
        datetime.date,
        nullable=blank,
        required=required,
        description=text,
        metadata={"event": event, "after": after, "planned": planned},
    )


def table(text, **columns):
    """A table of the contract."""
    return pa.DataFrameSchema(columns, description=text)


TABLES = {
    "customers": table(
        "One row per customer.",
        customer_id=key("the customer's key"),
        acquired_at=moment("when the customer was won", required=True, event=True),
        segment=label("the kind of customer"),
        region=label("where the customer is served"),
        acquisition_channel=label("how the customer was won"),
    ),
    "contracts": table(
        "One row per contract; an empty `ended_on` means that it is running.",
        contract_id=key("the contract's key"),
        customer_id=reference("customers", "who holds it"),
        started_on=day("first day", required=True, event=True, blank=False),
        ended_on=day("last day; empty while it runs", required=True, after="started_on"),
        term_months=number("length of one term", low=1, unit="months"),
        monthly_amount=number("price of a month", low=0, unit="currency"),
        end_reason=label("why it ended: cancelled, lapsed, died …"),
    ),
    "orders": table(
        "One row per purchase.",
        order_id=key("the order's key"),
        customer_id=reference("customers", "who bought"),
        ordered_at=moment("when it was bought", required=True, event=True),
        amount=number("what was paid; negative for a return", required=True, unit="currency"),
        channel=label("where it was bought"),
        is_return=flag("the row takes a purchase back"),
    ),
}
