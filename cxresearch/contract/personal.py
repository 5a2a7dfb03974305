"""Which columns hold personal data or free text: as the contract says, or else by their header."""

import re

from cxresearch.contract.tables import TABLES

PERSONAL = re.compile(
    r"(^|_)(first|last|sur|fore|full|given|family|middle|maiden|birth|user|nick|company|vor|nach|agent|contact|customer)?_?names?(_|$)"
    r"|(^|_)(nom|prenom|nombre|apellidos?|login|iban|bic|ssn|dob|plz|zip|fax|handy|mobile|passport)(_|$)"
    r"|mail|phone|telefon|tel_?n|address|adresse|street|strasse|straße|postcode|postal|birth|geburt"
    r"|(^|_)(contact_?person|ansprechpartner(in)?|sachbearbeiter(in)?|betreuer(in)?|(account|project|case)_?manager|sales_?rep)(_|$)"
    r"|(^|_)(owner|projektleiter(in)?|employee|mitarbeiter(in)?|kundenname|kontaktname)$"
    r"|comment|kommentar|free_?text|verbatim|remark|bemerkung|(^|_)notes?(_|$)"
)
FREE = re.compile(r"comment|kommentar|text|verbatim|remark|bemerkung|note")
NOT_PEOPLE = re.compile(
    r"(segment|region|channel|product|department|touchpoint|campaign|wave|brand|category|plan|country|store|team|event|survey|project)"
    r"_?names?$"
)


def is_personal(table, column):
    """Whether a column holds personal data, as the contract says, or else by its header.

    >>> [is_personal("customers", c) for c in ("FullName", "E-Mail", "region", "product_name", "filename")]
    [True, True, False, False, False]
    >>> is_personal("survey_responses", "comment"), is_personal("projects", "project_name")
    (True, False)
    """
    declared = TABLES[table].column(column)
    if declared is not None:
        return declared.personal
    plain = _plain(column)
    return bool(PERSONAL.search(plain)) and not NOT_PEOPLE.search(plain)


def is_free_text(table, column):
    """Whether a column holds what somebody wrote, as the contract says, or else by its header.

    >>> [is_free_text("survey_responses", c) for c in ("comment", "survey", "Remarks")]
    [True, False, True]
    """
    declared = TABLES[table].column(column)
    return declared.free_text if declared is not None else bool(FREE.search(_plain(column)))


def _plain(column):
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"[^\w]+|_+", "_", apart).replace("e_mail", "email").lower().replace("e_mail", "email")
