"""When silence becomes news: the day on which a customer who stays silent is probably gone."""

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.purchase_history import DAYS, purchase_history
from cxresearch.models.purchases.share_to_buy import method_of, share_to_buy
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers behind a quantile
_ROUNDS = 40  # halvings of the time of silence, in logarithms


class Silence(Estimator):
    r"""Per customer, the time of silence after which P(alive) falls through a threshold.

    What is a long silence depends on the customer: two weeks of one who buys every other day, a year of one who buys every winter. With
    :math:`z(\tau)` the log odds of being gone after a silence of :math:`\tau`, which rise with it, the time solves

    .. math:: z(\tau) = \log\frac{1 - \theta}{\theta}

    for the threshold :math:`\theta`; its interval is that of the model's parameters (delta method on the log scale).

    Parameters
    ----------
    model : BetaGeoNBD or ParetoNBD
        Fitted, in days or weeks.
    threshold : float
        P(alive) below which a customer counts as lapsed.
    longest : float
        Silences longer than this, in the model's unit, are beyond what the data can tell: no date is given.

    Attributes
    ----------
    customers_ : pandas.DataFrame
        As ``rfm``, plus p_alive, is_lapsed, silence (in the model's unit; 0 where P(alive) is below the threshold on the day of the
        purchase itself), silence_low, silence_high, and silent_on, the date. Missing where silence is never news within `longest`.

    Notes
    -----
    The BG/NBD lets nobody leave before a second purchase, so that those who bought once get no date from it; the Pareto/NBD gives one.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> silence = Silence(cx.models.BetaGeoNBD().fit(rfm), threshold=0.5).fit(rfm, "1997-09-30")
    >>> silence.customers_.loc[[0, 2], ["customer_id", "p_alive", "is_lapsed", "silence", "silent_on"]].round(2)
      customer_id  p_alive  is_lapsed  silence   silent_on
    0       00004     0.73      False    32.07  1998-03-15
    2       00021     0.21       True     8.94  1997-03-17
    """

    def __init__(self, model, threshold=0.5, longest=520.0):
        self.model = model
        self.threshold = threshold
        self.longest = longest

    def fit(self, rfm, as_of):
        """Find the date of every customer.

        Parameters
        ----------
        rfm : pandas.DataFrame
            customer_id, frequency, recency and age on `as_of`.
        as_of : datetime.date or str

        Returns
        -------
        Silence

        Raises
        ------
        NotEnough
            If the model's parameters are not identified: nobody can be called lapsed then.
        """
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold is {self.threshold}, not between 0 and 1")
        if not self.model.identified_.all():
            raise NotEnough("these purchases do not show who has dropped out")
        rfm = table(rfm, ["customer_id"], "rfm")
        history = purchase_history(rfm, self.model.unit)
        odds, _ = self.model.log_odds_gone(history, slopes=False)
        alive = expit(-odds)
        silence, low, high = (part[history.row] for part in self._silence(history))
        customers = rfm.assign(p_alive=alive[history.row], is_lapsed=alive[history.row] < self.threshold)
        customers = customers.assign(silence=silence, silence_low=low, silence_high=high)
        per = DAYS[self.model.unit]
        as_of = datetime.date.fromisoformat(str(as_of))
        days = np.rint((rfm["recency"].to_numpy() - rfm["age"].to_numpy()) * per) + np.ceil(
            silence * per - 1e-6
        )
        self.customers_ = customers.assign(silent_on=_dates(as_of, days))
        return self

    def due(self, until, as_of):
        """Those still alive by the threshold whose silence becomes news after `as_of` and by `until`, soonest first: customer_id,
        silent_on, frequency, p_alive.
        """
        customers = self.customers_
        alive = customers["silent_on"].notna() & ~customers["is_lapsed"]
        dates = customers["silent_on"].where(alive, datetime.date.max)
        soon = customers[alive & (dates > as_of) & (dates <= until)].sort_values(["silent_on", "customer_id"])
        return soon[["customer_id", "silent_on", "frequency", "p_alive"]].round({"p_alive": 3})

    def spread(self, quantiles=(0.1, 0.5, 0.9)):
        """How long a silence has to be to count, at quantiles of the customers who have bought again; empty if they are fewer than ten."""
        again = self.customers_.query("frequency > 0 and silence > 0")["silence"]
        return again.quantile(list(quantiles)).round(1) if len(again) >= FEWEST else again.iloc[:0]

    def summary(self, t, other=None):
        """Of those that have lapsed, the share expected to buy within `t` all the same, with the interval of the share that will.

        Parameters
        ----------
        t : float
        other : BetaGeoNBD or ParetoNBD, optional
            Another model of the same customers: see :func:`~cxresearch.models.purchases.share_to_buy.share_to_buy`.
        """
        lapsed = self.customers_["is_lapsed"]
        if not lapsed.any():
            return summary([])
        share = share_to_buy(self.model, self.customers_[lapsed], t, other)
        metric = f"of the lapsed: will buy within {t:g} {self.model.unit}"
        method = method_of(self.model, other)
        return summary([row(metric, share, int(lapsed.sum()), method, "share")])

    def _silence(self, history):
        """Time of silence and its limits per distinct row, by halving in log time; missing beyond the longest."""
        model, target = self.model, np.log(1 / self.threshold - 1)
        pairs, where = np.unique(np.stack([history.x, history.recency], axis=1), axis=0, return_inverse=True)
        x, recency = pairs[:, 0].astype(np.int64), pairs[:, 1]
        where = where.ravel()

        def odds(silence, slopes=False):
            at = replace(history, x=x, recency=recency, age=recency + silence)
            return model.log_odds_gone(at, slopes=slopes)

        least = 1e-3
        lower, upper = np.full(len(x), np.log(least)), np.full(len(x), np.log(self.longest))
        never, at_once = odds(np.exp(upper))[0] < target, odds(np.exp(lower))[0] >= target
        for _ in range(_ROUNDS if model.has_cheap_odds else _ROUNDS // 2):
            middle = (lower + upper) / 2
            above = odds(np.exp(middle))[0] >= target
            upper, lower = np.where(above, middle, upper), np.where(above, lower, middle)
        silence = np.exp((lower + upper) / 2)
        _, gradient = odds(silence, slopes=True)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rise = (odds(silence * 1.001)[0] - odds(silence / 1.001)[0]) / (2 * np.log(1.001))
            log_se = model.standard_error(gradient / rise[:, None])
            reach = np.exp(normal_quantile(model.level) * log_se)
            limits = [silence, silence / reach, np.minimum(silence * reach, self.longest)]
        return [np.where(never, np.nan, np.where(at_once, 0.0, part))[where] for part in limits]


def _dates(as_of, days):
    start = np.datetime64(as_of, "D")
    known = np.isfinite(days)
    dates = start + np.where(known, days, 0).astype(np.int64)
    return pd.Series(dates.astype(object), dtype=object).where(known, None).to_numpy()
