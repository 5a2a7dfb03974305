"""The list of what must hold of every run names tests that are there."""

import ast
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LISTED = {
    check: tests
    for group in tomllib.loads((TESTS / "checks.toml").read_text()).values()
    for check, tests in group.items()
}


def test_there_are_thirty_two():
    assert [int(check.split()[0]) for check in LISTED] == list(range(1, 33))


@pytest.mark.parametrize("check", LISTED)
def test_a_check_is_held_by_tests_that_assert_something(check):
    for named in LISTED[check]:
        file, name = named.split("::")
        functions = {
            node.name: ast.unparse(node)
            for node in ast.parse((TESTS / file).read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
        assert functions, f"{file} holds no test"
        if name != "*":
            assert name in functions, f"{file} has no {name}"
            assert any(word in functions[name] for word in ("assert ", "pytest.raises", "refusal(", "approx"))
