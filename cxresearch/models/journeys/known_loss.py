"""Which loss a firm can see: customers that leave, or spend that falls."""

from cxresearch.errors import NotEnough

LOSSES = ("has_left", "spend_change")


def known_loss(journeys):
    """The loss that is known of more customers.

    Parameters
    ----------
    journeys : pandas.DataFrame
        Of :func:`~cxresearch.features.journeys.customer_journeys.customer_journeys`: who, has_left and spend_change.

    Returns
    -------
    str
        ``"has_left"`` or ``"spend_change"``.

    Raises
    ------
    NotEnough
        Where neither is known of anybody.

    Examples
    --------
    >>> import pandas as pd
    >>> known_loss(pd.DataFrame({"who": ["a", "b"], "has_left": [None, True], "spend_change": [-3.0, 12.0]}))
    'spend_change'
    """
    known = {name: journeys.loc[journeys[name].notna(), "who"].nunique() for name in LOSSES}
    if not any(known.values()):
        raise NotEnough("of no journey it is known whether its customer left or spent less afterwards")
    return max(LOSSES, key=known.get)
