"""Do offers bring customers back? Returns by arm, and beyond what returns without an offer."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.balance import balance
from cxresearch.models.experiments.sample_size import sample_size
from cxresearch.models.experiments.trial import Trial
from cxresearch.models.winback.offers import (
    arm_names,
    counted_offers,
    known_before,
    probability_of,
    several,
)
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary

CONTROL = "control"
FEWEST = 10
GUESSED = 0.05  # lift that a first trial should be able to see, where none has been seen


class Regain(Estimator):
    """How many of those asked came back, by offer, and how many more than without one.

    Some of the lapsed return by themselves, so a rate says nothing of an offer: the customers who were held out do. The comparison is
    named: ``"trial"`` where the chance of each arm is recorded and the arms hold the shares drawn; ``"as if drawn"`` where it is not
    recorded, but nothing known before tells the arms apart; ``"adjusted"`` where something does, and what is known is adjusted for (Lin);
    ``"none"`` without a control, or with arms that do not hold the shares drawn: there is no lift then.

    Parameters
    ----------
    control : str
    level : float

    Attributes
    ----------
    comparison_ : {"trial", "as if drawn", "adjusted", "none"}
    refused_ : str
        Why there is no lift, in half a sentence; empty where there is one.
    arms_ : DataFrame
        arm, n, estimate, low, high: rates of return, the control first.
    lifts_ : DataFrame
        As of :class:`~cxresearch.models.experiments.trial.Trial`; no rows where nothing is compared.
    balance_ : Balance or None
    trial_ : Trial or None
    rows_ : DataFrame
        The offers that count.
    headline_ : list of str
        The metric of the largest lift.
    left_out_ : list of str

    References
    ----------
    Stauss, B. & Friege, C. (1999). Regaining service customers. *Journal of Service Research* 1, 347–361. Kumar, V., Bhagwat, Y. & Zhang, X.
    (2015). Regaining "lost" customers. *Journal of Marketing* 79(4), 34–55.

    Examples
    --------
    >>> offers = pd.DataFrame({"offer_id": range(200), "customer_id": range(200), "arm": ["control", "gift"] * 100})
    >>> offers["returned"] = [k % 10 in (1, 3) or k % 20 == 0 for k in range(200)]
    >>> found = Regain().fit(offers)
    >>> found.comparison_, found.lifts_.round(2)[["estimate", "low", "high"]].values.tolist()
    ('as if drawn', [[0.3, 0.18, 0.41]])
    """

    def __init__(self, control=CONTROL, level=0.95):
        self.control = control
        self.level = level

    def fit(self, offers):
        """Compare the arms.

        Parameters
        ----------
        offers : DataFrame or Ibis table
            Of :func:`~cxresearch.features.winback.winback_offers`.

        Returns
        -------
        Regain
            This object.

        Raises
        ------
        NotEnough
            Where no offer counts.
        """
        self.rows_, self.left_out_ = counted_offers(offers)
        self.refused_, self.lifts_, self.trial_, self.balance_ = "", pd.DataFrame(), None, None
        self.known_ = known_before(self.rows_)
        self.comparison_ = "none"
        held_out = int((self.rows_["arm"] == self.control).sum())
        if not held_out:
            self.refused_ = (
                "nobody was held out, so nothing shows how many would have come back without an offer"
            )
        elif held_out < FEWEST:
            self.refused_ = "fewer than ten customers were held out"
        else:
            self._compare()
        self.arms_ = self.trial_.arms_ if self.trial_ is not None else self._rates()
        best = self.lifts_.loc[[self.lifts_["estimate"].idxmax()], "arm"] if len(self.lifts_) else ()
        self.headline_ = [f"brought back by {arm}, beyond the control" for arm in best]
        return self

    def summary(self):
        """The rate of each arm, and each lift over the control."""
        how = "Wilson score"
        if self.trial_ is not None:
            how = self.trial_.arm_method_
        rows = [
            row(f"came back: {_named(a.arm, self.control)}", (a.estimate, a.low, a.high), a.n, how, "share")
            for a in self.arms_.itertuples()
        ]
        for lift in self.lifts_.itertuples():
            metric = f"brought back by {lift.arm}, beyond the control"
            rows.append(
                row(metric, (lift.estimate, lift.low, lift.high), lift.n, self.trial_.method_, "points")
            )
        return summary(rows)

    def needed(self, power=0.8):
        """How large a trial would settle the question.

        Returns
        -------
        dict
            ``lift`` (the largest seen, or the one assumed), ``per_arm`` (customers), ``is_seen``.
        """
        own = self.arms_[self.arms_["arm"] != self.control]
        if len(self.lifts_) and self.lifts_["estimate"].max() > 0:
            best = self.lifts_.loc[self.lifts_["estimate"].idxmax()]
            return {
                "arm": best["arm"],
                "lift": float(best["estimate"]),
                "is_seen": True,
                "per_arm": self.trial_.needed(best["arm"]),
            }
        rate = float(own["estimate"].max()) if len(own) else 0.1
        base = max(rate - GUESSED, 0.01)
        seen = base + GUESSED
        per_arm = sample_size(
            GUESSED, seen * (1 - seen), base * (1 - base), arms=max(len(own), 1), power=power
        )
        return {"arm": "", "lift": GUESSED, "is_seen": False, "per_arm": per_arm}

    def covariates(self):
        """What an adjusted comparison adjusts for; None for any other."""
        return self.known_ if self.comparison_ == "adjusted" else None

    def _compare(self):
        rows, probability = self.rows_, probability_of(self.rows_)
        self.balance_ = balance(rows["arm"], self.known_, self.control)
        if probability is not None:
            self.comparison_ = "trial"
        else:
            self.comparison_ = "as if drawn" if self.balance_.is_alike else "adjusted"
        trial = Trial(self.control, "rate", level=self.level)
        try:
            trial.fit(rows["arm"], rows["returned"], self.covariates(), several(rows), probability)
        except NotEnough as why:
            self.comparison_, self.refused_ = "none", str(why)
            return
        self.trial_, self.lifts_ = trial, trial.lifts_
        self.left_out_ += trial.left_out_

    def _rates(self):
        """Rates without a comparison; arms under ten are left out."""
        rows = self.rows_
        names = [
            *([self.control] if (rows["arm"] == self.control).any() else []),
            *arm_names(rows, self.control),
        ]
        by = rows.groupby("arm")["returned"].agg(["sum", "size"]).reindex(names)
        few = by.index[by["size"] < FEWEST]
        self.left_out_ += [f"the arm {name} has fewer than ten customers" for name in few]
        by = by.drop(few)
        if not len(by):
            raise NotEnough("no arm has ten customers")
        found = wilson(by["sum"], by["size"], self.level)
        return pd.DataFrame(
            {
                "arm": by.index,
                "n": by["size"].to_numpy(),
                "estimate": np.asarray(found.estimate),
                "low": found.low,
                "high": found.high,
            }
        )


def _named(arm, control):
    return "nobody asked (control)" if arm == control else arm
