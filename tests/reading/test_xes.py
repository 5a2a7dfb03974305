"""Event logs in XES: read as a table, or refused in one line that names the place."""

import gzip

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.reading.xes import delimited

MAPPING = """[tables.interactions]
file = "log.xes"

[tables.interactions.columns]
interaction_id = { row_number = true }
started_at = "time:timestamp"
touchpoint = "concept:name"
channel = { value = "portal" }
case_id = "case:concept:name"
agent_id = "org:resource"
"""
LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="none"/></global>
  <string key="concept:name" value="the log"/>
  <trace>
    <string key="concept:name" value="case 1"/>
    <event>
      <string key="concept:name" value="Ask, &quot;please&quot;"><string key="note" value="inside"/></string>
      <date key="time:timestamp" value="2026-01-05T09:00:00.000+01:00"/>
    </event>
    <event>
      <string key="concept:name" value="Answer"/>
      <date key="time:timestamp" value="2026-01-06T09:00:00.000+01:00"/>
      <string key="org:resource" value="Ana"/>
    </event>
    <int key="amount" value="7"/>
  </trace>
  <trace>
    <string key="concept:name" value="case 2"/>
    <event><string key="concept:name" value="Ask"/><date key="time:timestamp" value="2026-01-05T10:00:00Z"/></event>
  </trace>
</log>
"""


def test_events_are_rows_and_what_a_trace_has_stands_beside_them(tmp_path):
    path = tmp_path / "log.xes"
    path.write_text(LOG)
    owner = set()
    found = pd.read_csv(delimited(path, owner), keep_default_na=False)
    assert list(found.columns) == [
        "case:concept:name",
        "case:amount",
        "concept:name",
        "time:timestamp",
        "org:resource",
    ]
    assert found["case:concept:name"].tolist() == ["case 1", "case 1", "case 2"]
    assert found["case:amount"].tolist() == ["7", "7", ""]  # given after the events of its trace
    assert found["concept:name"].tolist() == ['Ask, "please"', "Answer", "Ask"]
    assert found["org:resource"].tolist() == ["", "Ana", ""]


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_with_a_log_is_a_workspace(tmp_path, packed):
    name = "log.xes.gz" if packed else "log.xes"
    (tmp_path / "cxresearch.toml").write_text(MAPPING.replace("log.xes", name))
    (tmp_path / name).write_bytes(gzip.compress(LOG.encode()) if packed else LOG.encode())
    ws = cx.open(tmp_path)
    assert ws.check().ok and ws.unread() == []
    steps = cx.features.journey_steps(ws.interactions, "2026-06-30", of="case")
    frame = steps.to_pandas()
    assert frame["who"].tolist() == ["case 1", "case 1", "case 2"]
    assert frame["goes_to"].tolist() == ["Answer", "$", "$"]
    assert frame["started_at"].dt.hour.tolist() == [8, 8, 10]  # in UTC
    assert len(ws.fingerprint()["interactions"]) == 64


def test_a_log_without_a_mapping_says_which_columns_it_lacks(tmp_path):
    (tmp_path / "interactions.xes").write_text(LOG)
    with pytest.raises(cx.DataError, match=r"interactions\.xes"):
        cx.open(tmp_path).interactions.execute()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<!DOCTYPE log [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>' + LOG.split("?>")[1].replace("Answer", "&b;"), "has a document type"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "has a document type"),
        ("<html><body/></html>", "is XML, but no event log: it begins with html"),
        (LOG[:400], r"line \d+: is no well-formed XML"),
        ("case,activity\n1,a\n", "line 1: is no well-formed XML"),
        ("<log></log>", "has no events"),
        ("<log>" + "<list>" * 200 + "</list>" * 200 + "</log>", "more than 100 deep"),
        ('<?xml version="1.0" encoding="klingon"?><log/>', "is no"),
        ("<log><trace><event>" + "".join(f'<int key="k{k}" value="1"/>' for k in range(1001)) + "</event></trace></log>", "more than 1,000 columns"),
    ],
)  # fmt: skip
def test_what_is_no_log_is_refused_in_one_line(tmp_path, text, fault):
    path = tmp_path / "log.xes"
    path.write_text(text)
    with pytest.raises(cx.DataError, match=fault) as refused:
        delimited(path, set())
    assert "log.xes" in str(refused.value) and "\n" not in str(refused.value)


def test_what_unpacks_without_end_is_refused(tmp_path):
    path = tmp_path / "log.xes.gz"
    path.write_bytes(gzip.compress(b"<log>" + b" " * 20_000_000 + b"</log>"))
    with pytest.raises(cx.DataError, match="unpacks to more than 100 times its size"):
        delimited(path, set())


def test_a_log_in_another_encoding_is_read(tmp_path):
    owner = set()
    path = tmp_path / "log.xes"
    path.write_bytes(LOG.replace("UTF-8", "ISO-8859-1").replace("Ana", "Ané").encode("latin-1"))
    assert "Ané" in delimited(path, owner).read_text(encoding="utf-8")


def test_a_draft_of_the_mapping_sees_the_columns(tmp_path):
    from cxresearch.suggest import suggest

    (tmp_path / "log.xes").write_text(LOG)
    assert "time:timestamp" in str(suggest(tmp_path))
