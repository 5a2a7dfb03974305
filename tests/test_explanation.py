"""What `cx.explain` says of a result, and how objects show themselves in JupyterLab."""

import inspect

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.charts.figure import Figure

MONTHS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
LEFT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


@pytest.fixture
def curve():
    return cx.models.KaplanMeier().fit(MONTHS, LEFT)


def test_a_fitted_model_is_explained_with_what_it_left_out(curve):
    told = cx.explain(curve)
    assert "Π" in told.formula and "Greenwood" in told.formula
    assert told.assumptions.startswith("customers who are still there")
    assert "Kaplan" in told.source
    assert told.left_out == tuple(curve.left_out_)
    assert str(told).splitlines()[0] == "KaplanMeier"


@pytest.mark.parametrize("name", [n for n in dir(cx.models) if inspect.isclass(getattr(cx.models, n))])
def test_every_model_is_explained(name):
    told = cx.explain(getattr(cx.models, name))
    assert told.summary and told.name == name
    assert "----" not in str(told) and ">>>" not in str(told)


def test_a_table_of_results_names_its_methods(curve):
    told = cx.explain(curve.summary([12]))
    assert told.methods and all(isinstance(m, str) for m in told.methods)


def test_a_function_and_a_picture_are_explained(cdnow):
    assert "Wilson" in str(cx.explain(cx.stats.wilson))
    picture = Figure().say("Two bars, the second higher.", "Bars", pd.DataFrame({"x": [1, 2]}))
    assert cx.explain(picture).summary == "Bars"
    own = picture.data
    own["x"] = 0
    assert picture.data["x"].tolist() == [1, 2]
    assert repr(picture) == "<Figure: Two bars, the second higher.>"


@pytest.mark.parametrize("thing", [5, "text", pd.DataFrame({"a": [1]}), [1, 2]])
def test_what_is_not_known_is_refused(thing):
    with pytest.raises(ValueError, match="explain takes a model"):
        cx.explain(thing)


def test_a_page_holds_no_markup_of_the_data():
    class Odd(cx.models.KaplanMeier):
        """<script>alert(1)</script> shown as text."""

    Odd.__module__ = "cxresearch.odd"
    shown = cx.explain(Odd())._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown


def test_a_model_shows_its_summary_once_it_is_fitted(curve):
    bare, fitted = cx.models.BetaGeoNBD(), curve
    assert "BetaGeoNBD(" in bare._repr_html_() and "<table" not in bare._repr_html_()
    assert "KaplanMeier(" in fitted._repr_html_()


def test_a_workspace_and_a_check_show_what_they_hold(cdnow, workspace):
    shown = cdnow._repr_html_()
    assert "orders" in shown and "ordered_at" in shown
    check = workspace(orders="order_id,customer_id,ordered_at,amount\n1,<b>a,2026-01-01,x\n").check()
    assert "not a number" in check._repr_html_() and "<b>a" not in check._repr_html_()
