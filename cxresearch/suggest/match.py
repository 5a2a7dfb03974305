"""Which file is which table of the contract, and which column which of its columns: by name and content together."""

from dataclasses import dataclass, field

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.suggest.blanks import row_lines, without_footer
from cxresearch.suggest.ends import drafted_end
from cxresearch.suggest.exports import recognised
from cxresearch.suggest.exports.declared import Export
from cxresearch.suggest.exports.draft import drafted
from cxresearch.suggest.placed import judge, numbered_rows, quoted
from cxresearch.suggest.profiles import File
from cxresearch.suggest.questions import SCORES, asked, is_questionnaire, place_drivers
from cxresearch.suggest.vocabulary import fit, speaks_of, subject

LEAST = 0.35  # a column below it is not placed
ENOUGH = 0.6  # a table below it is not proposed
ROWS = (
    "orders",
    "interactions",
    "survey_responses",
    "staff_ratings",
    "process_steps",
)  # a row is one of them, key or no key
TELLING = (
    *("customers", "contracts", "orders", "interactions"),
    *("survey_responses", "survey_invitations", "snapshots"),
)  # their columns say what they are; any other table must be named by something
SURE_OF_A_QUESTION = 0.6  # how surely a column of a known survey asks what the contract means
UNIQUE = 0.5  # the least share of different values in a key, duplicates allowed for
MANY = 20  # different values from which containment in another table's key means something


@dataclass
class Match:
    """A file as a table of the contract."""

    table: str
    file: File
    placed: dict
    score: float
    others: list = field(default_factory=list)
    known: Export | None = None
    lines: list = field(default_factory=list)  # of the whole table

    @property
    def why(self):
        """The evidence for the table."""
        if self.known:
            return f"recognised by its headers: {self.known.name} ({self.known.source})"
        named = subject(self.table, self.file.stem)
        needed = TABLES[self.table].where("required")
        have = sum(c in self.placed for c in needed)
        by = "its name and its columns" if named else "its columns"
        return f"by {by}: {have} of {len(needed)} required columns; confidence {_grade(self.score / 1.3)}"

    def kind(self, target):
        """The kind of a column of the contract, as ``date`` or ``number``."""
        return TABLES[self.table].column(target).kind

    def needs(self, target):
        """Whether a column is required."""
        return TABLES[self.table].column(target).required

    def notes(self):
        """What is missing, and keys of several columns that repeat."""
        schema, present = TABLES[self.table], self.placed
        lines = [f"# note: {note}" for note in self.known.notes] if self.known else []
        for column in schema.missing(present):
            spec = schema.columns[column]
            note = f"# missing: {column}, which is required: {spec.description}; check will say so"
            lines.append(note + (f"; {_for_all(column)}" if spec.is_dated and spec.event else ""))
            if spec.references == "customers":
                lines += [
                    f"# {column} = {quoted(c.name)}  # only if an address stands for one customer; it is personal"
                    for c in self.others
                    if c.share(lambda value: "@" in value) >= 0.95
                ][:1]
        choice = schema.one_of
        if choice and not set(choice) & set(present):
            lines.append(
                f"# missing: {' or '.join(choice)}, one of which is required; check will say so; {_for_all(choice[0])}"
            )
        if schema.unique and all(c in present and present[c].column for c in schema.unique):
            columns = [present[c].column.name for c in schema.unique]
            rows = self.file.raw.limit(self.file.rows).group_by(columns).aggregate(n=ibis._.count())
            if int(rows.n.max().to_pandas() or 0) > 1:
                lines.append(f"# check will say: the key {', '.join(schema.unique)} is not unique")
        return lines


def matches(files):
    """The best table for each file, each table once.

    A file that a known program exported is drafted as declared. Of the others, a first round goes by names and contents of single files; in
    the second, a column whose values are found in the key of another file counts as a reference to it.
    """
    files = [without_footer(file) for file in files]
    sure = _known(files)
    others = [file for file in files if file.key not in {match.file.key for match in sure}]
    return sorted([*sure, *_guessed(others, sure)], key=lambda m: list(TABLES).index(m.table))


def _known(files):
    """The tables of files that known programs exported, each table once."""
    found = {}
    for file in files:
        export = None if is_questionnaire(file) else recognised(tuple(c.name for c in file.columns))
        if export and export.table not in found:
            found[export.table] = _as_declared(export, file)
    return list(found.values())


def _as_declared(export, file):
    """A file as the declaration of a known export has it; the questions of a survey are placed by what they ask."""
    file, placed, lines = drafted(export, file)
    used = {place.column.name for place in placed.values() if place.column}
    if export.is_survey:
        for column in file.columns:
            column.label = column.label or column.name
        asked_for, _ = _assigned(_pairs(export.table, file, {}))
        for target, place in asked_for.items():
            if target not in placed and place.column.name not in used and place.score >= SURE_OF_A_QUESTION:
                placed[target] = place
                used.add(place.column.name)
        place_drivers(file, placed, used)
    return Match(
        export.table,
        file,
        _ordered(export.table, placed),
        1.3,
        [column for column in file.columns if column.name not in used],
        export,
        lines,
    )


def _ordered(table, placed):
    order = {target: i for i, target in enumerate(TABLES[table].columns)}
    return dict(sorted(placed.items(), key=lambda pair: order.get(pair[0], len(order))))


def _guessed(files, sure):
    """The best table for each file that no known program exported, of those that are left."""
    taken = {match.table for match in sure}
    first = _best(files, {}, taken)
    keys = {}
    for match in [*sure, *first]:
        key = TABLES[match.table].key
        if (
            key in match.placed
            and match.placed[key].column
            and any(match.table in table.references for table in TABLES.values())
        ):
            keys[match.table] = (match.file, _found(match, key, files))
    return _best(files, keys, taken) if keys else first


def _found(match, key, files):
    """The values of other files' samples that are in a table's key."""
    sought = {v for f in files if f is not match.file for c in f.columns if c.coded for v in c.values}
    if not sought:
        return set()
    raw = match.file.raw
    held = raw.select(v=raw[match.placed[key].column.name].cast("string"))
    return set(ibis.memtable({"v": list(sought)}).semi_join(held, "v").v.to_pyarrow().to_pylist())


def _best(files, keys, taken):
    ranked = [
        m for f in files for t in _possible(f) if t not in taken and (m := _match(t, f, keys)).score >= ENOUGH
    ]
    ranked.sort(key=lambda m: -m.score)
    chosen, used = [], []
    for match in ranked:
        if match.table in [m.table for m in chosen] or any(match.file is f for f in used):
            continue
        chosen.append(match)
        used.append(match.file)
    return sorted(chosen, key=lambda m: list(TABLES).index(m.table))


def _possible(file):
    """The tables that a file may be: its own, where it bears a table's name; responses, where a survey tool wrote it."""
    if is_questionnaire(file):
        return ["survey_responses"]
    return [table for table in TABLES if subject(table, file.stem) == 1] or list(TABLES)


def _match(table, file, keys):
    """A file's columns given to a table's, the best pair first."""
    schema = TABLES[table]
    placed, used = _assigned(_pairs(table, file, keys))
    if table == "survey_responses":
        place_drivers(file, placed, used)
    if table == "contracts" and (end := drafted_end("ended_on", file, placed, used)):
        if end.column is getattr(placed.get("term_months"), "column", None):
            placed.pop("term_months")  # how long it lasts is no term, unless it begins again
        placed["ended_on"] = end
        used.add(end.column.name)
    if table in ROWS and schema.key not in placed and subject(table, file.stem):
        placed[schema.key] = numbered_rows(schema.key)
    if table == "snapshots" and "has_left" in placed and "customer_id" not in placed:
        placed["customer_id"] = numbered_rows("customer_id")
    placed = _ordered(table, placed)
    others = [column for column in file.columns if column.name not in used]
    return Match(
        table, file, placed, _table_score(table, file, placed), others, lines=row_lines(file.left_out)
    )


def _pairs(table, file, keys):
    """Every column of a file with every target of a table that it may be: score, target, column and how it is placed; best first."""
    dates = [c for c in file.columns if c.formats and c.dates > 0]
    pairs, is_survey = [], table == "survey_responses"
    for target, spec in TABLES[table].columns.items():
        if spec.regex:
            continue
        key = keys.get(spec.references)
        key_values = key[1] if key and key[0] is not file else None
        is_only_date = spec.event and spec.required
        for column in file.columns:
            name = max(fit(table, target, column.name), asked(file, target, column) if is_survey else 0)
            inside = _share_inside(column, key_values, name)
            name = name or _fit_by_content(inside, is_only_date and dates == [column])
            if not name:
                continue
            content, place = judge(target, spec, column, name, inside)
            score = name * (0.4 + 0.6 * content) + 0.1 * (inside or 0)
            is_wanted = (spec.required or spec.unique) and content >= 0.1
            is_believable = content >= 0.5 or is_wanted or column.name == target
            if score >= LEAST and is_believable:
                place.score = min(score, 1.0)
                pairs.append((score, target, column, place))
    return sorted(pairs, key=lambda pair: -pair[0])


def _share_inside(column, key_values, name):
    """The share of a column's values that are in another table's key; None where there is no key, or the column is no candidate for it."""
    if key_values is None:
        return None
    is_like_a_key = column.coded and column.distinct >= MANY and not column.score
    return column.share(key_values.__contains__) if name or is_like_a_key else None


def _fit_by_content(inside, is_only_date):
    """How well a column whose name says nothing fits: as a reference to another table, or as the one date of its file."""
    if inside is not None and inside >= 0.95:
        return 0.6
    return 0.4 if is_only_date else 0


def _assigned(pairs):
    """Each target and each column once, the best pair first: how each target is placed, and the names of the columns."""
    placed, used = {}, set()
    for _, target, column, place in pairs:
        if target not in placed and column.name not in used:
            placed[target] = place
            used.add(column.name)
    return placed, used


def _table_score(table, file, placed):
    """How surely a file is a table: its required columns, its name and how much of the file they explain; 0 where too little of what is needed is there."""
    schema = TABLES[table]
    wanted = [[c] for c in schema.where("required")]
    if schema.one_of:
        wanted.append(schema.one_of)
    if table == "survey_responses":
        wanted.append(SCORES)
    if table == "orders":  # it needs no amount, but one tells orders from what else customers do
        wanted.append(["amount"])
    best = [max((placed[c].score for c in choice if c in placed), default=0) for choice in wanted]
    mean = sum(best) / len(best)
    # a driver is placed without a score, and still explains its column
    explained = len(placed) / max(len(file.columns), 1)
    score = mean + 0.3 * subject(table, file.stem) + 0.25 * explained
    label = placed.get(
        "has_left"
    )  # two values under a name such as Churn: nothing but a labelled table has that
    is_labelled = table == "snapshots" and label is not None and label.score >= 0.75 and label.column.flag
    named = is_labelled or is_questionnaire(file) or subject(table, file.stem) == 1
    if named and any(place.column for place in placed.values()):
        return max(score, ENOUGH)
    return score if mean >= 0.45 and _is_plausible(table, file, placed) else 0


def _is_plausible(table, file, placed):
    """Whether a file can be a table at all: its key tells rows apart, and something names a table that requires little."""
    key = placed.get(TABLES[table].key)
    if key and key.column and key.column.distinct < UNIQUE * key.column.rows:
        return bool(subject(table, file.stem))
    return table in TELLING or any(
        speaks_of(table, name) for name in (file.stem, *(c.name for c in file.columns))
    )


def _for_all(column):
    """How to say what all rows share."""
    value = "2026Q3" if column == "wave" else "2026-09-30"
    return f'where all rows share it, write {column} = {{ value = "{value}" }}'


def _grade(score):
    return "high" if score >= 0.8 else "medium" if score >= 0.6 else "low"
