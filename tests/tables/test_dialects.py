"""Ibis' compilers: none is imported before it is asked for, and each can still be had."""

import subprocess
import sys

import pytest


def run(script):
    """What a script prints in a Python of its own."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


OPENED = "import sys, cxresearch as cx; cx.open('data/cdnow')\n"
LOADED = "print(*sorted(m.rpartition('.')[2] for m in sys.modules if m.startswith('ibis.backends.sql.compilers.')))\n"


def test_a_folder_is_opened_with_the_compiler_of_its_engine_alone():
    assert [name for name in run(OPENED + LOADED) if not name.startswith("_")] == ["base", "duckdb"]


@pytest.mark.parametrize(
    "asked",
    [
        "import ibis\nt = ibis.table({'a': 'int'}, name='t')\nprint(ibis.to_sql(t, dialect='bigquery').count('`') > 0)",
        "from ibis.backends.sql.compilers import SnowflakeCompiler\nprint(SnowflakeCompiler.dialect is not None)",
        "from ibis.backends.sql.compilers.mssql import MSSQLCompiler\nprint(MSSQLCompiler.dialect is not None)",
        "import ibis.backends.sql.compilers as sc\nprint(sc.postgres.compiler is not None)",
        "import ibis.backends.sql.compilers as sc\nprint(all(hasattr(sc, name) for name in sc.__all__))",
        "import ibis.backends.sql.compilers as sc\nprint(not hasattr(sc, 'cobol'))",
        "import ibis\nprint(ibis.sqlite.compile(ibis.table({'a': 'int'}, name='t')).startswith('SELECT'))",
    ],
)
def test_every_other_compiler_can_still_be_had(asked):
    assert run(OPENED + asked) == ["True"]


def test_nothing_changes_where_ibis_has_its_compilers():
    opened_before = (
        "import sys, ibis; ibis.duckdb.connect(); before = sys.modules['ibis.backends.sql.compilers']\n"
    )
    same = "print(sys.modules['ibis.backends.sql.compilers'] is before)"
    assert run(opened_before + OPENED + same) == ["True"]
