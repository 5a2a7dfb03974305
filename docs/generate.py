"""Write the pages of docs/ that follow from the code: known exports, what each notebook needs, licences of dependencies.

python docs/generate.py            writes them
python docs/generate.py --check    exits with 1 where one is not what the code says
"""

import ast
import inspect
import sys
import tomllib
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).parent


def exports():
    """The page on exports that the draft knows."""
    from cxresearch.suggest.exports import KNOWN

    yield "# Exports that the draft knows"
    yield ""
    yield "`cxresearch check DIR --suggest --write` recognises these exports by their headers and writes a `cxresearch.toml` for them, with a comment on"
    yield "every line. Put the file into a folder as you downloaded it; its name does not matter. Any other file is drafted from its names and values."
    yield ""
    yield "```console"
    yield "$ cxresearch check DIR --suggest --write"
    yield "$ cxresearch check DIR"
    yield "$ cxresearch report --data DIR --period last"
    yield "```"
    yield ""
    yield "Exports of Qualtrics and SurveyMonkey are recognised by the rows of their header and need no declaration here."
    yield ""
    yield "| export | becomes | which rows | remarks |"
    yield "|---|---|---|---|"
    for export in sorted(KNOWN, key=lambda e: e.name.lower()):
        rows = [f"`{header}` is {_words(patterns)}" for header, patterns in export.rows.items()]
        rows += [f"`{header}` is not {_words((pattern,))}" for header, pattern in export.without.items()]
        notes = ". ".join(note[0].upper() + note[1:] for note in export.notes)
        yield f"| [{export.name}]({export.source}) | `{export.table}` | {'; '.join(rows) or 'all'} | {notes} |"


def _words(patterns):
    """Patterns as words: what follows in brackets, and signs that may be missing, left out."""
    plain = [p.replace(r"(\s*\(.*\))", "").replace(".*", "anything").replace("?", "") for p in patterns if p]
    return ", else ".join(p.replace("|", " or ") for p in plain) or "empty"


def needs():
    """The page on what each notebook needs."""
    import nbformat

    yield "# What each notebook needs"
    yield ""
    yield "A notebook, or a section of one, whose tables or columns are missing is left out, and the report says why. The first column of each table names"
    yield "the section; the second what it needs of the [codebook](../data/README.md#codebook); the third where it is left out although that is there."
    adds = {}
    for path in sorted((FOLDER.parent / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        book = nbformat.read(path, as_version=4)
        title, sections = _sections(book)
        yield ""
        yield f"## {path.stem}"
        yield f"{title[0]}{'' if title[0].endswith('?') else '.'} Needs {_listed(title[1]) or 'any table'}."
        yield ""
        yield "| section | needs | not assessed where |"
        yield "|---|---|---|"
        for heading, wanted, why in sections:
            yield f"| {heading} | {_listed(wanted) or 'nothing more'} | {'; '.join(why)} |"
            for place in (p for need in wanted for p in need.split(" or ") if "." in p):
                adds.setdefault(place, {}).setdefault(path.stem, []).append(heading)
    yield ""
    yield "## What each optional column adds"
    yield "| column | sections that need it |"
    yield "|---|---|"
    for place, books in sorted(adds.items()):
        said = "; ".join(f"{book[:2]} {', '.join(dict.fromkeys(found))}" for book, found in books.items())
        yield f"| `{place}` | {said} |"
    yield ""
    yield "Further columns of customers, contracts and snapshots are features of the churn model, those of projects attributes of the model of failure."
    yield ""
    yield "## Allowed words"
    yield "| column | words |"
    yield "|---|---|"
    yield from _allowed()


def _sections(book):
    """Title and needs of a notebook, and of each section its heading, needs and the reasons of its models for leaving it out."""
    title, sections, owner = None, [], None
    for cell in book.cells:
        heading = cell.source.splitlines()[0] if cell.source.startswith("#") else ""
        wanted = cell.metadata.get("cxresearch", {}).get("needs", [])
        if cell.cell_type == "markdown" and heading.startswith("# "):
            title = (heading[2:].strip(), wanted)
        elif cell.cell_type == "markdown" and heading:
            owner = (heading.lstrip("# ").strip(), wanted, [])
            if owner[0] not in ("Limits",):
                sections.append(owner)
        elif cell.cell_type == "code" and owner:
            owner[2].extend(why for why in _reasons(cell.source) if why not in owner[2])
    return title, sections


def _reasons(source):
    """The reasons that the models of a cell name for giving no answer, those that are whole sentences in the code."""
    import cxresearch as cx

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "cx.models":
            try:
                module = sys.modules[getattr(cx.models, node.attr).__module__]
            except (AttributeError, KeyError):
                continue
            for call in ast.walk(ast.parse(inspect.getsource(module))):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "NotEnough" and call.args:
                    said = _said(call.args[0], vars(module))
                    if said:
                        yield said


def _said(node, names):
    """A sentence of the code, the constants in it filled in; None where it holds what only the data tell."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(part.value)
        elif isinstance(part.value, ast.Name) and isinstance(names.get(part.value.id), int | float | str):
            value = names[part.value.id]
            parts.append(f"{value:,}" if isinstance(value, int | float) else value)
        else:
            return None
    return "".join(parts)


def _listed(wanted):
    return ", ".join(" or ".join(f"`{place}`" for place in need.split(" or ")) for need in wanted)


def _allowed():
    from cxresearch.contract.tables import TABLES

    for table, schema in TABLES.items():
        for column, spec in schema.columns.items():
            if spec.among:
                yield f"| `{table}.{column}` | {', '.join(spec.among)} |"
            elif spec.kind == "flag":
                yield f"| `{table}.{column}` | true, false |"
            elif spec.low is not None or spec.high is not None:
                yield f"| `{table}.{column}` | {_bounds(spec)} |"


def _bounds(spec):
    if spec.low is None or spec.high is None:
        return f"from {spec.low:g}" if spec.high is None else f"up to {spec.high:g}"
    return f"{spec.low:g} to {spec.high:g}"


ELSEWHERE = {
    "pyspark": ("Apache-2.0", "spark"),
    "py4j": ("BSD-3-Clause", "spark"),
}  # 400 MB, installed by who needs it


def dependencies():
    """Every package that an install brings, with its licence and the extra that brings it (empty: every install)."""
    from packaging.requirements import Requirement

    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for extra, wanted in {"": project["dependencies"], **project["optional-dependencies"]}.items():
        waiting = [Requirement(text) for text in wanted]
        seen = set()
        while waiting:
            requirement = waiting.pop()
            key = (requirement.name.lower().replace("_", "-"), tuple(sorted(requirement.extras)))
            if key in seen:
                continue
            seen.add(key)
            try:
                held = metadata.distribution(requirement.name)
            except metadata.PackageNotFoundError:
                continue
            found.setdefault(key[0], (_licence(held.metadata), extra))
            for text in held.requires or []:
                more = Requirement(text)
                if not more.marker or any(
                    more.marker.evaluate({"extra": e}) for e in ("", *requirement.extras)
                ):
                    waiting.append(more)
    return {**ELSEWHERE, **found}


def _licence(held):
    """The licence of a package in few words, from its metadata."""
    if held.get("License-Expression"):
        return held["License-Expression"]
    named = [c.split(" :: ")[-1] for c in held.get_all("Classifier") or [] if c.startswith("License ::")]
    named = [n for n in named if n != "OSI Approved"]
    if named:
        return ", ".join(dict.fromkeys(named))
    text = (held.get("License") or "").strip().splitlines()
    return text[0][:60] if text else "not stated"


def licences():
    """The page on the licences of dependencies."""
    yield "# Licences of what an install brings"
    yield ""
    yield "cxresearch is under the MIT licence. These are the packages that `pip install cxresearch` and its extras bring, with the licence that each states"
    yield "in its own metadata."
    yield ""
    yield "| package | licence | extra |"
    yield "|---|---|---|"
    for name, (licence, extra) in sorted(dependencies().items()):
        yield f"| {name} | {licence.replace('|', '/')} | {extra} |"


PAGES = {"exports.md": exports, "map.md": needs, "licences.md": licences}


def written(name):
    """The text of a page as the code has it."""
    return "\n".join(PAGES[name]()) + "\n"


def main(arguments):
    wrong = [
        n
        for n in PAGES
        if not (FOLDER / n).is_file() or (FOLDER / n).read_text(encoding="utf-8") != written(n)
    ]
    for name in wrong:
        print(f"docs/{name} is not what the code says" if "--check" in arguments else f"docs/{name}")
        if "--check" not in arguments:
            (FOLDER / name).write_text(written(name), encoding="utf-8")
    return int("--check" in arguments and bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
