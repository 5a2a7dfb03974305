"""Whom to call: customers who came by a weak point of late and have not left."""

from cxresearch.months import DAYS_PER_MONTH


def passed_weak_points(weak, steps, journeys, months=3):
    """Customers who came by an announced weak point in the last months, the latest first.

    Parameters
    ----------
    weak : WeakPoints
        Fitted.
    steps : pandas.DataFrame
        Of :func:`~cxresearch.features.journeys.steps.journey_steps`.
    journeys : pandas.DataFrame
        Of :func:`~cxresearch.features.journeys.customer_journeys.customer_journeys`: customer_id and has_left; who is known to have left is not listed.
    months : int
        Up to the last day.

    Returns
    -------
    pandas.DataFrame
        customer_id, touchpoint (the weak points passed), contacts (there), last_at; a line per customer.

    Examples
    --------
    >>> import pandas as pd
    >>> from types import SimpleNamespace
    >>> weak = SimpleNamespace(points_=pd.DataFrame({"touchpoint": ["fault", "quote"], "stands": [True, False]}))
    >>> steps = pd.DataFrame({"customer_id": ["a", "a", "b", "c"], "touchpoint": ["fault", "fault", "quote", "fault"]})
    >>> steps = steps.assign(days_followed=[3.0, 1.0, 1.0, 400.0], started_at=pd.to_datetime(["2026-09-27", "2026-09-29", "2026-09-29", "2025-08-27"]))
    >>> journeys = pd.DataFrame({"customer_id": ["a"], "has_left": [None]})
    >>> passed_weak_points(weak, steps, journeys)
      customer_id touchpoint  contacts    last_at
    0           a      fault         2 2026-09-29
    """
    names = weak.points_.loc[weak.points_["stands"].astype(bool), "touchpoint"]
    gone = journeys.loc[journeys["has_left"].astype("boolean").fillna(False), "customer_id"]
    recent = steps["touchpoint"].isin(names) & (steps["days_followed"] <= months * DAYS_PER_MONTH)
    passed = steps[recent & steps["customer_id"].notna() & ~steps["customer_id"].isin(gone)]
    found = passed.groupby("customer_id").agg(
        touchpoint=("touchpoint", lambda values: ", ".join(sorted(set(values)))),
        contacts=("touchpoint", "size"),
        last_at=("started_at", "max"),
    )
    return found.reset_index().sort_values(
        ["last_at", "customer_id"], ascending=[False, True], ignore_index=True
    )
