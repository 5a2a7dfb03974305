"""Which share of some customers will buy within a time, with the interval of what will be counted."""

import numpy as np
from scipy.special import expit, logit

from cxresearch.stats.interval import Interval, normal_quantile


def share_to_buy(model, customers, t):
    r"""The mean of P(buys), with a prediction interval of the share that will buy.

    The parameters move all probabilities together, half as far as the means of their limits lie apart; chance adds
    :math:`\sum p_i(1 - p_i)/n^2`. Both are added as variances of the log odds of the share.

    Parameters
    ----------
    model : BetaGeoNBD or ParetoNBD
        Fitted.
    customers : pandas.DataFrame
        customer_id, frequency, recency, age.
    t : float
        Time ahead, in the model's unit.

    Returns
    -------
    Interval
        Missing where the parameters are not identified.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> model = cx.models.BetaGeoNBD().fit(rfm)
    >>> [round(share, 3) for share in share_to_buy(model, rfm.head(200), 26)]
    [0.223, 0.176, 0.279]
    """
    p = model.p_active(customers, t)
    mean, low, high = p[["p_active", "p_active_low", "p_active_high"]].mean().to_numpy(dtype=float)
    if not np.isfinite([mean, low, high]).all() or not 0 < mean < 1:
        return Interval(np.nan, np.nan, np.nan)
    each = p["p_active"].to_numpy(dtype=float)
    chance = np.sqrt((each * (1 - each)).sum()) / len(each) / (mean * (1 - mean))
    half = np.hypot((logit(high) - logit(low)) / 2, normal_quantile(model.level) * chance)
    return Interval(float(mean), *expit(logit(mean) + np.array([-half, half])).tolist())
