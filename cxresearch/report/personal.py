"""Values of the data that name or describe a person, found again in any text by their words."""

import re

from cxresearch.contract.tables import TABLES
from cxresearch.faults import reading
from cxresearch.masking import WORD, Secrets

CAP = 500_000
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
FLAGS = {"true", "false"}
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def sensitive(workspace, cap=CAP):
    """The values of every column that holds personal data, to be masked by :func:`~cxresearch.report.disclosure.scrub`.

    A declaration comes first: what the mapping calls personal is, whatever the table. Then the contract says which of its columns are. Any
    other column of any table is known by its header: names, e-mail and postal addresses, telephone numbers, dates of birth, comments and
    the like.
    Of free text only what has four words or more counts; of dates only those ten years before the data begin, as every other one may be a
    date of the report.

    Parameters
    ----------
    workspace : Workspace
    cap : int
        The most values that are kept.

    Returns
    -------
    Secrets
    """
    values, is_capped = set(), False
    for name in workspace.tables:
        table = workspace.table(name)
        for column in table.columns:
            if column not in workspace.sources[name].personal and not is_personal(name, column):
                continue
            text = table[column].cast("string")
            found = text.name("value").as_table().distinct().filter(lambda t: t.value.notnull())
            with reading(workspace.sources[name].label):
                found = found.order_by("value").limit(cap + 1).to_pandas()["value"].tolist()
            if is_free_text(name, column):
                found = [value for value in found if len(WORD.findall(value)) >= 4]
            values.update(value for value in found if value not in FLAGS)
            is_capped = is_capped or len(found) > cap or len(values) > cap
    dates = {value for value in values if DAY.fullmatch(value[:10]) and len(value) <= 19}
    if dates:
        first = workspace.span()[0]
        values -= {value for value in dates if first is None or value >= f"{first.year - 10:04}"}
    return Secrets(sorted(values)[:cap], is_capped)


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
