"""The randomised e-mail test of K. Hillstrom (2008): 64,000 customers in three arms."""

from functools import cache

import pandas as pd

NAMES = {"No E-Mail": "control", "Mens E-Mail": "men's", "Womens E-Mail": "women's"}


@cache
def hillstrom(folder):
    """The published file, with a column arm."""
    frame = pd.read_csv(folder / "hillstrom" / "hillstrom.csv")
    return frame.assign(arm=frame["segment"].map(NAMES))
