"""Whether everyone can read the pages of reports: axe-core, the keyboard, a telephone's width and paper, in Chromium.

    python tests/accessibility/check.py reports/2026Q3 …

Prints a line per fault; exits with 1 where there is one. On every page of the folders, wide and narrow, with everything folded and unfolded,
axe-core finds no violation (its rules for WCAG 2.2 at levels A and AA, and its best practices); the page has no script; whatever can be followed
or unfolded is reached by Tab and unfolded by Enter; the page itself never scrolls sideways, and what does is reached by Tab.
"""

import json
import sys
from pathlib import Path

from browser import chromium

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 390)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true })"
RUN = f"""axe.run(document, {{runOnly: {json.dumps(TAGS)}, resultTypes: ['violations']}}).then(found => found.violations.map(
    one => one.id + ': ' + one.help + ' – ' + one.nodes.length + ' times, first ' + one.nodes[0].html.slice(0, 140)))"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNREACHED = """[...document.querySelectorAll('*')].filter(one => one.scrollWidth > one.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0).map(one => one.outerHTML.slice(0, 140))"""
REACHABLE = """[...document.querySelectorAll('a[href], summary, [tabindex]')].filter(
    one => one.checkVisibility() && one.tabIndex >= 0).length"""
FOCUS = """(() => { const one = document.activeElement; if (!one || one === document.body) return null;
    one.dataset.reached = 'yes'; return true })()"""
SEEN = "document.querySelectorAll('[data-reached]').length"
OUTLINED = """(() => { const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 })()"""


def faults(tab, page):
    """Yield a line per fault of a page."""
    for width in WIDTHS:
        tab.open(page, width)
        if width == WIDTHS[0]:
            yield from keyboard(tab)
            tab.open(page, width)
        tab.ask(AXE.read_text(encoding="utf-8") + "; true")
        for state in ("folded", "unfolded"):
            if state == "unfolded":
                tab.ask(OPEN)
            yield from (f"{width} px, {state}: {text}" for text in tab.ask(RUN))
            over = tab.ask(SIDEWAYS)
            if over > 0:
                yield f"{width} px, {state}: the page scrolls sideways by {over} px"
            yield from (f"{width} px, {state}: not reached by Tab: {html}" for html in tab.ask(UNREACHED))


def keyboard(tab):
    """Yield a line per fault of a page without a mouse."""
    if tab.ask("document.scripts.length"):
        yield "the page has a script"
    count = tab.ask(REACHABLE)
    for at in range(count):
        tab.press("Tab", 9)
        tab.ask(FOCUS)
        if at == 0 and not tab.ask(OUTLINED):
            yield "where the focus is cannot be seen"
    seen = tab.ask(SEEN)
    if seen < count:
        yield f"Tab reaches {seen} of {count} links and folds"
    if tab.ask("document.querySelector('summary') !== null"):
        tab.ask("document.querySelector('summary').focus()")
        tab.press("Enter", 13)
        if not tab.ask("document.querySelector('summary').parentElement.open"):
            yield "Enter does not unfold"


def main(folders):
    """Check the pages of folders; returns the number of faults."""
    if not AXE.is_file():
        raise SystemExit("axe-core is not here; run: npm ci --prefix tests/accessibility")
    pages = [page for folder in folders for page in sorted(Path(folder).glob("*.html"))]
    if not pages:
        raise SystemExit("no pages there")
    count = 0
    with chromium() as tab:
        for page in pages:
            found = list(faults(tab, page))
            count += len(found)
            print(
                f"{page}: {len(found) or 'no'} faults", *(f"  {text}" for text in found), sep="\n", flush=True
            )
    print(f"{len(pages)} pages, {count or 'no'} faults")
    return count


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
