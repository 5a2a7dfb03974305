"""The scale that a survey's answers are given on, where the mapping declares it."""


def answer_scale(workspace, items, table="survey_responses"):
    """The scale that the mapping declares for some items.

    Parameters
    ----------
    workspace : Workspace
    items : sequence of str
        Columns of the table.
    table : str

    Returns
    -------
    tuple of float or None
        Its lowest and its highest value (`range` in ``cxresearch.toml``); None where an item has none, so that only the answers can show it.

    Raises
    ------
    ValueError
        Where the items have different scales, so that their mean is none.

    Examples
    --------
    >>> import cxresearch as cx
    >>> answer_scale(cx.open("data/cdnow"), ["satisfaction"]) is None
    True
    """
    how = workspace.mapping.table(table)
    scales = {how.column(item).range for item in items}
    if len(scales - {()}) > 1:
        raise ValueError(f"{', '.join(items)} are declared on different scales; name items of one scale")
    return None if not scales or () in scales else scales.pop()
