"""What a report gives away: nothing about a handful of people, no personal data, no key of a customer."""

import csv
import datetime
import io
import json
import random
import time

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paths import ROOT

import cxresearch as cx
from cxresearch import display, spreadsheet, words
from cxresearch.charts import Figure
from cxresearch.errors import DataError
from cxresearch.masking import MAIL as MAIL_SHAPE
from cxresearch.masking import PHONE as PHONE_SHAPE
from cxresearch.masking import Secrets
from cxresearch.report import lists, results
from cxresearch.report.disclosure import scrub, withhold
from cxresearch.report.pages import page
from cxresearch.report.personal import is_personal, sensitive
from cxresearch.words import SUPPRESSED

MAIL, PHONE, NAME = "ana.lopez+crm@mail.example.com", "+49 30 1234567", "Ana López García"
COMMENT = "The driver left my parcel with the neighbour, who has moved away since, and nobody answered."


def frame(bases, **columns):
    names = [f"m{i}" for i in range(len(bases))]
    return pd.DataFrame(
        {"metric": names, "estimate": 0.5, "low": 0.4, "high": 0.6, "n": bases, "method": "Wilson", **columns}
    )


# small bases


def flags(bases, **columns):
    return withhold(frame(bases, **columns))["flag"].tolist()


def test_a_small_base_is_marked_and_a_tiny_one_withheld():
    assert flags([0, 9, 10, 29, 30]) == ["suppressed", "suppressed", "indicative", "indicative", ""]


def test_the_last_of_a_group_does_not_give_itself_away():
    assert flags([4, 40, 400], group="region") == ["suppressed", "suppressed", ""]
    assert flags([4, 400, 40], group=["a", "a", "b"]) == ["suppressed", "suppressed", ""]
    assert flags([4, 40, 400], group=None) == ["suppressed", "", ""]
    assert flags([30, 40, 400], group="region") == ["", "", ""]


def test_two_that_together_are_a_handful_take_a_third():
    assert flags([1, 2, 50, 400], group="region") == ["suppressed", "suppressed", "suppressed", ""]
    assert flags([8, 9, 50, 400], group="region") == ["suppressed", "suppressed", "", ""]
    assert flags([0, 40, 400], group="region") == ["suppressed", "suppressed", ""]
    assert flags([0, 4, 50, 400], group="region") == ["suppressed", "suppressed", "suppressed", ""]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from("ab")), min_size=1, max_size=12))
def test_no_total_gives_a_small_base_away(rows):
    bases, groups = (list(part) for part in zip(*rows, strict=True))
    found = withhold(frame(bases, group=groups))
    hidden = found["n"].isna()
    assert hidden[np.array(bases) < SUPPRESSED].all()
    assert found.loc[hidden, ["estimate", "low", "high"]].isna().all(axis=None)
    for group in set(groups):
        inside = (np.array(groups) == group) & hidden
        left = np.array(bases)[inside]
        if inside.any() and not hidden[np.array(groups) == group].all():
            assert len(left) >= 2
            assert left.sum() >= SUPPRESSED


def test_the_table_on_the_page_withholds_both():
    shown = results.record(
        frame([4, 41, 400], group="region", estimate=[0.123, 0.456, 0.5], low=0.1), "By region"
    )
    said = str(shown._repr_mimebundle_())
    assert "0.123" not in said
    assert "0.456" not in said
    assert "41" not in said
    assert "it would give a small base away" in said
    kept = shown._repr_mimebundle_()[display.TABLE]["results"]
    assert [r["flag"] for r in kept] == ["suppressed", "suppressed", ""]
    assert kept[1] == {"metric": "m1", "unit": "", "estimate": None, "low": None, "high": None, "n": None,
                       "method": "Wilson", "flag": "suppressed", "group": "region"}  # fmt: skip


@pytest.mark.parametrize("bad", [None, -1, "many", np.inf])
def test_a_base_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=r"^n .*first: 1"):
        withhold(frame([40, bad]))


# personal data by its shape


@pytest.mark.parametrize(
    "text",
    [
        MAIL, "o'neil@sub.mail.example.co.uk", "müller@straße.example.de", "a@b.io",
        "+49 30 1234567", "+49 (0)30 / 123 45-67", "+4915112345678", "+1 415-555-0132", "+1.415.555.0132", "0049 30 1234567",
        "+34 612 345 678", "+45 12 34 56 78", "+420 123 456 789",
        "030 1234567", "(030) 123456", "0171-1234567", "089/1234567", "0171/123 45 67", "020 7946 0958", "06 12 34 56 78", "06.12.34.56.78",
        "01511234567", "07911123456", "0612345678",
        "(415) 555-0132", "415-555-0132", "415.555.0132", "1-800-555-0100",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "around", ["{}", "call {}.", "<{}>", "({})", "x: {}, then", "“{}”", "{}\n", "tel:{}"]
)
def test_addresses_and_numbers_are_masked(text, around):
    book = written(around.format(text))
    assert scrub(book) == 1
    assert text not in book.cells[1].outputs[0].text
    assert text.lstrip("(+") not in book.cells[1].outputs[0].text


@pytest.mark.parametrize(
    "text",
    [
        "1998-06-30", "2026-09-30 12:30:00", "30.06.1998", "01.02.2026", "06/30/1998", "01/02/2026", "2026-Q3", "2026-09-30T00:00:00Z",
        "0.0532", "p = 0.0003", "0.05 0.0123 0.3", "0.301 0.4512 0.05", "-9,582.4256", "1.5e-07", "+3.8%", "+12.3456789", "-7.3% to -0.3%",
        "1,882", "1,653 (1,471 to 1,857)", "12,345,678.90", "1 882 000", "1.882.000", "123.456.789", "16530000", "1234567890123",
        "00004", "00021  2  30.429  38.857  22.345", "cust-00012345", "A0123456789", "order 1000234", "007", "000000012345",
        "95% interval 38.2% to 42.1%", "n=2,357", "2,357 @ 5.50", "week 04 05 06", "10:30-11:45", "192.168.0.1",
        "0   00004  1997-01-01   29.33", "3f786850e387550fdab836ed7e6dc881de23001b", "1997 1998 1999 2000", "(2, 30.43, 38.86): 1.225910",
        "cxresearch 0.1.0, python 3.11.9", "a @ b", "x@y", "100-200-300", "12 345 6789",
    ],
)  # fmt: skip
def test_dates_counts_p_values_and_keys_are_not(text):
    book = written(text)
    assert scrub(book) == 0
    assert book.cells[1].outputs[0].text == text


@settings(deadline=None)
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**12), 10**12),
    st.dates(datetime.date(1000, 1, 1)),
)
def test_numbers_as_the_suite_writes_them_are_never_masked(x, n, day):
    text = f"{words.number_text(x)} {n:,} ({x:.1%}, {x:.4g} to {x:+.3f}) {day} {words.number_text(n)}"
    assert not MAIL_SHAPE.search(text)
    assert not PHONE_SHAPE.search(text)


def written(text):
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("stream", name="stdout", text=text)])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title"), cell])


# personal data in every place a text can stand


def output(shown):
    return nbformat.v4.new_output("display_data", data=dict(shown._repr_mimebundle_()))


def everywhere(text):
    """A notebook in which `text` stands in values, names of columns, captions, the index, comments, pictures' words, errors and prose."""
    figure = Figure(1)
    figure.panel().plot([1, 2])
    figure.say(f"Shows {text}.", f"Of {text}", pd.DataFrame({text: [text]}))
    plain = pd.DataFrame({"value": [1], text: [text]}, index=pd.Index([text], name=text))
    cell = nbformat.v4.new_code_cell("show()")
    cell.outputs = [
        output(display.table(pd.DataFrame({text: [text], "other": [f"of {text}"]}), text)),
        output(display.reading("{x} said so, and {x}", x=text)),
        output(display.note(text)),
        output(results.record(frame([400]).assign(metric=text, method=text), text)),
        output(figure),
        nbformat.v4.new_output(
            "execute_result", data={"text/plain": repr(plain), "text/html": plain.to_html()}
        ),
        nbformat.v4.new_output("execute_result", data={"application/json": {"deep": [{text: [text]}]}}),
        nbformat.v4.new_output("stream", name="stdout", text=text),
        nbformat.v4.new_output("stream", name="stderr", text=f"warning: {text}"),
        nbformat.v4.new_output("error", ename="ValueError", evalue=text, traceback=[text]),
    ]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title\n\nProse."), cell])


def about():
    return {"period": "p", "as_of": "d", "source": "s", "version": "v", "fingerprint": {}}


@pytest.mark.parametrize("text", [MAIL, PHONE, "(415) 555-0132"])
def test_what_looks_personal_reaches_no_text(text):
    book = everywhere(text)
    book.cells[0].source += f"\n\nWrite to {text}."
    assert scrub(book) > 20
    assert text not in nbformat.writes(book)
    made = page.render("notebook.html.j2", heading="x", blocks=page.blocks(book), **about())
    assert text not in made
    assert "[withheld]" in made
    assert scrub(book) == 0


@pytest.mark.parametrize("text", [NAME, COMMENT, "0815471147114", "Garcialorca"])
def test_what_the_data_call_personal_reaches_no_text(text):
    book = everywhere(text)
    assert scrub(book, {text, "Somebody Else"}) > 15
    assert text not in json.dumps(book, ensure_ascii=False)
    made = page.render("notebook.html.j2", heading="x", blocks=page.blocks(book), **about())
    assert text not in made


def test_a_picture_comes_through_whole():
    book = everywhere(MAIL)
    before = book.cells[1].outputs[4].data["image/png"]
    scrub(book, {before[:40], "abcd"})
    assert book.cells[1].outputs[4].data["image/png"] == before


def test_a_name_is_found_in_any_case_and_spacing_and_a_cut_comment_by_its_beginning():
    secrets = Secrets([NAME, COMMENT])
    assert secrets.mask("ANA LÓPEZ  GARCÍA; ana_lópez") == ("[withheld]; ana_lópez", 1)
    said, count = secrets.mask(f"first: {COMMENT[:52]}… (cut)")
    assert count == 1
    assert "parcel" not in said
    assert said.endswith("… (cut)")


def test_ordinary_words_are_not_taken_for_names():
    """Customers called Long, Young, May and 12345 do not blot out the report, nor does a Price whose word is the author's."""
    book = written("The youngest had a long way: 12,345 and 12345 in May. Price matters. Young did.")
    book.cells[0].source += "\n\nPrice and season."
    assert scrub(book, {"Long", "Young", "May", "12345", "Price", "the", ""}) == 1
    assert book.cells[1].outputs[0].text == (
        "The youngest had a long way: 12,345 and 12345 in May. Price matters. [withheld] did."
    )


def test_two_hundred_thousand_secrets_in_a_second():
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))) for _ in range(40_000)]
    values = {f"{rng.choice(words).title()} {rng.choice(words).title()}" for _ in range(200_000)}
    text = " ".join(rng.choices(words, k=14_500)) + " " + sorted(values)[7]
    assert len(text) > 95_000
    started = time.process_time()
    said, count = Secrets(values).mask(text)
    assert time.process_time() - started < 1.5  # 1 s on a quiet machine
    assert count >= 1
    assert sorted(values)[7] not in said


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000, "a." * 50_000, "+1" * 50_000, "0 " * 50_000, "1-" * 50_000, "@" * 100_000, "(0" * 50_000],
)
def test_no_text_takes_long(text):
    started = time.process_time()
    scrub(written(text), {"ana lopez"})
    assert time.process_time() - started < 2


def test_the_reports_of_this_repository_are_left_as_they_are():
    for path in sorted(ROOT.glob("notebooks/*.ipynb")) + sorted(ROOT.glob("reports/example/*/*.ipynb")):
        book = nbformat.read(path, as_version=4)
        before = nbformat.writes(book)
        assert scrub(book) == 0
        assert nbformat.writes(book) == before


# which columns are personal


@pytest.mark.parametrize(
    "column",
    ["name", "full_name", "FirstName", "Last Name", "e-mail", "Email", "email_address", "phone", "Phone Number", "mobile", "birth_date",
     "date_of_birth", "DOB", "street", "Address", "postcode", "zip", "comment", "Comments", "agent_name", "vorname", "Nachname", "Telefon", "iban",
     "customer_name", "notes", "free text", "owner", "account_manager", "Ansprechpartner", "contact person"],
)  # fmt: skip
def test_personal_by_its_header(column):
    assert is_personal("customers", column)


@pytest.mark.parametrize(
    "column",
    ["customer_id", "segment", "region", "channel", "acquisition_channel", "touchpoint", "job", "department", "product_name", "segment_name",
     "filename", "renamed", "n_orders", "nominal_price", "emotion", "tenant", "ownership", "manager_count", "noted_flag_count"],
)  # fmt: skip
def test_not_personal_by_its_header(column):
    table = "interactions" if column in ("touchpoint", "job", "department", "emotion") else "customers"
    assert not is_personal(table, column)


def test_the_values_come_from_the_data(workspace):
    ws = workspace(
        customers=f"customer_id,acquired_at,segment,Full Name,E-Mail,date_of_birth\n1,1997-01-01,gold,{NAME},{MAIL},1951-03-04\n"
        "2,1997-02-01,gold,,x@y.example,1997-01-15\n",
        survey_responses=f'response_id,wave,recommend,comment\n1,w1,9,"{COMMENT}"\n2,w1,9,"Very good"\n',
        projects="project_id,approved_on,project_name\n1,1997-01-01,Rose Garden Migration\n",
    )
    secrets = sensitive(ws)
    said = (
        f"{NAME}, {MAIL}, 1951-03-04: “{COMMENT}” in gold, 1997-01-15, very good, Rose Garden Migration, w1"
    )
    masked, count = secrets.mask(said)
    assert (
        masked
        == "[withheld], [withheld], [withheld]: “[withheld].” in gold, 1997-01-15, very good, Rose Garden Migration, w1"
    )
    assert count == 4
    assert not secrets.is_capped
    assert sensitive(ws, cap=1).is_capped


def test_data_without_people_have_no_secrets(cdnow):
    assert len(sensitive(cdnow)) == 0


# lists of customers


def listed(shown, folder, name="at_risk"):
    """The rows of a list as the run of a report writes it."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")])
    data = dict(shown._repr_mimebundle_())
    book.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
    lists.write([lists.harvest(book)], folder)
    assert not any(mime.startswith(display.PRIVATE) for mime in book.cells[0].outputs[0].data)
    raw = (folder / "lists" / f"{name}.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def customers(**columns):
    return pd.DataFrame({"customer_id": [f"key{i}" for i in range(12)], **columns})


@pytest.fixture
def in_run(monkeypatch):
    monkeypatch.setenv(display.RUN, "1")


def test_a_list_is_kept_and_nobody_is_named(tmp_path, in_run):
    shown = cx.report.act_on(customers(risk=0.25), "at_risk", "Due to renew, likely to leave.")
    assert "10 customers. Due to renew, likely to leave." in shown.text
    assert "confidential: internal use only" in shown.text
    bundle = shown._repr_mimebundle_()
    assert "key" not in str(
        {mime: kept for mime, kept in bundle.items() if not mime.startswith(display.PRIVATE)}
    )
    header, *rows = listed(shown, tmp_path)
    assert header == ["customer_id", "risk", "confidential"]
    assert rows[0] == ["key0", "0.25", "confidential: internal use only"]
    assert len(rows) == 12
    assert (tmp_path / "lists" / "at_risk.csv").stat().st_mode & 0o007 == 0
    assert [path.name for path in (tmp_path / "lists").glob("*.csv")] == ["at_risk.csv"]


def test_two_lists_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match="the list at_risk is made twice"):
        lists.write([{"at_risk": "a"}, {"at_risk": "b"}], tmp_path)


def test_in_the_lab_nothing_is_written_or_carried(tmp_path, monkeypatch):
    monkeypatch.delenv(display.RUN, raising=False)
    monkeypatch.chdir(tmp_path)
    shown = cx.report.act_on(customers(), "at_risk", "Why.")
    assert "Nothing is written here" in shown.text
    assert "key" not in str(shown._repr_mimebundle_())
    assert list(tmp_path.iterdir()) == []


def test_a_spreadsheet_runs_nothing(tmp_path, in_run):
    bad = [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1+1",
        "x;=1+1",
        "＝1",
        "-5",
        "+49 30",
        "plain",
    ]
    frame = customers(value=bad, number=-5, share=[-0.5] * 12, when=pd.Timestamp("2026-01-05")).rename(
        columns={"share": "=share"}
    )
    header, *rows = listed(cx.report.act_on(frame, "at_risk", "Why."), tmp_path)
    assert header == ["customer_id", "value", "number", "'=share", "when", "confidential"]
    assert [row[1] for row in rows] == [
        "'=1+1", "'+cmd|' /C calc'!A0", "'-2+3", "'@SUM(A1)", "'\t'=1", "'\r'=1", "' =1+1", "x;'=1+1", "'＝1", "-5", "'+49 30", "plain",
    ]  # fmt: skip
    assert rows[0][2:5] == ["-5", "-0.5", "2026-01-05"]


@given(st.text())
@example("\x1e=")
def test_no_text_becomes_a_formula(text):
    cell = spreadsheet.cell(text)
    starts = [part.lstrip() for part in (cell, *cell.split(";"), *cell.split("\t"), *cell.splitlines())]
    assert not any(
        part[:1] in "=+-@＝＋－＠" and part[:1] for part in starts
    ) or spreadsheet.PLAIN_NUMBER.fullmatch(cell)


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "A", "a b", "a.csv", "con", "1a", "_", "x" * 65, None, "ä"]
)
def test_a_name_leads_nowhere_else(tmp_path, in_run, name):
    with pytest.raises(ValueError, match="name is"):
        cx.report.act_on(customers(), name, "Why.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"id": ["a"]}), "column customer_id"),
        (pd.DataFrame({"customer_id": ["a", "b", "a"]}), r"customer_id occurs twice in 1 row \(first: 2\)"),
        (pd.DataFrame({"customer_id": ["a", None]}), r"customer_id is missing in 1 row \(first: 1\)"),
        (pd.DataFrame({"customer_id": ["a"], "confidential": ["no"]}), "column confidential"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(frame, said):
    with pytest.raises(ValueError, match=said):
        cx.report.act_on(frame, "at_risk", "Why.")


def test_a_handful_is_not_counted_and_nobody_is_no_fault(tmp_path, in_run):
    assert "fewer than 10 customers" in cx.report.act_on(customers().head(3), "at_risk", "Why.").text
    nobody = cx.report.act_on(customers().head(0), "at_risk", "Why.")
    assert "0 customers" in nobody.text
    assert listed(nobody, tmp_path) == [["customer_id", "confidential"]]
