"""Which tables are expected to have rows in every quarter."""

import datetime

import pandas as pd

import cxresearch as cx
from cxresearch.models.quality.row_volumes import RowVolumes


def test_offers_that_have_ended_are_a_choice_and_no_gap(tmp_path):
    """A trial that ran for some months and is over is nothing that a data supplier has lost."""
    months = pd.date_range("2025-01-01", "2026-09-01", freq="MS")
    days = pd.DatetimeIndex([day + pd.Timedelta(days=d) for day in months for d in range(28)])
    pd.DataFrame({"customer_id": [f"C{i}" for i in range(len(days))], "acquired_at": days}).to_csv(
        tmp_path / "customers.csv", index=False
    )
    offered = days[days < "2026-04-01"]
    pd.DataFrame(
        {"offer_id": range(len(offered)), "customer_id": [f"C{i}" for i in range(len(offered))], "offered_on": offered.date,
         "arm": "control", "has_returned": False}
    ).to_csv(tmp_path / "winback_offers.csv", index=False)  # fmt: skip
    quarter = cx.models.DataQuality().fit(cx.open(tmp_path), datetime.date(2026, 9, 30)).quarter_
    assert {scan.name for scan in quarter.dated} == {"customers", "winback_offers"}
    assert set(RowVolumes().fit(quarter).quarters_["table"]) == {"customers"}
