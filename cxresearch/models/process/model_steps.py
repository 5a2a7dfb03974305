"""A process as it should be: its positions in order, the activities that fill each, and which every case must go through."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import reject


@dataclass(frozen=True)
class ModelSteps:
    """The model of one process.

    Attributes
    ----------
    activities : tuple of str
        Those of the model, in order of position.
    position : ndarray
        Where each belongs, counted from 0; activities in one position are alternatives.
    is_must : ndarray
        Of each position: whether a case must go through it, which holds where one of its activities must.
    allowed : ndarray
        Of each activity: how often a case may go through it.
    """

    activities: tuple
    position: np.ndarray
    is_must: np.ndarray
    allowed: np.ndarray

    @property
    def shortest(self):
        """The length of the shortest path."""
        return int(self.is_must.sum())

    @property
    def is_must_activity(self):
        """Of each activity: whether its position is a must."""
        return self.is_must[self.position]


def model_steps(models):
    """The models of processes.

    Parameters
    ----------
    models : pandas.DataFrame
        The contract's ``process_models``: process, activity, position, rule (must or may) and, where there is one, repeats_allowed.

    Returns
    -------
    dict
        Process → ModelSteps, in alphabetical order.

    Raises
    ------
    ValueError
        Where an activity stands twice in a process, a position is missing or a rule is neither must nor may.

    Examples
    --------
    >>> rows = {"process": ["order"] * 3, "activity": ["enter", "check", "ship"], "position": [1, 2, 3], "rule": ["must", "may", "must"]}
    >>> steps = model_steps(pd.DataFrame(rows))["order"]
    >>> steps.activities, steps.is_must.tolist(), steps.shortest
    (('enter', 'check', 'ship'), [True, False, True], 2)
    """
    missing = [c for c in ("process", "activity", "position", "rule") if c not in models]
    if missing:
        raise ValueError(f"the process models have no column {missing[0]}")
    if not len(models):
        raise NotEnough("no process has a model")
    process, activity = (models[name].astype(str).to_numpy(object) for name in ("process", "activity"))
    place, rule = pd.to_numeric(models["position"]).to_numpy(float), models["rule"].to_numpy(object)
    allowed = (
        pd.to_numeric(models["repeats_allowed"]).to_numpy(float) if "repeats_allowed" in models else np.nan
    )
    allowed = np.where(np.isnan(allowed), 1, allowed) * np.ones(len(models))
    pairs = list(zip(process, activity, strict=True))
    reject(_again(pairs), "activity", "occurs twice in its process", models.index)
    reject(np.isnan(place), "position", "is missing", models.index)
    is_must = rule == "must"
    reject(~(is_must | (rule == "may")), "rule", "is neither must nor may", models.index)
    found = {}
    for k in sorted(range(len(pairs)), key=lambda k: (process[k], place[k], activity[k])):
        found.setdefault(process[k], []).append(k)
    return {name: _steps(activity[at], place[at], is_must[at], allowed[at]) for name, at in found.items()}


def _again(pairs):
    """Whether each has come before."""
    seen = set()
    return [pair in seen or bool(seen.add(pair)) for pair in pairs]


def _steps(activity, place, is_must, allowed):
    """The model of rows in the order of their places."""
    places, position = np.unique(place, return_inverse=True)
    musts = np.zeros(len(places), dtype=bool)
    np.logical_or.at(musts, position, is_must)
    return ModelSteps(tuple(activity), position, musts, allowed.astype(int))
