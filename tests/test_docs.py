"""The tables of docs/ that follow from the code are what it says."""

import importlib.util

import pytest
from paths import ROOT

spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_page_is_what_the_code_says(name):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == generate.written(name), "run python docs/generate.py"
