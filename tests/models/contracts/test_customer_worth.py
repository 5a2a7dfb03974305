"""What a customer is worth is declared or told by the contracts, and never assumed."""

import datetime

import numpy as np
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.kernels.nbfiles import read

AS_OF = datetime.date(2026, 9, 30)


@pytest.fixture(scope="module")
def spells():
    return cx.features.customer_spells(cx.open(ROOT / "data" / "northgate"), AS_OF).to_pandas()


def test_it_is_the_value_that_the_page_on_retention_states(spells):
    worth = cx.models.CustomerWorth(months=36).fit(spells)
    X = spells.filter(["segment", "acquisition_channel"])
    value = cx.models.ContractValue(cx.models.ContractOutlook().fit(spells, X), 36).fit(spells, X)
    each = value.customers_["value"]
    assert worth.value_ == pytest.approx(each.mean())
    assert worth.low_ < worth.value_ < worth.high_ and np.isnan(worth.of(["nobody"])[0])
    assert worth.source_ == "contracts" and worth.n_ == len(each)
    first = value.customers_.iloc[[2, 0]]
    assert worth.of([*first["customer_id"], "nobody"])[:2] == pytest.approx(first["value"])
    assert each.std() > 0.5 * each.mean()  # one value for all would misjudge most of them
    assert cx.models.CustomerWorth(margin=0.3).fit(spells).value_ == pytest.approx(0.3 * worth.value_)
    text = cx.readings.customer_worth(worth).text
    assert "is worth" in text and "in the next 36 months" in text and "this is revenue" in text


def test_what_is_declared_comes_first(spells):
    worth = cx.models.CustomerWorth(900).fit(spells)
    assert (worth.value_, worth.low_, worth.source_) == (900, None, "declared")
    assert not len(worth.summary())
    assert cx.readings.customer_worth(worth).text == "A customer who stays is worth 900, as declared."


@pytest.mark.parametrize("lost", ["amount", "leavers", "table"])
def test_what_nobody_knows_is_asked_for_and_no_money_is_told(spells, lost):
    if lost == "amount":
        spells = spells.assign(monthly_amount=float("nan"))
    elif lost == "leavers":
        spells = spells[~spells["event"].astype(bool)]
    worth = cx.models.CustomerWorth().fit(None if lost == "table" else spells)
    assert worth.value_ is None and worth.source_ == "unknown"
    assert "declare customer_worth under [money] in cxresearch.toml" in cx.readings.customer_worth(worth).text
    with pytest.raises(cx.NotEnough, match=r"declare customer_worth under \[money\]"):
        cx.models.ContactProfit().fit([0.1, 0.2], worth.of(["C1", "C2"]))


def test_no_notebook_values_a_customer_by_a_placeholder():
    from cxresearch.report.parameters import declared

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert declared(read(path)).get("clv") is None or declared(read(path))["clv"].default == 0, path
