"""What several tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

import cxresearch as cx
from cxresearch import currency

settings.register_profile("steady", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("steady")
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_currency():
    """Each test counts in the currencies of the workspaces that it opens itself."""
    currency.forget()


@pytest.fixture(scope="session")
def cdnow():
    return cx.open(ROOT / "data" / "cdnow")


@pytest.fixture(scope="session")
def public_data():
    """The folder of real data sets that are not in this repository."""
    folder = os.environ.get("CXRESEARCH_PUBLIC_DATA")
    if not folder:
        pytest.skip("CXRESEARCH_PUBLIC_DATA is not set: the public data sets are not here")
    return Path(folder)


@pytest.fixture
def workspace(tmp_path):
    """Make a workspace from texts: ``workspace(orders="order_id,…")``."""

    def make(**tables):
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return cx.open(tmp_path)

    return make


@pytest.fixture
def file(tmp_path):
    """Write bytes or text and return the path."""

    def make(content, name="orders.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make
