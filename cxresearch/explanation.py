"""What stands behind a result: its formula, what it assumes and where it is from, out of the docstring that says it."""

import html
import inspect
import re
from dataclasses import dataclass

PARTS = re.compile(
    r"^(Parameters|Returns|Raises|Attributes|Notes|References|Examples|See Also|Yields)\n-+\n", re.MULTILINE
)
ASSUMED = ("Assumed:", "Assumed,", "Assumes", "Assuming")


@dataclass(frozen=True)
class Explanation:
    """What is known of a result.

    Attributes
    ----------
    name, summary : str
    formula, assumptions, notes, source : str
        Empty where its docstring says nothing of it.
    methods : tuple of str
        How the numbers were worked out, where a table of results or a fitted model says so.
    left_out : tuple of str
        What a fitted model did not use or could not answer.
    """

    name: str
    summary: str
    formula: str = ""
    assumptions: str = ""
    notes: str = ""
    source: str = ""
    methods: tuple = ()
    left_out: tuple = ()

    @property
    def parts(self):
        """Heading → text, of what there is."""
        said = {
            "Formula": self.formula,
            "Assumptions": self.assumptions,
            "Notes": self.notes,
            "Methods": "\n".join(self.methods),
            "Left out": "\n".join(self.left_out),
            "Source": self.source,
        }
        return {heading: text for heading, text in said.items() if text}

    def __str__(self):
        return "\n\n".join([f"{self.name}\n{self.summary}", *(f"{h}\n{t}" for h, t in self.parts.items())])

    __repr__ = __str__

    def _repr_html_(self):
        kept = 'style="white-space: pre-wrap; font-family: inherit; text-align: left"'
        said = "".join(
            f"<dt><b>{heading}</b></dt><dd><pre {kept}>{html.escape(text)}</pre></dd>"
            for heading, text in self.parts.items()
        )
        return f"<p><b>{html.escape(self.name)}</b>: {html.escape(self.summary)}</p><dl>{said}</dl>"


def explain(result):
    """Show the formula, the assumptions and the source of a result.

    Parameters
    ----------
    result : object
        A model, fitted or not, its class, a function of this package, a picture, or a table of results with a column ``method``.

    Returns
    -------
    Explanation
        In JupyterLab a small page; ``print`` shows the same as text.

    Raises
    ------
    ValueError
        Where nothing is known of it.

    Examples
    --------
    >>> import cxresearch as cx
    >>> told = cx.explain(cx.models.KaplanMeier())
    >>> told.formula.splitlines()[0]
    'S(t) = Π_{t_i ≤ t} (1 − d_i/n_i),   SE(t) = S(t)·√g,   g = Σ_{t_i ≤ t} d_i/[n_i(n_i − d_i)]'
    >>> told.assumptions.split(",")[0], told.source.split(".")[0]
    ('customers who are still there', 'Kaplan, E')
    """
    columns = list(getattr(result, "columns", ()))
    if {"metric", "estimate"} <= set(columns):
        methods = tuple(dict.fromkeys(str(m) for m in result["method"])) if "method" in columns else ()
        said = "A row per number: its estimate, the interval from low to high, the base n, and how it was worked out."
        return Explanation("Results", said, methods=methods)
    if getattr(result, "alt", ""):
        return Explanation("Picture", result.caption or result.alt, notes=result.alt)
    known = result if inspect.isclass(result) or inspect.isroutine(result) else type(result)
    if not (getattr(known, "__module__", "") or "").startswith("cxresearch") or not known.__doc__:
        raise ValueError(
            f"nothing is known of {known.__name__}: explain takes a model, a function of cxresearch, a picture or a table of results"
        )
    return _of_docstring(known, result)


def _of_docstring(known, result):
    first, *rest = PARTS.split(inspect.getdoc(known))
    parts = dict(zip(rest[::2], rest[1::2], strict=True))
    summary, _, body = first.partition("\n\n")
    paragraphs = [p for p in re.split(r"\n\s*\n", body) if p.strip()]
    assumed = [p for p in paragraphs if p.startswith(ASSUMED)]
    learnt = vars(result) if not (inspect.isclass(result) or inspect.isroutine(result)) else {}
    return Explanation(
        known.__name__,
        _flowing(summary),
        _formula(paragraphs),
        " ".join(_flowing(re.sub(r"^Assum(ed|es|ing)[:,]?\s*", "", p)) for p in assumed),
        "\n".join(_flowing(p) for p in re.split(r"\n\s*\n", parts.get("Notes", "").strip()) if p),
        _flowing(parts.get("References", "")),
        left_out=tuple(learnt.get("left_out_", ()) or ()),
    )


def _formula(paragraphs):
    """The indented lines, and what is said of their letters before and behind them."""
    lines = []
    for i, paragraph in enumerate(paragraphs):
        if paragraph.startswith("    "):
            lines.append(inspect.cleandoc(paragraph))
            around = [paragraphs[j] for j in (i - 1, i + 1) if 0 <= j < len(paragraphs)]
            lines += [_flowing(p) for p in around if not p.startswith(("    ", *ASSUMED))]
    return "\n".join(dict.fromkeys(lines))


def _flowing(text):
    return (
        " ".join(re.sub(r":\w+:`~?([^`]*)`", r"\1", text).replace("``", "").split())
        .removesuffix("::")
        .strip()
    )
