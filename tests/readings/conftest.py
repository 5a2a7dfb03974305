"""Whatever a test of the readings asks for is asked for again with each field missing: no page says nan, none fails."""

import functools
import importlib
import pkgutil
import re

import pytest
from missing import variants

import cxresearch.readings as readings
from cxresearch.errors import NotEnough

WRONG = re.compile(r"\bnan\b|\bNaT\b|\bNone\b(?! of)")


def _again(read):
    @functools.wraps(read)
    def both(*args, **kwargs):
        shown = read(*args, **kwargs)
        for i, value in enumerate(args):
            for field, missing in variants(value):
                try:
                    said = read(*args[:i], missing, *args[i + 1 :], **kwargs)
                except NotEnough:
                    continue
                except Exception as fault:
                    pytest.fail(f"{read.__name__} without {field}: {type(fault).__name__}: {fault}")
                text = getattr(said, "text", "") or ""
                assert not WRONG.search(text), f"{read.__name__} without {field}: {text}"
        return shown

    return both


@pytest.fixture(autouse=True)
def each_field_missing(monkeypatch):
    for info in pkgutil.iter_modules(readings.__path__):
        module = importlib.import_module(f"cxresearch.readings.{info.name}")
        if info.name == "sentences":
            continue
        for name, read in list(vars(module).items()):
            public = (
                callable(read)
                and not name.startswith("_")
                and getattr(read, "__module__", "") == module.__name__
            )
            if public:
                monkeypatch.setattr(module, name, _again(read))
                if name in vars(readings):
                    monkeypatch.setattr(readings, name, getattr(module, name))
