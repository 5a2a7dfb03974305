"""Sections that cannot be answered are left out with one line, and nothing else is."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cxresearch.kernels.pool import KernelPool, NotebookError
from cxresearch.kernels.sections import LEFT_OUT, heading, names

REFUSE = "class NotEnough(ValueError): pass\nraise NotEnough('fewer than ten have left')"


def book(*cells):
    """A notebook: a text is a heading with its prose, a tuple one with its needs, a list the code of a cell."""
    made = []
    for cell in cells:
        if isinstance(cell, list):
            made.append(new_code_cell("\n".join(cell)))
        else:
            text, needs = cell if isinstance(cell, tuple) else (cell, [])
            made.append(new_markdown_cell(text, metadata={"cxresearch": {"needs": needs}} if needs else {}))
    return new_notebook(cells=made)


@pytest.fixture(scope="module")
def pool():
    with KernelPool(preload=[], fork=True) as pool:
        yield pool


def shown(done):
    """What each code cell shows, empty for nothing."""
    cells = [cell for cell in done.notebook.cells if cell.cell_type == "code"]
    return [cell.outputs[-1].data["text/plain"] if cell.outputs else "" for cell in cells]


def test_a_cell_that_refuses_leaves_out_its_section_and_what_it_showed(pool):
    done = pool.execute(book("# T", ["1"], "## A", ["2"], [REFUSE], ["3"], "## B", ["4"]))
    assert shown(done) == ["1", "Not assessed: fewer than ten have left.", "", "", "4"]


def test_a_section_ends_at_the_next_heading_of_its_level(pool):
    done = pool.execute(book("# T", "## A", ["1"], "### A1", [REFUSE], "### A2", ["2"], "## B", ["3"]))
    assert shown(done) == ["1", "Not assessed: fewer than ten have left.", "2", "3"]
    done = pool.execute(book("# T", "## A", [REFUSE], "### A1", ["1"], "## B", ["2"]))
    assert shown(done) == ["Not assessed: fewer than ten have left.", "", "2"]


def test_a_section_whose_needs_are_not_met_is_not_begun(pool):
    lacking = lambda needs: "there is no table x" if "x" in needs else ""  # noqa: E731
    done = pool.execute(
        book("# T", ("## A", ["x"]), ["raise SystemError"], ("## B", ["y"]), ["2"]), lacking=lacking
    )
    assert shown(done) == ["Not assessed: there is no table x.", "2"]
    left = [cell for cell in done.notebook.cells if LEFT_OUT in cell.metadata.get("tags", [])]
    assert [heading(left[0]), len(left)] == [(2, "A"), 2]


def test_what_rests_on_a_section_that_is_left_out_is_left_out_too(pool):
    done = pool.execute(
        book(
            "# T",
            ["parts = []"],
            "## A",
            [REFUSE],
            ["a = 1", "parts.append(a)"],
            "## B",
            ["b = a + 1"],
            "## C",
            ["b"],
            "## D",
            ["parts"],
            "## E",
            ["a = 5"],
            ["a"],
        )
    )
    rests = "Not assessed: it rests on “{}”, which was not assessed."
    first, _, b, c, d, _, e = shown(done)[1:]
    assert (first, b, c) == ("Not assessed: fewer than ten have left.", rests.format("A"), rests.format("B"))
    assert (d, e) == ("[]", "5")  # what E assigns again does not serve B, which comes before it


def test_resting_is_read_from_the_source_not_from_the_error(pool):
    done = pool.execute(book("# T", "## A", [REFUSE], ["a = 1"], "## B", ["a = a if False else 2", "a"]))
    assert shown(done)[2] == "Not assessed: it rests on “A”, which was not assessed."
    done = pool.execute(book("# T", "## A", [REFUSE], ["a = 1"], "## B", ["a = 2", "a"]))
    assert shown(done)[2] == "2"


def test_another_error_fails_the_notebook(pool):
    with pytest.raises(NotebookError, match="ValueError: no"):
        pool.execute(book("# T", "## A", ["raise ValueError('no')"], "## B", ["1"]))


@pytest.mark.parametrize(
    ("source", "assigned", "used"),
    [
        ("a = b", {"a"}, {"b"}),
        ("a = 1\na", {"a"}, set()),
        ("a += 1", {"a"}, {"a"}),
        ("import pandas as pd\nfrom x import y", {"pd", "y"}, set()),
        ("[i for i in rows if i > least]", set(), {"rows", "least"}),
        ("lambda x, n=k: x + y", set(), {"k", "y"}),
        ("print(len(x))", set(), {"x"}),
        ("%matplotlib inline", set(), set()),
    ],
)
def test_names_of_a_cell(source, assigned, used):
    assert names(source) == (assigned, used)
