"""Small notebooks for the tests of what runs them."""

import ast
import re
import textwrap

from nbformat.v4 import new_code_cell, new_notebook


def book(*sources):
    """A notebook of code cells."""
    return new_notebook(cells=[new_code_cell(textwrap.dedent(source).strip()) for source in sources])


def result(done, cell=-1):
    """The literal that a cell's last line shows."""
    return ast.literal_eval(done.notebook.cells[cell].outputs[-1].data["text/plain"])


def shown(cell):
    """A cell's outputs with streams joined, as the moment of their flushing is chance, and without process numbers."""
    streams, rest = {}, []
    for output in cell.outputs:
        if output.output_type == "stream":
            text = re.sub(r"ipykernel_\d+", "ipykernel", output.text)
            streams[output.name] = streams.get(output.name, "") + text
        else:
            rest.append(dict(output))
    return streams, rest
