"""Ways in beside plain text files: workbooks, JSON lines, folders of Parquet files, a table in several files, blank rows and footers."""

import datetime

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.suggest import suggest

HEAD = "order_id,customer_id,ordered_at,amount"


def rows(first, last):
    return [f"o{i},c{i % 7},2026-0{1 + i % 6}-{1 + i % 28:02d},{i}.50" for i in range(first, last)]


def text(lines):
    return "\n".join([HEAD, *lines]) + "\n"


@pytest.fixture
def book(tmp_path):
    """Write a workbook; a sheet is a list of rows."""
    pytest.importorskip("python_calamine")
    openpyxl = pytest.importorskip("openpyxl")

    def make(name="book.xlsx", hidden=(), merged=(), **sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, cells in sheets.items():
            sheet = made.create_sheet(title)
            for row in cells:
                sheet.append(row)
            if title in hidden:
                sheet.sheet_state = "hidden"
            for area in merged:
                sheet.merge_cells(area)
        made.save(tmp_path / name)
        return tmp_path

    return make


CELLS = [
    ["order_id", "customer_id", "ordered_at", "amount", "is_return"],
    *(
        [f"o{i}", 100 + i % 7, datetime.datetime(2026, 1 + i % 6, 1 + i % 28, 9 * (i % 2)), i + 0.5, i == 3]
        for i in range(40)
    ),
]


def test_a_sheet_is_a_table_and_hidden_ones_are_told(book):
    ws = cx.open(book(orders=CELLS, Notes=[["x"]], Old=CELLS, hidden=["Old"]))
    check = ws.check("2026-12-31")
    assert check.ok and check.rows == {"orders": 40}
    assert "note: book.xlsx: sheet Old is hidden and not read" in check.text()
    orders = ws.frame("orders")
    assert orders["customer_id"][:2].tolist() == ["100", "101"]  # a key is no floating-point number
    assert orders["ordered_at"][:2].tolist() == [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-02 09:00")]
    assert orders["amount"].sum() == 800 and orders["is_return"].sum() == 1


def test_a_fault_in_a_sheet_is_named_by_its_row(book):
    cells = [*CELLS[:5], ["x9", 7, datetime.date(2026, 1, 1), "ten", False], *CELLS[6:]]
    (sentence,) = cx.open(book(orders=cells)).check("2026-12-31").sentences()
    assert sentence == "book.xlsx, sheet orders, column amount: not a number in 1 row (line 6: 'ten')"


def test_a_title_above_the_header_of_a_sheet(book):
    cells = [["Orders of the first half"], [], *CELLS, [None] * 5]
    folder = book(orders=cells, merged=["A1:E1"])
    with pytest.raises(
        cx.DataError, match=r"book.xlsx, sheet orders: its header seems to be on line 3.*skip_rows = 2"
    ):
        cx.open(folder)
    draft = suggest(folder)
    assert 'sheet = "orders"' in draft and "skip_rows = 2" in draft
    (folder / "cxresearch.toml").write_text(draft)
    assert cx.open(folder).check("2026-12-31").rows == {"orders": 40}


def test_cells_merged_over_rows_are_told(book):
    ws = cx.open(book(orders=[*CELLS[:3], ["o9", None, *CELLS[4][2:]], *CELLS[5:]], merged=["B3:B4"]))
    assert "1 groups of cells are merged over several rows" in ws.check("2026-12-31").text()


def test_cells_merged_in_one_of_several_workbooks_are_told(book):
    book("orders_2025.xlsx", orders=CELLS[:20])
    more = [CELLS[0], *CELLS[20:22], ["o99", None, *CELLS[22][2:]], *CELLS[23:]]
    folder = book("orders_2026.xlsx", orders=more, merged=["B3:B4"])
    (folder / "cxresearch.toml").write_text(
        '[tables.orders]\nfile = ["orders_2025.xlsx", "orders_2026.xlsx"]\n'
    )
    assert "1 groups of cells are merged over several rows" in cx.open(folder).check("2026-12-31").text()


def test_several_sheets_and_none_that_is_named(book):
    with pytest.raises(cx.DataError, match="no table of the contract"):
        cx.open(book(one=CELLS, two=CELLS))
    folder = book(one=CELLS, two=CELLS)
    (folder / "cxresearch.toml").write_text('[tables.orders]\nfile = "book.xlsx"\n')
    with pytest.raises(cx.DataError, match=r"has 2 sheets; declare which one: sheet = … \(one, two\)"):
        cx.open(folder)
    (folder / "cxresearch.toml").write_text('[tables.orders]\nfile = "book.xlsx"\nsheet = "three"\n')
    with pytest.raises(cx.DataError, match="has no sheet three; there are one, two"):
        cx.open(folder)


def test_what_is_no_workbook_is_named(tmp_path):
    pytest.importorskip("python_calamine")
    (tmp_path / "orders.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(cx.DataError, match=r"orders.xlsx: is no workbook that can be read"):
        cx.open(tmp_path)


def test_a_workbook_about_something_else_stops_nothing(tmp_path):
    (tmp_path / "orders.csv").write_text(text(rows(0, 30)))
    (tmp_path / "notes.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    ws = cx.open(tmp_path)
    assert ws.check("2026-12-31").ok and ws.unread() == ["notes.xlsx"]


def test_a_workbook_without_its_reader_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    (tmp_path / "orders.xlsx").write_bytes(b"")
    with pytest.raises(cx.DataError, match=r'pip install "cxresearch\[excel\]"'):
        cx.open(tmp_path)


def test_json_lines(tmp_path):
    lines = [
        f'{{"order_id": "o{i}", "customer": {{"id": {i % 7}}}, "ordered_at": "2026-01-0{1 + i % 9}", "amount": {i}.50}}'
        for i in range(20)
    ]
    (tmp_path / "orders.jsonl").write_text("\n".join([*lines, ""]))
    (tmp_path / "cxresearch.toml").write_text('[tables.orders.columns]\ncustomer_id = "customer.id"\n')
    ws = cx.open(tmp_path)
    assert ws.check("2026-12-31").ok
    assert ws.frame("orders")["amount"].sum() == 200
    (tmp_path / "orders.jsonl").write_text(lines[0] + "\n{broken\n")
    with pytest.raises(cx.DataError, match=r"orders.jsonl, line 2: is no JSON"):
        cx.open(tmp_path)
    (tmp_path / "orders.jsonl").write_text("[1]\n")
    with pytest.raises(cx.DataError, match="line 1: is JSON, but no object"):
        cx.open(tmp_path)


def test_a_folder_of_parquet_files_is_a_table_and_its_partitions_are_columns(tmp_path):
    for year, region, first in ((2025, "North", 0), (2026, "South", 10)):
        part = tmp_path / "orders" / f"year={year}" / f"region={region}"
        part.mkdir(parents=True)
        frame = pd.DataFrame([r.split(",") for r in rows(first, first + 10)], columns=HEAD.split(","))
        frame.astype({"amount": float}).to_parquet(part / "part-0.parquet")
    (tmp_path / "cxresearch.toml").write_text('[tables.orders.columns]\nchannel = "region"\n')
    ws = cx.open(tmp_path)
    assert ws.check("2026-12-31").ok, ws.check("2026-12-31").text()
    assert ws.frame("orders").groupby("channel").size().to_dict() == {"North": 10, "South": 10}
    before = ws.fingerprint()
    (tmp_path / "orders" / "year=2026" / "region=South" / "part-0.parquet").unlink()
    assert cx.open(tmp_path).fingerprint() != before


def test_the_fingerprint_of_partitions_knows_their_folders(tmp_path):
    folder = tmp_path / "orders" / "year=2025"
    folder.mkdir(parents=True)
    frame = pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "amount": [1.0]})
    frame.assign(ordered_at=pd.Timestamp("2026-01-02")).to_parquet(folder / "part.parquet")
    before = cx.open(tmp_path).fingerprint()
    folder.rename(folder.with_name("year=2026"))
    assert cx.open(tmp_path).fingerprint() != before


def test_a_table_in_several_files_is_read_as_one(tmp_path):
    (tmp_path / "orders_2025.csv").write_text(text(rows(0, 30)))
    (tmp_path / "orders_2026.csv").write_text(text(rows(30, 50)))
    draft = suggest(tmp_path)
    assert 'file = ["orders_2025.csv", "orders_2026.csv"]' in draft
    (tmp_path / "cxresearch.toml").write_text(draft)
    ws = cx.open(tmp_path)
    check = ws.check("2026-12-31")
    assert check.ok and check.rows == {"orders": 50} and not check.unread
    assert "one table in orders_2025.csv (30 rows), orders_2026.csv (20 rows)" in check.text()
    assert "overlap" not in check.text()


def test_files_that_overlap_are_told_with_how_many_keys(tmp_path):
    (tmp_path / "orders_2025.csv").write_text(text(rows(0, 30)))
    (tmp_path / "orders_2026.csv").write_text(text(rows(25, 50)))
    (tmp_path / "cxresearch.toml").write_text(
        '[tables.orders]\nfile = ["orders_2025.csv", "orders_2026.csv"]\n'
    )
    check = cx.open(tmp_path).check("2026-12-31")
    assert not check.ok  # a key that is there twice
    assert "5 keys are in orders_2025.csv and in orders_2026.csv: the files overlap" in check.text()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ('["a.csv", "a.csv"]', "names each of several files once"),
        ('["a.csv", "b.csv"]', "there is no file a.csv"),
        ("[]", "once"),
    ],
)
def test_several_files_that_cannot_be(tmp_path, file, said):
    (tmp_path / "cxresearch.toml").write_text(f"[tables.orders]\nfile = {file}\n")
    with pytest.raises(cx.DataError, match=said):
        cx.open(tmp_path)


def test_blank_rows_totals_and_notes_are_left_out_and_counted(tmp_path):
    lines = [*rows(0, 40), ",,,", "Total,,,800", "Exported on 1 July,,,"]
    (tmp_path / "orders.csv").write_text(text(lines[:41] + lines[41:42]))
    draft = suggest(tmp_path)
    assert 'rows = { "order_id" = { except = ["", "Total"] } }' in draft
    (tmp_path / "cxresearch.toml").write_text(draft)
    check = cx.open(tmp_path).check("2026-12-31")
    assert check.ok and (check.rows, check.set_aside) == ({"orders": 40}, {"orders": 2})


def test_rows_without_a_key_that_hold_something_are_not_left_out(tmp_path):
    (tmp_path / "orders.csv").write_text(text([*rows(0, 40), ",c1,2026-01-05,7"]))
    assert "except" not in suggest(tmp_path)


def test_a_workbook_that_unfolds_without_end_is_refused(book, monkeypatch):
    folder = book(orders=CELLS)
    monkeypatch.setattr("cxresearch.reading.workbook.LARGEST", 1000)
    with pytest.raises(cx.DataError, match=r"book.xlsx: unfolds to more than"):
        cx.open(folder)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"a":' * 30 + "1" + "}" * 30, "has objects more than 20 deep"),
        ("{" + ",".join(f'"c{i}": 1' for i in range(1100)) + "}", "has more than 1,000 columns"),
        ("[" * 100_000, "is no JSON"),
        ("\udcff", "is no JSON"),
    ],
)
def test_hostile_json_lines_are_refused_in_one_line(tmp_path, line, said):
    (tmp_path / "orders.jsonl").write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(cx.DataError, match=said) as refused:
        cx.open(tmp_path)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400
