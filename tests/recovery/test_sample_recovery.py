"""What is planted in the sample company comes back when it is fitted, and nothing does from the null one.

"Tried" figures are those of the first simulation of the model (one seed); ours is another draw of the same
model, so it must lie within sampling error of them. Fits are held to 3 standard errors of the truth.
"""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, logsumexp
from scipy.stats import f, kstest

from cxresearch.sample import TABLES, write
from cxresearch.sample.blocks import Window, blocks
from cxresearch.sample.contracts import simulate
from cxresearch.sample.estimands import lmg
from cxresearch.sample.parameters import Truth
from cxresearch.sample.people import draw
from cxresearch.sample.truth import stored


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    return read(tmp_path_factory.mktemp("northgate"))


def read(folder, **options):
    write(folder, **options)
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    return tables | {"truth": json.loads((folder / "truth.json").read_text(encoding="utf-8"))}


def within(estimate, se, truth, errors=3.0):
    assert abs(estimate - truth) < errors * se, f"{estimate:.3f} ± {se:.3f} against {truth}"


# ---------------------------------------------------------------- A contracts


def person_months(truth):
    """One row per contract and month at risk, with the latent quality, from the very draws of the tables."""
    block = next(iter(blocks(20260930, Window("2026-09-30", 36), 12_000, 5 / 12)))
    who, rows = draw(block, truth), []

    def observe(month, index, tenure, is_renewal, has_failed, hazard, has_left):
        january = block.window.calendar_month(month) == 1
        rows.append(
            np.column_stack([index, tenure, is_renewal, has_failed, has_left, np.full(index.size, january)])
        )

    history = simulate(block, who, truth, observe)
    names = ["contract", "tenure", "is_renewal", "failed", "left", "january"]
    frame = pd.DataFrame(np.vstack(rows), columns=names)
    index = frame["contract"].to_numpy()
    return frame.assign(
        q=who.quality[index], segment=who.segment[index], channel=who.channel[index],
        annual=history.is_annual[index],
    )  # fmt: skip


def hazard_logit(frame, with_quality=True):
    columns = {
        "monthly": 1.0,
        "renewal": frame["is_renewal"],
        "in_term": frame["annual"] & (frame["is_renewal"] == 0),
        "SMB": frame["segment"] == 1,
        "key_account": frame["segment"] == 2,
        "paid": frame["channel"] == 1,
        "referral": frame["channel"] == 2,
        "event": frame["channel"] == 3,
        "tenure": np.log1p(frame["tenure"] / 6),
        "q": frame["q"],
        "failed": frame["failed"],
        "january": frame["january"],
    }
    if not with_quality:
        del columns["q"]
    x = pd.DataFrame(columns, index=frame.index).astype(float)
    return sm.Logit(frame["left"], x).fit(disp=0)


def test_contract_totals_are_about_those_tried(northgate):
    """Tried: 107,577 person-months, 1,345 leavers, 14 % a year, renewal hazard 9.2 %."""
    real = northgate["truth"]["realised"]
    assert real["person_months"] == pytest.approx(107_577, rel=0.015)
    assert real["leavers"] == pytest.approx(1_345, abs=3 * 1_345**0.5)
    hazard = real["leavers"] / real["person_months"]
    assert 1 - (1 - hazard) ** 12 == pytest.approx(0.14, abs=0.01)
    lost, due = real["renewals_lost"], real["renewals_due"]
    within(lost / due, (0.09 * 0.91 / due) ** 0.5, 0.092)
    within(lost / due, (0.09 * 0.91 / due) ** 0.5, stored()["contracts.renewals_lost"]["value"])


def test_a_logit_recovers_the_planted_hazard():
    """Frailty (.3) is left out of the fit; it shrinks the coefficients by about 1.5 %, well inside 3 SE."""
    fit = hazard_logit(person_months(Truth()))
    planted = {
        "monthly": -3.75, "renewal": 1.85, "in_term": -2.75, "SMB": -0.35, "key_account": -0.80, "paid": 0.45,
        "referral": -0.30, "event": 0.0, "tenure": -0.30, "q": -0.55, "failed": 0.70, "january": 0.25,
    }  # fmt: skip
    for name, value in planted.items():
        within(fit.params[name], fit.bse[name], value)


def test_the_tables_alone_rebuild_the_person_months(northgate):
    """Contracts give exposure and leaving, unrated fault reports the failures; quality stays hidden."""
    latent = person_months(Truth())
    c = northgate["contracts"]
    start, end, entry = (_month(c[name]) for name in ("started_on", "ended_on", "observed_from"))
    last = end.fillna(36).clip(upper=36).astype(int)
    rows = c.index.repeat(last - entry + (end.notna()))
    month = entry[rows].to_numpy() + pd.Series(rows).groupby(rows).cumcount().to_numpy()
    assert len(rows) == len(latent) == northgate["truth"]["realised"]["person_months"]
    tenure = month - start[rows].to_numpy() + 1
    assert tenure.sum() == latent["tenure"].sum()
    left = (month == end[rows].to_numpy()).astype(int)
    assert left.sum() == latent["left"].sum()
    contacts = northgate["interactions"]
    faults = contacts[contacts["satisfaction"].isna()]
    assert set(faults["job"]) == {"report a fault"}
    failed = pd.MultiIndex.from_arrays([faults["customer_id"], _month(faults["started_at"].dt.date)])
    assert failed.is_unique and len(failed) == latent["failed"].sum()
    own = pd.MultiIndex.from_arrays([c["customer_id"].loc[rows], month])
    assert own.isin(failed).sum() == len(failed)


def _month(days):
    days = pd.to_datetime(days)
    return 12 * (days.dt.year - 2023) + days.dt.month - 10


# ---------------------------------------------------------------- B shop


def bgnbd(orders, closes):
    """x, t_x, T in months of 30.4375 days, and the mean of the repeat orders."""
    orders = orders.sort_values(["customer_id", "ordered_at"])
    grouped = orders.groupby("customer_id")["ordered_at"]
    first, last, n = grouped.min(), grouped.max(), grouped.size()
    month = pd.Timedelta(days=30.4375)
    return (n - 1).to_numpy(), ((last - first) / month).to_numpy(), ((closes - first) / month).to_numpy()


def bgnbd_loss(log_params, x, tx, t):
    """Negative BG/NBD log-likelihood. Fader, Hardie & Lee 2005, equation 6."""
    r, alpha, a, b = np.exp(log_params)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + t)
    gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + tx)
    gone = np.where(x > 0, gone, -np.inf)
    return -(common + logsumexp([alive, gone], axis=0)).sum()


def test_bgnbd_recovers_the_shop(northgate):
    """Tried refit: .831 5.252 .504 2.333 for the true .8 5 .6 3; b and a by themselves trade off against one another."""
    x, tx, t = bgnbd(northgate["orders"], pd.Timestamp("2026-09-30 23:59:59", tz="UTC"))
    true = np.log([0.8, 5.0, 0.6, 3.0])
    fit = minimize(bgnbd_loss, np.zeros(4), args=(x, tx, t), method="BFGS")
    # likelihood-ratio: the truth is inside the joint 99.9 % region, χ²₄ quantile 18.47
    assert 2 * (bgnbd_loss(true, x, tx, t) - fit.fun) < 18.47
    r, alpha, a, b = np.exp(fit.x)
    np.testing.assert_allclose([r, alpha, a / (a + b)], [0.8, 5.0, 0.6 / 3.6], rtol=0.1)
    value = {name: entry["value"] for name, entry in stored().items()}
    within(x.mean(), x.std() / x.size**0.5, value["shop.repeat_orders_per_customer"])
    share = value["shop.share_without_repeat"]
    within((x == 0).mean(), (share * (1 - share) / x.size) ** 0.5, share)


def test_bgnbd_recovers_each_parameter_of_a_large_shop(tmp_path):
    write(tmp_path, customers=120_000, tables=["orders"])
    orders = pd.read_parquet(tmp_path / "orders.parquet", columns=["customer_id", "ordered_at"])
    x, tx, t = bgnbd(orders, pd.Timestamp("2026-09-30 23:59:59", tz="UTC"))
    fit = minimize(bgnbd_loss, np.log([1.0, 4.0, 1.0, 4.0]), args=(x, tx, t), method="BFGS")
    np.testing.assert_allclose(np.exp(fit.x), [0.8, 5.0, 0.6, 3.0], rtol=0.1)


def test_spend_is_gamma_gamma_and_independent_of_frequency(northgate):
    orders = northgate["orders"].groupby("customer_id")["amount"].agg(["mean", "size"])
    within(orders["mean"].mean(), orders["mean"].std() / len(orders) ** 0.5, 180)
    assert abs(orders.corr().iloc[0, 1]) < 3 / len(orders) ** 0.5
    single = orders.loc[orders["size"] == 1, "mean"]
    # P(amount < m) for a single order: F distribution of Gamma(6, ν), ν ~ Gamma(4, 90)
    assert kstest(single * 4 / (90 * 6), f(2 * 6, 2 * 4).cdf).pvalue > 0.001


# ---------------------------------------------------------------- C interactions, D staff


def rating_fit(contacts, extra=True):
    rated = contacts.dropna(subset="satisfaction")
    names = list(Truth().interactions.department)
    x = pd.get_dummies(rated["department"])[names]
    x = x.join(pd.get_dummies(rated["channel"]).drop(columns="email"))
    x["service_phone"] = (rated["department"] == "Service") & (rated["channel"] == "phone")
    x["complexity"] = rated["complexity"]
    if extra:
        x["automated"] = rated["is_automated"]
        x["automated_x_complexity"] = rated["is_automated"] * rated["complexity"]
    return sm.OLS(rated["satisfaction"].astype(float), x.astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rated["customer_id"])[0]}
    )


def test_simpsons_paradox_service_looks_worst_but_billing_is(northgate):
    """Tried: raw lowest Service 6.30 (Billing 6.54), adjusted lowest Billing (−1.04)."""
    rated = northgate["interactions"].dropna(subset="satisfaction")
    raw = rated.groupby("department")["satisfaction"].mean().astype(float)
    assert raw.idxmin() == "Service" and raw["Service"] == pytest.approx(6.30, abs=0.25)
    assert raw.drop("Service").idxmin() == "Billing"
    names = list(Truth().interactions.department)
    expected = stored()["ratings.mean"]["value"]
    for name in names:
        # agents N(0, .25), twelve a department, add .072 to each department's error
        se = np.hypot(0.072, 1.6 / (rated["department"] == name).sum() ** 0.5)
        within(raw[name], 1.5 * se, expected[name])  # customers share q, hence 1.5
    for extra, oracle in ((True, "full"), (False, "usual")):
        fit = rating_fit(northgate["interactions"], extra)
        effect = fit.params[names] - fit.params[names].mean()
        assert effect.idxmin() == "Billing" and effect["Billing"] < -0.7
        for name in names:
            truth = stored()[f"ratings.adjusted_rounded_{oracle}"]["value"][name]
            within(effect[name], np.hypot(0.072, fit.bse[name]), truth)


def test_slopes_of_complexity_and_automation_come_back(northgate):
    fit = rating_fit(northgate["interactions"])
    for name, truth in stored()["ratings.slopes_rounded_full"]["value"].items():
        within(fit.params[name], fit.bse[name], truth)
    threshold = -fit.params["automated"] / fit.params["automated_x_complexity"]
    assert threshold == pytest.approx(0.375, abs=0.15)


def test_easy_contacts_are_automated_and_feeling_not_sla_follows_the_rating(northgate):
    contacts = northgate["interactions"]
    bots = contacts[
        contacts["channel"].isin(["phone", "web"])
        & (contacts["department"] != "Digital")
        & contacts["satisfaction"].notna()
    ]
    fit = sm.Logit(bots["is_automated"].astype(float), sm.add_constant(bots["complexity"])).fit(disp=0)
    within(fit.params["const"], fit.bse["const"], 0.5)
    within(fit.params["complexity"], fit.bse["complexity"], -1.5)
    assert not contacts.loc[~contacts.index.isin(bots.index), "is_automated"].any()
    assert contacts["agent_id"].isna().equals(contacts["is_automated"])
    rated = contacts.dropna(subset="satisfaction")
    r = rated[["satisfaction", "emotion", "is_sla_met"]].astype(float).corr()
    assert r.loc["emotion", "satisfaction"] > 0.4
    assert abs(r.loc["is_sla_met", "satisfaction"]) < 3 / len(rated) ** 0.5


def test_staff_see_themselves_as_planted(northgate):
    staff = northgate["staff_ratings"]
    mean, value = stored()["ratings.mean"]["value"], {k: e["value"] for k, e in stored().items()}
    crew = staff[staff["level"] == "staff"].groupby("department")["rating"].agg(["mean", "std", "size"])
    for name, row in crew.iterrows():
        within(row["mean"] - mean[name], row["std"] / row["size"] ** 0.5, value["staff.gap"][name])
    bosses = staff.loc[staff["level"] == "executive", "rating"] >= 9
    within(bosses.mean(), (0.8 * 0.2 / len(bosses)) ** 0.5, 0.8)
    rated = northgate["interactions"]["satisfaction"].dropna() >= 9
    assert rated.mean() == pytest.approx(value["ratings.top_two_share"], abs=0.02)  # tried: about .24


# ---------------------------------------------------------------- E survey


def nps(recommend, weight=1.0):
    return 100 * np.average(
        (recommend >= 9) * 1.0 - (recommend <= 6), weights=weight * np.ones(len(recommend))
    )


def test_respondents_are_happier_than_customers(northgate):
    """Tried: true NPS −0.3, respondents +15.3, response 26.5 %. Leavers are missing here: a little more."""
    invited, answers = northgate["survey_invitations"], northgate["survey_responses"]
    assert northgate["truth"]["realised"]["nps_of_all_invited"] == pytest.approx(-0.3, abs=3.5)
    main = answers[answers["survey"] == "relationship"]
    assert nps(main["recommend"]) == pytest.approx(15.3, abs=3)
    assert nps(main["recommend"], main["weight"]) == pytest.approx(nps(main["recommend"]), abs=1)
    assert invited["has_responded"].mean() == pytest.approx(0.265, abs=0.01)


def test_driver_shares_come_back(northgate):
    """Tried: LMG .2897 .2367 .1516 .1280 .1017 .0924 after rounding, R² .516."""
    main = northgate["survey_responses"].query("survey == 'relationship'")
    names = [f"driver_{name}" for name in Truth().survey.driver]
    shares, r2 = lmg(main[[*names, "recommend"]].cov().to_numpy())
    truth = np.array(list(stored()["survey.lmg_rounded_respondents"]["value"].values()))
    np.testing.assert_allclose(shares / r2, truth, atol=0.02)
    assert r2 == pytest.approx(stored()["survey.r2_rounded_respondents"]["value"], abs=0.025)


def test_must_be_and_delighter_are_in_the_depth_waves_only(tmp_path):
    write(tmp_path, customers=60_000, tables=["survey_responses"])
    answers = pd.read_parquet(tmp_path / "survey_responses.parquet")
    fits = {}
    for survey, rows in answers.groupby("survey"):
        x = rows.filter(like="driver_").astype(float)
        x["reliability_low"] = x["driver_reliability"] <= 4
        x["communication_high"] = x["driver_communication"] >= 9
        fits[survey] = sm.OLS(rows["recommend"].astype(float), sm.add_constant(x.astype(float))).fit()
    for survey, fit in fits.items():
        for name, truth in stored()[f"survey.thresholds_{survey}"]["value"].items():
            within(fit.params[name], fit.bse[name], truth)
    gained = fits["depth"].params - fits["relationship"].params
    assert gained["reliability_low"] == pytest.approx(-0.9, abs=0.15)  # planted
    assert 0.2 < gained["communication_high"] < 0.6  # planted .6, but nobody can answer more than 10


def test_what_customers_say_agrees_with_what_they_do(northgate):
    answers = northgate["survey_responses"].groupby("customer_id")["recommend"].mean()
    c = northgate["contracts"].set_index("customer_id")
    left = c["ended_on"].notna().reindex(answers.index).dropna().astype(bool)
    said = answers.reindex(left.index)
    assert said[~left].mean() - said[left].mean() > 0.4


def test_effort_follows_ease(northgate):
    answers = northgate["survey_responses"]
    fit = sm.OLS(answers["effort"].astype(float), sm.add_constant(answers["driver_ease"].astype(float))).fit()
    assert fit.params["driver_ease"] == pytest.approx(-0.55, abs=0.03)  # cut at 1 and 7
