"""Comments that may be quoted: one rule, no taste, nobody named, and nothing unless the firm allows it."""

import nbformat
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.environment import RUN
from cxresearch.models.loyalty.comment_examples import may_be_quoted
from cxresearch.report import quotes

LATE, BILL = "The delivery was late again.", "The bill was wrong, twice."
RARE = "The delivery was late for poor old Mrs Winterbottom of Leeds"


def fitted(texts, is_allowed=True):
    text = pd.Series(texts)
    themes = cx.models.CommentThemes().fit(text)
    return cx.models.CommentExamples(is_allowed).fit(themes, text).examples_


def test_one_comment_for_each_theme_by_a_rule_that_the_order_of_rows_does_not_move():
    texts = [LATE, BILL] * 50 + [RARE]
    found, turned = fitted(texts), fitted(texts[::-1])
    assert set(found["comment"]) == {LATE, BILL}
    assert found.sort_values("theme").to_dict("list") == turned.sort_values("theme").to_dict("list")


def test_nothing_without_leave():
    assert not len(fitted([LATE, BILL] * 50, is_allowed=False))


@pytest.mark.parametrize(
    ("text", "may"),
    [
        (LATE, True),
        ("I waited and I left again", True),
        ("Why? Because nobody came back to us", True),
        (RARE, False),
        ("please call ana@example.org about it", False),
        ("ask for room 12 on arrival", False),
        ("see www.example.org for the details", False),
        ("no", False),
        ("word " * 41, False),
        ("das war Herr Müller am Schalter", False),
    ],
)
def test_what_may_name_somebody_is_never_quoted(text, may):
    assert may_be_quoted(" ".join(text.split())) == may


class Place:
    """A workspace of which only this is asked."""

    def __init__(self, allowed=True):
        from cxresearch.tables.definitions import Survey
        from cxresearch.tables.mapping import Mapping

        self.mapping = Mapping(survey=Survey(allowed))


def notebook(examples, monkeypatch):
    monkeypatch.setenv(RUN, "1")
    shown = quotes.quote(examples)._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data=shown)
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    return nbformat.v4.new_notebook(cells=[cell])


def test_the_board_takes_the_first_in_which_nothing_is_masked(monkeypatch):
    from cxresearch.masking import Secrets

    examples = pd.DataFrame(
        {"theme": ["a", "a", "b"], "n": [40, 40, 12], "comment": ["they owe winterbottom money", LATE, BILL]}
    )
    monkeypatch.setattr(quotes, "sensitive", lambda *_, **__: Secrets(["winterbottom"]))
    book = notebook(examples, monkeypatch)
    found = quotes.chosen([book], Place())
    assert [one["comment"] for one in found] == [LATE, BILL]
    assert [one["n"] for one in found] == ["40 respondents", "10 respondents"]
    assert LATE not in nbformat.writes(book)  # no comment stays in what is published
    assert quotes.chosen([notebook(examples, monkeypatch)], Place(allowed=False)) == []


def test_a_notebook_that_is_saved_in_jupyterlab_holds_no_comment():
    shown = quotes.quote(pd.DataFrame({"theme": ["a"], "n": [40], "comment": [LATE]}))
    assert LATE not in str(shown._repr_mimebundle_())
