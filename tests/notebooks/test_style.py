"""The notebooks read like a story: short cells, short lines, no plumbing, every section with its need and its end."""

import ast
import json

import pytest
from paths import ROOT

BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CONDITIONS = 30  # in all notebooks together
WIDTH, HEIGHT = 120, 12


def cells(path, kind=None):
    book = json.loads(path.read_text(encoding="utf-8"))
    found = [cell for cell in book["cells"] if kind in (None, cell["cell_type"])]
    return ["".join(cell["source"]) for cell in found]


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_cells_and_lines_are_short(path):
    for source in cells(path):
        assert max(map(len, source.split("\n")), default=0) <= WIDTH, source
    for source in cells(path, "code"):
        is_parameters = source.startswith("data: str")  # one a line, however many there are
        assert is_parameters or len(source.split("\n")) <= HEIGHT, source


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_no_function_is_defined_and_no_file_is_opened(path):
    for source in cells(path, "code"):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)), source
            assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "open"), source


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_the_story_has_a_title_parameters_and_limits(path):
    book = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert "".join(book[0]["source"]).startswith("# ")
    assert "parameters" in book[1]["metadata"]["tags"]
    assert "".join(book[-1]["source"]).startswith("## Limits")


def test_hardly_anything_is_conditional():
    count = 0
    for path in BOOKS:
        for source in cells(path, "code"):
            nodes = list(ast.walk(ast.parse(source)))
            count += sum(isinstance(node, (ast.If, ast.IfExp, ast.Try)) for node in nodes)
            count += sum(len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
    assert count < CONDITIONS
