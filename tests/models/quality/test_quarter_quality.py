"""Is this quarter fit to publish: a clean quarter passes, every planted fault is found and named, null data keep quiet."""

import datetime
import shutil

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models.quality.counts import differs
from cxresearch.models.quality.response import FEWEST
from cxresearch.report import verdicts
from cxresearch.sample import write

AS_OF = datetime.date(2026, 9, 30)
START = pd.Timestamp("2026-07-01")


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    path = tmp_path_factory.mktemp("northgate")
    write(path)
    return path


@pytest.fixture
def judged(northgate, tmp_path):
    """Judge Northgate's tables named, changed by functions of the frame: ``judged(orders=cut)``; None leaves a table as it is."""

    def make(**changes):
        for name, change in changes.items():
            path = northgate / f"{name}.parquet"
            if change is None:
                shutil.copy(path, tmp_path)
            else:
                change(pd.read_parquet(path)).to_parquet(tmp_path / path.name)
        return cx.models.DataQuality().fit(cx.open(tmp_path), AS_OF)

    return make


def finding(quality, topic):
    return cx.readings.scorecard(quality).set_index("topic").loc[topic, "finding"]


def reasons(quality):
    shown = cx.report.verdict(quality.verdict_, cx.readings.scorecard(quality))
    return shown._repr_mimebundle_()[verdicts.VERDICT]["reasons"]


def test_rows_of_a_single_day_at_the_quarters_end_are_counted(tmp_path):
    """One export of snapshots, all of the last day: there is no month to learn from, but there are rows."""
    rows = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(50)], "snapshot_on": AS_OF, "has_left": "false"}
    )
    rows.to_csv(tmp_path / "snapshots.csv", index=False)
    quality = cx.models.DataQuality().fit(cx.open(tmp_path), AS_OF)
    assert quality.topics_["Row counts"].quarters_.set_index("table").loc[
        "snapshots", ["rows", "learnt"]
    ].tolist() == [50, 0]
    assert quality.topics_["Late records"].tables_["last_record"].tolist() == [pd.Timestamp(AS_OF)]
    assert (
        quality.left_out_ == [f"{topic}: {why}" for topic, why in quality.refusals_.items()]
        and "Late records" not in quality.refusals_
    )


def test_of_the_clean_company_nothing_is_remarked_on(northgate):
    """Northgate as it is: every question answered, and nothing odd in either of its last two quarters."""
    for day in (AS_OF, datetime.date(2026, 6, 30)):
        quality = cx.models.DataQuality().fit(cx.open(northgate), day)
        assert quality.verdict_ == "publish"
        assert reasons(quality) == []
        assert set(quality.states_.values()) == {"ok"}


STOPPED = [  # the shop wins no customers in its last two quarters
    "customers: still missing since 2026-04, 282 rows this quarter, 1,114 expected by the months before",
    "orders: still fewer since 2026-04, 2,018 rows this quarter, 3,789 expected by the months before",
]


def test_a_shop_that_stopped_winning_customers_is_named_until_a_year_has_passed(tmp_path):
    write(tmp_path, acquisition_stops="2026-04")
    ws = cx.open(tmp_path)
    quality = cx.models.DataQuality().fit(ws, AS_OF)
    assert quality.verdict_ == "publish with a warning"
    assert reasons(quality) == ["; ".join(STOPPED)]
    assert {name for name, state in quality.states_.items() if state != "ok"} == {"Row counts"}
    decision = cx.readings.find_out_why_rows_stopped(quality.topics_["Row counts"], AS_OF)
    assert decision.text.startswith("Find out why the number of new customers has collapsed since 2026-04")
    assert "Expected: 832" in decision.text or "Expected: 830" in decision.text
    fell = cx.models.DataQuality().fit(ws, datetime.date(2026, 6, 30))
    assert (fell.verdict_, fell.states_["Row counts"]) == ("hold", "hold")
    assert finding(fell, "Row counts").startswith("customers: 207 rows this quarter, 966 expected")
    before = cx.models.DataQuality().fit(ws, datetime.date(2026, 3, 31))
    assert (before.verdict_, reasons(before)) == ("publish", [])


def test_the_figures_of_the_clean_company(northgate):
    quality = cx.models.DataQuality().fit(cx.open(northgate), AS_OF)
    summary = quality.summary()
    assert list(summary.columns[:6]) == ["metric", "estimate", "low", "high", "n", "method"]
    known = summary.dropna(subset="low")
    assert ((known["low"] <= known["estimate"]) & (known["estimate"] <= known["high"])).all()
    late = quality.topics_["Late records"].tables_.set_index("table")
    responses = at(pd.read_parquet(northgate / "survey_responses.parquet"), "responded_at")
    assert late.loc["survey_responses", "last_record"] == responses.max().normalize()
    orders = at(pd.read_parquet(northgate / "orders.parquet"), "ordered_at")
    assert late.loc["orders", "last_week"] == (orders >= pd.Timestamp("2026-09-24")).sum()
    assert (
        quality.topics_["Row counts"].quarters_.set_index("table").loc["orders", "rows"]
        == (orders >= START).sum()
    )


def at(frame, column):
    return frame[column].dt.tz_localize(None)


def test_a_month_of_orders_is_missing_this_quarter(judged):
    quality = judged(orders=lambda f: f[at(f, "ordered_at").dt.strftime("%Y-%m") != "2026-08"])
    assert quality.verdict_ == "publish with a warning"
    assert "orders: 0 rows in 2026-08" in finding(quality, "Row counts")


def test_a_month_of_orders_is_missing_in_the_past(judged):
    quality = judged(orders=lambda f: f[at(f, "ordered_at").dt.strftime("%Y-%m") != "2026-03"])
    assert reasons(quality) == ["orders: no rows in 2026-03"]


def test_this_quarters_interactions_are_halved(judged):
    def halve(f):
        return f[(at(f, "started_at") < START) | (np.arange(len(f)) % 2 == 0)]

    quality = judged(interactions=halve)
    assert quality.verdict_ == "publish with a warning"
    assert "interactions: " in finding(quality, "Row counts")
    assert (quality.topics_["Row counts"].volumes_.query("is_quarter")["verdict"] == "few").all()


def test_nine_tenths_of_this_quarters_interactions_are_lost(judged):
    def lose(f):
        return f[(at(f, "started_at") < START) | (np.arange(len(f)) % 10 == 0)]

    quality = judged(interactions=lose)
    assert quality.verdict_ == "hold"
    assert quality.states_["Row counts"] == "hold"


def test_a_column_is_blank_from_this_quarter_on(judged):
    def blank(f):
        return f.assign(wait_seconds=f["wait_seconds"].where(at(f, "started_at") < START))

    quality = judged(interactions=blank)
    assert reasons(quality) == ["interactions.wait_seconds: filled in 0% of rows, 100% before"]


def test_a_channel_is_renamed(judged):
    def rename(f):
        new = f["channel"].astype(str)
        return f.assign(channel=new.where((at(f, "ordered_at") < START) | (new != "web"), "online"))

    quality = judged(orders=rename)
    assert quality.verdict_ == "publish with a warning"
    assert "'online' is new" in finding(quality, "Definitions")
    assert "'web' has vanished" in finding(quality, "Definitions")


def test_minutes_become_seconds(judged):
    def scale(f):
        return f.assign(
            handle_seconds=f["handle_seconds"].where(at(f, "started_at") < START, f["handle_seconds"] / 60)
        )

    quality = judged(interactions=scale)
    assert "interactions.handle_seconds: median" in finding(quality, "Definitions")
    assert "another scale" in finding(quality, "Definitions")
    assert "another unit?" in finding(quality, "Faults in the tables")


def test_the_last_ten_days_have_not_arrived(judged):
    cut = pd.Timestamp("2026-09-21")
    quality = judged(
        orders=lambda f: f[at(f, "ordered_at") < cut], interactions=lambda f: f[at(f, "started_at") < cut]
    )
    assert quality.verdict_ == "publish with a warning"
    said = finding(quality, "Late records")
    assert "orders: 0 rows in the last 7 days" in said
    assert "interactions: 0 rows in the last 7 days" in said
    assert "2026-09-20" in said


def test_a_table_that_fell_silent_holds_the_report(judged):
    quality = judged(orders=lambda f: f[at(f, "ordered_at") < pd.Timestamp("2026-08-20")])
    assert quality.verdict_ == "hold"
    assert reasons(quality)[0].startswith(
        "orders: last record 2026-08-19, 42 days before the end of the quarter"
    )


def test_a_stratum_stopped_answering(judged):
    def skew(f):
        quiet = (at(f, "invited_at") >= START) & (f["stratum"].astype(str) == "B2C")
        return f.assign(has_responded=f["has_responded"] & ~(quiet & (np.arange(len(f)) % 3 != 0)))

    quality = judged(survey_invitations=skew)
    assert quality.states_["Survey response"] == "warning"
    assert "(B2C)" in finding(quality, "Survey response")
    assert quality.topics_["Survey response"].wave_["r"] < 0.9


def test_a_region_is_missing_from_this_quarters_orders(judged, northgate):
    people = pd.read_parquet(northgate / "customers.parquet")
    south = set(people.loc[people["region"].astype(str) == "south", "customer_id"].astype(str))

    def drop(f):
        return f[(at(f, "ordered_at") < START) | ~f["customer_id"].astype(str).isin(south)]

    quality = judged(customers=None, orders=drop)
    assert "orders: region 'south' at 0.00 of its share" in finding(quality, "Representation")


def test_groups_of_a_few_customers_are_not_shown(judged):
    def rare(f):
        segments = f["segment"].astype(object)
        segments.iloc[:9], segments.iloc[9:19] = "nine", "ten"
        return f.assign(segment=segments)

    values = judged(customers=rare, orders=None).topics_["Representation"].groups_["value"]
    assert "ten" in set(values) and "nine" not in set(values)


def test_duplicates_and_orphans_hold_the_report(judged):
    def spoil(f):
        f = pd.concat([f, f.tail(3)], ignore_index=True)
        f["customer_id"] = f["customer_id"].astype(str)
        f.loc[[10, 11], "customer_id"] = "nobody"
        return f

    quality = judged(customers=None, orders=spoil)
    assert quality.verdict_ == "hold"
    said = finding(quality, "Faults in the tables")
    assert "the key is not unique in 6 rows" in said
    assert "not found in customers in 2 rows" in said


def test_unreadable_values_are_faults_and_not_a_crash(workspace):
    rows = "".join(f"{i},a,2026-0{1 + i % 9}-01,{'much' if i == 7 else i}\n" for i in range(90))
    quality = cx.models.DataQuality().fit(
        workspace(orders="order_id,customer_id,ordered_at,amount\n" + rows), AS_OF
    )
    assert quality.verdict_ == "hold"
    assert "not a number in 1 row" in reasons(quality)[0]


@pytest.mark.parametrize(
    "tables",
    [
        {"orders": "order_id,customer_id,ordered_at,amount\n1,a,2026-09-30,5\n"},
        {"customers": "customer_id,acquired_at\na,2026-01-01\n"},
        {"staff_ratings": "rating_id,wave,department,touchpoint,rating\n1,w,Sales,order,5\n"},
        {"survey_invitations": "wave,customer_id,invited_at,has_responded\nw,a,2026-09-01,true\n"},
        {"survey_responses": "response_id,wave,recommend\n1,w,9\n"},
        {"projects": "project_id,started_on\n1,2026-01-01\n"},
    ],
)
def test_a_tiny_workspace_says_that_it_has_no_history(workspace, tables):
    quality = cx.models.DataQuality().fit(workspace(**tables), AS_OF)
    assert quality.verdict_ == "publish with a warning"
    assert reasons(quality) == ["too little history: nothing could be compared with earlier quarters"]
    assert len(quality.summary().dropna(subset="low")) <= 1


def test_what_happens_later_changes_nothing(judged):
    quality = judged(orders=None)

    def go_on(f):
        more = f.tail(500).assign(order_id=[f"L{i}" for i in range(500)])
        more["ordered_at"] = pd.Timestamp("2026-10-05", tz=f["ordered_at"].dt.tz).as_unit(
            f["ordered_at"].dt.unit
        )
        return pd.concat([f, more], ignore_index=True)

    later = judged(orders=go_on)
    for topic, table in (
        ("Faults in the tables", "tables_"),
        ("Row counts", "volumes_"),
        ("Late records", "tables_"),
        ("Definitions", "values_"),
    ):
        one, other = (getattr(q.topics_[topic], table) for q in (later, quality))
        pd.testing.assert_frame_equal(one, other)


def test_rows_of_other_organisations_are_no_rows_of_the_quarter(workspace):
    """They are read, those after the day are counted nowhere, and none of them is of the firm's own quarter."""
    rows = [("us", "2026-09-01", False), ("them", "2026-09-02", True), ("they", "2026-10-02", True)]
    answers = pd.DataFrame(rows, columns=["organisation_id", "assessed_on", "is_benchmark"])
    answers = answers.merge(pd.DataFrame({"item": ["people_1", "people_2"], "score": [1, 2]}), how="cross")
    quality = cx.models.DataQuality().fit(workspace(readiness_answers=answers.to_csv(index=False)), AS_OF)
    assert quality.quarter_.scans["readiness_answers"].days["rows"].sum() == 2
    assert "Row counts" not in quality.topics_  # how many answer is the firm's choice
    assert quality.topics_["Faults in the tables"].tables_.set_index("table")["rows"].to_dict() == {
        "readiness_answers": 4
    }


def test_a_date_that_is_none_is_refused(cdnow):
    with pytest.raises(ValueError, match="as_of is '2026-09-30', not a date"):
        cx.models.DataQuality().fit(cdnow, "2026-09-30")


def test_a_count_against_the_last_quarter():
    """Given 28 in all, 10 or fewer on a fair coin, twice: 2 · 0.0925 (binomial table)."""
    assert differs(10, 18, 1) == pytest.approx(0.1849, abs=1e-4)
    assert differs(0, 0, 3) == 1


def test_the_verdict_travels_with_the_scorecard(cdnow):
    quality = cx.models.DataQuality().fit(cdnow, datetime.date(1997, 9, 30))
    shown = cx.report.verdict(quality.verdict_, cx.readings.scorecard(quality))._repr_mimebundle_()
    assert shown[verdicts.VERDICT] == {"verdict": "publish", "reasons": []}
    assert verdicts.line({"verdict": "publish with a warning", "reasons": ["a", "b"]}) == {
        "kind": "warning",
        "text": "Fit to publish, with a warning: 2 findings",
        "reasons": ["a", "b"],
    }
    assert verdicts.line(None) is None


def test_a_project_that_began_is_a_record_though_none_was_approved(workspace):
    """Approved by 18 August, begun on 1 September: the table is 29 days old, not 43."""
    rows = "".join(f"{i},2026-0{1 + i % 7}-18,2026-0{3 + i % 7}-01\n" for i in range(210))
    quality = cx.models.DataQuality().fit(
        workspace(projects="project_id,approved_on,started_on\n" + rows), AS_OF
    )
    late = quality.topics_["Late records"].tables_
    assert late["days_before"].tolist() == [29]
    assert late["verdict"].tolist() != ["silent"]


def test_a_hold_outweighs_warnings_and_its_findings_alone_are_the_reasons(judged):
    quality = judged(
        orders=lambda f: f[at(f, "ordered_at") < pd.Timestamp("2026-08-20")],
        interactions=lambda f: f.assign(wait_seconds=f["wait_seconds"].where(at(f, "started_at") < START)),
    )
    assert quality.states_["Late records"] == "hold" and quality.states_["Filled columns"] == "warning"
    assert quality.verdict_ == "hold"
    assert not any("wait_seconds" in reason for reason in reasons(quality))


@pytest.mark.parametrize(
    ("tables", "model", "why"),
    [
        (
            {"staff_ratings": "rating_id,wave,department,touchpoint,rating\n1,w,Sales,order,5\n"},
            "LastRecords",
            "no table has a date",
        ),
        (
            {"staff_ratings": "rating_id,wave,department,touchpoint,rating\n1,w,Sales,order,5\n"},
            "RowVolumes",
            "no table has a date",
        ),
        (
            {"projects": "project_id,started_on\n1,2026-01-01\n"},
            "FilledColumns",
            "no optional column has 30 rows",
        ),
        (
            {"projects": "project_id,started_on\n1,2026-01-01\n"},
            "Definitions",
            "no label or number has 30 rows",
        ),
        (
            {"projects": "project_id,started_on\n1,2026-01-01\n"},
            "WaveResponse",
            "there is no table survey_invitations",
        ),
        (
            {"survey_invitations": "wave,customer_id,invited_at,has_responded\nw,a,2025-09-01,true\n"},
            "WaveResponse",
            "nobody was invited to a survey this quarter",
        ),
        (
            {"projects": "project_id,started_on\n1,2026-01-01\n"},
            "Representation",
            "there is no table customers",
        ),
        (
            {"customers": "customer_id,acquired_at\na,2026-01-01\n"},
            "Representation",
            "customers have no segment",
        ),
        (
            {"customers": "customer_id,acquired_at,region\na,2027-01-01,x\n"},
            "Representation",
            "no customer was acquired by 2026-09-30",
        ),
        (
            {"customers": "customer_id,acquired_at,region\na,2026-01-01,x\n"},
            "Representation",
            "fewer than 30 customers with a segment",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_half_a_sentence(workspace, tables, model, why):
    quality = cx.models.DataQuality().fit(workspace(**tables), AS_OF)
    with pytest.raises(cx.NotEnough, match=why):
        getattr(cx.models, model)().fit(quality.quarter_)


@pytest.mark.parametrize(("invited", "is_shown"), [(FEWEST - 1, False), (FEWEST, True)])
def test_the_response_of_a_wave_of_a_few_is_not_shown(workspace, invited, is_shown):
    rows = "".join(f"w,C{k},2026-09-20,{'true' if k % 2 else 'false'}\n" for k in range(invited))
    text = "wave,customer_id,invited_at,has_responded\n" + rows
    quality = cx.models.DataQuality().fit(workspace(survey_invitations=text), AS_OF)
    assert ("Survey response" in quality.topics_) == is_shown
    assert is_shown or quality.refusals_["Survey response"].startswith(
        "fewer than ten customers were invited"
    )


def test_a_single_stratum_has_no_r_indicator(workspace):
    rows = "".join(f"w,C{k},2026-09-20,{'true' if k % 2 else 'false'}\n" for k in range(40))
    quality = cx.models.DataQuality().fit(
        workspace(survey_invitations="wave,customer_id,invited_at,has_responded\n" + rows), AS_OF
    )
    answers = quality.topics_["Survey response"]
    assert answers.summary()["metric"].tolist() == ["response rate, wave w"]
    assert "R-indicator (fewer than two strata" in answers.left_out_[0]


def test_topics_can_be_fitted_on_their_own(northgate):
    quality = cx.models.DataQuality().fit(cx.open(northgate), AS_OF)
    volumes = cx.models.RowVolumes().fit(quality.quarter_)
    pd.testing.assert_frame_equal(volumes.volumes_, quality.topics_["Row counts"].volumes_)
