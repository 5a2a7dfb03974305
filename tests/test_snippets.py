"""Every piece of cxresearch.toml that the documents show is TOML, is a mapping, and opens data that it describes."""

import csv
import gzip
import re
import tomllib

import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.contract.tables import TABLES
from cxresearch.tables import mapping
from cxresearch.tables.declared import parse

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += [path for folder in ("data", "docs", "reports") for path in sorted((ROOT / folder).rglob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{path.relative_to(ROOT)}-{i}")
    for path in PAGES
    for i, block in enumerate(re.findall(r"^```toml\n(.*?)^```", path.read_text("utf-8"), re.S | re.M))
]
SETTING = re.compile(r"^(\[[\w.]+\] )?[\w.]+ = ")  # within a line: a key, or the table it is in and a key


def inline():
    """The settings that pages, docstrings and notebooks write within a sentence."""
    for path in [*PAGES, *sorted((ROOT / "cxresearch").rglob("*.py")), *(ROOT / "notebooks").glob("*.ipynb")]:
        text = path.read_text("utf-8")
        marks = r"``([^`\n]+)``" if path.suffix == ".py" else r"(?<!`)`([^`\n]+)`(?!`)"
        if path.suffix == ".ipynb":
            text = text.replace('\\"', '"')
        for code in re.findall(marks, text):
            if SETTING.match(code) and not re.search(r"…|\.\.\.|==", code):
                yield pytest.param(code, id=f"{path.name}-{code[:30]}")


def value(column, how, kind, i):
    """A value of a column as a mapping says that it is written."""
    if kind == "flag":
        return ((how.true or ("true",)) + (how.false or ("false",)))[i % 2]
    if how.codes:
        return list(how.codes)[i % len(how.codes)]
    if kind in ("date", "moment"):
        return f"2026-01-{1 + i:02d}"
    return str(i % 5) if kind == "number" else f"{column}{i}"


def written(folder, declared):
    """The files that a mapping describes, each with five rows."""
    for name, table in declared.tables.items():
        if not table.columns:
            continue
        rows = [{} for _ in range(5)]
        schema = TABLES[name]
        for target in {*schema.where("required"), *table.columns}:
            how, kind = table.column(target), schema.column(target).kind
            if not how.sources:
                continue
            pattern = how.format or table.date_format
            for i, row in enumerate(rows):
                if how.after:
                    row |= {how.after: "2020-01-05", how.plus: "6"} | {
                        c: v.values[0] for c, v in how.where.items()
                    }
                    continue
                text = value(target, how, kind, i)
                text = str(i % 5 + 1) if how.range else f"{how.mark}{text}" if how.mark else text
                if kind in ("date", "moment") and pattern:
                    date, _, clock = pattern.partition(" ")
                    day = date if date != "%Y" else "2019"
                    day = day.replace("%d", f"{1 + i:02d}").replace("%m", "01").replace("%Y", "2026")
                    texts = [day, clock.replace("%H", "10").replace("%M", "30")]
                    text = " ".join(filter(None, texts))
                parts = text.split(" ", len(how.sources) - 1) if len(how.sources) > 1 else [text]
                row |= dict(zip(how.sources, parts, strict=True))
        for extra in (*table.numbers, *table.personal):
            for i, row in enumerate(rows):
                row.setdefault(extra, str(i))
        for column, wanted in table.rows.items():
            for row in rows:
                row.setdefault(column, "other" if wanted.is_except else wanted.values[0])
        head = {"qualtrics": 2, "surveymonkey": 1}.get(table.header, 0)
        names = list(rows[0])
        if (table.file or "").endswith(".xes.gz"):
            (folder / table.file).write_bytes(gzip.compress(event_log(rows).encode()))
            continue
        with (folder / (table.file or f"{name}.csv")).open(
            "w", newline="", encoding=table.encoding or "utf-8"
        ) as file:
            lines = [names] * (1 + head) + [list(row.values()) for row in rows]
            csv.writer(file, delimiter=table.delimiter or ",").writerows(lines)


def event_log(rows):
    """Rows as an XES file of one case each; a column that begins with case: belongs to the trace."""

    def attributes(row, of_case):
        return "".join(
            f'<{"date" if "timestamp" in name else "string"} key="{name.removeprefix("case:")}" value="{text}"/>'
            for name, text in row.items()
            if name.startswith("case:") == of_case
        )

    traces = [f"<trace>{attributes(r, True)}<event>{attributes(r, False)}</event></trace>" for r in rows]
    return f"<log>{''.join(traces)}</log>"


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_documents_describes_data_that_open(tmp_path, block):
    declared = parse(tomllib.loads(block))
    written(tmp_path, declared)
    if not declared.tables:
        text = "project_id,started_on\np1,2026-01-05\n"
        (tmp_path / "projects.csv").write_text(text)
    (tmp_path / "cxresearch.toml").write_text(block, encoding="utf-8")
    ws = cx.open(tmp_path)
    for name in ws.tables:
        assert len(ws.frame(name))
    assert ws.check("2026-12-31").ok, ws.check("2026-12-31").text()


def test_the_documents_show_a_mapping():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("code", list(inline()))
def test_a_setting_within_a_sentence_is_toml(code):
    assert tomllib.loads(re.sub(r"^(\[[\w.]+\]) ", r"\1\n", code))


def test_the_mapping_that_its_module_shows_is_one():
    text = "\n".join(re.findall(r"^    (.*)$|^$", mapping.__doc__, re.M))
    assert parse(tomllib.loads(text)).tables["orders"].columns["ordered_at"].format
