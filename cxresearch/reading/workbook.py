"""Workbooks of Excel and LibreOffice: the rows of a sheet as a delimited text, each on the line of its row."""

import csv
import datetime
import zipfile

from cxresearch.errors import DataError
from cxresearch.files import unnamed
from cxresearch.reading.unpack import named, shown

LARGEST = 4 << 30  # bytes of a workbook once it is unpacked


def sheets(path):
    """The sheets of a workbook that hold cells, in their order: name → whether it is shown.

    Raises
    ------
    DataError
        Where the file is no workbook, has a password or unfolds beyond any size, or where the extra ``excel`` is not installed.
    """
    book = _opened(path)
    return {
        meta.name: str(meta.visible).endswith(".Visible")
        for meta in book.sheets_metadata
        if "WorkSheet" in str(meta.typ)
    }


def delimited(path, sheet, owner):
    """The rows of a sheet as a CSV file that lasts as long as its owner.

    Dates are written as ISO dates, whole numbers without a point, flags as true and false; a line end within a cell becomes a blank, so that a row of
    the sheet is a line of the text. Blank rows below the last one with a value are left out.

    Parameters
    ----------
    path : pathlib.Path
    sheet : str
        Its name.
    owner : object
        Once nothing holds it, the file is gone.

    Returns
    -------
    pathlib.Path
    list of str
        What a reader should know: cells that were merged.

    Raises
    ------
    DataError
        Where there is no such sheet or nothing in it.
    """
    book = _opened(path)
    names = [meta.name for meta in book.sheets_metadata]
    if sheet not in names:
        raise DataError(f"{named(path)}: has no sheet {shown(sheet)}; there are {shown(', '.join(names))}")
    try:
        page = book.get_sheet_by_name(sheet)
        rows = page.to_python(skip_empty_area=False)
        merged = getattr(page, "merged_cell_ranges", None) or []
    except Exception as fault:  # whatever a library makes of a broken file
        raise DataError(
            f"{named(path)}, sheet {shown(sheet)}: cannot be read ({shown(str(fault))})"
        ) from None
    texts = [[_text(cell) for cell in row] for row in rows]
    while texts and not any(texts[-1]):
        texts.pop()
    if not texts:
        raise DataError(f"{named(path)}, sheet {shown(sheet)}: is empty")
    copy = unnamed(owner)
    with copy.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(texts)
    tall = [area for area in merged if area[1][0] > area[0][0]]
    remarks = [
        f"{len(tall):,} groups of cells are merged over several rows: only the first row of each has the value"
    ]
    return copy, remarks if tall else []


def _opened(path):
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise DataError(
            f'{named(path)}: workbooks are read with the extra excel: pip install "cxresearch[excel]"; or export the sheet as CSV'
        ) from None
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                raise DataError(f"{named(path)}: unfolds to more than {LARGEST >> 30} GB")
    try:
        return CalamineWorkbook.from_path(str(path))
    except Exception as fault:
        raise DataError(f"{named(path)}: is no workbook that can be read ({shown(str(fault))})") from None


def _text(cell):
    """A cell as it would stand in a text file.

    >>> import datetime
    >>> [_text(c) for c in (12.0, 1.5, True, "a\\nb", None, datetime.date(2026, 9, 30), datetime.datetime(2026, 9, 30))]
    ['12', '1.5', 'true', 'a b', '', '2026-09-30', '2026-09-30']
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return "" if cell is None else " ".join(str(cell).splitlines())
