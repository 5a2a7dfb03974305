"""The four letters of each process: repeatable, improvable, measurable, scalable, each with its evidence."""

import numpy as np
import pandas as pd

from cxresearch.models.estimator import Estimator
from cxresearch.words import SUPPRESSED, is_of_few

LETTERS = {"R": "repeatable", "I": "improvable", "M": "measurable", "S": "scalable"}
TARGET = 0.9  # fitness
VERDICTS = ("has it", "lacks it", "not clear", "not assessed")


class RimsMap(Estimator):
    """Which of its four letters each process has, lacks, or leaves open, read from intervals.

    - **R**epeatable: the whole interval of fitness lies above the target; lacking where it lies below.
    - **I**mprovable: at least one change has been shown to work; lacking where no change is on record.
    - **M**easurable: each step that is a must has a KPI, an owner and fresh data; lacking otherwise.
    - **S**calable: the whole interval of the elasticity of cost lies below 1; lacking where it lies above.

    Everything else is not clear; what no model has looked at is not assessed, nor is R of fewer than ten closed cases.

    Parameters
    ----------
    fitness : float
        The target.

    Attributes
    ----------
    letters_ : DataFrame
        process, letter, verdict (has it, lacks it, not clear, not assessed), evidence (in words), estimate, low, high, n.
    complete_ : list of str
        The processes that have all four.
    lacking_ : DataFrame
        The rows of `letters_` that are lacking.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> measured = pd.DataFrame({"process": ["order"], "n": [6], "measured": [6], "estimate": [1.0], "low": [0.61], "high": [1.0], "musts_measured": [True]})
    >>> found = RimsMap().fit(["order"], measurable=SimpleNamespace(processes_=measured))
    >>> found.letters_["verdict"].tolist()
    ['not assessed', 'not assessed', 'has it', 'not assessed']
    """

    def __init__(self, fitness=TARGET):
        self.fitness = fitness

    def fit(self, processes, repeatable=None, improvable=None, measurable=None, scalable=None):
        """Read each letter from the model that knows of it.

        Parameters
        ----------
        processes : sequence of str
        repeatable : Repeatable, optional
        improvable : Improvable, optional
        measurable : Measurable, optional
        scalable : Scalable, optional

        Returns
        -------
        RimsMap
            This object.
        """
        self.left_out_ = []
        readers = {
            "R": (repeatable, self._repeatable),
            "I": (improvable, self._improvable),
            "M": (measurable, self._measurable),
            "S": (scalable, self._scalable),
        }
        found = []
        for process in processes:
            for letter, (model, read) in readers.items():
                row = None if model is None else read(model, process)
                blank = {
                    "verdict": "not assessed",
                    "evidence": "",
                    "estimate": np.nan,
                    "low": np.nan,
                    "high": np.nan,
                    "n": 0,
                }
                found.append({"process": process, "letter": letter} | (row or blank))
        self.letters_ = pd.DataFrame(found)
        counts = self.letters_[self.letters_["verdict"] == "has it"].groupby("process").size()
        self.complete_ = [p for p in processes if counts.get(p, 0) == len(LETTERS)]
        self.lacking_ = self.letters_[self.letters_["verdict"] == "lacks it"].reset_index(drop=True)
        return self

    def _repeatable(self, model, process):
        row = _row(model.processes_, process)
        if row is None or row["n"] < SUPPRESSED:
            return None
        low, high = row["fitness_low"], row["fitness_high"]
        verdict = _against(low, high, self.fitness)
        words = [f"fitness {row['fitness']:.0%} ({low:.0%} to {high:.0%})"]
        if not is_of_few(row["rework"], row["n"]):
            words.append(f"rework in {row['rework']:.0%} of cases")
        if np.isfinite(row["ratio"]):
            words.append(f"slowest tenth {row['ratio']:.1f} times the median")
        return {
            "verdict": verdict,
            "evidence": ", ".join(words),
            "estimate": row["fitness"],
            "low": low,
            "high": high,
            "n": int(row["n"]),
        }

    def _improvable(self, model, process):
        changes = model.changes_[model.changes_["process"] == process]
        tested, told = model.tested_.get(process, (0, 0))
        share = f"; {tested} of {told} tested first" if told else ""
        if not len(changes):
            return {
                "verdict": "lacks it",
                "evidence": "no change on record",
                "estimate": np.nan,
                "low": np.nan,
                "high": np.nan,
                "n": 0,
            }
        worked = changes[changes["verdict"] == "worked"]
        words = "change" if len(changes) == 1 else "changes"
        best = (worked if len(worked) else changes).iloc[0]
        return {
            "verdict": "has it" if len(worked) else "not clear",
            "evidence": f"{len(worked)} of {len(changes)} {words} shown to work{share}",
            **{name: best[name] for name in ("estimate", "low", "high")},
            "n": len(changes),
        }

    def _measurable(self, model, process):
        row = _row(model.processes_, process)
        if row is None:
            return None
        words = f"{row['measured']} of {row['n']} steps have a KPI, an owner and fresh data"
        verdict = "has it" if row["musts_measured"] else "lacks it"
        return {"verdict": verdict, "evidence": words} | {c: row[c] for c in ("estimate", "low", "high", "n")}

    def _scalable(self, model, process):
        row = _row(model.processes_, process)
        if row is None:
            return None
        verdict = {"scalable": "has it", "not scalable": "lacks it"}.get(row["verdict"], "not clear")
        words = f"elasticity of cost {row['estimate']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        words += ", 1 by construction" if row["verdict"] == "by construction" else ""
        return {"verdict": verdict, "evidence": words} | {c: row[c] for c in ("estimate", "low", "high", "n")}


def _row(frame, process):
    found = frame[frame["process"] == process] if len(frame) else frame
    return found.iloc[0] if len(found) else None


def _against(low, high, target):
    """The verdict on an interval that should lie above a target."""
    if np.isnan(low) or np.isnan(high):
        return "not clear"
    return "has it" if low >= target else "lacks it" if high < target else "not clear"
