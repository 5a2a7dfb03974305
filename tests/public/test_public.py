"""Real data sets of other people, opened by a ``cxresearch.toml`` each, without a line of code for any of them.

The numbers of a set are those told beside it (its SOURCE.md); what the check finds is a fact about the data.
"""

from pathlib import Path

import numpy as np
import pytest

import cxresearch as cx

HERE = Path(__file__).parent

FOUND = {  # set → table, its rows, and every problem that the check finds
    "bank_callcentre": (
        "interactions",
        33344,
        [
            "data_anonymous_bank_february.txt, column customer_id: reads like a stand-in for an unknown customer; leave its rows "
            "out by rows = { customer_id = { except = [...] } } in cxresearch.toml in 19,558 rows (line 2: '0')"
        ],
    ),
    "dodgers": ("events", 81, []),
    "ecsi/mobi": ("survey_responses", 250, []),
    "ecsi/satisfaction": ("survey_responses", 250, []),
    "eudirectlapse": ("snapshots", 23060, []),
    "gmpp": (
        "project_status",
        1727,
        [
            "gmpp_2014_2023_panel.csv, column budget_at_completion: below 0 in 2 rows (line 839: '-4322000.0')",
            "gmpp_2014_2023_panel.csv, column budget_at_completion: above 1e15 in size, too large to be added up in 1 row "
            "(line 1281: '2420003112000.0')",
        ],
    ),
    "helpdesk": (
        "interactions",
        21348,
        ["helpdesk_labelled.csv: identical to another row in every column in 127 rows"],
    ),
    "hillstrom": (
        "winback_offers",
        64000,
        ["hillstrom.csv: identical to another row in every column in 6,562 rows"],
    ),
    "iranian_churn": (
        "snapshots",
        3150,
        ["Customer_Churn.csv: identical to another row in every column in 300 rows"],
    ),
    "online_retail": ("orders", 18532, []),
    "project_estimates/kitchenham": ("projects", 145, []),
    "project_estimates/little": (  # the weekly reports repeat the register
        ("project_status", "projects"),
        6245,
        ["Little06.csv, column project_id: the key is not unique in 6,245 rows (line 2: '1')"],
    ),
    "receipt": ("interactions", 8577, []),
    "sfo_survey/2016": ("survey_responses", 3087, []),
    "sfo_survey/2017": ("survey_responses", 2831, []),
    "us_it_dashboard": (
        "projects",
        2467,
        [
            "d.csv, column finished_on: before started_on in 29 rows (line 348: '2011-10-26T00:00:00Z')",
            "d.csv, column approved_on or started_on: started_on is empty in 17 rows (line 103: '1723')",
        ],
    ),
}


@pytest.fixture
def opened(public_data):
    """Open a set with the description that stands here; the folder of the data is only read."""

    def open_set(name):
        return cx.open(public_data / Path(name).parts[0], described_by=HERE / name)

    return open_set


@pytest.mark.parametrize("name", FOUND)
def test_what_the_check_finds(opened, name):
    table, rows, problems = FOUND[name]
    check = opened(name).check()
    assert check.sentences() == problems
    tables = (table,) if isinstance(table, str) else table
    assert check.rows == dict.fromkeys(tables, rows)
    assert check.refused == dict.fromkeys(tables, 0)


def test_every_description_is_tried():
    assert {str(p.parent.relative_to(HERE)) for p in HERE.rglob("cxresearch.toml")} == set(FOUND)


def test_bank_callcentre(opened):
    calls = opened("bank_callcentre").frame("interactions")
    answered = calls[~calls["is_automated"]]
    assert (~answered["is_resolved"].astype(bool)).mean() == pytest.approx(0.1786, abs=5e-5)
    waited = answered["wait_seconds"] > 0
    assert waited.mean() == pytest.approx(0.545, abs=5e-4)
    assert answered.loc[waited, "wait_seconds"].mean() == pytest.approx(75.8, abs=0.05)
    served = answered[answered["is_resolved"].astype(bool) & (answered["handle_seconds"] > 0)]
    assert served["handle_seconds"].mean() == pytest.approx(176.9, abs=0.05)
    by_type = served.groupby("touchpoint")["handle_seconds"].mean().round()
    assert by_type[["PS", "NE", "NW", "IN"]].tolist() == [185, 277, 107, 267]
    assert str(calls["started_at"].iloc[0]) == "1999-02-01 07:02:47"


def test_dodgers_bobbleheads(opened):
    games = opened("dodgers").frame("events")
    assert games["kind"].value_counts().to_dict() == {"none": 70, "bobblehead": 11}
    assert str(games["held_on"].min().date()) == "2012-04-10"
    month, weekday = games["held_on"].dt.month, games["day_of_week"]
    assert (games["held_on"].dt.day_name() == weekday).all()
    design = np.column_stack(
        [np.ones(81), games["kind"] == "bobblehead"]
        + [month == m for m in range(5, 11)]
        + [weekday == d for d in sorted(set(weekday))[1:]]
    ).astype(float)
    effect = np.linalg.lstsq(design, games["attendance"].to_numpy(), rcond=None)[0][1]
    assert effect == pytest.approx(10714.90, abs=0.01)  # Miller, Modeling Techniques in Predictive Analytics


def test_ecsi_items_are_all_there(opened):
    mobi = opened("ecsi/mobi").frame("survey_responses")
    items = mobi.drop(columns=["response_id", "wave"])
    assert items.shape == (250, 24)
    assert items.to_numpy().min() >= 1
    assert items.to_numpy().max() <= 10
    bank = opened("ecsi/satisfaction").frame("survey_responses")
    assert bank["response_id"].tolist() == [str(i) for i in range(1, 251)]


def test_eudirectlapse_lapse_rate(opened):
    policies = opened("eudirectlapse").frame("snapshots")
    assert policies["has_left"].mean() == pytest.approx(0.1281, abs=5e-5)
    assert policies["prem_final"].dtype == float


def test_gmpp_reports_per_year(opened):
    status = opened("gmpp").frame("project_status")
    per_year = status.groupby(status["status_on"].dt.year).size().to_dict()
    assert per_year == {
        **{2014: 199, 2015: 188, 2016: 143, 2017: 143, 2018: 133},
        **{2019: 133, 2020: 125, 2021: 184, 2022: 235, 2023: 244},
    }
    assert status["project_id"].nunique() == 698
    assert status["reported_rag"].notna().sum() == 1647


def test_helpdesk_cases(opened):
    events = opened("helpdesk").frame("interactions")
    cases = events.sort_values("started_at", kind="stable").groupby("case_id")["touchpoint"].agg(tuple)
    assert len(cases) == 4580
    assert cases.nunique() == 226
    assert cases.str.len().mean() == pytest.approx(4.66, abs=0.005)
    assert events["touchpoint"].nunique() == 14


def test_hillstrom_arms(opened):
    offers = opened("hillstrom").frame("winback_offers")
    arms = offers.groupby("arm").agg(
        n=("offer_id", "size"), returned=("has_returned", "mean"), spend=("spend", "mean")
    )
    assert arms.loc[["men's", "women's", "control"], "n"].tolist() == [21307, 21387, 21306]
    assert arms.loc[["men's", "women's", "control"], "returned"].round(5).tolist() == [
        0.01253,
        0.00884,
        0.00573,
    ]
    assert arms.loc[["men's", "women's", "control"], "spend"].round(5).tolist() == [1.42262, 1.07720, 0.65279]


def test_iranian_churn_and_its_duplicates(opened):
    customers = opened("iranian_churn").frame("snapshots")
    assert customers["has_left"].mean() == pytest.approx(0.1571, abs=5e-5)
    # the set has no key, so that its 300 repeated rows are no fault of a key and must be dropped by whoever uses it
    assert customers.drop(columns="customer_id").duplicated().sum() == 300


def test_online_retail_orders(opened):
    orders = opened("online_retail").frame("orders")
    assert orders["customer_id"].nunique() == 4338
    assert orders["amount"].sum() == pytest.approx(8_911_407.90, abs=0.005)
    # a date alone keeps its day, though a London midnight in summer is the day before in UTC
    assert (orders["ordered_at"] == orders["ordered_at"].dt.normalize()).all()
    assert str(orders["ordered_at"].min().date()) == "2010-12-01"
    assert str(orders["ordered_at"].max().date()) == "2011-12-09"


def test_kitchenham_estimates(opened):
    projects = opened("project_estimates/kitchenham").frame("projects")
    error = (projects["actual_cost"] - projects["baseline_cost"]).abs() / projects["actual_cost"]
    assert error.mean() == pytest.approx(0.263, abs=5e-4)
    assert error.median() == pytest.approx(0.167, abs=5e-4)
    assert (error <= 0.25).mean() == pytest.approx(0.621, abs=5e-4)
    planned = projects.dropna(subset="planned_finish_on")
    assert len(planned) == 142
    assert (planned["finished_on"] > planned["planned_finish_on"]).mean() == pytest.approx(0.373, abs=5e-4)
    assert (projects["actual_cost"] > projects["baseline_cost"]).mean() == pytest.approx(0.338, abs=5e-4)


def test_receipt_channels(opened):
    events = opened("receipt").frame("interactions")
    cases = events.groupby("case_id").agg(
        channel=("channel", "first"), start=("started_at", "min"), end=("started_at", "max")
    )
    assert len(cases) == 1434
    hours = (cases["end"] - cases["start"]).dt.total_seconds() / 3600
    by_channel = hours.groupby(cases["channel"]).agg(["median", "size"])
    for channel, median, n in (
        ("Internet", 0.52, 1250),
        ("Desk", 18.76, 109),
        ("Post", 97.36, 53),
        ("e-mail", 0.58, 21),
    ):
        assert by_channel.loc[channel, "median"] == pytest.approx(median, abs=0.005)
        assert by_channel.loc[channel, "size"] == n


def test_sfo_net_promoter_score(opened):
    answers = opened("sfo_survey/2017").frame("survey_responses")
    known = answers.dropna(subset="recommend")
    assert len(known) == 2746
    score = (known["recommend"] >= 9).astype(int) - (known["recommend"] <= 6)
    assert 100 * score.mean() == pytest.approx(39.8, abs=0.05)
    assert 100 * np.average(score, weights=known["weight"]) == pytest.approx(40.4, abs=0.05)
    assert answers["satisfaction"].mean() == pytest.approx(4.06, abs=0.005)
    assert known["recommend"].corr(known["satisfaction"]) == pytest.approx(0.554, abs=5e-4)
    drivers = answers.filter(like="driver_")
    assert drivers.shape[1] == 14
    assert set(drivers.stack().dropna()) == {1, 2, 3, 4, 5}


def test_sfo_dates_of_2016(opened):
    answers = opened("sfo_survey/2016").frame("survey_responses")
    assert str(answers["responded_at"].iloc[0]) == "2016-05-11 00:00:00"
    assert answers["responded_at"].notna().all()


def test_us_it_dashboard_money_in_dollars(opened):
    projects = opened("us_it_dashboard").frame("projects")
    assert projects["project_id"].is_unique
    assert projects["kind"].nunique() == 26
    assert projects["baseline_cost"].iloc[0] == 15_297_000
    assert (projects["Cost Variance (%)"] < 0).mean() == pytest.approx(0.183, abs=5e-4)
    assert (projects["Cost Variance (%)"] < -10).mean() == pytest.approx(0.073, abs=5e-4)
    assert (projects["Schedule Variance (%)"] < 0).mean() == pytest.approx(0.277, abs=5e-4)
    assert (projects["Schedule Variance (%)"] < -10).mean() == pytest.approx(0.206, abs=5e-4)
