"""An export of a known program, as it is downloaded: recognised, drafted, read without a problem, and reported."""

import csv
import re
import shutil

import ibis
import pandas as pd
import pytest
from paths import TESTS

import cxresearch as cx
from cxresearch.cli import main
from cxresearch.contract.tables import TABLES
from cxresearch.suggest import suggest
from cxresearch.suggest.exports import KNOWN, recognised
from cxresearch.suggest.exports.declared import Export, of
from cxresearch.suggest.exports.draft import drafted
from cxresearch.suggest.profiles import Column, File

EXPORTS = TESTS / "exports"
TODAY = "2026-11-20"
# file → table, rows that are read, rows set aside, and what must have come from where
FILES = {
    "azure_devops_work_items.csv": ("projects", 29, 91, {"outcome": "State", "planned_finish_on": "Target Date"}),
    "google_forms_responses.csv": ("survey_responses", 90, 0, {"recommend": "How likely are you to recommend us to a friend or colleague?", "responded_at": "Timestamp"}),
    "hubspot-crm-exports-all-deals.csv": ("orders", 67, 33, {"customer_id": "Associated Company IDs", "ordered_at": "Close Date"}),
    "hubspot-crm-exports-all-tickets.csv": ("interactions", 90, 0, {"touchpoint": "Category", "channel": "Source"}),
    "intercom_conversations.csv": ("interactions", 90, 0, {"customer_id": "User external ID", "satisfaction": "Conversation rating"}),
    "jira_issues.csv": ("projects", 40, 80, {"outcome": "Resolution", "finished_on": "Resolved"}),
    "jira_service_requests.csv": ("interactions", 90, 0, {"touchpoint": "Custom field (Request Type)", "channel": None}),
    "medallia_feedback.csv": ("survey_responses", 66, 44, {"satisfaction": "star_rating"}),
    "medallia_responses.csv": ("survey_responses", 90, 0, {"recommend": "Likelihood to Recommend", "driver_speed_of_service": "Speed of Service"}),
    "ms_project_tasks.csv": ("projects", 30, 60, {"baseline_cost": "Baseline Cost", "planned_finish_on": "Baseline Finish"}),
    "qualtrics_survey.csv": ("survey_responses", 90, 0, {"recommend": "Q1", "satisfaction": "Q2"}),
    "salesforce_accounts.csv": ("customers", 60, 0, {"acquired_at": "Created Date", "segment": "Industry"}),
    "salesforce_cases.csv": ("interactions", 90, 0, {"touchpoint": "Case Reason", "started_at": "Date/Time Opened"}),
    "salesforce_opportunities.csv": ("orders", 82, 28, {"amount": "Amount", "ordered_at": "Close Date"}),
    "sap_projects.csv": ("projects", 50, 0, {"outcome": "Systemstatus", "baseline_cost": "Plankosten"}),
    "shopify_orders_export_1.csv": ("orders", 77, 70, {"customer_id": "Email", "amount": "Total"}),
    "stripe_payments.csv": ("orders", 74, 16, {"customer_id": "Customer ID", "amount": "Amount"}),
    "stripe_subscriptions.csv": ("contracts", 76, 4, {"ended_on": "Ended At (UTC)", "monthly_amount": "Amount"}),
    "surveymonkey_responses.csv": ("survey_responses", 90, 0, {"responded_at": "End Date"}),
    "telco_customer_churn.csv": ("snapshots", 160, 0, {"has_left": "Churn"}),
    "zendesk_satisfaction_ratings.csv": ("survey_responses", 69, 21, {"satisfaction": "score"}),
    "zendesk_tickets.csv": ("interactions", 90, 0, {"satisfaction": "Satisfaction Score", "touchpoint": "Ticket type"}),
}  # fmt: skip


@pytest.fixture
def opened(tmp_path):
    """Open copies of exports with the draft made of them."""

    def make(*names):
        for name in names:
            shutil.copy(EXPORTS / name, tmp_path)
        (tmp_path / "cxresearch.toml").write_text(suggest(tmp_path), encoding="utf-8")
        return cx.open(tmp_path)

    return make


def test_every_file_is_tried():
    assert {path.name for path in EXPORTS.glob("*.csv")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_the_draft_of_a_programs_export_checks_clean(opened, name):
    table, rows, aside, wanted = FILES[name]
    ws = opened(name)
    check = ws.check(TODAY)
    assert check.ok, check.text()
    assert list(check.rows) == [table]
    assert len(ws.frame(table)) == rows
    text = f"{table} {rows:,}" + (f" ({aside:,} set aside)" if aside else "")
    assert text in check.text()
    columns = ws.mapping.tables[table].columns
    assert {target: columns[target].column for target in wanted} == wanted


@pytest.mark.parametrize("export", KNOWN, ids=lambda e: e.name)
def test_a_declaration_names_its_source_and_fills_what_the_contract_asks_for(export):
    assert export.source.startswith("https://")
    schema = TABLES[export.table]
    assert not schema.missing(list(export.columns))
    assert all(schema.column(c) for c in export.columns)


def test_every_program_has_a_file():
    heads = [
        re.split("[,;]", path.read_text(encoding="cp1252").splitlines()[0]) for path in EXPORTS.glob("*.csv")
    ]
    found = {e.name for head in heads if (e := recognised([h.strip('"') for h in head]))}
    assert found == {export.name for export in KNOWN}


def test_lost_and_open_deals_are_no_orders(opened):
    ws = opened("hubspot-crm-exports-all-deals.csv")
    given = (EXPORTS / "hubspot-crm-exports-all-deals.csv").read_text().splitlines()[1:]
    won = {line.split(",")[0] for line in given if ",Closed won" in line}
    assert set(ws.frame("orders")["order_id"]) == won


def test_only_paid_orders_of_a_shop_are_purchases_and_each_counts_once(opened):
    orders = opened("shopify_orders_export_1.csv").frame("orders")
    assert orders["order_id"].is_unique
    given = (EXPORTS / "shopify_orders_export_1.csv").read_text()
    assert orders["amount"].sum() == pytest.approx(
        sum(
            float(row["Total"])
            for row in csv.DictReader(given.splitlines())
            if row["Financial Status"] in ("paid", "partially_refunded") and row["Email"]
        )
    )


def test_moments_in_utc_stay_so_in_another_time_zone(opened, tmp_path):
    opened("stripe_payments.csv")
    path = tmp_path / "cxresearch.toml"
    path.write_text(path.read_text().replace("[workspace]", '[workspace]\ntimezone = "Asia/Tokyo"', 1))
    orders = cx.open(tmp_path).frame("orders").set_index("order_id")["ordered_at"]
    line = (EXPORTS / "stripe_payments.csv").read_text().splitlines()[1].split(",")
    wanted = pd.Timestamp(line[3], tz="UTC").tz_convert("Asia/Tokyo").tz_localize(None)
    assert orders[line[0]] == wanted


def test_what_a_help_desk_calls_good_is_one(opened):
    tickets = opened("zendesk_tickets.csv").frame("interactions")
    assert set(tickets["satisfaction"].dropna()) == {0, 1}
    assert 0 < tickets["satisfaction"].isna().mean() < 1
    assert "no type given" in set(tickets["touchpoint"])
    assert tickets["is_resolved"].mean() < 1


@pytest.mark.parametrize("name", ["jira_issues.csv", "azure_devops_work_items.csv", "sap_projects.csv"])
def test_projects_end_as_their_program_says(opened, name):
    outcome = opened(name).frame("projects")["outcome"]
    assert set(outcome.dropna()) == {"delivered", "cancelled"}
    assert outcome.isna().any()


def test_a_program_is_known_by_its_headers_whatever_their_case_and_order():
    assert recognised(["STATUS", "work item type", "State", "Title", "Id"]).name == "Azure DevOps, work items"
    assert recognised(["order_id", "customer_id", "ordered_at", "amount"]) is None


def test_values_that_the_declaration_does_not_know_are_named(tmp_path):
    columns = {"outcome": of("State", codes={"done": "delivered"})}
    export = Export("X", "https://example.org", "projects", ("State",), columns)
    raw = ibis.memtable({"State": ["Done", "Odd"]})
    file = File(tmp_path / "x.csv", [Column("State", {"Done": 1, "Odd": 1}, 2)], 2, {}, raw)
    _, placed, _ = drafted(export, file)
    assert placed["outcome"].issues == ["1 of the values have no meaning yet"]


def test_three_commands_and_no_code(tmp_path, capfd):
    """An export of a shop and one of a help desk become a report."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("shopify_orders_export_1.csv", "zendesk_tickets.csv"):
        shutil.copy(EXPORTS / name, folder)
    assert main(["check", str(folder), "--suggest", "--write"]) == 0
    assert main(["check", str(folder), "--as-of", TODAY]) == 0
    run = ["report", "--data", str(folder), "--period", "2026Q2", "--out", str(tmp_path / "out")]
    assert main([*run, "--only", "00"]) == 0
    page = (tmp_path / "out" / "2026Q2" / "00_data_quality.html").read_text(encoding="utf-8")
    assert "77" in page and "example.org" not in page
    capfd.readouterr()


def test_the_whole_report_of_a_sales_team(tmp_path, capfd):
    """Accounts, won opportunities and cases of one program know each other."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in FILES:
        if name.startswith("salesforce"):
            shutil.copy(EXPORTS / name, folder)
    assert main(["check", str(folder), "--suggest", "--write"]) == 0
    run = [
        "report",
        "--data",
        str(folder),
        "--period",
        "2026Q2",
        "--out",
        str(tmp_path / "out"),
        "--jobs",
        "2",
    ]
    assert main(run) == 0
    done = capfd.readouterr().out
    for page in ("00_data_quality", "03_touchpoints", "04_journeys", "07_retention"):
        assert (tmp_path / "out" / "2026Q2" / f"{page}.html").is_file(), done
