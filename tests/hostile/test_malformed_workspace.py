"""The two hundred malformed files as workspaces: checked, parted, and counted, with no traceback and no row lost."""

import datetime
import random

import pytest
from malformed import malformed

import cxresearch as cx
from cxresearch.checks.quarantine import quarantine

CASES = malformed()
PARTED = set(random.Random(0).sample(range(len(CASES)), 30))  # each writes two workspaces
AS_OF = datetime.date(2026, 9, 30)


@pytest.mark.parametrize("part", range(4))
def test_a_malformed_workspace_is_refused_in_one_line_or_every_row_is_accounted_for(part, tmp_path):
    for number, case in enumerate(CASES):
        if number % 4 != part:
            continue
        folder = tmp_path / case.name
        folder.mkdir()
        for name, data in case.files.items():
            (folder / name).write_bytes(data)
        try:
            workspace = cx.open(folder)
            check = workspace.check(AS_OF)
        except cx.DataError as fault:
            assert "\n" not in str(fault), case.name
            continue
        assert set(check.rows) == set(workspace.tables), case.name
        for i in check.problems.index:
            assert "\n" not in check.sentence(i), case.name
        if check.errors.empty:
            for table in workspace.tables:
                assert len(workspace.frame(table)) == check.rows[table], case.name
        elif number in PARTED:
            counts = quarantine(workspace, check, folder / "out")
            assert (counts["rows_in"] == counts["kept"] + counts["refused"]).all(), case.name
