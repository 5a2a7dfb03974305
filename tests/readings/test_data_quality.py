"""What the page on data quality says: a sentence for each verdict, and none that shows a missing value."""

import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.display import READING
from cxresearch.readings import data_quality as words
from cxresearch.readings import quality_scorecard as card

NAN = np.nan


def topic(**learnt):
    return SimpleNamespace(**{"left_out_": [], "verdict_": "as before"} | learnt)


def lines(columns, *rows):
    return pd.DataFrame(rows, columns=columns.split())


def quality(verdict="publish", states=None, **learnt):
    quarter = SimpleNamespace(start=datetime.date(2026, 7, 1), as_of=datetime.date(2026, 9, 30))
    states = states or {"Late records": "ok", "Survey response": "not assessed"}
    return topic(verdict_=verdict, states_=states, quarter_=quarter, **learnt)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("publish", "No reason found not to publish the quarter from 2026-07-01 to 2026-09-30."),
        (
            "publish with a warning",
            "is fit to publish if the warnings are shown beside the numbers they affect.",
        ),
        (
            "hold",
            "Hold the quarter from 2026-07-01 to 2026-09-30: the problems found would change the numbers",
        ),
    ],
)
def test_whether_the_quarter_is_fit_to_publish(verdict, sentence):
    shown = cx.readings.fit_to_publish(quality(verdict))
    assert sentence in shown.text and "1 of 2 questions could be answered" in shown.text
    assert shown._repr_mimebundle_()[READING]["label"] == "Data quality"


def test_lack_of_history_is_no_question_of_its_own():
    states = {"Late records": "not assessed", "History": "warning"}
    assert "0 of 1 questions" in cx.readings.fit_to_publish(quality(states=states)).text


def test_the_scorecard_names_topics_in_order_and_why_one_was_not_assessed():
    faults = topic(faults_=lines("severity"), tables_=lines("rows", [5]))
    found = cx.readings.scorecard(
        quality(
            states={"Faults in the tables": "ok", "Survey response": "not assessed", "History": "warning"},
            topics_={"Faults in the tables": faults},
            refusals_={"Survey response": "there is no table survey_invitations"},
        )
    )
    assert found.to_numpy().tolist() == [
        ["Faults in the tables", "none in 5 rows of 1 table", "ok"],
        ["Survey response", "there is no table survey_invitations", "not assessed"],
        ["History", "too little history: nothing could be compared with earlier quarters", "warning"],
    ]


FAULTS = "table column rule rows severity"
TABLES = lines("table rows", ["orders", 1000], ["customers", 5])


@pytest.mark.parametrize(
    ("faults", "sentence", "line"),
    [
        ([], "No fault in 1,005 rows of 2 tables.", "none in 1,005 rows of 2 tables"),
        (
            [["orders", "amount", "not a number", 1, "error"], ["orders", "", "volume halves", 0, "warning"]],
            "1 error and 1 warning in 1,005 rows of 2 tables.",
            "orders (amount): not a number in 1 row",
        ),
        (
            [["orders", "", "volume halves", 0, "warning"]],
            "0 errors and 1 warning in 1,005 rows of 2 tables.",
            "orders: volume halves",
        ),
        (
            [["orders", f"c{i}", "is empty", 2, "error"] for i in range(5)],
            "5 errors and 0 warnings",
            "orders (c0): is empty in 2 rows; orders (c1): is empty in 2 rows; orders (c2): is empty in 2 rows; and 2 more",
        ),
    ],
)
def test_faults(faults, sentence, line):
    model = topic(faults_=lines(FAULTS, *faults), tables_=TABLES, notes_=[])
    assert sentence in cx.readings.table_faults(model).text
    assert card._faults(model) == line


def test_rows_set_aside_are_counted():
    tables = lines("table rows set_aside", ["orders", 1000, 1200], ["customers", 5, 0])
    model = topic(faults_=lines(FAULTS), tables_=tables, notes_=["orders.csv: day is known by year"])
    said = "1,005 rows of 2 tables (1,200 rows set aside by the choice of rows in cxresearch.toml)"
    text = cx.readings.table_faults(model).text
    assert f"No fault in {said}." in text
    assert text.endswith(" In orders.csv: day is known by year.")
    assert card._faults(model) == f"none in {said}"


LATE = "table last_record days_before last_week usual_week low high p verdict"
DAY = pd.Timestamp("2026-08-19")


def late(verdict, p=0.5, week=4):
    week_before = [10.2, 5, 16] if p == p else [NAN] * 3
    return topic(tables_=lines(LATE, ["orders", DAY, 42, week, *week_before, p, verdict]))


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        ("silent", "orders: last record 2026-08-19, 42 days before the end of the quarter"),
        ("late", "orders: 4 rows in the last 7 days, 10 expected (5 to 16); last record 2026-08-19"),
        (
            "as usual",
            "the last 7 days are as full as usual; oldest last record: orders, 42 days before the end of the quarter",
        ),
    ],
)
def test_late_records_line(verdict, line):
    assert card._late(late(verdict)) == line


def test_late_records_reading():
    compared = "compared in 1 of 1 table; "
    said = compared + "fewer than half of the rows expected, beyond chance: orders."
    assert said in words.late_records(late("late")).text
    assert compared + "silent for longer than usual: orders. Rows" in words.late_records(late("silent")).text
    assert compared + "none is late beyond chance. Rows" in words.late_records(late("as usual", week=7)).text


def test_a_table_below_its_own_interval_is_not_named_late():
    """Of eight intervals one in six holds too few of its table by chance alone."""
    text = words.late_records(late("as usual", week=4)).text
    assert "none is late beyond chance. 1 of 1 lies below its own prediction interval" in text
    assert "orders" not in text


def test_without_history_late_records_are_not_judged():
    model = late("not assessed", p=NAN)
    assert card._late(model) == "too few earlier months to judge the last 7 days"
    assert words.late_records(model).text == "No table has enough history to judge its last seven days."
    silent = late("silent", p=NAN)
    assert "orders: last record 2026-08-19" in card._late(silent)


QUARTERS = "table rows expected low high usual since verdict"
MONTHS = "table grain month rows expected low high verdict"


def volumes(verdict="as expected", odd=(), rows=50, expected=60.4):
    limits = [expected, 40, 80] if expected == expected else [NAN] * 3
    fall = [1115.4, pd.Timestamp("2026-04-30")] if verdict.startswith("still") else [NAN, pd.NaT]
    quarters = lines(QUARTERS, ["orders", rows, *limits, *fall, verdict])
    return topic(quarters_=quarters, odd=lambda: lines(MONTHS, *odd))


SEPTEMBER = pd.Timestamp("2026-09-30")


@pytest.mark.parametrize(
    ("model", "line"),
    [
        (volumes(), "no change beyond chance in 1 table"),
        (volumes("far too few", rows=1), "orders: 1 row this quarter, 60 expected (40 to 80)"),
        (
            volumes("still missing"),
            "orders: still missing since 2026-04, 50 rows this quarter, 1,115 expected by the months before",
        ),
        (
            volumes("still fewer", odd=[["orders", "month", SEPTEMBER, 5, 20, 10, 30, "few"]]),
            "orders: still fewer since 2026-04, 50 rows this quarter, 1,115 expected by the months before; "
            "orders: 5 rows in 2026-09, 20 expected (10 to 30)",
        ),
        (
            volumes(odd=[["orders", "month", SEPTEMBER, 5, 20, 10, 30, "few"]]),
            "orders: 5 rows in 2026-09, 20 expected (10 to 30)",
        ),
        (
            volumes(odd=[["orders", "quarter", SEPTEMBER, 99, 20, 10, 30, "many"]]),
            "orders: 99 rows this quarter, 20 expected (10 to 30)",
        ),
        (
            volumes(odd=[["orders", "month", SEPTEMBER, 0, NAN, NAN, NAN, "no rows"]]),
            "orders: no rows in 2026-09",
        ),
        (
            volumes("not assessed", expected=NAN),
            "fewer than 6 earlier months, or 4 quarters of a table with few rows",
        ),
    ],
)
def test_row_counts_line(model, line):
    assert card._volumes(model) == line


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            volumes(),
            "1 of 1. Closest to the low end of its interval: orders, 50 rows, 60 expected (40 to 80).",
        ),
        (
            volumes(rows=39),
            "0 of 1. Furthest below its interval: orders, 39 rows, 60 expected (40 to 80).",
        ),
        (volumes("not assessed", expected=NAN), "so row counts are shown but not judged."),
    ],
)
def test_row_counts_reading(model, sentence):
    assert sentence in words.row_volumes(model).text


def test_what_a_model_left_out_is_said():
    model = volumes()
    model.left_out_ = ["projects (fewer than 6 earlier months)"]
    assert words.row_volumes(model).text.endswith("Not assessed: projects (fewer than 6 earlier months).")


FILLED = "table column share before change p verdict"


def test_filled_columns():
    later = ["contracts", "ended_on", 0.1, 0.5, NAN, NAN, "fills in later"]
    same = ["orders", "channel", 1.0, 1.0, 0.0, 1.0, "as before"]
    fell = ["orders", "discount", 0.0, 1.0, -1.0, 0.0, "fell"]
    quiet = topic(columns_=lines(FILLED, same))
    assert card._filled(quiet) == "1 column filled as before"
    assert words.filled_columns(quiet).text.startswith(
        "1 column compared with earlier quarters; none is filled less often. A change of a form"
    )
    model = topic(columns_=lines(FILLED, later, same, fell))
    assert card._filled(model) == "orders.discount: filled in 0% of rows, 100% before"
    said = words.filled_columns(model).text
    assert "filled less often by 5 points or more, beyond chance: orders.discount." in said
    assert "Not compared: 1 column that can be filled only later" in said


VALUES = "table column value change_of now before verdict"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (["orders", "channel", "online", "share", 0.3, 0.0, "new"], "orders.channel: 'online' is new (30% of rows)"),
        (["orders", "channel", "web", "share", 0.0, 0.3, "vanished"], "orders.channel: 'web' has vanished (30% of rows before)"),
        (["orders", "channel", "web", "share", 0.5, 0.3, "grew"], "orders.channel: 'web' grew from 30% to 50%"),
        (["orders", "channel", "web", "share", 0.1, 0.3, "shrank"], "orders.channel: 'web' shrank from 30% to 10%"),
        (["orders", "amount", "", "median", 5.0, 300.0, "another scale"], "orders.amount: median 5, 300 before: another scale or spread"),
    ],
)  # fmt: skip
def test_definitions_that_changed(row, line):
    values = lines(VALUES, row)
    model = topic(values_=values, changed=lambda: values)
    assert card._definitions(model) == line
    kind = "1 number column" if row[3] == "median" else "1 value of 1 label column"
    assert words.definitions(model).text.startswith(
        f"{kind} compared with earlier quarters; 1 changed beyond chance"
    )


def test_definitions_as_before():
    label = ["orders", "channel", "web", "share", 0.3, 0.3, "as before"]
    number = ["orders", "amount", "", "median", 5.0, 5.0, "as before"]
    values = lines(VALUES, label, number)
    model = topic(values_=values, changed=lambda: values[:0])
    assert card._definitions(model) == "the same values on the same scale in 2 columns"
    assert "1 value of 1 label column and 1 number column compared with earlier quarters; none changed" in (
        words.definitions(model).text
    )


WAVE = {
    "wave": "Q3", "invited": 3000, "answered": 804, "rate": 0.268, "low": 0.252, "high": 0.284, "before": 0.4,
    "r": 0.97, "r_low": 0.93, "r_high": 1.0,
}  # fmt: skip


def response(verdict="as before", **wave):
    extremes = lines("stratum rate", ["B2C", 0.2], ["B2B", 0.5])
    return topic(wave_=WAVE | wave, verdict_=verdict, extremes=lambda: extremes, strata_=extremes)


@pytest.mark.parametrize(
    ("verdict", "line", "sentence"),
    [
        ("as before", ", R-indicator 0.97 over 2 strata, which does not see who answers within them", "(25.2% to 28.4%). R-indicator across strata: 0.97 (0.93 to 1.00)."),
        ("strata apart", ", from 20% (B2C) to 50% (B2B)", "Strata differ beyond chance: 20.0% of B2C answered, 50.0% of B2B."),
        ("fell", ", 40.0% in earlier waves", "The rate fell beyond chance: it was 40.0% in earlier waves."),
    ],
)  # fmt: skip
def test_survey_response(verdict, line, sentence):
    model = response(verdict)
    assert card._response(model) == "wave Q3: 26.8% of 3,000 invited answered" + line
    assert words.survey_response(model).text.startswith(
        "800 of 3,000 invited customers answered wave Q3: response rate 26.8%"
    )
    assert sentence in words.survey_response(model).text


def test_a_wave_without_strata_or_an_earlier_one():
    model = response(r=NAN, r_low=NAN, r_high=NAN, before=NAN)
    assert card._response(model) == "wave Q3: 26.8% of 3,000 invited answered"
    assert (
        "R-indicator" not in words.survey_response(model).text
        and "nan" not in words.survey_response(model).text
    )


GROUPS = "table group value ratio before verdict"


def groups(*rows):
    frame = lines(GROUPS, *rows)
    return topic(groups_=frame, solid=lambda: frame)


def test_representation():
    quiet = groups(
        ["orders", "region", "south", 0.7, 0.8, "rare"], ["orders", "region", "north", 1.2, 1.1, "frequent"]
    )
    assert card._representation(quiet) == (
        "no group rarer than before; the rarest is region 'south' in orders, at 0.70 of its share of customers, 0.80 before"
    )
    assert "2 ratios of 30 customers or more; none fell" in words.representation(quiet).text
    rarer = groups(["orders", "region", "south", 0.0, 0.8, "rarer than before"])
    assert (
        card._representation(rarer) == "orders: region 'south' at 0.00 of its share of customers, 0.80 before"
    )
    assert "less than half of the four quarters before: south in orders." in words.representation(rarer).text
    new = groups(["orders", "region", "south", 0.7, NAN, "rare"])
    assert card._representation(new).endswith("at 0.70 of its share of customers")


def test_names_that_look_like_a_format_are_shown_as_they_are():
    odd = groups(["orders", "region", "{0.__class__}", 0.0, 0.8, "rarer than before"])
    assert "{0.__class__} in orders" in words.representation(odd).text
