"""The contract says of its own columns what every reader of them relies on."""

import pytest

from cxresearch.contract.schema import KINDS, Table
from cxresearch.contract.tables import TABLES, columns, key, label

COLUMNS = [(name, c, spec) for name, table in TABLES.items() for c, spec in table.columns.items()]


@pytest.mark.parametrize(("name", "column", "spec"), COLUMNS, ids=[f"{n}.{c}" for n, c, _ in COLUMNS])
def test_what_a_column_says_of_others_is_there(name, column, spec):
    assert spec.kind in KINDS
    assert spec.required is False or spec.nullable is False or column == "ended_on"
    for other in (spec.after, spec.known_on):
        assert other is None or TABLES[name].columns[other].kind == "date"
    if spec.references:
        assert TABLES[spec.references].key == column
    if spec.event:
        assert spec.is_dated
    if spec.known_on:
        assert spec.ripens
    if spec.free_text:
        assert spec.personal and spec.fresh


def test_every_table_of_events_names_when_they_happened():
    undated = [name for name, table in TABLES.items() if not table.where("event")]
    assert undated == [
        "staff_ratings",
        "process_models",
    ]  # waves date the first; the other is how things should be


def test_a_reference_finds_a_key_that_is_not_called_after_its_table():
    branches = Table("", {"branch_code": key("the branch"), "town": label("where")})
    assert branches.key == "branch_code"
    assert branches.keys(["branch_code", "town"]) == [["branch_code"]]
    assert branches.keys(["town"]) == []


def test_a_column_is_found_by_its_pattern():
    table = TABLES["survey_responses"]
    assert table.column("driver_ease") is table.columns["driver_.+"]
    assert table.column("Ease") is None
    assert set(columns("survey_responses", ["driver_ease", "recommend", "Ease"])) == {
        "driver_ease",
        "recommend",
    }


def test_what_is_missing_is_what_is_required():
    assert TABLES["contracts"].missing(["contract_id", "customer_id"]) == ["started_on", "ended_on"]


def test_pandera_knows_the_bounds_of_a_column():
    schema = TABLES["survey_responses"].pandera()
    assert len(schema.columns["recommend"].checks) == 2
    assert schema.columns["driver_.+"].regex
