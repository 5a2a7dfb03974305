"""Values of the data that name or describe a person, found again in any text by their words."""

import re

from cxresearch.contract.tables import TABLES
from cxresearch.masking import WORD, Secrets

CAP = 500_000
PEOPLE = ("customers", "interactions", "survey_responses", "staff_ratings")
PERSONAL = re.compile(
    r"(^|_)(first|last|sur|fore|full|given|family|middle|maiden|birth|user|nick|company|vor|nach|agent|contact|customer)?_?names?(_|$)"
    r"|(^|_)(nom|prenom|nombre|apellidos?|login|iban|bic|ssn|dob|plz|zip|fax|handy|mobile|passport)(_|$)"
    r"|mail|phone|telefon|tel_?n|address|adresse|street|strasse|straße|postcode|postal|birth|geburt"
    r"|comment|kommentar|free_?text|verbatim|remark|bemerkung|(^|_)notes?(_|$)"
)
FREE = re.compile(r"comment|kommentar|text|verbatim|remark|bemerkung|note")
NOT_PEOPLE = re.compile(
    r"(segment|region|channel|product|department|touchpoint|campaign|wave|brand|category|plan|country|store|team|event|survey|project)"
    r"_?names?$"
)
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def sensitive(workspace, cap=CAP):
    """The values of every column that holds personal data, to be masked by :func:`~cxresearch.report.disclosure.scrub`.

    Columns are known by their headers: names, e-mail and postal addresses, telephone numbers, dates of birth, comments and the like, in
    customers, interactions, survey_responses and staff_ratings. Columns that the contract describes are not personal, but for comments.
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
    for name in PEOPLE:
        if name not in workspace.tables:
            continue
        table = workspace.table(name)
        for column in table.columns:
            if not is_personal(name, column):
                continue
            text = table[column].cast("string")
            found = text.name("value").as_table().distinct().filter(lambda t: t.value.notnull())
            found = found.order_by("value").limit(cap + 1).to_pandas()["value"].tolist()
            if FREE.search(_plain(column)):
                found = [value for value in found if len(WORD.findall(value)) >= 4]
            values.update(found)
            is_capped = is_capped or len(found) > cap or len(values) > cap
    dates = {value for value in values if DAY.fullmatch(value[:10]) and len(value) <= 19}
    if dates:
        first = workspace.span()[0]
        values -= {value for value in dates if first is None or value >= f"{first.year - 10:04}"}
    return Secrets(sorted(values)[:cap], is_capped)


def is_personal(table, column):
    """Whether a column holds personal data, by its header.

    >>> [is_personal("customers", c) for c in ("FullName", "E-Mail", "region", "product_name", "filename")]
    [True, True, False, False, False]
    """
    if column in TABLES[table].columns and column != "comment":
        return False
    plain = _plain(column)
    return bool(PERSONAL.search(plain)) and not NOT_PEOPLE.search(plain)


def _plain(column):
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"[^\w]+|_+", "_", apart).replace("e_mail", "email").lower().replace("e_mail", "email")
