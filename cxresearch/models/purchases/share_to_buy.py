"""Which share of some customers will buy within a time, with the interval of what will be counted."""

import numpy as np
from scipy.special import expit, logit

from cxresearch.stats.interval import Interval, normal_quantile


def share_to_buy(model, customers, t, other=None):
    r"""The mean of P(buys), with a prediction interval of the share that will buy.

    The parameters move all probabilities together, half as far as the means of their limits lie apart; chance adds
    :math:`\sum p_i(1 - p_i)/n^2`. Both are added as variances of the log odds of the share.

    Customers picked by what a model says of them, as the lapsed are, are picked by its errors too. With an `other` model the log odds are the mean
    of both models', and :math:`(\ell_1 - \ell_2)^2/4`, the variance between the two, is added to the mean of their own.

    Parameters
    ----------
    model : BetaGeoNBD or ParetoNBD
        Fitted.
    customers : pandas.DataFrame
        customer_id, frequency, recency, age.
    t : float
        Time ahead, in the model's unit.
    other : BetaGeoNBD or ParetoNBD, optional
        Passed over where it is not identified.

    Returns
    -------
    Interval
        Missing where the parameters are not identified.

    References
    ----------
    Buckland, S. T., Burnham, K. P. & Augustin, N. H. (1997). Model selection: an integral part of inference. *Biometrics* 53, 603–618.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> model = cx.models.BetaGeoNBD().fit(rfm)
    >>> [round(share, 3) for share in share_to_buy(model, rfm.head(200), 26)]
    [0.223, 0.176, 0.279]
    """
    z = float(normal_quantile(model.level))
    found = [_log_odds(model, customers, t, z)]
    if found[0] is None:
        return Interval(np.nan, np.nan, np.nan)
    found += [] if other is None else filter(None, [_log_odds(other, customers, t, z)])
    middles, variances = np.array(found).T
    middle, half = middles.mean(), z * np.sqrt(variances.mean() + middles.var())
    return Interval(*expit([middle, middle - half, middle + half]).tolist())


def method_of(model, other=None):
    """How a share is found, in words."""
    names = [
        one.name for one in (model, other) if one is not None and (one is model or one.identified_.all())
    ]
    return f"{' and '.join(names)}, mean of P(buys), prediction interval"


def _log_odds(model, customers, t, z):
    """Of the share by one model, with their variance by parameters and chance; None where it is not identified."""
    p = model.p_active(customers, t)
    mean, low, high = p[["p_active", "p_active_low", "p_active_high"]].mean().to_numpy(dtype=float)
    if not np.isfinite([mean, low, high]).all() or not 0 < mean < 1:
        return None
    each = p["p_active"].to_numpy(dtype=float)
    chance = np.sqrt((each * (1 - each)).sum()) / len(each) / (mean * (1 - mean))
    return float(logit(mean)), float(((logit(high) - logit(low)) / 2 / z) ** 2 + chance**2)
