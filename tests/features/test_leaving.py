"""Only the listed reasons count as leaving: a death competes with it in the label, the hazard, the outcome and every share."""

import datetime

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.features.outcomes import OUTCOMES

ROWS = """contract_id,customer_id,started_on,ended_on,end_reason,term_months
1,A,2025-01-01,2026-02-10,cancelled,12
2,B,2025-01-01,2026-02-10,died,12
3,C,2025-01-01,2026-02-10,,12
4,D,2025-01-01,,,12
5,E,2025-01-01,2025-06-10,lapsed,12
"""


@pytest.fixture
def ws(tmp_path):
    def make(settings='leaving = ["cancelled", "lapsed"]'):
        (tmp_path / "contracts.csv").write_text(ROWS)
        (tmp_path / "cxresearch.toml").write_text(f"[churn]\n{settings}\n")
        return cx.open(tmp_path)

    return make


def who_left(ws):
    labels = cx.features.churn_labels(ws, "2026-01-31", 60, observed_to="2026-09-30").to_pandas()
    return set(labels.loc[labels["has_left"], "customer_id"]), set(labels["customer_id"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", "ABC"),
        ('leaving = ["cancelled", "lapsed"]', "A"),
        ('leaving = ["cancelled", "unknown"]', "AC"),
        ('leaving = "died"', "B"),
    ],
)
def test_the_listed_reasons_count_in_label_hazard_and_outcome(ws, settings, expected):
    ws = ws(settings)
    assert who_left(ws) == (set(expected), set("ABCD"))
    spells = cx.features.customer_spells(ws, "2026-09-30").to_pandas().set_index("customer_id")
    assert set(spells.index[spells["event"]]) - {"E"} == set(expected)
    assert set(spells.index[spells["is_over"]]) == set("ABCE")
    assert spells.loc["B", "duration"] == 14  # under observation until the death
    terms = cx.features.contract_terms(ws, "2026-09-30").to_pandas().set_index("customer_id")
    assert set(terms.index[terms["has_ended"]]) - {"E"} == set(expected)
    assert terms.loc["B", "end_reason"] == "died"
    happened = OUTCOMES["left_contract"](
        ws, datetime.date(2026, 1, 31), datetime.date(2026, 9, 30)
    ).to_pandas()
    assert set(happened.loc[happened["happened"] == 1, "unit_id"]) == set(expected)
    rows = cx.features.churn_rows(ws, "2026-04-30", periods=1)
    known = rows[rows["has_left"].notna()]
    assert set(known.loc[known["has_left"].astype(bool), "customer_id"]) == set(expected)


def test_a_reason_that_no_end_has_is_refused(ws):
    with pytest.raises(
        cx.DataError,
        match=r"no contract ended with the reason canceled; there are cancelled, died, lapsed, unknown",
    ):
        who_left(ws('leaving = ["canceled"]'))


def test_without_reasons_there_is_nothing_to_choose_from(tmp_path):
    (tmp_path / "contracts.csv").write_text(
        "contract_id,customer_id,started_on,ended_on\n1,A,2025-01-01,2026-02-10\n"
    )
    (tmp_path / "cxresearch.toml").write_text('[churn]\nleaving = ["cancelled"]\n')
    with pytest.raises(cx.DataError, match="contracts has no column end_reason"):
        who_left(cx.open(tmp_path))


def test_the_share_that_stays_is_one_minus_the_incidence_of_leaving():
    """A tenth leave and a tenth die each year: after two years about a fifth less the dead have left, not a fifth of the survivors."""
    random, n = np.random.default_rng(3), 20_000
    leaves, dies = random.geometric(0.02, n), random.geometric(0.03, n)
    first = np.minimum(leaves, dies)
    spells = pd.DataFrame({"entry": 0, "duration": np.minimum(first, 36), "age": 36, "is_observed": True})
    spells["is_over"] = first <= 36
    spells["event"] = spells["is_over"] & (leaves < dies)
    stay = cx.models.ContractStay().fit(spells)
    expected = 1 - np.mean((leaves <= 24) & (leaves < dies))
    assert stay.marks_.set_index("month").loc[24, "estimate"] == pytest.approx(expected, abs=1e-9)
    assert stay.others_ == int((spells["is_over"] & ~spells["event"]).sum())


def test_fourteen_years_of_contracts_have_marks_beyond_five_and_a_median():
    random, n = np.random.default_rng(4), 4000
    lasted = random.geometric(0.01, n)
    spells = pd.DataFrame(
        {"entry": 0, "duration": np.minimum(lasted, 168), "event": lasted <= 168, "is_observed": True}
    )
    stay = cx.models.ContractStay().fit(spells)
    assert stay.marks_["month"].tolist() == [6, 12, 24, 36, 60, 84, 120]
    found = stay.summary().set_index("metric").loc["months until half of contract customers have left"]
    assert found["low"] <= np.median(lasted) <= found["high"]
    short = cx.models.ContractStay().fit(spells.assign(duration=np.minimum(lasted, 12), event=lasted <= 12))
    assert "months until half of contract customers have left" not in set(short.summary()["metric"])


def test_a_reason_that_nobody_gave_is_named_by_the_check(ws):
    found = ws('leaving = ["cancelled", "lapsd"]').check("2026-09-30")
    assert found.sentences() == [
        "contracts.csv, column end_reason: [churn] leaving in cxresearch.toml lists lapsd, with which no contract ended: is it spelt like that?"
    ]
    assert ws('leaving = ["cancelled", "unknown"]').check("2026-09-30").ok


def test_a_listed_reason_is_found_among_hundreds(tmp_path):
    rows = [f"{i},c{i},2025-01-01,2026-01-{i % 28 + 1:02d},reason {i:03d}" for i in range(300)]
    (tmp_path / "contracts.csv").write_text(
        "\n".join(["contract_id,customer_id,started_on,ended_on,end_reason", *rows])
    )
    (tmp_path / "cxresearch.toml").write_text('[churn]\nleaving = ["reason 299"]\n')
    spells = cx.features.customer_spells(cx.open(tmp_path), "2026-09-30").to_pandas()
    assert spells.loc[spells["event"], "customer_id"].tolist() == ["c299"]
