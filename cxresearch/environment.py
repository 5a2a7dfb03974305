"""The environment of the kernels of notebooks: the variables by which a run speaks to them, and those that they are not to see."""

RUN = "CXRESEARCH_RUN"  # set: this is a run, not a notebook opened by itself
CHECKED = "CXRESEARCH_CHECKED"  # the file of what the check of the workspace found
SNAPSHOT = "CXRESEARCH_SNAPSHOT"  # the state of a PostgreSQL database that all of them read
SOURCE = "CXRESEARCH_SOURCE"  # the source of a mapping that may lead out of its workspace
PERSONAL = "CXRESEARCH_PERSONAL"  # the file of the values that may not be shown

# Variables, or how they begin, with which a user changes what Python, IPython or a library shows.
SWITCHES = (
    *("PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONDEVMODE"),
    *("IPYTHON", "IPYKERNEL", "MPLBACKEND", "MATPLOTLIBRC", "PANDAS_", "SCIPY_ARRAY_API", "SKLEARN_", "PYDEVD"),
    *("FORCE_COLOR", "NO_COLOR", "CLICOLOR", "COLUMNS", "LINES"),
)  # fmt: skip


def without_switches(variables):
    """Variables of an environment without the switches.

    >>> without_switches({"LANG": "C.UTF-8", "PYTHONWARNINGS": "always"})
    {'LANG': 'C.UTF-8'}
    """
    return {name: value for name, value in variables.items() if not name.startswith(SWITCHES)}
