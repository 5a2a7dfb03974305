"""Values of the data that name or describe a person, found again in any text by their words."""

import re

from cxresearch.contract.personal import is_free_text, is_personal
from cxresearch.faults import reading
from cxresearch.masking import WORD, Secrets

CAP = 500_000
COMMENTS = ("survey_responses", "comment")
FLAGS = {"true", "false"}
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def sensitive(workspace, cap=CAP, but_comments=False):
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
    but_comments : bool
        Whether the comments of surveys, unless the mapping itself calls them personal, are left out: for a comment that may be quoted.

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
            is_comment = (name, column) == COMMENTS
            if but_comments and is_comment and column not in workspace.sources[name].personal:
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
