"""What the page on loyalty says, verdict by verdict, and with numbers missing."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import readings
from cxresearch.display import READING

NAN = float("nan")


def text(shown):
    """What a reading says; never a missing number."""
    assert "nan" not in shown.text.replace("finance", "") and "None" not in shown.text
    assert "  " not in shown.text and " ." not in shown.text
    return shown.text


def limits(estimate=NAN, low=NAN, high=NAN, n=NAN):
    return pd.Series({"estimate": estimate, "low": low, "high": high, "n": n})


# ---------------------------------------------------------------- waves


def waves(changes=(), bases=(("NPS", "points", 400),), detectable=(("NPS", 11.14),), left_out=()):
    """Changes: (index, estimate, n, verdict), in order of time."""
    return SimpleNamespace(
        changes_=pd.DataFrame(changes, columns=["index", "estimate", "n", "verdict"]),
        waves_=pd.DataFrame(bases, columns=["index", "unit", "n"]).assign(
            wave=["w1", "w2", "w3"][: len(bases)]
        ),
        detectable_=pd.Series(dict(detectable), dtype=float),
        left_out_=list(left_out),
    )


def test_one_wave_has_no_change():
    said = text(readings.loyalty_waves(waves(left_out=["no CES: nobody answered effort"])))
    assert said.startswith("There is only one wave, so change cannot be assessed.")
    two = waves(bases=[("NPS", "points", 400), ("CES", "mean", 300)])
    assert text(readings.loyalty_waves(two)).startswith("No index is known for two waves, so change cannot")
    assert "80% chance of detecting a change of 11.1 in NPS." in said
    assert "Left out: no CES: nobody answered effort." in said


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ([("NPS", 5.0, 400, "changed")], "Compared with the previous wave, NPS rose. Across all indices and waves, 1 of 1 changes"),
        ([("NPS", -5.0, 400, "changed")], "Compared with the previous wave, NPS fell. "),
        ([("NPS", 1.0, 400, "no clear difference")], "Compared with the previous wave, NPS showed no clear difference. Across all indices and waves, 0 of 1"),
        (
            [("NPS", 5.0, 400, "changed"), ("CSAT", -0.1, 400, "changed"), ("CES", 0.1, 400, "no clear difference")],
            "Compared with the previous wave, NPS rose and CSAT fell; CES showed no clear difference. Across all indices and waves, 2 of 3",
        ),
        ([("NPS", 9.0, 400, "changed"), ("NPS", 0.1, 400, "no clear difference")], "Compared with the previous wave, NPS showed no clear"),
        ([("NPS", 9.0, 400, "changed"), ("NPS", 0.1, 9, "changed")], "Change is not assessed: fewer than 10 respondents"),
    ],
)  # fmt: skip
def test_changes_of_the_latest_wave(changes, verdict):
    assert text(readings.loyalty_waves(waves(changes))).startswith(verdict)


def test_a_detectable_change_is_named_only_on_ten_answers_and_in_its_unit():
    bases = [("NPS", "points", 9), ("CSAT", "share", 50), ("CES", "mean", 50)]
    found = waves(bases=bases, detectable=[("NPS", 60.0), ("CSAT", 0.0612), ("CES", 0.188)])
    assert "detecting a change of 6.1 percentage points in CSAT and 0.188 in CES." in text(
        readings.loyalty_waves(found)
    )
    unknown = waves(bases=bases[:1], detectable=[("NPS", NAN)])
    assert "chance of detecting" not in text(readings.loyalty_waves(unknown))


# ---------------------------------------------------------------- drivers


def drivers(announced=(True, True), johnson=(1, 2), vif=(1.2, 1.6), missing=0, coefficient=(0.5, 0.3)):
    importance = pd.DataFrame(
        {"share": [0.604, 0.396], "rank": [1, 2], "rank_low": [1, 1], "rank_high": [1, 2],
         "announced": announced, "johnson_rank": johnson, "vif": vif, "coefficient": coefficient}, ["ease", "{price}"]
    )  # fmt: skip
    bases = pd.DataFrame({"missing": [missing, 0, 0]}, ["ease", "{price}", "y"])
    return SimpleNamespace(importance_=importance, bases_=bases, n_least_=80)


def test_drivers_that_stand_out_are_a_finding_with_share_and_rank():
    shown = readings.driver_importance(drivers(), "recommend")
    assert "ease (60%, rank 1); {price} (40%, rank 1 to 2)." in text(shown)
    assert "rank all 2 drivers alike." in shown.text
    assert "Left out" not in shown.text
    assert shown._repr_mimebundle_()[READING]["label"] == "Drivers"


def test_a_driver_that_lowers_the_outcome_is_told_with_its_sign():
    shown = readings.driver_importance(drivers(coefficient=(-0.5, 0.3)), "recommend")
    assert (
        "ease (60%, rank 1, with a negative sign: higher ratings go with lower recommend); {price} (40%, rank 1 to 2)."
        in text(shown)
    )


def test_drivers_that_do_not_stand_out_are_not_named():
    shown = readings.driver_importance(drivers((False, False), (2, 1)), "recommend", ["staff: too few"])
    assert text(shown).startswith("No driver stands out")
    assert "ease" not in shown.text
    assert "give the same rank to 0 of 2 drivers." in shown.text
    assert "Left out: staff: too few." in shown.text


def test_many_things_left_out_are_counted():
    shown = readings.driver_importance(drivers(), "recommend", [f"d{k}: too few" for k in range(7)])
    assert "d4: too few; and 2 more." in text(shown)


@pytest.mark.parametrize(
    ("missing", "vif", "verdicts"),
    [
        (0, 1.62, ["No rating is missing.", "1.6: overlap is low enough to tell the drivers apart."]),
        (1, 1.62, ["Fewer than 10 ratings are missing; each correlation uses", "at least 80."]),
        (1234, 5.3, ["1,230 ratings are missing", "5.3: overlap is strong enough to blur their shares."]),
    ],
)
def test_overlap(missing, vif, verdicts):
    said = text(readings.driver_overlap(drivers(vif=(1.0, vif), missing=missing)))
    assert all(verdict in said for verdict in verdicts)


@pytest.mark.parametrize(
    ("agrees", "rho", "said"),
    [
        ([True, True], 0.94, "Both models agree on the sign of every driver (rank correlation of the coefficients 0.94, 9,730 complete answers)."),
        ([True, False], 0.5, "The two models disagree on the sign of price: do not act on it (rank"),
        ([True, True], NAN, "Both models agree on the sign of every driver (9,730 complete answers)."),
    ],
)  # fmt: skip
def test_the_ordinal_check(agrees, rho, said):
    check = SimpleNamespace(
        drivers_=pd.DataFrame({"agrees": agrees}, ["ease", "price"]), rank_correlation_=rho, n_=9731
    )
    assert text(readings.ordinal_check(check)).startswith(said)


def test_must_be_and_attractive_drivers():
    rows = [
        ("ease", "must-be", "depth", "quartiles", 11, 200),
        ("price", "attractive", "depth", "failures and delights", 140, 64),
    ]
    frame = pd.DataFrame(rows, columns=["driver", "kind", "survey", "cuts", "low answers", "high answers"])
    kinds = SimpleNamespace(named=lambda: frame, left_out=["pulse: 12 complete answers, fewer than 40"])
    said = text(readings.must_be_and_delighters(kinds))
    assert (
        "ease is a must-be driver (depth, quartiles; 10 low answers) and price is an attractive driver (depth, failures and delights; 60 high answers)."
        in said
    )
    assert "Left out: pulse: 12 complete answers, fewer than 40." in said
    none = SimpleNamespace(named=lambda: frame[:0], left_out=[])
    assert text(readings.must_be_and_delighters(none)).startswith(
        "No driver is clearly must-be or attractive"
    )


# ---------------------------------------------------------------- stated and lived


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (limits(0.84, 0.80, 0.88), "Customers who score higher stay longer: one more point goes with 0.84 times the rate of leaving (95% interval 0.80 to 0.88)."),
        (limits(1.2, 1.1, 1.3), "Customers who score higher leave sooner: "),
        (limits(0.95, 0.8, 1.1), "There is no clear link between score and leaving: "),
        (limits(), ""),
    ],
)  # fmt: skip
def test_leaving_by_score(ratio, said):
    lived = SimpleNamespace(hazard_ratio_=ratio, left_out_=["score 0–6: fewer than 10 customers"])
    shown = text(readings.leaving_by_score(lived))
    assert shown.startswith(said) and bool(shown) == bool(said)
    assert not said or "Left out: score 0–6: fewer than 10 customers." in shown


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        (limits(3.0, 1.0, 5.0), "Customers who score higher spend more: at equal earlier spend, one more point goes with +3 in the"),
        (limits(-3000.0, -5000.0, -1000.0), "Customers who score higher spend less: at equal earlier spend, one more point goes with −3,000 in"),
        (limits(0.81, -2.87, 4.5), "There is no clear link between score and later spend: "),
        (limits(), ""),
    ],
)  # fmt: skip
def test_spending_by_score(slope, said):
    shown = text(readings.spending_by_score(SimpleNamespace(spend_slope_=slope, left_out_=[])))
    assert shown.startswith(said) and bool(shown) == bool(said)


# ---------------------------------------------------------------- non-response


def silent(rate=0.268, tipping=(9.1, 24.2), ratio=None, verdict="may lie elsewhere", left_out=()):
    return SimpleNamespace(
        rate_=limits(rate),
        reported_=limits(16.6, 11.1, 22.1),
        tipping_=pd.DataFrame({"silent": [*tipping, 0.0]}),
        hazard_ratio_=limits() if ratio is None else ratio,
        verdict_=verdict,
        left_out_=list(left_out),
        strata_=pd.DataFrame({"stratum": ["a", "b", "c"]}),
        r_indicator_=limits(0.97, 0.93, 1.0),
    )


@pytest.mark.parametrize(
    ("rate", "verdict", "ratio", "said"),
    [
        (0.268, "may lie elsewhere", (1.22, 1.1, 1.36), "27% of those invited answered; the true score may be lower"),
        (0.268, "may lie elsewhere", (0.8, 0.7, 0.9), "27% of those invited answered; the true score may be higher"),
        (0.268, "may lie elsewhere", (1.0, 0.9, 1.1), "27% of those invited answered; the true score may be different"),
        (0.268, "cannot be excluded", (1.0, 0.9, 1.1), "27% of those invited answered; a bias of who answers cannot be ruled out"),
        (1.0, "everybody answered", (1.0, 0.9, 1.1), "all invited customers answered"),
    ],
)  # fmt: skip
def test_the_score_carries_its_verdict(rate, verdict, ratio, said):
    """The board's NPS stands beside the share that answered and what page 05 finds of it."""
    shown = readings.non_response(silent(rate, ratio=limits(*ratio), verdict=verdict))
    assert shown._repr_mimebundle_()[READING]["cautions"] == {"NPS": said}
    sees = "The R-indicator compares 3 strata with each other; who answers within them it does not see."
    assert (sees in shown.text) == (verdict != "everybody answered")


@pytest.mark.parametrize(
    ("tipping", "said"),
    [
        ((9.1, 24.2), "If the NPS of the others were below 9 or above 24, the overall score would fall outside the reported interval (11 to 22)."),
        ((-120.0, 24.2), "If the NPS of the others were above 24, the"),
        ((-9.1, 130.0), "If the NPS of the others were below −9, the"),
        ((-120.0, 130.0), "No NPS of the others could move the overall score out of the reported interval (11 to 22)."),
    ],
)  # fmt: skip
def test_the_tipping_point(tipping, said):
    assert text(readings.non_response(silent(tipping=tipping))).startswith(f"26.8% answered. {said}")


@pytest.mark.parametrize(
    ("ratio", "verdict", "said"),
    [
        (limits(1.2, 1.1, 1.4), "may lie elsewhere", ["left more often than respondents (hazard ratio 1.20, 1.10 to 1.40)", "may be lower:"]),
        (limits(0.8, 0.7, 0.9), "may lie elsewhere", ["left less often than respondents", "may be higher:"]),
        (limits(1.0, 0.8, 1.2), "may lie elsewhere", ["left about as often as respondents", "may differ:"]),
        (limits(1.0, 0.8, 1.2), "cannot be excluded", ["There is no sign of bias, but it cannot be ruled out."]),
        (None, "cannot be excluded", ["Left out: no raking: nothing is known of the invited."]),
    ],
)  # fmt: skip
def test_bias_of_non_response(ratio, verdict, said):
    model = silent(ratio=ratio, verdict=verdict, left_out=["no raking: nothing is known of the invited"])
    shown = text(readings.non_response(model))
    assert all(part in shown for part in said)
    assert ("hazard ratio" in shown) == (ratio is not None)


def test_everybody_answered():
    shown = text(readings.non_response(silent(1.0, (NAN, NAN), verdict="everybody answered")))
    assert shown == "Everyone invited answered. The score is that of all invited customers."


# ---------------------------------------------------------------- comments


def test_themes_that_rate_a_driver_apart_are_named():
    rows = [
        ("late", "speed", -1.24, "lower"),
        ("staff", "speed", 0.5, "higher"),
        ("late", "price", NAN, "no clear difference"),
    ]
    frame = pd.DataFrame(rows, columns=["theme", "driver", "estimate", "verdict"])
    themes = SimpleNamespace(drivers_=frame, n_=1106, n_responses_=9731)
    said = text(readings.comment_themes(themes))
    assert said.startswith("1,110 respondents wrote a comment, out of 9,730 responses.")
    assert "writers of “late” rate speed lower (−1.2); of “staff” rate speed higher (+0.5)." in said
    quiet = SimpleNamespace(drivers_=frame[2:], n_=1106, n_responses_=9731)
    assert "No theme goes with a clearly lower or higher rating" in text(readings.comment_themes(quiet))
    empty = SimpleNamespace(drivers_=frame[:0].astype({"estimate": float}), n_=50, n_responses_=np.int64(60))
    assert "No theme goes with" in text(readings.comment_themes(empty))
