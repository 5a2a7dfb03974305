"""A line above the header is named with the setting that skips it; whatever may be a header is one."""

import pytest

import cxresearch as cx
from cxresearch.reading import sniff

TABLE = "order_id{0}customer_id{0}ordered_at{0}amount\n1{0}a{0}2026-01-05{0}5\n2{0}a{0}2026-01-06{0}6\n"


def opened(folder, text, toml=""):
    (folder / "orders.csv").write_bytes(text.encode())
    (folder / "cxresearch.toml").write_text(toml)
    return cx.open(folder)


@pytest.mark.parametrize("mark", [";", "\t", ","])
def test_a_note_to_excel(tmp_path, mark):
    text = f"sep={mark}\n" + TABLE.format(mark)
    shown = "\\t" if mark == "\t" else mark
    with pytest.raises(cx.DataError) as refused:
        opened(tmp_path, text)
    settings = f'skip_rows = 1 and delimiter = "{shown}"'
    assert str(refused.value).endswith(f"is a note to Excel; declare {settings} in cxresearch.toml")
    toml = "[tables.orders]\n" + settings.replace(" and ", "\n")
    assert opened(tmp_path, text, toml).frame("orders")["amount"].tolist() == [5, 6]


@pytest.mark.parametrize("mark", [";", ","])
@pytest.mark.parametrize(
    ("above", "skipped"),
    [
        ("Orders of June\nExported 2026-07-01\n", 2),
        ("Orders of June\r\n\r\n", 2),
        ("Orders of June|||\n|||\n", 2),
        ("Orders|2026\n", 1),
    ],
)
def test_a_title(tmp_path, mark, above, skipped):
    text = above.replace("|", mark) + TABLE.format(mark)
    with pytest.raises(cx.DataError, match=f"below a title; declare skip_rows = {skipped} in") as refused:
        opened(tmp_path, text)
    assert f"line {skipped + 1}" in str(refused.value)
    read = opened(tmp_path, text, f"[tables.orders]\nskip_rows = {skipped}\n")
    assert read.frame("orders")["order_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    "text",
    [
        TABLE.format(","),
        TABLE.format(",").replace("amount", "amount,").replace("5\n", "5,x\n").replace("6\n", "6,y\n"),
        TABLE.format(",").replace("customer_id", ""),
        "order_id,customer_id,ordered_at,amount\n1,a\n2,b,2026-01-01,5\n",
        "only_one\na\nb\n",
    ],
)
def test_a_header_is_a_header(tmp_path, text):
    assert opened(tmp_path, text).sources["orders"].raw.columns[0] in ("order_id", "only_one")


def test_decimal_commas_below_a_header_are_no_columns(file):
    path = file("Projekt;Plan;Ist\nA;1.000,50;900,00\nB;2.000,00;1.900,10\nC;3.000,00;2,00\n")
    assert sniff(path).header == ["Projekt", "Plan", "Ist"]
