"""lifetimes' customer_lifetime_value on the arrays of an .npz file: seconds and total as one line of JSON.

Usage: python lifetime_value.py data.npz MONTHS MONTHLY_RATE
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter


def main(path, months, rate):
    data = {name: pd.Series(values) for name, values in np.load(path).items()}
    frequency, recency, age, monetary = (data[name] for name in ("frequency", "recency", "age", "monetary"))
    purchases, spend = BetaGeoFitter(), GammaGammaFitter()
    again = frequency > 0
    purchases.fit(frequency, recency, age)
    spend.fit(frequency[again], monetary[again])
    start = time.perf_counter()
    value = spend.customer_lifetime_value(
        purchases, frequency, recency, age, monetary, time=int(months), discount_rate=float(rate), freq="W"
    )
    answer = {
        "seconds": time.perf_counter() - start,
        "total": float(value.sum()),
        "versions": {name: version(name) for name in ("lifetimes", "autograd", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
