"""Features of customers as known on a date: by hand, against plain Python, and blind to the future."""

import datetime
import io
import itertools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.features.answered import wave_end
from tests.company import other_future, small, stored

AS_OF = "2026-03-31"
CUSTOMERS = """customer_id,acquired_at,segment
a,2025-01-01,B2C
b,2025-06-30T23:59:59,B2C
c,2026-03-31T23:59:59,B2C
d,2026-04-01,B2C
"""
ORDERS = """order_id,customer_id,ordered_at,amount,is_return
1,a,2025-04-01T12:00:00,7,false
2,a,2026-03-01,10,false
3,a,2026-03-02T00:00:00,20,
4,a,2026-03-31T23:59:59,40,false
5,a,2026-03-30,40,true
6,a,2026-04-01T00:00:00,1000,false
7,b,2026-01-31,5,false
8,b,2026-01-30,6,false
9,c,2026-04-02,6,false
"""
CONTRACTS = """contract_id,customer_id,started_on,ended_on,term_months,monthly_amount,end_reason
1,a,2025-02-01,,12,100,
2,a,2026-01-15,2026-04-30,1,50,cancelled
3,a,2024-01-01,2026-03-31,12,900,lapsed
4,b,2025-12-31,,3,300,
5,b,2026-04-01,,12,9999,
6,d,2026-04-01,,12,9999,
"""
CONTACTS = """interaction_id,customer_id,started_at,touchpoint,channel,case_id,wait_seconds,is_resolved,is_transferred
1,a,2026-03-01T10:00:00,fault,Phone,K1,10,false,true
2,a,2026-03-08T10:00:00,fault,phone,K1,30,true,false
3,a,2026-03-20T10:00:00,invoice,E-Mail,K2,,false,
4,a,2026-03-21T10:00:00,invoice,web,K3,50,false,false
5,a,2026-03-28T10:00:01,invoice,web,K3,100,false,false
6,a,2026-04-01T00:00:00,invoice,web,K2,1,true,false
7,b,2025-01-01T00:00:00,fault,fax,K4,7,false,false
8,b,2026-03-31T08:00:00,fault,e mail,,9,,false
"""
ANSWERS = """response_id,customer_id,responded_at,recommend,driver_ease
1,a,2026-01-01T10:00:00,9,1
2,a,2026-03-01T10:00:00,2,
3,a,2026-03-01T10:00:00,5,3
4,a,2026-03-30T10:00:00,,8
5,a,2026-04-02T10:00:00,10,10
6,,2026-03-02T10:00:00,10,10
"""
TABLES = {
    "customers": CUSTOMERS, "orders": ORDERS, "contracts": CONTRACTS, "interactions": CONTACTS, "survey_responses": ANSWERS,
}  # fmt: skip


def features(ws, as_of=AS_OF, **options):
    return cx.features.customers(ws, as_of, **options).to_pandas().set_index("customer_id").sort_index()


@pytest.fixture
def by_hand(workspace):
    return features(workspace(**TABLES))


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return small(tmp_path_factory.mktemp("company"))


def test_who_was_won_by_the_end_of_the_day_has_a_row(by_hand):
    assert by_hand.index.tolist() == ["a", "b", "c"]
    assert by_hand["tenure_days"].tolist() == [454, 274, 0]


def test_orders_by_hand(by_hand):
    a, b, c = (by_hand.loc[who] for who in "abc")
    assert (a.recency_days, a.buying_days, a.frequency, a.spend) == (0, 364, 4, 77)
    assert a.monetary == 77 / 4
    # 2 March is the first of the 30 days that end on the 31st; 1 March is the last of the 30 before
    assert (a.orders_30d, a.spend_30d, a.orders_trend_30d, a.spend_trend_30d) == (2, 60, 1, 50)
    assert (a.orders_90d, a.spend_90d, a.orders_365d, a.spend_365d) == (3, 70, 4, 77)
    assert (a.returns_365d, b.returns_365d) == (1, 0)
    # 31 January is the 30th day before 2 March, 30 January the 31st
    assert (b.orders_30d, b.orders_trend_30d, b.spend_trend_30d) == (0, -1, -5)
    assert (b.orders_90d, b.orders_trend_90d) == (2, 2)
    assert (c.frequency, c.spend, c.orders_trend_365d) == (0, 0, 0)
    assert pd.isna(c.recency_days)
    assert pd.isna(c.monetary)


def test_contracts_by_hand(by_hand):
    a, b, c = (by_hand.loc[who] for who in "abc")
    assert (a.contracts_running, a.contracts_ended, a.days_since_end) == (2, 1, 0)
    assert (b.contracts_running, b.contracts_ended, c.contracts_running) == (1, 0, 0)
    assert (a.contract_days, b.contract_days) == (423, 90)
    assert (a.monthly_amount, b.monthly_amount, c.monthly_amount) == (150, 300, 0)
    # 1: from 1 February 2025, 14 months over, renewal on 1 February 2027; 2: renewal on 15 April; 4: 3 months were over on 31 March
    assert (a.term_months, a.months_to_renewal, b.months_to_renewal) == (12, 1, 3)
    assert a.price_against_segment == pytest.approx(
        (100 / 100 + 50 / 100) / 2
    )  # the median of 100, 50 and 300
    assert b.price_against_segment == 3
    assert (
        c[["contract_days", "days_since_end", "term_months", "months_to_renewal", "price_against_segment"]]
        .isna()
        .all()
    )


def test_contacts_by_hand(by_hand):
    a, b, c = (by_hand.loc[who] for who in "abc")
    assert (a.contacts, a.contacts_30d, a.contacts_trend_30d, a.contacts_365d) == (5, 4, 3, 5)
    assert (a.days_since_contact, b.days_since_contact) == (3, 0)
    assert (a.contacts_channel_phone_365d, a.contacts_channel_web_365d, a.contacts_channel_e_mail_365d) == (
        2,
        2,
        1,
    )
    assert (a.contacts_touchpoint_fault_365d, a.contacts_touchpoint_invoice_365d) == (2, 3)
    assert (b.contacts, b.contacts_365d, b.contacts_channel_fax_365d, b.contacts_channel_e_mail_365d) == (
        2,
        1,
        0,
        1,
    )
    # the second contact of K1 came on the 7th day to the second, that of K3 a second too late
    assert (a.repeats_365d, b.repeats_365d) == (1, 0)
    # K1 was settled, K2 and K3 were not; that K2 was on 1 April is not known; whether 8 was is not recorded; K4 is too old
    assert (a.unresolved_cases_365d, b.unresolved_cases_365d) == (2, 0)
    assert (a.transferred_365d, b.transferred_365d, c.contacts) == (1, 0, 0)
    assert a.wait_seconds_mean_365d == pytest.approx((10 + 30 + 50 + 100) / 4)
    assert (a.wait_seconds_max_365d, b.wait_seconds_max_365d) == (100, 9)
    assert pd.isna(c.wait_seconds_mean_365d)


def test_contacts_without_cases_repeat_another_about_the_same_touchpoint(workspace):
    def without(*columns):
        frame = pd.read_csv(io.StringIO(CONTACTS)).drop(columns=list(columns))
        return features(workspace(interactions=frame.to_csv(index=False)))

    found = without("case_id")
    assert found["repeats_365d"].to_dict() == {"a": 2, "b": 0}  # 2 after 1, and 4 a day after 3
    assert found["unresolved_cases_365d"].to_dict() == {"a": 4, "b": 0}  # each contact is a case of its own
    assert "unresolved_cases_365d" not in without("is_resolved")
    assert "wait_seconds_mean_365d" not in without("case_id", "wait_seconds")


def test_surveys_by_hand(by_hand):
    a, b = by_hand.loc["a"], by_hand.loc["b"]
    assert (a.responses, a.days_since_response, b.responses) == (4, 1, 0)
    assert a.survey_recommend_last == 3.5  # two at the same moment; the later answer left it blank
    assert a.survey_recommend_mean == pytest.approx((9 + 2 + 5) / 3)
    assert a.survey_driver_ease_mean == 4
    assert b[["days_since_response", "survey_recommend_last", "survey_driver_ease_mean"]].isna().all()


def test_every_number_of_a_company_again_in_plain_python(company):
    ws, frames = company
    found = features(ws, windows=(45, 200))
    for who in found.index:
        wanted = in_plain_python(frames, who, pd.Timestamp(AS_OF), (45, 200))
        for name, value in wanted.items():
            np.testing.assert_allclose(
                found.loc[who, name], value, rtol=1e-9, atol=1e-9, err_msg=f"{who}: {name}"
            )
    assert len(wanted) > 35
    assert found["repeats_200d"].sum() > 10
    assert found["unresolved_cases_200d"].sum() > 5


def in_plain_python(frames, who, day, windows):
    """The features of one customer, row by row."""
    own = {name: frame[frame["customer_id"] == who].to_dict("records") for name, frame in frames.items()}
    end, longest = day + pd.Timedelta(days=1), windows[-1]
    blank = float("nan")

    def within(moment, days, before=0):
        return end - pd.Timedelta(days=days + before) <= moment < end - pd.Timedelta(days=before)

    def age(moments):
        return (day - max(moments).normalize()).days if moments else blank

    orders = [o for o in own["orders"] if o["ordered_at"] < end]
    bought = [o for o in orders if o["is_return"] is not True]
    spent = [o["amount"] for o in bought]
    wanted = {
        "recency_days": age([o["ordered_at"] for o in bought]),
        "frequency": len(bought),
        "spend": sum(spent),
        "monetary": sum(spent) / len(spent) if spent else blank,
        f"returns_{longest}d": sum(
            o["is_return"] is True and within(o["ordered_at"], longest) for o in orders
        ),
    }
    contacts = sorted(
        (c for c in own["interactions"] if c["started_at"] < end), key=lambda c: c["started_at"]
    )
    inside = [c for c in contacts if within(c["started_at"], longest)]
    for days in windows:
        now, before = ([o["amount"] for o in bought if within(o["ordered_at"], days, b)] for b in (0, days))
        wanted |= {f"orders_{days}d": len(now), f"orders_trend_{days}d": len(now) - len(before)}
        wanted |= {f"spend_{days}d": sum(now), f"spend_trend_{days}d": sum(now) - sum(before)}
        now, before = (sum(within(c["started_at"], days, b) for c in contacts) for b in (0, days))
        wanted |= {f"contacts_{days}d": now, f"contacts_trend_{days}d": now - before}
    for column in ("channel", "touchpoint"):
        for level in ("phone", "web", "fax", "fault", "invoice"):
            number = sum(c[column] == level for c in inside)
            if number:
                wanted[f"contacts_{column}_{level}_{longest}d"] = number
    cases = {}
    for contact in contacts:
        cases.setdefault(contact["case_id"], []).append(contact)
    wanted[f"repeats_{longest}d"] = sum(
        within(this["started_at"], longest)
        and this["started_at"] - last["started_at"] <= pd.Timedelta(days=7)
        for case in cases.values()
        for last, this in itertools.pairwise(case)
    )
    wanted[f"unresolved_cases_{longest}d"] = sum(
        within(case[-1]["started_at"], longest) and not any(c["is_resolved"] for c in case)
        for case in cases.values()
    )
    waits = [c["wait_seconds"] for c in inside if not pd.isna(c["wait_seconds"])]
    rated = [c["satisfaction"] for c in contacts if not pd.isna(c["satisfaction"])]
    wanted |= {
        "contacts": len(contacts),
        "days_since_contact": age([c["started_at"] for c in contacts]),
        f"wait_seconds_mean_{longest}d": sum(waits) / len(waits) if waits else blank,
        f"wait_seconds_max_{longest}d": max(waits, default=blank),
        f"transferred_{longest}d": sum(c["is_transferred"] is True for c in inside),
        "contact_satisfaction_mean": sum(rated) / len(rated) if rated else blank,
    }
    contracts = [c for c in own["contracts"] if pd.Timestamp(c["started_on"]) <= day]
    running = [c for c in contracts if pd.isna(c["ended_on"]) or pd.Timestamp(c["ended_on"]) > day]
    wanted |= {"contracts_running": len(running), "contracts_ended": len(contracts) - len(running)}
    wanted["monthly_amount"] = sum(c["monthly_amount"] for c in running)
    left = []
    for contract in running:
        renewal = pd.Timestamp(contract["started_on"])
        while renewal <= end:
            renewal += pd.DateOffset(months=int(contract["term_months"]))
        left.append(
            (renewal.year - end.year) * 12 + renewal.month - end.month
        )  # these begin on the first of a month
    wanted["months_to_renewal"] = min(left, default=blank)
    answers = [a for a in own["survey_responses"] if a["responded_at"] < end]
    wanted |= {"responses": len(answers), "days_since_response": age([a["responded_at"] for a in answers])}
    for column in ("recommend", "satisfaction", "emotion"):
        given = [(a["responded_at"], a[column]) for a in answers if not pd.isna(a[column])]
        last = [score for when, score in given if when == max(given)[0]]
        wanted[f"survey_{column}_last"] = sum(last) / len(last) if last else blank
        wanted[f"survey_{column}_mean"] = sum(s for _, s in given) / len(given) if given else blank
    return wanted


@settings(
    max_examples=5, phases=[Phase.explicit, Phase.generate]
)  # each example writes a company: shrinking takes minutes
@given(as_of=st.dates(datetime.date(2024, 11, 1), datetime.date(2026, 9, 15)), seed=st.integers(0, 2**31))
def test_another_future_changes_no_feature(company, as_of, seed):
    ws, frames = company
    with tempfile.TemporaryDirectory() as folder:
        other = stored(other_future(frames, as_of, seed), Path(folder))
        found, changed = features(ws, as_of), features(other, as_of)
        pd.testing.assert_frame_equal(found, changed)


def test_the_other_future_is_another(company, tmp_path):
    ws, frames = company
    other = stored(other_future(frames, datetime.date(2025, 6, 30), 1), tmp_path)
    assert not features(ws).equals(features(other))


def test_without_a_table_of_customers_all_who_are_spoken_of_are_known(workspace):
    ws = workspace(orders=ORDERS, contracts=CONTRACTS, survey_responses=ANSWERS.replace("1,a", "1,z"))
    found = features(ws)
    assert found.index.tolist() == ["a", "b", "z"]
    assert found["tenure_days"].tolist() == [820, 90, 89]
    assert found.loc["z", "frequency"] == 0
    assert "price_against_segment" not in found.columns


def test_a_single_table_is_enough(workspace):
    found = features(workspace(orders=ORDERS))
    assert found["tenure_days"].tolist() == [364, 60]
    assert found["tenure_days"].equals(found["buying_days"])


def test_the_codebook_lists_each_column_and_why_one_is_left_out(workspace, company):
    for ws in (workspace(**TABLES), company[0]):
        book = cx.features.customer_columns(ws, as_of=AS_OF)
        there = book[book["left_out"] == ""]
        assert ["customer_id", *there["column"]] == list(cx.features.customers(ws, AS_OF).columns)
        assert book["column"].is_unique
        assert (book[["column", "table", "unit", "meaning", "missing"]] != "").all().all()


def test_the_codebook_names_the_table_or_column_that_is_not_there(workspace):
    ws = workspace(
        orders="order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n",
        contracts="contract_id,customer_id,started_on,ended_on,monthly_amount\n1,a,2026-01-01,,5\n",
        survey_responses="response_id,wave,recommend\n1,2026Q1,9\n",
    )
    book = cx.features.customer_columns(ws, as_of=AS_OF).set_index("column")["left_out"]
    assert book["spend"] == ""
    assert book["segment"] == "no table customers"
    assert book["returns_365d"] == ""  # a negative amount is a return, too
    assert book["months_to_renewal"] == "no column term_months"
    assert book["price_against_segment"] == "no column segment"
    assert book["contacts_channel_*_365d"] == "no table interactions"
    assert book["survey_recommend_last"] == "no column customer_id"
    assert [c for c in features(ws).columns if book[c]] == []


def test_an_answer_with_only_a_wave_is_known_when_the_wave_has_ended(workspace):
    answers = (
        "response_id,wave,customer_id,recommend\n1,2025Q4,a,3\n2,2026Q1,a,9\n3,2026Q2,a,1\n4,spring,a,0\n"
    )
    ws = workspace(customers=CUSTOMERS, survey_responses=answers)
    assert features(ws, "2026-03-30").loc["a", "survey_recommend_last"] == 3
    found = features(ws, "2026-03-31").loc["a"]
    assert (found.survey_recommend_last, found.survey_recommend_mean, found.responses) == (9, 6, 2)
    ws = workspace(customers=CUSTOMERS, survey_responses=answers.replace("202", "spring 202"))
    assert features(ws)["responses"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("wave", "starts", "ends"),
    [
        ("2026", 1, "2026-12-31"),
        ("2026", 4, "2026-03-31"),
        ("2026 Q4", 10, "2026-09-30"),
        ("2024-02", 1, "2024-02-29"),
        ("2026-07-15", 1, "2026-07-15"),
        ("2026-13", 1, None),
        ("2026-02-30", 1, None),
        ("2026Q5", 1, None),
        ("wave 2026", 1, None),
    ],
)
def test_when_a_wave_has_ended(wave, starts, ends):
    assert str(wave_end(wave, starts)) == str(ends)


def test_channels_that_are_given_make_the_same_columns_on_every_date(workspace):
    ws = workspace(**TABLES)
    given_ = {"channels": ["phone", "Teams"], "touchpoints": ["fault"]}
    early, late = (features(ws, as_of, **given_) for as_of in ("2025-02-01", AS_OF))
    assert list(early.columns) == list(late.columns)
    assert [c for c in late if "channel" in c and "acquisition" not in c] == [
        "contacts_channel_phone_365d", "contacts_channel_teams_365d",
    ]  # fmt: skip
    assert late["contacts_channel_teams_365d"].tolist() == [0, 0, 0]
    assert late.loc["a", "contacts_channel_phone_365d"] == 2


def test_a_list_of_dates_gives_the_rows_of_each(workspace, company):
    for ws, dates in (
        (workspace(**TABLES), ["2026-03-31", "2025-07-31", "2020-01-01", "2026-03-30"]),
        (workspace(orders=ORDERS, contracts=CONTRACTS, survey_responses=ANSWERS), ["2026-01-30", AS_OF]),
        (workspace(orders=ORDERS), [AS_OF]),
        (company[0], ["2025-06-30", "2025-12-31", AS_OF]),
    ):
        both = cx.features.customers(ws, dates).to_pandas()
        both["as_of"] = pd.to_datetime(both["as_of"]).dt.strftime("%Y-%m-%d")
        levels = [c for c in both if c.startswith(("contacts_channel", "contacts_touchpoint"))]
        names = {
            kind: [c[len(f"contacts_{kind}_") : -5] for c in levels if kind in c]
            for kind in ("channel", "touchpoint")
        }
        for day in dates:
            found = both[both["as_of"] == day].drop(columns="as_of").set_index("customer_id").sort_index()
            alone = features(ws, day, channels=names["channel"], touchpoints=names["touchpoint"])
            # a column without a value on a date is numeric all the same
            pd.testing.assert_frame_equal(found, alone.astype(found.dtypes), check_exact=True)


def test_only_the_most_frequent_levels_have_a_column(workspace):
    rows = [f"{i},a,2026-03-01,touch {i // 2},phone\n" for i in range(60)]
    ws = workspace(interactions="interaction_id,customer_id,started_at,touchpoint,channel\n" + "".join(rows))
    assert sum("touchpoint" in c for c in features(ws).columns) == 20


def test_before_anybody_was_known_there_is_no_row(workspace):
    ws = workspace(**TABLES)
    assert len(features(ws, "2020-01-01")) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"as_of": "31.03.2026"}, "a date is written like 2026-03-31|2026-06-30"),
        ({"as_of": 20260331}, "it is a date"),
        ({"as_of": []}, "as_of is an empty list"),
        ({"windows": ()}, "windows is empty"),
        ({"windows": (30, 0)}, "0 is no number of days"),
        ({"windows": (30, 2.5)}, r"2\.5 is no number of days"),
        ({"windows": (30, 30)}, "twice"),
    ],
)
def test_what_is_no_date_or_window_is_refused(workspace, options, said):
    ws = workspace(**TABLES)
    with pytest.raises(ValueError, match=said):
        cx.features.customers(ws, **({"as_of": AS_OF} | options))


def test_a_workspace_without_customers_is_refused(workspace):
    ws = workspace(projects="project_id,approved_on\n1,2026-01-01\n")
    with pytest.raises(ValueError, match="none of the tables customers, orders"):
        cx.features.customers(ws, AS_OF)
