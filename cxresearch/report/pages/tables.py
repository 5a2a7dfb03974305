"""How a table stands on a page: its numbers, its methods folded away behind them, and the rest of a long one.

Nothing is lost by folding: what is folded is in the page, is printed, and the numbers with their methods are in ``results.json``.
"""

LONG = 12  # rows that a page shows at once
SLACK = 2  # further rows that are not worth folding
METHOD = "method"


def laid_out(block):
    """A table as the template sets it.

    Parameters
    ----------
    block : dict
        Of a table: caption, header, rows; results, where it was recorded.

    Returns
    -------
    dict
        caption; header; shown and rest, the rows at once and those folded, each with cells and mark (why a number is withheld or only indicative);
        methods, a list of methods with the names of what each made; is_kept, whether its numbers are in ``results.json``.

    Examples
    --------
    >>> rows = [["NPS", "22", "Wilson score (indicative: small base)"], ["CSAT", "4", "Wilson score"]]
    >>> table = {"caption": "Loyalty", "header": ["", "estimate", "method"], "rows": rows}
    >>> made = laid_out(table | {"results": [{"method": "Wilson score"}] * 2})
    >>> made["shown"][0], made["methods"]
    ({'cells': ['NPS', '22'], 'mark': 'indicative: small base'}, [{'method': 'Wilson score', 'of': ['NPS', 'CSAT']}])
    """
    header, rows = block["header"], block["rows"]
    kept = block.get("results")
    methods, lines = {}, []
    has_methods = bool(kept) and header[-1] == METHOD
    known = sorted({result["method"] for result in kept}, key=len, reverse=True) if has_methods else []
    for row in rows:
        mark = ""
        if has_methods:
            method = next((one for one in known if row[-1].startswith(one)), row[-1])
            mark = row[-1][len(method) :].strip().removeprefix("(").removesuffix(")")
            methods.setdefault(method, []).append(row[0])
            row = row[:-1]
        lines.append({"cells": row, "mark": mark})
    is_long = (
        len(lines) > LONG + SLACK and block.get("kind") != "figure"
    )  # what is behind a picture is folded already
    cut = LONG if is_long else len(lines)
    return {
        "caption": block["caption"],
        "header": header[:-1] if has_methods else header,
        "shown": lines[:cut],
        "rest": lines[cut:],
        "methods": [{"method": method, "of": names} for method, names in methods.items()],
        "is_kept": bool(kept),
    }
