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
            node.name: node
            for node in ast.parse((TESTS / file).read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
        assert functions, f"{file} holds no test"
        if name != "*":
            assert name in functions, f"{file} has no {name}"
            assert asserts(functions[name]), f"{file} asserts nothing in {name}"


def asserts(function):
    """Whether a test asserts something of a value: a comparison, a call or a name, or that an error is raised; not a bare constant."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant | ast.JoinedStr):
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.raises", "refusal"):
            return True
    return False


@pytest.mark.parametrize("body", ["assert True", "print('assert x == 1')", '"""assert x"""'])
def test_words_about_asserting_assert_nothing(body):
    assert not asserts(ast.parse(body))
