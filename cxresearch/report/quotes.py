"""Comments that a page hands over to be quoted on the board: only those that hold nothing that has to be masked."""

from cxresearch.display import Nothing, note, take
from cxresearch.masking import shapes
from cxresearch.report.personal import sensitive
from cxresearch.words import count_text

NAME = "quotes"


def quote(examples):
    """Hand examples over to the board. The page itself shows none of them.

    Parameters
    ----------
    examples : pandas.DataFrame
        theme, n, comment; the first choice of each theme first.
    """
    if not len(examples):
        return Nothing()
    handed = examples.astype({"n": int})[["theme", "n", "comment"]].to_dict("records")
    themes = examples["theme"].nunique()
    return note(f"Examples of {themes} themes are handed over to the board page.", **{NAME: handed})


def chosen(notebooks, workspace):
    """The first comment of each theme in which nothing is masked.

    Parameters
    ----------
    notebooks : list of nbformat.NotebookNode
        Executed; they hold no comment afterwards.
    workspace : Workspace

    Returns
    -------
    list of dict
        theme, n (in words), comment.
    """
    candidates = [one for book in notebooks for handed in take(book, NAME) for one in handed]
    if not candidates or not workspace.mapping.survey.quote_comments:
        return []
    secrets, found = sensitive(workspace, but_comments=True), {}
    for one in candidates:
        text, masked = secrets.mask(one["comment"])
        if one["theme"] not in found and not masked and not shapes(text)[1]:
            n = count_text(one["n"], "respondent")
            found[one["theme"]] = {"theme": one["theme"], "n": n, "comment": text}
    return list(found.values())
