"""What rows are called must not matter: every model gives the same answer on a filtered frame and on one with repeated labels."""

import datetime
import doctest
import inspect
from dataclasses import is_dataclass

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch import models

AS_OF = "2026-09-15"  # within a month: the spells begun in it are not observed, and filtering leaves gaps
LABELS = {"filtered": lambda n: 3 * np.arange(n)[::-1] + 7, "repeated": lambda n: np.arange(n) // 2 + 5}


def every_model():
    found = (getattr(models, name) for name in models.__all__)
    return sorted({m for m in found if inspect.isclass(m) and hasattr(m, "fit")}, key=lambda m: m.__name__)


def labelled(value, labels):
    """The same rows under other labels; what is looked up by a key (labels that are texts, or named) keeps it."""
    if isinstance(value, pd.Series | pd.DataFrame):
        is_key = value.index.dtype.kind not in "iu" or value.index.name is not None
        return value if is_key else value.set_axis(labels(len(value)), axis=0)
    if isinstance(value, dict):
        return {key: labelled(part, labels) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(labelled(part, labels) for part in value)
    return value


def again(model, *given, **options):
    names = [name for name in inspect.signature(type(model)).parameters if hasattr(model, name)]
    return type(model)(**{name: getattr(model, name) for name in names}).fit(*given, **options)


def compare(other, model):
    """Every fitted attribute and the summary, but for what their rows are called."""
    for name, value in vars(model).items():
        if not name.endswith("_") or name.startswith("_"):
            continue
        found = getattr(other, name)
        if isinstance(value, pd.DataFrame):
            assert_alike(found, value)
        elif isinstance(value, pd.Series | np.ndarray):
            np.testing.assert_array_equal(np.asarray(found), np.asarray(value), name)
        elif isinstance(value, list) and value and is_dataclass(value[0]):
            assert list(map(repr, found)) == list(map(repr, value)), name
        elif isinstance(value, str | int | float | bool | list) and name != "left_out_":
            np.testing.assert_equal(found, value, name)
    assert getattr(other, "left_out_", None) == getattr(model, "left_out_", None)
    if hasattr(model, "summary") and not inspect.signature(model.summary).parameters:
        assert_alike(other.summary(), model.summary())


def assert_alike(found, value):
    has_key = value.index.dtype.kind not in "iu" or value.index.name is not None
    pd.testing.assert_frame_equal(
        *(part if has_key else part.reset_index(drop=True) for part in (found, value))
    )


def run_examples(kind):
    for test in doctest.DocTestFinder().find(kind, kind.__name__, globs=vars(inspect.getmodule(kind))):
        doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None)


def without_examples(kind):
    """Fit the models whose documentation shows no fit, and others with all that they accept."""
    ws = cx.open("data/northgate")
    later, earlier = (cx.features.customer_spells(ws, day).to_pandas() for day in (AS_OF, "2026-06-15"))
    terms, before = (cx.features.contract_terms(ws, day).to_pandas() for day in (AS_OF, "2026-06-15"))
    X, X_before = (spells[["segment", "acquisition_channel"]] for spells in (later, earlier))
    seen = later[later["is_observed"]]
    rfm = cx.features.rfm(ws.orders, AS_OF).order_by("customer_id").limit(3000).to_pandas()
    name = kind.__name__
    if name in ("ContractHoldout", "ContractOutlook"):
        args = (earlier, later, X_before) if name == "ContractHoldout" else (later, X)
        kind(*[3] * (name == "ContractHoldout")).fit(*args)
    elif name == "ContractValue":
        kind(models.ContractOutlook().fit(later, X)).fit(later, X)
    elif name == "ContractHazard":
        kind().fit(terms, before, 3)
    elif name == "ContractStay":
        kind().fit(later)
    elif name == "WaysOfLeaving":
        kind().fit(seen["duration"], seen["event"], seen["end_reason"], seen["entry"])
    elif name == "RenewalHazard":
        kind().fit(seen["duration"], seen["event"], seen["entry"], seen["term_months"])
    elif name == "AalenJohansen":
        kind(start="auto").fit(
            seen["duration"], seen["end_reason"].where(seen["event"]), seen["event"], seen["entry"]
        )
    elif name == "ChurnHazard":
        kind().fit(
            seen["duration"],
            seen["event"],
            pd.get_dummies(seen["segment"]).iloc[:, 1:],
            seen["entry"],
            None,
            seen["customer_id"],
        )
    elif name == "CustomerValue":
        kind().fit([models.ContractValue(models.ContractOutlook().fit(later, X)).fit(later, X)])
    elif name == "GrowthLevers":
        kind(draws=20).fit(contracts=(models.ContractOutlook().fit(later, X), later, X))
    elif name == "BuyerSpend":
        kind().fit(rfm)
    elif name == "LifetimeValue":
        kind(models.BetaGeoNBD().fit(rfm), models.BuyerSpend().fit(rfm).model_).fit(rfm)
    elif name == "StatedLived":
        answers = ws.survey_responses
        stayed = cx.features.stayed_after(answers, ws.contracts, AS_OF).to_pandas()
        kind().fit(stayed, cx.features.spend_after(answers, ws.orders, AS_OF).to_pandas())
    elif name in ("Holdout", "PurchaseHoldout", "LapsedReturn"):
        held = cx.features.held_out(ws.orders, AS_OF, 13)
        first = [] if name == "PurchaseHoldout" else [models.BetaGeoNBD().fit(held.rfm)]
        kind(*first).fit(held.rfm, held.later, held.weeks)
    elif name == "PurchaseTracking":
        weekly = cx.features.weekly_purchases(ws.orders, AS_OF).to_pandas()
        day = datetime.date.fromisoformat(AS_OF)
        due = cx.features.months_later(day, 9)
        kind(models.BetaGeoNBD().fit(rfm)).fit(rfm, weekly, day, day, due)
    elif name == "HubAndTyre":
        variants = cx.features.process_variants(ws.process_steps, AS_OF)
        kept = models.Conformance().fit(variants, ws.frame("process_models"))
        kind().fit(kept.cases(cx.features.process_cases(ws.process_steps, AS_OF)), kept)
    elif name.startswith("Event"):
        of_events(kind, ws)
    elif name in ("PayEffect", "Relabelled", "PeriodEnds", "SignedAmounts"):
        of_pay(kind, ws)
    elif name == "WhomToAsk":
        offers = cx.features.winback_offers(ws, AS_OF).to_pandas()
        regain, life = models.Regain().fit(offers), models.SecondLife(0.4).fit(offers)
        kind().fit(models.OfferProfit(0.4).fit(regain, life))


def of_events(kind, ws):
    given = (
        cx.features.events_held(ws.events, AS_OF),
        cx.features.event_guests(ws.event_invitations, AS_OF),
        cx.features.account_months(ws, AS_OF),
        cx.features.account_traits(ws, AS_OF),
    )
    given = [table.to_pandas() for table in given]
    if kind is models.EventLifts:
        kind().fit(*given)
    elif kind is not models.EventReturns:
        kind().fit(models.EventLifts().fit(*given))
    else:
        kind(0.4).fit(models.EventLifts().fit(*given))


def of_pay(kind, ws):
    plans = cx.features.pay_plans(ws, AS_OF).to_pandas()
    if kind is models.Relabelled:
        kind().fit(cx.features.reported_ends(ws, AS_OF, ("left",)).to_pandas(), plans)
    elif kind is models.PeriodEnds:
        kind().fit(cx.features.ends_by_day(ws, AS_OF).to_pandas(), plans)
    else:
        months = cx.features.team_months(ws, AS_OF).to_pandas()
        given = (months, plans)
        if kind is models.SignedAmounts:
            given = (cx.features.signed_amounts(ws, AS_OF).to_pandas(), models.PayEffect().fit(*given))
        kind().fit(*given)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", every_model(), ids=lambda kind: kind.__name__)
def test_the_labels_of_rows_do_not_change_an_answer(kind, monkeypatch):
    fit, compared = kind.fit, 0

    def both(self, *given, **options):
        nonlocal compared
        model = fit(self, *given, **options)
        with monkeypatch.context() as patch:
            patch.setattr(kind, "fit", fit)
            for labels in LABELS.values():
                compare(again(self, *labelled(given, labels), **labelled(options, labels)), model)
                compared += 1
        return model

    monkeypatch.setattr(kind, "fit", both)
    run_examples(kind)
    without_examples(kind)
    assert compared


def test_what_a_fitted_model_says_of_rows_does_not_hang_on_their_labels():
    ws = cx.open("data/northgate")
    spells = cx.features.customer_spells(ws, AS_OF).to_pandas()
    model = models.ContractOutlook().fit(spells)
    others = spells.set_axis(LABELS["repeated"](len(spells)), axis=0)
    due = datetime.date(2026, 12, 15)
    assert_alike(model.predict(others, 3), model.predict(spells, 3))
    assert_alike(model.renewals(others, 3, due), model.renewals(spells, 3, due))
