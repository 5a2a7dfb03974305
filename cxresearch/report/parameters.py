"""The parameters of a notebook: read from its own cell, coerced by their annotations, refused when they do not fit."""

import ast
import datetime
import io
import math
import re
import tokenize
from dataclasses import dataclass

from cxresearch.errors import ParameterError

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


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
        Where the cell holds anything but ``name: type = literal`` with type str, int, float or bool.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if not cells:
        return {}
    source = cells[0].source
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    for node in ast.parse(source).body:
        is_line = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if not is_line or ast.unparse(node.annotation) not in TYPES or node.value is None:
            raise ValueError(
                f"parameters cell, line {node.lineno}: a parameter is written `name: type = default`"
            )
        name = node.target.id
        found[name] = Parameter(
            name,
            TYPES[ast.unparse(node.annotation)],
            ast.literal_eval(node.value),
            comments.get(node.lineno, ""),
        )
    return found


def settings(pairs):
    """Split ``name=value`` texts into a dict; a name given twice or not a name is a `ParameterError`."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise ParameterError(f"--set {pair!r}: a setting is written name=value")
        if name in found:
            raise ParameterError(f"--set {name}: given twice")
        found[name] = value
    return found


def as_date(text):
    """A date from ``YYYY-MM-DD``.

    >>> as_date("1997-09-30")
    datetime.date(1997, 9, 30)
    """
    try:
        return datetime.date.fromisoformat(str(text))
    except ValueError:
        raise ParameterError(f"{text!r} is not a date like 2026-09-30") from None
