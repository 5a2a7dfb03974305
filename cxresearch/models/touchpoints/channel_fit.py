"""What a comparison at the firm's mix of channels assumes: that channels differ by as much in every department."""

import numpy as np
import pandas as pd

from cxresearch.models.touchpoints.case_mix import UNKNOWN
from cxresearch.stats.clustered import clustered_mean

FEWEST = 10  # contacts that a channel needs in a department


def channel_fit(rated, away, customer, level=0.95):
    """By how much each department's level at the firm's mix would move if it had channel effects of its own.

    The model has no product of department and channel. With w_c the firm's share of channel c and r_dc the mean residual of a
    department's contacts there, the level with such a product is higher by Σ_c w_c·r_dc, over the channels that it has.

    Parameters
    ----------
    rated : pandas.DataFrame
        department, channel.
    away : ndarray (n,)
        Ratings less what a model without customers expects.
    customer : ndarray of int (n,)
    level : float

    Returns
    -------
    pandas.DataFrame
        department, shift, low, high (clustered by customer, simultaneous over departments); furthest from 0 first. Empty with fewer than two
        channels.

    Examples
    --------
    Two departments with half of their contacts by phone, of which the first is worse there:

    >>> rated = pd.DataFrame({"department": np.repeat(["A", "B"], 400), "channel": np.tile(["phone", "phone", "phone", "web"] * 25 + ["web"] * 100, 4)})
    >>> away = np.where((rated["department"] == "A") & (rated["channel"] == "phone"), -0.5, 0.3) + np.cos(np.arange(800)) / 2
    >>> found = channel_fit(rated, away, np.arange(800))
    >>> found["department"].tolist(), bool(found["low"].iloc[0] <= found["shift"].iloc[0] <= found["high"].iloc[0])
    (['B', 'A'], True)
    """
    columns = ["department", "shift", "low", "high"]
    if "channel" not in rated or rated["channel"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    department, channel = (
        rated[name].fillna(UNKNOWN).astype(str).to_numpy() for name in ("department", "channel")
    )
    weight = pd.Series(channel).value_counts(normalize=True)
    names, found = np.unique(department), []
    for name in names:
        inside = np.flatnonzero(department == name)
        own = pd.Series(channel[inside])
        count = own.map(own.value_counts()).to_numpy()
        inside, own, count = (part[count >= FEWEST] for part in (inside, own.to_numpy(), count))
        if len(np.unique(own)) < 2:
            continue
        share = weight[own].to_numpy() / weight[np.unique(own)].sum()
        part = away[inside] * share * len(own) / count  # whose mean is Σ w_c·r_dc
        found.append((name, *clustered_mean(part, customer[inside], 1 - (1 - level) / len(names))[:3]))
    shifts = pd.DataFrame(found, columns=columns)
    order = shifts["shift"].abs().sort_values(ascending=False, kind="stable").index
    return shifts.loc[order].reset_index(drop=True)


def sentence(shifts):
    """What is assumed of channels, and what it moves most; empty where nothing is.

    >>> sentence(pd.DataFrame({"department": ["Service"], "shift": [0.11], "low": [0.02], "high": [0.2]}))
    'channels are taken to differ by as much in every department; with channel effects of its own, the adjusted level of Service would be 0.11 higher (+0.02 to +0.20)'
    """
    known = shifts.dropna()
    if not len(known):
        return ""
    top = known.iloc[0]
    limits = f"{top['low']:+z.2f} to {top['high']:+z.2f}".replace("-", "−")
    side = "higher" if top["shift"] > 0 else "lower"
    move = f"with channel effects of its own, the adjusted level of {top['department']} would be {abs(top['shift']):.2f} {side} ({limits})"
    return f"channels are taken to differ by as much in every department; {move}"
