"""The draft of a known export: its declaration held against the values of one file."""

import datetime
import json
from dataclasses import replace

from cxresearch.contract.tables import TABLES
from cxresearch.suggest.exports.declared import NUMBERED, QUARTER_END, alike, first
from cxresearch.suggest.placed import Placed, judge, listed, numbered_rows, quoted
from cxresearch.suggest.profiles import profile
from cxresearch.suggest.settings import noted

MANY = 1_000  # different values of a column that are looked through for those that a pattern matches


def drafted(export, file):
    """What the declaration of a known export says of a file.

    Parameters
    ----------
    export : Export
    file : File

    Returns
    -------
    file : File
        Of the rows that are read alone, so that what is said of the values is said of those.
    placed : dict
        Column of the contract → `Placed`.
    lines : list of str
        For the table, before its columns.
    """
    rows = _rows(export, file)
    file = _chosen(file, rows)
    found = {target: how for target, how in export.columns.items() if _is_there(how, file)}
    blank = _without_value(export, found, file)
    rows |= dict.fromkeys(blank, ((), ("",)))
    file = _chosen(file, dict.fromkeys(blank, ((), ("",))))
    placed = {target: _placed(export, target, how, file) for target, how in found.items()}
    return file, placed, [*_row_lines(rows, blank), *_lines(export, file)]


def _column(how, file):
    """The column of a file that a declaration names: the first with values, else the first."""
    named = [first((header,), [c.name for c in file.columns]) for header in how.columns]
    columns = [file.column(name) for name in named if name is not None]
    return next((c for c in columns if c.values), columns[0] if columns else None)


def _is_there(how, file):
    """Whether a file has what a column of the contract comes from."""
    return bool(_column(how, file)) or bool(how.value and not how.among)


def _values(file, name):
    """The different values of a column, of the whole file."""
    column = file.column(name)
    if file.whole:
        return list(column.counts)
    found = file.raw.select(v=file.raw[name].cast("string")).distinct().limit(MANY).order_by("v")
    return found.v.to_pandas().dropna().tolist()


def _rows(export, file):
    """Which rows are read: column → the values that are, and those that are not."""
    headers, rows = [c.name for c in file.columns], {}
    for header, patterns in export.rows.items():
        if name := first((header,), headers):
            values = _values(file, name)
            wanted = next((found for p in patterns if (found := alike(p, values))), None)
            if wanted is not None and len(wanted) < len(values) + (file.column(name).filled < 1):
                rows[name] = (tuple(wanted), ())
    for header, pattern in export.without.items():
        if name := first((header,), headers):
            unwanted = alike(pattern, _values(file, name)) if pattern else [""]
            if unwanted and (pattern or file.column(name).filled < 1):
                rows[name] = ((), tuple(unwanted))
    return rows


def _chosen(file, rows):
    """The profile of the rows that are read."""
    raw = file.raw
    for name, (wanted, unwanted) in rows.items():
        value = raw[name].cast("string").fill_null("")
        raw = raw.filter(value.isin(wanted) if wanted else value.notin(unwanted))
    labels = {c.name: c.label for c in file.columns}
    return replace(profile(file.path, raw, file.settings, labels), others=file.others) if rows else file


def _without_value(export, found, file):
    """The columns whose rows without a value cannot be read: the contract asks for one, and nothing stands for it."""
    schema = TABLES[export.table]
    asked = [t for t, how in found.items() if not schema.column(t).nullable and not (how.empty or how.value)]
    columns = {column.name: column for target in asked if (column := _column(found[target], file))}
    return [name for name, column in columns.items() if column.values and column.filled < 1]


def _placed(export, target, how, file):
    """A column of the contract as the declaration has it."""
    if how == NUMBERED:
        return numbered_rows(target)
    column, spec = _column(how, file), TABLES[export.table].column(target)
    if how == QUARTER_END:
        return _constant(target, str(_quarter_end(file.path)), f"{export.name} holds no date: yours to say")
    if how.value and not (how.among and column) and not column:
        return _constant(target, how.value, f"{export.name} has no column for it")
    _, made = judge(target, spec, column, 1.0, None)
    made.score = 1.0
    if how.among:
        return _where(made, how, file)
    _recode(made, how, file, spec)
    _restrict(made, how, file)
    if how.is_utc and column.local:
        pattern = made.settings.pop("format", None)
        value = f"{{{column.name}}}Z" if pattern is None else f"{{{column.name}}}+00:00"
        made.settings |= {"value": quoted(value)} | (
            {} if pattern is None else {"format": quoted(json.loads(pattern) + "%z")}
        )
        made.is_made = True
    if how.empty and column.filled < 1:
        made.settings["empty"] = quoted(how.empty)
        made.issues = [issue for issue in made.issues if not issue.endswith(" empty")]
    made.why = made.why.replace("matches by name; ", "")
    return made


def _recode(made, how, file, spec):
    """The codes of a column, or which of its values mean true, as the patterns of the declaration have them."""
    if not (how.codes or how.true) or (spec.kind == "flag" and made.column.boolean == 1):
        return
    values = [v for v in _values(file, made.column.name) if v.strip()]
    made.commented, made.settings, made.issues = False, {}, []
    if how.true:
        true = alike(how.true, values)
        false = [v for v in alike(how.false, values) if v not in true]
        made.settings = {"true": listed(true), "false": listed(false)}
        rest, made.why = [v for v in values if v not in {*true, *false}], "by the program's own values"
    else:
        means = {v: next(((m,) for p, m in how.codes.items() if alike(p, [v])), ()) for v in values}
        codes = {v: m[0] for v, m in means.items() if m and m[0] is not None and m[0] != v}
        none = [v for v, m in means.items() if m == (None,)]
        rest, made.why = [v for v, m in means.items() if not m], "by the program's own values"
        if codes:
            made.settings["codes"] = (
                "{ " + ", ".join(f"{quoted(v)} = {quoted(m)}" for v, m in codes.items()) + " }"
            )
        if none:
            made.settings["missing"] = listed(none)
    if rest:
        made.issues.append(f"{len(rest):,} of the values have no meaning yet")


def _restrict(made, how, file):
    """Only the rows that have a value which the declaration names in another column have one here."""
    header, pattern = how.where or ("", "")
    name = first((header,), [c.name for c in file.columns]) if how.where else None
    values = alike(pattern, _values(file, name)) if name else []
    if values:
        made.settings["where"] = f"{{ {quoted(name)} = {listed(values)} }}"
        made.commented, made.why = False, f"where {quoted(name)} says so"


def _where(made, how, file):
    """A constant in those rows alone in which a column has a value of the declaration."""
    values = alike(how.among, _values(file, made.column.name))
    made.settings = {
        "value": quoted(how.value),
        "where": f"{{ {quoted(made.column.name)} = {listed(values)} }}",
    }
    made.is_made, made.commented, made.issues = True, not values, []
    made.why = "by the program's own values" if values else "no row has a value that says it"
    return made


def _constant(target, value, why):
    made = Placed(None, target, why, {"value": quoted(value)}, is_made=True, score=0.5)
    return made


def _quarter_end(path):
    """The last day of the last full quarter of the calendar before a file was written."""
    day = datetime.date.fromtimestamp(path.stat().st_mtime)
    return datetime.date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) - datetime.timedelta(days=1)


def _row_lines(rows, blank):
    """The line that chooses rows."""
    if not rows:
        return []
    said = [
        f"{quoted(name)} = {listed(wanted) if wanted else f'{{ except = {listed(unwanted)} }}'}"
        for name, (wanted, unwanted) in rows.items()
    ]
    why = "only these rows are read; check counts the others"
    if blank:
        why += f"; rows without {' or '.join(quoted(name) for name in blank)} cannot be"
    return [noted(f"rows = {{ {', '.join(said)} }}", why)]


def _lines(export, file):
    """The lines of a whole table: codes for no value, and columns about people."""
    headers, lines = [c.name for c in file.columns], []
    codes = [code for code in export.missing if any(code in c.counts for c in file.columns)]
    if codes:
        lines.append(noted(f"missing = {listed(codes)}", "stands for no value in this program's exports"))
    personal = [name for header in export.personal if (name := first((header,), headers))]
    if personal:
        lines.append(noted(f"personal = {listed(personal)}", "about people: no page shows these values"))
    return lines
