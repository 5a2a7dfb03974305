"""Other people's files through cxresearch.toml: the exact values that are read, and one line where they cannot be."""

import datetime
import decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cxresearch as cx
from cxresearch.tables.dates import date_regex

ORDERS = 'order_id = "Nr"\ncustomer_id = "Kunde"\nordered_at = "Datum"\namount = "Betrag"\n'


@pytest.fixture
def described(tmp_path):
    """Open a folder of files given as texts or bytes, with the text of a cxresearch.toml."""

    def make(toml, **files):
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            (tmp_path / name.replace("__", ".")).write_bytes(content)
        (tmp_path / "cxresearch.toml").write_text(toml, encoding="utf-8")
        return cx.open(tmp_path)

    return make


def problems(ws):
    found = ws.check().sentences()
    assert all("\n" not in text for text in found)
    return found


def refused(make, match):
    with pytest.raises(cx.DataError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)


def orders(settings="", columns=ORDERS, file="orders.csv"):
    return f'[tables.orders]\nfile = "{file}"\n{settings}\n[tables.orders.columns]\n{columns}'


def test_files_tables_and_columns_are_renamed(described):
    text = "Nr,Kunde,Datum,Betrag,Rest\n007,1E10,2026-01-02,5,NA\n9007199254740993,b,2026-01-03,6,\n"
    ws = described(orders(file="Bestellungen.csv"), Bestellungen__csv=text)
    assert problems(ws) == []
    frame = ws.frame("orders")
    assert frame.columns.tolist() == ["order_id", "customer_id", "ordered_at", "amount", "Rest"]
    assert frame["order_id"].tolist() == ["007", "9007199254740993"]
    assert frame["customer_id"].tolist() == ["1E10", "b"]
    assert frame["amount"].tolist() == [5.0, 6.0]
    assert frame["Rest"][0] == "NA"  # Namibia
    assert pd.isna(frame["Rest"][1])


def test_a_file_a_column_and_a_table_that_are_not_there(described):
    text = "Nr,Kunde,Datum,Betrag\n1,a,2026-01-02,5\n"
    refused(
        lambda: described(orders(file="b.csv"), a__csv=text), r"\[tables.orders\]: there is no file b.csv"
    )
    refused(
        lambda: described("[tables.orders]", a__csv=text), r"\[tables.orders\]: there is no file orders.csv"
    )
    refused(
        lambda: described(orders(columns=ORDERS.replace("Betrag", "Summe")), orders__csv=text),
        "orders.csv: no column Summe, which cxresearch.toml reads; there are Nr, Kunde, Datum, Betrag",
    )
    refused(lambda: described("[tables.orders]\ntable = 't'", orders__csv=text), "table is for databases")


@pytest.mark.parametrize("where", ["../x.csv", "sub/../../x.csv", "absolute", "link.csv", "link/x.csv"])
def test_a_file_outside_the_workspace_is_never_read(tmp_path, where):
    inside = tmp_path / "ws"
    (inside / "sub").mkdir(parents=True)
    (tmp_path / "x.csv").write_text("order_id\n1\n")
    (inside / "link.csv").symlink_to(tmp_path / "x.csv")
    (inside / "link").symlink_to(tmp_path)
    where = str(tmp_path / "x.csv") if where == "absolute" else where
    (inside / "cxresearch.toml").write_text(f'[tables.orders]\nfile = "{where}"\n')
    refused(lambda: cx.open(inside), "leads out of the workspace")


def test_another_folder_may_describe_the_data(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "about").mkdir()
    (tmp_path / "data" / "x.csv").write_text("Nr,Kunde,Datum,Betrag\n1,a,2026-01-02,5\n")
    refused(
        lambda: cx.open(tmp_path / "data", described_by=tmp_path / "about"), "there is no cxresearch.toml"
    )
    (tmp_path / "about" / "cxresearch.toml").write_text(orders(file="x.csv"))
    assert cx.open(tmp_path / "data", described_by=tmp_path / "about").frame("orders")[
        "order_id"
    ].tolist() == ["1"]


PARTS = 'order_id = { columns = ["Filiale", "Nr"] }\ncustomer_id = { value = "C-{Kunde}" }\n'


def test_columns_are_joined_and_constants_filled_in(described):
    toml = orders(
        columns=PARTS + 'ordered_at = { columns = ["Tag", "Zeit"], format = "%y%m%d %H:%M:%S" }\n'
        'amount = { value = 2.5 }\nchannel = { columns = ["A", "B"] }\nis_return = { value = false }\n',
        settings='decimal = ","\nmissing = ["2.5", "false"]',
    )
    text = "Filiale,Nr,Kunde,Tag,Zeit,A,B\nN,1,7,990201,7:02:47,x,y\nN,2,8,990201,17:02:05,,y\nS,1,9,990202,0:00:00,,\n"
    ws = described(toml, orders__csv=text)
    assert problems(ws) == []
    frame = ws.frame("orders")
    assert frame["order_id"].tolist() == ["N 1", "N 2", "S 1"]
    assert frame["customer_id"].tolist() == ["C-7", "C-8", "C-9"]
    assert frame["ordered_at"].astype(str).tolist() == [
        "1999-02-01 07:02:47",
        "1999-02-01 17:02:05",
        "1999-02-02 00:00:00",
    ]
    assert "amount" not in frame  # a constant is no amount
    assert frame["channel"].fillna("-").tolist() == ["x y", "y", "-"]
    assert frame["is_return"].tolist() == [False, False, False]


def test_half_a_key_and_half_a_moment_are_told(described):
    toml = orders(columns=PARTS + 'ordered_at = { columns = ["Tag", "Zeit"] }\namount = { value = 1 }\n')
    text = "Filiale,Nr,Kunde,Tag,Zeit\n,1,7,2026-01-01,07:02\nN,1,8,2026-01-01,\n"
    found = problems(described(toml, orders__csv=text))
    assert len(found) == 2
    assert "column order_id: is empty in 1 row (line 2: (empty))" in found[0]
    assert "column ordered_at: not a date" in found[1]
    assert "(line 3: '2026-01-01 ')" in found[1]


def test_rows_are_numbered_and_their_numbers_are_no_codes(described):
    toml = orders('missing = ["2"]', ORDERS.replace('"Nr"', "{ row_number = true }"))
    ws = described(toml, orders__csv="Kunde,Datum,Betrag\na,2026-01-02,5\na,2026-01-03,2\n")
    frame = ws.frame("orders")
    assert frame["order_id"].tolist() == ["1", "2"]
    assert pd.isna(frame["amount"][1])


SNAPSHOTS = '[tables.snapshots.columns]\nhas_left = { column = "Churn"%s }\n'


@pytest.mark.parametrize(
    ("codes", "cells"), [("true = [1], false = [0]", "10"), ('true = "Yes", false = "No"', ["Yes", "No"])]
)
def test_declared_codes_of_a_flag(described, codes, cells):
    text = "customer_id,snapshot_on,Churn\n" + "".join(f"{i},2026-01-01,{c}\n" for i, c in enumerate(cells))
    frame = described(SNAPSHOTS % f", {codes}", snapshots__csv=text).frame("snapshots")
    assert frame["has_left"].tolist() == [True, False]


@pytest.mark.parametrize("cell", ["1", "0", "Yes", "t", "y"])
def test_codes_of_a_flag_that_nobody_declared(described, cell):
    text = f"customer_id,snapshot_on,Churn\na,2026-01-01,{cell}\nb,2026-01-01,true\n"
    ws = described(SNAPSHOTS % "", snapshots__csv=text)
    found = problems(ws)
    assert len(found) == 1
    assert (
        f"declare true = [...] and false = [...] in cxresearch.toml in 1 row (line 2: '{cell}')" in found[0]
    )
    with pytest.raises(Exception, match=f"not a flag: {cell}"):
        ws.frame("snapshots")


def test_a_code_that_is_not_among_the_declared_is_told(described):
    text = "customer_id,snapshot_on,Churn\na,2026-01-01,1\nb,2026-01-01,2\n"
    found = problems(described(SNAPSHOTS % ", true = [1], false = [0]", snapshots__csv=text))
    assert len(found) == 1
    assert "(line 3: '2')" in found[0]


def test_missing_codes_and_renamed_ones(described):
    toml = """[tables.survey_responses]
        missing = ["n/a"]
        [tables.survey_responses.columns]
        response_id = "id"
        wave = { value = 2026 }
        recommend = { column = "nps", missing = [11] }
        channel = { column = "weg", codes = { T = "phone", W = "web" } }
        [tables.survey_responses.drivers]
        food = { column = "Q7FOOD", missing = [0, 6] }"""
    text = "id,nps,weg,Q7FOOD,note\n1,0,T,6,n/a\n2,11,W,5,x\n3,6,n/a,0,\n"
    ws = described(toml, survey_responses__csv=text)
    assert problems(ws) == []
    frame = ws.frame("survey_responses").astype(object)
    frame = frame.where(frame.notna(), None)
    assert frame["recommend"].tolist() == [0, None, 6]
    assert frame["driver_food"].tolist() == [None, 5, None]
    assert frame["channel"].tolist() == ["phone", "web", None]
    assert frame["note"].tolist() == [None, "x", None]
    assert frame["wave"].tolist() == ["2026"] * 3


@pytest.mark.parametrize(
    ("pattern", "cell", "read"),
    [
        ("%d.%m.%Y", "2.1.2026", "2026-01-02 00:00:00"),
        ("%m/%d/%Y", "01/02/2026", "2026-01-02 00:00:00"),
        ("%d/%m/%Y", "01/02/2026", "2026-02-01 00:00:00"),
        ("%d.%m.%y", "02.01.26", "2026-01-02 00:00:00"),
        ("%d.%m.%y", "02.01.69", "1969-01-02 00:00:00"),
        ("%d %b %Y", "2 JAN 2026", "2026-01-02 00:00:00"),
        ("%d %B %Y", "2 January 2026", "2026-01-02 00:00:00"),
        ("%Y%m%d", "20260102", "2026-01-02 00:00:00"),
        ("%d.%m.%Y %H:%M", "02.01.2026 7:05", "2026-01-02 07:05:00"),
        ("%d.%m.%Y %H:%M:%S", "2.1.2026 7:5:3.5", "2026-01-02 07:05:03.500"),
        ("%m/%d/%Y %I:%M:%S %p", "01/02/2026 12:00:00 AM", "2026-01-02 00:00:00"),
        ("%m/%d/%Y %I:%M %p", "01/02/2026 12:30 PM", "2026-01-02 12:30:00"),
        ("%m/%d/%Y %I:%M%p", "01/02/2026 1:30p.m.", "2026-01-02 13:30:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-01-02T07:00:00+0200", "2026-01-02 05:00:00"),
    ],
)
def test_a_declared_date_format(described, pattern, cell, read):
    text = f"Nr,Kunde,Datum,Betrag\n1,a,{cell},5\n"
    ws = described(orders(f'date_format = "{pattern}"'), orders__csv=text)
    assert problems(ws) == []
    assert ws.frame("orders")["ordered_at"].astype(str).tolist() == [read.removesuffix(" 00:00:00")]


@pytest.mark.parametrize(
    ("pattern", "cell"),
    [
        ("%d.%m.%Y", "31.02.2026"),
        ("%d.%m.%Y", "01.13.2026"),
        ("%d.%m.%Y", "1.2.26"),
        ("%d.%m.%Y", "2026-01-02"),
        ("%Y-%d-%m %H:%M", "2026-01-02"),
        ("%Y%m%d", "2026112"),
        ("%d %b %Y", "2 Mai 2026"),
        ("%m/%d/%Y %I:%M %p", "01/02/2026 13:30 PM"),
        ("%d.%m.%Y %H:%M", "02.01.2026 25:00"),
    ],
)
def test_a_date_that_is_not_in_the_declared_format(described, pattern, cell):
    ws = described(orders(f'date_format = "{pattern}"'), orders__csv=f"Nr,Kunde,Datum,Betrag\n1,a,{cell},5\n")
    found = problems(ws)
    assert len(found) == 1
    assert f"not a date in the declared format {pattern}" in found[0]
    assert f"(line 2: '{cell}')" in found[0]
    with pytest.raises(Exception, match="Conversion"):
        ws.frame("orders")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["01/02/2026", "03/04/2026"], "day and month cannot be told apart in any row: declare date_format"),
        (["13/02/2026", "03/04/2026"], 'it looks like date_format = "%d/%m/%Y"'),
        (["03-13-26", "03-04-26"], 'it looks like date_format = "%m-%d-%y"'),
        (["13.02.2026", "03.04.2026"], 'it looks like date_format = "%d.%m.%Y"'),
        (["13/02/2026", "02/13/2026"], "mixes day/month (1 rows can only be that) and month/day (1 rows)"),
    ],
)
def test_day_and_month_are_never_guessed(described, cells, said):
    rows = "".join(f"{i},a,{cell},5\n" for i, cell in enumerate(cells))
    found = problems(described(orders(), orders__csv=f"Nr,Kunde,Datum,Betrag\n{rows}"))
    assert len(found) == 1
    assert said in found[0]
    assert f"in 2 rows (line 2: '{cells[0]}')" in found[0]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("%d.%m", "needs a year, a month and a day"),
        ("%d.%m.%Y %q", "%q is not among"),
        ("%d.%m.%Y %d", "gives the same part twice"),
        ("%m/%d/%Y %I:%M", "needs %H, or %I with %p"),
        ("%d.%m.%Y %M", "needs %H"),
        ("%d.%m.%Y %", "% is not among"),
    ],
)
def test_a_date_format_that_is_none(described, pattern, said):
    with pytest.raises(cx.DataError, match=said):
        date_regex(pattern)
    refused(
        lambda: described(orders(f'date_format = "{pattern}"')), rf"\[tables.orders\]: date format .*{said}"
    )


@pytest.mark.parametrize(
    ("settings", "cell", "read"),
    [
        ('decimal = ","', "1,5", 1.5),
        ('decimal = ","\nthousands = "."', "-1.234.567,5", -1234567.5),
        ('decimal = ","\nthousands = "."', "1.234", 1234.0),
        ('decimal = "."\nthousands = ","', "1,234.5", 1234.5),
        ('decimal = ","\nthousands = " "', "1 234,5", 1234.5),
        ('decimal = ","\nthousands = "\\u00a0"', "1\u00a0234,5", 1234.5),
        ('thousands = "\'"', "1'234.5", 1234.5),
        ('decimal = "."', "1.234", 1.234),
        ("", "0.125", 0.125),
        ("", "1.25", 1.25),
    ],
)
def test_numbers_as_they_are_written_elsewhere(described, settings, cell, read):
    ws = described(orders(settings), orders__csv=f"Nr;Kunde;Datum;Betrag\n1;a;2026-01-02;{cell}\n")
    assert problems(ws) == []
    assert ws.frame("orders")["amount"].tolist() == [read]


@pytest.mark.parametrize(
    ("settings", "cell", "said"),
    [
        ("", "1.234", "1.234 may be 1234 or 1.234; declare decimal and thousands"),
        ("", "-12.345", "-12.345 may be -12345 or -12.345"),
        ("", "1,234", "1,234 may be 1234 or 1.234"),
        ("", "1,5", 'declare decimal = ","'),
        ('decimal = ","', "1.234", "not a number"),
        ('decimal = ","\nthousands = "."', "1.23", "not a number"),
        ('decimal = ","\nthousands = "."', "12.34.567", "not a number"),
        ('decimal = ","\nthousands = "."', "1.2345,6", "not a number"),
        ('decimal = ","', "inf", "not a number"),
        ('decimal = ","', "5 €", "not a number"),
    ],
)
def test_a_number_that_may_be_another_is_refused(described, settings, cell, said):
    ws = described(orders(settings), orders__csv=f"Nr;Kunde;Datum;Betrag\n1;a;2026-01-02;{cell}\n")
    found = problems(ws)
    assert len(found) == 1
    assert said in found[0]
    assert f"(line 2: '{cell}')" in found[0]
    with pytest.raises(Exception, match="Conversion"):
        ws.frame("orders")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(described, encoding, delimiter):
    text = "Nr,Kunde,Datum,Betrag,Straße\r\n1,Jürgen,2026-01-02,5,Öland\r\n".replace(",", delimiter)
    settings = "" if encoding in ("utf-16", "utf-8-sig") else f'encoding = "{encoding}"'
    frame = described(orders(settings), orders__csv=text.encode(encoding)).frame("orders")
    assert frame[["customer_id", "Straße"]].to_numpy().tolist() == [["Jürgen", "Öland"]]


def test_an_encoding_that_was_not_declared(described):
    text = "Nr,Kunde,Datum,Betrag\n1,a,2026-01-02,5\n2,Jürgen,2026-01-02,5\n"
    refused(
        lambda: described(orders(), orders__csv=text.encode("cp1252")),
        'orders.csv, line 3: byte 0xFC is not UTF-8; .*declare encoding = "cp1252"',
    )


def test_fields_between_blanks(described):
    text = "Nr  Kunde Datum        Betrag\n1   a     2026-01-02   5\n"
    assert described(orders('delimiter = " "'), orders__csv=text).frame("orders")["amount"].tolist() == [5.0]
    refused(lambda: described(orders('delimiter = "ab"'), orders__csv=text), "is not one ASCII character")


def test_a_scale_is_right_to_the_digit(described):
    toml = orders(columns=ORDERS.replace('"Betrag"', '{ column = "Pence", scale = 0.01 }'))
    cells = [1999, 110, 3, 100000007, 12345678901]
    rows = "".join(f"{i},a,2026-01-02,{c}\n" for i, c in enumerate(cells))
    frame = described(toml, orders__csv=f"Nr,Kunde,Datum,Pence\n{rows}").frame("orders")
    assert frame["amount"].tolist() == [19.99, 1.1, 0.03, 1000000.07, 123456789.01]


def test_minutes_become_seconds_and_a_bad_number_is_not_scaled(described):
    toml = orders(columns=ORDERS.replace('"Betrag"', '{ column = "Min", scale = 60 }'))
    text = "Nr,Kunde,Datum,Min\n1,a,2026-01-02,1.5\n2,a,2026-01-02,1_0\n3,a,2026-01-02,nan\n"
    ws = described(toml, orders__csv=text)
    found = problems(ws)
    assert len(found) == 1
    assert "column amount: not a number in 2 rows (line 3: '1_0')" in found[0]
    assert ws.orders.filter(ws.orders.order_id == "1").amount.sum().to_pandas() == 90.0


def test_local_times_across_the_change_of_the_clocks(described):
    rows = {
        "2026-03-29T01:59:59": "2026-03-29 01:59:59",
        "2026-03-29T00:59:59Z": "2026-03-29 01:59:59",
        "2026-03-29T01:00:00Z": "2026-03-29 03:00:00",
        "2026-10-25T00:30:00Z": "2026-10-25 02:30:00",
        "2026-10-25T01:30:00Z": "2026-10-25 02:30:00",
        "2026-07-01 12:00": "2026-07-01 12:00:00",
        "2026-07-01T12:00:00Z": "2026-07-01 14:00:00",
        "2026-07-01T23:30:00Z": "2026-07-02 01:30:00",
        "2026-07-01T12:00:00-05:00": "2026-07-01 19:00:00",
        "2026-07-01": "2026-07-01 00:00:00",
    }
    text = "Nr,Kunde,Datum,Betrag\n" + "".join(f"{i},a,{cell},5\n" for i, cell in enumerate(rows))
    ws = described('[workspace]\ntimezone = "Europe/Berlin"\n' + orders(), orders__csv=text)
    assert problems(ws) == []
    assert ws.frame("orders")["ordered_at"].astype(str).tolist() == list(rows.values())


def test_what_the_workspace_declares(described):
    toml = '[workspace]\ncurrency = "EUR"\ntimezone = "Europe/Berlin"\nfiscal_year_starts = 4\n' + orders()
    mapping = described("\ufeff" + toml, orders__csv="Nr,Kunde,Datum,Betrag\n1,a,2026-01-02,5\n").mapping
    assert (mapping.currency, mapping.timezone, mapping.fiscal_year_starts) == ("EUR", "Europe/Berlin", 4)


def test_further_numbers_are_read_like_the_contract_s(described):
    settings = 'numbers = ["Preis"]\ndecimal = ","\nmissing = ["-"]'
    text = "Nr;Kunde;Datum;Betrag;Preis;Ort\n1;a;2026-01-02;5;1,5;x\n2;a;2026-01-02;6;-;y\n"
    frame = described(orders(settings), orders__csv=text).frame("orders")
    assert frame["Preis"][0] == 1.5
    assert pd.isna(frame["Preis"][1])
    found = problems(described(orders(settings.replace('["Preis"]', '"*"')), orders__csv=text))
    assert found == ["orders.csv, column Ort: not a number in 2 rows (line 2: 'x')"]
    for name in ("Kunde", "Preise"):
        refused(
            lambda name=name: described(orders(f'numbers = ["{name}"]'), orders__csv=text),
            f"orders.csv: no column {name} to read as a number",
        )


def test_a_column_that_differs_from_a_mapped_one_only_in_case_is_kept_beside_it(described):
    text = "Nr,Kunde,Datum,Betrag,Amount\n1,a,2026-01-02,5,six\n"
    frame = described(orders(), orders__csv=text).frame("orders")
    assert frame[["amount", "Amount (as given)"]].to_numpy().tolist() == [[5.0, "six"]]


def test_records_that_are_no_rows_are_told_and_the_rest_is_read_as_mapped(described):
    settings = 'decimal = ","\ndate_format = "%d.%m.%Y"'
    text = "Nr;Kunde;Datum;Betrag\n1;a;02.01.2026;1,5\n2;a\n3;a;03.01.2026;x\n"
    found = problems(described(orders(settings), orders__csv=text))
    assert found == [
        "orders.csv: has 2 fields, the header has 4 in 1 row (line 3: '2;a')",
        "orders.csv, column amount: not a number in 1 row (line 4: 'x')",
    ]


def parquet(**columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_parquet_keeps_its_types(described):
    moment = datetime.datetime(2026, 7, 1, 12)
    data = parquet(
        Nr=pa.array([9007199254740993, 7], pa.int64()),
        Kunde=["a", "b"],
        Datum=pa.array([moment, moment], pa.timestamp("us", "Europe/Berlin")),
        Betrag=pa.array([decimal.Decimal("19.99"), decimal.Decimal("-0.01")], pa.decimal128(10, 2)),
        Tag=[datetime.date(2026, 7, 1)] * 2,
    )
    ws = described(orders(file="o.parquet"), o__parquet=data)
    assert problems(ws) == []
    frame = ws.frame("orders")
    assert frame["order_id"].tolist() == ["9007199254740993", "7"]
    assert frame["ordered_at"].astype(str).tolist() == ["2026-07-01 12:00:00"] * 2
    assert frame["amount"].tolist() == [19.99, -0.01]
    toml = '[workspace]\ntimezone = "Europe/Berlin"\n' + orders(file="o.parquet")
    local = parquet(Nr=["1"], Kunde=["a"], Datum=pa.array([moment], pa.timestamp("us")), Betrag=[1.0])
    assert str(described(toml, o__parquet=local).frame("orders")["ordered_at"][0]) == "2026-07-01 12:00:00"
    there = described(toml, o__parquet=data).frame("orders")["ordered_at"]
    assert str(there[0]) == "2026-07-01 14:00:00"
    days = parquet(Nr=["1"], Kunde=["a"], Datum=[datetime.date(2026, 7, 1)], Betrag=[1.0])
    assert str(described(toml, o__parquet=days).frame("orders")["ordered_at"][0]) == "2026-07-01 00:00:00"


def test_parquet_flags_and_codes(described):
    data = parquet(customer_id=["a", "b"], snapshot_on=[datetime.date(2026, 1, 1)] * 2, Churn=[1, 0])
    ws = described(SNAPSHOTS % "", snapshots__parquet=data)
    assert "not true or false; declare true" in problems(ws)[0]
    with pytest.raises(Exception, match="not a flag: 1"):
        ws.frame("snapshots")
    ws = described(SNAPSHOTS % ", true = [1], false = [0]", snapshots__parquet=data)
    assert ws.frame("snapshots")["has_left"].tolist() == [True, False]
    coded = parquet(
        response_id=["a", "b", "c"],
        wave=["1"] * 3,
        recommend=[10.0, 99.0, 1e19],
        weight=[1.0, float("nan"), 2.0],
    )
    toml = "[tables.survey_responses]\n[tables.survey_responses.columns]\n%s"
    ws = described(
        toml % 'recommend = { column = "recommend", missing = [99] }', survey_responses__parquet=coded
    )
    found = problems(ws)
    assert any("column recommend: above 10 in 1 row" in text for text in found)
    assert any("column weight: not a number in 1 row (line 2: 'nan')" in text for text in found)


def test_a_key_of_floating_point_numbers_is_refused(described):
    data = parquet(Nr=[1.0], Kunde=["a"], Datum=["2026-01-01"], Betrag=[1.0])
    ws = described(orders(file="o.parquet"), o__parquet=data)
    assert "column order_id: kept as floating-point numbers" in problems(ws)[0]
    refused(lambda: ws.frame("orders"), "o.parquet, column order_id: kept as floating-point numbers")


@pytest.mark.parametrize("nothing", [[float("nan"), float("nan")], [None, None]])
def test_a_text_of_which_nothing_is_known_may_have_any_type(described, nothing):
    """So does pandas write a column of which every value is missing."""
    data = parquet(
        customer_id=["a", "b"], acquired_at=["2026-01-01"] * 2, segment=pa.array(nothing, pa.float64())
    )
    ws = described("", customers__parquet=data)
    assert ws.check("2026-02-01").ok
    assert ws.frame("customers")["segment"].isna().all()
    assert str(ws.customers.schema()["segment"]) == "string"


QUALTRICS = (
    "StartDate,ResponseId,Q1_NPS_GROUP,Q1,Q2_1,Q2_2,Q3\r\n"
    'Start Date,Response ID,NPS group,"How likely are you\nto recommend us, 0 to 10?","Rate - Staff","Rate - ""Price""",Why?\r\n'
    '"{""ImportId"":""startDate"",""timeZone"":""America/Denver""}","{""ImportId"":""_recordId""}",'
    '"{""ImportId"":""QID1_NPS_GROUP""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}",'
    '"{""ImportId"":""QID2_2""}","{""ImportId"":""QID3_TEXT""}"\r\n'
    '2026-01-05 09:30:12,R_3nQ,Promoter,10,5,4,"Kind,\nquick"\r\n'
    "2026-07-05 10:00:00,R_1zZ,Detractor,0,-99,2,\r\n"
)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inner", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("settings", "above"),
    [("", 'Nr,"Kun""de",Datum,"Be|trag"~'), ("skip_rows = 2", '"an export|of June"~Nr,Kunde,Datum,Betrag~')],
)
def test_line_ends_within_quotes_wherever_they_are(described, end, inner, settings, above):
    text = above + '1,"x|y",2026-01-02,5~2,z,2026-01-03,6~'
    text = text.replace("|", inner).replace("~", end)
    columns = ORDERS.replace("Kunde", 'Kun\\"de').replace("Betrag", f"Be{inner!r}trag".replace("'", ""))
    ws = described(orders(settings, ORDERS if settings else columns), orders__csv=text)
    assert problems(ws) == []
    assert ws.frame("orders")["customer_id"].tolist() == [f"x{inner}y", "z"]


def test_a_qualtrics_export(described):
    toml = """[workspace]
        timezone = "America/Denver"
        [tables.survey_responses]
        file = "export.csv"
        header = "qualtrics"
        missing = [-99]
        [tables.survey_responses.columns]
        response_id = "ResponseId"
        responded_at = "StartDate"
        recommend = "Q1"
        comment = "Q3"
        [tables.survey_responses.drivers]
        staff = "Q2_1"
        price = "Q2_2" """
    ws = described(toml, export__csv=QUALTRICS)
    assert problems(ws) == []
    frame = ws.frame("survey_responses")
    assert frame["response_id"].tolist() == ["R_3nQ", "R_1zZ"]
    assert frame["responded_at"].astype(str).tolist() == ["2026-01-05 09:30:12", "2026-07-05 10:00:00"]
    assert frame["recommend"].tolist() == [10, 0]
    assert frame["comment"][0] == "Kind,\nquick"
    assert frame["driver_staff"].fillna(-1).tolist() == [5, -1]
    wrong = described(toml, export__csv=QUALTRICS.replace(",0,-99,2", ",zero,-99,2"))
    assert problems(wrong) == ["export.csv, column recommend: not a number in 1 row (line 7: 'zero')"]
    without = described(toml.replace('header = "qualtrics"', ""), export__csv=QUALTRICS)
    assert any("column recommend: not a number in 2 rows (line 2: " in text for text in problems(without))


SURVEYMONKEY = (
    "Respondent ID,Start Date,How likely is it that you would recommend us?,"
    '"Please rate, from 1 to 5:",,,What else?\n'
    ",,,Staff,Price,Other (please specify),Open-Ended Response\n"
    '118,01/15/2026 10:15:37 AM,9,5,4,,"Nothing, thanks"\n'
    "119,01/16/2026 12:05:00 PM,3,,2,Parking,\n"
)


def test_a_surveymonkey_export(described):
    toml = """[tables.survey_responses]
        header = "surveymonkey"
        date_format = "%m/%d/%Y %I:%M:%S %p"
        [tables.survey_responses.columns]
        response_id = "Respondent ID"
        responded_at = "Start Date"
        recommend = "How likely is it that you would recommend us?"
        comment = "What else?"
        [tables.survey_responses.drivers]
        staff = "Please rate, from 1 to 5:: Staff"
        price = "Please rate, from 1 to 5:: Price" """
    ws = described(toml, survey_responses__csv=SURVEYMONKEY)
    assert problems(ws) == []
    frame = ws.frame("survey_responses")
    assert frame["responded_at"].astype(str).tolist() == ["2026-01-15 10:15:37", "2026-01-16 12:05:00"]
    assert frame["recommend"].tolist() == [9, 3]
    assert frame["driver_staff"].fillna(-1).tolist() == [5, -1]
    assert frame["Please rate, from 1 to 5:: Other (please specify)"].fillna("-").tolist() == ["-", "Parking"]
    broken = described(toml, survey_responses__csv=SURVEYMONKEY + "120,01/17/2026 9:00:00 AM,5\n")
    assert problems(broken) == [
        "survey_responses.csv: has 3 fields, the header has 7 in 1 row (line 5: '120,01/17/2026 9:00:00 AM,5')"
    ]
    short = SURVEYMONKEY.replace(",,,Staff", ",,Staff")
    refused(
        lambda: described(toml, survey_responses__csv=short), "the records of its header have 7 and 6 fields"
    )


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[tables", "cxresearch.toml: Expected ']'"),
        ("x = 1", "cxresearch.toml: x is unknown; known are workspace, tables"),
        ("tables = 1", "tables is 1; it is a table of settings"),
        ("[workspace]\nzone = 1", r"\[workspace\]: zone is unknown"),
        ("[workspace]\ncurrency = 5", r"\[workspace\]: currency is 5; it is a text"),
        ("[workspace]\nfiscal_year_starts = true", "fiscal_year_starts is True"),
        ("[workspace]\nfiscal_year_starts = 13", "it is a month from 1 to 12"),
        ("[workspace]\ntimezone = 'Berlin'", "'Berlin' is not a time zone such as"),
        ("[workspace]\ntimezone = '../../etc/passwd'", "is not a time zone such as"),
        ("[tables.order]", r"\[tables\]: order is unknown"),
        ("[tables]\norders = 1", "orders is 1; it is a table"),
        ("[tables.orders]\nfiles = 'x'", r"\[tables.orders\]: files is unknown"),
        ("[tables.orders]\nfile = 3", "file is 3; it is a text"),
        ("[tables.orders]\nheader = 'excel'", "header is 'excel'"),
        ("[tables.orders]\nheader = true", "header is True"),
        ("[tables.orders]\nmissing = [[1]]", "it is a list of values"),
        ("[tables.orders]\nthousands = '.'", "thousands and decimal are both '.'"),
        ("[tables.orders]\ndecimal = ',,'", "it is one mark such as , or ."),
        ("[tables.orders]\ndecimal = '5'", "it is one mark such as , or ."),
        ("[tables.orders]\ncolumns = 'x'", "columns is 'x'; it is a table"),
        ("[tables.orders.columns]\nprice = 'x'", r"\[tables.orders.columns\]: price is unknown"),
        ("[tables.orders.columns]\namount = 5", r"\[tables.orders\]: amount is a column's name or a table"),
        ("[tables.orders.columns]\namount = { col = 'x' }", "amount: col is unknown"),
        (
            "[tables.orders.columns]\namount = { scale = 2 }",
            "amount needs one of column, columns, value or row",
        ),
        ("[tables.orders.columns]\namount = { column = 'a', value = 1 }", "amount needs one of column"),
        ("[tables.orders.columns]\namount = { column = 'a', scale = '2' }", "scale is '2'; it is a number"),
        ("[tables.orders.columns]\namount = { column = 'a', scale = 0 }", "scale is 0; it is a number"),
        (
            "[tables.orders.columns]\namount = { column = 'a', true = [1] }",
            "true has no meaning for a column of",
        ),
        ("[tables.orders.columns]\nchannel = { column = 'a', format = '%Y' }", "format has no meaning"),
        (
            "[tables.orders.columns]\nis_return = { column = 'a', true = [1], false = [1] }",
            "'1' has two meanings",
        ),
        ("[tables.orders.columns]\norder_id = { row_number = false }", "row_number is False"),
        (
            "[tables.orders.columns]\nordered_at = { column = 'a', format = '%H' }",
            "needs a year, a month and a day",
        ),
        ("[tables.orders.drivers]\na = 'x'", "only survey_responses has drivers"),
        ("[churn]\ncustomer_value = 0", "customer_value is 0; it is an amount above 0"),
        ("[churn]\ncustomer_value = '900'", "customer_value is '900'"),
        ("[money]\ncustomer_worth = 0", r"\[money\]: customer_worth is 0; it is an amount above 0"),
        ("[money]\nmargin = 40", "margin is 40; it is a share above 0, at most 1"),
        ("[money]\nmargin = true", "margin is True"),
        ("[money]\noffer = -1", "offer is -1; it is an amount"),
        ("[money]\ncurrency = 'pounds sterling'", "currency is 'pounds sterl'…; it is a code such as GBP"),
        (
            "[money]\nworth = 9",
            r"\[money\]: worth is unknown; known are currency, rates, margin, customer_worth, offer, contact",
        ),
        ("[money]\nrates = { USD = 'much' }\ncurrency = 'EUR'", r"\[money\]: rates: USD"),
        (
            "[money]\ncurrency = 'GBP'\n[workspace]\ncurrency = 'EUR'",
            r"\[workspace\]: currency is declared as currency under \[money\] already; remove it here",
        ),
        ("[survey]\nquote_comments = 'yes'", r"\[survey\]: quote_comments is 'yes'; it is true or false"),
        ("[churn]\nclv = 900", "clv is unknown; known are"),
    ],
)
def test_a_description_that_cannot_be_used_is_told_in_one_line(described, toml, said):
    refused(
        lambda: described(toml, orders__csv="order_id,customer_id,ordered_at,amount\n1,a,2026-01-02,5\n"),
        said,
    )


def test_a_description_that_is_not_utf_8(tmp_path):
    (tmp_path / "cxresearch.toml").write_bytes('[tables.orders]\nfile = "Aufträge.csv"\n'.encode("cp1252"))
    refused(lambda: cx.open(tmp_path), "cxresearch.toml: 'utf-8' codec")
