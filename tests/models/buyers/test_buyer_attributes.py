"""What goes with buying more often: planted attributes are announced, others are not, and few or odd columns do no harm."""

from types import SimpleNamespace

import numpy as np
import pytest

import cxresearch as cx
from cxresearch import NotEnough
from cxresearch.models import BetaGeoNBD, BuyerAttributes
from tests.simulate import with_covariates


def outlook(name="BG/NBD"):
    return SimpleNamespace(model_=SimpleNamespace(name=name), unit="weeks", level=0.95)


def buyers(n=2500, seed=1, **effects):
    rfm, X = with_covariates(n, seed, **effects)
    rfm = rfm.assign(customer_id=[f"c{i}" for i in range(n)])
    rng = np.random.default_rng(seed)
    facts = X.assign(
        customer_id=rfm["customer_id"],
        rooms=rng.gamma(2, 10, n),
        is_member=rng.integers(0, 2, n).astype(float),
        country="UK",
    )
    return rfm, facts.sample(frac=1, random_state=1).reset_index(drop=True)


def test_what_is_planted_is_announced_and_nothing_else():
    found = BuyerAttributes(outlook()).fit(*buyers(gamma=(0.7, 0.0), delta=(0.0, 0.0)))
    told = found.rates_.set_index("label")
    plan = told.loc[next(label for label in told.index if label.startswith("plan"))]
    assert plan["is_announced"] and (
        plan["low"] < np.exp(0.7) < plan["high"] or plan["low"] < np.exp(-0.7) < plan["high"]
    )
    assert told["is_announced"].sum() == 1 and not found.dropouts_["is_announced"].any()
    assert {"rooms", "is member", "size"} <= {label.split(":")[0] for label in told.index}
    text = cx.readings.buyer_attributes(found).text
    assert text.startswith("Goes with the rate of buying: plan: ") and "associations" in text
    assert "country is left out" in text


def test_nothing_is_announced_where_nothing_is_planted():
    told = [
        BuyerAttributes(outlook()).fit(*buyers(700, seed, gamma=(0, 0), delta=(0, 0))) for seed in range(5)
    ]
    assert (
        sum(found.rates_["is_announced"].any() or found.dropouts_["is_announced"].any() for found in told)
        <= 1
    )
    assert (
        "beyond chance" in cx.readings.buyer_attributes(told[-1]).text
        or told[-1].rates_["is_announced"].any()
    )


def test_the_model_of_the_page_is_used_where_it_can_have_covariates():
    rfm, facts = buyers(600)
    for name, kind in (("Pareto/NBD", "Pareto/NBD"), ("MBG/CNBD-2", "BG/NBD")):
        assert (
            BuyerAttributes(outlook(name)).fit(rfm, facts[["customer_id", "plan"]]).covariates_.kind == kind
        )


def test_buyers_without_a_row_of_their_own_are_unknown_and_few_values_are_pooled():
    rfm, facts = buyers(900)
    facts = facts.assign(town=[f"town {i % 300}" for i in range(len(facts))])
    found = BuyerAttributes(outlook()).fit(rfm, facts.iloc[:600])
    assert any("unknown" in label for label in found.rates_["label"])
    assert sum(label.startswith("town") for label in found.rates_["label"]) <= 1
    plain = BetaGeoNBD().fit(rfm)
    assert found.covariates_.log_likelihood_without_ == pytest.approx(plain.log_likelihood_, rel=1e-10)


def test_too_little_is_said_to_be_so():
    rfm, facts = buyers(600)
    with pytest.raises(NotEnough, match="no attribute tells buyers apart"):
        BuyerAttributes(outlook()).fit(rfm, facts[["customer_id", "country"]])
    same = BuyerAttributes(outlook()).fit(rfm, facts[["customer_id", "plan"]].assign(same=facts["plan"]))
    assert same.left_out_ == ["same is left out: it says the same as other columns"]
    many = facts.assign(**{f"x{i}": np.arange(len(facts)) % 2 for i in range(40)})
    assert (
        len(
            BuyerAttributes(outlook())
            .fit(rfm, many.drop(columns=[f"x{i}" for i in range(1, 40)]))
            .references_
        )
        <= 12
    )
