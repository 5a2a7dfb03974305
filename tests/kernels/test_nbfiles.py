"""A file that is no notebook is one line that says why and where."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cxresearch.kernels import nbfiles

WHOLE = nbformat.writes(new_notebook(cells=[new_code_cell("1")]))
BROKEN = {
    "empty": ("", "is empty"),
    "blank": (" \n\n", "is empty"),
    "cut": (WHOLE[: len(WHOLE) // 2], r"line \d+: is no notebook: it ends too early"),
    "cut in a text": (WHOLE[: WHOLE.index("cells") + 3], r"line \d+: is no notebook: it ends too early"),
    "mark": ("\ufeff" + WHOLE, "begins with a byte order mark"),
    "merge": (
        WHOLE.replace(' "cells"', '<<<<<<< HEAD\n "cells"', 1),
        r"line 2: holds the marks of an unfinished merge \(<<<<<<<\)",
    ),
    "list": ("[1, 2]", "is no notebook: there are no cells"),
    "no cells": ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "there are no cells"),
    "no source": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
        "there are no cells",
    ),
    "to come": ('{"nbformat": 9, "nbformat_minor": 0, "metadata": {}, "cells": [1]}', "is no notebook"),
    "deep": ("[" * 100_000, "is no notebook"),
    "latin": (WHOLE.replace("1", "é").encode("latin-1"), "is not UTF-8"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_is_one_line(file, fault):
    content, said = BROKEN[fault]
    with pytest.raises(ValueError, match=r"^broken\.ipynb(, line \d+)?: .*") as told:
        nbfiles.read(file(content, "broken.ipynb"))
    assert "\n" not in str(told.value)
    assert re.search(said, str(told.value)), told.value


def test_a_whole_file_is_read(file):
    assert nbfiles.read(file(WHOLE, "whole.ipynb")).cells[0].source == "1"
