"""The order of a page: its sections with their anchors, figures before tables, and what goes to its appendix.

One notebook makes one page, or two: sections whose heading cell is tagged ``appendix`` are moved to a second one, with links both ways. What
they hold is found in ``results.json`` under the same ids.
"""

import re

APPENDIX = "appendix"  # the tag of the heading cell of a section that belongs in the appendix
SUFFIX = "_appendix.html"
AFTER = {"reading", "prose", "heading"}  # what a figure is not moved across


def slug(text):
    """A text as part of an address.

    >>> slug("Net promoter score (NPS)"), slug("Kaplan–Meier curve"), slug("95 % interval")
    ('net-promoter-score-nps', 'kaplan-meier-curve', '95-interval')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("'", "")).strip("-")


class Place:
    """Where in a notebook the parts of a page stand, while its cells are read.

    Attributes
    ----------
    marks : dict
        What a part says of its place: the anchor of its ``section``, and where that belongs in the ``appendix`` the level of the section moved there.
    """

    def __init__(self):
        self.marks = {}
        self._taken, self._last, self._moved = set(), 1, 0

    def heading(self, level, text, is_appendix):
        """Enter a section; returns its heading as a part, with an anchor of its own and no level skipped."""
        level = min(max(level, 2), self._last + 1)
        if level <= self._moved:
            self._moved = 0
        if is_appendix and not self._moved:
            self._moved = level
        self._last = level
        name = base = slug(text) or "section"
        k = 1
        while name in self._taken:
            k += 1
            name = f"{base}-{k}"
        self._taken.add(name)
        self.marks = {"section": name} | ({"appendix": self._moved} if self._moved else {})
        return {"kind": "heading", "level": level, "text": text, "anchor": name}


def figures_first(parts):
    """Parts in which a figure stands before the tables beside it.

    A figure is moved only past what stands between it and the reading or prose before it: a reading explains what is directly above it, and is not to be parted from it.

    >>> [part["kind"] for part in figures_first([{"kind": kind} for kind in ("table", "figure", "reading", "table")])]
    ['figure', 'table', 'reading', 'table']
    """
    ordered, stretch = [], []
    for part in [*parts, None]:
        if part is not None and part["kind"] not in AFTER:
            stretch.append(part)
            continue
        first = next((i for i, one in enumerate(stretch) if one["kind"] == "table"), len(stretch))
        figures = [one for one in stretch[first:] if one["kind"] == "figure"]
        others = [one for one in stretch[first:] if one["kind"] != "figure"]
        ordered += stretch[:first] + figures + others + ([part] if part is not None else [])
        stretch = []
    return ordered


def place(page, part):
    """The address of a part of a page: its section, on the page or in its appendix.

    >>> place("07_retention.html", {"section": "who-comes-back"})
    '07_retention.html#who-comes-back'
    """
    page = appendix_of(page) if part.get("appendix") else page
    return f"{page}#{part['section']}" if part.get("section") else page


def appendix_of(page):
    return page.removesuffix(".html") + SUFFIX


def split(parts, page):
    """A page and its appendix.

    Parameters
    ----------
    parts : list of dict
        As of :func:`~cxresearch.report.pages.page.blocks`.
    page : str
        The name of the page's file.

    Returns
    -------
    list of dict, list of dict
        The parts of either; the second is empty without an appendix. Both have links to the other (parts of the kind ``links``), and no level of heading is skipped in either.
    """
    stays, moved, further = [], [], {}  # further: what of a section went to the appendix
    top = None  # the heading of the second level that a section was moved from
    for part in parts:
        level = 0 if "question" in part else part.get("appendix", 0)
        if part["kind"] != "heading":
            (moved if level else stays).append(part)
        elif not level:
            top = part if part["level"] == 2 else top
            stays.append(part)
        else:
            moved.append(part | {"level": part["level"] - level + 2})
            if part["level"] == level:
                origin = top if level > 2 else None
                link = {"text": part["text"], "href": f"{appendix_of(page)}#{part['anchor']}"}
                further.setdefault(origin and origin["anchor"], []).append(link)
            if part["level"] == level and origin:
                back = {"text": origin["text"], "href": f"{page}#{origin['anchor']}"}
                moved.append({"kind": "links", "label": "Belongs to", "links": [back]})
    return _with_links(stays, further), moved


def _with_links(parts, further):
    """Parts with a line of links at the end of each section of which something stands in the appendix."""
    linked, open_links = [], None
    for part in parts:
        if part["kind"] == "heading" and part["level"] == 2:
            linked += open_links or []
            links = further.get(part["anchor"])
            open_links = [{"kind": "links", "label": "In the appendix", "links": links}] if links else None
        linked.append(part)
    return linked + (open_links or [])


def contents(parts):
    """The sections of a page: text, anchor and level of each heading."""
    return [
        {"text": p["text"], "anchor": p["anchor"], "level": p["level"]}
        for p in parts
        if p["kind"] == "heading"
    ]
