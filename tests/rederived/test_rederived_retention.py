"""Page 07 again, from the Parquet files: late-entry Kaplan–Meier, BG/NBD and Gamma–Gamma by their own likelihoods, a logit of person-months."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime, minimize
from scipy.special import betaln, gammaln, hyp2f1, logsumexp

from tests.rederived.person_months import covariates, expand, logit, spells

AS_OF = pd.Timestamp("2026-09-30")
PAGE = "07_retention"


@pytest.fixture(scope="module")
def page(published):
    return published(PAGE)


@pytest.fixture(scope="module")
def contracts(tables):
    return spells(tables("contracts"), tables("customers"), AS_OF)


# ---------------------------------------------------------------- contracts


@pytest.mark.parametrize("months", [12, 36])
def test_retention_by_kaplan_meier_with_late_entry(page, contracts, months):
    """S = Π(1 − d/n) over the months, n those who had entered and not left; limits on log(−log S) by Greenwood's variance."""
    survival, variance = 1.0, 0.0
    for month in range(1, months + 1):
        at_risk = ((contracts["entry"] < month) & (contracts["duration"] >= month)).sum()
        left = ((contracts["duration"] == month) & contracts["left"]).sum()
        survival *= 1 - left / at_risk
        variance += left / (at_risk * (at_risk - left))
    reach = np.exp(1.959964 * np.sqrt(variance) / np.log(survival))
    metric = f"{months}-month retention of contract customers"
    assert page.agrees(metric, survival, survival ** (1 / reach), survival**reach)


@pytest.fixture(scope="module")
def hazard(contracts):
    """Coefficients of log tenure, renewal month, term, segment, channel and the last twelve months, by statsmodels."""
    rows = expand(contracts)
    return logit(rows, covariates(rows, ["segment", "acquisition_channel"], recent=True))


def test_odds_ratios_of_leaving_in_a_month(page, hazard):
    names = {
        "renewal": "odds ratio, renewal",
        "term": "odds ratio, term=12 months",
        "segment=SMB": "odds ratio, segment=SMB",
        "segment=key_account": "odds ratio, segment=key_account",
        "acquisition_channel=paid": "odds ratio, acquisition_channel=paid",
    }
    for name, metric in names.items():
        low, high = np.exp(hazard.conf_int().loc[name])
        assert page.agrees(metric, np.exp(hazard.params[name]), low, high)
    assert page.agrees(
        "exponent of tenure", hazard.params["log tenure"], *hazard.conf_int().loc["log tenure"]
    )


@pytest.fixture(scope="module")
def ahead(contracts, hazard):
    """Running contracts, and their covariates in each of 36 months to come."""
    running = contracts[~contracts["left"]]
    months = [running.assign(tenure=running["duration"] + month, is_recent=True) for month in range(1, 37)]
    x = [covariates(rows, ["segment", "acquisition_channel"], recent=True) for rows in months]
    return running, [columns[hazard.params.index].to_numpy() for columns in x]


def staying(ahead, params, months):
    """P(still there) after 0, 1 … months of every running contract: (contracts, months + 1)."""
    stays = [np.ones(len(ahead[0]))]
    for x in ahead[1][:months]:
        stays.append(stays[-1] / (1 + np.exp(x @ params.to_numpy())))
    return np.column_stack(stays)


def spread_of_coefficients(hazard, total):
    """Variance of a total of the coefficients by the delta method, derivatives by differences."""
    slopes = []
    for name in hazard.params.index:
        step = 0.01 * hazard.bse[name]
        up, down = hazard.params.copy(), hazard.params.copy()
        up[name] += step
        down[name] -= step
        slopes.append((total(up) - total(down)) / (2 * step))
    return np.array(slopes) @ hazard.cov_params().to_numpy() @ np.array(slopes)


def test_customers_to_leave(page, ahead, hazard):
    """Expected, and between which numbers it will lie: by the luck of who leaves and by the error of the coefficients."""
    leaves = 1 - staying(ahead, hazard.params, 9)[:, 9]
    error = spread_of_coefficients(hazard, lambda b: (1 - staying(ahead, b, 9)[:, 9]).sum())
    reach = 1.959964 * np.sqrt((leaves * (1 - leaves)).sum() + error)
    limits = leaves.sum() - reach, leaves.sum() + reach
    assert page.agrees("customers to leave in 9 months", leaves.sum(), *limits, slack=0.003)
    assert page["customers to leave in 9 months"]["n"] == pytest.approx(len(leaves), abs=5)


def test_value_of_running_contracts(page, ahead, hazard):
    """Paid at the beginning of each of 36 months by those still there, at 10 % a year; the limits are of what will be paid."""
    running, stays = ahead[0], staying(ahead, hazard.params, 35)
    monthly, months = running["monthly_amount"].to_numpy(), 1.1 ** (-np.arange(36) / 12)
    total = (monthly * (stays @ months)).sum()
    paid = np.cumsum(months)  # by one who stays for the first, second … payment and no more
    ends = np.column_stack([stays[:, :-1] - stays[:, 1:], stays[:, -1]])
    luck = (monthly**2 * (ends @ paid**2 - (ends @ paid) ** 2)).sum()
    error = spread_of_coefficients(hazard, lambda b: (monthly * (staying(ahead, b, 35) @ months)).sum())
    reach = 1.959964 * np.sqrt(luck + error)
    assert page.agrees("value of running contracts, next 36 months", total)
    each = np.array([total, total - reach, total + reach]) / len(running)
    assert page.agrees("per contract, next 36 months", *each, slack=0.001)


# ---------------------------------------------------------------- buyers


@pytest.fixture(scope="module")
def buyers(tables):
    """Days of purchase as one purchase each: x repeat days, their last and the day itself in weeks since the first, mean repeat spend."""
    orders = tables("orders")
    day = orders["ordered_at"].dt.normalize().rename("day")
    days = orders.groupby(["customer_id", day])["amount"].sum().reset_index()
    first = days.groupby("customer_id")["day"].transform("min")
    found = days.groupby("customer_id")["day"].agg(["min", "max", "size"])
    spend = days[days["day"] > first].groupby("customer_id")["amount"].mean()
    return pd.DataFrame(
        {
            "x": found["size"] - 1,
            "tx": (found["max"] - found["min"]).dt.days / 7,
            "T": (AS_OF - found["min"]).dt.days / 7,
            "spend": spend.reindex(found.index),
        }
    )


def bg_nbd(log_params, x, tx, T):
    """Minus the log-likelihood of Fader, Hardie & Lee 2005, equation 6."""
    r, alpha, a, b = np.exp(log_params)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + T)
    gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
    both = logsumexp([alive, np.where(x > 0, gone, -np.inf)], axis=0)
    return -(gammaln(r + x) - gammaln(r) + r * np.log(alpha) + both).mean()


@pytest.fixture(scope="module")
def fitted(buyers):
    known = [buyers[name].to_numpy(float) for name in ("x", "tx", "T")]
    start = np.log([1.0, 20.0, 0.5, 2.0])
    return minimize(bg_nbd, start, args=tuple(known), method="BFGS", options={"gtol": 1e-7}).x, known


def odds_of_having_dropped_out(log_params, x, tx, T):
    r, alpha, a, b = np.exp(log_params)
    return np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + T) / (alpha + tx)) ** (r + x), 0)


def test_bg_nbd_parameters(page, fitted):
    for name, value in zip(("r", "alpha", "a", "b"), np.exp(fitted[0]), strict=True):
        assert page.agrees(f"BG/NBD {name}", value, slack=0.002)


def test_buyers_still_active(page, fitted):
    params, known = fitted
    p_alive = 1 / (1 + odds_of_having_dropped_out(params, *known))
    assert page.agrees("expected number not dropped out, BG/NBD", p_alive.sum(), slack=0.001)
    shares = {
        "probably active: P(alive) 80% or more": p_alive >= 0.8,
        "unsure: P(alive) between the two": (p_alive >= 0.5) & (p_alive < 0.8),
        "probably lapsed: P(alive) below 50%": p_alive < 0.5,
    }
    for metric, who in shares.items():
        assert page.agrees(metric, who.mean(), slack=0.003)


def test_purchases_of_the_next_39_weeks(page, fitted):
    """Fader, Hardie & Lee 2005, equation 10."""
    params, (x, tx, T) = fitted
    (r, alpha, a, b), t = np.exp(params), 39
    curve = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
    made = (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * curve)
    expected = (made / (1 + odds_of_having_dropped_out(params, x, tx, T))).sum()
    assert page.agrees("purchases to be made, next 39 weeks", expected, slack=0.001)


def test_mean_spend_by_gamma_gamma(page, buyers):
    """The mean pγ/(q − 1), and its interval by the delta method on the information found by differences."""
    again = buyers[buyers["x"] > 0]
    x, m = again["x"].to_numpy(float), again["spend"].to_numpy()

    def loss(log_params):
        p, q, gamma = np.exp(log_params)
        each = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
        return -(
            each + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)
        ).sum()

    best = minimize(
        loss,
        np.log([5.0, 4.0, 100.0]),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 5000},
    ).x
    slope = lambda at: approx_fprime(at, loss, 1e-4)  # noqa: E731
    step = 1e-3 * np.eye(3)
    information = np.array([(slope(best + s) - slope(best - s)) / 2e-3 for s in step])
    log_mean = lambda at: at[0] + at[2] - np.log(np.exp(at[1]) - 1)  # noqa: E731
    gradient = approx_fprime(best, log_mean, 1e-6)
    reach = 1.959964 * np.sqrt(gradient @ np.linalg.solve((information + information.T) / 2, gradient))
    mean = np.exp(log_mean(best))
    assert page.agrees(
        "mean spend per purchase", mean, mean * np.exp(-reach), mean * np.exp(reach), slack=0.001
    )
