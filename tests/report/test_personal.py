"""Which columns hold personal data: what is declared first, then what their headers say."""

import pytest

import cxresearch as cx
from cxresearch.contract.personal import is_personal
from cxresearch.errors import DataError
from cxresearch.report.personal import sensitive


@pytest.fixture
def described(tmp_path):
    """Open a folder with an orders.csv and the text of a cxresearch.toml."""

    def make(toml, orders):
        (tmp_path / "orders.csv").write_text(orders)
        (tmp_path / "cxresearch.toml").write_text(toml)
        return cx.open(tmp_path)

    return make


def test_agents_and_staff_are_people_and_projects_are_not():
    assert is_personal("interactions", "agent_id") and is_personal("staff_ratings", "staff_id")
    assert not is_personal("projects", "project_name")


@pytest.mark.parametrize("column", ["Kunde", "customer_id"])
def test_what_the_mapping_declares_comes_first(described, column):
    """By the name in the file or in the contract, mapped or not, also where the contract says that it is not personal."""
    ws = described(
        f'[tables.orders]\npersonal = ["{column}", "Bezirk", "channel", "Eilig"]\n[tables.orders.columns]\ncustomer_id = "Kunde"\n',
        orders="order_id,Kunde,ordered_at,amount,channel,Bezirk,Lager,Eilig\n1,Ana Lopez,2026-01-01,5,Rosa Blum,Am Bach 4,Nord 7 Ost,true\n",
    )
    assert sensitive(ws).mask("Ana Lopez, Rosa Blum, Am Bach 4, Nord 7 Ost, true")[0] == (
        "[withheld], [withheld], [withheld], Nord 7 Ost, true"
    )


def test_columns_put_together_are_declared_by_each(described):
    ws = described(
        '[tables.orders]\npersonal = "Nach"\n[tables.orders.columns]\nchannel = { columns = ["Vor", "Nach"] }\n',
        orders="order_id,customer_id,ordered_at,amount,Vor,Nach\n1,c,2026-01-01,5,Ana,Lopez\n",
    )
    assert sensitive(ws).mask("Ana Lopez")[1] == 1


def test_a_declaration_of_a_column_that_is_not_there_is_refused(described):
    with pytest.raises(
        DataError,
        match=r"orders\.csv: no column Kundin, which cxresearch\.toml declares personal; there are ",
    ):
        described(
            '[tables.orders]\npersonal = ["Kundin"]\n',
            orders="order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n",
        )


def test_every_table_is_read_for_people(workspace):
    ws = workspace(
        projects="project_id,approved_on,project_name,Project Manager\n1,1997-01-01,Rose Garden,Ana Lopez\n",
        orders="order_id,customer_id,ordered_at,amount,contact_name\n1,a,1997-01-01,5,Rosa Blum\n",
        contracts="contract_id,customer_id,started_on,ended_on,betreuer\n1,a,1997-01-01,,Karl Kohl\n",
    )
    assert (
        sensitive(ws).mask("Ana Lopez, Rosa Blum, Karl Kohl, Rose Garden")[0]
        == "[withheld], [withheld], [withheld], Rose Garden"
    )
