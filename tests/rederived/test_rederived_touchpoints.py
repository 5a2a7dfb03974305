"""Page 03 again: departments at the same mix of work by Henderson's equations, shares of variance by REML, the staff's gap by Welch's t."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import minimize

YEAR = pd.Timestamp("2025-10-01"), pd.Timestamp("2026-10-01")


@pytest.fixture(scope="module")
def page(published):
    return published("03_touchpoints")


@pytest.fixture(scope="module")
def rated(tables):
    contacts = tables("interactions")
    in_year = contacts["started_at"].between(*YEAR, inclusive="left")
    return contacts[in_year & contacts["satisfaction"].notna()].reset_index(drop=True)


def mix_of_work(rated):
    """A column a department, and what contacts differ in, centred; touchpoints within their department, as no other has them."""
    x = pd.get_dummies(rated["department"]).astype(float)
    departments = list(x)
    x["difficulty"] = rated["complexity"]
    x["automated"] = rated["is_automated"].astype(float)
    x["both"] = x["difficulty"] * x["automated"]
    x = x.join(pd.get_dummies(rated["channel"]).iloc[:, 1:].astype(float))
    x.loc[:, x.columns[len(departments) :]] -= x.iloc[:, len(departments) :].mean()
    for department, own in rated.groupby("department"):
        for touchpoint in sorted(own["touchpoint"].unique())[1:]:
            is_it = (rated["touchpoint"] == touchpoint).astype(float)
            x[touchpoint] = np.where(rated["department"] == department, is_it - is_it[own.index].mean(), 0)
    return x, departments


def one_hot(codes):
    codes = pd.factorize(codes)[0]
    return sparse.csc_array((np.ones(len(codes)), (np.arange(len(codes)), codes)))


@pytest.fixture(scope="module")
def model(rated):
    """Fixed effects, their covariances and the variances of customer, agent and contact.

    Restricted likelihood over Henderson's mixed model equations C = [X'X, X'Z; Z'X, Z'Z + D⁻¹], D the variances over the residual one:
    −2 log L = (n − p) log s² + log |C| + log |D|, where s² = (y'y − b'W'y)/(n − p).
    """
    x, departments = mix_of_work(rated)
    agent = rated["agent_id"].where(rated["agent_id"].notna(), "none · " + rated["department"])
    customers, agents = one_hot(rated["customer_id"]), one_hot(agent)
    w = np.column_stack([x.to_numpy(), agents.toarray()])
    y = rated["satisfaction"].to_numpy(float)
    n, p = x.shape
    ww, wz, wy, zy = w.T @ w, (customers.T @ w).T, w.T @ y, customers.T @ y
    visits = customers.sum(axis=0)

    def solved(log_ratios):
        """log |C|, the effects apart from customers, their block of C⁻¹ and s², customers' diagonal block eliminated first."""
        own = visits + np.exp(-log_ratios[0])
        rest = ww - wz / own @ wz.T
        rest[range(p, w.shape[1]), range(p, w.shape[1])] += np.exp(-log_ratios[1])
        effects = np.linalg.solve(rest, wy - wz @ (zy / own))
        of_customers = (zy - wz.T @ effects) / own
        s2 = (y @ y - effects @ wy - of_customers @ zy) / (n - p)
        return np.log(own).sum() + np.linalg.slogdet(rest)[1], effects, rest, s2

    def deviance(log_ratios):
        log_c, _, _, s2 = solved(log_ratios)
        return (n - p) * np.log(s2) + log_c + len(visits) * log_ratios[0] + agents.shape[1] * log_ratios[1]

    best = minimize(
        deviance, np.log([0.1, 0.05]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3}
    ).x
    _, effects, rest, s2 = solved(best)
    inverse = np.linalg.inv(rest)[:p, :p] * s2
    return departments, effects[:p], inverse, np.r_[np.exp(best), 1] * s2


def test_departments_at_the_same_mix_of_work(page, model):
    departments, level, covariance, _ = model
    for place, name in enumerate(departments):
        reach = 1.959964 * np.sqrt(covariance[place, place])
        told = level[place], level[place] - reach, level[place] + reach
        assert page.agrees(f"{name}: adjusted satisfaction", *told, slack=0.001)


def test_shares_of_variance_of_customers_and_agents(page, model):
    """Of department, customer, agent and contact together, what is left after the mix of work."""
    customer, agent, contact = model[3]
    told = {name: page[f"share of variance: {name}"]["estimate"] for name in ("customer", "agent", "contact")}
    assert told["customer"] / told["contact"] == pytest.approx(customer / contact, rel=0.02)
    assert told["agent"] / told["contact"] == pytest.approx(agent / contact, rel=0.03)


def test_departments_unadjusted(page, rated):
    """The mean, and its standard error from the sums of each customer's distances from it."""
    for name, own in rated.groupby("department"):
        mean = own["satisfaction"].mean()
        sums = (own["satisfaction"] - mean).groupby(own["customer_id"]).sum()
        error = np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / len(own)
        low, high = mean - 1.96 * error, mean + 1.96 * error
        assert page.agrees(f"{name}: unadjusted satisfaction", mean, low, high, slack=0.0005)


def test_the_firms_picture_of_itself(page, rated, tables):
    """The mean rating by a department's staff less that by its customers."""
    staff = tables("staff_ratings").query("level == 'staff'").groupby("department")["rating"].mean()
    customers = rated.groupby("department")["satisfaction"].mean()
    for name, gap in (staff - customers).items():
        assert page.agrees(f"staff minus customers: {name}", gap)
