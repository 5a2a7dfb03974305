"""On a known program's export the draft is right or silent: no column stands where its name merely contains the word."""

import tomllib

import pandas as pd
import pytest
from vendors import qualtrics, shopify

import cxresearch as cx
from cxresearch.suggest import suggest
from cxresearch.tables.declared import parse


def drafted(folder):
    """Table → column of the contract → column of the file, of what the draft declares."""
    tables = parse(tomllib.loads(suggest(folder))).tables
    return {n: {c: how.column for c, how in t.columns.items()} for n, t in tables.items()}


def test_qualtrics_asks_the_promoter_question_beside_its_group(tmp_path):
    qualtrics(tmp_path / "Customer+Survey_2026.csv")
    assert drafted(tmp_path) == {
        "survey_responses": {
            "response_id": "ResponseId",
            "responded_at": "RecordedDate",
            "recommend": "Q1",
            "satisfaction": "Q2",
            "channel": "DistributionChannel",
            "driver_q3_1": "Q3_1",
        }
    }
    (tmp_path / "cxresearch.toml").write_text(suggest(tmp_path))
    assert cx.open(tmp_path).check().ok
    given = pd.read_csv(tmp_path / "Customer+Survey_2026.csv", skiprows=[1, 2])
    answers = cx.open(tmp_path).frame("survey_responses")
    assert answers["recommend"].tolist() == given["Q1"].tolist()


def test_the_promoter_question_is_found_without_the_question_texts(tmp_path):
    qualtrics(tmp_path / "survey.csv")
    plain = pd.read_csv(tmp_path / "survey.csv", skiprows=[1, 2])
    plain.to_csv(tmp_path / "survey.csv", index=False)
    assert drafted(tmp_path)["survey_responses"]["recommend"] == "Q1"


def test_answers_exported_as_texts_are_a_survey_whose_codes_are_asked_for(tmp_path):
    qualtrics(tmp_path / "Customer+Survey_2026.csv", choices=True)
    assert list(drafted(tmp_path)) == ["survey_responses"]
    draft = suggest(tmp_path)
    assert '# satisfaction = { column = "Q2", codes = {} }' in draft
    assert "Very satisfied" not in draft


def test_a_shops_orders_of_a_program_that_nobody_declared(tmp_path):
    path = tmp_path / "orders_export_1.csv"
    shopify(path)
    path.write_text(path.read_text().replace("Financial Status", "Payment state"))
    assert drafted(tmp_path) == {
        "orders": {"order_id": "Id", "ordered_at": "Created at", "amount": "Total", "currency": "Currency"}
    }
    assert '# customer_id = "Email"  # only if an address stands for one customer' in suggest(tmp_path)


def test_the_price_of_a_year_is_divided_by_twelve(tmp_path):
    rows = "".join(f"P{i},c{i},2025-01-{1 + i % 28:02d},,{120 * (1 + i % 9)}\n" for i in range(60))
    names = "Policy number,Client,Start,End,Annual premium\n"
    (tmp_path / "policies.csv").write_text(names + rows)
    assert drafted(tmp_path)["contracts"]["monthly_amount"] == "Annual premium"
    (tmp_path / "cxresearch.toml").write_text(suggest(tmp_path))
    assert cx.open(tmp_path).frame("contracts")["monthly_amount"][:3].tolist() == [10, 20, 30]


@pytest.mark.parametrize("name", ["orders.csv", "my_orders_2026.csv"])
def test_orders_without_a_key_are_orders_not_customers(tmp_path, name):
    rows = "".join(f"c{i % 60},2026-01-{1 + i % 28:02d},{i}.5\n" for i in range(400))
    (tmp_path / name).write_text("cust,date,total\n" + rows)
    assert drafted(tmp_path) == {
        "orders": {"order_id": None, "customer_id": "cust", "ordered_at": "date", "amount": "total"}
    }
    (tmp_path / "cxresearch.toml").write_text(suggest(tmp_path))
    ws = cx.open(tmp_path)
    assert ws.check("2026-12-31").ok
    assert ws.frame("orders")["order_id"].is_unique


def test_a_file_with_a_tables_own_name_is_that_table(tmp_path):
    rows = "".join(f"{i},{i % 11},1.{i % 10}\n" for i in range(60))
    (tmp_path / "survey_responses.csv").write_text("RESPNUM,NETPRO,WEIGHT\n" + rows)
    assert drafted(tmp_path) == {
        "survey_responses": {"response_id": "RESPNUM", "recommend": "NETPRO", "weight": "WEIGHT"}
    }
    assert 'write wave = { value = "2026Q3" }' in suggest(tmp_path)


def telco(folder):
    rows = "".join(
        f"{i:04d}-ABC,{'Male' if i % 2 else 'Female'},{i % 2},{i % 70},{i % 90}.35,{' ' if i % 50 == 0 else 3 * i + 0.1},{'Yes' if i % 3 else 'No'}\n"
        for i in range(400)
    )
    names = "customerID,gender,SeniorCitizen,tenure,MonthlyCharges,TotalCharges,Churn\n"
    (folder / "telco.csv").write_text(names + rows)


def test_the_draft_says_which_further_columns_are_numbers(tmp_path):
    telco(tmp_path)
    draft = suggest(tmp_path)
    assert 'numbers = ["SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges"]' in draft
    draft = draft.replace(
        '# has_left = { column = "Churn", true = [], false = [] }',
        'snapshot_on = { value = "2026-06-30" }\nhas_left = { column = "Churn", true = ["Yes"], false = ["No"] }',
    )
    (tmp_path / "cxresearch.toml").write_text(draft)
    ws = cx.open(tmp_path)
    assert ws.check("2026-12-31").ok
    assert ws.frame("snapshots")["TotalCharges"].sum() == pytest.approx(
        sum(3 * i + 0.1 for i in range(400) if i % 50)
    )


def test_a_labelled_file_without_keys_is_a_table_of_snapshots(tmp_path):
    rows = "".join(f"{i % 9},{i * 1.5},{i % 40 + 20},{i % 5},{int(i % 7 == 0)}\n" for i in range(300))
    (tmp_path / "data.csv").write_text("Complaints,Customer Value,Age,Status,Churn\n" + rows)
    draft = suggest(tmp_path)
    assert "customer_id = { row_number = true }" in draft
    assert '# has_left = { column = "Churn", true = [], false = [] }' in draft
    assert 'write snapshot_on = { value = "2026-09-30" }' in draft
