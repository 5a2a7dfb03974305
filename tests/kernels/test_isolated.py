"""What whoever starts a kernel likes to see does not enter a notebook."""

import sys

import pytest

from cxresearch.kernels.pool import KernelPool
from tests.books import book, result

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")

SEEN = """
    import os, warnings
    1
    [os.environ.get("PYTHONWARNINGS"), [f[0] for f in warnings.filters if f[1] is None and f[2] is Warning], "started" in globals(),
     os.environ.get("MPLBACKEND", "")[:6], get_ipython().ast_node_interactivity]
"""


@pytest.fixture
def own_taste(tmp_path, monkeypatch):
    """A home with a profile, startup files and a style of one's own, and switches in the environment."""
    profile = tmp_path / ".ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "ipython_config.py").write_text(
        'c.InteractiveShell.ast_node_interactivity = "all"\nc.InteractiveShellApp.exec_lines = ["started = 1"]\n'
    )
    (profile / "ipython_kernel_config.py").write_text("raise SystemExit(1)\n")
    (profile / "startup" / "00.py").write_text("started = 2\n")
    (tmp_path / "startup.py").write_text("started = 3\n")
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "matplotlibrc").write_text("font.size: 31\naxes.facecolor: red\n")
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
    for name, value in {
        "HOME": tmp_path,
        "IPYTHONDIR": tmp_path / ".ipython",
        "JUPYTER_DATA_DIR": tmp_path / "jupyter",
        "PYTHONSTARTUP": tmp_path / "startup.py",
        "PYTHONWARNINGS": "error",
        "IPYTHON_SUPPRESS_CONFIG_ERRORS": "maybe",
        "MPLBACKEND": "svg",
        "MPLCONFIGDIR": tmp_path / "matplotlib",
        "IPYKERNEL_CELL_NAME": "mine",
    }.items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.parametrize("fork", [True, False])
def test_profile_startup_and_switches_are_not_seen(own_taste, fork):
    with KernelPool(preload=[], fork=fork, say=pytest.fail) as pool:
        done = pool.execute(book(SEEN))
    assert len(done.notebook.cells[-1].outputs) == 1
    assert result(done) == [None, [], False, "module", "last_expr"]


@pytest.mark.parametrize("fork", [True, False])
def test_pictures_keep_the_style_of_the_house(own_taste, monkeypatch, fork):
    draw = book(
        """
        import cxresearch.charts.figure
        import matplotlib
        [matplotlib.rcParams["font.size"], matplotlib.rcParams["axes.facecolor"]]
        """
    )
    with KernelPool(preload=["cxresearch.charts.figure"], fork=fork, say=pytest.fail) as pool:
        assert result(pool.execute(draw)) == [10.0, "white"]
