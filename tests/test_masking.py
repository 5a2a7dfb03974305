"""No personal data in any text: known values in any spelling, and what has the shape of an address or a number."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cxresearch.charts import Figure
from cxresearch.masking import WITHHELD, WORD, Secrets, masked, shapes, shortened

WORDS = st.sampled_from(
    ["Ana", "Lopez", "Maria", "del", "Carmen", "ana", "12", "Straße", "İpek", "x", "O'Neil", "7 7"]
)
TEXTS = st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=12).map(" ".join)


@settings(max_examples=400)
@given(st.lists(TEXTS, max_size=5), TEXTS)
@example(["Ana Lopez", "Maria del Carmen"], "seen by Ana Lopez")
@example(["Ana Lopez", "Lopez Garcia Perez"], "Ana Lopez Garcia Perez")
def test_no_secret_is_shown_and_nothing_raises(secrets, text):
    said, count = Secrets(secrets).mask(text, by="\u25a0")
    assert (count > 0) == (said != text)
    words = [word.casefold() for word in WORD.findall(said)]
    for secret in secrets:
        phrase = [word.casefold() for word in WORD.findall(secret)]
        if 1 < len(phrase) <= 6 and sum(map(len, WORD.findall(secret))) > 4:
            assert phrase not in [words[i : i + len(phrase)] for i in range(len(words))]


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_secrets_survive_their_way_into_a_kernel(secrets, text):
    kept = Secrets(secrets)
    assert Secrets.from_json(kept.to_json()).mask(text) == kept.mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "agatha114@plant.example", "agatha114\uff20plant.example", "agatha114 (at) plant.example", "agatha114[at]plant[dot]example",
        "agatha114%40plant.example", "+49\u00a030\u2011123\u2009456", "\uff0b49 30 123456", "０３０ １２３４５６７", "(030)\u202f123456",
        "612\u00a0345\u00a0678", "98765 43210", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "4111 1111 1111 1111",
        "agat\u200bha114@pl\u00adant.example", "+49\u202e30 123456", r"agatha114\uff20plant.example", r"+49\xa030 123456", r"+49\\xa030\\u2011123456", r"DE89\u20093704 0044 0532 0130 00",
        "4111\u20111111\u20111111\u20111111", "5500005555555559", "+٤٩ ٣٠ ١٢٣٤٥٦",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "call {}.", "<{}>", "“{}”, please"])
def test_shapes_of_addresses_and_numbers(text, around):
    said, count = shapes(around.format(text))
    assert count == 1
    assert said == around.format(WITHHELD)


@pytest.mark.parametrize("around", ["{} 12", "12 {}", "{} or so", "paid to {} by 3"])
@pytest.mark.parametrize("text", ["4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"])
def test_numbers_with_others_beside_them(text, around):
    assert WITHHELD in shapes(around.format(text))[0]
    assert not any(part in shapes(around.format(text))[0] for part in ("1111", "3704"))


@pytest.mark.parametrize(
    "text",
    [
        "Ana Lopez",
        "ANA\u200b LOPEZ",
        "A\u00adna Lo\u200bpez",
        "Ana\u202eLopez",
        r"'Ana\xa0Lopez'",
        r"'Ana\\xa0Lopez'",
        r"'An\x61 Lopez'",
        "ana_lopez",
        r"'by\nAna Lopez'",
    ],
)
def test_a_name_is_found_in_whatever_writing(text):
    said = Secrets(["Ana Lopez"]).mask(text)[0]
    assert WITHHELD in said
    assert not any(part in said.casefold() for part in ("ana", "lo"))


@pytest.mark.parametrize(
    "text", ["DE00370400440532", "4111 1111 1111 1112", "at 12.5 of 100", "what (at most) 5"]
)
def test_what_only_looks_alike_stays(text):
    assert shapes(text) == (text, 0)


def test_a_text_is_masked_before_it_is_cut():
    assert "agatha" not in shortened("a note by agatha114@plant.example", 20)
    assert shortened("short", 20) == "short"


def test_nothing_personal_is_drawn(tmp_path, monkeypatch):
    names = tmp_path / "personal.json"
    names.write_text(Secrets(["Ana Lopez"]).to_json())
    monkeypatch.setenv("CXRESEARCH_PERSONAL", str(names))
    figure = Figure(2)
    axes = figure.panel(xlabel="asked by ana  lopez")
    axes.bar(["agatha114@plant.example", "+49 30 123456", "web"], [1, 2, 3])
    axes.text(0, 1, "Ana Lopez")
    figure.say("bars", "Bars", None)
    drawn = set()
    real = figure.canvas.get_renderer()
    monkeypatch.setattr(real, "draw_text", lambda gc, x, y, said, *rest, **more: drawn.add(said))
    figure.canvas.draw()
    assert {"asked by [withheld]", "[withheld]", "web"} <= drawn
    assert not any(part in text for text in drawn for part in ("agatha", "123456", "Lopez", "lopez"))


def test_without_a_run_shapes_are_masked_alone(monkeypatch):
    monkeypatch.delenv("CXRESEARCH_PERSONAL", raising=False)
    assert masked("Ana Lopez, ana@firm.example") == "Ana Lopez, [withheld]"
