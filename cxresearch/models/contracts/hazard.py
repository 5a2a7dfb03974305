"""When contracts end and what goes with it: the churn hazard of a table of contracts, tested on the months it had not seen."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed
from cxresearch.models.contracts.hazard_terms import ChurnDrivers, hazard_columns
from cxresearch.models.contracts.start_facts import SPELL, with_facts
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.discrete_hazard import ChurnHazard
from cxresearch.stats.rare_levels import OTHER
from cxresearch.stats.roc import auc
from cxresearch.stats.rows import row, summary

TO_LEARN, TO_JUDGE = 30, 10  # ends needed
RATIO = "odds ratio, "
LABELS = {"renewal": "the month a term runs out", "has term": "contract with a term"}
NEEDED = ["contract_id", "duration", "entry", "has_ended", "renewal_months"]


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
    hazard_ : ChurnHazard
    drivers_ : ChurnDrivers
    auc_ : AreaUnderCurve
        Of the contracts running when the latest period began.
    is_better_than_chance_ : bool
        Whether the interval of that area lies above .5.
    judged_ : DataFrame
        contract_id, has_ended, probability of those.
    terms_ : DataFrame
        label, estimate, low, high, is_ratio (else an exponent), is_announced: every term, in the order of the model.
    forest_ : DataFrame
        Of these the ratios, for the picture.
    announced_ : DataFrame
        Of these the announced ones, those with the smallest p-values first.
    references_ : list of str
        What the ratios of a column are compared with: "segment: midmarket", the most frequent value.
    left_out_ : list of str
        The columns that are no terms and why, a sentence each.
    """

    def __init__(self, level=0.95, alpha=0.05):
        self.level = level
        self.alpha = alpha

    def fit(self, spells, before, months):
        """Fit, test and report.

        Parameters
        ----------
        spells, before : DataFrame or Ibis table
            As from :func:`cxresearch.features.contract_terms`, every further column being an attribute known when the contract began; on the last day known and on the day when the latest period began.
        months : int
            Length of that period.

        Returns
        -------
        ContractHazard
            This object.

        Raises
        ------
        NotEnough
            Where fewer than 30 contracts had ended before the latest period, or fewer than 10 ended in it; where all of those running when it began
            ended in it, or none; where the hazard cannot be
            estimated, as of terms that go together.
        ValueError
            Where a column is not there.
        """
        spells, out = with_facts(_columns(spells, "spells"))
        # a column that today's ends show to have been filled in later tells an earlier day its future
        before = _columns(before, "before")
        before, _ = with_facts(before[[name for name in before.columns if name in spells.columns]])
        _refuse_too_few(int(before["has_ended"].sum()), int(spells["has_ended"].sum()))
        running = _running(before, spells)
        try:
            self._judge(before, running, months)
            self.hazard_, self.left_out_ = self._fitted(spells)
            self.left_out_ += out
        except ValueError as fault:  # collinear terms, or one that separates
            raise NotEnough(f"the hazard cannot be estimated: {fault}") from fault
        self.references_ = [f"{_label(name)}: {levels[0]}" for name, levels in self._levels.items() if levels]
        self.drivers_ = ChurnDrivers(self.alpha).fit(self.hazard_, self.is_better_than_chance_)
        self._name_terms()
        return self

    @property
    def is_better_than_chance_(self):
        return bool(self.auc_.low > 0.5)

    def summary(self):
        """The terms of the hazard, and how well it ranked the contracts of the latest period.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        n = self.auc_.events + self.auc_.others
        tested = row("AUC of the hazard, latest period", self.auc_, n, "Mann–Whitney, score limits")
        return summary([*self.drivers_.summary().to_dict("records"), tested])

    def _name_terms(self):
        rows = self.drivers_.table_
        is_ratio = rows["metric"].str.startswith(RATIO)
        label = rows["metric"].str.removeprefix(RATIO).map(_label)
        columns = ["label", "estimate", "low", "high", "is_ratio", "is_announced"]
        named = rows.assign(label=label, is_ratio=is_ratio)
        self.terms_ = named[columns]
        self.forest_ = self.terms_[is_ratio & (rows["low"] > 0)].reset_index(drop=True)
        order = named.set_index("metric").loc[self.drivers_.announced_]
        self.announced_ = order[columns].reset_index(drop=True)

    def _judge(self, before, running, months):
        """Ask the hazard fitted to what was known before which of the contracts running then would end."""
        model, _ = self._fitted(before)
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
        attributes = spells[[name for name in spells.columns if name not in SPELL]]
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


def _columns(spells, name):
    spells = executed(spells)
    lacking = [column for column in NEEDED if column not in spells.columns]
    if lacking:
        raise ValueError(f"{name} lacks the column {lacking[0]}")
    return spells


def _running(before, spells):
    """The contracts running when the latest period began, and whether they ended in it (has_ended_then)."""
    then = spells[["contract_id", "has_ended"]]
    is_over = before["is_over"] if "is_over" in before else before["has_ended"]
    running = before[~is_over.astype(bool)].merge(then, on="contract_id", suffixes=("", "_then"))
    if running.empty:
        raise NotEnough("no contract was running when the latest period began")
    if running["has_ended_then"].nunique() < 2:
        which = "all" if running["has_ended_then"].any() else "none"
        raise NotEnough(
            f"{which} of the contracts that ran when the latest period began ended in it, so a hazard cannot be tested"
        )
    return running


def _refuse_too_few(earlier, ended):
    if earlier < TO_LEARN:
        raise NotEnough(f"fewer than {TO_LEARN} contracts had ended before the latest period")
    if ended - earlier < TO_JUDGE:
        raise NotEnough(
            f"fewer than {TO_JUDGE} contracts ended in the latest period, too few to test a hazard on"
        )


def _label(term):
    name, _, level = term.partition("=")
    words = name.replace("_", " ")
    return LABELS.get(words, f"{words}: {level}" if level else words)
