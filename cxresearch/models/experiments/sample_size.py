"""How large a trial must be to settle a question."""

import math

from scipy.special import ndtri


def sample_size(lift, variance, control_variance, arms=1, power=0.8, level=0.95):
    r"""Customers per arm that show a lift with a probability.

    .. math:: n = (z_{1-\alpha/2m} + z_{power})^2 (\sigma_1^2 + \sigma_0^2) / \delta^2

    with α shared by the m arms that are compared with one control (Bonferroni). For rates the variance is p(1 − p).

    Parameters
    ----------
    lift : float
        The difference δ to be seen.
    variance, control_variance : float
        Of the outcome of one customer, with and without the offer.
    arms : int
        How many are compared with the control.
    power, level : float

    Returns
    -------
    int or None
        None where there is no lift to be seen.

    Examples
    --------
    From 6 % to 12 %, with 80 % power at 5 %:

    >>> sample_size(0.06, 0.12 * 0.88, 0.06 * 0.94)
    354
    """
    if not lift or not all(map(math.isfinite, (lift, variance, control_variance))):
        return None
    z = ndtri(1 - (1 - level) / (2 * arms)) + ndtri(power)
    return max(math.ceil(z**2 * (variance + control_variance) / lift**2 - 1e-9), 2)


def detectable_lift(n, n_control, variance, control_variance, power=0.8, level=0.95):
    """The smallest lift that arms of a size show with a probability.

    Examples
    --------
    >>> round(detectable_lift(354, 354, 0.12 * 0.88, 0.06 * 0.94), 3)
    0.06
    """
    z = ndtri((1 + level) / 2) + ndtri(power)
    return float(z * math.sqrt(variance / n + control_variance / n_control))
