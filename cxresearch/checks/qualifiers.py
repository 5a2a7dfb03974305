"""Columns that the mapping does not read and that say what a row is worth: a currency, a status."""

import re

import ibis

from cxresearch.checks.rules import Rule
from cxresearch.contract.schema import CURRENCY
from cxresearch.tables.mapping import FILE
from cxresearch.tables.money import paid

NAMED = r"(?i)^(.*[ _])?(currency|curr|ccy|w(ä|ae)hrung|devise|moneda|valuta)([ _]code)?$"
STATUS = r"(?i)(^|[ _])(status|state)$"
UNDONE = (
    r"^\s*(failed|refunded|voided|void|cancell?ed|declined|rejected|reversed|chargeback|abandoned|storniert|abgelehnt|"
    r"erstattet|fehlgeschlagen)\s*$"
)


def qualifier_rules(source):
    """Warnings for columns beyond the contract that change the meaning of a row's amount; rows that are set aside count for nothing.

    Parameters
    ----------
    source : Source
        With all its columns.
    """
    raw, specs = source.raw, source.columns()
    rest = [c for c in source.beyond() if raw[c].type().is_string()]
    if not paid(specs):
        return
    for column in rest:
        if CURRENCY not in specs and re.match(NAMED, column):
            rows = source.chosen().filter(ibis._[column].notnull())
            if int(rows[column].nunique().to_pandas()) > 1:
                said = f'amounts may be in several currencies; map it in {FILE}: {CURRENCY} = "{column}"'
                yield Rule(column, said, raw[column].notnull(), "warning")
        if source.name == "orders" and re.search(STATUS, column):
            said = f'these rows may be no purchases; choose those that are in {FILE}: rows = {{ "{column}" = [...] }}'
            yield Rule(column, said, raw[column].lower().re_search(UNDONE), "warning")
