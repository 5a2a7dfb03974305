"""Every number of every report as one frame: the same in the file beside the page, in results.json and in memory."""

import json
import shutil

import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.report import tidy

EXAMPLE = ROOT / "reports" / "example"


def test_the_frame_is_the_file_and_what_results_json_says():
    every = cx.results(EXAMPLE)
    kept = json.loads((EXAMPLE / "1997Q3" / "results.json").read_text())
    assert len(every) == len(kept["results"]) > 20
    pd.testing.assert_frame_equal(every, pd.read_parquet(EXAMPLE / "1997Q3" / tidy.FILE))
    for name in ("id", "metric", "section", "notebook", "method"):
        assert every[name].tolist() == [row[name] for row in kept["results"]]
    assert every["estimate"].fillna(-1).tolist() == [
        -1 if r["estimate"] is None else r["estimate"] for r in kept["results"]
    ]
    assert set(every["company"]) == {"CDNOW"}
    assert every["headline"].sum() == sum(row.get("headline", False) for row in kept["results"])


def test_reports_stand_in_order_of_time(tmp_path):
    for period, as_of in (
        ("b", "1997-06-30"),
        ("a", "1997-09-30"),
        (".hidden", "1997-03-31"),
        ("c-failed", "1997-12-31"),
    ):
        shutil.copytree(EXAMPLE / "1997Q3", tmp_path / period)
        path = tmp_path / period / "results.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"period": period, "as_of": as_of}))
    every = cx.results(tmp_path)
    assert every["period"].unique().tolist() == ["b", "a"]
    assert every["as_of"].is_monotonic_increasing


def test_what_is_no_report_is_named(tmp_path):
    with pytest.raises(cx.DataError, match="no such folder"):
        cx.results(tmp_path / "absent")
    with pytest.raises(cx.DataError, match="there is no report in it"):
        cx.results(tmp_path)
    (tmp_path / "q").mkdir()
    for text in ("{", "[]", '{"results": 1}', '{"results": [1]}', '{"as_of": "x", "results": []}'):
        (tmp_path / "q" / "results.json").write_text(text)
        if text != '{"as_of": "x", "results": []}':
            with pytest.raises(cx.DataError, match=r"q/results\.json: this is no results of a report"):
                cx.results(tmp_path)
