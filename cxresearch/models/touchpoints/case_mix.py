"""The fixed effects of a comparison of departments: which department served, and what kind of contacts they were."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cxresearch.inputs import numbers
from cxresearch.stats.random_effect import dependent
from cxresearch.words import share_text

UNKNOWN, OTHER = "not recorded", "other"
FEW = 10  # contacts under which a value of a factor is counted among the others


class CaseMix(NamedTuple):
    """A design whose first columns are the departments, at the mean of all other columns."""

    X: np.ndarray  # (n, p)
    names: list  # of the columns
    departments: list
    terms: list  # what is adjusted for, in words
    left_out: list  # sentences on what is not, and why


def case_mix(contacts, department="department", covariates=()):
    """Indicators of the departments beside what their contacts differ in.

    Each other column is centred on the mean of all contacts, so that a department's coefficient is its level at the whole
    firm's mix of channels, difficulty and so on. Where some values of a factor occur in one set of departments only (each
    department has its own touchpoints, say), such a set is a block of its own: centred within the block, because no contact
    separates the value from the departments that have it.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Column department, and any of complexity, is_automated, channel, touchpoint; an empty column counts as absent.
    department : str
        The column of the units compared.
    covariates : sequence of str
        Further columns of numbers to adjust for.

    Returns
    -------
    CaseMix

    Notes
    -----
    Automated contacts have no agent and tend to be easy ones; `is_automated` therefore enters with its product with
    difficulty. Difficulty is adjusted for only where every contact given here has it; a blank filled with the mean would leave
    half of a hard department's handicap in place.
    """
    unit = contacts[department].astype(str)
    units = sorted(unit.unique())
    columns = {f"{department} {name}": (unit == name).to_numpy(float) for name in units}
    terms, left_out = [], []
    difficulty = _difficulty(contacts, columns, terms, left_out)
    _automation(contacts, difficulty, columns, terms, left_out)
    for name in covariates:
        values = numbers(contacts[name], name).astype(float)
        columns[name] = values - values.mean()
        terms.append(name)
    for name in ("channel", "touchpoint"):
        if not _filled(contacts, name):
            left_out.append(f"no contact names a {name}, so it is not adjusted for")
        elif contacts[name].nunique() < 2:
            which = " that name one" if contacts[name].isna().any() else ""
            left_out.append(f"all contacts{which} have the same {name}")
        else:
            values = contacts[name].fillna(UNKNOWN).astype(str)
            often = values.groupby([values, unit]).transform("size") >= FEW
            _factor(values.where(often, OTHER), unit, name, columns, terms, left_out)
    X, names = np.column_stack(list(columns.values())), list(columns)
    drop = dependent(X.T @ X, 1e-8)
    if drop:
        shown = ", ".join(names[j] for j in drop[:3]) + (" …" if len(drop) > 3 else "")
        left_out.append(f"{shown} cannot be separated from the other columns, so it is not adjusted for")
    keep = [j for j in range(len(names)) if j not in drop]
    return CaseMix(X[:, keep], [names[j] for j in keep], units, terms, left_out)


def _filled(contacts, name):
    return name in contacts and contacts[name].notna().any()


def _difficulty(contacts, columns, terms, left_out):
    if not _filled(contacts, "complexity"):
        left_out.append("no contact has a complexity, so difficulty is not adjusted for")
        return None
    blank = contacts["complexity"].isna().mean()
    if blank > 0:
        many = "under 1%" if blank < 0.01 else "over 99%" if blank > 0.99 else share_text(blank, 0)
        left_out.append(
            f"{many} of the contacts have no complexity, and no value can stand for it, so difficulty is not adjusted for"
        )
        return None
    values = numbers(contacts["complexity"], "complexity").astype(float)
    columns["difficulty"] = values - values.mean()
    terms.append("difficulty")
    return columns["difficulty"]


def _automation(contacts, difficulty, columns, terms, left_out):
    if not _filled(contacts, "is_automated"):
        lacks = "no contact says" if "is_automated" in contacts else "no column says"
        left_out.append(f"{lacks} whether it was automated, so automation is not adjusted for")
        return
    automated = contacts["is_automated"].fillna(False).astype(bool).to_numpy()
    if automated.all() or not automated.any():
        return
    columns["automated"] = automated - automated.mean()
    terms.append("automation")
    if difficulty is not None:
        columns["automated × difficulty"] = automated * difficulty - (automated * difficulty).mean()


def _factor(values, unit, name, columns, terms, left_out):
    """Indicators of a factor, centred within each set of departments that share values of it."""
    code, labels = pd.factorize(values, sort=True)
    place, units = pd.factorize(unit)
    link = coo_array((np.ones(len(code)), (place, len(units) + code)), shape=(len(units) + len(labels),) * 2)
    _, block = connected_components(link, directed=False)
    of_row, of_label = block[place], block[len(units) :]
    size = np.bincount(code)
    for b in np.unique(of_label):
        rows, inside = of_row == b, np.flatnonzero(of_label == b)
        for level in np.delete(inside, np.argmax(size[inside])):
            indicator = np.where(rows, (code == level) - (code[rows] == level).mean(), 0.0)
            columns[f"{name} {labels[level]}"] = indicator
    terms.append(name)
    blocks = len(np.unique(of_row))
    if blocks == len(units):
        left_out.append(
            f"each department has {name}s of its own, so {name} is not adjusted for between departments"
        )
    elif blocks > 1:
        left_out.append(
            f"departments form {blocks} groups that share no {name}, so it is not adjusted for between them"
        )
