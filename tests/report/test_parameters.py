"""Parameters are read from the notebook and refused when they do not fit."""

import nbformat
import pytest

from cxresearch.errors import ParameterError
from cxresearch.report import parameters


def book(source):
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["tags"] = ["parameters"]
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_line_gives_type_default_and_help():
    found = parameters.declared(
        book('weeks: int = 39  # how far ahead\ndata: str = "../data/cdnow"\nrate: float = -.5\n')
    )
    assert list(found) == ["weeks", "data", "rate"]
    assert (found["weeks"].type, found["weeks"].default, found["weeks"].help) == (int, 39, "how far ahead")
    assert found["rate"].default == -0.5
    assert parameters.declared(nbformat.v4.new_notebook()) == {}


@pytest.mark.parametrize("source", ["x = 1", "x: int", "x: list = []", "import os", "x: int = f()"])
def test_a_cell_that_is_not_a_list_of_parameters_is_refused(source):
    with pytest.raises(ValueError):
        parameters.declared(book(source))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [(int, "39", 39), (float, "1e-3", 0.001), (str, "007", "007"), (bool, "No", False), (bool, "true", True)],
)
def test_text_becomes_the_declared_type(kind, text, value):
    assert parameters.Parameter("x", kind, None).coerce(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (int, "39.5"),
        (int, ""),
        (float, "nan"),
        (float, "-inf"),
        (float, "1,5"),
        (bool, "maybe"),
        (int, "1_0"),
        (int, "１０"),
        (int, " 5"),
        (int, "5\\n"),
        (float, "1_0.5"),
        (float, "٣.5"),
        (float, "5 "),
        (float, "0x10"),
        (bool, " true"),
    ],
)
def test_text_of_another_type_is_refused_by_name(kind, text):
    with pytest.raises(ParameterError, match="parameter horizon"):
        parameters.Parameter("horizon", kind, None).coerce(text)


def test_the_brackets_of_the_help_are_kept():
    found = parameters.declared(
        book('weeks: int = 39  # ahead [1 to 260]\ngrain: str = "month"  # cohort [month | quarter]')
    )
    assert found["weeks"].coerce("260") == 260
    assert found["grain"].coerce("quarter") == "quarter"
    for name, text in (("weeks", "261"), ("weeks", "0"), ("grain", "year")):
        with pytest.raises(ParameterError, match=f"parameter {name}: '?{text}'? is not"):
            found[name].coerce(text)


def test_settings_are_names_and_values():
    assert parameters.settings(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    for bad in (["a"], ["a b=1"], ["=1"], ["import os;x=1"], ["a=1", "a=2"]):
        with pytest.raises(ParameterError):
            parameters.settings(bad)


@pytest.mark.parametrize(
    "pair",
    [
        "password=hunter2",
        "db_passwd=x",
        "apiKey=x",
        "access_token=x",
        "source=postgres://me:hunter2@db/crm",
        "note=-----BEGIN RSA PRIVATE KEY-----",
        "import os; password=hunter2",
        "x=eyJhbGciOiJI.eyJzdWIiOiIx.c2ln",
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(pair):
    with pytest.raises(ParameterError) as fault:
        parameters.settings([pair])
    if not pair.startswith("import"):
        assert "looks like a secret" in str(fault.value)
        assert pair.partition("=")[2] not in str(fault.value) or pair.endswith("=x")


@pytest.mark.parametrize("pair", ["segment=SMB", "monkey=1", "compass=north", "key_driver=price", "a=1=2"])
def test_ordinary_settings_are_no_secrets(pair):
    assert len(parameters.settings([pair])) == 1


@pytest.mark.parametrize(
    "value",
    [
        *(
            "../other/orders.csv",
            "a/../../b",
            "/etc/passwd",
            "~/notes",
            "C:\\data",
            "\\\\server\\share",
            "..\\x",
        ),
        *("file:///etc/passwd", "https://example.org/x.csv", "way/out.csv", "way"),
    ],
)
def test_a_text_that_points_out_of_the_workspace_is_refused(tmp_path, value):
    inside = tmp_path / "workspace"
    inside.mkdir()
    (tmp_path / "out.csv").write_text("")
    (inside / "way").symlink_to(tmp_path)
    with pytest.raises(ParameterError, match=r"parameter table.*points outside the workspace"):
        parameters.inside(inside, "table", value)


@pytest.mark.parametrize(
    "value", ["", "SMB", "price/quality", "sub/orders.csv", "007", "a: b", "x" * 5000, "50% ..."]
)
def test_a_text_that_stays_in_the_workspace_comes_through(tmp_path, value):
    assert parameters.inside(tmp_path, "table", value) == value


def test_one_name_means_one_thing_in_every_notebook():
    """A setting goes to every notebook that declares it: type, bounds and meaning must be the same."""
    from cxresearch.report.plan import OWN
    from cxresearch.report.regenerate import notebooks

    found = {}
    for path in notebooks():
        for name, parameter in parameters.declared(nbformat.read(path, as_version=4)).items():
            found.setdefault(name, set()).add((parameter.type, parameter.help))
    assert [name for name, meanings in found.items() if len(meanings) > 1 and name not in OWN] == []


def test_names_that_are_not_there_are_told():
    with pytest.raises(
        ParameterError, match="parameter leave_out: there is no 'speed'; there are price, ease"
    ):
        parameters.names("leave_out", "price, speed", ["price", "ease"])
    assert parameters.names("leave_out", " , ", []) == []


@pytest.mark.parametrize(
    "value",
    ["AIzaSyA-1234567890abcdefghijklmnopqrstu", "Bearer abcdefgh12345", "password: x", "Password = x", "api key: 77", "ghp_0123456789abcdef0123",
     "github_pat_0123456789abcdefghij", "sk-abcdefghijklmnopqrst", "sk_live_abcdefghijklmnop", "AKIAIOSFODNN7EXAMPLE", "xoxb-123456789012",
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "postgres://me:pw@db/crm"],
)  # fmt: skip
def test_a_value_that_looks_like_a_secret_is_refused_and_not_repeated(value):
    with pytest.raises(ParameterError, match="looks like a secret") as told:
        parameters.settings([f"cohort={value}"])
    assert value not in str(told.value)


@pytest.mark.parametrize("value", ["month", "token ring", "pass rate", "basic plan", "monthly pass", "sky-blue", "skin-care", "0.05", "secretary"])  # fmt: skip
def test_an_ordinary_value_is_no_secret(value):
    assert parameters.settings([f"cohort={value}"]) == {"cohort": value}


def test_what_the_room_offers_is_no_module_that_hides_it():
    """A name of `cx.report` that is also a file of it would become the module at its first use."""
    import cxresearch as cx

    first = {name: getattr(cx.report, name) for name in cx.report.__all__}
    assert {name: getattr(cx.report, name) for name in cx.report.__all__} == first
    assert all(callable(one) for one in first.values())
