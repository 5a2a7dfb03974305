"""Every further column of customers and contracts known at the start is a feature; keys, dates, people and later facts are not, and are named."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx

END = pd.Timestamp("2026-09-30")


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """Contracts of two tiers that differ in how long they last, and columns that were filled in later."""
    random, n = np.random.default_rng(5), 3000
    tier = random.choice(["gold", "basic"], n)
    started = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 900, n), "D")
    lived = random.exponential(np.where(tier == "gold", 9000, 500))
    ended = pd.Series(started + pd.to_timedelta(lived.round() + 1, "D"))
    ended = ended.where(ended <= END)
    has_ended = ended.notna()
    who = [f"c{i:05}" for i in range(n)]
    days = (ended.fillna(END) - started).dt.days
    further = {
        "tier": tier,
        "size": random.integers(1, 50, n),
        "zone": [f"0{k}" for k in random.integers(10, 15, n)],
        "is_new": random.choice(["true", "false"], n),
        "account_id": range(n),
        "owner": "somebody",
        "signed": started.strftime("%Y-%m-%d"),
    }
    later = {
        "exit_note": np.where(has_ended, "price", None),
        "exit_code": np.where(has_ended, random.integers(1, 9, n), None),
        "state": np.where(has_ended, "closed", "open"),
        "paid_so_far": days * random.uniform(9, 11, n),
    }
    folder = tmp_path_factory.mktemp("firm")
    customers = {"customer_id": who, "acquired_at": started.strftime("%Y-%m-%d")}
    pd.DataFrame(customers | further | {"spend": random.integers(1, 9, n)}).to_csv(
        folder / "customers.csv", index=False
    )
    contracts = {
        "contract_id": range(n),
        "customer_id": who,
        "started_on": started.strftime("%Y-%m-%d"),
        "ended_on": ended.dt.strftime("%Y-%m-%d"),
    }
    pd.DataFrame(contracts | {k: v for k, v in further.items() if k != "owner"} | later).to_csv(
        folder / "contracts.csv", index=False
    )
    return cx.open(folder)


def test_what_is_known_at_the_start_is_a_feature_in_its_type(firm):
    found = cx.features.customers(firm, END.date(), windows=(90,)).to_pandas()
    assert {"tier", "size", "zone", "is_new", "contract_tier", "contract_size"} <= set(found.columns)
    assert found["size"].dtype.kind == found["is_new"].dtype.kind == found["contract_size"].dtype.kind == "f"
    assert set(found["zone"]) <= {f"0{k}" for k in range(10, 15)}  # a code keeps its zero
    running = found[found["contracts_running"] > 0]
    assert (running["contract_tier"] == running["tier"]).all()
    assert found.loc[found["contracts_running"] == 0, "contract_tier"].isna().all()


def test_what_is_none_is_named_with_its_reason(firm):
    book = cx.features.customer_columns(firm, windows=(90,)).set_index("column")["left_out"]
    assert book.index.is_unique
    found = cx.features.customers(firm, END.date(), windows=(90,)).columns
    assert ["customer_id", *book.index[book == ""]] == list(found)
    assert book[["tier", "contract_tier"]].tolist() == ["", ""]
    assert book["account_id"] == book["contract_account_id"] == "it is a key"
    assert book["owner"] == "it is about a person"
    assert book["signed"] == "it holds dates"
    later = "it is filled only where the contract has ended, so it was filled in afterwards"
    assert book[["contract_exit_code"]].tolist() == [later]
    assert book["contract_state"] == "its values say whether the contract has ended"
    assert (
        book["contract_paid_so_far"]
        == "it goes with how long the contract lasted, so it was not known at the start"
    )


def test_the_forecast_learns_from_it_and_names_what_is_left_out(firm):
    rows = cx.features.churn_rows(firm, END.date(), periods=6, windows=(90,))
    forecast = cx.models.ChurnForecast().fit(cx.models.ChurnRates().fit(rows.drop(columns="size")).rows_)
    assert forecast.scores_.auc_.low > 0.6
    assert {"tier", "contract_tier"} & set(forecast.importance()["feature"].head(2))
    text = " ".join(forecast.left_out_)
    assert "contract_state is left out: its values say whether the contract has ended" in text
    assert "owner is left out: it is about a person" in text
    assert not {"contract_state", "contract_exit_code", "contract_paid_so_far"} & set(forecast.features_)


def test_a_column_called_like_a_feature_has_a_name_of_its_own(workspace):
    ws = workspace(
        customers="customer_id,acquired_at,spend,has_left\na,2026-01-01,3,yes\nb,2026-01-01,4,no\n",
        orders="order_id,customer_id,ordered_at,amount\n1,a,2026-02-01,50\n",
    )
    found = cx.features.customers(ws, "2026-06-30").to_pandas().set_index("customer_id")
    assert found.loc["a", ["spend", "customer_spend", "customer_has_left"]].tolist() == [50, 3, "yes"]


def test_a_name_with_a_point_for_the_decimals_stays_a_text_where_it_may_group_thousands(workspace):
    ws = workspace(
        customers="customer_id;acquired_at;turnover;size\na;2026-01-01;1.500;12\nb;2026-01-01;2.000;13\n"
    )
    found = {a.column: a.kind for a in ws.attributes("customers")}
    assert found == {"turnover": "text", "size": "number"}
