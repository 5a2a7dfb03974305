"""The decisions worth taking: the candidates of all pages, those that stand beyond chance, and the three that the board shows.

All candidates are judged together by Holm's method at 5 %: in a company in which nothing can be decided, the chance that any decision is
proposed is 5 % at most. Of those that stand, what has to be settled before anything else can be trusted comes first, then the most money at
stake, then what has no price; there is one on each subject.

References
----------
Holm, S. (1979). A simple sequentially rejective multiple test procedure. *Scandinavian Journal of Statistics* 6, 65–70.
"""

import shlex

from cxresearch.proposal import LEVEL, PROPOSAL, RESTS, effect_text
from cxresearch.words import money

MOST = 3
NOTHING = "Nothing to decide that the data support."


def harvest(stem, notebook):
    """The candidates that an executed notebook carries, each with an id that begins with its name.

    Parameters
    ----------
    stem : str
        The notebook's name.
    notebook : nbformat.NotebookNode
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            found = output.get("data", {}).get(PROPOSAL)
            if found:
                yield found | {"id": f"{stem}/{found['id']}", "notebook": stem}


def judged(candidates):
    """All candidates, those that the board shows first: each with ``stands`` (beyond chance) and ``rank`` (1 to 3; None for the others).

    Parameters
    ----------
    candidates : list of dict

    Examples
    --------
    >>> sure = {"id": "a", "subject": "projects", "p": 0.0001, "comes_first": False, "money": {"at_stake": [5.0, 3.0, 7.0]}}
    >>> more = sure | {"id": "b", "money": {"at_stake": [9.0, 1.0, 12.0]}}
    >>> free = sure | {"id": "c", "subject": "departments", "money": None}
    >>> lucky = sure | {"id": "d", "subject": "loyalty", "p": 0.03}
    >>> doubt = sure | {"id": "e", "subject": "shop", "p": 0.2}
    >>> [(one["id"], one["stands"], one["rank"]) for one in judged([sure, more, free, lucky, doubt])]
    [('b', True, 1), ('c', True, 2), ('a', True, None), ('d', False, None), ('e', False, None)]
    """
    standing, ranked = _holm(candidates), {}
    subjects = set()
    for one in sorted(standing, key=_order):
        if one["subject"] not in subjects and len(ranked) < MOST:
            subjects.add(one["subject"])
            ranked[one["id"]] = len(ranked) + 1
    stands = {one["id"] for one in standing}
    told = [one | {"stands": one["id"] in stands, "rank": ranked.get(one["id"])} for one in candidates]
    return sorted(told, key=lambda one: (one["rank"] or MOST + 1, not one["stands"], one["id"]))


def shown(candidates, about, ids):
    """What the board says of the candidates that it shows.

    Parameters
    ----------
    candidates : list of dict
        As from :func:`judged`.
    about : dict
        Of the report: source.
    ids : dict
        Notebook and name of a number → its id.

    Returns
    -------
    list of dict
        what, effect, rests_on, why, money, overturned, owner, again_on, page, command.
    """
    found = []
    for one in candidates:
        if one["rank"]:
            kept = {name: one[name] for name in ("what", "why", "overturned", "owner", "again_on")}
            kept |= {"effect": effect_text(one), "rests_on": RESTS[one["rests_on"]]}
            kept |= {"money": money(one["money"] or {}), "page": f"{one['notebook']}.html"}
            found.append(kept | {"command": _command(one, about, ids)})
    return found


def first_to_do(proposed):
    """The first of the decisions worth taking, as from :func:`shown`, in a sentence."""
    return f"{proposed[0]['what']}." if proposed else NOTHING


def _holm(candidates):
    """Those that stand beyond chance, all looked at together."""
    standing, in_order = [], sorted(candidates, key=lambda one: one["p"])
    for tried, one in enumerate(in_order):
        if one["p"] > LEVEL / (len(in_order) - tried):
            break
        standing.append(one)
    return standing


def _order(one):
    stake = one["money"]["at_stake"][0] if one["money"] else 0.0
    return not one["comes_first"], -stake, one["p"], one["id"]


def _command(one, about, ids):
    """The line that records the decision; what comes from the data is quoted."""
    metric = ids.get((one["notebook"], one["metric"]), "")
    given = {"what": one["what"], "due": one["again_on"], "owner": one["owner"], "metric": metric}
    if metric and one["expected"] is not None:
        given["expect"] = f"{one['expected']:g}"
    given["touches"] = one["touches"]
    options = [f"--{name}={shlex.quote(str(text))}" for name, text in given.items() if text]
    return " ".join(["cxresearch decide", shlex.quote(about["source"]), *options])
