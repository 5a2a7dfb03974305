"""Slides of text, a picture and a table, set so that nothing overflows: what PowerPoint would let run out of its box is measured first.

How much room a text takes is estimated from the number of its characters at a mean width of :data:`GLYPH` of the type size, more than what the
type in use needs.
"""

import io
import math
import re
import zipfile

from cxresearch.display import visible
from cxresearch.report.pages.page import NUMBER_LIKE

WIDTH, HEIGHT = 13.333, 7.5  # inches
EDGE, GAP = 0.6, 0.3
GLYPH, LEADING = 0.54, 1.22  # width of a character and height of a line, in parts of the type size
PADDING = 0.08  # at each side of a cell, inches
TYPE = "Calibri"
INK, SOFT, ACCENT, LINE, TINT = "1C2733", "51606E", "0B5C86", "D5DCE3", "F3F6F8"
NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def plain(text):
    """A text without characters that a slide cannot hold, or that hide or reorder what is written."""
    return NO_XML.sub("\ufffd", visible(str(text)))


def lines_of(text, size, width):
    """How many lines a text takes at a type size (points) in a width (inches).

    >>> lines_of("one two three four", 18, 1.0), lines_of("", 18, 1.0)
    (3, 1)
    """
    room = max(int(width * 72 / (size * GLYPH)), 1)
    count = 0
    for paragraph in str(text).split("\n"):
        used = count_in = 0
        for word in paragraph.split(" "):
            need = len(word) + (1 if used else 0)
            if used + need <= room:
                used += need
                continue
            count_in += bool(used) + (len(word) - 1) // room
            used = (len(word) - 1) % room + 1 if word else 0
        count += count_in + 1
    return max(count, 1)


def height_of(text, size, width):
    """The height of a text in inches."""
    return lines_of(text, size, width) * size * LEADING / 72


def fitting(text, sizes, width, height):
    """The largest of some type sizes at which a text fits a box, and the text, cut at a word's end where none is small enough."""
    for size in sizes:
        if height_of(text, size, width) <= height:
            return size, text
    fits, over = 0, len(text)  # so many characters fit, so many do not
    while over - fits > 1:
        middle = (fits + over) // 2
        is_small = height_of(text[:middle] + " …", size, width) <= height
        fits, over = (middle, over) if is_small else (fits, middle)
    kept = text[:fits]
    return size, (kept.rpartition(" ")[0] or kept) + " …"


class Deck:
    """A presentation that is filled slide by slide.

    Parameters
    ----------
    title : str
    as_of : datetime.date
        The day that the file bears, so that the same report makes the same file.
    """

    def __init__(self, title, as_of):
        import datetime

        from pptx import Presentation
        from pptx.util import Inches

        self._made = Presentation()
        self._made.slide_width, self._made.slide_height = Inches(WIDTH), Inches(HEIGHT)
        about = self._made.core_properties
        about.title, about.author, about.language = plain(title), "cxresearch", "en-GB"
        day = datetime.datetime(as_of.year, as_of.month, as_of.day)
        about.created = about.modified = day
        about.last_modified_by = "cxresearch"

    def slide(self, title, footer):
        """Begin a slide; its title is a title to a screen reader too. Returns the height at which its content may begin."""
        layout = next(one for one in self._made.slide_layouts if one.name == "Title Only")
        self._slide = self._made.slides.add_slide(layout)
        room = WIDTH - 2 * EDGE
        size, text = fitting(plain(title), (30, 26, 22), room, 1.1)
        shape = self._slide.shapes.title
        took = height_of(text, size, room)
        self._place(shape, EDGE, 0.35, room, took)
        self._write(shape.text_frame, text, size, INK, bold=True)
        self.text(footer, EDGE, HEIGHT - 0.5, room, 0.35, (11, 9), SOFT)
        return 0.35 + took + 0.15

    def text(self, text, left, top, width, height, sizes=(20, 18, 16, 14, 12), colour=INK):
        """A text in a box, in the largest size that fits; returns where it ends."""
        size, text = fitting(plain(text), sizes, width, height)
        box = self._slide.shapes.add_textbox(0, 0, 0, 0)
        took = height_of(text, size, width)
        self._place(box, left, top, width, min(took, height))
        self._write(box.text_frame, text, size, colour)
        return top + took

    def picture(self, png, alt, left, top, width, height):
        """A picture with its alt text, as large as a box lets it."""
        shape = self._slide.shapes.add_picture(io.BytesIO(png), 0, 0)
        scale = min(width / shape.width.inches, height / shape.height.inches)
        wide, high = shape.width.inches * scale, shape.height.inches * scale
        self._place(shape, left + (width - wide) / 2, top, wide, high)
        shape.name, shape._element.nvPicPr.cNvPr.attrib["descr"] = "Chart", plain(alt)

    def table(self, caption, header, rows, left, top, width, height, sizes=(12, 11, 10), shares=None):
        """A real table under its caption; returns how many rows found room, of which the first are kept."""
        from pptx.util import Emu, Inches

        header, rows = [plain(cell) for cell in header], [[plain(cell) for cell in row] for row in rows]
        top = self.text(caption, left, top, width, 0.6, (13, 12, 11), INK) + 0.08
        height -= 0.68
        shares = shares or _shares([header, *rows])
        widths = [width * share for share in shares]
        for size in sizes:
            heights = [_row_height(row, size, widths) for row in [header, *rows]]
            if sum(heights) <= height:
                break
        while len(heights) > 2 and sum(heights) > height:
            heights.pop()
        rows = rows[: len(heights) - 1]
        shape = self._slide.shapes.add_table(len(heights), len(header), 0, 0, Inches(width), Inches(0.3))
        self._place(shape, left, top, width, sum(heights))
        shape.name, shape._element.nvGraphicFramePr.cNvPr.attrib["descr"] = "Table", plain(caption)
        grid = shape.table
        grid.horz_banding = False
        for column, share in zip(grid.columns, widths, strict=True):
            column.width = Emu(Inches(share))
        numeric = [x > 0 and all(NUMBER_LIKE.fullmatch(row[x]) for row in rows) for x in range(len(header))]
        for y, (cells, high) in enumerate(zip([header, *rows], heights, strict=True)):
            grid.rows[y].height = Inches(high)
            for x, text in enumerate(cells):
                self._cell(grid.cell(y, x), text, size, is_head=y == 0, is_number=numeric[x])
        return len(rows)

    def notes(self, text):
        """What stands under the slide for whoever speaks to it."""
        self._slide.notes_slide.notes_text_frame.text = plain(text)

    def save(self, path):
        """Write the file; the times of its parts are all the same."""
        made = io.BytesIO()
        self._made.save(made)
        with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(zipfile.ZipInfo(name, ZIP_DAY), old.read(name), zipfile.ZIP_DEFLATED)

    def _place(self, shape, left, top, width, height):
        from pptx.util import Inches

        shape.left, shape.top, shape.width, shape.height = (Inches(v) for v in (left, top, width, height))

    def _write(self, frame, text, size, colour, bold=False, padding=0.0):
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Inches

        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = Inches(padding)
        frame.margin_top = frame.margin_bottom = Inches(padding / 2)
        frame.text = text
        for paragraph in frame.paragraphs:
            self._letters(paragraph, size, colour, bold)

    def _letters(self, paragraph, size, colour, bold):
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.name, paragraph.font.bold = Pt(size), TYPE, bold
        paragraph.font.color.rgb = RGBColor.from_string(colour)

    def _cell(self, cell, text, size, is_head, is_number):
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Inches

        cell.fill.solid()
        cell.fill.fore_color.rgb = RGBColor.from_string(TINT if is_head else "FFFFFF")
        self._write(cell.text_frame, text, size, INK, bold=is_head)
        cell.margin_left = cell.margin_right = Inches(PADDING)
        cell.margin_top = cell.margin_bottom = Inches(PADDING / 2)
        if is_number:
            cell.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT


def _shares(rows):
    """How the width of a table is divided: by the longest word and the length of each column, the first at most half."""
    longest = [max(min(max(len(row[x]) for row in rows), 34), 5) for x in range(len(rows[0]))]
    total = sum(longest)
    return [one / total for one in longest]


def _row_height(cells, size, widths):
    inner = [max(width - 2 * PADDING, 0.2) for width in widths]
    most = max(lines_of(cell, size, width) for cell, width in zip(cells, inner, strict=True))
    return math.ceil((most * size * LEADING / 72 + PADDING) * 100) / 100
