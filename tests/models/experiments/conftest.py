"""The randomised e-mail test of K. Hillstrom (2008), shared by the tests of trials and of uplift."""

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def hillstrom(public_data):
    """64,000 customers in three arms."""
    frame = pd.read_csv(public_data / "hillstrom" / "hillstrom.csv")
    names = {"No E-Mail": "control", "Mens E-Mail": "men's", "Womens E-Mail": "women's"}
    return frame.assign(arm=frame["segment"].map(names))
