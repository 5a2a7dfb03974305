"""The parameters of a notebook: read from its own cell, coerced by their annotations, refused when they do not fit."""

import ast
import datetime
import io
import keyword
import math
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from cxresearch.errors import ParameterError

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
SECRET_NAME = re.compile(
    r"(^|_)(pass|password|passwd|passphrase|pwd|pin|secret|token|credentials?|auth|bearer|cookie|dsn|apikey|(api|access|private|secret|ssh)_?key)s?(_|$)",
    re.IGNORECASE,
)
SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\bya29\.[\w-]{10,}"
    r"|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeprs]-[\w-]{10,}|\bsk[-_]\w[\w-]{14,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(\.|$)|\b(bearer|basic)\s+[\w.~+/-]{8,}=*|://[^/\s:@]*:[^/\s@]+@"
    r"|\b(pass(word|wd|phrase)?|pwd|secret|token|credentials?|(api|access|private|secret)[_ -]?key)\s*[:=]\s*\S",
    re.IGNORECASE,
)
PLAIN = {
    int: re.compile(r"[+-]?[0-9]{1,18}"),
    float: re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"),
}
NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: ``name: type = default  # help [1 to 260]``.

    The brackets at the end of the help give the bounds of a number (``[1 to 260]``) or the choices of a text
    (``[month | quarter]``); without them every value of the type will do.
    """

    name: str
    type: type
    default: object
    help: str = ""

    def coerce(self, text):
        """The value that `text` writes, or a `ParameterError` that names the parameter."""
        try:
            if self.type is bool:
                return TRUTH[text.lower()]
            # Python alone would take 1_0, digits of any script and blanks around them
            if self.type in PLAIN and not (PLAIN[self.type].fullmatch(text) or NO_NUMBER.fullmatch(text)):
                raise ValueError(text)
            value = self.type(text)
        except (KeyError, ValueError):
            kind = {"int": "a whole number", "float": "a number", "bool": "true or false"}[self.type.__name__]
            raise ParameterError(f"parameter {self.name}: {text!r} is not {kind}") from None
        if self.type is float and not math.isfinite(value):
            raise ParameterError(f"parameter {self.name}: {text!r} is not a finite number")
        return self.within(value)

    def within(self, value):
        """The value itself, or a `ParameterError` where the help's brackets do not allow it."""
        bracket = re.search(r"\[([^\[\]]+)\]$", self.help)
        if not bracket:
            return value
        if self.type is str:
            choices = [choice.strip() for choice in bracket[1].split("|")]
            if value not in choices:
                raise ParameterError(f"parameter {self.name}: {value!r} is not one of {', '.join(choices)}")
            return value
        low, high = (float(bound) for bound in bracket[1].split(" to "))
        if not low <= value <= high:
            raise ParameterError(f"parameter {self.name}: {value} is not within {bracket[1]}")
        return value


def declared(notebook):
    """The parameters that a notebook declares in its cell tagged ``parameters``.

    Parameters
    ----------
    notebook : nbformat.NotebookNode

    Returns
    -------
    dict
        Name → `Parameter`, in the order of the cell.

    Raises
    ------
    ValueError
        Where the cell holds anything but ``name: type = literal`` with type str, int, float or bool, or several cells are tagged.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if not cells:
        return {}
    if len(cells) > 1:
        raise ValueError(
            f"{len(cells)} cells are tagged “parameters”; a run would set those of the first alone"
        )
    source = cells[0].source
    try:
        tree = ast.parse(source)
    except SyntaxError as fault:
        raise ValueError(f"parameters cell, line {fault.lineno}: {fault.msg}") from None
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    parameters = {}
    for node in tree.body:
        is_line = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if not is_line or ast.unparse(node.annotation) not in TYPES or node.value is None:
            raise ValueError(
                f"parameters cell, line {node.lineno}: a parameter is written `name: type = default`"
            )
        name = node.target.id
        parameters[name] = Parameter(
            name,
            TYPES[ast.unparse(node.annotation)],
            ast.literal_eval(node.value),
            comments.get(node.lineno, ""),
        )
    return parameters


def settings(pairs):
    """Split ``name=value`` texts into a dict, or raise a `ParameterError`.

    Refused are a name given twice, one that is no Python name, and whatever looks like a secret: parameters are kept in the report, so
    that a password given as one would be published. The message never repeats the value.
    """
    values = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if any("\ud800" <= c <= "\udfff" for c in pair):
            raise ParameterError(f"--set {name!a}: its value is not UTF-8")
        if not equals or not name.isidentifier() or keyword.iskeyword(name):
            given = f"{name}=…" if SECRET_VALUE.search(pair) else pair
            raise ParameterError(f"--set {given!r}: a setting is written name=value")
        if name in values:
            raise ParameterError(f"--set {name}: given twice")
        if is_secret(name, value):
            raise ParameterError(
                f"--set {name}: looks like a secret, and a report keeps its parameters; put it into the environment"
            )
        values[name] = value
    return values


def is_secret(name, value=""):
    """Whether a parameter looks like a secret, by its name or its value.

    >>> [is_secret(name) for name in ("api_key", "dbPassword", "token", "monkey", "key_driver", "compass")]
    [True, True, True, False, False, False]
    >>> is_secret("source", "postgres://me:hunter2@db/crm")
    True
    """
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(SECRET_NAME.search(plain) or SECRET_VALUE.search(value))


def inside(folder, name, value):
    """A text parameter, or a `ParameterError` where it points out of the workspace.

    A text that is no path comes through. A path is meant from the workspace's folder: it may not be absolute, climb with ``..``, begin
    at a home, name a scheme such as ``file:``, or lead out through a symbolic link.

    Parameters
    ----------
    folder : path
        The workspace, be it a folder or a file in one.
    name, value : str
    """
    parts = re.split(r"[/\\]", value)
    outside = (
        ".." in parts
        or value.startswith(("/", "\\", "~"))
        or re.match(r"[A-Za-z]:[/\\]|[A-Za-z][\w+.-]*://|file:", value)
    )
    base = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    if not outside and value and "\0" not in value and len(value) < 4096:
        try:
            outside = not (base / value).resolve().is_relative_to(base.resolve())
        except (OSError, RuntimeError):  # a name too long for a file, a link that leads to itself
            outside = len(parts) > 1
    if outside:
        raise ParameterError(f"parameter {name}: {value!r} points outside the workspace {folder}")
    return value


def names(parameter, text, known):
    """The names that a parameter lists, separated by commas, or a `ParameterError` where one is not known.

    >>> names("leave_out", "price, ease", ["ease", "price", "speed"])
    ['price', 'ease']
    """
    given = [name.strip() for name in text.split(",") if name.strip()]
    for name in given:
        if name not in set(known):
            raise ParameterError(f"parameter {parameter}: there is no {name!r}; there are {', '.join(known)}")
    return given


def as_date(text):
    """A date from ``YYYY-MM-DD``.

    >>> as_date("1997-09-30")
    datetime.date(1997, 9, 30)
    """
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(text)):
            raise ValueError(text)
        return datetime.date.fromisoformat(str(text))
    except ValueError:
        raise ParameterError(f"{text!r} is not a date like 2026-09-30") from None
