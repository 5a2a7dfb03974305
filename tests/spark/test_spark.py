"""Every feature on Apache Spark equals that on DuckDB. `make test-spark` runs these in an environment of their own."""

import datetime
import os
import shutil
import sys

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.features.outcomes import OUTCOMES
from cxresearch.sample import write
from tests.company import MOMENTS, small

pytest.importorskip("pyspark", reason="PySpark is not installed here; `make test-spark` runs these tests")
if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
    pytest.skip("there is no Java, which Spark needs", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # of Ibis 12
DATES = ["2025-06-30", "2026-03-31"]


@pytest.fixture(scope="session")
def spark():
    """A Spark session in this process, on two threads, in a time zone that is not UTC."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "America/Lima",
    }
    builder = SparkSession.builder.master("local[2]").appName("cxresearch")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def company(spark, tmp_path_factory):
    """The same company on both engines: (on DuckDB, on Spark)."""
    folder = tmp_path_factory.mktemp("company")
    ws, _ = small(folder)
    return ws, on_spark(spark, folder)


def on_spark(spark, folder):
    import ibis

    connection = ibis.pyspark.connect(spark.newSession())
    for name in MOMENTS:
        connection.read_parquet(str(folder / f"{name}.parquet"), table_name=name)
    return cx.open(connection)


def assert_equal(table, other, key="customer_id"):
    """Two Ibis tables: the same names, types, rows, nulls, and numbers to 1e-9."""
    assert table.schema() == other.schema()
    one, two = (t.to_pandas().sort_values(key, ignore_index=True) for t in (table, other))
    assert len(one)
    for frame in (
        one,
        two,
    ):  # pandas keeps the moments of one engine in nanoseconds, of the other in microseconds
        for name in frame.select_dtypes("datetime"):
            frame[name] = frame[name].astype("datetime64[us]")
    assert one.dtypes.to_dict() == two.dtypes.to_dict()
    for name in one.columns:
        assert one[name].isna().equals(two[name].isna()), name
        if pd.api.types.is_float_dtype(one[name]):
            np.testing.assert_allclose(one[name], two[name], rtol=1e-9, atol=1e-9, err_msg=name)
        else:
            assert one[name].equals(two[name]), name


def test_the_workspace_opens_and_says_the_same_of_itself(company):
    duck, spark = company
    assert spark.tables == duck.tables == sorted(MOMENTS)
    assert spark.span() == duck.span()
    for name in duck.tables:
        assert spark.table(name).schema() == duck.table(name).schema(), name
        assert_equal(duck.table(name), spark.table(name), list(duck.table(name).columns[:1]))


@pytest.mark.parametrize("as_of", DATES)
def test_customers(company, as_of):
    duck, spark = (cx.features.customers(ws, as_of) for ws in company)
    assert len(duck.columns) > 70
    assert_equal(duck, spark)


def test_customers_with_other_windows_and_given_levels(company):
    options = {"windows": (7, 180), "channels": ["phone", "nowhere"], "touchpoints": ["fault"]}
    assert_equal(*(cx.features.customers(ws, DATES[0], **options) for ws in company))


def test_customers_of_several_dates_and_who_left(company):
    assert_equal(*(cx.features.customers(ws, DATES) for ws in company), key=["customer_id", "as_of"])
    one, two = (cx.features.churn_rows(ws, DATES[1], periods=3) for ws in company)
    pd.testing.assert_frame_equal(one, two, rtol=1e-9, atol=1e-9)


def test_the_codebook(company):
    duck, spark = (cx.features.customer_columns(ws, as_of=DATES[0]) for ws in company)
    pd.testing.assert_frame_equal(duck, spark)


@pytest.mark.parametrize("of", ["contracts", "orders"])
def test_churn_labels(company, of):
    assert_equal(*(cx.features.churn_labels(ws, "2026-03-31", 120, 15, of=of) for ws in company))


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("purchase_days", (), ["customer_id", "day"]),
        ("rfm", ("2026-03-31",), "customer_id"),
        ("cohorts", ("2026-03-31",), ["cohort", "period"]),
        ("cohorts", ("2026-03-31", "quarter"), ["cohort", "period"]),
        ("second_purchase", ("2026-03-31",), "customer_id"),
        ("buyer_dates", ("2026-03-31",), "customer_id"),
        ("weekly_purchases", ("2026-03-31", "2025-01-01"), "week"),
    ],
)
def test_features_of_orders(company, name, options, key):
    assert_equal(*(getattr(cx.features, name)(ws.orders, *options) for ws in company), key=key)


@pytest.mark.parametrize(
    ("name", "table", "options", "key"),
    [
        ("purchase_gaps", "orders", ("2026-03-31",), ["customer_id", "number"]),
        ("contract_spells", "contracts", ("2026-03-31",), ["customer_id", "spell"]),
        ("contract_spells", "contracts", ("2026-03-31", 12), ["customer_id", "spell"]),
        ("contract_cohorts", "contracts", ("2026-03-31",), ["cohort", "period"]),
        ("contacts", "interactions", ("2026-03-31",), "interaction_id"),
        ("followed_contacts", "interactions", ("2026-03-31",), "interaction_id"),
        ("journey_steps", "interactions", ("2026-03-31",), "interaction_id"),
        ("journey_steps", "interactions", ("2026-03-31", None, 30, "case"), "interaction_id"),
        ("episodes", "interactions", ("2026-03-31",), "episode"),
        ("loyalty_scores", "survey_responses", ("2026-03-31",), "customer_id"),
    ],
)
def test_features_of_one_table(company, name, table, options, key):
    assert_equal(*(getattr(cx.features, name)(ws.table(table), *options) for ws in company), key=key)


def test_journeys_counted_and_what_followed_them(company):
    duck, spark = (cx.features.journey_steps(ws.interactions, "2026-03-31") for ws in company)
    assert_equal(cx.features.transitions(duck), cx.features.transitions(spark), key=["touchpoint", "goes_to"])
    one, two = (
        {tuple(way): n for way, n in zip(f["way"], f["journeys"], strict=True)}
        for f in (cx.features.variants(steps).to_pandas() for steps in (duck, spark))
    )
    assert one == two and len(one) > 10
    assert_equal(*(cx.features.customer_journeys(ws, "2026-03-31") for ws in company), key="journey")
    assert_equal(*(cx.features.loyalty_after(ws, "2026-03-31") for ws in company), key="interaction_id")
    assert_equal(*(cx.features.life_stages(ws, "2026-03-31", 3) for ws in company), ["customer_id", "month"])


def test_contract_terms(company):
    assert_equal(*(cx.features.contract_terms(ws, "2026-03-31") for ws in company))


def test_what_followed_an_answer(company):
    answers = [ws.survey_responses for ws in company]
    stayed = [
        cx.features.stayed_after(a, ws.contracts, "2026-06-30", 12)
        for a, ws in zip(answers, company, strict=True)
    ]
    assert_equal(*stayed, key="response_id")
    spent = [
        cx.features.spend_after(a, ws.orders, "2026-06-30") for a, ws in zip(answers, company, strict=True)
    ]
    assert_equal(*spent, key="response_id")


@pytest.mark.parametrize(
    "kind", sorted(kind for kind, outcome in OUTCOMES.items() if outcome.table in MOMENTS)
)
def test_outcomes_of_forecasts(company, kind):
    made, due = datetime.date(2026, 3, 31), datetime.date(2026, 6, 30)
    assert_equal(*(OUTCOMES[kind](ws, made, due) for ws in company), key="unit_id")


def test_spells_of_customers_and_what_is_held_out(company):
    assert_equal(*(cx.features.customer_spells(ws, DATES[1]) for ws in company), key=["customer_id", "spell"])
    one, two = (cx.features.held_out(ws.orders, DATES[1]) for ws in company)
    assert (one.cut, one.until, one.weeks) == (two.cut, two.until, two.weeks)
    assert len(one.rfm) == len(two.rfm) > 0 and len(one.later) == len(two.later) > 0
    for name in ("frequency", "recency", "age", "monetary"):
        both = [held.rfm.set_index("customer_id")[name].sort_index().astype(float) for held in (one, two)]
        pd.testing.assert_series_equal(*both, rtol=1e-9, atol=1e-9)
    grains = {cx.features.cohort_grain(ws.orders, DATES[1]) for ws in company}
    assert len(grains) == len({cx.features.may_have_bought_before(ws, DATES[1]) for ws in company}) == 1


def test_processes_and_readiness(spark, tmp_path):
    names = ["process_steps", "process_changes", "process_costs", "readiness_answers"]
    write(tmp_path, customers=600, months=24, tables=names)
    import ibis

    connection = ibis.pyspark.connect(spark.newSession())
    for name in names:
        connection.read_parquet(str(tmp_path / f"{name}.parquet"), table_name=name)
    both = cx.open(tmp_path), cx.open(connection)
    case = ["process", "case_id"]
    assert_equal(*(cx.features.process_cases(ws.process_steps, DATES[1]) for ws in both), key=case)
    variant = ["process", "variant", "is_flagged_open", "is_quiet"]
    assert_equal(*(cx.features.process_variants(ws.process_steps, DATES[1]) for ws in both), key=variant)
    assert_equal(
        *(cx.features.process_changes(ws.process_changes, "2026-09-30") for ws in both), key="change_id"
    )
    assert_equal(*(cx.features.process_costs(ws, DATES[1]) for ws in both), key=["process", "month"])
    who = ["organisation_id", "respondent_id"]
    assert_equal(
        *(cx.features.readiness_respondents(ws.readiness_answers, "2026-09-30") for ws in both), key=who
    )


def test_marketing_events(spark, tmp_path):
    names = ["customers", "events", "event_invitations", "account_revenue"]
    write(tmp_path, customers=600, tables=names)
    import ibis

    connection = ibis.pyspark.connect(spark.newSession())
    for name in names:
        connection.read_parquet(str(tmp_path / f"{name}.parquet"), table_name=name)
    both = cx.open(tmp_path), cx.open(connection)
    day = "2025-09-30"
    assert_equal(*(cx.features.events_held(ws.events, day) for ws in both), key="event_id")
    guest = ["event_id", "customer_id"]
    assert_equal(*(cx.features.event_guests(ws.event_invitations, day) for ws in both), key=guest)
    assert_equal(*(cx.features.account_months(ws, day) for ws in both), key=["customer_id", "month"])
    assert_equal(*(cx.features.account_traits(ws, day) for ws in both), key="customer_id")


def test_offers_to_customers_who_left(spark, tmp_path):
    names = ["customers", "contracts", "winback_offers"]
    write(tmp_path, customers=1500, tables=names)
    import ibis

    connection = ibis.pyspark.connect(spark.newSession())
    for name in names:
        connection.read_parquet(str(tmp_path / f"{name}.parquet"), table_name=name)
    both = cx.open(tmp_path), cx.open(connection)
    day = "2025-09-30"
    assert_equal(*(cx.features.winback_offers(ws, day, never=("price",)) for ws in both), key="offer_id")
    assert_equal(*(cx.features.lapsed_customers(ws, day) for ws in both), key="customer_id")


def test_pay_tied_to_retention(spark, tmp_path):
    names = ["customers", "contracts", "pay_plans"]
    write(tmp_path, customers=600, tables=names)
    import ibis

    connection = ibis.pyspark.connect(spark.newSession())
    for name in names:
        connection.read_parquet(str(tmp_path / f"{name}.parquet"), table_name=name)
    both, day = (cx.open(tmp_path), cx.open(connection)), "2026-06-30"
    month = ["team_id", "month_on"]
    assert_equal(*(cx.features.team_months(ws, day) for ws in both), key=month)
    assert_equal(*(cx.features.pay_plans(ws, day) for ws in both), key="team_id")
    assert_equal(*(cx.features.reported_ends(ws, day) for ws in both), key=month)
    assert_equal(*(cx.features.ends_by_day(ws, day) for ws in both), key=["team_id", "ended_on"])
    assert_equal(*(cx.features.signed_amounts(ws, day) for ws in both), key=month)


def test_what_is_known_of_customers_from_the_start(company):
    assert_equal(*(cx.features.customer_facts(ws, DATES[1]) for ws in company), key="customer_id")
    later = [cx.features.not_known_at_start(ws, DATES[1]) for ws in company]
    assert later[0] == later[1]


def test_parts_of_the_firm_and_a_shops_quarter(company):
    day = DATES[1]
    one, two = (cx.features.shop_quarter(ws.orders, day) for ws in company)
    pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-9)
    divided = [cx.features.parts(ws, "segment") for ws in company]
    pd.testing.assert_frame_equal(divided[0].sizes, divided[1].sizes, check_dtype=False)
    key = ["measure", "part"]
    one, two = (
        cx.features.part_measures(ws, day, of).sort_values(key, ignore_index=True)
        for ws, of in zip(company, divided, strict=True)
    )
    assert len(one) > 3
    pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-9, atol=1e-9)


def test_every_feature_of_the_package_is_among_these_tests():
    tested = {
        *(
            "customers",
            "customer_columns",
            "churn_labels",
            "purchase_days",
            "rfm",
            "cohorts",
            "second_purchase",
            "buyer_dates",
        ),
        *(
            "weekly_purchases",
            "purchase_gaps",
            "contract_spells",
            "contract_cohorts",
            "contract_terms",
            "contacts",
            "followed_contacts",
            "journey_steps",
            "transitions",
            "variants",
            "episodes",
            "customer_journeys",
            "loyalty_after",
            "life_stages",
        ),
        *("loyalty_scores", "stayed_after", "spend_after"),
        *("customer_spells", "held_out", "cohort_grain", "may_have_bought_before"),
        *("parts", "part_measures", "shop_quarter"),
        *("process_cases", "process_variants", "process_changes", "process_costs", "readiness_respondents"),
        *("events_held", "event_guests", "account_months", "account_traits"),
        *("team_months", "pay_plans", "reported_ends", "ends_by_day", "signed_amounts"),
        *("winback_offers", "lapsed_customers"),
        *("customer_facts", "not_known_at_start"),
    }
    left_out = {
        *("answer_scale", "failure_definition"),  # of the mapping
        "months_later",  # of dates, without a table
        "words_for_leaving",  # of a text
        "churn_rows",  # customers and churn_labels put together, as a DataFrame
        "invited",  # survey_invitations and stayed_after put together
        *(
            "survey_answers",
            "survey_invitations",
            "staff_ratings",
        ),  # filters, whose rows are then read as a DataFrame
        *(
            "projects",
            "project_attributes",
            "columns_left_out",
            "project_status",
        ),  # of a portfolio, which fits on any machine
    }
    assert set(cx.features.__all__) == tested | left_out


def test_moments_with_a_time_zone_are_the_same_moments(spark, tmp_path):
    """As the sample writes them: in UTC, while the session was somewhere else when it began."""
    write(tmp_path, customers=300, months=24, tables=list(MOMENTS))
    assert pd.read_parquet(tmp_path / "orders.parquet")["ordered_at"].dtype.tz is not None
    duck, other = cx.open(tmp_path), on_spark(spark, tmp_path)
    assert_equal(duck.orders, other.orders, "order_id")
    assert_equal(*(cx.features.customers(ws, DATES[1]) for ws in (duck, other)))
