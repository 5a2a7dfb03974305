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
    reject(
        models.duplicated(["process", "activity"]), "activity", "occurs twice in its process", models.index
    )
    reject(models["position"].isna(), "position", "is missing", models.index)
    reject(~models["rule"].isin(["must", "may"]), "rule", "is neither must nor may", models.index)
    return {str(name): _steps(rows) for name, rows in models.groupby("process", sort=True)}


def _steps(rows):
    rows = rows.sort_values(["position", "activity"], kind="stable")
    places, position = np.unique(rows["position"].to_numpy(float), return_inverse=True)
    is_must = np.zeros(len(places), dtype=bool)
    np.logical_or.at(is_must, position, (rows["rule"] == "must").to_numpy())
    given = rows["repeats_allowed"] if "repeats_allowed" in rows else pd.Series(1, rows.index)
    allowed = pd.to_numeric(given).fillna(1).to_numpy().astype(int)
    return ModelSteps(tuple(map(str, rows["activity"])), position, is_must, allowed)
