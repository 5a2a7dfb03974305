"""The draft of a cxresearch.toml: right columns in four languages, nothing guessed, nothing shown, and every known problem announced."""

import csv
import datetime
import random
import re
import tomllib

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.sample.company import write
from cxresearch.suggest import suggest
from cxresearch.tables.declared import parse

KEYS = [f"K{i:05d}" for i in range(300)]


@pytest.fixture
def draw():
    return random.Random(20260930)


def day(draw, pattern="%Y-%m-%d"):
    return (datetime.date(2024, 1, 1) + datetime.timedelta(days=draw.randrange(700))).strftime(pattern)


def save(path, names, rows, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([names, *rows])


def test_a_file_that_is_no_known_table_is_told_what_each_table_requires(tmp_path):
    save(tmp_path / "lapse.csv", ["lapse", "vehicl_age"], [[0, 9], [1, 3]])
    text = suggest(tmp_path)
    assert tomllib.loads(text) == {"workspace": {}}
    assert "#   snapshots: customer_id, snapshot_on, has_left\n" in text
    assert 'file = "lapse.csv"' in text and "{ row_number = true }" in text


def german(number):
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def drafted(folder):
    """The draft's mapping: table → file, and table → column → the file's column."""
    mapping = parse(tomllib.loads(suggest(folder)))
    files = {name: table.file for name, table in mapping.tables.items()}
    return files, {n: {c: m.column for c, m in t.columns.items()} for n, t in mapping.tables.items()}


def unannounced(folder):
    """Problems that the check finds with the draft in place and that no comment of the draft announces."""
    draft = suggest(folder)
    (folder / "cxresearch.toml").write_text(draft, encoding="utf-8")
    problems = cx.open(folder).check().problems
    sections = re.split(r"^\[tables\.(\w+)\]$", draft, flags=re.M)
    text = dict(zip(sections[1::2], sections[2::2], strict=True))
    return [
        (p.table, p.column, p.rule)
        for p in problems.itertuples()
        if not any(
            re.match(rf"(# )?(missing: )?{p.column}\b", line) and "check will say" in line
            for line in text[p.table].splitlines()
        )
    ]


def shop(folder, draw, rows=600):
    """A German shop's export: Windows-1252, semicolons, decimal commas, day first."""
    customers = [(k, day(draw, "%d.%m.%Y"), draw.choice(["Gewerbe", "Privat"]), "Köln") for k in KEYS]
    save(
        folder / "Kundenstamm.csv",
        ["Kd-Nr", "Kunde seit", "Kundengruppe", "Straße"],
        customers,
        ";",
        "cp1252",
    )
    orders = [
        (f"B{i}", draw.choice(KEYS), day(draw, "%d.%m.%Y"), german(draw.uniform(1, 5000)), draw.choice(["Web", "Filiale"]), draw.choice("JN"))
        for i in range(rows)
    ]  # fmt: skip
    names = ["Bestell-Nr", "KdNr", "Bestelldatum", "Gesamtbetrag", "Vertriebsweg", "Retoure"]
    save(folder / "Bestellungen.csv", names, orders, ";", "cp1252")


def test_a_german_shop(tmp_path, draw):
    shop(tmp_path, draw)
    files, columns = drafted(tmp_path)
    assert files == {"customers": "Kundenstamm.csv", "orders": "Bestellungen.csv"}
    assert columns["orders"] == {
        "order_id": "Bestell-Nr",
        "customer_id": "KdNr",
        "ordered_at": "Bestelldatum",
        "amount": "Gesamtbetrag",
        "channel": "Vertriebsweg",
    }
    assert columns["customers"]["acquired_at"] == "Kunde seit"
    draft = suggest(tmp_path)
    assert '# is_return = { column = "Retoure", true = [], false = [] }' in draft
    assert "100% of the values are found in customers" in draft
    assert '# not placed: "Straße"' in draft
    assert unannounced(tmp_path) == []
    ws = cx.open(tmp_path)
    assert ws.check().ok
    assert 2000 < ws.frame("orders")["amount"].mean() < 3000


def test_an_english_crm(tmp_path, draw):
    ids = range(1000, 1300)
    save(
        tmp_path / "Accounts.csv",
        ["AccountNumber", "CreatedDate", "Tier"],
        [(i, day(draw, "%m/%d/%Y"), "Gold") for i in ids],
    )
    cases = [(f"C{i}", draw.choice(ids), f"{day(draw)}T10:15:00", "Billing", "phone", draw.choice(["true", "false"]), draw.randrange(1, 6)) for i in range(400)]  # fmt: skip
    save(
        tmp_path / "cases.csv",
        ["CaseNumber", "AccountNumber", "OpenedAt", "Topic", "Channel", "Resolved", "CSAT"],
        cases,
    )
    terms = [(f"S{i}", i, day(draw, "%d/%m/%Y"), "", 12.5) for i in ids]
    save(
        tmp_path / "subscriptions.csv",
        ["Subscription ID", "Client", "Start Date", "End Date", "Monthly fee"],
        terms,
    )
    save(tmp_path / "notes.csv", ["foo", "bar"], [("x", "y")])
    files, columns = drafted(tmp_path)
    assert files == {
        "customers": "Accounts.csv",
        "contracts": "subscriptions.csv",
        "interactions": "cases.csv",
    }
    assert columns["interactions"]["satisfaction"] == "CSAT"
    assert columns["contracts"]["ended_on"] == "End Date"
    assert 'format = "%m/%d/%Y"' in suggest(tmp_path)
    assert '# "notes.csv": columns "foo", "bar"' in suggest(tmp_path)
    assert unannounced(tmp_path) == []
    assert cx.open(tmp_path).check().ok


def test_a_survey(tmp_path, draw):
    rows = [(f"R{i}", f"{day(draw)} 10:15", draw.randrange(11), draw.choice("12345"), draw.choice([*"12345", "k.A."]), "free text " * 4 + str(i)) for i in range(300)]  # fmt: skip
    save(
        tmp_path / "Umfrage 2026.csv",
        ["Teilnehmer-Nr", "Abgeschlossen am", "Weiterempfehlung", "Zufriedenheit", "Q7_1", "Kommentar"],
        rows,
        ";",
    )
    _, columns = drafted(tmp_path)
    assert columns["survey_responses"] == {
        "response_id": "Teilnehmer-Nr",
        "responded_at": "Abgeschlossen am",
        "recommend": "Weiterempfehlung",
        "satisfaction": "Zufriedenheit",
        "comment": "Kommentar",
        "driver_q7_1": "Q7_1",
    }
    assert unannounced(tmp_path) == []
    assert cx.open(tmp_path).check().ok


def test_cdnow_under_other_names(tmp_path, cdnow):
    names = {
        "order_id": "N° commande",
        "customer_id": "Code client",
        "ordered_at": "Date d'achat",
        "amount": "Montant TTC",
    }
    cdnow.frame("orders").rename(columns=names).to_csv(tmp_path / "ventes.csv", index=False)
    names = {"customer_id": "Nº cliente", "acquired_at": "Fecha de alta"}
    cdnow.frame("customers").rename(columns=names).to_csv(tmp_path / "clientes.csv", index=False)
    (tmp_path / "cxresearch.toml").write_text(suggest(tmp_path), encoding="utf-8")
    ws = cx.open(tmp_path)
    assert ws.check().ok
    one, other = (cx.features.rfm(w.orders, "1997-09-30").to_pandas() for w in (ws, cdnow))
    pd.testing.assert_frame_equal(*(f.sort_values("customer_id", ignore_index=True) for f in (one, other)))


SYNONYMS = {
    "customers": {"customer_id": "kunden nr|customer number|code client|id cliente", "acquired_at": "kunde seit|signup date|date inscription|fecha alta"},
    "contracts": {
        "contract_id": "vertrags nr|contract number|numero contrat|numero contrato",
        "customer_id": "kd nr|client id|client|cliente",
        "started_on": "vertragsbeginn|start date|date debut|fecha inicio",
        "ended_on": "vertragsende|end date|date fin|fecha fin",
        "monthly_amount": "monatlicher betrag|monthly fee|montant mensuel|cuota mensual",
    },
    "orders": {
        "order_id": "auftragsnummer|invoice no|numero commande|numero pedido",
        "customer_id": "kundennummer|customer|client id|codigo cliente id",
        "ordered_at": "rechnungsdatum|purchase date|date commande|fecha pedido",
        "amount": "umsatz|revenue|montant|importe",
    },
}  # fmt: skip
FILES = {
    "customers": "Kunden|clients|Clientes",
    "contracts": "Verträge|contrats|Contratos",
    "orders": "Rechnungen|sales|Pedidos",
}
STYLES = (
    str,
    str.upper,
    str.title,
    lambda n: n.replace(" ", "_"),
    lambda n: n.title().replace(" ", ""),
    lambda n: n.replace(" ", "-"),
)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, customers=300, format="csv", tables=list(SYNONYMS))
    return {name: pd.read_csv(folder / f"{name}.csv", dtype=str) for name in SYNONYMS}


@pytest.mark.parametrize("seed", range(12))
def test_renaming_by_synonyms_is_found_again(company, tmp_path, seed):
    draw = random.Random(seed)
    style = draw.choice(STYLES)
    renamed = {}
    for table, columns in SYNONYMS.items():
        renamed[table] = {c: style(draw.choice(names.split("|"))) for c, names in columns.items()}
        frame = company[table][list(columns)].rename(columns=renamed[table])
        frame = frame[draw.sample(list(frame.columns), len(columns))]
        frame.to_csv(tmp_path / f"{draw.choice(FILES[table].split('|'))}.csv", index=False)
    assert drafted(tmp_path)[1] == renamed


def test_the_sample_company_keeps_its_own_names(tmp_path):
    write(tmp_path, customers=300, format="csv")
    for table, columns in drafted(tmp_path)[1].items():
        assert all(target == name for target, name in columns.items()), table
    (tmp_path / "cxresearch.toml").write_text(suggest(tmp_path))
    errors = cx.open(tmp_path).check().errors
    assert errors.empty, errors


def test_day_and_month_that_cannot_be_told_apart_are_left_to_the_user(tmp_path):
    rows = [(i, f"c{i % 9}", f"{1 + i % 12:02d}/{1 + i % 7:02d}/2026", i + 0.5) for i in range(100)]
    save(tmp_path / "orders.csv", ["order_id", "customer_id", "order date", "amount"], rows)
    draft = suggest(tmp_path)
    assert '# ordered_at = { column = "order date", format = "%d/%m/%Y" }' in draft
    assert "choose this or %m/%d/%Y" in draft
    assert unannounced(tmp_path) == []
    rows.append((101, "c1", "31/01/2026", 1.5))
    save(tmp_path / "orders.csv", ["order_id", "customer_id", "order date", "amount"], rows)
    assert '\nordered_at = { column = "order date", format = "%d/%m/%Y" }' in suggest(tmp_path)


def test_a_day_that_settles_the_order_is_found_beyond_the_sample(tmp_path):
    rows = [(i, f"c{i % 9}", "05/06/2026", 1.5) for i in range(20_500)] + [
        (20_500, "c1", "31/06/2026"[:2] + "/05/2026", 1)
    ]
    save(tmp_path / "orders.csv", ["order_id", "customer_id", "order date", "amount"], rows)
    assert '\nordered_at = { column = "order date", format = "%d/%m/%Y" }' in suggest(tmp_path)


def test_a_point_that_may_part_thousands_is_left_to_the_user(tmp_path):
    rows = [(i, f"c{i}", "2026-01-05", f"{1 + i % 9}.{100 + i}") for i in range(100)]
    save(tmp_path / "orders.csv", ["order_id", "customer_id", "ordered_at", "amount"], rows, ";")
    draft = suggest(tmp_path)
    assert '# decimal = "."' in draft
    assert '# thousands = "."' in draft
    assert parse(tomllib.loads(draft)).tables["orders"].decimal is None


@pytest.mark.parametrize("labels", [("0", "1"), ("Ja", "Nein"), ("left", "stayed")])
def test_which_label_means_left_is_never_guessed(tmp_path, labels):
    rows = [(f"c{i}", "2026-01-31", labels[i % 2], i) for i in range(50)]
    save(tmp_path / "snapshot.csv", ["customer id", "snapshot date", "Churn", "tenure"], rows)
    draft = suggest(tmp_path)
    assert '# has_left = { column = "Churn", true = [], false = [] }' in draft
    assert "yours to say" in draft
    assert unannounced(tmp_path) == []


def test_faults_are_announced(tmp_path, draw):
    rows = [
        (
            f"B{i % 90}",
            f"c{i % 30}",
            "unknown" if i == 50 else day(draw),
            "gift" if i == 7 else "" if i == 9 else i,
        )
        for i in range(100)
    ]
    save(tmp_path / "orders.csv", ["Order No", "Customer", "Date", "Total"], rows)
    save(tmp_path / "customers.csv", ["Customer", "Since"], [(f"c{i}", day(draw)) for i in range(28)])
    assert unannounced(tmp_path) == []
    draft = suggest(tmp_path)
    assert "the key is not unique" in draft
    assert "not found in customers" in draft


def test_no_value_is_shown(tmp_path, draw):
    shop(tmp_path, draw, rows=100)
    secret = [
        (f"R{i}", "2026-01-05", i % 11, f"Zebulon{i}", f"zebulon{i}@example.org", "Mozart") for i in range(60)
    ]
    save(tmp_path / "survey.csv", ["response", "date", "nps", "Name", "Mail", "City"], secret)
    draft = suggest(tmp_path)
    for value in ("Zebulon", "zebulon", "Mozart", "Köln", "Gewerbe", "Filiale", "K00", "B1", "2024", "2025"):
        assert value not in draft


def test_a_file_without_names_shows_no_value_for_one(tmp_path):
    save(tmp_path / "orders.csv", ["Zebulon", "2026-01-05", "7.5"], [("Amadeus", "2026-01-06", "8.5")])
    draft = suggest(tmp_path)
    assert "looks like data and not like names" in draft
    assert "Zebulon" not in draft


def test_parquet_and_keys_that_lost_their_digits(tmp_path):
    frame = pd.DataFrame({"Order ID": [float(i) for i in range(40)], "Client": [f"c{i}" for i in range(40)],
                          "When": pd.date_range("2026-01-01", periods=40), "Total": range(40)})  # fmt: skip
    frame.to_parquet(tmp_path / "sales.parquet")
    _, columns = drafted(tmp_path)
    assert columns["orders"]["ordered_at"] == "When"
    assert "kept as floating-point numbers" in suggest(tmp_path)
    assert unannounced(tmp_path) == []


def test_qualtrics(tmp_path):
    lines = ["ResponseId,RecordedDate,Q1_NPS", "Response ID,Recorded Date,How likely?"]
    lines += ['"{""ImportId"":""_recordId""}","{""ImportId"":""recordedDate""}","{""ImportId"":""QID1""}"']
    lines += [f"R_{i},2026-01-0{1 + i % 9} 10:00:00,{i % 11}" for i in range(60)]
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    draft = suggest(tmp_path)
    assert 'header = "qualtrics"' in draft
    assert unannounced(tmp_path) == []
    assert len(cx.open(tmp_path).frame("survey_responses")) == 60


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "order_id,customer_id,ordered_at,amount\n", "a,a\n1,2\n", "\0\1\2", "one line of prose"],
)
def test_files_that_are_no_tables_are_said_and_nothing_breaks(tmp_path, text):
    (tmp_path / "orders.csv").write_text(text)
    draft = suggest(tmp_path)
    assert "orders.csv" in draft
    parse(tomllib.loads(draft))


def test_ragged_rows_are_announced_and_the_rest_is_profiled(tmp_path):
    rows = [f"{i},c{i},2026-01-05,{i}" for i in range(50)] + ["x,y", "1,2,3,4,5,6"]
    (tmp_path / "sales.csv").write_text("Order No,Client,Date,Total\n" + "\n".join(rows) + "\n")
    draft = suggest(tmp_path)
    assert "check will say: some records cannot be read as rows" in draft
    assert 'amount = "Total"' in draft


def test_no_folder_and_no_data(tmp_path):
    with pytest.raises(cx.DataError, match="no such folder"):
        suggest(tmp_path / "nowhere")
    with pytest.raises(cx.DataError, match="no data file here"):
        suggest(tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(min_size=1, max_size=12), min_size=4, max_size=4),
    values=st.lists(st.text(max_size=8), min_size=8, max_size=8),
)
def test_whatever_the_columns_are_called_the_draft_is_a_mapping(tmp_path, names, values):
    path = tmp_path / "orders.csv"
    try:
        save(path, names, [values[:4], values[4:]])
    except UnicodeEncodeError:  # lone surrogates are no text
        return
    draft = suggest(tmp_path)
    parse(tomllib.loads(draft))
    assert "orders.csv" in draft


@pytest.mark.parametrize(
    "name",
    ['Order "No"', "Order\\No", "Order\nNo", "Order # No", "Order ] No", "Order \x7f No", "Ordér 'No'"],
)
def test_names_are_quoted(tmp_path, name):
    rows = [(i, f"c{i}", "2026-01-05", i) for i in range(30)]
    save(tmp_path / "orders.csv", [name, "Client", "Date", "Total"], rows)
    assert drafted(tmp_path)[1]["orders"]["order_id"] == name


def contracts_of_a_duration(folder, draw, start, duration, lasts, more=()):
    names = ["Contract No", "Customer No", start, duration, *(name for name, _ in more)]
    rows = [
        [f"C{i:04d}", draw.choice(KEYS), day(draw), lasts(draw), *(value(draw) for _, value in more)]
        for i in range(200)
    ]
    save(folder / "contracts.csv", names, rows)
    return suggest(folder)


@pytest.mark.parametrize(
    ("start", "duration", "unit"),
    [
        ("issue.date", "duration_quarters", "quarters"),
        ("Start Date", "Duration (months)", "months"),
        ("begin", "Dauer Tage", "days"),
        ("start_date", "duree annees", "years"),
    ],
)
def test_an_end_is_drafted_from_a_start_and_a_duration_whose_unit_is_named(
    tmp_path, draw, start, duration, unit
):
    text = contracts_of_a_duration(tmp_path, draw, start, duration, lambda draw: draw.randrange(1, 9))
    column = tomllib.loads(text)["tables"]["contracts"]["columns"]
    assert column["ended_on"] == {"after": start, "plus": duration, "unit": unit}
    assert "term_months" not in column
    assert not unannounced(tmp_path)
    ends = cx.open(tmp_path).frame("contracts")
    assert (ends["ended_on"] >= ends["started_on"]).all()


def test_the_draft_of_an_end_reads_its_start_as_that_is_written(tmp_path, draw):
    rows = [[f"C{i}", f"K{i}", day(draw, "%d.%m.%Y"), draw.randrange(1, 9)] for i in range(100)]
    save(tmp_path / "Vertraege.csv", ["Vertrag Nr", "Kunde Nr", "Beginn", "Dauer Monate"], rows)
    column = tomllib.loads(suggest(tmp_path))["tables"]["contracts"]["columns"]["ended_on"]
    assert column == {"after": "Beginn", "plus": "Dauer Monate", "unit": "months", "format": "%d.%m.%Y"}
    assert not unannounced(tmp_path)


@pytest.mark.parametrize(
    ("duration", "more", "asked"),
    [
        ("duration", (), "its unit, one of days, weeks, months, quarters, years, is yours to say"),
        ("Term (months)", (), "only if nothing goes on after its term"),
        (
            "Duration (months)",
            [("Active", lambda draw: draw.choice(["yes", "no"]))],
            'if "Active" tells which have ended, add where = { "Active" = [...] }',
        ),
    ],
)
def test_an_end_that_is_open_is_asked_for(tmp_path, draw, duration, more, asked):
    text = contracts_of_a_duration(
        tmp_path, draw, "Start Date", duration, lambda draw: draw.randrange(1, 9), more
    )
    assert "ended_on" not in tomllib.loads(text)["tables"]["contracts"]["columns"]
    (line,) = [line for line in text.splitlines() if line.startswith("# ended_on = {")]
    assert asked in line and f'plus = "{duration}"' in line


@pytest.mark.parametrize("lasts", [lambda draw: draw.choice(["1.5", "2.25"]), lambda draw: 0])
def test_what_is_no_duration_ends_nothing(tmp_path, draw, lasts):
    text = contracts_of_a_duration(tmp_path, draw, "Start Date", "Duration (months)", lasts)
    assert "plus =" not in text


@pytest.mark.parametrize(
    ("above", "settings"),
    [
        ("Orders of June\nExported 2026-07-01\n", {"skip_rows": 2}),
        ("sep=;\n", {"skip_rows": 1, "delimiter": ";"}),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_lines_above_the_header_are_skipped_by_the_draft(tmp_path, draw, above, settings, encoding):
    mark = settings.get("delimiter", ",")
    rows = [[f"B{i}", draw.choice(KEYS), day(draw), f"{i}.25", "Bücher"] for i in range(120)]
    save(tmp_path / "body.csv", ["order_id", "customer_id", "date", "amount", "Größe"], rows, mark)
    body = (tmp_path / "body.csv").read_text()
    (tmp_path / "body.csv").unlink()
    (tmp_path / "orders.csv").write_bytes((above + body).encode(encoding))
    table = tomllib.loads(suggest(tmp_path))["tables"]["orders"]
    assert {key: table[key] for key in settings} == settings
    assert (table.get("encoding") == "cp1252") == (encoding == "cp1252")
    assert not unannounced(tmp_path)
    assert len(cx.open(tmp_path).frame("orders")) == 120
