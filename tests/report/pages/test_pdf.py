"""The PDF: tagged for a screen reader, self-contained, the same each time; and one clear line where it cannot be made."""

import builtins
import re
import zlib

import pytest
from paths import ROOT

from cxresearch.errors import ParameterError
from cxresearch.report.pages.pdf import write_pdf, writer

PAGE = ROOT / "reports" / "example" / "1997Q3" / "07_retention.html"


@pytest.fixture
def weasyprint():
    try:
        import weasyprint
    except (ImportError, OSError) as fault:
        pytest.skip(f"WeasyPrint is not here (the extra pdf): {fault}")
    return weasyprint


def contents(path):
    """The objects of a PDF, compressed streams opened."""
    raw = path.read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.S)
    opened = []
    for stream in streams:
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join([raw, *opened])


def test_a_page_becomes_a_tagged_pdf(weasyprint, tmp_path):
    path = write_pdf(PAGE, tmp_path / "page.pdf")
    made = contents(path)
    assert made.startswith(b"%PDF-")
    for mark in (
        b"/StructTreeRoot",
        b"/MarkInfo",
        b"/Lang (en",
        b"pdfuaid",
        b"/Figure",
        b"/Alt",
        b"/TH",
        b"/H1",
    ):
        assert mark in made, mark
    assert str(PAGE.parent).encode() not in made
    assert b"file://" not in made


def test_the_same_page_is_the_same_pdf(weasyprint, tmp_path):
    one, other = (write_pdf(PAGE, tmp_path / name) for name in ("1.pdf", "2.pdf"))
    assert one.read_bytes() == other.read_bytes()


def test_nothing_is_fetched(weasyprint, tmp_path):
    (tmp_path / "secret.txt").write_text("secret words")
    target = (tmp_path / "secret.txt").as_uri()
    page = tmp_path / "page.html"
    page.write_text(
        f'<html lang="en"><title>t</title><link rel="attachment" href="{target}"><img src="{target}" alt="x">'
        f'<style>@import url("{target}"); p {{ background: url("http://127.0.0.1:9/x.png") }}</style><p>words</p>'
    )
    assert b"secret words" not in contents(write_pdf(page, tmp_path / "page.pdf"))


def test_without_weasyprint_it_is_one_line(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name.startswith("weasyprint"):
            raise ImportError("No module named 'weasyprint'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ParameterError, match=r"pip install 'cxresearch\[pdf\]'") as fault:
        writer()
    assert "\n" not in str(fault.value)
    assert list(tmp_path.iterdir()) == []
