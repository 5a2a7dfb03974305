"""The rooms of the package: an import only ever points left, and no question's models name another's."""

import ast

import pytest
from paths import ROOT

PACKAGE = ROOT / "cxresearch"
# What a room may import, itself apart. The words and refusals at the top of the package serve every room.
COMMON = {
    "errors",
    "version",
    "environment",
    "index",
    "words",
    "currency",
    "engines",
    "inputs",
    "files",
    "masking",
    "months",
    "spreadsheet",
    "faults",
}
MAY = {
    "contract": set(),
    "reading": set(),
    "tables": {"contract", "reading"},
    "suggest": {"contract", "reading", "tables"},
    "checks": {"contract", "reading", "tables"},
    "workspace": {"contract", "tables", "checks"},
    "sample": set(),
    "features": {"contract"},
    "stats": set(),
    "models": {
        "stats",
        "contract",
        "tables",
    },  # the last two for the quality of data as they were handed over
    "display": set(),
    "explanation": set(),
    "proposal": {"display"},
    "charts": {"display"},
    "readings": {"display", "proposal", "stats"},
    "kernels": set(),
    "report": {
        "contract",
        "tables",
        "checks",
        "features",
        "stats",
        "display",
        "proposal",
        "charts",
        "kernels",
    },
    "options": {"sample"},
    "cli": {"options", "workspace", "suggest", "checks", "sample", "kernels", "report"},
}
SHARED = [
    "survival",
    "purchases",
    "experiments",
]  # rooms of models that several questions share; a later one may name an earlier
QUESTIONS = {path.name for path in (PACKAGE / "models").iterdir() if (path / "__init__.py").is_file()}


def modules():
    """Every module of the package by its dotted name, and the names of the package that it imports."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    return {name: sorted(imported(path, set(paths))) for name, path in paths.items()}


def imported(path, known):
    """The modules that a file imports, anywhere in it; ``from package import module`` names the module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "cxresearch")
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import hides its room"
            if node.module.split(".")[0] == "cxresearch":
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                yield from (whole & known) or {node.module}


IMPORTS = modules()


def room(module):
    """The room of a dotted name: the second part of it, empty for the package itself."""
    return [*module.split("."), ""][1]


def question(module):
    """The question that a module of the models answers, empty for any other module."""
    parts = [*module.split("."), "", ""]
    return parts[2] if parts[1] == "models" and parts[2] in QUESTIONS else ""


def test_every_room_has_its_rule():
    rooms = {room(name) for name in IMPORTS} - COMMON - {"", "__main__"}
    assert rooms == set(MAY)


@pytest.mark.parametrize("name", sorted(MAY))
def test_imports_point_left(name):
    allowed = MAY[name] | COMMON | {name}
    for module, targets in IMPORTS.items():
        if room(module) == name:
            wrong = [target for target in targets if room(target) not in allowed]
            assert not wrong, f"{module} imports {wrong[0]}"


def test_what_serves_every_room_knows_none():
    for module, targets in IMPORTS.items():
        if room(module) in COMMON:
            assert {room(target) for target in targets} <= COMMON, module


def test_a_question_names_no_other():
    for module, targets in IMPORTS.items():
        own = question(module)
        for other in map(question, targets if own else ()):
            allowed = SHARED[: SHARED.index(own)] if own in SHARED else SHARED
            assert other in {"", own, *allowed}, f"{module} names {other}"


def test_there_is_no_circle():
    open_, done = [], set()

    def visit(module):
        assert module not in open_, " → ".join([*open_[open_.index(module) :], module])
        if module in done:
            return
        open_.append(module)
        for target in IMPORTS.get(module, ()):
            visit(target)
        done.add(open_.pop())

    for module in IMPORTS:
        visit(module)


def test_only_notebooks_know_both_models_and_report():
    for module, targets in IMPORTS.items():
        rooms = {room(target) for target in targets}
        assert (
            len(rooms & {"models", "charts", "readings", "report"} - {room(module)}) < 2
            or room(module) == "report"
        ), module


def test_kernels_are_a_product_of_their_own():
    for module, targets in IMPORTS.items():
        if room(module) == "kernels":
            assert {room(target) for target in targets} <= {"kernels", "environment"}, module
