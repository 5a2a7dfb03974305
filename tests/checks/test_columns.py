"""What a whole column says of single values, and what rows and rules across columns the check names."""

import datetime
from pathlib import Path

import ibis
import pytest

import cxresearch as cx
from cxresearch.checks.quarantine import quarantine

AS_OF = datetime.date(2026, 9, 30)
SURVEY = "response_id,wave,{}\n"
ORDERS = "order_id,customer_id,ordered_at,amount\n"
STATUS = "project_id,status_on,planned_value,earned_value,actual_cost,budget_at_completion\n"


def found(ws):
    return [
        (p.table, p.column, p.severity, int(p.rows), p.rule) for p in ws.check(AS_OF).problems.itertuples()
    ]


def described(ws, toml):
    Path(ws.source, "cxresearch.toml").write_text(toml)
    return cx.open(ws.source)


def answers(column, values):
    return SURVEY.format(column) + "".join(f"{i},2026Q3,{value}\n" for i, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([1, 2, 3, 4, 5] * 4 + [99], ["99"]),
        ([1, 2, 3, 4, 5] * 4 + [-9, 98, 99], ["-9", "98", "99"]),
        ([1, 2, 3, 4, 5] * 10 + [9], ["9"]),
        ([0, 25, 50, 75, 100] * 4, None),
        ([3, 4, 5] * 9 + [1], None),
        (list(range(1, 11)) * 2, None),
        ([1, 2, 30], None),  # three answers show no scale
    ],
)
@pytest.mark.parametrize("column", ["satisfaction", "driver_price"])
def test_an_answer_apart_from_all_others_is_asked_about(workspace, column, values, codes):
    ws = workspace(survey_responses=answers(column, values))
    problems = found(ws)
    if codes is None:
        assert problems == []
        return
    ((table, where, severity, rows, rule),) = problems
    assert (table, where, severity, rows) == ("survey_responses", column, "error", len(codes))
    said = ", ".join(f'"{code}"' for code in codes)
    assert f"declare missing = [{said}] in cxresearch.toml" in rule
    toml = f'[tables.survey_responses]\n[tables.survey_responses.columns]\n{column} = {{ column = "{column}", %s }}\n'
    assert found(described(ws, toml % f"missing = [{said}]")) == []
    assert found(described(ws, toml % "range = [-9, 99]")) == []


def test_a_declared_scale_holds(workspace):
    ws = workspace(survey_responses=answers("satisfaction", [1, 5, 6, 0]))
    toml = "[tables.survey_responses]\n[tables.survey_responses.columns]\nsatisfaction = { column = 'satisfaction', range = %s }\n"
    ((*_, rows, rule),) = found(described(ws, toml % "[1, 5]"))
    assert (rows, rule) == (
        2,
        'outside the declared range 1 to 5; if it stands for no value, declare missing = ["6", "0"] in cxresearch.toml',
    )
    for wrong in ("[5, 1]", "[1]", "5", "[1, 'x']"):
        with pytest.raises(cx.DataError, match="it is the lowest and the highest value"):
            described(ws, toml % wrong)


def test_a_declared_scale_is_that_of_the_indices(workspace):
    ws = workspace(survey_responses=answers("satisfaction", [2, 3, 4, 4]))
    assert cx.features.answer_scale(ws, ["satisfaction"]) is None
    toml = "[tables.survey_responses]\n[tables.survey_responses.columns]\n"
    ws = described(
        ws,
        toml
        + "satisfaction = { column = 'satisfaction', range = [0, 4] }\neffort = { column = 'satisfaction', range = [1, 7] }\n",
    )
    assert cx.features.answer_scale(ws, ["satisfaction"]) == (0, 4)
    with pytest.raises(ValueError, match="declared on different scales"):
        cx.features.answer_scale(ws, ["satisfaction", "effort"])
    answered = cx.features.survey_answers(ws.survey_responses, AS_OF).to_pandas()
    waves = cx.models.LoyaltyWaves(scale=cx.features.answer_scale(ws, ["satisfaction"])).fit(answered)
    assert waves.summary()["method"].str.contains("3–4 on 0–4").any()


@pytest.mark.parametrize(("top", "said"), [(5, True), (10, False)])
def test_a_recommendation_on_another_scale_is_a_warning(workspace, top, said):
    ws = workspace(survey_responses=answers("recommend", [1 + i % top for i in range(40)]))
    problems = found(ws)
    assert [p[2] for p in problems] == ["warning"] * said
    assert all("no answer is 0 or above 5, on a scale of 0 to 10" in p[4] for p in problems)


def test_dates_that_stand_for_none_are_a_warning_with_their_lines(workspace):
    days = [f"2026-0{1 + i % 9}-11" for i in range(30)]
    rows = [
        f"{i},a{i},{day},5\n"
        for i, day in enumerate([*days, "1970-01-01T00:00:00Z", "1900-01-01", "2003-05-06"])
    ]
    check = workspace(orders=ORDERS + "".join(rows)).check(AS_OF)
    (p,) = check.problems.itertuples()
    assert (p.column, p.severity, p.rows) == ("ordered_at", "warning", 3)
    assert p.examples == ["32: '1970-01-01T00:00:00Z'", "33: '1900-01-01'", "34: '2003-05-06'"]
    assert 'missing = ["1970-01-01T00:00:00Z", "1900-01-01", "2003-05-06"]' in p.rule


def test_old_dates_that_others_lead_up_to_are_dates(workspace):
    years = [*range(1985, 2026), *[2024, 2025] * 60]
    rows = "".join(f"c{i},{year}-03-01\n" for i, year in enumerate(years))
    assert found(workspace(customers="customer_id,acquired_at\n" + rows)) == []


@pytest.mark.parametrize("name", ["GUEST", "unknown", "0", "n/a", "Laufkunde"])
def test_a_key_that_reads_like_a_stand_in_is_a_warning(workspace, name):
    rows = f"1,{name},2026-01-01,5\n2,b7,2026-01-01,5\n"
    ((_, column, severity, n, rule),) = found(workspace(orders=ORDERS + rows))
    assert (column, severity, n) == ("customer_id", "warning", 1)
    assert "rows = { customer_id = { except = [...] } }" in rule


def test_keys_that_are_counted_from_nought_are_keys(workspace):
    rows = "".join(f"{i},{i % 9},2026-01-01,5\n" for i in range(40))
    assert found(workspace(orders=ORDERS + rows)) == []


def test_a_key_with_more_rows_than_a_customer_can_have_is_a_warning(workspace):
    rows = [f"{i},{'TILL-3' if i % 10 < 3 else f'c{i % 50}'},2026-0{1 + i % 9}-01,5\n" for i in range(200)]
    ((*_, n, rule),) = found(workspace(orders=ORDERS + "".join(rows)))
    assert n == 60
    assert rule.startswith("one customer holds 30% of all rows: does it stand for many?")


@pytest.mark.parametrize("mark", ["\t", ",", "|"])
def test_points_that_may_group_thousands_are_asked_about_whatever_parts_the_fields(workspace, mark):
    text = ORDERS + "1,a,2026-01-01,1.234\n2,a,2026-01-02,2.500\n3,a,2026-01-03,999\n"
    ws = workspace(orders=text.replace(",", mark))
    ((_, column, severity, rows, rule),) = found(ws)
    assert (column, severity, rows) == ("amount", "error", 2)
    assert "declare decimal and thousands" in rule
    fault = "orders.csv, column amount: every point stands before three digits and may group thousands"
    for read in (lambda: ws.frame("orders"), lambda: ws.orders):
        with pytest.raises(cx.DataError, match=fault):
            read()
    assert found(described(ws, '[tables.orders]\ndecimal = "."\n')) == []
    read = described(ws, '[tables.orders]\ndecimal = ","\nthousands = "."\n')
    assert found(read) == []
    assert read.frame("orders")["amount"].tolist() == [1234, 2500, 999]


@pytest.mark.parametrize("shows", ["0.250", "12.5", "4500.123"])
def test_a_point_that_one_value_shows_to_be_a_decimal_is_one(workspace, shows):
    ws = workspace(orders=ORDERS + f"1,a,2026-01-01,1.234\n2,a,2026-01-02,{shows}\n")
    assert found(ws) == []
    assert ws.frame("orders")["amount"].tolist() == [1.234, float(shows)]


@pytest.mark.parametrize(
    ("amount", "given"),
    [
        ('amount = { column = "amount", money = "€" }', "€1.234"),
        ('amount = { column = "amount", missing = ["-"] }', "1.234"),
        ('amount = { column = "amount", scale = 10 }', "1.234"),
    ],
)
def test_points_are_asked_about_as_they_stood_in_the_file(workspace, amount, given):
    ws = workspace(orders=ORDERS + f"1,a,2026-01-01,{given}\n2,a,2026-01-02,2.500\n")
    ws = described(ws, f"[tables.orders.columns]\n{amount}\n")
    assert [(p[1], p[3]) for p in found(ws)] == [("amount", 2)]
    with pytest.raises(cx.DataError, match="may group thousands"):
        ws.frame("orders")


def test_a_further_column_whose_points_may_group_thousands_is_left_out_with_that_reason(workspace):
    head = ORDERS.strip() + ",worth,size\n"
    ws = workspace(orders=head + "1,a,2026-01-01,5,1.234,1.234\n2,a,2026-01-02,5,2.500,0.5\n")
    worth, size = ws.attributes("orders")
    assert (size.kind, size.why) == ("number", "")
    assert "may group thousands" in worth.why


def test_a_column_that_qualifies_others_and_is_not_mapped_is_a_warning(workspace):
    head = ORDERS.strip() + ",Financial Status,Curr\n"
    rows = "1,a,2026-01-05,10,paid,EUR\n2,a,2026-01-06,10,Refunded,USD\n3,b,2026-01-07,10,failed,EUR\n"
    problems = found(workspace(orders=head + rows))
    assert [(p[1], p[2], p[3]) for p in problems] == [
        ("Financial Status", "warning", 2),
        ("Curr", "warning", 3),
    ]
    assert 'rows = { "Financial Status" = [...] }' in problems[0][4]
    assert 'currency = "Curr"' in problems[1][4]
    toml = '[tables.orders]\nrows = { "Financial Status" = ["paid"] }\n[tables.orders.columns]\ncurrency = "Curr"\n'
    ws = described(workspace(orders=head + rows), toml)
    assert found(ws) == []
    assert ws.frame("orders")["order_id"].tolist() == ["1"]


def test_a_row_of_totals_is_named(workspace):
    text = "project_id,approved_on,started_on,baseline_cost\nP1,2026-01-01,,5\nP2,,2026-02-01,5\nGrand Total,,,150000\n"
    problems = found(workspace(projects=text))
    assert [(p[1], p[2], p[3], p[4]) for p in problems] == [
        ("project_id", "error", 1, "reads like a row of totals, which would be counted twice"),
        ("approved_on or started_on", "error", 1, "none of them is given"),
    ]


def test_an_answer_that_nothing_dates_is_named(workspace):
    text = "response_id,wave,responded_at,recommend\n1,,2026-01-01,0\n2,2026Q1,,10\n3,,,9\n"
    check = workspace(survey_responses=text).check(AS_OF)
    assert check.sentence(0) == (
        "survey_responses.csv, column wave or responded_at: none of them is given in 1 row (line 4: '3')"
    )


def test_ends_far_ahead_are_none_and_known_ends_are_no_fault_in_check_quarantine_and_reading(
    workspace, tmp_path
):
    ws = workspace(
        contracts="contract_id,customer_id,started_on,ended_on\n"
        "1,a,2025-01-01,9999-12-31\n2,b,2025-01-01,2026-12-31\n3,c,2025-01-01,2026-08-31\n4,d,2025-01-01,\n",
        projects="project_id,approved_on,started_on,finished_on\nP,2026-01-01,2026-01-01,2999-12-31\nQ,2026-01-01,2026-02-01,2026-12-01\n",
    )
    check = ws.check(AS_OF)
    assert check.sentences() == [
        "projects.csv, column finished_on: later than 2026-09-30 in 1 row (line 3: '2026-12-01')"
    ]
    counts = quarantine(ws, check, tmp_path / "out").set_index("table")
    assert counts["refused"].to_dict() == {"contracts": 0, "projects": 1}
    for read in (ws, cx.open(tmp_path / "out")):
        ends = read.frame("contracts")["ended_on"].astype(str).str[:10].tolist()
        assert ends[1:3] == ["2026-12-31", "2026-08-31"]
        assert read.frame("contracts")["ended_on"].isna().tolist() == [True, False, False, True]
    running = cx.features.customers(ws, AS_OF).order_by("customer_id").to_pandas()["contracts_running"]
    assert running.tolist() == [1, 1, 0, 1]


def test_planned_dates_have_bounds(workspace):
    text = "project_id,approved_on,planned_finish_on\nP,2026-01-01,9999-12-31\nQ,2026-01-01,2031-01-01\nR,2026-01-01,0026-01-01\n"
    assert [(p[3], p[4]) for p in found(workspace(projects=text)) if p[2] == "error"] == [
        (1, "later than 2199; declare a day that stands for none as missing in cxresearch.toml"),
        (1, "earlier than 1900"),
    ]


def test_what_earned_value_cannot_be(workspace):
    rows = "P,2026-01-31,2000,1000,1500,15000\nP,2026-02-28,4000,30000,1200,15000\nP,2026-03-31,9000,9000,1600,15000\n"
    assert [(p[1], p[2], p[3]) for p in found(workspace(project_status=STATUS + rows))] == [
        ("earned_value", "warning", 1),
        ("actual_cost", "warning", 1),
    ]
    shares = "P,2026-01-31,20,10,15000,150000\nP,2026-02-28,40,30,25000,150000\n"
    problems = found(workspace(project_status=STATUS + shares))
    assert [(p[1], p[2], p[3]) for p in problems] == [
        ("planned_value", "error", 2),
        ("earned_value", "error", 2),
    ]
    assert all("a percentage?" in p[4] for p in problems)
    small = "P,2026-01-31,20,10,15,100\nP,2026-02-28,40,30,25,100\n"  # a budget of a hundred thousands
    assert found(workspace(project_status=STATUS + small)) == []


def test_rules_along_time_are_written_for_postgresql_too(workspace):
    from cxresearch.checks.project_status import status_rules

    source = workspace(project_status=STATUS + "P,2026-01-31,20,10,15,100\n").sources["project_status"]
    rule = [*status_rules(source, None)][-1]
    assert "MAX(" in ibis.to_sql(rule.bad.name("bad").as_table(), dialect="postgres")


def test_the_end_of_a_contract_shows_how_far_the_data_reach(workspace):
    ws = workspace(
        contracts="contract_id,customer_id,started_on,ended_on\n1,a,2023-01-01,2026-09-12\n2,b,2024-11-30,\n3,c,2024-01-01,2099-01-01\n"
    )
    assert ws.span() == (datetime.date(2023, 1, 1), datetime.date(2026, 9, 12))
    labels = cx.features.churn_labels(ws, "2026-06-12", 92)
    assert labels.order_by("customer_id").to_pandas()["has_left"].tolist() == [True, False, False]
