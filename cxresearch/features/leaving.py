"""Which ends of a contract count as leaving: those the mapping lists; the others compete with them."""

import ibis

from cxresearch.contract.schema import UNKNOWN
from cxresearch.errors import DataError


def is_leaving(reason, leaving):
    """Whether an end counts as leaving: always where no reasons are listed, else if its own is; ``unknown`` stands for none.

    Parameters
    ----------
    reason : ibis text
    leaving : sequence of str

    Examples
    --------
    >>> ends = ibis.memtable({"reason": ["cancelled", "died", None]})
    >>> ends.select(is_leaving(ends.reason, ["cancelled", "unknown"])).to_pandas().iloc[:, 0].tolist()
    [True, False, True]
    """
    if not leaving:
        return ibis.literal(True)
    return reason.fill_null(UNKNOWN).isin(list(leaving)).name("is_leaving")


def leaving_of(workspace):
    """The end reasons that the mapping counts as leaving, empty where all do.

    Raises
    ------
    DataError
        Where no contract ended for any of them, which a misspelt reason would do.
    """
    listed = workspace.mapping.churn.leaving
    if not listed or "contracts" not in workspace.tables:
        return ()
    contracts = workspace.table("contracts")
    if "end_reason" not in contracts.columns:
        raise DataError(
            "cxresearch.toml: [churn]: leaving lists end reasons, but contracts has no column end_reason"
        )
    ended = contracts.filter(contracts.ended_on.notnull())
    reasons = ended.select(reason=ended.end_reason.fill_null(UNKNOWN)).distinct().order_by("reason")
    if not int(reasons.filter(reasons.reason.isin(listed)).count().to_pandas()):
        shown = ", ".join(reasons.limit(10).to_pandas()["reason"])
        if shown:
            raise DataError(
                f"cxresearch.toml: [churn]: leaving: no contract ended with the reason {listed[0]}; there are {shown}"
            )
    return tuple(listed)
