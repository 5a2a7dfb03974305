"""What a newcomer mistypes or forgets is answered in words that say what to do."""

import subprocess
import sys

import pytest

import cxresearch as cx
from cxresearch.sample import write


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder)
    return cx.open(folder)


def test_a_model_that_is_not_fitted_says_so():
    for name in ("BetaGeoNBD", "KaplanMeier", "DriverImportance", "ReferenceClass"):
        with pytest.raises(AttributeError, match=f"this {name} is not fitted yet.*call fit first"):
            getattr(cx.models, name)().summary()


def test_a_fitted_model_names_the_attribute_that_it_lacks(cdnow):
    model = cx.models.KaplanMeier().fit([1, 2, 3], [1, 1, 0])
    with pytest.raises(AttributeError, match=r"'KaplanMeier' object has no attribute 'survivl_'"):
        model.survivl_  # noqa: B018
    assert not hasattr(model, "summaries")


def test_misspelt_models_and_tables_are_answered_with_the_nearest_name(cdnow):
    with pytest.raises(AttributeError, match=r"there is no model BetaGeoNDB; did you mean BetaGeoNBD?"):
        cx.models.BetaGeoNDB  # noqa: B018
    with pytest.raises(AttributeError, match=r"a workspace has no ordrs; did you mean orders?"):
        cdnow.ordrs  # noqa: B018
    with pytest.raises(cx.DataError, match=r"there is no table order; did you mean orders\?"):
        cdnow.frame("order")
    with pytest.raises(AttributeError, match=r"a workspace has no xyz; the tables here: customers, orders"):
        cdnow.xyz  # noqa: B018


def test_a_file_is_no_workspace():
    with pytest.raises(cx.DataError, match=r"this is a file; a workspace is the folder that holds it"):
        cx.open("data/cdnow/orders.csv")


def test_features_take_ibis_tables_and_iso_dates(cdnow):
    with pytest.raises(ValueError, match=r"orders is a DataFrame, not an Ibis table: give ws.orders"):
        cx.features.rfm(cdnow.frame("orders"), "1997-09-30")
    with pytest.raises(ValueError, match=r"as_of is '30.09.1997'; a date is written like"):
        cx.features.rfm(cdnow.orders, "30.09.1997")


def test_every_date_is_read_before_anything_is_asked_of_the_data(cdnow, northgate):
    made = [
        lambda day: cdnow.check(day),
        lambda day: cx.features.purchase_gaps(cdnow.orders, day),
        lambda day: cx.features.cohorts(cdnow.orders, day),
        lambda day: cx.features.projects(northgate, day),
        lambda day: cx.features.survey_answers(northgate.survey_responses, day),
        lambda day: cx.features.survey_invitations(northgate.survey_invitations, day),
        lambda day: cx.features.contacts(northgate.interactions, day),
        lambda day: cx.features.contract_spells(northgate.contracts, day),
    ]
    for ask in made:
        with pytest.raises(ValueError, match=r"as_of is '30\.9\.2026'; a date is written like 2026-06-30"):
            ask("30.9.2026")


def test_what_a_notebook_needs_of_the_report_is_found_by_completion():
    assert {"act_on", "finding", "reading", "record"} <= set(dir(cx.report))


def test_whoever_reads_no_further_is_told_nothing(tmp_path):
    """``cxresearch check … | head -1`` closes the pipe early."""
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n" + "1,a,x,y\n" * 9)
    command = [sys.executable, "-u", "-m", "cxresearch", "check", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert said == ""
