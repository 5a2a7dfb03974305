"""When an answer is known: by its own moment, by its wave, by its invitations, or at no date."""

import datetime

import pytest

import cxresearch as cx
from cxresearch.features.answered import answered, undated, wave_ends

ANSWERS = """response_id,customer_id,wave,responded_at,recommend
1,a,2026Q1,2026-02-01T10:00:00,9
2,b,2026Q1,,8
3,c,2026Q3,,7
4,d,spring,,6
5,e,spring,2026-04-10T10:00:00,5
6,f,,,4
"""
INVITATIONS = """wave,customer_id,invited_at,has_responded
spring,d,2026-03-01T08:00:00,true
spring,e,2026-04-01T08:00:00,true
spring,g,2026-04-01T08:00:00,false
"""


def known(ws, as_of, **options):
    found = cx.features.survey_answers(ws.survey_responses, as_of, **options)
    return sorted(found.response_id.to_pandas())


def test_an_answer_of_a_later_wave_is_not_known_before_that_wave_is_over(workspace):
    ws = workspace(survey_responses="response_id,wave,recommend\n1,2024Q4,9\n2,2026Q3,3\n")
    assert known(ws, "2024-12-31") == ["1"]
    assert known(ws, "2026-09-29") == ["1"]
    assert known(ws, "2026-09-30") == ["1", "2"]


def test_each_answer_counts_from_its_own_moment_or_else_from_the_end_of_its_wave(workspace):
    ws = workspace(survey_responses=ANSWERS)
    assert known(ws, "2026-02-01") == ["1"]
    assert known(ws, "2026-03-30") == ["1"]
    assert known(ws, "2026-03-31") == ["1", "2"]
    assert known(ws, "2030-12-31") == ["1", "2", "3", "5"]  # nothing dates 4 and 6
    assert undated(ws.survey_responses) == ["spring"]


def test_invitations_date_a_wave_whose_name_does_not(workspace):
    ws = workspace(survey_responses=ANSWERS, survey_invitations=INVITATIONS)
    over = datetime.date(2026, 3, 1) + datetime.timedelta(days=92)
    assert wave_ends(["spring"], ws) == {"spring": over}
    day_before = over - datetime.timedelta(days=1)
    assert known(ws, day_before, workspace=ws) == ["1", "2", "5"]
    assert known(ws, over, workspace=ws) == ["1", "2", "4", "5"]


def test_a_later_invitation_to_the_same_wave_moves_nothing(workspace):
    later = INVITATIONS + "spring,h,2027-01-01T08:00:00,false\n"
    ws = workspace(survey_responses=ANSWERS, survey_invitations=later)
    assert wave_ends(["spring"], ws) == {"spring": datetime.date(2026, 6, 1)}


def test_the_quarters_of_a_fiscal_year_end_when_the_mapping_says(workspace, tmp_path):
    (tmp_path / "cxresearch.toml").write_text("[workspace]\nfiscal_year_starts = 4\n")
    ws = workspace(survey_responses="response_id,wave,recommend\n1,2026Q1,9\n")
    assert known(ws, "2025-06-30", workspace=ws) == ["1"]
    assert known(ws, "2025-06-30") == []  # a calendar quarter of the same name ends no earlier
    assert known(ws, "2026-03-31") == ["1"]


def test_answers_that_nothing_dates_are_refused_and_not_dropped_without_a_word(workspace):
    ws = workspace(survey_responses="response_id,wave,recommend\n1,spring,9\n2,autumn,3\n")
    with pytest.raises(cx.NotEnough, match="the answers of autumn, spring were given"):
        known(ws, "2026-12-31")
    assert answered(ws.survey_responses).count().to_pandas() == 0


def test_scores_of_the_last_months_use_the_same_dates(workspace):
    ws = workspace(survey_responses="response_id,customer_id,wave,recommend\n1,a,2025Q4,9\n2,a,2026Q2,1\n")
    found = cx.features.loyalty_scores(ws.survey_responses, "2026-03-31").to_pandas()
    assert found.to_dict("list") == {"customer_id": ["a"], "score": [9.0]}


def test_what_followed_an_answer_is_counted_from_the_end_of_its_wave(workspace):
    ws = workspace(
        survey_responses="response_id,customer_id,wave,recommend\n1,a,2025Q4,9\n2,a,2026Q2,1\n",
        contracts="contract_id,customer_id,started_on,ended_on\n1,a,2025-01-01,2026-02-15\n",
    )
    stayed = cx.features.stayed_after(ws.survey_responses, ws.contracts, "2026-03-31").to_pandas()
    assert stayed[["response_id", "duration", "has_left"]].to_numpy().tolist() == [["1", 2, True]]


def test_an_invitation_is_answered_only_once_its_answer_is_known(workspace):
    answers = "response_id,customer_id,wave,responded_at\n1,d,spring,2026-03-05\n2,e,spring,2026-04-10\n"
    ws = workspace(survey_responses=answers, survey_invitations=INVITATIONS)

    def asked(as_of, **options):
        rows = cx.features.survey_invitations(ws.survey_invitations, as_of, **options).to_pandas()
        return dict(zip(rows["customer_id"], rows["has_responded"], strict=True))

    assert asked("2026-03-31", workspace=ws) == {"d": True}
    assert asked("2026-04-05", workspace=ws) == {"d": True, "e": False, "g": False}
    assert asked("2026-04-10", workspace=ws) == {"d": True, "e": True, "g": False}


def test_responses_that_do_not_name_their_customers_leave_invitations_as_they_are(workspace):
    answers = "response_id,customer_id,wave,responded_at\n1,,spring,2026-03-05\n"
    ws = workspace(survey_responses=answers, survey_invitations=INVITATIONS)
    found = cx.features.survey_invitations(ws.survey_invitations, "2026-04-05", ws).to_pandas()
    assert found["has_responded"].sum() == 2


def test_ratings_by_staff_are_known_when_their_wave_is_over(workspace):
    rows = "rating_id,wave,department,touchpoint,rating\n1,2026Q1,x,y,5\n2,2026Q3,x,y,6\n3,spring,x,y,7\n"
    ws = workspace(staff_ratings=rows)
    found = cx.features.staff_ratings(ws.staff_ratings, "2026-06-30")
    assert found.columns == ws.staff_ratings.columns
    assert found.rating_id.to_pandas().tolist() == ["1"]
