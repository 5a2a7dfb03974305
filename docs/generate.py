"""Write the tables of docs/ that follow from the code: known exports.

python docs/generate.py            writes them
python docs/generate.py --check    exits with 1 where one is not what the code says
"""

import sys
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


PAGES = {"exports.md": exports}


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
