"""The notebooks as an analyst's own: copies in a folder of theirs, without the outputs of the sample company."""

import json
import os
from pathlib import Path

from cxresearch.errors import DataError
from cxresearch.report.regenerate import notebooks

APART = ("by_part.ipynb",)  # needs what only a report gives it


def copies(folder, data=None):
    """Copy the notebooks to a folder; those that are there already stay as they are.

    Parameters
    ----------
    folder : path
    data : path, optional
        Where the tables are: the parameter `data` of every copy.

    Returns
    -------
    list of Path
        What was copied.

    Raises
    ------
    DataError
        Where the folder cannot be written.
    """
    folder, made = Path(folder), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(notebooks()[0].parent.glob("*.ipynb")):
            place = folder / path.name
            if path.name in APART or place.exists():
                continue
            book = json.loads(path.read_text(encoding="utf-8"))
            text = json.dumps(_own(book, folder, data), indent=1, ensure_ascii=False)
            place.write_text(text + "\n", encoding="utf-8")
            made.append(place)
    except OSError as fault:
        raise DataError(f"{folder}: cannot be written: {fault.strerror}") from None
    return made


def _own(book, folder, data):
    """A notebook without outputs, and with the place of the data among its parameters."""
    for cell in book["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"], cell["execution_count"] = [], None
        if data is not None and "parameters" in cell["metadata"].get("tags", ()):
            where = str(data) if "://" in str(data) else os.path.relpath(data, folder)
            cell["source"] = [
                f"data: str = {json.dumps(where)}  # folder of the tables\n"
                if line.startswith("data: str")
                else line
                for line in _lines(cell["source"])
            ]
    return book


def _lines(source):
    return source.splitlines(keepends=True) if isinstance(source, str) else source
