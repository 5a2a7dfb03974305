"""The forecast ledger: forecasts from the truth are found right, others are found out, and nothing later than a due date is used."""

import datetime
import json

import html5lib
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

import cxresearch as cx
from cxresearch import display
from cxresearch.features.outcomes import OUTCOMES, Outcome
from cxresearch.report import ledger
from cxresearch.report.pages import page
from cxresearch.report.pages.forecasts import parts as scored_parts
from cxresearch.report.pages.forecasts import render
from cxresearch.report.scoring import score
from cxresearch.stats.forecast_scores import calibration, mean_of_outcomes
from cxresearch.stats.proportions import wilson
from tests.cdnow import orders

MADE, DUE = datetime.date(1997, 9, 30), datetime.date(1998, 6, 30)


@pytest.fixture(autouse=True, scope="module")
def in_run():
    """As in the run of a report: a notebook carries its forecasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(display.RUN, "1")
        yield


ABOUT = {"period": "1998Q2", "as_of": "1998-06-30", "source": "cdnow", "version": "0", "fingerprint": {}}


def notebook(*shown):
    outputs = [nbformat.v4.new_output("display_data", data=dict(s._repr_mimebundle_())) for s in shown]
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("", outputs=outputs)]
    return nbformat.v4.new_notebook(cells=cells)


def kept(*shown, made=MADE, period="1997Q3", out=None):
    """What `earlier` returns of forecasts made on one day."""
    (out / period).mkdir(parents=True, exist_ok=True)
    ledger.write(ledger.harvest(notebook(*shown)), out / period, period, made)
    return ledger.earlier(out, datetime.date(2100, 1, 1))


class Planted:
    """Outcomes drawn from a known truth, in place of a workspace's tables."""

    def __init__(self, truth, before=None):
        self.truth, self.before = truth, before

    def outcome(self, **how):
        import ibis

        def resolve(workspace, made_on, due_on):
            values = self.truth if due_on == DUE else self.before
            frame = pd.DataFrame(
                {"unit_id": [f"c{i}" for i in range(len(values))], "happened": values, "base": 1}
            )
            return ibis.memtable(frame)

        known = Outcome(resolve, "orders", "purchases", **how)
        object.__setattr__(known, "span", lambda workspace: (datetime.date(1990, 1, 1), DUE))
        return {"planted": known}


def scored(tmp_path, frame, truth, before=None):
    shown = ledger.forecast(frame, "planted")
    planted = Planted(truth, before if before is not None else truth)
    return score(kept(shown, out=tmp_path), None, DUE, planted.outcome())


def row(found, metric):
    return found.rows.set_index("metric").loc[metric]


def people(n, **columns):
    return pd.DataFrame({"unit_id": [f"c{i}" for i in range(n)], "due_on": DUE, **columns})


# what a forecast must be


def scored_page(found, about):
    return render(found, scored_parts(found), about)


def test_one_line_is_shown_and_no_key():
    shown = ledger.forecast(people(2357, mean=1.0), "purchases")
    assert shown.text == "2,357 forecasts of kind purchases, due 1998-06-30, kept in the ledger"
    bundle = shown._repr_mimebundle_()
    assert "c17" not in bundle["text/plain"] + bundle["text/html"] + json.dumps(bundle[display.NOTE])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"probability": [0.2, 1.2, 0.1]}, r"probability is not within 0 and 1 in 1 row \(first: 1\)"),
        ({"probability": [0.2, None, 0.1]}, r"probability .* \(first: 1\)"),
        ({"mean": [1, 2, 3], "low": [0, 2.1, 0], "high": 9}, r"low is above the mean in 1 row \(first: 1\)"),
        ({"mean": [1, 2, 30], "low": 0, "high": 9}, r"high is below the mean in 1 row \(first: 2\)"),
        ({"mean": [1, np.inf, 3]}, r"mean is not a finite number"),
        ({"mean": ["a", 2, 3]}, r"mean is not a finite number in 1 row \(first: 0\)"),
        ({"mean": 1, "low": [0, None, 0], "high": 2}, r"low, high are not both finite"),
        ({"mean": 1, "low": 0}, "low and high"),
        ({"mean": 1, "probability": 0.5}, "either a probability or a mean"),
        ({}, "either a probability or a mean"),
        ({"mean": 1, "unit_id": ["a", "b", "a"]}, r"unit_id is forecast twice .* \(first: 2\)"),
        ({"mean": 1, "unit_id": ["a", None, "c"]}, r"unit_id is missing in 1 row \(first: 1\)"),
        ({"mean": 1, "unit_id": [1.0, 2.0, 3.0]}, "unit_id is a number with decimals"),
        ({"mean": 1, "due_on": ["1998-06-30", "30/06/1998", "soon"]}, r"due_on is not a date .* \(first: 1, 2\)"),
        ({"mean": 1, "due_on": pd.Timestamp("1998-06-30 12:00")}, "due_on is not a date"),
        ({"mean": 1, "due_on": MADE}, "due_on is not after 1997-09-30"),
    ],
)  # fmt: skip
def test_what_is_no_forecast_is_refused_with_column_and_row(change, said):
    with pytest.raises(ValueError, match=said):
        ledger.forecast(people(3).assign(**change), "purchases", as_of=MADE)


@pytest.mark.parametrize("kind", [None, "", "Purchases", "a b", "<b>", 3])
def test_a_kind_is_a_plain_word(kind):
    with pytest.raises(ValueError, match="kind is"):
        ledger.forecast(people(3, mean=1), kind)


def test_neither_or_both_ways_of_giving_forecasts_is_refused():
    with pytest.raises(ValueError, match="either a frame"):
        ledger.forecast(kind="purchases")
    with pytest.raises(ValueError, match="either a frame"):
        ledger.forecast(people(3, mean=1), "purchases", mean=1)


def test_no_customers_is_no_fault(tmp_path):
    shown = ledger.forecast(people(0, mean=1.0), "purchases")
    assert "nothing to keep" in shown.text
    rows = ledger.harvest(notebook(shown))
    assert len(rows) == 0
    assert ledger.write(rows, tmp_path, "1997Q3", MADE) is None
    assert list(tmp_path.iterdir()) == []
    none = ledger.earlier(tmp_path, DUE)
    assert len(none) == 0
    found = score(none, None, DUE)
    assert scored_parts(found) is None
    assert list(found.summary().columns[:6]) == ["metric", "estimate", "low", "high", "n", "method"]


# from the notebook to the ledger and back


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda t: "\x00" not in t and t.isprintable()),
        st.tuples(st.floats(0, 1), st.dates(MADE + datetime.timedelta(1), datetime.date(2199, 1, 1))),
        min_size=1,
    )
)
def test_what_goes_in_comes_out(tmp_path_factory, given):
    frame = pd.DataFrame(
        {
            "unit_id": list(given),
            "probability": [p for p, _ in given.values()],
            "due_on": [d for _, d in given.values()],
        }
    )
    back = kept(ledger.forecast(frame, "active"), out=tmp_path_factory.mktemp("out")).set_index("unit_id")
    assert list(back.index) == sorted(given)
    assert back["probability"].to_numpy() == pytest.approx([given[u][0] for u in back.index], rel=5.1e-6)
    assert list(back["due_on"]) == [given[u][1] for u in back.index]


def test_the_harvest_leaves_no_key_in_the_notebook():
    book = notebook(
        ledger.forecast(people(500, mean=1.0), "purchases"),
        ledger.forecast(kind="purchases_total", unit_id="all", due_on=DUE, mean=5.0, low=1.0, high=9.0),
    )
    rows = ledger.harvest(book)
    assert len(rows) == 501
    written = nbformat.writes(book)
    assert "c17" not in written
    assert "forecasts+json" not in written
    assert len(ledger.harvest(book)) == 0
    (_, *notes) = page.blocks(book)
    assert [part["kind"] for part in notes] == ["note", "note"]
    assert "500 forecasts" in page.render("notebook.html.j2", heading="x", blocks=notes, **ABOUT)


def test_the_same_forecasts_give_the_same_bytes(tmp_path):
    frame = people(300, mean=np.linspace(0, 3, 300), low=0.0, high=9.0)
    for name, rows in (("a", frame), ("b", frame.sample(frac=1, random_state=1))):
        kept(ledger.forecast(rows, "purchases"), out=tmp_path / name)
    a, b = (tmp_path / name / "1997Q3" / "forecasts.parquet" for name in "ab")
    assert a.read_bytes() == b.read_bytes()
    assert a.stat().st_size < 20_000


def test_a_hundred_thousand_forecasts_stay_reasonable():
    p = np.random.default_rng(1).random(100_000)
    frame = people(100_000, probability=p)
    bundle = ledger.forecast(frame, "active")._repr_mimebundle_()
    assert len(json.dumps(bundle)) < 4_000_000


def test_a_unit_forecast_by_two_notebooks_is_refused(tmp_path):
    book = notebook(*[ledger.forecast(people(3, mean=1.0), "purchases")] * 2)
    with pytest.raises(ValueError, match="unit c0 is forecast twice: kind purchases, due 1998-06-30"):
        ledger.write(ledger.harvest(book), tmp_path, "1997Q3", MADE)


def test_a_forecast_of_the_past_is_refused(tmp_path):
    rows = ledger.harvest(notebook(ledger.forecast(people(3, mean=1.0), "purchases")))
    with pytest.raises(ValueError, match="not later than 1998-06-30"):
        ledger.write(rows, tmp_path, "1998Q2", DUE)


def test_a_period_that_is_run_again_or_twice_counts_once(tmp_path):
    shown = ledger.forecast(people(50, mean=1.0), "purchases")
    assert len(kept(shown, out=tmp_path)) == 50
    assert len(kept(shown, out=tmp_path)) == 50
    assert len(kept(shown, out=tmp_path, period="1997Q3-again")) == 50
    assert len(kept(shown, out=tmp_path, period=".1997Q3.x7f3")) == 50  # left behind by a killed run
    made = datetime.date(1997, 8, 31)  # by a run that failed: never published
    assert len(kept(shown, out=tmp_path, period="1997-08-31-failed", made=made)) == 50
    assert len(kept(shown, out=tmp_path, period="1997Q4", made=datetime.date(1997, 12, 31))) == 100
    assert len(ledger.earlier(tmp_path, datetime.date(1997, 12, 31))) == 50
    assert len(ledger.earlier(tmp_path, MADE)) == 0


@pytest.mark.parametrize("content", [b"", b"PAR1", b"unit_id,mean\n1,2\n"])
def test_a_damaged_ledger_is_one_clear_line(tmp_path, content):
    (tmp_path / "1997Q3").mkdir()
    (tmp_path / "1997Q3" / "forecasts.parquet").write_bytes(content)
    with pytest.raises(cx.DataError, match=r"forecasts\.parquet: not a ledger of forecasts") as fault:
        ledger.earlier(tmp_path, DUE)
    assert "\n" not in str(fault.value)


def test_a_table_that_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "1997Q3").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "1997Q3" / "forecasts.parquet")
    with pytest.raises(cx.DataError, match="not a ledger of forecasts"):
        ledger.earlier(tmp_path, DUE)


# planted truth


def test_forecasts_from_the_truth_are_found_calibrated_covered_and_skilled(tmp_path):
    rng = np.random.default_rng(20)
    rate = rng.gamma(0.8, 4, 4000)
    made = rng.poisson(rate)
    frame = people(4000, mean=rate, low=poisson.ppf(0.025, rate), high=poisson.ppf(0.975, rate))
    frame["low"], frame["high"] = np.minimum(frame["low"], rate), np.maximum(frame["high"], rate)
    found = scored(tmp_path / "a", frame, made)
    bias, cover = row(found, "actual minus forecast"), row(found, "inside their 95% interval")
    assert bias["low"] < 0 < bias["high"]
    assert 0.95 <= cover["estimate"] < 0.985  # a count's interval covers at least what it promises
    assert not found.sentences["is_off"].any()

    noise = rng.standard_normal(4000)
    sure = people(4000, mean=rate, low=rate - 1.959964, high=rate + 1.959964)
    cover = row(scored(tmp_path / "b", sure, rate + noise), "inside their 95% interval")
    assert cover["estimate"] == np.mean(np.abs(noise) < 1.959964)
    assert cover["estimate"] == pytest.approx(0.95, abs=3.29 * np.sqrt(0.95 * 0.05 / 4000))  # 1 in 1,000

    p = rng.beta(1, 3, 4000)
    came = (rng.random(4000) < p).astype(int)
    found = scored(tmp_path / "c", people(4000, probability=p), came, (rng.random(4000) < p).astype(int))
    assert row(found, "actual minus forecast")["low"] < 0 < row(found, "actual minus forecast")["high"]
    assert row(found, "Brier score")["estimate"] == pytest.approx(np.mean(p * (1 - p)), abs=0.01)
    assert row(found, "skill")["low"] > 0
    assert "better than the base rate" in found.sentences["text"].iloc[0]
    groups = found.calibration
    assert len(groups) == 10
    assert groups["n"].min() >= 30
    assert groups["n"].sum() == 4000
    assert (groups["low"] <= groups["said"]).sum() + (groups["said"] <= groups["high"]).sum() >= 18


def test_false_alarms_are_as_rare_as_promised():
    """Of 2,000 true sets of 150 forecasts at most about one in twenty is called off (1 in 1,000: 6.6%)."""
    rng = np.random.default_rng(3)
    p = rng.beta(0.5, 4, (2000, 150))
    _, low, high = wilson((rng.random(p.shape) < p).sum(axis=1), 150)
    assert np.mean((low > p.mean(axis=1)) | (p.mean(axis=1) > high)) < 0.066
    for typical in (0.02, 0.3, 4):
        rate = rng.gamma(2, typical / 2, (500, 150))
        made = rng.poisson(rate)
        found = np.array([mean_of_outcomes(y - m, y) for y, m in zip(made, rate, strict=True)])
        assert np.mean((found[:, 1] > 0) | (found[:, 2] < 0)) < 0.083  # 1 in 1,000 of 500 sets


@pytest.mark.parametrize(("shift", "said"), [(0.8, "too low"), (1.25, "too high")])
def test_biased_forecasts_are_flagged(tmp_path, shift, said):
    rng = np.random.default_rng(5)
    rate = rng.gamma(2, 1, 2000)
    found = scored(tmp_path, people(2000, mean=rate * shift), rng.poisson(rate))
    assert said in found.sentences["text"].iloc[0]
    assert found.sentences["is_off"].all()


def test_intervals_that_are_too_narrow_are_flagged(tmp_path):
    rng = np.random.default_rng(6)
    rate = rng.gamma(2, 3, 2000)
    found = scored(tmp_path, people(2000, mean=rate, low=rate * 0.9, high=rate * 1.1), rng.poisson(rate))
    assert "too narrow" in found.sentences["text"].iloc[0]
    assert found.sentences["is_off"].all()


def test_probabilities_without_skill_are_not_praised(tmp_path):
    rng = np.random.default_rng(7)
    came = (rng.random(3000) < 0.3).astype(int)
    found = scored(tmp_path, people(3000, probability=rng.random(3000)), came)
    assert row(found, "skill")["high"] < 0
    assert "worse than the base rate" in found.sentences["text"].iloc[0]


def test_the_brier_score_by_hand(tmp_path):
    """Five forecasts at .9 .8 .3 .2 .1, outcomes 1 0 1 0 0, ten times over: (.01+.64+.49+.04+.01)/5 = .238; base rate .4 → .24."""
    p, came = np.tile([0.9, 0.8, 0.3, 0.2, 0.1], 10), np.tile([1, 0, 1, 0, 0], 10)
    found = scored(tmp_path, people(50, probability=p), came)
    assert row(found, "Brier score")["estimate"] == pytest.approx(0.238)
    assert row(found, "skill")["estimate"] == pytest.approx(1 - 0.238 / 0.24)


def test_nothing_happening_is_not_proof_of_bias(tmp_path):
    """Forty at 2%: none is what chance gives 45 times in 100; forty at 20%: once in 7,500."""
    found = scored(tmp_path / "a", people(40, probability=0.02), np.zeros(40, int))
    assert not found.sentences["is_off"].any()
    found = scored(tmp_path / "b", people(40, mean=0.02), np.zeros(40, int))
    assert not found.sentences["is_off"].any()
    found = scored(tmp_path / "c", people(40, probability=0.2), np.zeros(40, int))
    assert found.sentences["is_off"].all()


def test_a_handful_of_customers_is_withheld(tmp_path):
    found = scored(tmp_path, people(9, probability=0.51234), np.ones(9, int))
    assert "withheld" in found.sentences["text"].iloc[0]
    assert not len(found.calibration)
    text = scored_page(found, ABOUT)
    assert "0.5123" not in text
    assert "51.2%" not in text


def test_customers_who_are_gone_are_told_not_counted(tmp_path):
    found = scored(tmp_path, people(60, probability=0.5), np.tile([0, 1], 20))
    assert found.unresolved == ["planted, forecast on 1997-09-30: 20 of 60 units are no longer in the data"]
    assert set(found.rows["n"]) == {40}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0.01, 0.2, 0.2001, 0.9, 1]), st.booleans()), min_size=1, max_size=400
    )
)
def test_calibration_groups_cover_everyone_and_keep_ties_together(pairs):
    p, y = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    groups = calibration(p, y)
    assert groups["n"].sum() == len(pairs)
    assert (groups["n"] >= 30).all() or len(groups) == 1
    assert (groups["highest"].iloc[:-1].to_numpy() < groups["lowest"].iloc[1:].to_numpy()).all()
    assert (groups["said"] * groups["n"]).sum() == pytest.approx(p.sum())


# the world's data


@pytest.fixture(scope="module")
def forecasts(tmp_path_factory):
    """BG/NBD's forecast of 1997Q3: 1653.4 purchases (lifetimes 0.11.3, the same parameters), 1,471 to 1,857."""
    ws = cx.open("data/cdnow")
    rfm = cx.features.rfm(ws.orders, MADE).to_pandas()
    model = cx.models.BetaGeoNBD().fit(rfm)
    total = model.expected_total(rfm, 39).iloc[1]
    each = pd.DataFrame({"unit_id": rfm["customer_id"], "due_on": DUE})
    each["mean"] = model.predict(rfm, 39)["expected_purchases"]
    shown = [
        ledger.forecast(each, "purchases", as_of=MADE),
        ledger.forecast(
            kind="purchases_total",
            unit_id="all",
            due_on=DUE,
            mean=total.estimate,
            low=total.low,
            high=total.high,
        ),
        ledger.forecast(each[["unit_id", "due_on"]].assign(probability=0.3), "active"),
    ]
    return kept(*shown, out=tmp_path_factory.mktemp("out"))


def test_the_forecast_of_1997_scored_in_1998(forecasts, cdnow):
    found = score(forecasts, cdnow, DUE)
    assert found.unresolved == []
    total = found.totals.iloc[0]
    assert total["mean"] == pytest.approx(1653.42, rel=1e-5)
    assert (round(total["low"]), round(total["high"])) == (1471, 1857)
    assert (total["happened"], total["n"]) == (1882, 2357)
    told = found.sentences.set_index("kind")["text"]
    assert told["purchases_total"] == (
        "Forecast on 1997-09-30 for 1998-06-30: 1,653 purchases (1,471 to 1,857). Actual: 1,882, "
        "13.8% above the forecast, outside its interval."
    )
    assert found.sentences.set_index("kind")["is_off"]["purchases_total"]
    each = found.rows[found.rows["kind"] == "purchases"].set_index("metric")
    assert each.loc["actual, on average", "estimate"] == pytest.approx(1882 / 2357)
    assert each.loc["forecast, on average", "estimate"] == pytest.approx(1653.42 / 2357, rel=1e-5)
    assert each.loc["actual minus forecast", "low"] > 0
    rate = found.rows[found.rows["kind"] == "active"].set_index("metric").loc["actual"]
    log = orders()
    known = log.loc[log["ordered_at"] <= pd.Timestamp(MADE), "customer_id"]
    later = log.loc[log["ordered_at"] > pd.Timestamp(MADE), "customer_id"]
    assert rate["estimate"] == len(set(known) & set(later)) / 2357
    assert "not known when they were made" in told["active"]


def test_before_it_falls_due_a_forecast_is_not_scored(forecasts, cdnow):
    found = score(forecasts, cdnow, DUE - datetime.timedelta(days=1))
    assert not len(found.rows)
    assert len(found.unresolved) == 3
    assert all(text.endswith("due on 1998-06-30, not yet") for text in found.unresolved)
    assert scored_parts(found) is None


def test_a_forecast_beyond_the_data_is_told_not_scored(tmp_path, cdnow):
    shown = ledger.forecast(people(30, mean=1.0).assign(due_on=datetime.date(1998, 7, 1)), "purchases")
    found = score(kept(shown, out=tmp_path), cdnow, datetime.date(1998, 9, 30))
    assert found.unresolved == [
        "purchases, forecast on 1997-09-30: due on 1998-07-01, but the table orders ends on 1998-06-30"
    ]
    assert "orders ends on 1998-06-30" in scored_page(found, ABOUT)


def test_a_kind_without_a_rule_and_a_table_that_is_missing_are_told(tmp_path, cdnow):
    shown = [ledger.forecast(people(30, mean=1.0), kind) for kind in ("tea_leaves", "left_contract")]
    found = score(kept(*shown, out=tmp_path), cdnow, DUE)
    assert found.unresolved == [
        "left_contract, forecast on 1997-09-30: cannot be compared, there is no table contracts",
        "tea_leaves, forecast on 1997-09-30: cannot be compared, no rule defines the outcome",
    ]


ORDERS = """order_id,customer_id,ordered_at,amount,is_return
1,a,2026-01-05,5,false
2,b,2026-01-06,5,false
3,b,2026-01-09,5,false
4,a,2026-02-01,5,false
5,a,2026-02-01,5,false
6,b,2026-02-02,-5,true
7,c,2026-02-10,5,false
8,a,2026-03-01,5,false
"""
CONTRACTS = """contract_id,customer_id,started_on,ended_on
1,running,2025-01-01,
2,ends_in_span,2025-01-01,2026-02-28
3,ended_before,2025-01-01,2026-01-31
4,renews,2025-01-01,2026-02-10
5,renews,2026-02-11,
6,one_of_two,2025-01-01,2026-02-10
7,one_of_two,2025-06-01,
8,later,2026-02-01,2026-02-15
9,ends_after,2025-01-01,2026-03-01
"""

PROJECTS = """project_id,started_on,finished_on,outcome,actual_cost,benefit_planned,benefit_realised
early,2024-01-01,2026-01-15,cancelled,5,9,0
stopped,2025-01-01,2026-02-10,cancelled,5,9,0
done,2025-01-01,2026-02-10,delivered,7,9,9
proven,2024-01-01,2025-02-20,delivered,7,9,1
open,2025-01-01,,,,9,
"""


def outcomes(ws, kind):
    made, due = datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)
    return OUTCOMES[kind](ws, made, due).to_pandas().set_index("unit_id")["happened"].to_dict()


def test_what_happened_by_hand(workspace):
    ws = workspace(orders=ORDERS, contracts=CONTRACTS)
    assert outcomes(ws, "purchases") == {
        "a": 1,
        "b": 0,
    }  # two orders on a day are one; a return is none; c was not known
    assert outcomes(ws, "purchases_total") == {"all": 1}
    assert outcomes(ws, "active") == {"a": 1, "b": 0}
    assert outcomes(ws, "returned") == {"a": 1}  # b had bought twice before
    assert outcomes(ws, "left_contract") == {
        "running": 0, "ends_in_span": 1, "renews": 0, "one_of_two": 0, "ends_after": 0,
    }  # fmt: skip
    ws = workspace(projects=PROJECTS)
    assert outcomes(ws, "project_fails") == {
        "stopped": 1,
        "proven": 1,
    }  # the benefit of done is not counted yet
    assert outcomes(ws, "project_finish") == {"done": 10, "open": 28}
    assert outcomes(ws, "project_cost") == {"done": 7}
    ws = workspace(orders=ORDERS, contracts=CONTRACTS)
    assert outcomes(ws, "kept_contract") == {k: 1 - v for k, v in outcomes(ws, "left_contract").items()}


@pytest.mark.parametrize("kind", sorted(OUTCOMES))
def test_nothing_later_than_the_due_date_is_used(workspace, kind):
    ws = workspace(orders=ORDERS, contracts=CONTRACTS, projects=PROJECTS)
    before = outcomes(ws, kind)
    later = ORDERS + "9,b,2026-03-01,5,false\n10,new,2026-03-02,5,false\n"
    ends = CONTRACTS.replace("running,2025-01-01,", "running,2025-01-01,2026-03-05") + "10,new,2026-03-02,\n"
    closes = (
        PROJECTS.replace("open,2025-01-01,,,,9,", "open,2025-01-01,2026-03-01,delivered,8,9,9")
        + "new,2026-03-02,,,,9,\n"
    )
    assert outcomes(workspace(orders=later, contracts=ends, projects=closes), kind) == before
    assert len(before)


def test_nobody_known_is_no_total(workspace):
    made, due = datetime.date(2025, 1, 1), datetime.date(2026, 2, 28)
    assert not len(OUTCOMES["purchases_total"](workspace(orders=ORDERS), made, due).to_pandas())


# the page


def test_the_page_says_it_in_words_pictures_and_numbers(forecasts, cdnow, tmp_path):
    found = score(forecasts, cdnow, DUE)
    text = scored_page(found, ABOUT)
    assert html5lib.HTMLParser(strict=True).parse(text) is not None
    assert "Actual: 1,882, 13.8% above the forecast, outside its interval" in text
    nodes = list(html5lib.parse(text, namespaceHTMLElements=False).iter())
    images = [n for n in nodes if n.tag == "img"]
    assert images
    assert "forecast 1,650 (1,470 to 1,860), actual 1,882" in images[0].attrib["alt"]
    assert not {"script", "link", "iframe"} & {n.tag for n in nodes}
    assert "00004" not in text  # a customer's key
    kept_ = results_of(found)
    assert all(r["low"] is None or r["low"] <= r["estimate"] <= r["high"] for r in kept_)


def results_of(found):
    from cxresearch.report import results

    return results.record(found.summary(), "Forecasts")._repr_mimebundle_()[display.TABLE]["results"]


def test_calibration_is_drawn_with_its_numbers(tmp_path):
    rng = np.random.default_rng(1)
    p = rng.random(600)
    found = scored(tmp_path, people(600, probability=p), (rng.random(600) < p).astype(int))
    groups, text = found.calibration, scored_page(found, ABOUT)
    held = ((groups["low"] <= groups["said"]) & (groups["said"] <= groups["high"])).sum()
    assert len(groups) == 10
    assert f"In {held} of 10 groups the interval holds the forecast." in text
    nodes = list(html5lib.parse(text, namespaceHTMLElements=False).iter())
    cells = [[cell.text for cell in row] for row in nodes if row.tag == "tr" and row[0].tag == "th"]
    shares = [[f"{getattr(g, name):.1%}" for name in ("said", "happened")] for g in groups.itertuples()]
    assert [row[:2] for row in cells if row[:2] in shares] == shares


def test_hostile_names_in_a_ledger_stay_text(tmp_path):
    import pyarrow.parquet as parquet

    kept(ledger.forecast(people(3, mean=1.0), "purchases"), out=tmp_path)
    path = tmp_path / "1997Q3" / "forecasts.parquet"
    rows = parquet.read_table(path).to_pandas().assign(kind="<script>alert(1)</script>")
    parquet.write_table(ledger._arrow(rows), path)
    found = score(ledger.earlier(tmp_path, DUE), None, DUE)
    assert "<script" not in scored_page(found, ABOUT)
