"""Exports of known programs: which one a file is, by its headers, and the whole of its draft.

Each program is a declaration in one of the modules beside this one; nothing here knows any of them.
"""

from cxresearch.suggest.exports import crm, helpdesks, labelled, projects, shops, surveys
from cxresearch.suggest.exports.declared import first

KNOWN = tuple(export for m in (shops, crm, helpdesks, projects, labelled, surveys) for export in m.EXPORTS)


def recognised(headers):
    """The known export that a file with these headers is, the one that asks for most headers first; None where it is none.

    >>> recognised(["customerID", "gender", "tenure", "Contract", "Churn"]).name
    'IBM, telco customer churn'
    >>> recognised(["customer_id", "churn"])
    """
    headers = tuple(headers)
    fits = [
        export
        for export in KNOWN
        if all(first((h,) if isinstance(h, str) else h, headers) for h in export.headers)
    ]
    return max(fits, key=lambda export: len(export.headers), default=None)
