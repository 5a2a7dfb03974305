"""Sections of a notebook, and which of them cannot be answered.

A section begins with a heading and ends before the next heading of its level or a higher one. It is left out where

- its heading cell says in ``metadata.cxresearch.needs`` what it needs, and that is not there;
- one of its cells raises an error called `REFUSAL`, whose message says why;
- it uses a name that only a section which was left out assigns: it rests on that one.

One line stands in its place, and the notebook goes on with the next section. Which names a cell uses and assigns is read from its source.
"""

import ast
import builtins
import re
from symtable import symtable

REFUSAL = "NotEnough"  # the name of the error with which a cell says that its question cannot be answered
LEFT_OUT = "left-out"  # the tag of every cell of a section that was left out
HEADING = re.compile(r"(#{1,6})[ \t]+(.+)")


def heading(cell):
    """Level and text of the heading that a cell begins with; level 0 where it begins with none.

    >>> from nbformat.v4 import new_markdown_cell
    >>> heading(new_markdown_cell("## Who left\\nOf a hundred customers …"))
    (2, 'Who left')
    """
    found = HEADING.match(cell.source.lstrip()) if cell.cell_type == "markdown" else None
    return (len(found[1]), found[2].strip()) if found else (0, "")


def needs(cell):
    """What the heading of a section says that it needs: a list of texts."""
    return list(cell.metadata.get("cxresearch", {}).get("needs", []))


def names(source):
    """The names that a cell assigns, and those it uses without having assigned them itself.

    >>> names("kept = rows.fit()\\nkept")
    ({'kept'}, {'rows'})
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, or a fault that the kernel will tell
        return set(), set()
    assigned, used = set(), set()
    for statement in tree.body:
        stores, loads = _names(statement)
        used |= loads - assigned
        assigned |= stores
    return assigned, used - set(dir(builtins))


def _names(statement):
    table = symtable(ast.unparse(statement), "cell", "exec")
    symbols = table.get_symbols()
    stores = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported() or s.is_namespace()}
    loads = {s.get_name() for s in symbols if s.is_referenced()}
    inner = list(table.get_children())
    while inner:
        table = inner.pop()
        loads |= {s.get_name() for s in table.get_symbols() if s.is_global()}
        inner += table.get_children()
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        loads.add(statement.target.id)
    return stores, loads


class Sections:
    """The sections of a notebook while it runs.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
    lacking : callable, optional
        Takes the needs of a section; returns half a sentence on what is not there, empty where all is.
    line : callable, optional
        Takes half a sentence; returns the output that stands in place of a section, as data by format.
    """

    def __init__(self, cells, lacking=None, line=None):
        self.cells = cells
        self.lacking = lacking or (lambda needs: "")
        self.line = line or (lambda why: {"text/plain": f"Not assessed: {why}."})
        self.levels = [heading(cell)[0] for cell in cells]
        self.names = [names(cell.source) if cell.cell_type == "code" else (set(), set()) for cell in cells]
        self.left_out = {}  # position of a cell: heading of the section that was left out with it

    def begin(self, index):
        """Leave out the section that begins at a cell if what it needs is not there, or rests on one that was left out."""
        if not self.levels[index] or index in self.left_out:
            return
        why = self.lacking(needs(self.cells[index])) or self._rests_on(index)
        if why:
            self.leave_out(index, why)

    def leave_out(self, index, why):
        """Leave out the section that a cell stands in: nothing it has shown remains, and one line says why."""
        from nbformat.v4 import new_output

        start = next((i for i in range(index, -1, -1) if self.levels[i]), None)
        first, last = (0, len(self.cells)) if start is None else (start, self._end(start))
        title = heading(self.cells[first])[1]
        shown = False
        for i in range(first, last):
            cell = self.cells[i]
            self.left_out[i] = title
            cell.metadata["tags"] = sorted({*cell.metadata.get("tags", []), LEFT_OUT})
            if cell.cell_type != "code":
                continue
            cell.execution_count, cell.outputs = None, []
            if not shown:
                shown = True
                cell.outputs = [new_output("display_data", data=self.line(why))]

    def _end(self, start):
        after = range(start + 1, len(self.cells))
        return next((i for i in after if 0 < self.levels[i] <= self.levels[start]), len(self.cells))

    def _rests_on(self, start):
        """Which section that was left out assigns a name that this one uses and nobody else assigns."""
        known = set()
        for i in range(start):
            known |= self.names[i][0] if i not in self.left_out else set()
        end = next((i for i in range(start + 1, len(self.cells)) if self.levels[i]), len(self.cells))
        for assigned, used in self.names[start:end]:
            for i, title in self.left_out.items():
                if self.names[i][0] & used - known:
                    return f"it rests on “{title}”, which was not assessed"
            known |= assigned
        return ""
