"""Departments at the same mix of work: planted truth, no truth, the bootstrap against refitting, and bad input."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import cxresearch as cx
from cxresearch.models import Consistency
from cxresearch.models.touchpoints.case_mix import case_mix
from cxresearch.models.touchpoints.variance_shares import fixed_variance
from cxresearch.stats import crossed_effects, random_intercept

DEPARTMENTS = ["Billing", "Sales", "Service"]


def company(seed, n=3000, effect=(-0.6, 0.4, 0.2), agent_sd=0.25, hard=(-0.5, 0.0, 1.2), slope=-0.6):
    """Rated contacts: Service has the hard cases, Billing is worst at equal difficulty."""
    random = np.random.default_rng(seed)
    d = random.integers(0, 3, n)
    complexity = np.array(hard)[d] + random.normal(0, 0.8, n)
    customer, agent = random.integers(0, 700, n), 12 * d + random.integers(0, 12, n)
    y = 7.4 + np.array(effect)[d] + slope * complexity + random.normal(0, 0.55, 700)[customer]
    y += random.normal(0, agent_sd, 36)[agent] + random.normal(0, 1.3, n)
    return pd.DataFrame(
        {
            "satisfaction": y,
            "department": np.array(DEPARTMENTS)[d],
            "complexity": complexity,
            "customer_id": customer.astype(str),
            "agent_id": agent.astype(str),
            "channel": random.choice(["phone", "web", "mail"], n),
            "touchpoint": np.array(["invoice", "quote", "visit"])[d],
            "job": "any",
        }
    )


def test_the_hard_cases_of_service_are_allowed_for():
    model = Consistency().fit(company(1))
    worst = model.departments_.iloc[0]
    assert worst["department"] == "Billing" and worst["verdict"] == "lagging" and worst["p_lowest"] > 0.99
    raw = model.departments_.set_index("department")
    assert raw["raw"].idxmin() == "Service" and raw.loc["Service", "p_lowest_raw"] > 0.99
    assert (model.departments_["verdict"] == "lagging").sum() == 1
    assert model.departments_["distance"].sum() == pytest.approx(0, abs=1e-9)


def test_planted_effects_lie_within_three_standard_errors():
    z = []
    for seed in range(4):
        model = Consistency(draws=100).fit(company(seed)).departments_.set_index("department")
        half = (model["distance_high"] - model["distance_low"]) / 2
        z += list((model["distance"] - pd.Series([-0.6, 0.4, 0.2], DEPARTMENTS)) / half)
    # half a simultaneous interval over three departments is about 2.5 standard errors
    assert np.max(np.abs(z)) < 3 / 2.5
    assert np.mean(np.abs(z) < 1) > 0.9


def test_nothing_planted_nothing_announced():
    """Three of them; a hundred whole companies are those of ``make null``."""
    for seed in range(3):
        model = Consistency(draws=100).fit(company(seed, 1000, (0, 0, 0), slope=0.0))
        assert not (model.departments_["verdict"] == "lagging").any()


def test_the_bootstrap_is_that_of_refitting_each_resample():
    contacts = company(3, 1200, effect=(-0.05, 0.05, 0.0), hard=(0, 0, 0)).sort_values(
        "customer_id", ignore_index=True
    )
    model = Consistency(draws=4000, seed=1).fit(contacts)
    mix = case_mix(contacts)
    rows_of = contacts.groupby("customer_id").indices
    names, random, lowest = list(rows_of), np.random.default_rng(9), np.zeros(3)
    ratios = model.model_.ratios
    for _ in range(120):
        drawn = random.choice(len(names), len(names))
        rows = np.concatenate([rows_of[names[k]] for k in drawn])
        who = np.repeat(np.arange(len(names)), [len(rows_of[names[k]]) for k in drawn])
        lowest[_held(contacts["satisfaction"].to_numpy()[rows], mix.X[rows], who, contacts["agent_id"].to_numpy()[rows], ratios)] += 1  # fmt: skip
    found = model.departments_.set_index("department")["p_lowest"][DEPARTMENTS]
    assert found.to_numpy() == pytest.approx(lowest / 120, abs=3 * np.sqrt(0.25 / 120))


def _held(y, X, customer, agent, ratios):
    """Which department is lowest by generalised least squares at held variance ratios."""
    a = pd.get_dummies(customer).to_numpy(float)
    b = pd.get_dummies(agent).to_numpy(float)
    W = [
        m - a @ ((a.T @ m) * (ratios[0] / (1 + ratios[0] * a.sum(axis=0)))[:, None])
        for m in (X, y[:, None], b)
    ]
    inner = np.linalg.inv(np.eye(b.shape[1]) / ratios[1] + b.T @ W[2])
    WX = W[0] - W[2] @ inner @ (b.T @ W[0])
    Wy = W[1] - W[2] @ inner @ (b.T @ W[1])
    return int(np.argmin(np.linalg.solve(X.T @ WX, X.T @ Wy).ravel()[:3]))


def test_pull_is_the_derivative_by_a_rows_weight():
    """Against a row given once more as a customer of its own kind: the change of β̂ to first order."""
    contacts = company(5, 600, agent_sd=0.8)
    mix, y = case_mix(contacts), contacts["satisfaction"].to_numpy()
    customer, agent = pd.factorize(contacts["customer_id"])[0], pd.factorize(contacts["agent_id"])[0]
    model = crossed_effects(y, mix.X, customer, agent)
    assert min(model.ratios) > 0.01
    error = y - mix.X @ model.coefficients - model.effects[0][customer] - model.effects[1][agent]
    lines = np.eye(mix.X.shape[1])[:3]
    pull = model.pull(lines, mix.X, error, factor=1, code=agent)
    turned = crossed_effects(y, mix.X, agent, customer)  # the same whichever factor is named first
    assert turned.pull(lines, mix.X, error, factor=0, code=agent) == pytest.approx(pull, rel=1e-5, abs=1e-9)
    for chosen in (7, 8):
        ends = [_weighted(y, mix.X, customer, agent, model.ratios, chosen, step) for step in (1e-3, -1e-3)]
        assert pull[customer == chosen].sum(axis=0) == pytest.approx((ends[0] - ends[1])[:3] / 2e-3, rel=1e-4)
    alone = random_intercept(
        y, mix.X, agent
    )  # agents as the absorbed factor, every row a customer of its own
    rest = y - mix.X @ alone.coefficients - alone.effects[0][agent]
    pull = alone.pull(lines, mix.X, rest, factor=0, code=agent)
    ratios, rows = (0.0, alone.ratios[0]), np.arange(600)
    ends = [_weighted(y, mix.X, rows, agent, ratios, 7, step) for step in (1e-3, -1e-3)]
    assert pull[7] == pytest.approx((ends[0] - ends[1])[:3] / 2e-3, rel=1e-4)


def _weighted(y, X, customer, agent, ratios, chosen, more):
    """β̂ where customer `chosen` counts 1 + more times, each time as a customer of its own."""
    p = X.shape[1]
    T = np.column_stack([X, pd.get_dummies(agent).to_numpy(float), y])
    gram = np.zeros((T.shape[1], T.shape[1]))
    for c in np.unique(customer):
        t = T[customer == c]
        s = t.sum(axis=0)
        gram += (1 + more * (c == chosen)) * (t.T @ t - ratios[0] / (1 + len(t) * ratios[0]) * np.outer(s, s))
    penalty = np.r_[np.zeros(p), np.full(gram.shape[0] - 1 - p, 1 / ratios[1])]
    return np.linalg.solve(gram[:-1, :-1] + np.diag(penalty), gram[:-1, -1])[:p]


def test_variance_shares_add_up_and_hold_the_planted_ones():
    model = Consistency(draws=100).fit(company(2, 6000))
    shares = model.variances_.set_index("source")
    assert shares["share"].sum() == pytest.approx(1)
    assert ((shares["low"] <= shares["share"]) & (shares["share"] <= shares["high"])).all()
    planted = pd.Series(
        {
            "department": np.var([-0.6, 0.4, 0.2], ddof=1),
            "customer": 0.55**2,
            "agent": 0.0625,
            "contact": 1.69,
        }
    )
    planted /= planted.sum()
    assert ((shares["low"] <= planted) & (planted <= shares["high"])).all()


def test_noncentral_interval_of_a_balanced_variance_holds_the_truth():
    random, held, effect = np.random.default_rng(1), 0, np.array([-0.3, 0.0, 0.1, 0.2])
    truth = effect.var(ddof=1)
    for _ in range(300):
        found = fixed_variance(effect + random.normal(0, 0.15, 4), 0.15**2 * np.eye(4), 1e6)
        held += found.low <= truth <= found.high
    assert 0.915 <= held / 300 <= 0.985
    assert fixed_variance(np.array([7.0, 7.0]), np.eye(2), 50)[:2] == (0.0, 0.0)


def test_without_difficulty_nobody_is_said_to_lag():
    model = Consistency(draws=200).fit(company(1).drop(columns="complexity"))
    worst = model.departments_.iloc[0]
    assert worst["department"] == "Service" and worst["verdict"] == "below"
    assert any("difficulty is not adjusted for" in why for why in model.left_out_)


def test_half_recorded_difficulty_compares_those_contacts_that_have_it():
    contacts = company(1)
    contacts.loc[::2, "complexity"] = np.nan
    model = Consistency(draws=200).fit(contacts)
    assert model.n_ == 1500 and model.departments_.iloc[0]["department"] == "Billing"
    assert any("1,500 rated contacts without a complexity" in why for why in model.left_out_)


@pytest.mark.parametrize(("every", "share"), [(20, "95%"), (200, "over 99%")])
def test_the_share_without_a_complexity_is_the_reason_that_is_given(every, share):
    contacts = company(1)
    contacts["complexity"] = contacts["complexity"].where(np.arange(len(contacts)) % every == 0)
    model = Consistency(draws=200).fit(contacts)
    assert any(why.startswith(f"{share} of the contacts have no complexity") for why in model.left_out_)


def test_ordinary_least_squares_where_nobody_is_named():
    contacts = company(4).drop(columns=["customer_id", "agent_id"])
    model = Consistency(draws=100).fit(contacts)
    mix = case_mix(contacts)
    peer = sm.OLS(contacts["satisfaction"], mix.X).fit()
    found = model.departments_.set_index("department").loc[DEPARTMENTS]
    assert found["adjusted"].to_numpy() == pytest.approx(peer.params.to_numpy()[:3])
    assert found["adjusted_low"].to_numpy() == pytest.approx(peer.conf_int().to_numpy()[:3, 0], rel=1e-6)
    assert model.variances_["source"].tolist() == ["department", "contact"]


def test_departments_that_share_no_channel_are_said_to_share_none():
    contacts = company(4)
    contacts["channel"] = contacts["department"] + " desk"
    model = Consistency(draws=100).fit(contacts)
    assert any("each department has channels of its own" in why for why in model.left_out_)
    both = company(4)
    both.loc[both["department"] == "Sales", "channel"] = "shop"
    found = Consistency(draws=100).fit(both)
    assert any("2 groups that share no channel" in why for why in found.left_out_)


def test_a_job_that_is_worse_in_one_channel_than_its_channel_and_job():
    contacts = company(6, 9000, agent_sd=0.1)
    contacts["job"] = np.where(np.arange(9000) % 2, "repair", "advice")
    odd = (
        (contacts["job"] == "repair")
        & (contacts["channel"] == "phone")
        & (contacts["department"] == "Service")
    )
    contacts.loc[odd, "satisfaction"] -= 0.8
    cells = Consistency(draws=100).fit(contacts).cells_
    first = cells.iloc[0]
    assert (first["department"], first["job"], first["channel"], first["verdict"]) == (
        "Service",
        "repair",
        "phone",
        "below",
    )


def test_summary_has_an_interval_for_every_row():
    frame = Consistency(draws=100).fit(company(1)).summary()
    assert list(frame.columns) == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert frame[["estimate", "low", "high"]].notna().all().all() and frame["metric"].is_unique


def test_the_lowest_department_heads_the_levels():
    model = Consistency(draws=100).fit(company(1))
    assert model.lowest_ == model.departments_["department"].iloc[0] == "Billing"
    assert model.levels()["metric"].tolist()[:2] == [
        "Billing: unadjusted satisfaction",
        "Billing: adjusted satisfaction",
    ]
    assert model.summary()["unit"].tolist() == [""] * 6 + ["share"] * 4


def test_jobs_that_departments_share_are_told_apart_by_department():
    contacts = company(6)
    assert (
        Consistency(draws=100).fit(contacts).cells_["cell"].str.match("(Billing|Sales|Service) · any").all()
    )
    contacts["job"] = "the job of " + contacts["department"]
    assert Consistency(draws=100).fit(contacts).cells_["cell"].str.match("the job of").all()


def test_jobs_of_too_few_customers_are_left_out_and_named():
    model = Consistency(draws=100).fit(company(1, 90))
    assert not len(model.cells_)
    assert "no job in any channel was rated by 30 customers" in model.left_out_


def test_departments_of_too_few_contacts_are_left_out_and_counted():
    contacts = company(1, 600)
    contacts.loc[:4, "department"] = "Tiny"
    assert any(
        why.startswith("1 department with fewer than 10")
        for why in Consistency(draws=100).fit(contacts).left_out_
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda c: c.head(0), "there are no contacts"),
        (lambda c: c.assign(satisfaction=np.nan), "no contact has a satisfaction rating"),
        (lambda c: c.assign(department=None), "none of the contacts names a department"),
        (lambda c: c.assign(satisfaction=7.0), "all ratings within each department are the same"),
        (lambda c: c[c["department"] == "Sales"], "fewer than two departments have 10 rated contacts"),
        (lambda c: c.head(12), "fewer than two departments have 10 rated contacts"),
        (lambda c: c.assign(customer_id="the same"), "from 10 customers"),
        (
            lambda c: c.assign(satisfaction=pd.factorize(c["customer_id"])[0] % 4),
            "no customer gave two different ratings",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(change, why):
    with pytest.raises(cx.NotEnough, match=why):
        Consistency().fit(change(company(1, 400)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda c: c.drop(columns="department"), "lacks the column department"),
        (lambda c: c.assign(satisfaction=["seven"] * len(c)), "satisfaction is text, not a number"),
        (lambda c: c.assign(complexity=np.inf), "complexity is missing or infinite"),
    ],
)
def test_bad_input_is_named(change, fault):
    with pytest.raises(ValueError, match=fault) as refused:
        Consistency().fit(change(company(1, 400)))
    assert isinstance(refused.value, cx.NotEnough) == (
        "lacks" not in fault
    )  # rows leave the section out, with this reason


def test_a_covariate_is_adjusted_for_and_must_be_there():
    contacts = company(1).assign(extra=lambda c: c["complexity"])
    bare = contacts.drop(columns="complexity")
    worst = Consistency(covariates=["extra"], draws=100).fit(bare).departments_.iloc[0]
    assert worst["department"] == "Billing"
    with pytest.raises(ValueError, match="lacks the column absent"):
        Consistency(covariates=["absent"]).fit(contacts)
    with pytest.raises(ValueError, match="extra is missing or infinite"):
        Consistency(covariates=["extra"]).fit(bare.assign(extra=lambda c: c["extra"].where(c.index > 3)))


def test_a_channel_that_is_worse_in_one_department_moves_its_level_at_the_firms_mix():
    """Service is 1 point worse by phone, which is 60 % of its contacts and 40 % of the firm's: its level there is .2 higher than without a product."""
    random, n = np.random.default_rng(8), 4000
    service = np.arange(2 * n) < n
    phone = random.random(2 * n) < np.where(service, 0.6, 0.2)
    contacts = pd.DataFrame({
        "department": np.where(service, "Service", "Sales"), "channel": np.where(phone, "phone", "web"),
        "customer_id": np.arange(2 * n) // 2, "satisfaction": 7 - 1.0 * (service & phone) + random.normal(size=2 * n),
    })  # fmt: skip
    found = Consistency(draws=200).fit(contacts)
    stated = found.departments_.set_index("department").loc["Service", "adjusted"]
    shift = found.channels_.set_index("department").loc["Service"]
    assert shift["low"] > 0
    assert stated + shift["shift"] == pytest.approx(7 - 0.4, abs=0.08)
    assert any("channels are taken to differ by as much in every department" in s for s in found.left_out_)
