"""Was retention bought with discounts: what contracts cost that teams sign, before and after their pay was tied."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.group_time import GroupTimeATT
from cxresearch.models.pay.few_teams import widened
from cxresearch.months import MONTHS_PER_YEAR
from cxresearch.stats import rows


class SignedAmounts(Estimator):
    """Group-time effects of plans on the mean log monthly amount of the contracts that teams sign, at equal term and segment, as a relative change.

    Prices given away keep customers and cost margin. The amounts of contracts signed hold discounts at signing and at each renewal that has a contract of its own; a discount that is
    granted within a contract shows nowhere here.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    change_ : tuple
        Relative change of amounts: estimate, low, high.
    teams_ : int
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, signed, effect):
        """Compare amounts.

        Parameters
        ----------
        signed : DataFrame or Ibis table
            As from ``cx.features.signed_amounts``.
        effect : PayEffect
            Fitted: for its periods and starts.

        Returns
        -------
        SignedAmounts
            This object.

        Raises
        ------
        NotEnough
            Where too few teams sign contracts in every period.
        """
        signed = table(signed, ["team_id", "month_on", "signed", "log_amount"], "signed").copy()
        periods = effect.periods_
        day = pd.to_datetime(signed["month_on"])
        month = day.dt.year * MONTHS_PER_YEAR + day.dt.month - 1
        signed["period"] = (month - periods.first) // periods.length
        signed["total"] = signed["signed"] * signed["log_amount"]
        sums = signed.groupby(["team_id", "period"])[["signed", "total"]].sum()
        panel = periods.panel[["unit", "period", "start"]].join(sums, on=["unit", "period"])
        panel = panel.assign(outcome=panel["total"] / panel["signed"])
        model = GroupTimeATT(level=self.level, units="teams").fit(panel)
        if min(model.treated_, model.units_ - model.treated_) < 5:
            raise NotEnough(
                "fewer than five teams with a plan, or without one, signed contracts in every period"
            )
        self.left_out_, self.teams_ = model.left_out_, model.units_
        limits = widened(model.simple_, model, self.level)
        self.change_ = tuple(float(np.expm1(limits[name])) for name in ("estimate", "low", "high"))
        return self

    def summary(self):
        """The change as a row.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how = "group-time effects of log amounts"
        return rows.summary(
            [rows.row("change of amounts at signing", self.change_, self.teams_, how, "share")]
        )
