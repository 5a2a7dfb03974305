"""When contracts end and what goes with it: the churn hazard of a table of contracts, judged on the months it had not seen."""

import numpy as np
import pandas as pd

from cxresearch.contract.tables import TABLES
from cxresearch.inputs import table
from cxresearch.models.contracts.hazard_terms import ChurnDrivers, hazard_columns
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.stats.rare_levels import OTHER
from cxresearch.stats.roc import auc

ATTRIBUTES = ("has_term", *TABLES["customers"].where("group"))
TO_LEARN, TO_JUDGE = 30, 10  # ends needed
TENURE = "exponent of tenure"
SPELL = ["contract_id", "duration", "entry", "has_ended", "renewal_months"]


class ContractHazard(Estimator):
    """A discrete-time hazard of contracts with tenure, renewals and delayed entry, and the terms that may be announced.

    It is fitted to the contracts as known when the latest period began and asked which of those still running would end in it; the terms
    reported are then fitted to all that is known. See :class:`~cxresearch.models.survival.discrete_hazard.ChurnHazard` for the model and
    :class:`~cxresearch.models.contracts.hazard_terms.ChurnDrivers` for what is announced.

    Parameters
    ----------
    level, alpha : float
        Confidence level; false discovery rate.

    Attributes
    ----------
    is_possible_ : bool
    why_ : str
        Why not: too few ends, or a hazard that cannot be estimated.
    hazard_ : ChurnHazard
    drivers_ : ChurnDrivers
    auc_ : AreaUnderCurve
        Of the contracts running when the latest period began.
    judged_ : DataFrame
        contract_id, has_ended, probability of those.
    left_out_ : dict
        Column → why it is no term.
    forest_ : DataFrame
        label, estimate, low, high, is_announced: the ratios, for the picture.
    """

    def __init__(self, level=0.95, alpha=0.05):
        self.level = level
        self.alpha = alpha

    def fit(self, spells, before, months):
        """Fit, judge and report.

        Parameters
        ----------
        spells, before : DataFrame
            As from :func:`cxresearch.features.contract_terms`, on the last day known and on the day when the latest period began.
        months : int
            Length of that period.

        Returns
        -------
        ContractHazard
            This object.
        """
        self.why_, self.is_possible_ = self._lacks(spells, before), False
        if self.why_:
            return self
        spells, before = table(spells, SPELL, "spells"), table(before, SPELL, "before")
        try:
            self._judge(before, spells, months)
            self.hazard_, self.left_out_ = self._fitted(spells)
        except ValueError as fault:  # collinear terms, or one that separates: told, not hidden
            self.why_ = f"The hazard cannot be estimated: {fault}."
            return self
        self.drivers_ = ChurnDrivers(self.alpha).fit(self.hazard_, bool(self.auc_.low > 0.5))
        rows = self.drivers_.table_
        ratio = rows["metric"].str.startswith("odds ratio, ")
        label = rows["metric"].str.removeprefix("odds ratio, ").map(_label)
        self.forest_ = rows.assign(label=label)[ratio & (rows["low"] > 0)].reset_index(drop=True)
        self.is_possible_ = True
        return self

    def sentences(self):
        """The announced terms in words, those with the smallest p-values first; one text each."""
        rows = self.drivers_.table_.set_index("metric").loc[self.drivers_.announced_]
        return [
            f"{_label(name.removeprefix('odds ratio, '))} {'' if name == TENURE else '× '}{r.estimate:.2f} ({r.low:.2f} to {r.high:.2f})"
            for name, r in zip(rows.index, rows.itertuples(), strict=True)
        ]

    def _lacks(self, spells, before):
        ended, earlier = int(spells["has_ended"].sum()), int(before["has_ended"].sum())
        if earlier < TO_LEARN:
            return f"Too few contracts had ended before the latest period to estimate a hazard: {TO_LEARN} are needed."
        if ended - earlier < TO_JUDGE:
            return (
                f"Too few contracts ended in the latest period to judge a hazard by: {TO_JUDGE} are needed."
            )
        return ""

    def _judge(self, before, spells, months):
        model, _ = self._fitted(before)
        running = before[~before["has_ended"]].merge(
            spells[["contract_id", "has_ended"]], on="contract_id", suffixes=("", "_then")
        )
        term = running["renewal_months"] if self._renews else None
        *_, (log_stays, _) = model.survival_path(running["duration"], months, self._columns(running), term)
        self.judged_ = pd.DataFrame(
            {
                "contract_id": running["contract_id"],
                "has_ended": running["has_ended_then"].astype(int),
                "probability": -np.expm1(log_stays),
            }
        )
        self.auc_ = auc(
            self.judged_["has_ended"].to_numpy(), self.judged_["probability"].to_numpy(), self.level
        )

    def _fitted(self, spells):
        attributes = spells[[c for c in ATTRIBUTES if c in spells.columns]]
        X, out = hazard_columns(attributes, spells["has_ended"])
        self._levels = {c: list(X[c].cat.categories) if hasattr(X[c], "cat") else None for c in X}
        due = (spells["renewal_months"] > 0) & (
            spells["duration"] % spells["renewal_months"].where(spells["renewal_months"] > 0, 1) == 0
        )
        self._renews = int((due & spells["has_ended"]).sum()) >= TO_JUDGE
        model = ChurnHazard(level=self.level)
        customer = (
            spells["customer_id"]
            if "customer_id" in spells and spells["customer_id"].duplicated().any()
            else None
        )
        model.fit(
            spells["duration"], spells["has_ended"].astype(int), X if X.shape[1] else None, spells["entry"],
            spells["renewal_months"] if self._renews else None, customer,
        )  # fmt: skip
        return model, out

    def _columns(self, spells):
        """The terms' columns of contracts, as they were fitted; a level not met then counts as the most frequent one."""
        found = {}
        for name, levels in self._levels.items():
            if levels is None:
                found[name] = spells[name].astype(int)
                continue
            values = spells[name].astype(object).where(spells[name].notna(), "unknown").astype(str)
            other = OTHER if OTHER in levels else levels[0]
            found[name] = pd.Categorical(values.where(values.isin(levels), other), levels)
        return pd.DataFrame(found, index=spells.index) if found else None


def _label(term):
    name, _, level = term.partition("=")
    words = name.replace("_", " ")
    return {"renewal": "the month a term runs out", "has term": "contract with a term"}.get(
        words, f"{words}: {level}" if level else words
    )
