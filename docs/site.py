"""Put the pages of the documentation together for MkDocs: `make docs`.

python docs/site.py FOLDER         writes FOLDER/mkdocs.yml and FOLDER/pages, every link inside the project made to lead there
"""

import inspect
import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = {  # file of the project → page of the site
    "README.md": "index.md",
    "docs/tutorial.md": "tutorial.md",
    "data/README.md": "data.md",
    "docs/exports.md": "exports.md",
    "docs/map.md": "map.md",
    "docs/schedule.md": "schedule.md",
    "docs/coverage.md": "coverage.md",
    "docs/methods_changes.md": "methods_changes.md",
    "docs/glossary.md": "glossary.md",
    "docs/results.md": "results.md",
    "docs/threat_model.md": "threat_model.md",
    "docs/licences.md": "licences.md",
    "cxresearch/sample/README.md": "sample.md",
    "data/cdnow/SOURCE.md": "cdnow.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
ROOMS = ("features", "models", "charts", "readings", "stats", "report")
LINK = re.compile(r"(?<!`)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
CONFIG = """site_name: cxresearch
docs_dir: pages
site_dir: site
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.sections, navigation.top, content.code.copy]
markdown_extensions: [tables, admonition, toc, pymdownx.superfences]
plugins:
  - search
  - mkdocstrings:
      handlers:
        python:
          paths: ["{root}"]
          options: {{docstring_style: numpy, show_source: false, show_root_heading: true, show_root_full_path: false, heading_level: 2, members: false}}
validation: {{nav: {{omitted_files: info}}, links: {{not_found: warn, anchors: warn, unrecognized_links: warn}}}}
nav:
  - Start: [index.md, tutorial.md]
  - Your data: [data.md, exports.md, map.md]
  - Every quarter: [schedule.md, results.md, threat_model.md]
  - Methods: [methods.md, glossary.md, methods_changes.md]
  - How we know it is right: [coverage.md, sample.md, cdnow.md]
  - API: [{rooms}]
  - Project: [contributing.md, licences.md, changelog.md]
"""


def assemble(folder):
    """Write the pages and the configuration.

    Raises
    ------
    ValueError
        Where a link leads nowhere.
    """
    pages = Path(folder) / "pages"
    pages.mkdir(parents=True, exist_ok=True)
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        (pages / page).write_text(LINK.sub(lambda m, s=source: _link(m, s, pages), text), encoding="utf-8")
    (pages / "methods.md").write_text("\n".join(methods()) + "\n", encoding="utf-8")
    for room in ROOMS:
        (pages / f"api_{room}.md").write_text("\n".join(api(room)) + "\n", encoding="utf-8")
    rooms = ", ".join(f"api_{room}.md" for room in ROOMS)
    (Path(folder) / "mkdocs.yml").write_text(CONFIG.format(root=ROOT, rooms=rooms), encoding="utf-8")


def _link(match, source, pages):
    """A link of a page as it leads within the site; what is no page is copied beside them."""
    target = os.path.normpath(os.path.join(os.path.dirname(source), match[1]))
    anchor = match[2] or ""
    if target in PAGES:
        return f"]({PAGES[target]}{anchor})"
    place = ROOT / target
    if not place.is_file():
        raise ValueError(f"{source}: the link to {match[1]} leads to no file")
    copy = pages / "files" / target
    copy.parent.mkdir(parents=True, exist_ok=True)
    if place.suffix == ".html":  # a page of a report stands beside its others
        shutil.copytree(place.parent, copy.parent, dirs_exist_ok=True)
    else:
        shutil.copy(place, copy)
    return f"](files/{target}{anchor})"


def public(room):
    """The public functions and classes of a room, by name."""
    from importlib import import_module

    module = import_module(f"cxresearch.{room}")
    names = getattr(module, "__all__", None) or dir(module)
    found = {name: getattr(module, name) for name in sorted(names) if not name.startswith("_")}
    return {
        name: thing
        for name, thing in found.items()
        if (inspect.isclass(thing) or inspect.isroutine(thing)) and thing.__module__.startswith("cxresearch")
    }


def api(room):
    """The page of a room's public names, from their docstrings."""
    yield f"# cx.{room}"
    for thing in public(room).values():
        yield f"\n::: {thing.__module__}.{thing.__qualname__}"


def methods():
    """The page of the models: what each answers, its formula, what it assumes and where it is from."""
    import cxresearch as cx

    yield "# Methods"
    yield ""
    yield "What every model answers, with its formula, assumptions and sources, as `cx.explain` shows them."
    for name, thing in public("models").items():
        if not inspect.isclass(thing):
            continue
        told = cx.explain(thing)
        yield f"\n## {name}\n{told.summary}"
        for heading, text in told.parts.items():
            yield f"\n**{heading}**\n"
            yield f"```text\n{text}\n```" if heading == "Formula" else text


if __name__ == "__main__":
    assemble(sys.argv[1])
